// SPDX-License-Identifier: GPL-2.0-only
/* What a persistent device remembers from one file to the next. */
#include <kselftest_harness.h>
#include "testlib.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sys/socket.h>

FIXTURE(life_keeps)
{
	int flags;
	int fd;				/* attached to keep0, persistent */
	int sock;			/* for ethtool */
};

FIXTURE_VARIANT(life_keeps)
{
	int flags;
};

FIXTURE_VARIANT_ADD(life_keeps, tun)
{
	.flags = IFF_TUN,
};

FIXTURE_VARIANT_ADD(life_keeps, tap_multi)
{
	.flags = IFF_TAP | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(life_keeps)
{
	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->flags | IFF_NO_PI;
	self->fd = vt_attach_nb("keep0", self->flags);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, vt_persist(self->fd, true));
	self->sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ASSERT_LE(0, self->sock);
}

FIXTURE_TEARDOWN(life_keeps)
{
	EXPECT_EQ(0, link_del("keep0"));
}

/* Closes the file and attaches a new one with @flags. 0 or -errno. */
static int keeps_next(FIXTURE_DATA(life_keeps) *self, int flags)
{
	close(self->fd);
	self->fd = vt_attach_nb("keep0", flags);
	return self->fd < 0 ? self->fd : 0;
}

static int keeps_ethtool(FIXTURE_DATA(life_keeps) *self, void *cmd)
{
	struct ifreq ifr = { .ifr_name = "keep0", .ifr_data = cmd };

	return vt_ioctl(self->sock, SIOCETHTOOL, (unsigned long)&ifr);
}

/* F10.2: what a link has in common with others, up included */
TEST_F(life_keeps, link_attributes)
{
	static const uint8_t addr[ETH_ALEN] = { 2, 1, 2, 3, 4, 5 };
	struct link_info before, after;

	ASSERT_EQ(0, link_set_mtu("keep0", 1234));
	ASSERT_EQ(0, link_set_txqlen("keep0", 77));
	if (self->flags & IFF_TAP)
		ASSERT_EQ(0, link_set_addr("keep0", addr, sizeof(addr)));
	ASSERT_EQ(0, link_altname("keep0", "also0"));
	ASSERT_EQ(0, link_up("keep0"));
	ASSERT_EQ(0, link_get("keep0", &before));
	ASSERT_EQ(0, keeps_next(self, self->flags));
	ASSERT_EQ(0, link_get("also0", &after));
	EXPECT_STREQ("keep0", after.name);
	EXPECT_EQ(before.index, after.index);
	EXPECT_EQ(before.type, after.type);
	EXPECT_EQ(1234, after.mtu);
	EXPECT_EQ(77, after.txqlen);
	EXPECT_EQ(before.addr_len, after.addr_len);
	EXPECT_EQ(0, memcmp(before.addr, after.addr, sizeof(after.addr)));
	EXPECT_TRUE(after.flags & IFF_UP);
}

/* F10.2: persistence, owner, group, kind and IFF_MULTI_QUEUE */
TEST_F(life_keeps, owner_and_kind)
{
	struct link_info info;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOWNER, 0));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETGROUP, 0));
	ASSERT_EQ(0, keeps_next(self, self->flags));
	ASSERT_EQ(0, link_get("keep0", &info));
	EXPECT_TRUE(info.tun_have & (1 << IFLA_TUN_OWNER));
	EXPECT_TRUE(info.tun_have & (1 << IFLA_TUN_GROUP));
	EXPECT_EQ(0, info.tun[IFLA_TUN_OWNER]);
	EXPECT_EQ(0, info.tun[IFLA_TUN_GROUP]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_PERSIST]);
	EXPECT_EQ(self->flags & IFF_TAP ? IFF_TAP : IFF_TUN,
		  info.tun[IFLA_TUN_TYPE]);
	EXPECT_EQ(!!(self->flags & IFF_MULTI_QUEUE),
		  info.tun[IFLA_TUN_MULTI_QUEUE]);
}

/* F10.2 F2.22: the other flags are those of the latest first file */
TEST_F(life_keeps, feature_flags_are_replaced)
{
	struct link_info info;
	int bare = self->flags & ~IFF_NO_PI;

	ASSERT_EQ(0, keeps_next(self, bare | IFF_ONE_QUEUE));
	EXPECT_TRUE(vt_flags(self->fd) & IFF_ONE_QUEUE);
	ASSERT_EQ(0, link_get("keep0", &info));
	EXPECT_EQ(1, info.tun[IFLA_TUN_PI]);
	close(self->fd);
	ASSERT_EQ(0, link_get("keep0", &info));
	EXPECT_EQ(1, info.tun[IFLA_TUN_PI]);
	self->fd = vt_attach("keep0", self->flags);
	ASSERT_LE(0, self->fd);
	EXPECT_FALSE(vt_flags(self->fd) & IFF_ONE_QUEUE);
	ASSERT_EQ(0, link_get("keep0", &info));
	EXPECT_EQ(0, info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_PERSIST]);
}

/* F10.2 F2.24: the send buffer is the file's and starts anew */
TEST_F(life_keeps, sndbuf_is_not_kept)
{
	int sndbuf = 0;

	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETSNDBUF, 20000));
	ASSERT_EQ(0, keeps_next(self, self->flags));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNGETSNDBUF, (unsigned long)&sndbuf));
	EXPECT_EQ(INT32_MAX, sndbuf);
}

/* F10.2 F3.8.6: the address filter (tap) goes on between and after files */
TEST_F(life_keeps, tx_filter)
{
	struct {
		struct tun_filter head;
		uint8_t addr[ETH_ALEN];
	} filter = { .head = { .count = 1 } };
	uint8_t pkt[PKT_MAX], buf[PKT_MAX];
	struct link_info info;
	size_t len;
	int sock;

	memcpy(filter.addr, pkt_mac_a, ETH_ALEN);
	if (!(self->flags & IFF_TAP)) {
		EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, TUNSETTXFILTER,
					    (unsigned long)&filter));
		return;
	}
	ASSERT_EQ(1, vt_ioctl(self->fd, TUNSETTXFILTER,
			      (unsigned long)&filter));
	ASSERT_EQ(0, link_up("keep0"));
	ASSERT_EQ(0, keeps_next(self, self->flags));
	sock = psock_open("keep0", SOCK_RAW, 0);
	ASSERT_LE(0, sock);
	len = pkt_numbered(pkt, true, 1, 100);	/* to mac_b */
	ASSERT_EQ(len, psock_send(sock, "keep0", ETH_P_IP, pkt, len));
	EXPECT_EQ(-1, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, link_get("keep0", &info));
	EXPECT_EQ(1, info.stats.tx_dropped);
	memcpy(pkt, pkt_mac_a, ETH_ALEN);
	ASSERT_EQ(len, psock_send(sock, "keep0", ETH_P_IP, pkt, len));
	EXPECT_EQ(len, read(self->fd, buf, sizeof(buf)));
}

/* F10.2 F4.41: link settings */
TEST_F(life_keeps, link_settings)
{
	struct ethtool_cmd cmd = { .cmd = ETHTOOL_GSET };

	ASSERT_EQ(0, keeps_ethtool(self, &cmd));
	EXPECT_NE(SPEED_100, ethtool_cmd_speed(&cmd));
	cmd.cmd = ETHTOOL_SSET;
	ethtool_cmd_speed_set(&cmd, SPEED_100);
	cmd.duplex = DUPLEX_HALF;
	ASSERT_EQ(0, keeps_ethtool(self, &cmd));
	ASSERT_EQ(0, keeps_next(self, self->flags));
	memset(&cmd, 0, sizeof(cmd));
	cmd.cmd = ETHTOOL_GSET;
	ASSERT_EQ(0, keeps_ethtool(self, &cmd));
	EXPECT_EQ(SPEED_100, ethtool_cmd_speed(&cmd));
	EXPECT_EQ(DUPLEX_HALF, cmd.duplex);
}

/* F10.2 F3.6.1 F4.42: message level, set by ioctl and shown by ethtool */
TEST_F(life_keeps, message_level)
{
	struct ethtool_value value = { .cmd = ETHTOOL_GMSGLVL };

	ASSERT_EQ(0, keeps_ethtool(self, &value));
	EXPECT_EQ(0, value.data);
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETDEBUG, 0x20));
	ASSERT_EQ(0, keeps_next(self, self->flags));
	ASSERT_EQ(0, keeps_ethtool(self, &value));
	EXPECT_EQ(0x20, value.data);
}

/* F10.2 F4.43: rx-frames, which is cut to 64 */
TEST_F(life_keeps, coalescing)
{
	struct ethtool_coalesce coal = { .cmd = ETHTOOL_GCOALESCE };
	int err = keeps_ethtool(self, &coal);

	if (err == -EOPNOTSUPP && !vt_intree())
		SKIP(return, "vtun has no coalescing yet");
	ASSERT_EQ(0, err);
	EXPECT_EQ(0, coal.rx_max_coalesced_frames);
	coal.cmd = ETHTOOL_SCOALESCE;
	coal.rx_max_coalesced_frames = 1000;
	ASSERT_EQ(0, keeps_ethtool(self, &coal));
	ASSERT_EQ(0, keeps_next(self, self->flags));
	coal.cmd = ETHTOOL_GCOALESCE;
	ASSERT_EQ(0, keeps_ethtool(self, &coal));
	EXPECT_EQ(64, coal.rx_max_coalesced_frames);
}

/* F10.2: counters are the device's and go on counting */
TEST_F(life_keeps, statistics)
{
	uint8_t pkt[PKT_MAX];
	struct link_info info;
	size_t len;
	int i;

	ASSERT_EQ(0, link_up("keep0"));
	len = pkt_numbered(pkt, self->flags & IFF_TAP, 1, 100);
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(len, write(self->fd, pkt, len));
		ASSERT_EQ(0, keeps_next(self, self->flags));
		ASSERT_EQ(0, link_get("keep0", &info));
		EXPECT_EQ(i, info.stats.rx_packets);
		EXPECT_EQ(i * len, info.stats.rx_bytes);
	}
}

TEST_HARNESS_MAIN
