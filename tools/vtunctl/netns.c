// SPDX-License-Identifier: GPL-2.0-only
/* Named network namespaces, where iproute2 keeps them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/nsfs.h>

#include "vtunctl.h"

#define NETNS_DIR	"/run/netns/"

/* As in ip(8), a name wins. */
bool netns_is_process(const char *name)
{
	char path[PATH_MAX];

	if (!*name || name[strspn(name, "0123456789")])
		return false;
	return snprintf(path, sizeof(path), NETNS_DIR "%s", name) <
	       (int)sizeof(path) && access(path, F_OK);
}

static void netns_explain_other(const char *name, int err)
{
	msg_why("%s is not a network namespace (%s)", msg_safe(name),
		strerror(err));
	msg_todo("Give a name that 'ip netns list' shows, or a path like /proc/PID/ns/net.");
}

enum exit_status netns_open(const char *name, int *fd)
{
	char path[PATH_MAX];
	int type;

	if (snprintf(path, sizeof(path), "%s%s",
		     strchr(name, '/') ? "" : NETNS_DIR, name) >=
	    (int)sizeof(path)) {
		msg_why("the name is too long");
		msg_todo("'ip netns list' shows those that exist.");
		return FAILED;
	}
	*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0) {
		msg_why("%s: %s", msg_safe(path), strerror(errno));
		msg_todo("'ip netns list' shows those that exist, 'ip netns add NAME' makes one.");
		return FAILED;
	}
	type = ioctl(*fd, NS_GET_NSTYPE);
	if (type == CLONE_NEWNET)
		return DONE;
	netns_explain_other(path, type < 0 ? errno : EINVAL);
	close(*fd);
	return FAILED;
}

enum exit_status netns_enter(const char *name)
{
	int fd, err;

	msg_task("enter network namespace %s", msg_safe(name));
	err = netns_open(name, &fd);
	if (err)
		return err;
	err = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (!err)
		return DONE;
	if (err == EPERM) {
		msg_why("this needs the capability CAP_SYS_ADMIN");
		msg_todo("Run it as root.");
	} else {
		netns_explain_other(name, err);
	}
	return FAILED;
}
