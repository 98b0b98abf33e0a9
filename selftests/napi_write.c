// SPDX-License-Identifier: GPL-2.0-only
/* IFF_NAPI: written packets take the way of a network card's, through GRO. */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_hook.h"
#include "testlib_vnet.h"
#include "testlib_xdp.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>

#ifndef UDP_GRO
#define UDP_GRO		104
#endif

#define SOON	"20000000"		/* ns: long enough for many writes */
#define HOUR	"3600000000000"		/* nobody flushes but another packet */
#define SIZE	1000			/* data of each packet */
#define ROUNDS	200			/* until one jiffy was long enough */

FIXTURE(napi_write)
{
	struct vnet v;
	struct vnet_pkt pkt, got;
	struct vnet_spec spec;
};

FIXTURE_VARIANT(napi_write)
{
	int flags;
};

FIXTURE_VARIANT_ADD(napi_write, tun) { IFF_TUN | IFF_NO_PI };
FIXTURE_VARIANT_ADD(napi_write, tun_pi_mq) { IFF_TUN | IFF_MULTI_QUEUE };
FIXTURE_VARIANT_ADD(napi_write, tap) { IFF_TAP | IFF_NO_PI };
FIXTURE_VARIANT_ADD(napi_write, tap_pi_mq) { IFF_TAP | IFF_MULTI_QUEUE };
FIXTURE_VARIANT_ADD(napi_write, tap_frags_mq) {
	IFF_TAP | IFF_NO_PI | IFF_NAPI_FRAGS | IFF_MULTI_QUEUE };

FIXTURE_SETUP(napi_write)
{
	struct vnet *v = &self->v;

	ASSERT_EQ(0, vnet_open(v, variant->flags | IFF_NAPI, VNET_SIZE));
	self->spec = (struct vnet_spec){
		.eth = v->io.tap, .proto = IPPROTO_TCP, .len = SIZE,
	};
}

FIXTURE_TEARDOWN(napi_write)
{
}

static int write_at(FIXTURE_DATA(napi_write) *self, uint32_t seq)
{
	self->spec.seq = seq;
	vnet_build(&self->pkt, &self->spec);
	return vnet_write(&self->v, &self->pkt);
}

/* F5.42 F5.5 F4.24: what is written arrives, in order, and is counted */
TEST_F(napi_write, delivered_in_order)
{
	struct vnet *v = &self->v;
	int i;

	self->spec.proto = IPPROTO_UDP;
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, write_at(self, i));
		EXPECT_RX(&v->io, 1, self->pkt.len, 0);
	}
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(self->pkt.len, vnet_heard(v->vps, &self->got,
						    WAIT_MS));
		EXPECT_TRUE(vnet_data_ok(self->got.buf + self->pkt.data, SIZE,
					 i));
	}
}

/* F5.38 F5.18 F5.10: errors are those of every write, counted as ever */
TEST_F(napi_write, errors)
{
	struct vnet *v = &self->v;

	vnet_build(&self->pkt, &self->spec);
	self->pkt.hdr.gso_type = 99;
	EXPECT_EQ(-EINVAL, vnet_write(v, &self->pkt));
	EXPECT_FRAME_ERROR(v);
	self->pkt.hdr.gso_type = 0;
	self->pkt.hdr.hdr_len = 60000;
	EXPECT_EQ(-EINVAL, vnet_write(v, &self->pkt));
	EXPECT_NOTHING_COUNTED(&v->io);
	self->pkt.hdr.hdr_len = 0;
	ASSERT_EQ(0, link_down(IO_NAME));
	io_counted(&v->io);
	EXPECT_EQ(-EIO, vnet_write(v, &self->pkt));
	EXPECT_RX(&v->io, 0, 0, 1);
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(0, vnet_write(v, &self->pkt));
	EXPECT_RX(&v->io, 1, self->pkt.len, 0);
}

/* F5.1 F9.4: a detached queue has no NAPI to run: EBUSY, and nothing counted */
TEST_F(napi_write, detached)
{
	struct vnet *v = &self->v;

	if (!(variant->flags & IFF_MULTI_QUEUE))
		SKIP(return, "only a queue of several can be detached");
	ASSERT_EQ(0, vt_set_queue(v->io.fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(-EBUSY, write_at(self, 1));
	EXPECT_EQ(-EBUSY, write_at(self, 2));
	EXPECT_NOTHING_COUNTED(&v->io);
	EXPECT_EQ(-ETIMEDOUT, vnet_heard(v->vps, &self->got, 0));
	/* the rules before it are looked at first */
	self->pkt.hdr.gso_type = 99;
	EXPECT_EQ(-EINVAL, vnet_write(v, &self->pkt));
	EXPECT_FRAME_ERROR(v);
	ASSERT_EQ(0, vt_set_queue(v->io.fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, write_at(self, 3));
	EXPECT_RX(&v->io, 1, self->pkt.len, 0);
	ASSERT_EQ(self->pkt.len, vnet_heard(v->vps, &self->got, WAIT_MS));
	EXPECT_TRUE(vnet_data_ok(self->got.buf + self->pkt.data, SIZE, 3));
	EXPECT_EQ(-ETIMEDOUT, vnet_heard(v->vps, &self->got, 0));
}

/* F2.21 F5.42 F5.1: it belongs to the queue, whatever the device reports */
TEST_F(napi_write, of_each_queue)
{
	struct vnet *v = &self->v;
	int napi = v->io.fd, plain;

	if (!(variant->flags & IFF_MULTI_QUEUE))
		SKIP(return, "one queue only");
	plain = vt_attach_nb(IO_NAME, variant->flags & ~IFF_NAPI_FRAGS);
	ASSERT_LE(0, plain);
	ASSERT_EQ(0, vt_set_queue(plain, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_set_queue(napi, IFF_DETACH_QUEUE));
	EXPECT_EQ(-EBUSY, write_at(self, 1));
	v->io.fd = plain;
	EXPECT_EQ(0, write_at(self, 2));
	EXPECT_RX(&v->io, 1, self->pkt.len, 0);
}

/*
 * Write @n packets of one TCP flow from @seq on and take what the stack got:
 * how many packets it was, or -errno. All data must have come, in order.
 */
static int write_flow(FIXTURE_DATA(napi_write) *self, uint32_t seq, int n)
{
	struct vnet *v = &self->v;
	uint32_t pos = seq, end = seq + n * SIZE;
	struct vnet_seen s;
	int packets, err;

	for (; seq < end; seq += SIZE) {
		err = write_at(self, seq);
		if (err)
			return err;
	}
	for (packets = 0; pos != end; packets++) {
		err = vnet_heard_whole(v->vps, &self->got, WAIT_MS, v->io.tap, &s);
		/* what GRO has put together has an open checksum */
		if (err || s.seq != pos || s.data_len % SIZE)
			return err ?: -EBADMSG;
		if (s.data_len > SIZE &&
		    (self->got.hdr.gso_size != SIZE ||
		     self->got.hdr.gso_type != VIRTIO_NET_HDR_GSO_TCPV4))
			return -EPROTO;
		if (!vnet_data_ok(self->got.buf + s.data, s.data_len, pos))
			return -EBADMSG;
		pos += s.data_len;
	}
	return packets;
}

/* F5.42 F5.43.1: one write, one flush: nothing waits to be merged */
TEST_F(napi_write, flushed_by_each_write)
{
	EXPECT_EQ(20, write_flow(self, 0, 20));
}

/* F5.42 F5.43.1: with a flush timeout the packets of one moment become one */
TEST_F(napi_write, merged)
{
	int i, got, seq = 0;

	ASSERT_EQ(0, sysfs_write(IO_NAME, "gro_flush_timeout", SOON));
	for (i = 0; i < ROUNDS; i++, seq += 20 * SIZE) {
		got = write_flow(self, seq, 20);
		if (variant->flags & IFF_NAPI_FRAGS) {
			/* these are flushed in any case */
			EXPECT_EQ(20, got);
			return;
		}
		ASSERT_LT(0, got);
		ASSERT_GE(20, got);
		if (got < 10)
			break;
	}
	EXPECT_GT(ROUNDS, i);
	EXPECT_EQ(20 * (i + 1), io_counted(&self->v.io).rx_packets);
	/* GRO can be switched off as for any device */
	ASSERT_EQ(0, eth_set_feature(IO_NAME, "rx-gro", false));
	EXPECT_EQ(20, write_flow(self, seq + 20 * SIZE, 20));
}

/*
 * F5.35: merged packets are charged no longer than others. Those that XDP saw
 * lie in pages, which merging takes without freeing what was around them.
 */
TEST_F(napi_write, merged_after_xdp)
{
	int fd = self->v.io.fd, got = 20, i;

	if (!self->v.io.tap || variant->flags & IFF_NAPI_FRAGS)
		SKIP(return, "XDP and a charge are wanted");
	if (vt_intree())
		SKIP(return, "in-tree tun leaves them charged for ever");
	ASSERT_EQ(0, xdp_attach_const(IO_NAME, XDP_PASS, XDP_FLAGS_DRV_MODE));
	ASSERT_EQ(0, sysfs_write(IO_NAME, "gro_flush_timeout", SOON));
	for (i = 0; i < ROUNDS && got >= 10; i++) {
		got = write_flow(self, i * 20 * SIZE, 20);
		ASSERT_LT(0, got);
	}
	EXPECT_GT(10, got);
	/* the smallest send buffer that an idle file can write with */
	ASSERT_EQ(0, vt_ioctl_int(fd, TUNSETSNDBUF, 4));
	EXPECT_EQ(POLLOUT, fd_poll(fd, POLLOUT, WAIT_MS));
}

/*
 * Write packets until one waits, which a poll lets it do that ends within the
 * jiffy it came in: the number of that one, or -errno.
 */
static int write_held(FIXTURE_DATA(napi_write) *self)
{
	struct vnet *v = &self->v;
	int i, err;

	for (i = 0; i < ROUNDS; i++) {
		err = write_at(self, 2 * i * SIZE);
		if (err)
			return err;
		if (vnet_heard(v->vps, &self->got, 100) == -ETIMEDOUT)
			return i;
	}
	return -ETIMEDOUT;
}

/* F5.43.1 F5.42: a packet that waits is let go when a later one comes */
TEST_F(napi_write, held)
{
	struct vnet *v = &self->v;
	int i;

	if (variant->flags & IFF_NAPI_FRAGS)
		SKIP(return, "these are flushed in any case");
	ASSERT_EQ(0, sysfs_write(IO_NAME, "gro_flush_timeout", HOUR));
	i = write_held(self);
	ASSERT_LE(0, i);
	/* it counts as received before it is */
	EXPECT_RX(&v->io, i + 1, (i + 1) * self->pkt.len, 0);
	/* of another flow: nothing to merge */
	self->spec.sport = 77;
	ASSERT_EQ(0, write_at(self, 90000));
	ASSERT_LT(0, vnet_heard(v->vps, &self->got, WAIT_MS));
	EXPECT_TRUE(vnet_data_ok(self->got.buf + self->pkt.data, SIZE,
				 2 * i * SIZE));
	/* what is no use for GRO does not wait, nor does it overtake its flow */
	self->spec.proto = IPPROTO_UDP;
	ASSERT_EQ(0, write_at(self, 1));
	do {
		ASSERT_LT(0, vnet_heard(v->vps, &self->got, WAIT_MS));
	} while (self->got.len != self->pkt.len);
	EXPECT_EQ(0, memcmp(self->got.buf, self->pkt.buf, self->pkt.len));
}

/* F5.42 F5.43.1: a UDP socket that asked for it gets many datagrams as one */
TEST_F(napi_write, udp_socket)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_port = htons(2000),
	};
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	static uint8_t buf[VNET_PKT_MAX];
	struct vnet *v = &self->v;
	int i, n, on = 1;
	size_t pos;
	ssize_t len;

	if (variant->flags & IFF_NAPI_FRAGS)
		SKIP(return, "these are flushed in any case");
	ASSERT_EQ(0, vnet_address(IO_NAME, VNET_NEAR));
	if (v->io.tap) {
		ASSERT_EQ(0, link_set_addr(IO_NAME, pkt_mac_b, ETH_ALEN));
	}
	ASSERT_EQ(0, bind(sock, (void *)&addr, sizeof(addr)));
	ASSERT_EQ(0, setsockopt(sock, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)));
	ASSERT_EQ(0, sysfs_write(IO_NAME, "gro_flush_timeout", SOON));
	self->spec.proto = IPPROTO_UDP;
	for (i = 0; i < ROUNDS; i++) {
		for (pos = 0; pos < 20 * SIZE; pos += SIZE)
			ASSERT_EQ(0, write_at(self, pos));
		for (n = 0, pos = 0; pos < 20 * SIZE; n++, pos += len) {
			ASSERT_EQ(POLLIN, fd_poll(sock, POLLIN, WAIT_MS));
			len = io_read(sock, buf, sizeof(buf));
			ASSERT_LT(0, len);
			EXPECT_TRUE(vnet_data_ok(buf, len, pos));
		}
		if (n < 10)
			break;
	}
	EXPECT_GT(ROUNDS, i);
}

TEST_HARNESS_MAIN
