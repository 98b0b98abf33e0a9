// SPDX-License-Identifier: GPL-2.0-only
/* The two XDP programs that are needed, without a library. */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <net/if.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

static int bpf_call(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

static int bpf_attach(const char *name, const struct bpf_insn *insns,
		      unsigned int n)
{
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (uintptr_t)insns,
		.insn_cnt = n,
		.license = (uintptr_t)"GPL",
	};
	union bpf_attr link = {};

	link.link_create.prog_fd = checked(bpf_call(BPF_PROG_LOAD, &load),
					   "BPF_PROG_LOAD");
	link.link_create.target_ifindex = if_nametoindex(name);
	link.link_create.attach_type = BPF_XDP;
	return checked(bpf_call(BPF_LINK_CREATE, &link), "BPF_LINK_CREATE");
}

/* XDP_DROP, until the descriptor that is returned is closed. */
int bpf_attach_drop(const char *name)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_attach(name, insns, 2);
}

/* All that queue 0 gets goes to the AF_XDP socket @xsk. */
int bpf_attach_redirect(const char *name, int xsk)
{
	union bpf_attr map = {
		.map_type = BPF_MAP_TYPE_XSKMAP,
		.key_size = 4,
		.value_size = 4,
		.max_entries = 1,
	};
	union bpf_attr update = {};
	uint32_t key = 0;
	int fd = checked(bpf_call(BPF_MAP_CREATE, &map), "BPF_MAP_CREATE");
	const struct bpf_insn insns[] = {
		/* r0 = bpf_redirect_map(map, 0, XDP_PASS) */
		{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD, .imm = fd },
		{ },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 2 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 3,
		  .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect_map },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	update.map_fd = fd;
	update.key = (uintptr_t)&key;
	update.value = (uintptr_t)&xsk;
	checked(bpf_call(BPF_MAP_UPDATE_ELEM, &update), "XSKMAP");
	return bpf_attach(name, insns, 6);
}
