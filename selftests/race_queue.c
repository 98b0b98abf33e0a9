// SPDX-License-Identifier: GPL-2.0-only
/* Queues that come, go and change their length while packets pass. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"
#include "testlib_race.h"

#include <sys/socket.h>

#define QUEUES	3

FIXTURE(race_queue)
{
	struct race race;
	struct flow_path path;
	int flags;
	int fd[QUEUES];
};

FIXTURE_VARIANT(race_queue)
{
	int type;
};

FIXTURE_VARIANT_ADD(race_queue, tun)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(race_queue, tap)
{
	.type = IFF_TAP,
};

FIXTURE_SETUP(race_queue)
{
	int i;

	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, race_init(&self->race));
	self->flags = variant->type | IFF_NO_PI | IFF_MULTI_QUEUE;
	for (i = 0; i < QUEUES; i++) {
		self->fd[i] = vt_attach_nb("race0", self->flags);
		ASSERT_LE(0, self->fd[i]);
	}
	ASSERT_EQ(0, link_up("race0"));
	ASSERT_EQ(0, flow_open(&self->path, "race0", variant->type == IFF_TAP));
}

/* Read what is left; the packets, or -errno. */
static int race_drain(FIXTURE_DATA(race_queue) *self)
{
	struct flow_mark mark;
	int i, num = 0, err;

	for (i = 0; i < QUEUES; i++) {
		while (!(err = flow_read(&self->path, self->fd[i], &mark)))
			num++;
		if (err != -EAGAIN)
			return err;
	}
	return num;
}

/* All queues work, each with its number, and nothing is left at the end. */
FIXTURE_TEARDOWN(race_queue)
{
	bool seen[QUEUES] = {};
	int i, nr, enabled = 0;

	ASSERT_LE(0, race_drain(self));
	for (i = 0; i < QUEUES; i++) {
		if (vt_flags(self->fd[i]) & IFF_DETACH_QUEUE)
			ASSERT_EQ(0, vt_set_queue(self->fd[i],
						  IFF_ATTACH_QUEUE));
	}
	for (i = 0; i < QUEUES; i++) {
		nr = flow_number(&self->path, self->fd[i]);
		ASSERT_LE(0, nr);
		ASSERT_GT(QUEUES, nr);
		EXPECT_FALSE(seen[nr]);
		seen[nr] = true;
		ASSERT_EQ(0, flow_write(&self->path, self->fd[i], 500 + i, 0));
		EXPECT_EQ(i, flow_reader(&self->path, 500 + i, self->fd,
					 QUEUES));
		enabled++;
	}
	EXPECT_EQ(QUEUES, enabled);
	flow_close(&self->path);
	for (i = 0; i < QUEUES; i++)
		close(self->fd[i]);
	EXPECT_FALSE(link_exists("race0"));
	EXPECT_EQ(0, flow_check("race0", self->flags));
	EXPECT_TRUE(race_left_nothing(&self->race));
}

static void job_write(struct race_job *job)
{
	FIXTURE_DATA(race_queue) *self = job->arg;

	while (race_goes_on(job)) {
		int err = flow_write(&self->path,
				     self->fd[job->rounds % QUEUES],
				     job->rounds % 50, job->rounds);

		race_round(job, err);
	}
}

static void job_send(struct race_job *job)
{
	FIXTURE_DATA(race_queue) *self = job->arg;

	while (race_goes_on(job)) {
		/* each packet of a flow has another number */
		int err = flow_send(&self->path, job->rounds % 50,
				    job->rounds * RACE_JOBS + job->nr);

		if (!err)
			race_done(job);
		else if (err != -ENOBUFS && err != -EAGAIN)
			race_fail(job, err);
	}
}

/* No packet comes twice. */
static void job_read(struct race_job *job)
{
	FIXTURE_DATA(race_queue) *self = job->arg;
	uint32_t last[50] = {};
	struct flow_mark mark;

	while (race_goes_on(job)) {
		int err = flow_read(&self->path,
				    self->fd[job->rounds % QUEUES], &mark);

		if (err == -EAGAIN)
			continue;
		if (err || mark.flow >= 50) {
			race_fail(job, err);
			continue;
		}
		race_done(job);
		if (mark.seq == last[mark.flow])
			race_fail(job, mark.seq);
		last[mark.flow] = mark.seq;
	}
}

/* Job 0 has the last queue to itself, job 1 the one before. */
static void job_detach(struct race_job *job)
{
	FIXTURE_DATA(race_queue) *self = job->arg;
	int fd = self->fd[QUEUES - 1 - job->nr];

	while (race_goes_on(job)) {
		int err = vt_set_queue(fd, IFF_DETACH_QUEUE);

		if (!err)
			err = vt_set_queue(fd, IFF_ATTACH_QUEUE);
		race_round(job, err);
	}
}

static void job_txqlen(struct race_job *job)
{
	static const unsigned int len[] = { 1, 500, 10, 0, 100, 1000 };

	while (race_goes_on(job)) {
		int err = link_set_txqlen("race0", len[job->rounds % 6]);

		race_round(job, err);
	}
}

static void job_come_and_go(struct race_job *job)
{
	FIXTURE_DATA(race_queue) *self = job->arg;
	struct flow_mark mark;

	while (race_goes_on(job)) {
		int fd = vt_attach_nb("race0", self->flags);
		int err = fd < 0 ? fd : 0;

		if (!err && !vt_intree())
			err = flow_write(&self->path, fd, 7, 0);
		race_round(job, err);
		if (fd < 0)
			continue;
		err = flow_read(&self->path, fd, &mark);
		if (err && err != -EAGAIN)
			race_fail(job, err);
		close(fd);
	}
}

/*
 * Two of a job, while packets pass in both directions. In in-tree tun a queue
 * that is written to while it is detached tells the stack a number that no
 * queue has any more, of which the core warns.
 */
static void run_under_traffic(struct __test_metadata *_metadata, FIXTURE_DATA(race_queue) *self,
			      void (*run)(struct race_job *job))
{
	ASSERT_EQ(0, race_add(&self->race, run, self));
	ASSERT_EQ(1, race_add(&self->race, run, self));
	ASSERT_EQ(2, race_add(&self->race, job_send, self));
	ASSERT_EQ(3, race_add(&self->race, job_read, self));
	if (!vt_intree())
		ASSERT_EQ(4, race_add(&self->race, job_write, self));
	EXPECT_EQ(0, race_run(&self->race));
}

/* F9.3 F9.4 F9.5 F7.14: queues detach and attach under traffic */
TEST_F_TIMEOUT(race_queue, detach_attach, RACE_TIMEOUT)
{
	struct link_info info;

	run_under_traffic(_metadata, self, job_detach);
	ASSERT_EQ(0, link_get("race0", &info));
	EXPECT_EQ(QUEUES, info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(0, info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
	EXPECT_EQ(0, info.stats.rx_dropped);
}

/* F9.1 F9.3 F9.6: files join and leave under traffic */
TEST_F_TIMEOUT(race_queue, attach_close, RACE_TIMEOUT)
{
	struct link_info info;

	run_under_traffic(_metadata, self, job_come_and_go);
	ASSERT_EQ(0, link_get("race0", &info));
	EXPECT_EQ(QUEUES, info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(0, info.stats.rx_dropped);
}

/*
 * F7.6 F7.7: the fifos are resized while queues detach and packets pass (a
 * class of use-after-free: a peek at a fifo that is being replaced).
 */
TEST_F_TIMEOUT(race_queue, txqueuelen, RACE_TIMEOUT)
{
	ASSERT_EQ(0, race_add(&self->race, job_detach, self));
	ASSERT_EQ(1, race_add(&self->race, job_txqlen, self));
	ASSERT_EQ(2, race_add(&self->race, job_come_and_go, self));
	ASSERT_EQ(3, race_add(&self->race, job_send, self));
	ASSERT_EQ(4, race_add(&self->race, job_read, self));
	EXPECT_EQ(0, race_run(&self->race));
	ASSERT_EQ(0, link_set_txqlen("race0", 100));
}

/*
 * F4.24 F4.25 F4.26 F7.2.1: with queues that stay no packet is unaccounted for:
 * what was written was received; what was sent was read or waits, or the sender
 * was told that it was dropped, and that was counted.
 */
TEST_F_TIMEOUT(race_queue, counters_add_up, RACE_TIMEOUT)
{
	unsigned long written = 0, sent = 0, refused = 0, read;
	struct link_info info;
	int i, left, one = 1;

	/* else the qdisc drops, too, and tells nobody */
	ASSERT_EQ(0, setsockopt(self->path.sock, SOL_PACKET,
				PACKET_QDISC_BYPASS, &one, sizeof(one)));
	ASSERT_EQ(0, link_set_txqlen("race0", 50));
	ASSERT_EQ(0, race_add(&self->race, job_write, self));
	ASSERT_EQ(1, race_add(&self->race, job_write, self));
	ASSERT_EQ(2, race_add(&self->race, job_send, self));
	ASSERT_EQ(3, race_add(&self->race, job_send, self));
	ASSERT_EQ(4, race_add(&self->race, job_read, self));
	EXPECT_EQ(0, race_run(&self->race));
	left = race_drain(self);
	ASSERT_LE(0, left);
	for (i = 0; i < 2; i++)
		written += race_job_done(&self->race, i);
	for (i = 2; i < 4; i++) {
		sent += race_job_done(&self->race, i);
		refused += race_job_rounds(&self->race, i) -
			   race_job_done(&self->race, i);
	}
	read = race_job_done(&self->race, 4) + left;
	ASSERT_EQ(0, link_get("race0", &info));
	EXPECT_EQ(written, info.stats.rx_packets);
	EXPECT_EQ(0, info.stats.rx_dropped);
	EXPECT_EQ(sent, read);
	EXPECT_EQ(read, info.stats.tx_packets);
	EXPECT_EQ(refused, info.stats.tx_dropped);
}

TEST_HARNESS_MAIN
