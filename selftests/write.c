// SPDX-License-Identifier: GPL-2.0-only
/* What a good write() returns, counts and delivers. */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>

#define WRITE_MAX	70000

FIXTURE(write)
{
	struct io io;
};

FIXTURE_VARIANT(write)
{
	int flags;
};

IO_VARIANTS(write);

FIXTURE_SETUP(write)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(write)
{
}

/* F5.2 F5.5 F4.24 F5.12: any length, the MTU (1500) plays no part */
TEST_F(write, returns_and_counts_the_whole_length)
{
	static const size_t lens[] = { 0, 1, 18, 100, 1472, 1473, 9000, 60000 };
	static uint8_t frame[WRITE_MAX], packet[WRITE_MAX];
	struct io *io = &self->io;
	size_t i, len, total;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		total = io_frame(io, frame, i, lens[i]);
		len = io_packet(io, packet, i, lens[i]);
		EXPECT_EQ(total, io_write(io->fd, frame, total));
		EXPECT_EQ(0, io_seen(io, packet, len));
		EXPECT_TRUE(io_unseen(io));
		EXPECT_RX(io, 1, len, 0);
	}
}

/* a later write() does not change what an earlier one has sent */
TEST_F(write, packets_that_wait_stay_what_they_were)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	unsigned int seq;
	size_t len;

	for (seq = 1; seq <= 50; seq++) {
		len = io_frame(io, buf, seq, 10 * seq);
		ASSERT_EQ(len, io_write(io->fd, buf, len));
	}
	for (seq = 1; seq <= 50; seq++) {
		len = io_packet(io, buf, seq, 10 * seq);
		ASSERT_EQ(0, io_seen(io, buf, len));
	}
	EXPECT_TRUE(io_unseen(io));
}

/* F5.2: one writev() is one packet wherever its segments begin and end */
TEST_F(write, segments_do_not_matter)
{
	uint8_t frame[PKT_MAX], packet[PKT_MAX];
	struct io *io = &self->io;
	size_t total, len, cut, i;
	struct iovec iov[128];

	total = io_frame(io, frame, 7, 20);
	len = io_packet(io, packet, 7, 20);
	ASSERT_LE(total, ARRAY_SIZE(iov));
	for (cut = 0; cut <= total; cut++) {
		iov[0] = (struct iovec){ frame, cut };
		iov[1] = (struct iovec){ frame + cut, total - cut };
		ASSERT_EQ(total, io_writev(io->fd, iov, 2));
		ASSERT_EQ(0, io_seen(io, packet, len));
		ASSERT_TRUE(io_unseen(io));
	}
	EXPECT_RX(io, total + 1, len * (total + 1), 0);
	for (i = 0; i < total; i++)
		iov[i] = (struct iovec){ frame + i, 1 };
	EXPECT_EQ(total, io_writev(io->fd, iov, total));
	EXPECT_EQ(0, io_seen(io, packet, len));
	EXPECT_RX(io, 1, len, 0);
}

/* F5.2: empty segments, in front and in between, change nothing */
TEST_F(write, empty_segments_are_skipped)
{
	uint8_t frame[PKT_MAX], packet[PKT_MAX];
	struct io *io = &self->io;
	size_t total = io_frame(io, frame, 9, 30);
	size_t len = io_packet(io, packet, 9, 30);
	struct iovec iov[] = {
		{ NULL, 0 }, { frame, 3 }, { NULL, 0 },
		{ frame + 3, total - 3 }, { frame, 0 },
	};

	EXPECT_EQ(total, io_writev(io->fd, iov, 5));
	EXPECT_EQ(0, io_seen(io, packet, len));
	EXPECT_RX(io, 1, len, 0);
}

/* F1.14: a writev() of length 0 is no write at all */
TEST_F(write, writev_of_nothing_returns_0)
{
	struct iovec iov[] = { { NULL, 0 }, { NULL, 0 } };
	int unattached = vt_open(O_RDWR);

	ASSERT_LE(0, unattached);
	EXPECT_EQ(0, io_writev(self->io.fd, iov, 2));
	EXPECT_EQ(0, io_writev(self->io.fd, iov, 0));
	EXPECT_EQ(0, io_writev(unattached, iov, 2));
	EXPECT_TRUE(io_unseen(&self->io));
	EXPECT_NOTHING_COUNTED(&self->io);
}

/* F1.13: RWF_NOWAIT is an ordinary write while nothing has to wait */
TEST_F(write, rwf_nowait_writes)
{
	uint8_t frame[PKT_MAX], packet[PKT_MAX];
	struct io *io = &self->io;
	size_t total = io_frame(io, frame, 3, 40);
	size_t len = io_packet(io, packet, 3, 40);
	struct iovec iov = { frame, total };

	if (!io_nowait(io))
		SKIP(return, "in-tree tun without RWF_NOWAIT");
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	EXPECT_EQ(total, pwritev2(io->fd, &iov, 1, 0, RWF_NOWAIT));
	EXPECT_EQ(total, pwritev2(io->fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(0, io_seen(io, packet, len));
	EXPECT_EQ(0, io_seen(io, packet, len));
	EXPECT_RX(io, 2, 2 * len, 0);
}

/* F5.36: with the default send buffer a thousand writes in a row all pass */
TEST_F(write, never_blocks_by_default)
{
	uint8_t frame[PKT_MAX];
	struct io *io = &self->io;
	size_t total = io_frame(io, frame, 5, 100);
	int i;

	for (i = 0; i < 1000; i++)
		ASSERT_EQ(total, io_write(io->fd, frame, total));
	EXPECT_EQ(POLLOUT, fd_poll(io->fd, POLLOUT, 0));
	EXPECT_RX(io, 1000, 1000 * (total - (io->pi ? IO_PI_LEN : 0)), 0);
}

/*
 * F5.12: the packet may be 4.7 MB long, and not 4.8. Before 6.6 the
 * fragments of a packet hold less: it may be 4.15 MB long.
 */
TEST_F(write, size_limit)
{
	const size_t good = kernel_at_least(6, 6) ? 4700000 : 4150000;
	const size_t bad = 4800000;
	struct io *io = &self->io;
	size_t pi = io->pi ? IO_PI_LEN : 0;
	uint8_t *frame = calloc(1, bad);
	struct iovec iov[] = {
		{ frame, 1000000 }, { frame + 1000000, 3000000 },
		{ frame + 4000000, bad - 4000000 },
	};

	ASSERT_NE(NULL, frame);
	io_frame(io, frame, 1, 20);
	close(io->ps);		/* it has no room for such packets */
	EXPECT_EQ(-ENOBUFS, io_write(io->fd, frame, bad));
	EXPECT_RX(io, 0, 0, 1);
	EXPECT_EQ(good, io_write(io->fd, frame, good));
	EXPECT_RX(io, 1, good - pi, 0);
	/* segments make no difference */
	EXPECT_EQ(-ENOBUFS, io_writev(io->fd, iov, 3));
	EXPECT_RX(io, 0, 0, 1);
	iov[2].iov_len = good - 4000000;
	EXPECT_EQ(good, io_writev(io->fd, iov, 3));
	EXPECT_RX(io, 1, good - pi, 0);
}

/* A detached queue goes on writing. */
FIXTURE(write_detached)
{
	struct io io;
};

FIXTURE_VARIANT(write_detached)
{
	int flags;
};

IO_VARIANTS(write_detached);

FIXTURE_SETUP(write_detached)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags | IFF_MULTI_QUEUE));
	ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_DETACH_QUEUE));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(write_detached)
{
}

/* F5.1: regression class of CVE-2023-53685 */
TEST_F(write_detached, is_delivered)
{
	uint8_t frame[PKT_MAX], packet[PKT_MAX];
	struct io *io = &self->io;
	size_t total = io_frame(io, frame, 3, 40);
	size_t len = io_packet(io, packet, 3, 40);

	EXPECT_EQ(total, io_write(io->fd, frame, total));
	EXPECT_EQ(0, io_seen(io, packet, len));
	EXPECT_RX(io, 1, len, 0);
	/* down and up again while detached */
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(-EIO, io_write(io->fd, frame, total));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(total, io_write(io->fd, frame, total));
	EXPECT_RX(io, 1, len, 1);
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(total, io_write(io->fd, frame, total));
	EXPECT_RX(io, 1, len, 0);
}

/* F5.1: closing such a queue right after it wrote leaves nothing behind */
TEST_F(write_detached, then_closed)
{
	uint8_t frame[PKT_MAX], packet[PKT_MAX];
	struct io *io = &self->io;
	size_t total = io_frame(io, frame, 3, 40);
	size_t len = io_packet(io, packet, 3, 40);
	int i;

	for (i = 0; i < 50; i++)
		ASSERT_EQ(total, io_write(io->fd, frame, total));
	for (i = 0; i < 50; i++)
		ASSERT_EQ(0, io_seen(io, packet, len));
	EXPECT_RX(io, 50, 50 * len, 0);
	close(io->fd);
	EXPECT_FALSE(link_exists(IO_NAME));
	/* the name is free again, and the new device starts from nothing */
	io->fd = vt_attach_nb(IO_NAME, variant->flags | IFF_MULTI_QUEUE);
	ASSERT_LE(0, io->fd);
	memset(&io->last, 0, sizeof(io->last));
	EXPECT_NOTHING_COUNTED(io);
}

TEST_HARNESS_MAIN
