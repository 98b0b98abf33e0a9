/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A fuzzer of what user programs do to the driver. It runs the differential test's sequences on
 * vtun alone, in worlds of their own, and lets KCOV tell which code of the module each reached.
 * Sequences that reached something new are kept, changed at random, and run again.
 */
#ifndef FUZZ_CALLS_H
#define FUZZ_CALLS_H

#include "../differential/diff.h"

/* ---- cover.c: what the module's code a worker runs ---- */

/* Of worker @n: before it starts, and in the process that starts it. 0 or -1, with a message. */
int cover_open(unsigned int n);
/* The worker that is started next is number @n. */
void cover_choose(unsigned int n);
/* In the worker, before the first step of a sequence. */
void cover_begin(void);
/* What worker @n reached in its last sequence: how many steps of code had not been seen before. */
unsigned int cover_take(unsigned int n);
/* Places in the code that were reached, of all that KCOV marks. */
unsigned int cover_places(void);
/* Writes a line "FUNCTION PLACES" for each function of the module. */
int cover_write(const char *file);

/* ---- corpus.c: sequences that reached something new, in memory and in a folder ---- */

int corpus_open(const char *where);
/* The next of those that earlier runs left: false if there is no more. */
bool corpus_next_old(struct sequence *seq);
void corpus_add(const struct sequence *seq);
unsigned int corpus_size(void);
/* One of them, by chance, new and short ones rather than others; false if there is none. */
bool corpus_pick(struct rng *rng, struct sequence *seq);
int script_write(const char *file, const struct sequence *seq);

/* ---- mutate.c ---- */

/* Changes @seq, which may take steps of @other, or of its own invention. */
void mutate(struct rng *rng, struct sequence *seq, const struct sequence *other);

#endif
