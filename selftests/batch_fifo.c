// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a batch finds in the fifo beside plain packets: frames that XDP sent, and
 * packets whose VLAN tag was left to the driver.
 */
#include <kselftest_harness.h>
#include "testlib_batch.h"
#include "testlib_hook.h"
#include "testlib_xdp.h"

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <string.h>

#define LEN	50			/* bytes of data */
#define VNET	12			/* bytes of the virtio-net header */

static struct batch b;

/* ---- frames ---- */

FIXTURE(batch_frames)
{
	struct io io;
	size_t vnet;			/* bytes of the virtio-net header */
	size_t packet;			/* bytes of one with LEN */
	size_t record;			/* of its record */
};

FIXTURE_VARIANT(batch_frames)
{
	int flags;
};

FIXTURE_VARIANT_ADD(batch_frames, tap) { IFF_TAP | IFF_NO_PI };
FIXTURE_VARIANT_ADD(batch_frames, tap_pi) { IFF_TAP };
FIXTURE_VARIANT_ADD(batch_frames, tap_vnet)
{
	IFF_TAP | IFF_NO_PI | IFF_VNET_HDR
};
FIXTURE_VARIANT_ADD(batch_frames, tap_pi_vnet) { IFF_TAP | IFF_VNET_HDR };

/* What is written to the device comes back from it, as a frame. */
FIXTURE_SETUP(batch_frames)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	int err;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, batch_open(io, variant->flags));
	if (variant->flags & IFF_VNET_HDR) {
		self->vnet = VNET;
		ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETVNETHDRSZ, VNET));
	}
	err = xdp_attach_const(IO_NAME, XDP_TX, XDP_FLAGS_DRV_MODE);
	if (err == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_EQ(0, err);
	self->packet = io_packet(io, buf, 0, LEN);
	self->record = batch_size(io_frame(io, buf, 0, LEN) + self->vnet);
	io_counted(io);
}

FIXTURE_TEARDOWN(batch_frames)
{
}

/* [packet information] [virtio-net header, all 0] frame: its length. */
static size_t framed(FIXTURE_DATA(batch_frames) *self, void *buf,
		     unsigned int seq)
{
	size_t pi = self->io.pi ? IO_PI_LEN : 0;
	size_t len = io_frame(&self->io, buf, seq, LEN);
	uint8_t *vnet = (uint8_t *)buf + pi;

	memmove(vnet + self->vnet, vnet, len - pi);
	memset(vnet, 0, self->vnet);
	return len + self->vnet;
}

/* Write frames @from to @to - 1 in one batch: 0 if all were taken. */
static int put(FIXTURE_DATA(batch_frames) *self, unsigned int from,
	       unsigned int to)
{
	uint8_t buf[PKT_MAX];
	ssize_t n;

	batch_clear(&b);
	for (; from < to; from++)
		batch_add(&b, buf, framed(self, buf, from));
	n = batch_write(&b, self->io.fd);
	return n == (ssize_t)b.len ? 0 : n < 0 ? n : -EBADMSG;
}

/* 0 if the batch that was read has exactly frames @from to @to - 1. */
static int holds(FIXTURE_DATA(batch_frames) *self, unsigned int from,
		 unsigned int to)
{
	uint8_t want[PKT_MAX];
	const uint8_t *got;

	for (; from < to; from++) {
		size_t len = framed(self, want, from);

		if (batch_next(&b, &got) != (ssize_t)len ||
		    memcmp(got, want, len))
			return -EBADMSG;
	}
	return batch_next(&b, &got) ? -EBADMSG : 0;
}

TEST_F(batch_frames, in_records)
{
	struct rtnl_link_stats64 s;

	ASSERT_EQ(0, put(self, 0, 100));
	s = io_counted(&self->io);
	EXPECT_EQ(100, s.rx_packets);
	EXPECT_EQ(100 * self->packet, s.rx_bytes);
	EXPECT_EQ(0, s.tx_packets + s.tx_dropped + s.rx_dropped);
	EXPECT_EQ(100 * self->record, batch_read(&b, self->io.fd, BATCH_MAX));
	EXPECT_EQ(0, holds(self, 0, 100));
	s = io_counted(&self->io);
	EXPECT_EQ(100, s.tx_packets);
	EXPECT_EQ(0, s.tx_dropped);
	EXPECT_EQ(-EAGAIN, batch_read(&b, self->io.fd, BATCH_MAX));
}

/* Among packets, in the order in which they went in. */
TEST_F(batch_frames, among_packets)
{
	unsigned int i;

	for (i = 0; i < 30; i += 3) {
		ASSERT_EQ(0, put(self, i, i + 2));
		ASSERT_EQ(0, io_send(&self->io, i + 2, LEN));
	}
	EXPECT_EQ(30 * self->record, batch_read(&b, self->io.fd, BATCH_MAX));
	EXPECT_EQ(0, holds(self, 0, 30));
}

/* No frame is cut, and none is lost for want of room. */
TEST_F(batch_frames, as_many_as_fit)
{
	ASSERT_EQ(0, put(self, 0, 4));
	io_counted(&self->io);
	EXPECT_EQ(-EMSGSIZE, batch_read(&b, self->io.fd, self->record - 1));
	EXPECT_NOTHING_COUNTED(&self->io);
	EXPECT_EQ(self->record,
		  batch_read(&b, self->io.fd, 2 * self->record - 1));
	EXPECT_EQ(0, holds(self, 0, 1));
	EXPECT_EQ(3 * self->record,
		  batch_read(&b, self->io.fd, 3 * self->record));
	EXPECT_EQ(0, holds(self, 1, 4));
}

/* A fifo that is full: the write takes them, and they are lost and counted. */
TEST_F(batch_frames, no_room)
{
	struct rtnl_link_stats64 s;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 10));
	ASSERT_EQ(0, put(self, 0, 25));
	s = io_counted(&self->io);
	EXPECT_EQ(25, s.rx_packets);
	EXPECT_EQ(15, s.tx_dropped);
	EXPECT_EQ(10 * self->record, batch_read(&b, self->io.fd, BATCH_MAX));
	EXPECT_EQ(0, holds(self, 0, 10));
}

/* ---- VLAN tags ---- */

#define TAG_AT	12			/* where Ethernet has it */
#define TAG_LEN	4
#define TCI	0xa00f			/* priority 5, VLAN 15 */

FIXTURE(batch_vlan)
{
	struct io io;
};

FIXTURE_VARIANT(batch_vlan)
{
	int flags;
};

IO_VARIANTS(batch_vlan);

FIXTURE_SETUP(batch_vlan)
{
	int err;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, batch_open(&self->io, variant->flags));
	err = hook_tag(link_index(IO_NAME), ETH_P_8021Q, TCI);
	if (hook_missing(err))
		SKIP(return, "no tc egress here (error %d)", -err);
	ASSERT_EQ(0, err);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(batch_vlan)
{
}

/* What io_frame() builds, with the tag in it. */
static size_t tagged(const struct io *io, uint8_t *buf, unsigned int seq,
		     size_t data)
{
	uint16_t tag[2] = { htons(ETH_P_8021Q), htons(TCI) };
	size_t len = io_frame(io, buf, seq, data);
	uint8_t *at = buf + (io->pi ? IO_PI_LEN : 0) + TAG_AT;

	memmove(at + TAG_LEN, at, buf + len - at);
	memcpy(at, tag, TAG_LEN);
	return len + TAG_LEN;
}

/* Each length and padding of a record whose packet is longer than its skb. */
TEST_F(batch_vlan, in_records)
{
	uint8_t want[PKT_MAX];
	size_t size = 0, bytes = 0;
	const uint8_t *got;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		size_t len = tagged(&self->io, want, i, 60 + i);

		ASSERT_EQ(0, io_send(&self->io, i, 60 + i));
		size += batch_size(len);
		bytes += len - (self->io.pi ? IO_PI_LEN : 0);
	}
	ASSERT_EQ(size, batch_read(&b, self->io.fd, size));
	for (i = 0; i < 16; i++) {
		size_t len = tagged(&self->io, want, i, 60 + i);

		ASSERT_EQ(len, batch_next(&b, &got));
		EXPECT_EQ(0, memcmp(got, want, len));
	}
	EXPECT_EQ(0, batch_next(&b, &got));
	EXPECT_TX(&self->io, 16, bytes, 0);
}

/* The tag takes room, too. */
TEST_F(batch_vlan, room)
{
	uint8_t want[PKT_MAX];
	size_t data, len;

	for (data = 60; data < 68; data++) {
		len = tagged(&self->io, want, 1, data);
		ASSERT_EQ(0, io_send(&self->io, 1, data));
		EXPECT_EQ(-EMSGSIZE, batch_read(&b, self->io.fd,
						batch_size(len) - 1));
		EXPECT_EQ(batch_size(len), batch_read(&b, self->io.fd,
						      batch_size(len)));
	}
	/* a plain read that must not cut, likewise */
	ASSERT_EQ(0, batch_mode(self->io.fd, VTUN_MODE_NOTRUNC));
	ASSERT_EQ(0, io_send(&self->io, 1, 60));
	len = tagged(&self->io, want, 1, 60);
	EXPECT_EQ(-EMSGSIZE, io_read(self->io.fd, b.buf, len - 1));
	ASSERT_EQ(len, io_read(self->io.fd, b.buf, len));
	EXPECT_EQ(0, memcmp(b.buf, want, len));
}

TEST_HARNESS_MAIN
