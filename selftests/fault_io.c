// SPDX-License-Identifier: GPL-2.0-only
/* Every allocation on a packet's way fails once, in both directions. */
#include <kselftest_harness.h>
#include "testlib_fault.h"
#include "testlib_stats.h"
#include "testlib_vnet.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define LARGE	20000			/* does not fit into one page */

FIXTURE(fault_io)
{
	int flags;
	int fd;
	uint8_t buf[LARGE];
	size_t len;			/* of the packet in it */
	int segments;
	int sock, index;		/* for the stack to send on */
	struct rtnl_link_stats64 before;
	long no_memory;			/* rx_drop_no_memory then */
};

FIXTURE_VARIANT(fault_io)
{
	int flags;
};

#define VARIANT(name, value)						\
	FIXTURE_VARIANT_ADD(fault_io, name) { .flags = (value) }

VARIANT(tun_pi, IFF_TUN);
VARIANT(tap, IFF_TAP | IFF_NO_PI);
VARIANT(tap_pi_vnet, IFF_TAP | IFF_VNET_HDR);
VARIANT(tun_napi, IFF_TUN | IFF_NO_PI | IFF_NAPI);
VARIANT(tap_napi_frags, IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS);

FIXTURE_SETUP(fault_io)
{
	if (fault_init())
		SKIP(return, "no fault injection, or not vtun");
	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->flags;
	self->fd = fault_device(variant->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(fault_io)
{
}

/* Headers and a packet whose data is followed by zeros up to @len. */
static void make_packet(FIXTURE_DATA(fault_io) *self, size_t len)
{
	bool tap = self->flags & IFF_TAP;
	size_t head = PI_LEN(self->flags);

	memset(self->buf, 0, sizeof(self->buf));
	if (head)
		((struct tun_pi *)self->buf)->proto = htons(ETH_P_IP);
	if (self->flags & IFF_VNET_HDR)
		head += sizeof(struct virtio_net_hdr);
	self->len = head + pkt_numbered(self->buf + head, tap, 7, 60);
	if (len > self->len)
		self->len = len;
}

static int note_counters(void *arg)
{
	FIXTURE_DATA(fault_io) *self = arg;
	struct link_info info;

	FAULT_EQ(0, link_get(FAULT_NAME, &info));
	self->before = info.stats;
	self->no_memory = stats_now(FAULT_NAME, "rx_drop_no_memory");
	FAULT_EXPECT(self->no_memory >= 0);
	return 0;
}

static int call_write(void *arg)
{
	FIXTURE_DATA(fault_io) *self = arg;
	struct iovec iov[8];
	size_t each = self->len / self->segments;
	ssize_t ret;
	int i;

	for (i = 0; i < self->segments; i++)
		iov[i] = (struct iovec) { self->buf + i * each, each };
	iov[i - 1].iov_len = self->len - (i - 1) * each;
	ret = writev(self->fd, iov, self->segments);
	return ret < 0 ? -errno : ret;
}

/*
 * It was received as a whole, or was not: then write() said so, and why is
 * counted.
 */
static int settle_write(void *arg, int ret)
{
	FIXTURE_DATA(fault_io) *self = arg;
	struct link_info info;

	FAULT_EQ(0, link_get(FAULT_NAME, &info));
	if (ret >= 0)
		FAULT_EQ(self->len, ret);
	FAULT_EQ(ret >= 0, info.stats.rx_packets - self->before.rx_packets);
	FAULT_EQ(ret == -ENOMEM || ret == -ENOBUFS,
		 stats_now(FAULT_NAME, "rx_drop_no_memory") - self->no_memory);
	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd, self->flags));
	return 0;
}

static const struct fault_walk walk_write = {
	"write", note_counters, call_write, settle_write
};

/* F5.36 F5.37: small */
TEST_F_TIMEOUT(fault_io, write, FAULT_TIMEOUT)
{
	make_packet(self, 0);
	self->segments = 1;
	EXPECT_LT(0, fault_walk(&walk_write, self));
}

/* F5.36: too large for one piece, but for fragments: a page at most */
TEST_F_TIMEOUT(fault_io, write_large, FAULT_TIMEOUT)
{
	make_packet(self, variant->flags & IFF_NAPI_FRAGS ? 4000 : LARGE);
	self->segments = 1;
	EXPECT_LT(0, fault_walk(&walk_write, self));
	EXPECT_LT(0, stats_now(FAULT_NAME, "rx_drop_no_memory"));
}

/* F5.38 F5.42: a program's pieces, which NAPI_FRAGS makes fragments of */
TEST_F_TIMEOUT(fault_io, writev, FAULT_TIMEOUT)
{
	make_packet(self, 7000);
	self->segments = 7;
	EXPECT_LT(0, fault_walk(&walk_write, self));
}

static int feed(void *arg)
{
	FIXTURE_DATA(fault_io) *self = arg;

	FAULT_EXPECT(psock_feed(FAULT_NAME, self->flags & IFF_TAP, 5, 200) > 0);
	return note_counters(arg);
}

static int call_read(void *arg)
{
	FIXTURE_DATA(fault_io) *self = arg;
	struct iovec iov[3] = {
		{ self->buf, 20 }, { self->buf + 20, 100 },
		{ self->buf + 120, 1000 },
	};
	ssize_t ret = readv(self->fd, iov, 3);

	return ret < 0 ? -errno : ret;
}

/*
 * Read or lost, the packet is counted if it has no header, since what happens
 * to the header's copy is not; or it was not looked at, and is still there.
 */
static int settle_read(void *arg, int ret)
{
	FIXTURE_DATA(fault_io) *self = arg;
	bool header = !(self->flags & IFF_NO_PI);
	struct link_info info;

	FAULT_EQ(0, link_get(FAULT_NAME, &info));
	if (!vt_intree() && !header && fd_poll(self->fd, POLLIN, 0) != POLLIN)
		FAULT_EQ(ret < 0, info.stats.tx_dropped -
				  self->before.tx_dropped);
	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd, self->flags));
	return 0;
}

/* F6.15 */
TEST_F_TIMEOUT(fault_io, readv, FAULT_TIMEOUT)
{
	static const struct fault_walk walk = {
		"readv", feed, call_read, settle_read
	};

	EXPECT_LE(0, fault_walk(&walk, self));
}

static int call_send(void *arg)
{
	FIXTURE_DATA(fault_io) *self = arg;
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = self->index,
	};
	ssize_t ret = sendto(self->sock, self->buf, self->len, 0,
			     (struct sockaddr *)&to, sizeof(to));

	return ret < 0 ? -errno : ret;
}

static int settle_works(void *arg, int ret)
{
	FIXTURE_DATA(fault_io) *self = arg;

	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd, self->flags));
	return 0;
}

/* F7.2: a packet that the stack sends */
TEST_F_TIMEOUT(fault_io, send, FAULT_TIMEOUT)
{
	static const struct fault_walk walk = {
		"send", NULL, call_send, settle_works
	};

	self->sock = psock_open(FAULT_NAME, SOCK_RAW, 0);
	ASSERT_LE(0, self->sock);
	self->index = link_index(FAULT_NAME);
	self->len = pkt_numbered(self->buf, variant->flags & IFF_TAP, 5, 1200);
	EXPECT_LT(0, fault_walk(&walk, self));
}

static int call_fasync(void *arg)
{
	FIXTURE_DATA(fault_io) *self = arg;

	return fcntl(self->fd, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC) ?
	       -errno : 0;
}

static int settle_fasync(void *arg, int ret)
{
	FIXTURE_DATA(fault_io) *self = arg;

	FAULT_EQ(ret == 0, !!(fcntl(self->fd, F_GETFL) & O_ASYNC));
	FAULT_EQ(0, fcntl(self->fd, F_SETFL, O_RDWR | O_NONBLOCK));
	return settle_works(self, ret);
}

/* F8.7 */
TEST_F_TIMEOUT(fault_io, fasync, FAULT_TIMEOUT)
{
	static const struct fault_walk walk = {
		"O_ASYNC", NULL, call_fasync, settle_fasync
	};

	EXPECT_LT(0, fault_walk(&walk, self));
}

FIXTURE(fault_vnet)
{
	struct vnet v;
	struct vnet_pkt pkt;
	int sock;			/* whose memory packets are made of */
	long dropped, no_memory, stack;	/* before */
};

FIXTURE_VARIANT(fault_vnet)
{
	int flags;
};

FIXTURE_VARIANT_ADD(fault_vnet, direct) { IFF_TAP | IFF_NO_PI };
FIXTURE_VARIANT_ADD(fault_vnet, napi) { IFF_TAP | IFF_NO_PI | IFF_NAPI };

FIXTURE_SETUP(fault_vnet)
{
	if (fault_init())
		SKIP(return, "no fault injection, or not vtun");
	ASSERT_EQ(0, vnet_open(&self->v, variant->flags, VNET_SIZE));
}

FIXTURE_TEARDOWN(fault_vnet)
{
}

static int call_vnet(void *arg)
{
	FIXTURE_DATA(fault_vnet) *self = arg;

	return vnet_write(&self->v, &self->pkt);
}

static int settle_vnet(void *arg, int ret)
{
	FIXTURE_DATA(fault_vnet) *self = arg;

	FAULT_EXPECT(vnet_write(&self->v, &self->pkt) >= 0);
	FAULT_EQ(0, fault_works(IO_NAME, self->v.io.fd,
				IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
	return 0;
}

/* F5.20: a packet that the stack cuts */
TEST_F_TIMEOUT(fault_vnet, gso, FAULT_TIMEOUT)
{
	static const struct fault_walk walk = {
		"gso", NULL, call_vnet, settle_vnet
	};
	struct vnet_spec spec = {
		.eth = true, .proto = IPPROTO_TCP, .len = LARGE,
	};

	vnet_build(&self->pkt, &spec);
	vnet_partial(&self->pkt);
	vnet_gso(&self->pkt, VIRTIO_NET_HDR_GSO_TCPV4, 1400);
	EXPECT_LT(0, fault_walk(&walk, self));
}

static int note_drops(void *arg)
{
	FIXTURE_DATA(fault_vnet) *self = arg;
	struct link_info info;

	FAULT_EQ(0, link_get(IO_NAME, &info));
	self->dropped = info.stats.tx_dropped;
	self->no_memory = stats_now(IO_NAME, "tx_drop_no_memory");
	self->stack = stats_now(IO_NAME, "tx_drop_stack");
	FAULT_EXPECT(self->no_memory >= 0 && self->stack >= 0);
	return 0;
}

static int call_lend(void *arg)
{
	FIXTURE_DATA(fault_vnet) *self = arg;
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(0x0a0000ff),
	};
	ssize_t ret = sendto(self->sock, self->pkt.buf, LARGE, MSG_ZEROCOPY,
			     (struct sockaddr *)&to, sizeof(to));

	return ret < 0 ? -errno : ret;
}

/* The driver has dropped it, or the core, or it waits for the program. */
static int settle_lend(void *arg, int ret)
{
	FIXTURE_DATA(fault_vnet) *self = arg;
	struct link_info info;
	struct msghdr msg = {};
	long dropped, counted;

	while (recvmsg(self->sock, &msg, MSG_ERRQUEUE) >= 0)
		;
	FAULT_EQ(0, link_get(IO_NAME, &info));
	dropped = info.stats.tx_dropped - self->dropped;
	counted = stats_now(IO_NAME, "tx_drop_no_memory") - self->no_memory;
	counted += stats_now(IO_NAME, "tx_drop_stack") - self->stack;
	FAULT_EQ(dropped, counted);
	FAULT_EXPECT(!dropped || !(fd_poll(self->v.io.fd, POLLIN, 0) & POLLIN));
	FAULT_EQ(0, fault_works(IO_NAME, self->v.io.fd,
				IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
	return 0;
}

/* F7.1 F7.2: memory that a sender lends is copied, or the packet dropped */
TEST_F_TIMEOUT(fault_vnet, lent_memory, FAULT_TIMEOUT)
{
	static const struct fault_walk walk = {
		"MSG_ZEROCOPY", note_drops, call_lend, settle_lend
	};
	int on = 1;

	/* without a checksum to leave open, UDP copies it itself */
	ASSERT_EQ(0, vnet_offload(&self->v, TUN_F_CSUM));
	ASSERT_EQ(0, link_set_mtu(IO_NAME, 65000));
	ASSERT_EQ(0, link_add_ip4(IO_NAME, 0x0a000001, 24));
	self->sock = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ASSERT_LE(0, self->sock);
	ASSERT_EQ(0, setsockopt(self->sock, SOL_SOCKET, SO_BROADCAST, &on,
				sizeof(on)));
	ASSERT_EQ(0, setsockopt(self->sock, SOL_SOCKET, SO_ZEROCOPY, &on,
				sizeof(on)));
	EXPECT_LT(0, fault_walk(&walk, self));
	EXPECT_LT(0, stats_now(IO_NAME, "tx_drop_no_memory"));
}

TEST_HARNESS_MAIN
