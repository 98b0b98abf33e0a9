// SPDX-License-Identifier: GPL-2.0-only
/* TUNSETIFINDEX: the index that the next device of this file will have. */
#include <kselftest_harness.h>
#include <limits.h>
#include "testlib.h"

FIXTURE(ifindex)
{
	int fd;
};

FIXTURE_VARIANT(ifindex)
{
	int mode;
};

FIXTURE_VARIANT_ADD(ifindex, tun)
{
	.mode = IFF_TUN,
};

FIXTURE_VARIANT_ADD(ifindex, tap)
{
	.mode = IFF_TAP,
};

FIXTURE_SETUP(ifindex)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(ifindex)
{
}

/* F3.13.1 F2.32: used at the next creation, small or as large as can be */
TEST_F(ifindex, is_used)
{
	const int wishes[] = { 4711, 70000, INT_MAX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wishes); i++) {
		int fd = vt_open(O_RDWR);

		ASSERT_LE(0, fd);
		ASSERT_EQ(0, vt_ioctl_int(fd, TUNSETIFINDEX, wishes[i]));
		ASSERT_EQ(0, vt_setiff(fd, "idx%d", variant->mode));
		EXPECT_EQ(wishes[i], link_index(i == 0 ? "idx0" :
						i == 1 ? "idx1" : "idx2"));
	}
}

/* F3.13.1: the last one counts, and 0 takes the wish back */
TEST_F(ifindex, may_be_changed)
{
	int fd = vt_open(O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETIFINDEX, 100));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETIFINDEX, 200));
	ASSERT_EQ(0, vt_setiff(self->fd, "idx0", variant->mode));
	EXPECT_EQ(200, link_index("idx0"));
	ASSERT_EQ(0, vt_ioctl_int(fd, TUNSETIFINDEX, 300));
	ASSERT_EQ(0, vt_ioctl_int(fd, TUNSETIFINDEX, 0));
	ASSERT_EQ(0, vt_setiff(fd, "idx1", variant->mode));
	EXPECT_NE(300, link_index("idx1"));
	EXPECT_LT(0, link_index("idx1"));
}

/* F3.13.1: attached, then pointer, then value; a refusal changes nothing */
TEST_F(ifindex, refuses)
{
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETIFINDEX, 123));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETIFINDEX, 0));
	EXPECT_EQ(-EINVAL, vt_ioctl_int(self->fd, TUNSETIFINDEX, -1));
	EXPECT_EQ(-EINVAL, vt_ioctl_int(self->fd, TUNSETIFINDEX, INT_MIN));
	ASSERT_EQ(0, vt_setiff(self->fd, "idx0", variant->mode));
	EXPECT_EQ(123, link_index("idx0"));
	EXPECT_EQ(-EPERM, vt_ioctl_int(self->fd, TUNSETIFINDEX, 5));
	EXPECT_EQ(-EPERM, vt_ioctl_int(self->fd, TUNSETIFINDEX, -1));
	EXPECT_EQ(-EPERM, vt_ioctl(self->fd, TUNSETIFINDEX, 0));
	EXPECT_EQ(123, link_index("idx0"));
}

/* F3.13.1 F3.0.4: a detached queue's file is attached as well */
TEST_F(ifindex, refuses_a_detached_queue)
{
	ASSERT_EQ(0, vt_setiff(self->fd, "idx0",
			       variant->mode | IFF_MULTI_QUEUE));
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(-EPERM, vt_ioctl_int(self->fd, TUNSETIFINDEX, 5));
	EXPECT_EQ(-EPERM, vt_ioctl(self->fd, TUNSETIFINDEX, 0));
}

/* F3.13.1: a device that exists keeps its index */
TEST_F(ifindex, is_ignored_by_an_existing_device)
{
	int first = vt_attach("idx0", variant->mode), index;

	ASSERT_LE(0, first);
	ASSERT_EQ(0, vt_persist(first, true));
	index = link_index("idx0");
	close(first);
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETIFINDEX, index + 100));
	ASSERT_EQ(0, vt_setiff(self->fd, "idx0", variant->mode));
	EXPECT_EQ(index, link_index("idx0"));
}

/* F2.32 F2.44: a taken index is an error; the file can try another one */
TEST_F(ifindex, taken)
{
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETIFINDEX, link_index("lo")));
	EXPECT_EQ(-EBUSY, vt_setiff(self->fd, "idx0", variant->mode));
	EXPECT_FALSE(link_exists("idx0"));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETIFINDEX, 555));
	ASSERT_EQ(0, vt_setiff(self->fd, "idx0", variant->mode));
	EXPECT_EQ(555, link_index("idx0"));
}

/* F2.33: the wish is gone after a creation that failed on it */
TEST_F(ifindex, taken_and_tried_again)
{
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETIFINDEX, link_index("lo")));
	EXPECT_EQ(-EBUSY, vt_setiff(self->fd, "idx0", variant->mode));
	ASSERT_EQ(0, vt_setiff(self->fd, "idx0", variant->mode));
	EXPECT_LT(link_index("lo"), link_index("idx0"));
}

/* F2.34 F2.45 F3.13.1: used once, not mixed up with the queue's number */
TEST_F(ifindex, is_used_once)
{
	int flags = variant->mode | IFF_MULTI_QUEUE;
	int second = vt_open(O_RDWR);

	ASSERT_LE(0, second);
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETIFINDEX, 70001));
	ASSERT_EQ(0, vt_ioctl_int(second, TUNSETIFINDEX, 80001));
	ASSERT_EQ(0, vt_setiff(self->fd, "idx0", flags));
	ASSERT_EQ(0, vt_setiff(second, "idx0", flags));
	ASSERT_EQ(70001, link_index("idx0"));
	ASSERT_EQ(0, link_del("idx0"));
	if (vt_intree()) {
		/* the halves of the old number: queue 0, queue 1 */
		ASSERT_EQ(0, vt_setiff(self->fd, "idx1", flags));
		EXPECT_EQ(0x10000, link_index("idx1"));
		EXPECT_EQ(-EEXIST, vt_setiff(self->fd, "idx2", flags));
		ASSERT_EQ(0, vt_setiff(second, "idx2", flags));
		EXPECT_EQ(0x10001, link_index("idx2"));
		return;
	}
	ASSERT_EQ(0, vt_setiff(self->fd, "idx1", flags));
	EXPECT_GT(1000, link_index("idx1"));
	/* this one's wish was ignored by a device that existed: it still waits */
	ASSERT_EQ(0, vt_setiff(second, "idx2", flags));
	EXPECT_EQ(80001, link_index("idx2"));
	ASSERT_EQ(0, link_del("idx2"));
	ASSERT_EQ(0, vt_setiff(second, "idx2", flags));
	EXPECT_GT(1000, link_index("idx2"));
}

static int wish(void *arg)
{
	return vt_ioctl_int(*(int *)arg, TUNSETIFINDEX, 900);
}

/* F3.13.1 F2.25: anybody may ask for an index; creating is another matter */
TEST_F(ifindex, needs_no_capability)
{
	const struct creds nobody = { .uid = 65534, .gid = 65534 };

	ASSERT_EQ(0, run_as(&nobody, wish, &self->fd));
	ASSERT_EQ(0, vt_setiff(self->fd, "idx0", variant->mode));
	EXPECT_EQ(900, link_index("idx0"));
}

TEST_HARNESS_MAIN
