/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * eBPF programs put together instruction by instruction and loaded with plain
 * bpf(2), so that a test needs neither a compiler for them nor libbpf.
 *
 * All functions that can fail return a file descriptor or 0, or -errno.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_BPF_H
#define VTUN_SELFTESTS_TESTLIB_BPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/bpf.h>
#include <linux/filter.h>

/* ---- instructions ------------------------------------------------------- */

#define BI(c, d, s, o, i) ((struct bpf_insn){				\
	.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define BI_MOV(d, s)		BI(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define BI_SET(d, i)		BI(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define BI_ADD(d, i)		BI(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define BI_SUB_REG(d, s)	BI(BPF_ALU64 | BPF_SUB | BPF_X, d, s, 0, 0)
#define BI_CALL(f)		BI(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define BI_EXIT			BI(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* @sz: BPF_B, BPF_H, BPF_W or BPF_DW */
#define BI_LOAD(sz, d, s, o)	BI(BPF_LDX | BPF_MEM | (sz), d, s, o, 0)
#define BI_STORE(sz, d, o, s)	BI(BPF_STX | BPF_MEM | (sz), d, s, o, 0)
#define BI_STORE_IMM(sz, d, o, i) BI(BPF_ST | BPF_MEM | (sz), d, 0, o, i)

#define BPF_CODE_MAX	160

/* A program that grows instruction by instruction. */
struct bpf_code {
	struct bpf_insn insn[BPF_CODE_MAX];
	unsigned int n;
};

void bpf_add(struct bpf_code *code, struct bpf_insn insn);
/* @dst = the map; @dst = the address of byte @off of its only element. */
void bpf_add_map(struct bpf_code *code, int dst, int map_fd);
void bpf_add_value(struct bpf_code *code, int dst, int map_fd, int off);
/*
 * A conditional jump (BPF_JEQ, BPF_JGT …) over what is added from now until
 * bpf_land() gets the number that this returns.
 */
int bpf_jump_imm(struct bpf_code *code, int op, int dst, int imm);
int bpf_jump_reg(struct bpf_code *code, int op, int dst, int src);
void bpf_land(struct bpf_code *code, int jump);

/* ---- programs and maps -------------------------------------------------- */

int bpf_call(int cmd, union bpf_attr *attr);
/* @type: BPF_PROG_TYPE_…; VERBOSE in the environment shows a refusal's log. */
int bpf_load(int type, const struct bpf_code *code);
/* A program of this type that only returns @value. */
int bpf_load_const(int type, int value);
/* A program of this type that returns the 32-bit word of array @map_fd. */
int bpf_load_word(int type, int map_fd);
/* A program that returns its packet's length plus @delta. */
int bpf_load_len(int type, int delta);

int bpf_map(int type, unsigned int key_size, unsigned int value_size,
	    unsigned int entries);
/* An array of one element of @size bytes, for a program to read or fill. */
int bpf_array(unsigned int size);
int bpf_map_set(int map_fd, uint32_t key, const void *value);
int bpf_map_get(int map_fd, uint32_t key, void *value);
int bpf_map_del(int map_fd, uint32_t key);

/* ---- classic programs ----------------------------------------------------- */

/* One that returns @value, for TUNATTACHFILTER and socket options. */
#define CBPF_CONST(value)						\
	(struct sock_filter[]){ BPF_STMT(BPF_RET | BPF_K, value) }
#define CBPF_PROG(code)							\
	((struct sock_fprog){ sizeof(code) / sizeof((code)[0]), code })

#endif
