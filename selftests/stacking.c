// SPDX-License-Identifier: GPL-2.0-only
/* The device under bridges, VLANs, qdiscs, packet sockets and IPv6. */
#include <kselftest_harness.h>
#include <linux/if_addr.h>
#include <linux/if_vlan.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include "testlib.h"
#include "testlib_eth.h"
#include "testlib_req.h"

#define MLD2_REPORT	143

FIXTURE(stacking)
{
	int fd;
	bool tap;
	struct req req;
};

FIXTURE_VARIANT(stacking)
{
	int mode;
};

FIXTURE_VARIANT_ADD(stacking, tun)
{
	.mode = IFF_TUN,
};

FIXTURE_VARIANT_ADD(stacking, tap)
{
	.mode = IFF_TAP,
};

FIXTURE_SETUP(stacking)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach_nb("stk0", variant->mode | IFF_NO_PI);
	ASSERT_LE(0, self->fd);
	self->tap = variant->mode == IFF_TAP;
}

FIXTURE_TEARDOWN(stacking)
{
}

/* Interface flags as the core has them, promiscuity of others included. */
static unsigned long core_flags(const char *name)
{
	char buf[32];

	if (sysfs_read(name, "flags", buf, sizeof(buf)) < 0)
		return 0;
	return strtoul(buf, NULL, 16);
}

static int add_vlan(const char *name, const char *on, uint16_t id)
{
	struct nlattr *info, *data;
	struct req r;

	req_start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(r.nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(r.nlh, IFLA_LINK, link_index(on));
	info = mnl_attr_nest_start(r.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(r.nlh, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(r.nlh, IFLA_INFO_DATA);
	mnl_attr_put_u16(r.nlh, IFLA_VLAN_ID, id);
	mnl_attr_nest_end(r.nlh, data);
	mnl_attr_nest_end(r.nlh, info);
	return req_send(&r);
}

/* F4.10: a bridge takes a tap and refuses a tun */
TEST_F(stacking, in_a_bridge)
{
	int err = link_add("br0", "bridge");
	struct link_info info;

	if (err == -EOPNOTSUPP)
		SKIP(return, "this kernel has no bridge");
	ASSERT_EQ(0, err);
	EXPECT_EQ(self->tap ? 0 : -EINVAL, link_set_master("stk0", "br0"));
	ASSERT_EQ(0, link_get("stk0", &info));
	EXPECT_EQ(self->tap ? link_index("br0") : 0, info.master);
	/* a port listens to every address */
	EXPECT_EQ(self->tap, !!(core_flags("stk0") & IFF_PROMISC));
	if (!self->tap)
		return;
	ASSERT_EQ(0, link_set_master("stk0", NULL));
	EXPECT_FALSE(core_flags("stk0") & IFF_PROMISC);
}

/* F4.15 F4.25: a VLAN on top inherits scatter-gather; its tag is counted */
TEST_F(stacking, under_a_vlan)
{
	uint8_t buf[PKT_MAX], got[PKT_MAX];
	struct eth_features f;
	struct link_info info;
	size_t len;
	int sock, err;

	err = add_vlan("stk0.7", "stk0", 7);
	if (!self->tap) {
		EXPECT_EQ(-EOPNOTSUPP, err);
		return;
	}
	if (err == -EOPNOTSUPP)
		SKIP(return, "this kernel has no VLANs");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, eth_get_features("stk0.7", &f));
	EXPECT_EQ(ETH_ON, eth_feature(&f, "tx-scatter-gather"));
	EXPECT_EQ(ETH_ON, eth_feature(&f, "tx-scatter-gather-fraglist"));
	ASSERT_EQ(0, link_up("stk0"));
	ASSERT_EQ(0, link_up("stk0.7"));
	sock = psock_open("stk0.7", SOCK_RAW, 0);
	ASSERT_LE(0, sock);
	len = pkt_numbered(buf, true, 3, 100);
	ASSERT_EQ(len, psock_send(sock, "stk0.7", ETH_P_IP, buf, len));
	ASSERT_NE(0, fd_poll(self->fd, POLLIN, WAIT_MS));
	/* the tag stands behind the two addresses */
	ASSERT_EQ(len + 4, read(self->fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(buf, got, 12));
	EXPECT_EQ(0, memcmp("\x81\x00\x00\x07", got + 12, 4));
	EXPECT_EQ(0, memcmp(buf + 12, got + 16, len - 12));
	ASSERT_EQ(0, link_get("stk0", &info));
	EXPECT_EQ(1, info.stats.tx_packets);
	EXPECT_EQ(len + 4, info.stats.tx_bytes);
}

/* Add or remove a membership of a packet socket. */
static int membership(int sock, int op, int type, const uint8_t *addr)
{
	struct packet_mreq mreq = {
		.mr_ifindex = if_nametoindex("stk0"),
		.mr_type = type,
		.mr_alen = addr ? ETH_ALEN : 0,
	};

	if (addr)
		memcpy(mreq.mr_address, addr, ETH_ALEN);
	return setsockopt(sock, SOL_PACKET, op, &mreq, sizeof(mreq)) ? -errno :
								       0;
}

/* F4.9.5: no unicast filter: a second address makes a tap promiscuous */
TEST_F(stacking, second_unicast_address)
{
	int sock;

	ASSERT_EQ(0, link_up("stk0"));
	sock = psock_open("stk0", SOCK_RAW, 0);
	ASSERT_LE(0, sock);
	EXPECT_FALSE(core_flags("stk0") & IFF_PROMISC);
	if (!self->tap) {
		/* none of this length: it has no addresses at all */
		EXPECT_EQ(-EINVAL, membership(sock, PACKET_ADD_MEMBERSHIP,
					      PACKET_MR_UNICAST, pkt_mac_b));
		return;
	}
	ASSERT_EQ(0, membership(sock, PACKET_ADD_MEMBERSHIP, PACKET_MR_UNICAST,
				pkt_mac_b));
	EXPECT_TRUE(core_flags("stk0") & IFF_PROMISC);
	ASSERT_EQ(0, membership(sock, PACKET_DROP_MEMBERSHIP, PACKET_MR_UNICAST,
				pkt_mac_b));
	EXPECT_FALSE(core_flags("stk0") & IFF_PROMISC);
}

/* F4.9: promiscuous, allmulti and multicast lists are accepted */
TEST_F(stacking, rx_mode_changes_no_delivery)
{
	const uint8_t group[ETH_ALEN] = { 1, 0, 0x5e, 1, 2, 3 };
	uint8_t buf[PKT_MAX], got[PKT_MAX];
	unsigned int seq;
	int sock;

	ASSERT_EQ(0, link_up("stk0"));
	sock = psock_open("stk0", SOCK_RAW, 0);
	ASSERT_LE(0, sock);
	for (seq = 0; seq < 4; seq++) {
		size_t len = pkt_numbered(buf, self->tap, seq, 50);

		switch (seq) {
		case 1:
			ASSERT_EQ(0, link_set_flags("stk0", IFF_PROMISC, 0));
			break;
		case 2:
			ASSERT_EQ(0, link_set_flags("stk0", IFF_ALLMULTI,
						    IFF_PROMISC));
			break;
		case 3:
			ASSERT_EQ(0, self->tap ?
				  membership(sock, PACKET_ADD_MEMBERSHIP,
					     PACKET_MR_MULTICAST, group) :
				  membership(sock, PACKET_ADD_MEMBERSHIP,
					     PACKET_MR_ALLMULTI, NULL));
			break;
		}
		/* neither of these is ever the device's own address */
		ASSERT_EQ(len, psock_send(sock, "stk0", ETH_P_IP, buf, len));
		ASSERT_NE(0, fd_poll(self->fd, POLLIN, WAIT_MS));
		ASSERT_EQ(len, read(self->fd, got, sizeof(got)));
		EXPECT_EQ(0, memcmp(buf, got, len));
	}
}

/* The default qdisc's name is a setting of the first network namespace. */
static const char *default_qdisc(void)
{
	static char name[64];
	int home = ns_open(), first = open("/proc/1/ns/net", O_RDONLY);

	if (first < 0 || ns_enter(first) ||
	    file_read("/proc/sys/net/core/default_qdisc", name,
		      sizeof(name)) < 0)
		strcpy(name, "?");
	ns_enter(home);
	name[strcspn(name, "\n")] = 0;
	return name;
}

/* F4.9.1: a queueing discipline from the moment the device is up */
TEST_F(stacking, qdisc)
{
	struct link_info info;

	ASSERT_EQ(0, link_get("stk0", &info));
	EXPECT_STREQ("noop", info.qdisc);
	ASSERT_EQ(0, link_up("stk0"));
	ASSERT_EQ(0, link_get("stk0", &info));
	EXPECT_STREQ(default_qdisc(), info.qdisc);
	ASSERT_LE(0, vt_attach("stk1", variant->mode | IFF_MULTI_QUEUE));
	ASSERT_EQ(0, link_up("stk1"));
	ASSERT_EQ(0, link_get("stk1", &info));
	EXPECT_STREQ("mq", info.qdisc);
}

struct raw_send {
	uint8_t start[ETH_HLEN];
	size_t len;
	uint16_t proto;
};

/* Have the stack send it without a protocol: what packet information says. */
static int proto_of(int fd, int sock, const struct raw_send *send)
{
	uint8_t buf[128] = {}, got[256];
	struct tun_pi pi;
	ssize_t n;

	memcpy(buf, send->start, ETH_HLEN);
	n = psock_send(sock, "stk1", 0, buf, send->len);
	if (n < 0)
		return n;
	if (!fd_poll(fd, POLLIN, WAIT_MS))
		return -ETIMEDOUT;
	n = read(fd, got, sizeof(got));
	memcpy(&pi, got, sizeof(pi));
	return n == (ssize_t)(sizeof(pi) + send->len) ? ntohs(pi.proto) :
							 -EPROTO;
}

/*
 * F4.9.3: a raw send without protocol: a tun's comes from the version, if the
 * header is whole; a tap's from the frame
 */
TEST_F(stacking, protocol_of_a_raw_send)
{
	static const struct raw_send tun[] = {
		{ { 0x45 }, 20, ETH_P_IP }, { { 0x45 }, 100, ETH_P_IP },
		{ { 0x45 }, 19, 0 }, { { 0x60 }, 40, ETH_P_IPV6 },
		{ { 0x60 }, 39, 0 }, { { 0x75 }, 60, 0 },
	};
	static const struct raw_send tap[] = {
		{ { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5 }, 60,
		  0x88b5 },
		{ { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00 }, 60,
		  ETH_P_IP },
	};
	const struct raw_send *sends = self->tap ? tap : tun;
	size_t i, n = self->tap ? ARRAY_SIZE(tap) : ARRAY_SIZE(tun);
	int fd = vt_attach_nb("stk1", variant->mode), sock;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, link_up("stk1"));
	sock = psock_open("stk1", SOCK_RAW, 0);
	ASSERT_LE(0, sock);
	for (i = 0; i < n; i++) {
		EXPECT_EQ(sends[i].proto, proto_of(fd, sock, &sends[i]))
			TH_LOG("send %zu", i);
	}
}

/* Wait for an ICMPv6 packet of this type from the stack. */
static bool hears_icmp6(int fd, bool tap, int type)
{
	uint64_t end = now_ms() + WAIT_MS;
	size_t at = tap ? ETH_HLEN : 0;
	uint8_t buf[PKT_MAX];

	while (now_ms() < end) {
		ssize_t n;

		if (!fd_poll(fd, POLLIN, WAIT_MS))
			return false;
		n = read(fd, buf, sizeof(buf));
		if (n < (ssize_t)(at + 48) || buf[at] >> 4 != 6)
			continue;
		/* a multicast report has a hop-by-hop header of 8 bytes */
		if (buf[at + 6] == IPPROTO_HOPOPTS && n > (ssize_t)at + 48 &&
		    buf[at + 48] == type)
			return true;
		if (buf[at + 6] == IPPROTO_ICMPV6 && buf[at + 40] == type)
			return true;
	}
	return false;
}

/*
 * F4.9.2: IPv6 speaks as soon as the device is up. A device without ARP joins
 * no group for its own address, so a tun has nothing to report.
 */
TEST_F(stacking, ipv6_speaks_unasked)
{
	ASSERT_EQ(0, ns_link_ipv6("stk0", true));
	ASSERT_EQ(0, link_up("stk0"));
	if (self->tap) {
		EXPECT_TRUE(hears_icmp6(self->fd, true, MLD2_REPORT));
	}
	EXPECT_TRUE(hears_icmp6(self->fd, self->tap, ND_ROUTER_SOLICIT));
}

/* F4.9.2: no hardware address to make an address of: random instead */
TEST_F(stacking, ipv6_address_generation)
{
	const struct nlattr *a;
	char buf[32];

	ASSERT_EQ(0, ns_link_ipv6("stk0", true));
	ASSERT_EQ(0, link_up("stk0"));
	ASSERT_EQ(0, req_get_link(&self->req, "stk0"));
	a = req_nested(req_nested(req_attr(&self->req, IFLA_AF_SPEC), AF_INET6),
		       IFLA_INET6_ADDR_GEN_MODE);
	ASSERT_NE(NULL, a);
	EXPECT_EQ(self->tap ? IN6_ADDR_GEN_MODE_EUI64 :
		  IN6_ADDR_GEN_MODE_RANDOM, mnl_attr_get_u8(a));
	ASSERT_LT(0, file_read("/proc/sys/net/ipv6/conf/stk0/use_tempaddr",
			       buf, sizeof(buf)));
	EXPECT_EQ(self->tap ? 0 : -1, atoi(buf));
}

TEST_HARNESS_MAIN
