// SPDX-License-Identifier: GPL-2.0-only
/* Every allocation of open(), TUNSETIFF and close() fails once. */
#include <kselftest_harness.h>
#include "testlib_fault.h"

FIXTURE(fault_attach)
{
	int flags;
	int first;			/* file that has a queue already */
	int fd;				/* file under test */
};

FIXTURE_VARIANT(fault_attach)
{
	int flags;
};

#define VARIANT(name, value)						\
	FIXTURE_VARIANT_ADD(fault_attach, name) { .flags = (value) }

VARIANT(tun, IFF_TUN | IFF_NO_PI);
VARIANT(tun_pi_vnet, IFF_TUN | IFF_VNET_HDR);
VARIANT(tap, IFF_TAP | IFF_NO_PI);
VARIANT(tap_mq, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
VARIANT(tun_mq_napi, IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_NAPI);
VARIANT(tap_napi_frags, IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS);
VARIANT(tap_mq_backpressure, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE |
			     IFF_BACKPRESSURE);

FIXTURE_SETUP(fault_attach)
{
	if (fault_init())
		SKIP(return, "no fault injection, or not vtun");
	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->flags;
	self->fd = self->first = -1;
}

FIXTURE_TEARDOWN(fault_attach)
{
}

static int open_file(void *arg)
{
	FIXTURE_DATA(fault_attach) *self = arg;

	self->fd = vt_open(O_RDWR | O_NONBLOCK);
	FAULT_EXPECT(self->fd >= 0);
	return 0;
}

static int set_iff(void *arg)
{
	FIXTURE_DATA(fault_attach) *self = arg;

	return vt_setiff(self->fd, FAULT_NAME, self->flags);
}

/* The name can't be copied back only when all else is done. */
static bool has_device(FIXTURE_DATA(fault_attach) *self, int ret)
{
	return ret == -EFAULT ? vt_flags(self->fd) >= 0 : ret >= 0;
}

/* A file that has failed can do it once more; the device goes with it. */
static int settle_create(void *arg, int ret)
{
	FIXTURE_DATA(fault_attach) *self = arg;

	bool made = has_device(self, ret);

	FAULT_EQ(made, link_exists(FAULT_NAME));
	if (!made)
		FAULT_EQ(0, set_iff(self));
	FAULT_EQ(0, link_up(FAULT_NAME));
	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd, self->flags));
	close(self->fd);
	FAULT_EXPECT(!link_exists(FAULT_NAME));
	return 0;
}

/* F2.1 F4.2: a device is made, or there is none */
TEST_F_TIMEOUT(fault_attach, create, FAULT_TIMEOUT)
{
	/* The driver core without memory for a name says EINVAL. */
	static const struct fault_walk walk = {
		"create", open_file, set_iff, settle_create, -EINVAL
	};

	EXPECT_LT(0, fault_walk(&walk, self));
}

static int attach_settle(void *arg, int ret)
{
	FIXTURE_DATA(fault_attach) *self = arg;
	bool made = has_device(self, ret);
	struct link_info info;

	FAULT_EQ(0, link_get(FAULT_NAME, &info));
	if (self->flags & IFF_MULTI_QUEUE)
		FAULT_EQ((self->first >= 0) + made,
			 info.tun[IFLA_TUN_NUM_QUEUES]);
	if (!made)
		FAULT_EQ(0, set_iff(self));
	/* With one file there is one queue, which has all packets. */
	if (self->first >= 0)
		FAULT_EQ(0, vt_set_queue(self->first, IFF_DETACH_QUEUE));
	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd, self->flags));
	if (self->first >= 0)
		FAULT_EQ(0, vt_set_queue(self->first, IFF_ATTACH_QUEUE));
	close(self->fd);
	if (self->first >= 0)
		FAULT_EQ(0, fault_works(FAULT_NAME, self->first, self->flags));
	return 0;
}

static const struct fault_walk walk_attach = {
	"attach", open_file, set_iff, attach_settle
};

/* F2.10 F9.1: to a device that outlived its file */
TEST_F_TIMEOUT(fault_attach, attach_persistent, FAULT_TIMEOUT)
{
	int fd = fault_device(variant->flags);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_persist(fd, true));
	close(fd);
	EXPECT_LT(0, fault_walk(&walk_attach, self));
	ASSERT_EQ(0, link_del(FAULT_NAME));
}

/* F9.1 F9.2: as one more queue */
TEST_F_TIMEOUT(fault_attach, attach_second, FAULT_TIMEOUT)
{
	if (!(variant->flags & IFF_MULTI_QUEUE))
		SKIP(return, "for devices with several queues");
	self->first = fault_device(variant->flags);
	ASSERT_LE(0, self->first);
	EXPECT_LT(0, fault_walk(&walk_attach, self));
}

static int open_device(void *arg)
{
	FIXTURE_DATA(fault_attach) *self = arg;

	self->fd = fault_device(self->flags);
	FAULT_EXPECT(self->fd >= 0);
	return 0;
}

/* close() returns 0 whatever happens; the harness has the file, too, if not. */
static int close_file(void *arg)
{
	FIXTURE_DATA(fault_attach) *self = arg;

	return close(self->fd) ? -errno : 0;
}

static int settle_close(void *arg, int ret)
{
	FIXTURE_DATA(fault_attach) *self = arg;

	FAULT_EQ(0, ret);
	FAULT_EQ(self->first >= 0, link_exists(FAULT_NAME));
	if (self->first >= 0)
		FAULT_EQ(0, fault_works(FAULT_NAME, self->first, self->flags));
	return 0;
}

static const struct fault_walk walk_close = {
	"close", open_device, close_file, settle_close
};

/* F2.3 F9.6: what has to go, goes, with or without memory */
TEST_F_TIMEOUT(fault_attach, close_last, FAULT_TIMEOUT)
{
	EXPECT_LE(0, fault_walk(&walk_close, self));
}

/* F9.6: one queue of two goes */
TEST_F_TIMEOUT(fault_attach, close_one, FAULT_TIMEOUT)
{
	if (!(variant->flags & IFF_MULTI_QUEUE))
		SKIP(return, "for devices with several queues");
	self->first = fault_device(variant->flags);
	ASSERT_LE(0, self->first);
	EXPECT_LE(0, fault_walk(&walk_close, self));
}

static int just_open(void *arg)
{
	FIXTURE_DATA(fault_attach) *self = arg;

	self->fd = vt_open(O_RDWR | O_NONBLOCK);
	return self->fd;
}

static int settle_open(void *arg, int ret)
{
	FIXTURE_DATA(fault_attach) *self = arg;

	if (ret < 0)
		return 0;
	FAULT_EQ(0, set_iff(self));
	FAULT_EQ(0, link_up(FAULT_NAME));
	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd, self->flags));
	close(self->fd);
	return 0;
}

/* F1.5: a file is there, or is not */
TEST_F_TIMEOUT(fault_attach, open, FAULT_TIMEOUT)
{
	static const struct fault_walk walk = {
		"open", NULL, just_open, settle_open
	};

	EXPECT_LT(0, fault_walk(&walk, self));
}

TEST_HARNESS_MAIN
