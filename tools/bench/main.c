// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark's part in a guest. Each figure runs by itself, in a process and
 * a network namespace of its own, in-tree tun and vtun in turn. What it prints,
 * report.c reads on the other side:
 *
 *	@kernel RELEASE
 *	@module NAME START SIZE
 *	@value FIGURE DRIVER ROUND VALUE UNIT
 *	@count FIGURE DRIVER ROUND PACKETS NUMBER UNIT	NUMBER of a mark
 *	@skip FIGURE DRIVER REASON
 *	@fail FIGURE DRIVER REASON
 *	@round FIGURE ROUND ROUNDS	what comes next
 *	@done FIGURE
 *	@symbol ADDRESS FUNCTION [MODULE]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "mark.h"

#define FIGURES_MAX	1024
/* Microseconds before each measurement: a network namespace is cleaned up. */
#define SETTLE		300000
/* Seconds before the first. */
#define START		3

static const struct driver drivers[] = {
	{ "tun", "/dev/net/tun" },
	{ "vtun", "/dev/net/vtun" },
};

/* What a figure compares with both. */
static const struct driver no_driver = { "other", NULL };

static const struct method methods[] = {
	{ .name = "plain" },
	{ .name = "vector", .vectored = true },
	{ .name = "uring", .uring = true },
	{ .name = "batch8", .batch = 8 },
	{ .name = "batch64", .batch = 64 },
	{ .name = "batch256", .batch = 256 },
};

static struct figure figures[FIGURES_MAX];
static unsigned int n_figures;
static const struct figure *current;
static const struct driver *current_driver;

static void tell(const char *word, const char *format, va_list ap)
{
	if (current)
		printf("@%s %s %s ", word, current->name, current_driver->name);
	else
		printf("bench: ");
	vprintf(format, ap);
	putchar('\n');
	fflush(stdout);
}

/* Ends the figure's process. */
void die(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	tell("fail", format, ap);
	va_end(ap);
	exit(1);
}

/* Ends the figure's process: this kernel or driver can't do it. */
void skip(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	tell("skip", format, ap);
	va_end(ap);
	exit(0);
}

int checked(int ret, const char *what)
{
	if (ret < 0)
		die("%s: %s", what, strerror(errno));
	return ret;
}

int shell(const char *format, ...)
{
	char command[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof(command), format, ap);
	va_end(ap);
	return system(command);
}

void put_file(const char *path, const char *text)
{
	int fd = checked(open(path, O_WRONLY | O_CLOEXEC), path);

	if (write(fd, text, strlen(text)) < 0)
		die("%s < %s: %s", path, text, strerror(errno));
	close(fd);
}

/* A process of the figure's own, which does not outlive it; in it, 0. */
pid_t start_process(void)
{
	pid_t parent = getpid(), pid;

	fflush(stdout);
	pid = checked(fork(), "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			exit(1);
	}
	return pid;
}

/* What was measured means nothing if it had ended by itself. */
void end_process(pid_t pid)
{
	if (waitpid(pid, NULL, WNOHANG))
		die("a process of the figure has ended");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Zeroed, the same for all of the figure's processes. */
void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("no shared memory");
	return p;
}

struct figure *figure_add(figure_run *run, const char *format, ...)
{
	struct figure *fig = &figures[n_figures++];
	va_list ap;

	if (n_figures > FIGURES_MAX)
		die("too many figures");
	va_start(ap, format);
	vsnprintf(fig->name, sizeof(fig->name), format, ap);
	va_end(ap);
	fig->run = run;
	return fig;
}

/* FAMILY/SIZE/METHOD[+vnet] for all of these */
void figure_each_io(figure_run *run, const char *family)
{
	static const unsigned int sizes[] = { 64, 512, 1400 };
	unsigned int size, method, vnet;
	struct figure *fig;

	for (size = 0; size < 3; size++) {
		for (method = 0; method < sizeof(methods) / sizeof(methods[0]);
		     method++) {
			for (vnet = 0; vnet < 2; vnet++) {
				fig = figure_add(run, "%s/%u/%s%s", family,
						 sizes[size],
						 methods[method].name,
						 vnet ? "+vnet" : "");
				fig->size = sizes[size];
				fig->method = &methods[method];
				fig->vnet = vnet;
			}
		}
	}
}

static void run_one(const struct figure *fig, const struct driver *driver,
		    int round, unsigned int number)
{
	pid_t pid = start_process();
	int status;

	if (pid) {
		if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
			printf("@fail %s %s died\n", fig->name, driver->name);
		fflush(stdout);
		return;
	}
	current = fig;
	current_driver = driver;
	checked(unshare(CLONE_NEWNET), "unshare");
	meter_begin(fig->name, driver->name, round, number);
	fig->run(fig, driver);
	exit(0);
}

static void run_round(const struct figure *fig, int round)
{
	static unsigned int number;
	int i;

	for (i = 0; i < 2; i++) {
		/* Who goes first changes. */
		const struct driver *driver = &drivers[(round + i) % 2];

		if (fig->no_driver)
			driver = &no_driver;
		/* What the last one left behind goes away meanwhile. */
		usleep(SETTLE);
		number = (number + 1) % MARK_NUMBERS;
		run_one(fig, driver, round, number);
		if (fig->no_driver)
			break;
	}
}

/* Figures that are compared with each other, in turn: [first, end). */
static void run_family(const struct figure *first, const struct figure *end,
		       int rounds)
{
	const struct figure *fig;
	int round;

	for (round = 0; round < rounds; round++) {
		for (fig = first; fig < end; fig++) {
			if (!fig->wanted)
				continue;
			printf("@round %s %d %d\n", fig->name, round + 1,
			       rounds);
			run_round(fig, round);
		}
	}
	for (fig = first; fig < end; fig++)
		if (fig->wanted)
			printf("@done %s\n", fig->name);
	fflush(stdout);
}

static void run_all(int rounds)
{
	unsigned int i, end;

	for (i = 0; i < n_figures; i = end) {
		for (end = i + 1; end < n_figures; end++)
			if (figures[end].run != figures[i].run ||
			    figures[end].size != figures[i].size)
				break;
		run_family(&figures[i], &figures[end], rounds);
	}
}

/* In a guest whose clock counts instructions, what is measured is exact. */
static void rename_figures(void)
{
	char name[sizeof(figures[0].name)];
	unsigned int i;

	for (i = 0; i < n_figures; i++) {
		memcpy(name, figures[i].name, sizeof(name));
		snprintf(figures[i].name, sizeof(name), "exact/%.57s", name);
	}
}

static bool wanted(const struct figure *fig, char **patterns, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (!fnmatch(patterns[i], fig->name, 0))
			return true;
	return !n;
}

/* Where the code of a module is, or of all: NULL. */
void tell_modules(const char *which)
{
	char line[512], name[64], address[64];
	FILE *f = fopen("/proc/modules", "r");
	unsigned long size;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %lu %*s %*s %*s %63s", name, &size,
			   address) == 3 &&
		    (!which || !strcmp(which, name)))
			printf("@module %s %s %lu\n", name, address, size);
	if (f)
		fclose(f);
}

/* The kernel's functions, and the modules'. */
static void tell_symbols(void)
{
	char line[512], address[32], name[256], module[64], type;
	FILE *f = fopen("/proc/kallsyms", "r");

	while (f && fgets(line, sizeof(line), f)) {
		*module = '\0';
		if (sscanf(line, "%31s %c %255s %63s", address, &type, name,
			   module) >= 3 && (type | 0x20) == 't')
			printf("@symbol %s %.60s %s\n", address, name, module);
	}
	if (f)
		fclose(f);
}

int main(int argc, char **argv)
{
	bool list = false, symbols = false;
	struct utsname un;
	unsigned int i;
	int opt, rounds = 5;

	while ((opt = getopt(argc, argv, "clpr:s:")) != -1) {
		switch (opt) {
		case 'c':
			meter_counts = true;
			break;
		case 'l':
			list = true;
			break;
		case 'p':
			symbols = true;
			break;
		case 'r':
			rounds = atoi(optarg);
			break;
		case 's':
			meter_seconds = atof(optarg);
			break;
		default:
			fprintf(stderr, "usage: bench [-c] [-l] [-p] [-r ROUNDS] [-s SECONDS] [FIGURE...]\n");
			return 2;
		}
	}
	write_figures();
	read_figures();
	stream_figures();
	datagram_figures();
	slow_figures();
	delay_figures();
	cost_figures();
	scale_figures();
	other_figures();
	vhost_figures();
	if (meter_counts)
		rename_figures();
	uname(&un);
	if (!list) {
		printf("@kernel %s\n", un.release);
		tell_modules(NULL);
		/* Devices are still being named and settled. */
		sleep(START);
	}
	for (i = 0; i < n_figures; i++) {
		figures[i].wanted = wanted(&figures[i], argv + optind,
					   argc - optind);
		if (list && figures[i].wanted)
			puts(figures[i].name);
	}
	if (!list)
		run_all(rounds);
	if (symbols)
		tell_symbols();
	return 0;
}
