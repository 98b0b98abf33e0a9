// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing packets whose checksum is still to be filled in. Class of
 * CVE-2024-43817: where it begins and where it goes must fit the packet.
 */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_vnet.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define TCP4	VIRTIO_NET_HDR_GSO_TCPV4
#define TCP6	VIRTIO_NET_HDR_GSO_TCPV6

FIXTURE(vnet_csum)
{
	struct vnet v;
	struct vnet_pkt pkt, got;
	struct vnet_spec spec;
};

FIXTURE_VARIANT(vnet_csum)
{
	int flags;
	int hdr_sz;
};

FIXTURE_VARIANT_ADD(vnet_csum, tun) { IFF_TUN | IFF_NO_PI, 10 };
FIXTURE_VARIANT_ADD(vnet_csum, tun_pi) { IFF_TUN, 12 };
FIXTURE_VARIANT_ADD(vnet_csum, tap) { IFF_TAP | IFF_NO_PI, 12 };
FIXTURE_VARIANT_ADD(vnet_csum, tap_tunnels) { IFF_TAP | IFF_NO_PI, 24 };

FIXTURE_SETUP(vnet_csum)
{
	struct vnet *v = &self->v;

	ASSERT_EQ(0, vnet_open(v, variant->flags, variant->hdr_sz));
	ASSERT_EQ(0, vnet_address(IO_NAME, VNET_NEAR));
	if (v->io.tap) {
		ASSERT_EQ(0, link_set_addr(IO_NAME, pkt_mac_b, ETH_ALEN));
	}
	io_counted(&v->io);
	self->spec = (struct vnet_spec){
		.eth = v->io.tap, .proto = IPPROTO_UDP, .len = 200,
	};
}

FIXTURE_TEARDOWN(vnet_csum)
{
}

#define EXPECT_TAKEN(self) do {						\
	EXPECT_EQ(0, vnet_write(&(self)->v, &(self)->pkt));		\
	EXPECT_EQ(0, io_seen(&(self)->v.io, (self)->pkt.buf,		\
			     (self)->pkt.len));				\
	EXPECT_EQ(1, io_counted(&(self)->v.io).rx_packets);		\
} while (0)

#define EXPECT_BAD(self) do {						\
	EXPECT_EQ(-EINVAL, vnet_write(&(self)->v, &(self)->pkt));	\
	EXPECT_FRAME_ERROR(&(self)->v);					\
	EXPECT_TRUE(io_unseen(&(self)->v.io));				\
} while (0)

/* F5.22: it begins behind an IP header's length, whatever is in front */
TEST_F(vnet_csum, begins_too_early)
{
	struct vnet_pkt *p = &self->pkt;
	int start;

	if (!vnet_known_rules())
		SKIP(return, "this kernel's tun has older rules");
	vnet_build(p, &self->spec);
	for (start = 0; start < 60; start++) {
		p->hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		p->hdr.csum_start = start;
		p->hdr.csum_offset = 16;
		if (start < 20)
			EXPECT_BAD(self);
		else
			EXPECT_TAKEN(self);
	}
}

/* F5.22: for TCP over IPv6 that is 40 bytes */
TEST_F(vnet_csum, begins_too_early_for_tcp6)
{
	struct vnet_pkt *p = &self->pkt;
	int start;

	if (!vnet_known_rules())
		SKIP(return, "this kernel's tun has older rules");
	self->spec.ip6 = true;
	self->spec.proto = IPPROTO_TCP;
	self->spec.len = 2000;
	vnet_build(p, &self->spec);
	for (start = 0; start < 60; start++) {
		vnet_gso(p, TCP6, 500);
		p->hdr.csum_start = start;
		if (start < 40)
			EXPECT_BAD(self);
		else
			EXPECT_TAKEN(self);
	}
}

/* F5.21 F5.23: the transport header that the type promises must be there */
TEST_F(vnet_csum, transport_header_cut_off)
{
	struct vnet_pkt *p = &self->pkt;
	int len;

	self->spec.proto = IPPROTO_TCP;
	self->spec.len = 100;
	vnet_build(p, &self->spec);
	vnet_gso(p, TCP4, 50);
	p->hdr.hdr_len = 0;
	for (len = 18; len < 24; len++) {
		p->len = p->l4 + len;
		if (len < 20)
			EXPECT_BAD(self);
		else
			EXPECT_TAKEN(self);
	}
	/* without a type two bytes for the checksum are all it takes */
	p->hdr.gso_type = 0;
	p->len = p->l4 + 18;
	EXPECT_TAKEN(self);
}

/* F5.21 F5.16: two bytes more pass the first look, if the header is longer */
TEST_F(vnet_csum, checksum_cut_off)
{
	struct vnet_pkt *p = &self->pkt;

	vnet_build(p, &self->spec);
	vnet_partial(p);
	p->hdr.csum_offset = p->len - p->l4 - 1;
	if (vnet_newest() && variant->hdr_sz == 12) {
		EXPECT_BAD(self);
		p->hdr.csum_offset++;
		EXPECT_BAD(self);
	} else {
		EXPECT_EQ(-EINVAL, vnet_write(&self->v, p));
		EXPECT_NOTHING_COUNTED(&self->v.io);
	}
	EXPECT_TRUE(io_unseen(&self->v.io));
}

/* F5.21: the kernel's own 16 bits end before ours */
TEST_F(vnet_csum, begins_too_late)
{
	struct vnet_pkt *p = &self->pkt;

	vnet_build(p, &self->spec);
	memset(p->buf + p->len, 0, sizeof(p->buf) - p->len);
	p->len = 66000;
	p->hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	p->hdr.csum_start = 65530;
	p->hdr.csum_offset = 3;
	EXPECT_BAD(self);
	p->hdr.csum_start = 30000;
	EXPECT_TAKEN(self);
}

static int udp_socket(bool ip6)
{
	struct sockaddr_in6 addr = {
		.sin6_family = AF_INET6, .sin6_port = htons(2000),
	};
	struct sockaddr_in addr4 = {
		.sin_family = AF_INET, .sin_port = htons(2000),
	};
	int fd = socket(ip6 ? AF_INET6 : AF_INET,
			SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, ip6 ? (void *)&addr : (void *)&addr4,
			   ip6 ? sizeof(addr) : sizeof(addr4)))
		return -errno;
	return fd;
}

/* F5.32 F5.41: a socket takes what is to be completed, and checks the rest */
TEST_F(vnet_csum, delivery)
{
	struct vnet_pkt *p = &self->pkt;
	uint8_t buf[1000];
	int ip6, fd;

	for (ip6 = 0; ip6 < 2; ip6++) {
		self->spec.ip6 = ip6;
		fd = udp_socket(ip6);
		ASSERT_LE(0, fd);
		vnet_build(p, &self->spec);
		ASSERT_EQ(0, vnet_write(&self->v, p));
		ASSERT_EQ(POLLIN, fd_poll(fd, POLLIN, WAIT_MS))
			TH_LOG("IPv%d", ip6 ? 6 : 4);
		ASSERT_EQ(self->spec.len, io_read(fd, buf, sizeof(buf)));
		EXPECT_TRUE(vnet_data_ok(buf, self->spec.len, 0));
		/* garbage in place of the checksum */
		vnet_partial(p);
		p->buf[p->l4 + 6] ^= 0x55;
		p->buf[p->data] ^= 0xff;
		ASSERT_EQ(0, vnet_write(&self->v, p));
		ASSERT_EQ(POLLIN, fd_poll(fd, POLLIN, WAIT_MS));
		ASSERT_EQ(self->spec.len, io_read(fd, buf, sizeof(buf)));
		EXPECT_EQ(0, memcmp(buf, p->buf + p->data, self->spec.len));
		/* "it's valid" is not believed */
		p->hdr.flags = VIRTIO_NET_HDR_F_DATA_VALID;
		ASSERT_EQ(0, vnet_write(&self->v, p));
		p->hdr.flags = 0;
		ASSERT_EQ(0, vnet_write(&self->v, p));
		EXPECT_EQ(-EAGAIN, io_read(fd, buf, sizeof(buf)));
		EXPECT_EQ(4, io_counted(&self->v.io).rx_packets);
		close(fd);
	}
}

/* F5.32 F6.21: a packet that goes on through another device is completed */
TEST_F(vnet_csum, forwarding)
{
	struct vnet_pkt *p = &self->pkt, *got = &self->got;
	struct vnet_seen seen;
	int ps, ip6, tcp;

	ASSERT_EQ(0, vnet_veth("ve0", "ve1"));
	ASSERT_EQ(0, vnet_address("ve0", 0x0a080001));
	ASSERT_EQ(0, vnet_neigh("ve0", 0x0a080002, pkt_mac_a));
	ASSERT_EQ(0, vnet_forward());
	/* or else it would leave the checksum to whoever has the other end */
	ASSERT_EQ(0, eth_set_feature("ve0", "tx-checksum-ip-generic", false));
	ps = vnet_psock("ve1");
	ASSERT_LE(0, ps);
	self->spec.dst = 0x0a080002;
	for (ip6 = 0; ip6 < 2; ip6++) {
		for (tcp = 0; tcp < 2; tcp++) {
			self->spec.ip6 = ip6;
			self->spec.proto = tcp ? IPPROTO_TCP : IPPROTO_UDP;
			vnet_build(p, &self->spec);
			vnet_partial(p);
			ASSERT_EQ(0, vnet_write(&self->v, p));
			do {
				ASSERT_LT(0, vnet_heard(ps, got, WAIT_MS));
				/* neighbour discovery's own */
			} while (vnet_parse(got->buf, got->len, true, &seen) ==
				 -EPROTONOSUPPORT);
			EXPECT_EQ(0, vnet_parse(got->buf, got->len, true,
						&seen));
			EXPECT_FALSE(seen.partial);
			EXPECT_EQ(0, got->hdr.flags &
				  VIRTIO_NET_HDR_F_NEEDS_CSUM);
			EXPECT_EQ(self->spec.proto, seen.proto);
			EXPECT_EQ(self->spec.len, seen.data_len);
			EXPECT_TRUE(vnet_data_ok(got->buf + seen.data,
						 seen.data_len, 0));
		}
	}
}

TEST_HARNESS_MAIN
