// SPDX-License-Identifier: GPL-2.0-only
/* TUNSETOWNER and TUNSETGROUP, and who sees which number. */
#include <kselftest_harness.h>
#include "testlib.h"

#define OVERFLOW_ID	65534

FIXTURE(owner)
{
	int fd;
	const char *attr;		/* in sysfs */
	int ifla;			/* in INFO_DATA */
};

FIXTURE_VARIANT(owner)
{
	int mode;
	unsigned long cmd;
};

FIXTURE_VARIANT_ADD(owner, tun_owner)
{
	.mode = IFF_TUN,
	.cmd = TUNSETOWNER,
};

FIXTURE_VARIANT_ADD(owner, tun_group)
{
	.mode = IFF_TUN,
	.cmd = TUNSETGROUP,
};

FIXTURE_VARIANT_ADD(owner, tap_owner)
{
	.mode = IFF_TAP,
	.cmd = TUNSETOWNER,
};

FIXTURE_VARIANT_ADD(owner, tap_group)
{
	.mode = IFF_TAP,
	.cmd = TUNSETGROUP,
};

FIXTURE_SETUP(owner)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach("own0", variant->mode | IFF_NO_PI);
	ASSERT_LE(0, self->fd);
	self->attr = variant->cmd == TUNSETOWNER ? "owner" : "group";
	self->ifla = variant->cmd == TUNSETOWNER ? IFLA_TUN_OWNER :
						   IFLA_TUN_GROUP;
}

FIXTURE_TEARDOWN(owner)
{
}

/* What netlink and sysfs show the caller; -1 if unset, -2 if they differ. */
static long shown(const char *attr, int ifla)
{
	struct link_info info;
	char buf[32], *end;
	long netlink, sysfs;

	if (link_get("own0", &info) ||
	    sysfs_read("own0", attr, buf, sizeof(buf)) < 0)
		return -3;
	sysfs = strtol(buf, &end, 10);
	netlink = info.tun_have & (1U << ifla) ? (long)info.tun[ifla] : -1;
	return netlink == sysfs && !strcmp(end, "\n") ? netlink : -2;
}

/* F3.4.1 F4.30 F4.37: unset at first, then what was set last */
TEST_F(owner, is_shown)
{
	const char *other = variant->cmd == TUNSETOWNER ? "group" : "owner";
	int other_ifla = IFLA_TUN_OWNER + IFLA_TUN_GROUP - self->ifla;
	const unsigned long ids[] = { 1000, 0, 65534, 4294967294UL };
	size_t i;

	EXPECT_EQ(-1, shown(self->attr, self->ifla));
	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		ASSERT_EQ(0, vt_ioctl(self->fd, variant->cmd, ids[i]));
		EXPECT_EQ((long)ids[i], shown(self->attr, self->ifla));
	}
	EXPECT_EQ(-1, shown(other, other_ifla));
}

/* F3.4.1: -1 is no id, so what was set once stays set */
TEST_F(owner, cannot_be_cleared)
{
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, variant->cmd, -1U));
	EXPECT_EQ(-1, shown(self->attr, self->ifla));
	ASSERT_EQ(0, vt_ioctl(self->fd, variant->cmd, 12));
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, variant->cmd, -1U));
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, variant->cmd, -1UL));
	EXPECT_EQ(12, shown(self->attr, self->ifla));
}

struct set_args {
	int fd;
	unsigned long cmd;
	unsigned long id;
};

static int set_id(void *arg)
{
	const struct set_args *a = arg;

	return vt_ioctl(a->fd, a->cmd, a->id);
}

/* F3.4.1: the id counts in the caller's user namespace */
TEST_F(owner, is_taken_in_the_callers_userns)
{
	const struct creds mapped = {
		.uid = 4242, .gid = 4242, .caps = CAPS_ALL, .new_userns = true,
	};
	struct set_args args = { self->fd, variant->cmd, 1 };

	EXPECT_EQ(-EINVAL, run_as(&mapped, set_id, &args));
	args.id = 4242;
	EXPECT_EQ(-EINVAL, run_as(&mapped, set_id, &args));
	EXPECT_EQ(-1, shown(self->attr, self->ifla));
	args.id = 0;
	ASSERT_EQ(0, run_as(&mapped, set_id, &args));
	EXPECT_EQ(4242, shown(self->attr, self->ifla));
}

struct show_args {
	const char *attr;
	int ifla;
};

static int show_id(void *arg)
{
	const struct show_args *a = arg;
	struct link_info info;
	char buf[32] = "";
	int err;

	/* no mount there: the sysfs that the parent mounted is in sight */
	err = file_read("/sys/class/net/own0/owner", buf, sizeof(buf));
	if (err < 0)
		return err;
	if (!strcmp(a->attr, "group"))
		err = file_read("/sys/class/net/own0/group", buf, sizeof(buf));
	if (err < 0)
		return err;
	err = link_get("own0", &info);
	if (err)
		return err;
	if (!(info.tun_have & (1U << a->ifla)))
		return -ENODATA;
	return (long)info.tun[a->ifla] == atol(buf) ? atol(buf) : -EPROTO;
}

/* F4.31 F4.38: an id is shown in the reader's user namespace */
TEST_F(owner, is_shown_in_the_readers_userns)
{
	const struct creds mapped = {
		.uid = 4242, .gid = 4242, .caps = CAPS_ALL, .new_userns = true,
	};
	struct show_args args = { self->attr, self->ifla };

	ASSERT_EQ(0, vt_ioctl(self->fd, variant->cmd, 4242));
	ASSERT_EQ(4242, shown(self->attr, self->ifla));
	EXPECT_EQ(0, run_as(&mapped, show_id, &args));
	ASSERT_EQ(0, vt_ioctl(self->fd, variant->cmd, 4243));
	EXPECT_EQ(OVERFLOW_ID, run_as(&mapped, show_id, &args));
	EXPECT_EQ(4243, shown(self->attr, self->ifla));
}

/* F3.4.2 F4.35: each success is news while up, the same value too */
TEST_F(owner, tells_listeners)
{
	int mon = mon_open();

	ASSERT_LE(0, mon);
	ASSERT_EQ(0, vt_ioctl(self->fd, variant->cmd, 7));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, "own0"));
	ASSERT_EQ(0, link_up("own0"));
	mon_count(mon, RTM_NEWLINK, "own0");
	ASSERT_EQ(0, vt_ioctl(self->fd, variant->cmd, 8));
	EXPECT_EQ(1, mon_count(mon, RTM_NEWLINK, "own0"));
	ASSERT_EQ(0, vt_ioctl(self->fd, variant->cmd, 8));
	EXPECT_EQ(1, mon_count(mon, RTM_NEWLINK, "own0"));
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, variant->cmd, -1U));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, "own0"));
}

/* F3.4.2: files that are attached stay so; F3.0.2: others get EBADFD */
TEST_F(owner, leaves_attached_files_alone)
{
	const struct creds nobody = { .uid = 65534, .gid = 65534 };
	struct set_args args = { self->fd, variant->cmd, 5 };
	int fresh = vt_open(O_RDWR);

	ASSERT_LE(0, fresh);
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, variant->cmd, 5));
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, variant->cmd, -1U));
	ASSERT_EQ(0, vt_ioctl(self->fd, variant->cmd, 1234));
	/* whoever has the file may change it, although not the owner */
	EXPECT_EQ(0, run_as(&nobody, set_id, &args));
	EXPECT_EQ(5, shown(self->attr, self->ifla));
	EXPECT_LE(0, vt_flags(self->fd));
}

/* F10.2: both survive on a persistent device */
TEST_F(owner, survives_close)
{
	ASSERT_EQ(0, vt_ioctl(self->fd, variant->cmd, 77));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	EXPECT_EQ(77, shown(self->attr, self->ifla));
	ASSERT_LE(0, vt_attach("own0", variant->mode | IFF_NO_PI));
	EXPECT_EQ(77, shown(self->attr, self->ifla));
}

TEST_HARNESS_MAIN
