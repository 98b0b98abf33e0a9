// SPDX-License-Identifier: GPL-2.0-only
/*
 * UDP_SEGMENT of sockets over IPv4 and IPv6, read by a program that has asked for
 * nothing: each datagram by itself, whether the stack cuts or the device does.
 */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_stats.h"
#include "testlib_vnet.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <string.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

#define SPORT	1000
#define DPORT	2000
#define SIZE	1000
#define TOTAL	20300			/* the last datagram is short */
#define MOST	65000

FIXTURE(segment_udp)
{
	struct vnet v;
	int ps;				/* what leaves, as the stack sees it */
	int sock;
	struct vnet_pkt got;
	uint8_t data[MOST];
};

FIXTURE_VARIANT(segment_udp)
{
	int flags;
	bool ip6;
};

FIXTURE_VARIANT_ADD(segment_udp, tun_ip4) { IFF_TUN | IFF_NO_PI, false };
FIXTURE_VARIANT_ADD(segment_udp, tun_pi_ip6) { IFF_TUN, true };
FIXTURE_VARIANT_ADD(segment_udp, tun_pi_vnet_ip4) {
	IFF_TUN | IFF_VNET_HDR, false };
FIXTURE_VARIANT_ADD(segment_udp, tap_ip4) { IFF_TAP | IFF_NO_PI, false };
FIXTURE_VARIANT_ADD(segment_udp, tap_ip6) { IFF_TAP | IFF_NO_PI, true };
FIXTURE_VARIANT_ADD(segment_udp, tap_vnet_ip6) {
	IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, true };

/* A socket with the stack's address, connected to the program's. */
static int connected(bool ip6)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET, .sin_port = htons(SPORT),
	}, to = {
		.sin_family = AF_INET, .sin_port = htons(DPORT),
		.sin_addr.s_addr = htonl(VNET_FAR),
	};
	struct sockaddr_in6 from6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(SPORT),
	}, to6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(DPORT),
	};
	int fd = socket(ip6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET6, "fd00::10.9.0.2", &to6.sin6_addr);
	if (fd < 0 || bind(fd, ip6 ? (void *)&from6 : (void *)&from,
			   ip6 ? sizeof(from6) : sizeof(from)) ||
	    connect(fd, ip6 ? (void *)&to6 : (void *)&to,
		    ip6 ? sizeof(to6) : sizeof(to)))
		return -errno;
	return fd;
}

FIXTURE_SETUP(segment_udp)
{
	struct vnet *v = &self->v;
	size_t i;

	if (vt_intree() && !kernel_at_least(6, 11))
		SKIP(return, "UDP_SEGMENT needs a device with checksums here");
	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, vnet_add(v, IO_NAME, variant->flags, VNET_SIZE));
	ASSERT_EQ(0, vnet_address(IO_NAME, VNET_NEAR));
	if (v->io.tap) {
		ASSERT_EQ(0, vnet_neigh(IO_NAME, VNET_FAR, pkt_mac_a));
	}
	if (!variant->ip6) {
		ASSERT_EQ(0, ns_link_ipv6(IO_NAME, false));
	}
	while (vnet_read(v, &self->got) > 0)	/* IPv6's own */
		;
	self->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	ASSERT_LE(0, self->ps);
	self->sock = connected(variant->ip6);
	ASSERT_LE(0, self->sock);
	for (i = 0; i < MOST; i++)
		self->data[i] = vnet_byte(i);
}

FIXTURE_TEARDOWN(segment_udp)
{
}

/* One call that sends @total bytes, @size of them a datagram. */
static int send_cut(FIXTURE_DATA(segment_udp) *self, int size, size_t total)
{
	ssize_t n;

	if (setsockopt(self->sock, IPPROTO_UDP, UDP_SEGMENT, &size,
		       sizeof(size)))
		return -errno;
	n = send(self->sock, self->data, total, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == total ? 0 : -EIO;
}

/* The next datagram read, its checksum and IP id: 0 or -errno. */
static int next(FIXTURE_DATA(segment_udp) *self, struct vnet_seen *seen,
		uint16_t *check, uint16_t *id)
{
	const struct vnet_pkt *got = &self->got;
	size_t eth = self->v.io.tap ? ETH_HLEN : 0;
	const struct iphdr *ip = (void *)(got->buf + eth);
	int proto, err;
	ssize_t n;

	do {
		n = vnet_await(&self->v, &self->got);
		if (n < 0)
			return n;
		err = vnet_parse(got->buf, n, eth, seen);
	} while (err == -EPROTONOSUPPORT);
	if (err)
		return err;
	proto = seen->ip6 ? ETH_P_IPV6 : ETH_P_IP;
	if (seen->proto != IPPROTO_UDP || seen->sport != SPORT ||
	    seen->dport != DPORT || seen->partial || got->hdr.flags ||
	    got->hdr.gso_type || got->hdr.gso_size)
		return -EPROTO;
	if ((self->v.io.pi && got->proto != proto) ||
	    (eth && (memcmp(got->buf, pkt_mac_a, ETH_ALEN) ||
		     got->buf[12] != proto >> 8 ||
		     got->buf[13] != (proto & 0xff))))
		return -EPROTOTYPE;
	memcpy(check, got->buf + seen->data - 2, sizeof(*check));
	*id = seen->ip6 ? 0 : ntohs(ip->id);
	/* "no checksum" is another's word */
	return *check ? 0 : -EBADMSG;
}

/* What comes is what send_cut() sent, and no more. */
static int came(FIXTURE_DATA(segment_udp) *self, size_t size, size_t total)
{
	uint16_t check, id, first = 0;
	struct vnet_seen seen;
	size_t pos, want;
	int err;

	for (pos = 0; pos < total; pos += want) {
		want = total - pos < size ? total - pos : size;
		err = next(self, &seen, &check, &id);
		if (err)
			return err;
		if (!pos)
			first = id;
		if (seen.data_len != want ||
		    memcmp(self->got.buf + seen.data, self->data + pos, want))
			return -EBADMSG;
		if (!seen.ip6 && id != (uint16_t)(first + pos / size))
			return -EILSEQ;
	}
	while (vnet_read(&self->v, &self->got) > 0)
		if (vnet_parse(self->got.buf, self->got.len, self->v.io.tap,
			       &seen) != -EPROTONOSUPPORT)
			return -EEXIST;
	return 0;
}

/* In-tree tun gets what the stack has cut, which nobody but the stack can see. */
#define EXPECT_UNCUT(self) do {						\
	if (!vt_intree()) {						\
		EXPECT_LT(TOTAL, vnet_crossed((self)->ps));		\
	}								\
} while (0)

#define EXPECT_CUT(self)	EXPECT_CROSSED_CUT((self)->ps, SIZE)

/* F6.19 F12.8 F6.10: lengths, checksums, ids; the last one is what is left */
TEST_F(segment_udp, datagrams)
{
	static const struct {
		size_t size, total;
	} sent[] = {
		{ SIZE, TOTAL }, { SIZE, 20 * SIZE }, { SIZE, SIZE + 1 },
		{ 333, 64 * 333 - 1 }, { 1, 50 }, { 1400, 46 * 1400 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sent); i++) {
		ASSERT_EQ(0, send_cut(self, sent[i].size, sent[i].total));
		EXPECT_EQ(0, came(self, sent[i].size, sent[i].total))
			TH_LOG("%zu of %zu", sent[i].total, sent[i].size);
		if (!i)
			EXPECT_UNCUT(self);
	}
	if (!vt_intree()) {
		EXPECT_EQ(i, stats_now(IO_NAME, "tx_segmented"));
	}
}

/* F6.19: a sum of 0 is sent as what means the same, for 0 says that there is none */
TEST_F(segment_udp, sum_of_zero)
{
	uint16_t check, id;
	struct vnet_seen seen;
	size_t n;

	/* what makes the sum of a datagram 0 is its checksum without that */
	for (n = 0; n < TOTAL; n += SIZE)
		memset(self->data + n, 0, 2);
	ASSERT_EQ(0, send_cut(self, SIZE, TOTAL));
	for (n = 0; n < TOTAL; n += SIZE) {
		ASSERT_EQ(0, next(self, &seen, &check, &id));
		memcpy(self->data + n, &check, 2);
	}
	ASSERT_EQ(0, send_cut(self, SIZE, TOTAL));
	for (n = 0; n < TOTAL; n += SIZE) {
		ASSERT_EQ(0, next(self, &seen, &check, &id));
		EXPECT_EQ(0xffff, check) TH_LOG("byte %zu", n);
	}
	EXPECT_UNCUT(self);
}

/* F12.4: the administrator wants it cut by the stack, until a program says more */
TEST_F(segment_udp, switched_off)
{
	ASSERT_EQ(0, send_cut(self, SIZE, TOTAL));
	EXPECT_EQ(0, came(self, SIZE, TOTAL));
	EXPECT_UNCUT(self);
	ASSERT_EQ(0, eth_set_feature(IO_NAME, "tx-udp-segmentation", false));
	ASSERT_EQ(0, send_cut(self, SIZE, TOTAL));
	EXPECT_EQ(0, came(self, SIZE, TOTAL));
	EXPECT_CUT(self);
	/* that of TCP is another thing */
	ASSERT_EQ(0, vnet_offload(&self->v, 0));
	ASSERT_EQ(0, eth_set_feature(IO_NAME, "tx-tcp-segmentation", false));
	ASSERT_EQ(0, eth_set_feature(IO_NAME, "tx-tcp6-segmentation", false));
	ASSERT_EQ(0, send_cut(self, SIZE, TOTAL));
	EXPECT_EQ(0, came(self, SIZE, TOTAL));
	EXPECT_UNCUT(self);
}

TEST_HARNESS_MAIN
