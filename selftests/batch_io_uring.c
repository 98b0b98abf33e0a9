// SPDX-License-Identifier: GPL-2.0-only
/* io_uring in batch mode: inline or by poll, without workers, as packets are. */
#include <kselftest_harness.h>
#include "testlib_batch.h"
#include "testlib_hook.h"
#include "testlib_uring.h"

#include <string.h>
#include <sys/mman.h>

#define LEN	50			/* bytes of data */

FIXTURE(batch_io_uring)
{
	struct io io;
	struct io_uring ring;
	size_t packet;			/* bytes of one with LEN */
	size_t record;			/* of its record */
	uint64_t id;
};

FIXTURE_VARIANT(batch_io_uring)
{
	int flags;
};

IO_VARIANTS(batch_io_uring);

static struct batch b, other;

FIXTURE_SETUP(batch_io_uring)
{
	uint8_t buf[PKT_MAX];
	int err;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, batch_open(&self->io, variant->flags));
	/* a blocking file: only that way it is io_uring that does not block */
	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, O_RDWR));
	err = io_uring_queue_init(64, &self->ring, 0);
	if (err == -ENOSYS || err == -EPERM)
		SKIP(return, "no io_uring here (error %d)", -err);
	ASSERT_EQ(0, err);
	self->packet = io_packet(&self->io, buf, 0, LEN);
	self->record = batch_size(io_frame(&self->io, buf, 0, LEN));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(batch_io_uring)
{
	if (!vt_intree())
		EXPECT_EQ(0, workers());
}

/* A batch whose @len bytes a read has stored. */
static void stored(struct batch *batch, int len)
{
	batch->at = 0;
	batch->len = len > 0 ? len : 0;
}

TEST_F(batch_io_uring, read_inline)
{
	struct io *io = &self->io;
	size_t first = 3 * self->record;

	ASSERT_EQ(0, io_send_range(io, 0, 70, LEN));
	queue_read(&self->ring, io->fd, b.buf, first + 1, 0);
	queue_read(&self->ring, io->fd, other.buf, BATCH_MAX, 1);
	ASSERT_EQ(2, io_uring_submit(&self->ring));
	ASSERT_EQ(first, reap(&self->ring, 0, &self->id));
	EXPECT_EQ(0, self->id);
	ASSERT_EQ(67 * self->record, reap(&self->ring, 0, &self->id));
	stored(&b, first);
	stored(&other, 67 * self->record);
	EXPECT_EQ(0, batch_holds(&b, io, 0, 3, LEN));
	EXPECT_EQ(0, batch_holds(&other, io, 3, 70, LEN));
	EXPECT_TX(io, 70, 70 * self->packet, 0);
}

TEST_F(batch_io_uring, write_inline)
{
	struct io *io = &self->io;

	batch_fill(&b, io, 0, 70, LEN);
	batch_fill(&other, io, 70, 72, LEN);
	queue_write(&self->ring, io->fd, b.buf, b.len, 0);
	queue_write(&self->ring, io->fd, other.buf, other.len, 1);
	ASSERT_EQ(2, io_uring_submit(&self->ring));
	EXPECT_EQ(b.len, reap(&self->ring, 0, &self->id));
	EXPECT_EQ(0, self->id);
	EXPECT_EQ(other.len, reap(&self->ring, 0, &self->id));
	EXPECT_EQ(0, batch_seen(io, 0, 72, LEN));
	EXPECT_RX(io, 72, 72 * self->packet, 0);
}

/* A record that is refused ends it: how far it came is told, once. */
TEST_F(batch_io_uring, write_short)
{
	struct io *io = &self->io;

	batch_fill(&b, io, 0, 4, LEN);
	b.buf[2 * self->record + offsetof(struct vtun_record, reserved)] = 1;
	queue_write(&self->ring, io->fd, b.buf, b.len, 0);
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	EXPECT_EQ(2 * self->record, reap(&self->ring, 0, &self->id));
	EXPECT_EQ(-ETIMEDOUT, reap(&self->ring, 0, &self->id));
	EXPECT_EQ(0, batch_seen(io, 0, 2, LEN));
	EXPECT_TRUE(io_unseen(io));
	queue_write(&self->ring, io->fd, b.buf + 2 * self->record,
		    2 * self->record, 1);
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	EXPECT_EQ(-EINVAL, reap(&self->ring, WAIT_MS, &self->id));
	EXPECT_RX(io, 2, 2 * self->packet, 0);
}

/* An empty fifo arms a poll; the first packet completes the read. */
TEST_F(batch_io_uring, read_waits_by_poll)
{
	struct io *io = &self->io;
	int i;

	for (i = 0; i < 3; i++) {
		queue_read(&self->ring, io->fd, b.buf, BATCH_MAX, i);
		ASSERT_EQ(1, io_uring_submit(&self->ring));
		EXPECT_EQ(-ETIMEDOUT, reap(&self->ring, 20, &self->id));
		EXPECT_EQ(0, workers());
		ASSERT_EQ(0, io_send(io, i, LEN));
		ASSERT_EQ(self->record, reap(&self->ring, WAIT_MS, &self->id));
		EXPECT_EQ(i, self->id);
		stored(&b, self->record);
		EXPECT_EQ(0, batch_holds(&b, io, i, i + 1, LEN));
	}
}

/* What has no room is told so when the packet comes, which the next one gets. */
TEST_F(batch_io_uring, too_small)
{
	struct io *io = &self->io;

	queue_read(&self->ring, io->fd, b.buf, self->record - 1, 0);
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	EXPECT_EQ(-ETIMEDOUT, reap(&self->ring, 20, &self->id));
	ASSERT_EQ(0, io_send(io, 1, LEN));
	EXPECT_EQ(-EMSGSIZE, reap(&self->ring, WAIT_MS, &self->id));
	EXPECT_NOTHING_COUNTED(io);
	queue_read(&self->ring, io->fd, b.buf, self->record, 1);
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	ASSERT_EQ(self->record, reap(&self->ring, WAIT_MS, &self->id));
	stored(&b, self->record);
	EXPECT_EQ(0, batch_holds(&b, io, 1, 2, LEN));
}

TEST_F(batch_io_uring, deletion)
{
	queue_read(&self->ring, self->io.fd, b.buf, BATCH_MAX, 1);
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_EQ(-EBADFD, reap(&self->ring, WAIT_MS, &self->id));
}

/* A full send buffer cuts a batch short; with nothing taken it waits by poll. */
TEST_F(batch_io_uring, write_waits_by_poll)
{
	struct io *io = &self->io;
	int err = hook_hold_by(link_index(IO_NAME), "hold0", variant->flags);
	int taken;

	if (hook_missing(err))
		SKIP(return, "no tc ingress or netem here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 10000));
	batch_fill(&b, io, 0, 50, LEN);
	queue_write(&self->ring, io->fd, b.buf, b.len, 0);
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	taken = reap(&self->ring, 0, &self->id);
	ASSERT_LT(0, taken);
	ASSERT_GT(b.len, taken);
	EXPECT_EQ(0, taken % self->record);
	taken /= self->record;
	EXPECT_RX(io, taken, taken * self->packet, 0);
	batch_fill(&b, io, 0, 2, LEN);
	queue_write(&self->ring, io->fd, b.buf, b.len, 1);
	ASSERT_EQ(1, io_uring_submit(&self->ring));
	EXPECT_EQ(-ETIMEDOUT, reap(&self->ring, 20, &self->id));
	EXPECT_NOTHING_COUNTED(io);
	EXPECT_EQ(0, workers());
	ASSERT_EQ(0, hook_release(link_index("hold0")));
	EXPECT_EQ(b.len, reap(&self->ring, WAIT_MS, &self->id));
	EXPECT_RX(io, 2, 2 * self->packet, 0);
}

/* Segments that end in the middle of records. */
TEST_F(batch_io_uring, segments)
{
	struct io *io = &self->io;
	struct io_uring_sqe *sqe;
	struct iovec out[3] = {
		{ b.buf, 5 }, { b.buf + 5, self->record },
		{ b.buf + 5 + self->record, 2 * self->record - 5 },
	};
	struct iovec in[2] = {
		{ other.buf, 3 }, { other.buf + 3, BATCH_MAX - 3 },
	};

	batch_fill(&b, io, 0, 3, LEN);
	ASSERT_EQ(0, io_send_range(io, 0, 4, LEN));
	sqe = io_uring_get_sqe(&self->ring);
	io_uring_prep_writev(sqe, io->fd, out, 3, -1);
	sqe = io_uring_get_sqe(&self->ring);
	io_uring_prep_readv(sqe, io->fd, in, 2, -1);
	ASSERT_EQ(2, io_uring_submit(&self->ring));
	EXPECT_EQ(b.len, reap(&self->ring, 0, &self->id));
	EXPECT_EQ(4 * self->record, reap(&self->ring, 0, &self->id));
	EXPECT_EQ(0, batch_seen(io, 0, 3, LEN));
	stored(&other, 4 * self->record);
	EXPECT_EQ(0, batch_holds(&other, io, 0, 4, LEN));
}

/* Memory that was registered before; here it is more than one page. */
TEST_F(batch_io_uring, fixed_buffers)
{
	struct io *io = &self->io;
	struct iovec iov[2] = { { NULL, 65536 }, { NULL, 65536 } };
	struct io_uring_sqe *sqe;
	int i;

	for (i = 0; i < 2; i++) {
		iov[i].iov_base = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ASSERT_NE(MAP_FAILED, iov[i].iov_base);
	}
	batch_fill(&b, io, 0, 130, LEN);
	ASSERT_GT(65536, b.len);
	memcpy(iov[1].iov_base, b.buf, b.len);
	ASSERT_EQ(0, io_uring_register_buffers(&self->ring, iov, 2));
	ASSERT_EQ(0, io_send_range(io, 0, 130, LEN));
	sqe = io_uring_get_sqe(&self->ring);
	io_uring_prep_read_fixed(sqe, io->fd, iov[0].iov_base, 65536, 0, 0);
	sqe = io_uring_get_sqe(&self->ring);
	io_uring_prep_write_fixed(sqe, io->fd, iov[1].iov_base, b.len, 0, 1);
	ASSERT_EQ(2, io_uring_submit(&self->ring));
	EXPECT_EQ(b.len, reap(&self->ring, 0, &self->id));
	EXPECT_EQ(b.len, reap(&self->ring, 0, &self->id));
	EXPECT_EQ(0, batch_seen(io, 0, 130, LEN));
	memcpy(other.buf, iov[0].iov_base, b.len);
	stored(&other, b.len);
	EXPECT_EQ(0, batch_holds(&other, io, 0, 130, LEN));
}

TEST_HARNESS_MAIN
