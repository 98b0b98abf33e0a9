// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints, by an instance of tracefs. */
#include "testlib_trace.h"
#include "testlib.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define TRACE	"/sys/kernel/tracing/"
#define OURS	TRACE "instances/vtun-selftest/"

int trace_start(const char *events)
{
	char path[128], pid[16];
	int err;

	if (mount("tracefs", TRACE, "tracefs", 0, NULL) && errno != EBUSY)
		return -errno;
	rmdir(OURS);
	if (mkdir(OURS, 0700))
		return -errno;
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
