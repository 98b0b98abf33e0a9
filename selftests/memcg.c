// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a program makes the kernel keep is charged to its memory cgroup: queues
 * and their fifos. In-tree tun charges nobody, so these tests are vtun's own.
 */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_race.h"

#include <limits.h>
#include <linux/if_tun.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NAME	"mc0"
#define FLAGS	(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE)
#define LENGTH	30000			/* of each fifo; the core allows 32767 */
#define FIFO	(LENGTH * (long)sizeof(void *))
#define QUEUES	8
#define MANY	128
#define LIMIT	"16000000"		/* far below MANY * FIFO */
#define ROOT	"/sys/fs/cgroup"
#define GROUP	ROOT "/vtun-memcg"

/* What a process in the group has to tell. */
struct member {
	bool ready;
	long kernel[3];			/* without, with, and again without queues */
	int err;
};

FIXTURE(memcg)
{
	struct member *member;
	int refs;
};

/* A value in the group's file of that name; of @key, if it has many. */
static long group_value(const char *file, const char *key)
{
	char path[128], text[8192], *at = text;

	snprintf(path, sizeof(path), GROUP "/%s", file);
	if (file_read(path, text, sizeof(text)) <= 0)
		return -1;
	if (key) {
		at = strstr(text, key);
		if (!at)
			return -1;
		at += strlen(key);
	}
	return strtol(at, NULL, 10);
}

FIXTURE_SETUP(memcg)
{
	ASSERT_EQ(0, ns_fresh());
	if (vt_intree())
		SKIP(return, "in-tree tun charges nobody");
	if (file_write(ROOT "/cgroup.subtree_control", "+memory"))
		mount("cgroup2", ROOT, "cgroup2", 0, NULL);
	if (file_write(ROOT "/cgroup.subtree_control", "+memory") ||
	    (mkdir(GROUP, 0755) && errno != EEXIST))
		SKIP(return, "no memory cgroups");
	self->member = mmap(NULL, sizeof(*self->member), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->member);
	self->refs = vt_module_refs();
}

FIXTURE_TEARDOWN(memcg)
{
	if (self->member)
		rmdir(GROUP);
}

/* Return: 0, or -errno of the first that could not be had. */
static int open_queues(int fd[], int n)
{
	int i, err = 0;

	for (i = 0; i < n && !err; i++) {
		fd[i] = vt_attach(NAME, FLAGS);
		if (fd[i] < 0)
			return fd[i];
		if (!i)
			err = link_set_txqlen(NAME, LENGTH);
	}
	return err;
}

/* Statistics are gathered now and then only: until they are in bounds, if ever. */
static long kernel_memory(long min, long max)
{
	uint64_t end = now_ms() + WAIT_MS;
	long value;

	do {
		value = group_value("memory.stat", "\nkernel ");
		if (value >= min && value < max)
			break;
		nap_ms(50);
	} while (now_ms() < end);
	return value;
}

static bool join(struct member *member)
{
	member->ready = !file_write(GROUP "/cgroup.procs", "0");
	member->kernel[0] = group_value("memory.stat", "\nkernel ");
	return member->ready;
}

static void expect_fifos(struct member *member)
{
	member->kernel[1] = kernel_memory(member->kernel[0] + QUEUES * FIFO,
					  LONG_MAX);
}

static int use_queues(void *arg)
{
	struct member *member = arg;
	int fd[QUEUES], i;

	if (!join(member))
		return 1;
	member->err = open_queues(fd, QUEUES);
	expect_fifos(member);
	for (i = 0; i < QUEUES; i++)
		close(fd[i]);
	member->kernel[2] = kernel_memory(0, member->kernel[0] + FIFO);
	return 0;
}

TEST_F(memcg, queues_are_charged)
{
	struct member *member = self->member;

	ASSERT_EQ(0, run_child(use_queues, member));
	ASSERT_EQ(0, member->err);
	EXPECT_LE(QUEUES * FIFO, member->kernel[1] - member->kernel[0]);
	/* the device itself is charged, too */
	EXPECT_GT(2 * QUEUES * FIFO, member->kernel[1] - member->kernel[0]);
	EXPECT_GT(FIFO, member->kernel[2] - member->kernel[0]);
}

static int lengthen_others(void *arg)
{
	struct member *member = arg;

	if (!join(member))
		return 1;
	member->err = link_set_txqlen(NAME, LENGTH);
	expect_fifos(member);
	return 0;
}

/* Who makes the fifos longer pays for them, whoever has the files. */
TEST_F(memcg, lengthening_is_charged)
{
	struct member *member = self->member;
	int fd[QUEUES], i;

	for (i = 0; i < QUEUES; i++) {
		fd[i] = vt_attach(NAME, FLAGS);
		ASSERT_LE(0, fd[i]);
	}
	ASSERT_EQ(0, run_child(lengthen_others, member));
	ASSERT_EQ(0, member->err);
	EXPECT_LE(QUEUES * FIFO, member->kernel[1] - member->kernel[0]);
	for (i = 0; i < QUEUES; i++)
		close(fd[i]);
}

static void take_too_much(struct member *member)
{
	int fd[MANY];

	if (!join(member))
		_exit(1);
	member->err = open_queues(fd, MANY);
	_exit(2);
}

/* One that wants more than its limit is refused or ended, and leaves nothing. */
TEST_F(memcg, limit_holds)
{
	struct member *member = self->member;
	int status, fd;
	pid_t pid;

	ASSERT_EQ(0, file_write(GROUP "/memory.max", LIMIT));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		take_too_much(member);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(member->ready);
	if (WIFSIGNALED(status)) {
		EXPECT_EQ(SIGKILL, WTERMSIG(status));
		EXPECT_LT(0, group_value("memory.events", "oom_kill "));
	} else {
		EXPECT_EQ(2, WEXITSTATUS(status));
		EXPECT_EQ(-ENOMEM, member->err);
	}
	EXPECT_FALSE(link_exists(NAME));
	EXPECT_EQ(self->refs, vt_module_refs());
	/* the driver is as good as before */
	fd = vt_attach(NAME, FLAGS);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST_HARNESS_MAIN
