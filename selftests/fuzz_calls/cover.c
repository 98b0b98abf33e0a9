// SPDX-License-Identifier: GPL-2.0-only
/* KCOV of the workers: which places of the module they reach, one after the other. */
#include "fuzz_calls.h"

#include <fcntl.h>
#include <linux/kcov.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORKERS		8
#define TRACE_WORDS	(1 << 18)	/* places of one sequence, the first word counts them */
#define STEP_BITS	(1 << 22)	/* of a table of pairs of places, by hash */
#define TEXT_MAX	(1 << 22)	/* bytes of the module's code */

static struct {
	int fd;
	uint64_t *trace;
} workers[WORKERS];
static unsigned int chosen;
static bool is_enabled;			/* in a worker */

static uint64_t text;			/* where the module's code begins */
static uint8_t seen_step[STEP_BITS / 8], seen_place[TEXT_MAX / 8];
static unsigned int places;

static bool set_bit(uint8_t *table, size_t n)
{
	bool was = table[n / 8] & 1 << n % 8;

	table[n / 8] |= 1 << n % 8;
	return !was;
}

static int find_text(void)
{
	FILE *f = fopen("/sys/module/vtun/sections/.text", "r");

	if (!f || fscanf(f, "%lx", &text) != 1) {
		perror("/sys/module/vtun/sections/.text");
		return -1;
	}
	fclose(f);
	return 0;
}

void cover_begin(void)
{
	uint64_t *trace = workers[chosen].trace;

	if (!is_enabled && ioctl(workers[chosen].fd, KCOV_ENABLE, KCOV_TRACE_PC)) {
		perror("fuzz_calls: KCOV_ENABLE");
		_exit(1);
	}
	is_enabled = true;
	__atomic_store_n(&trace[0], 0, __ATOMIC_RELAXED);
}

int cover_open(unsigned int n)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);

	if (!text && find_text())
		return -1;
	if (n >= WORKERS || fd < 0 || ioctl(fd, KCOV_INIT_TRACE, TRACE_WORDS)) {
		perror("/sys/kernel/debug/kcov");
		return -1;
	}
	workers[n].fd = fd;
	workers[n].trace = mmap(NULL, TRACE_WORDS * sizeof(uint64_t), PROT_READ | PROT_WRITE,
				MAP_SHARED, fd, 0);
	if (workers[n].trace == MAP_FAILED) {
		perror("/sys/kernel/debug/kcov: mmap");
		return -1;
	}
	return 0;
}

void cover_choose(unsigned int n)
{
	chosen = n;
}

static uint32_t step_hash(uint64_t from, uint64_t to)
{
	return ((from * 0x9e3779b97f4a7c15ull ^ to) * 0xbf58476d1ce4e5b9ull) >> 42;
}

unsigned int cover_take(unsigned int n)
{
	uint64_t *trace = workers[n].trace, last = 0;
	unsigned int fresh = 0;

	_Static_assert(1ull << (64 - 42) == STEP_BITS, "the hash has as many bits as the table");
	for (uint64_t i = 1; i <= trace[0] && i < TRACE_WORDS; i++) {
		uint64_t at = trace[i] - text;

		fresh += set_bit(seen_step, step_hash(last, at));
		places += at < TEXT_MAX && set_bit(seen_place, at);
		last = at;
	}
	trace[0] = 0;
	return fresh;
}

unsigned int cover_places(void)
{
	return places;
}

static unsigned int places_between(uint64_t from, uint64_t to)
{
	unsigned int n = 0;

	for (uint64_t at = from; at < to && at < TEXT_MAX; at++)
		n += !!(seen_place[at / 8] & 1 << at % 8);
	return n;
}

struct symbol {
	uint64_t at;
	char name[80];
};

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

/* The functions of the module, by address. */
static size_t read_symbols(struct symbol *symbol, size_t room)
{
	FILE *f = fopen("/proc/kallsyms", "r");
	char line[256], type;
	size_t n = 0;

	while (f && n < room && fgets(line, sizeof(line), f))
		if (strstr(line, "[vtun]") &&
		    sscanf(line, "%lx %c %79s", &symbol[n].at, &type, symbol[n].name) == 3 &&
		    (type == 't' || type == 'T') && symbol[n].at >= text)
			n++;
	if (f)
		fclose(f);
	qsort(symbol, n, sizeof(*symbol), by_address);
	return n;
}

int cover_write(const char *file)
{
	static struct symbol symbol[4096];
	size_t n = read_symbols(symbol, ARRAY_SIZE(symbol));
	FILE *f = fopen(file, "w");

	if (!f) {
		perror(file);
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		uint64_t end = i + 1 < n ? symbol[i + 1].at : symbol[i].at + 65536;

		fprintf(f, "%s %u\n", symbol[i].name,
			places_between(symbol[i].at - text, end - text));
	}
	return fclose(f);
}
