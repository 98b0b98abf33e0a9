// SPDX-License-Identifier: GPL-2.0-only
/* The profile: in which functions two drivers spend their instructions. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counts.h"
#include "report.h"

/* Functions with less than this for a packet, with both drivers, aren't told. */
#define SYMBOLS_LEAST	2.0

struct symbol {
	uint64_t address;
	char *name;
	double n[N_DRIVERS];
};

static struct symbol *symbols;
static size_t n_symbols, max_symbols;

void symbols_add(uint64_t address, const char *name, const char *module)
{
	struct symbol *symbol;

	if (n_symbols == max_symbols) {
		max_symbols = max_symbols * 2 + 65536;
		symbols = allocated(realloc(symbols, max_symbols * sizeof(*symbols)));
	}
	symbol = &symbols[n_symbols++];
	memset(symbol, 0, sizeof(*symbol));
	symbol->address = address;
	if (asprintf(&symbol->name, "%s%s%s", name, *module ? " " : "", module) < 0)
		allocated(NULL);
}

static int symbols_by_address(const void *a, const void *b)
{
	const struct symbol *one = a, *two = b;

	return (one->address > two->address) - (one->address < two->address);
}

/* The last one that isn't above; the program's own code comes first. */
static struct symbol *symbols_find(uint64_t address)
{
	size_t low = 0, high = n_symbols;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (symbols[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	return &symbols[low];
}

struct symbols_sum {
	int driver;
	double packets;
};

static void symbols_add_block(const struct counts_block *block, void *arg)
{
	const struct symbols_sum *sum = arg;

	symbols_find(block->address)->n[sum->driver] += block->n / sum->packets;
}

static double symbols_more(const struct symbol *symbol)
{
	return symbol->n[VTUN] - symbol->n[TUN];
}

static int symbols_by_difference(const void *a, const void *b)
{
	double one = symbols_more(*(struct symbol *const *)a);
	double two = symbols_more(*(struct symbol *const *)b);

	return (one < two) - (one > two);
}

static void symbols_print(const char *name, struct symbol **list, size_t n)
{
	size_t i;

	printf("\n%s: instructions per packet\n", name);
	printf("%9s %9s %9s  function\n", "tun", "vtun", "more");
	for (i = 0; i < n; i++)
		printf("%9.1f %9.1f %+9.1f  %s\n", list[i]->n[TUN],
		       list[i]->n[VTUN], symbols_more(list[i]), list[i]->name);
	fflush(stdout);
}

/**
 * symbols_profile() - print where a figure's instructions are
 * @name: the figure
 * @numbers: a measurement of each driver
 * @packets: how many packets each had
 */
void symbols_profile(const char *name, const unsigned int *numbers,
		     const double *packets)
{
	struct symbols_sum sum;
	struct symbol **list;
	size_t i, n = 0;

	if (!n_symbols || (!packets[TUN] && !packets[VTUN]))
		return;
	qsort(symbols, n_symbols, sizeof(*symbols), symbols_by_address);
	for (i = 0; i < n_symbols; i++)
		memset(symbols[i].n, 0, sizeof(symbols[i].n));
	for (sum.driver = 0; sum.driver < N_DRIVERS; sum.driver++) {
		sum.packets = packets[sum.driver];
		if (sum.packets)
			counts_each(numbers[sum.driver], symbols_add_block, &sum);
	}
	list = allocated(calloc(n_symbols, sizeof(*list)));
	for (i = 0; i < n_symbols; i++)
		if (symbols[i].n[TUN] >= SYMBOLS_LEAST ||
		    symbols[i].n[VTUN] >= SYMBOLS_LEAST)
			list[n++] = &symbols[i];
	qsort(list, n, sizeof(*list), symbols_by_difference);
	symbols_print(name, list, n);
	free(list);
}
