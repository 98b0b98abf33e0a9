// SPDX-License-Identifier: GPL-2.0-only
/* TUNSETTXFILTER: which destination addresses reach the program. */
#include <kselftest_harness.h>
#include "testlib.h"

#define FRAME_LEN	60
#define MAX_ADDRS	16
#define EXACT		8		/* so many are compared, not hashed */

struct filter {
	uint16_t flags;
	uint16_t count;
	uint8_t addr[MAX_ADDRS][ETH_ALEN];
};

static const uint8_t unicast_a[ETH_ALEN] = { 2, 1, 1, 1, 1, 1 };
static const uint8_t unicast_b[ETH_ALEN] = { 2, 1, 1, 1, 1, 2 };
static const uint8_t multicast_a[ETH_ALEN] = { 1, 0, 0x5e, 0, 0, 1 };
static const uint8_t multicast_b[ETH_ALEN] = { 1, 0, 0x5e, 0, 0, 2 };

FIXTURE(txfilter)
{
	int fd;
	int sock;
	struct filter filter;
};

FIXTURE_VARIANT(txfilter)
{
	int flags;
};

FIXTURE_VARIANT_ADD(txfilter, tap)
{
	.flags = IFF_TAP | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(txfilter, tap_pi)
{
	.flags = IFF_TAP,
};

FIXTURE_VARIANT_ADD(txfilter, tap_multi_queue)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(txfilter)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach_nb("flt0", variant->flags);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, link_up("flt0"));
	self->sock = psock_open("flt0", SOCK_RAW, 0);
	ASSERT_LE(0, self->sock);
	memset(&self->filter, 0, sizeof(self->filter));
}

FIXTURE_TEARDOWN(txfilter)
{
}

static void add(struct filter *f, const uint8_t *addr)
{
	memcpy(f->addr[f->count++], addr, ETH_ALEN);
}

static int apply(int fd, const struct filter *f)
{
	return vt_ioctl(fd, TUNSETTXFILTER, (unsigned long)f);
}

static uint64_t dropped(void)
{
	struct link_info info;

	return link_get("flt0", &info) ? 0 : info.stats.tx_dropped;
}

/*
 * Send a frame to @dst: 1 if the program gets it, 0 if it was dropped and
 * counted, or -errno.
 */
static int passes(FIXTURE_DATA(txfilter) *self, const uint8_t *dst)
{
	uint8_t frame[FRAME_LEN] = {}, got[FRAME_LEN + 64];
	uint64_t before = dropped();
	ssize_t n;

	pkt_eth(frame, dst, pkt_mac_a, ETH_P_802_EX1);
	n = psock_send(self->sock, "flt0", ETH_P_802_EX1, frame, FRAME_LEN);
	if (n < 0)
		return n;
	if (!wait_for(fd_poll(self->fd, POLLIN, 0) || dropped() != before,
		      WAIT_MS))
		return -ETIMEDOUT;
	n = read(self->fd, got, sizeof(got));
	if (n < 0)
		return errno != EAGAIN ? -errno :
		       dropped() == before + 1 ? 0 : -EPROTO;
	if (dropped() != before || n < FRAME_LEN)
		return -EPROTO;
	/* packet information, if there is any, stands in front */
	return memcmp(got + n - FRAME_LEN, frame, FRAME_LEN) ? -EBADMSG : 1;
}

/* The 64-bucket multicast hash that network cards use. */
static unsigned int bucket(const uint8_t *addr)
{
	unsigned int i, bit, top = 0;
	uint32_t crc = ~0U;

	for (i = 0; i < ETH_ALEN; i++) {
		crc ^= addr[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? (crc >> 1) ^ 0xedb88320 : crc >> 1;
	}
	for (i = 0; i < 6; i++)
		top |= (crc >> i & 1) << (5 - i);
	return top;
}

/* A multicast address other than @addr, in the same bucket or another one. */
static void neighbour(const uint8_t *addr, bool same, uint8_t *out)
{
	unsigned int i;

	for (i = 0; i < 65536; i++) {
		memcpy(out, addr, ETH_ALEN);
		out[4] = i >> 8;
		out[5] = i;
		if (memcmp(out, addr, ETH_ALEN) &&
		    (bucket(out) == bucket(addr)) == same)
			return;
	}
}

/* F3.8.2: nothing is filtered at first, nor when no address is given */
TEST_F(txfilter, is_off_without_addresses)
{
	EXPECT_EQ(1, passes(self, unicast_a));
	EXPECT_EQ(1, passes(self, multicast_a));
	add(&self->filter, unicast_b);
	EXPECT_EQ(1, apply(self->fd, &self->filter));
	EXPECT_EQ(0, passes(self, unicast_a));
	self->filter.count = 0;
	EXPECT_EQ(0, apply(self->fd, &self->filter));
	EXPECT_EQ(1, passes(self, unicast_a));
	EXPECT_EQ(1, passes(self, multicast_a));
	/* … whatever the flags say */
	self->filter.flags = TUN_FLT_ALLMULTI;
	EXPECT_EQ(0, apply(self->fd, &self->filter));
	EXPECT_EQ(1, passes(self, unicast_a));
}

/* F3.8.3 F3.8.4 F3.8.6: up to eight are compared, of either sort */
TEST_F(txfilter, compares_eight)
{
	uint8_t addr[ETH_ALEN];
	int i;

	for (i = 1; i <= EXACT; i++) {
		memcpy(addr, i & 1 ? unicast_a : multicast_a, ETH_ALEN);
		addr[3] = i;
		add(&self->filter, addr);
		ASSERT_EQ(i, apply(self->fd, &self->filter));
		EXPECT_EQ(1, passes(self, addr));
		EXPECT_EQ(1, passes(self, self->filter.addr[0]));
	}
	EXPECT_EQ(0, passes(self, unicast_b));
	EXPECT_EQ(0, passes(self, multicast_a));
	/* no hash in use: an address of the same bucket doesn't pass */
	neighbour(self->filter.addr[1], true, addr);
	EXPECT_EQ(0, passes(self, addr));
}

/* F3.8.3 F3.8.4: multicast addresses beyond the eighth share buckets */
TEST_F(txfilter, hashes_the_rest)
{
	uint8_t same[ETH_ALEN], other[ETH_ALEN], addr[ETH_ALEN];
	int i;

	for (i = 0; i < EXACT; i++) {
		memcpy(addr, unicast_a, ETH_ALEN);
		addr[4] = i;
		add(&self->filter, addr);
	}
	add(&self->filter, multicast_a);
	ASSERT_EQ(EXACT, apply(self->fd, &self->filter));
	neighbour(multicast_a, true, same);
	neighbour(multicast_a, false, other);
	EXPECT_EQ(1, passes(self, multicast_a));
	EXPECT_EQ(1, passes(self, same));
	EXPECT_EQ(0, passes(self, other));
	EXPECT_EQ(1, passes(self, self->filter.addr[7]));
	EXPECT_EQ(0, passes(self, unicast_b));
	/* two buckets */
	add(&self->filter, other);
	ASSERT_EQ(EXACT, apply(self->fd, &self->filter));
	EXPECT_EQ(1, passes(self, same));
	EXPECT_EQ(1, passes(self, other));
	/* the next filter starts with an empty table */
	self->filter.count = EXACT;
	ASSERT_EQ(EXACT, apply(self->fd, &self->filter));
	EXPECT_EQ(0, passes(self, multicast_a));
	EXPECT_EQ(0, passes(self, same));
}

/* F3.8.3: a ninth that is unicast switches the filter off */
TEST_F(txfilter, ninth_unicast_ends_it)
{
	uint8_t addr[ETH_ALEN];
	int i;

	add(&self->filter, unicast_b);
	ASSERT_EQ(1, apply(self->fd, &self->filter));
	EXPECT_EQ(0, passes(self, unicast_a));
	self->filter.count = 0;
	for (i = 0; i < EXACT; i++) {
		memcpy(addr, multicast_b, ETH_ALEN);
		addr[4] = i;
		add(&self->filter, addr);
	}
	add(&self->filter, multicast_a);
	add(&self->filter, unicast_b);
	EXPECT_EQ(0, apply(self->fd, &self->filter));
	EXPECT_EQ(1, passes(self, unicast_a));
	EXPECT_EQ(1, passes(self, multicast_a));
	EXPECT_EQ(1, passes(self, pkt_mac_bcast));
}

/* F3.8.5: the flag lets all multicast pass, broadcast too, and no unicast */
TEST_F(txfilter, all_multicast)
{
	add(&self->filter, unicast_a);
	self->filter.flags = TUN_FLT_ALLMULTI;
	ASSERT_EQ(1, apply(self->fd, &self->filter));
	EXPECT_EQ(1, passes(self, unicast_a));
	EXPECT_EQ(0, passes(self, unicast_b));
	EXPECT_EQ(1, passes(self, multicast_a));
	EXPECT_EQ(1, passes(self, pkt_mac_bcast));
	/* the flag is taken from each call anew */
	self->filter.flags = 0;
	ASSERT_EQ(1, apply(self->fd, &self->filter));
	EXPECT_EQ(0, passes(self, multicast_a));
	EXPECT_EQ(0, passes(self, pkt_mac_bcast));
	EXPECT_EQ(1, passes(self, unicast_a));
}

/* F3.8.5: broadcast is nothing special: listed it passes, else not */
TEST_F(txfilter, broadcast_must_be_listed)
{
	add(&self->filter, unicast_a);
	add(&self->filter, pkt_mac_bcast);
	ASSERT_EQ(2, apply(self->fd, &self->filter));
	EXPECT_EQ(1, passes(self, pkt_mac_bcast));
	EXPECT_EQ(0, passes(self, multicast_a));
	EXPECT_EQ(1, passes(self, unicast_a));
}

/* F3.8.2 F3.0.2: what can't be read leaves the old filter at work */
TEST_F(txfilter, faults)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int fresh = vt_open(O_RDWR);
	struct filter *edge;
	char *map;

	ASSERT_LE(0, fresh);
	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + page, page));
	add(&self->filter, unicast_a);
	ASSERT_EQ(1, apply(self->fd, &self->filter));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETTXFILTER, 0));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETTXFILTER,
				    (unsigned long)map + page - 3));
	/* one address is there, the second one is not whole */
	edge = (struct filter *)(map + page - 4 - ETH_ALEN - 5);
	memcpy(edge, &(struct filter){ .count = 2 }, 4);
	EXPECT_EQ(-EFAULT, apply(self->fd, edge));
	EXPECT_EQ(1, passes(self, unicast_a));
	EXPECT_EQ(0, passes(self, unicast_b));
	/* an empty list has no addresses to read */
	edge = (struct filter *)(map + page - 4);
	memset(edge, 0, 4);
	EXPECT_EQ(0, apply(self->fd, edge));
	EXPECT_EQ(1, passes(self, unicast_b));
	EXPECT_EQ(-EBADFD, apply(fresh, &self->filter));
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, TUNSETTXFILTER, 0));
}

/* F3.8.6 F10.2: it belongs to the device and outlives the file */
TEST_F(txfilter, survives_close)
{
	add(&self->filter, unicast_a);
	ASSERT_EQ(1, apply(self->fd, &self->filter));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	self->fd = vt_attach_nb("flt0", variant->flags);
	ASSERT_LE(0, self->fd);
	ASSERT_TRUE(wait_for(fd_poll(self->fd, POLLOUT, 0), WAIT_MS));
	EXPECT_EQ(1, passes(self, unicast_a));
	EXPECT_EQ(0, passes(self, unicast_b));
}

/* F3.8.6: what the program writes is not looked at */
TEST_F(txfilter, ignores_written_frames)
{
	size_t head = variant->flags & IFF_NO_PI ? 0 : sizeof(struct tun_pi);
	uint8_t buf[4 + FRAME_LEN] = {}, got[FRAME_LEN + 64];
	int sock = psock_open("flt0", SOCK_RAW, ETH_P_ALL);
	struct link_info info;

	ASSERT_LE(0, sock);
	add(&self->filter, unicast_a);
	ASSERT_EQ(1, apply(self->fd, &self->filter));
	pkt_eth(buf + head, unicast_b, pkt_mac_a, ETH_P_802_EX1);
	ASSERT_EQ(head + FRAME_LEN, write(self->fd, buf, head + FRAME_LEN));
	EXPECT_EQ(FRAME_LEN, psock_recv(sock, 0, got, sizeof(got), WAIT_MS));
	EXPECT_EQ(0, memcmp(buf + head, got, FRAME_LEN));
	ASSERT_EQ(0, link_get("flt0", &info));
	EXPECT_EQ(1, info.stats.rx_packets);
	EXPECT_EQ(0, info.stats.tx_dropped);
}

/* F3.8.1: refused on a tun before the pointer is looked at */
TEST(txfilter_on_tun)
{
	struct filter filter = {};
	int fd;

	ASSERT_EQ(0, ns_fresh());
	fd = vt_attach("flt0", IFF_TUN);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, vt_ioctl(fd, TUNSETTXFILTER, 0));
	EXPECT_EQ(-EINVAL, apply(fd, &filter));
	add(&filter, unicast_a);
	EXPECT_EQ(-EINVAL, apply(fd, &filter));
}

/* F3.8.6 F3.0.5: one filter for all queues, set through any, detached too */
TEST(txfilter_of_all_queues)
{
	FIXTURE_DATA(txfilter) data = {};
	int flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE, parked;

	ASSERT_EQ(0, ns_fresh());
	data.fd = vt_attach_nb("flt0", flags);
	ASSERT_LE(0, data.fd);
	parked = vt_attach_nb("flt0", flags);
	ASSERT_LE(0, parked);
	ASSERT_EQ(0, vt_set_queue(parked, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, link_up("flt0"));
	data.sock = psock_open("flt0", SOCK_RAW, 0);
	ASSERT_LE(0, data.sock);
	add(&data.filter, unicast_a);
	ASSERT_EQ(1, apply(parked, &data.filter));
	EXPECT_EQ(1, passes(&data, unicast_a));
	EXPECT_EQ(0, passes(&data, unicast_b));
}

TEST_HARNESS_MAIN
