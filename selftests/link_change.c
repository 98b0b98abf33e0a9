// SPDX-License-Identifier: GPL-2.0-only
/* What rtnetlink and ethtool change on devices that are there. */
#include <kselftest_harness.h>
#include <linux/vtun.h>
#include "testlib.h"
#include "testlib_eth.h"
#include "testlib_hook.h"
#include "testlib_req.h"

#include <fcntl.h>

#define NAME	"lc0"

FIXTURE(link_change)
{
	int fd;
	struct req req;
};

FIXTURE_VARIANT(link_change)
{
	int flags;
};

FIXTURE_VARIANT_ADD(link_change, tun)
{
	.flags = IFF_TUN | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(link_change, tap_multi_queue)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(link_change)
{
	if (vt_intree())
		SKIP(return, "in-tree tun changes nothing over rtnetlink");
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, vt_persist(self->fd, true));
}

FIXTURE_TEARDOWN(link_change)
{
}

static int set(struct req *r, const struct req_data *data)
{
	req_start(r, RTM_NEWLINK, 0, link_index(NAME));
	req_put_data(r, "vtun", data);
	return req_send(r);
}

static int set_one(struct req *r, int type, int size, uint32_t value)
{
	return set(r, REQ_DATA({ type, size, value }));
}

/* Owner and group, which may be nobody again; who listens is told. */
TEST_F(link_change, owner_and_group)
{
	struct req *r = &self->req;
	int mon = mon_open();
	char text[32];

	ASSERT_LE(0, mon);
	ASSERT_EQ(0, link_up(NAME));
	mon_count(mon, RTM_NEWLINK, NAME);
	ASSERT_EQ(0, set(r, REQ_DATA(REQ_U32(IFLA_TUN_OWNER, 7),
				     REQ_U32(IFLA_TUN_GROUP, 8))));
	EXPECT_EQ(1, mon_count(mon, RTM_NEWLINK, NAME));
	EXPECT_EQ(7, req_link_data(NAME, IFLA_TUN_OWNER));
	EXPECT_EQ(8, req_link_data(NAME, IFLA_TUN_GROUP));
	ASSERT_LT(0, sysfs_read(NAME, "owner", text, sizeof(text)));
	EXPECT_EQ(7, atoi(text));
	ASSERT_EQ(0, set(r, REQ_DATA(REQ_U32(IFLA_TUN_OWNER, -1))));
	EXPECT_EQ(-1, req_link_data(NAME, IFLA_TUN_OWNER));
	EXPECT_EQ(8, req_link_data(NAME, IFLA_TUN_GROUP));
	ASSERT_EQ(0, set(r, REQ_DATA(REQ_U32(IFLA_TUN_GROUP, -1))));
	EXPECT_EQ(-1, req_link_data(NAME, IFLA_TUN_GROUP));
}

/* As TUNSETPERSIST, without a file. */
TEST_F(link_change, persist)
{
	struct req *r = &self->req;

	ASSERT_EQ(0, set_one(r, IFLA_TUN_PERSIST, 1, 0));
	EXPECT_FALSE(vt_flags(self->fd) & IFF_PERSIST);
	ASSERT_EQ(0, set_one(r, IFLA_TUN_PERSIST, 1, 1));
	EXPECT_TRUE(vt_flags(self->fd) & IFF_PERSIST);
	close(self->fd);
	ASSERT_TRUE(link_exists(NAME));
	ASSERT_EQ(0, set_one(r, IFLA_TUN_PERSIST, 1, 0));
	ASSERT_TRUE(link_exists(NAME));
	self->fd = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, self->fd);
	close(self->fd);
	EXPECT_FALSE(link_exists(NAME));
}

/* The program that is attached has chosen its headers. */
TEST_F(link_change, headers)
{
	struct req *r = &self->req;

	EXPECT_EQ(-EBUSY, set_one(r, IFLA_TUN_PI, 1, 1));
	EXPECT_BLAMED(REQ_IN_DATA(IFLA_TUN_PI), r);
	EXPECT_EQ(-EBUSY, set_one(r, IFLA_TUN_VNET_HDR, 1, 1));
	EXPECT_BLAMED(REQ_IN_DATA(IFLA_TUN_VNET_HDR), r);
	/* what they are can be said; of two the one that would change is blamed */
	EXPECT_EQ(-EBUSY, set(r, REQ_DATA(REQ_U8(IFLA_TUN_PI, 0),
					  REQ_U8(IFLA_TUN_VNET_HDR, 1))));
	EXPECT_BLAMED(REQ_IN_DATA(IFLA_TUN_VNET_HDR), r);
	EXPECT_EQ(-EBUSY, set(r, REQ_DATA(REQ_U8(IFLA_TUN_VNET_HDR, 0),
					  REQ_U8(IFLA_TUN_PI, 1))));
	EXPECT_BLAMED(REQ_IN_DATA(IFLA_TUN_PI), r);
	EXPECT_EQ(0, set_one(r, IFLA_TUN_PI, 1, 0));
	EXPECT_EQ(variant->flags | IFF_PERSIST, vt_flags(self->fd));
	close(self->fd);
	ASSERT_EQ(0, set(r, REQ_DATA(REQ_U8(IFLA_TUN_PI, 1),
				     REQ_U8(IFLA_TUN_VNET_HDR, 1))));
	EXPECT_EQ(1, req_link_data(NAME, IFLA_TUN_PI));
	EXPECT_EQ(1, req_link_data(NAME, IFLA_TUN_VNET_HDR));
	ASSERT_EQ(0, set_one(r, IFLA_TUN_PI, 1, 0));
	EXPECT_EQ(0, req_link_data(NAME, IFLA_TUN_PI));
	EXPECT_EQ(1, req_link_data(NAME, IFLA_TUN_VNET_HDR));
	/* the next one chooses again */
	self->fd = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(variant->flags | IFF_PERSIST, vt_flags(self->fd));
}

/* What a device is for life; saying what it is does no harm. */
TEST_F(link_change, never)
{
	bool tun = variant->flags & IFF_TUN;
	bool multi = variant->flags & IFF_MULTI_QUEUE;
	struct req *r = &self->req;

	EXPECT_EQ(-EOPNOTSUPP, set_one(r, IFLA_TUN_TYPE, 1,
				       tun ? IFF_TAP : IFF_TUN));
	EXPECT_BLAMED(REQ_IN_DATA(IFLA_TUN_TYPE), r);
	EXPECT_EQ(-EOPNOTSUPP, set_one(r, IFLA_TUN_MULTI_QUEUE, 1, !multi));
	EXPECT_BLAMED(REQ_IN_DATA(IFLA_TUN_MULTI_QUEUE), r);
	EXPECT_EQ(0, set(r, REQ_DATA(REQ_U8(IFLA_TUN_TYPE,
					    tun ? IFF_TUN : IFF_TAP),
				     REQ_U8(IFLA_TUN_MULTI_QUEUE, multi))));
	/* with something else that could be done, nothing is */
	EXPECT_EQ(-EOPNOTSUPP,
		  set(r, REQ_DATA(REQ_U32(IFLA_TUN_OWNER, 9),
				  REQ_U8(IFLA_TUN_MULTI_QUEUE, !multi))));
	EXPECT_BLAMED(REQ_IN_DATA(IFLA_TUN_MULTI_QUEUE), r);
	EXPECT_EQ(-1, req_link_data(NAME, IFLA_TUN_OWNER));
	EXPECT_EQ(-EINVAL, set_one(r, IFLA_TUN_NUM_QUEUES, 4, 1));
	EXPECT_BLAMED(REQ_IN_DATA(IFLA_TUN_NUM_QUEUES), r);
	req_start(r, RTM_NEWLINK, 0, link_index(NAME));
	mnl_attr_put_u32(r->nlh, IFLA_NUM_TX_QUEUES, 4);
	req_put_kind(r, "vtun", -1);
	EXPECT_EQ(-EINVAL, req_send(r));
	EXPECT_BLAMED(IFLA_NUM_TX_QUEUES, r);
}

/* What the administrator says holds for programs that never heard of it. */
TEST_F(link_change, backpressure)
{
	struct req *r = &self->req;
	int more;

	ASSERT_EQ(0, set_one(r, IFLA_VTUN_BACKPRESSURE, 1, 1));
	EXPECT_TRUE(vt_flags(self->fd) & IFF_BACKPRESSURE);
	close(self->fd);
	EXPECT_EQ(1, req_link_data(NAME, IFLA_VTUN_BACKPRESSURE));
	self->fd = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, self->fd);
	EXPECT_TRUE(vt_flags(self->fd) & IFF_BACKPRESSURE);
	if (variant->flags & IFF_MULTI_QUEUE) {
		more = vt_attach(NAME, variant->flags);
		ASSERT_LE(0, more);
		EXPECT_EQ(-EBUSY, set_one(r, IFLA_VTUN_BACKPRESSURE, 1, 0));
		EXPECT_BLAMED(REQ_IN_DATA(IFLA_VTUN_BACKPRESSURE), r);
		EXPECT_EQ(0, set_one(r, IFLA_VTUN_BACKPRESSURE, 1, 1));
		close(more);
	}
	ASSERT_EQ(0, set_one(r, IFLA_VTUN_BACKPRESSURE, 1, 0));
	EXPECT_FALSE(vt_flags(self->fd) & IFF_BACKPRESSURE);
	close(self->fd);
	/* theirs can't be ended with more than one queue either */
	if (variant->flags & IFF_MULTI_QUEUE) {
		self->fd = vt_attach(NAME, variant->flags | IFF_BACKPRESSURE);
		more = vt_attach(NAME, variant->flags | IFF_BACKPRESSURE);
		ASSERT_LE(0, more);
		EXPECT_EQ(-EBUSY, set_one(r, IFLA_VTUN_BACKPRESSURE, 1, 0));
		EXPECT_BLAMED(REQ_IN_DATA(IFLA_VTUN_BACKPRESSURE), r);
		EXPECT_TRUE(vt_flags(self->fd) & IFF_BACKPRESSURE);
		close(more);
		close(self->fd);
	}
	/* programs ask for it as ever, and it ends with the last one's wish */
	self->fd = vt_attach(NAME, variant->flags | IFF_BACKPRESSURE);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(1, req_link_data(NAME, IFLA_VTUN_BACKPRESSURE));
	close(self->fd);
	self->fd = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, req_link_data(NAME, IFLA_VTUN_BACKPRESSURE));
}

static unsigned int read_all(int fd)
{
	unsigned int n = 0;
	char buf[2048];

	while (read(fd, buf, sizeof(buf)) > 0)
		n++;
	return n;
}

/* What back pressure has stopped goes on when it is switched off. */
TEST_F(link_change, backpressure_off_wakes)
{
	bool eth = !(variant->flags & IFF_TUN);
	struct req *r = &self->req;
	unsigned int i;

	ASSERT_EQ(0, set_one(r, IFLA_VTUN_BACKPRESSURE, 1, 1));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, link_set_txqlen(NAME, 2));
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, hook_root(link_index(NAME), "pfifo"));
	read_all(self->fd);
	for (i = 0; i < 4; i++)
		ASSERT_LT(0, psock_feed(NAME, eth, i, 20));
	/* two wait in the fifo, two in the qdisc, which nobody asks yet */
	ASSERT_EQ(0, set_one(r, IFLA_VTUN_BACKPRESSURE, 1, 0));
	/* The qdisc gave all it had, and there was room for none. */
	EXPECT_EQ(2, read_all(self->fd));
	ASSERT_LT(0, psock_feed(NAME, eth, 4, 20));
	EXPECT_TRUE(wait_for(read_all(self->fd) == 1, 1000));
}

static int set_channels(uint32_t n)
{
	struct ethtool_channels ch = {
		.cmd = ETHTOOL_SCHANNELS, .combined_count = n,
	};

	return eth_ioctl(NAME, &ch);
}

static int get_channels(void)
{
	struct ethtool_channels ch = { .cmd = ETHTOOL_GCHANNELS };

	return eth_ioctl(NAME, &ch) ?: (int)ch.combined_count;
}

/* The limit, by ethtool -L too: parked queues count, and those that are there
 * stay.
 */
TEST_F(link_change, max_queues)
{
	struct req *r = &self->req;
	int fd[2];

	if (!(variant->flags & IFF_MULTI_QUEUE)) {
		EXPECT_EQ(-EINVAL, set_one(r, IFLA_VTUN_MAX_QUEUES, 4, 2));
		EXPECT_BLAMED(REQ_IN_DATA(IFLA_VTUN_MAX_QUEUES), r);
		EXPECT_EQ(-EINVAL, set_channels(2));
		EXPECT_EQ(-EINVAL, set_channels(0));
		EXPECT_EQ(0, set_one(r, IFLA_VTUN_MAX_QUEUES, 4, 1));
		return;
	}
	EXPECT_EQ(1, get_channels());
	EXPECT_EQ(256, req_link_data(NAME, IFLA_VTUN_MAX_QUEUES));
	ASSERT_EQ(0, set_one(r, IFLA_VTUN_MAX_QUEUES, 4, 2));
	EXPECT_EQ(2, get_channels());
	fd[0] = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, fd[0]);
	EXPECT_EQ(-E2BIG, vt_attach(NAME, variant->flags));
	ASSERT_EQ(0, vt_set_queue(fd[0], IFF_DETACH_QUEUE));
	EXPECT_EQ(-E2BIG, vt_attach(NAME, variant->flags));
	EXPECT_EQ(-EBUSY, set_one(r, IFLA_VTUN_MAX_QUEUES, 4, 1));
	EXPECT_BLAMED(REQ_IN_DATA(IFLA_VTUN_MAX_QUEUES), r);
	EXPECT_EQ(-EBUSY, set_channels(1));
	EXPECT_EQ(-EINVAL, set_channels(257));
	ASSERT_EQ(0, set_channels(3));
	EXPECT_EQ(3, req_link_data(NAME, IFLA_VTUN_MAX_QUEUES));
	fd[1] = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, fd[1]);
	EXPECT_EQ(-E2BIG, vt_attach(NAME, variant->flags));
	ASSERT_EQ(0, set_channels(256));
	EXPECT_EQ(2, get_channels());
}

static int set_owner(void *arg)
{
	struct req r;

	return set_one(&r, IFLA_TUN_OWNER, 4, 1000);
}

/* Even its owner may not, without the capability. */
TEST_F(link_change, privileges)
{
	const struct creds owner = { .uid = 1000, .gid = 1000 };

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOWNER, 1000));
	EXPECT_EQ(-EPERM, run_as(&owner, set_owner, NULL));
}

static int ring(uint32_t cmd, uint32_t *len, uint32_t *max)
{
	struct ethtool_ringparam ring = { .cmd = cmd, .tx_pending = *len };
	int err = eth_ioctl(NAME, &ring);

	*len = ring.tx_pending;
	*max = ring.tx_max_pending;
	return err;
}

/* ethtool -g and -G: the fifo's length is the device's tx_queue_len. */
TEST_F(link_change, ring)
{
	uint32_t len = 0, max = 0, other;
	struct link_info info;
	unsigned int i;
	char buf[2048];

	ASSERT_EQ(0, ring(ETHTOOL_GRINGPARAM, &len, &max));
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(info.txqlen, len);
	EXPECT_LT(1000, max);
	len = 3;
	ASSERT_EQ(0, ring(ETHTOOL_SRINGPARAM, &len, &other));
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(3, info.txqlen);
	/* and not in words only */
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, link_up(NAME));
	while (read(self->fd, buf, sizeof(buf)) > 0)
		;
	for (i = 0; i < 5; i++)
		psock_feed(NAME, !(variant->flags & IFF_TUN), i, 20);
	for (i = 0; read(self->fd, buf, sizeof(buf)) > 0; i++)
		;
	EXPECT_EQ(3, i);
	len = max + 1;
	EXPECT_EQ(-EINVAL, ring(ETHTOOL_SRINGPARAM, &len, &other));
	ASSERT_EQ(0, link_set_txqlen(NAME, 50));
	ASSERT_EQ(0, ring(ETHTOOL_GRINGPARAM, &len, &max));
	EXPECT_EQ(50, len);
}

TEST_HARNESS_MAIN
