// SPDX-License-Identifier: GPL-2.0-only
/* Generic XDP, which the core runs behind the driver, on tun and tap. */
#include <kselftest_harness.h>
#include "testlib_io.h"
#include "testlib_xdp.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>

#define DATA	100

FIXTURE(xdp_generic)
{
	struct io io;
	struct xdp_probe probe;
	size_t head, len;
	uint8_t frame[PKT_MAX];
};

FIXTURE_VARIANT(xdp_generic)
{
	int flags;
};

IO_VARIANTS(xdp_generic);

FIXTURE_SETUP(xdp_generic)
{
	int err;

	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	err = xdp_probe_open(&self->probe, -1);
	if (err == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, xdp_attach(IO_NAME, self->probe.prog,
				XDP_FLAGS_SKB_MODE));
	self->head = PI_LEN(variant->flags);
	self->len = io_frame(&self->io, self->frame, 1, DATA) - self->head;
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(xdp_generic)
{
}

static int put(FIXTURE_DATA(xdp_generic) *self)
{
	ssize_t n = io_write(self->io.fd, self->frame,
			     self->head + self->len);

	return n == (ssize_t)(self->head + self->len) ? 0 : n < 0 ? n :
	       -EBADMSG;
}

/* F11.12 F5.41: the frame from its first byte, the IP header on tun */
TEST_F(xdp_generic, pass)
{
	struct xdp_control seen;

	ASSERT_EQ(0, put(self));
	seen = xdp_probe_get(&self->probe);
	EXPECT_EQ(1, seen.runs);
	EXPECT_EQ(self->len, seen.len);
	EXPECT_EQ(link_index(IO_NAME), seen.ifindex);
	EXPECT_EQ(0, io_seen(&self->io, self->frame + self->head, self->len));
	EXPECT_RX(&self->io, 1, self->len, 0);
}

/* F11.12: the driver has counted it, whatever the program says */
TEST_F(xdp_generic, drop)
{
	const unsigned int actions[] = { XDP_DROP, XDP_ABORTED, 99 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(actions); i++) {
		ASSERT_EQ(0, xdp_probe_action(&self->probe, actions[i]));
		ASSERT_EQ(0, put(self));
		EXPECT_RX(&self->io, 1, self->len, 0);
	}
	EXPECT_TRUE(io_unseen(&self->io));
}

/* F11.12 F7.1: sent back as a packet that the stack sends */
TEST_F(xdp_generic, tx)
{
	struct rtnl_link_stats64 s;
	uint8_t got[PKT_MAX];

	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_TX));
	ASSERT_EQ(0, put(self));
	ASSERT_EQ(self->head + self->len,
		  io_read(self->io.fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(self->frame, got, self->head + self->len));
	EXPECT_TRUE(io_unseen(&self->io));
	s = io_counted(&self->io);
	EXPECT_EQ(1, s.rx_packets);
	EXPECT_EQ(1, s.tx_packets);
	EXPECT_EQ(self->len, s.tx_bytes);
}

/* F7.2.2 F5.8: packet information alone is a packet without bytes */
TEST_F(xdp_generic, tx_empty)
{
	struct rtnl_link_stats64 s;

	if (variant->flags & (IFF_TAP | IFF_NO_PI))
		SKIP(return, "only tun with packet information takes it");
	ASSERT_EQ(0, xdp_attach_const(IO_NAME, XDP_TX, XDP_FLAGS_SKB_MODE));
	ASSERT_EQ(self->head, io_write(self->io.fd, self->frame, self->head));
	EXPECT_TRUE(io_unseen(&self->io));
	s = io_counted(&self->io);
	EXPECT_EQ(1, s.rx_packets);
	EXPECT_EQ(0, s.tx_packets);
	EXPECT_EQ(1, s.tx_dropped);
	EXPECT_EQ(-EAGAIN, io_read(self->io.fd, self->frame, PKT_MAX));
}

/* F11.9 F11.12: behind a down device there is nothing to run */
TEST_F(xdp_generic, down)
{
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(-EIO, put(self));
	EXPECT_EQ(0, xdp_probe_get(&self->probe).runs);
	EXPECT_RX(&self->io, 0, 0, 1);
}

/* F11.12: the packet that goes on is what the program made of it */
TEST_F(xdp_generic, adjust)
{
	struct xdp_control c = { .action = XDP_PASS, .tail = -30 };

	ASSERT_EQ(0, xdp_probe_set(&self->probe, c));
	ASSERT_EQ(0, put(self));
	EXPECT_EQ(0, xdp_probe_get(&self->probe).tail_ret);
	EXPECT_EQ(0, io_seen(&self->io, self->frame + self->head,
			     self->len - 30));
	EXPECT_RX(&self->io, 1, self->len, 0);
}

/* F11.8 F11.12: a generic redirect brings a packet, which a tun takes */
TEST_F(xdp_generic, redirect_to_it)
{
	struct xdp_probe probe;
	uint8_t got[PKT_MAX];
	int from;

	from = vt_attach_nb("from0", variant->flags);
	ASSERT_LE(0, from);
	ASSERT_EQ(0, link_up("from0"));
	ASSERT_EQ(0, xdp_probe_open(&probe,
				    xdp_devmap(link_index(IO_NAME))));
	ASSERT_EQ(0, xdp_probe_action(&probe, XDP_REDIRECT));
	ASSERT_EQ(0, xdp_attach("from0", probe.prog, XDP_FLAGS_SKB_MODE));
	ASSERT_EQ(self->head + self->len,
		  io_write(from, self->frame, self->head + self->len));
	ASSERT_EQ(POLLIN, fd_poll(self->io.fd, POLLIN, WAIT_MS));
	ASSERT_EQ(self->head + self->len,
		  io_read(self->io.fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(self->frame, got, self->head + self->len));
	EXPECT_TX(&self->io, 1, self->len, 0);
}

TEST_HARNESS_MAIN
