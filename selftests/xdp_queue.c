// SPDX-License-Identifier: GPL-2.0-only
/* Native XDP on a device with several queues, and their numbers. */
#include <kselftest_harness.h>
#include "testlib_io.h"
#include "testlib_race.h"
#include "testlib_xdp.h"

#include <poll.h>
#include <string.h>

#define QUEUES	4
#define FLAGS	(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE)

FIXTURE(xdp_queue)
{
	struct io io;			/* its file is fd[0] */
	struct xdp_probe probe;
	int fd[QUEUES];
	size_t len;
	uint8_t frame[PKT_MAX];
};

FIXTURE_VARIANT(xdp_queue)
{
	bool slow;			/* by another send buffer than usual */
	uint32_t mode;
};

FIXTURE_VARIANT_ADD(xdp_queue, fast)
{
	.mode = XDP_FLAGS_DRV_MODE,
};

FIXTURE_VARIANT_ADD(xdp_queue, slow)
{
	.slow = true, .mode = XDP_FLAGS_DRV_MODE,
};

FIXTURE_VARIANT_ADD(xdp_queue, generic)
{
	.mode = XDP_FLAGS_SKB_MODE,
};

FIXTURE_SETUP(xdp_queue)
{
	int i, err;

	ASSERT_EQ(0, io_open(&self->io, FLAGS));
	err = xdp_probe_open(&self->probe, -1);
	if (err == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_EQ(0, err);
	self->fd[0] = self->io.fd;
	/* the program is there before most of the queues */
	ASSERT_EQ(0, xdp_attach(IO_NAME, self->probe.prog, variant->mode));
	for (i = 1; i < QUEUES; i++) {
		self->fd[i] = vt_attach_nb(IO_NAME, FLAGS);
		ASSERT_LE(0, self->fd[i]);
	}
	if (variant->slow)
		ASSERT_EQ(0, vt_ioctl_int(self->fd[0], TUNSETSNDBUF, 1 << 30));
	self->len = io_frame(&self->io, self->frame, 1, 100);
}

FIXTURE_TEARDOWN(xdp_queue)
{
}

/* The queue number that the program sees on what @fd writes. */
static int number(FIXTURE_DATA(xdp_queue) *self, int fd)
{
	uint64_t runs = xdp_probe_get(&self->probe).runs;
	struct xdp_control seen;

	if (io_write(fd, self->frame, self->len) != (ssize_t)self->len)
		return -EIO;
	seen = xdp_probe_get(&self->probe);
	return seen.runs == runs + 1 ? (int)seen.queue : -EBADMSG;
}

/* F11.10: each file's frames carry its number */
TEST_F(xdp_queue, numbers)
{
	int i;

	for (i = 0; i < QUEUES; i++)
		EXPECT_EQ(i, number(self, self->fd[i]));
}

/* F11.10 F9.3: the last queue takes the number of one that goes */
TEST_F(xdp_queue, renumbering)
{
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	EXPECT_EQ(0, number(self, self->fd[0]));
	EXPECT_EQ(1, number(self, self->fd[3]));
	EXPECT_EQ(2, number(self, self->fd[2]));
	close(self->fd[0]);
	EXPECT_EQ(0, number(self, self->fd[2]));
	EXPECT_EQ(1, number(self, self->fd[3]));
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_ATTACH_QUEUE));
	EXPECT_EQ(2, number(self, self->fd[1]));
	EXPECT_EQ(0, number(self, self->fd[2]));
}

/* F11.10 F5.1: what a detached queue writes passes the program, too */
TEST_F(xdp_queue, detached)
{
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_DROP));
	EXPECT_LE(0, number(self, self->fd[1]));
	EXPECT_TRUE(io_unseen(&self->io));
	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_PASS));
	EXPECT_LE(0, number(self, self->fd[1]));
	EXPECT_EQ(0, io_seen(&self->io, self->frame, self->len));
}

/* F11.7: sent back to whichever queue it came through, as chosen by the CPU */
TEST_F(xdp_queue, tx)
{
	uint8_t got[PKT_MAX];
	int i, came = 0;

	if (variant->mode == XDP_FLAGS_SKB_MODE)
		SKIP(return, "the core's business");
	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_TX));
	for (i = 0; i < QUEUES; i++)
		EXPECT_EQ(i, number(self, self->fd[i]));
	for (i = 0; i < QUEUES; i++)
		while (io_read(self->fd[i], got, sizeof(got)) > 0)
			came++;
	EXPECT_EQ(QUEUES, came);
}

/* ---- under traffic -------------------------------------------------------- */

struct storm {
	struct io *io;
	int *fd;
	const uint8_t *frame;
	size_t len;
	uint32_t mode;
};

/* Frames through all files; each is taken whole, whatever becomes of it. */
static void job_write(struct race_job *job)
{
	struct storm *storm = job->arg;
	ssize_t n;

	while (race_goes_on(job)) {
		n = io_write(storm->fd[job->rounds % QUEUES], storm->frame,
			     storm->len);
		if (n == (ssize_t)storm->len)
			race_done(job);
		else
			race_fail(job, n);
	}
}

/* One program after the other, of all verdicts, and none in between. */
static void job_replace(struct race_job *job)
{
	static const int actions[] = { XDP_PASS, XDP_DROP, XDP_TX, XDP_ABORTED,
				       XDP_REDIRECT, 77, -1 };
	struct storm *storm = job->arg;
	int action, err;

	while (race_goes_on(job)) {
		action = actions[job->rounds % ARRAY_SIZE(actions)];
		err = action < 0 ? xdp_attach(IO_NAME, -1, storm->mode) :
		      xdp_attach_const(IO_NAME, action, storm->mode);
		if (err)
			race_fail(job, err);
		race_done(job);
	}
}

/*
 * The in-tree driver names a detached queue by a number that may exist no
 * more, of which the core warns where it runs the program itself.
 */
static bool may_detach(const FIXTURE_VARIANT(xdp_queue) *variant)
{
	return !vt_intree() ||
	       (variant->mode == XDP_FLAGS_DRV_MODE && !variant->slow);
}

static void job_detach(struct race_job *job)
{
	struct storm *storm = job->arg;
	int fd, err;

	while (race_goes_on(job)) {
		fd = storm->fd[1 + job->rounds % (QUEUES - 1)];
		err = vt_set_queue(fd, IFF_DETACH_QUEUE);
		if (!err)
			err = vt_set_queue(fd, IFF_ATTACH_QUEUE);
		if (err)
			race_fail(job, err);
		race_done(job);
	}
}

static void job_read(struct race_job *job)
{
	struct storm *storm = job->arg;
	uint8_t got[PKT_MAX];
	bool any;
	int i;

	while (race_goes_on(job)) {
		for (i = 0, any = false; i < QUEUES; i++)
			any |= fd_poll(storm->fd[i], POLLIN, 0) > 0 &&
			       io_read(storm->fd[i], got, sizeof(got)) > 0;
		if (any)
			race_done(job);
	}
}

/* F11.2 F11.3 F11.10: replacing it, while packets and queues come and go */
TEST_F_TIMEOUT(xdp_queue, storm, RACE_TIMEOUT)
{
	struct storm storm = { &self->io, self->fd, self->frame, self->len,
			       variant->mode };
	struct race race;
	int i;

	ASSERT_EQ(0, xdp_attach(IO_NAME, -1, variant->mode));
	ASSERT_EQ(0, race_init(&race));
	ASSERT_EQ(0, race_add(&race, job_write, &storm));
	ASSERT_EQ(1, race_add(&race, job_replace, &storm));
	if (may_detach(variant))
		ASSERT_EQ(2, race_add(&race, job_detach, &storm));
	if (variant->mode == XDP_FLAGS_DRV_MODE)
		ASSERT_LE(2, race_add(&race, job_read, &storm));
	EXPECT_EQ(0, race_run(&race));
	/* it works as before */
	xdp_attach(IO_NAME, -1, variant->mode);
	ASSERT_EQ(0, xdp_attach(IO_NAME, self->probe.prog, variant->mode));
	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_DROP));
	for (i = 0; i < QUEUES; i++)
		EXPECT_LE(0, number(self, self->fd[i]));
}

TEST_HARNESS_MAIN
