// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which queue a packet from the stack takes: that which wrote its flow, or
 * else the one that its hash says.
 */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"

#define QUEUES		3
#define MAX_FLOWS	4096		/* what the flow table holds */
#define EXPIRY_MS	3000

FIXTURE(steering)
{
	struct flow_path path;
	int flags;
	int fd[QUEUES];
	unsigned int next;		/* no flow from here on was used */
};

FIXTURE_VARIANT(steering)
{
	int type;
};

FIXTURE_VARIANT_ADD(steering, tun)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(steering, tap)
{
	.type = IFF_TAP,
};

FIXTURE_SETUP(steering)
{
	int i;

	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->type | IFF_NO_PI | IFF_MULTI_QUEUE;
	for (i = 0; i < QUEUES; i++) {
		self->fd[i] = vt_attach_nb("mq0", self->flags);
		ASSERT_LE(0, self->fd[i]);
	}
	ASSERT_EQ(0, link_up("mq0"));
	ASSERT_EQ(0, flow_open(&self->path, "mq0", variant->type == IFF_TAP));
	self->next = 10000;
}

FIXTURE_TEARDOWN(steering)
{
}

static int steering_reader(FIXTURE_DATA(steering) *self, unsigned int flow)
{
	return flow_reader(&self->path, flow, self->fd, QUEUES);
}

/* A flow that nobody has written yet and whose hash leads to @fd's index. */
static int steering_find(FIXTURE_DATA(steering) *self, int reader)
{
	int tries;

	for (tries = 0; tries < 1000; tries++)
		if (steering_reader(self, self->next++) == reader)
			return self->next - 1;
	return -ENOENT;
}

/* F7.14: hash spreads flows nobody wrote; a flow always takes the same way */
TEST_F(steering, unknown_flows_are_spread)
{
	int hits[QUEUES] = {}, first[90], i;

	for (i = 0; i < 90; i++) {
		first[i] = steering_reader(self, i);
		ASSERT_LE(0, first[i]);
		hits[first[i]]++;
	}
	/* 30 each are expected; one queue below 9 has a chance of 1 in 10^6 */
	for (i = 0; i < QUEUES; i++)
		EXPECT_LE(9, hits[i]);
	for (i = 0; i < 90; i++)
		EXPECT_EQ(first[i], steering_reader(self, i));
}

/* F7.14: both directions of a flow use the queue that wrote it */
TEST_F(steering, replies_follow_the_writer)
{
	int i;

	for (i = 0; i < 60; i++)
		ASSERT_EQ(0, flow_write(&self->path, self->fd[i % QUEUES], i,
					0));
	for (i = 0; i < 60; i++)
		EXPECT_EQ(i % QUEUES, steering_reader(self, i));
}

/* F7.14: the last writer counts */
TEST_F(steering, flow_moves_with_its_writer)
{
	int i;

	for (i = 0; i < 30; i++) {
		ASSERT_EQ(0, flow_write(&self->path, self->fd[i % QUEUES], 7,
					i));
		EXPECT_EQ(i % QUEUES, steering_reader(self, 7));
	}
}

/* F5.45: a packet that a down device refuses teaches nothing */
TEST_F(steering, refused_write_teaches_nothing)
{
	int flow = steering_find(self, 0);

	ASSERT_LE(0, flow);
	ASSERT_EQ(0, link_down("mq0"));
	EXPECT_EQ(-EIO, flow_write(&self->path, self->fd[2], flow, 0));
	ASSERT_EQ(0, link_up("mq0"));
	EXPECT_EQ(0, steering_reader(self, flow));
}

/* F7.18 F5.45: with one queue enabled there is no choice and no learning */
TEST_F(steering, one_queue_gets_all)
{
	int flow = steering_find(self, 1);
	int i;

	ASSERT_LE(0, flow);
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_set_queue(self->fd[2], IFF_DETACH_QUEUE));
	for (i = 0; i < 20; i++)
		EXPECT_EQ(0, steering_reader(self, i));
	ASSERT_EQ(0, flow_write(&self->path, self->fd[0], flow, 0));
	/* back in the old order each queue has its old number … */
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_ATTACH_QUEUE));
	ASSERT_EQ(0, vt_set_queue(self->fd[2], IFF_ATTACH_QUEUE));
	/* … and the hash still decides */
	EXPECT_EQ(1, steering_reader(self, flow));
}

/* F7.14: two devices learn apart from each other */
TEST_F(steering, devices_learn_apart)
{
	struct flow_path other;
	int fd[2], i, flow = steering_find(self, 0);

	ASSERT_LE(0, flow);
	for (i = 0; i < 2; i++) {
		fd[i] = vt_attach_nb("mq1", self->flags);
		ASSERT_LE(0, fd[i]);
	}
	ASSERT_EQ(0, link_up("mq1"));
	ASSERT_EQ(0, flow_open(&other, "mq1", variant->type == IFF_TAP));
	/* queue 0 of three has it by hash, so queue 0 of two has it too */
	ASSERT_EQ(0, flow_reader(&other, flow, fd, 2));
	ASSERT_EQ(0, flow_write(&other, fd[1], flow, 0));
	EXPECT_EQ(1, flow_reader(&other, flow, fd, 2));
	EXPECT_EQ(0, steering_reader(self, flow));
}

/* F7.16: what is known of a queue that keeps its number stays known */
TEST_F(steering, other_queues_flows_stay)
{
	int flow = steering_find(self, 0);

	ASSERT_LE(0, flow);
	ASSERT_EQ(0, flow_write(&self->path, self->fd[1], flow, 0));
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
	EXPECT_EQ(1, steering_reader(self, flow));
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	EXPECT_EQ(1, steering_reader(self, flow));
}

/*
 * F7.16: the last queue takes the number of one that went. In-tree its flows
 * keep the number that is no more, which leads to queue 0; vtun's go with it.
 */
TEST_F(steering, flows_of_a_renumbered_queue)
{
	int flow;

	ASSERT_EQ(0, vt_set_queue(self->fd[2], IFF_DETACH_QUEUE));
	flow = steering_find(self, 0);
	ASSERT_LE(0, flow);
	ASSERT_EQ(0, vt_set_queue(self->fd[2], IFF_ATTACH_QUEUE));
	ASSERT_EQ(0, flow_write(&self->path, self->fd[2], flow, 0));
	ASSERT_EQ(2, steering_reader(self, flow));
	close(self->fd[1]);
	self->fd[1] = -1;
	ASSERT_EQ(1, flow_number(&self->path, self->fd[2]));
	EXPECT_EQ(vt_intree() ? 0 : 2, steering_reader(self, flow));
}

/*
 * F7.16: flows of a queue that went. In-tree they go to who has its number now;
 * vtun forgets them and the hash decides.
 */
TEST_F(steering, flows_of_a_gone_queue)
{
	int flow;

	/* with fd 0 and 2 left, the hash leads to 0 */
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	flow = steering_find(self, 0);
	ASSERT_LE(0, flow);
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_ATTACH_QUEUE));
	ASSERT_EQ(2, flow_number(&self->path, self->fd[1]));
	ASSERT_EQ(0, vt_set_queue(self->fd[2], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_set_queue(self->fd[2], IFF_ATTACH_QUEUE));

	/* now fd 0 is queue 0, fd 1 queue 1, fd 2 queue 2 */
	ASSERT_EQ(1, flow_number(&self->path, self->fd[1]));
	ASSERT_EQ(0, flow_write(&self->path, self->fd[1], flow, 0));
	ASSERT_EQ(1, steering_reader(self, flow));
	close(self->fd[1]);
	self->fd[1] = -1;
	ASSERT_EQ(1, flow_number(&self->path, self->fd[2]));
	EXPECT_EQ(vt_intree() ? 2 : 0, steering_reader(self, flow));
}

/*
 * F7.15: a flow is forgotten when it wasn't written for 3 s, and kept while it
 * is written.
 */
TEST_F(steering, silent_flow_expires)
{
	int silent = steering_find(self, 0), busy = steering_find(self, 0);
	uint64_t start;

	ASSERT_LE(0, silent);
	ASSERT_LE(0, busy);
	start = now_ms();
	ASSERT_EQ(0, flow_write(&self->path, self->fd[1], silent, 0));
	do {
		ASSERT_EQ(0, flow_write(&self->path, self->fd[2], busy, 0));
		ASSERT_EQ(2, steering_reader(self, busy));
		nap_ms(50);
	} while (steering_reader(self, silent) == 1 &&
		 now_ms() - start < 5 * EXPIRY_MS);
	EXPECT_EQ(0, steering_reader(self, silent));
	EXPECT_LE(EXPIRY_MS - 100, now_ms() - start);
	EXPECT_EQ(2, steering_reader(self, busy));
}

/* F7.15: the table holds 4096 flows; further ones aren't learned */
TEST_F(steering, table_is_limited)
{
	uint64_t start;
	int late, i;

	late = steering_find(self, 0);
	ASSERT_LE(0, late);
	start = now_ms();
	for (i = 0; i < MAX_FLOWS - 1; i++)
		ASSERT_EQ(0, flow_write(&self->path, self->fd[1],
					20000 + i, 0));
	/* the last free place … */
	ASSERT_EQ(0, flow_write(&self->path, self->fd[1], 30000, 0));
	if (now_ms() - start < EXPIRY_MS / 2)
		EXPECT_EQ(1, steering_reader(self, 30000));
	/* … and some more, lest two flows have had the same hash */
	for (i = 1; i < 20; i++)
		ASSERT_EQ(0, flow_write(&self->path, self->fd[1], 30000 + i,
					0));
	ASSERT_EQ(0, flow_write(&self->path, self->fd[1], late, 0));
	i = steering_reader(self, late);
	if (now_ms() - start >= EXPIRY_MS)
		SKIP(return, "too slow: flows may have expired meanwhile");
	EXPECT_EQ(0, i);
	/* a flow that is known can still change its queue */
	ASSERT_EQ(0, flow_write(&self->path, self->fd[2], 20000, 0));
	if (now_ms() - start < EXPIRY_MS)
		EXPECT_EQ(2, steering_reader(self, 20000));
}

TEST_HARNESS_MAIN
