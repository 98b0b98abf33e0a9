// SPDX-License-Identifier: GPL-2.0-only
/* Jobs that run against each other. */
#include "testlib_race.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define RACE_SECONDS	2		/* without VTUN_SECONDS */
#define RACE_PATIENCE	60000		/* ms, for a job to see the end */

struct race_board {
	_Atomic bool stop;
	struct race_job job[RACE_JOBS];
};

int vt_module_refs(void)
{
	char path[64], buf[32];
	int err;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", vt_driver());
	err = file_read(path, buf, sizeof(buf));
	return err < 0 ? err : atoi(buf);
}

int race_init(struct race *race)
{
	debugfs_mount();
	race->num = 0;
	race->refs = vt_module_refs();
	race->board = mmap(NULL, sizeof(*race->board), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return race->board == MAP_FAILED ? -errno : 0;
}

int race_add(struct race *race, void (*fn)(struct race_job *job), void *arg)
{
	struct race_job *job;
	pid_t pid;

	if (race->num == RACE_JOBS)
		return -ENOSPC;
	job = &race->board->job[race->num];
	job->stop = &race->board->stop;
	job->end = &race->board->stop;
	job->nr = race->num;
	job->arg = arg;
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		fn(job);
		_exit(0);
	}
	race->pid[race->num] = pid;
	return race->num++;
}

bool race_goes_on(struct race_job *job)
{
	if (*job->stop)
		return false;
	job->rounds++;
	return true;
}

static unsigned int race_ms(void)
{
	const char *env = getenv("VTUN_SECONDS");
	int seconds = env ? atoi(env) : 0;

	return 1000 * (seconds > 0 ? seconds : RACE_SECONDS);
}

/* How a job ended, NULL if by itself. */
static const char *race_join(pid_t pid)
{
	int status;

	if (!wait_for(waitpid(pid, &status, WNOHANG) == pid, RACE_PATIENCE)) {
		kill(pid, SIGKILL);
		return "did not end";
	}
	return WIFEXITED(status) && !WEXITSTATUS(status) ? NULL : "died";
}

static bool race_all_done(struct race *race)
{
	int i;

	for (i = 0; i < race->num; i++)
		if (!race->board->job[i].done)
			return false;
	return true;
}

/* How many of 100 of the driver's transitions wait for others; other kernels have no such file. */
static void race_pause(const char *percent)
{
	file_write(DEBUGFS "vtun_pause/probability", percent);
}

int race_run(struct race *race)
{
	struct race_board *board = race->board;
	int i, bad = 0;

	race_pause("10");
	wait_for(board->stop, race_ms());
	/* a slow guest may need longer to get anything done at all */
	wait_for(board->stop || race_all_done(race), RACE_PATIENCE);
	board->stop = true;
	race_pause("0");
	for (i = 0; i < race->num; i++) {
		struct race_job *job = &board->job[i];
		const char *end = race_join(race->pid[i]);

		printf("# job %d: %lu of %lu rounds done%s%s\n", i, job->done,
		       job->rounds, end ? ", " : "", end ? end : "");
		if (job->line)
			printf("# job %d failed in line %d, value %d\n", i,
			       job->line, job->value);
		bad += end || job->line || !job->done;
	}
	fflush(stdout);
	return bad;
}

unsigned long race_job_rounds(const struct race *race, int nr)
{
	return race->board->job[nr].rounds;
}

unsigned long race_job_done(const struct race *race, int nr)
{
	return race->board->job[nr].done;
}

bool race_left_nothing(struct race *race)
{
	return wait_for(vt_module_refs() <= race->refs, RACE_PATIENCE);
}
