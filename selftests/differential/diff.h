/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The differential test: random sequences of what a user can do to a tun device, run on two
 * drivers in twin network namespaces, compared step by step.
 *
 *   step      one thing a user does, with all its arguments: printed as a line of script
 *   op        the kind of a step: how to generate, print and run it
 *   sequence  some steps, run in a fresh world
 *   world     what a worker process owns: two network namespaces, files, sockets; one a driver
 *   record    what a step returned and showed, as text lines "key: value"
 */
#ifndef DIFF_H
#define DIFF_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define STEP_VALUES	6
#define STEP_BYTES	384
#define SEQ_STEPS	96		/* a sequence has at most */
#define SLOTS		6		/* files f0 … f5 */
#define NETS		2		/* n0, where a sequence starts, and n1 */
#define RECORD_ROOM	(768 * 1024)	/* of one sequence */
#define RECORD_FULL	(RECORD_ROOM - 8192)	/* from here on nothing is added */
#define REACH_KEYS	512

struct step {
	const struct op *op;
	int64_t v[STEP_VALUES];		/* numbers, in the order of the op's signature */
	char name[2][20];		/* names, at most 16 bytes of each count */
	uint16_t size;
	uint8_t bytes[STEP_BYTES];
};

struct gen;
struct world;

/*
 * The letters of a signature: f file slot, i decimal, x hexadecimal, c ioctl command, k kind
 * (a name from @kinds), n device name, b bytes.
 */
struct op {
	const char *name;
	const char *sig;
	int weight;
	void (*generate)(struct gen *gen, struct step *step);
	void (*run)(struct world *world, const struct step *step);
	const char *const *kinds;	/* of the letter k, NULL at its end */
	unsigned int flags;
};

#define OP_CARRIER	0x1		/* may change a carrier: the core's link watch must settle */
#define OP_PACKETS	0x2		/* may move packets */
#define OP_RARE		0x4		/* dear: not in every sequence */

extern const struct op *const ops[];
extern const unsigned int op_count;
const struct op *op_find(const char *name);

/* random numbers */
struct rng { uint64_t state; };
uint64_t rng_next(struct rng *rng);
unsigned int rng_below(struct rng *rng, unsigned int n);
bool rng_percent(struct rng *rng, unsigned int percent);

/* sequences and scripts */
struct sequence {
	unsigned int count;
	struct step step[SEQ_STEPS];
};

void step_print(FILE *f, const struct step *step);
int step_parse(const char *line, struct step *step);
int sequence_read(const char *file, struct sequence *seq);
void sequence_write(FILE *f, const struct sequence *seq);

/* Shared by the driver of the test and a worker. */
struct reach_count {
	char key[56];
	uint64_t ok;
	uint64_t failed;
	uint32_t err[134];
};

struct shared {
	struct sequence seq;
	unsigned int stop;		/* run only so many steps; then the last look */
	volatile unsigned int done;	/* steps that have a record */
	uint32_t start[SEQ_STEPS + 2];	/* of each step's record */
	char record[RECORD_ROOM];
	unsigned int reach_used;
	struct reach_count reach[REACH_KEYS];
};

/* A pair of workers */
struct worker {
	pid_t pid;
	int to, from;
	struct shared *shared;
	const char *driver;
};

/* If set, called in the worker before the first step of each sequence. */
extern void (*worker_begins)(void);

int worker_start(struct worker *worker, const char *driver);
void worker_stop(struct worker *worker);
void worker_send(struct worker *worker, const struct sequence *seq);
/* 0, -1 if it died or said nothing for so long */
int worker_wait(struct worker *worker, int timeout_ms);

struct pair {
	struct worker w[2];
	const char *driver[2];
	int age;			/* sequences that it ran */
};

/* What the comparison of one sequence came to. */
enum verdict { SAME, EXPLAINED, DIFFERENT, BROKEN };

struct outcome {
	enum verdict verdict;
	unsigned int step;		/* the first that differs, or the one that ended it */
	unsigned int compared;		/* steps that were compared */
	char text[4096];		/* the lines that differ */
};

int pair_start(struct pair *pair);
void pair_stop(struct pair *pair);
void pair_run(struct pair *pair, const struct sequence *seq, struct outcome *outcome);
void pair_finish(struct pair *pair, const struct sequence *seq, int failed,
		 struct outcome *outcome);

int differences_read(const char *file, const char *a, const char *b);
void compare_records(const struct shared *a, const struct shared *b, const struct sequence *seq,
		     struct outcome *outcome);
void differences_report(FILE *f);

void shrink(struct pair *pair, struct sequence *seq, struct outcome *outcome);
void reach_add(struct reach_count *table, unsigned int *n, const char *key, int err);
void reach_merge(const struct shared *shared);
void reach_print(FILE *f);

/* generating */
int generate_without(const char *list);
extern unsigned int gen_known_flags;	/* of TUNSETIFF, of both drivers */
void generate_sequence(struct sequence *seq, uint64_t seed, unsigned int steps);

/* What the whole kernel must be told for the time of a run. */
void system_change(bool back);

extern bool tells_all;			/* --verbose */
extern int patience;
int kernel_at_least(int major, int minor);

#endif
