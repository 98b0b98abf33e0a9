// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl top: counters, compared with those of the last time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"

static const struct top_device *top_find(const struct top_sample *sample,
					 int ifindex)
{
	size_t i;

	for (i = 0; i < sample->n; i++)
		if (sample->list[i].device.link.ifindex == ifindex)
			return &sample->list[i];
	return NULL;
}

static int top_fill(struct top_device *top, const struct link *link,
		    const struct holders *all, const struct top_sample *before)
{
	const struct top_device *old = top_find(before, link->ifindex);
	int err;

	err = device_fill(&top->device, link, all);
	if (err)
		return err;
	err = device_fill_stats(&top->device);
	top->time = top_clock();
	top->interval = old ? top->time - old->time : 0;
	if (!err)
		top->rates = stats_rates(&top->device.stats,
					 old ? &old->device.stats : NULL,
					 top->interval);
	if (top->rates)
		return 0;
	device_free(&top->device);
	return -ENOMEM;
}

static int top_list(const char *only, struct link **links, size_t *n)
{
	int err;

	if (!only)
		return link_list(links, n);
	*n = 0;
	*links = calloc(1, sizeof(**links));
	if (!*links)
		return -ENOMEM;
	err = link_get(only, *links);
	if (!err && link_is_ours(*links))
		*n = 1;
	if (err == -ENODEV)
		err = 0;
	if (err)
		free(*links);
	return err;
}

static int top_fill_all(struct top_sample *sample, const struct link *links,
			size_t n, const struct top_sample *before)
{
	struct holders all = { NULL, 0 };
	int err = 0;

	sample->list = calloc(n + 1, sizeof(*sample->list));
	if (!sample->list)
		return -ENOMEM;
	if (n)
		err = holders_scan(&all);
	while (!err && sample->n < n) {
		err = top_fill(&sample->list[sample->n], &links[sample->n],
			       &all, before);
		if (!err)
			sample->n++;
	}
	holders_free(&all);
	return err;
}

int top_sample_take(struct top_sample *sample, const char *only,
		    const struct top_sample *before)
{
	struct link *links;
	size_t n;
	int err;

	*sample = (struct top_sample){ NULL, 0 };
	err = top_list(only, &links, &n);
	if (err)
		return err;
	err = top_fill_all(sample, links, n, before);
	free(links);
	if (err)
		top_sample_free(sample);
	return err;
}

void top_sample_free(struct top_sample *sample)
{
	size_t i;

	for (i = 0; i < sample->n; i++) {
		device_free(&sample->list[i].device);
		free(sample->list[i].rates);
	}
	free(sample->list);
	*sample = (struct top_sample){ NULL, 0 };
}

bool top_is_drop(const struct stat_row *row)
{
	return !strncmp(row->name, "drop_", 5);
}

double top_rate(const struct top_device *top, long queue,
		enum stats_direction direction, const char *name)
{
	const struct stats *stats = &top->device.stats;
	size_t i;

	for (i = 0; i < stats->n; i++)
		if (stats->rows[i].queue == queue &&
		    stats->rows[i].direction == direction &&
		    !strcmp(stats->rows[i].name, name))
			return top->rates[i];
	return 0;
}

double top_drops(const struct top_device *top, long queue,
		 enum stats_direction direction)
{
	const struct stats *stats = &top->device.stats;
	double sum = 0;
	size_t i;

	for (i = 0; i < stats->n; i++)
		if (stats->rows[i].queue == queue &&
		    stats->rows[i].direction == direction &&
		    top_is_drop(&stats->rows[i]))
			sum += top->rates[i];
	return sum;
}

uint64_t top_waiting(const struct top_device *top, long queue)
{
	const struct stats *stats = &top->device.stats;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < stats->n; i++)
		if (stats_is_level(&stats->rows[i]) &&
		    (queue == STATS_DEVICE ? stats->rows[i].queue >= 0 :
		     stats->rows[i].queue == queue))
			sum += stats->rows[i].value;
	return sum;
}
