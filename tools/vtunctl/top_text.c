// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl top: a sample as lines, and as JSON. */
#define _GNU_SOURCE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "top.h"

#define TOP_BOLD	"\033[1m"
#define TOP_INVERSE	"\033[7m"
#define TOP_DIM		"\033[2m"
#define TOP_RED		"\033[31m"
#define TOP_PLAIN	"\033[m"

/* Enough for most names, and what else there is fits into 80 columns. */
#define TOP_NAME_WIDTH	10

static const char *top_colour(const struct top_view *view, const char *code)
{
	return view->colour ? code : "";
}

void top_write_cell(FILE *out, const char *text, int width)
{
	int columns = 0, most = width < 0 ? -width : width;
	mbstate_t state = { 0 };
	const char *end = text;
	wchar_t wide;
	size_t n;
	int w;

	while (*end) {
		n = mbrtowc(&wide, end, MB_CUR_MAX, &state);
		if (n == 0 || n > MB_CUR_MAX)
			break;		/* msg_safe() leaves nothing like it */
		w = wcwidth(wide);
		if (w < 0 || columns + w > most)
			break;
		columns += w;
		end += n;
	}
	fprintf(out, "%*s%.*s%*s", width < 0 ? most - columns : 0, "",
		(int)(end - text), text, width < 0 ? 0 : most - columns, "");
}

/* Three digits or four: 7, 0.5, 980, 1.2k, 34.5M. */
static void top_write_number(FILE *out, double number, int width)
{
	static const char units[] = " kMGTPE";
	size_t unit = 0;
	char text[32];

	while (number >= 999.95 && unit < sizeof(units) - 2) {
		number /= 1000;
		unit++;
	}
	if (unit)
		snprintf(text, sizeof(text), "%.1f%c", number, units[unit]);
	else if (number > 0 && number < 9.95)
		snprintf(text, sizeof(text), "%.1f", number);
	else
		snprintf(text, sizeof(text), "%.0f", number);
	top_write_cell(out, text, -width);
}

static void top_write_count(FILE *out, uint64_t n, int width)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	top_write_cell(out, text, -width);
}

/* Packets of one call, on average, where calls carry more than one. */
static void top_write_batch(FILE *out, const struct top_device *top, long queue,
			    enum stats_direction direction)
{
	double batches = top_rate(top, queue, direction, "batches");

	if (batches > 0)
		top_write_number(out, top_rate(top, queue, direction,
					       "packets") / batches, 6);
	else
		top_write_cell(out, "-", -6);
}

static void top_write_rates(FILE *out, const struct top_device *top, long queue,
			    const struct top_view *view)
{
	double drops = top_drops(top, queue, STATS_RX) +
		       top_drops(top, queue, STATS_TX);

	top_write_number(out, top_rate(top, queue, STATS_RX, "packets"), 8);
	top_write_number(out, top_rate(top, queue, STATS_RX, "bytes"), 8);
	top_write_batch(out, top, queue, STATS_RX);
	top_write_number(out, top_rate(top, queue, STATS_TX, "packets"), 8);
	top_write_number(out, top_rate(top, queue, STATS_TX, "bytes"), 8);
	top_write_batch(out, top, queue, STATS_TX);
	fputs(drops > 0 ? top_colour(view, TOP_RED) : "", out);
	top_write_number(out, drops, 7);
	fputs(drops > 0 ? top_colour(view, TOP_PLAIN) : "", out);
	top_write_count(out, top_waiting(top, queue), 6);
}

/* All that were ever dropped, by reason, and how fast. */
static void top_write_drops(FILE *out, const struct top_device *top,
			    const struct top_view *view)
{
	const struct stats *stats = &top->device.stats;
	const struct stat_row *row;
	bool begun = false;
	size_t i;

	for (i = 0; i < stats->n; i++) {
		row = &stats->rows[i];
		if (row->queue != STATS_DEVICE || !top_is_drop(row) ||
		    !row->value)
			continue;
		fprintf(out, "%s %s %s %" PRIu64, begun ? "," : "  dropped",
			row->direction == STATS_RX ? "rx" : "tx",
			msg_safe(row->name + 5), row->value);
		if (top->rates[i] > 0)
			fprintf(out, " %s(%.1f/s)%s",
				top_colour(view, TOP_RED), top->rates[i],
				top_colour(view, TOP_PLAIN));
		begun = true;
	}
	if (begun)
		putc('\n', out);
}

static void top_write_queues(FILE *out, const struct top_device *top,
			     const struct top_view *view)
{
	long last = stats_last_queue(&top->device.stats), queue;
	char text[32];

	for (queue = 0; queue <= last; queue++) {
		snprintf(text, sizeof(text), "  queue %ld", queue);
		top_write_cell(out, text, TOP_NAME_WIDTH + 7);
		top_write_rates(out, top, queue, view);
		putc('\n', out);
	}
}

static void top_write_device(FILE *out, const struct top_device *top,
			     const struct top_view *view)
{
	const struct device *device = &top->device;
	const struct link *link = &device->link;
	char *held = holders_text(&device->holders);
	char text[48];

	fputs(top_colour(view, link->up ? TOP_BOLD : TOP_DIM), out);
	top_write_cell(out, msg_safe(link->name), TOP_NAME_WIDTH);
	fputs(top_colour(view, TOP_PLAIN), out);
	snprintf(text, sizeof(text), "%ld%s", device->attached,
		 device->detached ? "+" : "");
	top_write_cell(out, device->attached < 0 ? "?" : text, -4);
	top_write_cell(out, !link->up ? "dn" : link->carrier ? "up" : "nc", -3);
	top_write_rates(out, top, STATS_DEVICE, view);
	fprintf(out, "  %s\n", held ? held : "");
	free(held);
	top_write_drops(out, top, view);
	if (view->queues)
		top_write_queues(out, top, view);
}

static void top_write_title(FILE *out, const struct top_sample *sample,
			    const struct top_view *view)
{
	char text[16];
	struct tm tm;
	time_t now;

	if (view->prompt) {
		fprintf(out, "Seconds between looks: %s\n", view->prompt);
		return;
	}
	time(&now);
	localtime_r(&now, &tm);
	strftime(text, sizeof(text), "%T", &tm);
	fprintf(out, "vtunctl top %s, %zu device%s, every %.1f s, by %s%s\n",
		text, sample->n, sample->n == 1 ? "" : "s", view->delay,
		top_order_names[view->order],
		view->reverse ? ", reversed" : "");
}

void top_write(FILE *out, const struct top_sample *sample,
	       const struct top_view *view)
{
	static const struct {
		const char *name;
		int width;
	} heads[] = {
		{ "DEVICE", TOP_NAME_WIDTH }, { "QUE", -4 }, { "ST", -3 },
		{ "RX-PKT", -8 }, { "RX-BYTE", -8 }, { "BATCH", -6 },
		{ "TX-PKT", -8 }, { "TX-BYTE", -8 }, { "BATCH", -6 },
		{ "DROP", -7 }, { "WAIT", -6 },
	};
	size_t i;

	top_write_title(out, sample, view);
	fputs(top_colour(view, TOP_INVERSE), out);
	for (i = 0; i < ARRAY_SIZE(heads); i++)
		top_write_cell(out, heads[i].name, heads[i].width);
	fprintf(out, "  HELD BY%s\n", top_colour(view, TOP_PLAIN));
	for (i = 0; i < sample->n; i++)
		top_write_device(out, &sample->list[i], view);
}

void top_write_help(FILE *out)
{
	fputs("Keys:\n"
	      "  q             quit\n"
	      "  h ?           this help, and back\n"
	      "  space         look now\n"
	      "  + - d         look less often, more often; ask for the seconds\n"
	      "  1             a line for each queue, or not\n"
	      "  N P B D W     sort by name, packets, bytes, drops, packets that wait\n"
	      "  s             sort by the next of these\n"
	      "  r             the other way round\n"
	      "  arrows, page up and down, home, end\n"
	      "                move where not all fits\n"
	      "\n"
	      "Columns, a second where it makes sense:\n"
	      "  QUE           queues that programs have attached; +: and detached ones\n"
	      "  ST            up, dn (down), nc (up, but no carrier)\n"
	      "  RX TX         what programs write and read, packets and bytes\n"
	      "  BATCH         packets of one call, where a call carries many\n"
	      "  DROP          packets that were dropped; the reasons stand below\n"
	      "  WAIT          packets that wait for a program now\n"
	      "  HELD BY       the programs\n", out);
}

json_t *top_json(const struct top_sample *sample)
{
	json_t *root = json_array(), *json;
	const struct top_device *top;
	size_t i;

	for (i = 0; i < sample->n; i++) {
		top = &sample->list[i];
		json = print_json_device(&top->device);
		json_object_set_new(json, "interval",
				    json_real(top->interval));
		json_object_set_new(json, "rates",
				    print_stats_json(&top->device.stats,
						     top->rates));
		json_array_append_new(root, json);
	}
	return root;
}
