/* SPDX-License-Identifier: GPL-2.0-only */
/* What plugin.c looks for in a guest's code: nopl MARK(%rax). */
#ifndef BENCH_MARK_H
#define BENCH_MARK_H

#define MARK_OPCODE		"\x0f\x1f\x80"
#define MARK_OPCODE_SIZE	3
#define MARK_SIZE		7

/* The displacement: magic, the measurement's number, start or stop. */
#define MARK_MAGIC		0x56540000u
#define MARK_MAGIC_MASK		0xffff0000u
#define MARK_STOP		1u
#define MARK_NUMBER(mark)	(((mark) & ~MARK_MAGIC_MASK) >> 1)
#define MARK_NUMBERS		0x8000u

#endif
