// SPDX-License-Identifier: GPL-2.0-only
/*
 * TUNGETSNDBUF and TUNSETSNDBUF: how much written data may be under way. Class of
 * 93161922c658, where a negative size was taken.
 */
#include <kselftest_harness.h>
#include <limits.h>
#include "testlib.h"

FIXTURE(sndbuf)
{
	int fd;
};

FIXTURE_VARIANT(sndbuf)
{
	int mode;
};

FIXTURE_VARIANT_ADD(sndbuf, tun)
{
	.mode = IFF_TUN,
};

FIXTURE_VARIANT_ADD(sndbuf, tap)
{
	.mode = IFF_TAP,
};

FIXTURE_SETUP(sndbuf)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach("snd0", variant->mode | IFF_MULTI_QUEUE);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(sndbuf)
{
}

static int get_sndbuf(int fd)
{
	int value = 0;
	int err = vt_ioctl(fd, TUNGETSNDBUF, (unsigned long)&value);

	return err ? err : value;
}

/* F3.9.1: no limit at first; 1 is the least, and four bytes are written */
TEST_F(sndbuf, is_set_and_told)
{
	int arg[2] = { 0, 0x5a5a5a5a };

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNGETSNDBUF, (unsigned long)arg));
	EXPECT_EQ(INT_MAX, arg[0]);
	EXPECT_EQ(0x5a5a5a5a, arg[1]);
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETSNDBUF, 100000));
	EXPECT_EQ(100000, get_sndbuf(self->fd));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETSNDBUF, 1));
	EXPECT_EQ(1, get_sndbuf(self->fd));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETSNDBUF, INT_MAX));
	EXPECT_EQ(INT_MAX, get_sndbuf(self->fd));
}

/* F3.9.1 F3.0.2: refusals leave the value; device, pointer, value */
TEST_F(sndbuf, refuses)
{
	int fresh = vt_open(O_RDWR);

	ASSERT_LE(0, fresh);
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETSNDBUF, 5000));
	EXPECT_EQ(-EINVAL, vt_ioctl_int(self->fd, TUNSETSNDBUF, 0));
	EXPECT_EQ(-EINVAL, vt_ioctl_int(self->fd, TUNSETSNDBUF, -1));
	EXPECT_EQ(-EINVAL, vt_ioctl_int(self->fd, TUNSETSNDBUF, INT_MIN));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETSNDBUF, 0));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNGETSNDBUF, 0));
	EXPECT_EQ(5000, get_sndbuf(self->fd));
	EXPECT_EQ(-EBADFD, vt_ioctl_int(fresh, TUNSETSNDBUF, 0));
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, TUNGETSNDBUF, 0));
	EXPECT_EQ(-EBADFD, get_sndbuf(fresh));
}

/* F3.9.1 F3.0.4: set for every enabled queue, from whichever file */
TEST_F(sndbuf, reaches_enabled_queues)
{
	int flags = variant->mode | IFF_MULTI_QUEUE;
	int second = vt_attach("snd0", flags), parked, late;

	ASSERT_LE(0, second);
	parked = vt_attach("snd0", flags);
	ASSERT_LE(0, parked);
	ASSERT_EQ(0, vt_set_queue(parked, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_ioctl_int(second, TUNSETSNDBUF, 4321));
	EXPECT_EQ(4321, get_sndbuf(self->fd));
	EXPECT_EQ(4321, get_sndbuf(second));
	EXPECT_EQ(INT_MAX, get_sndbuf(parked));
	late = vt_attach("snd0", flags);
	ASSERT_LE(0, late);
	EXPECT_EQ(INT_MAX, get_sndbuf(late));
	/* from a detached one it reaches the others, not itself */
	ASSERT_EQ(0, vt_ioctl_int(parked, TUNSETSNDBUF, 999));
	EXPECT_EQ(999, get_sndbuf(self->fd));
	EXPECT_EQ(999, get_sndbuf(late));
	EXPECT_EQ(INT_MAX, get_sndbuf(parked));
	/* and a queue keeps its own while it is away */
	ASSERT_EQ(0, vt_set_queue(second, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETSNDBUF, 555));
	EXPECT_EQ(999, get_sndbuf(second));
	ASSERT_EQ(0, vt_set_queue(second, IFF_ATTACH_QUEUE));
	EXPECT_EQ(999, get_sndbuf(second));
	EXPECT_EQ(555, get_sndbuf(self->fd));
}

/* F2.24 F10.2: a persistent device does not remember it */
TEST_F(sndbuf, is_forgotten_on_close)
{
	int fd;

	ASSERT_EQ(0, vt_persist(self->fd, true));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETSNDBUF, 777));
	close(self->fd);
	fd = vt_attach("snd0", variant->mode | IFF_MULTI_QUEUE);
	ASSERT_LE(0, fd);
	EXPECT_EQ(INT_MAX, get_sndbuf(fd));
}

TEST_HARNESS_MAIN
