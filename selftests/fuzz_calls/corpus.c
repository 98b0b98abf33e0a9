// SPDX-License-Identifier: GPL-2.0-only
/* The sequences that are kept. In the folder each is a script, NNNNNN.script. */
#include "fuzz_calls.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES	20000

static struct entry {
	unsigned int count;
	struct step step[];
} *entries[ENTRIES];
static unsigned int used;

static char folder[256];
static struct dirent **old;
static int old_count, old_next;
static unsigned int next_name;

static int is_script(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return end && !strcmp(end, ".script");
}

int corpus_open(const char *where)
{
	if (snprintf(folder, sizeof(folder), "%s", where) >= (int)sizeof(folder)) {
		fprintf(stderr, "%s: the name is too long\n", where);
		return -1;
	}
	old_count = scandir(folder, &old, is_script, alphasort);
	if (old_count < 0) {
		perror(folder);
		return -1;
	}
	if (old_count)
		next_name = strtoul(old[old_count - 1]->d_name, NULL, 10) + 1;
	return 0;
}

/* It is taken out of the folder: if it is still of use, it comes again under another name. */
bool corpus_next_old(struct sequence *seq)
{
	char path[512];
	int err = -1;

	while (err && old_next < old_count) {
		snprintf(path, sizeof(path), "%s/%s", folder, old[old_next++]->d_name);
		err = sequence_read(path, seq);
		unlink(path);
	}
	return !err;
}

int script_write(const char *file, const struct sequence *seq)
{
	FILE *f = fopen(file, "w");

	if (!f)
		return -1;
	sequence_write(f, seq);
	fflush(f);
	fsync(fileno(f));		/* the guest may die of what follows */
	return fclose(f);
}

void corpus_add(const struct sequence *seq)
{
	size_t size = seq->count * sizeof(seq->step[0]);
	struct entry *entry = malloc(sizeof(*entry) + size);
	char path[512];

	if (!entry || used == ENTRIES) {
		free(entry);
		return;
	}
	entry->count = seq->count;
	memcpy(entry->step, seq->step, size);
	entries[used++] = entry;
	snprintf(path, sizeof(path), "%s/%06u.script", folder, next_name++);
	if (script_write(path, seq))
		perror(path);
}

unsigned int corpus_size(void)
{
	return used;
}

static struct entry *pick_one(struct rng *rng)
{
	unsigned int newest = used / 8 + 1;

	if (rng_percent(rng, 40))
		return entries[used - 1 - rng_below(rng, newest)];
	return entries[rng_below(rng, used)];
}

bool corpus_pick(struct rng *rng, struct sequence *seq)
{
	struct entry *a, *b;

	if (!used)
		return false;
	a = pick_one(rng);
	b = pick_one(rng);
	if (b->count < a->count)
		a = b;
	seq->count = a->count;
	memcpy(seq->step, a->step, a->count * sizeof(*a->step));
	return true;
}
