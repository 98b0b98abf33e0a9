// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints, by an instance of tracefs. */
#include "testlib_trace.h"
#include "testlib.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define TRACE	"/sys/kernel/tracing/"
#define OURS	TRACE "instances/vtun-selftest/"

static int trace_make(void)
{
	if (mount("tracefs", TRACE, "tracefs", 0, NULL) && errno != EBUSY)
		return -errno;
	rmdir(OURS);
	return mkdir(OURS, 0700) ? -errno : 0;
}

int trace_start(const char *events)
{
	char path[128], pid[16];
	int err = trace_make();

	if (err)
		return err;
	snprintf(pid, sizeof(pid), "%d", getpid());
	err = file_write(OURS "set_event_pid", pid);
	snprintf(path, sizeof(path), OURS "events/%s/enable", events);
	return err ?: file_write(path, "1");
}

bool trace_missing(int err)
{
	return err == -ENODEV || err == -ENOENT;
}

const char *trace_take(void)
{
	static char text[1 << 17];
	int fd;

	if (file_read(OURS "trace", text, sizeof(text)) < 0)
		return NULL;
	fd = open(OURS "trace", O_WRONLY | O_TRUNC);	/* which empties it */
	if (fd < 0)
		return NULL;
	close(fd);
	return text;
}

int trace_count(const char *text, const char *words)
{
	int n = 0;

	while (text && (text = strstr(text, words))) {
		text += strlen(words);
		n++;
	}
	return n;
}

void trace_end(void)
{
	rmdir(OURS);
}

int trace_start_counting(const char *event, const char *filter)
{
	char path[128];
	int err = trace_make();

	if (err)
		return err;
	snprintf(path, sizeof(path), OURS "events/%s/filter", event);
	err = file_write(path, filter);
	snprintf(path, sizeof(path), OURS "events/%s/enable", event);
	return err ?: file_write(path, "1");
}

/* The value of a line "words: value". */
static long trace_stat(const char *stats, const char *words)
{
	const char *at = strstr(stats, words);

	return at ? atol(at + strlen(words)) : 0;
}

long trace_counted(void)
{
	char path[128], stats[512];
	long n = 0;
	int cpu;

	for (cpu = 0;; cpu++) {
		snprintf(path, sizeof(path), OURS "per_cpu/cpu%d/stats", cpu);
		if (file_read(path, stats, sizeof(stats)) < 0)
			return cpu ? n : -errno;
		/* those that are there, and those of which there is only a number */
		n += trace_stat(stats, "entries: ") +
		     trace_stat(stats, "\noverrun: ") +
		     trace_stat(stats, "\ncommit overrun: ") +
		     trace_stat(stats, "\ndropped events: ");
	}
}

int trace_drop_reason(const char *name)
{
	static char format[1 << 16];
	char want[64];
	const char *at;
	int number, err;

	err = trace_make();
	if (err)
		return err;
	if (file_read(OURS "events/skb/kfree_skb/format", format,
		      sizeof(format)) < 0)
		return -errno;
	snprintf(want, sizeof(want), "\"%s\"", name);
	at = strstr(format, want);
	while (at && at > format && *at != '{')
		at--;
	/* not -ENOENT: tracepoints there are */
	return at && sscanf(at, "{ %d", &number) == 1 ? number : -ESRCH;
}
