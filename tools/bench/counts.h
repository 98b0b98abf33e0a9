/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_COUNTS_H
#define BENCH_COUNTS_H

#include <stdbool.h>
#include <stdint.h>

/* Instructions of one measurement. */
struct counts {
	uint64_t user;
	uint64_t kernel;	/* modules included */
	uint64_t driver;	/* of these, the driver's own */
};

/* Code that runs in one piece, and how many instructions of it ran. */
struct counts_block {
	unsigned int number;
	uint64_t address;
	uint64_t n;
};

void counts_open(const char *path);
void counts_module(const char *name, uint64_t start, uint64_t size);
bool counts_get(unsigned int number, const char *driver, struct counts *counts);
void counts_each(unsigned int number,
		 void (*each)(const struct counts_block *block, void *arg),
		 void *arg);

#endif
