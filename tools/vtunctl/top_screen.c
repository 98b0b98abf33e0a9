// SPDX-License-Identifier: GPL-2.0-only
/*
 * vtunctl top: the terminal. The second screen is used, so that what was there
 * is there again afterwards.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "top.h"

#define SCREEN_ENTER	"\033[?1049h\033[?25l"
#define SCREEN_LEAVE	"\033[m\033[?25h\033[?1049l"
#define SCREEN_HOME	"\033[H"
#define SCREEN_END_LINE	"\033[m\033[K"
#define SCREEN_END	"\033[J"

/* Title and heads stay where they are. */
#define SCREEN_FIXED	2

static struct termios screen_saved;
static bool screen_has_keys;

static void screen_size(int *rows, int *columns)
{
	struct winsize size;

	*rows = 24;
	*columns = 80;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return;
	if (size.ws_row)
		*rows = size.ws_row;
	if (size.ws_col)
		*columns = size.ws_col;
}

/* Keys come one by one and are not shown; signals are made of them as before. */
int top_screen_enter(void)
{
	struct termios raw;

	screen_has_keys = !tcgetattr(STDIN_FILENO, &screen_saved);
	if (screen_has_keys) {
		raw = screen_saved;
		raw.c_lflag &= ~(ICANON | ECHO);
		raw.c_cc[VMIN] = 0;
		raw.c_cc[VTIME] = 0;
		if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw))
			return -errno;
	}
	fputs(SCREEN_ENTER, stdout);
	return fflush(stdout) ? -errno : 0;
}

void top_screen_leave(void)
{
	fputs(SCREEN_LEAVE, stdout);
	fflush(stdout);
	if (screen_has_keys)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &screen_saved);
}

/* Colours take no room; a wide character may not fit into the last column. */
static void screen_write_line(const char *line, size_t len, int columns)
{
	const char *end = line + len, *escape;
	mbstate_t state = { 0 };
	wchar_t wide;
	size_t n;
	int w;

	while (line < end) {
		if (*line == '\033') {
			escape = memchr(line, 'm', end - line);
			if (!escape)
				break;
			n = escape + 1 - line;
			w = 0;
		} else {
			n = mbrtowc(&wide, line, end - line, &state);
			if (n == 0 || n > (size_t)(end - line))
				break;
			w = wcwidth(wide);
		}
		if (w < 0 || w > columns)
			break;
		columns -= w;
		fwrite(line, 1, n, stdout);
		line += n;
	}
	fputs(SCREEN_END_LINE, stdout);
}

static size_t screen_count_lines(const char *text)
{
	size_t n = 0;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

size_t top_screen_page(void)
{
	int rows, columns;

	screen_size(&rows, &columns);
	return rows > SCREEN_FIXED + 1 ? rows - SCREEN_FIXED : 1;
}

int top_screen_show(const char *text, struct top_view *view)
{
	size_t lines = screen_count_lines(text), line, shown = 0;
	size_t page = top_screen_page();
	int rows, columns;
	const char *end;

	screen_size(&rows, &columns);
	lines = lines > SCREEN_FIXED ? lines - SCREEN_FIXED : 0;
	view->last = lines > page ? lines - page : 0;
	if (view->first > view->last)
		view->first = view->last;

	fputs(SCREEN_HOME, stdout);
	for (line = 0; (end = strchr(text, '\n')); line++, text = end + 1) {
		if (line >= SCREEN_FIXED && line < SCREEN_FIXED + view->first)
			continue;
		if (shown == (size_t)rows)
			break;
		if (shown++)
			fputs("\r\n", stdout);
		screen_write_line(text, end - text, columns);
	}
	fputs(SCREEN_END, stdout);
	return fflush(stdout) ? -errno : 0;
}

static int screen_read(unsigned char *byte)
{
	ssize_t n = read(STDIN_FILENO, byte, 1);

	return n < 0 && errno == EINTR ? 0 : (int)n;
}

/* What follows ESC [ or ESC O; terminals don't agree on home and end. */
static int screen_escape_key(void)
{
	unsigned char byte, last;
	int key;

	if (screen_read(&byte) <= 0 || (byte != '[' && byte != 'O'))
		return '\033';
	if (screen_read(&last) <= 0)
		return '\033';
	switch (last) {
	case 'A':
		return TOP_KEY_UP;
	case 'B':
		return TOP_KEY_DOWN;
	case 'H':
		return TOP_KEY_HOME;
	case 'F':
		return TOP_KEY_END;
	case '1':
	case '7':
		key = TOP_KEY_HOME;
		break;
	case '4':
	case '8':
		key = TOP_KEY_END;
		break;
	case '5':
		key = TOP_KEY_PAGE_UP;
		break;
	case '6':
		key = TOP_KEY_PAGE_DOWN;
		break;
	default:
		return ' ';	/* some other key: no harm is done by looking */
	}
	while (screen_read(&byte) > 0 && byte != '~')
		;
	return key;
}

int top_screen_key(void)
{
	unsigned char byte;
	int n = screen_read(&byte);

	if (n < 0)
		return TOP_KEY_HANGUP;
	if (!n)
		return TOP_KEY_NONE;
	return byte == '\033' ? screen_escape_key() : byte;
}
