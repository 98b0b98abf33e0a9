// SPDX-License-Identifier: GPL-2.0-only
/* Native XDP on a tap whose packets have a virtio header. */
#include <kselftest_harness.h>
#include "testlib_vnet.h"
#include "testlib_xdp.h"

#include <string.h>

#define GROW	4			/* as for a VLAN tag */

FIXTURE(xdp_vnet)
{
	struct vnet v;
	struct xdp_probe probe;
	struct vnet_pkt pkt;		/* a plain UDP packet */
};

FIXTURE_VARIANT(xdp_vnet)
{
	int flags;
	int hdr_sz;
	bool blocking;			/* the slow way */
};

FIXTURE_VARIANT_ADD(xdp_vnet, fast_10) { IFF_TAP | IFF_NO_PI, 10 };
FIXTURE_VARIANT_ADD(xdp_vnet, slow_10) { IFF_TAP | IFF_NO_PI, 10, true };
FIXTURE_VARIANT_ADD(xdp_vnet, fast_pi_12) { IFF_TAP, 12 };
FIXTURE_VARIANT_ADD(xdp_vnet, fast_24) { IFF_TAP | IFF_NO_PI, 24 };
FIXTURE_VARIANT_ADD(xdp_vnet, slow_pi_24) { IFF_TAP, 24, true };

FIXTURE_SETUP(xdp_vnet)
{
	struct vnet_spec spec = { .eth = true, .proto = IPPROTO_UDP,
				  .len = 100 };
	int err;

	ASSERT_EQ(0, vnet_open(&self->v, variant->flags, variant->hdr_sz));
	err = xdp_probe_open(&self->probe, -1);
	if (err == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, xdp_attach(IO_NAME, self->probe.prog,
				XDP_FLAGS_DRV_MODE));
	if (variant->blocking)
		ASSERT_EQ(0, fcntl(self->v.io.fd, F_SETFL, O_RDWR));
	vnet_build(&self->pkt, &spec);
	io_counted(&self->v.io);
}

FIXTURE_TEARDOWN(xdp_vnet)
{
}

/* Does the program run on a whole packet? */
static bool slow(const FIXTURE_VARIANT(xdp_vnet) *variant)
{
	return variant->blocking && vt_intree();
}

/* F11.11 F11.3: the program sees the frame without its headers */
TEST_F(xdp_vnet, sees_the_frame)
{
	struct xdp_control seen;

	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	seen = xdp_probe_get(&self->probe);
	EXPECT_EQ(1, seen.runs);
	EXPECT_EQ(self->pkt.len, seen.len);
	EXPECT_EQ(0, io_seen(&self->v.io, self->pkt.buf, self->pkt.len));
	EXPECT_RX(&self->v.io, 1, self->pkt.len, 0);
}

/* F11.11 F5.32: the checksum is still to be completed behind the program */
TEST_F(xdp_vnet, keeps_partial)
{
	struct vnet_pkt got;

	vnet_partial(&self->pkt);
	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	EXPECT_EQ(1, xdp_probe_get(&self->probe).runs);
	ASSERT_EQ(self->pkt.len, vnet_heard(self->v.vps, &got, WAIT_MS));
	EXPECT_EQ(VIRTIO_NET_HDR_F_NEEDS_CSUM, got.hdr.flags);
	EXPECT_EQ(self->pkt.hdr.csum_start, got.hdr.csum_start);
	EXPECT_EQ(self->pkt.hdr.csum_offset, got.hdr.csum_offset);
	EXPECT_EQ(0, memcmp(self->pkt.buf, got.buf, got.len));
}

/*
 * F11.11: the offsets are those of the header, counted on the fast way from
 * the start of what the program left, on the slow way from where it was
 */
TEST_F(xdp_vnet, offsets_behind_a_moved_head)
{
	struct xdp_control c = { .action = XDP_PASS, .head = -GROW, .fill = 1 };
	struct vnet_pkt got;

	pkt_eth(c.eth, pkt_mac_b, pkt_mac_a, 0x88b5);
	ASSERT_EQ(0, xdp_probe_set(&self->probe, c));
	vnet_partial(&self->pkt);
	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	ASSERT_EQ(self->pkt.len + GROW,
		  vnet_heard(self->v.vps, &got, WAIT_MS));
	EXPECT_EQ(VIRTIO_NET_HDR_F_NEEDS_CSUM, got.hdr.flags);
	EXPECT_EQ(self->pkt.hdr.csum_start + (slow(variant) ? GROW : 0),
		  got.hdr.csum_start);
}

/* F11.4 F11.11: a GSO packet stays one, and goes the slow way */
TEST_F(xdp_vnet, gso)
{
	struct vnet_spec spec = { .eth = true, .proto = IPPROTO_TCP,
				  .len = 2000 };
	struct vnet_pkt got;

	vnet_build(&self->pkt, &spec);
	vnet_gso(&self->pkt, VIRTIO_NET_HDR_GSO_TCPV4, 500);
	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	EXPECT_EQ(1, xdp_probe_get(&self->probe).runs);
	EXPECT_EQ(self->pkt.len, xdp_probe_get(&self->probe).len);
	ASSERT_EQ(self->pkt.len, vnet_heard(self->v.vps, &got, WAIT_MS));
	ASSERT_EQ(0, io_seen(&self->v.io, self->pkt.buf, self->pkt.len));
	EXPECT_EQ(VIRTIO_NET_HDR_GSO_TCPV4, got.hdr.gso_type);
	EXPECT_EQ(500, got.hdr.gso_size);
	EXPECT_RX(&self->v.io, 1, self->pkt.len, 0);
	/* F11.5: the core drops it then, and tells nobody */
	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_DROP));
	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	EXPECT_NOTHING_COUNTED(&self->v.io);
	EXPECT_TRUE(io_unseen(&self->v.io));
}

/* F5.4 F11.3: a header that is too long is found before the program runs */
TEST_F(xdp_vnet, bad_header)
{
	self->pkt.hdr.hdr_len = self->pkt.len + 100;
	EXPECT_EQ(-EINVAL, vnet_write(&self->v, &self->pkt));
	EXPECT_EQ(0, xdp_probe_get(&self->probe).runs);
	EXPECT_NOTHING_COUNTED(&self->v.io);
}

/* What comes before a frame that XDP brought: packet information, zeros. */
static size_t head_of(const FIXTURE_VARIANT(xdp_vnet) *variant)
{
	size_t pi = vt_intree() && !slow(variant) ? 0 :
		    PI_LEN(variant->flags);

	return pi + variant->hdr_sz;
}

/* How much of the header is written; old in-tree drivers leave the rest. */
static int zeros(const FIXTURE_VARIANT(xdp_vnet) *variant)
{
	return vnet_newest() ? variant->hdr_sz : VNET_SIZE;
}

/* The virtio header counts as bytes sent where the frame is a bare one. */
static size_t counted_head(const FIXTURE_VARIANT(xdp_vnet) *variant)
{
	return slow(variant) ? 0 : variant->hdr_sz;
}

/* F11.7 F6.32 F6.18 F6.23: sent back, with a header that asks for nothing */
TEST_F(xdp_vnet, tx)
{
	const size_t head = head_of(variant);
	static const uint8_t none[64];
	uint8_t got[PKT_MAX];
	struct rtnl_link_stats64 s;
	int fd = self->v.io.fd;

	memset(got, 0xa5, sizeof(got));
	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_TX));
	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	ASSERT_EQ(head + self->pkt.len, io_read(fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(none, got + head - variant->hdr_sz,
			    zeros(variant)));
	EXPECT_EQ(0, memcmp(self->pkt.buf, got + head, self->pkt.len));
	s = io_counted(&self->v.io);
	EXPECT_EQ(1, s.tx_packets);
	EXPECT_EQ(self->pkt.len + counted_head(variant), s.tx_bytes);
	EXPECT_EQ(slow(variant) ? 0 : 1, s.rx_packets);
}

/* F6.32 F6.13: too little room for the header loses the frame, uncounted */
TEST_F(xdp_vnet, tx_without_room)
{
	const size_t head = head_of(variant);
	uint8_t got[PKT_MAX];
	struct rtnl_link_stats64 s;
	int fd = self->v.io.fd;

	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_TX));
	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	ASSERT_EQ(0, fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK));
	EXPECT_EQ(-EINVAL, io_read(fd, got, head - 1));
	EXPECT_EQ(-EAGAIN, io_read(fd, got, sizeof(got)));
	s = io_counted(&self->v.io);
	EXPECT_EQ(0, s.tx_packets + s.tx_dropped);
}

/* F6.32 F6.11: a short read; the bytes that it got are counted */
TEST_F(xdp_vnet, tx_truncated)
{
	const size_t head = head_of(variant);
	uint8_t got[PKT_MAX];
	struct rtnl_link_stats64 s;
	int fd = self->v.io.fd;

	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_TX));
	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	ASSERT_EQ(head + 20, io_read(fd, got, head + 20));
	EXPECT_EQ(0, memcmp(self->pkt.buf, got + head, 20));
	s = io_counted(&self->v.io);
	EXPECT_EQ(1, s.tx_packets);
	EXPECT_EQ(slow(variant) ? self->pkt.len :
		  20 + counted_head(variant), s.tx_bytes);
}

/* ---- NAPI ------------------------------------------------------------------ */

FIXTURE(xdp_napi)
{
	struct io io;
	struct xdp_probe probe;
	size_t len;
	uint8_t frame[PKT_MAX];
};

FIXTURE_VARIANT(xdp_napi)
{
	int flags;
};

FIXTURE_VARIANT_ADD(xdp_napi, napi) { IFF_NAPI };
FIXTURE_VARIANT_ADD(xdp_napi, frags) { IFF_NAPI | IFF_NAPI_FRAGS };

FIXTURE_SETUP(xdp_napi)
{
	int err;

	ASSERT_EQ(0, io_open(&self->io, IFF_TAP | IFF_NO_PI | variant->flags));
	err = xdp_probe_open(&self->probe, -1);
	if (err == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, xdp_attach(IO_NAME, self->probe.prog,
				XDP_FLAGS_DRV_MODE));
	self->len = io_frame(&self->io, self->frame, 1, 1000);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(xdp_napi)
{
}

static ssize_t put(FIXTURE_DATA(xdp_napi) *self, struct xdp_control c)
{
	const struct iovec iov[] = {
		{ self->frame, 100 },
		{ self->frame + 100, 300 },
		{ self->frame + 400, self->len - 400 },
	};

	xdp_probe_set(&self->probe, c);
	return io_writev(self->io.fd, iov, 3);
}

/* F11.3 F11.4 F5.43: each verdict, on frames that come in pieces */
TEST_F(xdp_napi, verdicts)
{
	const bool slow = variant->flags & IFF_NAPI_FRAGS;
	const int drops = slow && vt_intree() ? 0 : 1;
	struct xdp_control c = { .action = XDP_PASS };
	uint8_t got[PKT_MAX];

	ASSERT_EQ(self->len, put(self, c));
	EXPECT_EQ(0, io_seen(&self->io, self->frame, self->len));
	EXPECT_RX(&self->io, 1, self->len, 0);
	c.action = XDP_DROP;
	ASSERT_EQ(self->len, put(self, c));
	EXPECT_EQ(1, xdp_probe_get(&self->probe).runs);
	EXPECT_EQ(self->len, xdp_probe_get(&self->probe).len);
	EXPECT_RX(&self->io, 0, 0, drops);
	c.action = 99;
	ASSERT_EQ(self->len, put(self, c));
	EXPECT_RX(&self->io, 0, 0, drops);
	c.action = XDP_TX;
	ASSERT_EQ(self->len, put(self, c));
	ASSERT_EQ(self->len, io_read(self->io.fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(self->frame, got, self->len));
	EXPECT_TRUE(io_unseen(&self->io));
}

/* F5.43 F11.3: the limits of fragments are those without a program */
TEST_F(xdp_napi, limits)
{
	const bool frags = variant->flags & IFF_NAPI_FRAGS;
	struct iovec iov[20];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(iov); i++)
		iov[i] = (struct iovec){ self->frame + i * 50, 50 };
	if (frags) {
		EXPECT_EQ(-EMSGSIZE, io_writev(self->io.fd, iov, 19));
		EXPECT_RX(&self->io, 0, 0, 1);
		iov[3].iov_len = 0;
		EXPECT_EQ(-EINVAL, io_writev(self->io.fd, iov, 10));
		EXPECT_RX(&self->io, 0, 0, 1);
		EXPECT_EQ(0, xdp_probe_get(&self->probe).runs);
		iov[3].iov_len = 50;
	} else {
		EXPECT_EQ(950, io_writev(self->io.fd, iov, 19));
		EXPECT_EQ(0, io_seen(&self->io, self->frame, 950));
		EXPECT_RX(&self->io, 1, 950, 0);
	}
	EXPECT_EQ(900, io_writev(self->io.fd, iov, 18));
	EXPECT_EQ(0, io_seen(&self->io, self->frame, 900));
	EXPECT_RX(&self->io, 1, 900, 0);
}

/* F11.3 F11.6 F5.43: moved ends; the class of CVE-2025-39984 */
TEST_F(xdp_napi, adjust)
{
	struct xdp_control c = { .action = XDP_PASS, .head = -GROW,
				 .tail = -100, .fill = 1 };
	uint8_t want[PKT_MAX];
	int i;

	pkt_eth(c.eth, pkt_mac_b, pkt_mac_a, 0x88b5);
	memcpy(want + GROW, self->frame, self->len);
	memcpy(want, c.eth, ETH_HLEN);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(self->len, put(self, c));
		EXPECT_EQ(0, io_seen(&self->io, want,
				     self->len + GROW - 100));
	}
	c.head = 30;
	memcpy(want, self->frame + 30, self->len - 30);
	memcpy(want, c.eth, ETH_HLEN);
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(self->len, put(self, c));
		EXPECT_EQ(0, io_seen(&self->io, want, self->len - 130));
	}
	EXPECT_RX(&self->io, 40, 40 * self->len, 0);
}

TEST_HARNESS_MAIN
