/* SPDX-License-Identifier: GPL-2.0-only */
/* A device's counters, as ethtool -S shows them. */
#ifndef VTUN_SELFTESTS_TESTLIB_STATS_H
#define VTUN_SELFTESTS_TESTLIB_STATS_H

#include <stdint.h>

#define STATS_MAX	1024

struct stats {
	unsigned int n;
	char name[STATS_MAX][32];
	uint64_t value[STATS_MAX];
};

/* 0 or -errno; -EAGAIN if queues came or went meanwhile. */
int stats_get(const char *name, struct stats *stats);
/* A counter's value, or -1 if there is none of that name. */
long stats_value(const struct stats *stats, const char *counter);
/* The same of device @name now; -errno if it can't be had. */
long stats_now(const char *name, const char *counter);
/*
 * How many written packets of device @name have reached the stack by now, each of
 * those that GRO has made one of, by this process' psock_counter(); -errno.
 */
long stats_arrived(const char *name, int counter);
/* That of one queue: direction "rx" or "tx". */
long stats_queue(const struct stats *stats, const char *direction, int queue,
		 const char *counter);
/*
 * What ip -s link shows of it, made of the queues' rows and the others':
 * direction "rx" or "tx"; "packets", "bytes" or "dropped", which is all that was
 * dropped, by the stack too.
 */
uint64_t stats_link(const struct stats *stats, const char *direction,
		    const char *counter);
/*
 * How many of the device's values are not the sum of the queues' and the
 * others'; each is told on stdout.
 */
int stats_wrong_sums(const struct stats *stats);

#endif
