// SPDX-License-Identifier: GPL-2.0-only
/* XDP redirects: out of a tap into a tap, and between tap and veth. */
#include <kselftest_harness.h>
#include "testlib_io.h"
#include "testlib_xdp.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>

#define OUT	"out0"			/* where redirected frames go */
#define DATA	100

FIXTURE(xdp_redirect)
{
	struct io io;			/* where they are written */
	struct xdp_probe probe;
	int out;			/* file of the device they go to */
	size_t head, len;		/* PI and frame, as written */
	uint8_t frame[PKT_MAX];
};

FIXTURE_VARIANT(xdp_redirect)
{
	bool blocking;			/* the slow way */
	int out_flags;
};

FIXTURE_VARIANT_ADD(xdp_redirect, fast)
{
	.out_flags = IFF_TAP | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(xdp_redirect, slow)
{
	.out_flags = IFF_TAP | IFF_NO_PI,
	.blocking = true,
};

FIXTURE_VARIANT_ADD(xdp_redirect, fast_pi)
{
	.out_flags = IFF_TAP,
};

FIXTURE_VARIANT_ADD(xdp_redirect, slow_pi)
{
	.out_flags = IFF_TAP,
	.blocking = true,
};

/* Redirect what is written to io through @map. */
static int begin(FIXTURE_DATA(xdp_redirect) *self, int map)
{
	int err = map < 0 ? map : xdp_probe_open(&self->probe, map);

	if (!err)
		err = xdp_attach(IO_NAME, self->probe.prog,
				 XDP_FLAGS_DRV_MODE);
	if (!err)
		err = xdp_probe_action(&self->probe, XDP_REDIRECT);
	return err;
}

FIXTURE_SETUP(xdp_redirect)
{
	struct io *io = &self->io;
	int err;

	ASSERT_EQ(0, io_open(io, IFF_TAP | IFF_NO_PI));
	if (variant->blocking)
		ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	self->out = vt_attach_nb(OUT, variant->out_flags);
	ASSERT_LE(0, self->out);
	ASSERT_EQ(0, link_up(OUT));
	err = begin(self, xdp_devmap(link_index(OUT)));
	if (err == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_EQ(0, err);
	self->len = io_frame(io, self->frame, 1, DATA);
	io_counted(io);
}

FIXTURE_TEARDOWN(xdp_redirect)
{
}

static int put(FIXTURE_DATA(xdp_redirect) *self)
{
	ssize_t n = io_write(self->io.fd, self->frame, self->len);

	return n == (ssize_t)self->len ? 0 : n < 0 ? n : -EBADMSG;
}

static struct rtnl_link_stats64 stats_of(const char *name)
{
	struct link_info info = {};

	link_get(name, &info);
	return info.stats;
}

/* Does the program run on a whole packet, which goes on as one? */
static bool slow(const FIXTURE_VARIANT(xdp_redirect) *variant)
{
	return variant->blocking && vt_intree();
}

/* Is a frame that left on this way counted as received? */
static int receives(const FIXTURE_VARIANT(xdp_redirect) *variant)
{
	return !slow(variant);
}

/*
 * Packet information before a redirected frame: in-tree gives none to a bare
 * one. On the slow way it is an ordinary packet.
 */
static size_t head_of(const FIXTURE_VARIANT(xdp_redirect) *variant)
{
	return vt_intree() && !slow(variant) ? 0 :
	       PI_LEN(variant->out_flags);
}

/* F11.8 F11.5 F6.18 F6.32: it comes out of the other device */
TEST_F(xdp_redirect, tap_to_tap)
{
	const size_t head = head_of(variant);
	struct tun_pi pi = { .flags = 0xffff };
	struct rtnl_link_stats64 s;
	uint8_t got[PKT_MAX];

	ASSERT_EQ(0, put(self));
	EXPECT_RX(&self->io, receives(variant),
		  receives(variant) * self->len, 0);
	EXPECT_TRUE(io_unseen(&self->io));
	ASSERT_EQ(head + self->len, io_read(self->out, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(self->frame, got + head, self->len));
	if (head) {
		memcpy(&pi, got, sizeof(pi));
		EXPECT_EQ(0, pi.flags);
		EXPECT_EQ(htons(ETH_P_IP), pi.proto);
	}
	s = stats_of(OUT);
	EXPECT_EQ(1, s.tx_packets);
	EXPECT_EQ(self->len, s.tx_bytes);
	EXPECT_EQ(0, s.tx_dropped + s.rx_packets + s.rx_dropped);
	EXPECT_EQ(-EAGAIN, io_read(self->out, got, sizeof(got)));
}

/* F11.8: those that wait there stay what they were */
TEST_F(xdp_redirect, several_wait)
{
	const size_t head = head_of(variant);
	uint8_t got[PKT_MAX];
	unsigned int seq;

	for (seq = 1; seq <= 8; seq++) {
		io_frame(&self->io, self->frame, seq, DATA);
		ASSERT_EQ(0, put(self));
	}
	for (seq = 1; seq <= 8; seq++) {
		io_frame(&self->io, self->frame, seq, DATA);
		ASSERT_EQ(head + self->len, io_read(self->out, got, sizeof(got)));
		EXPECT_EQ(0, memcmp(self->frame, got + head, self->len));
	}
	EXPECT_EQ(-EAGAIN, io_read(self->out, got, sizeof(got)));
}

/* F6.32 F6.11: read into less room than it needs */
TEST_F(xdp_redirect, truncated)
{
	const size_t head = head_of(variant);
	struct tun_pi pi = { .flags = TUN_PKT_STRIP };
	struct rtnl_link_stats64 s;
	uint8_t got[PKT_MAX];

	ASSERT_EQ(0, put(self));
	EXPECT_EQ(50, io_read(self->out, got, 50));
	s = stats_of(OUT);
	EXPECT_EQ(1, s.tx_packets);
	EXPECT_EQ(slow(variant) ? self->len : 50 - head, s.tx_bytes);
	memcpy(&pi, got, head ? sizeof(pi) : 0);
	EXPECT_EQ(TUN_PKT_STRIP, pi.flags);
	EXPECT_EQ(0, memcmp(self->frame, got + head, 50 - head));
	EXPECT_EQ(-EAGAIN, io_read(self->out, got, sizeof(got)));
}

/* F11.8: a full fifo takes no more; the writer is not told */
TEST_F(xdp_redirect, full_fifo)
{
	uint8_t got[PKT_MAX];
	int i;

	ASSERT_EQ(0, link_set_txqlen(OUT, 2));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, put(self));
	EXPECT_RX(&self->io, 5 * receives(variant),
		  5 * receives(variant) * self->len, 0);
	EXPECT_EQ(3, stats_of(OUT).tx_dropped);
	EXPECT_LT(0, io_read(self->out, got, sizeof(got)));
	EXPECT_LT(0, io_read(self->out, got, sizeof(got)));
	EXPECT_EQ(-EAGAIN, io_read(self->out, got, sizeof(got)));
	/* there is room again */
	ASSERT_EQ(0, put(self));
	EXPECT_LT(0, io_read(self->out, got, sizeof(got)));
}

/* F11.8: it needs a queue to go to */
TEST_F(xdp_redirect, nobody_attached)
{
	ASSERT_EQ(0, vt_persist(self->out, true));
	close(self->out);
	io_counted(&self->io);
	EXPECT_EQ(0, put(self));
	/* by then it had left; the other device's stack counts a packet */
	EXPECT_RX(&self->io, receives(variant),
		  receives(variant) * self->len, 0);
	EXPECT_EQ(0, stats_of(OUT).tx_packets);
	EXPECT_EQ(slow(variant), stats_of(OUT).tx_dropped);
	self->out = vt_attach_nb(OUT, variant->out_flags);
	ASSERT_LE(0, self->out);
	EXPECT_EQ(0, fd_poll(self->out, POLLIN, 0));
	ASSERT_EQ(0, put(self));
	EXPECT_EQ(POLLIN, fd_poll(self->out, POLLIN, 0));
	ASSERT_EQ(0, vt_persist(self->out, false));
}

/* F11.8 F11.9: to a device that is down, and from one */
TEST_F(xdp_redirect, down)
{
	uint8_t got[PKT_MAX];

	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, put(self));
	EXPECT_LT(0, io_read(self->out, got, sizeof(got)));
	ASSERT_EQ(0, link_up(IO_NAME));
	ASSERT_EQ(0, link_down(OUT));
	io_counted(&self->io);
	EXPECT_EQ(0, put(self));
	EXPECT_RX(&self->io, 0, 0, slow(variant) ? 0 : 1);
	EXPECT_EQ(0, stats_of(OUT).tx_dropped);
	EXPECT_EQ(0, fd_poll(self->out, POLLIN, 0));
}

/* Send one frame on: 1 if it came, 0 if the device dropped it. */
static int passes(FIXTURE_DATA(xdp_redirect) *self)
{
	uint64_t drops = stats_of(OUT).tx_dropped;
	uint8_t got[PKT_MAX];
	int err = put(self);

	if (err)
		return err;
	drops = stats_of(OUT).tx_dropped - drops;
	return io_read(self->out, got, sizeof(got)) > 0 ? 1 : drops == 1 ? 0 :
	       -EBADMSG;
}

/* F11.8: no filter of the device sees a bare frame; all see a packet */
TEST_F(xdp_redirect, filters)
{
	struct {
		struct tun_filter head;
		uint8_t addr[ETH_ALEN];
	} other = { { 0, 1 }, { 2, 0, 0, 0, 0, 0x77 } };
	struct sock_fprog prog = CBPF_PROG(CBPF_CONST(0));
	int none = bpf_load_const(BPF_PROG_TYPE_SOCKET_FILTER, 0);
	const int passed = !slow(variant);
	int fd = self->out;

	ASSERT_LE(0, none);
	EXPECT_EQ(1, passes(self));
	ASSERT_EQ(1, vt_ioctl(fd, TUNSETTXFILTER, (unsigned long)&other));
	EXPECT_EQ(passed, passes(self));
	other.head.count = 0;
	ASSERT_EQ(0, vt_ioctl(fd, TUNSETTXFILTER, (unsigned long)&other));
	ASSERT_EQ(0, vt_ioctl(fd, TUNATTACHFILTER, (unsigned long)&prog));
	EXPECT_EQ(passed, passes(self));
	ASSERT_EQ(0, vt_ioctl(fd, TUNDETACHFILTER, 0));
	ASSERT_EQ(0, vt_ioctl_int(fd, TUNSETFILTEREBPF, none));
	EXPECT_EQ(passed, passes(self));
	ASSERT_EQ(0, vt_ioctl_int(fd, TUNSETFILTEREBPF, -1));
	EXPECT_EQ(1, passes(self));
}

TEST_HARNESS_MAIN
