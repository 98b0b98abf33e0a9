// SPDX-License-Identifier: GPL-2.0-only
/* Batch mode: many packets in one read(). */
#include <kselftest_harness.h>
#include "testlib_batch.h"

#include <poll.h>
#include <string.h>
#include <sys/mman.h>

#define LEN	50			/* bytes of data */

FIXTURE(batch_read)
{
	struct io io;
	size_t packet;			/* bytes of one with LEN */
	size_t record;			/* of its record */
};

FIXTURE_VARIANT(batch_read)
{
	int flags;
};

IO_VARIANTS(batch_read);

static struct batch b;

FIXTURE_SETUP(batch_read)
{
	uint8_t buf[PKT_MAX];

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, batch_open(&self->io, variant->flags));
	self->packet = io_packet(&self->io, buf, 0, LEN);
	self->record = batch_size(io_frame(&self->io, buf, 0, LEN));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(batch_read)
{
}

TEST_F(batch_read, all_that_wait)
{
	EXPECT_EQ(-EAGAIN, batch_read(&b, self->io.fd, BATCH_MAX));
	ASSERT_EQ(0, io_send_range(&self->io, 0, 5, LEN));
	EXPECT_EQ(5 * self->record, batch_read(&b, self->io.fd, BATCH_MAX));
	EXPECT_EQ(0, batch_holds(&b, &self->io, 0, 5, LEN));
	EXPECT_TX(&self->io, 5, 5 * self->packet, 0);
	EXPECT_EQ(-EAGAIN, batch_read(&b, self->io.fd, BATCH_MAX));
	EXPECT_EQ(0, fd_poll(self->io.fd, POLLIN, 0));
}

/* More than the driver handles at a time. */
TEST_F(batch_read, more_than_one_round)
{
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 500));
	ASSERT_EQ(0, io_send_range(&self->io, 0, 300, LEN));
	EXPECT_EQ(300 * self->record, batch_read(&b, self->io.fd, BATCH_MAX));
	EXPECT_EQ(0, batch_holds(&b, &self->io, 0, 300, LEN));
	EXPECT_TX(&self->io, 300, 300 * self->packet, 0);
}

TEST_F(batch_read, as_many_as_fit)
{
	ASSERT_EQ(0, io_send_range(&self->io, 0, 6, LEN));
	EXPECT_EQ(2 * self->record,
		  batch_read(&b, self->io.fd, 3 * self->record - 1));
	EXPECT_EQ(0, batch_holds(&b, &self->io, 0, 2, LEN));
	EXPECT_EQ(3 * self->record,
		  batch_read(&b, self->io.fd, 3 * self->record));
	EXPECT_EQ(0, batch_holds(&b, &self->io, 2, 5, LEN));
	EXPECT_TX(&self->io, 5, 5 * self->packet, 0);
	EXPECT_EQ(self->record, batch_read(&b, self->io.fd, BATCH_MAX));
	EXPECT_EQ(0, batch_holds(&b, &self->io, 5, 6, LEN));
}

/* The padding of the last record counts, too. */
TEST_F(batch_read, first_too_long)
{
	size_t room;

	ASSERT_EQ(0, io_send(&self->io, 0, LEN + 1));
	for (room = 1; room < batch_size(self->packet + 1 +
					 PI_LEN(variant->flags)); room++)
		ASSERT_EQ(-EMSGSIZE, batch_read(&b, self->io.fd, room));
	EXPECT_EQ(0, batch_read(&b, self->io.fd, 0));
	EXPECT_EQ(POLLIN, fd_poll(self->io.fd, POLLIN, 0));
	EXPECT_NOTHING_COUNTED(&self->io);
	EXPECT_EQ(room, batch_read(&b, self->io.fd, room));
	EXPECT_EQ(0, batch_holds(&b, &self->io, 0, 1, LEN + 1));
	EXPECT_TX(&self->io, 1, self->packet + 1, 0);
}

/* Each length has its padding, and the next record begins behind it. */
TEST_F(batch_read, lengths)
{
	unsigned int i;

	for (i = 0; i < 20; i++)
		ASSERT_EQ(0, io_send(&self->io, i, i));
	EXPECT_LT(0, batch_read(&b, self->io.fd, BATCH_MAX));
	for (i = 0; i < 20; i++) {
		uint8_t want[PKT_MAX];
		const uint8_t *got;
		size_t len = io_frame(&self->io, want, i, i);

		ASSERT_EQ(len, batch_next(&b, &got));
		EXPECT_EQ(0, memcmp(want, got, len));
		EXPECT_EQ(0, (got - b.buf) % VTUN_RECORD_ALIGN);
	}
	EXPECT_EQ(b.len, b.at);
}

TEST_F(batch_read, segments)
{
	struct iovec iov[3] = {
		{ b.buf, 3 }, { b.buf + 3, self->record },
		{ b.buf + 3 + self->record, self->record },
	};

	ASSERT_EQ(0, io_send_range(&self->io, 0, 4, LEN));
	memset(b.buf, 0xa5, 4 * self->record);
	b.at = 0;
	b.len = readv(self->io.fd, iov, 3);
	ASSERT_EQ(2 * self->record, b.len);
	EXPECT_EQ(0xa5, b.buf[b.len]);
	EXPECT_EQ(0, batch_holds(&b, &self->io, 0, 2, LEN));
}

/* What is asleep gets the first that comes, and does not wait for more. */
TEST_F(batch_read, sleeps_for_the_first)
{
	struct sleeper s;

	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, 0));
	ASSERT_EQ(0, sleeper_start(&s, self->io.fd, b.buf, BATCH_MAX));
	ASSERT_EQ(0, io_send(&self->io, 0, LEN));
	ASSERT_EQ(0, sleeper_wait(&s, WAIT_MS));
	ASSERT_EQ(self->record, s.ret);
	b.len = s.ret;
	b.at = 0;
	EXPECT_EQ(0, batch_holds(&b, &self->io, 0, 1, LEN));
	/* too small: told at once when it comes, and not lost */
	ASSERT_EQ(0, sleeper_start(&s, self->io.fd, b.buf, 16));
	ASSERT_EQ(0, io_send(&self->io, 1, LEN));
	ASSERT_EQ(0, sleeper_wait(&s, WAIT_MS));
	EXPECT_EQ(-EMSGSIZE, s.ret);
	EXPECT_EQ(self->record, batch_read(&b, self->io.fd, BATCH_MAX));
	EXPECT_EQ(0, batch_holds(&b, &self->io, 1, 2, LEN));
	/* the end of the device */
	ASSERT_EQ(0, sleeper_start(&s, self->io.fd, b.buf, BATCH_MAX));
	ASSERT_EQ(0, link_del(IO_NAME));
	ASSERT_EQ(0, sleeper_wait(&s, WAIT_MS));
	EXPECT_EQ(-EFAULT, s.ret);
	EXPECT_EQ(-EBADFD, batch_read(&b, self->io.fd, BATCH_MAX));
}

/* Memory that is not there: what was whole before is told, the rest counted. */
TEST_F(batch_read, unwritable)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uint8_t *mem = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *at = mem + page - 2 * self->record - 9;

	ASSERT_NE(MAP_FAILED, mem);
	ASSERT_EQ(0, mprotect(mem + page, page, PROT_READ));
	ASSERT_EQ(0, io_send_range(&self->io, 0, 5, LEN));
	ASSERT_EQ(2 * self->record, io_read(self->io.fd, at, page));
	memcpy(b.buf, at, 2 * self->record);
	b.len = 2 * self->record;
	b.at = 0;
	EXPECT_EQ(0, batch_holds(&b, &self->io, 0, 2, LEN));
	EXPECT_TX(&self->io, 2, 2 * self->packet, 3);
	ASSERT_EQ(0, io_send_range(&self->io, 0, 2, LEN));
	EXPECT_EQ(-EFAULT, io_read(self->io.fd, mem + page, page));
	EXPECT_TX(&self->io, 0, 0, 2);
	ASSERT_EQ(0, io_send(&self->io, 7, LEN));
	EXPECT_EQ(self->record, batch_read(&b, self->io.fd, BATCH_MAX));
	EXPECT_EQ(0, batch_holds(&b, &self->io, 7, 8, LEN));
}

/* Each record has what a plain read has in front of its packet. */
TEST_F(batch_read, virtio_header)
{
	int sizes[] = { 10, 12, 24 }, fd;
	unsigned int i, n;

	for (i = 0; i < 3; i++) {
		size_t head = PI_LEN(variant->flags) + sizes[i];
		struct io io = self->io;

		fd = vt_attach_nb("bv0", variant->flags | IFF_VNET_HDR);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, link_up("bv0"));
		ASSERT_EQ(0, vt_ioctl_int(fd, TUNSETVNETHDRSZ, sizes[i]));
		ASSERT_EQ(0, batch_mode(fd, VTUN_MODE_BATCH));
		for (n = 0; n < 3; n++)
			ASSERT_LT(0, psock_feed("bv0", io.tap, n, LEN));
		ASSERT_EQ(3 * batch_size(head + self->packet),
			  batch_read(&b, fd, BATCH_MAX));
		for (n = 0; n < 3; n++) {
			uint8_t want[PKT_MAX];
			const uint8_t *got;
			size_t len = io_packet(&io, want, n, LEN);

			ASSERT_EQ(head + len, batch_next(&b, &got));
			EXPECT_EQ(0, memcmp(want, got + head, len));
		}
		close(fd);
	}
}

/* Reading wakes a tx queue that back pressure has stopped. */
TEST_F(batch_read, back_pressure)
{
	struct io io = self->io;

	io.fd = vt_attach_nb("bp0", variant->flags | IFF_BACKPRESSURE);
	ASSERT_LE(0, io.fd);
	ASSERT_EQ(0, link_set_txqlen("bp0", 8));
	ASSERT_EQ(0, link_up("bp0"));
	ASSERT_EQ(0, batch_mode(io.fd, VTUN_MODE_BATCH));
	for (int n = 0; n < 14; n++)
		ASSERT_LT(0, psock_feed("bp0", io.tap, n, LEN));
	ASSERT_EQ(8 * self->record, batch_read(&b, io.fd, 8 * self->record));
	EXPECT_EQ(0, batch_holds(&b, &io, 0, 8, LEN));
	ASSERT_EQ(6 * self->record, batch_read(&b, io.fd, BATCH_MAX));
	EXPECT_EQ(0, batch_holds(&b, &io, 8, 14, LEN));
}

TEST_HARNESS_MAIN
