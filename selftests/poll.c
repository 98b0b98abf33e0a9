// SPDX-License-Identifier: GPL-2.0-only
/* poll() and select(): which events a file has, and what wakes a poller. */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/select.h>

#define EV_IN	(POLLIN | POLLRDNORM)
#define EV_OUT	(POLLOUT | POLLWRNORM)
#define EV_ALL	(EV_IN | EV_OUT | POLLPRI | POLLRDBAND | POLLWRBAND | POLLRDHUP)

/* Long enough for a wrong wake-up to show itself. */
#define STILL_MS	30

FIXTURE(poll)
{
	struct io io;
};

FIXTURE_VARIANT(poll)
{
	int flags;
};

IO_VARIANTS(poll);

FIXTURE_SETUP(poll)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
}

FIXTURE_TEARDOWN(poll)
{
}

static int events(int fd)
{
	return fd_poll(fd, EV_ALL, 0);
}

/* A thread inside poll(). */
struct poller {
	pthread_t thread;
	int fd;
	short want;
	_Atomic pid_t tid;
	_Atomic bool done;
	int ret;
};

static void *poller_main(void *arg)
{
	struct poller *p = arg;

	p->tid = gettid();
	p->ret = fd_poll(p->fd, p->want, 2 * WAIT_MS);
	p->done = true;
	return NULL;
}

/* 0 once it sleeps, -EALREADY if there was an event. */
static int poller_start(struct poller *p, int fd, short want)
{
	memset(p, 0, sizeof(*p));
	p->fd = fd;
	p->want = want;
	if (pthread_create(&p->thread, NULL, poller_main, p))
		return -EAGAIN;
	if (!wait_for(p->done || (p->tid && task_asleep(p->tid)), WAIT_MS))
		return -ETIMEDOUT;
	return p->done ? -EALREADY : 0;
}

/* The events it woke for, 0 if it sleeps. */
static int poller_wait(struct poller *p, int ms)
{
	if (!wait_for(p->done, ms))
		return 0;
	pthread_join(p->thread, NULL);
	return p->ret;
}

/* F8.1 F8.7: unattached: an error, and readable and writable for select() */
TEST_F(poll, unattached)
{
	struct timeval now = {};
	int fd = vt_open(O_RDWR);
	fd_set rd, wr, ex;

	ASSERT_LE(0, fd);
	EXPECT_EQ(POLLERR, events(fd));
	EXPECT_EQ(POLLERR, fd_poll(fd, 0, 0));
	FD_ZERO(&rd);
	FD_ZERO(&wr);
	FD_ZERO(&ex);
	FD_SET(fd, &rd);
	FD_SET(fd, &wr);
	FD_SET(fd, &ex);
	EXPECT_EQ(2, select(fd + 1, &rd, &wr, &ex, &now));
	EXPECT_TRUE(FD_ISSET(fd, &rd));
	EXPECT_TRUE(FD_ISSET(fd, &wr));
	EXPECT_FALSE(FD_ISSET(fd, &ex));
}

/* F8.1: so is one whose device was deleted; attached again it is as new */
TEST_F(poll, after_deletion)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(EV_IN | EV_OUT, events(io->fd));
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_EQ(POLLERR, events(io->fd));
	ASSERT_EQ(0, vt_setiff(io->fd, IO_NAME, variant->flags));
	EXPECT_EQ(0, events(io->fd));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(EV_OUT, events(io->fd));
}

/* F8.2: readable while the fifo holds something, and no event but these */
TEST_F(poll, readable)
{
	struct io *io = &self->io;
	struct timeval now = {};
	fd_set rd;

	EXPECT_EQ(EV_OUT, events(io->fd));
	ASSERT_EQ(0, io_send(io, 1, 10));
	ASSERT_EQ(0, io_send(io, 2, 10));
	EXPECT_EQ(EV_IN | EV_OUT, events(io->fd));
	/* asking takes nothing away */
	EXPECT_EQ(EV_IN | EV_OUT, events(io->fd));
	EXPECT_EQ(POLLIN, fd_poll(io->fd, POLLIN, 0));
	FD_ZERO(&rd);
	FD_SET(io->fd, &rd);
	EXPECT_EQ(1, select(io->fd + 1, &rd, NULL, NULL, &now));
	EXPECT_EQ(0, io_recv(io, io->fd, 1, 10));
	EXPECT_EQ(EV_IN | EV_OUT, events(io->fd));
	EXPECT_EQ(0, io_recv(io, io->fd, 2, 10));
	EXPECT_EQ(EV_OUT, events(io->fd));
	FD_SET(io->fd, &rd);
	EXPECT_EQ(0, select(io->fd + 1, &rd, NULL, NULL, &now));
}

/* F8.3 F8.2: down: not writable, but readable if something is queued */
TEST_F(poll, down)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(0, events(io->fd));
	ASSERT_EQ(0, link_up(IO_NAME));
	ASSERT_EQ(0, io_send(io, 1, 10) == -ENETDOWN ? io_send(io, 1, 10) : 0);
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(EV_IN, events(io->fd));
	EXPECT_EQ(0, io_recv(io, io->fd, 1, 10));
	EXPECT_EQ(0, events(io->fd));
}

/* F8.3: going up wakes who waits for it, and nothing else does */
TEST_F(poll, up_wakes_pollers)
{
	struct io *io = &self->io;
	struct poller out, in;

	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, poller_start(&out, io->fd, EV_OUT));
	ASSERT_EQ(0, poller_start(&in, io->fd, EV_IN));
	ASSERT_EQ(0, link_set_mtu(IO_NAME, 1400));
	EXPECT_EQ(0, poller_wait(&out, STILL_MS));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(EV_OUT, poller_wait(&out, WAIT_MS));
	EXPECT_EQ(0, poller_wait(&in, STILL_MS));
	/* once more */
	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, poller_start(&out, io->fd, EV_OUT));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(EV_OUT, poller_wait(&out, WAIT_MS));
}

/* F8.6: a packet wakes a poller of input; other things don't */
TEST_F(poll, packet_wakes_pollers)
{
	struct io *io = &self->io;
	struct poller a, b;
	uint8_t frame[PKT_MAX];
	size_t total = io_frame(io, frame, 1, 10);

	ASSERT_EQ(0, poller_start(&a, io->fd, EV_IN));
	ASSERT_EQ(0, poller_start(&b, io->fd, EV_IN));
	EXPECT_EQ(total, io_write(io->fd, frame, total));
	EXPECT_EQ(0, poller_wait(&a, STILL_MS));
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(EV_IN, poller_wait(&a, WAIT_MS));
	EXPECT_EQ(EV_IN, poller_wait(&b, WAIT_MS));
}

/* F8.6 F8.1: deletion wakes pollers that wait for input */
TEST_F(poll, deletion_wakes_pollers)
{
	struct io *io = &self->io;
	struct poller in, both;

	ASSERT_EQ(0, poller_start(&in, io->fd, EV_IN));
	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, poller_start(&both, io->fd, EV_IN | EV_OUT));
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_EQ(POLLERR, poller_wait(&in, WAIT_MS));
	EXPECT_EQ(POLLERR, poller_wait(&both, WAIT_MS));
}

/* F8.6: going down wakes nobody */
TEST_F(poll, down_wakes_nobody)
{
	struct io *io = &self->io;
	struct poller in;

	ASSERT_EQ(0, poller_start(&in, io->fd, EV_IN));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(0, poller_wait(&in, STILL_MS));
	EXPECT_TRUE(task_asleep(in.tid));
}

/* F8.4 F8.2: an idle file has 1 byte charged; writing works all the same */
TEST_F(poll, tiny_send_buffers)
{
	struct io *io = &self->io;
	uint8_t frame[PKT_MAX];
	size_t total = io_frame(io, frame, 1, 10);
	int sndbuf;

	for (sndbuf = 1; sndbuf <= 6; sndbuf++) {
		ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, sndbuf));
		EXPECT_EQ(sndbuf < 4 ? 0 : EV_OUT, events(io->fd));
		EXPECT_EQ(total, io_write(io->fd, frame, total));
	}
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, INT32_MAX));
	EXPECT_EQ(EV_OUT, events(io->fd));
}

/* F8.2: the access mode plays no part */
TEST_F(poll, access_mode)
{
	struct io *io = &self->io;
	int rd = vt_open(O_RDONLY), wr = vt_open(O_WRONLY);

	ASSERT_LE(0, rd);
	ASSERT_LE(0, wr);
	EXPECT_EQ(POLLERR, events(rd));
	close(io->fd);
	ASSERT_EQ(0, vt_setiff(rd, IO_NAME, variant->flags));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(EV_OUT, events(rd));
	close(rd);
	ASSERT_EQ(0, vt_setiff(wr, IO_NAME, variant->flags));
	ASSERT_EQ(0, link_up(IO_NAME));
	close(io->ps);
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(EV_IN | EV_OUT, events(wr));
}

/* Two queues of one device. */
FIXTURE(poll_queues)
{
	struct io io;
	int other;
};

FIXTURE_VARIANT(poll_queues)
{
	int flags;
};

IO_VARIANTS_NO_PI(poll_queues);

FIXTURE_SETUP(poll_queues)
{
	const int flags = variant->flags | IFF_MULTI_QUEUE;

	ASSERT_EQ(0, io_open(&self->io, flags));
	self->other = vt_attach_nb(IO_NAME, flags);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(poll_queues)
{
}

/* F8.5: a detached queue is writable and never readable */
TEST_F(poll_queues, detached)
{
	struct io *io = &self->io;
	int i;

	ASSERT_EQ(0, vt_set_queue(self->other, IFF_DETACH_QUEUE));
	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, io_send(io, i, 10));
	EXPECT_EQ(EV_OUT, events(self->other));
	EXPECT_EQ(EV_IN | EV_OUT, events(io->fd));
	/* detaching the one that has packets takes them away */
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(EV_OUT, events(io->fd));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(0, events(io->fd));
}

/* F8.6: detaching, and another queue's close, wake nobody */
TEST_F(poll_queues, detach_and_close_wake_nobody)
{
	struct io *io = &self->io;
	struct poller in;

	ASSERT_EQ(0, poller_start(&in, io->fd, EV_IN));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(0, poller_wait(&in, STILL_MS));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, poller_wait(&in, STILL_MS));
	close(self->other);
	EXPECT_EQ(0, poller_wait(&in, STILL_MS));
	EXPECT_TRUE(task_asleep(in.tid));
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(EV_IN, poller_wait(&in, WAIT_MS));
}

/* F8.3: going up wakes pollers of enabled queues, not of detached ones */
TEST_F(poll_queues, up_wakes_enabled_queues)
{
	struct poller enabled, detached;

	ASSERT_EQ(0, vt_set_queue(self->other, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, poller_start(&enabled, self->io.fd, EV_OUT));
	ASSERT_EQ(0, poller_start(&detached, self->other, EV_OUT));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(EV_OUT, poller_wait(&enabled, WAIT_MS));
	EXPECT_EQ(0, poller_wait(&detached, STILL_MS));
	/* which does not mean that it could not write */
	EXPECT_EQ(EV_OUT, events(self->other));
}

/* F8.6: deletion reaches pollers of detached queues, too */
TEST_F(poll_queues, deletion_wakes_detached)
{
	struct poller in;

	ASSERT_EQ(0, vt_set_queue(self->other, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, poller_start(&in, self->other, EV_IN));
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_EQ(POLLERR, poller_wait(&in, WAIT_MS));
}

TEST_HARNESS_MAIN
