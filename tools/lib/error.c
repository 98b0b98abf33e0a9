// SPDX-License-Identifier: GPL-2.0-only
/* Failures in words. */
#include "internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* The words for @err, or the list's end. */
static const struct vtun_words *error_find(const struct vtun_words *why, int err)
{
	while (why->err && why->err != -err)
		why++;
	return why;
}

int vtun_error_set(struct vtun_queue *vq, int err, const struct vtun_words *why,
		   const char *what, ...)
{
	const struct vtun_words *found = error_find(why, err);
	size_t size = sizeof(vq->error);
	va_list args;
	int len;

	va_start(args, what);
	len = vsnprintf(vq->error, size, what, args);
	va_end(args);
	if (len < 0 || (size_t)len >= size)
		return err;
	errno = -err;	/* for %m */
	if (found->why)
		snprintf(vq->error + len, size - len, ": %s%s%s", found->why,
			 found->help ? "; " : "",
			 found->help ? found->help : "");
	else
		snprintf(vq->error + len, size - len, ": %m");
	return err;
}

const char *vtun_queue_error(const struct vtun_queue *vq)
{
	return vq->error[0] ? vq->error : "nothing has failed";
}
