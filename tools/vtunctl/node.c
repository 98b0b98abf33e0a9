// SPDX-License-Identifier: GPL-2.0-only
/* The device node: find it, open it, and tell why that fails. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "vtunctl.h"

#define NODE_MISC_MAJOR	10

int node_get_number(unsigned int *major, unsigned int *minor)
{
	char name[64];
	unsigned int number;
	int err = -ENODEV;
	FILE *file = fopen("/proc/misc", "re");

	if (!file)
		return -errno;
	while (fscanf(file, "%u %63s", &number, name) == 2) {
		if (strcmp(name, VTUN_KIND))
			continue;
		*major = NODE_MISC_MAJOR;
		*minor = number;
		err = 0;
		break;
	}
	fclose(file);
	return err;
}

bool node_is_hidden(void)
{
	struct stat st;
	int fd;

	if (!stat(VTUN_NODE, &st) || errno != EACCES)
		return false;
	fd = open(VTUN_NODE, O_PATH | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void node_explain_not_loaded(void)
{
	msg_why("the module %s is not loaded", VTUN_KIND);
	msg_todo("Load it as root: modprobe %s (or insmod %s.ko where it is not installed).",
		 VTUN_KIND, VTUN_KIND);
}

static void node_explain_missing(unsigned int major, unsigned int minor)
{
	msg_why("the module %s is loaded, but there is no node %s", VTUN_KIND,
		VTUN_NODE);
	msg_todo("Make it as root: " NODE_RECIPE, major, minor);
}

static void node_explain_foreign(unsigned int major, unsigned int minor)
{
	msg_why("%s is not the node of the loaded module (character device %u:%u)",
		VTUN_NODE, major, minor);
	msg_todo("Make it anew as root: rm %s && mknod -m 0666 %s c %u %u",
		 VTUN_NODE, VTUN_NODE, major, minor);
}

static void node_explain_access(unsigned int mode)
{
	if (node_is_hidden()) {
		msg_why("a security module keeps this process from %s", VTUN_NODE);
		msg_todo("'vtunctl doctor' tells what mends it.");
	} else if ((mode & 0666) == 0666) {
		msg_why("no permission to open %s, although its mode is %04o",
			VTUN_NODE, mode & 07777);
		msg_todo("'vtunctl doctor' tells what mends it.");
	} else {
		msg_why("no permission to open %s (its mode is %04o)",
			VTUN_NODE, mode & 07777);
		msg_todo("Run it as root, or let everybody open the node, which is safe: chmod 0666 %s",
			 VTUN_NODE);
	}
}

static void node_explain_open(int err, unsigned int mode)
{
	if (err == ENOENT || err == ENXIO || err == ENODEV) {
		node_explain_not_loaded();
	} else if (err == EPERM) {
		/* Nothing else refuses it so. */
		msg_why("the device rules of this container or service do not allow %s",
			VTUN_NODE);
		msg_todo("'vtunctl doctor' tells what mends it.");
	} else if (err == EACCES) {
		node_explain_access(mode);
	} else {
		msg_why("%s does not open: %s", VTUN_NODE, strerror(err));
		msg_todo("The kernel's log (dmesg) may tell more.");
	}
}

/* Fills @st as far as there is a node. */
static enum exit_status node_find(struct stat *st)
{
	unsigned int major_nr = 0, minor_nr = 0;
	int loaded = node_get_number(&major_nr, &minor_nr);

	if (loaded == -ENODEV) {
		node_explain_not_loaded();
		return FAILED;
	}
	if (stat(VTUN_NODE, st)) {
		if (errno == ENOENT && !loaded)
			node_explain_missing(major_nr, minor_nr);
		else
			node_explain_open(errno, 0);
		return FAILED;
	}
	/* Opening what might be anything else could do harm. */
	if (!loaded && (!S_ISCHR(st->st_mode) ||
			st->st_rdev != makedev(major_nr, minor_nr))) {
		node_explain_foreign(major_nr, minor_nr);
		return FAILED;
	}
	return DONE;
}

enum exit_status node_check(void)
{
	struct stat st;

	return node_find(&st);
}

enum exit_status node_open(int *fd)
{
	struct stat st;

	if (node_find(&st))
		return FAILED;
	*fd = open(VTUN_NODE, O_RDWR | O_CLOEXEC);
	if (*fd >= 0)
		return DONE;
	node_explain_open(errno, st.st_mode);
	return FAILED;
}
