// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics: the rows of "ethtool -S", sorted out by their names. Which rows
 * there are is the driver's business; that it puts the direction first, and then
 * the queue, is what this relies on.
 */
#include <errno.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vtunctl.h"

/* Queues may come while this asks, each try. */
#define STATS_TRIES	20
/* Old kernels write all rows that there are, however many were asked for. */
#define STATS_SPARE	8192

static int stats_count(const char *ifname, unsigned int *n)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t n;
	} ask = {
		.info.cmd = ETHTOOL_GSSET_INFO,
		.info.sset_mask = 1ULL << ETH_SS_STATS,
	};
	int err = device_ethtool(ifname, &ask);

	if (err)
		return err;
	if (!ask.info.sset_mask)
		return -EOPNOTSUPP;
	*n = ask.n;
	return 0;
}

/* "rx_queue_12_packets" is row "packets" of queue 12. */
static void stats_parse_name(struct stat_row *row, const char *name)
{
	char *end;

	*row = (struct stat_row){ .queue = STATS_DEVICE };
	if (!strncmp(name, "rx_", 3))
		row->direction = STATS_RX;
	else if (!strncmp(name, "tx_", 3))
		row->direction = STATS_TX;
	if (row->direction != STATS_NEITHER)
		name += 3;
	if (!strncmp(name, "queue_", 6)) {
		row->queue = strtol(name + 6, &end, 10);
		name = *end == '_' ? end + 1 : end;
	} else if (!strncmp(name, "other_", 6)) {
		row->queue = STATS_OTHERS;
		name += 6;
	}
	snprintf(row->name, sizeof(row->name), "%s", name);
}

static int stats_ask(const char *ifname, struct stats *stats,
		     struct ethtool_gstrings *names,
		     struct ethtool_stats *values, unsigned int n)
{
	char name[ETH_GSTRING_LEN + 1] = { 0 };
	unsigned int i;
	int err;

	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_STATS;
	names->len = n;
	values->cmd = ETHTOOL_GSTATS;
	values->n_stats = n;
	err = device_ethtool(ifname, names);
	if (!err)
		err = device_ethtool(ifname, values);
	if (err)
		return err;
	if (names->len != n || values->n_stats != n)
		return -EAGAIN;
	for (i = 0; i < n; i++) {
		memcpy(name, names->data + i * ETH_GSTRING_LEN,
		       ETH_GSTRING_LEN);
		stats_parse_name(&stats->rows[i], name);
		stats->rows[i].value = values->data[i];
	}
	stats->n = n;
	return 0;
}

static int stats_try(const char *ifname, struct stats *stats)
{
	struct ethtool_gstrings *names;
	struct ethtool_stats *values;
	unsigned int n;
	int err;

	err = stats_count(ifname, &n);
	if (err)
		return err;
	names = calloc(1, sizeof(*names) +
		       (size_t)(n + STATS_SPARE) * ETH_GSTRING_LEN);
	values = calloc(1, sizeof(*values) +
			(size_t)(n + STATS_SPARE) * sizeof(*values->data));
	stats->rows = calloc(n + 1, sizeof(*stats->rows));
	if (names && values && stats->rows)
		err = stats_ask(ifname, stats, names, values, n);
	else
		err = -ENOMEM;
	free(names);
	free(values);
	if (err)
		stats_free(stats);
	return err;
}

int stats_get(const char *ifname, struct stats *stats)
{
	int tries = STATS_TRIES, err;

	*stats = (struct stats){ NULL, 0 };
	do {
		err = stats_try(ifname, stats);
	} while (err == -EAGAIN && --tries);
	return err;
}

void stats_free(struct stats *stats)
{
	free(stats->rows);
	*stats = (struct stats){ NULL, 0 };
}

/* Queue numbers have no gaps, but nobody promised that. */
long stats_last_queue(const struct stats *stats)
{
	long last = -1;
	size_t i;

	for (i = 0; i < stats->n; i++)
		if (stats->rows[i].queue > last)
			last = stats->rows[i].queue;
	return last;
}
