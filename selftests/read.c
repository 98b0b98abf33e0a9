// SPDX-License-Identifier: GPL-2.0-only
/* Which packet a read() gets, and when there is none. */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

FIXTURE(read)
{
	struct io io;
	size_t head;			/* bytes of packet information */
};

FIXTURE_VARIANT(read)
{
	int flags;
};

IO_VARIANTS(read);

FIXTURE_SETUP(read)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->head = self->io.pi ? IO_PI_LEN : 0;
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(read)
{
}

/* F6.1 F6.10 F6.31 F4.25: in order, one each, complete, counted when read */
TEST_F(read, first_in_first_out)
{
	struct io *io = &self->io;
	size_t sum = 0, len;
	uint8_t buf[PKT_MAX];
	int i;

	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, io_send(io, i, i % 7 * 100));
		sum += io_packet(io, buf, i, i % 7 * 100);
	}
	EXPECT_NOTHING_COUNTED(io);
	for (i = 0; i < 200; i++)
		ASSERT_EQ(0, io_recv(io, io->fd, i, i % 7 * 100));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_TX(io, 200, sum, 0);
	/* reading and sending by turns */
	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, io_send(io, 2 * i, 10));
		ASSERT_EQ(0, io_send(io, 2 * i + 1, 10));
		ASSERT_EQ(0, io_recv(io, io->fd, i, 10));
	}
	for (; i < 40; i++)
		ASSERT_EQ(0, io_recv(io, io->fd, i, 10));
	len = io_packet(io, buf, 0, 10);
	EXPECT_TX(io, 40, 40 * len, 0);
}

/* F6.1 F6.31: a packet of many pages, and one without a payload */
TEST_F(read, large_and_small)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_set_mtu(IO_NAME, 65500));
	ASSERT_EQ(0, io_send(io, 1, 65000));
	ASSERT_EQ(0, io_send(io, 2, 0));
	EXPECT_EQ(0, io_recv(io, io->fd, 1, 65000));
	EXPECT_EQ(0, io_recv(io, io->fd, 2, 0));
}

/* F6.1: readv() scatters one packet, whatever room is left over */
TEST_F(read, readv_scatters_one_packet)
{
	struct io *io = &self->io;
	uint8_t want[PKT_MAX], got[PKT_MAX];
	size_t total = io_frame(io, want, 1, 50), cut;
	struct iovec iov[4];

	for (cut = 0; cut < total; cut += 3) {
		memset(got, 0, sizeof(got));
		ASSERT_EQ(0, io_send(io, 1, 50));
		ASSERT_EQ(0, io_send(io, 2, 50));
		iov[0] = (struct iovec){ got, cut };
		iov[1] = (struct iovec){ NULL, 0 };
		iov[2] = (struct iovec){ got + cut, 1 };
		iov[3] = (struct iovec){ got + cut + 1, 1000 };
		ASSERT_EQ(total, readv(io->fd, iov, 4));
		EXPECT_EQ(0, memcmp(want, got, total));
		ASSERT_EQ(0, io_recv(io, io->fd, 2, 50));
	}
}

/* F6.3 F1.10: nothing there, and no wish to wait */
TEST_F(read, empty)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	struct iovec iov = { buf, sizeof(buf) };

	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, 1));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, NULL, 1));
	EXPECT_EQ(-1, readv(io->fd, &iov, 1));
	EXPECT_EQ(EAGAIN, errno);
}

/* F6.3 F1.13: the same by RWF_NOWAIT on a blocking file */
TEST_F(read, empty_nowait)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	struct iovec iov = { buf, sizeof(buf) };

	if (!io_nowait(io))
		SKIP(return, "in-tree tun without RWF_NOWAIT");
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	EXPECT_EQ(-1, preadv2(io->fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(io_frame(io, buf, 1, 10),
		  preadv2(io->fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(-1, preadv2(io->fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
}

/* F6.4 F1.14: no room wanted, so nothing is taken; not even waited for */
TEST_F(read, count_0)
{
	struct io *io = &self->io;
	struct iovec iov[] = { { NULL, 0 }, { NULL, 0 } };
	int unattached = vt_open(O_RDWR);
	uint8_t buf[8];

	ASSERT_LE(0, unattached);
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	EXPECT_EQ(0, io_read(io->fd, buf, 0));
	EXPECT_EQ(0, io_read(io->fd, NULL, 0));
	EXPECT_EQ(0, readv(io->fd, iov, 2));
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(0, io_read(io->fd, buf, 0));
	EXPECT_EQ(0, readv(io->fd, iov, 2));
	EXPECT_NOTHING_COUNTED(io);
	EXPECT_EQ(0, io_recv(io, io->fd, 1, 10));
	EXPECT_EQ(-EBADFD, io_read(unattached, buf, 0));
	EXPECT_EQ(0, readv(unattached, iov, 2));
}

/* F6.1 F6.9: never attached, and attached no more */
TEST_F(read, unattached)
{
	struct io *io = &self->io;
	int fd = vt_open(O_RDWR);
	uint8_t buf[PKT_MAX];

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADFD, io_read(fd, buf, sizeof(buf)));
	EXPECT_EQ(-EBADFD, io_read(fd, NULL, sizeof(buf)));
	ASSERT_EQ(0, io_send(io, 1, 10));
	ASSERT_EQ(0, link_del(IO_NAME));
	/* the packet went with the device */
	EXPECT_EQ(-EBADFD, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_EQ(-EBADFD, io_read(io->fd, buf, 0));
	/* and does not come back with the next one */
	ASSERT_EQ(0, vt_setiff(io->fd, IO_NAME, variant->flags));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
}

/* F6.6: going down keeps what is queued */
TEST_F(read, device_down)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, io_send(io, 1, 10));
	ASSERT_EQ(0, io_send(io, 2, 10));
	ASSERT_EQ(0, io_send(io, 3, 10));
	ASSERT_EQ(0, io_recv(io, io->fd, 1, 10));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(0, io_recv(io, io->fd, 2, 10));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(0, io_recv(io, io->fd, 3, 10));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_TX(io, 3, 3 * io_packet(io, buf, 1, 10), 0);
}

/* F6.8 F4.28: detaching empties the fifo, uncounted */
TEST_F(read, detached)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];

	close(io->fd);
	io->fd = vt_attach_nb(IO_NAME, variant->flags | IFF_MULTI_QUEUE);
	ASSERT_LE(0, io->fd);
	ASSERT_EQ(0, link_up(IO_NAME));
	close(io->ps);
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	memset(&io->last, 0, sizeof(io->last));
	ASSERT_EQ(0, io_send(io, 1, 10));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_EQ(0, io_read(io->fd, buf, 0));
	EXPECT_NOTHING_COUNTED(io);
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, io_send(io, 2, 10));
	EXPECT_EQ(0, io_recv(io, io->fd, 2, 10));
}

/* F6.2: of two processes that read one file, each packet goes to one */
TEST_F(read, shared_by_processes)
{
	struct io *io = &self->io;
	uint8_t *owner = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t at = self->head + (io->tap ? ETH_HLEN : 0) + 28;
	uint8_t buf[PKT_MAX];
	pid_t pid[2];
	int i, status;

	ASSERT_NE(MAP_FAILED, owner);
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 2000));
	for (i = 0; i < 1500; i++)
		ASSERT_EQ(0, io_send(io, i, 10));
	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		ASSERT_LE(0, pid[i]);
		if (pid[i])
			continue;
		while (io_read(io->fd, buf, sizeof(buf)) > 0)
			__atomic_add_fetch(&owner[buf[at] | buf[at + 1] << 8],
					   1, __ATOMIC_RELAXED);
		_exit(errno != EAGAIN);
	}
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(pid[i], waitpid(pid[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	for (i = 0; i < 1500; i++)
		ASSERT_EQ(1, owner[i]);
	EXPECT_TX(io, 1500, 1500 * io_packet(io, buf, 1, 10), 0);
}

/* F6.17 F6.10: the protocol is what the stack says, here the sender */
TEST_F(read, protocol_of_the_sender)
{
	static const int protos[] = {
		ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, ETH_P_8021Q, 0x1234, 1, 0xffff,
	};
	struct io *io = &self->io;
	uint8_t frame[100] = {}, buf[PKT_MAX];
	struct tun_pi pi;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(protos); i++) {
		if (io->tap)
			pkt_eth(frame, pkt_mac_b, pkt_mac_a, 0x4321);
		ASSERT_EQ(sizeof(frame), psock_send(io->ps, IO_NAME, protos[i],
						    frame, sizeof(frame)));
		ASSERT_EQ(sizeof(frame) + self->head,
			  io_read(io->fd, buf, sizeof(buf)));
		EXPECT_EQ(0, memcmp(buf + self->head, frame, sizeof(frame)));
		if (!io->pi)
			continue;
		memcpy(&pi, buf, sizeof(pi));
		EXPECT_EQ(0, pi.flags);
		EXPECT_EQ(protos[i], ntohs(pi.proto));
	}
}

/* F6.17 F6.31: what the stack itself sends: IPv4, ARP, IPv6; not padded */
TEST_F(read, protocol_of_the_stack)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(0x0a0000ff),
	};
	int udp = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	struct io *io = &self->io;
	size_t eth = io->tap ? ETH_HLEN : 0;
	uint8_t buf[PKT_MAX];
	struct tun_pi pi = {};

	ASSERT_EQ(0, link_add_ip4(IO_NAME, 0x0a000001, 24));
	ASSERT_EQ(0, setsockopt(udp, SOL_SOCKET, SO_BROADCAST, &on,
				sizeof(on)));
	ASSERT_EQ(1, sendto(udp, "x", 1, 0, (void *)&to, sizeof(to)));
	ASSERT_EQ(self->head + eth + 29, io_read(io->fd, buf, sizeof(buf)));
	memcpy(&pi, buf, self->head);
	EXPECT_EQ(0, pi.flags);
	if (io->pi)
		EXPECT_EQ(ETH_P_IP, ntohs(pi.proto));
	EXPECT_EQ(0x45, buf[self->head + eth]);

	to.sin_addr.s_addr = htonl(0x0a000002);
	ASSERT_EQ(1, sendto(udp, "x", 1, 0, (void *)&to, sizeof(to)));
	if (io->tap) {
		/* a neighbour is looked for: 28 bytes of ARP */
		ASSERT_EQ(self->head + eth + 28,
			  io_read(io->fd, buf, sizeof(buf)));
		memcpy(&pi, buf, self->head);
		if (io->pi)
			EXPECT_EQ(ETH_P_ARP, ntohs(pi.proto));
		EXPECT_EQ(0, memcmp(buf + self->head + 12, "\x08\x06", 2));
	} else {
		ASSERT_EQ(self->head + 29, io_read(io->fd, buf, sizeof(buf)));
	}
	/* IPv6 begins by itself as soon as it is allowed to */
	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, ns_link_ipv6(IO_NAME, true));
	while (io_read(io->fd, buf, sizeof(buf)) > 0)
		;
	ASSERT_EQ(0, link_up(IO_NAME));
	ASSERT_EQ(POLLIN, fd_poll(io->fd, POLLIN, WAIT_MS));
	ASSERT_LT(self->head + eth + 40, io_read(io->fd, buf, sizeof(buf)));
	memcpy(&pi, buf, self->head);
	if (io->pi)
		EXPECT_EQ(ETH_P_IPV6, ntohs(pi.proto));
	EXPECT_EQ(6, buf[self->head + eth] >> 4);
}

TEST_HARNESS_MAIN
