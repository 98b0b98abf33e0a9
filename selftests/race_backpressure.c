// SPDX-License-Identifier: GPL-2.0-only
/*
 * Back pressure while many send and a program reads when it likes: no packet is
 * lost, and nobody waits for a wake-up that never comes (class of 1d6e569b7d0c).
 */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"
#include "testlib_hook.h"
#include "testlib_race.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#define NAME	"race0"
#define SENDERS	8
#define FLOWS	(SENDERS + 1)
#define HELD	4000			/* more than they all may have on their way */

FIXTURE(race_backpressure)
{
	struct race race;
	struct flow_path path;
	int flags;
	int fd;
	int index;
	bool in_order;		/* nothing stops the queue but transmit itself */
};

/*
 * In a fifo of one packet each read empties it and makes room, so a wake-up that
 * is lost between the two is never made good.
 */
FIXTURE_VARIANT(race_backpressure)
{
	int flags;
	unsigned int len;
};

FIXTURE_VARIANT_ADD(race_backpressure, tun)
{
	.flags = IFF_TUN,
	.len = 1,
};

FIXTURE_VARIANT_ADD(race_backpressure, tap)
{
	.flags = IFF_TAP,
	.len = 16,
};

FIXTURE_SETUP(race_backpressure)
{
	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, race_init(&self->race));
	if (!(vt_features() & IFF_BACKPRESSURE))
		SKIP(return, "in-tree tun has it since 7.3");
	self->flags = variant->flags | IFF_NO_PI | IFF_MULTI_QUEUE |
		      IFF_BACKPRESSURE;
	self->fd = vt_attach_nb(NAME, self->flags);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, link_up(NAME));
	self->index = link_index(NAME);
	/* Its limit is the length that the device has now. A sender is not told of
	 * what another one found no room for when it put that into the qdisc.
	 */
	ASSERT_EQ(0, link_set_txqlen(NAME, HELD));
	ASSERT_EQ(0, hook_root(self->index, "pfifo"));
	ASSERT_EQ(0, link_set_txqlen(NAME, variant->len));
	ASSERT_EQ(0, flow_open(&self->path, NAME, variant->flags & IFF_TAP));
}

FIXTURE_TEARDOWN(race_backpressure)
{
	flow_close(&self->path);
	close(self->fd);
	EXPECT_FALSE(link_exists(NAME));
	EXPECT_TRUE(race_left_nothing(&self->race));
}

/* A reader that sleeps must not outlive the race: a signal ends its read(). */
static void wake_up(int sig)
{
}

static void wait_in_read(int fd, bool wait)
{
	static const struct itimerval limit = { .it_value.tv_usec = 20000 };
	static const struct sigaction act = { .sa_handler = wake_up };

	sigaction(SIGALRM, &act, NULL);
	fcntl(fd, F_SETFL, wait ? 0 : O_NONBLOCK);
	if (wait)
		setitimer(ITIMER_REAL, &limit, NULL);
}

/*
 * Done is what the stack took; it says so when too much of it is in the qdisc.
 * Each has a socket of its own, so that none waits for the others.
 */
static void job_send(struct race_job *job)
{
	FIXTURE_DATA(race_backpressure) *self = job->arg;
	struct flow_path path;
	int err = flow_open(&path, NAME, self->path.tap);

	if (err)
		race_fail(job, err);
	while (race_goes_on(job)) {
		err = flow_send(&path, job->nr, job->done + 1);

		if (!err)
			race_done(job);
		else if (err == -ENOBUFS || err == -EAGAIN)
			nap_ms(1);
		else if (err != -ENETDOWN)
			race_fail(job, err);
	}
}

/* For a while, at random: mostly not, seldom until all senders wait, too. */
static void pause_somewhat(void)
{
	if (rand() % 64 == 0)
		nap_ms(rand() % 8);
	if (rand() % 1024 == 0)
		nap_ms(rand() % 100);
}

/*
 * It stops reading when it likes, and every other time it sleeps in read() for
 * them. A flow's packets come in their order, but where something else than
 * transmit stops the queue: then the core puts the packet that it has in hand
 * behind those that it had taken out of the qdisc before.
 */
static void job_read(struct race_job *job)
{
	FIXTURE_DATA(race_backpressure) *self = job->arg;
	uint32_t last[FLOWS] = {};
	struct flow_mark mark;

	srand(now_us());
	while (race_goes_on(job)) {
		int err;

		wait_in_read(self->fd, job->rounds % 2);
		err = flow_read(&self->path, self->fd, &mark);
		pause_somewhat();
		if (err == -EAGAIN || err == -EINTR)
			continue;
		if (err || mark.flow >= FLOWS ||
		    (self->in_order && mark.seq <= last[mark.flow])) {
			race_fail(job, err ? err : (int)mark.seq);
			continue;
		}
		last[mark.flow] = mark.seq;
		race_done(job);
	}
}

static void job_txqlen(struct race_job *job)
{
	static const unsigned int len[] = { 1, 40, 3, 16, 5 };

	while (race_goes_on(job)) {
		int err = link_set_txqlen(NAME, len[job->rounds % 5]);

		race_round(job, err);
		nap_ms(1);
	}
}

static void job_detach(struct race_job *job)
{
	FIXTURE_DATA(race_backpressure) *self = job->arg;

	while (race_goes_on(job)) {
		int err = vt_set_queue(self->fd, IFF_DETACH_QUEUE) ?:
			  vt_set_queue(self->fd, IFF_ATTACH_QUEUE);

		race_round(job, err);
		nap_ms(1);
	}
}

static void job_restart(struct race_job *job)
{
	while (race_goes_on(job)) {
		int err = link_down(NAME) ?: link_up(NAME);

		race_round(job, err);
		nap_ms(5);
	}
}

static void job_share(struct race_job *job)
{
	FIXTURE_DATA(race_backpressure) *self = job->arg;
	struct flow_mark mark;

	while (race_goes_on(job)) {
		int fd = vt_attach_nb(NAME, self->flags);

		if (fd < 0) {
			race_fail(job, fd);
			continue;
		}
		while (!flow_read(&self->path, fd, &mark))
			;
		close(fd);
		race_done(job);
	}
}

/* Read until neither the fifo nor the qdisc has anything: packets, or -errno. */
static int drain(FIXTURE_DATA(race_backpressure) *self)
{
	uint64_t end = now_ms() + WAIT_MS;
	struct flow_mark mark;
	int err, num = 0, empty = 0;

	while (empty < 20) {	/* some may be on their way between the two */
		int held = hook_held(self->index);

		err = flow_read(&self->path, self->fd, &mark);
		if (err && err != -EAGAIN)
			return err;
		if (!err) {	/* slow kernels take long for many of them */
			end = now_ms() + WAIT_MS;
			num++;
		}
		empty = err && !held ? empty + 1 : 0;
		if (err && now_ms() > end)
			return -EBUSY;
		if (err)
			nap_ms(1);
	}
	return num;
}

static void senders_and_reader(struct __test_metadata *_metadata,
			       FIXTURE_DATA(race_backpressure) *self,
			       int senders)
{
	int i;

	for (i = 0; i < senders; i++)
		ASSERT_EQ(i, race_add(&self->race, job_send, self));
	ASSERT_EQ(senders, race_add(&self->race, job_read, self));
}

/* What the qdisc took arrives, all of it. */
static void nothing_is_lost(struct __test_metadata *_metadata,
			    FIXTURE_DATA(race_backpressure) *self, int senders)
{
	struct link_info info;
	unsigned long sent = 0;
	int i, left;

	self->in_order = true;
	senders_and_reader(_metadata, self, senders);
	EXPECT_EQ(0, race_run(&self->race));
	fcntl(self->fd, F_SETFL, O_NONBLOCK);
	left = drain(self);
	ASSERT_LE(0, left);
	for (i = 0; i < senders; i++)
		sent += race_job_done(&self->race, i);
	ASSERT_EQ(0, link_get(NAME, &info));
	/* In-tree tun transmits without the queue's lock, so it may lose some. */
	if (!vt_intree())
		EXPECT_EQ(0, info.stats.tx_dropped);
	EXPECT_EQ(sent, race_job_done(&self->race, senders) + left +
			info.stats.tx_dropped);
}

/* F7.20 F7.21 F7.23 */
TEST_F_TIMEOUT(race_backpressure, nothing_lost, RACE_TIMEOUT)
{
	nothing_is_lost(_metadata, self, SENDERS);
}

/* With fewer it is empty more often, which is when a wake-up can be lost. */
TEST_F_TIMEOUT(race_backpressure, nothing_lost_of_few, RACE_TIMEOUT)
{
	nothing_is_lost(_metadata, self, 3);
}

/* After whatever it was, a packet comes through, and nothing waits for ever. */
static void goes_on(struct __test_metadata *_metadata,
		    FIXTURE_DATA(race_backpressure) *self)
{
	struct flow_mark mark;
	int told;
	socklen_t len = sizeof(told);

	EXPECT_EQ(0, race_run(&self->race));
	/* A packet socket is told that its device was down by the next call. */
	getsockopt(self->path.sock, SOL_SOCKET, SO_ERROR, &told, &len);
	fcntl(self->fd, F_SETFL, O_NONBLOCK);
	ASSERT_LE(0, drain(self));
	ASSERT_EQ(0, link_set_txqlen(NAME, 16));
	ASSERT_EQ(0, flow_send(&self->path, SENDERS, 1));
	ASSERT_EQ(0, flow_await(&self->path, self->fd, &mark));
	EXPECT_EQ(SENDERS, mark.flow);
}

/* F7.6 F7.22 F7.24: its length changes */
TEST_F_TIMEOUT(race_backpressure, txqueuelen, RACE_TIMEOUT)
{
	senders_and_reader(_metadata, self, SENDERS);
	ASSERT_LE(0, race_add(&self->race, job_txqlen, self));
	goes_on(_metadata, self);
}

/* F7.22 F9.3 F9.4: its queue leaves and comes back, and shares the device */
TEST_F_TIMEOUT(race_backpressure, detach, RACE_TIMEOUT)
{
	senders_and_reader(_metadata, self, SENDERS);
	ASSERT_LE(0, race_add(&self->race, job_detach, self));
	goes_on(_metadata, self);
}

/* F7.22 F9.1 F9.6: another queue comes and goes, which renumbers this one */
TEST_F_TIMEOUT(race_backpressure, share, RACE_TIMEOUT)
{
	senders_and_reader(_metadata, self, SENDERS);
	ASSERT_LE(0, race_add(&self->race, job_share, self));
	ASSERT_LE(0, race_add(&self->race, job_detach, self));
	goes_on(_metadata, self);
}

/* F7.22 F7.24: down and up */
TEST_F_TIMEOUT(race_backpressure, down_and_up, RACE_TIMEOUT)
{
	senders_and_reader(_metadata, self, SENDERS);
	ASSERT_LE(0, race_add(&self->race, job_restart, self));
	goes_on(_metadata, self);
}

TEST_HARNESS_MAIN
