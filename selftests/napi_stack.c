// SPDX-License-Identifier: GPL-2.0-only
/* IFF_NAPI: where written packets go from there, merged or not. */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_hook.h"
#include "testlib_vnet.h"

#include <poll.h>
#include <string.h>

#define SOON	"20000000"		/* ns: long enough for many writes */
#define ROUNDS	200			/* until one jiffy was long enough */
#define SIZE	1000
#define NUM	20
#define OUT	"out0"
#define OUT_FAR	0x0a080002
#define ALL	(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)

FIXTURE(napi_stack)
{
	struct vnet v, out;
	struct vnet_pkt pkt, got;
	struct vnet_spec spec;
};

FIXTURE_VARIANT(napi_stack)
{
	int flags;
};

FIXTURE_VARIANT_ADD(napi_stack, tun) { IFF_TUN | IFF_NO_PI };
FIXTURE_VARIANT_ADD(napi_stack, tap) { IFF_TAP };
FIXTURE_VARIANT_ADD(napi_stack, tap_frags) { IFF_TAP | IFF_NAPI_FRAGS };

FIXTURE_SETUP(napi_stack)
{
	struct vnet *v = &self->v;

	ASSERT_EQ(0, vnet_open(v, variant->flags | IFF_NAPI, VNET_SIZE));
	if (v->io.tap) {
		ASSERT_EQ(0, link_set_addr(IO_NAME, pkt_mac_b, ETH_ALEN));
	}
	self->spec = (struct vnet_spec){
		.eth = v->io.tap, .proto = IPPROTO_UDP, .len = SIZE,
	};
}

FIXTURE_TEARDOWN(napi_stack)
{
}

static int write_at(FIXTURE_DATA(napi_stack) *self, uint32_t seq)
{
	self->spec.seq = seq;
	vnet_build(&self->pkt, &self->spec);
	return vnet_write(&self->v, &self->pkt);
}

/* F5.43.1 F5.42 F5.41: tc's ingress sees them, with their queue */
TEST_F(napi_stack, tc_ingress)
{
	int fd = hook_record(link_index(IO_NAME)), i;
	struct hook_seen seen;

	if (hook_missing(fd))
		SKIP(return, "no tc ingress here (error %d)", -fd);
	ASSERT_LE(0, fd);
	for (i = 1; i < 10; i++) {
		ASSERT_EQ(0, write_at(self, i));
		ASSERT_TRUE(wait_for(hook_read(fd).packets == i, WAIT_MS));
		seen = hook_read(fd);
		EXPECT_EQ(1, seen.queue_mapping);
		EXPECT_LE(self->pkt.len - (self->v.io.tap ? ETH_HLEN : 0),
			  seen.len);
	}
}

/* F5.43.1 F11.12 F5.5: a generic XDP program comes after the driver's counters */
TEST_F(napi_stack, generic_xdp)
{
	int err = hook_xdp_drop(link_index(IO_NAME));

	if (hook_missing(err))
		SKIP(return, "no XDP here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, write_at(self, 1));
	EXPECT_EQ(1, io_counted(&self->v.io).rx_packets);
	EXPECT_EQ(-ETIMEDOUT, vnet_heard(self->v.vps, &self->got, 100));
}

/* F5.43.1: packets spread over processors arrive, one flow in order */
TEST_F(napi_stack, rps)
{
	int i, err = sysfs_write(IO_NAME, "queues/rx-0/rps_cpus", "3");

	if (err == -ENOENT)
		SKIP(return, "no RPS here");
	ASSERT_EQ(0, err);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, write_at(self, i));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(self->pkt.len,
			  vnet_heard(self->v.vps, &self->got, WAIT_MS));
		EXPECT_TRUE(vnet_data_ok(self->got.buf + self->pkt.data, SIZE,
					 i));
	}
	EXPECT_EQ(100, io_counted(&self->v.io).rx_packets);
	/* With RPS on the core warns of in-tree tun's queue numbers later. */
	EXPECT_EQ(0, sysfs_write(IO_NAME, "queues/rx-0/rps_cpus", "0"));
}

/* F5.35 F5.36: they are charged to their writer while the stack has them */
TEST_F(napi_stack, send_buffer)
{
	struct vnet *v = &self->v;
	int err, holder = vt_attach_nb("hold0", variant->flags & ~IFF_NAPI_FRAGS);

	ASSERT_LE(0, holder);
	ASSERT_EQ(0, link_up("hold0"));
	err = hook_hold(link_index(IO_NAME), link_index("hold0"));
	if (hook_missing(err))
		SKIP(return, "no tc or netem here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vt_ioctl_int(v->io.fd, TUNSETSNDBUF, 100));
	EXPECT_EQ(0, write_at(self, 1));
	if (variant->flags & IFF_NAPI_FRAGS) {
		EXPECT_EQ(0, write_at(self, 2));
		return;
	}
	EXPECT_EQ(-EAGAIN, write_at(self, 2));
	EXPECT_EQ(0, fd_poll(v->io.fd, POLLOUT, 0));
	EXPECT_RX(&v->io, 1, self->pkt.len, 0);
	ASSERT_EQ(0, hook_release(link_index("hold0")));
	EXPECT_EQ(POLLOUT, fd_poll(v->io.fd, POLLOUT, WAIT_MS));
	EXPECT_EQ(0, write_at(self, 2));
}

/* What is written to IO_NAME leaves by OUT, which offers the stack @bits. */
static int forward_to_out(FIXTURE_DATA(napi_stack) *self, unsigned long bits)
{
	int err;

	self->spec.dst = OUT_FAR;
	if ((err = vnet_add(&self->out, OUT, IFF_TUN | IFF_NO_PI | IFF_VNET_HDR,
			    VNET_SIZE)) ||
	    (err = vnet_address(IO_NAME, VNET_NEAR)) ||
	    (err = vnet_address(OUT, 0x0a080001)) ||
	    (err = vnet_forward()) || (err = vnet_offload(&self->out, bits)))
		return err;
	return sysfs_write(IO_NAME, "gro_flush_timeout", SOON);
}

/*
 * Write NUM packets and read what comes of them: the largest one's data, with
 * @type as its GSO type; -errno if the data is not what was written.
 */
static int write_and_read(FIXTURE_DATA(napi_stack) *self, uint32_t seq,
			  int type)
{
	uint32_t end = seq + NUM * SIZE, pos;
	struct vnet_hdr *hdr = &self->got.hdr;
	struct vnet_seen s;
	int err, most = 0;

	for (pos = seq; pos < end; pos += SIZE) {
		err = write_at(self, pos);
		if (err)
			return err;
	}
	for (pos = seq; pos < end; pos += s.data_len) {
		do {
			ssize_t n = vnet_await(&self->out, &self->got);

			if (n < 0)
				return n;
			err = vnet_parse(self->got.buf, n, false, &s);
		} while (err == -EPROTONOSUPPORT);
		if (err)
			return err;
		if (s.partial != !!(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
		    hdr->gso_type != (s.data_len > SIZE ? type : 0) ||
		    hdr->gso_size != (s.data_len > SIZE ? SIZE : 0))
			return -EPROTO;
		if (!vnet_data_ok(self->got.buf + s.data, s.data_len, pos))
			return -EBADMSG;
		most = s.data_len > (size_t)most ? (int)s.data_len : most;
	}
	return most;
}

/* Write and read until some have been merged: the largest one's data. */
static int merge(FIXTURE_DATA(napi_stack) *self, int type)
{
	int i, most = 0;

	for (i = 0; i < ROUNDS && most >= 0 && most < 5 * SIZE; i++)
		most = write_and_read(self, i * NUM * SIZE, type);
	return most;
}

/*
 * F6.31 F6.20 F5.42 F4.12: GRO's chain of packets is one read. All of these have
 * the same identification, which a device has to be allowed to change.
 */
TEST_F(napi_stack, merged_and_forwarded)
{
	int i;

	if (variant->flags & IFF_NAPI_FRAGS)
		SKIP(return, "these are never merged");
	self->spec.proto = IPPROTO_TCP;
	ASSERT_EQ(0, forward_to_out(self, ALL));
	EXPECT_EQ(SIZE, write_and_read(self, 0, 0));
	ASSERT_EQ(0, eth_set_feature(OUT, "tx-tcp-mangleid-segmentation",
				     true));
	EXPECT_LE(5 * SIZE, merge(self, VIRTIO_NET_HDR_GSO_TCPV4));
	/* without leave to pass on a chain of packets it may be cut before */
	ASSERT_EQ(0, eth_set_feature(OUT, "tx-scatter-gather-fraglist", false));
	for (i = 0; i < 10; i++)
		EXPECT_LE(SIZE, write_and_read(self, i * NUM * SIZE,
					       VIRTIO_NET_HDR_GSO_TCPV4));
	/* for a program that can't have it so, it is taken apart again */
	ASSERT_EQ(0, vnet_offload(&self->out, 0));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(SIZE, write_and_read(self, i * NUM * SIZE, 0));
}

/* F6.31 F12.1: UDP, where the administrator lets GRO have it */
TEST_F(napi_stack, udp_merged_and_forwarded)
{
	if (variant->flags & IFF_NAPI_FRAGS || !vnet_has_uso())
		SKIP(return, "never merged, or not to be read so");
	ASSERT_EQ(0, forward_to_out(self, ALL | VNET_USO));
	ASSERT_EQ(0, eth_set_feature(IO_NAME, "rx-udp-gro-forwarding", true));
	EXPECT_LE(5 * SIZE, merge(self, VIRTIO_NET_HDR_GSO_UDP_L4));
}

/* F6.27 F6.31: a list of whole packets is nothing a header could describe */
TEST_F(napi_stack, list_of_packets)
{
	int i;

	if (variant->flags & IFF_NAPI_FRAGS)
		SKIP(return, "these are never merged");
	ASSERT_EQ(0, forward_to_out(self, ALL |
				    (vnet_has_uso() ? VNET_USO : 0)));
	ASSERT_EQ(0, eth_set_feature(IO_NAME, "rx-gro-list", true));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(SIZE, write_and_read(self, i * NUM * SIZE, 0));
	self->spec.proto = IPPROTO_TCP;
	for (; i < 20; i++)
		EXPECT_LE(SIZE, write_and_read(self, i * NUM * SIZE,
					       VIRTIO_NET_HDR_GSO_TCPV4));
}

TEST_HARNESS_MAIN
