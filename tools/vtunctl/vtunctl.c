// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl: create, delete, change, show, watch, use and examine vtun devices. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "vtunctl.h"

const struct command *const commands[] = {
	&cmd_add, &cmd_del, &cmd_set, &cmd_list, &cmd_show,
	&cmd_watch, &cmd_top, &cmd_exec, &cmd_doctor, &cmd_help, NULL,
};

enum option {
	OPTION_JSON,
	OPTION_PRETTY,
	OPTION_STATS,
	OPTION_NETNS,
	OPTION_VERSION,
	OPTION_HELP,
	OPTION_UNKNOWN,
};

static const struct {
	enum option option;
	const char *name;
} option_names[] = {
	{ OPTION_JSON, "-j" }, { OPTION_JSON, "-json" },
	{ OPTION_PRETTY, "-p" }, { OPTION_PRETTY, "-pretty" },
	{ OPTION_STATS, "-s" }, { OPTION_STATS, "-stats" },
	{ OPTION_STATS, "-statistics" },
	{ OPTION_NETNS, "-n" }, { OPTION_NETNS, "-netns" },
	{ OPTION_VERSION, "-V" }, { OPTION_VERSION, "-Version" },
	{ OPTION_VERSION, "-version" },
	{ OPTION_HELP, "-h" }, { OPTION_HELP, "-help" },
};

/* As in ip(8), one dash and two are the same. */
static enum option option_find(const char *word)
{
	size_t i;

	if (word[0] == '-' && word[1] == '-')
		word++;
	for (i = 0; i < ARRAY_SIZE(option_names); i++)
		if (!strcmp(option_names[i].name, word))
			return option_names[i].option;
	return OPTION_UNKNOWN;
}

static enum exit_status show_version(const struct options *opts)
{
	msg_task("show the version");
	if (opts->json)
		return print_json(opts, json_pack("[{s:s, s:s}]",
						  "program", "vtunctl",
						  "version", VTUNCTL_VERSION));
	puts("vtunctl " VTUNCTL_VERSION);
	return print_finish();
}

/* The full name, an alias, or a beginning that only one command has. */
static const struct command *command_find(const char *word, bool *ambiguous)
{
	const struct command *const *cmd, *found = NULL;

	*ambiguous = false;
	for (cmd = commands; *cmd; cmd++) {
		if (!strcmp((*cmd)->name, word) ||
		    ((*cmd)->alias && !strcmp((*cmd)->alias, word))) {
			*ambiguous = false;
			return *cmd;
		}
		if (!*word || strncmp((*cmd)->name, word, strlen(word)))
			continue;
		*ambiguous = found != NULL;
		found = *cmd;
	}
	return found;
}

/* Fails as the command would, since it is the command that is not done. */
static enum exit_status command_enter(const struct options *opts,
				      const struct command *cmd)
{
	if (!opts->netns || !netns_enter(opts->netns))
		return DONE;
	return cmd->becomes ? NOT_RUN : FAILED;
}

/* Takes -j, -p and -s out of the words behind a command. */
static int command_take_options(struct options *opts, int argc, char **argv)
{
	int i, left = 0;

	for (i = 0; i < argc; i++) {
		switch (option_find(argv[i])) {
		case OPTION_JSON:
			opts->json = true;
			break;
		case OPTION_PRETTY:
			opts->pretty = true;
			break;
		case OPTION_STATS:
			opts->stats = true;
			break;
		default:
			argv[left++] = argv[i];
		}
	}
	return left;
}

static enum exit_status command_run(struct options *opts, int argc,
				    char **argv)
{
	const struct command *cmd;
	enum exit_status err;
	bool ambiguous;
	int i;

	if (!argc) {
		err = command_enter(opts, &cmd_list);
		return err ? err : cmd_list.run(opts, 0, argv);
	}
	cmd = command_find(argv[0], &ambiguous);
	if (ambiguous)
		return msg_usage("'%s' could be more than one command",
				 msg_safe(argv[0]));
	if (!cmd)
		return msg_usage("there is no command '%s'",
				 msg_safe(argv[0]));
	if (cmd->takes_options)
		argc = 1 + command_take_options(opts, argc - 1, argv + 1);
	for (i = 1; i < argc && !cmd->becomes; i++)
		if (option_find(argv[i]) != OPTION_UNKNOWN)
			return msg_usage("option '%s' must stand before '%s'",
					 argv[i], cmd->name);
	err = command_enter(opts, cmd);
	return err ? err : cmd->run(opts, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	struct options opts = { 0 };
	int i;

	setlocale(LC_CTYPE, "");
	for (i = 1; i < argc && argv[i][0] == '-'; i++) {
		switch (option_find(argv[i])) {
		case OPTION_JSON:
			opts.json = true;
			break;
		case OPTION_PRETTY:
			opts.pretty = true;
			break;
		case OPTION_STATS:
			opts.stats = true;
			break;
		case OPTION_NETNS:
			if (++i == argc)
				return msg_usage("'-n' needs the name of a network namespace after it");
			opts.netns = argv[i];
			break;
		case OPTION_VERSION:
			return show_version(&opts);
		case OPTION_HELP:
			return cmd_help.run(&opts, 0, argv);
		default:
			return msg_usage("there is no option '%s'",
					 msg_safe(argv[i]));
		}
	}
	return command_run(&opts, argc - i, argv + i);
}
