// SPDX-License-Identifier: GPL-2.0-only
/* io_uring: reads and writes complete inline or by poll, without workers. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_io.h"
#include "testlib_uring.h"

#include <poll.h>
#include <string.h>
#include <sys/mman.h>

FIXTURE(uring)
{
	struct io io;
	struct io_uring ring;
};

FIXTURE_VARIANT(uring)
{
	int flags;
};

IO_VARIANTS(uring);

FIXTURE_SETUP(uring)
{
	int err;

	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	if (!io_nowait(&self->io))
		SKIP(return, "in-tree tun without RWF_NOWAIT");
	/* a blocking file: only that way it is io_uring that does not block */
	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, O_RDWR));
	err = io_uring_queue_init(64, &self->ring, 0);
	if (err == -ENOSYS || err == -EPERM)
		SKIP(return, "no io_uring here (error %d)", -err);
	ASSERT_EQ(0, err);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(uring)
{
}

/* F8.9: with packets there, a read is complete when it was submitted */
TEST_F(uring, read_inline)
{
	uint8_t buf[4][PKT_MAX], want[PKT_MAX];
	struct io *io = &self->io;
	uint64_t id;
	size_t total;
	int i;

	for (i = 0; i < 4; i++) {
		ASSERT_EQ(0, io_send(io, i, 50));
		queue_read(&self->ring, io->fd, buf[i], PKT_MAX, i);
	}
	ASSERT_EQ(4, io_uring_submit(&self->ring));
	for (i = 0; i < 4; i++) {
		total = io_frame(io, want, i, 50);
		ASSERT_EQ(total, reap(&self->ring, 0, &id));
		EXPECT_EQ(i, id);
		EXPECT_EQ(0, memcmp(buf[i], want, total));
	}
	EXPECT_EQ(0, workers());
}

/* F8.9: a write, too, and what is wrong with it is told */
TEST_F(uring, write_inline)
{
	uint8_t frame[PKT_MAX], packet[PKT_MAX];
	struct io *io = &self->io;
	size_t total = io_frame(io, frame, 1, 50);
	size_t len = io_packet(io, packet, 1, 50);
	int i, res[3] = {};
	uint64_t id;

	queue_write(&self->ring, io->fd, frame, total, 0);
	queue_write(&self->ring, io->fd, NULL, total, 1);
	queue_write(&self->ring, io->fd, frame, total, 2);
	ASSERT_EQ(3, io_uring_submit(&self->ring));
	/* errors may be told after what was submitted later */
	for (i = 0; i < 3; i++) {
		int ret = reap(&self->ring, 0, &id);

		ASSERT_GT(3, id);
		res[id] = ret;
	}
	EXPECT_EQ(total, res[0]);
	EXPECT_EQ(-EFAULT, res[1]);
	EXPECT_EQ(total, res[2]);
	EXPECT_EQ(0, io_seen(io, packet, len));
	EXPECT_EQ(0, io_seen(io, packet, len));
	EXPECT_TRUE(io_unseen(io));
	EXPECT_RX(io, 2, 2 * len, io->pi ? 0 : 1);
	EXPECT_EQ(0, workers());
}

/* F8.9: an empty fifo arms a poll; packets complete the reads, no worker */
TEST_F(uring, read_waits_by_poll)
{
	uint8_t buf[3][PKT_MAX], want[PKT_MAX];
	struct io *io = &self->io;
	uint64_t id;
	int i, seen = 0;

	for (i = 0; i < 3; i++)
		queue_read(&self->ring, io->fd, buf[i], PKT_MAX, i);
	ASSERT_EQ(3, io_uring_submit(&self->ring));
	EXPECT_EQ(-ETIMEDOUT, reap(&self->ring, 20, &id));
	EXPECT_EQ(0, workers());
	for (i = 0; i < 3; i++) {
		size_t total = io_frame(io, want, i, 50);

		ASSERT_EQ(0, io_send(io, i, 50));
		ASSERT_EQ(total, reap(&self->ring, WAIT_MS, &id));
		ASSERT_GT(3, id);
		EXPECT_EQ(0, memcmp(buf[id], want, total));
		seen |= 1 << id;
		EXPECT_EQ(-ETIMEDOUT, reap(&self->ring, 0, &id));
	}
	EXPECT_EQ(7, seen);
	EXPECT_EQ(0, workers());
}

/* F8.9: thirty reads that wait need no thread either */
TEST_F(uring, many_reads_no_worker)
{
	static uint8_t buf[30][PKT_MAX];
	struct io *io = &self->io;
	uint64_t id;
	int i;

	for (i = 0; i < 30; i++)
		queue_read(&self->ring, io->fd, buf[i], PKT_MAX, i);
	ASSERT_EQ(30, io_uring_submit(&self->ring));
	EXPECT_EQ(0, workers());
	for (i = 0; i < 30; i++)
		ASSERT_EQ(0, io_send(io, i, 10));
	for (i = 0; i < 30; i++)
		ASSERT_LT(10, reap(&self->ring, WAIT_MS, &id));
	EXPECT_EQ(0, workers());
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR | O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf[0], PKT_MAX));
}

/* F8.9: O_NONBLOCK on the file makes no difference: it waits by poll */
TEST_F(uring, nonblocking_file)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX], want[PKT_MAX];
	uint64_t id;

	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR | O_NONBLOCK));
	queue_read(&self->ring, io->fd, buf, sizeof(buf), 1);
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	EXPECT_EQ(-ETIMEDOUT, reap(&self->ring, 20, &id));
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(io_frame(io, want, 1, 10), reap(&self->ring, WAIT_MS, &id));
	EXPECT_EQ(0, workers());
}

/* F8.9 F1.13: RWF_NOWAIT in the request does: EAGAIN */
TEST_F(uring, nowait_request)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	uint64_t id;

	queue_read(&self->ring, io->fd, buf, sizeof(buf), 1);
	self->ring.sq.sqes[0].rw_flags = RWF_NOWAIT;
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	EXPECT_EQ(-EAGAIN, reap(&self->ring, WAIT_MS, &id));
}

/* F8.9: a waiting read can be taken back, and takes no packet along */
TEST_F(uring, cancel)
{
	struct io *io = &self->io;
	struct io_uring_sqe *sqe;
	uint8_t buf[PKT_MAX];
	int i, res[2] = {};
	uint64_t id;

	queue_read(&self->ring, io->fd, buf, sizeof(buf), 0);
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	sqe = io_uring_get_sqe(&self->ring);
	io_uring_prep_cancel64(sqe, 0, 0);
	sqe->user_data = 1;
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	for (i = 0; i < 2; i++) {
		int ret = reap(&self->ring, WAIT_MS, &id);

		ASSERT_GT(2, id);
		res[id] = ret;
	}
	EXPECT_EQ(-ECANCELED, res[0]);
	EXPECT_EQ(0, res[1]);
	ASSERT_EQ(0, io_send(io, 1, 50));
	EXPECT_EQ(0, io_recv(io, io->fd, 1, 50));
}

/* F8.9 F8.6 F6.9: deletion ends a waiting read */
TEST_F(uring, deletion)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	uint64_t id;

	queue_read(&self->ring, io->fd, buf, sizeof(buf), 1);
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	ASSERT_EQ(0, link_del(IO_NAME));
	/* it is tried again, and then there is no device any more */
	EXPECT_EQ(-EBADFD, reap(&self->ring, WAIT_MS, &id));
	EXPECT_EQ(0, workers());
}

/* F8.9 F5.35: a write into a full send buffer waits by poll, too */
TEST_F(uring, write_waits_by_poll)
{
	struct io *io = &self->io;
	uint8_t frame[PKT_MAX];
	size_t total = io_frame(io, frame, 1, 1000);
	size_t len = total - (io->pi ? IO_PI_LEN : 0);
	int err = hook_hold_by(link_index(IO_NAME), "hold0", variant->flags);
	uint64_t id;

	if (hook_missing(err))
		SKIP(return, "no tc ingress or netem here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 20000));
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR | O_NONBLOCK));
	while (io_write(io->fd, frame, total) > 0)
		;
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	io_counted(io);
	queue_write(&self->ring, io->fd, frame, total, 1);
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	EXPECT_EQ(-ETIMEDOUT, reap(&self->ring, 20, &id));
	EXPECT_NOTHING_COUNTED(io);
	EXPECT_EQ(0, workers());
	ASSERT_EQ(0, hook_release(link_index("hold0")));
	EXPECT_EQ(total, reap(&self->ring, WAIT_MS, &id));
	EXPECT_RX(io, 1, len, 0);
	EXPECT_EQ(0, workers());
}

/* F8.2 F8.9: a poll request, once and for every event */
TEST_F(uring, poll_requests)
{
	struct io *io = &self->io;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&self->ring);
	uint64_t id;
	int i;

	io_uring_prep_poll_multishot(sqe, io->fd, POLLIN);
	sqe->user_data = 7;
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	EXPECT_EQ(-ETIMEDOUT, reap(&self->ring, 20, &id));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, io_send(io, i, 10));
		EXPECT_EQ(POLLIN, reap(&self->ring, WAIT_MS, &id));
		EXPECT_EQ(7, id);
		ASSERT_EQ(0, io_recv(io, io->fd, i, 10));
	}
	ASSERT_EQ(0, link_del(IO_NAME));
	/* which of the two depends on what the wake-up said */
	EXPECT_NE(0, reap(&self->ring, WAIT_MS, &id) & (POLLIN | POLLERR));
	EXPECT_EQ(7, id);
	EXPECT_EQ(POLLERR, fd_poll(io->fd, POLLIN, 0));
}

/* F8.9 F6.11: buffers and files that were registered before */
TEST_F(uring, fixed_buffers_and_files)
{
	struct iovec iov[] = { { NULL, PKT_MAX }, { NULL, PKT_MAX } };
	uint8_t *rx, *tx, want[PKT_MAX];
	struct io *io = &self->io;
	size_t total = io_frame(io, want, 5, 50);
	size_t len = total - (io->pi ? IO_PI_LEN : 0);
	struct io_uring_sqe *sqe;
	uint64_t id;
	int i;

	/* older kernels register no memory of a mapped file: not .bss, then */
	for (i = 0; i < 2; i++) {
		iov[i].iov_base = mmap(NULL, PKT_MAX, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_NE(MAP_FAILED, iov[i].iov_base);
	}
	rx = iov[0].iov_base;
	tx = iov[1].iov_base;
	memcpy(tx, want, total);
	ASSERT_EQ(0, io_uring_register_buffers(&self->ring, iov, 2));
	ASSERT_EQ(0, io_uring_register_files(&self->ring, &io->fd, 1));
	ASSERT_EQ(0, io_send(io, 5, 50));
	sqe = io_uring_get_sqe(&self->ring);
	io_uring_prep_read_fixed(sqe, 0, rx, PKT_MAX, 0, 0);
	sqe->flags |= IOSQE_FIXED_FILE;
	sqe = io_uring_get_sqe(&self->ring);
	io_uring_prep_write_fixed(sqe, 0, tx, total, 0, 1);
	sqe->flags |= IOSQE_FIXED_FILE;
	ASSERT_EQ(2, io_uring_submit(&self->ring));
	EXPECT_EQ(total, reap(&self->ring, 0, &id));
	EXPECT_EQ(total, reap(&self->ring, 0, &id));
	EXPECT_EQ(0, memcmp(rx, want, total));
	EXPECT_EQ(0, io_seen(io, want + (total - len), len));
	EXPECT_EQ(0, workers());
}

TEST_HARNESS_MAIN
