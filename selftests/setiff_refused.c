// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flags of TUNSETIFF that this driver doesn't have: refused, never parsed and
 * ignored.
 */
#include <kselftest_harness.h>
#include "testlib.h"

#define NAME "tst0"

FIXTURE(refused)
{
	int fd;
	struct link_info info;
};

FIXTURE_VARIANT(refused)
{
	int flags;
};

FIXTURE_VARIANT_ADD(refused, tun_backpressure) { IFF_TUN | IFF_BACKPRESSURE };
FIXTURE_VARIANT_ADD(refused, tap_backpressure) { IFF_TAP | IFF_BACKPRESSURE };
FIXTURE_VARIANT_ADD(refused, among_others) {
	IFF_TAP | IFF_VNET_HDR | IFF_NAPI | IFF_NAPI_FRAGS | IFF_BACKPRESSURE };

FIXTURE_SETUP(refused)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(refused)
{
	close(self->fd);
}

/*
 * A flag is offered by TUNGETFEATURES or refused. In-tree tun ignores those
 * that it doesn't have, which tests of their own show.
 */
static bool has_flags(int flags)
{
	return vt_intree() || (vt_features() & flags & IFF_BACKPRESSURE);
}

/* F2.36: no device, and the file is as before */
TEST_F(refused, create)
{
	if (has_flags(variant->flags))
		SKIP(return, "the driver has these flags");
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME, variant->flags));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "", variant->flags));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "tst%d", variant->flags |
				     IFF_NO_PI | IFF_MULTI_QUEUE));
	EXPECT_EQ(1, link_count());
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	EXPECT_EQ(0, vt_setiff(self->fd, NAME, variant->flags & 3));
	EXPECT_EQ((variant->flags & 3) | IFF_NO_PI, vt_flags(self->fd));
}

/* F2.22: a persistent device keeps the flags that it has */
TEST_F(refused, attach)
{
	int kind = variant->flags & 3;
	int fd = vt_attach(NAME, kind | IFF_ONE_QUEUE);

	if (has_flags(variant->flags))
		SKIP(return, "the driver has these flags");
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_persist(fd, true));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME,
				     variant->flags | IFF_NO_PI));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(1, self->info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(0, self->info.carrier);
	EXPECT_EQ(0, vt_setiff(self->fd, NAME, kind));
}

/* F2.21: nor does a second queue bring them in */
TEST_F(refused, second_queue)
{
	int kind = (variant->flags & 3) | IFF_MULTI_QUEUE;
	int first = vt_attach(NAME, kind);

	if (has_flags(variant->flags))
		SKIP(return, "the driver has these flags");
	ASSERT_LE(0, first);
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME, kind | variant->flags));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(1, self->info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(0, vt_setiff(self->fd, NAME, kind));
}

/* F2.1 F2.2: what is told first elsewhere is told first here */
TEST_F(refused, order)
{
	int kind = variant->flags & 3;

	if (has_flags(variant->flags))
		SKIP(return, "the driver has these flags");
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, kind));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETIFF, 0));
	EXPECT_EQ(-EEXIST, vt_setiff(self->fd, NAME, variant->flags));
}

TEST_HARNESS_MAIN
