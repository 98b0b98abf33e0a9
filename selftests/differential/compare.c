// SPDX-License-Identifier: GPL-2.0-only
/* Compares two records; what may differ stands in a file. */
#include "diff.h"

#include <errno.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#define ENTRIES	100

/*
 * One line of the file: kernels | step | key | in-tree tun | vtun | then | reason
 * Kernels are * or numbers like 6.1; step, key and values are extended regular expressions that
 * match as a whole. Then is "go on", or "end" if the worlds' ways part here.
 */
struct difference {
	regex_t step, key, value[2];
	bool ends;
	int line;
	unsigned long used;
};

static struct difference entry[ENTRIES];
static unsigned int entries;

static int running[2];

int kernel_at_least(int major, int minor)
{
	struct utsname uts;

	if (!running[0] && !uname(&uts))
		sscanf(uts.release, "%d.%d", &running[0], &running[1]);
	return running[0] > major || (running[0] == major && running[1] >= minor);
}

static bool kernel_is_meant(const char *list)
{
	char copy[128];

	if (!strcmp(list, "*"))
		return true;
	snprintf(copy, sizeof(copy), "%s", list);
	kernel_at_least(0, 0);
	for (char *save, *word = strtok_r(copy, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		int major, minor;

		if (sscanf(word, "%d.%d", &major, &minor) == 2 && major == running[0] &&
		    minor == running[1])
			return true;
	}
	return false;
}

static int compile(regex_t *re, const char *text)
{
	char whole[512];

	snprintf(whole, sizeof(whole), "^(%s)$", text);
	return regcomp(re, whole, REG_EXTENDED | REG_NOSUB);
}

static char *trim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && strchr(" \t\n", end[-1]))
		*--end = 0;
	return s + strspn(s, " \t");
}

static int read_line(char *line, int number)
{
	char *field[7];
	struct difference *d = &entry[entries];

	/* " | " separates, so that a bare | is left to expressions. */
	for (int i = 0; i < 7; i++) {
		char *bar = i < 6 ? strstr(line, " | ") : NULL;

		if (i < 6 && !bar)
			return -1;
		if (bar)
			*bar = 0;
		field[i] = trim(line);
		if (bar)
			line = bar + 3;
	}
	if (!*field[6])
		return -1;
	if (!kernel_is_meant(field[0]))
		return 0;
	if (entries == ENTRIES || compile(&d->step, field[1]) || compile(&d->key, field[2]) ||
	    compile(&d->value[0], field[3]) || compile(&d->value[1], field[4]))
		return -1;
	d->ends = !strcmp(field[5], "end");
	if (!d->ends && strcmp(field[5], "go on"))
		return -1;
	d->line = number;
	entries++;
	return 0;
}

/* Nothing may differ unless it is @a = tun and @b = vtun. */
int differences_read(const char *file, const char *a, const char *b)
{
	char line[2048];
	int number = 0;
	FILE *f;

	if (!strcmp(a, b))
		return 0;
	f = fopen(file, "r");
	if (!f) {
		perror(file);
		return -1;
	}
	while (fgets(line, sizeof(line), f)) {
		number++;
		if (line[0] == '#' || !*trim(line))
			continue;
		if (read_line(line, number)) {
			fprintf(stderr, "%s:%d: not understood\n", file, number);
			fclose(f);
			return -1;
		}
	}
	fclose(f);
	return 0;
}

void differences_report(FILE *f)
{
	for (unsigned int i = 0; i < entries; i++)
		fprintf(f, "# differences line %d was needed %lu times\n", entry[i].line,
			entry[i].used);
}

struct line {
	char key[128];
	char value[600];
};

/* Takes the next line of a record; false at its end. */
static bool next_line(const char **at, const char *end, struct line *line)
{
	const char *stop, *colon;

	line->key[0] = line->value[0] = 0;
	if (*at >= end)
		return false;
	stop = memchr(*at, '\n', end - *at);
	if (!stop)
		stop = end;
	colon = memmem(*at, stop - *at, ": ", 2);
	if (!colon)
		colon = stop;
	*at += strspn(*at, " ");		/* what belongs to the line before is indented */
	snprintf(line->key, sizeof(line->key), "%.*s", (int)(colon - *at), *at);
	if (colon < stop)
		snprintf(line->value, sizeof(line->value), "%.*s", (int)(stop - colon - 2), colon + 2);
	*at = stop + 1;
	return true;
}

static struct difference *find_reason(const char *step, const char *key, const char *a,
				      const char *b)
{
	for (unsigned int i = 0; i < entries; i++) {
		struct difference *d = &entry[i];

		if (!regexec(&d->step, step, 0, NULL, 0) && !regexec(&d->key, key, 0, NULL, 0) &&
		    !regexec(&d->value[0], a, 0, NULL, 0) && !regexec(&d->value[1], b, 0, NULL, 0))
			return d;
	}
	return NULL;
}

static bool has_key(const char *at, const char *end, const char *key)
{
	struct line line;

	while (next_line(&at, end, &line))
		if (!strcmp(line.key, key))
			return true;
	return false;
}

static void tell(struct outcome *outcome, const char *key, const char *a, const char *b)
{
	size_t n = strlen(outcome->text);

	snprintf(outcome->text + n, sizeof(outcome->text) - n, "  %s\n    - %s\n    + %s\n", key, a, b);
}

/* One step. A line that one record lacks is compared with nothing. */
static void compare_step(const char *script, const char *at[2], const char *end[2],
			 struct outcome *outcome)
{
	struct line line[2] = {};
	bool have[2] = {}, stay[2] = {};

	/* Behind a line with which the ways part nothing can be compared. */
	while (outcome->verdict != EXPLAINED) {
		struct difference *d;
		const char *key;

		for (int i = 0; i < 2; i++)
			if (!stay[i])
				have[i] = next_line(&at[i], end[i], &line[i]);
		stay[0] = stay[1] = false;
		if (!have[0] && !have[1])
			return;
		if (have[0] && have[1] && strcmp(line[0].key, line[1].key)) {
			/* Keep the one whose key comes later in the other. */
			if (has_key(at[1], end[1], line[0].key))
				stay[0] = true;
			else
				stay[1] = true;
		}
		stay[0] = stay[0] && have[0];
		stay[1] = stay[1] && have[1];
		key = have[0] && !stay[0] ? line[0].key : line[1].key;
		const char *a = have[0] && !stay[0] ? line[0].value : "nothing";
		const char *b = have[1] && !stay[1] ? line[1].value : "nothing";

		/* "parts" stands where the ways may part, though nothing is seen yet. */
		if (!strcmp(a, b) && strcmp(key, "parts"))
			continue;
		d = find_reason(script, key, a, b);
		if (!d && !strcmp(a, b))
			continue;
		if (!d) {
			outcome->verdict = DIFFERENT;
			tell(outcome, key, a, b);
		} else {
			d->used++;
			if (d->ends && outcome->verdict == SAME)
				outcome->verdict = EXPLAINED;
		}
	}
}

static void step_text(const struct sequence *seq, unsigned int i, char *text, size_t size)
{
	FILE *f;

	if (i == seq->count) {
		snprintf(text, size, "the last look");
		return;
	}
	f = fmemopen(text, size, "w");
	step_print(f, &seq->step[i]);
	fclose(f);
}

void compare_records(const struct shared *a, const struct shared *b, const struct sequence *seq,
		     struct outcome *outcome)
{
	const struct shared *shared[2] = { a, b };
	char script[2048];

	for (unsigned int i = 0; i <= seq->count && outcome->verdict == SAME; i++) {
		const char *at[2], *end[2];

		for (int j = 0; j < 2; j++) {
			at[j] = shared[j]->record + shared[j]->start[i];
			end[j] = shared[j]->record + shared[j]->start[i + 1];
			if (shared[j]->start[i + 1] > RECORD_FULL)
				return;		/* which lines are missing is chance */
		}
		outcome->step = i;
		outcome->compared = i;
		if (end[0] - at[0] == end[1] - at[1] &&
		    !memcmp(at[0], at[1], end[0] - at[0]) &&
		    !memmem(at[0], end[0] - at[0], "parts: ", 7))
			continue;
		step_text(seq, i, script, sizeof(script));
		compare_step(script, at, end, outcome);
	}
}
