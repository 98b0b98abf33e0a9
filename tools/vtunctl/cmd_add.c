// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl add: a persistent device. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vtunctl.h"

#define ADD_MEMBER(member)	offsetof(struct settings, member)

/* IFALIASZ of the kernel, and one byte of it is the end. */
#define ADD_MAX_ALIAS	255

static const struct word add_words[] = {
	{ "mode", WORD_MODE, ADD_MEMBER(mode), 0, 0 },
	{ "user", WORD_TEXT, ADD_MEMBER(user), 0, 0 },
	{ "group", WORD_TEXT, ADD_MEMBER(group), 0, 0 },
	{ "pi", WORD_FLAG, ADD_MEMBER(pi), 0, 0 },
	{ "vnet_hdr", WORD_FLAG, ADD_MEMBER(vnet_hdr), 0, 0 },
	{ "multi_queue", WORD_FLAG, ADD_MEMBER(multi_queue), 0, 0 },
	{ "persist", WORD_SWITCH, ADD_MEMBER(persist), 0, 0 },
	{ "backpressure", WORD_FLAG, ADD_MEMBER(backpressure), 0, 0 },
	{ "keep_carrier", WORD_FLAG, ADD_MEMBER(keep_carrier), 0, 0 },
	WORD_QUEUES,
	{ "index", WORD_NUMBER, ADD_MEMBER(index), 1, INT32_MAX },
	{ "mtu", WORD_NUMBER, ADD_MEMBER(mtu), 1, INT32_MAX },
	{ "txqueuelen", WORD_NUMBER, ADD_MEMBER(txqueuelen), 0, INT32_MAX },
	{ "address", WORD_ADDRESS, ADD_MEMBER(address), 0, 0 },
	{ "netns", WORD_TEXT, ADD_MEMBER(netns), 0, 0 },
	{ "alias", WORD_TEXT, ADD_MEMBER(alias), 0, 0 },
	{ "altname", WORD_TEXTS, ADD_MEMBER(altnames), 0, 0 },
	{ NULL, WORD_FLAG, 0, 0, 0 },
};

static enum exit_status add_check_mode(struct settings *set)
{
	if (set->mode)
		return DONE;
	if (!strncmp(set->name, "tun", 3))
		set->mode = IFF_TUN;
	else if (!strncmp(set->name, "tap", 3))
		set->mode = IFF_TAP;
	else
		return msg_usage("'%s' begins neither with 'tun' nor with 'tap': add 'mode tun' or 'mode tap'",
				 msg_safe(set->name));
	return DONE;
}

static enum exit_status add_check_altnames(const struct settings *set)
{
	const struct texts *names = &set->altnames;
	const char *bad;
	size_t i, j;

	for (i = 0; i < names->n; i++) {
		bad = args_bad_name(names->list[i], NAME_ALTERNATIVE);
		if (bad)
			return msg_usage("'%s' cannot be an alternative name: %s",
					 msg_safe(names->list[i]), bad);
		if (!strcmp(names->list[i], set->name))
			return msg_usage("'%s' is the device's name, and cannot be an alternative as well",
					 msg_safe(set->name));
		for (j = 0; j < i; j++)
			if (!strcmp(names->list[i], names->list[j]))
				return msg_usage("altname '%s' is given twice",
						 msg_safe(names->list[i]));
	}
	return DONE;
}

static enum exit_status add_check(struct settings *set)
{
	const char *bad = args_bad_name(set->name, NAME_CREATE);
	int err;

	if (bad)
		return msg_usage("'%s' cannot be a device's name: %s",
				 msg_safe(set->name), bad);
	err = add_check_mode(set);
	if (err)
		return err;
	if (set->queues.given && !set->multi_queue)
		return msg_usage("'queues' is for devices with 'multi_queue', others have one");
	if (set->address.given && set->mode == IFF_TUN)
		return msg_usage("'address' is for devices in mode tap, a tun device has none");
	if (set->alias && (!*set->alias || strlen(set->alias) > ADD_MAX_ALIAS))
		return msg_usage("an alias has 1 to %d bytes", ADD_MAX_ALIAS);
	return add_check_altnames(set);
}

/*
 * A device is given alternative names from within its namespace only, and older
 * kernels look here whether its number is free there. So the whole of it is done
 * there: who may not go makes nothing.
 */
static enum exit_status add_enter_netns(struct settings *set)
{
	char path[64];
	int err;

	snprintf(path, sizeof(path), "/proc/%lu/ns/net",
		 strtoul(set->netns, NULL, 10));
	err = netns_enter(netns_is_process(set->netns) ? path : set->netns);
	if (err)
		return err;
	set->inside = true;
	msg_task("add %s", msg_safe(set->name));
	return DONE;
}

/* As in ip(8), a name that is none may be a process' number. */
static enum exit_status add_find_netns(struct settings *set)
{
	set->netns_fd = -1;
	if (!set->netns)
		return DONE;
	if (set->altnames.n || set->index.given)
		return add_enter_netns(set);
	if (netns_is_process(set->netns))
		return DONE;
	return netns_open(set->netns, &set->netns_fd);
}

static void add_explain_taken(const struct settings *set, const char *name)
{
	struct link link;
	bool here = !link_get(name, &link) && !set->inside;

	if (set->netns) {
		msg_why("the name is taken in that network namespace%s", here ?
			" or only in this one, which older kernels mind as well" :
			"");
		msg_todo("Choose another name.");
		return;
	}
	if (!here) {
		msg_why("the name was taken");
		msg_todo("Try again.");
		return;
	}
	if (link_is_ours(&link))
		msg_why("the name is taken by a %s device in mode %s",
			VTUN_KIND, link.flags & IFF_TAP ? "tap" : "tun");
	else
		msg_why("the name is taken by a device of another kind%s%s%s",
			*link.kind ? " (" : "", msg_safe(link.kind),
			*link.kind ? ")" : "");
	msg_todo("Choose another name, or look at what is there: ip -d link show dev %s",
		 msg_safe(name));
}

/* Who may not is told of what root would be told, too. */
static void add_explain_permission(const struct settings *set, const char *name)
{
	struct link link;

	if (!set->netns && !strchr(set->name, '%') && !link_get(name, &link)) {
		add_explain_taken(set, name);
		return;
	}
	msg_why("this needs the capability CAP_NET_ADMIN in this network namespace%s",
		set->netns ? ", and in that of the device" : "");
	msg_todo("Run it as root. An owner or group lets others use a device, not create one.");
}

/* The kernel has tried to load the module, and knows no such kind yet. */
static void add_explain_unknown_kind(void)
{
	msg_why("the module %s is not loaded, and the kernel could not load it",
		VTUN_KIND);
	msg_todo("Load it as root, which tells why not: modprobe %s (or insmod %s.ko where it is not installed).",
		 VTUN_KIND, VTUN_KIND);
}

static void add_explain(const struct settings *set, const char *name, int err)
{
	unsigned int major_nr, minor_nr;

	switch (err) {
	case EEXIST:
		add_explain_taken(set, name);
		return;
	case EPERM:
		add_explain_permission(set, name);
		return;
	case ENFILE:
		msg_why("all numbers for the name are in use");
		msg_todo("Choose another name, or delete devices that are not needed: vtunctl list");
		return;
	case ESRCH:
		msg_why("there is neither a network namespace nor a process %s",
			msg_safe(set->netns));
		msg_todo("'ip netns list' shows namespaces that have names.");
		return;
	case EOPNOTSUPP:
		if (node_get_number(&major_nr, &minor_nr) != -ENODEV)
			break;
		add_explain_unknown_kind();
		return;
	}
	rtnl_explain(err);
}

/* Whose number it is; false if it is nobody's. */
static bool add_find_index(const struct settings *set, char *holder)
{
	return set->index.given && if_indextoname(set->index.value, holder);
}

static void add_explain_create(const struct settings *set, const char *name,
			       int err)
{
	char holder[IFNAMSIZ];

	if ((err != EEXIST && err != EBUSY) || !add_find_index(set, holder)) {
		add_explain(set, name, err);
		return;
	}
	msg_why("the index %u is taken by %s", set->index.value,
		msg_safe(holder));
	msg_todo("Choose another index, or leave it out: then the kernel takes a free one.");
}

static bool add_is_altname(const struct settings *set, const char *name)
{
	size_t i;

	for (i = 0; i < set->altnames.n; i++)
		if (!strcmp(set->altnames.list[i], name))
			return true;
	return false;
}

/*
 * rtnetlink doesn't say on all kernels which name it made of a template, so
 * this tries one number after the other, as the kernel would. What the device
 * shall be called besides is not free for it. An index that is taken is taken
 * with any name.
 */
static int add_create(const struct settings *set, char *name)
{
	const char *percent = strchr(set->name, '%');
	unsigned int number = 0;
	char holder[IFNAMSIZ];
	int err;

	if (!percent) {
		strcpy(name, set->name);	/* add_check() knows its length */
		return link_create(set, name);
	}
	do {
		if (snprintf(name, IFNAMSIZ, "%.*s%u%s",
			     (int)(percent - set->name), set->name, number++,
			     percent + 2) >= IFNAMSIZ)
			return -ENFILE;
		err = add_is_altname(set, name) ? -EEXIST :
		      link_create(set, name);
	} while (err == -EEXIST && !add_find_index(set, holder));
	return err;
}

/* All of them, or the device goes again. */
static enum exit_status add_altnames(const struct settings *set,
				     const char *name)
{
	const char *altname = NULL;
	struct link link;
	size_t i;
	int err;

	if (!set->altnames.n)
		return DONE;
	err = link_get(name, &link);
	if (err) {
		msg_why("the new device cannot be found again (%s)",
			strerror(-err));
		msg_todo("Look what is there now: vtunctl list");
		return FAILED;
	}
	for (i = 0; !err && i < set->altnames.n; i++) {
		altname = set->altnames.list[i];
		err = altnames_add(link.ifindex, altname);
	}
	if (!err)
		return DONE;
	msg_task("add %s with the alternative name %s", msg_safe(set->name),
		 msg_safe(altname));
	add_explain(set, altname, -err);
	err = link_delete(link.ifindex);
	if (err && err != -ENODEV) {
		msg_task("delete %s again", msg_safe(name));
		rtnl_explain(-err);
	}
	return FAILED;
}

/* Only who asked for "tap%d" doesn't know the name yet. */
static enum exit_status add_print(const struct options *opts, const char *name)
{
	if (opts->json)
		return print_json(opts, json_pack("[{s:o}]", "ifname",
						  print_json_string(name)));
	puts(msg_safe(name));
	return print_finish();
}

static enum exit_status add_run(const struct options *opts, int argc,
				char **argv)
{
	enum exit_status status;
	struct settings set;
	char name[IFNAMSIZ];
	int err;

	err = args_parse(&set, add_words, argc, argv);
	if (!err)
		err = add_check(&set);
	if (err)
		return err;
	msg_task("add %s", msg_safe(set.name));
	err = ids_find(&set);
	if (!err)
		err = add_find_netns(&set);
	if (err)
		return err;
	err = add_create(&set, name);
	if (set.netns_fd >= 0)
		close(set.netns_fd);
	if (err) {
		add_explain_create(&set, name, -err);
		return FAILED;
	}
	status = add_altnames(&set, name);
	if (!status && strchr(set.name, '%'))
		status = add_print(opts, name);
	return status;
}

const struct command cmd_add = {
	.name = "add",
	.synopsis = "NAME [mode tun|tap] [user U] [group G] [pi] [vnet_hdr] [multi_queue [queues N]] [persist on|off] [backpressure] [keep_carrier] [index N] [mtu N] [txqueuelen N] [address MAC] [netns NETNS|PID] [alias TEXT] [altname NAME]...",
	.summary = "create a persistent device; its mode may follow from the NAME",
	.run = add_run,
};
