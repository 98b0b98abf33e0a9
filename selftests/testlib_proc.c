// SPDX-License-Identifier: GPL-2.0-only
/* Processes with other credentials, files passed between them, sleepers. */
#include "testlib.h"

#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* ---- privileges ---- */

static int creds_set_caps(uint64_t caps)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2], all[2];
	int i;

	if (syscall(SYS_capget, &head, all))
		return -errno;
	for (i = 0; i < 2; i++) {
		/* permitted can only shrink, and CAPS_ALL means all there is */
		data[i].permitted = all[i].permitted & (caps >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

static int creds_map(const char *what, unsigned int outside)
{
	char path[64], line[64];

	snprintf(path, sizeof(path), "/proc/self/%s", what);
	snprintf(line, sizeof(line), "0 %u 1", outside);
	return file_write(path, line);
}

static int creds_enter(const struct creds *c)
{
	uid_t uid = c->uid;
	gid_t gid = c->gid;
	int err;

	prctl(PR_SET_KEEPCAPS, 1);
	if (setgroups(c->ngroups, c->groups) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return -errno;
	/* a changed uid makes /proc/self root's; needed for the maps below */
	prctl(PR_SET_DUMPABLE, 1);
	err = creds_set_caps(c->caps);
	if (err || !c->new_userns)
		return err;
	if (unshare(CLONE_NEWUSER))
		return -errno;
	if ((err = file_write("/proc/self/setgroups", "deny")) ||
	    (err = creds_map("uid_map", uid)) ||
	    (err = creds_map("gid_map", gid)))
		return err;
	return c->new_netns && unshare(CLONE_NEWNET) ? -errno : 0;
}

static int run_forked(const struct creds *creds, int (*fn)(void *arg),
		      void *arg)
{
	int ret = -ECHILD, status, p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		ret = creds ? creds_enter(creds) : 0;
		if (!ret)
			ret = fn(arg);
		_exit(write(p[1], &ret, sizeof(ret)) != sizeof(ret));
	}
	close(p[1]);
	if (read(p[0], &ret, sizeof(ret)) != sizeof(ret))
		ret = -ECHILD;
	close(p[0]);
	waitpid(pid, &status, 0);
	return ret;
}

int run_as(const struct creds *creds, int (*fn)(void *arg), void *arg)
{
	return run_forked(creds, fn, arg);
}

int run_child(int (*fn)(void *arg), void *arg)
{
	return run_forked(NULL, fn, arg);
}

/* ---- descriptors ---- */

int fd_send(int sock, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

int fd_recv(int sock)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(sock, &msg, 0) != 1)
		return -errno;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -ENOMSG;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}

/* ---- sleepers ---- */

bool task_asleep(pid_t tid)
{
	char path[64], buf[512], *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	if (file_read(path, buf, sizeof(buf)) <= 0)
		return false;
	/* "tid (name) S …": the name may hold anything, so search backwards */
	p = strrchr(buf, ')');
	return p && p[1] == ' ' && p[2] == 'S';
}

static void *sleeper_main(void *arg)
{
	struct sleeper *s = arg;

	s->tid = gettid();
	s->ret = read(s->fd, s->buf, s->size);
	if (s->ret < 0)
		s->ret = -errno;
	s->done = true;
	return NULL;
}

int sleeper_start(struct sleeper *s, int fd, void *buf, size_t size)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->fd = fd;
	s->buf = buf;
	s->size = size;
	err = pthread_create(&s->thread, NULL, sleeper_main, s);
	if (err)
		return -err;
	/* between publishing its tid and read() the thread sleeps nowhere */
	if (!wait_for(s->done || sleeper_asleep(s), WAIT_MS))
		return -ETIMEDOUT;
	return s->done ? -EALREADY : 0;
}

int sleeper_wait(struct sleeper *s, int ms)
{
	if (!wait_for(s->done, ms))
		return -ETIMEDOUT;
	return -pthread_join(s->thread, NULL);
}

bool sleeper_asleep(struct sleeper *s)
{
	return s->tid && !s->done && task_asleep(s->tid);
}

int log_open(void)
{
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		return -errno;
	return fd;
}

int log_lines(int log, const char *word, const char *other)
{
	char line[8192];
	int count = 0;
	ssize_t n;

	for (;;) {
		n = read(log, line, sizeof(line) - 1);
		if (n < 0 && errno == EPIPE)
			continue;	/* the log ran over: go on behind */
		if (n <= 0)
			return count;
		line[n] = 0;
		count += strstr(line, word) || (other && strstr(line, other));
	}
}
