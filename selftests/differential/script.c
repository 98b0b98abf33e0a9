// SPDX-License-Identifier: GPL-2.0-only
/* Steps as lines of a C-like script, and back. */
#include "diff.h"
#include "names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const struct op *op_find(const char *name)
{
	for (unsigned int i = 0; i < op_count; i++)
		if (!strcmp(ops[i]->name, name))
			return ops[i];
	return NULL;
}

static void put_string(FILE *f, const uint8_t *s, size_t len)
{
	fputc('"', f);
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"' || s[i] == '\\')
			fprintf(f, "\\%c", s[i]);
		else if (isprint(s[i]) && s[i] < 128)
			fputc(s[i], f);
		else
			fprintf(f, "\\x%02x", s[i]);
	}
	fputc('"', f);
}

static void put_hex(FILE *f, const uint8_t *s, size_t len)
{
	fputs("hex(\"", f);
	for (size_t i = 0; i < len; i++)
		fprintf(f, "%s%02x", i && i % 4 == 0 ? " " : "", s[i]);
	fputs("\")", f);
}

static void put_value(FILE *f, const struct step *step, char letter, int64_t v)
{
	const char *name = letter == 'c' ? ioctl_name(v) : NULL;

	if (name)
		fputs(name, f);
	else if (letter == 'f')
		fprintf(f, "f%d", (int)v);
	else if (letter == 'k')
		fputs(step->op->kinds[v], f);
	else if (letter == 'i')
		fprintf(f, "%lld", (long long)v);
	else
		fprintf(f, "0x%llx", (unsigned long long)v);
}

void step_print(FILE *f, const struct step *step)
{
	int v = 0, name = 0;

	fprintf(f, "%s(", step->op->name);
	for (const char *s = step->op->sig; *s; s++) {
		if (s != step->op->sig)
			fputs(", ", f);
		if (*s == 'n') {
			put_string(f, (const uint8_t *)step->name[name],
				   strlen(step->name[name]));
			name++;
		} else if (*s == 'b') {
			put_hex(f, step->bytes, step->size);
		} else {
			put_value(f, step, *s, step->v[v++]);
		}
	}
	fputs(");", f);
}

void sequence_write(FILE *f, const struct sequence *seq)
{
	for (unsigned int i = 0; i < seq->count; i++) {
		step_print(f, &seq->step[i]);
		fputc('\n', f);
	}
}

/* ---- parsing: each takes what it knows from *s and goes on behind it ---- */

static int take(const char **s, char c)
{
	while (isspace((unsigned char)**s))
		(*s)++;
	if (**s != c)
		return -1;
	(*s)++;
	return 0;
}

static int take_string(const char **s, char *out, size_t room)
{
	size_t n = 0;

	if (take(s, '"'))
		return -1;
	while (**s && **s != '"' && n + 1 < room) {
		char c = *(*s)++;

		if (c == '\\' && **s == 'x') {
			char digits[3] = { (*s)[1], (*s)[2] };

			c = strtoul(digits, NULL, 16);
			*s += 3;
		} else if (c == '\\') {
			c = *(*s)++;
		}
		out[n++] = c;
	}
	out[n] = 0;
	return take(s, '"');
}

static int take_hex(const char **s, struct step *step)
{
	if (strncmp(*s, "hex(\"", 5))
		return -1;
	*s += 5;
	step->size = 0;
	while (**s && **s != '"' && step->size < STEP_BYTES) {
		char digits[3] = { (*s)[0], (*s)[1] };

		if (isspace((unsigned char)**s)) {
			(*s)++;
			continue;
		}
		step->bytes[step->size++] = strtoul(digits, NULL, 16);
		*s += 2;
	}
	return take(s, '"') || take(s, ')') ? -1 : 0;
}

static int take_word(const char **s, char *word, size_t room)
{
	size_t n = strcspn(*s, ",() \t");

	if (!n || n >= room)
		return -1;
	memcpy(word, *s, n);
	word[n] = 0;
	*s += n;
	return 0;
}

static int take_value(const char **s, const struct step *step, char letter, int64_t *v)
{
	char word[64];

	if (take_word(s, word, sizeof(word)))
		return -1;
	if (letter == 'k') {
		for (*v = 0; step->op->kinds[*v]; (*v)++)
			if (!strcmp(step->op->kinds[*v], word))
				return 0;
		return -1;
	}
	if (letter == 'c' && !ioctl_number(word, v))
		return 0;
	*v = letter == 'f' ? strtol(word + 1, NULL, 10) : (int64_t)strtoull(word, NULL, 0);
	return 0;
}

int step_parse(const char *line, struct step *step)
{
	int v = 0, name = 0, err;
	char word[64];

	memset(step, 0, sizeof(*step));
	while (isspace((unsigned char)*line))
		line++;
	if (take_word(&line, word, sizeof(word)) || take(&line, '('))
		return -1;
	step->op = op_find(word);
	if (!step->op)
		return -1;
	for (const char *s = step->op->sig; *s; s++) {
		if (s != step->op->sig && take(&line, ','))
			return -1;
		while (isspace((unsigned char)*line))
			line++;
		if (*s == 'n')
			err = take_string(&line, step->name[name++], sizeof(step->name[0]));
		else if (*s == 'b')
			err = take_hex(&line, step);
		else
			err = take_value(&line, step, *s, &step->v[v++]);
		if (err)
			return -1;
	}
	return take(&line, ')');
}

/* Empty lines and comments of whole lines are left out. */
int sequence_read(const char *file, struct sequence *seq)
{
	FILE *f = fopen(file, "r");
	char line[4096];
	int number = 0;

	if (!f) {
		perror(file);
		return -1;
	}
	seq->count = 0;
	while (fgets(line, sizeof(line), f)) {
		const char *s = line + strspn(line, " \t\n");

		number++;
		if (!*s || *s == '#' || !strncmp(s, "/*", 2) || !strncmp(s, "//", 2))
			continue;
		if (seq->count == SEQ_STEPS || step_parse(s, &seq->step[seq->count])) {
			fprintf(stderr, "%s:%d: %s", file, number,
				seq->count == SEQ_STEPS ? "too many steps\n" : line);
			fclose(f);
			return -1;
		}
		seq->count++;
	}
	fclose(f);
	return 0;
}
