// SPDX-License-Identifier: GPL-2.0-only
/*
 * IFF_BACKPRESSURE: a full fifo stops its queue, and the qdisc holds what comes
 * then; reading half of it, or all, lets the qdisc go on.
 */
#include <kselftest_harness.h>
#include "testlib_flow.h"
#include "testlib_hook.h"
#include "testlib_io.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/socket.h>

#define DATA	20

FIXTURE(backpressure)
{
	struct io io;
	int index;
};

FIXTURE_VARIANT(backpressure)
{
	int flags;
};

FIXTURE_VARIANT_ADD(backpressure, tun)
{
	.flags = IFF_TUN | IFF_NO_PI | IFF_BACKPRESSURE,
};

FIXTURE_VARIANT_ADD(backpressure, tap)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_BACKPRESSURE,
};

FIXTURE_SETUP(backpressure)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	if (!(vt_features() & IFF_BACKPRESSURE))
		SKIP(return, "in-tree tun has it since 7.3");
	self->index = link_index(IO_NAME);
	/* Its limit is the length that the device has now. */
	ASSERT_EQ(0, hook_root(self->index, "pfifo"));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 4));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(backpressure)
{
	if (self->io.fd >= 0)
		close(self->io.fd);
}

/* The program reads these, in this order; the qdisc may take a moment. */
static int recv_range(struct io *io, unsigned int from, unsigned int to)
{
	int err = 0;

	while (!err && from < to)
		err = fd_poll(io->fd, POLLIN, WAIT_MS) ?
		      io_recv(io, io->fd, from++, DATA) : -ETIMEDOUT;
	return err;
}

/* Down and up; the packet socket is told of it as an error of its own. */
static int restart(struct io *io)
{
	int told;
	socklen_t len = sizeof(told);

	return link_down(IO_NAME) ?: link_up(IO_NAME) ?:
	       hook_root(link_index(IO_NAME), "pfifo") ?:
	       getsockopt(io->ps, SOL_SOCKET, SO_ERROR, &told, &len);
}

/* Close the persistent device's only file, and open another. */
static int next_file(struct io *io, int flags)
{
	close(io->fd);
	if (!link_operates(IO_NAME, IF_OPER_DOWN))
		return -ETIMEDOUT;
	io->fd = vt_attach_nb(IO_NAME, flags);
	if (io->fd < 0)
		return io->fd;
	return link_operates(IO_NAME, IF_OPER_UP) ? 0 : -ETIMEDOUT;
}

static bool holds(int index, int packets)
{
	return wait_for(hook_held(index) == packets, WAIT_MS);
}

/* F7.19: it is told everywhere, and the first file of a device decides */
TEST_F(backpressure, flag)
{
	int plain = variant->flags & ~IFF_BACKPRESSURE, fd;
	char buf[32];

	EXPECT_EQ(variant->flags, vt_flags(self->io.fd));
	ASSERT_LT(0, sysfs_read(IO_NAME, "tun_flags", buf, sizeof(buf)));
	EXPECT_EQ(variant->flags, (int)strtol(buf, NULL, 0));
	ASSERT_EQ(0, vt_persist(self->io.fd, true));
	ASSERT_EQ(0, next_file(&self->io, plain));
	EXPECT_EQ(plain, vt_flags(self->io.fd) & ~IFF_PERSIST);
	ASSERT_EQ(0, io_send_range(&self->io, 0, 6, DATA));
	EXPECT_TX(&self->io, 0, 0, 2);
	ASSERT_EQ(0, next_file(&self->io, variant->flags));
	EXPECT_EQ(variant->flags, vt_flags(self->io.fd) & ~IFF_PERSIST);
	ASSERT_EQ(0, io_send_range(&self->io, 0, 6, DATA));
	EXPECT_EQ(2, hook_held(self->index));
	ASSERT_EQ(0, vt_persist(self->io.fd, false));

	fd = vt_attach("mq0", plain | IFF_MULTI_QUEUE);
	ASSERT_LE(0, fd);
	ASSERT_LE(0, vt_attach("mq0", variant->flags | IFF_MULTI_QUEUE));
	EXPECT_EQ(plain | IFF_MULTI_QUEUE, vt_flags(fd));
}

/* F7.20 F7.21: as the document's example has it */
TEST_F(backpressure, half)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, io_send_range(io, 0, 20, DATA));
	EXPECT_EQ(16, hook_held(self->index));
	ASSERT_EQ(0, io_recv(io, io->fd, 0, DATA));
	EXPECT_EQ(16, hook_held(self->index));
	ASSERT_EQ(0, io_recv(io, io->fd, 1, DATA));
	EXPECT_TRUE(holds(self->index, 14));
	ASSERT_EQ(0, io_recv(io, io->fd, 2, DATA));
	EXPECT_EQ(14, hook_held(self->index));
	ASSERT_EQ(0, recv_range(io, 3, 20));
	EXPECT_EQ(0, hook_held(self->index));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_EQ(0, io_counted(io).tx_dropped);
}

/* F7.21: half of three is one, and so is half of one when that is all */
TEST_F(backpressure, short_fifo)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 3));
	ASSERT_EQ(0, io_send_range(io, 0, 6, DATA));
	EXPECT_EQ(3, hook_held(self->index));
	ASSERT_EQ(0, io_recv(io, io->fd, 0, DATA));
	EXPECT_TRUE(holds(self->index, 2));
	ASSERT_EQ(0, recv_range(io, 1, 6));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	ASSERT_EQ(0, io_send_range(io, 0, 6, DATA));
	EXPECT_EQ(5, hook_held(self->index));
	ASSERT_EQ(0, io_recv(io, io->fd, 0, DATA));
	EXPECT_TRUE(holds(self->index, 4));
	ASSERT_EQ(0, recv_range(io, 1, 6));
	EXPECT_EQ(0, io_counted(io).tx_dropped);
}

/* F7.21 F7.3: one that makes room by the group */
TEST_F(backpressure, long_fifo)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 100));
	ASSERT_EQ(0, io_send_range(io, 0, 180, DATA));
	EXPECT_EQ(80, hook_held(self->index));
	ASSERT_EQ(0, recv_range(io, 0, 49));
	EXPECT_EQ(80, hook_held(self->index));
	ASSERT_EQ(0, recv_range(io, 49, 50));
	EXPECT_TRUE(wait_for(hook_held(self->index) < 80 - 32, WAIT_MS));
	ASSERT_EQ(0, recv_range(io, 50, 180));
	EXPECT_EQ(0, hook_held(self->index));
	EXPECT_EQ(0, io_counted(io).tx_dropped);
}

/* F7.21: the count begins anew with each stop */
TEST_F(backpressure, counts_anew)
{
	struct io *io = &self->io;

	if (!kernel_at_least(7, 0))
		SKIP(return, "a change of length empties the qdisc here");
	ASSERT_EQ(0, io_send_range(io, 0, 20, DATA));
	ASSERT_EQ(0, io_recv(io, io->fd, 0, DATA));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 8));
	EXPECT_TRUE(holds(self->index, 11));
	ASSERT_EQ(0, recv_range(io, 1, 4));
	EXPECT_EQ(11, hook_held(self->index));
	ASSERT_EQ(0, io_recv(io, io->fd, 4, DATA));
	EXPECT_TRUE(holds(self->index, 7));
	ASSERT_EQ(0, recv_range(io, 5, 20));
}

/* F7.21 F6.5: a reader that sleeps lets go on, too */
TEST_F(backpressure, sleeping_reader)
{
	struct io *io = &self->io;
	struct sleeper s;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, 0));
	ASSERT_EQ(0, sleeper_start(&s, io->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, io_send_range(io, 0, 3, DATA));
	ASSERT_EQ(0, sleeper_wait(&s, WAIT_MS));
	EXPECT_LT(0, s.ret);
	EXPECT_TRUE(holds(self->index, 1));
	ASSERT_EQ(0, recv_range(io, 1, 3));
}

/* F7.20 F7.23 F7.2.1: without a qdisc nothing could hold them */
TEST_F(backpressure, noqueue)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, hook_root(self->index, "noqueue"));
	ASSERT_EQ(0, io_send_range(io, 0, 4, DATA));
	EXPECT_EQ(-ENOBUFS, io_send(io, 4, DATA));
	EXPECT_EQ(-ENOBUFS, io_send(io, 5, DATA));
	EXPECT_TX(io, 0, 0, 2);
	ASSERT_EQ(0, recv_range(io, 0, 4));
	ASSERT_EQ(0, io_send_range(io, 6, 7, DATA));
	ASSERT_EQ(0, recv_range(io, 6, 7));
}

/* F7.24: who goes past the qdisc is told, and nothing is counted */
TEST_F(backpressure, bypass)
{
	struct io *io = &self->io;
	int one = 1;

	ASSERT_EQ(0, io_send_range(io, 0, 5, DATA));
	ASSERT_EQ(0, setsockopt(io->ps, SOL_PACKET, PACKET_QDISC_BYPASS, &one,
				sizeof(one)));
	EXPECT_EQ(-ENOBUFS, io_send(io, 5, DATA));
	EXPECT_EQ(1, hook_held(self->index));
	EXPECT_NOTHING_COUNTED(io);
	ASSERT_EQ(0, recv_range(io, 0, 5));
	ASSERT_EQ(0, io_send(io, 6, DATA));
	ASSERT_EQ(0, recv_range(io, 6, 7));
}

/* F7.24: one without room is not waited for */
TEST_F(backpressure, no_length)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 0));
	ASSERT_EQ(0, io_send_range(io, 0, 3, DATA));
	EXPECT_EQ(0, hook_held(self->index));
	EXPECT_TX(io, 0, 0, 3);
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 4));
	ASSERT_EQ(0, io_send_range(io, 0, 5, DATA));
	EXPECT_EQ(1, hook_held(self->index));
	ASSERT_EQ(0, recv_range(io, 0, 5));
}

/* F7.22 F14.9: a change of length wakes, longer or shorter */
TEST_F(backpressure, length_changes)
{
	struct io *io = &self->io;
	unsigned int n = 0;

	ASSERT_EQ(0, io_send_range(io, 0, 20, DATA));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 8));
	if (!kernel_at_least(7, 0)) {	/* then the core empties the qdisc */
		EXPECT_EQ(0, hook_held(self->index));
		while (!io_recv(io, io->fd, n, DATA))
			n++;
		EXPECT_LE(4, n);
		EXPECT_GE(8, n);
		ASSERT_EQ(0, io_send_range(io, 20, 29, DATA));
		EXPECT_EQ(1, hook_held(self->index));
		ASSERT_EQ(0, recv_range(io, 20, 29));
		return;
	}
	EXPECT_TRUE(holds(self->index, 12));
	ASSERT_EQ(0, recv_range(io, 0, 20));
	ASSERT_EQ(0, io_send_range(io, 0, 10, DATA));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 2));	/* 2 to 7 are lost */
	/* In-tree tun drops what it takes from the qdisc to find no room. */
	EXPECT_TRUE(holds(self->index, vt_intree() ? 1 : 2));
	EXPECT_EQ(vt_intree(), io_counted(io).tx_dropped);
	ASSERT_EQ(0, recv_range(io, 0, 2));
	ASSERT_EQ(0, recv_range(io, 8 + vt_intree(), 10));
}

/* F7.22 F7.24: down loses what the qdisc has, and up begins again */
TEST_F(backpressure, down_and_up)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, io_send_range(io, 0, 20, DATA));
	ASSERT_EQ(0, io_recv(io, io->fd, 0, DATA));
	ASSERT_EQ(0, restart(io));
	EXPECT_EQ(0, hook_held(self->index));
	/* 1 to 3 are there, and one more fits */
	ASSERT_EQ(0, io_send_range(io, 20, 25, DATA));
	EXPECT_EQ(4, hook_held(self->index));
	ASSERT_EQ(0, io_recv(io, io->fd, 1, DATA));
	EXPECT_EQ(4, hook_held(self->index));
	ASSERT_EQ(0, io_recv(io, io->fd, 2, DATA));
	EXPECT_TRUE(holds(self->index, 2));
	ASSERT_EQ(0, recv_range(io, 3, 4));
	ASSERT_EQ(0, recv_range(io, 20, 25));
}

/* F7.24: reading goes on while it is down, and wakes nobody */
TEST_F(backpressure, read_while_down)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, io_send_range(io, 0, 20, DATA));
	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, recv_range(io, 0, 3));
	ASSERT_EQ(0, restart(io));
	ASSERT_EQ(0, io_send_range(io, 20, 24, DATA));
	EXPECT_EQ(1, hook_held(self->index));
	ASSERT_EQ(0, recv_range(io, 3, 4));
	ASSERT_EQ(0, recv_range(io, 20, 24));
}

/* F7.22 F7.23: up finds a fifo that is full still */
TEST_F(backpressure, up_while_full)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, io_send_range(io, 0, 4, DATA));
	ASSERT_EQ(0, restart(io));
	io_counted(io);
	ASSERT_EQ(0, io_send_range(io, 4, 6, DATA));
	EXPECT_EQ(vt_intree() ? 1 : 2, hook_held(self->index));
	EXPECT_EQ(vt_intree(), io_counted(io).tx_dropped);
	ASSERT_EQ(0, recv_range(io, 0, 4));
	ASSERT_EQ(0, recv_range(io, 4 + vt_intree(), 6));
}

/* F2.38 F7.22: what held a queue back went with its file */
TEST_F(backpressure, next_file)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, vt_persist(io->fd, true));
	ASSERT_EQ(0, io_send_range(io, 0, 6, DATA));
	ASSERT_EQ(0, next_file(io, variant->flags));
	ASSERT_EQ(0, io_send_range(io, 20, 26, DATA));
	EXPECT_EQ(2, hook_held(self->index));
	ASSERT_EQ(0, recv_range(io, 20, 26));
	ASSERT_EQ(0, vt_persist(io->fd, false));
}

/* The device is another one, or where nobody knows it: up, and looked at. */
static int begin_anew(FIXTURE_DATA(backpressure) *self)
{
	int err;

	close(self->io.ps);
	err = link_up(IO_NAME) ?: io_listen(&self->io);
	self->index = link_index(IO_NAME);
	return err ?: hook_root(self->index, "pfifo");
}

/* F10.6 F7.22: what waits in the fifo moves along, what the qdisc has is lost */
TEST_F(backpressure, moved)
{
	struct io *io = &self->io;
	int away = ns_new();

	ASSERT_LE(0, away);
	ASSERT_EQ(0, io_send_range(io, 0, 20, DATA));
	ASSERT_EQ(0, io_recv(io, io->fd, 0, DATA));
	ASSERT_EQ(0, link_set_netns(IO_NAME, away));
	ASSERT_EQ(0, ns_enter(away));
	ASSERT_EQ(0, begin_anew(self));
	EXPECT_EQ(0, hook_held(self->index));
	/* 1 to 3 are there, and one more fits */
	ASSERT_EQ(0, io_send_range(io, 20, 25, DATA));
	EXPECT_EQ(4, hook_held(self->index));
	ASSERT_EQ(0, recv_range(io, 1, 4));
	ASSERT_EQ(0, recv_range(io, 20, 25));
	EXPECT_EQ(0, io_counted(io).tx_dropped);
	EXPECT_EQ(-EAGAIN, io_recv(io, io->fd, 25, DATA));
}

/* F10.6 F7.23: the same with a fifo that is full still */
TEST_F(backpressure, moved_while_full)
{
	struct io *io = &self->io;
	int away = ns_new();

	ASSERT_LE(0, away);
	ASSERT_EQ(0, io_send_range(io, 0, 20, DATA));
	ASSERT_EQ(0, link_set_netns(IO_NAME, away));
	ASSERT_EQ(0, ns_enter(away));
	ASSERT_EQ(0, begin_anew(self));
	io_counted(io);
	ASSERT_EQ(0, io_send_range(io, 20, 22, DATA));
	EXPECT_EQ(vt_intree() ? 1 : 2, hook_held(self->index));
	EXPECT_EQ(vt_intree(), io_counted(io).tx_dropped);
	ASSERT_EQ(0, recv_range(io, 0, 4));
	ASSERT_EQ(0, recv_range(io, 20 + vt_intree(), 22));
}

/* F10.3 F7.22: it is deleted; the file's next device begins anew */
TEST_F(backpressure, deleted)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, io_send_range(io, 0, 20, DATA));
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_EQ(-EBADFD, io_recv(io, io->fd, 0, DATA));
	ASSERT_EQ(0, vt_setiff(io->fd, IO_NAME, variant->flags));
	ASSERT_EQ(0, begin_anew(self));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 4));
	ASSERT_EQ(0, io_send_range(io, 20, 26, DATA));
	EXPECT_EQ(2, hook_held(self->index));
	ASSERT_EQ(0, recv_range(io, 20, 26));
}

FIXTURE(backpressure_queues)
{
	struct flow_path path;
	int flags;
	int fd[2];
	int index;
};

FIXTURE_VARIANT(backpressure_queues)
{
	int type;
};

FIXTURE_VARIANT_ADD(backpressure_queues, tun) { IFF_TUN };
FIXTURE_VARIANT_ADD(backpressure_queues, tap) { IFF_TAP };

FIXTURE_SETUP(backpressure_queues)
{
	int i;

	ASSERT_EQ(0, ns_fresh());
	if (!(vt_features() & IFF_BACKPRESSURE))
		SKIP(return, "in-tree tun has it since 7.3");
	self->flags = variant->type | IFF_NO_PI | IFF_MULTI_QUEUE |
		      IFF_BACKPRESSURE;
	for (i = 0; i < 2; i++) {
		self->fd[i] = vt_attach_nb("mq0", self->flags);
		ASSERT_LE(0, self->fd[i]);
	}
	ASSERT_EQ(0, link_up("mq0"));
	/* Each queue's qdisc has this limit, too. */
	ASSERT_EQ(0, link_set_txqlen("mq0", 8));
	self->index = link_index("mq0");
	ASSERT_EQ(0, flow_open(&self->path, "mq0", variant->type == IFF_TAP));
	for (i = 0; i < 2; i++)	/* each has its flow now */
		ASSERT_EQ(0, flow_write(&self->path, self->fd[i], i, 0));
}

FIXTURE_TEARDOWN(backpressure_queues)
{
}

static int feed(FIXTURE_DATA(backpressure_queues) *self, unsigned int flow, uint32_t from,
		uint32_t to)
{
	int err = 0;

	while (!err && from < to)
		err = flow_send(&self->path, flow, from++);
	return err;
}

static int drain(FIXTURE_DATA(backpressure_queues) *self, int i, unsigned int flow,
		 uint32_t from, uint32_t to)
{
	struct flow_mark mark;
	int err;

	for (; from < to; from++) {
		err = flow_await(&self->path, self->fd[i], &mark);
		if (err)
			return err;
		if (mark.flow != flow || mark.seq != from)
			return -EBADMSG;
	}
	return 0;
}

/* F7.20: a full queue doesn't hold up another */
TEST_F(backpressure_queues, independent)
{
	struct flow_mark mark;

	ASSERT_EQ(0, feed(self, 0, 0, 12));
	EXPECT_EQ(4, hook_held(self->index));
	ASSERT_EQ(0, feed(self, 1, 0, 8));
	EXPECT_EQ(4, hook_held(self->index));
	ASSERT_EQ(0, drain(self, 1, 1, 0, 8));
	ASSERT_EQ(0, drain(self, 0, 0, 0, 12));
	EXPECT_EQ(-EAGAIN, flow_read(&self->path, self->fd[0], &mark));
	EXPECT_EQ(-EAGAIN, flow_read(&self->path, self->fd[1], &mark));
}

/* F7.22: who takes over a number gets what waits for it */
TEST_F(backpressure_queues, takes_over)
{
	ASSERT_EQ(0, feed(self, 0, 0, 12));
	EXPECT_EQ(4, hook_held(self->index));
	close(self->fd[0]);
	ASSERT_EQ(0, drain(self, 1, 0, 8, 12));
	EXPECT_EQ(0, hook_held(self->index));
	ASSERT_EQ(0, feed(self, 1, 0, 9));
	ASSERT_EQ(0, drain(self, 1, 1, 0, 9));
}

/* F7.22 F9.6: who gets the number of a queue that was stopped is not stopped */
TEST_F(backpressure_queues, attach_wakes_number)
{
	ASSERT_EQ(0, feed(self, 1, 0, 12));
	EXPECT_EQ(4, hook_held(self->index));
	close(self->fd[0]);
	self->fd[0] = vt_attach_nb("mq0", self->flags);
	ASSERT_LE(0, self->fd[0]);
	ASSERT_EQ(0, drain(self, 1, 1, 0, 8));
	ASSERT_EQ(0, flow_write(&self->path, self->fd[0], 2, 0));
	ASSERT_EQ(0, feed(self, 2, 0, 9));
	ASSERT_EQ(0, drain(self, 0, 2, 0, 9));
}

/* F7.22 F7.5: what waited for the only queue goes with it, and it comes back free */
TEST_F(backpressure_queues, only_one)
{
	struct link_info info;

	close(self->fd[1]);
	ASSERT_EQ(0, feed(self, 0, 0, 12));
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	EXPECT_TRUE(wait_for(!hook_held(self->index), WAIT_MS));
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(4, info.stats.tx_dropped);
	ASSERT_EQ(0, feed(self, 0, 20, 32));
	EXPECT_EQ(4, hook_held(self->index));
	ASSERT_EQ(0, drain(self, 0, 0, 20, 32));
}

TEST_HARNESS_MAIN
