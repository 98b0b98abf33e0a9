// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue with NAPI is detached, given back, closed and attached anew, and its
 * device deleted, in every order, with packets written between any two of them.
 * Regression class of 3b9bc84d3111, a8fc8cb5692a and ff1fa2081d17, where NAPI
 * lived longer than the queue that it is part of, and of af3fb24eecb2, where
 * one queue's NAPI was taken for the whole device's.
 */
#include <kselftest_harness.h>
#include "testlib_race.h"
#include "testlib_vnet.h"

#include <string.h>

#define NAME	"napi0"
#define HOUR	"3600000000000"		/* GRO holds what it can that long */

enum state { ATTACHED, PARKED, ORPHAN, CLOSED };

FIXTURE(napi_life)
{
	struct vnet_pkt pkt;
	int flags;
	int fd, other;
	enum state state;
	bool there;			/* the device */
};

FIXTURE_VARIANT(napi_life)
{
	int flags;
	int other;			/* of the queue beside it */
};

FIXTURE_VARIANT_ADD(napi_life, tun) { IFF_TUN | IFF_NAPI, IFF_TUN | IFF_NAPI };
FIXTURE_VARIANT_ADD(napi_life, tap_mixed) { IFF_TAP | IFF_NAPI, IFF_TAP };
FIXTURE_VARIANT_ADD(napi_life, frags) {
	IFF_TAP | IFF_NAPI | IFF_NAPI_FRAGS, IFF_TAP | IFF_NAPI };

FIXTURE_SETUP(napi_life)
{
	struct vnet_spec spec = {
		.eth = variant->flags & IFF_TAP, .proto = IPPROTO_TCP,
		.len = 100,
	};

	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->flags | IFF_NO_PI | IFF_MULTI_QUEUE;
	vnet_build(&self->pkt, &spec);
}

FIXTURE_TEARDOWN(napi_life)
{
}

static int begin(FIXTURE_DATA(napi_life) *self, int other)
{
	self->fd = vt_attach_nb(NAME, self->flags);
	self->other = vt_attach_nb(NAME, other | IFF_NO_PI | IFF_MULTI_QUEUE);
	self->state = ATTACHED;
	self->there = true;
	if (self->fd < 0 || self->other < 0)
		return self->fd < 0 ? self->fd : self->other;
	sysfs_write(NAME, "gro_flush_timeout", HOUR);
	return link_up(NAME);
}

/* What a write to the queue gives in its state. */
static int wrong_write(FIXTURE_DATA(napi_life) *self)
{
	ssize_t want = self->state == ATTACHED ? (ssize_t)self->pkt.len :
		       self->state == PARKED ? -EBUSY : -EBADFD;

	if (self->state == CLOSED)
		return 0;
	return io_write(self->fd, self->pkt.buf, self->pkt.len) != want;
}

static int to_queue(FIXTURE_DATA(napi_life) *self, int flags, enum state from,
		    enum state to)
{
	int err = vt_set_queue(self->fd, flags);

	if (self->state != from)
		return err != -EINVAL;
	self->state = to;
	return err;
}

/* Each step: 0 if it did what it has to do now. */
static int step(FIXTURE_DATA(napi_life) *self, char what)
{
	int err;

	switch (what) {
	case 'x':
		if (link_del(NAME) != (self->there ? 0 : -ENODEV))
			return 1;
		self->there = false;
		if (self->state != CLOSED)
			self->state = ORPHAN;
		return 0;
	case 'c':
		close(self->fd);
		if (self->state == ATTACHED || self->state == PARKED)
			self->there = link_exists(NAME);
		self->state = CLOSED;
		return 0;
	}
	if (self->state == CLOSED)
		return 0;
	switch (what) {
	case 'd':
		return to_queue(self, IFF_DETACH_QUEUE, ATTACHED, PARKED);
	case 'a':
		return to_queue(self, IFF_ATTACH_QUEUE, PARKED, ATTACHED);
	}
	/* attach anew, where it has no device */
	if (self->state != ORPHAN)
		return 0;
	err = vt_setiff(self->fd, NAME, self->flags);
	if (vt_intree() && err == -EBUSY)
		return 0;	/* F2.34: its last number is lo's index */
	self->state = ATTACHED;
	self->there = true;
	return err || link_up(NAME);
}

static int run_steps(FIXTURE_DATA(napi_life) *self, int other,
		     const char *steps)
{
	int i, err;

	err = begin(self, other);
	for (i = 0; !err && steps[i]; i++) {
		err = wrong_write(self) || step(self, steps[i]) ||
		      wrong_write(self);
	}
	if (self->state != CLOSED)
		close(self->fd);
	close(self->other);
	return err || link_count() != 1;
}

/* The next order of the letters, or false after the last. */
static bool next_order(char *s)
{
	int n = strlen(s), i = n - 2, j = n - 1;
	char c;

	while (i >= 0 && s[i] >= s[i + 1])
		i--;
	if (i < 0)
		return false;
	while (s[j] <= s[i])
		j--;
	c = s[i], s[i] = s[j], s[j] = c;
	for (i++, j = n - 1; i < j; i++, j--)
		c = s[i], s[i] = s[j], s[j] = c;
	return true;
}

/* F3.12.8 F5.1 F9.4: detach, attach, set the interface, delete, close */
TEST_F_TIMEOUT(napi_life, every_order, RACE_TIMEOUT)
{
	char sets[][5] = { "acdx", "adsx" };
	int i;

	for (i = 0; i < 2; i++) {
		do {
			ASSERT_EQ(0, run_steps(self, variant->other, sets[i]))
				TH_LOG("in the order %s", sets[i]);
		} while (next_order(sets[i]));
	}
}

static void job_write(struct race_job *job)
{
	FIXTURE_DATA(napi_life) *self = job->arg;

	while (race_goes_on(job)) {
		ssize_t n = io_write(self->fd, self->pkt.buf, self->pkt.len);

		if (n == (ssize_t)self->pkt.len)
			race_done(job);
		else if (n != -EBUSY)
			race_fail(job, n);
	}
}

static void job_detach(struct race_job *job)
{
	FIXTURE_DATA(napi_life) *self = job->arg;

	while (race_goes_on(job)) {
		int err = vt_set_queue(self->fd, IFF_DETACH_QUEUE);

		if (!err)
			err = vt_set_queue(self->fd, IFF_ATTACH_QUEUE);
		if (err)
			race_fail(job, err);
		race_done(job);
	}
}

/* Queues with and without NAPI come and go beside it. */
static void job_attach(struct race_job *job)
{
	FIXTURE_DATA(napi_life) *self = job->arg;

	while (race_goes_on(job)) {
		int flags = self->flags;
		int fd;

		if (job->rounds % 2)
			flags &= ~(IFF_NAPI | IFF_NAPI_FRAGS);
		fd = vt_attach_nb(NAME, flags);
		if (fd < 0 || io_write(fd, self->pkt.buf, self->pkt.len) < 0)
			race_fail(job, fd);
		close(fd);
		race_done(job);
	}
}

/* F3.12.8 F9.4: while it is written to */
TEST_F_TIMEOUT(napi_life, written_meanwhile, RACE_TIMEOUT)
{
	struct race race;

	ASSERT_EQ(0, race_init(&race));
	ASSERT_EQ(0, begin(self, variant->other));
	ASSERT_EQ(0, race_add(&race, job_write, self));
	ASSERT_EQ(1, race_add(&race, job_detach, self));
	ASSERT_EQ(2, race_add(&race, job_attach, self));
	EXPECT_EQ(0, race_run(&race));
	close(self->fd);
	close(self->other);
	EXPECT_EQ(1, link_count());
	EXPECT_TRUE(race_left_nothing(&race));
}

TEST_HARNESS_MAIN
