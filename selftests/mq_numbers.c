// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which number each queue of a device has, and what its file keeps, when
 * queues come and go in every order. A queue goes by close() or by detaching.
 */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"

#define QUEUES	4

FIXTURE(mq_numbers)
{
	struct flow_path path;
	int flags;
	int fd[QUEUES];
	int order[QUEUES];		/* by number: index into fd */
	int num;			/* enabled queues */
};

FIXTURE_VARIANT(mq_numbers)
{
	int type;
	bool detach;
};

FIXTURE_VARIANT_ADD(mq_numbers, tun_close)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(mq_numbers, tun_detach)
{
	.type = IFF_TUN,
	.detach = true,
};

FIXTURE_VARIANT_ADD(mq_numbers, tap_close)
{
	.type = IFF_TAP,
};

FIXTURE_VARIANT_ADD(mq_numbers, tap_detach)
{
	.type = IFF_TAP,
	.detach = true,
};

/* Queue @i leaves, and the last one takes its number. 0 or -errno. */
static int mq_leave(FIXTURE_DATA(mq_numbers) *self, bool detach, int i)
{
	int at, err = 0;

	if (detach) {
		err = vt_set_queue(self->fd[i], IFF_DETACH_QUEUE);
	} else {
		close(self->fd[i]);
		self->fd[i] = -1;
	}
	for (at = 0; self->order[at] != i; at++)
		;
	self->order[at] = self->order[--self->num];
	return err;
}

/* Queue @i comes back, by a new file if it was closed. 0 or -errno. */
static int mq_return(FIXTURE_DATA(mq_numbers) *self, bool detach, int i)
{
	int err = 0;

	if (detach)
		err = vt_set_queue(self->fd[i], IFF_ATTACH_QUEUE);
	else
		self->fd[i] = vt_attach_nb("mq0", self->flags);
	if (self->fd[i] < 0)
		return self->fd[i];
	self->order[self->num++] = i;
	return err;
}

/* The first enabled queue whose number isn't what @order says, or -1. */
static int mq_misnumbered(FIXTURE_DATA(mq_numbers) *self)
{
	int nr;

	for (nr = 0; nr < self->num; nr++)
		if (flow_number(&self->path, self->fd[self->order[nr]]) != nr)
			return self->order[nr];
	return -1;
}

/* The @nth order of 0…QUEUES-1, all of them for nth = 0…23. */
static void mq_permutation(int nth, int *out)
{
	int left[QUEUES], num = QUEUES, i, at;

	for (i = 0; i < QUEUES; i++)
		left[i] = i;
	for (i = 0; i < QUEUES; i++) {
		at = nth % num;
		nth /= num;
		out[i] = left[at];
		left[at] = left[--num];
	}
}

FIXTURE_SETUP(mq_numbers)
{
	int i;

	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->type | IFF_NO_PI | IFF_MULTI_QUEUE;
	for (i = 0; i < QUEUES; i++) {
		self->fd[i] = vt_attach_nb("mq0", self->flags);
		ASSERT_LE(0, self->fd[i]);
		self->order[i] = i;
	}
	self->num = QUEUES;
	ASSERT_EQ(0, vt_persist(self->fd[0], true));
	ASSERT_EQ(0, link_up("mq0"));
	ASSERT_EQ(0, flow_open(&self->path, "mq0", variant->type == IFF_TAP));
}

FIXTURE_TEARDOWN(mq_numbers)
{
	EXPECT_EQ(0, link_del("mq0"));
}

/* F9.3 F2.20 F5.41: numbers are given in the order of attaching */
TEST_F(mq_numbers, first_come_first_numbered)
{
	EXPECT_EQ(-1, mq_misnumbered(self));
}

/* F9.3: whichever queue goes, the last takes its number, others keep theirs */
TEST_F(mq_numbers, last_takes_the_hole)
{
	int i, k;

	for (k = 0; k < QUEUES; k++) {
		int last = self->order[QUEUES - 1];

		i = self->order[k];
		ASSERT_EQ(0, mq_leave(self, variant->detach, i));
		if (k < QUEUES - 1)
			EXPECT_EQ(k, flow_number(&self->path, self->fd[last]));
		EXPECT_EQ(-1, mq_misnumbered(self)) {
			TH_LOG("after number %d left", k);
		}
		ASSERT_EQ(0, mq_return(self, variant->detach, i));
	}
}

/* F9.4 F2.20: who comes back gets the next number, not its old one */
TEST_F(mq_numbers, return_as_last)
{
	ASSERT_EQ(0, mq_leave(self, variant->detach, 0));
	ASSERT_EQ(0, mq_leave(self, variant->detach, 2));
	EXPECT_EQ(-1, mq_misnumbered(self));
	ASSERT_EQ(0, mq_return(self, variant->detach, 0));
	EXPECT_EQ(2, flow_number(&self->path, self->fd[0]));
	ASSERT_EQ(0, mq_return(self, variant->detach, 2));
	EXPECT_EQ(3, flow_number(&self->path, self->fd[2]));
	EXPECT_EQ(-1, mq_misnumbered(self));
}

/* F9.3 F9.4: all 24 orders of leaving, and of coming back in the same one */
TEST_F_TIMEOUT(mq_numbers, every_order, 120)
{
	int nth, i, perm[QUEUES];

	for (nth = 0; nth < 24; nth++) {
		mq_permutation(nth, perm);
		for (i = 0; i < QUEUES; i++) {
			ASSERT_EQ(0, mq_leave(self, variant->detach, perm[i]));
			ASSERT_EQ(-1, mq_misnumbered(self)) {
				TH_LOG("order %d, %d queues left", nth,
				       self->num);
			}
		}
		for (i = 0; i < QUEUES; i++)
			ASSERT_EQ(0, mq_return(self, variant->detach, perm[i]));
		ASSERT_EQ(-1, mq_misnumbered(self)) {
			TH_LOG("order %d, after coming back", nth);
		}
	}
}

/*
 * F9.3 F9.4 F4.28: packets that wait stay with their file and in order while
 * other queues go and numbers change; those of a queue that goes are lost, and
 * no counter shows it.
 */
TEST_F(mq_numbers, fifo_stays_with_the_file)
{
	struct flow_mark mark;
	struct link_info info;
	int i, k;

	for (i = 0; i < QUEUES; i++)
		ASSERT_EQ(0, flow_write(&self->path, self->fd[i], 100 + i, 0));
	for (k = 0; k < 5; k++)
		for (i = 0; i < QUEUES; i++)
			ASSERT_EQ(0, flow_send(&self->path, 100 + i, k));

	ASSERT_EQ(0, mq_leave(self, variant->detach, 1));
	ASSERT_EQ(0, mq_leave(self, variant->detach, 0));
	for (i = 2; i < QUEUES; i++) {
		for (k = 0; k < 5; k++) {
			ASSERT_EQ(0, flow_read(&self->path, self->fd[i],
					       &mark));
			EXPECT_EQ(100 + i, mark.flow);
			EXPECT_EQ(k, mark.seq);
		}
		EXPECT_EQ(-EAGAIN, flow_read(&self->path, self->fd[i], &mark));
	}
	for (i = 0; i < 2; i++) {
		if (!variant->detach)
			ASSERT_EQ(0, mq_return(self, false, i));
		EXPECT_EQ(-EAGAIN, flow_read(&self->path, self->fd[i], &mark));
	}
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(10, info.stats.tx_packets);
	EXPECT_EQ(0, info.stats.tx_dropped);
	EXPECT_EQ(4, info.stats.rx_packets);
}

/* F9.3 F7.14: with its new number a queue still gets the flows it writes */
TEST_F(mq_numbers, renumbered_queue_is_reached)
{
	int gone, i;

	for (gone = 0; gone < QUEUES - 1; gone++) {
		ASSERT_EQ(0, mq_leave(self, variant->detach, gone));
		for (i = gone + 1; i < QUEUES; i++) {
			ASSERT_EQ(0, flow_write(&self->path, self->fd[i],
						200 + i, 0));
			EXPECT_EQ(i, flow_reader(&self->path, 200 + i,
						 self->fd, QUEUES));
		}
	}
}

TEST_HARNESS_MAIN
