// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl top: a live view of devices, on a terminal or as text or JSON. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "top.h"

#define TOP_DELAY	2.0

static bool top_is_option(const char *word, const char *letter,
			  const char *name)
{
	if (word[0] == '-' && word[1] == '-')
		word++;
	return !strcmp(word, letter) || !strcmp(word, name);
}

static enum exit_status top_parse(struct top *top, int argc, char **argv)
{
	const char *bad;

	for (; argc; argc--, argv++) {
		if (top_is_option(*argv, "-1", "-once")) {
			top->once = true;
		} else if (top_is_option(*argv, "-d", "-delay")) {
			if (argc == 1)
				return msg_usage("'%s' needs seconds after it",
						 *argv);
			argc--;
			argv++;
			if (!top_parse_delay(*argv, &top->view.delay))
				return msg_usage("the delay is %.1f to %.0f seconds, not '%s'",
						 TOP_MIN_DELAY, TOP_MAX_DELAY,
						 msg_safe(*argv));
		} else if (**argv == '-') {
			return msg_usage("there is no option '%s'",
					 msg_safe(*argv));
		} else if (top->only) {
			return msg_usage("'%s' is one word too many",
					 msg_safe(*argv));
		} else {
			args_skip_keyword(&argc, &argv);
			bad = args_bad_name(*argv, NAME_LOOK_UP);
			if (bad)
				return msg_usage("'%s' is no device's name: %s",
						 msg_safe(*argv), bad);
			top->only = *argv;
		}
	}
	return DONE;
}

/* A terminal that can do nothing but print is no terminal to us. */
static bool top_has_screen(const struct top *top)
{
	const char *term = getenv("TERM");

	return !top->once && !top->opts->json && isatty(STDOUT_FILENO) &&
	       term && *term && strcmp(term, "dumb");
}

static enum exit_status top_run(const struct options *opts, int argc,
				char **argv)
{
	struct top top = {
		.opts = opts,
		.view = { .order = TOP_BY_NAME, .delay = TOP_DELAY },
	};
	const char *no_colour = getenv("NO_COLOR");
	struct link link;
	int err;

	err = top_parse(&top, argc, argv);
	if (err)
		return err;
	top.screen = top_has_screen(&top);
	top.view.colour = top.screen && (!no_colour || !*no_colour);
	top.view.queues = opts->stats;
	msg_task("show %s", top.only ? msg_safe(top.only) : "the devices");
	if (top.only) {
		err = link_find(top.only, &link);
		if (err)
			return err;
	}
	err = top_live(&top);
	if (err >= 0)
		return err ? FAILED : DONE;
	msg_why("%s", strerror(-err));
	msg_todo("'vtunctl list' should fail too and may tell more.");
	return FAILED;
}

const struct command cmd_top = {
	.name = "top",
	.synopsis = "[NAME] [-d SECONDS] [-1] [-s] [-j]",
	.summary = "show rates of devices and queues, live; h shows its keys",
	.takes_options = true,
	.run = top_run,
};
