// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a native XDP program decides about written packets. A driver runs it on
 * the bare frame (the fast way) or on a whole packet (the slow way). In-tree
 * has both and counts less on the slow one; vtun has only the fast way for
 * everything but GSO packets.
 */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_io.h"
#include "testlib_xdp.h"

#include <poll.h>
#include <string.h>

#define LARGE	3500			/* bytes of data: beyond the fast way */

FIXTURE(xdp_verdict)
{
	struct io io;
	struct xdp_probe probe;
	size_t data, head, len;		/* of the UDP data, PI, the frame */
	uint8_t frame[LARGE + 100];	/* with packet information */
};

FIXTURE_VARIANT(xdp_verdict)
{
	int flags;
	bool blocking;
	bool large;
	bool sndbuf;
	bool slow;
};

FIXTURE_VARIANT_ADD(xdp_verdict, fast)
{
	.flags = IFF_TAP | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(xdp_verdict, fast_pi_mq)
{
	.flags = IFF_TAP | IFF_MULTI_QUEUE,
};

FIXTURE_VARIANT_ADD(xdp_verdict, blocking)
{
	.flags = IFF_TAP | IFF_NO_PI, .blocking = true, .slow = true,
};

FIXTURE_VARIANT_ADD(xdp_verdict, large_pi)
{
	.flags = IFF_TAP, .large = true, .slow = true,
};

FIXTURE_VARIANT_ADD(xdp_verdict, sndbuf)
{
	.flags = IFF_TAP | IFF_NO_PI, .sndbuf = true, .slow = true,
};

FIXTURE_SETUP(xdp_verdict)
{
	struct io *io = &self->io;
	int err;

	ASSERT_EQ(0, io_open(io, variant->flags));
	err = xdp_probe_open(&self->probe, -1);
	if (err == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, xdp_attach(IO_NAME, self->probe.prog,
				XDP_FLAGS_DRV_MODE));
	if (variant->blocking)
		ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	if (variant->sndbuf)
		ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 1 << 30));
	self->data = variant->large ? LARGE : 100;
	self->head = PI_LEN(variant->flags);
	self->len = io_frame(io, self->frame, 1, self->data) - self->head;
	io_counted(io);
}

FIXTURE_TEARDOWN(xdp_verdict)
{
}

/* Write the frame; 0 if all of it was taken and the program ran once more. */
static int put(FIXTURE_DATA(xdp_verdict) *self)
{
	uint64_t runs = xdp_probe_get(&self->probe).runs;
	ssize_t n = io_write(self->io.fd, self->frame,
			     self->head + self->len);

	if (n < 0)
		return n;
	return (size_t)n == self->head + self->len &&
	       xdp_probe_get(&self->probe).runs == runs + 1 ? 0 : -EBADMSG;
}

/* Does the program run on a whole packet? */
static bool slow(const FIXTURE_VARIANT(xdp_verdict) *variant)
{
	return variant->slow && vt_intree();
}

/* Is what it drops counted? Not on the slow way. */
static int drops(const FIXTURE_VARIANT(xdp_verdict) *variant)
{
	return !slow(variant);
}

static bool nothing_to_read(struct io *io)
{
	return !fd_poll(io->fd, POLLIN, 0);
}

/* Is a frame that was sent back counted as received? */
static int receives(const FIXTURE_VARIANT(xdp_verdict) *variant)
{
	return !slow(variant);
}

/* F6.18: in-tree gives no packet information with a bare frame. */
static size_t head_of_tx(const FIXTURE_DATA(xdp_verdict) *self,
			 const FIXTURE_VARIANT(xdp_verdict) *variant)
{
	return vt_intree() && !slow(variant) ? 0 : self->head;
}

/* F11.3 F11.5 F11.4: it runs, sees the bare frame, and lets it through */
TEST_F(xdp_verdict, pass)
{
	struct io *io = &self->io;
	struct xdp_control seen;

	ASSERT_EQ(0, put(self));
	EXPECT_EQ(0, io_seen(io, self->frame + self->head, self->len));
	EXPECT_RX(io, 1, self->len, 0);
	seen = xdp_probe_get(&self->probe);
	EXPECT_EQ(self->len, seen.len);
	EXPECT_EQ(link_index(IO_NAME), seen.ifindex);
	EXPECT_EQ(0, seen.queue);
	EXPECT_TRUE(nothing_to_read(io));
}

/* F11.5: nor does it become another one while it waits */
TEST_F(xdp_verdict, pass_several)
{
	struct io *io = &self->io;
	unsigned int seq;

	for (seq = 1; seq <= 8; seq++) {
		io_frame(io, self->frame, seq, self->data);
		ASSERT_EQ(0, put(self));
	}
	for (seq = 1; seq <= 8; seq++) {
		io_frame(io, self->frame, seq, self->data);
		EXPECT_EQ(0, io_seen(io, self->frame + self->head, self->len));
	}
	EXPECT_TRUE(io_unseen(io));
}

/* F11.5: dropped, aborted, or a verdict that nobody knows */
TEST_F(xdp_verdict, drop)
{
	const unsigned int actions[] = { XDP_DROP, XDP_ABORTED, 5, 42, ~0U };
	struct io *io = &self->io;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		ASSERT_EQ(0, xdp_probe_action(&self->probe, actions[i]));
		EXPECT_EQ(0, put(self));
		EXPECT_RX(io, 0, 0, drops(variant));
	}
	EXPECT_TRUE(io_unseen(io));
	EXPECT_TRUE(nothing_to_read(io));
}

/* F11.5: a redirect with no place to go is a drop */
TEST_F(xdp_verdict, redirect_nowhere)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_REDIRECT));
	EXPECT_EQ(0, put(self));
	EXPECT_RX(io, 0, 0, drops(variant));
	EXPECT_TRUE(io_unseen(io));
}

/* F11.7 F11.5 F6.18: what is sent back can be read on the same file */
TEST_F(xdp_verdict, tx)
{
	struct rtnl_link_stats64 s;
	struct io *io = &self->io;
	uint8_t got[LARGE + 100];
	size_t head;
	ssize_t n;

	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_TX));
	ASSERT_EQ(0, put(self));
	s = io_counted(io);
	EXPECT_EQ(0, s.rx_dropped + s.tx_dropped + s.tx_packets);
	EXPECT_EQ(receives(variant), s.rx_packets);
	EXPECT_EQ(receives(variant) * self->len, s.rx_bytes);
	EXPECT_TRUE(io_unseen(io));
	ASSERT_FALSE(nothing_to_read(io));
	n = io_read(io->fd, got, sizeof(got));
	head = head_of_tx(self, variant);
	EXPECT_EQ(head + self->len, n);
	EXPECT_EQ(0, memcmp(got, self->frame + self->head - head, n));
	EXPECT_TX(io, 1, self->len, 0);
	EXPECT_TRUE(nothing_to_read(io));
}

TEST_F(xdp_verdict, tx_several)
{
	size_t head = head_of_tx(self, variant);
	struct io *io = &self->io;
	uint8_t got[LARGE + 100];
	unsigned int seq;

	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_TX));
	for (seq = 1; seq <= 8; seq++) {
		io_frame(io, self->frame, seq, self->data);
		ASSERT_EQ(0, put(self));
	}
	for (seq = 1; seq <= 8; seq++) {
		io_frame(io, self->frame, seq, self->data);
		ASSERT_EQ(head + self->len, io_read(io->fd, got, sizeof(got)));
		EXPECT_EQ(0, memcmp(got, self->frame + self->head - head,
				    head + self->len));
	}
	EXPECT_TRUE(nothing_to_read(io));
}

/* F11.7 F11.5: no room for what is sent back */
TEST_F(xdp_verdict, tx_onto_a_full_fifo)
{
	struct rtnl_link_stats64 s;
	struct io *io = &self->io;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_TX));
	ASSERT_EQ(0, put(self));
	io_counted(io);
	EXPECT_EQ(0, put(self));
	s = io_counted(io);
	EXPECT_EQ(1, s.tx_dropped);
	EXPECT_EQ(0, s.rx_dropped + s.tx_packets);
	EXPECT_EQ(receives(variant), s.rx_packets);
	EXPECT_EQ(receives(variant) * self->len, s.rx_bytes);
}

/* F11.9: the program runs on a down device; only what passes is refused */
TEST_F(xdp_verdict, down)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_DROP));
	EXPECT_EQ(0, put(self));
	EXPECT_RX(io, 0, 0, drops(variant));
	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_PASS));
	EXPECT_EQ(-EIO, put(self));
	EXPECT_EQ(1, xdp_probe_get(&self->probe).runs);
	EXPECT_RX(io, 0, 0, 1);
	EXPECT_TRUE(nothing_to_read(io));
}

/*
 * F11.9: a bare frame can be sent back on a down device, a whole packet goes
 * the way of the stack, which ends there
 */
TEST_F(xdp_verdict, down_tx)
{
	struct rtnl_link_stats64 s;
	struct io *io = &self->io;

	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_TX));
	EXPECT_EQ(0, put(self));
	s = io_counted(io);
	EXPECT_EQ(0, s.rx_dropped);
	EXPECT_EQ(receives(variant), s.rx_packets);
	EXPECT_EQ(slow(variant) ? 1 : 0, s.tx_dropped);
	EXPECT_EQ(slow(variant), nothing_to_read(io));
}

/* F5.37 F11.3: what can't be copied is seen by no program */
TEST_F(xdp_verdict, unreadable)
{
	struct io *io = &self->io;
	const struct iovec iov[] = {
		{ self->frame, self->head + 60 },
		{ (void *)8, self->len - 60 },
	};

	EXPECT_EQ(-EFAULT, io_writev(io->fd, iov, 2));
	EXPECT_EQ(0, xdp_probe_get(&self->probe).runs);
	EXPECT_RX(io, 0, 0, 1);
}

/* F5.35 F11.3: what passed is charged to the file, and holds up the next */
TEST_F(xdp_verdict, send_buffer)
{
	struct io *io = &self->io;
	int holder = vt_attach_nb("hold0", IFF_TAP | IFF_NO_PI), err;

	ASSERT_LE(0, holder);
	ASSERT_EQ(0, link_up("hold0"));
	err = hook_hold(link_index(IO_NAME), link_index("hold0"));
	if (hook_missing(err))
		SKIP(return, "no netem or tc ingress here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR | O_NONBLOCK));
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 1));
	ASSERT_EQ(0, put(self));
	EXPECT_EQ(-EAGAIN, put(self));
	EXPECT_EQ(1, xdp_probe_get(&self->probe).runs);
	EXPECT_EQ(0, fd_poll(io->fd, POLLOUT, 0));
	EXPECT_RX(io, 1, self->len, 0);
	ASSERT_EQ(0, hook_release(link_index("hold0")));
	EXPECT_TRUE(wait_for(!put(self), WAIT_MS));
}

/* F11.4 F11.5: 3456 bytes go the fast way, 3454 on User Mode Linux */
TEST(xdp_fast_limit)
{
	uint8_t frame[4096];
	struct io io;
	size_t len;

	ASSERT_EQ(0, io_open(&io, IFF_TAP | IFF_NO_PI));
	ASSERT_EQ(0, xdp_attach_const(IO_NAME, XDP_DROP, XDP_FLAGS_DRV_MODE));
	io_counted(&io);
	for (len = 3451; len < 3460; len++) {
		if (len == 3455 || len == 3456)
			continue;
		io_frame(&io, frame, 1, len - 42);
		ASSERT_EQ(len, io_write(io.fd, frame, len));
		EXPECT_RX(&io, 0, 0, vt_intree() && len > 3456 ? 0 : 1);
	}
	len = ETH_HLEN;
	ASSERT_EQ(len, io_write(io.fd, frame, len));
	EXPECT_RX(&io, 0, 0, 1);
	/* too short for any program to see */
	EXPECT_EQ(-EINVAL, io_write(io.fd, frame, len - 1));
	EXPECT_NOTHING_COUNTED(&io);
}

TEST_HARNESS_MAIN
