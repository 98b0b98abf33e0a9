/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of batch mode: built, written, read, taken apart. All functions return
 * a length or 0, or -errno.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_BATCH_H
#define VTUN_SELFTESTS_TESTLIB_BATCH_H

#include "testlib_io.h"

#include <linux/vtun.h>

#define BATCH_MAX	(1 << 20)

/* Records in a buffer, as they are to be written or were read. */
struct batch {
	size_t len;			/* of all of them */
	size_t at;			/* where batch_next() goes on */
	uint8_t buf[BATCH_MAX];
};

/* How long the record of a packet of @len bytes is. */
size_t batch_size(size_t len);

int batch_mode(int fd, unsigned int modes);
/* Opened as by io_open(), and put into batch mode. */
int batch_open(struct io *io, int flags);

void batch_clear(struct batch *batch);
void batch_add(struct batch *batch, const void *data, size_t len);
/* Packets @from to @to - 1, numbered, with @len bytes of data each. */
void batch_fill(struct batch *batch, const struct io *io, unsigned int from,
		unsigned int to, size_t len);

/* One write() of all of it, or of the first @len bytes. */
ssize_t batch_write(const struct batch *batch, int fd);
/* One read() into at most @room bytes. */
ssize_t batch_read(struct batch *batch, int fd, size_t room);
/*
 * The next record's packet: its length, 0 behind the last one, -EBADMSG for a
 * record that is not as it must be.
 */
ssize_t batch_next(struct batch *batch, const uint8_t **data);
/* 0 if the next records are exactly packets @from to @to - 1. */
int batch_holds(struct batch *batch, const struct io *io, unsigned int from,
		unsigned int to, size_t len);

/* 0 if the stack received packets @from to @to - 1, in this order. */
int batch_seen(const struct io *io, unsigned int from, unsigned int to,
	       size_t len);

#endif
