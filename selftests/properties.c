// SPDX-License-Identifier: GPL-2.0-only
/* What a new device is like, and which of its numbers can be changed. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_eth.h"
#include "testlib_req.h"

#define ALL_FLAGS	(IFF_UP | IFF_BROADCAST | IFF_POINTOPOINT | \
			 IFF_NOARP | IFF_MULTICAST | IFF_PROMISC | \
			 IFF_ALLMULTI | IFF_LOOPBACK | IFF_DYNAMIC)

FIXTURE(properties)
{
	int fd;
	bool tap;
	struct link_info info;
	struct req req;
};

FIXTURE_VARIANT(properties)
{
	int flags;
};

FIXTURE_VARIANT_ADD(properties, tun)
{
	.flags = IFF_TUN,
};

FIXTURE_VARIANT_ADD(properties, tap)
{
	.flags = IFF_TAP,
};

FIXTURE_VARIANT_ADD(properties, tun_multi_queue)
{
	.flags = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE,
};

FIXTURE_VARIANT_ADD(properties, tap_multi_queue)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(properties)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach_nb("prop0", variant->flags);
	ASSERT_LE(0, self->fd);
	self->tap = variant->flags & IFF_TAP;
	ASSERT_EQ(0, link_get("prop0", &self->info));
}

FIXTURE_TEARDOWN(properties)
{
}

/* F4.1 F2.36: type, flags and sizes; down at first */
TEST_F(properties, at_creation)
{
	const struct link_info *i = &self->info;

	EXPECT_EQ(self->tap ? ARPHRD_ETHER : ARPHRD_NONE, i->type);
	EXPECT_EQ(self->tap ? IFF_BROADCAST | IFF_MULTICAST :
		  IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST,
		  i->flags & ALL_FLAGS);
	EXPECT_EQ(1500, i->mtu);
	EXPECT_EQ(68, i->min_mtu);
	EXPECT_EQ(self->tap ? 65521 : 65535, i->max_mtu);
	EXPECT_EQ(self->tap ? 1000 : 500, i->txqlen);
	EXPECT_EQ(self->tap ? ETH_ALEN : 0, i->addr_len);
	EXPECT_EQ(self->tap ? ETH_ALEN : 0, i->brd_len);
}

/* F4.4: limits of segmentation, whatever the MTU */
TEST_F(properties, segmentation_limits)
{
	struct link_info now;

	ASSERT_EQ(0, link_set_mtu("prop0", 9000));
	ASSERT_EQ(0, link_get("prop0", &now));
	EXPECT_EQ(65536, now.gso_max_size);
	EXPECT_EQ(65535, now.gso_max_segs);
	EXPECT_EQ(65536, now.tso_max_size);
	EXPECT_EQ(65535, now.tso_max_segs);
	EXPECT_EQ(65536, now.gro_max_size);
}

/* F4.6: stands alone */
TEST_F(properties, has_no_relatives)
{
	ASSERT_EQ(0, req_get_link(&self->req, "prop0"));
	EXPECT_EQ(NULL, req_attr(&self->req, IFLA_LINK));
	EXPECT_EQ(NULL, req_attr(&self->req, IFLA_MASTER));
	EXPECT_EQ(NULL, req_attr(&self->req, IFLA_LINK_NETNSID));
	EXPECT_EQ(NULL, req_attr(&self->req, IFLA_PHYS_PORT_ID));
	EXPECT_EQ(NULL, req_attr(&self->req, IFLA_PHYS_SWITCH_ID));
	EXPECT_EQ(0, self->info.group);
	EXPECT_EQ(self->info.index, self->info.iflink);
	EXPECT_EQ(0, self->info.master);
}

/* F4.5: as many queues as there ever can be, one of them in use */
TEST_F(properties, queue_numbers)
{
	unsigned int most = variant->flags & IFF_MULTI_QUEUE ? 256 : 1;
	struct ethtool_channels ch = { .cmd = ETHTOOL_GCHANNELS };
	int err;

	EXPECT_EQ(most, self->info.num_tx);
	/* a kernel without receive packet steering leaves the other one out */
	ASSERT_EQ(0, req_get_link(&self->req, "prop0"));
	if (req_attr(&self->req, IFLA_NUM_RX_QUEUES)) {
		EXPECT_EQ(most, self->info.num_rx);
	}
	err = eth_ioctl("prop0", &ch);
	if (err == -EOPNOTSUPP && vt_intree() && !kernel_at_least(6, 12))
		SKIP(return, "this kernel's in-tree driver shows no channels");
	ASSERT_EQ(0, err);
	EXPECT_EQ(1, ch.combined_count);
	EXPECT_EQ(most, ch.max_combined);
}

/* F4.2: limits of the MTU, with the core's words */
TEST_F(properties, mtu_range)
{
	const unsigned int good[] = {
		68, 576, 1500, 9000, self->info.max_mtu,
	};
	struct req *r = &self->req;
	struct link_info now;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		ASSERT_EQ(0, link_set_mtu("prop0", good[i]));
		ASSERT_EQ(0, link_get("prop0", &now));
		EXPECT_EQ(good[i], now.mtu);
	}
	req_start(r, RTM_NEWLINK, 0, self->info.index);
	mnl_attr_put_u32(r->nlh, IFLA_MTU, 67);
	EXPECT_EQ(-EINVAL, req_send(r));
	EXPECT_STREQ("mtu less than device minimum", r->extack);
	req_start(r, RTM_NEWLINK, 0, self->info.index);
	mnl_attr_put_u32(r->nlh, IFLA_MTU, self->info.max_mtu + 1);
	EXPECT_EQ(-EINVAL, req_send(r));
	EXPECT_STREQ("mtu greater than device maximum", r->extack);
	ASSERT_EQ(0, link_get("prop0", &now));
	EXPECT_EQ(self->info.max_mtu, now.mtu);
	EXPECT_EQ(self->info.max_mtu, now.max_mtu);
}

/* F4.2: the MTU limits the stack, not what the program may write or read */
TEST_F(properties, mtu_is_no_limit_here)
{
	size_t pi = variant->flags & IFF_NO_PI ? 0 : sizeof(struct tun_pi);
	uint8_t buf[PKT_MAX] = {}, got[PKT_MAX];
	struct link_info now;
	size_t len;
	int sock;

	ASSERT_EQ(0, link_set_mtu("prop0", 100));
	ASSERT_EQ(0, link_up("prop0"));
	sock = psock_open("prop0", SOCK_RAW, ETH_P_ALL);
	ASSERT_LE(0, sock);
	if (pi)
		memcpy(buf, &(struct tun_pi){ .proto = htons(ETH_P_IP) }, pi);
	len = pkt_numbered(buf + pi, self->tap, 1, 1400);
	ASSERT_EQ(pi + len, write(self->fd, buf, pi + len));
	EXPECT_EQ(len, psock_recv(sock, 0, got, sizeof(got), WAIT_MS));
	EXPECT_EQ(0, memcmp(buf + pi, got, len));
	/* a packet that was queued before the MTU shrank is read whole */
	ASSERT_EQ(0, link_set_mtu("prop0", 1500));
	ASSERT_EQ(len, psock_send(sock, "prop0", ETH_P_IP, buf + pi, len));
	ASSERT_NE(0, fd_poll(self->fd, POLLIN, WAIT_MS));
	ASSERT_EQ(0, link_set_mtu("prop0", 100));
	EXPECT_EQ(pi + len, read(self->fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(buf, got, pi + len));
	ASSERT_EQ(0, link_get("prop0", &now));
	EXPECT_EQ(1, now.stats.rx_packets);
	EXPECT_EQ(1, now.stats.tx_packets);
}

/* F4.3 F10.2: the queue length has a limit, and stays on the device */
TEST_F(properties, txqueuelen)
{
	struct link_info now;

	ASSERT_EQ(0, link_set_txqlen("prop0", 32767));
	ASSERT_EQ(0, link_get("prop0", &now));
	EXPECT_EQ(32767, now.txqlen);
	EXPECT_EQ(-ERANGE, link_set_txqlen("prop0", 32768));
	EXPECT_EQ(-ERANGE, link_set_txqlen("prop0", ~0U));
	ASSERT_EQ(0, link_get("prop0", &now));
	EXPECT_EQ(32767, now.txqlen);
	ASSERT_EQ(0, link_set_txqlen("prop0", 1));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	ASSERT_LE(0, vt_attach("prop0", variant->flags));
	ASSERT_EQ(0, link_get("prop0", &now));
	EXPECT_EQ(1, now.txqlen);
}

TEST_HARNESS_MAIN
