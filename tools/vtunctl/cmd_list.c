// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl list: all devices of the network namespace. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vtunctl.h"

static int list_print(const struct options *opts, const struct link *links,
		      size_t n, enum exit_status *status)
{
	struct holders all = { NULL, 0 };
	struct device *devices;
	size_t filled = 0;
	int err = 0;

	devices = calloc(n + 1, sizeof(*devices));
	if (!devices)
		return -ENOMEM;
	if (n)
		err = holders_scan(&all);
	while (!err && filled < n) {
		err = device_fill(&devices[filled], &links[filled], &all);
		if (!err)
			filled++;
		if (!err && opts->stats)
			err = device_fill_stats(&devices[filled - 1]);
	}
	if (!err)
		*status = print_devices(opts, devices, n);
	while (filled)
		device_free(&devices[--filled]);
	holders_free(&all);
	free(devices);
	return err;
}

static enum exit_status list_run(const struct options *opts, int argc,
				 char **argv)
{
	enum exit_status status = FAILED;
	struct link *links;
	size_t n;
	int err;

	if (argc)
		return msg_usage("'list' takes no '%s'; one device: vtunctl show NAME",
				 msg_safe(argv[0]));
	msg_task("list the devices");
	err = link_list(&links, &n);
	if (err) {
		msg_why("rtnetlink does not answer (%s)", strerror(-err));
		msg_todo("'ip link show' should fail too and may tell more.");
		return FAILED;
	}
	err = list_print(opts, links, n, &status);
	if (err)
		msg_why("%s", strerror(-err));
	free(links);
	return status;
}

const struct command cmd_list = {
	.name = "list",
	.alias = "lst",
	.synopsis = "[-s]",
	.summary = "show all devices with their users (the default)",
	.takes_options = true,
	.run = list_run,
};
