// SPDX-License-Identifier: GPL-2.0-only
/* Frames that XDP put into a fifo, among packets, when the fifo changes. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_io.h"
#include "testlib_race.h"
#include "testlib_xdp.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>

#define DATA	100
#define FLAGS	(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE)

FIXTURE(xdp_fifo)
{
	struct io io;
};

FIXTURE_SETUP(xdp_fifo)
{
	int err;

	ASSERT_EQ(0, io_open(&self->io, FLAGS));
	err = xdp_attach_const(IO_NAME, XDP_TX, XDP_FLAGS_DRV_MODE);
	if (err == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_EQ(0, err);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(xdp_fifo)
{
}

/* What is written comes back: even numbers that way, odd ones by the stack. */
static int put(struct io *io, unsigned int seq)
{
	uint8_t frame[PKT_MAX];
	size_t len = io_frame(io, frame, seq, DATA);
	ssize_t n;

	if (seq % 2)
		return io_send(io, seq, DATA);
	n = io_write(io->fd, frame, len);
	return n == (ssize_t)len ? 0 : n < 0 ? n : -EBADMSG;
}

static int put_range(struct io *io, unsigned int from, unsigned int to)
{
	int err = 0;

	while (!err && from < to)
		err = put(io, from++);
	return err;
}

static bool empty(struct io *io)
{
	uint8_t buf[PKT_MAX];

	return io_read(io->fd, buf, sizeof(buf)) == -EAGAIN;
}

/* F11.7 F6.1: frames and packets come out in the order they went in */
TEST_F(xdp_fifo, order)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, put_range(io, 0, 20));
	EXPECT_EQ(0, io_recv_range(io, 0, 20, DATA));
	EXPECT_TRUE(empty(io));
}

/* F7.6 F4.28: a longer fifo keeps them all, a shorter one the oldest */
TEST_F(xdp_fifo, resize)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 20));
	ASSERT_EQ(0, put_range(io, 0, 20));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 30));
	ASSERT_EQ(0, put_range(io, 20, 22));
	io_counted(io);
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 9));
	EXPECT_NOTHING_COUNTED(io);
	EXPECT_EQ(0, io_recv_range(io, 0, 9, DATA));
	EXPECT_TRUE(empty(io));
	ASSERT_EQ(0, put_range(io, 0, 9));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 0));
	EXPECT_TRUE(empty(io));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 5));
	ASSERT_EQ(0, put_range(io, 0, 5));
	EXPECT_EQ(0, io_recv_range(io, 0, 5, DATA));
}

/* F7.25: back pressure neither stops for frames nor stops them */
TEST_F(xdp_fifo, back_pressure)
{
	struct io *io = &self->io;

	if (!(vt_features() & IFF_BACKPRESSURE))
		SKIP(return, "in-tree tun has it since 7.3");
	ASSERT_EQ(0, hook_root(link_index(IO_NAME), "pfifo"));
	ASSERT_EQ(0, vt_persist(io->fd, true));
	close(io->fd);
	io->fd = vt_attach_nb(IO_NAME, FLAGS | IFF_BACKPRESSURE);
	ASSERT_LE(0, io->fd);
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 4));
	/* frames fill it, and the last is one too many */
	ASSERT_EQ(0, put(io, 0));
	ASSERT_EQ(0, put(io, 2));
	ASSERT_EQ(0, put(io, 4));
	ASSERT_EQ(0, put(io, 6));
	io_counted(io);
	ASSERT_EQ(0, put(io, 8));
	EXPECT_EQ(1, io_counted(io).tx_dropped);
	EXPECT_EQ(0, io_recv(io, io->fd, 0, DATA));
	EXPECT_EQ(0, io_recv(io, io->fd, 2, DATA));
	/* packets fill it and stop, and a frame finds no room, waits for none */
	ASSERT_TRUE(wait_for(!put(io, 1) && !io_counted(io).tx_dropped,
			     WAIT_MS));
	ASSERT_EQ(0, put(io, 3));
	ASSERT_EQ(0, put(io, 5));
	EXPECT_EQ(1, hook_held(link_index(IO_NAME)));
	ASSERT_EQ(0, put(io, 10));
	EXPECT_EQ(1, io_counted(io).tx_dropped);
	EXPECT_EQ(0, io_recv(io, io->fd, 4, DATA));
	ASSERT_EQ(0, put(io, 12));
	EXPECT_EQ(1, hook_held(link_index(IO_NAME)));
	EXPECT_EQ(0, io_recv(io, io->fd, 6, DATA));
	EXPECT_EQ(0, io_recv(io, io->fd, 1, DATA));
	EXPECT_EQ(0, io_recv(io, io->fd, 3, DATA));
	ASSERT_EQ(0, vt_persist(io->fd, false));
}

/* F9.4 F10.1 F10.3: what waits when the queue goes is freed with it */
TEST_F(xdp_fifo, purged)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, put_range(io, 0, 10));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
	EXPECT_TRUE(empty(io));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_ATTACH_QUEUE));
	EXPECT_TRUE(empty(io));
	ASSERT_EQ(0, put_range(io, 0, 10));
	ASSERT_EQ(0, vt_persist(io->fd, true));
	close(io->fd);
	io->fd = vt_attach_nb(IO_NAME, FLAGS);
	ASSERT_LE(0, io->fd);
	EXPECT_TRUE(empty(io));
	ASSERT_EQ(0, put_range(io, 0, 10));
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_EQ(-EBADFD, put(io, 0));
}

/* F8.2 F8.6 F6.5: a frame wakes who waits, as any packet does */
TEST_F(xdp_fifo, wakes)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX], want[PKT_MAX];
	struct iovec iov = { want };
	struct sleeper s;

	EXPECT_EQ(0, fd_poll(io->fd, POLLIN, 0));
	ASSERT_EQ(0, put(io, 0));
	EXPECT_EQ(POLLIN, fd_poll(io->fd, POLLIN, 0));
	ASSERT_EQ(0, io_recv_range(io, 0, 1, DATA));
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	ASSERT_EQ(0, sleeper_start(&s, io->fd, buf, sizeof(buf)));
	/* as a bare frame where a single call can be non-blocking */
	iov.iov_len = io_frame(io, want, 2, DATA);
	ASSERT_EQ(iov.iov_len, pwritev2(io->fd, &iov, 1, -1,
					io_nowait(io) ? RWF_NOWAIT : 0));
	ASSERT_EQ(0, sleeper_wait(&s, WAIT_MS));
	EXPECT_EQ(iov.iov_len, s.ret);
	EXPECT_EQ(0, memcmp(want, buf, s.ret));
}

/* ---- the class of 88fae87327a2, with frames ---- */

static void job_put(struct race_job *job)
{
	struct io *io = job->arg;
	int err;

	while (race_goes_on(job)) {
		err = put(io, job->rounds);
		if (!err)
			race_done(job);
		else if (err != -EAGAIN && err != -ENOBUFS)
			race_fail(job, err);
	}
}

static void job_resize(struct race_job *job)
{
	static const unsigned int lens[] = { 1, 500, 3, 64, 0, 2000, 17 };
	int err;

	while (race_goes_on(job)) {
		err = link_set_txqlen(IO_NAME, lens[job->rounds % 7]);
		if (err)
			race_fail(job, err);
		race_done(job);
	}
}

static void job_read(struct race_job *job)
{
	struct io *io = job->arg;
	uint8_t got[PKT_MAX], want[PKT_MAX];
	const size_t len = io_frame(io, want, 0, DATA);
	ssize_t n;

	while (race_goes_on(job)) {
		n = io_read(io->fd, got, sizeof(got));
		if (n == -EAGAIN)
			fd_poll(io->fd, POLLIN, 10);
		else if (n != (ssize_t)len || memcmp(got, want, ETH_HLEN))
			race_fail(job, n);
		else
			race_done(job);
	}
}

/* F7.6 F11.7: nothing is torn while the fifo changes under traffic */
TEST_F_TIMEOUT(xdp_fifo, storm, RACE_TIMEOUT)
{
	struct io *io = &self->io;
	struct race race;

	ASSERT_EQ(0, race_init(&race));
	ASSERT_EQ(0, race_add(&race, job_put, io));
	ASSERT_EQ(1, race_add(&race, job_resize, io));
	ASSERT_EQ(2, race_add(&race, job_read, io));
	EXPECT_EQ(0, race_run(&race));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 10));
	while (!empty(io))
		;
	ASSERT_EQ(0, put_range(io, 0, 10));
	EXPECT_EQ(0, io_recv_range(io, 0, 10, DATA));
}

TEST_HARNESS_MAIN
