/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Jobs that run against each other for a limited time. Each is a process,
 * since two processes run in parallel in every guest, but two threads of one
 * don't in User Mode Linux. VTUN_SECONDS lengthens every race (up to 200). Where the
 * kernel has fault injection (User Mode Linux, debug) the driver pauses at
 * random where something could come in between.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_RACE_H
#define VTUN_SELFTESTS_TESTLIB_RACE_H

#include "testlib.h"

#define RACE_JOBS	12
#define RACE_TIMEOUT	300	/* s, for TEST_F_TIMEOUT */

/* In memory that all jobs share. */
struct race_job {
	const _Atomic bool *stop;
	_Atomic bool *end;
	int nr;				/* of this job, from 0 */
	void *arg;
	unsigned long rounds;
	unsigned long done;		/* rounds that got what they wanted */
	int line;			/* where it met what can't happen, … */
	int value;			/* … and what that was */
};

struct race {
	struct race_board *board;
	pid_t pid[RACE_JOBS];
	int num;
	int refs;			/* of the module, before the race */
};

/* Before everything else in a test: 0 or -errno. */
int race_init(struct race *race);
/*
 * Starts a job, which ends when race_goes_on() says so. What is open now is
 * open there too. Returns its number or -errno.
 */
int race_add(struct race *race, void (*fn)(struct race_job *job), void *arg);
/*
 * Lets the jobs run for their time, or until one fails, and collects them.
 * The number of jobs that failed, hung, died or never got done what they are
 * there for; each is explained on stdout.
 */
int race_run(struct race *race);
/* How many rounds job @nr had, and in how many it called race_done(). */
unsigned long race_job_rounds(const struct race *race, int nr);
unsigned long race_job_done(const struct race *race, int nr);
/*
 * After a race, and once the test has closed what it opened: true when
 * nothing holds the module any longer that did not before.
 */
bool race_left_nothing(struct race *race);

/* For jobs: one more round? */
bool race_goes_on(struct race_job *job);

/* For jobs: this round has done what it is there for. */
static inline void race_done(struct race_job *job)
{
	job->done++;
}

/* For jobs: note what went wrong first, and end the race. */
#define race_fail(_job, _value) do {					\
	if (!(_job)->line) {						\
		(_job)->value = (_value);				\
		(_job)->line = __LINE__;				\
	}								\
	*(_job)->end = true;						\
} while (0)

/* A round that ended with 0 or an error, which can't happen. */
#define race_round(_job, _err) do {					\
	int __err = (_err);						\
									\
	if (__err)							\
		race_fail(_job, __err);					\
	else								\
		race_done(_job);					\
} while (0)

/* References on the driver's module, -ENOENT where it is built in. */
int vt_module_refs(void);

#endif
