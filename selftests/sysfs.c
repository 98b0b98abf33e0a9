// SPDX-License-Identifier: GPL-2.0-only
/* The device's files in sysfs, and its uevent. */
#include <kselftest_harness.h>
#include <sys/stat.h>
#include "testlib.h"

FIXTURE(sysfs)
{
	int fd;
};

FIXTURE_VARIANT(sysfs)
{
	int flags;
};

FIXTURE_VARIANT_ADD(sysfs, tun)
{
	.flags = IFF_TUN,
};

FIXTURE_VARIANT_ADD(sysfs, tap)
{
	.flags = IFF_TAP,
};

FIXTURE_VARIANT_ADD(sysfs, tun_no_pi)
{
	.flags = IFF_TUN | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(sysfs, tap_one_queue)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_ONE_QUEUE,
};

FIXTURE_VARIANT_ADD(sysfs, tap_multi_queue)
{
	.flags = IFF_TAP | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(sysfs)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach("sys0", variant->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(sysfs)
{
}

/* True if the attribute's whole content is @expect. */
static bool shows(const char *attr, const char *expect)
{
	char buf[4096];
	ssize_t n = sysfs_read("sys0", attr, buf, sizeof(buf));

	if (n >= 0 && !strcmp(buf, expect))
		return true;
	fprintf(stderr, "# %s is %zd \"%s\"\n", attr, n, n < 0 ? "" : buf);
	return false;
}

static bool shows_flags(int flags)
{
	char line[32];

	snprintf(line, sizeof(line), "0x%x\n", flags);
	return shows("tun_flags", line);
}

/* F4.37 F3.1.2: the stored flags; 0x1000 only if there is no header */
TEST_F(sysfs, flags)
{
	EXPECT_TRUE(shows_flags(variant->flags));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	EXPECT_TRUE(shows_flags(variant->flags | IFF_PERSIST));
	ASSERT_EQ(0, vt_persist(self->fd, false));
	EXPECT_TRUE(shows_flags(variant->flags));
}

/* F4.37 F2.22: a persistent device's flags are those of its last attach */
TEST_F(sysfs, flags_of_the_last_attach)
{
	int keep = variant->flags & (IFF_TUN | IFF_TAP | IFF_MULTI_QUEUE);
	int other = keep | ((variant->flags ^ IFF_NO_PI) & IFF_NO_PI);

	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	EXPECT_TRUE(shows_flags(variant->flags | IFF_PERSIST));
	self->fd = vt_attach("sys0", other);
	ASSERT_LE(0, self->fd);
	EXPECT_TRUE(shows_flags(other | IFF_PERSIST));
}

/* F4.37: neither a detached queue nor TUN_EXCL and NO_CARRIER show */
TEST_F(sysfs, flags_that_are_not_stored)
{
	if (variant->flags & IFF_MULTI_QUEUE) {
		ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
		EXPECT_TRUE(shows_flags(variant->flags));
	}
	close(self->fd);
	self->fd = vt_attach("sys0", variant->flags | IFF_TUN_EXCL |
			     IFF_NO_CARRIER | IFF_PERSIST | IFF_DETACH_QUEUE);
	ASSERT_LE(0, self->fd);
	EXPECT_TRUE(shows_flags(variant->flags));
}

/* F4.37: decimal and a newline; -1 while there is none */
TEST_F(sysfs, owner_and_group)
{
	EXPECT_TRUE(shows("owner", "-1\n"));
	EXPECT_TRUE(shows("group", "-1\n"));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOWNER, 1000));
	EXPECT_TRUE(shows("owner", "1000\n"));
	EXPECT_TRUE(shows("group", "-1\n"));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETGROUP, 4000000000U));
	EXPECT_TRUE(shows("owner", "1000\n"));
	EXPECT_TRUE(shows("group", "4000000000\n"));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOWNER, 0));
	EXPECT_TRUE(shows("owner", "0\n"));
}

/* F4.37: they can be read by all and written by nobody */
TEST_F(sysfs, attributes_are_read_only)
{
	const char *attrs[] = { "tun_flags", "owner", "group" };
	char path[128], buf[64];
	struct stat st;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attrs); i++) {
		ASSERT_LT(0, sysfs_read("sys0", attrs[i], buf, sizeof(buf)));
		snprintf(path, sizeof(path), "/sys/class/net/sys0/%s",
			 attrs[i]);
		ASSERT_EQ(0, stat(path, &st));
		EXPECT_EQ(0444, st.st_mode & 07777);
		EXPECT_GT(0, sysfs_write("sys0", attrs[i], "1"));
		EXPECT_TRUE(shows(attrs[i], buf));
	}
}

/* F4.39: a virtual device without a parent, and a plain uevent */
TEST_F(sysfs, place_and_uevent)
{
	char path[256] = {}, expect[128], buf[64];

	ASSERT_LT(0, sysfs_read("sys0", "ifindex", buf, sizeof(buf)));
	ASSERT_LT(0, readlink("/sys/class/net/sys0", path, sizeof(path) - 1));
	EXPECT_STREQ("../../devices/virtual/net/sys0", path);
	EXPECT_EQ(-1, access("/sys/class/net/sys0/device", F_OK));
	EXPECT_EQ(ENOENT, errno);
	snprintf(expect, sizeof(expect), "INTERFACE=sys0\nIFINDEX=%d\n",
		 link_index("sys0"));
	EXPECT_TRUE(shows("uevent", expect));
}

/* F4.1 F4.6: no assign type of the name, no link to another device */
TEST_F(sysfs, standard_attributes)
{
	char buf[64], index[32];

	EXPECT_EQ(-EINVAL, sysfs_read("sys0", "name_assign_type", buf,
				      sizeof(buf)));
	snprintf(index, sizeof(index), "%d\n", link_index("sys0"));
	EXPECT_TRUE(shows("ifindex", index));
	EXPECT_TRUE(shows("iflink", index));
	EXPECT_TRUE(shows("netdev_group", "0\n"));
	EXPECT_TRUE(shows("dev_id", "0x0\n"));
	EXPECT_TRUE(shows("dev_port", "0\n"));
	/* not to be asked while down */
	EXPECT_EQ(-EINVAL, sysfs_read("sys0", "carrier", buf, sizeof(buf)));
	ASSERT_EQ(0, link_up("sys0"));
	EXPECT_TRUE(shows("carrier", "1\n"));
	/* ethtool.c tells what an old driver says of its speed */
	if (!vt_intree() || kernel_at_least(6, 12)) {
		EXPECT_TRUE(shows("speed", "10000\n"));
	}
	EXPECT_TRUE(shows("duplex", "full\n"));
}

static bool has_queue(const char *link, const char *queue)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/class/net/%s/queues/%s", link,
		 queue);
	return !access(path, F_OK);
}

/*
 * How many queues of each direction there are, tx × 100 + rx. A kernel without
 * receive packet steering has no files for the rx side: then as many as tx.
 */
static int count_queues(void)
{
	bool rps = has_queue("lo", "rx-0");
	int tx = 0, rx = 0;
	char name[32];

	do {
		snprintf(name, sizeof(name), "tx-%d", tx);
	} while (has_queue("sys0", name) && ++tx);
	do {
		snprintf(name, sizeof(name), "rx-%d", rx);
	} while (has_queue("sys0", name) && ++rx);
	return tx * 100 + (rps ? rx : tx);
}

/* F4.5: queues/ follows the enabled queues, and never falls below one */
TEST_F(sysfs, queues)
{
	char buf[64];
	int second;

	ASSERT_LT(0, sysfs_read("sys0", "ifindex", buf, sizeof(buf)));
	EXPECT_EQ(101, count_queues());
	if (!(variant->flags & IFF_MULTI_QUEUE))
		return;
	second = vt_attach("sys0", variant->flags);
	ASSERT_LE(0, second);
	EXPECT_EQ(202, count_queues());
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(101, count_queues());
	ASSERT_EQ(0, vt_set_queue(second, IFF_DETACH_QUEUE));
	EXPECT_EQ(101, count_queues());
	ASSERT_EQ(0, vt_set_queue(second, IFF_ATTACH_QUEUE));
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(202, count_queues());
	close(second);
	EXPECT_EQ(101, count_queues());
}

TEST_HARNESS_MAIN
