// SPDX-License-Identifier: GPL-2.0-only
/* Makes a failing sequence small: leaves out steps while it still fails. */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

static bool still_fails(struct pair *pair, const struct sequence *seq, struct outcome *outcome)
{
	struct outcome now;

	pair_run(pair, seq, &now);
	if (now.verdict != DIFFERENT)
		return false;
	*outcome = now;
	return true;
}

static void leave_out(struct sequence *seq, unsigned int from, unsigned int n)
{
	memmove(&seq->step[from], &seq->step[from + n],
		(seq->count - from - n) * sizeof(seq->step[0]));
	seq->count -= n;
}

/* Simpler arguments that a reader likes better. */
static bool simplify(struct step *step, int how)
{
	size_t letters = strlen(step->op->sig);
	int64_t *v;

	if (how == 0 && step->v[2] && (!strcmp(step->op->name, "write") ||
				       !strcmp(step->op->name, "read"))) {
		step->v[2] = step->v[3] = 0;
		return true;
	}
	if (how == 1 && letters && !strcmp(step->op->name, "write") && step->v[1]) {
		step->v[1] = 0;
		return true;
	}
	v = &step->v[1];
	if (how == 2 && !strcmp(step->op->name, "read") && *v != 2000 && *v != 70000) {
		*v = 2000;
		return true;
	}
	return false;
}

void shrink(struct pair *pair, struct sequence *seq, struct outcome *outcome)
{
	struct sequence *try = malloc(sizeof(*try));

	if (!try)
		abort();
	if (outcome->step < seq->count) {
		memcpy(try, seq, sizeof(*try));
		try->count = outcome->step + 1;
		if (still_fails(pair, try, outcome))
			memcpy(seq, try, sizeof(*try));
	}
	for (unsigned int n = seq->count / 2; n; n /= 2) {
		/* From the end: what comes late depends on more. */
		for (int from = (int)seq->count - (int)n; from >= 0; from -= n) {
			memcpy(try, seq, sizeof(*try));
			leave_out(try, from, n);
			if (still_fails(pair, try, outcome))
				memcpy(seq, try, sizeof(*try));
		}
	}
	for (unsigned int i = 0; i < seq->count; i++) {
		for (int how = 0; how < 3; how++) {
			memcpy(try, seq, sizeof(*try));
			if (simplify(&try->step[i], how) && still_fails(pair, try, outcome))
				memcpy(seq, try, sizeof(*try));
		}
	}
	/* The outcome of the sequence as it is now. */
	still_fails(pair, seq, outcome);
	free(try);
}
