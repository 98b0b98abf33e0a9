// SPDX-License-Identifier: GPL-2.0-only
/* Changing txqueuelen while packets are queued. */
#include <kselftest_harness.h>
#include "testlib_io.h"
#include "testlib_race.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>

FIXTURE(resize)
{
	struct io io;
};

FIXTURE_VARIANT(resize)
{
	int flags;
};

IO_VARIANTS_NO_PI(resize);

FIXTURE_SETUP(resize)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(resize)
{
}

/* F7.6: more room, all packets kept in their order */
TEST_F(resize, grow)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 10));
	ASSERT_EQ(0, io_send_range(io, 0, 12, 20));
	EXPECT_TX(io, 0, 0, 2);
	ASSERT_EQ(0, io_recv_range(io, 0, 3, 20));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 25));
	io_counted(io);
	/* 7 are there, so 18 fit */
	ASSERT_EQ(0, io_send_range(io, 10, 30, 20));
	EXPECT_TX(io, 0, 0, 2);
	EXPECT_EQ(0, io_recv_range(io, 3, 28, 20));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
}

/* F7.6 F4.28: less room, the newest are lost, uncounted */
TEST_F(resize, shrink)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 25));
	ASSERT_EQ(0, io_send_range(io, 0, 25, 20));
	ASSERT_EQ(0, io_recv_range(io, 0, 5, 20));
	io_counted(io);
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 8));
	EXPECT_NOTHING_COUNTED(io);
	/* it is full */
	ASSERT_EQ(0, io_send(io, 99, 20));
	EXPECT_TX(io, 0, 0, 1);
	EXPECT_EQ(0, io_recv_range(io, 5, 13, 20));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, io_send(io, 100, 20));
	EXPECT_EQ(0, io_recv(io, io->fd, 100, 20));
}

/* F7.6 F7.7: down to 0 everything is lost, and back */
TEST_F(resize, to_0_and_back)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, io_send_range(io, 0, 5, 20));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 0));
	EXPECT_NOTHING_COUNTED(io);
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_EQ(0, fd_poll(io->fd, POLLIN, 0));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 3));
	ASSERT_EQ(0, io_send_range(io, 5, 9, 20));
	EXPECT_TX(io, 0, 0, 1);
	EXPECT_EQ(0, io_recv_range(io, 5, 8, 20));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
}

/* F7.6 F6.5: a reader that sleeps meanwhile is woken by later packets */
TEST_F(resize, sleeper)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	struct sleeper s;

	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	ASSERT_EQ(0, sleeper_start(&s, io->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 7));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 70));
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&s, 20));
	ASSERT_EQ(0, io_send(io, 1, 20));
	ASSERT_EQ(0, sleeper_wait(&s, WAIT_MS));
	EXPECT_EQ(io_packet(io, buf, 1, 20), s.ret);
}

/* F7.6: every queue's fifo changes, that of a detached one as well */
TEST_F(resize, detached_queues_too)
{
	const int flags = variant->flags | IFF_MULTI_QUEUE;
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	int other;

	close(io->fd);
	io->fd = vt_attach_nb(IO_NAME, flags);
	ASSERT_LE(0, io->fd);
	other = vt_attach_nb(IO_NAME, flags);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, link_up(IO_NAME));
	close(io->ps);
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 6));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_ATTACH_QUEUE));
	close(other);
	io_counted(io);
	ASSERT_EQ(0, io_send_range(io, 0, 10, 20));
	EXPECT_TX(io, 0, 0, 4);
	EXPECT_EQ(0, io_recv_range(io, 0, 6, 20));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
}

/* F4.3: a length that can't be had changes nothing */
TEST_F(resize, too_long)
{
	struct io *io = &self->io;
	struct link_info info;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 5));
	ASSERT_EQ(0, io_send_range(io, 0, 3, 20));
	EXPECT_EQ(-ERANGE, link_set_txqlen(IO_NAME, 32768));
	ASSERT_EQ(0, link_get(IO_NAME, &info));
	EXPECT_EQ(5, info.txqlen);
	ASSERT_EQ(0, io_send_range(io, 3, 7, 20));
	EXPECT_TX(io, 0, 0, 2);
	EXPECT_EQ(0, io_recv_range(io, 0, 5, 20));
	/* the longest that can be had */
	EXPECT_EQ(0, link_set_txqlen(IO_NAME, 32767));
}

/* ---- under traffic: the class of 88fae87327a2 ---- */

/* Numbered packets, in order. */
static void job_send(struct race_job *job)
{
	struct io *io = job->arg;
	unsigned int seq = 0;

	while (race_goes_on(job)) {
		int err = io_send(io, seq++, 20);

		if (!err)
			race_done(job);
		else if (err != -EAGAIN && err != -ENOBUFS)
			race_fail(job, err);
	}
}

static void job_resize(struct race_job *job)
{
	static const unsigned int lens[] = { 1, 500, 3, 64, 0, 2000, 17, 32 };
	int err;

	while (race_goes_on(job)) {
		err = link_set_txqlen(IO_NAME, lens[job->rounds % 8]);
		if (err)
			race_fail(job, err);
		race_done(job);
	}
}

/* Each packet is whole and newer than the one before. */
static void job_read(struct race_job *job)
{
	struct io *io = job->arg;
	size_t at = (io->tap ? ETH_HLEN : 0) + 28;
	uint8_t got[PKT_MAX], want[PKT_MAX];
	uint32_t seq, last = 0;
	ssize_t n;

	while (race_goes_on(job)) {
		n = io_read(io->fd, got, sizeof(got));
		if (n == -EAGAIN) {
			fd_poll(io->fd, POLLIN, 10);
			continue;
		}
		if (n < (ssize_t)at + 4) {
			race_fail(job, n);
			break;
		}
		memcpy(&seq, got + at, sizeof(seq));
		if ((size_t)n != io_packet(io, want, seq, 20) ||
		    memcmp(got, want, n))
			race_fail(job, -EBADMSG);
		if (job->done && seq <= last)
			race_fail(job, seq);
		last = seq;
		race_done(job);
	}
}

/* Looks into the fifo without taking anything: where the bug was. */
static void job_peek(struct race_job *job)
{
	struct io *io = job->arg;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET }, got;
	int ep = epoll_create1(EPOLL_CLOEXEC);

	epoll_ctl(ep, EPOLL_CTL_ADD, io->fd, &ev);
	while (race_goes_on(job)) {
		int ret = fd_poll(io->fd, POLLIN, 0);

		if (ret & ~POLLIN)
			race_fail(job, ret);
		if (epoll_wait(ep, &got, 1, 0) < 0)
			race_fail(job, -errno);
		race_done(job);
	}
	close(ep);
}

/* F7.6 F6.1: nothing is torn, doubled or out of order */
TEST_F_TIMEOUT(resize, storm, RACE_TIMEOUT)
{
	struct io *io = &self->io;
	struct race race;

	ASSERT_EQ(0, race_init(&race));
	ASSERT_EQ(0, race_add(&race, job_send, io));
	ASSERT_EQ(1, race_add(&race, job_resize, io));
	ASSERT_EQ(2, race_add(&race, job_read, io));
	ASSERT_EQ(3, race_add(&race, job_peek, io));
	EXPECT_EQ(0, race_run(&race));
	/* the fifo works as before */
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 10));
	while (io_recv(io, io->fd, 0, 20) != -EAGAIN)
		;
	io_counted(io);
	ASSERT_EQ(0, io_send_range(io, 0, 11, 20));
	EXPECT_TX(io, 0, 0, 1);
	EXPECT_EQ(0, io_recv_range(io, 0, 10, 20));
}

TEST_HARNESS_MAIN
