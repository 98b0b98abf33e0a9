// SPDX-License-Identifier: GPL-2.0-only
/* Every allocation of the ioctls on an attached file fails once. */
#include <kselftest_harness.h>
#include "testlib_fault.h"
#include "testlib_bpf.h"

#include <linux/sockios.h>

#define FLAGS	(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE)

/* What a command is called with; the walk's prepare has made it. */
struct fault_ioctl {
	const char *what;
	unsigned long cmd;
	unsigned long value;		/* if @arg is NULL */
	void *arg;
	bool gives_file;
};

FIXTURE(fault_ioctl)
{
	int fd;
	const struct fault_ioctl *op;
};

FIXTURE_SETUP(fault_ioctl)
{
	if (fault_init())
		SKIP(return, "no fault injection, or not vtun");
	ASSERT_EQ(0, ns_fresh());
	self->fd = fault_device(FLAGS);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(fault_ioctl)
{
	if (self->fd > 0) {
		close(self->fd);
		EXPECT_FALSE(link_exists(FAULT_NAME));
	}
}

static int call(void *arg)
{
	FIXTURE_DATA(fault_ioctl) *self = arg;
	const struct fault_ioctl *op = self->op;
	int ret = ioctl(self->fd, op->cmd,
			op->arg ? op->arg : (void *)op->value);

	return ret < 0 ? -errno : ret;
}

static int settle(void *arg, int ret)
{
	FIXTURE_DATA(fault_ioctl) *self = arg;

	if (self->op->gives_file && ret >= 0)
		close(ret);
	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd, FLAGS));
	return 0;
}

static int walk_ioctl(FIXTURE_DATA(fault_ioctl) *self,
		      const struct fault_ioctl *op)
{
	struct fault_walk walk = { op->what, NULL, call, settle };

	self->op = op;
	return fault_walk(&walk, self);
}

/* F3.1 to F3.11: what takes a number or an int, in both directions */
TEST_F_TIMEOUT(fault_ioctl, numbers, FAULT_TIMEOUT)
{
	int number = 1, big = 1 << 20, size = 12, le = 1;
	struct fault_ioctl ops[] = {
		{ "TUNGETFEATURES", TUNGETFEATURES, 0, &number },
		{ "TUNSETNOCSUM", TUNSETNOCSUM, 1 },
		{ "TUNSETDEBUG", TUNSETDEBUG, 0 },
		{ "TUNSETOWNER", TUNSETOWNER, 0 },
		{ "TUNSETGROUP", TUNSETGROUP, 0 },
		{ "TUNGETSNDBUF", TUNGETSNDBUF, 0, &number },
		{ "TUNSETSNDBUF", TUNSETSNDBUF, 0, &big },
		{ "TUNSETOFFLOAD", TUNSETOFFLOAD, TUN_F_CSUM },
		{ "TUNSETOFFLOAD", TUNSETOFFLOAD, 0 },
		{ "TUNGETVNETHDRSZ", TUNGETVNETHDRSZ, 0, &number },
		{ "TUNSETVNETHDRSZ", TUNSETVNETHDRSZ, 0, &size },
		{ "TUNGETVNETLE", TUNGETVNETLE, 0, &le },
		{ "TUNSETVNETLE", TUNSETVNETLE, 0, &le },
		{ "TUNGETDEVNETNS", TUNGETDEVNETNS, 0, NULL, true },
		{ "SIOCGSKNS", SIOCGSKNS, 0, NULL, true },
	};
	int i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		EXPECT_LE(0, walk_ioctl(self, &ops[i]));
}

/* F3.14: the filter is set, or what was there stays */
TEST_F_TIMEOUT(fault_ioctl, attach_filter, FAULT_TIMEOUT)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_LEN, 0),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
	};
	struct sock_fprog prog = CBPF_PROG(code);
	struct fault_ioctl attach = {
		"TUNATTACHFILTER", TUNATTACHFILTER, 0, &prog
	};
	struct fault_ioctl get = { "TUNGETFILTER", TUNGETFILTER, 0, &prog };
	struct fault_ioctl detach = { "TUNDETACHFILTER", TUNDETACHFILTER };

	EXPECT_LT(0, walk_ioctl(self, &attach));
	EXPECT_LE(0, walk_ioctl(self, &get));
	EXPECT_LE(0, walk_ioctl(self, &detach));
}

/* F3.13: more addresses than the exact list has, so that the hash is used */
TEST_F_TIMEOUT(fault_ioctl, address_filter, FAULT_TIMEOUT)
{
	struct {
		struct tun_filter head;
		uint8_t addr[12][ETH_ALEN];
	} filter = { .head = { .count = 12 } };
	struct fault_ioctl set = { "TUNSETTXFILTER", TUNSETTXFILTER, 0, &filter };
	int i;

	for (i = 0; i < 12; i++) {
		memcpy(filter.addr[i], pkt_mac_a, ETH_ALEN);
		filter.addr[i][0] |= i > 8;	/* the hash is for groups */
		filter.addr[i][4] = i;
	}
	memcpy(filter.addr[0], pkt_mac_b, ETH_ALEN);
	memcpy(filter.addr[1], pkt_mac_a, ETH_ALEN);
	EXPECT_LT(0, walk_ioctl(self, &set));
}

/* F3.15 F3.16: eBPF programs */
TEST_F_TIMEOUT(fault_ioctl, ebpf, FAULT_TIMEOUT)
{
	int prog = bpf_load_const(BPF_PROG_TYPE_SOCKET_FILTER, 0xffff);
	int steer = bpf_load_const(BPF_PROG_TYPE_SOCKET_FILTER, 0);
	int none = -1;
	struct fault_ioctl ops[] = {
		{ "TUNSETFILTEREBPF", TUNSETFILTEREBPF, 0, &prog },
		{ "TUNSETFILTEREBPF, none", TUNSETFILTEREBPF, 0, &none },
		{ "TUNSETSTEERINGEBPF", TUNSETSTEERINGEBPF, 0, &steer },
		{ "TUNSETSTEERINGEBPF, none", TUNSETSTEERINGEBPF, 0, &none },
	};
	int i;

	ASSERT_LE(0, prog);
	ASSERT_LE(0, steer);
	for (i = 0; i < 4; i++)
		EXPECT_LE(0, walk_ioctl(self, &ops[i]));
}

static int undo(FIXTURE_DATA(fault_ioctl) *self, int ret)
{
	const struct fault_ioctl *op = self->op;
	struct ifreq *ifr = op->arg;

	switch (op->cmd) {
	case TUNSETPERSIST:
		return vt_persist(self->fd, !op->value);
	case TUNSETLINK:
		return link_up(FAULT_NAME);
	case TUNSETCARRIER:
		return vt_ioctl_int(self->fd, TUNSETCARRIER, 1);
	case TUNSETQUEUE:
		if (ret < 0)
			return 0;
		return vt_set_queue(self->fd, ifr->ifr_flags ^
				    (IFF_ATTACH_QUEUE | IFF_DETACH_QUEUE));
	}
	return 0;
}

/* A queue must be attached to be read from. */
static int settle_undone(void *arg, int ret)
{
	FIXTURE_DATA(fault_ioctl) *self = arg;

	FAULT_EQ(0, undo(self, ret));
	if (vt_flags(self->fd) & IFF_DETACH_QUEUE) {
		FAULT_EQ(0, vt_set_queue(self->fd, IFF_ATTACH_QUEUE));
		FAULT_EQ(0, fault_works(FAULT_NAME, self->fd, FLAGS));
		FAULT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
		return 0;
	}
	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd, FLAGS));
	return 0;
}

static int walk_undone(FIXTURE_DATA(fault_ioctl) *self,
		       const struct fault_ioctl *op)
{
	struct fault_walk walk = { op->what, NULL, call, settle_undone };

	self->op = op;
	return fault_walk(&walk, self);
}

/* F9.3 F9.4: a queue comes and goes */
TEST_F_TIMEOUT(fault_ioctl, queue, FAULT_TIMEOUT)
{
	struct ifreq detach = { .ifr_flags = IFF_DETACH_QUEUE };
	struct ifreq attach = { .ifr_flags = IFF_ATTACH_QUEUE };
	struct fault_ioctl ops[] = {
		{ "TUNSETQUEUE, detach", TUNSETQUEUE, 0, &detach },
		{ "TUNSETQUEUE, attach", TUNSETQUEUE, 0, &attach },
	};

	EXPECT_LT(0, walk_undone(self, &ops[0]));
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
	EXPECT_LT(0, walk_undone(self, &ops[1]));
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_ATTACH_QUEUE));
}

/* F3.3 F3.6: persistence, carrier */
TEST_F_TIMEOUT(fault_ioctl, state, FAULT_TIMEOUT)
{
	int off = 0;
	struct fault_ioctl ops[] = {
		{ "TUNSETPERSIST, on", TUNSETPERSIST, 1 },
		{ "TUNSETCARRIER, off", TUNSETCARRIER, 0, &off },
	};
	int i;

	for (i = 0; i < 2; i++)
		EXPECT_LE(0, walk_undone(self, &ops[i]));
}

/* F3.7: the type changes while the device is down */
static int prepare_type(void *arg)
{
	FAULT_EQ(0, link_down(FAULT_NAME));
	return 0;
}

TEST_F_TIMEOUT(fault_ioctl, type, FAULT_TIMEOUT)
{
	static struct fault_ioctl set = {
		"TUNSETLINK", TUNSETLINK, ARPHRD_ETHER
	};
	struct fault_walk walk = {
		set.what, prepare_type, call, settle_undone
	};

	self->op = &set;
	EXPECT_LE(0, fault_walk(&walk, self));
}

/* F3.17: hardware address */
TEST_F_TIMEOUT(fault_ioctl, address, FAULT_TIMEOUT)
{
	struct ifreq set = { .ifr_hwaddr.sa_family = ARPHRD_ETHER };
	struct ifreq get = {};
	struct fault_ioctl ops[] = {
		{ "SIOCSIFHWADDR", SIOCSIFHWADDR, 0, &set },
		{ "SIOCGIFHWADDR", SIOCGIFHWADDR, 0, &get },
		{ "TUNGETIFF", TUNGETIFF, 0, &get },
	};
	int i;

	memcpy(set.ifr_hwaddr.sa_data, pkt_mac_b, ETH_ALEN);
	for (i = 0; i < 3; i++)
		EXPECT_LE(0, walk_ioctl(self, &ops[i]));
}

TEST_HARNESS_MAIN
