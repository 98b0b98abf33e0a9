// SPDX-License-Identifier: GPL-2.0-only
/*
 * IFLA_VTUN_KEEP_CARRIER: a program goes and another one comes, and the stack
 * sees nothing of it: the carrier stays, packets wait, none changes its place.
 */
#include <kselftest_harness.h>
#include "testlib_bpf.h"
#include "testlib_io.h"
#include "testlib_req.h"
#include "testlib_stats.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>

#define DATA	20

FIXTURE(keep_carrier)
{
	struct io io;
	struct req req;
};

FIXTURE_VARIANT(keep_carrier)
{
	int flags;
};

FIXTURE_VARIANT_ADD(keep_carrier, tun)
{
	.flags = IFF_TUN | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(keep_carrier, tap)
{
	.flags = IFF_TAP | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(keep_carrier, tap_multi_queue)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
};

FIXTURE_VARIANT_ADD(keep_carrier, tun_backpressure)
{
	.flags = IFF_TUN | IFF_NO_PI | IFF_BACKPRESSURE,
};

FIXTURE_SETUP(keep_carrier)
{
	if (vt_intree())
		SKIP(return, "in-tree tun keeps nothing");
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	ASSERT_EQ(0, vt_persist(self->io.fd, true));
	ASSERT_EQ(0, req_keep_carrier(&self->req, IO_NAME, true));
}

FIXTURE_TEARDOWN(keep_carrier)
{
}

static int feed(const struct io *io, unsigned int from, unsigned int to)
{
	return io_send_range(io, from, to, DATA);
}

/* These are what waits, and nothing else. */
static int came(const struct io *io, unsigned int from, unsigned int to)
{
	uint8_t buf[PKT_MAX];

	return io_recv_range(io, from, to, DATA) ?:
	       io_read(io->fd, buf, sizeof(buf)) == -EAGAIN ? 0 : -E2BIG;
}

static int again(struct io *io, int flags)
{
	io->fd = vt_attach_nb(IO_NAME, flags);
	return io->fd < 0 ? io->fd : 0;
}

/* What was not read, and what came meanwhile, in order; carrier and operational
 * state never change.
 */
TEST_F(keep_carrier, restart)
{
	struct link_info before, after;
	int round;

	ASSERT_EQ(0, link_get(IO_NAME, &before));
	EXPECT_EQ(1, before.carrier);
	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, feed(&self->io, 0, 3));
		close(self->io.fd);
		ASSERT_EQ(0, feed(&self->io, 3, 6));
		ASSERT_EQ(0, link_get(IO_NAME, &after));
		EXPECT_EQ(1, after.carrier);
		ASSERT_EQ(0, again(&self->io, variant->flags));
		EXPECT_EQ(POLLIN, fd_poll(self->io.fd, POLLIN, 0));
		ASSERT_EQ(0, feed(&self->io, 6, 9));
		ASSERT_EQ(0, came(&self->io, 0, 9));
	}
	ASSERT_EQ(0, link_get(IO_NAME, &after));
	EXPECT_EQ(before.carrier_changes, after.carrier_changes);
	EXPECT_EQ(before.operstate, after.operstate);
	EXPECT_EQ(before.stats.tx_dropped, after.stats.tx_dropped);
}

/* As many as the fifo holds: the first ones, and the others are counted. */
TEST_F(keep_carrier, bounded)
{
	struct link_info before, after;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 5));
	ASSERT_EQ(0, link_get(IO_NAME, &before));
	ASSERT_EQ(0, feed(&self->io, 0, 2));
	close(self->io.fd);
	ASSERT_EQ(0, feed(&self->io, 2, 9));
	ASSERT_EQ(0, link_get(IO_NAME, &after));
	EXPECT_EQ(4, after.stats.tx_dropped - before.stats.tx_dropped);
	/* and as many as it holds by then */
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 3));
	ASSERT_EQ(0, again(&self->io, variant->flags));
	EXPECT_EQ(0, came(&self->io, 0, 3));
}

/* A ring gives room back in groups; a fifo's worth always finds room. */
TEST_F(keep_carrier, full)
{
	struct stats stats;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 64));
	ASSERT_EQ(0, feed(&self->io, 0, 60));
	close(self->io.fd);
	ASSERT_EQ(0, again(&self->io, variant->flags));
	EXPECT_EQ(0, came(&self->io, 0, 60));
	close(self->io.fd);
	ASSERT_EQ(0, feed(&self->io, 60, 124));
	ASSERT_EQ(0, again(&self->io, variant->flags));
	EXPECT_EQ(0, came(&self->io, 60, 124));
	if (variant->flags & IFF_MULTI_QUEUE) {
		ASSERT_EQ(0, feed(&self->io, 0, 7));
		ASSERT_EQ(0, came(&self->io, 0, 7));
		ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_DETACH_QUEUE));
		ASSERT_EQ(0, feed(&self->io, 0, 64));
		ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_ATTACH_QUEUE));
		EXPECT_EQ(0, came(&self->io, 0, 64));
	}
	ASSERT_EQ(0, stats_get(IO_NAME, &stats));
	EXPECT_EQ(0, stats_value(&stats, "tx_unread"));
}

/* Without it, all is as ever. */
TEST_F(keep_carrier, off)
{
	struct link_info info;

	ASSERT_EQ(0, req_keep_carrier(&self->req, IO_NAME, false));
	ASSERT_EQ(0, link_get(IO_NAME, &info));
	EXPECT_EQ(1, info.carrier);
	ASSERT_EQ(0, feed(&self->io, 0, 3));
	close(self->io.fd);
	ASSERT_EQ(0, link_get(IO_NAME, &info));
	EXPECT_EQ(0, info.carrier);
	ASSERT_EQ(0, again(&self->io, variant->flags));
	EXPECT_EQ(0, came(&self->io, 0, 0));
}

/* Off while packets are kept: they go, and the carrier with them. */
TEST_F(keep_carrier, off_meanwhile)
{
	struct link_info info;
	struct stats stats;

	ASSERT_EQ(0, feed(&self->io, 0, 3));
	close(self->io.fd);
	ASSERT_EQ(0, req_keep_carrier(&self->req, IO_NAME, false));
	ASSERT_EQ(0, link_get(IO_NAME, &info));
	EXPECT_EQ(0, info.carrier);
	ASSERT_EQ(0, again(&self->io, variant->flags));
	EXPECT_EQ(0, came(&self->io, 0, 0));
	ASSERT_EQ(0, link_get(IO_NAME, &info));
	EXPECT_EQ(1, info.carrier);
	ASSERT_EQ(0, stats_get(IO_NAME, &stats));
	EXPECT_EQ(3, stats_value(&stats, "tx_unread"));
}

/* The administrator may take the carrier, and give it back. */
TEST_F(keep_carrier, by_hand)
{
	struct link_info info;

	close(self->io.fd);
	ASSERT_EQ(0, link_set_carrier(IO_NAME, false));
	ASSERT_EQ(0, link_get(IO_NAME, &info));
	EXPECT_EQ(0, info.carrier);
	ASSERT_EQ(0, link_set_carrier(IO_NAME, true));
	ASSERT_EQ(0, req_keep_carrier(&self->req, IO_NAME, false));
	EXPECT_EQ(-EPERM, link_set_carrier(IO_NAME, true));
}

/* A queue that is detached leaves, too, and its sleeping reader gets what was
 * kept when it is back.
 */
TEST_F(keep_carrier, detached)
{
	struct sleeper sleeper;
	uint8_t buf[PKT_MAX];

	if (!(variant->flags & IFF_MULTI_QUEUE))
		SKIP(return, "one queue can't be detached");
	ASSERT_EQ(0, feed(&self->io, 0, 2));
	ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, feed(&self->io, 2, 4));
	EXPECT_EQ(-EAGAIN, io_read(self->io.fd, buf, sizeof(buf)));
	ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, came(&self->io, 0, 4));

	ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, 0));
	ASSERT_EQ(0, sleeper_start(&sleeper, self->io.fd, buf, sizeof(buf)));
	ASSERT_TRUE(wait_for(sleeper_asleep(&sleeper), WAIT_MS));
	ASSERT_EQ(0, feed(&self->io, 4, 5));
	ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_ATTACH_QUEUE));
	ASSERT_EQ(0, sleeper_wait(&sleeper, WAIT_MS));
	EXPECT_LT(0, sleeper.ret);
}

/* A second queue gets all packets from now on, or the first one does. */
static int steer(int fd, unsigned int queue)
{
	int prog = bpf_load_const(BPF_PROG_TYPE_SOCKET_FILTER, queue);
	int err;

	if (prog < 0)
		return prog;
	err = vt_ioctl_int(fd, TUNSETSTEERINGEBPF, prog);
	close(prog);
	return err;
}

/* One of several queues goes: another one gets what waits there, as much as there
 * is room, and the rest counts as unread. A program that ends closes all.
 */
TEST_F(keep_carrier, one_of_two)
{
	struct stats stats;
	int other;

	if (!(variant->flags & IFF_MULTI_QUEUE))
		SKIP(return, "one queue can have");
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 4));
	other = vt_attach_nb(IO_NAME, variant->flags);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, steer(other, 1));
	ASSERT_EQ(0, feed(&self->io, 0, 2));
	close(other);
	EXPECT_EQ(POLLIN, fd_poll(self->io.fd, POLLIN, 0));
	ASSERT_EQ(0, feed(&self->io, 2, 4));
	EXPECT_EQ(0, came(&self->io, 0, 4));

	other = vt_attach_nb(IO_NAME, variant->flags);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, feed(&self->io, 4, 7));
	ASSERT_EQ(0, steer(other, 0));
	ASSERT_EQ(0, feed(&self->io, 0, 2));
	close(other);
	close(self->io.fd);
	ASSERT_EQ(0, feed(&self->io, 2, 3));	/* there is no room */
	ASSERT_EQ(0, again(&self->io, variant->flags));
	EXPECT_EQ(0, io_recv_range(&self->io, 0, 2, DATA));
	EXPECT_EQ(0, came(&self->io, 4, 6));
	ASSERT_EQ(0, stats_get(IO_NAME, &stats));
	EXPECT_EQ(1, stats_value(&stats, "tx_unread"));
	EXPECT_EQ(1, stats_value(&stats, "tx_drop_full"));
}

/* Whatever is kept goes with the device. */
TEST_F(keep_carrier, deleted)
{
	ASSERT_EQ(0, feed(&self->io, 0, 2));
	close(self->io.fd);
	ASSERT_EQ(0, feed(&self->io, 2, 4));
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_FALSE(link_exists(IO_NAME));
}

/* A device that does not persist goes with its last program, kept or not. */
TEST_F(keep_carrier, not_persistent)
{
	ASSERT_EQ(0, vt_persist(self->io.fd, false));
	ASSERT_EQ(0, feed(&self->io, 0, 2));
	close(self->io.fd);
	EXPECT_FALSE(link_exists(IO_NAME));
}

struct sender {
	const struct io *io;
	atomic_uint sent;
	atomic_uint seen;
	atomic_bool stop;
};

/* The fifo's length, and how many wait at most: none shall be dropped. */
#define RACE_FIFO	30000
#define RACE_WAITING	(RACE_FIFO - 1000)

static void *send_on(void *arg)
{
	struct sender *s = arg;

	while (!s->stop)
		if (s->sent - s->seen >= RACE_WAITING)
			sched_yield();
		else if (!io_send(s->io, s->sent, DATA))
			s->sent++;
	return NULL;
}

/* Programs come and go while the stack sends: none is lost, none is out of
 * place.
 */
TEST_F(keep_carrier, race)
{
	struct sender sender = { .io = &self->io };
	struct link_info info;
	unsigned int restarts, i;
	struct stats stats;
	pthread_t thread;
	int err;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, RACE_FIFO));
	ASSERT_EQ(0, pthread_create(&thread, NULL, send_on, &sender));
	for (restarts = 0; restarts < 50 || sender.sent < 100; restarts++) {
		for (i = 0; i < 10; i++) {
			err = io_recv(&self->io, self->io.fd, sender.seen,
				      DATA);
			if (err == -EAGAIN)
				break;
			ASSERT_EQ(0, err);
			sender.seen++;
		}
		close(self->io.fd);
		ASSERT_EQ(0, again(&self->io, variant->flags));
	}
	sender.stop = true;
	pthread_join(thread, NULL);
	ASSERT_EQ(0, link_get(IO_NAME, &info));
	EXPECT_EQ(0, info.stats.tx_dropped);
	ASSERT_EQ(0, stats_get(IO_NAME, &stats));
	EXPECT_EQ(0, stats_value(&stats, "tx_unread"));
	ASSERT_EQ(0, came(&self->io, sender.seen, sender.sent));
}

TEST_HARNESS_MAIN
