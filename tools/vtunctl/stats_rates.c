// SPDX-License-Identifier: GPL-2.0-only
/* Statistics, compared with those of an earlier moment. */
#include <stdlib.h>
#include <string.h>

#include "vtunctl.h"

bool stats_is_level(const struct stat_row *row)
{
	return !strcmp(row->name, "waiting");
}

static bool stats_is_same_row(const struct stat_row *a,
			      const struct stat_row *b)
{
	return a->queue == b->queue && a->direction == b->direction &&
	       !strcmp(a->name, b->name);
}

/* Mostly at the place where it is now. */
static const struct stat_row *stats_find(const struct stats *stats,
					 const struct stat_row *row,
					 size_t place)
{
	size_t i;

	if (place < stats->n && stats_is_same_row(&stats->rows[place], row))
		return &stats->rows[place];
	for (i = 0; i < stats->n; i++)
		if (stats_is_same_row(&stats->rows[i], row))
			return &stats->rows[i];
	return NULL;
}

/* A queue that was attached anew begins at 0, whatever its number had before. */
double *stats_rates(const struct stats *now, const struct stats *before,
		    double interval)
{
	double *rates = calloc(now->n + 1, sizeof(*rates));
	const struct stat_row *old;
	uint64_t from;
	size_t i;

	if (!rates || !before || interval <= 0)
		return rates;
	for (i = 0; i < now->n; i++) {
		if (stats_is_level(&now->rows[i]))
			continue;
		old = stats_find(before, &now->rows[i], i);
		from = old && old->value <= now->rows[i].value ? old->value : 0;
		rates[i] = (now->rows[i].value - from) / interval;
	}
	return rates;
}
