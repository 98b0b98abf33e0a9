// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl exec: a program for which /dev/net/tun is our node. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "vtunctl.h"

static int exec_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t len;
	int err;

	if (fd < 0)
		return -errno;
	len = write(fd, text, strlen(text));
	err = len < 0 ? -errno : 0;
	close(fd);
	return err;
}

/*
 * In a user namespace of its own anybody may mount. User and group stay what
 * they are, so that the program finds its files and devices as it would have.
 */
static int exec_unshare_user(void)
{
	char uid_map[64], gid_map[64];
	int err;

	snprintf(uid_map, sizeof(uid_map), "%u %u 1", geteuid(), geteuid());
	snprintf(gid_map, sizeof(gid_map), "%u %u 1", getegid(), getegid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return -errno;
	err = exec_write("/proc/self/uid_map", uid_map);
	if (!err)
		err = exec_write("/proc/self/setgroups", "deny");
	if (!err)
		err = exec_write("/proc/self/gid_map", gid_map);
	return err;
}

static enum exit_status exec_unshare(void)
{
	int err;

	if (!unshare(CLONE_NEWNS))
		return DONE;
	if (errno != EPERM) {
		msg_why("there can be no mount namespace for it (%s)",
			strerror(errno));
		msg_todo("See unshare(2), and the limit in /proc/sys/user/max_mnt_namespaces.");
		return NOT_RUN;
	}
	if (caller_has_net_admin()) {
		msg_why("this needs the capability CAP_SYS_ADMIN, and a user namespace, where it would not, takes away CAP_NET_ADMIN");
		msg_todo("Run it with both; or give a container the node when it is made: --device %s:%s",
			 VTUN_NODE, EXEC_NODE);
		return NOT_RUN;
	}
	err = exec_unshare_user();
	if (!err)
		return DONE;
	msg_why("this needs the capability CAP_SYS_ADMIN, or a user namespace, which can't be had (%s)",
		strerror(-err));
	msg_todo("Run it as root, or allow user namespaces: sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone");
	return NOT_RUN;
}

static enum exit_status exec_mount(void)
{
	int err = exec_cover_node();

	if (!err)
		return DONE;
	msg_why("%s can't be mounted over %s (%s)", VTUN_NODE, EXEC_NODE,
		strerror(-err));
	if (err == -EINVAL)
		msg_todo("In a chroot, make its folder a mount: mount --bind DIR DIR");
	else
		msg_todo("The kernel's log (dmesg) may tell more, as of a security module.");
	return NOT_RUN;
}

static enum exit_status exec_program(char **argv)
{
	int err;

	execvp(argv[0], argv);
	err = errno;
	if (err == ENOENT || err == ENOTDIR) {
		msg_why("there is no such program, or not the interpreter that it names");
		msg_todo("Give its path, or set PATH.");
		return NOT_FOUND;
	}
	msg_why("%s", strerror(err));
	msg_todo("It must be a program or script, and you must be allowed to execute it.");
	return NOT_EXECUTABLE;
}

/* Returns only where there is nothing to become. */
static enum exit_status exec_run(const struct options *opts, int argc,
				 char **argv)
{
	enum exit_status err;

	(void)opts;
	if (argc && !strcmp(argv[0], "--")) {
		argc--;
		argv++;
	} else if (argc && argv[0][0] == '-') {
		msg_usage("'exec' has no option '%s'; before a PROGRAM of that name put '--'",
			  msg_safe(argv[0]));
		return NOT_RUN;
	}
	if (!argc || !*argv[0]) {
		msg_usage("the PROGRAM is missing");
		return NOT_RUN;
	}
	msg_task("execute %s", msg_safe(argv[0]));
	if (node_check())
		return NOT_RUN;
	err = exec_unshare();
	if (!err)
		err = exec_mount();
	return err ? err : exec_program(argv);
}

const struct command cmd_exec = {
	.name = "exec",
	.synopsis = "[--] PROGRAM [ARGUMENT...]",
	.summary = "run a program for which " EXEC_NODE " is " VTUN_NODE,
	.becomes = true,
	.run = exec_run,
};
