// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU TCG plugin: which instructions a guest executes between two marks.
 *
 * A mark is a long NOP with a magic displacement (mark.h), found when its code
 * is translated, so that what is measured runs no extra instruction. Each block
 * of translated code has a counter, to which QEMU itself adds the number of
 * its instructions. The second mark writes to out=FILE
 *
 *	mark NUMBER
 *	ADDRESS COUNT		(hexadecimal, decimal) for each block that ran
 *	end NUMBER
 *
 * Exact with one virtual CPU, and with tcg,thread=single for several together.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

/* The part of QEMU's plugin API that is used; Debian has no header for it. */
#define EXPORT	__attribute__((visibility("default")))

struct qemu_plugin_tb;
struct qemu_plugin_insn;

typedef uint64_t qemu_plugin_id_t;
typedef void (*qemu_plugin_trans_cb)(qemu_plugin_id_t id,
				     struct qemu_plugin_tb *tb);
typedef void (*qemu_plugin_exec_cb)(unsigned int vcpu, void *arg);

enum { QEMU_PLUGIN_CB_NO_REGS = 0 };
enum { QEMU_PLUGIN_INLINE_ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   qemu_plugin_trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb,
					      int op, void *ptr, uint64_t imm);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    qemu_plugin_exec_cb cb, int flags,
					    void *arg);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t idx);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

EXPORT int qemu_plugin_version = 1;

struct block {
	struct block *next;
	uint64_t address;
	uint64_t count;
	uint64_t before;	/* the count at the first mark */
};

#define HASH_SIZE	(1 << 18)

static struct block *blocks[HASH_SIZE];
static FILE *out;

/* A block that QEMU translates anew goes on with its counter. */
static struct block *block_get(uint64_t address)
{
	struct block **head = &blocks[(address ^ address >> 18) % HASH_SIZE];
	struct block *block;

	for (block = *head; block; block = block->next)
		if (block->address == address)
			return block;
	block = calloc(1, sizeof(*block));
	if (!block) {
		perror("plugin");
		exit(1);
	}
	block->address = address;
	block->next = *head;
	*head = block;
	return block;
}

static void mark_start(void)
{
	struct block *block;
	size_t i;

	for (i = 0; i < HASH_SIZE; i++)
		for (block = blocks[i]; block; block = block->next)
			block->before = block->count;
}

static void mark_stop(unsigned int number)
{
	struct block *block;
	size_t i;

	fprintf(out, "mark %u\n", number);
	for (i = 0; i < HASH_SIZE; i++) {
		for (block = blocks[i]; block; block = block->next) {
			if (block->count == block->before)
				continue;
			fprintf(out, "%" PRIx64 " %" PRIu64 "\n", block->address,
				block->count - block->before);
		}
	}
	fprintf(out, "end %u\n", number);
	fflush(out);
}

static void on_mark(unsigned int vcpu, void *arg)
{
	uint32_t mark = (uintptr_t)arg;

	(void)vcpu;
	if (mark & MARK_STOP)
		mark_stop(MARK_NUMBER(mark));
	else
		mark_start();
}

static bool is_mark(const struct qemu_plugin_insn *insn, uint32_t *mark)
{
	const unsigned char *code = qemu_plugin_insn_data(insn);

	if (qemu_plugin_insn_size(insn) != MARK_SIZE ||
	    memcmp(code, MARK_OPCODE, MARK_OPCODE_SIZE))
		return false;
	memcpy(mark, code + MARK_OPCODE_SIZE, sizeof(*mark));
	return (*mark & MARK_MAGIC_MASK) == MARK_MAGIC;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	struct block *block = block_get(qemu_plugin_tb_vaddr(tb));
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct qemu_plugin_insn *insn;
	uint32_t mark;
	size_t i;

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
						 &block->count, n);
	for (i = 0; i < n; i++) {
		insn = qemu_plugin_tb_get_insn(tb, i);
		if (is_mark(insn, &mark))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark,
							       QEMU_PLUGIN_CB_NO_REGS,
							       (void *)(uintptr_t)mark);
	}
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			       char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "plugin: wants out=FILE\n");
		return -1;
	}
	out = fopen(argv[0] + 4, "w");
	if (!out) {
		perror(argv[0] + 4);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
