/* SPDX-License-Identifier: GPL-2.0-only */
/* User memory: segments, one byte of which may fault. */
#ifndef SHIM_UIO_H
#define SHIM_UIO_H

#include <sys/uio.h>

#include "shim.h"

struct page;

/**
 * struct iov_iter - where a read() or write() is
 * @iov: the segment that is next
 * @nr_segs: segments from there on
 * @offset: bytes of @iov that are done
 * @count: bytes that are left
 * @at: bytes that are done
 */
struct iov_iter {
	const struct iovec *iov;
	unsigned long nr_segs;
	size_t offset;
	size_t count;
	size_t at;
};

static inline size_t iov_iter_count(const struct iov_iter *iter)
{
	return iter->count;
}

static inline void iov_iter_truncate(struct iov_iter *iter, size_t count)
{
	iter->count = min(iter->count, count);
}

static inline void iov_iter_reexpand(struct iov_iter *iter, size_t count)
{
	iter->count = count;
}

static inline size_t iov_iter_single_seg_count(const struct iov_iter *iter)
{
	if (iter->nr_segs < 2)
		return iter->count;
	return min(iter->count, iter->iov->iov_len - iter->offset);
}

void iov_iter_advance(struct iov_iter *iter, size_t len);
void iov_iter_revert(struct iov_iter *iter, size_t len);
size_t iov_iter_zero(size_t len, struct iov_iter *to);
size_t copy_to_iter(const void *data, size_t len, struct iov_iter *to);
size_t copy_from_iter(void *data, size_t len, struct iov_iter *from);
bool copy_from_iter_full(void *data, size_t len, struct iov_iter *from);

/* A page is any memory here. */
#define page_address(page)	((void *)(page))
#define copy_page_from_iter(page, offset, len, from) \
	copy_from_iter(page_address(page) + (offset), len, from)

#endif /* SHIM_UIO_H */
