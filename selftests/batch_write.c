// SPDX-License-Identifier: GPL-2.0-only
/* Batch mode: many packets in one write(). */
#include <kselftest_harness.h>
#include "testlib_batch.h"
#include "testlib_xdp.h"

#include <linux/bpf.h>
#include <string.h>

#define LEN	50			/* bytes of data */

FIXTURE(batch_write)
{
	struct io io;
	size_t packet;			/* bytes of one with LEN */
	size_t record;			/* of its record */
};

FIXTURE_VARIANT(batch_write)
{
	int flags;
};

IO_VARIANTS(batch_write);
FIXTURE_VARIANT_ADD(batch_write, tap_napi)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_NAPI,
};

FIXTURE_VARIANT_ADD(batch_write, tap_frags)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS,
};

FIXTURE_VARIANT_ADD(batch_write, tun_queues)
{
	.flags = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE,
};

static struct batch b;

FIXTURE_SETUP(batch_write)
{
	uint8_t buf[PKT_MAX];

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, batch_open(&self->io, variant->flags));
	self->packet = io_packet(&self->io, buf, 0, LEN);
	self->record = batch_size(io_frame(&self->io, buf, 0, LEN));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(batch_write)
{
}

/* Something that a plain write() refuses with EINVAL, and counts as dropped. */
static void add_bad(FIXTURE_DATA(batch_write) *self)
{
	uint8_t bad[64] = {};

	/* no packet information: a version that is none; else no Ethernet */
	batch_add(&b, bad, self->io.tap ? 9 : self->io.pi ? 3 : 40);
}

static int bad_is_counted(FIXTURE_DATA(batch_write) *self)
{
	return !self->io.tap && !self->io.pi;
}

TEST_F(batch_write, all)
{
	batch_fill(&b, &self->io, 0, 5, LEN);
	EXPECT_EQ(5 * self->record, batch_write(&b, self->io.fd));
	EXPECT_EQ(0, batch_seen(&self->io, 0, 5, LEN));
	EXPECT_TRUE(io_unseen(&self->io));
	EXPECT_RX(&self->io, 5, 5 * self->packet, 0);
	EXPECT_EQ(0, io_write(self->io.fd, b.buf, 0));
	EXPECT_NOTHING_COUNTED(&self->io);
}

TEST_F(batch_write, more_than_one_round)
{
	batch_fill(&b, &self->io, 0, 300, LEN);
	EXPECT_EQ(300 * self->record, batch_write(&b, self->io.fd));
	EXPECT_EQ(0, batch_seen(&self->io, 0, 300, LEN));
	EXPECT_RX(&self->io, 300, 300 * self->packet, 0);
}

TEST_F(batch_write, lengths)
{
	uint8_t frame[PKT_MAX];
	int i;

	batch_clear(&b);
	for (i = 0; i < 20; i++)
		batch_add(&b, frame, io_frame(&self->io, frame, i, i));
	EXPECT_EQ(b.len, batch_write(&b, self->io.fd));
	for (i = 0; i < 20; i++)
		EXPECT_EQ(0, batch_seen(&self->io, i, i + 1, i));
}

TEST_F(batch_write, segments)
{
	struct iovec iov[3] = {
		{ b.buf, 5 }, { b.buf + 5, self->record },
		{ b.buf + 5 + self->record, 2 * self->record - 5 },
	};

	batch_fill(&b, &self->io, 0, 3, LEN);
	EXPECT_EQ(3 * self->record, io_writev(self->io.fd, iov, 3));
	EXPECT_EQ(0, batch_seen(&self->io, 0, 3, LEN));
	EXPECT_RX(&self->io, 3, 3 * self->packet, 0);
}

/* It ends the call before it, and has its errno and its count the next time. */
TEST_F(batch_write, refused_record)
{
	uint8_t frame[PKT_MAX];

	batch_fill(&b, &self->io, 0, 3, LEN);
	add_bad(self);
	batch_add(&b, frame, io_frame(&self->io, frame, 3, LEN));
	EXPECT_EQ(3 * self->record, batch_write(&b, self->io.fd));
	EXPECT_EQ(0, batch_seen(&self->io, 0, 3, LEN));
	EXPECT_RX(&self->io, 3, 3 * self->packet, 0);
	EXPECT_EQ(-EINVAL, io_write(self->io.fd, b.buf + 3 * self->record,
				    b.len - 3 * self->record));
	EXPECT_RX(&self->io, 0, 0, bad_is_counted(self));
	EXPECT_TRUE(io_unseen(&self->io));
	EXPECT_EQ(self->record, io_write(self->io.fd,
					 b.buf + b.len - self->record,
					 self->record));
	EXPECT_EQ(0, batch_seen(&self->io, 3, 4, LEN));
}

/* Write two good records and then what @spoil makes of the third. */
static void spoiled(struct __test_metadata *_metadata,
		    FIXTURE_DATA(batch_write) *self, size_t cut,
		    void (*spoil)(struct vtun_record *, size_t record))
{
	size_t at = 2 * self->record;

	batch_fill(&b, &self->io, 0, 3, LEN);
	if (spoil)
		spoil((void *)(b.buf + at), self->record);
	b.len -= cut;
	EXPECT_EQ(at, batch_write(&b, self->io.fd));
	EXPECT_EQ(0, batch_seen(&self->io, 0, 2, LEN));
	EXPECT_RX(&self->io, 2, 2 * self->packet, 0);
	EXPECT_EQ(-EINVAL, io_write(self->io.fd, b.buf + at, b.len - at));
	EXPECT_TRUE(io_unseen(&self->io));
	EXPECT_NOTHING_COUNTED(&self->io);
}

static void spoil_reserved(struct vtun_record *record, size_t size)
{
	record->reserved = 1U << 31;
}

static void spoil_len(struct vtun_record *record, size_t size)
{
	record->len = size - sizeof(*record) + 1;
}

static void spoil_len_huge(struct vtun_record *record, size_t size)
{
	record->len = UINT32_MAX;
}

static void spoil_padding(struct vtun_record *record, size_t size)
{
	record->len--;
	((uint8_t *)record)[size - 1] = 1;
}

TEST_F(batch_write, malformed)
{
	size_t cut;

	for (cut = 1; cut < self->record; cut++)
		spoiled(_metadata, self, cut, NULL);
	spoiled(_metadata, self, 0, spoil_reserved);
	spoiled(_metadata, self, 0, spoil_len);
	spoiled(_metadata, self, 0, spoil_len_huge);
	spoiled(_metadata, self, 0, spoil_padding);
}

TEST_F(batch_write, unreadable)
{
	uint8_t *mem;

	batch_fill(&b, &self->io, 0, 3, LEN);
	mem = io_fence(2 * self->record + 20);
	memcpy(mem, b.buf, 2 * self->record + 20);
	EXPECT_EQ(2 * self->record, io_write(self->io.fd, mem, b.len));
	EXPECT_EQ(0, batch_seen(&self->io, 0, 2, LEN));
	EXPECT_RX(&self->io, 2, 2 * self->packet, 0);
	EXPECT_EQ(-EFAULT, io_write(self->io.fd, mem + 2 * self->record,
				    self->record));
	EXPECT_TRUE(io_unseen(&self->io));
}

TEST_F(batch_write, down)
{
	batch_fill(&b, &self->io, 0, 3, LEN);
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(-EIO, batch_write(&b, self->io.fd));
	EXPECT_RX(&self->io, 0, 0, 1);
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(b.len, batch_write(&b, self->io.fd));
	EXPECT_EQ(0, batch_seen(&self->io, 0, 3, LEN));
}

/* A queue that transmit does not see writes on; without NAPI, as ever. */
TEST_F(batch_write, parked)
{
	bool napi = variant->flags & IFF_NAPI;
	int fd;

	if (!(variant->flags & IFF_MULTI_QUEUE) && !napi)
		SKIP(return, "one queue can't be parked");
	fd = vt_attach_nb("bq0", variant->flags | IFF_MULTI_QUEUE);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, batch_mode(fd, VTUN_MODE_BATCH));
	ASSERT_EQ(0, link_up("bq0"));
	ASSERT_EQ(0, vt_set_queue(fd, IFF_DETACH_QUEUE));
	batch_fill(&b, &self->io, 0, 3, LEN);
	EXPECT_EQ(napi ? -EBUSY : (ssize_t)b.len, batch_write(&b, fd));
	ASSERT_EQ(0, vt_set_queue(fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(b.len, batch_write(&b, fd));
}

/* With a small send buffer it sleeps, as a plain write() does, and takes all. */
TEST_F(batch_write, send_buffer)
{
	ASSERT_EQ(0, vt_ioctl_int(self->io.fd, TUNSETSNDBUF, 2000));
	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, 0));
	batch_fill(&b, &self->io, 0, 100, LEN);
	EXPECT_EQ(b.len, batch_write(&b, self->io.fd));
	EXPECT_EQ(0, batch_seen(&self->io, 0, 100, LEN));
	EXPECT_RX(&self->io, 100, 100 * self->packet, 0);
}

TEST_F(batch_write, xdp)
{
	if (!self->io.tap)
		SKIP(return, "no XDP in layer 3 mode");
	batch_fill(&b, &self->io, 0, 10, LEN);
	ASSERT_EQ(0, xdp_attach_const(IO_NAME, XDP_DROP, 0));
	EXPECT_EQ(b.len, batch_write(&b, self->io.fd));
	EXPECT_TRUE(io_unseen(&self->io));
	EXPECT_RX(&self->io, 0, 0, 10);
	ASSERT_EQ(0, xdp_attach_const(IO_NAME, XDP_PASS, 0));
	EXPECT_EQ(b.len, batch_write(&b, self->io.fd));
	EXPECT_EQ(0, batch_seen(&self->io, 0, 10, LEN));
	EXPECT_RX(&self->io, 10, 10 * self->packet, 0);
}

/* Memory that faults: nothing of the record is taken. */
TEST_F(batch_write, record_that_faults)
{
	EXPECT_EQ(-EFAULT, io_write(self->io.fd, NULL, 100));
	EXPECT_TRUE(io_unseen(&self->io));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->io.fd, VTUN_IOC_INFO, 0));
}

/* Switched off again, a write() is a packet. */
TEST_F(batch_write, off_again)
{
	uint8_t frame[PKT_MAX];
	size_t len = io_frame(&self->io, frame, 1, LEN);

	batch_fill(&b, &self->io, 0, 1, LEN);
	EXPECT_EQ(self->record, batch_write(&b, self->io.fd));
	EXPECT_EQ(0, batch_seen(&self->io, 0, 1, LEN));
	ASSERT_EQ(0, batch_mode(self->io.fd, 0));
	EXPECT_EQ(len, io_write(self->io.fd, frame, len));
	EXPECT_EQ(0, batch_seen(&self->io, 1, 2, LEN));
	ASSERT_EQ(0, batch_mode(self->io.fd, VTUN_MODE_BATCH));
	EXPECT_EQ(self->record, batch_write(&b, self->io.fd));
	EXPECT_EQ(0, batch_seen(&self->io, 0, 1, LEN));
}

TEST_HARNESS_MAIN
