// SPDX-License-Identifier: GPL-2.0-only
/*
 * One measurement. Either the time of as many packets as go through in a while,
 * or the instructions of a number of packets, which QEMU counts (plugin.c).
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "bench.h"
#include "mark.h"

/* What is counted runs a while first: caches of memory and of routes fill. */
#define METER_CHUNKS_COUNTED	8
#define METER_CHUNKS_BEFORE	4

bool meter_counts;
double meter_seconds = 1;

static struct {
	const char *name;
	const char *driver;
	int round;
	unsigned int number;
	unsigned int chunks;
	uint64_t packets;
	bool running;
	double since;
} meter;

double meter_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* The mark's number is part of the instruction. */
static void meter_mark(uint32_t bits)
{
	uint32_t mark = MARK_MAGIC | meter.number << 1 | bits;
	static unsigned char *code;
	static size_t used;

	if (!code) {
		code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (code == MAP_FAILED)
			die("no memory for code");
	}
	/* Each in its own place, so that QEMU translates each anew. */
	if (used + MARK_SIZE + 1 > 4096)
		die("too many marks in one measurement");
	memcpy(code + used, MARK_OPCODE, MARK_OPCODE_SIZE);
	memcpy(code + used + MARK_OPCODE_SIZE, &mark, sizeof(mark));
	code[used + MARK_SIZE] = 0xc3;
	((void (*)(void))(code + used))();
	used += MARK_SIZE + 1;
}

void meter_begin(const char *name, const char *driver, int round,
		 unsigned int number)
{
	memset(&meter, 0, sizeof(meter));
	meter.name = name;
	meter.driver = driver;
	meter.round = round;
	meter.number = number;
}

void meter_start(void)
{
	meter.chunks = 0;
	meter.running = true;
	if (meter_counts)
		meter_mark(0);
	meter.since = meter_now();
}

/**
 * meter_more() - before each chunk of what is measured
 * @n: packets of the chunk
 *
 * Starts the meter before the first one, or, where instructions are counted,
 * after some. Return: false once it is enough.
 */
bool meter_more(unsigned int n)
{
	meter.chunks++;
	if (!meter.running) {
		if (!meter_counts || meter.chunks > METER_CHUNKS_BEFORE)
			meter_start();
	} else if (meter_counts ? meter.chunks >= METER_CHUNKS_COUNTED :
		   meter_now() - meter.since >= meter_seconds) {
		return false;
	}
	if (meter.running)
		meter.packets += n;
	return true;
}

/**
 * meter_stop_at() - the end of what meter_start() began
 * @n: how many there were meanwhile
 * @unit: of what
 */
void meter_stop_at(uint64_t n, const char *unit)
{
	double elapsed = meter_now() - meter.since;

	if (meter_counts) {
		meter_mark(MARK_STOP);
		printf("@count %s %s %d %llu %u instructions/%s\n", meter.name,
		       meter.driver, meter.round, (unsigned long long)n,
		       meter.number, unit);
	} else {
		printf("@value %s %s %d %.6g %s/s\n", meter.name,
		       meter.driver, meter.round, n / elapsed, unit);
	}
	fflush(stdout);
}

/* After the last chunk. */
void meter_stop(void)
{
	meter_stop_at(meter.packets, "packet");
}

void meter_value(double value, const char *unit)
{
	printf("@value %s %s %d %.6g %s\n", meter.name, meter.driver,
	       meter.round, value, unit);
	fflush(stdout);
}

static int meter_by_value(const void *a, const void *b)
{
	double one = *(const double *)a, two = *(const double *)b;

	return (one > two) - (one < two);
}

/**
 * meter_times() - how long something took: FIGURE/p50 and FIGURE/p99
 * @took: seconds; sorted
 * @n: how many, not 0
 * @scale: of @unit, how many are a second
 * @unit: what is shown
 */
void meter_times(double *took, unsigned int n, double scale, const char *unit)
{
	qsort(took, n, sizeof(*took), meter_by_value);
	meter_named("p50", took[n / 2] * scale, unit);
	meter_named("p99", took[n * 99 / 100] * scale, unit);
}

/* A figure that has several: FIGURE/WHAT */
void meter_named(const char *what, double value, const char *unit)
{
	printf("@value %s/%s %s %d %.6g %s\n", meter.name, what, meter.driver,
	       meter.round, value, unit);
	fflush(stdout);
}
