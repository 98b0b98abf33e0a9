// SPDX-License-Identifier: GPL-2.0-only
/* What a program reads of packets that the stack has put into UDP tunnels. */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_hook.h"
#include "testlib_stats.h"
#include "testlib_tunnel.h"

#include <poll.h>
#include <string.h>

#define TCP4	VIRTIO_NET_HDR_GSO_TCPV4
#define TCP6	VIRTIO_NET_HDR_GSO_TCPV6
#define USO	VIRTIO_NET_HDR_GSO_UDP_L4
#define PLAIN	(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | VNET_USO)
#define TUNNELS	(PLAIN | TUN_F_UDP_TUNNEL_GSO | TUN_F_UDP_TUNNEL_GSO_CSUM)
#define LEN	10000
#define SIZE	1200

FIXTURE(vnet_read_tunnel)
{
	struct vnet v;
	struct vnet_pkt pkt, got, inner;
	int ps;				/* on the tunnel device */
	size_t head;			/* outer headers */
};

FIXTURE_VARIANT(vnet_read_tunnel)
{
	int flags;
	bool ip6, csum;
};

FIXTURE_VARIANT_ADD(vnet_read_tunnel, ip4) { IFF_NO_PI, false, false };
FIXTURE_VARIANT_ADD(vnet_read_tunnel, ip4_csum) { 0, false, true };
FIXTURE_VARIANT_ADD(vnet_read_tunnel, ip6) { 0, true, false };
FIXTURE_VARIANT_ADD(vnet_read_tunnel, ip6_csum) { IFF_NO_PI, true, true };

FIXTURE_SETUP(vnet_read_tunnel)
{
	struct vnet *v = &self->v;
	int err;

	if (!vnet_newest())
		SKIP(return, "this kernel's tun knows no tunnels");
	ASSERT_EQ(0, vnet_open(v, variant->flags | IFF_TAP, VNET_SIZE_TNL));
	err = tunnel_open(variant->ip6, variant->csum);
	if (err == -EOPNOTSUPP)
		SKIP(return, "no VXLAN here");
	ASSERT_EQ(0, err);
	self->ps = vnet_psock(TUNNEL_NAME);
	ASSERT_LE(0, self->ps);
	self->head = ETH_HLEN + (variant->ip6 ? 40 : 20) + 8 + 8;
	/* room for more than one packet's headers */
	ASSERT_EQ(0, link_set_mtu(IO_NAME, 9000));
	io_counted(&v->io);
}

FIXTURE_TEARDOWN(vnet_read_tunnel)
{
}

/* Through the tunnel, from a packet socket on it. */
static int send_gso(FIXTURE_DATA(vnet_read_tunnel) *self, int type)
{
	const struct vnet_spec spec = {
		.eth = true, .ip6 = type == TCP6, .len = type ? LEN : 800,
		.proto = type == USO ? IPPROTO_UDP : IPPROTO_TCP,
		.src = TUNNEL_NEAR, .dst = TUNNEL_FAR,
	};

	vnet_build(&self->pkt, &spec);
	if (type)
		vnet_gso(&self->pkt, type, SIZE);
	else
		vnet_partial(&self->pkt);
	return vnet_inject(self->ps, TUNNEL_NAME, &self->pkt);
}

/*
 * The next packet that belongs to the tunnel: its length, or -errno. If it has
 * an open checksum this is filled in as its receiver would: then both have to
 * be right, since the outer one was made for the complete inner packet.
 */
static ssize_t read_next(FIXTURE_DATA(vnet_read_tunnel) *self, bool *partial)
{
	struct vnet_seen seen;
	ssize_t n;
	int err;

	/* but not what IPv6 says on its own, outside and inside */
	do {
		/* the qdisc may be emptied by another CPU, a moment later */
		fd_poll(self->v.io.fd, POLLIN, WAIT_MS);
		n = vnet_read(&self->v, &self->got);
		if (n < 0)
			return n;
		err = vnet_parse(self->got.buf, n, true, &seen);
		if (err == -EPROTONOSUPPORT)
			continue;
		if (!self->got.hdr.gso_type)
			vnet_complete(&self->got);
		err = tunnel_parse(&self->got, &self->inner, partial);
		if (err)
			return err;
		err = vnet_parse(self->inner.buf, self->inner.len, true, &seen);
	} while (err == -EPROTONOSUPPORT);
	return err ? err : n;
}

/*
 * All LEN bytes, cut: how many packets, or -errno.
 */
static int read_cut(FIXTURE_DATA(vnet_read_tunnel) *self)
{
	struct vnet_seen s;
	bool partial;
	size_t pos;
	int n, err;

	for (pos = 0, n = 0; pos < LEN; pos += s.data_len, n++) {
		ssize_t len = read_next(self, &partial);

		if (len < 0)
			return len;
		err = vnet_parse(self->inner.buf, self->inner.len, true, &s);
		if (err)
			return err;
		if (self->got.hdr.gso_type || s.data_len > SIZE ||
		    !vnet_data_ok(self->inner.buf + s.data, s.data_len, pos))
			return -EBADMSG;
		if (s.partial || partial)
			return -EPROTO;
	}
	return n;
}

/* F6.24 F6.25 F4.16 F14.2: uncut, with the places of both headers */
TEST_F(vnet_read_tunnel, uncut)
{
	const int types[] = { TCP4, TCP6, USO };
	struct vnet_hdr *hdr = &self->got.hdr;
	struct vnet_seen s;
	bool partial;
	size_t i;

	ASSERT_EQ(0, vnet_offload(&self->v, TUNNELS));
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i] == USO && !vnet_socket_uso())
			continue;
		ASSERT_EQ(0, send_gso(self, types[i]));
		ASSERT_EQ(self->head + self->pkt.len,
			  read_next(self, &partial));
		EXPECT_EQ(types[i] | (variant->ip6 ?
				      VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6 :
				      VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4),
			  hdr->gso_type);
		EXPECT_EQ(VIRTIO_NET_HDR_F_NEEDS_CSUM |
			  (variant->csum ?
			   VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM : 0), hdr->flags);
		EXPECT_EQ(SIZE, hdr->gso_size);
		EXPECT_EQ(self->head + self->pkt.l4, hdr->csum_start);
		EXPECT_EQ(self->pkt.hdr.csum_offset, hdr->csum_offset);
		EXPECT_EQ(self->head - 16, hdr->outer_th);
		EXPECT_EQ(self->head + self->pkt.l3, hdr->inner_nh);
		EXPECT_EQ(0, hdr->num_buffers);
		EXPECT_EQ(0, hdr->hash[0] | hdr->hash[1] | hdr->hash[2] |
			  hdr->hash[3]);
		EXPECT_EQ(variant->csum, partial);
		ASSERT_EQ(0, vnet_parse(self->inner.buf, self->inner.len, true,
					&s));
		EXPECT_TRUE(s.partial);
		EXPECT_EQ(LEN, s.data_len);
		EXPECT_TRUE(vnet_data_ok(self->inner.buf + s.data, LEN, 0));
	}
}

/* F6.25 F5.31: what was read can be written: the tunnel's other end gets it */
TEST_F(vnet_read_tunnel, read_and_written)
{
	struct vnet_pkt *got = &self->got;
	uint8_t addr[16], mac[ETH_ALEN];
	size_t at = variant->ip6 ? 22 : 26, len = variant->ip6 ? 16 : 4;
	bool partial;

	ASSERT_EQ(0, vnet_offload(&self->v, TUNNELS));
	ASSERT_EQ(0, send_gso(self, TCP4));
	ASSERT_LT(0, read_next(self, &partial));
	/* back to where it came from: the sums stay what they are */
	memcpy(addr, got->buf + at, len);
	memcpy(got->buf + at, got->buf + at + len, len);
	memcpy(got->buf + at + len, addr, len);
	memcpy(mac, got->buf, ETH_ALEN);
	memcpy(got->buf, got->buf + ETH_ALEN, ETH_ALEN);
	memcpy(got->buf + ETH_ALEN, mac, ETH_ALEN);
	ASSERT_EQ(0, vnet_write(&self->v, got));
	ASSERT_EQ(self->pkt.len, vnet_heard(self->ps, &self->inner, WAIT_MS));
	EXPECT_EQ(TCP4, self->inner.hdr.gso_type);
	EXPECT_EQ(0, memcmp(self->inner.buf, self->pkt.buf, self->pkt.len));
}

/* F6.24 F12.1 F12.8: cut by the stack if the program did not ask for it */
TEST_F(vnet_read_tunnel, cut)
{
	const unsigned long bits[] = { 0, TUN_F_CSUM, PLAIN };
	const int types[] = { TCP4, TCP6, USO };
	size_t i, n;

	for (n = 0; n < ARRAY_SIZE(bits); n++) {
		ASSERT_EQ(0, vnet_offload(&self->v, bits[n]));
		for (i = 0; i < ARRAY_SIZE(types); i++) {
			if (types[i] == USO && !vnet_socket_uso())
				continue;
			ASSERT_EQ(0, send_gso(self, types[i]));
			EXPECT_EQ((LEN + SIZE - 1) / SIZE, read_cut(self))
				TH_LOG("bits %#lx, kind %zu", bits[n], i);
		}
	}
}

/* F12.1: without the checksum bit a tunnel with checksums is cut */
TEST_F(vnet_read_tunnel, checksum_bit)
{
	bool partial;

	ASSERT_EQ(0, vnet_offload(&self->v, PLAIN | TUN_F_UDP_TUNNEL_GSO));
	ASSERT_EQ(0, send_gso(self, TCP4));
	if (variant->csum) {
		EXPECT_EQ((LEN + SIZE - 1) / SIZE, read_cut(self));
	} else {
		EXPECT_EQ(self->head + self->pkt.len,
			  read_next(self, &partial));
	}
}

/* F4.16 F6.21: an inner checksum may be left open, and is where it says */
TEST_F(vnet_read_tunnel, inner_checksum)
{
	struct vnet_seen s;
	bool partial;

	ASSERT_EQ(0, vnet_offload(&self->v, TUN_F_CSUM));
	ASSERT_EQ(0, send_gso(self, 0));
	ASSERT_LT(0, read_next(self, &partial));
	EXPECT_EQ(VIRTIO_NET_HDR_F_NEEDS_CSUM, self->got.hdr.flags);
	EXPECT_EQ(self->head + self->pkt.l4, self->got.hdr.csum_start);
	EXPECT_EQ(self->pkt.hdr.csum_offset, self->got.hdr.csum_offset);
	EXPECT_EQ(0, vnet_parse(self->inner.buf, self->inner.len, true, &s));
	EXPECT_FALSE(s.partial || partial);
	ASSERT_EQ(0, vnet_offload(&self->v, 0));
	ASSERT_EQ(0, send_gso(self, 0));
	ASSERT_LT(0, read_next(self, &partial));
	EXPECT_EQ(0, self->got.hdr.flags);
	EXPECT_EQ(0, vnet_parse(self->inner.buf, self->inner.len, true, &s));
	EXPECT_FALSE(s.partial || partial);
}

/* F6.25 F6.29: with a tag put in, the checksum moves but the offsets don't */
TEST_F(vnet_read_tunnel, tagged)
{
	int err = hook_tag(link_index(IO_NAME), ETH_P_8021Q, 7);

	if (hook_missing(err))
		SKIP(return, "no tc egress here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vnet_offload(&self->v, TUNNELS));
	ASSERT_EQ(0, send_gso(self, TCP4));
	do {
		ASSERT_LT(0, vnet_read(&self->v, &self->got));
	} while (self->got.len < LEN);
	EXPECT_EQ(self->head + self->pkt.l4 + 4, self->got.hdr.csum_start);
	EXPECT_EQ(self->head - 16, self->got.hdr.outer_th);
	EXPECT_EQ(self->head + self->pkt.l3, self->got.hdr.inner_nh);
}

/*
 * F6.24: the feature is on, the header too short for it. In-tree tun fails
 * each read and loses the packet; vtun cuts what it can't describe.
 */
TEST_F(vnet_read_tunnel, short_header)
{
	struct vnet *v = &self->v;
	size_t pi = v->io.pi ? 4 : 0, i;
	uint8_t buf[1024];
	ssize_t n;

	ASSERT_EQ(0, vnet_offload(v, TUNNELS));
	ASSERT_EQ(0, vt_ioctl_int(v->io.fd, TUNSETVNETHDRSZ, 12));
	v->hdr_sz = 12;
	while (vnet_read(v, &self->got) != -EAGAIN)	/* IPv6's own */
		;
	io_counted(&v->io);
	if (!vt_intree()) {
		ASSERT_EQ(0, send_gso(self, TCP4));
		EXPECT_EQ((LEN + SIZE - 1) / SIZE, read_cut(self));
		if (!vnet_socket_uso())
			return;
		ASSERT_EQ(0, send_gso(self, USO));
		EXPECT_EQ((LEN + SIZE - 1) / SIZE, read_cut(self));
		return;
	}
	ASSERT_EQ(0, io_send(&v->io, 1, 100));
	do {	/* what IPv6 sends through the tunnel has a checksum to finish */
		memset(buf, 0xaa, sizeof(buf));
		EXPECT_EQ(-EFAULT, io_read(v->io.fd, buf, 200));
	} while (buf[pi] == VIRTIO_NET_HDR_F_NEEDS_CSUM);
	EXPECT_NOTHING_COUNTED(&v->io);
	EXPECT_EQ(0xaa, buf[200]);
	for (i = pi; i < 200; i++)
		EXPECT_EQ(0, buf[i]);
	do {	/* IPv6's own go the same way */
		n = io_read(v->io.fd, buf, 200);
	} while (n == -EFAULT);
	EXPECT_EQ(-EAGAIN, n);
}

/*
 * F6.24 F6.27: what was queued while the header was long enough, and is read
 * when it no longer is. It can be neither described nor cut any more: an error,
 * and a drop that is counted, but not logged (class of CVE-2024-27013). The
 * packet behind it is read as ever.
 */
TEST_F(vnet_read_tunnel, header_shrinks)
{
	int log = log_open();
	struct vnet *v = &self->v;
	ssize_t n;

	if (vt_intree())
		SKIP(return, "in-tree tun loses it, uncounted");
	ASSERT_LE(0, log);
	ASSERT_EQ(0, vnet_offload(v, TUNNELS));
	ASSERT_EQ(0, send_gso(self, TCP4));
	ASSERT_EQ(0, vt_ioctl_int(v->io.fd, TUNSETVNETHDRSZ, 12));
	v->hdr_sz = 12;
	ASSERT_EQ(0, send_gso(self, TCP6));
	do {	/* what IPv6 says on its own may be before it */
		n = vnet_read(v, &self->got);
	} while (n > 0);
	EXPECT_EQ(-EINVAL, n);
	EXPECT_EQ(1, io_counted(&v->io).tx_dropped);
	EXPECT_EQ(1, stats_now(IO_NAME, "tx_drop_header"));
	EXPECT_EQ(0, io_log_lines(log));
	EXPECT_EQ((LEN + SIZE - 1) / SIZE, read_cut(self));
	EXPECT_EQ(0, io_counted(&v->io).tx_dropped);
}

/*
 * F6.27: the program takes its offer back while a packet waits. In-tree tun
 * loses it, with a warning in the log that a test can't have.
 */
TEST_F(vnet_read_tunnel, offload_withdrawn)
{
	bool partial;
	ssize_t n;

	if (vt_intree())
		SKIP(return, "in-tree tun warns and loses it");
	ASSERT_EQ(0, vnet_offload(&self->v, TUNNELS));
	ASSERT_EQ(0, send_gso(self, TCP4));
	/* the qdisc may have yet to let it go */
	ASSERT_EQ(POLLIN, fd_poll(self->v.io.fd, POLLIN, WAIT_MS));
	ASSERT_EQ(0, vnet_offload(&self->v, PLAIN));
	/* it has room for the description, so it is described or cut */
	n = read_next(self, &partial);
	EXPECT_EQ(self->head + self->pkt.len, n);
	EXPECT_NE(0, self->got.hdr.gso_type &
		  (VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4 |
		   VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6));
}

/* Have the stack send a packet and read it; IPv6 may send one of its own. */
static int read_sent(FIXTURE_DATA(vnet_read_tunnel) *self)
{
	struct vnet *v = &self->v;
	uint8_t packet[PKT_MAX];
	ssize_t len = io_packet(&v->io, packet, 1, 100), n;
	int err = io_send(&v->io, 1, 100);

	if (err)
		return err;
	do
		n = vnet_read(v, &self->got);
	while (n >= 0 && (n < len || memcmp(self->got.buf + n - len, packet, len)));
	return n < 0 ? n : 0;
}

/* F6.23 F6.24: plain packets beside it: all 24 bytes, zeros where nothing is */
TEST_F(vnet_read_tunnel, plain_packet)
{
	static const struct vnet_hdr zero;
	struct vnet *v = &self->v;

	ASSERT_EQ(0, vnet_offload(v, TUNNELS));
	while (vnet_read(v, &self->got) != -EAGAIN)
		;
	ASSERT_EQ(0, read_sent(self));
	EXPECT_EQ(0, memcmp(&zero, &self->got.hdr, sizeof(zero)));
	ASSERT_EQ(0, vt_ioctl_int(v->io.fd, TUNSETVNETHDRSZ, 30));
	v->hdr_sz = 30;
	ASSERT_EQ(0, read_sent(self));
	EXPECT_EQ(0, memcmp(&zero, &self->got.hdr, sizeof(zero)));
}

TEST_HARNESS_MAIN
