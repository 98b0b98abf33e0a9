// SPDX-License-Identifier: GPL-2.0-only
/* An eBPF program that chooses the queue for what the stack sends. */
#include <kselftest_harness.h>
#include "testlib_bpf.h"
#include "testlib_flow.h"

#define QUEUES		3
#define FLOWS		24
#define FILTER		BPF_PROG_TYPE_SOCKET_FILTER

FIXTURE(ebpf_steering)
{
	struct flow_path path;
	int flags;
	int fd[QUEUES];
	int answer;			/* map whose word the program returns */
};

FIXTURE_VARIANT(ebpf_steering)
{
	int type;
};

FIXTURE_VARIANT_ADD(ebpf_steering, tun)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(ebpf_steering, tap)
{
	.type = IFF_TAP,
};

static int set(int fd, int prog)
{
	return vt_ioctl_int(fd, TUNSETSTEERINGEBPF, prog);
}

FIXTURE_SETUP(ebpf_steering)
{
	int i, prog;

	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->type | IFF_NO_PI | IFF_MULTI_QUEUE;
	for (i = 0; i < QUEUES; i++) {
		self->fd[i] = vt_attach_nb("mq0", self->flags);
		ASSERT_LE(0, self->fd[i]);
	}
	ASSERT_EQ(0, link_up("mq0"));
	ASSERT_EQ(0, flow_open(&self->path, "mq0", variant->type == IFF_TAP));
	self->answer = bpf_array(sizeof(uint32_t));
	if (self->answer == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_LE(0, self->answer);
	prog = bpf_load_word(FILTER, self->answer);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, set(self->fd[1], prog));
	close(prog);
}

FIXTURE_TEARDOWN(ebpf_steering)
{
}

static int reader(FIXTURE_DATA(ebpf_steering) *self, unsigned int flow)
{
	return flow_reader(&self->path, flow, self->fd, QUEUES);
}

static int answer(FIXTURE_DATA(ebpf_steering) *self, uint32_t value)
{
	return bpf_map_set(self->answer, 0, &value);
}

/* How many of the test's flows take another queue than @want. */
static int astray(FIXTURE_DATA(ebpf_steering) *self, int want)
{
	unsigned int flow;
	int n = 0;

	for (flow = 0; flow < FLOWS; flow++)
		n += reader(self, flow) != want;
	return n;
}

/* F7.13: its answer, of which 16 bits count, modulo the number of queues */
TEST_F(ebpf_steering, answer_chooses)
{
	const struct {
		uint32_t value;
		int queue;
	} t[] = {
		{ 0, 0 }, { 1, 1 }, { 2, 2 }, { 3, 0 }, { 4, 1 }, { 100, 1 },
		{ 0xffff, 0 }, { 0x10000, 0 }, { 0x10001, 1 }, { ~0U, 0 },
		{ 0x7fff0002, 2 }, { 0xfffffffe, 2 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(t); i++) {
		ASSERT_EQ(0, answer(self, t[i].value));
		EXPECT_EQ(t[i].queue, reader(self, i))
			TH_LOG("answer %#x", t[i].value);
		EXPECT_EQ(t[i].queue, reader(self, 500 + i));
	}
}

/* F7.13 F7.17: it is stronger than who wrote the flow, before or meanwhile */
TEST_F(ebpf_steering, stronger_than_the_writer)
{
	unsigned int flow;

	ASSERT_EQ(0, answer(self, 2));
	for (flow = 0; flow < FLOWS; flow++)
		ASSERT_EQ(0, flow_write(&self->path, self->fd[0], flow, 0));
	EXPECT_EQ(0, astray(self, 2));
}

/* F7.17 F5.45: with a program nothing is learned; without, it is again */
TEST_F(ebpf_steering, stops_learning)
{
	unsigned int flow;
	int before[FLOWS];

	ASSERT_EQ(0, set(self->fd[0], -1));
	for (flow = 0; flow < FLOWS; flow++)
		before[flow] = reader(self, flow);
	/* with the program the writer does not matter, then or later */
	ASSERT_EQ(0, set(self->fd[0], bpf_load_word(FILTER, self->answer)));
	for (flow = 0; flow < FLOWS; flow++)
		ASSERT_EQ(0, flow_write(&self->path, self->fd[2], flow, 0));
	ASSERT_EQ(0, set(self->fd[0], -1));
	for (flow = 0; flow < FLOWS; flow++)
		EXPECT_EQ(before[flow], reader(self, flow));
	for (flow = 0; flow < FLOWS; flow++)
		ASSERT_EQ(0, flow_write(&self->path, self->fd[2], flow, 1));
	EXPECT_EQ(0, astray(self, 2));
}

/* F7.13 F9.3: it follows the number of queues, and their numbers */
TEST_F(ebpf_steering, queues_come_and_go)
{
	ASSERT_EQ(0, answer(self, 2));
	EXPECT_EQ(2, reader(self, 1));
	/* file 2 becomes queue 0 of two */
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
	EXPECT_EQ(2, reader(self, 1));
	ASSERT_EQ(0, answer(self, 1));
	EXPECT_EQ(1, reader(self, 1));
	/* and file 0 queue 2 of three */
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	ASSERT_EQ(0, answer(self, 5));
	EXPECT_EQ(0, reader(self, 1));
}

/* F7.18: with one queue there is nothing to choose, and nobody is asked */
TEST_F(ebpf_steering, one_queue_asks_nobody)
{
	struct bpf_code code = {};
	uint64_t asked = 0;
	int count = bpf_array(sizeof(asked)), prog;

	ASSERT_LE(0, count);
	bpf_add_value(&code, BPF_REG_1, count, 0);
	bpf_add(&code, BI_LOAD(BPF_DW, BPF_REG_0, BPF_REG_1, 0));
	bpf_add(&code, BI_ADD(BPF_REG_0, 1));
	bpf_add(&code, BI_STORE(BPF_DW, BPF_REG_1, 0, BPF_REG_0));
	bpf_add(&code, BI_EXIT);
	prog = bpf_load(FILTER, &code);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, set(self->fd[0], prog));
	EXPECT_EQ(1, reader(self, 1));
	ASSERT_EQ(0, bpf_map_get(count, 0, &asked));
	EXPECT_EQ(1, asked);
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_set_queue(self->fd[2], IFF_DETACH_QUEUE));
	EXPECT_EQ(0, reader(self, 1));
	ASSERT_EQ(0, bpf_map_get(count, 0, &asked));
	EXPECT_EQ(1, asked);
}

/* F3.15.1 F10.2: the program stays while nobody is attached */
TEST_F(ebpf_steering, survives_close)
{
	int i;

	ASSERT_EQ(0, answer(self, 1));
	ASSERT_EQ(0, vt_persist(self->fd[0], true));
	for (i = 0; i < QUEUES; i++)
		close(self->fd[i]);
	for (i = 0; i < QUEUES; i++)
		self->fd[i] = vt_attach_nb("mq0", self->flags);
	ASSERT_TRUE(link_operates("mq0", IF_OPER_UP));
	EXPECT_EQ(0, astray(self, 1));
	ASSERT_EQ(0, vt_persist(self->fd[0], false));
}

/* F7.13: the program sees the packet from its first byte on */
TEST_F(ebpf_steering, sees_the_packet)
{
	struct bpf_code code = {};
	int prog;

	/* the IPv4 protocol, 17: queue 2 of three */
	bpf_add(&code, BI_MOV(BPF_REG_6, BPF_REG_1));
	bpf_add(&code, BI(BPF_LD | BPF_ABS | BPF_B, 0, 0, 0,
			  9 + (variant->type == IFF_TAP ? ETH_HLEN : 0)));
	bpf_add(&code, BI_EXIT);
	prog = bpf_load(FILTER, &code);
	ASSERT_LE(0, prog);
	ASSERT_EQ(0, set(self->fd[0], prog));
	EXPECT_EQ(0, astray(self, 17 % QUEUES));
}

TEST_HARNESS_MAIN
