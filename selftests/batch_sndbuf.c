// SPDX-License-Identifier: GPL-2.0-only
/* Batches of a program with a small send buffer, whose packets somebody holds. */
#include <kselftest_harness.h>
#include "testlib_batch.h"
#include "testlib_hook.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#define LEN	52			/* bytes of data; records need no padding */
#define NUM	50
#define HOLDER	"hold0"

FIXTURE(batch_sndbuf)
{
	struct io io;
	size_t packet;			/* bytes of one with LEN */
	size_t record;			/* of its record */
};

FIXTURE_VARIANT(batch_sndbuf)
{
	int flags;
};

IO_VARIANTS(batch_sndbuf);
FIXTURE_VARIANT_ADD(batch_sndbuf, tap_frags)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS,
};

static struct batch b;

FIXTURE_SETUP(batch_sndbuf)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	int err;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, batch_open(io, variant->flags));
	err = hook_hold_by(link_index(IO_NAME), HOLDER,
			   variant->flags & ~(IFF_NAPI | IFF_NAPI_FRAGS));
	if (hook_missing(err))
		SKIP(return, "no tc ingress or netem here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 10000));
	self->packet = io_packet(io, buf, 0, LEN);
	self->record = batch_size(io_frame(io, buf, 0, LEN));
	batch_fill(&b, io, 0, NUM, LEN);
	io_counted(io);
}

FIXTURE_TEARDOWN(batch_sndbuf)
{
}

/* Write until there is no room: how many packets were taken, or -errno. */
static int fill(FIXTURE_DATA(batch_sndbuf) *self)
{
	ssize_t n;
	int taken = 0;

	while ((n = batch_write(&b, self->io.fd)) > 0) {
		if (n % self->record)
			return -EBADMSG;
		taken += n / self->record;
		if (taken > 20 * NUM)
			return -E2BIG;
	}
	return n == -EAGAIN ? taken : (int)n;
}

/* What there is room for is taken, then EAGAIN counts nothing. */
TEST_F(batch_sndbuf, nonblocking)
{
	int taken = fill(self);

	ASSERT_LT(1, taken);
	ASSERT_GT(NUM, taken);
	EXPECT_RX(&self->io, taken, taken * self->packet, 0);
	EXPECT_EQ(-EAGAIN, batch_write(&b, self->io.fd));
	EXPECT_EQ(0, fd_poll(self->io.fd, POLLOUT, 0));
	EXPECT_NOTHING_COUNTED(&self->io);
	ASSERT_EQ(0, hook_release(link_index(HOLDER)));
	EXPECT_EQ(POLLOUT, fd_poll(self->io.fd, POLLOUT, WAIT_MS));
	EXPECT_EQ(self->record, io_write(self->io.fd, b.buf, self->record));
}

/* A blocking write waits in the middle of it, and then takes it all. */
TEST_F(batch_sndbuf, blocking)
{
	struct writer w;

	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, 0));
	ASSERT_EQ(0, writer_start(&w, self->io.fd, b.buf, b.len));
	ASSERT_EQ(0, hook_release(link_index(HOLDER)));
	ASSERT_EQ(0, writer_wait(&w, WAIT_MS));
	EXPECT_EQ(b.len, w.ret);
	EXPECT_RX(&self->io, NUM, NUM * self->packet, 0);
}

/* Segments that are records, or, but for the last one's end, are not. */
static void cut(FIXTURE_DATA(batch_sndbuf) *self, struct iovec *iov,
		bool records)
{
	uint8_t *at = b.buf;
	int i;

	for (i = 0; i < NUM; i++) {
		iov[i].iov_base = at;
		iov[i].iov_len = self->record - (!i && !records ? 4 : 0);
		at += iov[i].iov_len;
	}
	iov[NUM - 1].iov_len += b.buf + b.len - at;
}

/* Segments mean nothing, not even to a record that there is no room for. */
TEST_F(batch_sndbuf, segments)
{
	struct iovec iov[NUM];
	int i;

	ASSERT_LT(1, fill(self));
	io_counted(&self->io);
	for (i = 0; i < 2; i++) {
		cut(self, iov, i);
		EXPECT_EQ(-EAGAIN, io_writev(self->io.fd, iov, NUM));
		EXPECT_NOTHING_COUNTED(&self->io);
	}
	ASSERT_EQ(0, hook_release(link_index(HOLDER)));
	EXPECT_EQ(POLLOUT, fd_poll(self->io.fd, POLLOUT, WAIT_MS));
	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, 0));
	for (i = 0; i < 2; i++) {
		cut(self, iov, i);
		EXPECT_EQ(b.len, io_writev(self->io.fd, iov, NUM));
		EXPECT_RX(&self->io, NUM, NUM * self->packet, 0);
	}
}

static void on_signal(int sig)
{
}

/* A signal ends it: what was taken is told, and nothing else is counted. */
TEST_F(batch_sndbuf, interrupted)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct writer w;
	int taken;

	sigaction(SIGUSR1, &sa, NULL);
	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, 0));
	ASSERT_EQ(0, writer_start(&w, self->io.fd, b.buf, b.len));
	ASSERT_EQ(0, pthread_kill(w.thread, SIGUSR1));
	ASSERT_EQ(0, writer_wait(&w, WAIT_MS));
	ASSERT_LT(0, w.ret);
	ASSERT_GT(b.len, w.ret);
	EXPECT_EQ(0, w.ret % self->record);
	taken = w.ret / self->record;
	EXPECT_RX(&self->io, taken, taken * self->packet, 0);
}

/* What is refused after it had to wait is not counted before it is the first. */
TEST_F(batch_sndbuf, refused_after_waiting)
{
	struct writer w;
	int taken;

	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, 0));
	ASSERT_EQ(0, writer_start(&w, self->io.fd, b.buf, b.len));
	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, hook_release(link_index(HOLDER)));
	ASSERT_EQ(0, writer_wait(&w, WAIT_MS));
	ASSERT_LT(0, w.ret);
	taken = w.ret / self->record;
	ASSERT_GT(NUM, taken);
	EXPECT_RX(&self->io, taken, taken * self->packet, 0);
	EXPECT_EQ(-EIO, io_write(self->io.fd, b.buf + w.ret, b.len - w.ret));
	EXPECT_RX(&self->io, 0, 0, 1);
}

TEST_HARNESS_MAIN
