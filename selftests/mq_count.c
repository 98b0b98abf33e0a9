// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many queues a device may have and has: the limit, and the places that
 * tell the number (rtnetlink, ethtool, sysfs).
 */
#include <kselftest_harness.h>
#include "testlib.h"

#include <dirent.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define MAX_QUEUES	256

struct mq_counts {
	int enabled, disabled;		/* rtnetlink, -1 without attribute */
	int combined, max;		/* ethtool */
	int tx, rx;			/* in sysfs */
};

/* ETHTOOL_GCHANNELS or SCHANNELS on mq0. */
static int mq_channels(struct ethtool_channels *channels)
{
	struct ifreq ifr = { .ifr_name = "mq0", .ifr_data = (void *)channels };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err;

	if (sock < 0)
		return -errno;
	err = vt_ioctl(sock, SIOCETHTOOL, (unsigned long)&ifr);
	close(sock);
	return err;
}

/* In-tree tun of 6.1 tells ethtool nothing about its queues. */
static bool mq_has_channels(void)
{
	return !vt_intree() || kernel_at_least(6, 12);
}

/* Counts the directories in sysfs that belong to mq0's queues. */
static int mq_sysfs_queues(struct mq_counts *counts)
{
	struct dirent *entry;
	char buf[16];
	DIR *dir;

	/* makes sysfs show this namespace */
	if (sysfs_read("mq0", "ifindex", buf, sizeof(buf)) < 0)
		return -EIO;
	dir = opendir("/sys/class/net/mq0/queues");
	if (!dir)
		return -errno;
	while ((entry = readdir(dir))) {
		counts->tx += !strncmp(entry->d_name, "tx-", 3);
		counts->rx += !strncmp(entry->d_name, "rx-", 3);
	}
	closedir(dir);
	return 0;
}

static int mq_counts_get(struct mq_counts *counts)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct link_info info;
	int err;

	*counts = (struct mq_counts){ .enabled = -1, .disabled = -1 };
	err = link_get("mq0", &info);
	if (!err && mq_has_channels())
		err = mq_channels(&channels);
	if (!err)
		err = mq_sysfs_queues(counts);
	if (err)
		return err;
	if (info.tun_have & (1 << IFLA_TUN_NUM_QUEUES))
		counts->enabled = info.tun[IFLA_TUN_NUM_QUEUES];
	if (info.tun_have & (1 << IFLA_TUN_NUM_DISABLED_QUEUES))
		counts->disabled = info.tun[IFLA_TUN_NUM_DISABLED_QUEUES];
	counts->combined = channels.combined_count;
	counts->max = channels.max_combined;
	return 0;
}

/* Without CONFIG_RPS a kernel shows no receive queues, not even of lo. */
static bool mq_shows_rx(void)
{
	return !access("/sys/class/net/lo/queues/rx-0", F_OK);
}

/* All places must agree; sysfs never shows less than one queue. */
#define EXPECT_COUNTS(_enabled, _disabled) do {				\
	struct mq_counts __c;						\
									\
	ASSERT_EQ(0, mq_counts_get(&__c));				\
	EXPECT_EQ(_enabled, __c.enabled);				\
	EXPECT_EQ(_disabled, __c.disabled);				\
	EXPECT_EQ(mq_has_channels() ? (_enabled) : 0, __c.combined);	\
	EXPECT_EQ(mq_has_channels() ? MAX_QUEUES : 0, __c.max);		\
	EXPECT_EQ((_enabled) ? (_enabled) : 1, __c.tx);			\
	EXPECT_EQ(mq_shows_rx() ? __c.tx : 0, __c.rx);			\
} while (0)

FIXTURE(mq_count)
{
	int flags;
};

FIXTURE_VARIANT(mq_count)
{
	int type;
	bool up;
};

FIXTURE_VARIANT_ADD(mq_count, tun_down)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(mq_count, tap_up)
{
	.type = IFF_TAP,
	.up = true,
};

FIXTURE_SETUP(mq_count)
{
	struct rlimit files = { 1024, 1024 };

	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &files));
	self->flags = variant->type | IFF_NO_PI | IFF_MULTI_QUEUE;
}

FIXTURE_TEARDOWN(mq_count)
{
}

/* F9.5 F4.5 F4.30 F4.44 F9.10: each step shows at once, everywhere */
TEST_F(mq_count, every_step_shows)
{
	struct link_info info;
	int fd[3], i;

	for (i = 0; i < 3; i++) {
		fd[i] = vt_attach("mq0", self->flags);
		ASSERT_LE(0, fd[i]);
		if (!i && variant->up)
			ASSERT_EQ(0, link_up("mq0"));
		EXPECT_COUNTS(i + 1, 0);
	}
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(MAX_QUEUES, info.num_tx);
	EXPECT_EQ(mq_shows_rx() ? MAX_QUEUES : 0, info.num_rx);

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, vt_set_queue(fd[i], IFF_DETACH_QUEUE));
		EXPECT_COUNTS(2 - i, i + 1);
	}
	ASSERT_EQ(0, vt_set_queue(fd[1], IFF_ATTACH_QUEUE));
	EXPECT_COUNTS(1, 2);
	close(fd[0]);
	EXPECT_COUNTS(1, 1);
	close(fd[1]);
	EXPECT_COUNTS(0, 1);
	ASSERT_EQ(0, vt_set_queue(fd[2], IFF_ATTACH_QUEUE));
	EXPECT_COUNTS(1, 0);
	ASSERT_EQ(0, vt_persist(fd[2], true));
	close(fd[2]);
	EXPECT_COUNTS(0, 0);
	ASSERT_EQ(0, link_del("mq0"));
}

/* F4.5 F4.30 F4.44: a device without IFF_MULTI_QUEUE counts no queues */
TEST_F(mq_count, single_queue_device)
{
	int fd = vt_attach("mq0", self->flags & ~IFF_MULTI_QUEUE);
	struct mq_counts counts;
	struct link_info info;

	ASSERT_LE(0, fd);
	if (variant->up)
		ASSERT_EQ(0, link_up("mq0"));
	ASSERT_EQ(0, mq_counts_get(&counts));
	EXPECT_EQ(-1, counts.enabled);
	EXPECT_EQ(-1, counts.disabled);
	EXPECT_EQ(mq_has_channels(), counts.combined);
	EXPECT_EQ(mq_has_channels(), counts.max);
	EXPECT_EQ(1, counts.tx);
	EXPECT_EQ(mq_shows_rx() ? 1 : 0, counts.rx);
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(1, info.num_tx);
	EXPECT_EQ(mq_shows_rx() ? 1 : 0, info.num_rx);
}

/* F4.44: the number of queues is the program's to change, not ethtool's */
TEST_F(mq_count, channels_cannot_be_set)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	int fd[2], i;

	if (!mq_has_channels())
		SKIP(return, "in-tree tun tells no channels before 6.12");
	for (i = 0; i < 2; i++) {
		fd[i] = vt_attach("mq0", self->flags);
		ASSERT_LE(0, fd[i]);
	}
	if (variant->up)
		ASSERT_EQ(0, link_up("mq0"));
	ASSERT_EQ(0, mq_channels(&channels));
	EXPECT_EQ(0, channels.max_rx + channels.max_tx + channels.max_other);
	EXPECT_EQ(0, channels.rx_count + channels.tx_count +
		     channels.other_count);
	channels.cmd = ETHTOOL_SCHANNELS;
	channels.combined_count = 1;
	EXPECT_EQ(vt_intree() ? -EOPNOTSUPP : -EBUSY, mq_channels(&channels));
	EXPECT_COUNTS(2, 0);
}

/*
 * F9.1 F2.15 F4.5 F2.44: 256 queues and no more, detached ones included; who
 * is refused changes nothing and can use the file for something else.
 */
TEST_F_TIMEOUT(mq_count, limit, 120)
{
	int fd[MAX_QUEUES], late, i;

	for (i = 0; i < MAX_QUEUES; i++) {
		fd[i] = vt_attach("mq0", self->flags);
		ASSERT_LE(0, fd[i]) {
			TH_LOG("queue %d", i);
		}
		if (!i && variant->up)
			ASSERT_EQ(0, link_up("mq0"));
	}
	EXPECT_COUNTS(MAX_QUEUES, 0);
	late = vt_open(O_RDWR);
	ASSERT_LE(0, late);
	EXPECT_EQ(-E2BIG, vt_setiff(late, "mq0", self->flags));
	EXPECT_EQ(-EBADFD, vt_flags(late));
	EXPECT_COUNTS(MAX_QUEUES, 0);

	/* a detached queue keeps its place … */
	ASSERT_EQ(0, vt_set_queue(fd[7], IFF_DETACH_QUEUE));
	EXPECT_EQ(-E2BIG, vt_setiff(late, "mq0", self->flags));
	EXPECT_COUNTS(MAX_QUEUES - 1, 1);
	/* … and can always take it again */
	ASSERT_EQ(0, vt_set_queue(fd[7], IFF_ATTACH_QUEUE));
	EXPECT_COUNTS(MAX_QUEUES, 0);

	EXPECT_EQ(0, vt_setiff(late, "other0", self->flags));
	EXPECT_TRUE(link_exists("other0"));
	close(late);

	close(fd[100]);
	fd[100] = vt_attach("mq0", self->flags);
	EXPECT_LE(0, fd[100]);
	EXPECT_COUNTS(MAX_QUEUES, 0);
	for (i = 0; i < MAX_QUEUES; i++)
		close(fd[i]);
	EXPECT_FALSE(link_exists("mq0"));
}

TEST_HARNESS_MAIN
