/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail, one at a time: a walk repeats a call and lets its
 * first allocation fail, then its second, until the call gets through without
 * one that failed. Page faults and freeing may allocate, too, and count. Where
 * the kernel can make copies from and to user memory fail, or move a packet
 * whenever it might be moved, these are sites, too.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_FAULT_H
#define VTUN_SELFTESTS_TESTLIB_FAULT_H

#include "testlib.h"

#include <stdio.h>

/* A walk of some hundred sites on a debug kernel. */
#define FAULT_TIMEOUT	1800

struct fault_walk {
	const char *what;		/* for the report */
	int (*prepare)(void *arg);	/* before each call; may be NULL */
	/* What is made to fail: 0, a length or file descriptor, or -errno. */
	int (*call)(void *arg);
	/*
	 * What must be true after a call that gave @ret; also undoes the
	 * call. 0, or anything else where it is not true.
	 */
	int (*settle)(void *arg, int ret);
	/*
	 * An error allowed beside ENOMEM, ENOBUFS, EFAULT (a user copy) and
	 * ENFILE (a socket without memory for its file).
	 */
	int also;
};

/*
 * 0 if this kernel can inject faults, and then that is set up: allocations that
 * may sleep fail, too, and quietly. What in-tree tun does then is not ours.
 */
int fault_init(void);

/*
 * How many sites were hit, or -errno, explained on stdout. After each round
 * there are as many files, links, sockets of the namespace and users of the
 * module as there were before the first.
 */
int fault_walk(const struct fault_walk *walk, void *arg);

/* For prepare and settle: tell what is not so, and return. */
#define FAULT_EXPECT(cond) do {						\
	if (!(cond)) {							\
		printf("# %s:%d: not so: %s\n", __FILE__, __LINE__,	\
		       #cond);						\
		return -EPROTO;						\
	}								\
} while (0)

#define FAULT_EQ(expected, seen) do {					\
	long __e = (expected), __s = (seen);				\
	if (__e != __s) {						\
		printf("# %s:%d: %s: expected %ld, got %ld\n",		\
		       __FILE__, __LINE__, #seen, __e, __s);		\
		return -EPROTO;						\
	}								\
} while (0)

/* ---- a device that walks use --------------------------------------------- */

#define FAULT_NAME	"fault0"

/*
 * Device @name, whose file @fd was attached with @flags, is up: a packet gets
 * through in each direction. What waited to be read before is thrown away.
 */
int fault_works(const char *name, int fd, int flags);

/* FAULT_NAME with these flags, up: fd or -errno. */
int fault_device(int flags);

#endif
