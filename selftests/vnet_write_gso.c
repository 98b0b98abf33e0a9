// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing packets that the stack shall cut: which ones it takes as such. Classes
 * of CVE-2024-43817 and CVE-2024-43897, of legal packets that were refused when
 * these were mended, and of CVE-2026-74684 (no device yet, no protocol).
 */
#include <kselftest_harness.h>
#include "testlib_vnet.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <string.h>

#define ECN	VIRTIO_NET_HDR_GSO_ECN
#define TCP4	VIRTIO_NET_HDR_GSO_TCPV4
#define TCP6	VIRTIO_NET_HDR_GSO_TCPV6
#define UFO	VIRTIO_NET_HDR_GSO_UDP
#define USO	VIRTIO_NET_HDR_GSO_UDP_L4

FIXTURE(vnet_gso)
{
	struct vnet v;
	struct vnet_pkt pkt, got;
};

FIXTURE_VARIANT(vnet_gso)
{
	int flags;
	int hdr_sz;
};

FIXTURE_VARIANT_ADD(vnet_gso, tun) { IFF_TUN | IFF_NO_PI, 10 };
FIXTURE_VARIANT_ADD(vnet_gso, tun_pi) { IFF_TUN, 12 };
FIXTURE_VARIANT_ADD(vnet_gso, tap) { IFF_TAP | IFF_NO_PI, 12 };
FIXTURE_VARIANT_ADD(vnet_gso, tap_tunnels) { IFF_TAP | IFF_NO_PI, 24 };

FIXTURE_SETUP(vnet_gso)
{
	ASSERT_EQ(0, vnet_open(&self->v, variant->flags, variant->hdr_sz));
}

FIXTURE_TEARDOWN(vnet_gso)
{
}

static void build(struct vnet_pkt *p, const struct vnet *v, bool ip6, int proto,
		  size_t len)
{
	const struct vnet_spec spec = {
		.eth = v->io.tap, .ip6 = ip6, .proto = proto, .len = len,
	};

	vnet_build(p, &spec);
}

/* A whole packet of @proto that only says it is to be cut. */
static void claim(struct vnet_pkt *p, const struct vnet *v, bool ip6, int proto,
		  int type)
{
	build(p, v, ip6, proto, 3000);
	p->hdr.gso_type = type;
	p->hdr.gso_size = 1000;
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

/* Checked by length only before 7.3, so there these pass. */
#define EXPECT_BAD_NOW(self) do {					\
	if (vnet_newest())						\
		EXPECT_BAD(self);					\
	else								\
		EXPECT_TAKEN(self);					\
} while (0)

#define EXPECT_HEARD(self, type, size) do {				\
	ASSERT_EQ((self)->pkt.len, vnet_heard((self)->v.vps,		\
					      &(self)->got, WAIT_MS));	\
	EXPECT_EQ(type, (self)->got.hdr.gso_type);			\
	EXPECT_EQ(size, (self)->got.hdr.gso_size);			\
	EXPECT_EQ((self)->pkt.hdr.flags, (self)->got.hdr.flags);	\
	EXPECT_EQ(0, memcmp((self)->got.buf, (self)->pkt.buf,		\
			    (self)->pkt.len));				\
} while (0)

/* F5.18 F5.19 F4.27 F5.29: of all 256 types, on a TCP packet */
TEST_F(vnet_gso, types)
{
	int type;

	if (!vnet_known_rules())
		SKIP(return, "this kernel's tun has older rules");
	for (type = 0; type < 256; type++) {
		build(&self->pkt, &self->v, false, IPPROTO_TCP, 3000);
		vnet_gso(&self->pkt, type, 1000);
		switch (type & ~ECN) {
		case 0:
			if (!type)
				EXPECT_TAKEN(self);
			else
				EXPECT_BAD(self);	/* ECN alone */
			break;
		case TCP4:
		case UFO:	/* nothing checks the protocol here */
			EXPECT_TAKEN(self);
			break;
		default:
			EXPECT_BAD(self);
		}
	}
}

struct kind {
	bool ip6;
	int proto, type;
};

static const struct kind kinds[] = {
	{ false, IPPROTO_TCP, TCP4 }, { false, IPPROTO_TCP, TCP4 | ECN },
	{ true, IPPROTO_TCP, TCP6 }, { true, IPPROTO_TCP, TCP6 | ECN },
	{ false, IPPROTO_UDP, USO }, { true, IPPROTO_UDP, USO },
};

/* F5.24 F5.26 F5.27 F4.24 F5.5: each kind arrives in one piece, as what it is */
TEST_F(vnet_gso, kinds)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];

		if (k->type == USO && !vnet_has_uso())
			continue;
		build(&self->pkt, &self->v, k->ip6, k->proto, 60000);
		vnet_gso(&self->pkt, k->type, 1400);
		EXPECT_TAKEN(self);
		if (k->type == USO && !vnet_socket_uso()) {
			EXPECT_EQ(-EINVAL, vnet_heard(self->v.vps, &self->got,
						      WAIT_MS));
			continue;
		}
		EXPECT_HEARD(self, k->type, 1400);
		EXPECT_EQ(self->pkt.hdr.csum_start, self->got.hdr.csum_start);
		EXPECT_EQ(self->pkt.hdr.csum_offset, self->got.hdr.csum_offset);
	}
}

/* F5.27: UFO, with ECN too; a packet socket has no words for it */
TEST_F(vnet_gso, ufo)
{
	int ip6, ecn;

	for (ip6 = 0; ip6 < 2; ip6++) {
		for (ecn = 0; ecn <= ECN; ecn += ECN) {
			build(&self->pkt, &self->v, ip6, IPPROTO_UDP, 5000);
			vnet_gso(&self->pkt, UFO | ecn, 1000);
			EXPECT_TAKEN(self);
			EXPECT_EQ(-EINVAL, vnet_heard(self->v.vps, &self->got,
						      WAIT_MS));
		}
	}
}

/* F5.20: no size, and the one that the kernel means something else by */
TEST_F(vnet_gso, no_size)
{
	const int sizes[] = { 0, 0xffff };
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (n = 0; n < ARRAY_SIZE(sizes); n++) {
			build(&self->pkt, &self->v, kinds[i].ip6,
			      kinds[i].proto, 3000);
			vnet_gso(&self->pkt, kinds[i].type, sizes[n]);
			EXPECT_BAD(self);
		}
	}
	/* without a type nobody looks at it */
	self->pkt.hdr.gso_type = 0;
	EXPECT_TAKEN(self);
}

/* F5.28: what one packet can hold is delivered as one */
TEST_F(vnet_gso, needs_no_cutting)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];
		int len;

		if (k->type == USO && !(vnet_has_uso() && vnet_socket_uso()))
			continue;
		for (len = 999; len < 1002; len++) {
			build(&self->pkt, &self->v, k->ip6, k->proto, len);
			vnet_gso(&self->pkt, k->type, 1000);
			EXPECT_TAKEN(self);
			EXPECT_HEARD(self, len > 1000 ? k->type : 0,
				     len > 1000 ? 1000 : 0);
		}
	}
	/* UFO's size counts the UDP header, too */
	build(&self->pkt, &self->v, false, IPPROTO_UDP, 992);
	vnet_gso(&self->pkt, UFO, 1000);
	EXPECT_TAKEN(self);
	EXPECT_HEARD(self, 0, 0);
	build(&self->pkt, &self->v, false, IPPROTO_UDP, 993);
	vnet_gso(&self->pkt, UFO, 1000);
	EXPECT_TAKEN(self);
	EXPECT_EQ(-EINVAL, vnet_heard(self->v.vps, &self->got, WAIT_MS));
}

/* F5.26: TCP is not cut into less than 8 bytes */
TEST_F(vnet_gso, small_size)
{
	int size;

	for (size = 1; size < 12; size++) {
		build(&self->pkt, &self->v, false, IPPROTO_TCP, 100);
		vnet_gso(&self->pkt, TCP4, size);
		EXPECT_TAKEN(self);
		EXPECT_HEARD(self, TCP4, size < 8 ? 8 : size);
	}
}

/* F5.26 F5.27: the checksum is where that protocol has it */
TEST_F(vnet_gso, checksum_offset)
{
	int off;

	for (off = 0; off < 40; off++) {
		build(&self->pkt, &self->v, false, IPPROTO_TCP, 3000);
		vnet_gso(&self->pkt, TCP4, 1000);
		self->pkt.hdr.csum_offset = off;
		if (off == 16)
			EXPECT_TAKEN(self);
		else
			EXPECT_BAD(self);
		build(&self->pkt, &self->v, true, IPPROTO_UDP, 3000);
		vnet_gso(&self->pkt, USO, 1000);
		self->pkt.hdr.csum_offset = off;
		if (off == 6 && vnet_has_uso())
			EXPECT_TAKEN(self);
		else
			EXPECT_BAD(self);
	}
}

/* F5.26: what the packet says it is, is not compared where offsets are given */
TEST_F(vnet_gso, protocol_is_not_compared)
{
	build(&self->pkt, &self->v, false, IPPROTO_TCP, 3000);
	vnet_gso(&self->pkt, TCP6, 1000);
	if (vnet_known_rules())
		EXPECT_BAD(self);	/* too near for IPv6 */
	self->pkt.hdr.csum_start = 40;
	EXPECT_TAKEN(self);
	build(&self->pkt, &self->v, true, IPPROTO_UDP, 3000);
	vnet_gso(&self->pkt, TCP4, 1000);
	self->pkt.hdr.csum_offset = 16;
	EXPECT_TAKEN(self);
}

/* F5.27: UDP_L4: checksum left open, no ECN, at most 128 packets */
TEST_F(vnet_gso, uso)
{
	if (!vnet_has_uso())
		SKIP(return, "this kernel's tun has no UDP_L4");
	build(&self->pkt, &self->v, false, IPPROTO_UDP, 128 * 11);
	vnet_gso(&self->pkt, USO, 11);
	EXPECT_TAKEN(self);
	self->pkt.hdr.gso_type |= ECN;
	EXPECT_BAD(self);
	self->pkt.hdr.gso_type = USO;
	self->pkt.hdr.gso_size = 10;
	EXPECT_BAD(self);
	build(&self->pkt, &self->v, false, IPPROTO_UDP, 128 * 11 + 1);
	vnet_gso(&self->pkt, USO, 11);
	EXPECT_BAD(self);
	claim(&self->pkt, &self->v, false, IPPROTO_UDP, USO);
	EXPECT_BAD(self);
	claim(&self->pkt, &self->v, true, IPPROTO_UDP, USO);
	EXPECT_BAD(self);
}

/* F5.24 F5.25: with the checksum done the packet itself tells */
TEST_F(vnet_gso, whole_checksum)
{
	const struct kind good[] = {
		{ false, IPPROTO_TCP, TCP4 }, { true, IPPROTO_TCP, TCP6 },
		{ false, IPPROTO_TCP, TCP4 | ECN },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		claim(&self->pkt, &self->v, good[i].ip6, good[i].proto,
		      good[i].type);
		EXPECT_TAKEN(self);
		EXPECT_HEARD(self, good[i].type, 1000);
	}
	claim(&self->pkt, &self->v, false, IPPROTO_UDP, UFO);
	EXPECT_TAKEN(self);
	claim(&self->pkt, &self->v, true, IPPROTO_UDP, UFO);
	EXPECT_TAKEN(self);
}

/* F5.24 F5.25 F14.6: and if it tells something else, 7.3 refuses it */
TEST_F(vnet_gso, not_what_it_claims)
{
	const struct kind bad[] = {
		{ true, IPPROTO_TCP, TCP4 }, { false, IPPROTO_TCP, TCP6 },
		{ false, IPPROTO_UDP, TCP4 }, { true, IPPROTO_UDP, TCP6 },
		{ false, IPPROTO_TCP, UFO }, { true, IPPROTO_TCP, UFO },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		claim(&self->pkt, &self->v, bad[i].ip6, bad[i].proto,
		      bad[i].type);
		EXPECT_BAD_NOW(self);
	}
	/* an IPv4 header that is too short for one */
	claim(&self->pkt, &self->v, false, IPPROTO_TCP, TCP4);
	self->pkt.buf[self->pkt.l3] = 0x41;
	EXPECT_BAD_NOW(self);
}

/* F5.24 F5.25: what is cut off before its transport header ends */
TEST_F(vnet_gso, truncated)
{
	size_t whole, len, least = 40;

	if (!vnet_known_rules())
		SKIP(return, "this kernel's tun has older rules");
	claim(&self->pkt, &self->v, false, IPPROTO_TCP, TCP4);
	whole = self->pkt.data;
	for (len = self->pkt.l4; len < whole; len++) {
		self->pkt.len = len;
		if (vnet_newest() || len < least)
			EXPECT_BAD(self);
		else
			EXPECT_TAKEN(self);
	}
	self->pkt.len = whole;
	EXPECT_TAKEN(self);
}

/* F5.24 F5.25: on tap the Ethernet type decides; VLAN tags are looked through */
TEST_F(vnet_gso, ethernet_type)
{
	struct vnet_pkt *p = &self->pkt;
	uint16_t type = htons(0x1234), tag[] = { htons(ETH_P_8021Q), htons(7) };

	if (!self->v.io.tap)
		SKIP(return, "tun has no Ethernet header");
	claim(p, &self->v, false, IPPROTO_TCP, TCP4);
	memcpy(p->buf + 12, &type, 2);
	EXPECT_BAD_NOW(self);
	claim(p, &self->v, false, IPPROTO_TCP, TCP4);
	memmove(p->buf + 16, p->buf + 12, p->len - 12);
	memcpy(p->buf + 12, tag, sizeof(tag));
	p->len += 4;
	EXPECT_EQ(0, vnet_write(&self->v, p));
	EXPECT_EQ(1, io_counted(&self->v.io).rx_packets);
}

/* F5.24 F5.7: packet information is believed, if it says anything */
TEST_F(vnet_gso, protocol_of_packet_information)
{
	struct vnet_pkt *p = &self->pkt;

	if (!self->v.io.pi)
		SKIP(return, "no packet information");
	claim(p, &self->v, false, IPPROTO_TCP, TCP4);
	p->proto = ETH_P_IPV6;
	EXPECT_BAD_NOW(self);
	p->proto = ETH_P_ARP;
	EXPECT_BAD_NOW(self);
	p->proto = 0;
	EXPECT_TAKEN(self);
	claim(p, &self->v, true, IPPROTO_TCP, TCP6);
	p->proto = 0;
	EXPECT_TAKEN(self);
	/* UFO has one type for both: IPv6 is tried where IPv4 does not fit */
	claim(p, &self->v, true, IPPROTO_UDP, UFO);
	p->proto = ETH_P_IP;
	EXPECT_TAKEN(self);
	claim(p, &self->v, false, IPPROTO_UDP, UFO);
	p->proto = ETH_P_IPV6;
	EXPECT_BAD_NOW(self);
}

TEST_HARNESS_MAIN
