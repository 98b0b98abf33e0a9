// SPDX-License-Identifier: GPL-2.0-only
/* Filters, steering and XDP: programs by hand, and what takes them. */
#include "abi.h"
#include "gen.h"
#include "ops.h"
#include "route.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define INSN(c, d, s, o, i)	((struct bpf_insn){ (c), (d), (s), (o), (i) })
#define SET(d, i)		INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define MOV(d, s)		INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define CALL(f)			INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define LEAVE			INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/*
 * Moves the packet's start by 16 bytes to the front, a whole Ethernet header of zeros: what is
 * cut out of an address that the kernel has made up would differ. r6 is the context then.
 */
#define LONGER \
	MOV(6, 1), SET(2, -16), CALL(BPF_FUNC_xdp_adjust_head), \
	LOAD32(2, 6, offsetof(struct xdp_md, data)), \
	LOAD32(3, 6, offsetof(struct xdp_md, data_end)), MOV(4, 2), \
	INSN(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, 16), \
	INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 2, 0), \
	INSN(BPF_ST | BPF_MEM | BPF_DW, 2, 0, 0, 0), \
	INSN(BPF_ST | BPF_MEM | BPF_DW, 2, 0, 8, 0)
#define LOAD32(d, s, o)		INSN(BPF_LDX | BPF_MEM | BPF_W, d, s, o, 0)

struct program {
	const char *kind;
	int type;
	struct bpf_insn insn[16];
	int fd;
};

static struct program program[] = {
	{ "xdp_aborted", BPF_PROG_TYPE_XDP, { SET(0, XDP_ABORTED), LEAVE } },
	{ "xdp_drop", BPF_PROG_TYPE_XDP, { SET(0, XDP_DROP), LEAVE } },
	{ "xdp_pass", BPF_PROG_TYPE_XDP, { SET(0, XDP_PASS), LEAVE } },
	{ "xdp_tx", BPF_PROG_TYPE_XDP, { SET(0, XDP_TX), LEAVE } },
	{ "xdp_unknown", BPF_PROG_TYPE_XDP, { SET(0, 9), LEAVE } },
	{ "xdp_redirect", BPF_PROG_TYPE_XDP, { SET(0, XDP_REDIRECT), LEAVE } },
	{ "xdp_shorter", BPF_PROG_TYPE_XDP,
	  { SET(2, 6), CALL(BPF_FUNC_xdp_adjust_head), SET(0, XDP_PASS), LEAVE } },
	{ "xdp_longer", BPF_PROG_TYPE_XDP,
	  { LONGER, SET(0, XDP_PASS), LEAVE } },
	{ "xdp_cut", BPF_PROG_TYPE_XDP,
	  { SET(2, -5), CALL(BPF_FUNC_xdp_adjust_tail), SET(0, XDP_PASS), LEAVE } },
	{ "xdp_grow", BPF_PROG_TYPE_XDP,
	  { SET(2, 6), CALL(BPF_FUNC_xdp_adjust_tail), SET(0, XDP_PASS), LEAVE } },
	/* drops what has less than 240 bytes of headroom */
	{ "xdp_headroom", BPF_PROG_TYPE_XDP,
	  { MOV(6, 1), SET(2, -240), CALL(BPF_FUNC_xdp_adjust_head),
	    INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2, 0), SET(0, XDP_DROP), LEAVE,
	    MOV(1, 6), SET(2, 240), CALL(BPF_FUNC_xdp_adjust_head), SET(0, XDP_PASS), LEAVE } },
	/* passes what comes by queue 0, drops the rest */
	{ "xdp_queue", BPF_PROG_TYPE_XDP,
	  { LOAD32(2, 1, offsetof(struct xdp_md, rx_queue_index)), SET(0, XDP_PASS),
	    INSN(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 1, 0), SET(0, XDP_DROP), LEAVE } },
	{ "xdp_tx_longer", BPF_PROG_TYPE_XDP,
	  { LONGER, SET(0, XDP_TX), LEAVE } },
	{ "skb_0", BPF_PROG_TYPE_SOCKET_FILTER, { SET(0, 0), LEAVE } },
	{ "skb_1", BPF_PROG_TYPE_SOCKET_FILTER, { SET(0, 1), LEAVE } },
	{ "skb_20", BPF_PROG_TYPE_SOCKET_FILTER, { SET(0, 20), LEAVE } },
	{ "skb_big", BPF_PROG_TYPE_SOCKET_FILTER, { SET(0, 0x10002), LEAVE } },
	{ "skb_negative", BPF_PROG_TYPE_SOCKET_FILTER, { SET(0, -1), LEAVE } },
	{ "skb_length", BPF_PROG_TYPE_SOCKET_FILTER,
	  { LOAD32(0, 1, offsetof(struct __sk_buff, len)), LEAVE } },
};

const char *const xdp_kinds[] = {
	"none", "xdp_aborted", "xdp_drop", "xdp_pass", "xdp_tx", "xdp_unknown", "xdp_redirect",
	"xdp_shorter", "xdp_longer", "xdp_cut", "xdp_grow", "xdp_headroom", "xdp_queue",
	"xdp_tx_longer", "skb_0", NULL,
};

const char *const socket_kinds[] = {
	"none", "skb_0", "skb_1", "skb_20", "skb_big", "skb_negative", "skb_length", "xdp_pass",
	"bad", "no_program", NULL,
};

static int load(struct program *p)
{
	union bpf_attr attr = {
		.prog_type = p->type,
		.insns = (uintptr_t)p->insn,
		.license = (uintptr_t)"GPL",
	};

	/* up to the last exit */
	for (unsigned int i = 0; i < ARRAY_SIZE(p->insn); i++)
		if (p->insn[i].code == (BPF_JMP | BPF_EXIT))
			attr.insn_cnt = i + 1;
	return syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

int bpf_load_all(void)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(program); i++) {
		program[i].fd = load(&program[i]);
		if (program[i].fd < 0)
			fprintf(stderr, "differential: %s: %s\n", program[i].kind, strerror(errno));
	}
	return 0;
}

int bpf_program(const char *kind)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(program); i++)
		if (!strcmp(program[i].kind, kind))
			return program[i].fd;
	return -1;
}

/* ---- TUNSETSTEERINGEBPF, TUNSETFILTEREBPF ---- */

static void generate_ebpf(struct gen *gen, struct step *step)
{
	step->v[0] = gen_attached_file(gen);
	step->v[1] = percent(gen, 50) ? TUNSETSTEERINGEBPF : TUNSETFILTEREBPF;
	step->v[2] = percent(gen, 30) ? 0 : below(gen, ARRAY_SIZE(socket_kinds) - 1);
}

static void run_ebpf(struct world *world, const struct step *step)
{
	const char *kind = socket_kinds[step->v[2]];
	int fd = bpf_program(kind), ret;

	if (!strcmp(kind, "bad"))
		fd = 1000;
	else if (!strcmp(kind, "no_program"))
		fd = world_net(world)->ctl;
	ret = ioctl(world->file[step->v[0]], step->v[1], &fd);
	say_result(world, step->v[1] == TUNSETFILTEREBPF ? "TUNSETFILTEREBPF" : "TUNSETSTEERINGEBPF",
		   ret);
}

const struct op op_ebpf = {
	"ebpf", "fck", 16, generate_ebpf, run_ebpf, socket_kinds,
};

/* ---- XDP ---- */

static void generate_xdp(struct gen *gen, struct step *step)
{
	gen_device_name(gen, step, 0);
	step->v[0] = percent(gen, 35) ? 0 : below(gen, ARRAY_SIZE(xdp_kinds) - 1);
	step->v[1] = percent(gen, 90) ? PICK(gen, 0, XDP_FLAGS_SKB_MODE, XDP_FLAGS_DRV_MODE) :
		     PICK(gen, XDP_FLAGS_HW_MODE, XDP_FLAGS_UPDATE_IF_NOEXIST,
			  XDP_FLAGS_SKB_MODE | XDP_FLAGS_DRV_MODE, 0x100);
}

/*
 * The core takes a tun's packet for an Ethernet frame if generic XDP has moved its start, and
 * looks at what happens to lie before it.
 */
static bool is_tap(struct world *world, const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ifreq ifr = { .ifr_data = (void *)&info };

	snprintf(ifr.ifr_name, IFNAMSIZ, "%.15s", name);
	return !ioctl(world_net(world)->ctl, SIOCETHTOOL, &ifr) && !strcmp(info.bus_info, "tap");
}

/* A program that passes everything is run alike on either way. */
static void note_native(struct world *world, const char *name, bool passes)
{
	if (!passes)
		strcpy(world->native_xdp, world->native_xdp[0] && strcmp(world->native_xdp, name) ?
					  "?" : name);
	else if (!strcmp(world->native_xdp, name))
		world->native_xdp[0] = 0;
}

static void run_xdp(struct world *world, const struct step *step)
{
	const char *kind = xdp_kinds[step->v[0]];
	struct link_req req;
	struct rtattr *nest;
	char key[48];
	bool passes;

	link_req_init(&req, RTM_NEWLINK, 0);
	req.ifi.ifi_index = route_index(world_net(world), step->name[0]);
	if (req.ifi.ifi_index <= 1) {
		say(world, "ret", "no device");
		return;
	}
	if ((strstr(kind, "longer") || strstr(kind, "shorter") || strstr(kind, "room")) &&
	    !is_tap(world, step->name[0])) {
		say(world, "ret", "left out");
		return;
	}
	nest = req_nest(&req, IFLA_XDP);
	req_put_u32(&req, IFLA_XDP_FD, bpf_program(kind));
	if (step->v[1])
		req_put_u32(&req, IFLA_XDP_FLAGS, step->v[1]);
	req_nest_end(&req, nest);
	snprintf(key, sizeof(key), "xdp %s mode %llx", kind, (unsigned long long)step->v[1]);
	req_say(world, key, &req);
	if (strstr(kind, "tx"))
		world->sends_back = true;
	world->has_xdp |= step->v[0];
	passes = !step->v[0] || !strcmp(kind, "xdp_pass");
	if (!(step->v[1] & XDP_FLAGS_SKB_MODE) && (!passes || !errno))
		note_native(world, step->name[0], passes);
}

const struct op op_xdp = {
	"xdp", "nkx", 20, generate_xdp, run_xdp, xdp_kinds,
};

/* ---- TUNSETTXFILTER ---- */

static void generate_txfilter(struct gen *gen, struct step *step)
{
	static const uint8_t macs[][6] = {
		{ 2, 0, 0, 0, 0, 0x99 }, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, { 1, 0, 0x5e, 0, 0, 1 },
		{ 0x33, 0x33, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 0x55 }, { 1, 2, 3, 4, 5, 6 },
	};
	uint16_t head[2] = { percent(gen, 80) ? below(gen, 2) : below(gen, 65536), below(gen, 13) };

	step->v[0] = gen_attached_file(gen);
	step->v[1] = percent(gen, 90) ? 0 : 1 + below(gen, 14);
	gen_put(step, head, 4);
	for (int i = 0; i < head[1]; i++)
		gen_put(step, macs[i < 8 ? below(gen, 6) : 1 + below(gen, 3)], 6);
}

static void run_txfilter(struct world *world, const struct step *step)
{
	size_t fault = (size_t)step->v[1] > step->size ? step->size : (size_t)step->v[1];
	uint8_t *data = edge_memory(step->size, fault);

	memcpy(data, step->bytes, step->size - fault);
	say_result(world, "TUNSETTXFILTER", ioctl(world->file[step->v[0]], TUNSETTXFILTER, data));
}

const struct op op_txfilter = {
	"TUNSETTXFILTER", "fib", 10, generate_txfilter, run_txfilter,
};

/* ---- TUNATTACHFILTER ---- */

static const char *const classic_kinds[] = {
	"keep", "drop", "keep_10", "keep_60", "invalid", "empty", "null", "unreadable", "bad", "long",
	NULL,
};

static void generate_attach_filter(struct gen *gen, struct step *step)
{
	step->v[0] = gen_attached_file(gen);
	step->v[1] = percent(gen, 70) ? below(gen, 4) : below(gen, ARRAY_SIZE(classic_kinds) - 1);
}

static void run_attach_filter(struct world *world, const struct step *step)
{
	static struct sock_filter code[] = {
		BPF_STMT(BPF_RET | BPF_K, 0x40000), BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, 10), BPF_STMT(BPF_RET | BPF_K, 60),
		BPF_STMT(BPF_LD | BPF_K, 0xffff),
	};
	const char *kind = classic_kinds[step->v[1]];
	struct sock_fprog prog;
	void *argument = &prog;
	struct ifreq ifr = {};

	memset(&prog, 0, sizeof(prog));		/* its padding is reported, too */
	prog.len = 1;
	prog.filter = &code[step->v[1] < 5 ? step->v[1] : 0];

	if (!strcmp(kind, "empty"))
		prog.len = 0;
	else if (!strcmp(kind, "null"))
		prog.filter = NULL;
	else if (!strcmp(kind, "unreadable"))
		prog.filter = bad_pointer();
	else if (!strcmp(kind, "bad"))
		argument = bad_pointer();
	else if (!strcmp(kind, "long"))
		prog.len = 4097;
	if (!ioctl(world->file[step->v[0]], TUNGETIFF, &ifr))
		world->has_filter |= ifr.ifr_flags & IFF_TAP;
	say_result(world, "TUNATTACHFILTER", ioctl(world->file[step->v[0]], TUNATTACHFILTER, argument));
}

const struct op op_attach_filter = {
	"TUNATTACHFILTER", "fk", 12, generate_attach_filter, run_attach_filter, classic_kinds,
};
