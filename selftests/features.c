// SPDX-License-Identifier: GPL-2.0-only
/* The features that "ethtool -k" shows before a program asked for any. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_eth.h"

FIXTURE(features)
{
	int fd;
	struct eth_features got;
};

FIXTURE_VARIANT(features)
{
	int flags;
};

FIXTURE_VARIANT_ADD(features, tun)
{
	.flags = IFF_TUN,
};

FIXTURE_VARIANT_ADD(features, tap)
{
	.flags = IFF_TAP | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(features, tap_multi_queue)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(features)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach("feat0", variant->flags);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, eth_get_features("feat0", &self->got));
	ASSERT_LT(0, self->got.count);
}

FIXTURE_TEARDOWN(features)
{
}

static const char on[][ETH_GSTRING_LEN] = {
	"tx-scatter-gather", "tx-scatter-gather-fraglist",
	"tx-generic-segmentation", "rx-gro", "tx-vlan-hw-insert",
	"tx-vlan-stag-hw-insert",
};

/* Can be switched on by the administrator, as for every device that has SG. */
static const char off[][ETH_GSTRING_LEN] = {
	"tx-nocache-copy", "rx-gro-list", "rx-udp-gro-forwarding",
};

static const char offloads[][ETH_GSTRING_LEN] = {
	"tx-checksum-ip-generic", "tx-tcp-segmentation",
	"tx-tcp-ecn-segmentation", "tx-tcp6-segmentation",
	"tx-udp-segmentation",		/* in-tree: not in 6.1 yet */
};

static const char tunnel_offloads[][ETH_GSTRING_LEN] = {
	"tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation",
};

static bool listed(const char *name, const char (*list)[ETH_GSTRING_LEN],
		   size_t n)
{
	while (n--)
		if (!strcmp(*list++, name))
			return true;
	return false;
}

/* F4.13: what is on from the start, and can be switched off */
TEST_F(features, initially_on)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(on); i++) {
		EXPECT_EQ(ETH_ON, eth_feature(&self->got, on[i]))
			TH_LOG("%s", on[i]);
	}
}

/* F4.13 F4.14: and nothing else is on */
TEST_F(features, else_off)
{
	int i;

	for (i = 0; i < self->got.count; i++) {
		enum eth_feature_state state = self->got.state[i];

		if (listed(self->got.name[i], on, ARRAY_SIZE(on)) ||
		    !strcmp(self->got.name[i], "tx-lockless") ||
		    (!vt_intree() && listed(self->got.name[i], offloads,
					    ARRAY_SIZE(offloads))))
			continue;
		EXPECT_TRUE(state != ETH_ON && state != ETH_ON_FIXED)
			TH_LOG("%s is on", self->got.name[i]);
	}
}

/* F4.12: the core's own choices for such a device */
TEST_F(features, changeable)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(off); i++) {
		EXPECT_EQ(ETH_OFF, eth_feature(&self->got, off[i]))
			TH_LOG("%s", off[i]);
	}
}

/* F4.12 F4.14: no other feature can be changed */
TEST_F(features, else_fixed)
{
	int i;

	for (i = 0; i < self->got.count; i++) {
		const char *name = self->got.name[i];

		if (listed(name, on, ARRAY_SIZE(on)) ||
		    listed(name, off, ARRAY_SIZE(off)) ||
		    listed(name, offloads, ARRAY_SIZE(offloads)) ||
		    listed(name, tunnel_offloads,
			   ARRAY_SIZE(tunnel_offloads)) ||
		    !strcmp(name, "tx-tcp-mangleid-segmentation") ||
		    !strcmp(name, "tx-lockless"))
			continue;
		EXPECT_EQ(ETH_OFF_FIXED, self->got.state[i])
			TH_LOG("%s", name);
	}
}

/* F4.12 F4.14 F14.2: offloads wait for the program: wanted, but not on */
TEST_F(features, offloads_wait)
{
	bool tunnels = !vt_intree() || kernel_at_least(7, 3);
	bool uso = !vt_intree() || kernel_at_least(6, 2);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(offloads) - !uso; i++) {
		/* vtun cuts large packets itself, when they are read */
		EXPECT_EQ(vt_intree() ? ETH_OFF_WANTED : ETH_ON,
			  eth_feature(&self->got, offloads[i]))
			TH_LOG("%s", offloads[i]);
	}
	EXPECT_EQ(ETH_OFF, eth_feature(&self->got,
				       "tx-tcp-mangleid-segmentation"));
	for (i = 0; i < ARRAY_SIZE(tunnel_offloads); i++) {
		EXPECT_EQ(tunnels ? ETH_OFF_WANTED : ETH_OFF_FIXED,
			  eth_feature(&self->got, tunnel_offloads[i]));
	}
}

/* F4.17: the device doesn't tell how it locks, nor is it bound to its netns */
TEST_F(features, not_listed)
{
	int lockless = eth_feature(&self->got, "tx-lockless");
	int local = eth_feature(&self->got, "netns-local");

	if (!kernel_at_least(6, 12)) {
		/* there they are listed for every device */
		EXPECT_EQ(vt_intree() ? ETH_ON_FIXED : ETH_OFF_FIXED, lockless);
		EXPECT_EQ(ETH_OFF_FIXED, local);
		return;
	}
	EXPECT_EQ(-ENOENT, lockless);
	EXPECT_EQ(-ENOENT, local);
}

/* F14.13: the list is the core's: nothing of the driver's own is in it */
TEST_F(features, list_of_the_core)
{
	int accecn = eth_feature(&self->got, "tx-tcp-accecn-segmentation");
	int tls = eth_feature(&self->got, "tls-hw-record");

	if (kernel_at_least(7, 3)) {
		EXPECT_EQ(ETH_OFF_FIXED, accecn);
		EXPECT_EQ(-ENOENT, tls);
	} else if (!kernel_at_least(6, 13)) {
		EXPECT_EQ(-ENOENT, accecn);
		EXPECT_EQ(ETH_OFF_FIXED, tls);
	}
}

/* F4.12: each of them can be switched off and on again */
TEST_F(features, can_be_switched)
{
	const char *const each[] = {
		"tx-scatter-gather-fraglist", "rx-gro", "tx-vlan-hw-insert",
		"tx-vlan-stag-hw-insert", "tx-generic-segmentation",
	};
	struct eth_features now;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(each); i++) {
		ASSERT_EQ(0, eth_set_feature("feat0", each[i], false));
		ASSERT_EQ(0, eth_get_features("feat0", &now));
		EXPECT_EQ(ETH_OFF, eth_feature(&now, each[i]))
			TH_LOG("%s", each[i]);
		ASSERT_EQ(0, eth_set_feature("feat0", each[i], true));
	}
	ASSERT_EQ(0, eth_get_features("feat0", &now));
	EXPECT_EQ(0, memcmp(&self->got, &now, sizeof(now)));
	/* without scatter-gather the core drops what builds on it */
	ASSERT_EQ(0, eth_set_feature("feat0", "tx-scatter-gather", false));
	ASSERT_EQ(0, eth_get_features("feat0", &now));
	EXPECT_EQ(ETH_OFF, eth_feature(&now, "tx-scatter-gather"));
	EXPECT_EQ(ETH_OFF_WANTED, eth_feature(&now, "tx-generic-segmentation"));
	ASSERT_EQ(0, eth_set_feature("feat0", "tx-scatter-gather", true));
	ASSERT_EQ(0, eth_get_features("feat0", &now));
	EXPECT_EQ(0, memcmp(&self->got, &now, sizeof(now)));
}

/* F4.12: a fixed one stays off; F10.2: a choice survives a close */
TEST_F(features, are_the_administrators)
{
	struct eth_features now;

	EXPECT_EQ(0, eth_set_feature("feat0", "tx-checksum-ipv4", true));
	ASSERT_EQ(0, eth_get_features("feat0", &now));
	EXPECT_EQ(ETH_OFF_FIXED, eth_feature(&now, "tx-checksum-ipv4"));
	ASSERT_EQ(0, eth_set_feature("feat0", "tx-vlan-hw-insert", false));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	ASSERT_LE(0, vt_attach("feat0", variant->flags));
	ASSERT_EQ(0, eth_get_features("feat0", &now));
	EXPECT_EQ(ETH_OFF, eth_feature(&now, "tx-vlan-hw-insert"));
	EXPECT_EQ(ETH_ON, eth_feature(&now, "tx-vlan-stag-hw-insert"));
}

TEST_HARNESS_MAIN
