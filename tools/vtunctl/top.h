/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of "vtunctl top" share. */
#ifndef TOP_H
#define TOP_H

#include "vtunctl.h"

/* top_sample.c: what the devices have done since the last time */
struct top_device {
	struct device device;
	double *rates;		/* a second, for each row of its statistics */
	double time;		/* of the sample, in seconds */
	double interval;	/* 0: nothing to compare with */
};

struct top_sample {
	struct top_device *list;
	size_t n;
};

/* All devices or, if it exists, @only; @before may be empty. */
int top_sample_take(struct top_sample *sample, const char *only,
		    const struct top_sample *before);
void top_sample_free(struct top_sample *sample);

/* A rate, and the sum of the rates, or the counts, of what was dropped. */
double top_rate(const struct top_device *top, long queue,
		enum stats_direction direction, const char *name);
double top_drops(const struct top_device *top, long queue,
		 enum stats_direction direction);
bool top_is_drop(const struct stat_row *row);
/* Packets that wait for a program, in all queues or one. */
uint64_t top_waiting(const struct top_device *top, long queue);

/* What functions return where the trouble is the output, and was told of. */
#define TOP_TOLD	1

/* top_sort.c */
enum top_order {
	TOP_BY_NAME,
	TOP_BY_PACKETS,
	TOP_BY_BYTES,
	TOP_BY_DROPS,
	TOP_BY_WAITING,
	TOP_ORDERS,
};

extern const char *const top_order_names[];
extern const char top_order_keys[];

void top_sort(struct top_sample *sample, enum top_order order, bool reverse);

/* top_text.c */
struct top_view {
	enum top_order order;
	bool reverse;
	bool queues;		/* a line for each queue */
	bool help;
	bool colour;
	double delay;
	const char *prompt;	/* the delay is being typed; NULL: not now */
	size_t first;		/* the line that is at the top of the screen */
	size_t last;		/* the one with which all is seen to the end */
};

/* Writes lines: the first is for the terminal's title, the next two are fixed. */
void top_write(FILE *out, const struct top_sample *sample,
	       const struct top_view *view);
void top_write_help(FILE *out);
json_t *top_json(const struct top_sample *sample);
/* Pads or cuts to @width columns of the terminal; less than 0: to the right. */
void top_write_cell(FILE *out, const char *text, int width);

/* top_screen.c: the terminal */
int top_screen_enter(void);
void top_screen_leave(void);
/* Shows @text from the line that @view names, and keeps that in its bounds. */
int top_screen_show(const char *text, struct top_view *view);
/* How many lines a page has. */
size_t top_screen_page(void);

enum top_key {
	TOP_KEY_NONE = 0,
	/* Others are characters. */
	TOP_KEY_UP = 256,
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,		/* of the list */
	TOP_KEY_HANGUP,		/* there is no terminal any more */
};

/* TOP_KEY_NONE if there is none (any more). */
int top_screen_key(void);

/* top_keys.c */
#define TOP_MIN_DELAY	0.1
#define TOP_MAX_DELAY	3600.0

struct top {
	const struct options *opts;
	const char *only;
	bool once;
	bool screen;
	struct top_view view;
	struct top_sample sample;
	char typed[12];		/* the seconds, as far as they are there */
	bool asking;
	bool end;
	int signals;
	double next;		/* when to look again */
};

/* False if @word is no number of seconds, or not within bounds. */
bool top_parse_delay(const char *word, double *delay);
void top_take_key(struct top *top, int key);

/* top_live.c */
double top_clock(void);
/* Until it is ended. Returns 0, TOP_TOLD or -errno. */
int top_live(struct top *top);

#endif /* TOP_H */
