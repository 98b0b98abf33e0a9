// SPDX-License-Identifier: GPL-2.0-only
/* Writing packets in UDP tunnels for the stack to cut. */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_tunnel.h"

#include <arpa/inet.h>
#include <string.h>

#define TCP4	VIRTIO_NET_HDR_GSO_TCPV4
#define TCP6	VIRTIO_NET_HDR_GSO_TCPV6
#define UFO	VIRTIO_NET_HDR_GSO_UDP
#define USO	VIRTIO_NET_HDR_GSO_UDP_L4
#define OUTER4	VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4
#define OUTER6	VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6
#define LEN	10000
#define SIZE	1200

FIXTURE(vnet_tunnel)
{
	struct vnet v;
	struct vnet_pkt pkt, got;
	struct tunnel_pkt at;
	struct tunnel_spec spec;
};

FIXTURE_VARIANT(vnet_tunnel)
{
	int flags;
	bool ip6, csum;
};

FIXTURE_VARIANT_ADD(vnet_tunnel, ip4) { IFF_NO_PI, false, false };
FIXTURE_VARIANT_ADD(vnet_tunnel, ip4_csum) { 0, false, true };
FIXTURE_VARIANT_ADD(vnet_tunnel, ip6) { IFF_NO_PI, true, false };
FIXTURE_VARIANT_ADD(vnet_tunnel, ip6_csum) { 0, true, true };
FIXTURE_VARIANT_ADD(vnet_tunnel, ip4_napi) {
	IFF_NO_PI | IFF_NAPI, false, false };

FIXTURE_SETUP(vnet_tunnel)
{
	if (!vnet_newest())
		SKIP(return, "this kernel's tun knows no tunnels");
	ASSERT_EQ(0, vnet_open(&self->v, variant->flags | IFF_TAP,
			       VNET_SIZE_TNL));
	self->spec = (struct tunnel_spec){
		.ip6 = variant->ip6, .csum = variant->csum,
		.inner = { .proto = IPPROTO_TCP, .len = LEN },
	};
}

FIXTURE_TEARDOWN(vnet_tunnel)
{
}

static void build(FIXTURE_DATA(vnet_tunnel) *self, int type)
{
	self->spec.inner.ip6 = type == TCP6;
	self->spec.inner.proto = type == USO ? IPPROTO_UDP : IPPROTO_TCP;
	tunnel_build(&self->pkt, &self->at, &self->spec, type, SIZE);
}

#define EXPECT_TAKEN(self) do {						\
	EXPECT_EQ(0, vnet_write(&(self)->v, &(self)->pkt));		\
	EXPECT_EQ(0, io_seen(&(self)->v.io, (self)->pkt.buf,		\
			     (self)->pkt.len));				\
	EXPECT_RX(&(self)->v.io, 1, (self)->pkt.len, 0);		\
} while (0)

#define EXPECT_BAD(self) do {						\
	EXPECT_EQ(-EINVAL, vnet_write(&(self)->v, &(self)->pkt));	\
	EXPECT_FRAME_ERROR(&(self)->v);					\
	EXPECT_TRUE(io_unseen(&(self)->v.io));				\
} while (0)

/* F5.29 F5.31 F4.24: taken with the whole header, whatever may be read */
TEST_F(vnet_tunnel, taken)
{
	const int types[] = { TCP4, TCP6, USO, TCP4 | VIRTIO_NET_HDR_GSO_ECN };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		build(self, types[i]);
		EXPECT_TAKEN(self);
	}
	/* more than the whole header is as good */
	ASSERT_EQ(0, vt_ioctl_int(self->v.io.fd, TUNSETVNETHDRSZ, 30));
	self->v.hdr_sz = 30;
	build(self, TCP4);
	EXPECT_TAKEN(self);
}

/* F5.29 F14.3: a header without the offsets can't ask for it */
TEST_F(vnet_tunnel, short_header)
{
	const int sizes[] = { 10, 12, 23 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, vt_ioctl_int(self->v.io.fd, TUNSETVNETHDRSZ,
					  sizes[i]));
		self->v.hdr_sz = sizes[i];
		build(self, TCP4);
		EXPECT_BAD(self);
	}
}

/* F5.29 F5.30: kinds that there are not */
TEST_F(vnet_tunnel, kinds)
{
	build(self, TCP4);
	self->pkt.hdr.gso_type |= OUTER4 | OUTER6;
	EXPECT_BAD(self);
	build(self, TCP4);
	self->pkt.hdr.gso_type &= ~TCP4;
	EXPECT_BAD(self);
	self->pkt.hdr.gso_type |= UFO;
	EXPECT_BAD(self);
	build(self, TCP4);
	self->pkt.hdr.gso_type |= 8;
	EXPECT_BAD(self);
	build(self, TCP4);
	self->pkt.hdr.flags &= ~VIRTIO_NET_HDR_F_NEEDS_CSUM;
	EXPECT_BAD(self);
}

/* F5.30: each offset at least as far as the headers before it are long */
TEST_F(vnet_tunnel, offsets)
{
	struct vnet_hdr *hdr = &self->pkt.hdr;
	int least = ETH_HLEN + (variant->ip6 ? 40 : 20);
	uint16_t right;

	build(self, TCP4);
	right = hdr->outer_th;
	ASSERT_EQ(least, right);
	hdr->outer_th = right - 1;
	EXPECT_BAD(self);
	hdr->outer_th = 0;
	EXPECT_BAD(self);
	hdr->outer_th = hdr->inner_nh - 7;
	EXPECT_BAD(self);
	hdr->outer_th = right;
	right = hdr->inner_nh;
	hdr->inner_nh = hdr->outer_th + 7;
	EXPECT_BAD(self);
	hdr->inner_nh = hdr->csum_start - 19;
	EXPECT_BAD(self);
	hdr->inner_nh = 0xffff;
	EXPECT_BAD(self);
	hdr->inner_nh = right;
	EXPECT_TAKEN(self);
	build(self, TCP6);
	hdr->inner_nh = hdr->csum_start - 39;
	EXPECT_BAD(self);
}

/* F5.30: UDP's IP version is looked up in the packet */
TEST_F(vnet_tunnel, udp_inside)
{
	struct vnet_hdr *hdr = &self->pkt.hdr;

	self->spec.inner.ip6 = true;
	self->spec.inner.proto = IPPROTO_UDP;
	tunnel_build(&self->pkt, &self->at, &self->spec, USO, SIZE);
	EXPECT_TAKEN(self);
	self->pkt.buf[self->at.inner_l3] = 0x60;
	hdr->inner_nh = hdr->csum_start - 39;
	self->pkt.buf[hdr->inner_nh] = 0x60;
	EXPECT_BAD(self);
	self->pkt.buf[hdr->inner_nh] = 0x45;
	EXPECT_TAKEN(self);
}

/* F5.30: what holds for each packet holds for the inner one */
TEST_F(vnet_tunnel, plain_rules)
{
	struct vnet_hdr *hdr = &self->pkt.hdr;

	build(self, TCP4);
	hdr->gso_size = 0;
	EXPECT_BAD(self);
	hdr->gso_size = 0xffff;
	EXPECT_BAD(self);
	build(self, TCP4);
	hdr->csum_offset = 6;
	EXPECT_BAD(self);
	build(self, USO);
	hdr->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	EXPECT_BAD(self);
	build(self, USO);
	hdr->gso_size = LEN / 128;
	EXPECT_BAD(self);
	/* and the size of the header is not one of metadata */
	build(self, TCP4);
	hdr->hdr_len = self->pkt.len + 1;
	EXPECT_EQ(-EINVAL, vnet_write(&self->v, &self->pkt));
	EXPECT_NOTHING_COUNTED(&self->v.io);
}

/* F5.31: the tunnel's checksum bit alone says nothing */
TEST_F(vnet_tunnel, checksum_bit_alone)
{
	struct vnet_spec plain = { .eth = true, .proto = IPPROTO_UDP,
				   .len = 100 };

	vnet_build(&self->pkt, &plain);
	self->pkt.hdr.flags = VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
	EXPECT_TAKEN(self);
	vnet_partial(&self->pkt);
	EXPECT_TAKEN(self);
}

/* Inner packets that came out of the tunnel: LEN bytes in @n of them. */
static int read_inner(FIXTURE_DATA(vnet_tunnel) *self, int ps, bool cut)
{
	struct vnet_seen s;
	size_t pos = 0;
	int n = 0, err;

	while (pos < LEN) {
		err = vnet_heard_whole(ps, &self->got, WAIT_MS, true, &s);
		if (err == -EPROTONOSUPPORT)
			continue;
		if (err)
			return err;
		if (!vnet_data_ok(self->got.buf + s.data, s.data_len, pos))
			return -EBADMSG;
		if (cut && (s.data_len > SIZE || s.partial))
			return -EPROTO;
		pos += s.data_len;
		n++;
	}
	return n;
}

/* F5.31 F5.32 F5.33: the stack takes the tunnel off: one packet, still uncut */
TEST_F(vnet_tunnel, decapsulated)
{
	const int types[] = { TCP4, TCP6, USO };
	int ps, err = tunnel_open(variant->ip6, variant->csum);
	size_t i;

	if (err == -EOPNOTSUPP)
		SKIP(return, "no VXLAN here");
	ASSERT_EQ(0, err);
	ps = vnet_psock(TUNNEL_NAME);
	ASSERT_LE(0, ps);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		build(self, types[i]);
		ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
		if (types[i] == USO && !vnet_socket_uso()) {
			EXPECT_EQ(-EINVAL, read_inner(self, ps, false));
			continue;
		}
		ASSERT_EQ(1, read_inner(self, ps, false));
		EXPECT_EQ(types[i], self->got.hdr.gso_type);
		EXPECT_EQ(SIZE, self->got.hdr.gso_size);
		EXPECT_EQ(VIRTIO_NET_HDR_F_NEEDS_CSUM, self->got.hdr.flags);
	}
	/* a whole packet takes the same way */
	self->spec.inner.len = LEN / 10;
	tunnel_build(&self->pkt, &self->at, &self->spec, 0, 0);
	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	ASSERT_LT(0, vnet_heard(ps, &self->got, WAIT_MS));
	EXPECT_EQ(0, memcmp(self->got.buf, self->pkt.buf + self->at.inner_eth,
			    self->got.len));
}

/* F5.33 F5.31: forwarded as it is, it is cut: each packet in its own tunnel */
TEST_F(vnet_tunnel, forwarded)
{
	const int types[] = { TCP4, TCP6, USO };
	struct vnet_pkt inner;
	struct vnet_seen s;
	bool partial;
	size_t i, pos;
	int ps, err;

	ASSERT_EQ(0, vnet_veth("ve0", "ve1"));
	ASSERT_EQ(0, link_add("br0", "bridge"));
	ASSERT_EQ(0, link_set_master(IO_NAME, "br0"));
	ASSERT_EQ(0, link_set_master("ve0", "br0"));
	ASSERT_EQ(0, link_up("br0"));
	ASSERT_TRUE(vnet_bridged(IO_NAME));
	ASSERT_TRUE(vnet_bridged("ve0"));
	/* without checksums there is no segmentation, either */
	ASSERT_EQ(0, eth_set_feature("ve0", "tx-checksum-ip-generic", false));
	ps = vnet_psock("ve1");
	ASSERT_LE(0, ps);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		build(self, types[i]);
		ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
		for (pos = 0; pos < LEN; pos += s.data_len) {
			do {	/* not what the bridge says on its own */
				ASSERT_LT(0, vnet_heard(ps, &self->got,
							WAIT_MS));
				err = tunnel_parse(&self->got, &inner,
						   &partial);
			} while (err == -EPROTONOSUPPORT);
			ASSERT_EQ(0, err);
			EXPECT_FALSE(variant->csum && partial);
			ASSERT_EQ(0, vnet_parse(inner.buf, inner.len, true,
						&s));
			EXPECT_FALSE(s.partial);
			ASSERT_GE(SIZE, s.data_len);
			ASSERT_LT(0, s.data_len);
			ASSERT_TRUE(vnet_data_ok(inner.buf + s.data,
						 s.data_len, pos));
		}
	}
}

/* A tun's packets have no Ethernet header, … */
FIXTURE(vnet_tunnel_tun)
{
	struct vnet v;
};

FIXTURE_SETUP(vnet_tunnel_tun)
{
	if (!vnet_newest())
		SKIP(return, "this kernel's tun knows no tunnels");
	ASSERT_EQ(0, vnet_open(&self->v, IFF_TUN | IFF_NO_PI, VNET_SIZE_TNL));
}

FIXTURE_TEARDOWN(vnet_tunnel_tun)
{
}

/* F5.30: … but its length is asked for, so right offsets are wrong ones */
TEST_F(vnet_tunnel_tun, is_of_no_use)
{
	static struct vnet_pkt p;
	struct tunnel_spec spec = {
		.inner = { .proto = IPPROTO_TCP, .len = LEN },
	};
	struct tunnel_pkt at;

	tunnel_build(&p, &at, &spec, TCP4, SIZE);
	memmove(p.buf, p.buf + ETH_HLEN, p.len - ETH_HLEN);
	p.len -= ETH_HLEN;
	p.hdr.hdr_len -= ETH_HLEN;
	p.hdr.csum_start -= ETH_HLEN;
	p.hdr.inner_nh -= ETH_HLEN;
	p.hdr.outer_th -= ETH_HLEN;
	EXPECT_EQ(-EINVAL, vnet_write(&self->v, &p));
	EXPECT_FRAME_ERROR(&self->v);
	p.hdr.outer_th += ETH_HLEN;
	EXPECT_EQ(0, vnet_write(&self->v, &p));
}

TEST_HARNESS_MAIN
