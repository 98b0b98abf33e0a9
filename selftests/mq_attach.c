// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may join a device as a further queue, what its TUNSETIFF's flags do, and
 * how long a device with several queues lives.
 */
#include <kselftest_harness.h>
#include "testlib.h"

FIXTURE(mq_attach)
{
	int flags;
};

FIXTURE_VARIANT(mq_attach)
{
	int type;
	bool persist;
};

FIXTURE_VARIANT_ADD(mq_attach, tun)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(mq_attach, tap)
{
	.type = IFF_TAP,
};

FIXTURE_VARIANT_ADD(mq_attach, tun_persist)
{
	.type = IFF_TUN,
	.persist = true,
};

FIXTURE_VARIANT_ADD(mq_attach, tap_persist)
{
	.type = IFF_TAP,
	.persist = true,
};

/* The first queue of mq0. */
static int mq_first(int flags, bool persist)
{
	int fd = vt_attach_nb("mq0", flags);
	int err;

	if (fd < 0)
		return fd;
	err = persist ? vt_persist(fd, true) : 0;
	return err ? err : fd;
}

FIXTURE_SETUP(mq_attach)
{
	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->type | IFF_NO_PI;
}

FIXTURE_TEARDOWN(mq_attach)
{
	link_del("mq0");
}

/* F2.14: a single-queue device takes one file at a time */
TEST_F(mq_attach, single_queue_is_busy)
{
	int fd = mq_first(self->flags, variant->persist);
	int late = vt_open(O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_LE(0, late);
	EXPECT_EQ(-EBUSY, vt_setiff(late, "mq0", self->flags));
	EXPECT_EQ(-EBADFD, vt_flags(late));
	EXPECT_LT(0, vt_flags(fd));
	close(fd);
	EXPECT_EQ(variant->persist, link_exists("mq0"));
	EXPECT_EQ(0, vt_setiff(late, "mq0", self->flags));
}

/*
 * F2.9 F9.8: IFF_MULTI_QUEUE must be as the device has it, which never
 * changes, with one queue attached or with none.
 */
TEST_F(mq_attach, multi_queue_must_match)
{
	int kind, fd, late;

	for (kind = 0; kind < 2; kind++) {
		int right = self->flags | (kind ? IFF_MULTI_QUEUE : 0);
		int wrong = right ^ IFF_MULTI_QUEUE;

		fd = mq_first(right, variant->persist);
		late = vt_open(O_RDWR);
		ASSERT_LE(0, fd);
		ASSERT_LE(0, late);
		EXPECT_EQ(-EINVAL, vt_setiff(late, "mq0", wrong));
		EXPECT_EQ(right & IFF_MULTI_QUEUE,
			  vt_flags(fd) & IFF_MULTI_QUEUE);
		close(fd);
		if (variant->persist) {
			EXPECT_EQ(-EINVAL, vt_setiff(late, "mq0", wrong));
			EXPECT_EQ(0, vt_setiff(late, "mq0", right));
			ASSERT_EQ(0, link_del("mq0"));
		}
		close(late);
	}
}

/* F2.8: nor does a device change its kind for a further queue */
TEST_F(mq_attach, kind_must_match)
{
	int fd = mq_first(self->flags | IFF_MULTI_QUEUE, variant->persist);
	int other = variant->type == IFF_TUN ? IFF_TAP : IFF_TUN;
	struct link_info info;
	int late = vt_open(O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_LE(0, late);
	EXPECT_EQ(-EINVAL, vt_setiff(late, "mq0", other | IFF_MULTI_QUEUE |
				     IFF_NO_PI));
	EXPECT_EQ(-EINVAL, vt_setiff(late, "mq0", IFF_MULTI_QUEUE));
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(1, info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(variant->type, info.tun[IFLA_TUN_TYPE]);
	EXPECT_EQ(0, vt_setiff(late, "mq0", IFF_TUN | IFF_TAP |
			       IFF_MULTI_QUEUE | IFF_NO_PI));
}

/*
 * F9.2 F2.21: the first queue's flags are the device's; a later queue's are
 * accepted, and change nothing.
 */
TEST_F(mq_attach, later_flags_change_nothing)
{
	int fd = mq_first(self->flags | IFF_MULTI_QUEUE, variant->persist);
	struct link_info before, after;
	int flags, late;

	ASSERT_LE(0, fd);
	flags = vt_flags(fd);
	ASSERT_EQ(0, link_get("mq0", &before));
	late = vt_attach("mq0", variant->type | IFF_MULTI_QUEUE |
			 IFF_ONE_QUEUE | IFF_NO_CARRIER);
	ASSERT_LE(0, late);
	EXPECT_EQ(flags, vt_flags(fd));
	EXPECT_EQ(flags, vt_flags(late));
	ASSERT_EQ(0, link_get("mq0", &after));
	EXPECT_EQ(before.carrier, after.carrier);
	EXPECT_EQ(before.carrier_changes, after.carrier_changes);
	EXPECT_EQ(0, after.tun[IFLA_TUN_PI]);
}

/* F2.21 F2.39: only a first queue learns the device's real name */
TEST_F(mq_attach, later_name_is_left_alone)
{
	int fd = mq_first(self->flags | IFF_MULTI_QUEUE, variant->persist);
	int flags = self->flags | IFF_MULTI_QUEUE;
	char name[IFNAMSIZ];
	int late;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, link_altname("mq0", "alias0"));
	late = vt_open(O_RDWR);
	ASSERT_LE(0, late);
	ASSERT_EQ(0, vt_setiff_name(late, "alias0", flags, name));
	EXPECT_STREQ("alias0", name);
	ASSERT_EQ(0, vt_ifname(late, name));
	EXPECT_STREQ("mq0", name);
	if (!variant->persist)
		return;
	close(late);
	close(fd);
	late = vt_open(O_RDWR);
	ASSERT_LE(0, late);
	ASSERT_EQ(0, vt_setiff_name(late, "alias0", flags, name));
	EXPECT_STREQ("mq0", name);
}

/*
 * F9.6 F4.20 F4.21 F10.1: the device lives until its last file goes, be the
 * last ones detached or not; carrier goes with the last file, not before.
 */
TEST_F(mq_attach, last_file_decides)
{
	int flags = self->flags | IFF_MULTI_QUEUE;
	int fd = mq_first(flags, variant->persist);
	int second = vt_attach("mq0", flags);
	int third = vt_attach("mq0", flags);
	struct link_info info;

	ASSERT_LE(0, fd);
	ASSERT_LE(0, second);
	ASSERT_LE(0, third);
	ASSERT_EQ(0, vt_set_queue(third, IFF_DETACH_QUEUE));
	close(second);
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(1, info.carrier);
	close(fd);
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(1, info.carrier);
	EXPECT_EQ(0, info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
	close(third);
	if (!variant->persist) {
		EXPECT_EQ(-ENODEV, link_index("mq0"));
		return;
	}
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(0, info.carrier);
	EXPECT_EQ(0, info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
}

TEST_HARNESS_MAIN
