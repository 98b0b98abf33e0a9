// SPDX-License-Identifier: GPL-2.0-only
/* From the stack to the fifo: what is queued, what is dropped, who notices. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_io.h"
#include "testlib_stats.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define FIFO	20		/* packets, where a test wants few */

FIXTURE(transmit)
{
	struct io io;
};

FIXTURE_VARIANT(transmit)
{
	int flags;
};

IO_VARIANTS(transmit);

FIXTURE_SETUP(transmit)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(transmit)
{
}

/* A socket whose packets go straight to the driver, without a qdisc. */
static int bypass_socket(void)
{
	int fd = psock_open(IO_NAME, SOCK_RAW, 0), on = 1;

	if (fd >= 0 && setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on,
				  sizeof(on)))
		return -errno;
	return fd;
}

static int send_from(const struct io *io, int sock, unsigned int seq)
{
	uint8_t buf[PKT_MAX];
	size_t len = io_packet(io, buf, seq, 20);
	ssize_t n = psock_send(sock, IO_NAME, ETH_P_IP, buf, len);

	return n < 0 ? n : 0;
}

/* F7.3 F7.2 F4.26: as many as txqueuelen; the new one is dropped, silently */
TEST_F(transmit, fifo_holds_txqueuelen)
{
	struct io *io = &self->io;
	struct link_info info;
	uint8_t buf[PKT_MAX];
	size_t len = io_packet(io, buf, 0, 20);
	unsigned int i, n;

	ASSERT_EQ(0, link_get(IO_NAME, &info));
	n = info.txqlen;
	EXPECT_EQ(io->tap ? 1000 : 500, n);
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, io_send(io, i, 20));
	EXPECT_NOTHING_COUNTED(io);
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, io_send(io, n + i, 20));
	EXPECT_TX(io, 0, 0, 10);
	for (i = 0; i < n; i++)
		ASSERT_EQ(0, io_recv(io, io->fd, i, 20));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_TX(io, n, n * len, 0);
	/* and again as many */
	for (i = 0; i < n + 3; i++)
		ASSERT_EQ(0, io_send(io, i, 20));
	EXPECT_TX(io, 0, 0, 3);
}

/* F7.3: a packet read makes room for one, at once in a short fifo */
TEST_F(transmit, reading_makes_room)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	size_t len = io_packet(io, buf, 0, 20);
	unsigned int i;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, FIFO));
	for (i = 0; i < FIFO; i++)
		ASSERT_EQ(0, io_send(io, i, 20));
	for (i = 0; i < 3 * FIFO; i++) {
		ASSERT_EQ(0, io_recv(io, io->fd, i, 20));
		ASSERT_EQ(0, io_send(io, i + FIFO, 20));
		ASSERT_EQ(0, io_send(io, 1000, 20));
		EXPECT_TX(io, 1, len, 1);
	}
	for (; i < 4 * FIFO; i++)
		ASSERT_EQ(0, io_recv(io, io->fd, i, 20));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
}

/* F7.3: in a long one it may take up to 16 reads until some is there */
TEST_F(transmit, reading_makes_room_in_a_long_fifo)
{
	struct io *io = &self->io;
	unsigned int i;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 200));
	for (i = 0; i < 200; i++)
		ASSERT_EQ(0, io_send(io, i, 20));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, io_recv(io, io->fd, i, 20));
	for (i = 0; i < 110; i++)
		ASSERT_EQ(0, io_send(io, 200 + i, 20));
	i = io_counted(io).tx_dropped;
	EXPECT_LE(10, i);
	EXPECT_GE(10 + 15, i);
	/* what was kept is what came first */
	for (i = 100; i < 200 + 85; i++)
		ASSERT_EQ(0, io_recv(io, io->fd, i, 20));
}

/* F7.3: packets are counted, not bytes */
TEST_F(transmit, size_does_not_matter)
{
	struct io *io = &self->io;
	unsigned int i;

	ASSERT_EQ(0, link_set_mtu(IO_NAME, 65500));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, FIFO));
	for (i = 0; i < FIFO + 1; i++)
		ASSERT_EQ(0, io_send(io, i, 60000));
	EXPECT_TX(io, 0, 0, 1);
	for (i = 0; i < FIFO; i++)
		ASSERT_EQ(0, io_recv(io, io->fd, i, 60000));
}

/* F7.2.1: a sender that bypasses the qdisc is told of the drop */
TEST_F(transmit, bypass_sees_the_drop)
{
	struct io *io = &self->io;
	int sock = bypass_socket(), i;

	ASSERT_LE(0, sock);
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, FIFO));
	for (i = 0; i < FIFO; i++)
		ASSERT_EQ(0, send_from(io, sock, i));
	EXPECT_EQ(-ENOBUFS, send_from(io, sock, i));
	EXPECT_EQ(-ENOBUFS, send_from(io, sock, i));
	EXPECT_TX(io, 0, 0, 2);
	/* through the qdisc the same drop is not seen */
	EXPECT_EQ(0, io_send(io, i, 20));
	EXPECT_TX(io, 0, 0, 1);
	for (i = 0; i < FIFO; i++)
		ASSERT_EQ(0, io_recv(io, io->fd, i, 20));
}

/* F7.2.1: so is each sender when the device has no qdisc */
TEST_F(transmit, noqueue_sees_the_drop)
{
	struct io *io = &self->io;
	int i;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, FIFO));
	ASSERT_EQ(0, hook_root(link_index(IO_NAME), "noqueue"));
	for (i = 0; i < FIFO; i++)
		ASSERT_EQ(0, io_send(io, i, 20));
	EXPECT_EQ(-ENOBUFS, io_send(io, i, 20));
	EXPECT_TX(io, 0, 0, 1);
	for (i = 0; i < FIFO; i++)
		ASSERT_EQ(0, io_recv(io, io->fd, i, 20));
	EXPECT_EQ(0, io_send(io, i, 20));
	EXPECT_EQ(0, io_recv(io, io->fd, i, 20));
}

/* F7.4 F7.1: a sender's account is free although nobody reads */
TEST_F(transmit, sender_is_not_charged)
{
	struct io *io = &self->io;
	int sock = psock_open(IO_NAME, SOCK_RAW, 0), size = 1, out = -1, i;

	ASSERT_LE(0, sock);
	/* the kernel makes a few kilobytes of it, enough for 2 or 3 packets */
	ASSERT_EQ(0, setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &size,
				sizeof(size)));
	for (i = 0; i < 400; i++) {
		ASSERT_EQ(0, send_from(io, sock, i));
		ASSERT_EQ(0, ioctl(sock, SIOCOUTQ, &out));
		ASSERT_EQ(0, out);
	}
	for (i = 0; i < 400; i++)
		ASSERT_EQ(0, io_recv(io, io->fd, i, 20));
}

/* F7.4: a UDP socket never has to wait for the reader */
TEST_F(transmit, udp_sender_is_not_slowed)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(0x0a0000ff),
	};
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int on = 1, size = 1, out, i, sent = 1200;
	struct io *io = &self->io;
	struct link_info info;
	char data[1000] = {};

	ASSERT_EQ(0, link_add_ip4(IO_NAME, 0x0a000001, 24));
	ASSERT_EQ(0, link_get(IO_NAME, &info));
	ASSERT_EQ(0, setsockopt(udp, SOL_SOCKET, SO_BROADCAST, &on,
				sizeof(on)));
	ASSERT_EQ(0, setsockopt(udp, SOL_SOCKET, SO_SNDBUF, &size,
				sizeof(size)));
	for (i = 0; i < sent; i++) {
		ASSERT_EQ(sizeof(data), sendto(udp, data, sizeof(data), 0,
					       (void *)&to, sizeof(to)));
		ASSERT_EQ(0, ioctl(udp, SIOCOUTQ, &out));
		ASSERT_EQ(0, out);
	}
	/* what does not fit is lost, and counted */
	EXPECT_TX(io, 0, 0, sent - info.txqlen);
}

/* F7.7: txqueuelen 0 holds nothing */
TEST_F(transmit, txqueuelen_0)
{
	struct io *io = &self->io;
	int sock = bypass_socket();
	uint8_t buf[PKT_MAX];

	ASSERT_LE(0, sock);
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 0));
	EXPECT_EQ(0, io_send(io, 1, 20));
	EXPECT_EQ(-ENOBUFS, send_from(io, sock, 1));
	EXPECT_TX(io, 0, 0, 2);
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_EQ(0, fd_poll(io->fd, POLLIN, 0));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	EXPECT_EQ(0, io_send(io, 1, 20));
	EXPECT_EQ(0, io_send(io, 2, 20));
	EXPECT_EQ(0, io_recv(io, io->fd, 1, 20));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_TX(io, 1, io_packet(io, buf, 1, 20), 1);
}

/* F7.7: the same when a file attaches to a device that has 0 already */
TEST_F(transmit, txqueuelen_0_at_attach)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, vt_persist(io->fd, true));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 0));
	close(io->fd);
	io->fd = vt_attach_nb(IO_NAME, variant->flags);
	ASSERT_LE(0, io->fd);
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(0, io_send(io, 1, 20));
	EXPECT_TX(io, 0, 0, 1);
	ASSERT_EQ(0, vt_persist(io->fd, false));
}

/* F7.5 F7.2: a persistent device that nobody is attached to */
TEST_F(transmit, nobody_attached)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, vt_persist(io->fd, true));
	ASSERT_EQ(0, io_send(io, 1, 20));
	close(io->fd);
	/* what was queued is gone, uncounted */
	EXPECT_NOTHING_COUNTED(io);
	EXPECT_EQ(0, io_send(io, 2, 20));
	EXPECT_TX(io, 0, 0, 1);
	io->fd = vt_attach_nb(IO_NAME, variant->flags);
	ASSERT_LE(0, io->fd);
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	/* the stack sees the carrier a moment later */
	ASSERT_TRUE(wait_for(io_send(io, 3, 20) == 0 &&
			     io_recv(io, io->fd, 3, 20) == 0, WAIT_MS));
	ASSERT_EQ(0, vt_persist(io->fd, false));
}

/* F7.1 F7.5 F7.2 F7.2.1: all queues detached, the carrier may be on */
TEST_F(transmit, all_queues_detached)
{
	struct io *io = &self->io;
	struct link_info info;
	uint8_t buf[PKT_MAX];
	int sock;

	close(io->fd);
	io->fd = vt_attach_nb(IO_NAME, variant->flags | IFF_MULTI_QUEUE);
	ASSERT_LE(0, io->fd);
	ASSERT_EQ(0, link_up(IO_NAME));
	close(io->ps);
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	memset(&io->last, 0, sizeof(io->last));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, link_get(IO_NAME, &info));
	EXPECT_EQ(1, info.carrier);
	EXPECT_EQ(0, io_send(io, 1, 20));
	EXPECT_TX(io, 0, 0, 1);
	sock = bypass_socket();
	ASSERT_LE(0, sock);
	EXPECT_EQ(-ENOBUFS, send_from(io, sock, 1));
	EXPECT_TX(io, 0, 0, 1);
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_EQ(0, send_from(io, sock, 2));
	EXPECT_EQ(0, io_recv(io, io->fd, 2, 20));
}

/* F7.2.3: without a carrier the core drops what bypasses the qdisc */
TEST_F(transmit, bypass_without_carrier)
{
	struct io *io = &self->io;
	int sock = bypass_socket();
	uint8_t buf[PKT_MAX];

	ASSERT_LE(0, sock);
	ASSERT_EQ(0, link_set_carrier(IO_NAME, false));
	EXPECT_EQ(-ENOBUFS, send_from(io, sock, 1));
	EXPECT_TX(io, 0, 0, 1);
	if (!vt_intree()) {
		EXPECT_EQ(1, stats_now(IO_NAME, "tx_drop_stack"));
		EXPECT_EQ(0, stats_now(IO_NAME, "tx_drop_no_queue"));
	}
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, link_set_carrier(IO_NAME, true));
	EXPECT_EQ(0, send_from(io, sock, 2));
	EXPECT_EQ(0, io_recv(io, io->fd, 2, 20));
}

/* F6.6 F7.3: down, nothing new gets in, and that is no drop of the device's */
TEST_F(transmit, device_down)
{
	struct io *io = &self->io;
	int sock = bypass_socket();
	uint8_t buf[PKT_MAX];

	ASSERT_LE(0, sock);
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(-ENETDOWN, send_from(io, sock, 1));
	EXPECT_NOTHING_COUNTED(io);
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
}

TEST_HARNESS_MAIN
