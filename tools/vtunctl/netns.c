// SPDX-License-Identifier: GPL-2.0-only
/* Named network namespaces, where iproute2 keeps them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vtunctl.h"

#define NETNS_DIR	"/run/netns/"

enum exit_status netns_enter(const char *name)
{
	char path[PATH_MAX];
	int fd, err;

	msg_task("enter network namespace %s", msg_safe(name));
	if (snprintf(path, sizeof(path), "%s%s",
		     strchr(name, '/') ? "" : NETNS_DIR, name) >=
	    (int)sizeof(path)) {
		msg_why("the name is too long");
		msg_todo("'ip netns list' shows those that exist.");
		return FAILED;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		msg_why("%s: %s", msg_safe(path), strerror(errno));
		msg_todo("'ip netns list' shows those that exist, 'ip netns add NAME' makes one.");
		return FAILED;
	}
	err = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (!err)
		return DONE;
	if (err == EPERM) {
		msg_why("this needs the capability CAP_SYS_ADMIN");
		msg_todo("Run it as root.");
	} else {
		msg_why("%s is not a network namespace (%s)", msg_safe(path),
			strerror(err));
		msg_todo("Give a name that 'ip netns list' shows, or a path like /proc/PID/ns/net.");
	}
	return FAILED;
}
