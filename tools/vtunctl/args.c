// SPDX-License-Identifier: GPL-2.0-only
/* Words of the command line, checked before anything is touched. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vtunctl.h"

void args_skip_keyword(int *argc, char ***argv)
{
	if (*argc < 2)
		return;
	if (strcmp(**argv, "dev") && strcmp(**argv, "name"))
		return;
	(*argc)--;
	(*argv)++;
}

/*
 * The kernel lets an alternative name be anything, so any can be looked up. What
 * we create goes by the rules for names, as with ip(8) and systemd.
 */
const char *args_bad_name(const char *name, enum name_use use)
{
	const char *percent = strchr(name, '%');
	const unsigned char *c;

	if (!*name)
		return "it is empty";
	if (use == NAME_CREATE && strlen(name) >= IFNAMSIZ)
		return "it is longer than 15 bytes";
	if (strlen(name) >= NAME_SIZE)
		return "it is longer than 127 bytes";
	if (use == NAME_LOOK_UP)
		return NULL;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return "'.' and '..' are names of folders";
	for (c = (const unsigned char *)name; *c; c++) {
		/* 0xa0 is white space to the kernel, but not to isspace(). */
		if (isspace(*c) || *c == 0xa0)
			return "it has white space (or byte 0xa0) in it";
		if (*c == '/' || *c == ':')
			return "it has a '/' or ':' in it";
	}
	if (percent && use == NAME_ALTERNATIVE)
		return "it has a '%' in it, for which no number is put here";
	if (percent && (percent[1] != 'd' || strchr(percent + 1, '%')))
		return "'%' is only allowed once, as '%d' (the first free number)";
	return NULL;
}

static enum exit_status args_take_mode(int *mode, const char *value)
{
	if (!strcmp(value, "tun"))
		*mode = IFF_TUN;
	else if (!strcmp(value, "tap"))
		*mode = IFF_TAP;
	else
		return msg_usage("mode is 'tun' or 'tap', not '%s'",
				 msg_safe(value));
	return DONE;
}

static enum exit_status args_take_switch(enum toggle *toggle, const char *key,
					 const char *value)
{
	if (!strcmp(value, "on"))
		*toggle = ON;
	else if (!strcmp(value, "off"))
		*toggle = OFF;
	else
		return msg_usage("%s is 'on' or 'off', not '%s'", key,
				 msg_safe(value));
	return DONE;
}

static enum exit_status args_take_number(struct number *number,
					 const struct word *word,
					 const char *value)
{
	unsigned long n;

	errno = 0;
	n = strtoul(value, NULL, 10);
	if (!*value || value[strspn(value, "0123456789")] || errno ||
	    n < word->least || n > word->most)
		return msg_usage("%s is a number from %u to %u, not '%s'",
				 word->name, word->least, word->most,
				 msg_safe(value));
	*number = (struct number){ .given = true, .value = n };
	return DONE;
}

/* Two hexadecimal digits each, as ip(8) shows it. */
static enum exit_status args_take_address(struct address *address,
					  const char *value)
{
	static const char digits[] = "0123456789abcdef";
	const char *high, *low, *c = value;
	unsigned int any = 0;
	size_t i;

	for (i = 0; i < sizeof(address->bytes); i++) {
		if (i && *c++ != ':')
			break;
		high = *c ? strchr(digits, tolower((unsigned char)*c++)) : NULL;
		low = *c ? strchr(digits, tolower((unsigned char)*c++)) : NULL;
		if (!high || !low)
			break;
		address->bytes[i] = (high - digits) << 4 | (low - digits);
		any |= address->bytes[i];
	}
	if (i < sizeof(address->bytes) || *c)
		return msg_usage("address is six bytes as in 02:00:00:00:00:01, not '%s'",
				 msg_safe(value));
	if (address->bytes[0] & 1 || !any)
		return msg_usage("'%s' cannot be a device's address: it is %s",
				 msg_safe(value), any ? "a group's" : "zero");
	address->given = true;
	return DONE;
}

static enum exit_status args_take(struct settings *set,
				  const struct word *word, char *value)
{
	void *member = (char *)set + word->member;
	struct texts *texts;

	switch (word->kind) {
	case WORD_FLAG:
		*(enum toggle *)member = ON;
		break;
	case WORD_SWITCH:
		return args_take_switch(member, word->name, value);
	case WORD_TEXT:
		*(const char **)member = value;
		break;
	case WORD_TEXTS:
		texts = member;
		texts->list[texts->n++] = value;
		break;
	case WORD_NUMBER:
		return args_take_number(member, word, value);
	case WORD_MODE:
		return args_take_mode(member, value);
	case WORD_ADDRESS:
		return args_take_address(member, value);
	}
	return DONE;
}

enum exit_status args_parse(struct settings *set, const struct word *words,
			    int argc, char **argv)
{
	const struct word *word;
	unsigned int seen = 0;
	int err;

	*set = (struct settings){ .uid = -1, .gid = -1 };
	args_skip_keyword(&argc, &argv);
	if (!argc)
		return msg_usage("the NAME of a device is missing");
	set->altnames.list = argv;
	set->name = *argv++;
	argc--;

	for (; argc; argc--, argv++) {
		for (word = words; word->name; word++)
			if (!strcmp(word->name, *argv))
				break;
		if (!word->name)
			return msg_usage("'%s' is not a word known here",
					 msg_safe(*argv));
		if (word->kind != WORD_TEXTS && seen & 1U << (word - words))
			return msg_usage("'%s' is given twice", word->name);
		seen |= 1U << (word - words);
		if (word->kind != WORD_FLAG) {
			if (argc == 1)
				return msg_usage("'%s' needs a value after it",
						 word->name);
			argc--;
			argv++;
		}
		err = args_take(set, word, *argv);
		if (err)
			return err;
	}
	return DONE;
}
