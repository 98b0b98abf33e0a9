// SPDX-License-Identifier: GPL-2.0-only
/* Reading into a buffer that is too small, or that can't be written. */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <arpa/inet.h>
#include <string.h>

FIXTURE(read_truncate)
{
	struct io io;
	size_t head;			/* bytes of packet information */
	uint8_t want[PKT_MAX];		/* what read() should give for packet 1 */
	size_t total;
	size_t len;			/* without packet information */
};

FIXTURE_VARIANT(read_truncate)
{
	int flags;
};

IO_VARIANTS(read_truncate);

FIXTURE_SETUP(read_truncate)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->head = self->io.pi ? IO_PI_LEN : 0;
	self->total = io_frame(&self->io, self->want, 1, 60);
	self->len = self->total - self->head;
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(read_truncate)
{
}

/*
 * F6.11 F6.12 F6.16 F4.25: every size from the header up. The rest is lost,
 * packet information tells it, and the counter counts the whole packet.
 */
TEST_F(read_truncate, rest_is_lost)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	struct tun_pi pi;
	size_t size, expect, i;

	for (size = self->head ?: 1; size < self->total + 4; size++) {
		ASSERT_EQ(0, io_send(io, 1, 60));
		ASSERT_EQ(0, io_send(io, 2, 60));
		memset(buf, 0xaa, sizeof(buf));
		expect = size < self->total ? size : self->total;
		ASSERT_EQ(expect, io_read(io->fd, buf, size));
		if (io->pi) {
			memcpy(&pi, buf, sizeof(pi));
			EXPECT_EQ(size < self->total ? TUN_PKT_STRIP : 0,
				  pi.flags);
			EXPECT_EQ(0, memcmp(buf + 2, self->want + 2, 2));
		}
		EXPECT_EQ(0, memcmp(buf + self->head, self->want + self->head,
				    expect - self->head));
		for (i = expect; i < sizeof(buf); i++)
			ASSERT_EQ(0xaa, buf[i]);
		EXPECT_TX(io, 1, self->len, 0);
		/* the next read gets the next packet */
		ASSERT_EQ(0, io_recv(io, io->fd, 2, 60));
		EXPECT_TX(io, 1, self->len, 0);
	}
}

/* F6.11 F6.12: the room is that of all segments together */
TEST_F(read_truncate, readv)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	struct iovec iov[] = { { buf, 2 }, { buf + 2, 20 }, { buf + 22, 9 } };
	struct tun_pi pi;

	ASSERT_EQ(0, io_send(io, 1, 60));
	ASSERT_EQ(31, readv(io->fd, iov, 3));
	EXPECT_EQ(0, memcmp(buf + self->head, self->want + self->head,
			    31 - self->head));
	memcpy(&pi, buf, sizeof(pi));
	if (io->pi)
		EXPECT_EQ(TUN_PKT_STRIP, pi.flags);
	EXPECT_TX(io, 1, self->len, 0);
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
}

/* F6.13: no room for packet information costs the packet, uncounted */
TEST_F(read_truncate, no_room_for_pi)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	size_t size, i;

	for (size = 1; size < IO_PI_LEN; size++) {
		ASSERT_EQ(0, io_send(io, 1, 60));
		ASSERT_EQ(0, io_send(io, 2, 60));
		memset(buf, 0xaa, sizeof(buf));
		if (!io->pi) {
			EXPECT_EQ(size, io_read(io->fd, buf, size));
			EXPECT_TX(io, 1, self->len, 0);
		} else {
			EXPECT_EQ(-EINVAL, io_read(io->fd, buf, size));
			for (i = 0; i < sizeof(buf); i++)
				ASSERT_EQ(0xaa, buf[i]);
			EXPECT_NOTHING_COUNTED(io);
		}
		ASSERT_EQ(0, io_recv(io, io->fd, 2, 60));
		EXPECT_TX(io, 1, self->len, 0);
	}
}

/*
 * F6.15: in-tree tun says nothing about data that it could not write and
 * counts the packet as sent; vtun reports the fault and counts a drop. The
 * packet is lost either way.
 */
TEST_F(read_truncate, data_not_writable)
{
	struct io *io = &self->io;
	size_t room = self->head;

	for (; room < self->total; room += 7) {
		ASSERT_EQ(0, io_send(io, 1, 60));
		ASSERT_EQ(0, io_send(io, 2, 60));
		if (vt_intree()) {
			EXPECT_EQ(self->total,
				  io_read(io->fd, io_fence(room), PKT_MAX));
			EXPECT_TX(io, 1, self->len, 0);
		} else {
			EXPECT_EQ(-EFAULT,
				  io_read(io->fd, io_fence(room), PKT_MAX));
			EXPECT_TX(io, 0, 0, 1);
		}
		ASSERT_EQ(0, io_recv(io, io->fd, 2, 60));
		EXPECT_TX(io, 1, self->len, 0);
	}
}

/* F6.15: only what would be written has to be writable */
TEST_F(read_truncate, just_enough_is_writable)
{
	struct io *io = &self->io;
	uint8_t *exact = io_fence(self->total);

	ASSERT_EQ(0, io_send(io, 1, 60));
	ASSERT_EQ(0, io_send(io, 1, 60));
	EXPECT_EQ(self->total, io_read(io->fd, exact, 65536));
	EXPECT_EQ(0, memcmp(exact, self->want, self->total));
	/* a shorter read stops before the fence, too */
	exact = io_fence(self->total - 5);
	EXPECT_EQ(self->total - 5, io_read(io->fd, exact, self->total - 5));
	EXPECT_TX(io, 2, 2 * self->len, 0);
}

/* F6.13 F6.14: an error costs one packet, never the ones behind it */
TEST_F(read_truncate, errors_in_a_flood)
{
	struct io *io = &self->io;
	int i;

	for (i = 0; i < 300; i++)
		ASSERT_EQ(0, io_send(io, i, 60));
	for (i = 0; i < 300; i += 3) {
		ASSERT_EQ(io->pi ? -EINVAL : 3,
			  io_read(io->fd, self->want, 3));
		ASSERT_EQ(io->pi || !vt_intree() ? -EFAULT : (int)self->total,
			  io_read(io->fd, NULL, PKT_MAX));
		ASSERT_EQ(0, io_recv(io, io->fd, i + 2, 60));
	}
	EXPECT_EQ(-EAGAIN, io_read(io->fd, self->want, PKT_MAX));
}

/* What only packet information can show. */
FIXTURE(read_pi)
{
	struct io io;
};

FIXTURE_VARIANT(read_pi)
{
	int flags;
};

FIXTURE_VARIANT_ADD(read_pi, tun)
{
	.flags = IFF_TUN,
};

FIXTURE_VARIANT_ADD(read_pi, tap)
{
	.flags = IFF_TAP,
};

FIXTURE_SETUP(read_pi)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(read_pi)
{
}

/* F6.14: unwritable packet information costs the packet, uncounted */
TEST_F(read_pi, not_writable)
{
	struct io *io = &self->io;
	size_t room;

	for (room = 0; room < IO_PI_LEN; room++) {
		ASSERT_EQ(0, io_send(io, 1, 60));
		ASSERT_EQ(0, io_send(io, 2, 60));
		EXPECT_EQ(-EFAULT, io_read(io->fd, io_fence(room), PKT_MAX));
		EXPECT_NOTHING_COUNTED(io);
		ASSERT_EQ(0, io_recv(io, io->fd, 2, 60));
		EXPECT_EQ(1, io_counted(io).tx_packets);
	}
	ASSERT_EQ(0, io_send(io, 1, 60));
	EXPECT_EQ(-EFAULT, io_read(io->fd, io_readonly(PKT_MAX), PKT_MAX));
	EXPECT_NOTHING_COUNTED(io);
	EXPECT_EQ(-EAGAIN, io_read(io->fd, io_fence(8), 8));
}

/* F6.13: a buffer for nothing else gets it, with the strip bit */
TEST_F(read_pi, alone)
{
	struct io *io = &self->io;
	struct tun_pi pi;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, io_send(io, 1, 60));
	ASSERT_EQ(sizeof(pi), io_read(io->fd, &pi, sizeof(pi)));
	EXPECT_EQ(TUN_PKT_STRIP, pi.flags);
	EXPECT_EQ(htons(ETH_P_IP), pi.proto);
	EXPECT_TX(io, 1, io_packet(io, buf, 1, 60), 0);
}

TEST_HARNESS_MAIN
