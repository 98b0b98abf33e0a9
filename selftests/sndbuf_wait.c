// SPDX-License-Identifier: GPL-2.0-only
/* A writer whose packets are still held by somebody has to wait. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_io.h"
#include "testlib_xdp.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#define HOLDER	"hold0"

FIXTURE(sndbuf_wait)
{
	struct io io;
	int holder_fd;
	int holder;			/* interface index */
	uint8_t frame[PKT_MAX];
	size_t total;
	size_t len;			/* without packet information */
};

FIXTURE_VARIANT(sndbuf_wait)
{
	int flags;
};

IO_VARIANTS(sndbuf_wait);

FIXTURE_SETUP(sndbuf_wait)
{
	struct io *io = &self->io;
	int err;

	ASSERT_EQ(0, io_open(io, variant->flags));
	self->total = io_frame(io, self->frame, 1, 1000);
	self->len = self->total - (io->pi ? IO_PI_LEN : 0);
	self->holder_fd = vt_attach_nb(HOLDER, variant->flags);
	ASSERT_LE(0, self->holder_fd);
	ASSERT_EQ(0, link_up(HOLDER));
	self->holder = link_index(HOLDER);
	err = hook_hold(link_index(IO_NAME), self->holder);
	if (hook_missing(err))
		SKIP(return, "no tc ingress or netem here (error %d)", -err);
	ASSERT_EQ(0, err);
	io_counted(io);
}

FIXTURE_TEARDOWN(sndbuf_wait)
{
}

static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	handled++;
}

static void catch_signal(int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	handled = 0;
	sigaction(SIGUSR1, &sa, NULL);
}

/* Write until the file refuses; how many writes passed, or another error. */
static int fill(int fd, const void *frame, size_t total)
{
	ssize_t ret;
	int n = 0;

	while ((ret = io_write(fd, frame, total)) == (ssize_t)total)
		n++;
	return ret == -EAGAIN ? n : ret;
}

/*
 * Fill the file, then have a thread sleep in write(). The file is polled in
 * between: in-tree tun wakes nobody who did not (see unpolled below).
 */
static int fill_and_sleep(struct io *io, struct writer *w, const void *frame,
			  size_t total)
{
	int err = vt_ioctl_int(io->fd, TUNSETSNDBUF, 20000);

	if (err)
		return err;
	if (fill(io->fd, frame, total) < 1 || fd_poll(io->fd, POLLOUT, 0))
		return -EBADE;
	if (fcntl(io->fd, F_SETFL, O_RDWR))
		return -errno;
	io_counted(io);
	return writer_start(w, io->fd, frame, total);
}

/*
 * A file that is full refuses, and counts nothing; it takes packets again when
 * those that filled it are freed. How many these were.
 */
static int fill_and_free(struct __test_metadata *_metadata,
			 FIXTURE_DATA(sndbuf_wait) *self)
{
	struct io *io = &self->io;
	int n;

	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 20000));
	n = fill(io->fd, self->frame, self->total);
	/* charged is more than the packet, and not ten times as much */
	EXPECT_LE(2, n);
	EXPECT_GT(20000 / 1000, n);
	EXPECT_RX(io, n, n * self->len, 0);
	EXPECT_EQ(-EAGAIN, io_write(io->fd, self->frame, self->total));
	EXPECT_EQ(0, fd_poll(io->fd, POLLOUT, 0));
	EXPECT_NOTHING_COUNTED(io);
	ASSERT_EQ(0, hook_release(self->holder));
	EXPECT_EQ(POLLOUT, fd_poll(io->fd, POLLOUT, WAIT_MS));
	return n;
}

/* F5.35: EAGAIN counts nothing; writing goes on when packets are freed */
TEST_F(sndbuf_wait, nonblocking)
{
	struct io *io = &self->io;
	int n, again;

	n = fill_and_free(_metadata, self);
	/* nothing holds them now, so any number passes */
	for (again = 0; again < 2 * n; again++)
		EXPECT_EQ(self->total,
			  io_write(io->fd, self->frame, self->total));
	EXPECT_RX(io, 2 * n, 2 * n * self->len, 0);
}

/* F5.35 F11.4: what XDP lets pass is charged, and waits, like the rest */
TEST_F(sndbuf_wait, xdp)
{
	struct io *io = &self->io;

	if (!io->tap || vt_intree())
		SKIP(return, "XDP is for Ethernet; in-tree tun charges nothing");
	ASSERT_EQ(0, xdp_attach_const(IO_NAME, XDP_PASS, 0));
	fill_and_free(_metadata, self);
	EXPECT_EQ(self->total, io_write(io->fd, self->frame, self->total));
}

/* F5.35 F1.13: RWF_NOWAIT does not wait on a blocking file */
TEST_F(sndbuf_wait, rwf_nowait)
{
	struct iovec iov = { self->frame, self->total };
	struct io *io = &self->io;

	if (!io_nowait(io))
		SKIP(return, "in-tree tun without RWF_NOWAIT");
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 20000));
	ASSERT_LT(0, fill(io->fd, self->frame, self->total));
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	io_counted(io);
	EXPECT_EQ(-1, pwritev2(io->fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_NOTHING_COUNTED(io);
}

/* F5.36: a send buffer of 1 byte lets one packet at a time through */
TEST_F(sndbuf_wait, tiny_buffer)
{
	struct io *io = &self->io;
	int i;

	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 1));
	EXPECT_EQ(1, fill(io->fd, self->frame, self->total));
	ASSERT_EQ(0, hook_release(self->holder));
	for (i = 0; i < 20; i++)
		EXPECT_EQ(self->total,
			  io_write(io->fd, self->frame, self->total));
	EXPECT_RX(io, 21, 21 * self->len, 0);
}

/* F5.36 F3.9.1: the default is as good as no limit */
TEST_F(sndbuf_wait, default_buffer)
{
	struct io *io = &self->io;
	int i, sndbuf = 0;

	ASSERT_EQ(0, vt_ioctl(io->fd, TUNGETSNDBUF, (unsigned long)&sndbuf));
	EXPECT_EQ(INT32_MAX, sndbuf);
	for (i = 0; i < 2000; i++)
		ASSERT_EQ(self->total,
			  io_write(io->fd, self->frame, self->total));
	EXPECT_EQ(POLLOUT, fd_poll(io->fd, POLLOUT, 0));
	EXPECT_RX(io, 2000, 2000 * self->len, 0);
}

/* F8.2: EPOLLOUT ends at half of the buffer, writing at the whole of it */
TEST_F(sndbuf_wait, pollout_at_half)
{
	struct io *io = &self->io;
	int half = 0, whole = 0;

	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 100000));
	while (io_write(io->fd, self->frame, self->total) > 0) {
		whole++;
		if (fd_poll(io->fd, POLLOUT, 0) == POLLOUT) {
			EXPECT_EQ(whole - 1, half);
			half = whole;
		}
	}
	/* each packet is charged the same, so this is exact but for one */
	EXPECT_LE(whole / 2 - 1, half);
	EXPECT_GE(whole / 2 + 1, half);
	EXPECT_LT(4, whole);
	/* a larger buffer counts for the packets already charged */
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 1000000));
	EXPECT_EQ(POLLOUT, fd_poll(io->fd, POLLOUT, 0));
	/* and so does a smaller one */
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 1000));
	EXPECT_EQ(0, fd_poll(io->fd, POLLOUT, 0));
	EXPECT_EQ(-EAGAIN, io_write(io->fd, self->frame, self->total));
}

/* F5.35: a blocking writer sleeps until packets are freed */
TEST_F(sndbuf_wait, blocking)
{
	struct io *io = &self->io;
	struct writer w = {};

	ASSERT_EQ(0, fill_and_sleep(io, &w, self->frame, self->total));
	EXPECT_NOTHING_COUNTED(io);
	ASSERT_EQ(0, hook_release(self->holder));
	ASSERT_EQ(0, writer_wait(&w, WAIT_MS));
	EXPECT_EQ(self->total, w.ret);
	EXPECT_RX(io, 1, self->len, 0);
}

/* F5.35 F3.9.2: the same if nobody has polled the file before */
TEST_F(sndbuf_wait, blocking_unpolled)
{
	struct io *io = &self->io;
	struct writer w = {};

	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 20000));
	ASSERT_LT(0, fill(io->fd, self->frame, self->total));
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	ASSERT_EQ(0, writer_start(&w, io->fd, self->frame, self->total));
	ASSERT_EQ(0, hook_release(self->holder));
	if (vt_intree() && writer_wait(&w, 200) == -ETIMEDOUT)
		SKIP(return, "in-tree tun forgets a writer that never polled");
	ASSERT_EQ(0, writer_wait(&w, WAIT_MS));
	EXPECT_EQ(self->total, w.ret);
}

/* F3.9.2: a larger buffer does not wake a sleeping writer */
TEST_F(sndbuf_wait, raising_the_limit_wakes_nobody)
{
	struct io *io = &self->io;
	struct writer w = {};

	ASSERT_EQ(0, fill_and_sleep(io, &w, self->frame, self->total));
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, INT32_MAX));
	/* others may write, and still it sleeps */
	EXPECT_EQ(self->total, io_write(io->fd, self->frame, self->total));
	EXPECT_EQ(-ETIMEDOUT, writer_wait(&w, 50));
	EXPECT_TRUE(task_asleep(w.tid));
	ASSERT_EQ(0, hook_release(self->holder));
	ASSERT_EQ(0, writer_wait(&w, WAIT_MS));
	EXPECT_EQ(self->total, w.ret);
}

/* F5.35: a signal ends the wait; what was not written counts as dropped */
TEST_F(sndbuf_wait, signal)
{
	struct io *io = &self->io;
	struct writer w = {};

	catch_signal(0);
	ASSERT_EQ(0, fill_and_sleep(io, &w, self->frame, self->total));
	ASSERT_EQ(0, pthread_kill(w.thread, SIGUSR1));
	ASSERT_EQ(0, writer_wait(&w, WAIT_MS));
	EXPECT_EQ(-EINTR, w.ret);
	EXPECT_EQ(1, handled);
	EXPECT_RX(io, 0, 0, 1);
}

/* F5.35: with SA_RESTART the write begins again, and waits on */
TEST_F(sndbuf_wait, signal_with_restart)
{
	struct io *io = &self->io;
	struct writer w = {};

	catch_signal(SA_RESTART);
	ASSERT_EQ(0, fill_and_sleep(io, &w, self->frame, self->total));
	ASSERT_EQ(0, pthread_kill(w.thread, SIGUSR1));
	ASSERT_TRUE(wait_for(handled && task_asleep(w.tid), WAIT_MS));
	EXPECT_FALSE(w.done);
	EXPECT_RX(io, 0, 0, 1);
	ASSERT_EQ(0, hook_release(self->holder));
	ASSERT_EQ(0, writer_wait(&w, WAIT_MS));
	EXPECT_EQ(self->total, w.ret);
	EXPECT_RX(io, 1, self->len, 0);
}

/* F1.10: O_NONBLOCK set later does not reach a call that sleeps already */
TEST_F(sndbuf_wait, nonblock_comes_too_late)
{
	struct io *io = &self->io;
	struct writer w = {};

	ASSERT_EQ(0, fill_and_sleep(io, &w, self->frame, self->total));
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR | O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, io_write(io->fd, self->frame, self->total));
	EXPECT_EQ(-ETIMEDOUT, writer_wait(&w, 50));
	ASSERT_EQ(0, hook_release(self->holder));
	ASSERT_EQ(0, writer_wait(&w, WAIT_MS));
	EXPECT_EQ(self->total, w.ret);
}

/* F5.4: what is checked before memory is taken, and what after */
TEST_F(sndbuf_wait, order_of_checks)
{
	struct io *io = &self->io;
	uint8_t bad[64] = {};
	size_t pi = io->pi ? IO_PI_LEN : 0;

	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 1));
	ASSERT_EQ(1, fill(io->fd, self->frame, self->total));
	io_counted(io);
	if (io->pi) {
		EXPECT_EQ(-EINVAL, io_write(io->fd, bad, IO_PI_LEN - 1));
		EXPECT_EQ(-EFAULT, io_write(io->fd, NULL, self->total));
	} else {
		EXPECT_EQ(-EAGAIN, io_write(io->fd, NULL, self->total));
	}
	EXPECT_EQ(io->tap ? -EINVAL : -EAGAIN,
		  io_write(io->fd, bad, pi + 13));
	/* no version that exists, or a frame to nobody */
	EXPECT_EQ(-EAGAIN, io_write(io->fd, bad, sizeof(bad)));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(-EAGAIN, io_write(io->fd, self->frame, self->total));
	EXPECT_NOTHING_COUNTED(io);
}

/* F5.35 F3.9.1: each queue has its own account */
TEST(sndbuf_wait_per_queue)
{
	const int flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE;
	uint8_t frame[PKT_MAX];
	int other, holder, err;
	struct io io;
	size_t len;

	ASSERT_EQ(0, io_open(&io, flags));
	other = vt_attach_nb(IO_NAME, flags);
	ASSERT_LE(0, other);
	holder = vt_attach_nb(HOLDER, IFF_TAP | IFF_NO_PI);
	ASSERT_LE(0, holder);
	ASSERT_EQ(0, link_up(HOLDER));
	err = hook_hold(link_index(IO_NAME), link_index(HOLDER));
	if (hook_missing(err))
		SKIP(return, "no tc ingress or netem here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vt_ioctl_int(io.fd, TUNSETSNDBUF, 20000));
	len = io_frame(&io, frame, 1, 1000);
	ASSERT_LT(1, fill(io.fd, frame, len));
	EXPECT_EQ(0, fd_poll(io.fd, POLLOUT, 0));
	EXPECT_EQ(POLLOUT, fd_poll(other, POLLOUT, 0));
	EXPECT_EQ(len, io_write(other, frame, len));
	EXPECT_LT(1, fill(other, frame, len));
	EXPECT_EQ(-EAGAIN, io_write(io.fd, frame, len));
	/* closing one frees nothing of the other, and waits for nobody */
	close(io.fd);
	EXPECT_EQ(-EAGAIN, io_write(other, frame, len));
	ASSERT_EQ(0, hook_release(link_index(HOLDER)));
	EXPECT_EQ(POLLOUT, fd_poll(other, POLLOUT, WAIT_MS));
	EXPECT_EQ(len, io_write(other, frame, len));
}

TEST_HARNESS_MAIN
