// SPDX-License-Identifier: GPL-2.0-only
/* eBPF programs of the device: which are taken, and the one that filters. */
#include <kselftest_harness.h>
#include "testlib_bpf.h"
#include "testlib_io.h"

#include <string.h>

#define DATA	100			/* bytes behind the UDP header */
#define FILTER	BPF_PROG_TYPE_SOCKET_FILTER

FIXTURE(ebpf)
{
	struct io io;
	size_t len;			/* of a packet as the stack sees it */
	int flags;
};

FIXTURE_VARIANT(ebpf)
{
	int flags;
};

IO_VARIANTS(ebpf);

FIXTURE_SETUP(ebpf)
{
	uint8_t buf[PKT_MAX];
	int prog;

	self->flags = variant->flags;
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->len = io_packet(&self->io, buf, 0, DATA);
	io_counted(&self->io);
	prog = bpf_load_const(FILTER, 0);
	if (prog == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_LE(0, prog);
	close(prog);
}

FIXTURE_TEARDOWN(ebpf)
{
}

/* Give the device a program and forget it here; -1 takes it away. */
static int set_filter(int fd, int prog)
{
	int err = vt_ioctl_int(fd, TUNSETFILTEREBPF, prog);

	if (prog >= 0)
		close(prog);
	return err;
}

/* F3.15.1: what is taken, for both ioctls */
TEST_F(ebpf, arguments)
{
	const unsigned long cmds[] = { TUNSETSTEERINGEBPF, TUNSETFILTEREBPF };
	const int wrong[] = { BPF_PROG_TYPE_XDP, BPF_PROG_TYPE_SCHED_CLS,
			      BPF_PROG_TYPE_SCHED_ACT };
	int fd = self->io.fd, prog = bpf_load_const(FILTER, 1000), other;
	int closed = dup(prog), map = bpf_array(8);
	size_t i, j;

	ASSERT_LE(0, prog);
	ASSERT_LE(0, map);
	close(closed);
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		EXPECT_EQ(-EFAULT, vt_ioctl(fd, cmds[i], 8));
		/* only -1 means "none" */
		EXPECT_EQ(-EBADF, vt_ioctl_int(fd, cmds[i], -2));
		EXPECT_EQ(-EBADF, vt_ioctl_int(fd, cmds[i], closed));
		EXPECT_EQ(-EINVAL, vt_ioctl_int(fd, cmds[i], fd));
		EXPECT_EQ(-EINVAL, vt_ioctl_int(fd, cmds[i], map));
		for (j = 0; j < ARRAY_SIZE(wrong); j++) {
			other = bpf_load_const(wrong[j], 0);
			if (other < 0)
				continue;
			EXPECT_EQ(-EINVAL, vt_ioctl_int(fd, cmds[i], other));
			close(other);
		}
		EXPECT_EQ(0, vt_ioctl_int(fd, cmds[i], prog));
		EXPECT_EQ(0, vt_ioctl_int(fd, cmds[i], prog));
		EXPECT_EQ(0, vt_ioctl_int(fd, cmds[i], -1));
		/* there is none to remove */
		EXPECT_EQ(0, vt_ioctl_int(fd, cmds[i], -1));
	}
}

/* F3.0.2 F3.15.1: unattached comes before everything else */
TEST(ebpf_unattached)
{
	int fd;

	ASSERT_EQ(0, ns_fresh());
	fd = vt_open(O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADFD, vt_ioctl(fd, TUNSETSTEERINGEBPF, 8));
	EXPECT_EQ(-EBADFD, vt_ioctl_int(fd, TUNSETFILTEREBPF, -1));
}

/* F7.8 F7.1 F7.2: 0 drops, what the stack sends only */
TEST_F(ebpf, zero_drops)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, set_filter(io->fd, bpf_load_const(FILTER, 0)));
	EXPECT_EQ(0, io_send(io, 1, DATA));
	EXPECT_TX(io, 0, 0, 1);
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	ASSERT_LT(0, io_write(io->fd, buf, io_frame(io, buf, 2, DATA)));
	EXPECT_RX(io, 1, self->len, 0);
}

/* F7.8 F4.25: less than the length trims, the length or more keeps all */
TEST_F(ebpf, trims)
{
	const int keep[] = { 1, 13, 14, 28, self->len - 1, self->len,
			     self->len + 1, 65536, -1 };
	struct io *io = &self->io;
	size_t i, len;

	for (i = 0; i < ARRAY_SIZE(keep); i++) {
		len = keep[i] < 0 || keep[i] > (int)self->len ? self->len :
		      keep[i];
		ASSERT_EQ(0, set_filter(io->fd, bpf_load_const(FILTER,
							       keep[i])));
		ASSERT_EQ(0, io_send(io, i, DATA));
		EXPECT_EQ(0, io_came_cut(io, i, DATA, len))
			TH_LOG("keep %d", keep[i]);
		EXPECT_TX(io, 1, len, 0);
	}
}

/* F7.8 F3.15.1: it sees the packet's length; replacing and removing */
TEST_F(ebpf, replace_and_remove)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, set_filter(io->fd, bpf_load_len(FILTER, -9)));
	ASSERT_EQ(0, io_send(io, 1, DATA));
	EXPECT_EQ(0, io_came_cut(io, 1, DATA, self->len - 9));
	ASSERT_EQ(0, set_filter(io->fd, bpf_load_const(FILTER, 0)));
	ASSERT_EQ(0, io_send(io, 2, DATA));
	/* a refused one changes nothing */
	EXPECT_EQ(-EBADF, vt_ioctl_int(io->fd, TUNSETFILTEREBPF, 999));
	ASSERT_EQ(0, io_send(io, 3, DATA));
	EXPECT_TX(io, 1, self->len - 9, 2);
	ASSERT_EQ(0, set_filter(io->fd, -1));
	ASSERT_EQ(0, io_send(io, 4, DATA));
	EXPECT_EQ(0, io_recv(io, io->fd, 4, DATA));
}

/* F7.1: the classic filter comes first, and what it cut is what eBPF sees */
TEST_F(ebpf, after_the_classic_filter)
{
	struct sock_fprog prog = CBPF_PROG(CBPF_CONST(60));
	struct io *io = &self->io;

	if (!io->tap)
		SKIP(return, "tun has no classic filter");
	ASSERT_EQ(0, vt_ioctl(io->fd, TUNATTACHFILTER, (unsigned long)&prog));
	ASSERT_EQ(0, set_filter(io->fd, bpf_load_len(FILTER, -5)));
	ASSERT_EQ(0, io_send(io, 1, DATA));
	EXPECT_EQ(0, io_came_cut(io, 1, DATA, 55));
	ASSERT_EQ(0, vt_ioctl(io->fd, TUNDETACHFILTER, 0));
	ASSERT_EQ(0, io_send(io, 2, DATA));
	EXPECT_EQ(0, io_came_cut(io, 2, DATA, self->len - 5));
}

/* F7.8 F6.12: what was trimmed is the packet now, so nothing was stripped */
TEST_F(ebpf, trimmed_is_not_stripped)
{
	struct tun_pi pi = { .flags = 0xffff };
	struct io *io = &self->io;
	uint8_t got[PKT_MAX];

	if (!io->pi)
		SKIP(return, "no packet information");
	ASSERT_EQ(0, set_filter(io->fd, bpf_load_const(FILTER, 40)));
	ASSERT_EQ(0, io_send(io, 1, DATA));
	ASSERT_EQ(IO_PI_LEN + 40, io_read(io->fd, got, IO_PI_LEN + 40));
	memcpy(&pi, got, sizeof(pi));
	EXPECT_EQ(0, pi.flags);
}

/* F3.15.1 F3.0.5 F10.2: it belongs to the device */
TEST_F(ebpf, all_queues_and_over_close)
{
	const int flags = self->flags | IFF_MULTI_QUEUE;
	struct io *io = &self->io;
	int other;

	close(io->fd);
	io->fd = vt_attach_nb(IO_NAME, flags);
	ASSERT_LE(0, io->fd);
	other = vt_attach_nb(IO_NAME, flags);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, link_up(IO_NAME));
	close(io->ps);
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	/* F3.0.5: set through one queue, it serves the other */
	ASSERT_EQ(0, set_filter(other, bpf_load_const(FILTER, 0)));
	ASSERT_EQ(0, vt_persist(other, true));
	close(other);
	io_counted(io);
	ASSERT_EQ(0, io_send(io, 1, DATA));
	EXPECT_TX(io, 0, 0, 1);
	/* F3.15.1 F10.2: and whoever attaches later */
	close(io->fd);
	io->fd = vt_attach_nb(IO_NAME, flags);
	ASSERT_LE(0, io->fd);
	ASSERT_TRUE(link_operates(IO_NAME, IF_OPER_UP));
	io_counted(io);
	ASSERT_EQ(0, io_send(io, 2, DATA));
	EXPECT_TX(io, 0, 0, 1);
	ASSERT_EQ(0, set_filter(io->fd, -1));
	ASSERT_EQ(0, io_send(io, 3, DATA));
	EXPECT_EQ(0, io_recv(io, io->fd, 3, DATA));
	ASSERT_EQ(0, vt_persist(io->fd, false));
}

TEST_HARNESS_MAIN
