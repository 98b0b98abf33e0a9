// SPDX-License-Identifier: GPL-2.0-only
/* Packets for the stack to cut, written on one device, leaving by another. */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_vnet.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <string.h>

#define TCP4	VIRTIO_NET_HDR_GSO_TCPV4
#define TCP6	VIRTIO_NET_HDR_GSO_TCPV6
#define UFO	VIRTIO_NET_HDR_GSO_UDP
#define USO	VIRTIO_NET_HDR_GSO_UDP_L4
#define ALL	(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)
#define OUT	"out0"
#define OUT_NEAR	0x0a080001
#define OUT_FAR		0x0a080002
#define LEN	20000
#define SIZE	1300
#define CUT	((LEN + SIZE - 1) / SIZE)

enum way { ROUTE, BRIDGE };

FIXTURE(forward)
{
	struct vnet in, out;
	int ps;				/* beyond a veth, instead of out */
	struct vnet_pkt pkt, got;
};

FIXTURE_VARIANT(forward)
{
	enum way way;
	int in, out;			/* flags; 0: a veth */
};

FIXTURE_VARIANT_ADD(forward, route_tun_tun) {
	ROUTE, IFF_TUN | IFF_NO_PI, IFF_TUN | IFF_NO_PI };
FIXTURE_VARIANT_ADD(forward, route_tap_tun) {
	ROUTE, IFF_TAP, IFF_TUN };
FIXTURE_VARIANT_ADD(forward, route_napi_tap) {
	ROUTE, IFF_TUN | IFF_NAPI, IFF_TAP | IFF_NO_PI };
FIXTURE_VARIANT_ADD(forward, bridge_tap_tap) {
	BRIDGE, IFF_TAP | IFF_NO_PI, IFF_TAP | IFF_NO_PI };
FIXTURE_VARIANT_ADD(forward, route_tap_veth) { ROUTE, IFF_TAP | IFF_NO_PI, 0 };
FIXTURE_VARIANT_ADD(forward, route_tun_veth) { ROUTE, IFF_TUN | IFF_NO_PI, 0 };
FIXTURE_VARIANT_ADD(forward, bridge_tap_veth) { BRIDGE, IFF_TAP, 0 };

static int bridge(void)
{
	int err;

	if ((err = link_add("br0", "bridge")) ||
	    (err = link_set_master(IO_NAME, "br0")) ||
	    (err = link_set_master(OUT, "br0")) || (err = link_up("br0")))
		return err;
	return vnet_bridged(IO_NAME) && vnet_bridged(OUT) ? 0 : -ETIMEDOUT;
}

static int route(bool in_tap, bool out_tun)
{
	int err;

	if ((err = vnet_address(IO_NAME, VNET_NEAR)) ||
	    (err = vnet_address(OUT, OUT_NEAR)) || (err = vnet_forward()))
		return err;
	if (in_tap && (err = link_set_addr(IO_NAME, pkt_mac_b, ETH_ALEN)))
		return err;
	return out_tun ? 0 : vnet_neigh(OUT, OUT_FAR, pkt_mac_a);
}

FIXTURE_SETUP(forward)
{
	ASSERT_EQ(0, vnet_open(&self->in, variant->in, VNET_SIZE_MRG));
	if (variant->out) {
		ASSERT_EQ(0, vnet_add(&self->out, OUT,
				      variant->out | IFF_VNET_HDR, VNET_SIZE));
	} else {
		ASSERT_EQ(0, vnet_veth(OUT, "peer0"));
		self->ps = vnet_psock("peer0");
		ASSERT_LE(0, self->ps);
	}
	if (variant->way == BRIDGE) {
		ASSERT_EQ(0, bridge());
	} else {
		ASSERT_EQ(0, route(variant->in & IFF_TAP,
				   variant->out & IFF_TUN));
	}
}

FIXTURE_TEARDOWN(forward)
{
}

struct kind {
	bool ip6;
	int proto, type;
};

static const struct kind kinds[] = {
	{ false, IPPROTO_TCP, TCP4 }, { true, IPPROTO_TCP, TCP6 },
	{ false, IPPROTO_TCP, TCP4 | VIRTIO_NET_HDR_GSO_ECN },
	{ false, IPPROTO_UDP, USO }, { true, IPPROTO_UDP, USO },
};

static void build(struct vnet_pkt *p, bool tap, const struct kind *k)
{
	const struct vnet_spec spec = {
		.eth = tap, .ip6 = k->ip6, .proto = k->proto, .len = LEN,
		.dst = OUT_FAR,
	};

	vnet_build(p, &spec);
}

/* What the device offers the stack; a veth's way of saying it is ethtool. */
static int offer(const struct vnet *out, unsigned long bits)
{
	static const char *const names[] = {
		"tx-tcp-segmentation", "tx-tcp6-segmentation",
		"tx-tcp-ecn-segmentation", "tx-udp-segmentation",
	};
	int err;
	size_t i;

	if (out->io.fd)
		return vnet_offload(out, bits);
	err = eth_set_feature(OUT, "tx-checksum-ip-generic",
			      bits & TUN_F_CSUM);
	for (i = 0; i < ARRAY_SIZE(names) && !err; i++)
		err = eth_set_feature(OUT, names[i], bits & TUN_F_TSO4);
	return err;
}

/*
 * The next packet of TCP or UDP that left: its length and what it says of
 * itself, or -errno.
 */
static ssize_t next(FIXTURE_DATA(forward) *self, struct vnet_seen *seen)
{
	struct vnet *out = &self->out;
	bool eth = !out->io.fd || out->io.tap;
	ssize_t n;
	int err;

	do {
		n = out->io.fd ? vnet_await(out, &self->got) :
				 vnet_heard(self->ps, &self->got, WAIT_MS);
		if (n < 0)
			return n;
		err = vnet_parse(self->got.buf, n, eth, seen);
		/* what IPv6 says on its own */
	} while (err == -EPROTONOSUPPORT);
	return err ? err : n;
}

/* All of it in packets of SIZE: how many, or -errno. */
static int read_cut(FIXTURE_DATA(forward) *self, bool partial)
{
	struct vnet_seen s;
	size_t pos;
	int n;

	for (pos = 0, n = 0; pos < LEN; pos += s.data_len, n++) {
		ssize_t len = next(self, &s);

		if (len < 0)
			return len;
		if (s.data_len != (LEN - pos < SIZE ? LEN - pos : SIZE) ||
		    (s.proto == IPPROTO_TCP && s.seq != pos) ||
		    !vnet_data_ok(self->got.buf + s.data, s.data_len, pos))
			return -EBADMSG;
		if (s.partial != partial || self->got.hdr.gso_type ||
		    !(self->got.hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ==
		    partial)
			return -EPROTO;
	}
	return n;
}

/* F5.32 F5.33 F6.19: a device that can't do anything gets whole packets */
TEST_F(forward, cut)
{
	size_t i;

	ASSERT_EQ(0, offer(&self->out, 0));
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].type == USO && !vnet_has_uso())
			continue;
		build(&self->pkt, self->in.io.tap, &kinds[i]);
		vnet_gso(&self->pkt, kinds[i].type, SIZE);
		ASSERT_EQ(0, vnet_write(&self->in, &self->pkt));
		EXPECT_EQ(CUT, read_cut(self, false))
			TH_LOG("kind %zu", i);
	}
}

/* F5.33 F6.21 F12.1: with checksums left to it, packets whose sums are open */
TEST_F(forward, cut_with_open_checksums)
{
	size_t i;

	ASSERT_EQ(0, offer(&self->out, TUN_F_CSUM));
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].type == USO && !vnet_has_uso())
			continue;
		build(&self->pkt, self->in.io.tap, &kinds[i]);
		vnet_gso(&self->pkt, kinds[i].type, SIZE);
		ASSERT_EQ(0, vnet_write(&self->in, &self->pkt));
		EXPECT_EQ(CUT, read_cut(self, true))
			TH_LOG("kind %zu", i);
	}
}

/* F6.20 F6.21 F12.1: one that can cut gets it as it was written */
TEST_F(forward, uncut)
{
	struct vnet_hdr *hdr = &self->got.hdr;
	struct vnet_seen s;
	size_t i;

	ASSERT_EQ(0, offer(&self->out, ALL | TUN_F_TSO_ECN |
					   (vnet_has_uso() ? VNET_USO : 0)));
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].type == USO &&
		    !(vnet_has_uso() && vnet_socket_uso()))
			continue;
		build(&self->pkt, self->in.io.tap, &kinds[i]);
		vnet_gso(&self->pkt, kinds[i].type, SIZE);
		ASSERT_EQ(0, vnet_write(&self->in, &self->pkt));
		ASSERT_LT(LEN, next(self, &s));
		EXPECT_EQ(kinds[i].type, hdr->gso_type);
		EXPECT_EQ(SIZE, hdr->gso_size);
		EXPECT_EQ(VIRTIO_NET_HDR_F_NEEDS_CSUM, hdr->flags);
		EXPECT_EQ(s.data - (s.proto == IPPROTO_TCP ? 20 : 8),
			  hdr->csum_start);
		EXPECT_TRUE(s.partial);
		EXPECT_EQ(LEN, s.data_len);
		EXPECT_TRUE(vnet_data_ok(self->got.buf + s.data, LEN, 0));
	}
}

/* F5.24 F5.33: the checksum already done: cutting makes new ones */
TEST_F(forward, whole_checksum)
{
	size_t i;

	ASSERT_EQ(0, offer(&self->out, 0));
	for (i = 0; i < 2; i++) {
		build(&self->pkt, self->in.io.tap, &kinds[i]);
		self->pkt.hdr.gso_type = kinds[i].type;
		self->pkt.hdr.gso_size = SIZE;
		ASSERT_EQ(0, vnet_write(&self->in, &self->pkt));
		EXPECT_EQ(CUT, read_cut(self, false));
	}
}

/* F5.33: headers that cutting finds wrong: dropped, and the next goes on */
TEST_F(forward, wrong_headers)
{
	struct vnet_pkt *p = &self->pkt;

	ASSERT_EQ(0, offer(&self->out, 0));
	/* a TCP header longer than all that follows it, if it is believed */
	build(p, self->in.io.tap, &kinds[0]);
	vnet_gso(p, TCP4, SIZE);
	p->buf[p->l4 + 12] = 0x40;
	ASSERT_EQ(0, vnet_write(&self->in, p));
	/* a type that the packet isn't, by offsets that would fit */
	build(p, self->in.io.tap, &kinds[1]);
	vnet_gso(p, TCP4, SIZE);
	ASSERT_EQ(0, vnet_write(&self->in, p));
	build(p, self->in.io.tap, &kinds[0]);
	vnet_gso(p, TCP4, SIZE);
	ASSERT_EQ(0, vnet_write(&self->in, p));
	EXPECT_EQ(CUT, read_cut(self, false));
}

/* F5.27: a UFO packet leaves as IP fragments of its size */
TEST_F(forward, ufo)
{
	struct vnet_pkt *p = &self->pkt, *got = &self->got;
	const struct kind udp = { false, IPPROTO_UDP, UFO };
	size_t pos = 0, want, l3;
	bool eth = !self->out.io.fd || self->out.io.tap;
	struct iphdr ip;
	ssize_t n;

	ASSERT_EQ(0, offer(&self->out, ALL));
	build(p, self->in.io.tap, &udp);
	vnet_gso(p, UFO, 1480);
	ASSERT_EQ(0, vnet_write(&self->in, p));
	l3 = eth ? ETH_HLEN : 0;
	while (pos < LEN + 8) {
		n = self->out.io.fd ? vnet_await(&self->out, got) :
				      vnet_heard(self->ps, got, WAIT_MS);
		ASSERT_LT(0, n);
		memcpy(&ip, got->buf + l3, sizeof(ip));
		if (ip.version != 4 || ip.protocol != IPPROTO_UDP)
			continue;	/* what the stack says on its own */
		want = LEN + 8 - pos < 1480 ? LEN + 8 - pos : 1480;
		ASSERT_EQ(l3 + 20 + want, n);
		EXPECT_EQ(pos / 8 | (pos + want < LEN + 8 ? IP_MF : 0),
			  ntohs(ip.frag_off));
		EXPECT_EQ(0, pkt_csum(&ip, sizeof(ip), 0));
		if (pos)
			EXPECT_TRUE(vnet_data_ok(got->buf + l3 + 20, want,
						 pos - 8));
		pos += want;
	}
}

/* F6.21: what GRO has verified is told to the next program as valid */
TEST_F(forward, verified)
{
	struct vnet_seen s;

	if (!(variant->in & IFF_NAPI))
		SKIP(return, "nobody verifies it");
	vnet_build(&self->pkt, &(struct vnet_spec){
		.proto = IPPROTO_TCP, .len = 500, .dst = OUT_FAR });
	ASSERT_EQ(0, vnet_write(&self->in, &self->pkt));
	ASSERT_LT(500, next(self, &s));
	EXPECT_EQ(VIRTIO_NET_HDR_F_DATA_VALID, self->got.hdr.flags);
	EXPECT_EQ(0, self->got.hdr.csum_start + self->got.hdr.csum_offset);
	EXPECT_FALSE(s.partial);
}

TEST_HARNESS_MAIN
