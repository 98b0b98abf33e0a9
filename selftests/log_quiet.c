// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever a program does wrong, it can't fill the kernel's log. Regression
 * class of CVE-2024-27013; the test counts log lines.
 */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <stdio.h>
#include <string.h>

#define TIMES	300

FIXTURE(log_quiet)
{
	struct io io;
	int log;
};

FIXTURE_VARIANT(log_quiet)
{
	int flags;
};

IO_VARIANTS(log_quiet);

FIXTURE_SETUP(log_quiet)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->log = log_open();
	if (self->log < 0)
		SKIP(return, "no /dev/kmsg here (error %d)", -self->log);
}

FIXTURE_TEARDOWN(log_quiet)
{
}

/* The counting works: a line of our own is seen. */
TEST_F(log_quiet, counting_works)
{
	static const char line[] = "selftest says " IO_NAME "\n";

	EXPECT_EQ(0, io_log_lines(self->log));
	ASSERT_EQ(strlen(line), write(self->log, line, strlen(line)));
	EXPECT_EQ(1, io_log_lines(self->log));
}

/* F5.6 F5.9 F5.10 F5.37: writes that are refused */
TEST_F(log_quiet, bad_writes)
{
	struct io *io = &self->io;
	uint8_t bad[100] = {};
	int i;

	for (i = 0; i < TIMES; i++) {
		io_write(io->fd, bad, i % 20);
		EXPECT_EQ(-EFAULT, io_write(io->fd, NULL, 100));
	}
	EXPECT_EQ(0, io_log_lines(self->log));
}

/* F6.13 F6.14 F6.15: reads that fail, each with a packet of its own */
TEST_F(log_quiet, bad_reads)
{
	struct io *io = &self->io;
	uint8_t buf[3];
	int i;

	for (i = 0; i < TIMES; i++) {
		ASSERT_EQ(0, io_send(io, i, 10));
		ASSERT_EQ(0, io_send(io, i, 10));
		EXPECT_EQ(io->pi ? -EINVAL : 3, io_read(io->fd, buf, 3));
		/* in-tree tun takes no notice of data that it can't write */
		EXPECT_EQ(io->pi || !vt_intree(),
			  io_read(io->fd, NULL, 100) == -EFAULT);
	}
	EXPECT_EQ(0, io_log_lines(self->log));
}

/* F7.3 F3.0.3: a full fifo, and commands that nobody knows */
TEST_F(log_quiet, drops_and_unknown_commands)
{
	struct io *io = &self->io;
	int i;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	for (i = 0; i < TIMES; i++) {
		ASSERT_EQ(0, io_send(io, i, 10));
		EXPECT_EQ(-EINVAL, vt_ioctl(io->fd, _IO('T', 250), 0));
		EXPECT_EQ(-EEXIST, vt_setiff(io->fd, "other", variant->flags));
	}
	EXPECT_EQ(TIMES - 1, io_counted(io).tx_dropped);
	EXPECT_EQ(0, io_log_lines(self->log));
}

TEST_HARNESS_MAIN
