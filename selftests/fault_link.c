// SPDX-License-Identifier: GPL-2.0-only
/* Every allocation of what administrators do to a device fails once. */
#include <kselftest_harness.h>
#include <linux/vtun.h>
#include "testlib_fault.h"
#include "testlib_eth.h"
#include "testlib_req.h"

#include <stdlib.h>

#define FLAGS	(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE)
#define QUEUES	3

FIXTURE(fault_link)
{
	int fd[QUEUES];
	int home, away;			/* namespaces */
	struct req req;
};

FIXTURE_SETUP(fault_link)
{
	int i;

	if (fault_init())
		SKIP(return, "no fault injection, or not vtun");
	ASSERT_EQ(0, ns_fresh());
	self->home = ns_open();
	ASSERT_LE(0, self->home);
	self->away = ns_new();
	ASSERT_LE(0, self->away);
	self->fd[0] = fault_device(FLAGS);
	ASSERT_LE(0, self->fd[0]);
	/* They make the resize and the walks over queues longer. */
	for (i = 1; i < QUEUES; i++) {
		self->fd[i] = vt_attach_nb(FAULT_NAME, FLAGS);
		ASSERT_LE(0, self->fd[i]);
		ASSERT_EQ(0, vt_set_queue(self->fd[i], IFF_DETACH_QUEUE));
	}
}

FIXTURE_TEARDOWN(fault_link)
{
}

/* Whether or not a change was made, the device works. */
static int settle_works(void *arg, int ret)
{
	FIXTURE_DATA(fault_link) *self = arg;

	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd[0], FLAGS));
	return 0;
}

static int prepare_length(void *arg)
{
	FAULT_EQ(0, link_set_txqlen(FAULT_NAME, 100));
	return 0;
}

static int call_length(void *arg)
{
	return link_set_txqlen(FAULT_NAME, 700);
}

static int settle_length(void *arg, int ret)
{
	struct link_info info;

	FAULT_EQ(0, link_get(FAULT_NAME, &info));
	if (ret >= 0)
		FAULT_EQ(700, info.txqlen);
	else	/* the answer may have failed */
		FAULT_EXPECT(info.txqlen == 700 || info.txqlen == 100);
	return settle_works(arg, ret);
}

/* F4.3 F7.6: all fifos have the new length, or all have the old one */
TEST_F_TIMEOUT(fault_link, tx_queue_len, FAULT_TIMEOUT)
{
	/* Without memory for a fifo the answer is EPERM: F4.3. */
	static const struct fault_walk walk = {
		"txqueuelen", prepare_length, call_length, settle_length, -EPERM
	};

	EXPECT_LT(0, fault_walk(&walk, self));
}

static int set_data(struct req *r, const struct req_data *data)
{
	int index = link_index(FAULT_NAME);

	if (index < 0)		/* looking may have failed */
		return index;
	req_start(r, RTM_NEWLINK, 0, index);
	req_put_data(r, "vtun", data);
	return req_send(r);
}

static int set_keep(void *arg, bool on)
{
	FIXTURE_DATA(fault_link) *self = arg;

	return set_data(&self->req,
			REQ_DATA(REQ_U8(IFLA_VTUN_KEEP_CARRIER, on)));
}

static int call_ring(void *arg)
{
	struct ethtool_ringparam ring = { .cmd = ETHTOOL_GRINGPARAM };
	int err = eth_ioctl(FAULT_NAME, &ring);

	if (err)
		return err;
	ring.cmd = ETHTOOL_SRINGPARAM;
	ring.tx_pending = 700;
	return eth_ioctl(FAULT_NAME, &ring);
}

/* The same by ethtool -G, with what is kept for the next program. */
TEST_F_TIMEOUT(fault_link, ring, FAULT_TIMEOUT)
{
	static const struct fault_walk walk = {
		"ethtool -G", prepare_length, call_ring, settle_length, -EPERM
	};

	ASSERT_EQ(0, set_keep(self, true));
	EXPECT_LT(0, fault_walk(&walk, self));
}

#define MADE	"made0"

static int call_new(void *arg)
{
	FIXTURE_DATA(fault_link) *self = arg;
	struct req *r = &self->req;

	req_start(r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(r->nlh, IFLA_IFNAME, MADE);
	mnl_attr_put_strz(r->nlh, IFLA_IFALIAS, "made with faults");
	mnl_attr_put_u32(r->nlh, IFLA_TXQLEN, 77);
	req_put_data(r, "vtun", REQ_DATA(REQ_U8(IFLA_TUN_TYPE, IFF_TAP),
					 REQ_U8(IFLA_TUN_MULTI_QUEUE, 1),
					 REQ_U32(IFLA_TUN_OWNER, 1000),
					 REQ_U32(IFLA_VTUN_MAX_QUEUES, 3),
					 REQ_U8(IFLA_VTUN_KEEP_CARRIER, 1)));
	return req_send(r);
}

/* It is there, as it was asked for, or it is not: then its name is free. */
static int settle_new(void *arg, int ret)
{
	FIXTURE_DATA(fault_link) *self = arg;
	struct link_info info;
	int fd;

	FAULT_EXPECT(ret < 0 || link_exists(MADE));
	if (!link_exists(MADE))
		FAULT_EQ(0, call_new(arg));
	FAULT_EQ(0, link_get(MADE, &info));
	FAULT_EQ(77, info.txqlen);
	FAULT_EQ(1000, info.tun[IFLA_TUN_OWNER]);
	FAULT_EQ(3, req_link_data(MADE, IFLA_VTUN_MAX_QUEUES));
	FAULT_EQ(1, req_link_data(MADE, IFLA_VTUN_KEEP_CARRIER));
	FAULT_EQ(0, req_get_link(&self->req, MADE));
	FAULT_EXPECT(req_attr(&self->req, IFLA_IFALIAS));

	fd = vt_attach_nb(MADE, FLAGS);
	FAULT_EXPECT(fd >= 0);
	FAULT_EQ(0, link_up(MADE));
	FAULT_EQ(0, fault_works(MADE, fd, FLAGS));
	close(fd);
	FAULT_EQ(0, link_del(MADE));
	return 0;
}

/* ip link add type vtun */
TEST_F_TIMEOUT(fault_link, newlink, FAULT_TIMEOUT)
{
	/* dev_set_name()'s failure is found by its not being there. */
	static const struct fault_walk walk = {
		"newlink", NULL, call_new, settle_new, -EINVAL
	};

	EXPECT_LT(0, fault_walk(&walk, self));
}

static int prepare_change(void *arg)
{
	FIXTURE_DATA(fault_link) *self = arg;

	return set_data(&self->req,
			REQ_DATA(REQ_U32(IFLA_TUN_OWNER, -1),
				 REQ_U32(IFLA_VTUN_MAX_QUEUES, 256),
				 REQ_U8(IFLA_VTUN_KEEP_CARRIER, 0)));
}

static int call_change(void *arg)
{
	FIXTURE_DATA(fault_link) *self = arg;

	return set_data(&self->req,
			REQ_DATA(REQ_U32(IFLA_TUN_OWNER, 1000),
				 REQ_U32(IFLA_VTUN_MAX_QUEUES, QUEUES),
				 REQ_U8(IFLA_VTUN_KEEP_CARRIER, 1)));
}

/* All of it, or nothing. */
static int settle_change(void *arg, int ret)
{
	struct link_info info;
	bool changed;

	FAULT_EQ(0, link_get(FAULT_NAME, &info));
	changed = info.tun_have & (1 << IFLA_TUN_OWNER);
	FAULT_EXPECT(ret < 0 || changed);
	FAULT_EQ(changed ? QUEUES : 256,
		 req_link_data(FAULT_NAME, IFLA_VTUN_MAX_QUEUES));
	FAULT_EQ(changed, req_link_data(FAULT_NAME, IFLA_VTUN_KEEP_CARRIER));
	return settle_works(arg, ret);
}

/* ip link set type vtun */
TEST_F_TIMEOUT(fault_link, changelink, FAULT_TIMEOUT)
{
	static const struct fault_walk walk = {
		"changelink", prepare_change, call_change, settle_change
	};

	EXPECT_LT(0, fault_walk(&walk, self));
}

static int prepare_kept(void *arg)
{
	FIXTURE_DATA(fault_link) *self = arg;

	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd[0], FLAGS));
	FAULT_EXPECT(psock_feed(FAULT_NAME, true, 9, 60) > 0);
	return 0;
}

/* The program leaves, and another one comes. */
static int call_change_hands(void *arg)
{
	FIXTURE_DATA(fault_link) *self = arg;
	int fd;

	close(self->fd[0]);
	fd = vt_attach_nb(FAULT_NAME, FLAGS);
	if (fd < 0)
		self->fd[0] = -1;
	else
		self->fd[0] = fd;
	return fd;
}

/* What nobody had read waits for who comes. */
static int settle_change_hands(void *arg, int ret)
{
	FIXTURE_DATA(fault_link) *self = arg;
	uint8_t buf[PKT_MAX], expected[PKT_MAX];
	size_t len = pkt_numbered(expected, true, 9, 60);

	if (self->fd[0] < 0)
		self->fd[0] = vt_attach_nb(FAULT_NAME, FLAGS);
	FAULT_EXPECT(self->fd[0] >= 0);
	FAULT_EQ(len, read(self->fd[0], buf, sizeof(buf)));
	FAULT_EXPECT(!memcmp(expected, buf, len));
	return settle_works(arg, ret);
}

/* IFLA_VTUN_KEEP_CARRIER: an attach that fails loses nothing */
TEST_F_TIMEOUT(fault_link, keep_carrier, FAULT_TIMEOUT)
{
	static const struct fault_walk walk = {
		"close and attach, kept", prepare_kept, call_change_hands,
		settle_change_hands
	};
	int i;

	ASSERT_EQ(0, vt_persist(self->fd[0], true));
	ASSERT_EQ(0, set_keep(self, true));
	for (i = 1; i < QUEUES; i++)
		close(self->fd[i]);
	EXPECT_LT(0, fault_walk(&walk, self));
}

static int call_rename(void *arg)
{
	return link_rename(FAULT_NAME, "other0");
}

static int settle_rename(void *arg, int ret)
{
	FAULT_EXPECT(ret < 0 || link_exists("other0"));
	if (link_exists("other0"))
		FAULT_EQ(0, link_rename("other0", FAULT_NAME));
	return settle_works(arg, ret);
}

/* F4.33 */
TEST_F_TIMEOUT(fault_link, rename, FAULT_TIMEOUT)
{
	static const struct fault_walk walk = {
		"rename", NULL, call_rename, settle_rename
	};

	EXPECT_LT(0, fault_walk(&walk, self));
}

static int prepare_down(void *arg)
{
	FAULT_EQ(0, link_down(FAULT_NAME));
	return 0;
}

static int call_up(void *arg)
{
	return link_up(FAULT_NAME);
}

static int call_down(void *arg)
{
	return link_down(FAULT_NAME);
}

/* The core may not have had memory for a qdisc: up once more makes one. */
static int settle_up(void *arg, int ret)
{
	FAULT_EQ(0, link_down(FAULT_NAME));
	FAULT_EQ(0, link_up(FAULT_NAME));
	return settle_works(arg, ret);
}

/* F4.8 F4.9 */
TEST_F_TIMEOUT(fault_link, up_down, FAULT_TIMEOUT)
{
	static const struct fault_walk up = {
		"up", prepare_down, call_up, settle_up
	};
	static const struct fault_walk down = {
		"down", NULL, call_down, settle_up
	};

	EXPECT_LT(0, fault_walk(&up, self));
	EXPECT_LT(0, fault_walk(&down, self));
}

static int call_move(void *arg)
{
	FIXTURE_DATA(fault_link) *self = arg;

	return link_set_netns(FAULT_NAME, self->away);
}

/* It is in one of the two, whole. */
static int settle_move(void *arg, int ret)
{
	FIXTURE_DATA(fault_link) *self = arg;
	bool stayed = link_exists(FAULT_NAME);

	FAULT_EXPECT(ret < 0 || !stayed);
	if (!stayed) {
		FAULT_EQ(0, ns_enter(self->away));
		FAULT_EXPECT(link_exists(FAULT_NAME));
		FAULT_EQ(0, link_up(FAULT_NAME));
		FAULT_EQ(0, settle_works(self, ret));
		FAULT_EQ(0, link_set_netns(FAULT_NAME, self->home));
		FAULT_EQ(0, ns_enter(self->home));
	}
	return settle_up(self, ret);
}

/* F10.1 F10.2 */
TEST_F_TIMEOUT(fault_link, netns, FAULT_TIMEOUT)
{
	static const struct fault_walk walk = {
		"netns", NULL, call_move, settle_move
	};

	EXPECT_LT(0, fault_walk(&walk, self));
}

static int prepare_persistent(void *arg)
{
	int fd = fault_device(FLAGS);

	FAULT_EXPECT(fd >= 0);
	FAULT_EQ(0, vt_persist(fd, true));
	close(fd);
	return 0;
}

static int call_delete(void *arg)
{
	return link_del(FAULT_NAME);
}

static int settle_delete(void *arg, int ret)
{
	FAULT_EXPECT(ret < 0 || !link_exists(FAULT_NAME));
	if (link_exists(FAULT_NAME))
		FAULT_EQ(0, link_del(FAULT_NAME));
	return 0;
}

static int prepare_open(void *arg)
{
	FIXTURE_DATA(fault_link) *self = arg;

	self->fd[0] = fault_device(FLAGS);
	FAULT_EXPECT(self->fd[0] >= 0);
	return 0;
}

/* The file is of use again once its device has gone. */
static int settle_delete_open(void *arg, int ret)
{
	FIXTURE_DATA(fault_link) *self = arg;

	FAULT_EQ(0, settle_delete(self, ret));
	FAULT_EQ(-EBADFD, vt_flags(self->fd[0]));
	FAULT_EQ(0, vt_setiff(self->fd[0], FAULT_NAME, FLAGS));
	FAULT_EQ(0, link_up(FAULT_NAME));
	FAULT_EQ(0, settle_works(self, ret));
	close(self->fd[0]);
	return 0;
}

/* F4.31: ip link del, with a file and without */
TEST_F_TIMEOUT(fault_link, delete, FAULT_TIMEOUT)
{
	static const struct fault_walk persistent = {
		"dellink, persistent", prepare_persistent, call_delete,
		settle_delete
	};
	static const struct fault_walk opened = {
		"dellink, open", prepare_open, call_delete, settle_delete_open
	};
	int i;

	for (i = 0; i < QUEUES; i++)
		close(self->fd[i]);
	EXPECT_LT(0, fault_walk(&persistent, self));
	EXPECT_LT(0, fault_walk(&opened, self));
}

static int call_show(void *arg)
{
	struct link_info info;

	return link_get(FAULT_NAME, &info);
}

static int call_dump(void *arg)
{
	int n = link_count();

	return n > 0 ? n : -ENOMEM;
}

static int call_sysfs(void *arg)
{
	char buf[64];

	return sysfs_read(FAULT_NAME, "tun_flags", buf, sizeof(buf));
}

static int call_features(void *arg)
{
	return eth_set_feature(FAULT_NAME, "tx-checksum-ip-generic", false);
}

static int call_drvinfo(void *arg)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };

	return eth_ioctl(FAULT_NAME, &info);
}

static int call_mtu(void *arg)
{
	return link_set_mtu(FAULT_NAME, 1400);
}

static int call_address(void *arg)
{
	return link_set_addr(FAULT_NAME, pkt_mac_b, ETH_ALEN);
}

/* F4.30 F4.40 F4.45: looking, and settings of the core */
TEST_F_TIMEOUT(fault_link, settings, FAULT_TIMEOUT)
{
	static const struct fault_walk walks[] = {
		{ "show", NULL, call_show, settle_works },
		{ "dump", NULL, call_dump, settle_works },
		{ "sysfs", NULL, call_sysfs, settle_works },
		{ "ethtool -i", NULL, call_drvinfo, settle_works },
		{ "ethtool -K", NULL, call_features, settle_works },
		{ "mtu", NULL, call_mtu, settle_works },
		{ "address", NULL, call_address, settle_works },
	};
	int i;

	for (i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		EXPECT_LE(0, fault_walk(&walks[i], self));
}

TEST_HARNESS_MAIN
