// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl top: what keys do. */
#include <stdlib.h>
#include <string.h>

#include "top.h"

/* What "+" and "-" go through. */
static const double top_delays[] = {
	0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 3600,
};

bool top_parse_delay(const char *word, double *delay)
{
	char *end;
	double value;

	/* strtod() takes more than people would. */
	if (!*word || word[strspn(word, "0123456789.")])
		return false;
	value = strtod(word, &end);
	if (*end || value < TOP_MIN_DELAY || value > TOP_MAX_DELAY)
		return false;
	*delay = value;
	return true;
}

static void top_change_delay(struct top *top, bool longer)
{
	size_t i, n = ARRAY_SIZE(top_delays);

	if (longer) {
		for (i = 0; i < n && top_delays[i] <= top->view.delay; i++)
			;
		if (i < n)
			top->view.delay = top_delays[i];
	} else {
		for (i = n; i && top_delays[i - 1] >= top->view.delay; i--)
			;
		if (i)
			top->view.delay = top_delays[i - 1];
	}
	top->next = top_clock() + top->view.delay;
}

/* The seconds are being typed. */
static void top_take_digit(struct top *top, int key)
{
	size_t len = strlen(top->typed);

	if (key == '\n' || key == '\r') {
		top->asking = false;
		if (top_parse_delay(top->typed, &top->view.delay))
			top->next = top_clock() + top->view.delay;
	} else if (key == '\033' || key == 'q') {
		top->asking = false;
	} else if ((key == 0x7f || key == '\b') && len) {
		top->typed[len - 1] = '\0';
	} else if (key < TOP_KEY_UP && strchr("0123456789.", key) &&
		   len < sizeof(top->typed) - 1) {
		top->typed[len] = key;
		top->typed[len + 1] = '\0';
	}
}

static void top_scroll(struct top_view *view, int key)
{
	size_t page = top_screen_page();

	switch (key) {
	case TOP_KEY_UP:
		view->first -= view->first > 0;
		break;
	case TOP_KEY_DOWN:
		view->first++;
		break;
	case TOP_KEY_PAGE_UP:
		view->first -= view->first > page ? page : view->first;
		break;
	case TOP_KEY_PAGE_DOWN:
		view->first += page;
		break;
	case TOP_KEY_HOME:
		view->first = 0;
		break;
	case TOP_KEY_END:
		view->first = view->last;
		break;
	}
	if (view->first > view->last)
		view->first = view->last;
}

static bool top_take_order(struct top_view *view, int key)
{
	const char *found = key < TOP_KEY_UP ? strchr(top_order_keys, key) : NULL;

	if (!found)
		return false;
	view->order = found - top_order_keys;
	return true;
}

void top_take_key(struct top *top, int key)
{
	if (key == TOP_KEY_HANGUP) {
		top->end = true;
		return;
	}
	if (top->asking) {
		top_take_digit(top, key);
		return;
	}
	if (key >= TOP_KEY_UP) {
		top_scroll(&top->view, key);
		return;
	}
	switch (key) {
	case 'q':
		top->end = true;
		break;
	case 'h':
	case '?':
		top->view.help = !top->view.help;
		top->view.first = 0;
		break;
	case '\033':
		top->view.help = false;
		break;
	case ' ':
		top->next = 0;
		break;
	case '+':
	case '-':
		top_change_delay(top, key == '+');
		break;
	case 'd':
		top->asking = true;
		*top->typed = '\0';
		break;
	case '1':
		top->view.queues = !top->view.queues;
		break;
	case 's':
		top->view.order = (top->view.order + 1) % TOP_ORDERS;
		break;
	case 'r':
		top->view.reverse = !top->view.reverse;
		break;
	default:
		top_take_order(&top->view, key);
	}
}
