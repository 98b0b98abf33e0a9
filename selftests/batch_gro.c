// SPDX-License-Identifier: GPL-2.0-only
/* What one write() of a batch carries reaches the stack together, merged by GRO. */
#include <kselftest_harness.h>
#include "testlib_batch.h"
#include "testlib_stats.h"
#include "testlib_vnet.h"

#include <string.h>

#define SIZE	1000			/* of a segment's data */
#define NUM	40			/* of segments; they fit into one packet */

FIXTURE(batch_gro)
{
	struct vnet v;
	struct vnet_pkt pkt, got;
	struct vnet_spec spec;
};

FIXTURE_VARIANT(batch_gro)
{
	int flags;
};

FIXTURE_VARIANT_ADD(batch_gro, tun) { IFF_TUN | IFF_NO_PI };
FIXTURE_VARIANT_ADD(batch_gro, tap_pi) { IFF_TAP };
FIXTURE_VARIANT_ADD(batch_gro, tun_vnet) { IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
FIXTURE_VARIANT_ADD(batch_gro, tap_napi) { IFF_TAP | IFF_NO_PI | IFF_NAPI };
FIXTURE_VARIANT_ADD(batch_gro, tap_frags)
{
	IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS
};
FIXTURE_VARIANT_ADD(batch_gro, tap_queues)
{
	IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE
};

static struct batch b;

FIXTURE_SETUP(batch_gro)
{
	struct vnet *v = &self->v;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, vnet_add(v, IO_NAME, variant->flags, VNET_SIZE));
	ASSERT_EQ(0, batch_mode(v->io.fd, VTUN_MODE_BATCH));
	self->spec = (struct vnet_spec){
		.eth = v->io.tap, .proto = IPPROTO_TCP, .len = SIZE,
	};
	io_counted(&v->io);
	batch_clear(&b);
}

FIXTURE_TEARDOWN(batch_gro)
{
}

/* Add the record of a segment whose data begins at @seq. */
static void add(FIXTURE_DATA(batch_gro) *self, uint32_t seq, int sport,
		size_t len)
{
	uint8_t frame[PKT_MAX];
	size_t head;

	self->spec.seq = seq;
	self->spec.sport = sport;
	self->spec.len = len;
	vnet_build(&self->pkt, &self->spec);
	head = vnet_put_head(&self->v, &self->pkt, frame);
	memcpy(frame + head, self->pkt.buf, self->pkt.len);
	batch_add(&b, frame, head + self->pkt.len);
}

/* 0 if write() takes all, and each of its @num records counts. */
static int put(FIXTURE_DATA(batch_gro) *self, unsigned int num)
{
	ssize_t n = batch_write(&b, self->v.io.fd);

	if (n != (ssize_t)b.len)
		return n < 0 ? n : -EIO;
	batch_clear(&b);
	return io_counted(&self->v.io).rx_packets == num ? 0 : -ERANGE;
}

/*
 * The next packet that the stack received: bytes of its data, which must be
 * those that begin at @pos, and its source port. -errno if it is no such packet.
 */
static int heard(FIXTURE_DATA(batch_gro) *self, uint32_t pos, int *sport)
{
	struct vnet_seen s;
	bool merged;
	int err;

	err = vnet_heard_whole(self->v.vps, &self->got, WAIT_MS, self->v.io.tap, &s);
	if (err)
		return err;
	merged = s.data_len > SIZE;
	if (self->got.hdr.gso_type != (merged ? VIRTIO_NET_HDR_GSO_TCPV4 : 0) ||
	    self->got.hdr.gso_size != (merged ? SIZE : 0))
		return -EPROTO;
	*sport = s.sport;
	if (!vnet_data_ok(self->got.buf + s.data, s.data_len, pos))
		return -EBADMSG;
	return s.data_len;
}

static bool unheard(FIXTURE_DATA(batch_gro) *self)
{
	return vnet_heard(self->v.vps, &self->got, 0) == -ETIMEDOUT;
}

TEST_F(batch_gro, one_packet)
{
	static struct stats stats;
	int i, sport;

	for (i = 0; i < NUM; i++)
		add(self, i * SIZE, 1000, SIZE);
	ASSERT_EQ(0, put(self, NUM));
	EXPECT_EQ(NUM * SIZE, heard(self, 0, &sport));
	EXPECT_TRUE(unheard(self));
	ASSERT_EQ(0, stats_get(IO_NAME, &stats));
	EXPECT_EQ(NUM - 1, stats_queue(&stats, "rx", 0, "gro_merged"));
}

/* The last segment of a stream may be shorter, and it ends the packet. */
TEST_F(batch_gro, shorter_last)
{
	int i, sport;

	for (i = 0; i < 10; i++)
		add(self, i * SIZE, 1000, SIZE);
	add(self, 10 * SIZE, 1000, 300);
	add(self, 10 * SIZE + 300, 1000, SIZE);
	ASSERT_EQ(0, put(self, 12));
	EXPECT_EQ(10 * SIZE + 300, heard(self, 0, &sport));
	EXPECT_EQ(SIZE, heard(self, 10 * SIZE + 300, &sport));
	EXPECT_TRUE(unheard(self));
}

/* What is missing in between is missing. */
TEST_F(batch_gro, hole)
{
	int i, sport;

	for (i = 0; i < 10; i++)
		add(self, (i < 5 ? i : i + 1) * SIZE, 1000, SIZE);
	ASSERT_EQ(0, put(self, 10));
	EXPECT_EQ(5 * SIZE, heard(self, 0, &sport));
	EXPECT_EQ(5 * SIZE, heard(self, 6 * SIZE, &sport));
	EXPECT_TRUE(unheard(self));
}

/* Flows that alternate are merged each by itself. */
TEST_F(batch_gro, two_flows)
{
	int i, sport, seen = 0;

	for (i = 0; i < 2 * NUM; i++)
		add(self, i / 2 * SIZE, 1000 + i % 2, SIZE);
	ASSERT_EQ(0, put(self, 2 * NUM));
	/* some rounds of the driver, so it may be more than one packet */
	for (i = 0; i < 2; i++) {
		ASSERT_LT(10 * SIZE, heard(self, 0, &sport));
		seen |= 1 << (sport - 1000);
	}
	EXPECT_EQ(3, seen);
}

/* Datagrams stay what they are, and in their order. */
TEST_F(batch_gro, udp_untouched)
{
	int i, sport;

	self->spec.proto = IPPROTO_UDP;
	for (i = 0; i < NUM; i++)
		add(self, i, 1000, SIZE);
	ASSERT_EQ(0, put(self, NUM));
	for (i = 0; i < NUM; i++)
		ASSERT_EQ(SIZE, heard(self, i, &sport));
	EXPECT_TRUE(unheard(self));
}

/* More than fits into one packet, and more writes: no byte changes places. */
TEST_F(batch_gro, order)
{
	uint32_t pos = 0, end = 0;
	int i, n, sport, packets = 0;

	for (n = 1; n <= 130; n += 43) {
		for (i = 0; i < n; i++, end += SIZE)
			add(self, end, 1000, SIZE);
		ASSERT_EQ(0, put(self, n));
	}
	for (; pos < end; pos += n, packets++) {
		n = heard(self, pos, &sport);
		ASSERT_LT(0, n);
	}
	EXPECT_EQ(end, pos);
	EXPECT_TRUE(unheard(self));
	EXPECT_GT((int)end / SIZE / 10, packets);
}

TEST_HARNESS_MAIN
