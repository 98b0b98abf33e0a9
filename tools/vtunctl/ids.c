// SPDX-License-Identifier: GPL-2.0-only
/* Users and groups, by name or number. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vtunctl.h"

/* An id that the namespace does not map is refused by the kernel: ask first. */
static bool ids_is_mapped(const char *map, unsigned long id)
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
static bool ids_parse(const char *word, unsigned long *id)
{
	if (!*word || word[strspn(word, "0123456789")])
		return false;
	errno = 0;
	*id = strtoul(word, NULL, 10);
	return !errno && *id < UINT32_MAX;
}

static enum exit_status ids_unknown(const char *what, const char *word,
				     const char *database)
{
	msg_why("there is no %s '%s'", what, msg_safe(word));
	msg_todo("Give a name that 'getent %s' knows, or a number below 4294967295.",
		 database);
	return FAILED;
}

static enum exit_status ids_check_mapped(const char *what, const char *map,
					  unsigned long id)
{
	if (ids_is_mapped(map, id))
		return DONE;
	msg_why("%s %lu has no mapping in this user namespace", what, id);
	msg_todo("Choose one that %s lists.", map);
	return FAILED;
}

/* Whoever has that name can be given by number. */
static bool ids_is_nobody(const char *word)
{
	return !strcmp(word, "none");
}

enum exit_status ids_find(struct settings *set)
{
	const struct passwd *user;
	const struct group *group;
	unsigned long id;
	int err;

	if (set->user && !ids_is_nobody(set->user)) {
		if (!ids_parse(set->user, &id)) {
			user = getpwnam(set->user);
			if (!user)
				return ids_unknown("user", set->user,
						    "passwd");
			id = user->pw_uid;
		}
		err = ids_check_mapped("user", "/proc/self/uid_map", id);
		if (err)
			return err;
		set->uid = id;
	}
	if (set->group && !ids_is_nobody(set->group)) {
		if (!ids_parse(set->group, &id)) {
			group = getgrnam(set->group);
			if (!group)
				return ids_unknown("group", set->group,
						    "group");
			id = group->gr_gid;
		}
		err = ids_check_mapped("group", "/proc/self/gid_map", id);
		if (err)
			return err;
		set->gid = id;
	}
	return DONE;
}
