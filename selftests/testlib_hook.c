// SPDX-License-Identifier: GPL-2.0-only
/* tc hooks: eBPF programs written by hand, attached with clsact. */
#include "testlib_hook.h"
#include "testlib.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/gen_stats.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HOOK_INSN(c, d, s, o, i) ((struct bpf_insn){		\
	.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define HOOK_MOV(d, s)	HOOK_INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define HOOK_SET(d, i)	HOOK_INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define HOOK_ADD(d, i)	HOOK_INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define HOOK_CALL(f)	HOOK_INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define HOOK_EXIT	HOOK_INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define HOOK_LD(sz, d, s, o)	HOOK_INSN(BPF_LDX | BPF_MEM | (sz), d, s, o, 0)
#define HOOK_ST(sz, d, o, s)	HOOK_INSN(BPF_STX | BPF_MEM | (sz), d, s, o, 0)

static int hook_bpf(int cmd, union bpf_attr *attr)
{
	int fd = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

static int hook_load(int type, const struct bpf_insn *insns, unsigned int n)
{
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (uintptr_t)insns,
		.insn_cnt = n,
		.license = (uintptr_t)"GPL",
	};

	return hook_bpf(BPF_PROG_LOAD, &attr);
}

#define HOOK_LOAD(insns) hook_load(BPF_PROG_TYPE_SCHED_CLS, insns,	\
				   sizeof(insns) / sizeof((insns)[0]))

bool hook_missing(int err)
{
	return err == -ENOENT || err == -EOPNOTSUPP || err == -ENOSYS;
}

/* A netlink request with room for the attributes that follow. */
struct hook_request {
	struct nlmsghdr head;
	struct tcmsg tc;
	char attrs[512];
};

static struct rtattr *hook_put(struct hook_request *req, int type,
			       const void *data, size_t len)
{
	struct rtattr *attr;

	attr = (void *)((char *)req + NLMSG_ALIGN(req->head.nlmsg_len));
	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(attr), data, len);
	req->head.nlmsg_len = NLMSG_ALIGN(req->head.nlmsg_len) +
			      RTA_ALIGN(attr->rta_len);
	return attr;
}

static void hook_nest_end(struct hook_request *req, struct rtattr *nest)
{
	nest->rta_len = (char *)req + req->head.nlmsg_len - (char *)nest;
}

static int hook_talk(struct hook_request *req)
{
	struct {
		struct nlmsghdr head;
		struct nlmsgerr err;
		char more[512];
	} answer = {};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int err = 0;

	if (fd < 0)
		return -errno;
	req->head.nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (send(fd, req, req->head.nlmsg_len, 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		err = -errno;
	close(fd);
	return err ? err : answer.err.error;
}

static struct hook_request hook_qdisc(int type, int ifindex,
				      unsigned int parent)
{
	struct hook_request req = {
		.head = {
			.nlmsg_type = type,
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
		},
		.tc = {
			.tcm_family = AF_UNSPEC,
			.tcm_ifindex = ifindex,
			.tcm_parent = parent,
		},
	};

	return req;
}

/* Run program @prog_fd on what the device receives or sends, and close it. */
static int hook_attach(int ifindex, unsigned int direction, int prog_fd)
{
	uint32_t flags = TCA_BPF_FLAG_ACT_DIRECT;
	struct hook_request req;
	struct rtattr *nest;
	uint32_t fd = prog_fd;
	int err;

	if (prog_fd < 0)
		return prog_fd;
	req = hook_qdisc(RTM_NEWQDISC, ifindex, TC_H_CLSACT);
	req.head.nlmsg_flags = NLM_F_CREATE;
	req.tc.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	hook_put(&req, TCA_KIND, "clsact", sizeof("clsact"));
	err = hook_talk(&req);
	if (err)
		goto out;

	req = hook_qdisc(RTM_NEWTFILTER, ifindex,
			 TC_H_MAKE(TC_H_CLSACT, direction));
	req.head.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	req.tc.tcm_info = TC_H_MAKE(1 << 16, htons(ETH_P_ALL));
	hook_put(&req, TCA_KIND, "bpf", sizeof("bpf"));
	nest = hook_put(&req, TCA_OPTIONS, NULL, 0);
	hook_put(&req, TCA_BPF_FD, &fd, sizeof(fd));
	hook_put(&req, TCA_BPF_NAME, "hook", sizeof("hook"));
	hook_put(&req, TCA_BPF_FLAGS, &flags, sizeof(flags));
	hook_nest_end(&req, nest);
	err = hook_talk(&req);
out:
	close(prog_fd);
	return err;
}

int hook_ingress(int ifindex, int prog_fd)
{
	return hook_attach(ifindex, TC_H_MIN_INGRESS, prog_fd);
}

/* Load a program that fills the struct hook_seen of array @map_fd. */
static int hook_load_recorder(int map_fd)
{
	const struct bpf_insn insns[] = {
		HOOK_MOV(BPF_REG_6, BPF_REG_1),
		HOOK_CALL(BPF_FUNC_get_socket_uid),
		HOOK_MOV(BPF_REG_7, BPF_REG_0),
		HOOK_SET(BPF_REG_1, 0),
		HOOK_ST(BPF_W, BPF_REG_10, -4, BPF_REG_1),
		HOOK_MOV(BPF_REG_2, BPF_REG_10),
		HOOK_ADD(BPF_REG_2, -4),
		HOOK_INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1,
			  BPF_PSEUDO_MAP_FD, 0, map_fd),
		HOOK_INSN(0, 0, 0, 0, 0),
		HOOK_CALL(BPF_FUNC_map_lookup_elem),
		/* the verifier wants NULL handled: past the next 8 */
		HOOK_INSN(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 8, 0),
		HOOK_LD(BPF_DW, BPF_REG_1, BPF_REG_0,
			offsetof(struct hook_seen, packets)),
		HOOK_ADD(BPF_REG_1, 1),
		HOOK_ST(BPF_DW, BPF_REG_0,
			offsetof(struct hook_seen, packets), BPF_REG_1),
		HOOK_ST(BPF_DW, BPF_REG_0,
			offsetof(struct hook_seen, uid), BPF_REG_7),
		HOOK_LD(BPF_W, BPF_REG_1, BPF_REG_6,
			offsetof(struct __sk_buff, queue_mapping)),
		HOOK_ST(BPF_DW, BPF_REG_0,
			offsetof(struct hook_seen, queue_mapping), BPF_REG_1),
		HOOK_LD(BPF_W, BPF_REG_1, BPF_REG_6,
			offsetof(struct __sk_buff, len)),
		HOOK_ST(BPF_DW, BPF_REG_0,
			offsetof(struct hook_seen, len), BPF_REG_1),
		HOOK_SET(BPF_REG_0, TC_ACT_OK),
		HOOK_EXIT,
	};

	return HOOK_LOAD(insns);
}

int hook_record(int ifindex)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(struct hook_seen),
		.max_entries = 1,
	};
	int map_fd = hook_bpf(BPF_MAP_CREATE, &attr);
	int err;

	if (map_fd < 0)
		return map_fd;
	err = hook_attach(ifindex, TC_H_MIN_INGRESS,
			  hook_load_recorder(map_fd));
	if (err) {
		close(map_fd);
		return err;
	}
	return map_fd;
}

struct hook_seen hook_read(int map_fd)
{
	struct hook_seen seen = {};
	uint32_t key = 0;
	union bpf_attr attr = {
		.map_fd = map_fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)&seen,
	};

	hook_bpf(BPF_MAP_LOOKUP_ELEM, &attr);
	return seen;
}

/*
 * netem is given a slot but no delay, because with a delay it would take the
 * packets away from the socket that they are charged to.
 */
int hook_hold(int ifindex, int holder)
{
	const int64_t hour = 3600LL * 1000 * 1000 * 1000;
	const struct bpf_insn insns[] = {
		HOOK_SET(BPF_REG_1, holder),
		HOOK_SET(BPF_REG_2, 0),
		HOOK_CALL(BPF_FUNC_redirect),
		HOOK_EXIT,
	};
	struct tc_netem_qopt opt = { .limit = 100000 };
	struct tc_netem_slot slot = { .min_delay = hour, .max_delay = hour };
	struct hook_request req;
	struct rtattr *nest;
	int err;

	req = hook_qdisc(RTM_NEWQDISC, holder, TC_H_ROOT);
	req.head.nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	hook_put(&req, TCA_KIND, "netem", sizeof("netem"));
	nest = hook_put(&req, TCA_OPTIONS, &opt, sizeof(opt));
	hook_put(&req, TCA_NETEM_SLOT, &slot, sizeof(slot));
	hook_nest_end(&req, nest);
	err = hook_talk(&req);
	if (err)
		return err;
	return hook_attach(ifindex, TC_H_MIN_INGRESS, HOOK_LOAD(insns));
}

int hook_hold_by(int ifindex, const char *holder, int flags)
{
	int fd = vt_attach_nb(holder, flags);
	int err = fd < 0 ? fd : link_up(holder);

	return err ? err : hook_hold(ifindex, link_index(holder));
}

int hook_release(int holder)
{
	struct hook_request req = hook_qdisc(RTM_DELQDISC, holder, TC_H_ROOT);

	return hook_talk(&req);
}

int hook_tag(int ifindex, uint16_t proto, uint16_t tci)
{
	const struct bpf_insn insns[] = {
		HOOK_SET(BPF_REG_2, htons(proto)),
		HOOK_SET(BPF_REG_3, tci),
		HOOK_CALL(BPF_FUNC_skb_vlan_push),
		HOOK_SET(BPF_REG_0, TC_ACT_OK),
		HOOK_EXIT,
	};

	return hook_attach(ifindex, TC_H_MIN_EGRESS, HOOK_LOAD(insns));
}

int hook_root(int ifindex, const char *kind)
{
	struct hook_request req = hook_qdisc(RTM_NEWQDISC, ifindex, TC_H_ROOT);

	req.head.nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	hook_put(&req, TCA_KIND, kind, strlen(kind) + 1);
	return hook_talk(&req);
}

/* What the qdisc message @head says is in its queue. */
static int hook_qlen(struct nlmsghdr *head)
{
	struct tcmsg *tc = NLMSG_DATA(head);
	struct rtattr *a = TCA_RTA(tc), *s;
	int left = TCA_PAYLOAD(head), inner;

	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		if ((a->rta_type & NLA_TYPE_MASK) != TCA_STATS2)
			continue;
		s = RTA_DATA(a);
		inner = RTA_PAYLOAD(a);
		for (; RTA_OK(s, inner); s = RTA_NEXT(s, inner))
			if (s->rta_type == TCA_STATS_QUEUE)
				return ((struct gnet_stats_queue *)
					RTA_DATA(s))->qlen;
	}
	return -ENODATA;
}

int hook_held(int ifindex)
{
	struct hook_request req = hook_qdisc(RTM_GETQDISC, ifindex, 0);
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	_Alignas(NLMSG_ALIGNTO) char answer[32768];
	int len, held = -ENOENT;
	bool more = true;

	if (fd < 0)
		return -errno;
	req.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	if (send(fd, &req, req.head.nlmsg_len, 0) < 0)
		held = -errno;
	while (more && (len = recv(fd, answer, sizeof(answer), 0)) > 0) {
		struct nlmsghdr *head = (struct nlmsghdr *)answer;

		for (; NLMSG_OK(head, len); head = NLMSG_NEXT(head, len)) {
			struct tcmsg *tc = NLMSG_DATA(head);

			if (head->nlmsg_type == RTM_NEWQDISC &&
			    tc->tcm_ifindex == ifindex &&
			    tc->tcm_parent == TC_H_ROOT)
				held = hook_qlen(head);
			more = head->nlmsg_type == RTM_NEWQDISC;
		}
	}
	close(fd);
	return held;
}

int hook_xdp_drop(int ifindex)
{
	const struct bpf_insn insns[] = {
		HOOK_SET(BPF_REG_0, XDP_DROP),
		HOOK_EXIT,
	};
	uint32_t flags = XDP_FLAGS_SKB_MODE;
	/* ifinfomsg is shorter than tcmsg, so its attributes begin earlier */
	struct hook_request req = {
		.head = {
			.nlmsg_type = RTM_SETLINK,
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
		},
	};
	struct ifinfomsg *ifi = NLMSG_DATA(&req.head);
	struct rtattr *nest;
	int prog_fd, err;

	prog_fd = hook_load(BPF_PROG_TYPE_XDP, insns, 2);
	if (prog_fd < 0)
		return prog_fd;
	ifi->ifi_index = ifindex;
	nest = hook_put(&req, IFLA_XDP | NLA_F_NESTED, NULL, 0);
	hook_put(&req, IFLA_XDP_FD, &prog_fd, sizeof(prog_fd));
	hook_put(&req, IFLA_XDP_FLAGS, &flags, sizeof(flags));
	hook_nest_end(&req, nest);
	err = hook_talk(&req);
	close(prog_fd);
	return err;
}
