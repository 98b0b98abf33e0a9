// SPDX-License-Identifier: GPL-2.0-only
/* What ethtool shows of the device, what it can set, and what it can't. */
#include <kselftest_harness.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
#include "testlib.h"
#include "testlib_eth.h"

FIXTURE(ethtool)
{
	int fd;
	int flags;
};

FIXTURE_VARIANT(ethtool)
{
	int mode;
	const char *bus;
};

FIXTURE_VARIANT_ADD(ethtool, tun)
{
	.mode = IFF_TUN,
	.bus = "tun",
};

FIXTURE_VARIANT_ADD(ethtool, tap)
{
	.mode = IFF_TAP,
	.bus = "tap",
};

FIXTURE_SETUP(ethtool)
{
	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->mode | IFF_NO_PI;
	self->fd = vt_attach("eth0", self->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(ethtool)
{
}

/* In-tree tun gained some of this between 6.1 and 6.12. */
static bool old_in_tree(void)
{
	return vt_intree() && !kernel_at_least(6, 12);
}

/* F4.40: in the words that scripts look for; vtun gives its own name */
TEST_F(ethtool, driver)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	ASSERT_EQ(0, eth_ioctl("eth0", &info));
	EXPECT_STREQ(vt_driver(), info.driver);
	EXPECT_STREQ(variant->bus, info.bus_info);
	EXPECT_STREQ("", info.fw_version);
	EXPECT_STREQ("", info.erom_version);
	EXPECT_EQ(0, info.n_priv_flags);
	EXPECT_EQ(vt_intree(), !info.n_stats);
	EXPECT_EQ(0, info.testinfo_len);
	EXPECT_EQ(0, info.eedump_len);
	EXPECT_EQ(0, info.regdump_len);
	if (vt_intree()) {
		EXPECT_STREQ("1.6", info.version);
	} else {
		EXPECT_STRNE("", info.version);
	}
}

/* F4.41: 10 Gbit/s, full duplex, twisted pair, and no modes */
TEST_F(ethtool, link_settings)
{
	struct eth_link link;
	size_t i;

	ASSERT_EQ(0, eth_get_link("eth0", &link));
	if (old_in_tree()) {
		EXPECT_TRUE(link.base.speed == 10 || link.base.speed == 10000);
	} else {
		EXPECT_EQ(10000, link.base.speed);
	}
	EXPECT_EQ(DUPLEX_FULL, link.base.duplex);
	EXPECT_EQ(PORT_TP, link.base.port);
	EXPECT_EQ(0, link.base.phy_address);
	EXPECT_EQ(AUTONEG_DISABLE, link.base.autoneg);
	EXPECT_EQ(0, link.base.mdio_support);
	EXPECT_EQ(0, link.base.eth_tp_mdix);
	for (i = 0; i < ARRAY_SIZE(link.masks); i++) {
		EXPECT_EQ(0, link.masks[i]);
	}
}

/* F4.41 F10.2: whatever is set is shown, over a close too */
TEST_F(ethtool, link_settings_can_be_set)
{
	struct eth_link link, got;

	ASSERT_EQ(0, eth_get_link("eth0", &link));
	link.base.speed = 123;
	link.base.duplex = DUPLEX_HALF;
	link.base.port = PORT_FIBRE;
	link.base.phy_address = 7;
	link.base.autoneg = AUTONEG_ENABLE;
	link.masks[link.base.link_mode_masks_nwords] = 0x2f;	/* advertised */
	ASSERT_EQ(0, eth_set_link("eth0", &link));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	ASSERT_EQ(0, eth_get_link("eth0", &got));
	EXPECT_EQ(123, got.base.speed);
	EXPECT_EQ(DUPLEX_HALF, got.base.duplex);
	EXPECT_EQ(PORT_FIBRE, got.base.port);
	EXPECT_EQ(7, got.base.phy_address);
	EXPECT_EQ(AUTONEG_ENABLE, got.base.autoneg);
	EXPECT_EQ(0, got.masks[0]);
	EXPECT_EQ(0x2f, got.masks[got.base.link_mode_masks_nwords]);
	self->fd = vt_attach("eth0", self->flags);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, eth_get_link("eth0", &got));
	EXPECT_EQ(123, got.base.speed);
}

/* F4.42 F4.22: up with a carrier, not otherwise */
TEST_F(ethtool, link_detected)
{
	uint32_t link = 9;

	ASSERT_EQ(0, eth_get_value("eth0", ETHTOOL_GLINK, &link));
	EXPECT_EQ(0, link);
	ASSERT_EQ(0, link_up("eth0"));
	ASSERT_EQ(0, eth_get_value("eth0", ETHTOOL_GLINK, &link));
	EXPECT_EQ(1, link);
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETCARRIER, 0));
	ASSERT_EQ(0, eth_get_value("eth0", ETHTOOL_GLINK, &link));
	EXPECT_EQ(0, link);
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETCARRIER, 1));
	ASSERT_EQ(0, link_down("eth0"));
	ASSERT_EQ(0, eth_get_value("eth0", ETHTOOL_GLINK, &link));
	EXPECT_EQ(0, link);
}

/* F4.42: any level; 0x40 and 0x80000000 log nothing here */
TEST_F(ethtool, message_level)
{
	uint32_t level = 9;

	ASSERT_EQ(0, eth_get_value("eth0", ETHTOOL_GMSGLVL, &level));
	EXPECT_EQ(0, level);
	ASSERT_EQ(0, eth_set_value("eth0", ETHTOOL_SMSGLVL, 0x80000040));
	ASSERT_EQ(0, eth_get_value("eth0", ETHTOOL_GMSGLVL, &level));
	EXPECT_EQ(0x80000040, level);
}

/* F4.44 F4.5: combined is the number of enabled queues, and can't be set; vtun
 * takes a limit, see link_change
 */
TEST_F(ethtool, channels)
{
	struct ethtool_channels ch = { .cmd = ETHTOOL_GCHANNELS };
	int err = eth_ioctl("eth0", &ch), fd[3];
	size_t i;

	if (err == -EOPNOTSUPP && old_in_tree())
		SKIP(return, "this kernel's in-tree driver shows no channels");
	ASSERT_EQ(0, err);
	EXPECT_EQ(1, ch.max_combined);
	EXPECT_EQ(1, ch.combined_count);
	for (i = 0; i < ARRAY_SIZE(fd); i++) {
		fd[i] = vt_attach("eth1", self->flags | IFF_MULTI_QUEUE);
		ASSERT_LE(0, fd[i]);
		ch = (struct ethtool_channels){ .cmd = ETHTOOL_GCHANNELS };
		ASSERT_EQ(0, eth_ioctl("eth1", &ch));
		EXPECT_EQ(256, ch.max_combined);
		EXPECT_EQ(i + 1, ch.combined_count);
		EXPECT_EQ(0, ch.max_rx + ch.max_tx + ch.max_other);
		EXPECT_EQ(0, ch.rx_count + ch.tx_count + ch.other_count);
	}
	ASSERT_EQ(0, vt_set_queue(fd[1], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, eth_ioctl("eth1", &ch));
	EXPECT_EQ(2, ch.combined_count);
	ch.cmd = ETHTOOL_SCHANNELS;
	ch.combined_count = 1;
	EXPECT_EQ(vt_intree() ? -EOPNOTSUPP : -EBUSY, eth_ioctl("eth1", &ch));
	ch.cmd = ETHTOOL_GCHANNELS;
	ASSERT_EQ(0, eth_ioctl("eth1", &ch));
	EXPECT_EQ(2, ch.combined_count);
}

/* F4.45: software time stamps, no clock of its own */
TEST_F(ethtool, time_stamping)
{
	struct ethtool_ts_info info = { .cmd = ETHTOOL_GET_TS_INFO };

	ASSERT_EQ(0, eth_ioctl("eth0", &info));
	EXPECT_EQ(SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_RX_SOFTWARE |
		  SOF_TIMESTAMPING_SOFTWARE, info.so_timestamping);
	EXPECT_EQ(-1, info.phc_index);
	EXPECT_EQ(0, info.tx_types);
	EXPECT_EQ(0, info.rx_filters);
}

/* A command with its largest structure behind it, all zeros. */
static int bare_command(uint32_t cmd)
{
	uint32_t arg[256] = { cmd };

	return eth_ioctl("eth0", arg);
}

/* F4.44 F4.29: everything that a real card has and this device hasn't */
TEST_F(ethtool, unsupported)
{
	const uint32_t cmds[] = {
		ETHTOOL_GPAUSEPARAM, ETHTOOL_SPAUSEPARAM, ETHTOOL_GEEE, ETHTOOL_SEEE, ETHTOOL_GWOL,
		ETHTOOL_SWOL, ETHTOOL_GREGS, ETHTOOL_GEEPROM, ETHTOOL_TEST,
		ETHTOOL_GRXRINGS, ETHTOOL_GRSSH, ETHTOOL_GRXFHINDIR,
		ETHTOOL_GFECPARAM, ETHTOOL_GMODULEINFO, ETHTOOL_GTUNABLE,
		ETHTOOL_GPFLAGS, ETHTOOL_NWAY_RST, ETHTOOL_RESET,
		ETHTOOL_PHYS_ID, ETHTOOL_GET_DUMP_FLAG, 0xffff,
	};
	const uint32_t added[] = {
		ETHTOOL_GRINGPARAM, ETHTOOL_SRINGPARAM, ETHTOOL_GSTATS,
	};
	struct {
		struct ethtool_sset_info head;
		uint32_t count;
	} sset = { { .cmd = ETHTOOL_GSSET_INFO,
		     .sset_mask = 1ULL << ETH_SS_STATS }, 9 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		EXPECT_EQ(-EOPNOTSUPP, bare_command(cmds[i]))
			TH_LOG("command %#x", cmds[i]);
	}
	if (!vt_intree())
		return;		/* the rest is there: ethtool_ring, counters */
	for (i = 0; i < ARRAY_SIZE(added); i++) {
		EXPECT_EQ(-EOPNOTSUPP, bare_command(added[i]))
			TH_LOG("command %#x", added[i]);
	}
	ASSERT_EQ(0, eth_ioctl("eth0", &sset));
	EXPECT_EQ(0, sset.head.sset_mask);
}

static int unprivileged_set(void *arg)
{
	return eth_set_value("eth0", ETHTOOL_SMSGLVL, 0x40);
}

static int unprivileged_get(void *arg)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	return eth_ioctl("eth0", &info);
}

/* F4.40 F4.42: anybody may look, the administrator may set */
TEST_F(ethtool, privileges)
{
	const struct creds nobody = { .uid = 65534, .gid = 65534 };

	EXPECT_EQ(0, run_as(&nobody, unprivileged_get, NULL));
	EXPECT_EQ(-EPERM, run_as(&nobody, unprivileged_set, NULL));
}

TEST_HARNESS_MAIN
