// SPDX-License-Identifier: GPL-2.0-only
/* Several processes do TUNSETIFF at the same time. */
#include <kselftest_harness.h>
#include "testlib.h"

#define JOBS 6
#define ROUNDS 5

/* Shared by the processes of one round. */
struct board {
	_Atomic int ready;
	_Atomic bool go;
	int fd[JOBS];
	int ret[JOBS];
	char name[JOBS][IFNAMSIZ];
};

FIXTURE(together)
{
	struct board *board;
};

VARIANTS_PAIRWISE(together);

FIXTURE_SETUP(together)
{
	ASSERT_EQ(0, ns_fresh());
	self->board = mmap(NULL, sizeof(*self->board), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->board);
}

FIXTURE_TEARDOWN(together)
{
}

/*
 * Each process waits for the others, then makes its call on fd[i] with
 * name[i]. The files are the parent's too, so what they hold stays.
 */
static int run_together(struct board *b, int flags)
{
	pid_t pid[JOBS];
	int i, status, err = 0;

	b->ready = 0;
	b->go = false;
	for (i = 0; i < JOBS; i++) {
		pid[i] = fork();
		if (pid[i])
			continue;
		b->ready++;
		if (!wait_for(b->go, WAIT_MS))
			_exit(1);
		b->ret[i] = vt_setiff_name(b->fd[i], b->name[i], flags,
					   b->name[i]);
		_exit(0);
	}
	if (!wait_for(b->ready == JOBS, WAIT_MS))
		err = -ETIMEDOUT;
	b->go = true;
	for (i = 0; i < JOBS; i++) {
		if (waitpid(pid[i], &status, 0) != pid[i] || status)
			err = -ECHILD;
	}
	return err;
}

static int count_ret(const struct board *b, int ret)
{
	int i, n = 0;

	for (i = 0; i < JOBS; i++)
		n += b->ret[i] == ret;
	return n;
}

/* F1.5 F2.2: one file gets one device, whoever was first */
TEST_F(together, one_file)
{
	struct board *b = self->board;
	char name[IFNAMSIZ];
	int round, i, fd;

	for (round = 0; round < ROUNDS; round++) {
		fd = vt_open(O_RDWR);
		ASSERT_LE(0, fd);
		for (i = 0; i < JOBS; i++) {
			b->fd[i] = fd;
			snprintf(b->name[i], IFNAMSIZ, "tst%d", i);
		}
		ASSERT_EQ(0, run_together(b, variant->flags));
		EXPECT_EQ(1, count_ret(b, 0));
		EXPECT_EQ(JOBS - 1, count_ret(b, -EEXIST));
		EXPECT_EQ(2, link_count());
		ASSERT_EQ(0, vt_ifname(fd, name));
		for (i = 0; i < JOBS; i++) {
			if (!b->ret[i])
				EXPECT_STREQ(b->name[i], name);
		}
		ASSERT_EQ(0, close(fd));
		EXPECT_EQ(1, link_count());
	}
}

/* F2.14 F9.1: one name: the first makes the device, the others join or are
 * told that it is busy
 */
TEST_F(together, one_name)
{
	bool mq = variant->flags & IFF_MULTI_QUEUE;
	struct board *b = self->board;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < JOBS; i++) {
			b->fd[i] = vt_open(O_RDWR);
			ASSERT_LE(0, b->fd[i]);
			strcpy(b->name[i], "tst0");
		}
		ASSERT_EQ(0, run_together(b, variant->flags));
		EXPECT_EQ(mq ? JOBS : 1, count_ret(b, 0));
		EXPECT_EQ(mq ? 0 : JOBS - 1, count_ret(b, -EBUSY));
		EXPECT_EQ(2, link_count());
		for (i = 0; i < JOBS; i++)
			ASSERT_EQ(0, close(b->fd[i]));
		EXPECT_EQ(1, link_count());
	}
}

/* F2.7: with TUN_EXCL one alone can have made it */
TEST_F(together, one_name_exclusively)
{
	struct board *b = self->board;
	int i;

	for (i = 0; i < JOBS; i++) {
		b->fd[i] = vt_open(O_RDWR);
		ASSERT_LE(0, b->fd[i]);
		strcpy(b->name[i], "tst0");
	}
	ASSERT_EQ(0, run_together(b, variant->flags | IFF_TUN_EXCL));
	EXPECT_EQ(1, count_ret(b, 0));
	EXPECT_EQ(JOBS - 1, count_ret(b, -EBUSY));
	EXPECT_EQ(2, link_count());
}

/* F2.30: one template: each gets a number of its own, the lowest ones */
TEST_F(together, one_template)
{
	struct board *b = self->board;
	char name[IFNAMSIZ];
	int i, j;

	for (i = 0; i < JOBS; i++) {
		b->fd[i] = vt_open(O_RDWR);
		ASSERT_LE(0, b->fd[i]);
		strcpy(b->name[i], "tst%d");
	}
	ASSERT_EQ(0, run_together(b, variant->flags));
	EXPECT_EQ(JOBS, count_ret(b, 0));
	EXPECT_EQ(JOBS + 1, link_count());
	for (i = 0; i < JOBS; i++) {
		snprintf(name, sizeof(name), "tst%d", i);
		EXPECT_TRUE(link_exists(name));
		ASSERT_EQ(0, vt_ifname(b->fd[i], name));
		EXPECT_STREQ(b->name[i], name);
		for (j = 0; j < i; j++)
			EXPECT_STRNE(b->name[j], b->name[i]);
	}
}

TEST_HARNESS_MAIN
