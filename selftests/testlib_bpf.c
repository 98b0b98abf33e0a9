// SPDX-License-Identifier: GPL-2.0-only
/* eBPF programs by hand: putting together, loading, maps. */
#include "testlib_bpf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

void bpf_add(struct bpf_code *code, struct bpf_insn insn)
{
	if (code->n == BPF_CODE_MAX) {
		fprintf(stderr, "a program is longer than BPF_CODE_MAX\n");
		abort();
	}
	code->insn[code->n++] = insn;
}

void bpf_add_map(struct bpf_code *code, int dst, int map_fd)
{
	bpf_add(code, BI(BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_FD, 0,
			 map_fd));
	bpf_add(code, BI(0, 0, 0, 0, 0));
}

void bpf_add_value(struct bpf_code *code, int dst, int map_fd, int off)
{
	bpf_add(code, BI(BPF_LD | BPF_DW | BPF_IMM, dst, BPF_PSEUDO_MAP_VALUE,
			 0, map_fd));
	bpf_add(code, BI(0, 0, 0, 0, off));
}

int bpf_jump_imm(struct bpf_code *code, int op, int dst, int imm)
{
	bpf_add(code, BI(BPF_JMP | op | BPF_K, dst, 0, 0, imm));
	return code->n - 1;
}

int bpf_jump_reg(struct bpf_code *code, int op, int dst, int src)
{
	bpf_add(code, BI(BPF_JMP | op | BPF_X, dst, src, 0, 0));
	return code->n - 1;
}

void bpf_land(struct bpf_code *code, int jump)
{
	code->insn[jump].off = code->n - 1 - jump;
}

int bpf_call(int cmd, union bpf_attr *attr)
{
	int fd = syscall(__NR_bpf, cmd, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

int bpf_load(int type, const struct bpf_code *code)
{
	static char log[1 << 16];
	union bpf_attr attr = {
		.prog_type = type,
		.insns = (uintptr_t)code->insn,
		.insn_cnt = code->n,
		.license = (uintptr_t)"GPL",
	};
	int fd = bpf_call(BPF_PROG_LOAD, &attr);

	if (fd >= 0 || !getenv("VERBOSE"))
		return fd;
	attr.log_level = 1;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	bpf_call(BPF_PROG_LOAD, &attr);
	printf("# %s\n", log);
	return fd;
}

int bpf_load_const(int type, int value)
{
	struct bpf_code code = {};

	bpf_add(&code, BI_SET(BPF_REG_0, value));
	bpf_add(&code, BI_EXIT);
	return bpf_load(type, &code);
}

int bpf_load_word(int type, int map_fd)
{
	struct bpf_code code = {};

	bpf_add_value(&code, BPF_REG_1, map_fd, 0);
	bpf_add(&code, BI_LOAD(BPF_W, BPF_REG_0, BPF_REG_1, 0));
	bpf_add(&code, BI_EXIT);
	return bpf_load(type, &code);
}

int bpf_load_len(int type, int delta)
{
	struct bpf_code code = {};

	bpf_add(&code, BI_LOAD(BPF_W, BPF_REG_0, BPF_REG_1,
			       offsetof(struct __sk_buff, len)));
	bpf_add(&code, BI_ADD(BPF_REG_0, delta));
	bpf_add(&code, BI_EXIT);
	return bpf_load(type, &code);
}

int bpf_map(int type, unsigned int key_size, unsigned int value_size,
	    unsigned int entries)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = entries,
	};

	return bpf_call(BPF_MAP_CREATE, &attr);
}

int bpf_array(unsigned int size)
{
	return bpf_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), size, 1);
}

int bpf_map_set(int map_fd, uint32_t key, const void *value)
{
	union bpf_attr attr = {
		.map_fd = map_fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)value,
	};

	return bpf_call(BPF_MAP_UPDATE_ELEM, &attr);
}

int bpf_map_get(int map_fd, uint32_t key, void *value)
{
	union bpf_attr attr = {
		.map_fd = map_fd,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)value,
	};

	return bpf_call(BPF_MAP_LOOKUP_ELEM, &attr);
}

int bpf_map_del(int map_fd, uint32_t key)
{
	union bpf_attr attr = {
		.map_fd = map_fd,
		.key = (uintptr_t)&key,
	};

	return bpf_call(BPF_MAP_DELETE_ELEM, &attr);
}
