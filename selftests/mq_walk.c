// SPDX-License-Identifier: GPL-2.0-only
/*
 * A walk at random through everything that files and their device can do to
 * each other: open, attach, detach, close, delete, persist. A model tells what
 * must come of every step. VTUN_SEED chooses another walk.
 */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"

#define FILES	4
#define STEPS	150

enum walk_state {
	WALK_CLOSED,
	WALK_LOOSE,			/* open, not attached */
	WALK_ENABLED,
	WALK_DETACHED,
};

FIXTURE(mq_walk)
{
	unsigned int seed;
	int flags;
	int fd[FILES];
	struct flow_path path;		/* while the device exists */
	/* the model */
	enum walk_state state[FILES];
	int order[FILES];		/* files by queue number */
	int enabled;
	bool exists, persist, carrier;
};

FIXTURE_VARIANT(mq_walk)
{
	int type;
	unsigned int seed;
};

FIXTURE_VARIANT_ADD(mq_walk, tun_1)
{
	.type = IFF_TUN,
	.seed = 1,
};

FIXTURE_VARIANT_ADD(mq_walk, tun_2)
{
	.type = IFF_TUN,
	.seed = 2,
};

FIXTURE_VARIANT_ADD(mq_walk, tap_3)
{
	.type = IFF_TAP,
	.seed = 3,
};

FIXTURE_VARIANT_ADD(mq_walk, tap_4)
{
	.type = IFF_TAP,
	.seed = 4,
};

FIXTURE_SETUP(mq_walk)
{
	const char *env = getenv("VTUN_SEED");

	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->type | IFF_NO_PI | IFF_MULTI_QUEUE;
	self->seed = variant->seed + (env ? atoi(env) : 0);
}

FIXTURE_TEARDOWN(mq_walk)
{
	int i;

	for (i = 0; i < FILES; i++)
		if (self->state[i] != WALK_CLOSED)
			close(self->fd[i]);
	if (self->persist)
		EXPECT_EQ(0, link_del("walk0"));
	EXPECT_FALSE(link_exists("walk0"));
	EXPECT_EQ(0, flow_check("walk0", self->flags));
}

/* ---- the model ---- */

static int walk_attached(FIXTURE_DATA(mq_walk) *self)
{
	int i, num = 0;

	for (i = 0; i < FILES; i++)
		num += self->state[i] >= WALK_ENABLED;
	return num;
}

/* File @i has left the enabled ones: the last takes its number. */
static void walk_renumber(FIXTURE_DATA(mq_walk) *self, int i)
{
	int at;

	for (at = 0; self->order[at] != i; at++)
		;
	self->order[at] = self->order[--self->enabled];
}

static void walk_device_gone(FIXTURE_DATA(mq_walk) *self)
{
	int i;

	for (i = 0; i < FILES; i++)
		if (self->state[i] >= WALK_ENABLED)
			self->state[i] = WALK_LOOSE;
	flow_close(&self->path);
	self->enabled = 0;
	self->exists = false;
	self->persist = false;
}

/* ---- the steps: what came of it, and what should have, both or -errno ---- */

static int walk_open(FIXTURE_DATA(mq_walk) *self, int i, int *want)
{
	*want = 0;
	if (self->state[i] != WALK_CLOSED)
		return 0;
	self->fd[i] = vt_open(O_RDWR | O_NONBLOCK);
	if (self->fd[i] < 0)
		return self->fd[i];
	self->state[i] = WALK_LOOSE;
	return 0;
}

static int walk_setiff(FIXTURE_DATA(mq_walk) *self, int i, int *want)
{
	int ret;

	*want = self->state[i] == WALK_LOOSE ? 0 : -EEXIST;
	ret = vt_setiff(self->fd[i], "walk0", self->flags);
	/* in-tree takes a former queue number for a wish for an index, once */
	if (ret == -EBUSY && vt_intree() && !self->exists)
		ret = vt_setiff(self->fd[i], "walk0", self->flags);
	if (*want || ret)
		return ret;
	if (!self->exists) {
		self->exists = true;
		ret = link_up("walk0");
		if (!ret)
			ret = flow_open(&self->path, "walk0",
					self->flags & IFF_TAP);
	}
	if (!walk_attached(self))
		self->carrier = true;
	self->state[i] = WALK_ENABLED;
	self->order[self->enabled++] = i;
	return ret;
}

static int walk_detach(FIXTURE_DATA(mq_walk) *self, int i, int *want)
{
	int ret = vt_set_queue(self->fd[i], IFF_DETACH_QUEUE);

	*want = self->state[i] == WALK_ENABLED ? 0 : -EINVAL;
	if (!*want) {
		self->state[i] = WALK_DETACHED;
		walk_renumber(self, i);
	}
	return ret;
}

static int walk_attach(FIXTURE_DATA(mq_walk) *self, int i, int *want)
{
	int ret = vt_set_queue(self->fd[i], IFF_ATTACH_QUEUE);

	*want = self->state[i] == WALK_DETACHED ? 0 : -EINVAL;
	if (!*want) {
		self->state[i] = WALK_ENABLED;
		self->order[self->enabled++] = i;
	}
	return ret;
}

static int walk_persist(FIXTURE_DATA(mq_walk) *self, int i, bool on, int *want)
{
	*want = self->state[i] >= WALK_ENABLED ? 0 : -EBADFD;
	if (!*want)
		self->persist = on;
	return vt_persist(self->fd[i], on);
}

static int walk_close(FIXTURE_DATA(mq_walk) *self, int i, int *want)
{
	bool attached = self->state[i] >= WALK_ENABLED;
	int ret = close(self->fd[i]);

	*want = 0;
	if (self->state[i] == WALK_ENABLED)
		walk_renumber(self, i);
	self->state[i] = WALK_CLOSED;
	if (attached && !walk_attached(self)) {
		self->carrier = false;
		if (!self->persist)
			walk_device_gone(self);
	}
	return ret;
}

static int walk_delete(FIXTURE_DATA(mq_walk) *self, int *want)
{
	*want = self->exists ? 0 : -ENODEV;
	if (self->exists)
		walk_device_gone(self);
	return link_del("walk0");
}

/* Fifos with something in them make closing and detaching more work. */
static int walk_fill(FIXTURE_DATA(mq_walk) *self, int *want)
{
	int i;

	*want = 0;
	for (i = 0; self->exists && self->carrier && i < 20; i++)
		if (flow_send(&self->path, i, i))
			return -EIO;
	return 0;
}

static int walk_step(FIXTURE_DATA(mq_walk) *self, unsigned int dice, int *want)
{
	int i = dice / 16 % FILES;

	if (self->state[i] == WALK_CLOSED)
		return walk_open(self, i, want);
	switch (dice % 16) {
	case 0 ... 4:
		return walk_setiff(self, i, want);
	case 5 ... 6:
		return walk_detach(self, i, want);
	case 7 ... 9:
		return walk_attach(self, i, want);
	case 10:
		return walk_persist(self, i, true, want);
	case 11:
		return walk_persist(self, i, false, want);
	case 12 ... 13:
		return walk_close(self, i, want);
	case 14:
		return walk_delete(self, want);
	default:
		return walk_fill(self, want);
	}
}

/* ---- what must be true after every step ---- */

/* The line of the first thing that isn't as the model says, or 0. */
static int walk_wrong_device(FIXTURE_DATA(mq_walk) *self)
{
	struct link_info info;
	int err = link_get("walk0", &info);

	if (!self->exists)
		return err == -ENODEV ? 0 : __LINE__;
	if (err)
		return __LINE__;
	if (info.tun[IFLA_TUN_NUM_QUEUES] != self->enabled)
		return __LINE__;
	if (info.tun[IFLA_TUN_NUM_DISABLED_QUEUES] !=
	    walk_attached(self) - self->enabled)
		return __LINE__;
	if (info.carrier != self->carrier)
		return __LINE__;
	if (info.tun[IFLA_TUN_PERSIST] != self->persist)
		return __LINE__;
	return 0;
}

static int walk_wrong_file(FIXTURE_DATA(mq_walk) *self, int i)
{
	int flags;

	if (self->state[i] == WALK_CLOSED)
		return 0;
	flags = vt_flags(self->fd[i]);
	if (self->state[i] == WALK_LOOSE)
		return flags == -EBADFD ? 0 : __LINE__;
	if (flags < 0)
		return __LINE__;
	if (!(flags & IFF_DETACH_QUEUE) != (self->state[i] == WALK_ENABLED))
		return __LINE__;
	return 0;
}

static int walk_wrong(FIXTURE_DATA(mq_walk) *self)
{
	int line = walk_wrong_device(self), i;

	for (i = 0; i < FILES && !line; i++)
		line = walk_wrong_file(self, i);
	for (i = 0; i < self->enabled && !line; i++)
		if (flow_number(&self->path, self->fd[self->order[i]]) != i)
			line = __LINE__;
	return line;
}

/* F9.3 F9.4 F9.5 F9.6 F10.1 F10.3 F10.10 F2.45: every step, in any order */
TEST_F_TIMEOUT(mq_walk, every_step_as_foretold, 200)
{
	unsigned int dice = self->seed * 2654435761u;
	int step, want, got, wrong;

	for (step = 0; step < STEPS; step++) {
		dice ^= dice << 13;
		dice ^= dice >> 17;
		dice ^= dice << 5;
		got = walk_step(self, dice >> 8, &want);
		wrong = walk_wrong(self);
		ASSERT_EQ(want, got) {
			TH_LOG("step %d, seed %u, kind %u, file %u", step,
			       self->seed, (dice >> 8) % 16,
			       (dice >> 12) % FILES);
		}
		ASSERT_EQ(0, wrong) {
			TH_LOG("step %d, seed %u, kind %u, file %u", step,
			       self->seed, (dice >> 8) % 16,
			       (dice >> 12) % FILES);
		}
	}
}

TEST_HARNESS_MAIN
