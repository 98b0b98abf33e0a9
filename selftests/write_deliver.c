// SPDX-License-Identifier: GPL-2.0-only
/* A written packet is received before write() returns, as any device's is. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_io.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define NEAR	0x0a000001	/* 10.0.0.1, the device's own address */
#define FAR	0x0a000002
#define PORT	5000

FIXTURE(write_deliver)
{
	struct io io;
	struct link_info link;
	uint8_t frame[PKT_MAX];
	size_t head;			/* what precedes the IP packet */
};

FIXTURE_VARIANT(write_deliver)
{
	int flags;
};

IO_VARIANTS(write_deliver);

FIXTURE_SETUP(write_deliver)
{
	struct tun_pi pi = { .proto = htons(ETH_P_IP) };

	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	ASSERT_EQ(0, link_add_ip4(IO_NAME, NEAR, 24));
	ASSERT_EQ(0, link_get(IO_NAME, &self->link));
	if (self->io.pi) {
		memcpy(self->frame, &pi, sizeof(pi));
		self->head = sizeof(pi);
	}
	if (self->io.tap)
		self->head += pkt_eth(self->frame + self->head, self->link.addr,
				      pkt_mac_a, ETH_P_IP);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(write_deliver)
{
}

static int udp_socket(uint32_t addr, uint16_t port)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(addr),
		.sin_port = htons(port),
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (void *)&sin, sizeof(sin)))
		return -errno;
	return fd;
}

/* F5.41: a UDP socket has it without waiting */
TEST_F(write_deliver, udp_socket)
{
	char got[64], data[32];
	int udp = udp_socket(NEAR, PORT), i;
	struct sockaddr_in from = {};

	ASSERT_LE(0, udp);
	for (i = 0; i < 20; i++) {
		socklen_t slen = sizeof(from);
		size_t len;

		snprintf(data, sizeof(data), "packet number %d", i);
		len = self->head + pkt_udp4(self->frame + self->head, FAR, NEAR,
					    6000 + i, PORT, data, strlen(data));
		ASSERT_EQ(len, io_write(self->io.fd, self->frame, len));
		ASSERT_EQ(strlen(data),
			  recvfrom(udp, got, sizeof(got), MSG_DONTWAIT,
				   (void *)&from, &slen));
		EXPECT_EQ(0, memcmp(got, data, strlen(data)));
		EXPECT_EQ(htonl(FAR), from.sin_addr.s_addr);
		EXPECT_EQ(htons(6000 + i), from.sin_port);
	}
}

/* F5.41 F4.24: what the stack then throws away was accepted all the same */
TEST_F(write_deliver, counts_what_the_stack_drops)
{
	struct io *io = &self->io;
	size_t eth = io->tap ? ETH_HLEN : 0;
	size_t len = self->head + pkt_udp4(self->frame + self->head, FAR, NEAR,
					   6000, PORT, "x", 1);

	self->frame[self->head + 10] ^= 1;	/* IP checksum */
	EXPECT_EQ(len, io_write(io->fd, self->frame, len));
	EXPECT_RX(io, 1, len - self->head + eth, 0);
}

/* F5.41: nothing of a UDP packet of 60000 bytes is lost or changed */
TEST_F(write_deliver, large_packet)
{
	static uint8_t frame[65536], data[60000], got[65536];
	int udp = udp_socket(NEAR, PORT);
	size_t i, len;

	ASSERT_LE(0, udp);
	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 31 >> 3;
	memcpy(frame, self->frame, self->head);
	len = self->head + pkt_udp4(frame + self->head, FAR, NEAR, 6000, PORT,
				    data, sizeof(data));
	ASSERT_EQ(len, io_write(self->io.fd, frame, len));
	ASSERT_EQ(sizeof(data), recv(udp, got, sizeof(got), MSG_DONTWAIT));
	EXPECT_EQ(0, memcmp(got, data, sizeof(data)));
}

/* F5.44: the receive time is that of the write() */
TEST_F(write_deliver, receive_timestamp)
{
	char control[128], got[8];
	struct iovec iov = { got, sizeof(got) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int udp = udp_socket(NEAR, PORT), on = 1;
	struct timespec before, after, ts = {};
	struct cmsghdr *cmsg;
	size_t len;

	ASSERT_LE(0, udp);
	ASSERT_EQ(0, setsockopt(udp, SOL_SOCKET, SO_TIMESTAMPNS, &on,
				sizeof(on)));
	len = self->head + pkt_udp4(self->frame + self->head, FAR, NEAR, 1,
				    PORT, "x", 1);
	/* the kernel switches timestamps on a little later */
	ASSERT_TRUE(wait_for(({
		clock_gettime(CLOCK_REALTIME, &before);
		io_write(self->io.fd, self->frame, len);
		clock_gettime(CLOCK_REALTIME, &after);
		msg.msg_controllen = sizeof(control);
		ASSERT_EQ(1, recvmsg(udp, &msg, MSG_DONTWAIT));
		cmsg = CMSG_FIRSTHDR(&msg);
		ASSERT_NE(NULL, cmsg);
		memcpy(&ts, CMSG_DATA(cmsg), sizeof(ts));
		ts.tv_sec * 1000000000LL + ts.tv_nsec <=
			after.tv_sec * 1000000000LL + after.tv_nsec;
	}), WAIT_MS));
	EXPECT_LE(before.tv_sec * 1000000000LL + before.tv_nsec,
		  ts.tv_sec * 1000000000LL + ts.tv_nsec);
}

/* F5.41: IPv6 by the same way */
TEST_F(write_deliver, udp6_socket)
{
	struct in6_addr all_nodes = {{{ 0xff, 2, [15] = 1 }}};
	struct in6_addr far = {{{ 0xfe, 0x80, [15] = 2 }}};
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6, .sin6_port = htons(PORT),
	};
	struct tun_pi pi = { .proto = htons(ETH_P_IPV6) };
	int udp = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t len, eth = self->io.pi ? sizeof(pi) : 0;
	char got[8];

	ASSERT_LE(0, udp);
	ASSERT_EQ(0, bind(udp, (void *)&sin6, sizeof(sin6)));
	ASSERT_EQ(0, ns_link_ipv6(IO_NAME, true));
	memcpy(self->frame, &pi, eth);
	if (self->io.tap)
		pkt_eth(self->frame + eth, self->link.addr, pkt_mac_a,
			ETH_P_IPV6);
	len = self->head + pkt_udp6(self->frame + self->head, &far, &all_nodes,
				    6000, PORT, "six", 3);
	ASSERT_EQ(len, io_write(self->io.fd, self->frame, len));
	ASSERT_EQ(3, recv(udp, got, sizeof(got), MSG_DONTWAIT));
	EXPECT_EQ(0, memcmp(got, "six", 3));
}

/* F5.41: the stack is told the number of the queue that wrote it */
TEST_F(write_deliver, receive_queue_is_recorded)
{
	struct io *io = &self->io;
	int hook, fds[3], i;
	size_t len;

	close(io->fd);
	for (i = 0; i < 3; i++) {
		fds[i] = vt_attach_nb(IO_NAME, variant->flags | IFF_MULTI_QUEUE);
		ASSERT_LE(0, fds[i]);
	}
	ASSERT_EQ(0, link_up(IO_NAME));
	hook = hook_record(link_index(IO_NAME));
	if (hook_missing(hook))
		SKIP(return, "no tc ingress here (error %d)", -hook);
	ASSERT_LE(0, hook);
	len = io_frame(io, self->frame, 1, 40);
	for (i = 2; i >= 0; i--) {
		ASSERT_EQ(len, io_write(fds[i], self->frame, len));
		EXPECT_EQ(3 - i, hook_read(hook).packets);
		EXPECT_EQ(i + 1, hook_read(hook).queue_mapping);
	}
}

/* F5.43.1: generic XDP comes first, and what it drops was accepted */
TEST_F(write_deliver, generic_xdp)
{
	struct io *io = &self->io;
	size_t len = io_frame(io, self->frame, 1, 40);
	int err = hook_xdp_drop(link_index(IO_NAME));

	if (hook_missing(err))
		SKIP(return, "no generic XDP here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(len, io_write(io->fd, self->frame, len));
	EXPECT_TRUE(io_unseen(io));
	EXPECT_RX(io, 1, len - (io->pi ? IO_PI_LEN : 0), 0);
}

/* F5.43.1: receive packet steering sends it through another CPU's backlog */
TEST_F(write_deliver, rps)
{
	int udp = udp_socket(NEAR, PORT), i, cpu;
	char cpus[16], data[8];
	size_t len;

	ASSERT_LE(0, udp);
	for (cpu = 0; cpu < 2; cpu++) {
		snprintf(cpus, sizeof(cpus), "%d", 1 << cpu);
		i = sysfs_write(IO_NAME, "queues/rx-0/rps_cpus", cpus);
		if (i == -ENOENT)
			SKIP(return, "a kernel without RPS");
		if (i == -EINVAL && cpu)
			break;		/* there is one CPU */
		ASSERT_EQ(0, i);
		for (i = 0; i < 10; i++) {
			len = self->head + pkt_udp4(self->frame + self->head,
						    FAR, NEAR, 6000, PORT,
						    &i, sizeof(i));
			ASSERT_EQ(len, io_write(self->io.fd, self->frame, len));
		}
		for (i = 0; i < 10; i++) {
			ASSERT_EQ(POLLIN, fd_poll(udp, POLLIN, WAIT_MS));
			ASSERT_EQ(4, recv(udp, data, sizeof(data), 0));
			EXPECT_EQ(0, memcmp(data, &i, 4));
		}
	}
	EXPECT_RX(&self->io, cpu * 10, cpu * 10 * (28 + 4 +
		  (self->io.tap ? ETH_HLEN : 0)), 0);
	/* With RPS on the core warns of in-tree tun's queue numbers later. */
	EXPECT_EQ(0, sysfs_write(IO_NAME, "queues/rx-0/rps_cpus", "0"));
}

/*
 * How many copies of @frame are in the fifo of @fd; the bridge's own IGMP
 * reports are passed over.
 */
static int copies(int fd, const void *frame, size_t len)
{
	uint8_t got[PKT_MAX];
	ssize_t n;
	int count = 0;

	while ((n = io_read(fd, got, sizeof(got))) > 0)
		count += n == (ssize_t)len && !memcmp(got, frame, len);
	return count;
}

/* F5.41: a bridge forwards it to its other port within the same write() */
TEST(write_deliver_bridge)
{
	uint8_t frame[PKT_MAX];
	struct io io;
	size_t len;
	int other;

	ASSERT_EQ(0, io_open(&io, IFF_TAP | IFF_NO_PI));
	other = vt_attach_nb("io1", IFF_TAP | IFF_NO_PI);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, link_add("br0", "bridge"));
	ASSERT_EQ(0, link_set_master(IO_NAME, "br0"));
	ASSERT_EQ(0, link_set_master("io1", "br0"));
	ASSERT_EQ(0, link_up("io1"));
	ASSERT_EQ(0, link_up("br0"));
	len = io_frame(&io, frame, 1, 100);
	/* the bridge starts to forward by itself, a moment after it went up */
	ASSERT_TRUE(wait_for(({
		ASSERT_EQ(len, io_write(io.fd, frame, len));
		copies(other, frame, len) == 1;
	}), WAIT_MS));
	ASSERT_EQ(len, io_write(io.fd, frame, len));
	EXPECT_EQ(1, copies(other, frame, len));
	EXPECT_EQ(0, copies(io.fd, frame, len));
}

TEST_HARNESS_MAIN
