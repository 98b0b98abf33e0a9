// SPDX-License-Identifier: GPL-2.0-only
/* TUNSETQUEUE: what it checks, in which order, whom it asks and whom it tells. */
#include <kselftest_harness.h>
#include "testlib.h"

#define NOBODY	65534

FIXTURE(setqueue)
{
	int flags;
	int fd[2];			/* two enabled queues of mq0 */
	int loose;			/* not attached */
};

FIXTURE_VARIANT(setqueue)
{
	int type;
};

FIXTURE_VARIANT_ADD(setqueue, tun)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(setqueue, tap)
{
	.type = IFF_TAP,
};

/* Enabled queues × 100 + detached ones, or -errno. */
static int setqueue_counts(void)
{
	struct link_info info;
	int err = link_get("mq0", &info);

	return err ? err : (int)(info.tun[IFLA_TUN_NUM_QUEUES] * 100 +
				 info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
}

FIXTURE_SETUP(setqueue)
{
	int i;

	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->type | IFF_NO_PI | IFF_MULTI_QUEUE;
	for (i = 0; i < 2; i++) {
		self->fd[i] = vt_attach_nb("mq0", self->flags);
		ASSERT_LE(0, self->fd[i]);
	}
	self->loose = vt_open(O_RDWR);
	ASSERT_LE(0, self->loose);
}

FIXTURE_TEARDOWN(setqueue)
{
}

/* F3.0.1 F3.12.1: an unreadable ifreq comes first, attached or not */
TEST_F(setqueue, unreadable_argument)
{
	EXPECT_EQ(-EFAULT, vt_ioctl(self->loose, TUNSETQUEUE, 0));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd[0], TUNSETQUEUE, 0));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd[0], TUNSETQUEUE, ~0xfffUL));
	EXPECT_EQ(200, setqueue_counts());
}

/* F3.12.1: a call that asks for neither is refused */
TEST_F(setqueue, needs_a_direction)
{
	static const int flags[] = {
		0, IFF_MULTI_QUEUE, IFF_TUN | IFF_TAP | IFF_NO_PI,
		0xffff & ~(IFF_ATTACH_QUEUE | IFF_DETACH_QUEUE),
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		EXPECT_EQ(-EINVAL, vt_set_queue(self->fd[0], flags[i]));
		EXPECT_EQ(-EINVAL, vt_set_queue(self->loose, flags[i]));
	}
	EXPECT_EQ(200, setqueue_counts());
}

/* F3.12.1: with both bits set it is an attach, other bits don't matter */
TEST_F(setqueue, attach_bit_is_looked_at_first)
{
	const int both = IFF_ATTACH_QUEUE | IFF_DETACH_QUEUE;

	EXPECT_EQ(-EINVAL, vt_set_queue(self->fd[0], both));
	EXPECT_EQ(200, setqueue_counts());
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE | IFF_TUN |
				  IFF_TAP | IFF_NO_PI));
	EXPECT_EQ(101, setqueue_counts());
	EXPECT_EQ(0, vt_set_queue(self->fd[0], both));
	EXPECT_EQ(200, setqueue_counts());
}

/* F3.12.1: the name plays no part */
TEST_F(setqueue, name_is_ignored)
{
	struct ifreq ifr = { .ifr_name = "a/b", .ifr_flags = IFF_DETACH_QUEUE };
	int other = vt_attach("other0", self->flags);

	ASSERT_LE(0, other);
	EXPECT_EQ(0, vt_ioctl(self->fd[1], TUNSETQUEUE, (unsigned long)&ifr));
	EXPECT_EQ(101, setqueue_counts());
	strcpy(ifr.ifr_name, "other0");
	ifr.ifr_flags = IFF_ATTACH_QUEUE;
	EXPECT_EQ(0, vt_ioctl(self->fd[1], TUNSETQUEUE, (unsigned long)&ifr));
	EXPECT_EQ(200, setqueue_counts());
	EXPECT_STREQ("other0", ifr.ifr_name);
}

/* F3.12.2: only a detached queue can be attached */
TEST_F(setqueue, attach_without_detached_queue)
{
	EXPECT_EQ(-EINVAL, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	EXPECT_EQ(-EINVAL, vt_set_queue(self->loose, IFF_ATTACH_QUEUE));
	EXPECT_EQ(-EBADFD, vt_flags(self->loose));
	EXPECT_EQ(200, setqueue_counts());
}

/* F3.12.3: unattached is EINVAL here, not EBADFD; so is detaching twice */
TEST_F(setqueue, detach_without_enabled_queue)
{
	EXPECT_EQ(-EINVAL, vt_set_queue(self->loose, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
	EXPECT_EQ(-EINVAL, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
	EXPECT_EQ(101, setqueue_counts());
}

/* F3.12.3: the queue of a single-queue device stays */
TEST_F(setqueue, single_queue_device)
{
	ASSERT_EQ(0, vt_setiff(self->loose, "sq0",
			       self->flags & ~IFF_MULTI_QUEUE));
	EXPECT_EQ(-EINVAL, vt_set_queue(self->loose, IFF_DETACH_QUEUE));
	EXPECT_EQ(-EINVAL, vt_set_queue(self->loose, IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, vt_flags(self->loose) & IFF_DETACH_QUEUE);
}

/* F10.3 F3.12.2: with its device gone, a detached queue has nothing to join */
TEST_F(setqueue, device_deleted)
{
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, link_del("mq0"));
	EXPECT_EQ(-EINVAL, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	EXPECT_EQ(-EINVAL, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
	EXPECT_EQ(-EINVAL, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	EXPECT_EQ(-EINVAL, vt_set_queue(self->fd[1], IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, vt_setiff(self->fd[0], "mq0", self->flags));
	EXPECT_EQ(100, setqueue_counts());
}

static int setqueue_both_ways(void *arg)
{
	int fd = *(int *)arg;
	int err = vt_set_queue(fd, IFF_DETACH_QUEUE);

	return err ? err : vt_set_queue(fd, IFF_ATTACH_QUEUE);
}

/* F3.12.2 F2.12: having the file is the permission, whoever owns the device */
TEST_F(setqueue, asks_for_no_permission)
{
	struct creds nobody = { .uid = NOBODY, .gid = NOBODY };

	ASSERT_EQ(0, vt_ioctl(self->fd[0], TUNSETOWNER, 1));
	ASSERT_EQ(0, vt_ioctl(self->fd[0], TUNSETGROUP, 1));
	EXPECT_EQ(0, run_as(&nobody, setqueue_both_ways, &self->fd[0]));
	EXPECT_EQ(200, setqueue_counts());
}

/* F3.12.5 F4.35: each success is announced, while the device is up only */
TEST_F(setqueue, newlink_while_up)
{
	int mon;

	mon = mon_open();
	ASSERT_LE(0, mon);
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, "mq0"));

	ASSERT_EQ(0, link_up("mq0"));
	mon_count(mon, RTM_NEWLINK, "mq0");
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
	EXPECT_EQ(1, mon_count(mon, RTM_NEWLINK, "mq0"));
	EXPECT_EQ(-EINVAL, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, "mq0"));
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	EXPECT_EQ(1, mon_count(mon, RTM_NEWLINK, "mq0"));
	EXPECT_EQ(-EINVAL, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, "mq0"));
}

TEST_HARNESS_MAIN
