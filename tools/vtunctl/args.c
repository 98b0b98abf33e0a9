// SPDX-License-Identifier: GPL-2.0-only
/* Words of the command line, checked before anything is touched. */
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
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

/* An alternative name may be anything; only what creates is checked by rules. */
const char *args_bad_name(const char *name, bool create)
{
	const char *percent = strchr(name, '%');
	const unsigned char *c;

	if (!*name)
		return "it is empty";
	if (!create)
		return strlen(name) < NAME_SIZE ? NULL :
		       "it is longer than 127 bytes";
	if (strlen(name) >= IFNAMSIZ)
		return "it is longer than 15 bytes";
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return "'.' and '..' are names of folders";
	for (c = (const unsigned char *)name; *c; c++) {
		/* 0xa0 is white space to the kernel, but not to isspace(). */
		if (isspace(*c) || *c == 0xa0)
			return "it has white space (or byte 0xa0) in it";
		if (*c == '/' || *c == ':')
			return "it has a '/' or ':' in it";
	}
	if (percent && (percent[1] != 'd' || strchr(percent + 1, '%')))
		return "'%' is only allowed once, as '%d' (the first free number)";
	return NULL;
}

static enum exit_status args_parse_mode(struct settings *set, const char *word)
{
	if (!strcmp(word, "tun"))
		set->mode = IFF_TUN;
	else if (!strcmp(word, "tap"))
		set->mode = IFF_TAP;
	else
		return msg_usage("mode is 'tun' or 'tap', not '%s'",
				 msg_safe(word));
	return DONE;
}

static enum exit_status args_parse_value(struct settings *set, const char *key,
					 const char *value)
{
	if (!strcmp(key, "mode"))
		return args_parse_mode(set, value);
	if (!strcmp(key, "user")) {
		set->user = value;
	} else if (!strcmp(key, "group")) {
		set->group = value;
	} else {
		if (strcmp(value, "on") && strcmp(value, "off"))
			return msg_usage("persist is 'on' or 'off', not '%s'",
					 msg_safe(value));
		set->persist = value;
	}
	return DONE;
}

static bool args_parse_flag(struct settings *set, const char *key)
{
	if (!strcmp(key, "pi"))
		set->pi = true;
	else if (!strcmp(key, "multi_queue"))
		set->multi_queue = true;
	else
		return false;
	return true;
}

enum exit_status args_parse(struct settings *set, const char *const *words,
			    int argc, char **argv)
{
	unsigned int seen = 0, i;
	const char *key;
	int err;

	*set = (struct settings){ .uid = -1, .gid = -1 };
	args_skip_keyword(&argc, &argv);
	if (!argc)
		return msg_usage("the NAME of a device is missing");
	set->name = *argv++;
	argc--;

	for (; argc; argc--, argv++) {
		key = *argv;
		for (i = 0; words[i]; i++)
			if (!strcmp(words[i], key))
				break;
		if (!words[i])
			return msg_usage("'%s' is not a word known here",
					 msg_safe(key));
		if (seen & 1U << i)
			return msg_usage("'%s' is given twice", key);
		seen |= 1U << i;
		if (args_parse_flag(set, key))
			continue;
		if (argc == 1)
			return msg_usage("'%s' needs a value after it", key);
		argc--;
		argv++;
		err = args_parse_value(set, key, *argv);
		if (err)
			return err;
	}
	return DONE;
}

/* An id that the namespace does not map is refused by the kernel: ask first. */
static bool args_id_is_mapped(const char *map, unsigned long id)
{
	unsigned long first, lower, count;
	bool mapped = false;
	FILE *file = fopen(map, "re");

	if (!file)
		return true;		/* no /proc: the kernel will tell */
	while (fscanf(file, "%lu %lu %lu", &first, &lower, &count) == 3)
		if (id >= first && id - first < count)
			mapped = true;
	fclose(file);
	return mapped;
}

/* Returns false if @word is not all digits or too large for an id. */
static bool args_parse_id(const char *word, unsigned long *id)
{
	if (!*word || word[strspn(word, "0123456789")])
		return false;
	errno = 0;
	*id = strtoul(word, NULL, 10);
	return !errno && *id < UINT32_MAX;
}

static enum exit_status args_unknown(const char *what, const char *word,
				     const char *database)
{
	msg_why("there is no %s '%s'", what, msg_safe(word));
	msg_todo("Give a name that 'getent %s' knows, or a number below 4294967295.",
		 database);
	return FAILED;
}

static enum exit_status args_check_mapped(const char *what, const char *map,
					  unsigned long id)
{
	if (args_id_is_mapped(map, id))
		return DONE;
	msg_why("%s %lu has no mapping in this user namespace", what, id);
	msg_todo("Choose one that %s lists.", map);
	return FAILED;
}

enum exit_status args_find_ids(struct settings *set)
{
	const struct passwd *user;
	const struct group *group;
	unsigned long id;
	int err;

	if (set->user) {
		if (!args_parse_id(set->user, &id)) {
			user = getpwnam(set->user);
			if (!user)
				return args_unknown("user", set->user,
						    "passwd");
			id = user->pw_uid;
		}
		err = args_check_mapped("user", "/proc/self/uid_map", id);
		if (err)
			return err;
		set->uid = id;
	}
	if (set->group) {
		if (!args_parse_id(set->group, &id)) {
			group = getgrnam(set->group);
			if (!group)
				return args_unknown("group", set->group,
						    "group");
			id = group->gr_gid;
		}
		err = args_check_mapped("group", "/proc/self/gid_map", id);
		if (err)
			return err;
		set->gid = id;
	}
	return DONE;
}
