// SPDX-License-Identifier: GPL-2.0-only
/* Ethernet frames on the way in: how short, for whom, of which kind. */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

FIXTURE(write_tap)
{
	struct io io;
};

FIXTURE_VARIANT(write_tap)
{
	int flags;
};

FIXTURE_VARIANT_ADD(write_tap, no_pi)
{
	.flags = IFF_TAP | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(write_tap, pi)
{
	.flags = IFF_TAP,
};

FIXTURE_SETUP(write_tap)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(write_tap)
{
}

/* Write @len bytes of an Ethernet frame, by write() or in segments. */
static ssize_t write_eth(struct io *io, const void *eth, size_t len, bool vec)
{
	uint8_t frame[PKT_MAX] = {};
	size_t head = io->pi ? IO_PI_LEN : 0;
	struct iovec iov[] = {
		{ frame, head + len / 2 },
		{ frame + head + len / 2, len - len / 2 },
	};
	ssize_t n;

	memcpy(frame + head, eth, len);
	n = vec ? io_writev(io->fd, iov, 2) :
		  io_write(io->fd, frame, head + len);
	return n < 0 ? n : n - head;
}

/* The packet type of the next received packet, and its protocol. */
static int seen_type(struct io *io, int *proto)
{
	struct sockaddr_ll sll = {};
	socklen_t slen = sizeof(sll);
	uint8_t buf[PKT_MAX];

	*proto = -1;
	if (recvfrom(io->ps, buf, sizeof(buf), MSG_DONTWAIT, (void *)&sll,
		     &slen) < 0)
		return -errno;
	*proto = ntohs(sll.sll_protocol);
	return sll.sll_pkttype;
}

/* F5.10 F5.3: 0 to 13 bytes, by each entry; class of CVE-2024-41090, -41091 */
TEST_F(write_tap, shorter_than_a_header_is_refused)
{
	uint8_t eth[ETH_HLEN];
	struct io *io = &self->io;
	size_t len;

	pkt_eth(eth, pkt_mac_b, pkt_mac_a, ETH_P_IP);
	for (len = 0; len < ETH_HLEN; len++) {
		EXPECT_EQ(-EINVAL, write_eth(io, eth, len, false));
		/* a writev() of nothing doesn't get to the driver */
		if (len || io->pi)
			EXPECT_EQ(-EINVAL, write_eth(io, eth, len, true));
	}
	EXPECT_TRUE(io_unseen(io));
	EXPECT_NOTHING_COUNTED(io);
}

/* F5.10: a header alone is a frame, and is not padded */
TEST_F(write_tap, header_alone)
{
	uint8_t eth[ETH_HLEN];
	struct io *io = &self->io;

	pkt_eth(eth, pkt_mac_b, pkt_mac_a, ETH_P_IP);
	EXPECT_EQ(ETH_HLEN, write_eth(io, eth, ETH_HLEN, false));
	EXPECT_EQ(0, io_seen(io, eth, ETH_HLEN));
	EXPECT_EQ(ETH_HLEN, write_eth(io, eth, ETH_HLEN, true));
	EXPECT_EQ(0, io_seen(io, eth, ETH_HLEN));
	EXPECT_RX(io, 2, 2 * ETH_HLEN, 0);
}

/* F5.10: the destination address tells for whom a frame is */
TEST_F(write_tap, packet_type)
{
	const uint8_t group[ETH_ALEN] = { 1, 0, 0x5e, 0, 0, 1 };
	struct io *io = &self->io;
	struct link_info info;
	int proto;
	struct {
		const uint8_t *dst;
		int type;
	} to[] = {
		{ info.addr, PACKET_HOST },
		{ pkt_mac_bcast, PACKET_BROADCAST },
		{ group, PACKET_MULTICAST },
		{ pkt_mac_b, PACKET_OTHERHOST },
	};
	uint8_t eth[60] = {};
	size_t i;

	ASSERT_EQ(0, link_get(IO_NAME, &info));
	for (i = 0; i < ARRAY_SIZE(to); i++) {
		pkt_eth(eth, to[i].dst, pkt_mac_a, 0x88b5);
		EXPECT_EQ(60, write_eth(io, eth, 60, false));
		EXPECT_EQ(to[i].type, seen_type(io, &proto));
		EXPECT_EQ(0x88b5, proto);
	}
	EXPECT_RX(io, 4, 240, 0);
}

/* F5.10 F5.7: a type below 1536 is a length: 802.2, or 802.3 "raw" */
TEST_F(write_tap, lengths_and_types)
{
	struct io *io = &self->io;
	static const struct {
		int type;
		uint16_t first;		/* payload bytes */
		int proto;
	} kinds[] = {
		{ 0x0600, 0, 0x0600 },
		{ 0x05ff, 0xaaaa, ETH_P_802_2 },
		{ 46, 0x4242, ETH_P_802_2 },
		{ 46, 0xffff, ETH_P_802_3 },
		{ 0, 0, ETH_P_802_2 },
		{ 0xffff, 0, 0xffff },
	};
	uint8_t eth[60] = {};
	size_t i;
	int proto;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		pkt_eth(eth, pkt_mac_bcast, pkt_mac_a, kinds[i].type);
		memcpy(eth + ETH_HLEN, &kinds[i].first, 2);
		EXPECT_EQ(60, write_eth(io, eth, 60, false));
		EXPECT_EQ(PACKET_BROADCAST, seen_type(io, &proto));
		EXPECT_EQ(kinds[i].proto, proto);
	}
	EXPECT_RX(io, ARRAY_SIZE(kinds), 60 * ARRAY_SIZE(kinds), 0);
}

/* F4.26 F4.24: a frame that no protocol wants is the core's drop */
TEST_F(write_tap, no_protocol)
{
	struct io *io = &self->io;
	uint8_t eth[60] = {};

	close(io->ps);
	pkt_eth(eth, pkt_mac_bcast, pkt_mac_a, 0x88b5);
	EXPECT_EQ(60, write_eth(io, eth, 60, false));
	EXPECT_RX(io, 1, 60, 1);
}

TEST_HARNESS_MAIN
