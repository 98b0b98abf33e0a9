// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool -S: what each queue counts, and that a device's counters are always
 * the sum of its queues', as ip -s link shows them.
 */
#include <kselftest_harness.h>
#include "testlib_batch.h"
#include "testlib_hook.h"
#include "testlib_stats.h"
#include "testlib_vnet.h"
#include "testlib_xdp.h"

#include <fcntl.h>
#include <linux/if_link.h>

#define DATA	40

FIXTURE(counters)
{
	struct io io;
	struct stats stats;
	uint8_t frame[PKT_MAX];
	size_t total;			/* bytes of frame */
	size_t len;			/* bytes that are counted of it */
};

FIXTURE_VARIANT(counters)
{
	int flags;
};

IO_VARIANTS(counters);

FIXTURE_VARIANT_ADD(counters, tap_multi_queue)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(counters)
{
	if (vt_intree())
		SKIP(return, "in-tree tun has no counters of its own");
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->total = io_frame(&self->io, self->frame, 1, DATA);
	self->len = self->total - PI_LEN(variant->flags);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(counters)
{
}

/* A counter of queue 0 moved by @by since the last EXPECT_COUNTED of it. */
#define EXPECT_COUNTED(by, direction, counter) do {			\
	long __before = stats_queue(&self->stats, direction, 0, counter); \
	ASSERT_EQ(0, stats_get(IO_NAME, &self->stats));			\
	EXPECT_EQ(by, stats_queue(&self->stats, direction, 0, counter) - \
		      __before);					\
	EXPECT_EQ(0, stats_wrong_sums(&self->stats));			\
} while (0)

#define BASE()	ASSERT_EQ(0, stats_get(IO_NAME, &self->stats))

static ssize_t drain(struct io *io)
{
	uint8_t buf[PKT_MAX];
	ssize_t n;

	do
		n = io_read(io->fd, buf, sizeof(buf));
	while (n > 0);
	return n;
}

TEST_F(counters, packets)
{
	struct rtnl_link_stats64 link;

	BASE();
	ASSERT_EQ(self->total, io_write(self->io.fd, self->frame, self->total));
	EXPECT_COUNTED(1, "rx", "packets");
	ASSERT_EQ(self->total, io_write(self->io.fd, self->frame, self->total));
	EXPECT_COUNTED(1, "rx", "packets");
	ASSERT_EQ(0, io_send_range(&self->io, 0, 3, DATA));
	EXPECT_COUNTED(0, "tx", "packets");	/* counted when read */
	EXPECT_EQ(3, stats_queue(&self->stats, "tx", 0, "waiting"));
	ASSERT_EQ(0, io_recv_range(&self->io, 0, 3, DATA));
	EXPECT_COUNTED(3, "tx", "packets");
	EXPECT_EQ(0, stats_queue(&self->stats, "tx", 0, "waiting"));
	link = io_counted(&self->io);
	EXPECT_EQ(2, link.rx_packets);
	EXPECT_EQ(2 * self->len, link.rx_bytes);
	EXPECT_EQ(3, link.tx_packets);
	BASE();
	EXPECT_EQ(3 * self->len, stats_value(&self->stats, "tx_bytes"));
	EXPECT_EQ(link.tx_bytes, stats_value(&self->stats, "tx_bytes"));
	EXPECT_EQ(link.rx_bytes, stats_value(&self->stats, "rx_bytes"));
}

/* What waits in a full fifo gets less with each packet that is read. */
TEST_F(counters, waiting)
{
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 100));
	ASSERT_EQ(0, io_send_range(&self->io, 0, 100, DATA));
	BASE();
	EXPECT_EQ(100, stats_queue(&self->stats, "tx", 0, "waiting"));
	ASSERT_EQ(0, io_recv_range(&self->io, 0, 1, DATA));
	BASE();
	EXPECT_EQ(99, stats_queue(&self->stats, "tx", 0, "waiting"));
	ASSERT_EQ(0, io_recv_range(&self->io, 1, 60, DATA));
	BASE();
	EXPECT_EQ(40, stats_queue(&self->stats, "tx", 0, "waiting"));
	ASSERT_EQ(0, io_send_range(&self->io, 100, 130, DATA));
	BASE();
	EXPECT_EQ(70, stats_queue(&self->stats, "tx", 0, "waiting"));
	ASSERT_EQ(0, io_recv_range(&self->io, 60, 130, DATA));
	BASE();
	EXPECT_EQ(0, stats_queue(&self->stats, "tx", 0, "waiting"));
}

TEST_F(counters, rx_drops)
{
	uint8_t bad[64] = {};
	struct rtnl_link_stats64 link;
	int drops = 2;

	BASE();
	EXPECT_EQ(-EFAULT, io_write(self->io.fd, NULL, 8000));
	/* with packet information that is as early as it can fail */
	EXPECT_COUNTED(!self->io.pi, "rx", "drop_fault");
	drops -= self->io.pi;
	if (!self->io.tap && !self->io.pi) {
		EXPECT_EQ(-EINVAL, io_write(self->io.fd, bad, sizeof(bad)));
		EXPECT_COUNTED(1, "rx", "drop_other");
		drops++;
	}
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(-EIO, io_write(self->io.fd, self->frame, self->total));
	EXPECT_COUNTED(1, "rx", "drop_down");
	link = io_counted(&self->io);
	EXPECT_EQ(drops, link.rx_dropped);
	EXPECT_EQ(0, link.rx_packets);
}

TEST_F(counters, tx_drops)
{
	int program = bpf_load_const(BPF_PROG_TYPE_SOCKET_FILTER, 0);
	struct rtnl_link_stats64 link;
	int drops = 4;

	ASSERT_LE(0, program);
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 2));
	BASE();
	ASSERT_EQ(0, io_send_range(&self->io, 0, 4, DATA));
	EXPECT_COUNTED(2, "tx", "drop_full");
	drain(&self->io);
	ASSERT_EQ(0, vt_ioctl_int(self->io.fd, TUNSETFILTEREBPF, program));
	ASSERT_EQ(0, io_send(&self->io, 4, DATA));
	EXPECT_COUNTED(1, "tx", "drop_filter");
	ASSERT_EQ(0, vt_ioctl_int(self->io.fd, TUNSETFILTEREBPF, -1));
	ASSERT_EQ(0, io_send(&self->io, 5, DATA));
	if (self->io.pi) {
		/* the headers' memory is no drop in in-tree tun */
		EXPECT_EQ(-EFAULT, io_read(self->io.fd, io_readonly(64), 64));
		EXPECT_COUNTED(1, "tx", "unread");
		drops--;
	} else {
		EXPECT_EQ(-EFAULT, io_read(self->io.fd, io_readonly(64), 64));
		EXPECT_COUNTED(1, "tx", "drop_fault");
	}
	link = io_counted(&self->io);
	EXPECT_EQ(drops, link.tx_dropped);
}

TEST_F(counters, truncated)
{
	uint8_t buf[10];

	BASE();
	ASSERT_EQ(0, io_send_range(&self->io, 0, 2, DATA));
	ASSERT_EQ(sizeof(buf), io_read(self->io.fd, buf, sizeof(buf)));
	EXPECT_COUNTED(1, "tx", "truncated");
	ASSERT_EQ(0, io_recv(&self->io, self->io.fd, 1, DATA));
	EXPECT_COUNTED(0, "tx", "truncated");
	EXPECT_EQ(2, stats_value(&self->stats, "tx_packets"));
}

/* Who sleeps is woken once; nobody is counted who does not. */
TEST_F(counters, wakeups)
{
	struct sleeper sleeper;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, 0));
	ASSERT_EQ(0, sleeper_start(&sleeper, self->io.fd, buf, sizeof(buf)));
	BASE();
	ASSERT_EQ(0, io_send(&self->io, 0, DATA));
	ASSERT_EQ(0, sleeper_wait(&sleeper, WAIT_MS));
	EXPECT_COUNTED(1, "tx", "wakeups");
	ASSERT_EQ(0, io_send(&self->io, 1, DATA));
	EXPECT_COUNTED(0, "tx", "wakeups");
}

/* What waited when the queue left, as a row of those that are gone. */
TEST_F(counters, unread)
{
	if (!(variant->flags & IFF_MULTI_QUEUE)) {
		ASSERT_EQ(0, vt_persist(self->io.fd, true));
		ASSERT_EQ(0, io_send_range(&self->io, 0, 2, DATA));
		close(self->io.fd);
	} else {
		ASSERT_EQ(0, io_send_range(&self->io, 0, 2, DATA));
		ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_DETACH_QUEUE));
	}
	BASE();
	EXPECT_EQ(2, stats_value(&self->stats, "tx_unread"));
	EXPECT_EQ(2, stats_value(&self->stats, "tx_other_unread"));
	EXPECT_EQ(-1, stats_queue(&self->stats, "tx", 0, "packets"));
	EXPECT_EQ(0, stats_wrong_sums(&self->stats));
	if (variant->flags & IFF_MULTI_QUEUE) {
		ASSERT_EQ(0, io_send(&self->io, 1, DATA));
		BASE();
		EXPECT_EQ(1, stats_value(&self->stats, "tx_drop_no_queue"));
		ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_ATTACH_QUEUE));
		BASE();
		EXPECT_EQ(2, stats_queue(&self->stats, "tx", 0, "unread"));
		EXPECT_EQ(0, stats_value(&self->stats, "tx_other_unread"));
	}
}

/* A queue that leaves takes nothing from the device's counters, and one that
 * comes to another device brings nothing along.
 */
TEST_F(counters, leave)
{
	struct rtnl_link_stats64 link;
	struct io *io = &self->io;

	ASSERT_EQ(0, vt_persist(io->fd, true));
	ASSERT_EQ(self->total, io_write(io->fd, self->frame, self->total));
	close(io->fd);
	BASE();
	EXPECT_EQ(1, stats_value(&self->stats, "rx_packets"));
	EXPECT_EQ(1, stats_value(&self->stats, "rx_other_packets"));
	io->fd = vt_attach_nb(IO_NAME, variant->flags);
	ASSERT_LE(0, io->fd);
	BASE();
	EXPECT_EQ(0, stats_queue(&self->stats, "rx", 0, "packets"));
	ASSERT_EQ(self->total, io_write(io->fd, self->frame, self->total));
	EXPECT_COUNTED(1, "rx", "packets");
	link = io_counted(io);
	EXPECT_EQ(2, link.rx_packets);
	/* its file makes another device */
	ASSERT_EQ(0, link_del(IO_NAME));
	ASSERT_EQ(0, vt_setiff(io->fd, IO_NAME, variant->flags));
	BASE();
	EXPECT_EQ(0, stats_queue(&self->stats, "rx", 0, "packets"));
	EXPECT_EQ(0, stats_value(&self->stats, "rx_packets"));
}

/* Each queue has its own, which follow it when its number changes. */
TEST_F(counters, renumbered)
{
	int fd[2], i;

	if (!(variant->flags & IFF_MULTI_QUEUE))
		SKIP(return, "one queue only");
	for (i = 0; i < 2; i++) {
		fd[i] = vt_attach_nb(IO_NAME, variant->flags);
		ASSERT_LE(0, fd[i]);
	}
	for (i = 0; i < 3; i++)
		ASSERT_EQ(self->total, io_write(fd[1], self->frame, self->total));
	ASSERT_EQ(self->total, io_write(fd[0], self->frame, self->total));
	BASE();
	EXPECT_EQ(0, stats_queue(&self->stats, "rx", 0, "packets"));
	EXPECT_EQ(1, stats_queue(&self->stats, "rx", 1, "packets"));
	EXPECT_EQ(3, stats_queue(&self->stats, "rx", 2, "packets"));
	close(self->io.fd);		/* the last one takes its number */
	BASE();
	EXPECT_EQ(3, stats_queue(&self->stats, "rx", 0, "packets"));
	EXPECT_EQ(1, stats_queue(&self->stats, "rx", 1, "packets"));
	EXPECT_EQ(-1, stats_queue(&self->stats, "rx", 2, "packets"));
	ASSERT_EQ(0, vt_set_queue(fd[1], IFF_DETACH_QUEUE));
	BASE();
	EXPECT_EQ(1, stats_queue(&self->stats, "rx", 0, "packets"));
	EXPECT_EQ(3, stats_value(&self->stats, "rx_other_packets"));
	EXPECT_EQ(4, stats_value(&self->stats, "rx_packets"));
	EXPECT_EQ(0, stats_wrong_sums(&self->stats));
}

TEST_F(counters, batches)
{
	static struct batch batch;

	ASSERT_EQ(0, batch_mode(self->io.fd, VTUN_MODE_BATCH));
	batch_fill(&batch, &self->io, 0, 5, DATA);
	BASE();
	ASSERT_EQ(batch.len, batch_write(&batch, self->io.fd));
	EXPECT_COUNTED(1, "rx", "batches");
	EXPECT_EQ(5, stats_value(&self->stats, "rx_packets"));
	ASSERT_EQ(0, io_send_range(&self->io, 0, 3, DATA));
	ASSERT_LT(0, batch_read(&batch, self->io.fd, BATCH_MAX));
	EXPECT_COUNTED(1, "tx", "batches");
	EXPECT_EQ(3, stats_value(&self->stats, "tx_packets"));
}

/* However many lists are made of it, a call is one; but none that gets nothing. */
TEST_F(counters, long_batches)
{
	static struct batch batch;
	struct io *io = &self->io;

	ASSERT_EQ(0, batch_mode(io->fd, VTUN_MODE_BATCH));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 300));
	BASE();
	EXPECT_EQ(-EAGAIN, batch_read(&batch, io->fd, BATCH_MAX));
	EXPECT_COUNTED(0, "tx", "batches");
	ASSERT_EQ(0, io_send_range(io, 0, 300, DATA));
	ASSERT_LT(0, batch_read(&batch, io->fd, BATCH_MAX));
	EXPECT_COUNTED(1, "tx", "batches");
	EXPECT_EQ(300, stats_value(&self->stats, "tx_packets"));

	batch_fill(&batch, io, 0, 300, DATA);
	ASSERT_EQ(batch.len, batch_write(&batch, io->fd));
	EXPECT_COUNTED(1, "rx", "batches");
	EXPECT_EQ(300, stats_value(&self->stats, "rx_packets"));
	/* a part of it: the last record lacks a byte */
	batch.len--;
	ASSERT_LT(0, batch_write(&batch, io->fd));
	EXPECT_COUNTED(1, "rx", "batches");
	EXPECT_EQ(599, stats_value(&self->stats, "rx_packets"));
	batch.len = 5;
	EXPECT_EQ(-EINVAL, batch_write(&batch, io->fd));
	EXPECT_COUNTED(0, "rx", "batches");
	ASSERT_EQ(0, link_down(IO_NAME));
	batch_fill(&batch, io, 0, 300, DATA);
	EXPECT_EQ(-EIO, batch_write(&batch, io->fd));
	EXPECT_COUNTED(0, "rx", "batches");
}

TEST_F(counters, stops)
{
	struct io *io = &self->io;

	close(io->fd);
	io->fd = vt_attach_nb(IO_NAME, variant->flags | IFF_BACKPRESSURE);
	ASSERT_LE(0, io->fd);
	ASSERT_EQ(0, link_up(IO_NAME));
	ASSERT_EQ(0, hook_root(link_index(IO_NAME), "pfifo"));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 2));
	close(io->ps);
	ASSERT_EQ(0, io_listen(io));
	BASE();
	ASSERT_EQ(0, io_send_range(io, 0, 2, DATA));
	EXPECT_COUNTED(1, "tx", "stops");
	EXPECT_EQ(0, stats_value(&self->stats, "tx_drop_full"));
}

TEST_F(counters, xdp)
{
	int err;

	if (!self->io.tap)
		SKIP(return, "mode tun has no XDP");
	err = xdp_attach_const(IO_NAME, XDP_DROP, XDP_FLAGS_DRV_MODE);
	if (hook_missing(err))
		SKIP(return, "no XDP here");
	ASSERT_EQ(0, err);
	BASE();
	ASSERT_EQ(self->total, io_write(self->io.fd, self->frame, self->total));
	EXPECT_COUNTED(1, "rx", "drop_xdp");
	EXPECT_EQ(0, stats_value(&self->stats, "rx_packets"));
}

/* XDP gets records one by one; the write() is one all the same. */
TEST_F(counters, xdp_batches)
{
	static const unsigned int verdicts[] = { XDP_DROP, XDP_PASS };
	static struct batch batch;
	struct io *io = &self->io;
	int i, err;

	if (!io->tap)
		SKIP(return, "mode tun has no XDP");
	ASSERT_EQ(0, batch_mode(io->fd, VTUN_MODE_BATCH));
	for (i = 0; i < 2; i++) {
		err = xdp_attach_const(IO_NAME, verdicts[i],
				       XDP_FLAGS_DRV_MODE);
		if (hook_missing(err))
			SKIP(return, "no XDP here");
		ASSERT_EQ(0, err);
		batch_fill(&batch, io, 0, 300, DATA);
		BASE();
		ASSERT_EQ(batch.len, batch_write(&batch, io->fd));
		EXPECT_COUNTED(1, "rx", "batches");
		EXPECT_EQ(300, stats_value(&self->stats, "rx_drop_xdp"));
		EXPECT_EQ(i * 300, stats_value(&self->stats, "rx_packets"));
		batch.len = 5;
		EXPECT_EQ(-EINVAL, batch_write(&batch, io->fd));
		EXPECT_COUNTED(0, "rx", "batches");
	}
}

TEST_HARNESS_MAIN
