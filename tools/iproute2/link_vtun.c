// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin for ip(8), which looks for it as link_vtun.so when it meets the kind
 * "vtun": the words of "ip link add ... type vtun", and what "ip -d link show"
 * tells. It is compiled with the headers of that iproute2 and uses what the
 * program exports.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utils.h"
/* It has need of what the other one includes. */
#include "ip_common.h"

#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/vtun.h>

/* ip gives as much room to a request. */
#define VTUN_REQUEST_SIZE	1024

/* The rest of the command line; @words points to the word that is looked at. */
struct vtun_line {
	int left;
	char **words;
	struct nlmsghdr *nlh;
};

static void vtun_put_u8(struct vtun_line *line, int type, __u8 value)
{
	addattr8(line->nlh, VTUN_REQUEST_SIZE, type, value);
}

static void vtun_put_u32(struct vtun_line *line, int type, __u32 value)
{
	addattr32(line->nlh, VTUN_REQUEST_SIZE, type, value);
}

/* invarg() and its like end the program. */
static const char *vtun_next(struct vtun_line *line)
{
	if (line->left < 2)
		missarg(*line->words);
	line->left--;
	line->words++;
	return *line->words;
}

static int vtun_take_mode(struct vtun_line *line, int type)
{
	const char *mode = vtun_next(line);

	if (!strcmp(mode, "tun"))
		vtun_put_u8(line, type, IFF_TUN);
	else if (!strcmp(mode, "tap"))
		vtun_put_u8(line, type, IFF_TAP);
	else
		invarg("mode is \"tun\" or \"tap\"", mode);
	return 0;
}

static int vtun_take_user(struct vtun_line *line, int type)
{
	const char *name = vtun_next(line);
	const struct passwd *user;
	unsigned int uid;

	if (get_u32(&uid, name, 10)) {
		user = getpwnam(name);
		if (!user)
			invarg("there is no such user", name);
		uid = user->pw_uid;
	}
	vtun_put_u32(line, type, uid);
	return 0;
}

static int vtun_take_group(struct vtun_line *line, int type)
{
	const char *name = vtun_next(line);
	const struct group *group;
	unsigned int gid;

	if (get_u32(&gid, name, 10)) {
		group = getgrnam(name);
		if (!group)
			invarg("there is no such group", name);
		gid = group->gr_gid;
	}
	vtun_put_u32(line, type, gid);
	return 0;
}

static int vtun_take_number(struct vtun_line *line, int type)
{
	const char *word = vtun_next(line);
	__u32 number;

	if (get_u32(&number, word, 0))
		invarg("a number is wanted", word);
	vtun_put_u32(line, type, number);
	return 0;
}

/* "on" and "off" may follow; alone, the word means "on". */
static int vtun_take_switch(struct vtun_line *line, int type)
{
	__u8 on = 1;

	if (line->left > 1 && (!strcmp(line->words[1], "on") ||
			       !strcmp(line->words[1], "off")))
		on = !strcmp(vtun_next(line), "on");
	vtun_put_u8(line, type, on);
	return 0;
}

static const struct vtun_word {
	const char *name;
	int type;
	int (*take)(struct vtun_line *line, int type);
} vtun_words[] = {
	{ "mode", IFLA_TUN_TYPE, vtun_take_mode },
	{ "user", IFLA_TUN_OWNER, vtun_take_user },
	{ "group", IFLA_TUN_GROUP, vtun_take_group },
	{ "pi", IFLA_TUN_PI, vtun_take_switch },
	{ "vnet_hdr", IFLA_TUN_VNET_HDR, vtun_take_switch },
	{ "multi_queue", IFLA_TUN_MULTI_QUEUE, vtun_take_switch },
	{ "queues", IFLA_VTUN_MAX_QUEUES, vtun_take_number },
	{ "persist", IFLA_TUN_PERSIST, vtun_take_switch },
	{ "backpressure", IFLA_VTUN_BACKPRESSURE, vtun_take_switch },
	{ "keep_carrier", IFLA_VTUN_KEEP_CARRIER, vtun_take_switch },
};

static void vtun_print_usage(FILE *file)
{
	fprintf(file,
		"Usage: ... vtun [ mode { tun | tap } ] [ user USER ] [ group GROUP ]\n"
		"		[ pi [ on | off ] ] [ vnet_hdr [ on | off ] ]\n"
		"		[ multi_queue [ on | off ] ] [ queues NUMBER ]\n"
		"		[ persist [ on | off ] ] [ backpressure [ on | off ] ]\n"
		"		[ keep_carrier [ on | off ] ]\n"
		"\n"
		"Where:	mode is tap if it is not given; mode and multi_queue can't be changed\n"
		"	USER and GROUP are names or numbers, 4294967295 for nobody\n"
		"	queues is 1 to 256, for devices with multi_queue\n"
		"	persist is on if it is not given, everything else off\n");
}

static int vtun_parse_opt(struct link_util *util, int argc, char **argv,
			  struct nlmsghdr *nlh)
{
	struct vtun_line line = { argc, argv, nlh };
	const struct vtun_word *word;

	(void)util;
	for (; line.left > 0; line.left--, line.words++) {
		if (!strcmp(*line.words, "help")) {
			vtun_print_usage(stderr);
			return -1;
		}
		for (word = vtun_words;
		     word < vtun_words + ARRAY_SIZE(vtun_words); word++)
			if (!strcmp(word->name, *line.words))
				break;
		if (word == vtun_words + ARRAY_SIZE(vtun_words)) {
			fprintf(stderr, "vtun: unknown command \"%s\"?\n",
				*line.words);
			vtun_print_usage(stderr);
			return -1;
		}
		if (word->take(&line, word->type))
			return -1;
	}
	return 0;
}

static void vtun_print_on_off(struct rtattr *const *tb, int type,
			      const char *key, const char *text)
{
	if (tb[type])
		print_on_off(PRINT_ANY, key, text, rta_getattr_u8(tb[type]));
}

static void vtun_print_number(struct rtattr *const *tb, int type,
			      const char *key, const char *text)
{
	if (tb[type])
		print_uint(PRINT_ANY, key, text, rta_getattr_u32(tb[type]));
}

/* Names where there are some, in JSON as well. */
static void vtun_print_ids(struct rtattr *const *tb)
{
	const struct passwd *user;
	const struct group *group;
	__u32 id;

	if (tb[IFLA_TUN_OWNER]) {
		id = rta_getattr_u32(tb[IFLA_TUN_OWNER]);
		user = getpwuid(id);
		if (user)
			print_string(PRINT_ANY, "user", "user %s ",
				     user->pw_name);
		else
			print_uint(PRINT_ANY, "user", "user %u ", id);
	}
	if (tb[IFLA_TUN_GROUP]) {
		id = rta_getattr_u32(tb[IFLA_TUN_GROUP]);
		group = getgrgid(id);
		if (group)
			print_string(PRINT_ANY, "group", "group %s ",
				     group->gr_name);
		else
			print_uint(PRINT_ANY, "group", "group %u ", id);
	}
}

static void vtun_print_opt(struct link_util *util, FILE *file,
			   struct rtattr *tb[])
{
	(void)util;
	(void)file;
	if (!tb)
		return;
	if (tb[IFLA_TUN_TYPE])
		print_string(PRINT_ANY, "mode", "mode %s ",
			     rta_getattr_u8(tb[IFLA_TUN_TYPE]) == IFF_TUN ?
			     "tun" : "tap");
	vtun_print_ids(tb);
	vtun_print_on_off(tb, IFLA_TUN_PI, "pi", "pi %s ");
	vtun_print_on_off(tb, IFLA_TUN_VNET_HDR, "vnet_hdr", "vnet_hdr %s ");
	vtun_print_on_off(tb, IFLA_TUN_MULTI_QUEUE, "multi_queue",
			  "multi_queue %s ");
	vtun_print_number(tb, IFLA_VTUN_MAX_QUEUES, "queues", "queues %u ");
	vtun_print_number(tb, IFLA_TUN_NUM_QUEUES, "numqueues",
			  "numqueues %u ");
	vtun_print_number(tb, IFLA_TUN_NUM_DISABLED_QUEUES, "numdisabled",
			  "numdisabled %u ");
	vtun_print_on_off(tb, IFLA_TUN_PERSIST, "persist", "persist %s ");
	vtun_print_on_off(tb, IFLA_VTUN_BACKPRESSURE, "backpressure",
			  "backpressure %s ");
	vtun_print_on_off(tb, IFLA_VTUN_KEEP_CARRIER, "keep_carrier",
			  "keep_carrier %s ");
}

static void vtun_print_help(struct link_util *util, int argc, char **argv,
			    FILE *file)
{
	(void)util;
	(void)argc;
	(void)argv;
	vtun_print_usage(file);
}

/* ip looks for it by this name. */
struct link_util vtun_link_util = {
	.id		= "vtun",
	.maxattr	= IFLA_VTUN_MAX,
	.parse_opt	= vtun_parse_opt,
	.print_opt	= vtun_print_opt,
	.print_help	= vtun_print_help,
};
