// SPDX-License-Identifier: GPL-2.0-only
/* sysfs: tun_flags, owner, group; programs look for these names. */

#include <linux/cred.h>
#include <linux/device.h>
#include <linux/user_namespace.h>

#include "sysfs.h"
#include "vtun.h"

static struct vtun_dev *vtun_sysfs_dev(struct device *device)
{
	return netdev_priv(to_net_dev(device));
}

static ssize_t tun_flags_show(struct device *device,
			      struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%x\n",
			  READ_ONCE(vtun_sysfs_dev(device)->flags));
}
static DEVICE_ATTR_RO(tun_flags);

static ssize_t owner_show(struct device *device, struct device_attribute *attr,
			  char *buf)
{
	kuid_t owner = READ_ONCE(vtun_sysfs_dev(device)->owner);

	if (!uid_valid(owner))
		return sysfs_emit(buf, "-1\n");
	return sysfs_emit(buf, "%u\n",
			  from_kuid_munged(current_user_ns(), owner));
}
static DEVICE_ATTR_RO(owner);

static ssize_t group_show(struct device *device, struct device_attribute *attr,
			  char *buf)
{
	kgid_t group = READ_ONCE(vtun_sysfs_dev(device)->group);

	if (!gid_valid(group))
		return sysfs_emit(buf, "-1\n");
	return sysfs_emit(buf, "%u\n",
			  from_kgid_munged(current_user_ns(), group));
}
static DEVICE_ATTR_RO(group);

static struct attribute *vtun_sysfs_attrs[] = {
	&dev_attr_tun_flags.attr,
	&dev_attr_owner.attr,
	&dev_attr_group.attr,
	NULL
};

const struct attribute_group vtun_sysfs_group = {
	.attrs = vtun_sysfs_attrs,
};
