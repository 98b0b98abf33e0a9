// SPDX-License-Identifier: GPL-2.0-only
/* TUNGETIFF: the name and flags of the device behind a file. */
#include <kselftest_harness.h>
#include "testlib.h"

#define FILLER	0x5a

FIXTURE(getiff)
{
	int fd;
	int base;			/* what TUNGETIFF must report */
};

FIXTURE_VARIANT(getiff)
{
	int ask;			/* given to TUNSETIFF */
	int told;			/* of that, what is reported */
};

FIXTURE_VARIANT_ADD(getiff, tun)
{
	.ask = IFF_TUN | IFF_NO_PI,
	.told = IFF_TUN | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(getiff, tap)
{
	.ask = IFF_TAP | IFF_NO_PI,
	.told = IFF_TAP | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(getiff, tun_pi)
{
	.ask = IFF_TUN,
	.told = IFF_TUN,
};

FIXTURE_VARIANT_ADD(getiff, tap_pi)
{
	.ask = IFF_TAP,
	.told = IFF_TAP,
};

FIXTURE_VARIANT_ADD(getiff, tun_one_queue)
{
	.ask = IFF_TUN | IFF_ONE_QUEUE,
	.told = IFF_TUN | IFF_ONE_QUEUE,
};

FIXTURE_VARIANT_ADD(getiff, tap_multi_queue)
{
	.ask = IFF_TAP | IFF_MULTI_QUEUE,
	.told = IFF_TAP | IFF_MULTI_QUEUE,
};

FIXTURE_VARIANT_ADD(getiff, tun_multi_one_queue)
{
	.ask = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_ONE_QUEUE,
	.told = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_ONE_QUEUE,
};

FIXTURE_VARIANT_ADD(getiff, tap_excl)
{
	.ask = IFF_TAP | IFF_TUN_EXCL,
	.told = IFF_TAP,
};

FIXTURE_VARIANT_ADD(getiff, tun_no_carrier)
{
	.ask = IFF_TUN | IFF_NO_CARRIER,
	.told = IFF_TUN,
};

FIXTURE_SETUP(getiff)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach("first0", variant->ask);
	ASSERT_LE(0, self->fd);
	/* IFF_NO_PI's bit also says "no filter": always there without one */
	self->base = variant->told | IFF_NO_PI;
}

FIXTURE_TEARDOWN(getiff)
{
}

static bool all_bytes(const void *buf, size_t len, int value)
{
	const unsigned char *p = buf;

	while (len--)
		if (*p++ != value)
			return false;
	return true;
}

/*
 * F3.1.1 F3.1.2 F3.1.4 F3.1.5 F2.42: all 40 bytes are written, and
 * whatever the caller had in them plays no part
 */
TEST_F(getiff, writes_the_whole_ifreq)
{
	struct {
		struct ifreq ifr;
		char behind[8];
	} arg;
	size_t end = offsetof(struct ifreq, ifr_flags) + sizeof(short);

	memset(&arg, FILLER, sizeof(arg));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNGETIFF, (unsigned long)&arg));
	EXPECT_STREQ("first0", arg.ifr.ifr_name);
	EXPECT_TRUE(all_bytes(arg.ifr.ifr_name + 6, IFNAMSIZ - 6, 0));
	EXPECT_EQ(self->base, (unsigned short)arg.ifr.ifr_flags);
	EXPECT_TRUE(all_bytes((char *)&arg.ifr + end,
			      sizeof(struct ifreq) - end, 0));
	EXPECT_TRUE(all_bytes(arg.behind, sizeof(arg.behind), FILLER));
}

/* F3.1.2 F3.3.1: persistence is a flag, and it can be seen to go again */
TEST_F(getiff, shows_persistence)
{
	ASSERT_EQ(0, vt_persist(self->fd, true));
	EXPECT_EQ(self->base | IFF_PERSIST, vt_flags(self->fd));
	ASSERT_EQ(0, vt_persist(self->fd, false));
	EXPECT_EQ(self->base, vt_flags(self->fd));
}

/* F3.1.1 F10.5: the name is the current one, while the device is up too */
TEST_F(getiff, follows_a_rename)
{
	char name[IFNAMSIZ];

	ASSERT_EQ(0, link_rename("first0", "a_longer_name_0"));
	ASSERT_EQ(0, vt_ifname(self->fd, name));
	EXPECT_STREQ("a_longer_name_0", name);
	/* before 6.2 the core renames no device that is up */
	if (kernel_at_least(6, 2)) {
		ASSERT_EQ(0, link_up("a_longer_name_0"));
	}
	ASSERT_EQ(0, link_rename("a_longer_name_0", "b"));
	ASSERT_EQ(0, vt_ifname(self->fd, name));
	EXPECT_STREQ("b", name);
	ASSERT_EQ(0, link_altname("b", "other"));
	ASSERT_EQ(0, vt_ifname(self->fd, name));
	EXPECT_STREQ("b", name);
	EXPECT_EQ(self->base, vt_flags(self->fd));
}

/* F3.1.3 F3.0.4: a detached queue's file says so, the others don't */
TEST_F(getiff, shows_a_detached_queue)
{
	int other;

	if (!(variant->ask & IFF_MULTI_QUEUE)) {
		EXPECT_EQ(-EINVAL, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
		EXPECT_EQ(self->base, vt_flags(self->fd));
		return;
	}
	other = vt_attach("first0", variant->ask);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(self->base | IFF_DETACH_QUEUE, vt_flags(self->fd));
	EXPECT_EQ(self->base, vt_flags(other));
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(self->base, vt_flags(self->fd));
}

/* F3.0.2 F10.3 F2.45: EBADFD before EFAULT, before and after a device */
TEST_F(getiff, needs_a_device_and_then_memory)
{
	int fresh = vt_open(O_RDWR);

	ASSERT_LE(0, fresh);
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, TUNGETIFF, 0));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNGETIFF, 0));
	EXPECT_EQ(self->base, vt_flags(self->fd));
	ASSERT_EQ(0, link_del("first0"));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	EXPECT_EQ(-EBADFD, vt_ioctl(self->fd, TUNGETIFF, 0));
}

TEST_HARNESS_MAIN
