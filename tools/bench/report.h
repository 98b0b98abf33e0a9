/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host's side of the benchmark knows of a run. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUNDS_MAX	64

/* What is neither comes last. */
enum { TUN, VTUN, OTHER, N_DRIVERS };

/* One driver's measurements of one figure. */
struct series {
	double values[ROUNDS_MAX];
	unsigned int n;
	double median;
	double low;
	double high;
	/* Of instructions, that of the last round: a module's, the program's. */
	double driver;
	double user;
	char *missing;		/* why there is none */
};

struct result {
	char *name;
	char *unit;
	bool printed;
	struct series series[N_DRIVERS];
};

/* report.c */
extern const char *const driver_names[N_DRIVERS];
void *allocated(void *p);
bool result_plain_name(const char *name, char *plain, size_t size);
const struct series *result_reference(const struct result *result);

/* baseline.c: what it was before */
unsigned int baseline_check(const char *path, const char *kernel,
			    const struct result *results, unsigned int n);

/* symbols.c: whose instructions these were */
void symbols_add(uint64_t address, const char *name, const char *module);
void symbols_profile(const char *name, const unsigned int *numbers,
		     const double *packets);

#endif
