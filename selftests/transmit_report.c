// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a sender is told when its packet is queued: transmit timestamps, and
 * that its memory is not in use any more.
 */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

FIXTURE(transmit_report)
{
	struct io io;
	int sock;			/* reports transmit timestamps */
};

FIXTURE_VARIANT(transmit_report)
{
	int flags;
};

IO_VARIANTS(transmit_report);

FIXTURE_SETUP(transmit_report)
{
	const int what = SOF_TIMESTAMPING_TX_SOFTWARE |
			 SOF_TIMESTAMPING_SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY;

	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->sock = psock_open(IO_NAME, SOCK_RAW, 0);
	ASSERT_LE(0, self->sock);
	ASSERT_EQ(0, setsockopt(self->sock, SOL_SOCKET, SO_TIMESTAMPING, &what,
				sizeof(what)));
}

FIXTURE_TEARDOWN(transmit_report)
{
}

static int send_stamped(const struct io *io, int sock, unsigned int seq)
{
	uint8_t buf[PKT_MAX];
	size_t len = io_packet(io, buf, seq, 20);
	ssize_t n = psock_send(sock, IO_NAME, ETH_P_IP, buf, len);

	return n < 0 ? n : 0;
}

/* Take one report: 0, or -EAGAIN if there is none. */
static int take_stamp(int sock, struct timespec *ts)
{
	char control[512];
	struct msghdr msg = {
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;

	if (recvmsg(sock, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
		return -errno;
	for (cmsg = CMSG_FIRSTHDR(&msg); cmsg; cmsg = CMSG_NXTHDR(&msg, cmsg))
		if (cmsg->cmsg_level == SOL_SOCKET &&
		    cmsg->cmsg_type == SCM_TIMESTAMPING)
			return memcpy(ts, CMSG_DATA(cmsg), sizeof(*ts)) ? 0 : 1;
	return -ENODATA;
}

static int64_t ns(struct timespec ts)
{
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* F7.11: at the time of queueing, while nobody has read the packet */
TEST_F(transmit_report, stamped_when_queued)
{
	struct timespec before, after, ts;
	struct io *io = &self->io;

	clock_gettime(CLOCK_REALTIME, &before);
	ASSERT_EQ(0, send_stamped(io, self->sock, 1));
	clock_gettime(CLOCK_REALTIME, &after);
	ASSERT_EQ(0, take_stamp(self->sock, &ts));
	EXPECT_LE(ns(before), ns(ts));
	EXPECT_GE(ns(after), ns(ts));
	/* reading reports nothing more */
	ASSERT_EQ(0, io_recv(io, io->fd, 1, 20));
	EXPECT_EQ(-EAGAIN, take_stamp(self->sock, &ts));
}

/* F7.1 F7.11: the fifo comes after the timestamp: a full one has it, too */
TEST_F(transmit_report, stamped_before_the_fifo)
{
	struct io *io = &self->io;
	struct timespec ts;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	ASSERT_EQ(0, io_send(io, 1, 20));
	io_counted(io);
	ASSERT_EQ(0, send_stamped(io, self->sock, 2));
	EXPECT_TX(io, 0, 0, 1);
	EXPECT_EQ(0, take_stamp(self->sock, &ts));
	EXPECT_EQ(-EAGAIN, take_stamp(self->sock, &ts));
}

/* F7.1: having no queue comes before the timestamp */
TEST_F(transmit_report, not_stamped_without_a_queue)
{
	struct io *io = &self->io;
	struct timespec ts;
	int fd;

	close(io->fd);
	fd = vt_attach_nb(IO_NAME, variant->flags | IFF_MULTI_QUEUE);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, link_up(IO_NAME));
	ASSERT_EQ(0, vt_set_queue(fd, IFF_DETACH_QUEUE));
	/* the file is told that the old device went down */
	io_counted(io);
	send_stamped(io, self->sock, 1);
	ASSERT_EQ(0, send_stamped(io, self->sock, 1));
	EXPECT_LE(1, io_counted(io).tx_dropped);
	EXPECT_EQ(-EAGAIN, take_stamp(self->sock, &ts));
	ASSERT_EQ(0, vt_set_queue(fd, IFF_ATTACH_QUEUE));
	ASSERT_EQ(0, send_stamped(io, self->sock, 1));
	EXPECT_EQ(0, take_stamp(self->sock, &ts));
}

/* F7.1 F3.8.6: so does the address filter of tap */
TEST_F(transmit_report, not_stamped_when_filtered)
{
	struct {
		struct tun_filter head;
		uint8_t addr[ETH_ALEN];
	} filter = { .head.count = 1 };
	struct io *io = &self->io;
	struct timespec ts;

	memcpy(filter.addr, pkt_mac_a, ETH_ALEN);
	ASSERT_EQ(io->tap ? 1 : -EINVAL,
		  vt_ioctl(io->fd, TUNSETTXFILTER, (unsigned long)&filter));
	io_counted(io);
	ASSERT_EQ(0, send_stamped(io, self->sock, 1));
	if (io->tap) {
		EXPECT_TX(io, 0, 0, 1);
		EXPECT_EQ(-EAGAIN, take_stamp(self->sock, &ts));
	} else {
		EXPECT_NOTHING_COUNTED(io);
		EXPECT_EQ(0, take_stamp(self->sock, &ts));
	}
}

/*
 * F7.1 F6.31: memory that the sender lent (MSG_ZEROCOPY) is copied before the
 * packet is queued: the sender has it back at once, and may write to it.
 */
TEST_F(transmit_report, lent_memory_comes_back)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(0x0a0000ff),
	};
	static uint8_t data[30000], got[40000];
	int udp = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	struct sock_extended_err *report;
	struct io *io = &self->io;
	char control[512];
	struct msghdr msg = {
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	size_t i, head = (io->pi ? IO_PI_LEN : 0) + (io->tap ? ETH_HLEN : 0);

	ASSERT_EQ(0, link_set_mtu(IO_NAME, 65000));
	ASSERT_EQ(0, link_add_ip4(IO_NAME, 0x0a000001, 24));
	ASSERT_EQ(0, setsockopt(udp, SOL_SOCKET, SO_BROADCAST, &on,
				sizeof(on)));
	ASSERT_EQ(0, setsockopt(udp, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)));
	for (i = 0; i < sizeof(data); i++)
		data[i] = i >> 4;
	ASSERT_EQ(sizeof(data), sendto(udp, data, sizeof(data), MSG_ZEROCOPY,
				       (void *)&to, sizeof(to)));
	/* nobody has read it, and it is free */
	ASSERT_EQ(POLLERR, fd_poll(udp, 0, WAIT_MS));
	ASSERT_EQ(0, recvmsg(udp, &msg, MSG_ERRQUEUE));
	cmsg = CMSG_FIRSTHDR(&msg);
	ASSERT_NE(NULL, cmsg);
	report = (void *)CMSG_DATA(cmsg);
	EXPECT_EQ(SO_EE_ORIGIN_ZEROCOPY, report->ee_origin);
	EXPECT_EQ(0, report->ee_errno);
	memset(data, 0xff, sizeof(data));
	ASSERT_EQ(head + 28 + sizeof(data), io_read(io->fd, got, sizeof(got)));
	for (i = 0; i < sizeof(data); i++)
		ASSERT_EQ((uint8_t)(i >> 4), got[head + 28 + i]);
}

TEST_HARNESS_MAIN
