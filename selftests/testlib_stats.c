// SPDX-License-Identifier: GPL-2.0-only
/* ethtool -S, by ioctl: every kernel has it. */
#include "testlib.h"
#include "testlib_stats.h"
#include "testlib_eth.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int stats_count(const char *name)
{
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	int err = eth_ioctl(name, &info);

	return err ? err : (int)info.n_stats;
}

int stats_get(const char *name, struct stats *stats)
{
	static struct {
		struct ethtool_gstrings head;
		char names[STATS_MAX][ETH_GSTRING_LEN];
	} strings;
	static struct {
		struct ethtool_stats head;
		uint64_t values[STATS_MAX];
	} values;
	int n = stats_count(name), err;

	if (n < 0)
		return n;
	if (n > STATS_MAX)
		return -E2BIG;
	strings.head = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = n,
	};
	values.head = (struct ethtool_stats){
		.cmd = ETHTOOL_GSTATS, .n_stats = n,
	};
	err = eth_ioctl(name, &strings);
	if (!err)
		err = eth_ioctl(name, &values);
	if (err)
		return err;
	/* As many as the kernel had: queues may come and go meanwhile. */
	if (strings.head.len != n || values.head.n_stats != n)
		return -EAGAIN;
	stats->n = n;
	memcpy(stats->name, strings.names, n * sizeof(*strings.names));
	memcpy(stats->value, values.values, n * sizeof(*values.values));
	return 0;
}

long stats_value(const struct stats *stats, const char *counter)
{
	unsigned int i;

	for (i = 0; i < stats->n; i++)
		if (!strcmp(stats->name[i], counter))
			return stats->value[i];
	return -1;
}

long stats_now(const char *name, const char *counter)
{
	static struct stats stats;
	int err = stats_get(name, &stats);

	return err ? err : stats_value(&stats, counter);
}

long stats_arrived(const char *name, int counter)
{
	static long packets;
	long n = psock_counted(counter);

	if (n < 0)
		return n;
	packets += n;
	return packets + stats_now(name, "rx_gro_merged");
}

long stats_queue(const struct stats *stats, const char *direction, int queue,
		 const char *counter)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_queue_%d_%s", direction, queue,
		 counter);
	return stats_value(stats, name);
}

#define STATS_DIRECTION	3		/* bytes of "rx_" */

/* What is counted, of a row that is a queue's or "other"; NULL of a device's. */
static const char *stats_part(const char *name)
{
	int skip = 0, q;

	name += STATS_DIRECTION;
	if (sscanf(name, "queue_%d_%n", &q, &skip) < 1)
		skip = strncmp(name, "other_", 6) ? 0 : 6;
	return skip ? name + skip : NULL;
}

/* The sum of what has @total's name, but a queue or "other" in it. */
static uint64_t stats_sum(const struct stats *stats, const char *total)
{
	const char *part;
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < stats->n; i++) {
		if (strncmp(stats->name[i], total, STATS_DIRECTION))
			continue;
		part = stats_part(stats->name[i]);
		if (part && !strcmp(part, total + STATS_DIRECTION))
			sum += stats->value[i];
	}
	return sum;
}

uint64_t stats_link(const struct stats *stats, const char *direction,
		    const char *counter)
{
	bool dropped = !strcmp(counter, "dropped");
	const char *part;
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < stats->n; i++) {
		if (strncmp(stats->name[i], direction, strlen(direction)))
			continue;
		part = stats_part(stats->name[i]);
		if (!part && strstr(stats->name[i], "_drop_stack"))
			part = "drop_stack";	/* the stack has no queues */
		if (part && (dropped ? !strncmp(part, "drop_", 5) :
				       !strcmp(part, counter)))
			sum += stats->value[i];
	}
	return sum;
}

int stats_wrong_sums(const struct stats *stats)
{
	unsigned int i;
	uint64_t sum;
	int wrong = 0;

	for (i = 0; i < stats->n; i++) {
		const char *name = stats->name[i];

		if (strstr(name, "_queue_") || strstr(name, "_other_") ||
		    strstr(name, "_stack"))
			continue;
		sum = stats_sum(stats, name);
		if (sum == stats->value[i])
			continue;
		printf("# %s is %llu, but the sum is %llu\n", name,
		       (unsigned long long)stats->value[i],
		       (unsigned long long)sum);
		wrong++;
	}
	return wrong;
}
