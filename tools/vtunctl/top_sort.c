// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl top: which device comes first. */
#include <stdlib.h>
#include <string.h>

#include "top.h"

const char *const top_order_names[TOP_ORDERS] = {
	[TOP_BY_NAME] = "name",
	[TOP_BY_PACKETS] = "packets",
	[TOP_BY_BYTES] = "bytes",
	[TOP_BY_DROPS] = "drops",
	[TOP_BY_WAITING] = "waiting",
};

/* In the same order. */
const char top_order_keys[] = "NPBDW";

static enum top_order top_order;
static bool top_reverse;

static double top_weight(const struct top_device *top)
{
	switch (top_order) {
	case TOP_BY_PACKETS:
		return top_rate(top, STATS_DEVICE, STATS_RX, "packets") +
		       top_rate(top, STATS_DEVICE, STATS_TX, "packets");
	case TOP_BY_BYTES:
		return top_rate(top, STATS_DEVICE, STATS_RX, "bytes") +
		       top_rate(top, STATS_DEVICE, STATS_TX, "bytes");
	case TOP_BY_DROPS:
		return top_drops(top, STATS_DEVICE, STATS_RX) +
		       top_drops(top, STATS_DEVICE, STATS_TX);
	case TOP_BY_WAITING:
		return top_waiting(top, STATS_DEVICE);
	default:
		return 0;
	}
}

/* The most first; those that are equal stand still. */
static int top_compare_devices(const void *a, const void *b)
{
	const struct top_device *one = a, *other = b;
	double difference = top_weight(other) - top_weight(one);
	int result = (difference > 0) - (difference < 0);

	if (!result)
		result = strcmp(one->device.link.name, other->device.link.name);
	return top_reverse ? -result : result;
}

void top_sort(struct top_sample *sample, enum top_order order, bool reverse)
{
	top_order = order;
	top_reverse = reverse;
	if (sample->n)
		qsort(sample->list, sample->n, sizeof(*sample->list),
		      top_compare_devices);
}
