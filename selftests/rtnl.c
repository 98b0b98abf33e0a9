// SPDX-License-Identifier: GPL-2.0-only
/* The device in rtnetlink: what a dump holds, what a request can do. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_req.h"

#include <linux/vtun.h>

#define IN_TREE_WORDS	"tun/tap creation via rtnetlink is not supported."

FIXTURE(rtnl)
{
	int fd;
	int index;
	struct req req;
};

FIXTURE_VARIANT(rtnl)
{
	int flags;
};

FIXTURE_VARIANT_ADD(rtnl, tun)
{
	.flags = IFF_TUN,
};

FIXTURE_VARIANT_ADD(rtnl, tap)
{
	.flags = IFF_TAP | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(rtnl, tun_multi_queue)
{
	.flags = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE,
};

FIXTURE_VARIANT_ADD(rtnl, tap_multi_queue)
{
	.flags = IFF_TAP | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(rtnl)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach("rt0", variant->flags);
	ASSERT_LE(0, self->fd);
	self->index = link_index("rt0");
	ASSERT_LT(0, self->index);
}

FIXTURE_TEARDOWN(rtnl)
{
}

/* The numbers of IFLA_INFO_DATA's attributes as a string, "3 4 5 …". */
static const char *data_order(const char *name)
{
	static char order[128];
	struct link_info info;
	int i;

	order[0] = 0;
	if (link_get(name, &info))
		return "no link";
	for (i = 0; i < info.tun_count; i++)
		sprintf(order + strlen(order), "%s%d", i ? " " : "",
			info.tun_order[i]);
	return order;
}

/* F4.30: kind and data, in the order of the in-tree driver */
TEST_F(rtnl, dump)
{
	bool multi = variant->flags & IFF_MULTI_QUEUE;
	struct link_info info;

	ASSERT_EQ(0, link_get("rt0", &info));
	EXPECT_STREQ(vt_driver(), info.kind);
	EXPECT_STREQ(multi ? "3 4 5 6 7 8 9" : "3 4 5 6 7", data_order("rt0"));
	EXPECT_EQ(variant->flags & 3, info.tun[IFLA_TUN_TYPE]);
	EXPECT_EQ(!(variant->flags & IFF_NO_PI), info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(0, info.tun[IFLA_TUN_VNET_HDR]);
	EXPECT_EQ(0, info.tun[IFLA_TUN_PERSIST]);
	EXPECT_EQ(multi, info.tun[IFLA_TUN_MULTI_QUEUE]);
	if (multi) {
		EXPECT_EQ(1, info.tun[IFLA_TUN_NUM_QUEUES]);
		EXPECT_EQ(0, info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
	}
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETGROUP, 5));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	EXPECT_STREQ(multi ? "3 2 4 5 6 7 8 9" : "3 2 4 5 6 7",
		     data_order("rt0"));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOWNER, 6));
	EXPECT_STREQ(multi ? "3 1 2 4 5 6 7 8 9" : "3 1 2 4 5 6 7",
		     data_order("rt0"));
	ASSERT_EQ(0, link_get("rt0", &info));
	EXPECT_EQ(6, info.tun[IFLA_TUN_OWNER]);
	EXPECT_EQ(5, info.tun[IFLA_TUN_GROUP]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_PERSIST]);
}

/* F4.30: the width of each attribute is part of the ABI too */
TEST_F(rtnl, widths)
{
	const int width[] = { 0, 4, 4, 1, 1, 1, 1, 1, 4, 4 };
	const struct nlattr *data, *a;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOWNER, 6));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETGROUP, 5));
	ASSERT_EQ(0, req_get_link(&self->req, "rt0"));
	data = req_nested(req_attr(&self->req, IFLA_LINKINFO), IFLA_INFO_DATA);
	ASSERT_NE(NULL, data);
	mnl_attr_for_each_nested(a, data) {
		int type = mnl_attr_get_type(a);

		if (!vt_intree() && type >= IFLA_VTUN_BACKPRESSURE)
			continue;	/* link_new knows these */
		ASSERT_GT((int)ARRAY_SIZE(width), type);
		EXPECT_EQ(width[type], mnl_attr_get_payload_len(a))
			TH_LOG("attribute %d", type);
	}
}

/* F4.30 F4.35 F9.5: the queue numbers follow, with news only while up */
TEST_F(rtnl, queues)
{
	int mon = mon_open(), second;
	struct link_info info;

	ASSERT_LE(0, mon);
	if (!(variant->flags & IFF_MULTI_QUEUE)) {
		ASSERT_EQ(0, link_get("rt0", &info));
		EXPECT_FALSE(info.tun_have & (1 << IFLA_TUN_NUM_QUEUES));
		EXPECT_FALSE(info.tun_have &
			     (1 << IFLA_TUN_NUM_DISABLED_QUEUES));
		return;
	}
	second = vt_attach("rt0", variant->flags);
	ASSERT_LE(0, second);
	ASSERT_EQ(0, vt_set_queue(second, IFF_DETACH_QUEUE));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, "rt0"));
	ASSERT_EQ(0, link_get("rt0", &info));
	EXPECT_EQ(1, info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
	ASSERT_EQ(0, link_up("rt0"));
	mon_count(mon, RTM_NEWLINK, "rt0");
	ASSERT_EQ(0, vt_set_queue(second, IFF_ATTACH_QUEUE));
	EXPECT_EQ(1, mon_count(mon, RTM_NEWLINK, "rt0"));
	ASSERT_EQ(0, link_get("rt0", &info));
	EXPECT_EQ(2, info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(0, info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
	ASSERT_EQ(0, vt_set_queue(second, IFF_DETACH_QUEUE));
	EXPECT_EQ(1, mon_count(mon, RTM_NEWLINK, "rt0"));
	close(second);
	EXPECT_EQ(1, mon_count(mon, RTM_NEWLINK, "rt0"));
	ASSERT_EQ(0, link_get("rt0", &info));
	EXPECT_EQ(0, info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
}

/* F4.32: no creation by netlink, for a new name or an existing device; vtun
 * has it, see link_new
 */
TEST_F(rtnl, newlink_is_refused)
{
	struct req *r = &self->req;
	struct link_info info;

	if (!vt_intree())
		SKIP(return, "vtun devices can be made over rtnetlink");
	req_start(r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(r->nlh, IFLA_IFNAME, "rt1");
	req_put_kind(r, vt_driver(), variant->flags & 3);
	EXPECT_EQ(-EOPNOTSUPP, req_send(r));
	EXPECT_STREQ(IN_TREE_WORDS, r->extack);
	EXPECT_FALSE(link_exists("rt1"));
	/* without INFO_DATA */
	req_start(r, RTM_NEWLINK, NLM_F_CREATE, 0);
	mnl_attr_put_strz(r->nlh, IFLA_IFNAME, "rt1");
	req_put_kind(r, vt_driver(), -1);
	EXPECT_EQ(-EOPNOTSUPP, req_send(r));
	EXPECT_STREQ(IN_TREE_WORDS, r->extack);
	EXPECT_FALSE(link_exists("rt1"));
	/* the device that is there: before anything else is looked at */
	req_start(r, RTM_NEWLINK, 0, self->index);
	mnl_attr_put_u32(r->nlh, IFLA_MTU, 1400);
	req_put_kind(r, vt_driver(), variant->flags & 3);
	EXPECT_EQ(-EOPNOTSUPP, req_send(r));
	EXPECT_STREQ(IN_TREE_WORDS, r->extack);
	ASSERT_EQ(0, link_get("rt0", &info));
	EXPECT_EQ(1500, info.mtu);
	/* no such device at all */
	req_start(r, RTM_NEWLINK, 0, 9999);
	req_put_kind(r, vt_driver(), -1);
	EXPECT_EQ(-EOPNOTSUPP, req_send(r));
	EXPECT_STREQ(IN_TREE_WORDS, r->extack);
}

static int newlink(void *arg)
{
	struct req r;

	req_start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	req_put_kind(&r, vt_driver(), -1);
	return req_send(&r);
}

/* F4.32: who may not change links is told that first */
TEST_F(rtnl, newlink_needs_the_capability)
{
	const struct creds nobody = { .uid = 65534, .gid = 65534 };

	EXPECT_EQ(-EPERM, run_as(&nobody, newlink, NULL));
	EXPECT_EQ(vt_intree() ? -EOPNOTSUPP : 0, newlink(NULL));
}

/* F4.33: without the kind, a request works as for any device */
TEST_F(rtnl, setlink)
{
	struct req *r = &self->req;
	struct link_info info;

	req_start(r, RTM_NEWLINK, 0, self->index);
	mnl_attr_put_u32(r->nlh, IFLA_MTU, 1400);
	mnl_attr_put_u32(r->nlh, IFLA_GROUP, 7);
	mnl_attr_put_u32(r->nlh, IFLA_TXQLEN, 100);
	mnl_attr_put_u8(r->nlh, IFLA_CARRIER, 0);
	mnl_attr_put_strz(r->nlh, IFLA_IFALIAS, "a tunnel");
	ASSERT_EQ(0, req_send(r));
	req_start(r, RTM_SETLINK, 0, self->index);
	mnl_attr_put_strz(r->nlh, IFLA_IFNAME, "rt9");
	ASSERT_EQ(0, req_send(r));
	ASSERT_EQ(0, link_get("rt9", &info));
	EXPECT_EQ(self->index, info.index);
	EXPECT_EQ(1400, info.mtu);
	EXPECT_EQ(7, info.group);
	EXPECT_EQ(100, info.txqlen);
	EXPECT_EQ(0, info.carrier);
	ASSERT_EQ(0, req_get_link(r, "rt9"));
	ASSERT_NE(NULL, req_attr(r, IFLA_IFALIAS));
	EXPECT_STREQ("a tunnel", mnl_attr_get_str(req_attr(r, IFLA_IFALIAS)));
}

/* F4.33: data for another kind's device is refused by the core */
TEST_F(rtnl, data_of_another_kind)
{
	struct req *r = &self->req;
	struct link_info info;

	req_start(r, RTM_NEWLINK, 0, self->index);
	mnl_attr_put_u32(r->nlh, IFLA_MTU, 1400);
	req_put_kind(r, "dummy", IFF_TAP);
	EXPECT_EQ(-EOPNOTSUPP, req_send(r));
	ASSERT_EQ(0, link_get("rt0", &info));
	EXPECT_EQ(1500, info.mtu);
	EXPECT_STREQ(vt_driver(), info.kind);
}

/* F4.34 F10.3: it can be deleted while files are open */
TEST_F(rtnl, dellink)
{
	int mon = mon_open();

	ASSERT_LE(0, mon);
	ASSERT_EQ(0, vt_persist(self->fd, true));
	ASSERT_EQ(0, link_up("rt0"));
	ASSERT_EQ(0, link_del("rt0"));
	EXPECT_EQ(1, mon_count(mon, RTM_DELLINK, "rt0"));
	EXPECT_FALSE(link_exists("rt0"));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
}

static int dellink(void *arg)
{
	struct req r;

	req_start(&r, RTM_DELLINK, 0, *(int *)arg);
	return req_send(&r);
}

/* F4.34: by whoever may change links, which a device's owner may not */
TEST_F(rtnl, dellink_needs_the_capability)
{
	const struct creds owner = { .uid = 1000, .gid = 1000 };

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOWNER, 1000));
	EXPECT_EQ(-EPERM, run_as(&owner, dellink, &self->index));
	EXPECT_TRUE(link_exists("rt0"));
	EXPECT_LE(0, vt_flags(self->fd));
}

/* F2.43 F4.30: the message about a new device is complete */
TEST_F(rtnl, newlink_message)
{
	int mon = mon_open(), fd;
	struct link_info info;

	ASSERT_LE(0, mon);
	fd = vt_attach("rt1", variant->flags);
	ASSERT_LE(0, fd);
	ASSERT_EQ(1, mon_next(mon, RTM_NEWLINK, "rt1", &info));
	EXPECT_STREQ(vt_driver(), info.kind);
	EXPECT_EQ(variant->flags & 3, info.tun[IFLA_TUN_TYPE]);
	EXPECT_EQ(!(variant->flags & IFF_NO_PI), info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(0, info.flags & IFF_UP);
	close(fd);
	ASSERT_EQ(1, mon_count(mon, RTM_DELLINK, "rt1"));
}

static int show_ids(void *arg)
{
	struct link_info *info = arg;
	int err = link_get("rt0", info);

	return err ? err : (int)(info->tun[IFLA_TUN_OWNER] << 16 |
				 info->tun[IFLA_TUN_GROUP]);
}

/* F4.31: ids in the reader's user namespace, the overflow id if unmapped */
TEST_F(rtnl, ids_are_mapped)
{
	const struct creds inner = {
		.uid = 500, .gid = 600, .caps = CAPS_ALL, .new_userns = true,
	};
	struct link_info info;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOWNER, 500));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETGROUP, 700));
	EXPECT_EQ(500 << 16 | 700, show_ids(&info));
	/* root there, and a group that it has not */
	EXPECT_EQ(65534, run_as(&inner, show_ids, &info));
}

TEST_HARNESS_MAIN
