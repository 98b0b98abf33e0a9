// SPDX-License-Identifier: GPL-2.0-only
/* Devices that are made over rtnetlink: ip link add NAME type vtun. */
#include <kselftest_harness.h>
#include <linux/vtun.h>
#include "testlib.h"
#include "testlib_req.h"

#include <poll.h>
#include <string.h>

#define NAME	"ln0"

FIXTURE(link_new)
{
	struct req req;
};

FIXTURE_SETUP(link_new)
{
	if (vt_intree())
		SKIP(return, "in-tree tun makes no devices over rtnetlink");
	ASSERT_EQ(0, ns_fresh());
}

FIXTURE_TEARDOWN(link_new)
{
}

static struct req *start(struct req *r)
{
	req_start(r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(r->nlh, IFLA_IFNAME, NAME);
	return r;
}

static int add(struct req *r, const struct req_data *data)
{
	req_put_data(start(r), "vtun", data);
	return req_send(r);
}

/* Without a word about it: tap, persistent, nobody's, and nobody attached. */
TEST_F(link_new, defaults)
{
	struct link_info info;
	int fd;

	req_put_kind(start(&self->req), "vtun", -1);
	ASSERT_EQ(0, req_send(&self->req));
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_STREQ("vtun", info.kind);
	EXPECT_EQ(IFF_TAP, info.tun[IFLA_TUN_TYPE]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_PERSIST]);
	EXPECT_EQ(0, info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(0, info.tun[IFLA_TUN_VNET_HDR]);
	EXPECT_EQ(0, info.tun[IFLA_TUN_MULTI_QUEUE]);
	EXPECT_FALSE(info.tun_have & (1 << IFLA_TUN_OWNER));
	EXPECT_FALSE(info.tun_have & (1 << IFLA_TUN_GROUP));
	EXPECT_EQ(0, info.carrier);
	EXPECT_EQ(1500, info.mtu);
	EXPECT_EQ(ETH_ALEN, info.addr_len);
	EXPECT_EQ(1, info.num_tx);
	EXPECT_EQ(0, req_link_data(NAME, IFLA_VTUN_BACKPRESSURE));
	EXPECT_EQ(0, req_link_data(NAME, IFLA_VTUN_KEEP_CARRIER));
	EXPECT_EQ(-1, req_link_data(NAME, IFLA_VTUN_MAX_QUEUES));

	/* A program finds what it would have made. */
	fd = vt_attach(NAME, IFF_TAP | IFF_NO_PI);
	ASSERT_LE(0, fd);
	EXPECT_EQ(IFF_TAP | IFF_NO_PI | IFF_PERSIST, vt_flags(fd));
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(1, info.carrier);
	close(fd);
	EXPECT_TRUE(link_exists(NAME));
	EXPECT_EQ(0, link_del(NAME));
}

/* Every attribute says what the device is. */
TEST_F(link_new, attributes)
{
	struct link_info info;
	int fd;

	ASSERT_EQ(0, add(&self->req,
		REQ_DATA(REQ_U8(IFLA_TUN_TYPE, IFF_TUN),
			 REQ_U32(IFLA_TUN_OWNER, 1000),
			 REQ_U32(IFLA_TUN_GROUP, 1001),
			 REQ_U8(IFLA_TUN_PI, 1),
			 REQ_U8(IFLA_TUN_VNET_HDR, 1),
			 REQ_U8(IFLA_TUN_PERSIST, 1),
			 REQ_U8(IFLA_TUN_MULTI_QUEUE, 1),
			 REQ_U8(IFLA_VTUN_BACKPRESSURE, 1),
			 REQ_U32(IFLA_VTUN_MAX_QUEUES, 3),
			 REQ_U8(IFLA_VTUN_KEEP_CARRIER, 1))));
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(IFF_TUN, info.tun[IFLA_TUN_TYPE]);
	EXPECT_EQ(1000, info.tun[IFLA_TUN_OWNER]);
	EXPECT_EQ(1001, info.tun[IFLA_TUN_GROUP]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_VNET_HDR]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_MULTI_QUEUE]);
	EXPECT_EQ(0, info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(0, info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
	EXPECT_EQ(256, info.num_tx);
	EXPECT_EQ(0, info.addr_len);
	EXPECT_EQ(1, req_link_data(NAME, IFLA_VTUN_BACKPRESSURE));
	EXPECT_EQ(3, req_link_data(NAME, IFLA_VTUN_MAX_QUEUES));
	EXPECT_EQ(1, req_link_data(NAME, IFLA_VTUN_KEEP_CARRIER));
	fd = vt_attach(NAME, IFF_TUN | IFF_MULTI_QUEUE);
	ASSERT_LE(0, fd);
	EXPECT_EQ(IFF_TUN | IFF_MULTI_QUEUE | IFF_PERSIST | IFF_BACKPRESSURE |
		  IFF_NOFILTER, vt_flags(fd) | IFF_NOFILTER);
}

/*
 * It shows each attribute that has a name, once, with the size that vtun.h says,
 * and no other. Whoever adds one adds it here, to what a device shows and to how
 * much room that needs.
 */
TEST_F(link_new, shows_all)
{
	static const uint8_t size[IFLA_VTUN_MAX + 1] = {
		[IFLA_TUN_OWNER] = 4, [IFLA_TUN_GROUP] = 4,
		[IFLA_TUN_TYPE] = 1, [IFLA_TUN_PI] = 1,
		[IFLA_TUN_VNET_HDR] = 1, [IFLA_TUN_PERSIST] = 1,
		[IFLA_TUN_MULTI_QUEUE] = 1, [IFLA_TUN_NUM_QUEUES] = 4,
		[IFLA_TUN_NUM_DISABLED_QUEUES] = 4,
		[IFLA_VTUN_BACKPRESSURE] = 1, [IFLA_VTUN_MAX_QUEUES] = 4,
		[IFLA_VTUN_KEEP_CARRIER] = 1,
	};
	int type, seen[IFLA_VTUN_MAX + 1] = {};
	const struct nlattr *a, *data;
	struct req *r = &self->req;
	bool named;

	ASSERT_EQ(0, add(r, REQ_DATA(REQ_U32(IFLA_TUN_OWNER, 1000),
				     REQ_U32(IFLA_TUN_GROUP, 1001),
				     REQ_U8(IFLA_TUN_MULTI_QUEUE, 1))));
	ASSERT_EQ(0, req_get_link(r, NAME));
	data = req_nested(req_attr(r, IFLA_LINKINFO), IFLA_INFO_DATA);
	ASSERT_NE(NULL, data);
	mnl_attr_for_each_nested(a, data) {
		type = mnl_attr_get_type(a);
		ASSERT_GE(IFLA_VTUN_MAX, type);
		seen[type]++;
		EXPECT_EQ(size[type], mnl_attr_get_payload_len(a))
			TH_LOG("attribute %d", type);
	}
	for (type = 0; type <= IFLA_VTUN_MAX; type++) {
		named = (type > IFLA_TUN_UNSPEC && type <= IFLA_TUN_MAX) ||
			type >= IFLA_VTUN_BACKPRESSURE;
		EXPECT_EQ(named, seen[type])
			TH_LOG("attribute %d", type);
	}
}

/* Whose it is may attach without any capability, and nobody else. */
static int attach_tap(void *arg)
{
	int fd = vt_attach(NAME, IFF_TAP | IFF_NO_PI);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

TEST_F(link_new, owner_attaches)
{
	const struct creds owner = { .uid = 1000, .gid = 65534 };
	const struct creds other = { .uid = 1002, .gid = 65534 };

	ASSERT_EQ(0, add(&self->req, REQ_DATA(REQ_U32(IFLA_TUN_OWNER, 1000))));
	EXPECT_EQ(-EPERM, run_as(&other, attach_tap, NULL));
	EXPECT_EQ(0, run_as(&owner, attach_tap, NULL));
}

/* It stays until the last program that was attached has left. */
TEST_F(link_new, not_persistent)
{
	int fd[2];

	ASSERT_EQ(0, add(&self->req,
			 REQ_DATA(REQ_U8(IFLA_TUN_PERSIST, 0),
				  REQ_U8(IFLA_TUN_MULTI_QUEUE, 1))));
	EXPECT_EQ(0, req_link_data(NAME, IFLA_TUN_PERSIST));
	fd[0] = vt_attach(NAME, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
	fd[1] = vt_attach(NAME, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
	ASSERT_LE(0, fd[0]);
	ASSERT_LE(0, fd[1]);
	close(fd[0]);
	EXPECT_TRUE(link_exists(NAME));
	close(fd[1]);
	EXPECT_FALSE(link_exists(NAME));
}

static const uint8_t all_mac[ETH_ALEN] = { 2, 1, 2, 3, 4, 5 };

/* What ip link can say at once. */
static struct req *start_all(struct req *r, int index)
{
	struct ifinfomsg *ifi;

	start(r);
	ifi = mnl_nlmsg_get_payload(r->nlh);
	ifi->ifi_index = index;
	mnl_attr_put(r->nlh, IFLA_ADDRESS, sizeof(all_mac), all_mac);
	mnl_attr_put_u32(r->nlh, IFLA_MTU, 9000);
	mnl_attr_put_u32(r->nlh, IFLA_TXQLEN, 77);
	mnl_attr_put_u32(r->nlh, IFLA_GROUP, 5);
	mnl_attr_put_strz(r->nlh, IFLA_IFALIAS, "to the moon");
	return r;
}

/* The device has all of it, and what it was told is @mon's next message. */
#define EXPECT_ALL(r, mon, number) do {					\
	struct link_info __info;					\
	ASSERT_EQ(1, mon_next(mon, RTM_NEWLINK, NAME, &__info));	\
	EXPECT_EQ(number, __info.index);				\
	EXPECT_EQ(9000, __info.mtu);					\
	EXPECT_EQ(77, __info.txqlen);					\
	EXPECT_EQ(5, __info.group);					\
	EXPECT_EQ(ETH_ALEN, __info.addr_len);				\
	EXPECT_EQ(0, memcmp(all_mac, __info.addr, ETH_ALEN));		\
	ASSERT_EQ(0, req_get_link(r, NAME));				\
	ASSERT_NE(NULL, req_attr(r, IFLA_IFALIAS));			\
	EXPECT_STREQ("to the moon",					\
		     mnl_attr_get_str(req_attr(r, IFLA_IFALIAS)));	\
} while (0)

/* It is there at once, and told once. */
TEST_F(link_new, all_at_once)
{
	struct req *r = start_all(&self->req, 4711);
	int mon = mon_open();

	ASSERT_LE(0, mon);
	req_put_kind(r, "vtun", IFF_TAP);
	ASSERT_EQ(0, req_send(r));
	EXPECT_ALL(r, mon, 4711);
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, NAME));
}

/*
 * In another namespace, too, without ever having been in this one. When it comes
 * here it gets the number that it is to have, and keeps the rest.
 */
TEST_F(link_new, all_at_once_elsewhere)
{
	int here = ns_open(), there = ns_new(), mon = mon_open(), mon_there;
	struct req *r = start_all(&self->req, 4711);

	ASSERT_LE(0, here);
	ASSERT_LE(0, there);
	ASSERT_LE(0, mon);
	ASSERT_EQ(0, ns_enter(there));
	mon_there = mon_open();
	ASSERT_LE(0, mon_there);
	ASSERT_EQ(0, ns_enter(here));
	mnl_attr_put_u32(r->nlh, IFLA_NET_NS_FD, there);
	req_put_kind(r, "vtun", IFF_TAP);
	ASSERT_EQ(0, req_send(r));
	EXPECT_EQ(1, link_count());
	EXPECT_EQ(0, fd_poll(mon, POLLIN, 0));	/* not a word */

	ASSERT_EQ(0, ns_enter(there));
	EXPECT_EQ(2, link_count());
	EXPECT_ALL(r, mon_there, 4711);
	EXPECT_EQ(0, fd_poll(mon_there, POLLIN, 0));
	EXPECT_EQ(0, attach_tap(NULL));
	mon_count(mon_there, RTM_NEWLINK, NAME);

	req_start(r, RTM_NEWLINK, 0, 4711);
	mnl_attr_put_u32(r->nlh, IFLA_NET_NS_FD, here);
	mnl_attr_put_u32(r->nlh, IFLA_NEW_IFINDEX, 4712);
	ASSERT_EQ(0, req_send(r));
	EXPECT_EQ(1, mon_count(mon_there, RTM_DELLINK, NAME));
	EXPECT_EQ(1, link_count());
	ASSERT_EQ(0, ns_enter(here));
	EXPECT_ALL(r, mon, 4712);
	EXPECT_EQ(0, attach_tap(NULL));
}

/* A template gets a number. */
TEST_F(link_new, template)
{
	struct req *r = &self->req;

	req_start(r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(r->nlh, IFLA_IFNAME, "ln%d");
	req_put_kind(r, "vtun", IFF_TUN);
	ASSERT_EQ(0, req_send(r));
	ASSERT_EQ(0, req_send(r));
	EXPECT_TRUE(link_exists("ln0"));
	EXPECT_TRUE(link_exists("ln1"));
	/* without a name the core takes the kind's */
	req_start(r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	req_put_kind(r, "vtun", IFF_TUN);
	ASSERT_EQ(0, req_send(r));
	EXPECT_TRUE(link_exists("vtun0"));
}

static int add_there(void *arg)
{
	struct req r;

	mnl_attr_put_u32(start(&r)->nlh, IFLA_NET_NS_FD, *(int *)arg);
	req_put_kind(&r, "vtun", IFF_TAP);
	return req_send(&r);
}

/* In another namespace, where nothing is seen here. */
TEST_F(link_new, another_namespace)
{
	int here = ns_open(), there = ns_new(), mon = mon_open();

	ASSERT_LE(0, here);
	ASSERT_LE(0, there);
	ASSERT_EQ(0, add_there(&there));
	EXPECT_FALSE(link_exists(NAME));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, NAME));
	EXPECT_EQ(-EEXIST, add_there(&there));	/* the name is taken there */
	ASSERT_EQ(0, ns_enter(there));
	EXPECT_EQ(2, link_count());
	EXPECT_TRUE(link_exists(NAME));
	EXPECT_EQ(0, attach_tap(NULL));
	ASSERT_EQ(0, ns_enter(here));
}

/* It needs the capability where the device is to be, not only here. */
static int add_outside(void *arg)
{
	return ns_fresh() ?: add_there(arg);
}

TEST_F(link_new, permission_in_both_namespaces)
{
	const struct creds inner = {
		.uid = 500, .gid = 600, .caps = CAPS_ALL, .new_userns = true,
	};
	const struct creds nobody = { .uid = 65534, .gid = 65534 };
	int here = ns_open();

	EXPECT_EQ(-EPERM, run_as(&nobody, add_there, &here));
	EXPECT_EQ(-EPERM, run_as(&inner, add_outside, &here));
	EXPECT_FALSE(link_exists(NAME));
}

static int add_inside(void *arg)
{
	struct req r;
	int err = ns_fresh();

	if (err)
		return err;
	/* an id that this user namespace has not */
	err = add(&r, REQ_DATA(REQ_U32(IFLA_TUN_OWNER, 1)));
	if (err != -EINVAL || !*r.extack || link_exists(NAME) ||
	    r.bad != REQ_IN_DATA(IFLA_TUN_OWNER))
		return -EPROTO;
	err = add(&r, REQ_DATA(REQ_U32(IFLA_TUN_GROUP, 1)));
	if (err != -EINVAL || !*r.extack || link_exists(NAME) ||
	    r.bad != REQ_IN_DATA(IFLA_TUN_GROUP))
		return -EPROTO;
	err = add(&r, REQ_DATA(REQ_U32(IFLA_TUN_OWNER, 0)));
	return err ?: attach_tap(NULL);
}

/* Who has a namespace makes devices in it; ids are its own. */
TEST_F(link_new, in_a_user_namespace)
{
	const struct creds inner = {
		.uid = 500, .gid = 600, .caps = CAPS_ALL, .new_userns = true,
	};

	EXPECT_EQ(0, run_as(&inner, add_inside, NULL));
}

/* Every refusal says why, blames what is wrong, and leaves nothing. */
TEST_F(link_new, refused)
{
	static const struct {
		struct req_data data[4];	/* the first one is wrong */
		int err;
	} bad[] = {
		{ { REQ_U8(IFLA_TUN_TYPE, 0) }, -ERANGE },
		{ { REQ_U8(IFLA_TUN_TYPE, 3) }, -ERANGE },
		{ { REQ_U32(IFLA_TUN_TYPE, 2) }, -EINVAL },
		{ { REQ_U8(IFLA_TUN_PI, 2) }, -ERANGE },
		{ { REQ_U8(IFLA_TUN_VNET_HDR, 2) }, -ERANGE },
		{ { REQ_U8(IFLA_TUN_PERSIST, 2) }, -ERANGE },
		{ { REQ_U8(IFLA_TUN_MULTI_QUEUE, 2) }, -ERANGE },
		{ { REQ_U8(IFLA_TUN_OWNER, 1) }, -ERANGE },
		{ { REQ_U32(IFLA_TUN_NUM_QUEUES, 1) }, -EINVAL },
		{ { REQ_U32(IFLA_TUN_NUM_DISABLED_QUEUES, 1) }, -EINVAL },
		{ { REQ_U8(10, 1) }, -EINVAL },
		{ { REQ_U8(IFLA_VTUN_MAX + 1, 1) }, -EINVAL },
		{ { REQ_U8(IFLA_VTUN_BACKPRESSURE, 2) }, -ERANGE },
		{ { REQ_U8(IFLA_VTUN_KEEP_CARRIER, 2) }, -ERANGE },
		{ { REQ_U32(IFLA_VTUN_MAX_QUEUES, 0) }, -ERANGE },
		{ { REQ_U32(IFLA_VTUN_MAX_QUEUES, 257),
		    REQ_U8(IFLA_TUN_MULTI_QUEUE, 1) }, -ERANGE },
		{ { REQ_U32(IFLA_VTUN_MAX_QUEUES, 2) }, -EINVAL },
	};
	struct req *r = &self->req;
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		err = add(r, bad[i].data);
		/* Lengths and types that are wrong: EINVAL or ERANGE. */
		EXPECT_TRUE(err == -EINVAL || err == -ERANGE)
			TH_LOG("row %zu: %d", i, err);
		EXPECT_STRNE("", r->extack)
			TH_LOG("row %zu", i);
		EXPECT_EQ(REQ_IN_DATA(bad[i].data->type), r->bad)
			TH_LOG("row %zu", i);
		ASSERT_FALSE(link_exists(NAME));
	}
}

static int add_with(struct req *r, int attr, size_t len, const void *value,
		    int mode)
{
	mnl_attr_put(start(r)->nlh, attr, len, value);
	req_put_kind(r, "vtun", mode);
	return req_send(r);
}

/* What ip link can say, and this device can't have. */
TEST_F(link_new, refused_link_attributes)
{
	const uint8_t mac[8] = { 2, 1, 2, 3, 4, 5, 6, 7 };
	const uint8_t group[ETH_ALEN] = { 1, 1, 2, 3, 4, 5 };
	const uint32_t few = 67, many = 70000, queues = 4;
	struct req *r = &self->req;

	EXPECT_EQ(-EOPNOTSUPP, add_with(r, IFLA_ADDRESS, 6, mac, IFF_TUN));
	EXPECT_BLAMED(IFLA_ADDRESS, r);
	EXPECT_EQ(-EINVAL, add_with(r, IFLA_ADDRESS, 8, mac, IFF_TAP));
	EXPECT_BLAMED(IFLA_ADDRESS, r);
	EXPECT_EQ(-EADDRNOTAVAIL, add_with(r, IFLA_ADDRESS, 6, group, -1));
	EXPECT_BLAMED(IFLA_ADDRESS, r);
	/* the core's words, and it blames nothing */
	EXPECT_EQ(-EINVAL, add_with(r, IFLA_MTU, 4, &few, IFF_TAP));
	EXPECT_STRNE("", r->extack);
	EXPECT_EQ(-EINVAL, add_with(r, IFLA_MTU, 4, &many, IFF_TUN));
	EXPECT_STRNE("", r->extack);
	EXPECT_EQ(-EINVAL, add_with(r, IFLA_NUM_TX_QUEUES, 4, &queues, -1));
	EXPECT_BLAMED(IFLA_NUM_TX_QUEUES, r);
	EXPECT_EQ(-EINVAL, add_with(r, IFLA_NUM_RX_QUEUES, 4, &queues, -1));
	EXPECT_BLAMED(IFLA_NUM_RX_QUEUES, r);
	EXPECT_EQ(-EOPNOTSUPP,
		  add_with(r, IFLA_PROP_LIST | NLA_F_NESTED, 0, NULL, -1));
	EXPECT_BLAMED(IFLA_PROP_LIST, r);
	EXPECT_FALSE(link_exists(NAME));
	/* a name and an index that are taken */
	req_put_kind(start(r), "vtun", IFF_TAP);
	ASSERT_EQ(0, req_send(r));
	EXPECT_EQ(-EEXIST, req_send(r));
	mnl_attr_put_strz(start(r)->nlh, IFLA_IFALIAS, "x");
	((struct ifinfomsg *)mnl_nlmsg_get_payload(r->nlh))->ifi_index = 1;
	req_put_kind(r, "vtun", IFF_TAP);
	EXPECT_GT(0, req_send(r));
	EXPECT_EQ(2, link_count());
	/* names that the core refuses when it is asked to register them */
	req_start(r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(r->nlh, IFLA_IFNAME, "a/b");
	req_put_kind(r, "vtun", IFF_TAP);
	EXPECT_EQ(-EINVAL, req_send(r));
	EXPECT_BLAMED(IFLA_IFNAME, r);
	EXPECT_EQ(2, link_count());
}

TEST_HARNESS_MAIN
