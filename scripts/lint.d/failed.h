/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What make lint includes before all else: who reads errno does so because a
 * call has failed. Analyzers don't know, and take return -errno for success.
 */
#ifndef LINT_FAILED_H
#define LINT_FAILED_H

/* Files that want it define it in front of their first header, which this is. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>

static inline int *lint_errno(void)
{
	int *at = __errno_location();

	if (*at <= 0)
		__builtin_unreachable();
	return at;
}

#undef errno
#define errno (*lint_errno())

#endif
