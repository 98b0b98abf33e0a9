// SPDX-License-Identifier: GPL-2.0-only
/* Large packets between a program and sockets of the stack, both ways. */
#include <kselftest_harness.h>
#include "testlib_vnet.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>

#ifndef UDP_GRO
#define UDP_GRO		104
#endif

#ifndef TH_ECE
#define TH_ECE		0x40
#define TH_CWR		0x80
#endif

#define TCP4	VIRTIO_NET_HDR_GSO_TCPV4
#define TCP6	VIRTIO_NET_HDR_GSO_TCPV6
#define UFO	VIRTIO_NET_HDR_GSO_UDP
#define USO	VIRTIO_NET_HDR_GSO_UDP_L4
#define ALL	(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)
#define PORT	2000
#define LEN	20000			/* within the first window */
#define SIZE	1000
#define MSS4	536
#define MSS6	1220
#define TOTAL	100000			/* what a socket sends */

FIXTURE(sockets)
{
	struct vnet v;
	struct vnet_pkt pkt, got;
	struct vnet_spec spec;		/* of what the program writes */
	uint32_t theirs;		/* the socket's next sequence number */
	int sock;
	uint8_t data[TOTAL];
};

FIXTURE_VARIANT(sockets)
{
	int flags;
	bool ip6;
};

FIXTURE_VARIANT_ADD(sockets, tun_ip4) { IFF_TUN | IFF_NO_PI, false };
FIXTURE_VARIANT_ADD(sockets, tun_ip6) { IFF_TUN, true };
FIXTURE_VARIANT_ADD(sockets, tap_ip4) { IFF_TAP, false };
FIXTURE_VARIANT_ADD(sockets, tap_ip6) { IFF_TAP | IFF_NO_PI, true };
FIXTURE_VARIANT_ADD(sockets, tun_napi_ip4) {
	IFF_TUN | IFF_NO_PI | IFF_NAPI, false };
FIXTURE_VARIANT_ADD(sockets, tap_frags_ip6) {
	IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS, true };

FIXTURE_SETUP(sockets)
{
	struct vnet *v = &self->v;
	size_t i;

	ASSERT_EQ(0, vnet_open(v, variant->flags, VNET_SIZE_MRG));
	if (v->io.tap) {
		ASSERT_EQ(0, link_set_addr(IO_NAME, pkt_mac_b, ETH_ALEN));
	}
	ASSERT_EQ(0, vnet_address(IO_NAME, VNET_NEAR));
	if (v->io.tap) {
		ASSERT_EQ(0, vnet_neigh(IO_NAME, VNET_FAR, pkt_mac_a));
	}
	self->spec = (struct vnet_spec){
		.eth = v->io.tap, .ip6 = variant->ip6,
		.proto = IPPROTO_TCP, .dport = PORT,
	};
	for (i = 0; i < TOTAL; i++)
		self->data[i] = vnet_byte(i);
}

FIXTURE_TEARDOWN(sockets)
{
}

static int open_socket(bool ip6, int type)
{
	struct sockaddr_in6 addr6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(PORT),
	};
	struct sockaddr_in addr = {
		.sin_family = AF_INET, .sin_port = htons(PORT),
	};
	int fd = socket(ip6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, ip6 ? (void *)&addr6 : (void *)&addr,
			   ip6 ? sizeof(addr6) : sizeof(addr)))
		return -errno;
	return fd;
}

/* The next packet of the socket: length, or -errno. */
static ssize_t next(FIXTURE_DATA(sockets) *self, struct vnet_seen *seen)
{
	ssize_t n;
	int err;

	do {
		n = vnet_await(&self->v, &self->got);
		if (n < 0)
			return n;
		err = vnet_parse(self->got.buf, n, self->v.io.tap, seen);
	} while (err == -EPROTONOSUPPORT);
	return err ? err : n;
}

/* Write a TCP packet that acknowledges all that came so far. */
static int reply(FIXTURE_DATA(sockets) *self, int flags)
{
	self->spec.ack = self->theirs;
	self->spec.tcp_flags = flags;
	vnet_build(&self->pkt, &self->spec);
	return vnet_write(&self->v, &self->pkt);
}

/*
 * A connection from the program to a socket, begun with these flags;
 * @self->spec.seq is then 0. What the socket sends has segments of the
 * standard's size, since the program has asked for no other.
 */
static int establish(FIXTURE_DATA(sockets) *self, int flags)
{
	int listener = open_socket(self->spec.ip6, SOCK_STREAM);
	struct vnet_seen seen;
	ssize_t n;
	int err;

	if (listener < 0 || listen(listener, 1))
		return -errno;
	self->spec.seq = -1;
	err = reply(self, flags);
	if (err)
		return err;
	do {
		n = next(self, &seen);
		if (n < 0)
			return n;
	} while (seen.proto != IPPROTO_TCP || seen.tcp_flags & TH_RST);
	self->theirs = seen.seq + 1;
	self->spec.seq = 0;
	err = reply(self, TH_ACK);
	if (err)
		return err;
	self->sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return self->sock < 0 ? -errno : 0;
}

static ssize_t receive(int sock, void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		if (fd_poll(sock, POLLIN, WAIT_MS) <= 0)
			return -ETIMEDOUT;
		n = io_read(sock, (uint8_t *)buf + done, len - done);
		if (n <= 0)
			return n < 0 ? n : (ssize_t)done;
		done += n;
	}
	return done;
}

/* F5.27 F5.32 F5.33 F5.41: one write of many segments is one stream of bytes */
TEST_F(sockets, tcp_from_the_program)
{
	static uint8_t buf[LEN];
	int i;

	ASSERT_EQ(0, establish(self, TH_SYN));
	for (i = 0; i < 5; i++) {
		self->spec.seq = i * LEN;
		self->spec.ack = self->theirs;
		self->spec.tcp_flags = TH_ACK | TH_PUSH;
		self->spec.len = LEN;
		vnet_build(&self->pkt, &self->spec);
		vnet_gso(&self->pkt, variant->ip6 ? TCP6 : TCP4, SIZE);
		ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
		ASSERT_EQ(LEN, receive(self->sock, buf, LEN));
		EXPECT_TRUE(vnet_data_ok(buf, LEN, i * LEN));
	}
}

/*
 * Let the socket send TOTAL bytes: the largest packet's data, or -errno if
 * they are not what was sent. Each is acknowledged.
 */
static int read_stream(FIXTURE_DATA(sockets) *self, bool partial)
{
	int err, most = 0, type = self->spec.ip6 ? TCP6 : TCP4;
	size_t mss = self->spec.ip6 ? MSS6 : MSS4;
	uint32_t first = self->theirs, pos;
	struct vnet_seen s;

	if (send(self->sock, self->data, TOTAL, 0) != TOTAL)
		return -errno;
	while ((pos = self->theirs - first) < TOTAL) {
		ssize_t n = next(self, &s);

		if (n < 0)
			return n;
		if (s.proto != IPPROTO_TCP || !s.data_len || s.seq - first != pos)
			continue;	/* sent again, before the ACK came */
		if (!vnet_data_ok(self->got.buf + s.data, s.data_len, pos))
			return -EBADMSG;
		if (s.partial != partial ||
		    !(self->got.hdr.flags & 1) == partial)
			return -EPROTO;
		if (self->got.hdr.gso_type != (s.data_len > mss ? type : 0) ||
		    self->got.hdr.gso_size != (s.data_len > mss ? mss : 0))
			return -ERANGE;
		most = s.data_len > (size_t)most ? (int)s.data_len : most;
		self->theirs += s.data_len;
		self->spec.len = 0;
		err = reply(self, TH_ACK);
		if (err)
			return err;
	}
	return most;
}

/* F6.20 F6.21 F12.1 F5.36: uncut packets of a TCP socket: the whole stream */
TEST_F(sockets, tcp_to_the_program)
{
	int size = 4 * TOTAL, mss = variant->ip6 ? MSS6 : MSS4;

	ASSERT_EQ(0, establish(self, TH_SYN));
	ASSERT_EQ(0, setsockopt(self->sock, SOL_SOCKET, SO_SNDBUF, &size,
				sizeof(size)));
	EXPECT_EQ(mss, read_stream(self, false));
	ASSERT_EQ(0, vnet_offload(&self->v, TUN_F_CSUM));
	EXPECT_EQ(mss, read_stream(self, true));
	ASSERT_EQ(0, vnet_offload(&self->v, ALL));
	EXPECT_LE(2 * mss, read_stream(self, true));
}

/* Ten bytes of data that met congestion on their way. */
static int write_congested(FIXTURE_DATA(sockets) *self)
{
	struct vnet_pkt *p = &self->pkt;
	uint8_t *l3 = p->buf;
	int err;

	self->spec.ack = self->theirs;
	self->spec.tcp_flags = TH_ACK;
	self->spec.len = 10;
	vnet_build(p, &self->spec);
	l3 += p->l3;
	if (self->spec.ip6) {
		l3[1] |= IPTOS_ECN_CE << 4;
	} else {
		struct iphdr *ip = (struct iphdr *)l3;

		ip->tos = IPTOS_ECN_CE;
		ip->check = 0;
		ip->check = pkt_csum(ip, sizeof(*ip), 0);
	}
	err = vnet_write(&self->v, p);
	if (!err && fd_poll(self->sock, POLLIN, WAIT_MS) != POLLIN)
		err = -ETIMEDOUT;
	self->spec.seq += self->spec.len;
	self->spec.len = 0;
	return err;
}

/* The next segment with data that was not sent before: flags, or -errno. */
static int next_flags(FIXTURE_DATA(sockets) *self)
{
	struct vnet_seen seen;
	ssize_t n;

	do {
		n = next(self, &seen);
		if (n < 0)
			return n;
	} while (seen.proto != IPPROTO_TCP || !seen.data_len ||
		 seen.seq != self->theirs);
	if (seen.partial || self->got.hdr.gso_type)
		return -EPROTO;
	self->theirs += seen.data_len;
	return seen.tcp_flags;
}

/* The longest packet with CWR that the stack has given to the device whole. */
static size_t largest_cwr(FIXTURE_DATA(sockets) *self)
{
	size_t most = 0;
	ssize_t n;

	while ((n = psock_recv(self->v.vps, PACKET_OUTGOING, &self->got,
			       sizeof(self->got), 0)) >= 0)
		if (((struct vnet_hdr *)&self->got)->gso_type &
		    VIRTIO_NET_HDR_GSO_ECN)
			most = (size_t)n > most ? (size_t)n : most;
	return most;
}

/* F6.19 F12.8: CWR stands in the first piece of a large packet, ECE in each */
TEST_F(sockets, ecn)
{
	int size = 4 * TOTAL, mss = variant->ip6 ? MSS6 : MSS4, i;

	ASSERT_EQ(0, sysctl_write("net/ipv4/tcp_ecn", "1"));
	/* what a slow guest has sent again would be congestion, too */
	if (sysctl_write("net/ipv4/tcp_rto_min_us", "10000000"))
		SKIP(return, "this kernel's TCP waits for 200 ms only");
	ASSERT_EQ(0, establish(self, TH_SYN | TH_ECE | TH_CWR));
	ASSERT_EQ(0, setsockopt(self->sock, SOL_SOCKET, SO_SNDBUF, &size,
				sizeof(size)));
	ASSERT_EQ(0, write_congested(self));
	/* as much as may be under way at first, and more */
	ASSERT_EQ(30 * mss, send(self->sock, self->data, 30 * mss, 0));
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(TH_ECE, next_flags(self) & (TH_ECE | TH_CWR))
			TH_LOG("segment %d", i);
	}
	/* all of it has arrived, and met congestion */
	ASSERT_EQ(0, reply(self, TH_ACK | TH_ECE));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(TH_ECE | (i ? 0 : TH_CWR),
			  next_flags(self) & (TH_ECE | TH_CWR))
			TH_LOG("segment %d", i);
	}
	if (!vt_intree()) {
		EXPECT_LT(2 * mss, largest_cwr(self));
	}
}

/* F5.27 F5.33: UDP_L4 arrives as the datagrams that it stands for */
TEST_F(sockets, udp_datagrams)
{
	int sock = open_socket(variant->ip6, SOCK_DGRAM);
	static uint8_t buf[LEN];
	size_t pos;

	if (!vnet_has_uso())
		SKIP(return, "this kernel's tun has no UDP_L4");
	ASSERT_LE(0, sock);
	self->spec.proto = IPPROTO_UDP;
	self->spec.len = LEN - 300;
	vnet_build(&self->pkt, &self->spec);
	vnet_gso(&self->pkt, USO, SIZE);
	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	for (pos = 0; pos < self->spec.len; pos += SIZE) {
		size_t want = self->spec.len - pos;

		want = want < SIZE ? want : SIZE;
		ASSERT_EQ(POLLIN, fd_poll(sock, POLLIN, WAIT_MS));
		ASSERT_EQ(want, io_read(sock, buf, sizeof(buf)));
		EXPECT_TRUE(vnet_data_ok(buf, want, pos));
	}
	EXPECT_EQ(0, fd_poll(sock, POLLIN, 0));
}

/* F5.27 F5.33: … and whole to a socket that takes it so, with its size */
TEST_F(sockets, udp_gro)
{
	int sock = open_socket(variant->ip6, SOCK_DGRAM), on = 1, size = 0;
	char control[CMSG_SPACE(sizeof(int))];
	static uint8_t buf[LEN];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};

	if (!vnet_has_uso())
		SKIP(return, "this kernel's tun has no UDP_L4");
	ASSERT_LE(0, sock);
	ASSERT_EQ(0, setsockopt(sock, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)));
	self->spec.proto = IPPROTO_UDP;
	self->spec.len = LEN;
	vnet_build(&self->pkt, &self->spec);
	vnet_gso(&self->pkt, USO, SIZE);
	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	ASSERT_EQ(POLLIN, fd_poll(sock, POLLIN, WAIT_MS));
	ASSERT_EQ(LEN, recvmsg(sock, &msg, 0));
	EXPECT_TRUE(vnet_data_ok(buf, LEN, 0));
	ASSERT_NE(NULL, CMSG_FIRSTHDR(&msg));
	EXPECT_EQ(UDP_GRO, CMSG_FIRSTHDR(&msg)->cmsg_type);
	memcpy(&size, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(size));
	EXPECT_EQ(SIZE, size);
}

/* F5.27: UFO is one datagram, whatever its fragments would be */
TEST_F(sockets, ufo)
{
	int sock = open_socket(variant->ip6, SOCK_DGRAM);
	static uint8_t buf[VNET_PKT_MAX];

	ASSERT_LE(0, sock);
	self->spec.proto = IPPROTO_UDP;
	self->spec.len = LEN;
	vnet_build(&self->pkt, &self->spec);
	vnet_gso(&self->pkt, UFO, 1480);
	ASSERT_EQ(0, vnet_write(&self->v, &self->pkt));
	ASSERT_EQ(POLLIN, fd_poll(sock, POLLIN, WAIT_MS));
	ASSERT_EQ(LEN, io_read(sock, buf, sizeof(buf)));
	EXPECT_TRUE(vnet_data_ok(buf, LEN, 0));
}

TEST_HARNESS_MAIN
