// SPDX-License-Identifier: GPL-2.0-only
/* Tracepoints of the driver: each says what has happened, once. */
#include <kselftest_harness.h>
#include "testlib_batch.h"
#include "testlib_hook.h"
#include "testlib_trace.h"

#define DATA	40

FIXTURE(tracepoints)
{
	struct io io;
	uint8_t frame[PKT_MAX];
	size_t total;
};

FIXTURE_VARIANT(tracepoints)
{
	int flags;
};

IO_VARIANTS_NO_PI(tracepoints);

FIXTURE_SETUP(tracepoints)
{
	int err;

	if (vt_intree())
		SKIP(return, "in-tree tun has no tracepoints");
	ASSERT_EQ(0, io_open(&self->io, variant->flags | IFF_BACKPRESSURE));
	self->total = io_frame(&self->io, self->frame, 1, DATA);
	err = trace_start("vtun");
	if (trace_missing(err))
		SKIP(return, "no tracepoints here (error %d)", -err);
	ASSERT_EQ(0, err);
}

FIXTURE_TEARDOWN(tracepoints)
{
	trace_end();
}

/* @n lines with these words, and no other line of ours. */
#define EXPECT_TRACED(n, words) do {					\
	const char *__text = trace_take();				\
									\
	EXPECT_EQ(n, trace_count(__text, words)) TH_LOG("%s", __text);	\
	EXPECT_EQ(n, trace_count(__text, ": vtun_")) TH_LOG("%s", __text); \
} while (0)

TEST_F(tracepoints, attach_and_detach)
{
	int fd;

	EXPECT_TRACED(0, "vtun_");
	fd = vt_attach("tp1", variant->flags);
	ASSERT_LE(0, fd);
	EXPECT_TRACED(1, "vtun_attach: dev=tp1 queue=0");
	close(fd);
	EXPECT_TRACED(1, "vtun_detach: dev=tp1 queue=0");
}

TEST_F(tracepoints, read_and_write)
{
	static struct batch batch;
	char words[80];

	ASSERT_EQ(self->total, io_write(self->io.fd, self->frame, self->total));
	snprintf(words, sizeof(words),
		 "vtun_write: dev=io0 queue=0 packets=1 bytes=%zu", self->total);
	EXPECT_TRACED(1, words);
	ASSERT_EQ(0, io_send(&self->io, 1, DATA));
	ASSERT_EQ(0, io_recv(&self->io, self->io.fd, 1, DATA));
	snprintf(words, sizeof(words),
		 "vtun_read: dev=io0 queue=0 packets=1 bytes=%zu", self->total);
	EXPECT_TRACED(1, words);

	ASSERT_EQ(0, batch_mode(self->io.fd, VTUN_MODE_BATCH));
	batch_clear(&batch);
	batch_fill(&batch, &self->io, 0, 5, DATA);
	ASSERT_LT(0, batch_write(&batch, self->io.fd));
	EXPECT_TRACED(1, "vtun_write: dev=io0 queue=0 packets=5 ");
	ASSERT_EQ(0, io_send_range(&self->io, 0, 3, DATA));
	ASSERT_LT(0, batch_read(&batch, self->io.fd, BATCH_MAX));
	EXPECT_TRACED(1, "vtun_read: dev=io0 queue=0 packets=3 ");
}

TEST_F(tracepoints, drop)
{
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	ASSERT_EQ(0, hook_root(link_index(IO_NAME), "noqueue"));
	ASSERT_EQ(0, io_send(&self->io, 0, DATA));
	EXPECT_TRACED(0, "vtun_drop");
	io_send(&self->io, 1, DATA);
	EXPECT_TRACED(1, "vtun_drop: dev=io0 queue=0 tx drop_full packets=1");
	EXPECT_EQ(-EFAULT, io_write(self->io.fd, NULL, 8000));
	EXPECT_TRACED(1, "vtun_drop: dev=io0 queue=0 rx drop_fault packets=1");
}

TEST_F(tracepoints, stall_and_wake)
{
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, hook_root(link_index(IO_NAME), "pfifo"));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 2));
	trace_take();
	ASSERT_EQ(0, io_send_range(&self->io, 0, 2, DATA));
	EXPECT_TRACED(1, "vtun_stall: dev=io0 queue=0");
	ASSERT_LT(0, io_read(self->io.fd, buf, sizeof(buf)));
	ASSERT_LT(0, io_read(self->io.fd, buf, sizeof(buf)));
	EXPECT_EQ(1, trace_count(trace_take(), "vtun_wake: dev=io0 queue=0"));
}

TEST_HARNESS_MAIN
