// SPDX-License-Identifier: GPL-2.0-only
/* The device's flags in sysfs: rtnetlink carries only some of them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "vtunctl.h"

/* Flags that rtnetlink carries too: if they differ, it is another device. */
#define SYSFS_COMMON	(IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | \
			 IFF_PERSIST | IFF_MULTI_QUEUE)

/*
 * /sys shows the network namespace of whoever mounted it, which need not be
 * ours. A mount of our own, which no path leads to, does; /sys is second best
 * for those who may not mount, and then sysfs_get_flags() checks what it finds.
 */
static int sysfs_open(void)
{
	int fs, mount = -1;

	fs = fsopen("sysfs", FSOPEN_CLOEXEC);
	if (fs >= 0) {
		if (!fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
			mount = fsmount(fs, FSMOUNT_CLOEXEC, 0);
		close(fs);
	}
	if (mount >= 0)
		return mount;
	return open("/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int sysfs_read(int sysfs, const char *device, const char *attribute,
		      unsigned long *value)
{
	char path[64], text[32];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "class/net/%s/%s", device, attribute);
	fd = openat(sysfs, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (len <= 0)
		return -EIO;
	text[len] = '\0';
	*value = strtoul(text, NULL, 0);
	return 0;
}

int sysfs_get_flags(const struct link *link, unsigned int *flags)
{
	static int sysfs = -1;
	unsigned long ifindex = 0, value = 0;
	int err;

	if (sysfs < 0)
		sysfs = sysfs_open();
	if (sysfs < 0)
		return -errno;
	err = sysfs_read(sysfs, link->name, "ifindex", &ifindex);
	if (!err)
		err = sysfs_read(sysfs, link->name, "tun_flags", &value);
	if (err)
		return err;
	if (ifindex != (unsigned long)link->ifindex ||
	    (value & SYSFS_COMMON) != (link->flags & SYSFS_COMMON))
		return -ENODEV;
	*flags = value;
	return 0;
}
