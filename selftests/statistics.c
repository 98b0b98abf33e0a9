// SPDX-License-Identifier: GPL-2.0-only
/* Which counter moves when, and what is counted nowhere. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_io.h"
#include "testlib_stats.h"

#define DATA_LEN	200

FIXTURE(statistics)
{
	struct io io;
	size_t head;			/* in front of the IP packet: Ethernet */
	size_t len;			/* of packets with DATA_LEN bytes */
};

FIXTURE_VARIANT(statistics)
{
	int flags;
};

IO_VARIANTS(statistics);

FIXTURE_VARIANT_ADD(statistics, tap_multi_queue)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(statistics)
{
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->head = variant->flags & IFF_TAP ? ETH_HLEN : 0;
	self->len = io_packet(&self->io, buf, 0, DATA_LEN);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(statistics)
{
}

/* All of a device's counters but the six that this driver has. */
static uint64_t others(const char *name)
{
	struct rtnl_link_stats64 s;
	struct link_info info;

	if (link_get(name, &info))
		return ~0ULL;
	s = info.stats;
	return s.rx_errors + s.tx_errors + s.multicast + s.collisions +
	       s.rx_length_errors + s.rx_over_errors + s.rx_crc_errors +
	       s.rx_frame_errors + s.rx_fifo_errors + s.rx_missed_errors +
	       s.tx_aborted_errors + s.tx_carrier_errors + s.tx_fifo_errors +
	       s.tx_heartbeat_errors + s.tx_window_errors + s.rx_compressed +
	       s.tx_compressed + s.rx_nohandler;
}

/* F4.24: each write is one packet; its header for the driver isn't counted */
TEST_F(statistics, rx_counts_writes)
{
	uint8_t buf[PKT_MAX];
	unsigned int seq;
	size_t len;

	for (seq = 1; seq <= 5; seq++) {
		len = io_frame(&self->io, buf, seq, DATA_LEN + seq);
		ASSERT_EQ(len, io_write(self->io.fd, buf, len));
		EXPECT_RX(&self->io, 1, self->len + seq, 0);
	}
}

/* F4.24 F4.26: also what the stack has no use for */
TEST_F(statistics, rx_counts_what_the_stack_drops)
{
	struct io *io = &self->io;
	struct rtnl_link_stats64 s;
	uint8_t buf[PKT_MAX] = {};
	size_t len, at;

	len = io_frame(io, buf, 1, DATA_LEN);
	/* a header checksum that is wrong: IP input drops it silently */
	at = len - self->len + self->head;
	buf[at + 10] ^= 0xff;
	ASSERT_EQ(len, io_write(io->fd, buf, len));
	EXPECT_RX(io, 1, self->len, 0);
	close(io->ps);			/* the only handler of odd protocols */
	if (io->pi)
		memcpy(buf, &(struct tun_pi){ .proto = htons(0x88b5) }, 4);
	if (io->tap)
		pkt_eth(buf + (io->pi ? IO_PI_LEN : 0), pkt_mac_b, pkt_mac_a,
			0x88b5);
	if (!io->pi && !io->tap)
		return;			/* it can only be IP */
	ASSERT_EQ(len, io_write(io->fd, buf, len));
	s = io_counted(io);
	EXPECT_EQ(1, s.rx_packets);
	EXPECT_EQ(self->len, s.rx_bytes);
	/* the core adds its part, as nobody wants the protocol */
	EXPECT_EQ(1, s.rx_dropped);
	EXPECT_EQ(0, s.tx_packets + s.tx_dropped + s.rx_errors);
	if (!vt_intree())
		EXPECT_EQ(1, stats_now(IO_NAME, "rx_drop_stack"));
}

/* F4.25: counted when it is read, not when it is sent */
TEST_F(statistics, tx_counts_reads)
{
	unsigned int seq;

	for (seq = 1; seq <= 3; seq++) {
		ASSERT_EQ(0, io_send(&self->io, seq, DATA_LEN));
	}
	ASSERT_NE(0, fd_poll(self->io.fd, POLLIN, WAIT_MS));
	EXPECT_NOTHING_COUNTED(&self->io);
	for (seq = 1; seq <= 3; seq++) {
		EXPECT_EQ(0, io_recv(&self->io, self->io.fd, seq, DATA_LEN));
		EXPECT_TX(&self->io, 1, self->len, 0);
	}
	EXPECT_EQ(-EAGAIN, io_recv(&self->io, self->io.fd, 4, DATA_LEN));
	EXPECT_NOTHING_COUNTED(&self->io);
}

/* F4.25: a read that takes a part counts the whole packet */
TEST_F(statistics, tx_counts_a_truncated_read_whole)
{
	uint8_t buf[64];
	size_t want = 40;

	ASSERT_EQ(0, io_send(&self->io, 1, DATA_LEN));
	ASSERT_NE(0, fd_poll(self->io.fd, POLLIN, WAIT_MS));
	EXPECT_EQ(want, io_read(self->io.fd, buf, want));
	EXPECT_TX(&self->io, 1, self->len, 0);
}

/* F4.26: what finds no room in the fifo is a drop of the transmit side */
TEST_F(statistics, tx_dropped_by_a_full_fifo)
{
	unsigned int seq;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 4));
	for (seq = 0; seq < 4; seq++) {
		ASSERT_EQ(0, io_send(&self->io, seq, DATA_LEN));
	}
	ASSERT_TRUE(wait_for(fd_poll(self->io.fd, POLLIN, 0), WAIT_MS));
	EXPECT_NOTHING_COUNTED(&self->io);
	ASSERT_EQ(0, io_send(&self->io, 4, DATA_LEN));
	ASSERT_EQ(0, io_send(&self->io, 5, DATA_LEN));
	EXPECT_TX(&self->io, 0, 0, 2);
	for (seq = 0; seq < 4; seq++) {
		EXPECT_EQ(0, io_recv(&self->io, self->io.fd, seq, DATA_LEN));
	}
	EXPECT_TX(&self->io, 4, 4 * self->len, 0);
}

/* F4.28 F10.1: what waits in a fifo that shrinks or goes is counted nowhere */
TEST_F(statistics, purged_packets_are_not_counted)
{
	struct io *io = &self->io;
	unsigned int seq;

	ASSERT_EQ(0, vt_persist(io->fd, true));
	for (seq = 0; seq < 6; seq++) {
		ASSERT_EQ(0, io_send(io, seq, DATA_LEN));
	}
	ASSERT_NE(0, fd_poll(io->fd, POLLIN, WAIT_MS));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 2));
	EXPECT_NOTHING_COUNTED(io);
	if (variant->flags & IFF_MULTI_QUEUE) {
		ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
		EXPECT_NOTHING_COUNTED(io);
	}
	close(io->fd);
	EXPECT_NOTHING_COUNTED(io);
	io->fd = vt_attach_nb(IO_NAME, variant->flags);
	ASSERT_LE(0, io->fd);
	EXPECT_EQ(-EAGAIN, io_recv(io, io->fd, 0, DATA_LEN));
	EXPECT_NOTHING_COUNTED(io);
}

/* F4.29: a device that has carried packets both ways shows no other counter */
TEST_F(statistics, nothing_else_moves)
{
	struct io *io = &self->io;
	struct link_info info;
	uint8_t buf[PKT_MAX];
	size_t len;

	len = io_frame(io, buf, 1, DATA_LEN);
	ASSERT_EQ(len, io_write(io->fd, buf, len));
	EXPECT_EQ(-EFAULT, io_write(io->fd, (void *)~0xfffUL, len));
	ASSERT_EQ(0, io_send(io, 2, DATA_LEN));
	ASSERT_NE(0, fd_poll(io->fd, POLLIN, WAIT_MS));
	EXPECT_EQ(0, io_recv(io, io->fd, 2, DATA_LEN));
	EXPECT_EQ(0, others(IO_NAME));
	ASSERT_EQ(0, link_get(IO_NAME, &info));
	EXPECT_EQ(1, info.stats.rx_packets);
	EXPECT_EQ(1, info.stats.tx_packets);
}

/* F4.24 F4.25 F10.2: the counters are the device's, and stay with it */
TEST_F(statistics, survive_close)
{
	struct link_info before, after;
	uint8_t buf[PKT_MAX];
	size_t len;

	len = io_frame(&self->io, buf, 1, DATA_LEN);
	ASSERT_EQ(len, io_write(self->io.fd, buf, len));
	ASSERT_EQ(0, vt_persist(self->io.fd, true));
	ASSERT_EQ(0, link_get(IO_NAME, &before));
	EXPECT_EQ(1, before.stats.rx_packets);
	close(self->io.fd);
	ASSERT_LE(0, vt_attach(IO_NAME, variant->flags));
	ASSERT_EQ(0, link_get(IO_NAME, &after));
	EXPECT_EQ(before.stats.rx_packets, after.stats.rx_packets);
	EXPECT_EQ(before.stats.rx_bytes, after.stats.rx_bytes);
}

/* F4.26 F9.7: with all queues detached, everything sent is dropped */
TEST(statistics_without_an_enabled_queue)
{
	const int modes[] = { IFF_TUN, IFF_TAP };
	struct io io;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		ASSERT_EQ(0, io_open(&io, modes[i] | IFF_MULTI_QUEUE));
		ASSERT_EQ(0, vt_set_queue(io.fd, IFF_DETACH_QUEUE));
		io_counted(&io);
		ASSERT_EQ(0, io_send(&io, 1, DATA_LEN));
		ASSERT_EQ(0, io_send(&io, 2, DATA_LEN));
		EXPECT_TX(&io, 0, 0, 2);
		ASSERT_EQ(0, vt_set_queue(io.fd, IFF_ATTACH_QUEUE));
		EXPECT_EQ(-EAGAIN, io_recv(&io, io.fd, 1, DATA_LEN));
	}
}

TEST_HARNESS_MAIN
