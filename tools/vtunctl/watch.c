// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: the kernel sends a device's whole state each time that something of
 * it changes, and what it was is found out by comparing.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/rtnetlink.h>

#include "vtunctl.h"

struct watched {
	struct link link;
	long attached;		/* -1: unknown */
	bool seen;		/* by watch_all() */
};

static struct watched *watch_find(const struct watch *watch, int ifindex)
{
	size_t i;

	for (i = 0; i < watch->n; i++)
		if (watch->list[i].link.ifindex == ifindex)
			return &watch->list[i];
	return NULL;
}

static struct watched *watch_append(struct watch *watch)
{
	struct watched *list;

	list = realloc(watch->list, (watch->n + 1) * sizeof(*list));
	if (!list)
		return NULL;
	watch->list = list;
	return memset(&list[watch->n++], 0, sizeof(*list));
}

static int watch_tell(const struct watch *watch, const char *what,
		      const struct watched *now, const char *old_name)
{
	struct watch_event event = {
		.what = what,
		.link = &now->link,
		.old_name = old_name,
		.attached = now->attached,
	};

	if (watch->only && strcmp(watch->only, now->link.name) &&
	    (!old_name || strcmp(watch->only, old_name)))
		return 0;
	return watch->tell(&event, watch->data);
}

static int watch_tell_queues(const struct watch *watch,
			     const struct watched *was,
			     const struct watched *now)
{
	if (now->attached > was->attached)
		return watch_tell(watch, "attach", now, NULL);
	if (now->attached < was->attached ||
	    now->link.num_disabled != was->link.num_disabled)
		return watch_tell(watch, "detach", now, NULL);
	return 0;
}

static int watch_tell_changes(const struct watch *watch,
			      const struct watched *was,
			      const struct watched *now)
{
	int err = 0;

	if (strcmp(was->link.name, now->link.name))
		err = watch_tell(watch, "rename", now, was->link.name);
	if (!err && was->link.up != now->link.up)
		err = watch_tell(watch, now->link.up ? "up" : "down", now,
				 NULL);
	if (!err)
		err = watch_tell_queues(watch, was, now);
	if (!err && was->link.carrier != now->link.carrier)
		err = watch_tell(watch, now->link.carrier ? "carrier_on" :
				 "carrier_off", now, NULL);
	return err;
}

/* The counts of single-queue devices are asked for: no message has them. */
static int watch_update(struct watch *watch, const struct link *link,
			bool quiet)
{
	struct watched now = {
		.link = *link,
		.attached = device_count_attached(link),
		.seen = true,
	};
	struct watched *entry = watch_find(watch, link->ifindex), was;

	if (entry) {
		was = *entry;
		*entry = now;
		return watch_tell_changes(watch, &was, &now);
	}
	entry = watch_append(watch);
	if (!entry)
		return -ENOMEM;
	*entry = now;
	return quiet ? 0 : watch_tell(watch, "create", &now, NULL);
}

static int watch_remove(struct watch *watch, struct watched *entry,
			int netnsid)
{
	struct watched gone = *entry;

	*entry = watch->list[--watch->n];
	gone.link.netnsid = netnsid;
	return watch_tell(watch, netnsid < 0 ? "delete" : "move", &gone, NULL);
}

int watch_message(struct watch *watch, const struct nlmsghdr *nlh)
{
	struct watched *entry;
	struct link link;

	if (!link_parse(&link, nlh))
		return 0;
	entry = watch_find(watch, link.ifindex);
	if (nlh->nlmsg_type == RTM_DELLINK)
		return entry ? watch_remove(watch, entry, link.netnsid) : 0;
	return link_is_ours(&link) ? watch_update(watch, &link, false) : 0;
}

int watch_all(struct watch *watch, bool quiet)
{
	struct link *links;
	size_t n, i;
	int err;

	err = link_list(&links, &n);
	if (err)
		return err;
	for (i = 0; i < watch->n; i++)
		watch->list[i].seen = false;
	for (i = 0; i < n && !err; i++)
		err = watch_update(watch, &links[i], quiet);
	free(links);
	for (i = 0; i < watch->n && !err;) {
		if (watch->list[i].seen)
			i++;
		else
			err = watch_remove(watch, &watch->list[i], -1);
	}
	return err;
}

void watch_free(struct watch *watch)
{
	free(watch->list);
	watch->list = NULL;
	watch->n = 0;
}
