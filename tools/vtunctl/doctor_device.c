// SPDX-License-Identifier: GPL-2.0-only
/* The device itself: is it ours, may the caller use it, does anything pass. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/ethtool.h>

#include "doctor.h"

static const char *device_driver(const struct link *link)
{
	static struct ethtool_drvinfo info;

	if (*link->kind)
		return link->kind;
	info = (struct ethtool_drvinfo){ .cmd = ETHTOOL_GDRVINFO };
	if (device_ethtool(link->name, &info) || !info.driver[0])
		return "unknown";
	return info.driver;
}

static void device_report_taken(struct doctor *doctor, const struct link *link)
{
	const char *driver = device_driver(link);

	doctor_find(doctor, DOCTOR_ERROR, "device_name_taken",
		    "%s is no " VTUN_KIND " device, but has its name", msg_safe(doctor->name));
	doctor_seen(doctor, "rtnetlink and ethtool call the driver of %s: %s",
		    msg_safe(link->name), msg_safe(driver));
	if (strcmp(driver, "tun"))
		doctor_mend_inside(doctor, "vtunctl add tun%%d  # or tap%%d: another name");
	else
		doctor_mend_inside(doctor, "vtunctl add tun%%d  # another name; or have its program use "
				   VTUN_NODE ": vtunctl exec PROGRAM");
}

void doctor_device_exists(struct doctor *doctor)
{
	const struct holders nobody = { NULL, 0 };
	struct link link;
	int err;

	if (!doctor->name)
		return;
	err = link_get(doctor->name, &link);
	if (err == -ENODEV) {
		doctor_find(doctor, DOCTOR_ERROR, "device_missing",
			    "there is no device %s in this network namespace", msg_safe(doctor->name));
		doctor_seen(doctor, "rtnetlink does not find it");
		doctor_mend_inside(doctor, "vtunctl add %s mode tun  # or mode tap; to look in another namespace: vtunctl -n NETNS doctor",
				   doctor_word(doctor->name));
	} else if (err) {
		doctor_find(doctor, DOCTOR_NOTE, "device_unknown",
			    "whether there is a device %s can't be checked", msg_safe(doctor->name));
		doctor_seen(doctor, "rtnetlink: %s", strerror(-err));
		doctor_mend_inside(doctor, "ip link show  # should fail too and may tell more");
	} else if (!link_is_ours(&link)) {
		device_report_taken(doctor, &link);
	} else if (device_fill(&doctor->device, &link, &nobody)) {
		doctor->no_memory = true;
	} else {
		doctor->has_device = true;
	}
}

static bool device_has_group(gid_t gid)
{
	int n = getgroups(0, NULL), i;
	bool found = getegid() == gid;
	gid_t *groups;

	if (found || n <= 0)
		return found;
	groups = calloc(n, sizeof(*groups));
	if (!groups)
		return false;
	n = getgroups(n, groups);
	for (i = 0; i < n; i++)
		found |= groups[i] == gid;
	free(groups);
	return found;
}

/* What TUNSETIFF asks of who attaches. */
void doctor_device_permission(struct doctor *doctor)
{
	const struct link *link = &doctor->device.link;
	bool has_owner = link->uid != (uid_t)-1, has_group = link->gid != (gid_t)-1;

	if (caller_has_net_admin() && !doctor->outside)
		return;
	if ((has_owner || has_group) &&
	    (!has_owner || geteuid() == link->uid) &&
	    (!has_group || device_has_group(link->gid)))
		return;
	doctor_find(doctor, DOCTOR_ERROR, "device_permission",
		    "this user may not attach a program to %s", msg_safe(link->name));
	doctor_seen(doctor, "its owner is %s, its group %s; the process is %s in group %s, and has no CAP_NET_ADMIN%s",
		    has_owner ? msg_safe(print_user(link->uid)) : "not set",
		    has_group ? msg_safe(print_group(link->gid)) : "not set",
		    msg_safe(print_user(geteuid())), msg_safe(print_group(getegid())),
		    doctor->outside ? " that counts" : "");
	if (doctor->outside)
		doctor_mend_inside(doctor, "vtunctl set %s user U  # as root outside, where this process is user U",
				   doctor_word(link->name));
	else if (has_owner && geteuid() == link->uid)
		doctor_mend_inside(doctor, "vtunctl set %s group %u  # as root; or become a member of its group",
				   doctor_word(link->name), getegid());
	else if (has_group && !device_has_group(link->gid))
		doctor_mend_inside(doctor, "vtunctl set %s user %u group %u  # as root",
				   doctor_word(link->name), geteuid(), getegid());
	else
		doctor_mend_inside(doctor, "vtunctl set %s user %u  # as root",
				   doctor_word(link->name), geteuid());
}

void doctor_device_reader(struct doctor *doctor)
{
	const struct device *device = &doctor->device;
	const char *name = msg_safe(device->link.name);

	if (device->attached > 0)
		return;
	if (device->attached < 0) {
		doctor_find(doctor, DOCTOR_NOTE, "device_reader_unknown",
			    "whether a program has %s can't be checked", name);
		doctor_seen(doctor, "ethtool does not tell its channels, and its carrier is off");
		doctor_mend_inside(doctor, "vtunctl show %s  # as root", doctor_word(device->link.name));
	} else if (device->detached) {
		doctor_find(doctor, DOCTOR_ERROR, "device_queues_detached",
			    "the program of %s has detached all its queues", name);
		doctor_seen(doctor, "0 queues attached, %ld detached", device->detached);
		doctor_mend(doctor, "The program must attach a queue again: TUNSETQUEUE with IFF_ATTACH_QUEUE.");
	} else {
		doctor_find(doctor, DOCTOR_ERROR, "device_no_reader", "no program has %s", name);
		doctor_seen(doctor, "0 queues attached");
		doctor_mend(doctor, "Start the program that is to read from it; one that opens %s only: vtunctl exec PROGRAM",
			    EXEC_NODE);
	}
}

void doctor_device_up(struct doctor *doctor)
{
	const struct link *link = &doctor->device.link;

	if (link->up)
		return;
	doctor_find(doctor, DOCTOR_ERROR, "device_down", "%s is down", msg_safe(link->name));
	doctor_seen(doctor, "rtnetlink shows no flag UP");
	doctor_mend_inside(doctor, "ip link set dev %s up", doctor_word(link->name));
}

/* Without a program carrier is off anyway, and that has been told. */
void doctor_device_carrier(struct doctor *doctor)
{
	const struct link *link = &doctor->device.link;

	if (link->carrier || doctor->device.attached <= 0)
		return;
	doctor_find(doctor, DOCTOR_ERROR, "device_no_carrier",
		    "%s has no carrier, though a program has it", msg_safe(link->name));
	doctor_seen(doctor, "rtnetlink shows carrier off; its program (TUNSETCARRIER, IFF_NO_CARRIER) or somebody has switched it off");
	doctor_mend_inside(doctor, "ip link set dev %s carrier on", doctor_word(link->name));
}

static int device_get_feature(const char *name, unsigned int command, bool *on)
{
	struct ethtool_value value = { .cmd = command };
	int err = device_ethtool(name, &value);

	*on = value.data;
	return err;
}

/* A program that has a virtio header, and does all without its use. */
void doctor_device_offloads(struct doctor *doctor)
{
	const struct link *link = &doctor->device.link;
	bool checksum, tso;
	int err;

	if (!(link->flags & IFF_VNET_HDR) || doctor->device.attached <= 0)
		return;
	err = device_get_feature(link->name, ETHTOOL_GTXCSUM, &checksum);
	if (!err)
		err = device_get_feature(link->name, ETHTOOL_GTSO, &tso);
	if (err) {
		doctor_find(doctor, DOCTOR_NOTE, "device_offloads_unknown",
			    "which offloads %s has can't be checked", msg_safe(link->name));
		doctor_seen(doctor, "ethtool: %s", strerror(-err));
		doctor_mend_inside(doctor, "ethtool -k %s", doctor_word(link->name));
	} else if (!checksum || !tso) {
		doctor_find(doctor, DOCTOR_NOTE, "device_offloads",
			    "%s has the virtio header, but %s offload, which is slow",
			    msg_safe(link->name), checksum ? "no segmentation" : "no checksum");
		doctor_seen(doctor, "vnet_hdr is on; ethtool shows tx-checksumming %s, tcp-segmentation-offload %s",
			    checksum ? "on" : "off", tso ? "on" : "off");
		doctor_mend_inside(doctor, "ethtool -K %s tx on tso on  # if that changes nothing, the program must ask for it: TUNSETOFFLOAD",
				   doctor_word(link->name));
	}
}
