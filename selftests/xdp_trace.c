// SPDX-License-Identifier: GPL-2.0-only
/* The trace points of XDP: each loss that has no name elsewhere is told. */
#include <kselftest_harness.h>
#include "testlib_io.h"
#include "testlib_xdp.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define TRACE	"/tmp/vtun-trace"
#define MINE	TRACE "/instances/vtun-xdp"

FIXTURE(xdp_trace)
{
	struct io io;
	struct xdp_probe probe;
	size_t len;
	uint8_t frame[PKT_MAX];
	char log[1 << 15];
};

FIXTURE_VARIANT(xdp_trace)
{
	bool blocking;			/* the slow way */
};

FIXTURE_VARIANT_ADD(xdp_trace, fast)
{
};

FIXTURE_VARIANT_ADD(xdp_trace, slow)
{
	.blocking = true,
};

/* An instance of its own, so that nobody else's trace is in it. */
static int trace_on(void)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -errno;
	if (mkdir(TRACE, 0700) && errno != EEXIST)
		return -errno;
	if (mount("tracefs", TRACE, "tracefs", 0, NULL))
		return -errno;
	if (mkdir(MINE, 0700) && errno != EEXIST)
		return -errno;
	return file_write(MINE "/events/xdp/enable", "1");
}

FIXTURE_SETUP(xdp_trace)
{
	int err;

	ASSERT_EQ(0, io_open(&self->io, IFF_TAP | IFF_NO_PI));
	if (variant->blocking)
		ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, O_RDWR));
	err = trace_on();
	if (err == -ENODEV || err == -ENOENT || err == -EPERM)
		SKIP(return, "no tracefs here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, xdp_probe_open(&self->probe, -1));
	ASSERT_EQ(0, xdp_attach(IO_NAME, self->probe.prog,
				XDP_FLAGS_DRV_MODE));
	self->len = io_frame(&self->io, self->frame, 1, 100);
}

FIXTURE_TEARDOWN(xdp_trace)
{
	rmdir(MINE);
	umount(TRACE);
	rmdir(TRACE);
}

/* Write one frame, and find in the trace what it caused: true if @text. */
static bool traces(FIXTURE_DATA(xdp_trace) *self, unsigned int action,
		   const char *event, const char *text)
{
	int fd = open(MINE "/trace", O_WRONLY | O_TRUNC);
	char *line;

	close(fd);			/* it is empty now */
	xdp_probe_action(&self->probe, action);
	if (io_write(self->io.fd, self->frame, self->len) !=
	    (ssize_t)self->len ||
	    file_read(MINE "/trace", self->log, sizeof(self->log)) < 0)
		return false;
	line = strstr(self->log, event);
	return line && (!text || strstr(line, text));
}

/* F11.5: xdp_exception tells of what nobody meant to happen */
TEST_F(xdp_trace, exception)
{
	char index[32];

	snprintf(index, sizeof(index), "ifindex=%d", link_index(IO_NAME));
	EXPECT_TRUE(traces(self, XDP_ABORTED, "xdp_exception:",
			   "action=ABORTED"));
	EXPECT_NE(NULL, strstr(self->log, index));
	EXPECT_TRUE(traces(self, 77, "xdp_exception:", index));
	EXPECT_FALSE(traces(self, XDP_DROP, "xdp_exception:", NULL));
	EXPECT_FALSE(traces(self, XDP_PASS, "xdp_exception:", NULL));
}

/* F11.5: xdp_redirect_err tells of a frame with no place to go */
TEST_F(xdp_trace, redirect_err)
{
	EXPECT_TRUE(traces(self, XDP_REDIRECT, "xdp_redirect_err:", NULL));
}

TEST_HARNESS_MAIN
