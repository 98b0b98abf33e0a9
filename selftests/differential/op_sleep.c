// SPDX-License-Identifier: GPL-2.0-only
/* A thread that sleeps in read(). */
#include "gen.h"
#include "ops.h"
#include "rules.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct sleeper {
	pthread_t thread;
	volatile pid_t tid;
	volatile bool ended;
	int fd;
	ssize_t ret;
	int err;
	uint8_t data[4096];
};

static void *sleep_in_read(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->tid = syscall(SYS_gettid);
	/* leaves the file's position alone, which a write() that wakes us stores, too */
	sleeper->ret = pread(sleeper->fd, sleeper->data, sizeof(sleeper->data), 0);
	sleeper->err = errno;
	/* by the header's size that it was read with */
	if (sleeper->ret > 0)
		rules_clean_read(sleeper->fd, sleeper->data, sleeper->ret);
	sleeper->ended = true;
	return NULL;
}

/* The thread's state as /proc shows it; the processor is given up, so that it can get there. */
static char thread_state(pid_t tid)
{
	char path[64], text[256], *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 'X';
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	end = strrchr(text, ')');
	return end ? end[2] : 'X';
}

/* Until the thread sleeps (again) or has come back. */
void sleepers_settle(struct world *world)
{
	struct sleeper *sleeper = world->sleeper;
	const struct timespec nap = { .tv_nsec = 200000 };
	int asleep = 0;

	for (int i = 0; i < 20000 && !sleeper->ended && asleep < 2; i++) {
		if (sleeper->tid && thread_state(sleeper->tid) == 'S')
			asleep++;
		else
			asleep = 0;
		if (asleep < 2)
			nanosleep(&nap, NULL);
	}
}

static void sleeper_tell(struct world *world)
{
	struct sleeper *sleeper = world->sleeper;

	pthread_join(sleeper->thread, NULL);
	errno = sleeper->err;
	say_result(world, "sleeping read", sleeper->ret);
	if (sleeper->ret > 0)
		say_packet(world, "data", sleeper->data, sleeper->ret);
	close(sleeper->fd);
	free(sleeper);
	world->sleeper = NULL;
}

static void sleeper_wake(struct world *world)
{
	const struct timespec nap = { .tv_nsec = 1000000 };

	while (!world->sleeper->ended) {
		pthread_kill(world->sleeper->thread, SIGUSR1);
		nanosleep(&nap, NULL);
	}
	sleeper_tell(world);
}

void sleepers_end(struct world *world)
{
	if (world->sleeper)
		sleeper_wake(world);
}

static void generate_sleep(struct gen *gen, struct step *step)
{
	step->v[0] = gen_attached_file(gen);
}

/*
 * The thread reads by a duplicate that stays open, so that it sleeps on the same file whatever
 * becomes of the slot. O_NONBLOCK is off only until it sleeps: it is looked at when read() begins.
 */
static void run_sleep(struct world *world, const struct step *step)
{
	struct sleeper *sleeper;
	int fd = fcntl(world->file[step->v[0]], F_DUPFD_CLOEXEC, 0), flags;

	if (world->sleeper || fd < 0) {
		say(world, "ret", "no");
		if (fd >= 0)
			close(fd);
		return;
	}
	sleeper = calloc(1, sizeof(*sleeper));
	if (!sleeper)
		abort();
	memset(sleeper->data, READ_FILL, sizeof(sleeper->data));
	sleeper->fd = fd;
	world->sleeper = sleeper;
	flags = fcntl(fd, F_GETFL);
	fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	if (pthread_create(&sleeper->thread, NULL, sleep_in_read, sleeper)) {
		perror("differential: thread");
		_exit(1);
	}
	sleepers_settle(world);
	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	say(world, "ret", sleeper->ended ? "came back" : "sleeps");
	if (sleeper->ended)
		sleeper_tell(world);
}

const struct op op_sleep = {
	"sleep", "f", 6, generate_sleep, run_sleep,
};

static void generate_wake(struct gen *gen, struct step *step)
{
	step->v[0] = percent(gen, 60);
}

/* By a signal, or only looks whether it has come back. */
static void run_wake(struct world *world, const struct step *step)
{
	if (!world->sleeper) {
		say(world, "ret", "none sleeps");
		return;
	}
	if (!world->sleeper->ended && !step->v[0]) {
		say(world, "ret", "sleeps");
		return;
	}
	sleeper_wake(world);
}

const struct op op_wake = {
	"wake", "i", 10, generate_wake, run_wake,
};
