// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl help: written from the table of commands. */
#include <stdio.h>

#include "vtunctl.h"

static enum exit_status help_json(const struct options *opts)
{
	json_t *root = json_array();
	size_t i;

	for (i = 0; commands[i]; i++)
		json_array_append_new(root,
				      json_pack("{s:s, s:s, s:s}",
						"command", commands[i]->name,
						"synopsis",
						commands[i]->synopsis,
						"summary",
						commands[i]->summary));
	return print_json(opts, root);
}

static enum exit_status help_run(const struct options *opts, int argc,
				 char **argv)
{
	size_t i;

	if (argc)
		return msg_usage("'help' takes no '%s'", msg_safe(argv[0]));
	msg_task("show the help");
	if (opts->json)
		return help_json(opts);
	puts("Usage: vtunctl [-j [-p]] [-n NETNS] [COMMAND]\n"
	     "       vtunctl -V\n\n"
	     "Commands:");
	for (i = 0; commands[i]; i++)
		printf("  %s%s%s\n      %s\n", commands[i]->name,
		       *commands[i]->synopsis ? " " : "",
		       commands[i]->synopsis, commands[i]->summary);
	puts("\nOptions:\n"
	     "  -j        print JSON\n"
	     "  -p        print it indented\n"
	     "  -n NETNS  work in that network namespace\n"
	     "  -V        print the version\n\n"
	     "vtunctl(8) tells everything.");
	return print_finish();
}

const struct command cmd_help = {
	.name = "help",
	.synopsis = "",
	.summary = "show this text",
	.run = help_run,
};
