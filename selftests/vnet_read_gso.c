// SPDX-License-Identifier: GPL-2.0-only
/* What a program reads of packets that the stack has left uncut, or has cut. */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_hook.h"
#include "testlib_vnet.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

#define ECN	VIRTIO_NET_HDR_GSO_ECN
#define TCP4	VIRTIO_NET_HDR_GSO_TCPV4
#define TCP6	VIRTIO_NET_HDR_GSO_TCPV6
#define USO	VIRTIO_NET_HDR_GSO_UDP_L4
#define ALL	(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)

FIXTURE(vnet_read_gso)
{
	struct vnet v;
	struct vnet_pkt pkt, got;
	struct vnet_spec spec;
	unsigned long all;		/* every offload that there is */
};

FIXTURE_VARIANT(vnet_read_gso)
{
	int flags;
	int hdr_sz;
};

FIXTURE_VARIANT_ADD(vnet_read_gso, tun) { IFF_TUN | IFF_NO_PI, 10 };
FIXTURE_VARIANT_ADD(vnet_read_gso, tun_pi) { IFF_TUN, 12 };
FIXTURE_VARIANT_ADD(vnet_read_gso, tap) { IFF_TAP | IFF_NO_PI, 12 };
FIXTURE_VARIANT_ADD(vnet_read_gso, tap_pi) { IFF_TAP, 24 };

FIXTURE_SETUP(vnet_read_gso)
{
	struct vnet *v = &self->v;

	ASSERT_EQ(0, vnet_open(v, variant->flags, variant->hdr_sz));
	self->all = ALL | (vnet_has_uso() ? VNET_USO : 0);
	self->spec = (struct vnet_spec){
		.eth = v->io.tap, .src = VNET_NEAR, .dst = VNET_FAR,
	};
}

FIXTURE_TEARDOWN(vnet_read_gso)
{
}

struct kind {
	bool ip6;
	int proto, type;
	unsigned long bits;		/* what it takes to get it uncut */
};

static const struct kind kinds[] = {
	{ false, IPPROTO_TCP, TCP4, TUN_F_CSUM | TUN_F_TSO4 },
	{ true, IPPROTO_TCP, TCP6, TUN_F_CSUM | TUN_F_TSO6 },
	{ false, IPPROTO_TCP, TCP4 | ECN,
	  TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN },
	{ true, IPPROTO_TCP, TCP6 | ECN,
	  TUN_F_CSUM | TUN_F_TSO6 | TUN_F_TSO_ECN },
	{ false, IPPROTO_UDP, USO, TUN_F_CSUM | VNET_USO },
	{ true, IPPROTO_UDP, USO, TUN_F_CSUM | VNET_USO },
};

#define LEN	10000
#define SIZE	1300

static int inject(FIXTURE_DATA(vnet_read_gso) *self, const struct kind *k)
{
	self->spec.ip6 = k->ip6;
	self->spec.proto = k->proto;
	self->spec.len = LEN;
	vnet_build(&self->pkt, &self->spec);
	vnet_gso(&self->pkt, k->type, SIZE);
	return vnet_inject(self->v.vps, IO_NAME, &self->pkt);
}

/*
 * Read LEN bytes of data in packets of SIZE: how many packets, or -errno.
 * Whole checksums unless @partial.
 */
static int read_cut(struct vnet *v, struct vnet_pkt *got, bool partial)
{
	size_t pos = 0, n;
	struct vnet_seen s;
	ssize_t len;
	int err;

	for (n = 0; pos < LEN; n++) {
		len = vnet_read(v, got);
		if (len < 0)
			return len;
		err = vnet_parse(got->buf, len, v->io.tap, &s);
		if (err)
			return err;
		if (s.data_len != (LEN - pos < SIZE ? LEN - pos : SIZE) ||
		    !vnet_data_ok(got->buf + s.data, s.data_len, pos) ||
		    (s.proto == IPPROTO_TCP && s.seq != pos))
			return -EBADMSG;
		if (got->hdr.gso_type || got->hdr.gso_size ||
		    got->hdr.hdr_len || s.partial != partial ||
		    got->hdr.flags !=
		    (partial ? VIRTIO_NET_HDR_F_NEEDS_CSUM : 0))
			return -EPROTO;
		pos += s.data_len;
	}
	return vnet_read(v, got) == -EAGAIN ? (int)n : -EEXIST;
}

/* F6.20 F6.21 F12.1 F5.33: uncut, and described, if the program asked for it */
TEST_F(vnet_read_gso, uncut)
{
	struct vnet *v = &self->v;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];

		if (k->type == USO && !(vnet_has_uso() && vnet_socket_uso()))
			continue;
		ASSERT_EQ(0, vnet_offload(v, k->bits));
		io_counted(&v->io);
		ASSERT_EQ(0, inject(self, k));
		ASSERT_EQ(self->pkt.len, vnet_read(v, &self->got));
		EXPECT_TX(&v->io, 1, self->pkt.len, 0);
		EXPECT_EQ(k->type, self->got.hdr.gso_type);
		EXPECT_EQ(SIZE, self->got.hdr.gso_size);
		EXPECT_EQ(self->pkt.hdr.flags, self->got.hdr.flags);
		EXPECT_EQ(self->pkt.hdr.csum_start, self->got.hdr.csum_start);
		EXPECT_EQ(self->pkt.hdr.csum_offset, self->got.hdr.csum_offset);
		/* as much as is linear: a hint */
		EXPECT_LE(self->pkt.data, self->got.hdr.hdr_len);
		EXPECT_GE(self->pkt.len, self->got.hdr.hdr_len);
		EXPECT_EQ(0, memcmp(self->got.buf, self->pkt.buf,
				    self->pkt.len));
	}
}

/* F6.19 F12.8 F5.33: else cut by the stack, the checksums complete */
TEST_F(vnet_read_gso, cut)
{
	struct vnet *v = &self->v;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].type == USO && !vnet_socket_uso())
			continue;
		ASSERT_EQ(0, inject(self, &kinds[i]));
		EXPECT_EQ((LEN + SIZE - 1) / SIZE,
			  read_cut(v, &self->got, false))
			TH_LOG("kind %zu", i);
	}
}

/* F12.1: each bit lets through its own kind, not the others */
TEST_F(vnet_read_gso, each_bit)
{
	static const unsigned long bits[] = {
		TUN_F_CSUM, TUN_F_CSUM | TUN_F_UFO, TUN_F_CSUM | TUN_F_TSO4,
		TUN_F_CSUM | TUN_F_TSO6,
		TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN,
		TUN_F_CSUM | VNET_USO,
	};
	struct vnet *v = &self->v;
	size_t i, n;

	for (n = 0; n < ARRAY_SIZE(bits) - !vnet_has_uso(); n++) {
		ASSERT_EQ(0, vnet_offload(v, bits[n]));
		for (i = 0; i < ARRAY_SIZE(kinds); i++) {
			const struct kind *k = &kinds[i];

			if (k->type == USO && !vnet_socket_uso())
				continue;
			ASSERT_EQ(0, inject(self, k));
			if ((k->bits & bits[n]) == k->bits) {
				EXPECT_EQ(self->pkt.len,
					  vnet_read(v, &self->got));
				EXPECT_EQ(k->type, self->got.hdr.gso_type);
				continue;
			}
			EXPECT_LT(1, read_cut(v, &self->got, true))
				TH_LOG("bits %#lx, kind %zu", bits[n], i);
			while (vnet_read(v, &self->got) > 0)
				;
		}
	}
}

/* F12.4: "ethtool -K" makes the stack cut what the program would take */
TEST_F(vnet_read_gso, administrator)
{
	struct vnet *v = &self->v;

	ASSERT_EQ(0, vnet_offload(v, self->all));
	ASSERT_EQ(0, eth_set_feature(IO_NAME, "tx-tcp-segmentation", false));
	ASSERT_EQ(0, inject(self, &kinds[0]));
	EXPECT_LT(1, read_cut(v, &self->got, true));
	ASSERT_EQ(0, inject(self, &kinds[1]));
	EXPECT_EQ(self->pkt.len, vnet_read(v, &self->got));
	ASSERT_EQ(0, eth_set_feature(IO_NAME, "tx-tcp-segmentation", true));
	ASSERT_EQ(0, inject(self, &kinds[0]));
	EXPECT_EQ(self->pkt.len, vnet_read(v, &self->got));
}

/* F6.20 F6.21 F6.29: the same with a VLAN tag that the read puts in */
TEST_F(vnet_read_gso, tagged)
{
	int err = hook_tag(link_index(IO_NAME), ETH_P_8021Q, 7);
	struct vnet *v = &self->v;
	size_t i;

	if (hook_missing(err))
		SKIP(return, "no tc egress here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vnet_offload(v, self->all));
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *k = &kinds[i];

		if (k->type == USO && !(vnet_has_uso() && vnet_socket_uso()))
			continue;
		if (!v->io.tap)
			break;
		ASSERT_EQ(0, inject(self, k));
		ASSERT_EQ(self->pkt.len + 4, vnet_read(v, &self->got));
		EXPECT_EQ(k->type, self->got.hdr.gso_type);
		EXPECT_EQ(self->pkt.hdr.csum_start + 4,
			  self->got.hdr.csum_start);
		EXPECT_EQ(0, memcmp(self->got.buf + 16, self->pkt.buf + 12,
				    self->pkt.len - 12));
	}
}

/* F6.11 F6.13 F4.25: a buffer too small for it loses the rest, as ever */
TEST_F(vnet_read_gso, truncated)
{
	struct vnet *v = &self->v;
	size_t head = (v->io.pi ? 4 : 0) + v->hdr_sz;

	ASSERT_EQ(0, vnet_offload(v, self->all));
	io_counted(&v->io);
	ASSERT_EQ(0, inject(self, &kinds[0]));
	EXPECT_EQ(1500, io_read(v->io.fd, self->got.buf, 1500));
	EXPECT_EQ(0, memcmp(self->got.buf + head, self->pkt.buf, 1500 - head));
	EXPECT_EQ(-EAGAIN, vnet_read(v, &self->got));
	EXPECT_TX(&v->io, 1, self->pkt.len, 0);
	ASSERT_EQ(0, inject(self, &kinds[0]));
	EXPECT_EQ(-EINVAL, io_read(v->io.fd, self->got.buf, head - 1));
	EXPECT_NOTHING_COUNTED(&v->io);
}

/* F6.28 F12.6: without the header nobody is told, and it comes all the same */
TEST_F(vnet_read_gso, no_header)
{
	struct vnet plain;
	struct vnet_seen seen;

	ASSERT_EQ(0, vnet_add(&plain, "gso1",
			      variant->flags & ~IFF_VNET_HDR, 0));
	ASSERT_EQ(0, vnet_offload(&plain, self->all));
	ASSERT_EQ(0, inject(self, &kinds[0]));
	while (vnet_read(&self->v, &self->got) > 0)
		;
	ASSERT_EQ(0, vnet_inject(plain.vps, "gso1", &self->pkt));
	ASSERT_EQ(self->pkt.len, vnet_read(&plain, &self->got));
	EXPECT_EQ(0, memcmp(self->got.buf, self->pkt.buf, self->pkt.len));
	EXPECT_EQ(0, vnet_parse(self->got.buf, self->got.len, plain.io.tap,
				&seen));
	EXPECT_TRUE(seen.partial);
}

/* F12.7 F6.28 F10.2: what the program before asked for is still on */
TEST_F(vnet_read_gso, inherited)
{
	struct vnet *v = &self->v;

	ASSERT_EQ(0, vnet_offload(v, ALL));
	ASSERT_EQ(0, vt_persist(v->io.fd, true));
	close(v->io.fd);
	v->io.fd = vt_attach_nb(IO_NAME, variant->flags | IFF_VNET_HDR);
	ASSERT_LE(0, v->io.fd);
	ASSERT_EQ(0, inject(self, &kinds[0]));
	ASSERT_EQ(self->pkt.len, vnet_read(v, &self->got));
	EXPECT_EQ(TCP4, self->got.hdr.gso_type);
	ASSERT_EQ(0, vnet_offload(v, 0));
	ASSERT_EQ(0, inject(self, &kinds[0]));
	EXPECT_LT(1, read_cut(v, &self->got, false));
}

/* F6.20 F6.31 F12.1: UDP_SEGMENT of a socket: one read or one for each datagram */
TEST_F(vnet_read_gso, udp_socket)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(VNET_FAR),
	};
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = SIZE;
	struct vnet *v = &self->v;
	static uint8_t data[LEN];
	struct vnet_seen seen;
	size_t i;

	for (i = 0; i < LEN; i++)
		data[i] = vnet_byte(i);
	ASSERT_EQ(0, vnet_address(IO_NAME, VNET_NEAR));
	if (v->io.tap) {
		ASSERT_EQ(0, vnet_neigh(IO_NAME, VNET_FAR, pkt_mac_a));
	}
	ASSERT_EQ(0, ns_link_ipv6(IO_NAME, false));
	while (vnet_read(v, &self->got) > 0)	/* IPv6's own */
		;
	ASSERT_EQ(0, setsockopt(sock, IPPROTO_UDP, UDP_SEGMENT, &size,
				sizeof(size)));
	ASSERT_EQ(0, vnet_offload(v, TUN_F_CSUM));
	ASSERT_EQ(LEN, sendto(sock, data, LEN, 0, (void *)&to, sizeof(to)));
	EXPECT_EQ((LEN + SIZE - 1) / SIZE, read_cut(v, &self->got, true));
	if (!vnet_has_uso())
		return;
	ASSERT_EQ(0, vnet_offload(v, TUN_F_CSUM | VNET_USO));
	ASSERT_EQ(LEN, sendto(sock, data, LEN, 0, (void *)&to, sizeof(to)));
	ASSERT_LT(LEN, vnet_read(v, &self->got));
	EXPECT_EQ(USO, self->got.hdr.gso_type);
	EXPECT_EQ(SIZE, self->got.hdr.gso_size);
	EXPECT_EQ(0, vnet_parse(self->got.buf, self->got.len, v->io.tap,
				&seen));
	EXPECT_TRUE(seen.partial);
	EXPECT_EQ(LEN, seen.data_len);
	EXPECT_TRUE(vnet_data_ok(self->got.buf + seen.data, LEN, 0));
}

TEST_HARNESS_MAIN
