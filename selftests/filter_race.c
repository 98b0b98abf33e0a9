// SPDX-License-Identifier: GPL-2.0-only
/* Filters and programs that come and go while packets and queues do. */
#include <kselftest_harness.h>
#include "testlib_bpf.h"
#include "testlib_io.h"
#include "testlib_race.h"

#include <poll.h>
#include <string.h>

#define DATA	100
#define FILTER	BPF_PROG_TYPE_SOCKET_FILTER

FIXTURE(filter_race)
{
	struct io io;
	int fd[3];			/* queues; the first is io's file */
	int flags;
};

FIXTURE_VARIANT(filter_race)
{
	int flags;
};

IO_VARIANTS_NO_PI(filter_race);

FIXTURE_SETUP(filter_race)
{
	int i;

	self->flags = variant->flags | IFF_MULTI_QUEUE;
	ASSERT_EQ(0, io_open(&self->io, self->flags));
	self->fd[0] = self->io.fd;
	for (i = 1; i < 3; i++) {
		self->fd[i] = vt_attach_nb(IO_NAME, self->flags);
		ASSERT_LE(0, self->fd[i]);
	}
}

FIXTURE_TEARDOWN(filter_race)
{
}

static void job_send(struct race_job *job)
{
	FIXTURE_DATA(filter_race) *self = job->arg;
	int err;

	while (race_goes_on(job)) {
		err = io_send(&self->io, job->rounds, DATA);
		if (!err)
			race_done(job);
		else if (err != -EAGAIN && err != -ENOBUFS)
			race_fail(job, err);
	}
}

/* A packet comes whole or cut by one of the filters, never another way. */
static void job_read(struct race_job *job)
{
	FIXTURE_DATA(filter_race) *self = job->arg;
	uint8_t got[PKT_MAX], want[PKT_MAX];
	const ssize_t whole = io_packet(&self->io, want, 0, DATA);
	ssize_t n;
	int i;

	while (race_goes_on(job)) {
		for (i = 0; i < 3; i++) {
			n = io_read(self->fd[i], got, sizeof(got));
			if (n == -EAGAIN)
				continue;
			if (n != whole && n != 60 && n != 50)
				race_fail(job, n);
			race_done(job);
		}
	}
}

/* Classic filters of two kinds and none; tun has none at all. */
static void job_classic(struct race_job *job)
{
	FIXTURE_DATA(filter_race) *self = job->arg;
	const uint32_t keep[] = { ~0U, 60, 0 };
	struct sock_fprog prog = { .len = 1 };
	int err;

	while (race_goes_on(job)) {
		prog.filter = CBPF_CONST(keep[job->rounds % 3]);
		err = vt_ioctl(self->fd[0], TUNATTACHFILTER,
			       (unsigned long)&prog);
		if (err != (self->io.tap ? 0 : -EINVAL))
			race_fail(job, err);
		err = vt_ioctl(self->fd[0], TUNDETACHFILTER, 0);
		if (err != (self->io.tap ? 0 : -EINVAL))
			race_fail(job, err);
		race_done(job);
	}
}

static void job_ebpf(struct race_job *job)
{
	FIXTURE_DATA(filter_race) *self = job->arg;
	const int keep[] = { -1, 50, 0 };
	int err, prog;

	while (race_goes_on(job)) {
		prog = bpf_load_const(FILTER, keep[job->rounds % 3]);
		if (prog < 0)
			race_fail(job, prog);
		err = vt_ioctl_int(self->fd[0], TUNSETFILTEREBPF, prog);
		if (!err)
			err = vt_ioctl_int(self->fd[0], TUNSETSTEERINGEBPF,
					   prog);
		close(prog);
		if (!err)
			err = vt_ioctl_int(self->fd[0], TUNSETFILTEREBPF, -1);
		if (!err && job->rounds % 2)
			err = vt_ioctl_int(self->fd[0], TUNSETSTEERINGEBPF,
					   -1);
		if (err)
			race_fail(job, err);
		race_done(job);
	}
}

/* F3.14.3 F3.15.1 F7.1 F7.13: each packet meets an old one or a new one */
TEST_F_TIMEOUT(filter_race, replaced_under_traffic, RACE_TIMEOUT)
{
	int prog = bpf_load_const(FILTER, 0);
	struct race race;

	if (prog == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	close(prog);
	ASSERT_EQ(0, race_init(&race));
	ASSERT_EQ(0, race_add(&race, job_send, self));
	ASSERT_EQ(1, race_add(&race, job_read, self));
	ASSERT_EQ(2, race_add(&race, job_classic, self));
	ASSERT_EQ(3, race_add(&race, job_ebpf, self));
	EXPECT_EQ(0, race_run(&race));
}

static void job_queue(struct race_job *job)
{
	FIXTURE_DATA(filter_race) *self = job->arg;
	int fd, err;

	while (race_goes_on(job)) {
		fd = vt_attach_nb(IO_NAME, self->flags);
		if (fd < 0)
			race_fail(job, fd);
		close(fd);
		err = vt_set_queue(self->fd[2], IFF_DETACH_QUEUE);
		if (!err)
			err = vt_set_queue(self->fd[2], IFF_ATTACH_QUEUE);
		/* with a filter in-tree says 0 and leaves it as it was */
		if (err && !(vt_intree() && err == -EINVAL))
			race_fail(job, err);
		race_done(job);
	}
}

/* F2.18 F3.12.4 F7.13: queues come and go, whatever is set meanwhile */
TEST_F_TIMEOUT(filter_race, queues_under_traffic, RACE_TIMEOUT)
{
	int prog = bpf_load_const(FILTER, 1);
	struct race race;

	if (prog == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	close(prog);
	ASSERT_EQ(0, race_init(&race));
	ASSERT_EQ(0, race_add(&race, job_send, self));
	ASSERT_EQ(1, race_add(&race, job_queue, self));
	ASSERT_EQ(2, race_add(&race, job_classic, self));
	ASSERT_EQ(3, race_add(&race, job_ebpf, self));
	EXPECT_EQ(0, race_run(&race));
}

TEST_HARNESS_MAIN
