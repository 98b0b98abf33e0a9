// SPDX-License-Identifier: GPL-2.0-only
/* SIOCGIFHWADDR and SIOCSIFHWADDR on the device's own file, and its address. */
#include <kselftest_harness.h>
#include <linux/sockios.h>
#include "testlib.h"

static const uint8_t zeros[14];

FIXTURE(hwaddr)
{
	int fd;
};

FIXTURE_VARIANT(hwaddr)
{
	int mode;
	int type;
};

FIXTURE_VARIANT_ADD(hwaddr, tun)
{
	.mode = IFF_TUN,
	.type = ARPHRD_NONE,
};

FIXTURE_VARIANT_ADD(hwaddr, tap)
{
	.mode = IFF_TAP,
	.type = ARPHRD_ETHER,
};

FIXTURE_SETUP(hwaddr)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach("hw0", variant->mode | IFF_NO_PI);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(hwaddr)
{
}

static int set_hwaddr(int fd, int family, const void *addr)
{
	struct ifreq ifr = { .ifr_hwaddr.sa_family = family };

	strcpy(ifr.ifr_name, "nonsense");
	memcpy(ifr.ifr_hwaddr.sa_data, addr, ETH_ALEN);
	return vt_ioctl(fd, SIOCSIFHWADDR, (unsigned long)&ifr);
}

/* addr_assign_type of sysfs, or -errno. */
static int assign_type(void)
{
	char buf[32];
	ssize_t n = sysfs_read("hw0", "addr_assign_type", buf, sizeof(buf));

	return n < 0 ? (int)n : atoi(buf);
}

/* F3.18.1: type and address; the name is not looked at and comes back */
TEST_F(hwaddr, is_told)
{
	struct link_info info;
	struct ifreq ifr;

	memset(&ifr, 0x5a, sizeof(ifr));
	strcpy(ifr.ifr_name, "nonsense");
	ASSERT_EQ(0, vt_ioctl(self->fd, SIOCGIFHWADDR, (unsigned long)&ifr));
	EXPECT_STREQ("nonsense", ifr.ifr_name);
	EXPECT_EQ(variant->type, ifr.ifr_hwaddr.sa_family);
	ASSERT_EQ(0, link_get("hw0", &info));
	EXPECT_EQ(0, memcmp(info.addr, ifr.ifr_hwaddr.sa_data, ETH_ALEN));
	if (variant->mode == IFF_TUN) {
		EXPECT_EQ(0, memcmp(zeros, ifr.ifr_hwaddr.sa_data, 14));
	} else {
		EXPECT_EQ(ETH_ALEN, info.addr_len);
	}
}

/* F4.1: a tap's address is random and local, and a new one every time */
TEST_F(hwaddr, is_random_at_first)
{
	struct link_info one, two;
	char buf[64];

	ASSERT_EQ(0, link_get("hw0", &one));
	if (variant->mode == IFF_TUN) {
		EXPECT_EQ(0, one.addr_len);
		EXPECT_EQ(0, one.brd_len);
		EXPECT_EQ(0, assign_type());
		ASSERT_EQ(1, sysfs_read("hw0", "address", buf, sizeof(buf)));
		EXPECT_STREQ("\n", buf);
		return;
	}
	EXPECT_EQ(ETH_ALEN, one.addr_len);
	EXPECT_EQ(0x02, one.addr[0] & 0x03);
	EXPECT_EQ(ETH_ALEN, one.brd_len);
	EXPECT_EQ(0, memcmp(pkt_mac_bcast, one.brd, ETH_ALEN));
	EXPECT_EQ(1, assign_type());
	ASSERT_LE(0, vt_attach("hw1", variant->mode));
	ASSERT_EQ(0, link_get("hw1", &two));
	EXPECT_NE(0, memcmp(one.addr, two.addr, ETH_ALEN));
}

/* F4.11: nothing pretends to be burnt in */
TEST_F(hwaddr, has_no_permanent_one)
{
	struct link_info info;

	ASSERT_EQ(0, link_get("hw0", &info));
	EXPECT_FALSE(info.has_perm_addr);
	if (variant->mode == IFF_TAP) {
		ASSERT_EQ(0, set_hwaddr(self->fd, ARPHRD_ETHER, pkt_mac_a));
	}
	ASSERT_EQ(0, link_get("hw0", &info));
	EXPECT_FALSE(info.has_perm_addr);
}

/* F3.18.2 F4.1: set by the file, up or down, and visible to all */
TEST_F(hwaddr, can_be_set)
{
	int mon = mon_open();
	struct link_info info;

	ASSERT_LE(0, mon);
	if (variant->mode == IFF_TUN) {
		EXPECT_EQ(-EOPNOTSUPP, set_hwaddr(self->fd, ARPHRD_NONE,
						  pkt_mac_a));
		EXPECT_EQ(-EOPNOTSUPP, set_hwaddr(self->fd, ARPHRD_ETHER,
						  pkt_mac_a));
		EXPECT_EQ(0, assign_type());
		EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, "hw0"));
		return;
	}
	ASSERT_EQ(0, set_hwaddr(self->fd, ARPHRD_ETHER, pkt_mac_a));
	ASSERT_EQ(0, link_get("hw0", &info));
	EXPECT_EQ(0, memcmp(pkt_mac_a, info.addr, ETH_ALEN));
	EXPECT_LE(1, mon_count(mon, RTM_NEWLINK, "hw0"));
	ASSERT_EQ(0, link_up("hw0"));
	ASSERT_EQ(0, set_hwaddr(self->fd, ARPHRD_ETHER, pkt_mac_b));
	ASSERT_EQ(0, link_get("hw0", &info));
	EXPECT_EQ(0, memcmp(pkt_mac_b, info.addr, ETH_ALEN));
	EXPECT_TRUE(info.flags & IFF_UP);
}

/* F3.18.2: what is refused, in this order; nothing changes */
TEST_F(hwaddr, refuses_bad_ones)
{
	static const uint8_t multicast[ETH_ALEN] = { 3, 0, 0, 0, 0, 1 };
	bool tap = variant->mode == IFF_TAP;
	struct link_info before, after;
	int fresh = vt_open(O_RDWR);
	int type = assign_type();

	ASSERT_LE(0, fresh);
	ASSERT_EQ(0, link_get("hw0", &before));
	EXPECT_EQ(-EBADFD, set_hwaddr(fresh, ARPHRD_ETHER, pkt_mac_a));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, SIOCSIFHWADDR, 0));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, SIOCGIFHWADDR, 0));
	EXPECT_EQ(tap ? -EINVAL : -EOPNOTSUPP,
		  set_hwaddr(self->fd, ARPHRD_IEEE802, zeros));
	EXPECT_EQ(tap ? -EINVAL : -EOPNOTSUPP,
		  set_hwaddr(self->fd, AF_UNSPEC, pkt_mac_a));
	EXPECT_EQ(tap ? -EADDRNOTAVAIL : -EOPNOTSUPP,
		  set_hwaddr(self->fd, ARPHRD_ETHER, zeros));
	EXPECT_EQ(tap ? -EADDRNOTAVAIL : -EOPNOTSUPP,
		  set_hwaddr(self->fd, ARPHRD_ETHER, multicast));
	EXPECT_EQ(tap ? -EADDRNOTAVAIL : -EOPNOTSUPP,
		  set_hwaddr(self->fd, ARPHRD_ETHER, pkt_mac_bcast));
	ASSERT_EQ(0, link_get("hw0", &after));
	EXPECT_EQ(0, memcmp(before.addr, after.addr, sizeof(after.addr)));
	EXPECT_EQ(type, assign_type());
}

static int set_unprivileged(void *arg)
{
	return set_hwaddr(*(int *)arg, ARPHRD_ETHER, pkt_mac_a);
}

/* F3.18.2: the file is the permission */
TEST_F(hwaddr, needs_no_capability)
{
	const struct creds nobody = { .uid = 65534, .gid = 65534 };
	struct link_info info;

	EXPECT_EQ(variant->mode == IFF_TAP ? 0 : -EOPNOTSUPP,
		  run_as(&nobody, set_unprivileged, &self->fd));
	ASSERT_EQ(0, link_get("hw0", &info));
	EXPECT_EQ(variant->mode == IFF_TAP,
		  !memcmp(pkt_mac_a, info.addr, ETH_ALEN));
}

/* F3.18.3 F4.1: setting the address that it has counts as setting */
TEST_F(hwaddr, is_then_called_set)
{
	struct link_info info;

	ASSERT_EQ(0, link_get("hw0", &info));
	if (variant->mode == IFF_TUN) {
		EXPECT_EQ(-EOPNOTSUPP, set_hwaddr(self->fd, ARPHRD_NONE,
						  info.addr));
		EXPECT_EQ(0, assign_type());
		return;
	}
	EXPECT_EQ(1, assign_type());
	ASSERT_EQ(0, set_hwaddr(self->fd, ARPHRD_ETHER, info.addr));
	EXPECT_EQ(3, assign_type());
}

static int set_by_netlink(void *arg)
{
	return link_set_addr("hw0", arg, ETH_ALEN);
}

/* F4.9.4: the administrator's way, with CAP_NET_ADMIN */
TEST_F(hwaddr, by_netlink)
{
	const struct creds nobody = { .uid = 65534, .gid = 65534 };
	uint8_t multicast[ETH_ALEN] = { 3 };
	uint8_t addr[ETH_ALEN] = { 2, 3, 4, 5, 6, 7 };
	struct link_info info;

	EXPECT_EQ(-EPERM, run_as(&nobody, set_by_netlink, addr));
	if (variant->mode == IFF_TUN) {
		EXPECT_EQ(-EOPNOTSUPP, set_by_netlink(addr));
		EXPECT_EQ(0, assign_type());
		return;
	}
	ASSERT_EQ(0, link_up("hw0"));
	ASSERT_EQ(0, set_by_netlink(addr));
	ASSERT_EQ(0, link_get("hw0", &info));
	EXPECT_EQ(0, memcmp(addr, info.addr, ETH_ALEN));
	EXPECT_EQ(3, assign_type());
	EXPECT_EQ(-EADDRNOTAVAIL, set_by_netlink(multicast));
	ASSERT_EQ(0, link_get("hw0", &info));
	EXPECT_EQ(0, memcmp(addr, info.addr, ETH_ALEN));
}

/* F10.2: it stays with a persistent device */
TEST_F(hwaddr, survives_close)
{
	struct link_info before, after;

	if (variant->mode == IFF_TAP) {
		ASSERT_EQ(0, set_hwaddr(self->fd, ARPHRD_ETHER, pkt_mac_a));
	}
	ASSERT_EQ(0, link_get("hw0", &before));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	ASSERT_LE(0, vt_attach("hw0", variant->mode));
	ASSERT_EQ(0, link_get("hw0", &after));
	EXPECT_EQ(before.addr_len, after.addr_len);
	EXPECT_EQ(0, memcmp(before.addr, after.addr, sizeof(after.addr)));
}

TEST_HARNESS_MAIN
