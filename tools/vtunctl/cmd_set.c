// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl set: what can be changed on a device that exists, all of it at once. */
#include <errno.h>
#include <string.h>

#include "vtunctl.h"

#define SET_MEMBER(member)	offsetof(struct settings, member)

static const struct word set_words[] = {
	{ "user", WORD_TEXT, SET_MEMBER(user), 0, 0 },
	{ "group", WORD_TEXT, SET_MEMBER(group), 0, 0 },
	{ "pi", WORD_SWITCH, SET_MEMBER(pi), 0, 0 },
	{ "vnet_hdr", WORD_SWITCH, SET_MEMBER(vnet_hdr), 0, 0 },
	{ "persist", WORD_SWITCH, SET_MEMBER(persist), 0, 0 },
	{ "backpressure", WORD_SWITCH, SET_MEMBER(backpressure), 0, 0 },
	{ "keep_carrier", WORD_SWITCH, SET_MEMBER(keep_carrier), 0, 0 },
	WORD_QUEUES,
	{ NULL, WORD_FLAG, 0, 0, 0 },
};

/* What rtnetlink alone can do. */
static bool set_has_more(const struct settings *set)
{
	return set->pi || set->vnet_hdr || set->backpressure ||
	       set->keep_carrier || set->queues.given;
}

/* What the classic ioctls know of; they name somebody, and never nobody. */
static bool set_owner_could(const struct settings *set)
{
	return !set_has_more(set) &&
	       !(set->user && set->uid == (uid_t)-1) &&
	       !(set->group && set->gid == (gid_t)-1);
}

static enum exit_status set_explain(int err)
{
	if (err == EPERM) {
		msg_why("pi, vnet_hdr, backpressure, keep_carrier, queues and 'none' need the capability CAP_NET_ADMIN in this network namespace");
		msg_todo("Run it as root. Owners and groups may set another user or group, and persist.");
	} else if (err == ENODEV) {
		msg_why("somebody else has just deleted it");
		msg_todo("Look what is there now: vtunctl list");
	} else {
		rtnl_explain(err);
	}
	return FAILED;
}

/*
 * Over rtnetlink a device can lose its persistence while no program has it, so
 * that there is none with which it could go.
 */
static enum exit_status set_let_go(const struct link *link)
{
	struct link now;

	if (link_get(link->name, &now) || now.ifindex != link->ifindex ||
	    device_count_attached(&now) || now.num_disabled)
		return DONE;
	return owner_let_go(&now);
}

static enum exit_status set_run(const struct options *opts, int argc,
				char **argv)
{
	struct settings set;
	struct link link;
	int err;

	(void)opts;		/* nothing is printed */
	err = args_parse(&set, set_words, argc, argv);
	if (err)
		return err;
	if (!set.user && !set.group && !set.persist && !set_has_more(&set))
		return msg_usage("nothing to set: give user, group, pi, vnet_hdr, persist, backpressure, keep_carrier or queues");
	msg_task("set %s", msg_safe(set.name));
	err = link_find(set.name, &link);
	if (!err)
		err = ids_find(&set);
	if (err)
		return err;
	err = link_change(link.ifindex, &set);
	if (err == -EPERM && set_owner_could(&set))
		return owner_set(&link, &set);
	if (err)
		return set_explain(-err);
	return set.persist == OFF ? set_let_go(&link) : DONE;
}

const struct command cmd_set = {
	.name = "set",
	.synopsis = "NAME [user U|none] [group G|none] [pi on|off] [vnet_hdr on|off] [persist on|off] [backpressure on|off] [keep_carrier on|off] [queues N]",
	.summary = "change who may use a device, and how it behaves",
	.run = set_run,
};
