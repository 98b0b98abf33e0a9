// SPDX-License-Identifier: GPL-2.0-only
/* Attaching XDP programs: modes, refusals, and when it is allowed. */
#include <kselftest_harness.h>
#include "testlib_io.h"
#include "testlib_xdp.h"

#include <string.h>

FIXTURE(xdp_attach)
{
	struct io io;
	int prog;			/* passes everything */
};

FIXTURE_VARIANT(xdp_attach)
{
	int flags;
};

IO_VARIANTS(xdp_attach);

FIXTURE_SETUP(xdp_attach)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->prog = bpf_load_const(BPF_PROG_TYPE_XDP, XDP_PASS);
	if (self->prog == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_LE(0, self->prog);
}

FIXTURE_TEARDOWN(xdp_attach)
{
}

/* F11.1: native on tap, generic on both; without a wish, what is possible */
TEST_F(xdp_attach, modes)
{
	const bool tap = self->io.tap;
	char extack[256];

	EXPECT_EQ(XDP_ATTACHED_NONE, xdp_attached(IO_NAME));
	EXPECT_EQ(0, xdp_attach(IO_NAME, self->prog, 0));
	EXPECT_EQ(tap ? XDP_ATTACHED_DRV : XDP_ATTACHED_SKB,
		  xdp_attached(IO_NAME));
	EXPECT_EQ(0, xdp_attach(IO_NAME, -1, 0));
	EXPECT_EQ(XDP_ATTACHED_NONE, xdp_attached(IO_NAME));

	EXPECT_EQ(0, xdp_attach(IO_NAME, self->prog, XDP_FLAGS_SKB_MODE));
	EXPECT_EQ(XDP_ATTACHED_SKB, xdp_attached(IO_NAME));
	EXPECT_EQ(0, xdp_attach(IO_NAME, -1, XDP_FLAGS_SKB_MODE));

	EXPECT_EQ(tap ? 0 : -EOPNOTSUPP,
		  xdp_attach_extack(IO_NAME, self->prog, XDP_FLAGS_DRV_MODE,
				    extack));
	if (tap) {
		EXPECT_EQ(XDP_ATTACHED_DRV, xdp_attached(IO_NAME));
		EXPECT_EQ(0, xdp_attach(IO_NAME, -1, XDP_FLAGS_DRV_MODE));
	} else if (kernel_at_least(6, 12)) {
		EXPECT_STREQ("Underlying driver does not support XDP in native mode",
			     extack);
	}
	EXPECT_EQ(XDP_ATTACHED_NONE, xdp_attached(IO_NAME));
	/* there is no card to run it on */
	EXPECT_EQ(tap ? -EINVAL : -EOPNOTSUPP,
		  xdp_attach(IO_NAME, self->prog, XDP_FLAGS_HW_MODE));
	EXPECT_EQ(XDP_ATTACHED_NONE, xdp_attached(IO_NAME));
}

/* F11.1: not a program of another type, nor none at all */
TEST_F(xdp_attach, wrong_program)
{
	int other = bpf_load_const(BPF_PROG_TYPE_SOCKET_FILTER, XDP_PASS);

	EXPECT_EQ(-EINVAL, xdp_attach(IO_NAME, other, 0));
	EXPECT_EQ(-EBADF, xdp_attach(IO_NAME, 999, 0));
	EXPECT_EQ(XDP_ATTACHED_NONE, xdp_attached(IO_NAME));
}

/* F11.2: down or up, whatever the MTU; and it survives these changes */
TEST_F(xdp_attach, mtu_and_state)
{
	struct link_info info;

	ASSERT_EQ(0, link_get(IO_NAME, &info));
	ASSERT_EQ(0, link_set_mtu(IO_NAME, info.max_mtu));
	EXPECT_EQ(0, xdp_attach(IO_NAME, self->prog, 0));
	EXPECT_EQ(0, link_set_mtu(IO_NAME, info.min_mtu));
	EXPECT_EQ(0, link_set_mtu(IO_NAME, info.max_mtu));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_NE(XDP_ATTACHED_NONE, xdp_attached(IO_NAME));
	EXPECT_EQ(0, xdp_attach(IO_NAME, -1, 0));
	EXPECT_EQ(0, xdp_attach(IO_NAME, self->prog, 0));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_NE(XDP_ATTACHED_NONE, xdp_attached(IO_NAME));
}

/* F11.2: without a file, and over the change of files (F10.2) */
TEST_F(xdp_attach, without_files)
{
	struct io *io = &self->io;
	uint8_t frame[PKT_MAX];
	size_t len = io_frame(io, frame, 1, 50);

	ASSERT_EQ(0, vt_persist(io->fd, true));
	close(io->fd);
	ASSERT_EQ(0, xdp_attach_const(IO_NAME, XDP_DROP, 0));
	io->fd = vt_attach_nb(IO_NAME, variant->flags);
	ASSERT_LE(0, io->fd);
	EXPECT_EQ(len, io_write(io->fd, frame, len));
	EXPECT_TRUE(io_unseen(io));
	close(io->fd);
	EXPECT_EQ(io->tap ? XDP_ATTACHED_DRV : XDP_ATTACHED_SKB,
		  xdp_attached(IO_NAME));
	ASSERT_EQ(0, xdp_attach(IO_NAME, -1, 0));
	io->fd = vt_attach_nb(IO_NAME, variant->flags);
	ASSERT_LE(0, io->fd);
	EXPECT_EQ(len, io_write(io->fd, frame, len));
	EXPECT_EQ(0, io_seen(io, frame + PI_LEN(variant->flags),
			     len - PI_LEN(variant->flags)));
	ASSERT_EQ(0, vt_persist(io->fd, false));
}

/* F11.1: replacing, and the core's rules for it */
TEST_F(xdp_attach, replace)
{
	struct io *io = &self->io;
	int drop = bpf_load_const(BPF_PROG_TYPE_XDP, XDP_DROP);
	uint8_t frame[PKT_MAX];
	size_t len = io_frame(io, frame, 1, 50);

	ASSERT_LE(0, drop);
	ASSERT_EQ(0, xdp_attach(IO_NAME, self->prog, 0));
	EXPECT_EQ(-EBUSY, xdp_attach(IO_NAME, drop,
				     XDP_FLAGS_UPDATE_IF_NOEXIST));
	EXPECT_EQ(-EEXIST, xdp_replace(IO_NAME, self->prog, drop, 0));
	EXPECT_EQ(len, io_write(io->fd, frame, len));
	EXPECT_EQ(0, io_seen(io, frame + PI_LEN(variant->flags),
			     len - PI_LEN(variant->flags)));
	EXPECT_EQ(0, xdp_replace(IO_NAME, drop, self->prog, 0));
	EXPECT_EQ(len, io_write(io->fd, frame, len));
	EXPECT_TRUE(io_unseen(io));
	/* one mode at a time */
	if (io->tap) {
		EXPECT_EQ(-EEXIST, xdp_attach(IO_NAME, self->prog,
					      XDP_FLAGS_SKB_MODE));
		EXPECT_EQ(XDP_ATTACHED_DRV, xdp_attached(IO_NAME));
	}
}

/* F11.2 F10.6: it goes where the device goes */
TEST_F(xdp_attach, other_namespace)
{
	int ns = ns_new();

	ASSERT_LE(0, ns);
	ASSERT_EQ(0, xdp_attach(IO_NAME, self->prog, 0));
	ASSERT_EQ(0, link_set_netns(IO_NAME, ns));
	ASSERT_EQ(0, ns_enter(ns));
	EXPECT_EQ(self->io.tap ? XDP_ATTACHED_DRV : XDP_ATTACHED_SKB,
		  xdp_attached(IO_NAME));
}

static bool prog_exists(uint32_t id)
{
	union bpf_attr attr = { .prog_id = id };
	int fd = bpf_call(BPF_PROG_GET_FD_BY_ID, &attr);

	if (fd >= 0)
		close(fd);
	return fd != -ENOENT;
}

/* F11.1: a deleted device takes its program with it; nothing hangs */
TEST_F(xdp_attach, deleted)
{
	union bpf_attr attr = {};
	struct bpf_prog_info info = {};
	uint8_t frame[PKT_MAX];

	ASSERT_EQ(0, xdp_attach(IO_NAME, self->prog, 0));
	attr.info.bpf_fd = self->prog;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	ASSERT_EQ(0, bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr));
	close(self->prog);
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_EQ(-EBADFD, io_write(self->io.fd, frame,
				    io_frame(&self->io, frame, 1, 50)));
	/* the last reference was the device's: freed after a grace period */
	EXPECT_TRUE(wait_for(!prog_exists(info.id), WAIT_MS));
}

TEST_HARNESS_MAIN
