// SPDX-License-Identifier: GPL-2.0-only
/* Reading with a virtio header: layout, room and faults; checksums left open. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_vnet.h"

#include <arpa/inet.h>
#include <string.h>

FIXTURE(vnet_read)
{
	struct vnet v;
	struct vnet_pkt pkt, got;
	size_t pi_len, head, total;
};

FIXTURE_VARIANT(vnet_read)
{
	int flags;
	int hdr_sz;
};

FIXTURE_VARIANT_ADD(vnet_read, tun_10) { IFF_TUN | IFF_NO_PI, 10 };
FIXTURE_VARIANT_ADD(vnet_read, tap_10) { IFF_TAP | IFF_NO_PI, 10 };
FIXTURE_VARIANT_ADD(vnet_read, tun_pi_12) { IFF_TUN, 12 };
FIXTURE_VARIANT_ADD(vnet_read, tap_12) { IFF_TAP | IFF_NO_PI, 12 };
FIXTURE_VARIANT_ADD(vnet_read, tun_24) { IFF_TUN | IFF_NO_PI, 24 };
FIXTURE_VARIANT_ADD(vnet_read, tap_pi_29) { IFF_TAP, 29 };

FIXTURE_SETUP(vnet_read)
{
	struct vnet *v = &self->v;
	struct vnet_spec spec = {
		.proto = IPPROTO_UDP, .len = 100,
		.src = VNET_NEAR, .dst = VNET_FAR,
	};

	ASSERT_EQ(0, vnet_open(v, variant->flags, variant->hdr_sz));
	spec.eth = v->io.tap;
	vnet_build(&self->pkt, &spec);
	self->pi_len = v->io.pi ? sizeof(struct tun_pi) : 0;
	self->head = self->pi_len + v->hdr_sz;
	self->total = self->head + self->pkt.len;
}

FIXTURE_TEARDOWN(vnet_read)
{
}

static int inject(FIXTURE_DATA(vnet_read) *self)
{
	return vnet_inject(self->v.vps, IO_NAME, &self->pkt);
}

static bool all_bytes(const uint8_t *p, size_t len, uint8_t value)
{
	while (len--)
		if (*p++ != value)
			return false;
	return true;
}

/* F6.10 F6.11 F6.16 F6.19 F6.23 F14.4: [PI] [header] packet, and not a byte more */
TEST_F(vnet_read, layout)
{
	struct vnet *v = &self->v;
	uint8_t buf[1024], *hdr = buf + self->pi_len;

	memset(buf, 0xaa, sizeof(buf));
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(self->total, io_read(v->io.fd, buf, sizeof(buf)));
	EXPECT_TX(&v->io, 1, self->pkt.len, 0);
	if (v->io.pi)
		EXPECT_TRUE(buf[0] == 0 && buf[1] == 0 &&
			    buf[2] == 8 && buf[3] == 0);
	EXPECT_TRUE(all_bytes(hdr, VNET_SIZE, 0));
	EXPECT_TRUE(all_bytes(hdr + VNET_SIZE, v->hdr_sz - VNET_SIZE,
			      vnet_newest() ? 0 : 0xaa));
	EXPECT_EQ(0, memcmp(buf + self->head, self->pkt.buf, self->pkt.len));
	EXPECT_TRUE(all_bytes(buf + self->total, sizeof(buf) - self->total,
			      0xaa));
}

/* F6.13 F6.11 F6.12 F4.25: each size of buffer; what has no room is lost */
TEST_F(vnet_read, room)
{
	struct vnet *v = &self->v;
	struct tun_pi pi = {};
	uint8_t buf[1024];
	size_t size;

	for (size = 1; size <= self->total + 1; size++) {
		size_t most = size < self->total ? size : self->total;

		memset(buf, 0xaa, sizeof(buf));
		ASSERT_EQ(0, inject(self));
		if (size < self->head) {
			EXPECT_EQ(-EINVAL, io_read(v->io.fd, buf, size));
			EXPECT_NOTHING_COUNTED(&v->io);
		} else {
			EXPECT_EQ(most, io_read(v->io.fd, buf, size));
			EXPECT_TX(&v->io, 1, self->pkt.len, 0);
			memcpy(&pi, buf, self->pi_len);
			EXPECT_EQ(v->io.pi && size < self->total ?
				  TUN_PKT_STRIP : 0, pi.flags);
			EXPECT_EQ(0, memcmp(buf + self->head, self->pkt.buf,
					    most - self->head));
		}
		EXPECT_TRUE(all_bytes(buf + size, sizeof(buf) - size, 0xaa));
		EXPECT_EQ(-EAGAIN, io_read(v->io.fd, buf, sizeof(buf)));
	}
}

/* F6.14 F6.15 F14.4: memory that can't be written: told, and the packet is lost */
TEST_F(vnet_read, fault)
{
	struct vnet *v = &self->v;
	size_t written = vnet_newest() ? v->hdr_sz : VNET_SIZE;
	size_t good;

	for (good = 0; good < self->pi_len + written; good++) {
		ASSERT_EQ(0, inject(self));
		EXPECT_EQ(-EFAULT, io_read(v->io.fd, io_fence(good), 1024));
		EXPECT_NOTHING_COUNTED(&v->io);
	}
	/* the packet itself: in-tree doesn't notice */
	ASSERT_EQ(0, inject(self));
	if (vt_intree()) {
		EXPECT_EQ(self->total, io_read(v->io.fd, io_fence(self->head),
					       1024));
		EXPECT_TX(&v->io, 1, self->pkt.len, 0);
	} else {
		EXPECT_EQ(-EFAULT, io_read(v->io.fd, io_fence(self->head),
					   1024));
		EXPECT_TX(&v->io, 0, 0, 1);
	}
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(self->total, io_read(v->io.fd, io_fence(self->total), 1024));
	EXPECT_TX(&v->io, 1, self->pkt.len, 0);
}

/* F6.11: the room is that of all segments */
TEST_F(vnet_read, segments)
{
	struct vnet *v = &self->v;
	uint8_t buf[1024];
	size_t cut;

	for (cut = 1; cut < self->head + 20; cut++) {
		struct iovec iov[] = {
			{ buf, cut / 2 }, { buf + cut / 2, cut - cut / 2 },
			{ buf + cut, sizeof(buf) - cut },
		};

		memset(buf, 0, sizeof(buf));
		ASSERT_EQ(0, inject(self));
		ASSERT_EQ(self->total, readv(v->io.fd, iov, 3));
		EXPECT_TRUE(all_bytes(buf + self->pi_len, v->hdr_sz, 0));
		EXPECT_EQ(0, memcmp(buf + self->head, self->pkt.buf,
				    self->pkt.len));
	}
}

/* F6.21 F6.22 F12.8: an open checksum is told if the program asked for it */
TEST_F(vnet_read, open_checksum)
{
	struct vnet *v = &self->v;
	struct vnet_hdr zero = {};
	struct vnet_seen seen;

	vnet_partial(&self->pkt);
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(self->pkt.len, vnet_read(v, &self->got));
	EXPECT_EQ(0, memcmp(&zero, &self->got.hdr, VNET_SIZE));
	EXPECT_EQ(0, vnet_parse(self->got.buf, self->got.len, v->io.tap,
				&seen));
	EXPECT_FALSE(seen.partial);
	ASSERT_EQ(0, vnet_offload(v, TUN_F_CSUM));
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(self->pkt.len, vnet_read(v, &self->got));
	EXPECT_EQ(0, memcmp(&self->pkt.hdr, &self->got.hdr, VNET_SIZE));
	EXPECT_EQ(0, memcmp(self->pkt.buf, self->got.buf, self->pkt.len));
	/* a whole one stays whole, and nothing is said of it */
	self->pkt.hdr = zero;
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(self->pkt.len, vnet_read(v, &self->got));
	EXPECT_EQ(0, memcmp(&zero, &self->got.hdr, VNET_SIZE));
}

/* F6.22: byte by byte, from a socket */
TEST_F(vnet_read, from_a_socket)
{
	static const uint8_t want[] = { 1, 0, 0, 0, 0, 0, 20, 0, 6, 0 };
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(VNET_FAR),
	};
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct vnet *v = &self->v;
	struct vnet_seen seen;
	uint8_t hdr[VNET_SIZE];

	memcpy(hdr, want, sizeof(hdr));
	hdr[6] += v->io.tap ? ETH_HLEN : 0;
	ASSERT_EQ(0, vnet_address(IO_NAME, VNET_NEAR));
	if (v->io.tap) {
		ASSERT_EQ(0, vnet_neigh(IO_NAME, VNET_FAR, pkt_mac_a));
	}
	ASSERT_EQ(0, ns_link_ipv6(IO_NAME, false));
	while (vnet_read(v, &self->got) > 0)	/* IPv6's own */
		;
	ASSERT_EQ(0, vnet_offload(v, TUN_F_CSUM));
	ASSERT_EQ(50, sendto(sock, self->pkt.buf, 50, 0, (void *)&to,
			     sizeof(to)));
	ASSERT_LT(0, vnet_read(v, &self->got));
	EXPECT_EQ(0, memcmp(hdr, &self->got.hdr, VNET_SIZE));
	EXPECT_EQ(0, vnet_parse(self->got.buf, self->got.len, v->io.tap,
				&seen));
	EXPECT_TRUE(seen.partial);
	EXPECT_EQ(50, seen.data_len);
	ASSERT_EQ(0, vnet_offload(v, 0));
	ASSERT_EQ(50, sendto(sock, self->pkt.buf, 50, 0, (void *)&to,
			     sizeof(to)));
	ASSERT_LT(0, vnet_read(v, &self->got));
	EXPECT_TRUE(all_bytes((void *)&self->got.hdr, VNET_SIZE, 0));
	EXPECT_EQ(0, vnet_parse(self->got.buf, self->got.len, v->io.tap,
				&seen));
	EXPECT_FALSE(seen.partial);
}

/* F6.21 F6.29: a tag that the read puts in moves the checksum */
TEST_F(vnet_read, tag_moves_the_checksum)
{
	struct vnet *v = &self->v;
	int err = hook_tag(link_index(IO_NAME), ETH_P_8021Q, 7);

	if (hook_missing(err))
		SKIP(return, "no tc egress here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vnet_offload(v, TUN_F_CSUM));
	vnet_partial(&self->pkt);
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(self->pkt.len + 4, vnet_read(v, &self->got));
	EXPECT_EQ(VIRTIO_NET_HDR_F_NEEDS_CSUM, self->got.hdr.flags);
	EXPECT_EQ(self->pkt.l4 + 4, self->got.hdr.csum_start);
	EXPECT_EQ(6, self->got.hdr.csum_offset);
	EXPECT_EQ(0, memcmp(self->got.buf + 16, self->pkt.buf + 12,
			    self->pkt.len - 12));
	/* room for the header and half the tag */
	ASSERT_EQ(0, inject(self));
	EXPECT_EQ(self->head + 14, io_read(v->io.fd, self->got.buf,
					   self->head + 14));
	EXPECT_EQ(2 * (self->pkt.len + 4), io_counted(&v->io).tx_bytes);
}

/* F3.10.1 F6.10: the size is that at the time of reading */
TEST_F(vnet_read, size_changes)
{
	const int sizes[] = { 10, 40, 12, 24 };
	struct vnet *v = &self->v;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, inject(self));
		ASSERT_EQ(0, vt_ioctl_int(v->io.fd, TUNSETVNETHDRSZ, sizes[i]));
		v->hdr_sz = sizes[i];
		ASSERT_EQ(self->pkt.len, vnet_read(v, &self->got));
		EXPECT_EQ(0, memcmp(self->got.buf, self->pkt.buf,
				    self->pkt.len));
	}
	ASSERT_EQ(0, inject(self));
	ASSERT_EQ(0, vt_ioctl_int(v->io.fd, TUNSETVNETHDRSZ, 100000));
	EXPECT_EQ(-EINVAL, io_read(v->io.fd, self->got.buf, 70000));
}

TEST_HARNESS_MAIN
