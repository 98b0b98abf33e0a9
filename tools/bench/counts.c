// SPDX-License-Identifier: GPL-2.0-only
/* What plugin.c wrote: instructions by address, for each measurement. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "report.h"

#define COUNTS_KERNEL	0xffff800000000000ull	/* and above */

static struct {
	char name[64];
	uint64_t start;
	uint64_t end;
} modules[256];
static unsigned int n_modules;
static FILE *file;
static struct counts_block *blocks;
static size_t n_blocks, max_blocks;

void counts_open(const char *path)
{
	file = fopen(path, "r");
	if (!file) {
		perror(path);
		exit(1);
	}
}

void counts_module(const char *name, uint64_t start, uint64_t size)
{
	if (n_modules == sizeof(modules) / sizeof(modules[0]))
		return;
	snprintf(modules[n_modules].name, sizeof(modules[0].name), "%s", name);
	modules[n_modules].start = start;
	modules[n_modules].end = start + size;
	n_modules++;
}

static bool counts_is_in(uint64_t address, const char *module)
{
	unsigned int i;

	for (i = 0; i < n_modules; i++)
		if (address >= modules[i].start && address < modules[i].end)
			return !strcmp(modules[i].name, module);
	return false;
}

static void counts_add_block(unsigned int number, uint64_t address, uint64_t n)
{
	if (n_blocks == max_blocks) {
		max_blocks = max_blocks * 2 + 4096;
		blocks = allocated(realloc(blocks, max_blocks * sizeof(*blocks)));
	}
	blocks[n_blocks++] = (struct counts_block){ number, address, n };
}

/* What the guest has told of, the plugin had written before. */
static void counts_read_more(void)
{
	unsigned int number = 0;
	uint64_t address, n;
	char line[128];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "mark %u", &number) == 1)
			continue;
		if (sscanf(line, "%" SCNx64 " %" SCNu64, &address, &n) == 2)
			counts_add_block(number, address, n);
	}
	clearerr(file);
}

/* The packet generator makes what is measured, and waits for it. */
static bool counts_is_source(uint64_t address)
{
	return counts_is_in(address, "pktgen");
}

/**
 * counts_get() - the instructions of one measurement
 * @number: its mark
 * @driver: the module whose own are told apart
 * @counts: the result
 *
 * Return: whether there are any.
 */
bool counts_get(unsigned int number, const char *driver, struct counts *counts)
{
	const struct counts_block *block;
	size_t i;

	counts_read_more();
	memset(counts, 0, sizeof(*counts));
	for (i = 0; i < n_blocks; i++) {
		block = &blocks[i];
		if (block->number != number || counts_is_source(block->address))
			continue;
		if (block->address < COUNTS_KERNEL)
			counts->user += block->n;
		else
			counts->kernel += block->n;
		if (counts_is_in(block->address, driver))
			counts->driver += block->n;
	}
	return counts->kernel;
}

/* Calls @each for every block of code that ran in a measurement. */
void counts_each(unsigned int number,
		 void (*each)(const struct counts_block *block, void *arg),
		 void *arg)
{
	size_t i;

	for (i = 0; i < n_blocks; i++)
		if (blocks[i].number == number &&
		    !counts_is_source(blocks[i].address))
			each(&blocks[i], arg);
}
