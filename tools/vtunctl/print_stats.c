// SPDX-License-Identifier: GPL-2.0-only
/* Statistics as text and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vtunctl.h"

static const char *const print_directions[] = {
	[STATS_NEITHER] = "device",
	[STATS_RX] = "rx",
	[STATS_TX] = "tx",
};

/* What is 0 tells nothing, except of packets. */
static bool print_stats_is_worth_it(const struct stat_row *row)
{
	return row->value || !strcmp(row->name, "packets") ||
	       !strcmp(row->name, "bytes");
}

static bool print_stats_is_zero(const struct stats *stats, long queue)
{
	size_t i;

	for (i = 0; i < stats->n; i++)
		if (stats->rows[i].queue == queue && stats->rows[i].value)
			return false;
	return true;
}

static void print_stats_line(const struct stats *stats, long queue,
			     enum stats_direction direction)
{
	const struct stat_row *row, *end = stats->rows + stats->n;
	bool begun = false;

	for (row = stats->rows; row < end; row++) {
		if (row->queue != queue || row->direction != direction ||
		    !print_stats_is_worth_it(row))
			continue;
		if (!begun && queue >= 0)
			printf("    queue %ld %s", queue,
			       print_directions[direction]);
		else if (!begun)
			printf("    %s %s", queue == STATS_OTHERS ?
			       "other queues" : "all",
			       print_directions[direction]);
		begun = true;
		printf(" %" PRIu64 " %s", row->value, msg_safe(row->name));
	}
	if (begun)
		putchar('\n');
}

void print_stats_text(const struct stats *stats)
{
	long last = stats_last_queue(stats), queue;
	unsigned int i;

	for (queue = STATS_OTHERS; queue <= last; queue++) {
		if (queue == STATS_OTHERS && print_stats_is_zero(stats, queue))
			continue;
		for (i = 0; i < ARRAY_SIZE(print_directions); i++)
			print_stats_line(stats, queue, i);
	}
}

static json_t *print_stats_json_value(const struct stats *stats, size_t i,
				      const double *rates)
{
	if (rates)
		return json_real(rates[i]);
	return json_integer((json_int_t)stats->rows[i].value);
}

static json_t *print_stats_json_of(const struct stats *stats, long queue,
				   const double *rates)
{
	json_t *json = json_object(), *rows;
	const struct stat_row *row;
	const char *direction;
	size_t i;

	for (i = 0; i < stats->n; i++) {
		row = &stats->rows[i];
		if (row->queue != queue || (rates && stats_is_level(row)))
			continue;
		direction = print_directions[row->direction];
		rows = json_object_get(json, direction);
		if (!rows) {
			json_object_set_new(json, direction, json_object());
			rows = json_object_get(json, direction);
		}
		json_object_set_new(rows, msg_safe(row->name),
				    print_stats_json_value(stats, i, rates));
	}
	return json;
}

json_t *print_stats_json(const struct stats *stats, const double *rates)
{
	json_t *json = print_stats_json_of(stats, STATS_DEVICE, rates);
	long last = stats_last_queue(stats), queue;
	json_t *queues = json_array(), *one;

	for (queue = 0; queue <= last; queue++) {
		one = print_stats_json_of(stats, queue, rates);
		json_object_set_new(one, "queue", json_integer(queue));
		json_array_append_new(queues, one);
	}
	json_object_set_new(json, "queues", queues);
	json_object_set_new(json, "others",
			    print_stats_json_of(stats, STATS_OTHERS, rates));
	return json;
}
