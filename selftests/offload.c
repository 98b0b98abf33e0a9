// SPDX-License-Identifier: GPL-2.0-only
/* TUNSETOFFLOAD: what a program may ask for, and what ethtool shows of it. */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_vnet.h"

#include <linux/if_vlan.h>
#include <libmnl/libmnl.h>
#include <string.h>
#include "testlib_req.h"

#define NAME	"off0"
#define TSO	(TUN_F_TSO4 | TUN_F_TSO6)
#define TNL	TUN_F_UDP_TUNNEL_GSO
#define TNL_CSUM	TUN_F_UDP_TUNNEL_GSO_CSUM

/* Each feature that a bit switches on, in the order of enum below. */
static const char *const features[] = {
	"tx-checksum-ip-generic", "tx-tcp-segmentation",
	"tx-tcp6-segmentation", "tx-tcp-ecn-segmentation",
	"tx-udp-segmentation", "tx-udp_tnl-segmentation",
	"tx-udp_tnl-csum-segmentation",
};

enum { CSUM = 1, F_TSO4 = 2, F_TSO6 = 4, F_ECN = 8, F_USO = 16, F_TNL = 32,
       F_TNL_CSUM = 64, F_ALL = 127 };

FIXTURE(offload)
{
	int fd;
	struct eth_features got;
};

VARIANTS_PAIRWISE(offload);
FIXTURE_VARIANT_ADD(offload, tun_vnet_hdr) {
	IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };
FIXTURE_VARIANT_ADD(offload, tap_vnet_hdr) { IFF_TAP | IFF_VNET_HDR };

FIXTURE_SETUP(offload)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(offload)
{
}

/* Which of the features are in this state: a mask, or -errno. */
static int in_state(const char *name, enum eth_feature_state state)
{
	struct eth_features f;
	int err = eth_get_features(name, &f);
	size_t i;
	int mask = 0;

	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(features); i++)
		if (eth_feature(&f, features[i]) == (int)state)
			mask |= 1 << i;
	return mask;
}

static int are_on(const char *name)
{
	return in_state(name, ETH_ON);
}

/* All that this driver knows here. */
static unsigned long known(void)
{
	unsigned long bits = TUN_F_CSUM | TSO | TUN_F_TSO_ECN | TUN_F_UFO;

	if (vnet_has_uso())
		bits |= VNET_USO;
	return vnet_newest() ? bits | TNL | TNL_CSUM : bits;
}

/* Is this set one that the driver takes? */
static bool acceptable(unsigned long bits)
{
	if (bits & ~known())
		return false;
	if (!bits)
		return true;
	if (!(bits & TUN_F_CSUM))
		return false;
	if (bits & TUN_F_TSO_ECN && !(bits & TSO))
		return false;
	if (bits & VNET_USO && (bits & VNET_USO) != VNET_USO)
		return false;
	if (bits & TNL && !(bits & (TSO | VNET_USO)))
		return false;
	return !(bits & TNL_CSUM) || bits & TNL;
}

/* What vtun does for programs that take nothing: it cuts large packets when they
 * are read.
 */
#define F_LATE	(vt_intree() ? 0 : CSUM | F_TSO4 | F_TSO6 | F_ECN | F_USO)

/* The features that stand for it. */
static int expected(unsigned long bits)
{
	int mask = bits & TUN_F_CSUM ? 0 : F_LATE;

	mask |= bits & TUN_F_CSUM ? CSUM : 0;
	mask |= bits & TUN_F_TSO4 ? F_TSO4 : 0;
	mask |= bits & TUN_F_TSO6 ? F_TSO6 : 0;
	mask |= bits & TUN_F_TSO_ECN ? F_ECN : 0;
	mask |= bits & VNET_USO ? F_USO : 0;
	mask |= bits & TNL ? F_TNL : 0;
	return mask | (bits & TNL_CSUM ? F_TNL_CSUM : 0);
}

/* F12.1 F12.2 F12.3 F3.7.1 F14.2: every set: taken as a whole or not at all */
TEST_F_TIMEOUT(offload, every_set, 120)
{
	unsigned long bits;
	int before = F_LATE, now;

	EXPECT_EQ(F_LATE, are_on(NAME));
	for (bits = 0; bits < 1024; bits++) {
		bool ok = acceptable(bits);

		EXPECT_EQ(ok ? 0 : -EINVAL,
			  vt_ioctl(self->fd, TUNSETOFFLOAD, bits))
			TH_LOG("bits %#lx", bits);
		/* a look at the refused ones now and then is enough */
		if (!ok && bits % 16 != 9)
			continue;
		now = are_on(NAME);
		EXPECT_EQ(ok ? expected(bits) : before, now)
			TH_LOG("bits %#lx", bits);
		before = now;
	}
}

/* F3.7.1 F12.3 F3.0.2: bits that nobody has defined; a file without a device */
TEST_F(offload, unknown_bits)
{
	int fresh = vt_open(O_RDWR), bit;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, TUN_F_CSUM));
	for (bit = 9; bit < 64; bit++) {
		EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, TUNSETOFFLOAD,
					    1UL << bit));
		EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, TUNSETOFFLOAD,
					    1UL << bit | TUN_F_CSUM));
	}
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, TUNSETOFFLOAD, TUN_F_CSUM));
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, TUNSETOFFLOAD, -1UL));
	EXPECT_EQ(CSUM, are_on(NAME));
}

/* F12.1 F12.3: UFO is taken, means nothing, and the rest is as asked for */
TEST_F(offload, ufo)
{
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_UFO));
	EXPECT_EQ(CSUM, are_on(NAME));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD,
			      TUN_F_CSUM | TSO | TUN_F_UFO));
	EXPECT_EQ(CSUM | F_TSO4 | F_TSO6, are_on(NAME));
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, TUNSETOFFLOAD, TUN_F_UFO));
	EXPECT_EQ(CSUM | F_TSO4 | F_TSO6, are_on(NAME));
}

/* F4.12 F4.14 F12.3: wanted until the program has said what it wants */
TEST_F(offload, wanted)
{
	unsigned long all = known() & ~TUN_F_UFO;

	EXPECT_EQ(expected(all) & ~F_LATE, in_state(NAME, ETH_OFF_WANTED));
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, TUNSETOFFLOAD, TUN_F_TSO4));
	EXPECT_EQ(expected(all) & ~F_LATE, in_state(NAME, ETH_OFF_WANTED));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, all));
	EXPECT_EQ(expected(all), are_on(NAME));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, 0));
	EXPECT_EQ(0, in_state(NAME, ETH_OFF_WANTED));
	EXPECT_EQ(expected(all) & ~F_LATE, in_state(NAME, ETH_OFF));
}

/* F12.4: the administrator may switch off, but on only what the program took */
TEST_F(offload, administrator)
{
	int all = expected(known());

	EXPECT_EQ(0, eth_set_feature(NAME, features[0], true));
	EXPECT_EQ(0, eth_set_feature(NAME, features[1], true));
	EXPECT_EQ(F_LATE, are_on(NAME));
	EXPECT_EQ(all & ~F_LATE, in_state(NAME, ETH_OFF_WANTED));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, TUN_F_CSUM | TSO));
	EXPECT_EQ(0, eth_set_feature(NAME, features[1], false));
	EXPECT_EQ(CSUM | F_TSO6, are_on(NAME));
	EXPECT_EQ(all & ~(CSUM | F_TSO6), in_state(NAME, ETH_OFF));
	EXPECT_EQ(0, eth_set_feature(NAME, features[1], true));
	EXPECT_EQ(0, eth_set_feature(NAME, features[3], true));
	EXPECT_EQ(CSUM | F_TSO4 | F_TSO6, are_on(NAME));
	EXPECT_EQ(F_ECN, in_state(NAME, ETH_OFF_WANTED));
	/* the program's next word overrides */
	EXPECT_EQ(0, eth_set_feature(NAME, features[2], false));
	EXPECT_EQ(CSUM | F_TSO4, are_on(NAME));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, TUN_F_CSUM | TSO));
	EXPECT_EQ(CSUM | F_TSO4 | F_TSO6, are_on(NAME));
	/* a feature that no bit stands for is left as it is */
	EXPECT_EQ(0, eth_set_feature(NAME, "tx-vlan-hw-insert", false));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, 0));
	ASSERT_EQ(0, eth_get_features(NAME, &self->got));
	EXPECT_EQ(ETH_OFF, eth_feature(&self->got, "tx-vlan-hw-insert"));
}

/* F12.5: the core's own dependencies */
TEST_F(offload, dependencies)
{
	unsigned long bits = TUN_F_CSUM | TSO | TUN_F_TSO_ECN;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, bits));
	EXPECT_EQ(CSUM | F_TSO4 | F_TSO6 | F_ECN, are_on(NAME));
	/* no gathering, no TSO */
	ASSERT_EQ(0, eth_set_feature(NAME, "tx-scatter-gather", false));
	EXPECT_EQ(0, are_on(NAME) & (F_TSO4 | F_TSO6));
	ASSERT_EQ(0, eth_set_feature(NAME, "tx-scatter-gather", true));
	EXPECT_EQ(CSUM | F_TSO4 | F_TSO6 | F_ECN, are_on(NAME));
	/* no checksums, no TSO and no USO */
	if (vnet_has_uso()) {
		ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD,
				      bits | VNET_USO));
	}
	ASSERT_EQ(0, eth_set_feature(NAME, features[0], false));
	EXPECT_EQ(0, are_on(NAME) & (CSUM | F_TSO4 | F_TSO6));
	/* older cores have no such rule for UDP */
	if (kernel_at_least(6, 12))
		EXPECT_EQ(0, are_on(NAME) & F_USO);
	ASSERT_EQ(0, eth_set_feature(NAME, features[0], true));
	EXPECT_EQ(CSUM | F_TSO4 | F_TSO6 | F_ECN |
		  (vnet_has_uso() ? F_USO : 0), are_on(NAME));
	/* ECN with IPv6 only */
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD,
			      TUN_F_CSUM | TUN_F_TSO6 | TUN_F_TSO_ECN));
	EXPECT_EQ(CSUM | F_TSO6 | F_ECN, are_on(NAME));
}

/* F12.7 F10.2: the next program inherits it */
TEST_F(offload, survives_close)
{
	int fd;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, TUN_F_CSUM | TSO));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	EXPECT_EQ(CSUM | F_TSO4 | F_TSO6, are_on(NAME));
	fd = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, fd);
	EXPECT_EQ(CSUM | F_TSO4 | F_TSO6, are_on(NAME));
	ASSERT_EQ(0, vt_ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM));
	EXPECT_EQ(CSUM, are_on(NAME));
}

/* F3.0.5 F12.6: it belongs to the device, and needs no virtio header */
TEST_F(offload, any_queue)
{
	int fd = vt_open(O_RDWR);

	ASSERT_LE(0, fd);
	if (!(variant->flags & IFF_MULTI_QUEUE)) {
		ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETHDRSZ, 12));
		EXPECT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, TUN_F_CSUM));
		EXPECT_EQ(CSUM, are_on(NAME));
		return;
	}
	ASSERT_EQ(0, vt_setiff(fd, NAME, variant->flags));
	ASSERT_EQ(0, vt_ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TSO));
	EXPECT_EQ(CSUM | F_TSO4 | F_TSO6, are_on(NAME));
	ASSERT_EQ(0, vt_set_queue(fd, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM));
	EXPECT_EQ(CSUM, are_on(NAME));
}

/* A VLAN device on @name. */
static int add_vlan(const char *vlan, const char *name)
{
	struct nlattr *info, *data;
	struct req r;

	req_start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(r.nlh, IFLA_IFNAME, vlan);
	mnl_attr_put_u32(r.nlh, IFLA_LINK, link_index(name));
	info = mnl_attr_nest_start(r.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(r.nlh, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(r.nlh, IFLA_INFO_DATA);
	mnl_attr_put_u16(r.nlh, IFLA_VLAN_ID, 7);
	mnl_attr_nest_end(r.nlh, data);
	mnl_attr_nest_end(r.nlh, info);
	return req_send(&r);
}

/*
 * F4.15: a VLAN device on top can leave to it what it can do. The core cuts UDP
 * by itself wherever the device below has no name for that.
 */
TEST_F(offload, vlan_on_top)
{
	int err, software = F_TSO4 | F_TSO6 | F_ECN;

	if (!(variant->flags & IFF_TAP))
		SKIP(return, "VLANs need Ethernet");
	err = add_vlan("off0v", NAME);
	if (err == -EOPNOTSUPP)
		SKIP(return, "no VLAN devices here");
	ASSERT_EQ(0, err);
	EXPECT_EQ(F_LATE & ~F_USO, are_on("off0v") & ~F_USO);
	/*
	 * With checksums left to the device, the core cuts behind the VLAN. New
	 * kernels tell the VLAN device in a while.
	 */
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, TUN_F_CSUM));
	EXPECT_TRUE(wait_for((are_on("off0v") & ~F_USO) == (CSUM | software),
			     WAIT_MS))
		TH_LOG("on: %#x", are_on("off0v"));
	ASSERT_EQ(0, eth_get_features("off0v", &self->got));
	EXPECT_EQ(ETH_ON, eth_feature(&self->got, "tx-scatter-gather"));
	/* tags in tags are not left to the device */
	EXPECT_EQ(ETH_OFF_FIXED,
		  eth_feature(&self->got, "tx-vlan-hw-insert"));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOFFLOAD, 0));
	EXPECT_TRUE(wait_for((are_on("off0v") & ~F_USO) == (F_LATE & ~F_USO),
			     WAIT_MS));
}

TEST_HARNESS_MAIN
