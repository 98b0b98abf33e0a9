// SPDX-License-Identifier: GPL-2.0-only
/*
 * One open file in several hands: dup(), fork() and SCM_RIGHTS share it with
 * all that belongs to it, and the queue goes with the last reference.
 */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define NOBODY	65534

FIXTURE(share)
{
	int flags;
	int fd;				/* not attached yet */
};

FIXTURE_VARIANT(share)
{
	int type;
};

FIXTURE_VARIANT_ADD(share, tun)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(share, tap)
{
	.type = IFF_TAP,
};

FIXTURE_SETUP(share)
{
	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->type | IFF_NO_PI;
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(share)
{
}

/* Puts @fd as a message on the way to the other end of @sock. */
static int share_send(int sock, int fd)
{
	char byte = 0, ctl[CMSG_SPACE(sizeof(fd))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl, .msg_controllen = sizeof(ctl),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

static int share_receive(int sock)
{
	char byte, ctl[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = ctl, .msg_controllen = sizeof(ctl),
	};
	int fd;

	if (recvmsg(sock, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -errno;
	if (!CMSG_FIRSTHDR(&msg))
		return -ENOMSG;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

struct share_task {
	int fd;
	int flags;
};

static int share_setiff(void *arg)
{
	struct share_task *task = arg;

	return vt_setiff(task->fd, "shared0", task->flags);
}

/* F1.9: what a child attaches is attached for its parent, and survives it */
TEST_F(share, child_attaches)
{
	struct share_task task = { self->fd, self->flags };
	char name[IFNAMSIZ];

	ASSERT_EQ(0, run_child(share_setiff, &task));
	ASSERT_EQ(0, vt_ifname(self->fd, name));
	EXPECT_STREQ("shared0", name);
	EXPECT_TRUE(link_exists("shared0"));
	EXPECT_EQ(-EEXIST, vt_setiff(self->fd, "shared1", self->flags));
	close(self->fd);
	EXPECT_FALSE(link_exists("shared0"));
}

/* F1.8: credentials are those of who calls, whoever opened the file */
TEST_F(share, callers_credentials)
{
	struct creds nobody = { .uid = NOBODY, .gid = NOBODY };
	struct share_task task = { self->fd, self->flags };

	EXPECT_EQ(-EPERM, run_as(&nobody, share_setiff, &task));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	EXPECT_FALSE(link_exists("shared0"));

	ASSERT_EQ(0, vt_setiff(self->fd, "shared0", self->flags));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOWNER, NOBODY));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	task.fd = vt_open(O_RDWR);
	ASSERT_LE(0, task.fd);
	EXPECT_EQ(0, run_as(&nobody, share_setiff, &task));
	EXPECT_LT(0, vt_flags(task.fd));
	EXPECT_EQ(0, link_del("shared0"));
}

/* F1.9: the queue goes at the last close, be it a dup()'s */
TEST_F(share, dup_keeps_the_queue)
{
	int copy = dup(self->fd), third = fcntl(self->fd, F_DUPFD_CLOEXEC, 100);

	ASSERT_LE(0, copy);
	ASSERT_LE(0, third);
	ASSERT_EQ(0, vt_setiff(copy, "shared0", self->flags));
	close(self->fd);
	EXPECT_LT(0, vt_flags(third));
	close(copy);
	EXPECT_LT(0, vt_flags(third));
	EXPECT_TRUE(link_exists("shared0"));
	close(third);
	EXPECT_FALSE(link_exists("shared0"));
}

/* F1.9: dup2() onto the last descriptor closes it */
TEST_F(share, dup2_over_it_closes)
{
	ASSERT_EQ(0, vt_setiff(self->fd, "shared0", self->flags));
	ASSERT_EQ(self->fd, dup2(STDERR_FILENO, self->fd));
	EXPECT_FALSE(link_exists("shared0"));
}

/* F1.9: a child that was killed lets go, and not before its parent the queue */
TEST_F(share, killed_child_lets_go)
{
	pid_t pid;

	ASSERT_EQ(0, vt_setiff(self->fd, "shared0", self->flags));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		pause();
		_exit(0);
	}
	close(self->fd);
	EXPECT_TRUE(link_exists("shared0"));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_TRUE(wait_for(!link_exists("shared0"), WAIT_MS));
}

/* F1.9 F1.10: O_NONBLOCK is the file's, set through any descriptor */
TEST_F(share, nonblock_is_common)
{
	int copy = dup(self->fd), off = 0;
	char buf[16];

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, vt_setiff(self->fd, "shared0", self->flags));
	ASSERT_EQ(0, fcntl(copy, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(O_NONBLOCK, fcntl(self->fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(-1, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, ioctl(self->fd, FIONBIO, &off));
	EXPECT_EQ(0, fcntl(copy, F_GETFL) & O_NONBLOCK);
}

/* F1.9: the owner for SIGIO and O_ASYNC are the file's, too */
TEST_F(share, async_is_common)
{
	int copy = dup(self->fd);

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, vt_setiff(self->fd, "shared0", self->flags));
	signal(SIGIO, SIG_IGN);
	ASSERT_EQ(0, fcntl(copy, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(copy, F_SETFL, O_ASYNC));
	EXPECT_EQ(getpid(), fcntl(self->fd, F_GETOWN));
	EXPECT_EQ(O_ASYNC, fcntl(self->fd, F_GETFL) & O_ASYNC);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	EXPECT_EQ(0, fcntl(copy, F_GETFL) & O_ASYNC);
}

static int share_read_two(void *arg)
{
	struct share_task *task = arg;
	struct flow_path path = { .tap = task->flags & IFF_TAP };
	struct flow_mark mark;
	int i, err;

	for (i = 0; i < 2; i++) {
		err = flow_read(&path, task->fd, &mark);
		if (err)
			return err;
	}
	return mark.seq;
}

/* F1.9 F6.2: one fifo for all: what the child read is gone for the parent */
TEST_F(share, fifo_is_common)
{
	struct share_task task = { self->fd, self->flags };
	int copy = dup(self->fd);
	struct flow_path path;
	struct flow_mark mark;
	int i;

	ASSERT_LE(0, copy);
	ASSERT_EQ(0, vt_setiff(self->fd, "shared0", self->flags));
	ASSERT_EQ(0, link_up("shared0"));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, flow_open(&path, "shared0", variant->type == IFF_TAP));
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, flow_send(&path, 1, i));
	EXPECT_EQ(1, run_child(share_read_two, &task));
	ASSERT_EQ(0, flow_read(&path, self->fd, &mark));
	EXPECT_EQ(2, mark.seq);
	ASSERT_EQ(0, flow_read(&path, copy, &mark));
	EXPECT_EQ(3, mark.seq);
	EXPECT_EQ(-EAGAIN, flow_read(&path, self->fd, &mark));
}

/* F1.9: a file on its way through a socket holds the queue */
TEST_F(share, file_in_flight)
{
	char name[IFNAMSIZ];
	int pair[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	ASSERT_EQ(0, vt_setiff(self->fd, "shared0", self->flags));
	ASSERT_EQ(0, share_send(pair[0], self->fd));
	close(self->fd);
	EXPECT_TRUE(link_exists("shared0"));
	fd = share_receive(pair[1]);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_ifname(fd, name));
	EXPECT_STREQ("shared0", name);
	ASSERT_EQ(0, share_send(pair[0], fd));
	close(fd);
	EXPECT_TRUE(link_exists("shared0"));
	/* never received: the message is thrown away with the socket */
	close(pair[1]);
	EXPECT_TRUE(wait_for(!link_exists("shared0"), WAIT_MS));
}

/*
 * F1.9: files that only each other's messages hold. The device's file travels
 * in a message queued on a socket that is itself in such a message: nobody can
 * ever receive it, and the queue must not stay.
 */
TEST_F(share, unreachable_in_flight)
{
	int pair[2], other[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	ASSERT_EQ(0, vt_setiff(self->fd, "shared0", self->flags));
	ASSERT_EQ(0, share_send(pair[0], self->fd));
	ASSERT_EQ(0, share_send(pair[0], pair[0]));
	ASSERT_EQ(0, share_send(pair[0], pair[1]));
	close(self->fd);
	EXPECT_TRUE(link_exists("shared0"));
	close(pair[0]);
	close(pair[1]);
	/* closing a unix socket starts the search for such cycles */
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, other));
	close(other[0]);
	close(other[1]);
	EXPECT_TRUE(wait_for(!link_exists("shared0"), WAIT_MS));
}

/* F1.9: exec() closes a close-on-exec descriptor and keeps others */
TEST_F(share, exec_keeps_or_closes)
{
	int cloexec, status;
	pid_t pid;

	ASSERT_EQ(0, vt_setiff(self->fd, "shared0", self->flags));
	for (cloexec = 0; cloexec < 2; cloexec++) {
		char script[64];

		ASSERT_EQ(0, fcntl(self->fd, F_SETFD, cloexec));
		snprintf(script, sizeof(script),
			 "[ -e /proc/self/fd/%d ]", self->fd);
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			execl("/bin/sh", "sh", "-c", script, NULL);
			_exit(99);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(cloexec, WEXITSTATUS(status));
		EXPECT_LT(0, vt_flags(self->fd));
	}
}

TEST_HARNESS_MAIN
