/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: what this process does, in a buffer of its own. */
#ifndef VTUN_SELFTESTS_TESTLIB_TRACE_H
#define VTUN_SELFTESTS_TESTLIB_TRACE_H

#include <stdbool.h>

/* Trace events of this process, "system/event" or "system": 0 or -errno. */
int trace_start(const char *events);
/* True if @err means that this kernel has no tracepoints. */
bool trace_missing(int err);
/* What was traced since the last call, a line an event; NULL on error. */
const char *trace_take(void);
/* How many of the lines of @text hold @words. */
int trace_count(const char *text, const char *words);
void trace_end(void);

/*
 * Instead: count the events of all processes for which @filter, as the kernel has
 * it, holds: 0 or -errno.
 */
int trace_start_counting(const char *event, const char *filter);
/* How many there were; the buffer needs no room for them. -errno on error. */
long trace_counted(void);
/* The number that a drop reason has in this kernel's skb/kfree_skb, or -errno. */
int trace_drop_reason(const char *name);

#endif
