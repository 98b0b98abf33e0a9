/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * io_uring: requests and their results. In a header of its own, so that only who
 * uses it has to be linked with its library.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_URING_H
#define VTUN_SELFTESTS_TESTLIB_URING_H

#include "testlib.h"

#include <dirent.h>
#include <liburing.h>
#include <stdio.h>
#include <string.h>

/* Threads that io_uring made to block in its place. */
static inline int workers(void)
{
	DIR *dir = opendir("/proc/self/task");
	char path[300], comm[32];
	struct dirent *task;
	int n = 0;

	if (!dir)
		return -errno;
	while ((task = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/self/task/%s/comm",
			 task->d_name);
		if (file_read(path, comm, sizeof(comm)) > 0 &&
		    !strncmp(comm, "iou-wrk", 7))
			n++;
	}
	closedir(dir);
	return n;
}

static inline void queue_read(struct io_uring *ring, int fd, void *buf,
			      size_t size, int id)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	io_uring_prep_read(sqe, fd, buf, size, -1);
	sqe->user_data = id;
}

static inline void queue_write(struct io_uring *ring, int fd, const void *buf,
			       size_t len, int id)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	io_uring_prep_write(sqe, fd, buf, len, -1);
	sqe->user_data = id;
}

/* The result of the next completion that is there, or comes in time. */
static inline int reap(struct io_uring *ring, int ms, uint64_t *id)
{
	struct __kernel_timespec ts = { ms / 1000, ms % 1000 * 1000000L };
	struct io_uring_cqe *cqe;
	int err, res;

	*id = UINT64_MAX;	/* of no request */
	err = ms ? io_uring_wait_cqe_timeout(ring, &cqe, &ts) :
		   io_uring_peek_cqe(ring, &cqe);
	if (err)
		return err == -ETIME || err == -EAGAIN ? -ETIMEDOUT : err;
	res = cqe->res;
	*id = cqe->user_data;
	io_uring_cqe_seen(ring, cqe);
	return res;
}

#endif
