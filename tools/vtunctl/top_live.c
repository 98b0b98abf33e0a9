// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl top: looks, shows, and waits for keys and signals in between. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "top.h"

double top_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static int top_look(struct top *top)
{
	struct top_sample now;
	int err;

	err = top_sample_take(&now, top->only, &top->sample);
	if (err)
		return err;
	top_sample_free(&top->sample);
	top->sample = now;
	top->next = top_clock() + top->view.delay;
	return 0;
}

static void top_write_all(struct top *top, FILE *out)
{
	top_sort(&top->sample, top->view.order, top->view.reverse);
	top->view.prompt = top->asking ? top->typed : NULL;
	top_write(out, &top->sample, &top->view);
}

/* Without a terminal: one table after the other. */
static int top_print(struct top *top)
{
	if (top->opts->json) {
		top_sort(&top->sample, top->view.order, top->view.reverse);
		return print_json(top->opts, top_json(&top->sample)) ?
		       TOP_TOLD : 0;
	}
	top_write_all(top, stdout);
	if (!top->once)
		putchar('\n');
	return print_finish() ? TOP_TOLD : 0;
}

static int top_show(struct top *top)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	int err;

	if (!top->screen)
		return top_print(top);
	out = open_memstream(&text, &size);
	if (!out)
		return -ENOMEM;
	if (top->view.help)
		top_write_help(out);
	else
		top_write_all(top, out);
	err = fclose(out) ? -ENOMEM : top_screen_show(text, &top->view);
	free(text);
	return err;
}

/* The terminal is given back for as long as the shell has it. */
static int top_stop(struct top *top)
{
	if (top->screen)
		top_screen_leave();
	raise(SIGSTOP);
	return top->screen ? top_screen_enter() : 0;
}

static int top_take_signal(struct top *top)
{
	struct signalfd_siginfo info;

	if (read(top->signals, &info, sizeof(info)) != sizeof(info))
		return -errno;
	switch (info.ssi_signo) {
	case SIGTSTP:
		return top_stop(top);
	case SIGWINCH:		/* drawn anew in a moment */
	case SIGCONT:
	case SIGCHLD:
	case SIGURG:
	case SIGTTIN:
	case SIGTTOU:
		return 0;
	}
	top->end = true;
	return 0;
}

/* Until it is time to look again; or until there is something to be drawn. */
static int top_wait(struct top *top, bool keys)
{
	struct pollfd polled[] = {
		{ .fd = top->signals, .events = POLLIN },
		{ .fd = keys ? STDIN_FILENO : -1, .events = POLLIN },
	};
	double left = top->next - top_clock();
	int key, n;

	n = poll(polled, ARRAY_SIZE(polled), left > 0 ? left * 1000 + 1 : 0);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (polled[0].revents)
		return top_take_signal(top);
	if (polled[1].revents & (POLLHUP | POLLERR | POLLNVAL))
		top->end = true;
	else if (polled[1].revents)
		while (!top->end && (key = top_screen_key()))
			top_take_key(top, key);
	return 0;
}

static int top_loop(struct top *top)
{
	bool keys = top->screen && isatty(STDIN_FILENO), due = true;
	int err = 0;

	/* Text has rates from the first table on: there may be no other. */
	if (!top->screen)
		due = false;
	while (!err && !top->end) {
		if (due || top->screen)
			err = top_show(top);
		if (!err && due && top->once)
			break;
		if (!err)
			err = top_wait(top, keys);
		due = !err && !top->end && top_clock() >= top->next;
		if (due)
			err = top_look(top);
	}
	return err;
}

/* Whatever ends it: the terminal is given back first. */
static int top_catch_signals(struct top *top)
{
	static const int faults[] = {
		SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP,
	};
	sigset_t set;
	size_t i;

	sigfillset(&set);
	for (i = 0; i < ARRAY_SIZE(faults); i++)
		sigdelset(&set, faults[i]);
	if (!top->screen)
		sigdelset(&set, SIGPIPE);	/* as for any other program */
	sigprocmask(SIG_BLOCK, &set, NULL);
	top->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return top->signals < 0 ? -errno : 0;
}

int top_live(struct top *top)
{
	int err;

	err = top_catch_signals(top);
	if (err)
		return err;
	err = top_look(top);
	if (!err && top->screen)
		err = top_screen_enter();
	if (!err) {
		err = top_loop(top);
		if (top->screen)
			top_screen_leave();
	}
	close(top->signals);
	top_sample_free(&top->sample);
	return err;
}
