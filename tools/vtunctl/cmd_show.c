// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl show: one device. */
#include <string.h>

#include "vtunctl.h"

static enum exit_status show_run(const struct options *opts, int argc,
				 char **argv)
{
	enum exit_status status = FAILED;
	struct device device;
	struct holders all;
	struct link link;
	int err;

	args_skip_keyword(&argc, &argv);
	if (!argc)
		return msg_usage("the NAME of a device is missing; all devices: vtunctl list");
	if (argc > 1)
		return msg_usage("'%s' is one word too many",
				 msg_safe(argv[1]));
	msg_task("show %s", msg_safe(argv[0]));
	status = link_find(argv[0], &link);
	if (status)
		return status;
	err = holders_scan(&all);
	if (!err)
		err = device_fill(&device, &link, &all);
	if (!err && opts->stats) {
		err = device_fill_stats(&device);
		if (err)
			device_free(&device);
	}
	if (!err) {
		status = print_devices(opts, &device, 1);
		device_free(&device);
	} else {
		msg_why("%s", strerror(-err));
		status = FAILED;
	}
	holders_free(&all);
	return status;
}

const struct command cmd_show = {
	.name = "show",
	.synopsis = "NAME [-s]",
	.summary = "show one device with its users",
	.takes_options = true,
	.run = show_run,
};
