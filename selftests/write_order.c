// SPDX-License-Identifier: GPL-2.0-only
/* Which error a write() gets when several things are wrong with it. */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <poll.h>
#include <string.h>

FIXTURE(write_order)
{
	struct io io;
	uint8_t frame[PKT_MAX];		/* a good one */
	size_t total;
	size_t pi;			/* bytes of packet information */
};

FIXTURE_VARIANT(write_order)
{
	int flags;
};

IO_VARIANTS(write_order);

FIXTURE_SETUP(write_order)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->total = io_frame(&self->io, self->frame, 1, 40);
	self->pi = self->io.pi ? IO_PI_LEN : 0;
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(write_order)
{
}

/* F5.1: not attached comes first, whatever is written */
TEST_F(write_order, unattached)
{
	int fd = vt_open(O_RDWR);
	struct iovec iov = { self->frame, self->total };

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADFD, io_write(fd, self->frame, self->total));
	EXPECT_EQ(-EBADFD, io_writev(fd, &iov, 1));
	EXPECT_EQ(-EBADFD, io_write(fd, self->frame, 1));
	EXPECT_EQ(-EBADFD, io_write(fd, self->frame, 0));
	EXPECT_EQ(-EBADFD, io_write(fd, NULL, 0));
	EXPECT_EQ(-EBADFD, io_write(fd, NULL, self->total));
	EXPECT_NOTHING_COUNTED(&self->io);
}

/* F5.1: so does a file whose device was deleted */
TEST_F(write_order, device_deleted)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_EQ(-EBADFD, io_write(io->fd, self->frame, self->total));
	EXPECT_EQ(-EBADFD, io_write(io->fd, self->frame, 0));
	EXPECT_EQ(-EBADFD, io_write(io->fd, NULL, self->total));
}

/* F5.37 F5.40: the payload can't be read, or not all of it */
TEST_F(write_order, payload_unreadable)
{
	struct io *io = &self->io;
	/* unreadable packet information is another matter: F5.6 */
	size_t have = self->pi;

	for (; have < self->total; have += have < 20 ? 1 : 13) {
		uint8_t *buf = io_fence(have);

		memcpy(buf, self->frame, have);
		EXPECT_EQ(-EFAULT, io_write(io->fd, buf, self->total));
		EXPECT_RX(io, 0, 0, 1);
	}
	EXPECT_TRUE(io_unseen(io));
}

/* F5.37: in a later segment, and in a packet of many pages */
TEST_F(write_order, payload_unreadable_far_behind)
{
	static uint8_t big[60000];
	struct io *io = &self->io;
	struct iovec iov[] = { { big, 30000 }, { NULL, 30000 } };
	uint8_t *buf = io_fence(59999);

	memcpy(big, self->frame, self->total);
	memcpy(buf, self->frame, self->total);
	EXPECT_EQ(-EFAULT, io_writev(io->fd, iov, 2));
	EXPECT_RX(io, 0, 0, 1);
	EXPECT_EQ(-EFAULT, io_write(io->fd, buf, 60000));
	EXPECT_RX(io, 0, 0, 1);
	EXPECT_TRUE(io_unseen(io));
	EXPECT_EQ(59999, io_write(io->fd, buf, 59999));
	EXPECT_RX(io, 1, 59999 - self->pi, 0);
}

/* F5.38 F5.40: the device is down */
TEST_F(write_order, device_down)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(-EIO, io_write(io->fd, self->frame, self->total));
	EXPECT_RX(io, 0, 0, 1);
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_TRUE(io_unseen(io));
	EXPECT_EQ(self->total, io_write(io->fd, self->frame, self->total));
	EXPECT_RX(io, 1, self->total - self->pi, 0);
}

/* F5.38 F5.4: … which is found out after everything else */
TEST_F(write_order, device_down_comes_last)
{
	struct io *io = &self->io;
	uint8_t bad[PKT_MAX] = {};
	uint8_t *buf = io_fence(self->total - 1);

	ASSERT_EQ(0, link_down(IO_NAME));
	if (io->pi) {
		EXPECT_EQ(-EINVAL, io_write(io->fd, bad, IO_PI_LEN - 1));
		EXPECT_EQ(-EFAULT, io_write(io->fd, NULL, self->total));
		EXPECT_NOTHING_COUNTED(io);
	}
	if (io->tap) {
		EXPECT_EQ(-EINVAL, io_write(io->fd, bad, self->pi + 13));
		EXPECT_NOTHING_COUNTED(io);
	}
	memcpy(buf, self->frame, self->total - 1);
	EXPECT_EQ(-EFAULT, io_write(io->fd, buf, self->total));
	EXPECT_RX(io, 0, 0, 1);
	if (!io->tap && !io->pi) {
		EXPECT_EQ(-EINVAL, io_write(io->fd, bad, 20));
		EXPECT_EQ(-EINVAL, io_write(io->fd, bad, 0));
		EXPECT_RX(io, 0, 0, 2);
	}
}

/* F5.4 F5.40: size before content, content before meaning */
TEST_F(write_order, earlier_checks_win)
{
	static uint8_t bad[4800000];
	struct io *io = &self->io;
	uint8_t *none = io_fence(self->pi);

	if (io->pi) {
		/* too short, and unreadable: short wins */
		EXPECT_EQ(-EINVAL, io_write(io->fd, NULL, IO_PI_LEN - 1));
		/* header unreadable, and no room for a frame: fault wins */
		EXPECT_EQ(-EFAULT, io_write(io->fd, NULL, IO_PI_LEN + 1));
		/* … or far too large */
		EXPECT_EQ(-EFAULT, io_write(io->fd, NULL, sizeof(bad)));
		EXPECT_NOTHING_COUNTED(io);
	}
	if (io->tap) {
		/* short frame, unreadable: short wins */
		memset(none, 0, self->pi);
		EXPECT_EQ(-EINVAL, io_write(io->fd, none, self->pi + 13));
		EXPECT_NOTHING_COUNTED(io);
	}
	/* too large, and no version that exists: too large wins */
	EXPECT_EQ(-ENOBUFS, io_write(io->fd, bad, sizeof(bad)));
	EXPECT_RX(io, 0, 0, 1);
	if (!io->tap && !io->pi) {
		/* unreadable, and no version: fault wins */
		EXPECT_EQ(-EFAULT, io_write(io->fd, NULL, 20));
		EXPECT_RX(io, 0, 0, 1);
	}
	EXPECT_TRUE(io_unseen(io));
}

/* F5.40: a file that got each error a thousand times works as before */
TEST_F(write_order, errors_leave_nothing_behind)
{
	struct io *io = &self->io;
	uint8_t bad[PKT_MAX] = {}, packet[PKT_MAX];
	size_t len = io_packet(io, packet, 1, 40);
	int i, sndbuf = 20000;

	/* a packet that is lost, not freed, would stay in this account */
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, sndbuf));
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(-EFAULT, io_write(io->fd, NULL, self->total));
		if (io->tap)
			ASSERT_EQ(-EINVAL,
				  io_write(io->fd, bad, self->pi + i % 14));
		if (!io->tap && !io->pi)
			ASSERT_EQ(-EINVAL, io_write(io->fd, bad, 60));
	}
	ASSERT_EQ(0, link_down(IO_NAME));
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(-EIO, io_write(io->fd, self->frame, self->total));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(POLLOUT, fd_poll(io->fd, POLLOUT, 0));
	EXPECT_RX(io, 0, 0, 1000 + (io->pi ? 0 : 1000) +
			    (!io->tap && !io->pi ? 1000 : 0));
	EXPECT_EQ(self->total, io_write(io->fd, self->frame, self->total));
	EXPECT_EQ(0, io_seen(io, packet, len));
}

TEST_HARNESS_MAIN
