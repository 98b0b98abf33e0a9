// SPDX-License-Identifier: GPL-2.0-only
/* TUNSETDEBUG, the message level; TUNSETNOCSUM, which does nothing. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_eth.h"

#define LEVEL_DRV	0x0001
#define LEVEL_TX_QUEUED	0x0100

FIXTURE(debug)
{
	int fd;
};

FIXTURE_VARIANT(debug)
{
	int mode;
};

FIXTURE_VARIANT_ADD(debug, tun)
{
	.mode = IFF_TUN,
};

FIXTURE_VARIANT_ADD(debug, tap)
{
	.mode = IFF_TAP,
};

FIXTURE_SETUP(debug)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach("dbg0", variant->mode | IFF_NO_PI);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(debug)
{
}

/* F3.6.1 F4.42: the level is ethtool's, both ways, all 32 bits */
TEST_F(debug, is_the_message_level)
{
	uint32_t level = 1;

	ASSERT_EQ(0, eth_get_value("dbg0", ETHTOOL_GMSGLVL, &level));
	EXPECT_EQ(0, level);
	/* no bit that logs: the test would fill the log */
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETDEBUG, 0x80000040));
	ASSERT_EQ(0, eth_get_value("dbg0", ETHTOOL_GMSGLVL, &level));
	EXPECT_EQ(0x80000040, level);
	ASSERT_EQ(0, eth_set_value("dbg0", ETHTOOL_SMSGLVL, 0x20));
	ASSERT_EQ(0, eth_get_value("dbg0", ETHTOOL_GMSGLVL, &level));
	EXPECT_EQ(0x20, level);
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETDEBUG, 0));
	ASSERT_EQ(0, eth_get_value("dbg0", ETHTOOL_GMSGLVL, &level));
	EXPECT_EQ(0, level);
}

/* F3.6.1 F10.5: with the driver bit each ioctl leaves a line with the name */
TEST_F(debug, logs_ioctls)
{
	int log = log_open();

	if (log < 0)
		SKIP(return, "the kernel's log cannot be read: %s",
		     strerror(-log));
	vt_flags(self->fd);
	EXPECT_EQ(0, log_lines(log, "dbg0: ", NULL));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETDEBUG, LEVEL_DRV));
	log_lines(log, "dbg0: ", NULL);
	ASSERT_LE(0, vt_flags(self->fd));
	EXPECT_LE(1, log_lines(log, "dbg0: ", NULL));
	ASSERT_EQ(0, link_rename("dbg0", "dbg1"));
	log_lines(log, "dbg1: ", NULL);
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, TUNSETOWNER, -1U));
	EXPECT_LE(1, log_lines(log, "dbg1: ", NULL));
	EXPECT_EQ(0, vt_ioctl(self->fd, TUNSETDEBUG, 0));
	log_lines(log, "dbg1: ", NULL);
	ASSERT_LE(0, vt_flags(self->fd));
	EXPECT_EQ(0, log_lines(log, "dbg1: ", NULL));
}

/* F3.6.1: with this bit each packet from the stack leaves a line, and each flow
 * whose queue is learned from what is written.
 */
TEST_F(debug, logs_packets_and_flows)
{
	int flags = variant->mode | IFF_NO_PI | IFF_MULTI_QUEUE;
	bool tap = variant->mode == IFF_TAP;
	int log = log_open(), fd[2];
	uint8_t packet[PKT_MAX];
	size_t len;

	if (log < 0)
		SKIP(return, "the kernel's log cannot be read: %s",
		     strerror(-log));
	fd[0] = vt_attach_nb("dbgq0", flags);
	fd[1] = vt_attach_nb("dbgq0", flags);
	ASSERT_LE(0, fd[0]);
	ASSERT_LE(0, fd[1]);
	ASSERT_EQ(0, link_up("dbgq0"));
	ASSERT_LT(0, psock_feed("dbgq0", tap, 1, 40));
	EXPECT_EQ(0, log_lines(log, "dbgq0: ", NULL));
	ASSERT_EQ(0, vt_ioctl(fd[0], TUNSETDEBUG, LEVEL_TX_QUEUED));
	ASSERT_LT(0, psock_feed("dbgq0", tap, 2, 40));
	EXPECT_EQ(1, log_lines(log, "dbgq0: ", NULL));
	len = pkt_numbered(packet, tap, 3, 40);
	ASSERT_EQ(len, write(fd[1], packet, len));
	EXPECT_EQ(1, log_lines(log, "dbgq0: ", NULL));
	ASSERT_EQ(len, write(fd[1], packet, len));	/* is known by now */
	EXPECT_EQ(0, log_lines(log, "dbgq0: ", NULL));
}

/* F10.2: the level survives on a persistent device */
TEST_F(debug, survives_close)
{
	uint32_t level = 0;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETDEBUG, 0x40));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	ASSERT_LE(0, vt_attach("dbg0", variant->mode | IFF_NO_PI));
	ASSERT_EQ(0, eth_get_value("dbg0", ETHTOOL_GMSGLVL, &level));
	EXPECT_EQ(0x40, level);
}

/* F3.6.2 F3.0.2: no value of it does anything, but it needs a device */
TEST_F(debug, nocsum_is_ignored)
{
	struct eth_features before, after;
	int fresh = vt_open(O_RDWR);

	ASSERT_LE(0, fresh);
	ASSERT_EQ(0, eth_get_features("dbg0", &before));
	EXPECT_EQ(0, vt_ioctl(self->fd, TUNSETNOCSUM, 1));
	EXPECT_EQ(0, vt_ioctl(self->fd, TUNSETNOCSUM, ~0UL));
	EXPECT_EQ(0, vt_ioctl(self->fd, TUNSETNOCSUM, 0));
	ASSERT_EQ(0, eth_get_features("dbg0", &after));
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	EXPECT_EQ(variant->mode | IFF_NO_PI, vt_flags(self->fd));
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, TUNSETNOCSUM, 1));
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, TUNSETDEBUG, 0));
}

TEST_HARNESS_MAIN
