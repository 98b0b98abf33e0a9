// SPDX-License-Identifier: GPL-2.0-only
/* Writing with a virtio header: where it is, how long, and what is checked. */
#include <kselftest_harness.h>
#include "testlib_stats.h"
#include "testlib_vnet.h"

#include <string.h>

FIXTURE(vnet_write)
{
	struct vnet v;
	struct vnet_pkt pkt;		/* a plain UDP packet */
	uint8_t whole[4096];		/* all headers, then the packet */
	size_t head, total;
};

FIXTURE_VARIANT(vnet_write)
{
	int flags;
	int hdr_sz;
};

FIXTURE_VARIANT_ADD(vnet_write, tun_10) { IFF_TUN | IFF_NO_PI, 10 };
FIXTURE_VARIANT_ADD(vnet_write, tap_10) { IFF_TAP | IFF_NO_PI, 10 };
FIXTURE_VARIANT_ADD(vnet_write, tun_pi_12) { IFF_TUN, 12 };
FIXTURE_VARIANT_ADD(vnet_write, tap_12) { IFF_TAP | IFF_NO_PI, 12 };
FIXTURE_VARIANT_ADD(vnet_write, tun_24) { IFF_TUN | IFF_NO_PI, 24 };
FIXTURE_VARIANT_ADD(vnet_write, tap_pi_24) { IFF_TAP, 24 };
FIXTURE_VARIANT_ADD(vnet_write, tap_pi_27) { IFF_TAP, 27 };

FIXTURE_SETUP(vnet_write)
{
	struct vnet_spec spec = { .proto = IPPROTO_UDP, .len = 100 };

	ASSERT_EQ(0, vnet_open(&self->v, variant->flags, variant->hdr_sz));
	spec.eth = self->v.io.tap;
	vnet_build(&self->pkt, &spec);
	self->head = vnet_put_head(&self->v, &self->pkt, self->whole);
	memcpy(self->whole + self->head, self->pkt.buf, self->pkt.len);
	self->total = self->head + self->pkt.len;
}

FIXTURE_TEARDOWN(vnet_write)
{
}

/* How much of the header the driver looks at. */
static int looked_at(const struct vnet *v)
{
	return vnet_newest() && v->hdr_sz >= VNET_SIZE_TNL ? VNET_SIZE_TNL :
							     VNET_SIZE;
}

/* The largest hdr_len that fits a packet of @len bytes. */
static size_t longest(const struct vnet *v, size_t len)
{
	return vnet_newest() ? len + v->hdr_sz - looked_at(v) : len;
}

#define EXPECT_ARRIVED(self) do {					\
	EXPECT_EQ(0, io_seen(&(self)->v.io, (self)->pkt.buf,		\
			     (self)->pkt.len));				\
	EXPECT_RX(&(self)->v.io, 1, (self)->pkt.len, 0);		\
} while (0)

#define EXPECT_REFUSED(self, errno_)	do {				\
	EXPECT_EQ(-(errno_), vnet_write(&(self)->v, &(self)->pkt));	\
	EXPECT_NOTHING_COUNTED(&(self)->v.io);				\
	EXPECT_TRUE(io_unseen(&(self)->v.io));				\
} while (0)

/* What a counter of vtun's own says: in mode tap no other tells of a header. */
#define EXPECT_ROW(n, counter) do {					\
	if (!vt_intree())						\
		EXPECT_EQ(n, stats_now(IO_NAME, counter));		\
} while (0)

/* F5.2 F5.5 F4.24: the packet alone is delivered and counted, all is returned */
TEST_F(vnet_write, layout)
{
	int fd = self->v.io.fd;

	ASSERT_EQ(self->total, io_write(fd, self->whole, self->total));
	EXPECT_ARRIVED(self);
}

/* F5.2: where one segment ends and another begins doesn't matter */
TEST_F(vnet_write, segments)
{
	size_t cut;

	for (cut = 1; cut < self->head + 30; cut += 3) {
		struct iovec iov[] = {
			{ self->whole, cut / 2 },
			{ self->whole + cut / 2, 0 },
			{ self->whole + cut / 2, cut - cut / 2 },
			{ self->whole + cut, self->total - cut },
		};

		ASSERT_EQ(self->total, io_writev(self->v.io.fd, iov, 4));
		EXPECT_ARRIVED(self);
	}
}

/* F5.3 F5.6 F5.14 F5.4: too short for its headers: nothing happened */
TEST_F(vnet_write, too_short)
{
	struct vnet *v = &self->v;
	size_t len;

	for (len = 0; len < self->head; len++) {
		EXPECT_EQ(-EINVAL, io_write(v->io.fd, self->whole, len));
	}
	if (v->io.tap) {
		for (len = 0; len < ETH_HLEN; len++) {
			EXPECT_EQ(-EINVAL, io_write(v->io.fd, self->whole,
						    self->head + len));
		}
	}
	EXPECT_NOTHING_COUNTED(&v->io);
	EXPECT_TRUE(io_unseen(&v->io));
}

/* F5.8 F5.9 F5.10: headers and the least that may follow them */
TEST_F(vnet_write, nearly_nothing)
{
	struct vnet *v = &self->v;

	if (v->io.tap) {
		EXPECT_EQ(self->head + ETH_HLEN,
			  io_write(v->io.fd, self->whole,
				   self->head + ETH_HLEN));
		EXPECT_EQ(1, io_counted(&v->io).rx_packets);
	} else if (v->io.pi) {
		EXPECT_EQ(self->head, io_write(v->io.fd, self->whole,
					       self->head));
		EXPECT_RX(&v->io, 1, 0, 0);
	} else {
		EXPECT_EQ(-EINVAL, io_write(v->io.fd, self->whole, self->head));
		EXPECT_RX(&v->io, 0, 0, 1);
	}
}

/* F5.14: what is looked at must be readable, the rest need not be */
TEST_F(vnet_write, unreadable_header)
{
	struct vnet *v = &self->v;
	size_t pi_len = self->head - v->hdr_sz, good;
	uint8_t *fence;

	for (good = 0; good <= v->hdr_sz; good++) {
		struct iovec iov[3];
		bool enough = good >= looked_at(v);

		fence = io_fence(pi_len + good);
		memcpy(fence, self->whole, pi_len + good);
		iov[0] = (struct iovec){ fence, pi_len + good };
		iov[1] = (struct iovec){ fence + pi_len + good,
					 v->hdr_sz - good };
		iov[2] = (struct iovec){ self->pkt.buf, self->pkt.len };
		EXPECT_EQ(enough ? (ssize_t)self->total : -EFAULT,
			  io_writev(v->io.fd, iov, 3))
			TH_LOG("%zu bytes of header", good);
		if (enough)
			EXPECT_ARRIVED(self);
		else
			EXPECT_NOTHING_COUNTED(&v->io);
	}
}

/* F5.37 F5.40 F5.4: the packet's own bytes: a drop, told after header errors */
TEST_F(vnet_write, unreadable_packet)
{
	struct vnet *v = &self->v;
	struct vnet_hdr hdr = {};
	size_t i, room[] = { 0, 1, 14, self->pkt.len - 1 };
	uint8_t *fence;

	for (i = 0; i < ARRAY_SIZE(room); i++) {
		fence = io_fence(self->head + room[i]);
		memcpy(fence, self->whole, self->head + room[i]);
		EXPECT_EQ(-EFAULT, io_write(v->io.fd, fence, self->total));
		EXPECT_RX(&v->io, 0, 0, 1);
		hdr.hdr_len = 5000;
		memcpy(fence + self->head - v->hdr_sz, &hdr, VNET_SIZE);
		EXPECT_EQ(-EINVAL, io_write(v->io.fd, fence, self->total));
		EXPECT_NOTHING_COUNTED(&v->io);
	}
	EXPECT_TRUE(io_unseen(&v->io));
}

/* F5.15 F5.16 F5.17 F14.5: a header length that the packet doesn't have */
TEST_F(vnet_write, header_length)
{
	struct vnet *v = &self->v;
	size_t most = longest(v, self->pkt.len), i;
	size_t good[] = { 0, 14, 28, self->pkt.len, most };
	size_t bad[] = { most + 1, most + 2, 5000, 65535 };

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		self->pkt.hdr.hdr_len = good[i];
		EXPECT_EQ(0, vnet_write(v, &self->pkt))
			TH_LOG("header length %zu", good[i]);
		EXPECT_ARRIVED(self);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		self->pkt.hdr.hdr_len = bad[i];
		EXPECT_REFUSED(self, EINVAL);
	}
}

/* F5.17: on tap it holds the Ethernet header, if it says anything */
TEST_F(vnet_write, header_length_below_ethernet)
{
	struct vnet *v = &self->v;
	size_t i;

	for (i = 1; i < ETH_HLEN; i++) {
		self->pkt.hdr.hdr_len = i;
		if (v->io.tap) {
			EXPECT_REFUSED(self, EINVAL);
			continue;
		}
		EXPECT_EQ(0, vnet_write(v, &self->pkt));
		EXPECT_ARRIVED(self);
	}
}

/* F5.15: with a checksum to fill in, its place counts as header */
TEST_F(vnet_write, checksum_is_header)
{
	struct vnet *v = &self->v;
	size_t most = longest(v, self->pkt.len);

	vnet_partial(&self->pkt);
	self->pkt.hdr.csum_start = most - 10;
	self->pkt.hdr.csum_offset = 9;
	EXPECT_REFUSED(self, EINVAL);
	self->pkt.hdr.csum_start = 30;
	self->pkt.hdr.csum_offset = most - 30 - 1;
	EXPECT_REFUSED(self, EINVAL);
	/* a small length doesn't hide it */
	self->pkt.hdr.hdr_len = 20;
	EXPECT_REFUSED(self, EINVAL);
	/* without the flag the fields mean nothing */
	self->pkt.hdr.flags = 0;
	EXPECT_EQ(0, vnet_write(v, &self->pkt));
	EXPECT_ARRIVED(self);
	/* within: the last two bytes */
	self->pkt.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	self->pkt.hdr.csum_offset = self->pkt.len - 30 - 2;
	EXPECT_EQ(0, vnet_write(v, &self->pkt));
	EXPECT_ARRIVED(self);
}

/* F5.15 F5.17: the sum has 16 bits; what is left of it is looked at */
TEST_F(vnet_write, header_length_wraps)
{
	struct vnet *v = &self->v;

	/* comes to 0, so the metadata rules are what refuses it */
	self->pkt.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	self->pkt.hdr.csum_start = 0xffff;
	self->pkt.hdr.csum_offset = 0xffff;
	EXPECT_EQ(-EINVAL, vnet_write(v, &self->pkt));
	EXPECT_FRAME_ERROR(v);
	/* comes to 5 */
	self->pkt.hdr.csum_offset = 4;
	EXPECT_EQ(-EINVAL, vnet_write(v, &self->pkt));
	if (v->io.tap)
		EXPECT_NOTHING_COUNTED(&v->io);
	else
		EXPECT_FRAME_ERROR(v);
	/* comes to 0x8000 */
	self->pkt.hdr.csum_offset = 0x7fff;
	EXPECT_REFUSED(self, EINVAL);
}

/* F5.4 F5.9 F5.18 F14.7: which of two errors wins; each is counted elsewhere */
TEST_F(vnet_write, version_and_metadata)
{
	struct vnet *v = &self->v;
	bool version = !v->io.tap && !v->io.pi;

	self->pkt.hdr.gso_type = 99;
	EXPECT_EQ(-EINVAL, vnet_write(v, &self->pkt));
	EXPECT_FRAME_ERROR(v);
	EXPECT_ROW(1, "rx_frame_errors");
	/* a tun that has no other way to know reads the version */
	self->pkt.buf[0] = 0x10;
	EXPECT_EQ(-EINVAL, vnet_write(v, &self->pkt));
	if (!version || !vnet_newest())
		EXPECT_FRAME_ERROR(v);
	else
		EXPECT_RX(&v->io, 0, 0, 1);
	EXPECT_ROW(version ? 1 : 2, "rx_frame_errors");
	EXPECT_ROW(version ? 1 : 0, "rx_drop_other");
	EXPECT_TRUE(io_unseen(&v->io));
}

/* F5.38 F5.40 F5.4: a device that is down takes nothing, and says so last */
TEST_F(vnet_write, down)
{
	struct vnet *v = &self->v;

	ASSERT_EQ(0, link_down(IO_NAME));
	io_counted(&v->io);
	EXPECT_EQ(-EIO, vnet_write(v, &self->pkt));
	EXPECT_RX(&v->io, 0, 0, 1);
	self->pkt.hdr.hdr_len = 5000;
	EXPECT_EQ(-EINVAL, vnet_write(v, &self->pkt));
	EXPECT_NOTHING_COUNTED(&v->io);
	EXPECT_ROW(0, "rx_frame_errors");
	self->pkt.hdr.hdr_len = 0;
	self->pkt.hdr.gso_type = 99;
	EXPECT_EQ(-EINVAL, vnet_write(v, &self->pkt));
	EXPECT_FRAME_ERROR(v);
	EXPECT_ROW(1, "rx_frame_errors");
	EXPECT_ROW(1, "rx_drop_down");
}

/* F5.32: what a driver of a virtual machine would say, but means nothing here */
TEST_F(vnet_write, ignored_fields)
{
	struct vnet *v = &self->v;
	int flags;

	memset(&self->pkt.hdr.num_buffers, 0xff,
	       sizeof(self->pkt.hdr) - VNET_SIZE);
	for (flags = 0; flags < 256; flags += 2) {
		self->pkt.hdr.flags = flags;
		self->pkt.hdr.gso_size = 0xffff - flags;
		EXPECT_EQ(0, vnet_write(v, &self->pkt))
			TH_LOG("flags %#x", flags);
		EXPECT_ARRIVED(self);
	}
}

/* F3.10.1 F2.22: a changed size counts from the next write on */
TEST_F(vnet_write, size_changes)
{
	struct vnet *v = &self->v;
	int sizes[] = { 10, 24, 12, 64, 11 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, vt_ioctl_int(v->io.fd, TUNSETVNETHDRSZ, sizes[i]));
		v->hdr_sz = sizes[i];
		EXPECT_EQ(0, vnet_write(v, &self->pkt));
		EXPECT_ARRIVED(self);
	}
	/* no packet is as long as that header */
	ASSERT_EQ(0, vt_ioctl_int(v->io.fd, TUNSETVNETHDRSZ, 0x7fffffff));
	EXPECT_EQ(-EINVAL, io_write(v->io.fd, self->whole, self->total));
	EXPECT_NOTHING_COUNTED(&v->io);
}

/* F5.13: little-endian is what this machine has anyway */
TEST_F(vnet_write, little_endian)
{
	struct vnet *v = &self->v;
	struct vnet_pkt got;
	int le;

	for (le = 0; le < 2; le++) {
		ASSERT_EQ(0, vt_ioctl_int(v->io.fd, TUNSETVNETLE, le));
		vnet_partial(&self->pkt);
		ASSERT_EQ(0, vnet_write(v, &self->pkt));
		ASSERT_LT(0, vnet_heard(v->vps, &got, WAIT_MS));
		EXPECT_EQ(VIRTIO_NET_HDR_F_NEEDS_CSUM, got.hdr.flags);
		EXPECT_EQ(self->pkt.hdr.csum_start, got.hdr.csum_start);
		EXPECT_EQ(self->pkt.hdr.csum_offset, got.hdr.csum_offset);
	}
}

TEST_HARNESS_MAIN
