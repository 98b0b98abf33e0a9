// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl add: a persistent device. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vtunctl.h"

static const char *const add_words[] = {
	"mode", "user", "group", "pi", "multi_queue", NULL,
};

static enum exit_status add_check(struct settings *set)
{
	const char *bad = args_bad_name(set->name, true);

	if (bad)
		return msg_usage("'%s' cannot be a device's name: %s",
				 msg_safe(set->name), bad);
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

static void add_explain_taken(const char *name)
{
	struct link link;

	if (link_get(name, &link)) {
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

static void add_explain(const char *name, int err)
{
	switch (err) {
	case EBUSY:
		add_explain_taken(name);
		break;
	case EPERM:
		msg_why("this needs the capability CAP_NET_ADMIN in this network namespace");
		msg_todo("Run it as root. An owner or group lets others use a device, not create one.");
		break;
	case ENFILE:
		msg_why("all numbers for the name are in use");
		msg_todo("Choose another name, or delete devices that are not needed: vtunctl list");
		break;
	default:
		msg_why("the kernel refused it (%s)", strerror(err));
		msg_todo("The kernel's log (dmesg) may tell more.");
	}
}

/* The device is transient until the last step: if any fails, close() undoes. */
static int add_create(int fd, const struct settings *set, struct ifreq *ifr)
{
	memcpy(ifr->ifr_name, set->name, strlen(set->name));
	ifr->ifr_flags = set->mode | (short)IFF_TUN_EXCL;
	if (!set->pi)
		ifr->ifr_flags |= IFF_NO_PI;
	if (set->multi_queue)
		ifr->ifr_flags |= IFF_MULTI_QUEUE;
	if (ioctl(fd, TUNSETIFF, ifr))
		return -errno;
	if (set->user && ioctl(fd, TUNSETOWNER, (unsigned long)set->uid))
		return -errno;
	if (set->group && ioctl(fd, TUNSETGROUP, (unsigned long)set->gid))
		return -errno;
	if (ioctl(fd, TUNSETPERSIST, 1UL))
		return -errno;
	return 0;
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
	struct ifreq ifr = { 0 };
	struct settings set;
	int fd, err;

	err = args_parse(&set, add_words, argc, argv);
	if (!err)
		err = add_check(&set);
	if (err)
		return err;
	msg_task("add %s", msg_safe(set.name));
	err = args_find_ids(&set);
	if (!err)
		err = node_open(&fd);
	if (err)
		return err;
	err = add_create(fd, &set, &ifr);
	close(fd);
	if (err) {
		add_explain(set.name, -err);
		return FAILED;
	}
	return strchr(set.name, '%') ? add_print(opts, ifr.ifr_name) : DONE;
}

const struct command cmd_add = {
	.name = "add",
	.synopsis = "NAME [mode tun|tap] [user U] [group G] [pi] [multi_queue]",
	.summary = "create a persistent device; its mode may follow from the NAME",
	.run = add_run,
};
