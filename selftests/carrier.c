// SPDX-License-Identifier: GPL-2.0-only
/* Carrier and operational state, and the three ways to change the carrier. */
#include <kselftest_harness.h>
#include "testlib.h"

enum way { BY_IOCTL, BY_NETLINK, BY_SYSFS };

FIXTURE(carrier)
{
	int flags;
	int fd;
};

FIXTURE_VARIANT(carrier)
{
	int mode;
	enum way way;
};

FIXTURE_VARIANT_ADD(carrier, tun_by_ioctl)
{
	.mode = IFF_TUN,
	.way = BY_IOCTL,
};

FIXTURE_VARIANT_ADD(carrier, tap_by_ioctl)
{
	.mode = IFF_TAP,
	.way = BY_IOCTL,
};

FIXTURE_VARIANT_ADD(carrier, tun_by_netlink)
{
	.mode = IFF_TUN,
	.way = BY_NETLINK,
};

FIXTURE_VARIANT_ADD(carrier, tap_by_netlink)
{
	.mode = IFF_TAP,
	.way = BY_NETLINK,
};

FIXTURE_VARIANT_ADD(carrier, tun_by_sysfs)
{
	.mode = IFF_TUN,
	.way = BY_SYSFS,
};

FIXTURE_VARIANT_ADD(carrier, tap_by_sysfs)
{
	.mode = IFF_TAP,
	.way = BY_SYSFS,
};

FIXTURE_SETUP(carrier)
{
	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->mode | IFF_NO_PI | IFF_MULTI_QUEUE;
	self->fd = vt_attach("car0", self->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(carrier)
{
}

static int set_carrier(enum way way, int fd, int on)
{
	switch (way) {
	case BY_IOCTL:
		return vt_ioctl_int(fd, TUNSETCARRIER, on);
	case BY_NETLINK:
		return link_set_carrier("car0", on);
	default:
		return sysfs_write("car0", "carrier", on ? "1" : "0");
	}
}

/* Carrier × 100 + operational state. */
static int state(void)
{
	struct link_info info;
	int err = link_get("car0", &info);

	return err ? err : info.carrier * 100 + info.operstate;
}

/* The state follows the carrier a moment later, in a worker of the kernel. */
#define EXPECT_STATE(carrier, oper) \
	EXPECT_TRUE(wait_for(state() == (carrier) * 100 + (oper), WAIT_MS)) \
		TH_LOG("carrier and state are %d", state())

static unsigned int up_flags(void)
{
	struct link_info info;

	if (link_get("car0", &info))
		return 0;
	return info.flags & (IFF_UP | IFF_RUNNING | IFF_LOWER_UP);
}

/* F4.18 F2.37: on from the start, state unknown, LOWER_UP only when up */
TEST_F(carrier, is_on_at_first)
{
	EXPECT_STATE(1, IF_OPER_DOWN);
	EXPECT_EQ(0, up_flags());
	ASSERT_EQ(0, link_up("car0"));
	EXPECT_STATE(1, IF_OPER_UNKNOWN);
	EXPECT_EQ(IFF_UP | IFF_RUNNING | IFF_LOWER_UP, up_flags());
}

/* F3.16.1 F4.22: off and on again, while up, then the state is "up" */
TEST_F(carrier, can_be_switched)
{
	ASSERT_EQ(0, link_up("car0"));
	ASSERT_EQ(0, set_carrier(variant->way, self->fd, 0));
	EXPECT_STATE(0, IF_OPER_DOWN);
	EXPECT_EQ(IFF_UP, up_flags());
	ASSERT_EQ(0, set_carrier(variant->way, self->fd, 1));
	EXPECT_STATE(1, IF_OPER_UP);
	EXPECT_EQ(IFF_UP | IFF_RUNNING | IFF_LOWER_UP, up_flags());
	ASSERT_EQ(0, set_carrier(variant->way, self->fd, 1));
	EXPECT_STATE(1, IF_OPER_UP);
}

/* F4.19 F2.37: IFF_NO_CARRIER starts without; switched on it is "up" */
TEST_F(carrier, no_carrier_flag)
{
	uint32_t features = 0;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNGETFEATURES,
			      (unsigned long)&features));
	if (!(features & IFF_NO_CARRIER))
		SKIP(return, "no IFF_NO_CARRIER in this kernel's driver");
	close(self->fd);
	self->fd = vt_attach("car0", self->flags | IFF_NO_CARRIER);
	ASSERT_LE(0, self->fd);
	EXPECT_STATE(0, IF_OPER_DOWN);
	ASSERT_EQ(0, link_up("car0"));
	EXPECT_STATE(0, IF_OPER_DOWN);
	EXPECT_EQ(IFF_UP, up_flags());
	ASSERT_EQ(0, set_carrier(variant->way, self->fd, 1));
	EXPECT_STATE(1, IF_OPER_UP);
	EXPECT_EQ(IFF_UP | IFF_RUNNING | IFF_LOWER_UP, up_flags());
}

/* F4.20 F2.37 F10.1: gone with the last file, back with the first one */
TEST_F(carrier, goes_with_the_last_file)
{
	ASSERT_EQ(0, vt_persist(self->fd, true));
	ASSERT_EQ(0, link_up("car0"));
	close(self->fd);
	EXPECT_STATE(0, IF_OPER_DOWN);
	self->fd = vt_attach("car0", self->flags);
	ASSERT_LE(0, self->fd);
	EXPECT_STATE(1, IF_OPER_UP);
}

/* F2.37 F4.19: an attach can keep the carrier off */
TEST_F(carrier, stays_off_on_attach)
{
	uint32_t features = 0;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNGETFEATURES,
			      (unsigned long)&features));
	if (!(features & IFF_NO_CARRIER))
		SKIP(return, "no IFF_NO_CARRIER in this kernel's driver");
	ASSERT_EQ(0, vt_persist(self->fd, true));
	ASSERT_EQ(0, link_up("car0"));
	close(self->fd);
	self->fd = vt_attach("car0", self->flags | IFF_NO_CARRIER);
	ASSERT_LE(0, self->fd);
	EXPECT_STATE(0, IF_OPER_DOWN);
	/* a second queue has no say */
	ASSERT_LE(0, vt_attach("car0", self->flags));
	EXPECT_STATE(0, IF_OPER_DOWN);
	ASSERT_EQ(0, set_carrier(variant->way, self->fd, 1));
	EXPECT_STATE(1, IF_OPER_UP);
	ASSERT_LE(0, vt_attach("car0", self->flags | IFF_NO_CARRIER));
	EXPECT_STATE(1, IF_OPER_UP);
}

/* F3.16.1 F4.21 F4.22: without an enabled queue it can only be switched off */
TEST_F(carrier, needs_an_enabled_queue)
{
	ASSERT_EQ(0, link_up("car0"));
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
	EXPECT_STATE(1, IF_OPER_UNKNOWN);
	EXPECT_EQ(-EPERM, set_carrier(variant->way, self->fd, 1));
	EXPECT_STATE(1, IF_OPER_UNKNOWN);
	ASSERT_EQ(0, set_carrier(variant->way, self->fd, 0));
	EXPECT_STATE(0, IF_OPER_DOWN);
	EXPECT_EQ(-EPERM, set_carrier(variant->way, self->fd, 1));
	EXPECT_STATE(0, IF_OPER_DOWN);
	/* coming back doesn't switch it on */
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_ATTACH_QUEUE));
	EXPECT_STATE(0, IF_OPER_DOWN);
	ASSERT_EQ(0, set_carrier(variant->way, self->fd, 1));
	EXPECT_STATE(1, IF_OPER_UP);
}

/* F4.20 F4.22: a device without files has no carrier to switch on */
TEST_F(carrier, needs_a_file)
{
	ASSERT_EQ(0, vt_persist(self->fd, true));
	ASSERT_EQ(0, link_up("car0"));
	close(self->fd);
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
	if (variant->way == BY_IOCTL) {
		EXPECT_EQ(-EBADFD, set_carrier(BY_IOCTL, self->fd, 1));
	} else {
		EXPECT_EQ(-EPERM, set_carrier(variant->way, self->fd, 1));
	}
	EXPECT_STATE(0, IF_OPER_DOWN);
}

/* F4.21: one of several queues may go, enabled or not */
TEST_F(carrier, stays_while_a_queue_is_left)
{
	int second = vt_attach("car0", self->flags);

	ASSERT_LE(0, second);
	ASSERT_EQ(0, link_up("car0"));
	ASSERT_EQ(0, vt_set_queue(second, IFF_DETACH_QUEUE));
	EXPECT_STATE(1, IF_OPER_UNKNOWN);
	/* now the last enabled one closes, and a detached one remains */
	close(self->fd);
	EXPECT_STATE(1, IF_OPER_UNKNOWN);
	EXPECT_EQ(-EPERM, set_carrier(variant->way, second, 1));
	ASSERT_EQ(0, vt_set_queue(second, IFF_ATTACH_QUEUE));
	EXPECT_STATE(1, IF_OPER_UNKNOWN);
}

/* F4.23: up and down leave it alone */
TEST_F(carrier, is_not_the_administrators_state)
{
	struct link_info info;

	ASSERT_EQ(0, link_get("car0", &info));
	EXPECT_EQ(0, info.carrier_changes);
	ASSERT_EQ(0, link_up("car0"));
	ASSERT_EQ(0, link_down("car0"));
	EXPECT_STATE(1, IF_OPER_DOWN);
	ASSERT_EQ(0, link_up("car0"));
	EXPECT_STATE(1, IF_OPER_UNKNOWN);
	ASSERT_EQ(0, link_get("car0", &info));
	EXPECT_EQ(0, info.carrier_changes);
	ASSERT_EQ(0, set_carrier(variant->way, self->fd, 0));
	ASSERT_EQ(0, link_down("car0"));
	ASSERT_EQ(0, link_up("car0"));
	EXPECT_STATE(0, IF_OPER_DOWN);
	ASSERT_EQ(0, link_get("car0", &info));
	EXPECT_EQ(1, info.carrier_changes);
}

/* F3.16.1 F3.0.2: device, then pointer; any value but 0 is on */
TEST_F(carrier, ioctl_arguments)
{
	int fresh = vt_open(O_RDWR);

	ASSERT_LE(0, fresh);
	EXPECT_EQ(-EBADFD, vt_ioctl_int(fresh, TUNSETCARRIER, 1));
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, TUNSETCARRIER, 0));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETCARRIER, 0));
	ASSERT_EQ(0, link_up("car0"));
	EXPECT_STATE(1, IF_OPER_UNKNOWN);
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETCARRIER, 0));
	EXPECT_STATE(0, IF_OPER_DOWN);
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETCARRIER, 256));
	EXPECT_STATE(1, IF_OPER_UP);
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETCARRIER, 0));
}

TEST_HARNESS_MAIN
