// SPDX-License-Identifier: GPL-2.0-only
/* TUNSETLINK: the hardware type that the device claims to have. */
#include <kselftest_harness.h>
#include "testlib.h"

#ifndef ARPHRD_6LOWPAN
#define ARPHRD_6LOWPAN	825
#endif

FIXTURE(link_type)
{
	int fd;
	struct link_info before;
};

FIXTURE_VARIANT(link_type)
{
	int mode;
};

FIXTURE_VARIANT_ADD(link_type, tun)
{
	.mode = IFF_TUN,
};

FIXTURE_VARIANT_ADD(link_type, tap)
{
	.mode = IFF_TAP,
};

FIXTURE_SETUP(link_type)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach("typ0", variant->mode | IFF_NO_PI);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, link_get("typ0", &self->before));
}

FIXTURE_TEARDOWN(link_type)
{
}

/* The type, or -errno; *@addr_len is what sysfs says. */
static int get_type(const char *name, int *addr_len)
{
	struct link_info info;
	char buf[32];
	int err = link_get(name, &info);

	*addr_len = -1;
	if (err)
		return err;
	err = sysfs_read(name, "addr_len", buf, sizeof(buf));
	if (err < 0)
		return err;
	*addr_len = atoi(buf);
	/* netlink leaves an address of no length out */
	return info.addr_len == *addr_len ? (int)info.type : -EPROTO;
}

static const struct {
	int type;
	int addr_len;
} types[] = {
	{ 823, 16 },			/* IP6GRE */
	{ ARPHRD_TUNNEL6, 16 },
	{ ARPHRD_IPGRE, 4 },
	{ ARPHRD_TUNNEL, 4 },
	{ ARPHRD_SIT, 4 },
	{ ARPHRD_ETHER, 6 },
	{ ARPHRD_IEEE802154, 8 },
	{ 805, 8 },			/* IEEE802154_MONITOR */
	{ 821, 0 },			/* PHONET_PIPE */
	{ ARPHRD_PPP, 0 },
	{ ARPHRD_NONE, 0 },
	{ ARPHRD_6LOWPAN, 8 },
	{ ARPHRD_FDDI, 6 },
	{ ARPHRD_HIPPI, 6 },
	{ ARPHRD_IEEE802, 6 },
	{ ARPHRD_ROSE, 5 },
	{ ARPHRD_NETROM, 7 },
	{ ARPHRD_LOCALTLK, 1 },
	{ ARPHRD_INFINIBAND, 0 },	/* nothing known about these */
	{ ARPHRD_LOOPBACK, 0 },
	{ 0xffff, 0 },
};

/* F3.5.1 F3.5.2: any type goes, on both kinds; some have an address */
TEST_F(link_type, brings_its_address_length)
{
	int addr_len;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, types[i].type));
		addr_len = -1;
		EXPECT_EQ(types[i].type, get_type("typ0", &addr_len));
		EXPECT_EQ(types[i].addr_len, addr_len)
			TH_LOG("type %d", types[i].type);
	}
}

/* F3.5.1: only 16 bits of the argument count */
TEST_F(link_type, is_sixteen_bits)
{
	int addr_len;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, 0x10000 | ARPHRD_PPP));
	EXPECT_EQ(ARPHRD_PPP, get_type("typ0", &addr_len));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, 0xabcd0000 | ARPHRD_ETHER));
	EXPECT_EQ(ARPHRD_ETHER, get_type("typ0", &addr_len));
	EXPECT_EQ(6, addr_len);
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, 0x10000));
	EXPECT_EQ(ARPHRD_NETROM, get_type("typ0", &addr_len));
}

/* F3.5.3: the rest of the device stays as it is */
TEST_F(link_type, changes_nothing_else)
{
	struct link_info after;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, ARPHRD_IEEE802154));
	ASSERT_EQ(0, link_get("typ0", &after));
	EXPECT_EQ(ARPHRD_IEEE802154, after.type);
	EXPECT_EQ(self->before.flags, after.flags);
	EXPECT_EQ(self->before.mtu, after.mtu);
	EXPECT_EQ(self->before.min_mtu, after.min_mtu);
	EXPECT_EQ(self->before.max_mtu, after.max_mtu);
	EXPECT_EQ(self->before.txqlen, after.txqlen);
	EXPECT_EQ(self->before.tun[IFLA_TUN_TYPE], after.tun[IFLA_TUN_TYPE]);
	EXPECT_EQ(variant->mode | IFF_NO_PI, vt_flags(self->fd));
}

/* F3.5.3: a longer address shows zeros behind the old bytes */
TEST_F(link_type, keeps_the_address_bytes)
{
	uint8_t expect[32] = {};
	struct link_info info;

	memcpy(expect, self->before.addr, self->before.addr_len);
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, ARPHRD_TUNNEL6));
	ASSERT_EQ(0, link_get("typ0", &info));
	ASSERT_EQ(16, info.addr_len);
	EXPECT_EQ(0, memcmp(expect, info.addr, 16));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, ARPHRD_ROSE));
	ASSERT_EQ(0, link_get("typ0", &info));
	ASSERT_EQ(5, info.addr_len);
	EXPECT_EQ(0, memcmp(expect, info.addr, 5));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, self->before.type));
	ASSERT_EQ(0, link_get("typ0", &info));
	ASSERT_EQ(self->before.addr_len, info.addr_len);
	EXPECT_EQ(0, memcmp(self->before.addr, info.addr, sizeof(info.addr)));
}

/* F3.5.1: refused while up, the same type too */
TEST_F(link_type, is_fixed_while_up)
{
	int addr_len;

	ASSERT_EQ(0, link_up("typ0"));
	EXPECT_EQ(-EBUSY, vt_ioctl(self->fd, TUNSETLINK, ARPHRD_PPP));
	EXPECT_EQ(-EBUSY, vt_ioctl(self->fd, TUNSETLINK, self->before.type));
	EXPECT_EQ(self->before.type, get_type("typ0", &addr_len));
	ASSERT_EQ(0, link_down("typ0"));
	EXPECT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, ARPHRD_PPP));
	EXPECT_EQ(ARPHRD_PPP, get_type("typ0", &addr_len));
}

/* F3.5.1 F4.10: a bridge vetoes for its ports, and takes Ethernet only */
TEST_F(link_type, is_fixed_in_a_bridge)
{
	int addr_len, err = link_add("br0", "bridge");

	if (err == -EOPNOTSUPP)
		SKIP(return, "this kernel has no bridge");
	ASSERT_EQ(0, err);
	/* a tun that claims to be Ethernet is welcome too */
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, ARPHRD_PPP));
	EXPECT_EQ(-EINVAL, link_set_master("typ0", "br0"));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, ARPHRD_ETHER));
	if (variant->mode == IFF_TAP) {
		ASSERT_EQ(0, link_set_master("typ0", "br0"));
		EXPECT_EQ(-EPERM, vt_ioctl(self->fd, TUNSETLINK, ARPHRD_PPP));
		EXPECT_EQ(ARPHRD_ETHER, get_type("typ0", &addr_len));
		ASSERT_EQ(0, link_set_master("typ0", NULL));
	}
	EXPECT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, ARPHRD_PPP));
	EXPECT_EQ(ARPHRD_PPP, get_type("typ0", &addr_len));
}

/* F3.5.1 F3.18.1 F10.2: seen in SIOCGIFHWADDR, and kept over a close */
TEST_F(link_type, survives_close)
{
	struct ifreq ifr = {};
	int addr_len, fd;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETLINK, ARPHRD_FDDI));
	ASSERT_EQ(0, vt_ioctl(self->fd, SIOCGIFHWADDR, (unsigned long)&ifr));
	EXPECT_EQ(ARPHRD_FDDI, ifr.ifr_hwaddr.sa_family);
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	fd = vt_attach("typ0", variant->mode | IFF_NO_PI);
	ASSERT_LE(0, fd);
	EXPECT_EQ(ARPHRD_FDDI, get_type("typ0", &addr_len));
	EXPECT_EQ(6, addr_len);
}

/* F3.0.2: no device */
TEST_F(link_type, needs_a_device)
{
	int fresh = vt_open(O_RDWR);

	ASSERT_LE(0, fresh);
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, TUNSETLINK, ARPHRD_PPP));
}

TEST_HARNESS_MAIN
