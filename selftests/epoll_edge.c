// SPDX-License-Identifier: GPL-2.0-only
/* Edge-triggered epoll: an event for what happens, not for what is. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_io.h"

#include <sys/epoll.h>

#define STILL_MS	30

FIXTURE(epoll_edge)
{
	struct io io;
	int ep;				/* watches for everything, on edges */
};

FIXTURE_VARIANT(epoll_edge)
{
	int flags;
};

IO_VARIANTS_NO_PI(epoll_edge);

FIXTURE_SETUP(epoll_edge)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags | IFF_MULTI_QUEUE));
	self->ep = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_LE(0, self->ep);
}

FIXTURE_TEARDOWN(epoll_edge)
{
}

static int watch(int ep, int fd, unsigned int events)
{
	struct epoll_event ev = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

/* The events of the one file that is watched, 0 if there is none in time. */
static int edge(int ep, int ms)
{
	struct epoll_event ev;
	int n = epoll_wait(ep, &ev, 1, ms);

	return n < 0 ? -errno : n ? (int)ev.events : 0;
}

/* F8.6: what was there when it was added, then each packet, read or not */
TEST_F(epoll_edge, every_packet_is_an_event)
{
	struct io *io = &self->io;
	int i;

	ASSERT_EQ(0, watch(self->ep, io->fd, EPOLLIN | EPOLLET));
	EXPECT_EQ(0, edge(self->ep, 0));
	for (i = 0; i < 5; i++) {
		/* the fifo is not empty from the second on */
		ASSERT_EQ(0, io_send(io, i, 10));
		EXPECT_EQ(EPOLLIN, edge(self->ep, WAIT_MS));
		EXPECT_EQ(0, edge(self->ep, 0));
	}
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, io_recv(io, io->fd, i, 10));
		EXPECT_EQ(0, edge(self->ep, 0));
	}
}

/* F8.6: several packets before one look are one event */
TEST_F(epoll_edge, coalesced)
{
	struct io *io = &self->io;
	int i;

	ASSERT_EQ(0, watch(self->ep, io->fd, EPOLLIN | EPOLLET));
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, io_send(io, i, 10));
	EXPECT_EQ(EPOLLIN, edge(self->ep, WAIT_MS));
	EXPECT_EQ(0, edge(self->ep, STILL_MS));
	/* nine are left, and that is no news */
	ASSERT_EQ(0, io_recv(io, io->fd, 0, 10));
	EXPECT_EQ(0, edge(self->ep, STILL_MS));
	/* a packet that was read before the look leaves no event */
	while (io_recv(io, io->fd, 0, 10) != -EAGAIN)
		;
	ASSERT_EQ(0, io_send(io, 1, 10));
	ASSERT_EQ(0, io_recv(io, io->fd, 1, 10));
	EXPECT_EQ(0, edge(self->ep, 0));
}

/* F8.6: the loop that every program has: read until EAGAIN, then wait */
TEST_F(epoll_edge, drain_loop_loses_nothing)
{
	struct io *io = &self->io;
	int i, n = 0;

	ASSERT_EQ(0, watch(self->ep, io->fd, EPOLLIN | EPOLLET));
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, io_send(io, i, 10));
		if (i % 3)
			continue;
		ASSERT_EQ(EPOLLIN, edge(self->ep, WAIT_MS));
		while (io_recv(io, io->fd, n, 10) == 0)
			n++;
		ASSERT_EQ(i + 1, n);
	}
}

/* F8.6: a packet that is dropped on a full fifo is no event */
TEST_F(epoll_edge, drop_is_no_event)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	ASSERT_EQ(0, watch(self->ep, io->fd, EPOLLIN | EPOLLET));
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(EPOLLIN, edge(self->ep, WAIT_MS));
	ASSERT_EQ(0, io_send(io, 2, 10));
	EXPECT_EQ(0, edge(self->ep, STILL_MS));
}

/* F8.6 F8.1: deletion is one */
TEST_F(epoll_edge, deletion)
{
	ASSERT_EQ(0, watch(self->ep, self->io.fd, EPOLLIN | EPOLLET));
	EXPECT_EQ(0, edge(self->ep, 0));
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_EQ(EPOLLERR, edge(self->ep, WAIT_MS));
	EXPECT_EQ(0, edge(self->ep, STILL_MS));
}

/* F8.6 F8.3: down, detach, another queue's close are none; up is */
TEST_F(epoll_edge, other_changes)
{
	struct io *io = &self->io;
	int other = vt_attach_nb(IO_NAME, variant->flags | IFF_MULTI_QUEUE);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, watch(self->ep, io->fd, EPOLLIN | EPOLLOUT | EPOLLET));
	EXPECT_EQ(EPOLLOUT, edge(self->ep, 0));
	ASSERT_EQ(0, vt_set_queue(other, IFF_DETACH_QUEUE));
	EXPECT_EQ(0, edge(self->ep, 0));
	ASSERT_EQ(0, vt_set_queue(other, IFF_ATTACH_QUEUE));
	close(other);
	EXPECT_EQ(0, edge(self->ep, 0));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(0, edge(self->ep, 0));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, edge(self->ep, 0));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(0, edge(self->ep, STILL_MS));
	/* somebody has to have seen that it is not writable */
	EXPECT_EQ(0, fd_poll(io->fd, EPOLLOUT, 0));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(EPOLLOUT, edge(self->ep, WAIT_MS));
	EXPECT_EQ(0, edge(self->ep, 0));
}

/* F8.2 F5.35: becoming writable again is an event, writing is none */
TEST_F(epoll_edge, writable_again)
{
	struct io *io = &self->io;
	uint8_t frame[PKT_MAX];
	size_t total = io_frame(io, frame, 1, 1000);
	int err = hook_hold_by(link_index(IO_NAME), "hold0", variant->flags);

	if (hook_missing(err))
		SKIP(return, "no tc ingress or netem here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 20000));
	ASSERT_EQ(0, watch(self->ep, io->fd, EPOLLOUT | EPOLLET));
	EXPECT_EQ(EPOLLOUT, edge(self->ep, 0));
	while (io_write(io->fd, frame, total) > 0)
		EXPECT_EQ(0, edge(self->ep, 0));
	/* the loop that every program has asks after EAGAIN */
	EXPECT_EQ(0, fd_poll(io->fd, EPOLLOUT, 0));
	ASSERT_EQ(0, hook_release(link_index("hold0")));
	EXPECT_EQ(EPOLLOUT, edge(self->ep, WAIT_MS));
	EXPECT_EQ(total, io_write(io->fd, frame, total));
}

/* F8.6: one-shot and level-triggered behave as on any file */
TEST_F(epoll_edge, oneshot_and_level)
{
	struct io *io = &self->io;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLONESHOT };
	int level = epoll_create1(EPOLL_CLOEXEC);

	ASSERT_EQ(0, watch(level, io->fd, EPOLLIN));
	ASSERT_EQ(0, watch(self->ep, io->fd, EPOLLIN | EPOLLONESHOT));
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(EPOLLIN, edge(self->ep, WAIT_MS));
	ASSERT_EQ(0, io_send(io, 2, 10));
	EXPECT_EQ(0, edge(self->ep, STILL_MS));
	EXPECT_EQ(EPOLLIN, edge(level, 0));
	EXPECT_EQ(EPOLLIN, edge(level, 0));
	ASSERT_EQ(0, epoll_ctl(self->ep, EPOLL_CTL_MOD, io->fd, &ev));
	EXPECT_EQ(EPOLLIN, edge(self->ep, WAIT_MS));
	ASSERT_EQ(0, io_recv(io, io->fd, 1, 10));
	ASSERT_EQ(0, io_recv(io, io->fd, 2, 10));
	EXPECT_EQ(0, edge(level, 0));
}

TEST_HARNESS_MAIN
