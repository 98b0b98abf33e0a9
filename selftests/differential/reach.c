// SPDX-License-Identifier: GPL-2.0-only
/* What the generator has reached: successes and failures of each call, flag and rule. */
#include "abi.h"
#include "names.h"
#include "rules.h"
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct reach_count all[REACH_KEYS];
static unsigned int used;

static struct reach_count *reach_find(struct reach_count *table, unsigned int *n, const char *key)
{
	for (unsigned int i = 0; i < *n; i++)
		if (!strcmp(table[i].key, key))
			return &table[i];
	if (*n == REACH_KEYS)
		return NULL;
	memset(&table[*n], 0, sizeof(table[*n]));
	snprintf(table[*n].key, sizeof(table[*n].key), "%s", key);
	return &table[(*n)++];
}

void reach_add(struct reach_count *table, unsigned int *n, const char *key, int err)
{
	struct reach_count *count = reach_find(table, n, key);

	if (!count)
		return;
	if (!err) {
		count->ok++;
		return;
	}
	count->failed++;
	count->err[err > 0 && err < (int)ARRAY_SIZE(count->err) ? err : 0]++;
}

/* Adds what a worker has counted since it started, once. */
void reach_merge(const struct shared *shared)
{
	for (unsigned int i = 0; i < shared->reach_used; i++) {
		const struct reach_count *from = &shared->reach[i];
		struct reach_count *to = reach_find(all, &used, from->key);

		if (!to)
			continue;
		to->ok += from->ok;
		to->failed += from->failed;
		for (unsigned int e = 0; e < ARRAY_SIZE(to->err); e++)
			to->err[e] += from->err[e];
	}
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct reach_count *)a)->key, ((const struct reach_count *)b)->key);
}

static void print_missing(FILE *f, const char *key)
{
	for (unsigned int i = 0; i < used; i++)
		if (!strcmp(all[i].key, key))
			return;
	fprintf(f, "# never reached: %s\n", key);
}

void reach_print(FILE *f)
{
	char key[56];

	qsort(all, used, sizeof(all[0]), by_key);
	for (unsigned int i = 0; i < used; i++) {
		fprintf(f, "# reach %-44s ok %-7llu failed %llu", all[i].key,
			(unsigned long long)all[i].ok, (unsigned long long)all[i].failed);
		for (unsigned int e = 0; e < ARRAY_SIZE(all[i].err); e++)
			if (all[i].err[e])
				fprintf(f, " %s:%u", e ? error_name(e) : "other", all[i].err[e]);
		fputc('\n', f);
	}
	for (unsigned int i = 0; i < ioctl_known_count; i++)
		print_missing(f, ioctl_known[i].name);
	for (unsigned int i = 0; rules_all[i]; i++)
		print_missing(f, rules_all[i]);
	for (unsigned int bit = 1; bit < 0x10000; bit <<= 1) {
		if (!iff_name(bit))
			continue;
		snprintf(key, sizeof(key), "TUNSETIFF %s", iff_name(bit));
		print_missing(f, key);
	}
	for (int bit = 1; bit < 0x200; bit <<= 1) {
		snprintf(key, sizeof(key), "TUNSETOFFLOAD 0x%03x", bit);
		print_missing(f, key);
	}
}
