// SPDX-License-Identifier: GPL-2.0-only
/* Messages: what happened, why, and what to do. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "vtunctl.h"

/* The longest that is shown is an alias, and it is never cut. */
#define MSG_SAFE_SIZE	256

/* Two names may be in it, and each of their bytes may take four. */
static char msg_task_text[1024];

void msg_task(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(msg_task_text, sizeof(msg_task_text), fmt, args);
	va_end(args);
}

void msg_why(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "vtunctl: cannot %s: ", msg_task_text);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void msg_todo(const char *fmt, ...)
{
	va_list args;

	fputs("  ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

enum exit_status msg_usage(const char *fmt, ...)
{
	va_list args;

	fputs("vtunctl: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputs("\n  'vtunctl help' shows the commands and their words.\n",
	      stderr);
	return USAGE;
}

/*
 * Names of interfaces and processes may hold any byte, so they could steer the
 * terminal of whoever lists them.
 */
const char *msg_safe(const char *str)
{
	static char buffers[8][4 * MSG_SAFE_SIZE + 1];
	static unsigned int next;
	char *buf = buffers[next++ % 8];
	const char *end = str + strnlen(str, MSG_SAFE_SIZE);
	mbstate_t state = { 0 };
	size_t len = 0;

	while (str < end) {
		wchar_t wide;
		size_t n = mbrtowc(&wide, str, end - str, &state);

		if (n != 0 && n <= (size_t)(end - str) && iswprint(wide)) {
			memcpy(buf + len, str, n);
			len += n;
			str += n;
			continue;
		}
		memset(&state, 0, sizeof(state));
		len += sprintf(buf + len, "\\x%02x", (unsigned char)*str++);
	}
	buf[len] = '\0';
	return buf;
}
