// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl help: written from the table of commands. */
#include <stdio.h>
#include <string.h>

#include "vtunctl.h"

#define HELP_COLUMNS	79
#define HELP_INDENT	9

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

/* Broken into lines, before a bracket. */
static void help_synopsis(const struct command *cmd)
{
	const char *part = cmd->synopsis;
	int column, len;

	column = printf("  %s", cmd->name);
	while (*part) {
		const char *next = strstr(part, " [");

		len = next ? next - part : (int)strlen(part);
		if (column + 1 + len > HELP_COLUMNS)
			column = printf("\n%*s", HELP_INDENT, "") - 1;
		column += printf(" %.*s", len, part);
		part += next ? len + 1 : len;
	}
	putchar('\n');
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
	puts("Usage: vtunctl [-j [-p]] [-s] [-n NETNS] [COMMAND]\n"
	     "       vtunctl -V\n\n"
	     "Commands:");
	for (i = 0; commands[i]; i++) {
		help_synopsis(commands[i]);
		printf("      %s\n", commands[i]->summary);
	}
	puts("\nOptions:\n"
	     "  -j        print JSON\n"
	     "  -p        print it indented\n"
	     "  -s        show statistics, too\n"
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
