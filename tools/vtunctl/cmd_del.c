// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl del: all of the named devices, or none if one can't be. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vtunctl.h"

static void del_explain(int err)
{
	if (err == EPERM) {
		msg_why("this needs the capability CAP_NET_ADMIN in this network namespace");
		msg_todo("Run it as root. An owner may do 'vtunctl set NAME persist off' while no program holds it.");
	} else if (err == ENODEV) {
		msg_why("somebody else has just deleted it");
		msg_todo("There is nothing left to do.");
	} else {
		msg_why("the kernel refused it (%s)", strerror(err));
		msg_todo("The kernel's log (dmesg) may tell more.");
	}
}

static enum exit_status del_find_all(struct link *links, int n, char **names)
{
	int i, j, err;

	for (i = 0; i < n; i++) {
		msg_task("delete %s", msg_safe(names[i]));
		err = link_find(names[i], &links[i]);
		if (err)
			return err;
		for (j = 0; j < i; j++)
			if (links[j].ifindex == links[i].ifindex)
				return msg_usage("'%s' is given twice",
						 msg_safe(names[i]));
	}
	return DONE;
}

/* Goes on after a failure, so that one lost race does not keep the rest. */
static enum exit_status del_delete_all(const struct link *links, int n)
{
	enum exit_status status = DONE;
	int i, err;

	for (i = 0; i < n; i++) {
		err = link_delete(links[i].ifindex);
		if (!err)
			continue;
		msg_task("delete %s", msg_safe(links[i].name));
		del_explain(-err);
		status = FAILED;
		if (err == -EPERM)
			break;
	}
	return status;
}

static enum exit_status del_run(const struct options *opts, int argc,
				char **argv)
{
	enum exit_status status;
	struct link *links;

	(void)opts;		/* nothing is printed */
	args_skip_keyword(&argc, &argv);
	if (!argc)
		return msg_usage("the NAME of a device is missing");
	links = calloc(argc, sizeof(*links));
	if (!links) {
		msg_task("delete %s", msg_safe(argv[0]));
		del_explain(ENOMEM);
		return FAILED;
	}
	status = del_find_all(links, argc, argv);
	if (!status)
		status = del_delete_all(links, argc);
	free(links);
	return status;
}

const struct command cmd_del = {
	.name = "del",
	.alias = "delete",
	.synopsis = "NAME...",
	.summary = "delete devices, programs that hold them or not",
	.run = del_run,
};
