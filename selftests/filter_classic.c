// SPDX-License-Identifier: GPL-2.0-only
/* A classic BPF filter on what the stack sends: one queue, and the ioctls. */
#include <kselftest_harness.h>
#include "testlib_bpf.h"
#include "testlib_io.h"

#include <string.h>

#define DATA	100			/* bytes behind the UDP header */

FIXTURE(filter_classic)
{
	struct io io;
	size_t len;			/* of a packet as the stack sees it */
};

FIXTURE_VARIANT(filter_classic)
{
	int flags;
};

FIXTURE_VARIANT_ADD(filter_classic, tap)
{
	.flags = IFF_TAP | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(filter_classic, tap_pi_mq)
{
	.flags = IFF_TAP | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(filter_classic)
{
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->len = io_packet(&self->io, buf, 0, DATA);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(filter_classic)
{
}

static int attach(int fd, struct sock_filter *code, int len)
{
	struct sock_fprog prog = { len, code };

	return vt_ioctl(fd, TUNATTACHFILTER, (unsigned long)&prog);
}

static int attach_const(int fd, uint32_t value)
{
	return attach(fd, CBPF_CONST(value), 1);
}

static int detach(int fd)
{
	return vt_ioctl(fd, TUNDETACHFILTER, 0);
}

/* TUNGETFILTER over a pattern, so that what isn't written is seen. */
static int get(int fd, struct sock_fprog *prog)
{
	memset(prog, 0xa5, sizeof(*prog));
	return vt_ioctl(fd, TUNGETFILTER, (unsigned long)prog);
}

/* Does TUNGETIFF say that this file has no filter? */
static bool nofilter(int fd)
{
	return vt_flags(fd) & IFF_NOFILTER;
}

/* F3.14.6 F7.1 F7.2: 0 drops, and says so in the counter only */
TEST_F(filter_classic, zero_drops)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, attach_const(io->fd, 0));
	EXPECT_EQ(0, io_send(io, 1, DATA));
	EXPECT_TX(io, 0, 0, 1);
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	/* and not what the program writes */
	ASSERT_EQ(0, io_open(io, variant->flags));
	ASSERT_EQ(0, attach_const(io->fd, 0));
	io_counted(io);
	ASSERT_LT(0, io_write(io->fd, buf, io_frame(io, buf, 2, DATA)));
	EXPECT_RX(io, 1, self->len, 0);
}

/* F7.8 F3.14.6 F4.25: n keeps at most n bytes, which are what is counted */
TEST_F(filter_classic, trims)
{
	const unsigned int keep[] = { 1, 13, 14, 60, self->len - 1 };
	struct io *io = &self->io;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keep); i++) {
		ASSERT_EQ(0, attach_const(io->fd, keep[i]));
		ASSERT_EQ(0, io_send(io, i, DATA));
		EXPECT_EQ(0, io_came_cut(io, i, DATA, keep[i]))
			TH_LOG("keep %u", keep[i]);
		EXPECT_TX(io, 1, keep[i], 0);
	}
}

/* F7.8: a value of the packet's length or more keeps all of it */
TEST_F(filter_classic, keeps_all)
{
	const uint32_t keep[] = { self->len, self->len + 1, 65536, ~0U };
	struct io *io = &self->io;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keep); i++) {
		ASSERT_EQ(0, attach_const(io->fd, keep[i]));
		ASSERT_EQ(0, io_send(io, i, DATA));
		EXPECT_EQ(0, io_recv(io, io->fd, i, DATA));
		EXPECT_TX(io, 1, self->len, 0);
	}
}

/* F3.14.6: it looks at the packet, from the Ethernet header on */
TEST_F(filter_classic, looks_at_the_packet)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 15),	/* 10.0.0.x */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, ~0U),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct io *io = &self->io;
	unsigned int seq;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, attach(io->fd, code, ARRAY_SIZE(code)));
	for (seq = 0; seq < 20; seq++)
		ASSERT_EQ(0, io_send(io, seq, DATA));
	EXPECT_EQ(0, io_recv(io, io->fd, 7, DATA));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_TX(io, 1, self->len, 19);
}

/* F3.14.3 F3.14.4 F3.14.2: a new one replaces the old, and it can go */
TEST_F(filter_classic, replace_and_detach)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, attach_const(io->fd, 0));
	ASSERT_EQ(0, io_send(io, 1, DATA));
	ASSERT_EQ(0, attach_const(io->fd, 50));
	ASSERT_EQ(0, io_send(io, 2, DATA));
	EXPECT_EQ(0, io_came_cut(io, 2, DATA, 50));
	ASSERT_EQ(0, attach_const(io->fd, 40));
	ASSERT_EQ(0, io_send(io, 3, DATA));
	EXPECT_EQ(0, io_came_cut(io, 3, DATA, 40));
	ASSERT_EQ(0, detach(io->fd));
	ASSERT_EQ(0, io_send(io, 4, DATA));
	EXPECT_EQ(0, io_recv(io, io->fd, 4, DATA));
	EXPECT_TX(io, 3, 90 + self->len, 1);
	/* F3.14.4: without one, and whatever the argument is */
	EXPECT_EQ(0, detach(io->fd));
	EXPECT_EQ(0, vt_ioctl(io->fd, TUNDETACHFILTER, 1));
}

/* F3.14.5 F3.14.2: the pointer as it was given, with the length */
TEST_F(filter_classic, get)
{
	struct sock_filter code[3] = { BPF_STMT(BPF_RET | BPF_K, 1),
				       BPF_STMT(BPF_RET | BPF_K, 2),
				       BPF_STMT(BPF_RET | BPF_K, 3) };
	struct sock_fprog prog, zero = {};
	int fd = self->io.fd;

	ASSERT_EQ(0, get(fd, &prog));
	EXPECT_EQ(0, memcmp(&zero, &prog, sizeof(prog)));
	ASSERT_EQ(0, attach(fd, code, 3));
	code[0].k = 99;			/* it has been taken over */
	ASSERT_EQ(0, get(fd, &prog));
	EXPECT_EQ(3, prog.len);
	EXPECT_EQ((void *)code, prog.filter);
	/* still there when it is off */
	ASSERT_EQ(0, detach(fd));
	ASSERT_EQ(0, get(fd, &prog));
	EXPECT_EQ(3, prog.len);
	EXPECT_EQ((void *)code, prog.filter);
	EXPECT_EQ(-EFAULT, vt_ioctl(fd, TUNGETFILTER, 1));
}

/* F3.14.2 F3.14.3: what is refused, and what remains then */
TEST_F(filter_classic, refused)
{
	static struct sock_filter nops[4097];
	struct sock_filter bad[] = { BPF_STMT(0xffff, 0) };
	struct sock_filter no_ret[] = { BPF_STMT(BPF_LD | BPF_IMM, 0) };
	struct sock_filter far[] = { BPF_STMT(BPF_JMP | BPF_JA, 9),
				     BPF_STMT(BPF_RET | BPF_K, 1) };
	struct sock_filter good[] = { BPF_STMT(BPF_RET | BPF_K, 1) };
	const struct {
		struct sock_filter *code;
		unsigned int len;
		int err;
	} no[] = {
		{ good, 0, -EINVAL }, { NULL, 1, -EINVAL },
		{ NULL, 0, -EINVAL }, { nops, 4097, -EINVAL },
		{ bad, 1, -EINVAL }, { no_ret, 1, -EINVAL },
		{ far, 2, -EINVAL }, { (void *)8, 1, -EFAULT },
	};
	struct io *io = &self->io;
	struct sock_fprog prog;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(nops); i++)
		nops[i] = good[0];
	for (i = 0; i < ARRAY_SIZE(no); i++) {
		ASSERT_EQ(0, attach_const(io->fd, 33));
		EXPECT_EQ(no[i].err, attach(io->fd, no[i].code, no[i].len))
			TH_LOG("case %u", i);
		/* stored all the same, while the older one goes on working */
		ASSERT_EQ(0, get(io->fd, &prog));
		EXPECT_EQ(no[i].len, prog.len);
		EXPECT_EQ(no[i].code, prog.filter);
		ASSERT_EQ(0, io_send(io, i, DATA));
		EXPECT_EQ(0, io_came_cut(io, i, DATA, 33)) TH_LOG("case %u", i);
		ASSERT_EQ(0, detach(io->fd));
	}
	/* the longest program there is; 6.1 has not so much for a socket */
	EXPECT_EQ(vt_intree() && !kernel_at_least(6, 12) ? -ENOMEM : 0,
		  attach(io->fd, nops, 4096));
	ASSERT_EQ(0, get(io->fd, &prog));
	EXPECT_EQ(4096, prog.len);
	EXPECT_EQ((void *)nops, prog.filter);
}

/* F3.14.2 F3.0.2: zeros are stored for a struct that can't be read */
TEST_F(filter_classic, unreadable_struct)
{
	struct io *io = &self->io;
	struct sock_fprog prog, zero = {};

	ASSERT_EQ(0, attach_const(io->fd, 33));
	EXPECT_EQ(-EFAULT, vt_ioctl(io->fd, TUNATTACHFILTER, 8));
	ASSERT_EQ(0, get(io->fd, &prog));
	EXPECT_EQ(0, memcmp(&zero, &prog, sizeof(prog)));
	ASSERT_EQ(0, io_send(io, 1, DATA));
	EXPECT_EQ(0, io_came_cut(io, 1, DATA, 33));
}

/* F3.1.4: 0x1000 tells that the file has no filter, not IFF_NO_PI */
TEST_F(filter_classic, nofilter_flag)
{
	int fd = self->io.fd;

	EXPECT_TRUE(nofilter(fd));
	ASSERT_EQ(0, attach_const(fd, ~0U));
	EXPECT_EQ(!!(variant->flags & IFF_NO_PI), nofilter(fd));
	ASSERT_EQ(0, detach(fd));
	EXPECT_TRUE(nofilter(fd));
	ASSERT_EQ(0, attach_const(fd, ~0U));
	EXPECT_EQ(-EINVAL, attach(fd, NULL, 1));
	/* the file's older filter is there still */
	EXPECT_EQ(!!(variant->flags & IFF_NO_PI), nofilter(fd));
}

/* F7.1: the address filter comes first, so the classic one sees less */
TEST_F(filter_classic, after_the_address_filter)
{
	struct {
		struct tun_filter head;
		uint8_t addr[ETH_ALEN];
	} other = { { 0, 1 }, { 2, 0, 0, 0, 0, 0x77 } };
	struct io *io = &self->io;

	ASSERT_EQ(0, attach_const(io->fd, 40));
	ASSERT_EQ(1, vt_ioctl(io->fd, TUNSETTXFILTER, (unsigned long)&other));
	ASSERT_EQ(0, io_send(io, 1, DATA));
	EXPECT_TX(io, 0, 0, 1);
	other.head.count = 0;
	ASSERT_EQ(0, vt_ioctl(io->fd, TUNSETTXFILTER, (unsigned long)&other));
	ASSERT_EQ(0, io_send(io, 2, DATA));
	EXPECT_EQ(0, io_came_cut(io, 2, DATA, 40));
}

/* F7.2.1: without a qdisc the sender learns of the drop */
TEST_F(filter_classic, drop_without_qdisc)
{
	struct io *io = &self->io;
	int on = 1;

	if (setsockopt(io->ps, SOL_PACKET, PACKET_QDISC_BYPASS, &on,
		       sizeof(on)))
		SKIP(return, "no qdisc bypass here");
	ASSERT_EQ(0, attach_const(io->fd, 0));
	EXPECT_EQ(-ENOBUFS, io_send(io, 1, DATA));
	EXPECT_TX(io, 0, 0, 1);
}

/* F3.14.1: only tap has them, and that is what is looked at first */
TEST(filter_on_tun)
{
	struct sock_fprog prog = CBPF_PROG(CBPF_CONST(0));
	struct io io;

	ASSERT_EQ(0, io_open(&io, IFF_TUN | IFF_NO_PI));
	EXPECT_EQ(-EINVAL, vt_ioctl(io.fd, TUNATTACHFILTER,
				    (unsigned long)&prog));
	EXPECT_EQ(-EINVAL, vt_ioctl(io.fd, TUNATTACHFILTER, 8));
	EXPECT_EQ(-EINVAL, vt_ioctl(io.fd, TUNDETACHFILTER, 0));
	EXPECT_EQ(-EINVAL, vt_ioctl(io.fd, TUNGETFILTER,
				    (unsigned long)&prog));
	EXPECT_EQ(-EINVAL, vt_ioctl(io.fd, TUNGETFILTER, 8));
	EXPECT_EQ(1, prog.len);
	ASSERT_EQ(0, io_send(&io, 1, DATA));
	EXPECT_EQ(0, io_recv(&io, io.fd, 1, DATA));
}

/* F3.0.2 F3.14.1: unattached comes before everything else */
TEST(filter_unattached)
{
	int fd;

	ASSERT_EQ(0, ns_fresh());
	fd = vt_open(O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADFD, vt_ioctl(fd, TUNATTACHFILTER, 8));
	EXPECT_EQ(-EBADFD, vt_ioctl(fd, TUNDETACHFILTER, 0));
	EXPECT_EQ(-EBADFD, vt_ioctl(fd, TUNGETFILTER, 8));
}

TEST_HARNESS_MAIN
