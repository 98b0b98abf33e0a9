// SPDX-License-Identifier: GPL-2.0-only
/* The process that owns a world: takes a sequence, runs it, leaves the record. */
#include "world.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void reach(struct world *world, const char *key, int err)
{
	reach_add(world->shared->reach, &world->shared->reach_used, key, err);
}

void (*worker_begins)(void);

static void run_sequence(struct world *world)
{
	struct shared *shared = world->shared;
	unsigned int i;

	world_reset(world);
	shared->done = 0;
	if (worker_begins)
		worker_begins();
	for (i = 0; i < shared->seq.count && i < shared->stop; i++) {
		shared->start[i] = world->used;
		world_step(world, &shared->seq.step[i]);
		shared->start[i + 1] = world->used;
		shared->done = i + 1;
	}
	shared->start[i] = world->used;
	world_last_look(world);
	shared->start[i + 1] = world->used;
	shared->done = i + 1;
}

/* A signal that was to end a call may come late. */
static bool is_asked(int from)
{
	char byte;
	ssize_t n;

	do {
		n = read(from, &byte, 1);
	} while (n < 0 && errno == EINTR);
	return n == 1;
}

static void worker_live(struct worker *worker, int from, int to)
{
	struct world world = { .shared = worker->shared, .driver = worker->driver };
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (world_make(&world)) {
		perror("differential: namespaces");
		_exit(1);
	}
	if (write(to, &byte, 1) != 1)
		_exit(1);
	while (is_asked(from)) {
		run_sequence(&world);
		if (write(to, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

int worker_start(struct worker *worker, const char *driver)
{
	int down[2], up[2];

	worker->driver = driver;
	if (!worker->shared) {
		worker->shared = mmap(NULL, sizeof(*worker->shared), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (worker->shared == MAP_FAILED)
			return -1;
	}
	if (pipe(down) || pipe(up))
		return -1;
	fflush(NULL);
	worker->pid = fork();
	if (worker->pid < 0)
		return -1;
	if (!worker->pid) {
		close(down[1]);
		close(up[0]);
		worker_live(worker, down[0], up[1]);
	}
	close(down[0]);
	close(up[1]);
	worker->to = down[1];
	worker->from = up[0];
	return worker_wait(worker, 30000);
}

void worker_stop(struct worker *worker)
{
	if (!worker->pid)
		return;
	close(worker->to);
	kill(worker->pid, SIGKILL);
	waitpid(worker->pid, NULL, 0);
	close(worker->from);
	worker->pid = 0;
}

void worker_send(struct worker *worker, const struct sequence *seq)
{
	char byte = 1;

	worker->shared->seq.count = seq->count;
	memcpy(worker->shared->seq.step, seq->step, seq->count * sizeof(seq->step[0]));
	worker->shared->stop = SEQ_STEPS;
	worker->shared->done = 0;
	if (write(worker->to, &byte, 1) != 1)
		perror("differential: worker");
}

int worker_wait(struct worker *worker, int timeout_ms)
{
	struct pollfd p = { worker->from, POLLIN };
	char byte;

	if (poll(&p, 1, timeout_ms) != 1)
		return -1;
	return read(worker->from, &byte, 1) == 1 ? 0 : -1;
}

int pair_start(struct pair *pair)
{
	return worker_start(&pair->w[0], pair->driver[0]) ||
	       worker_start(&pair->w[1], pair->driver[1]) ? -1 : 0;
}

void pair_stop(struct pair *pair)
{
	worker_stop(&pair->w[0]);
	worker_stop(&pair->w[1]);
}

/* Compares what two workers have left; @failed has a bit for each that didn't end. */
void pair_finish(struct pair *pair, const struct sequence *seq, int failed,
		 struct outcome *outcome)
{
	memset(outcome, 0, sizeof(*outcome));
	if (!failed) {
		compare_records(pair->w[0].shared, pair->w[1].shared, seq, outcome);
		return;
	}
	outcome->verdict = failed == 3 ? BROKEN : DIFFERENT;
	for (int i = 0; i < 2; i++) {
		if (!(failed & 1 << i))
			continue;
		outcome->step = pair->w[i].shared->done;
		snprintf(outcome->text + strlen(outcome->text), 256,
			 "  the worker of %s did not come back from this step\n",
			 pair->driver[i]);
	}
	pair_stop(pair);
	pair_start(pair);
}

int patience = 60000;		/* ms for one sequence */

void pair_run(struct pair *pair, const struct sequence *seq, struct outcome *outcome)
{
	int failed = 0;

	for (int i = 0; i < 2; i++)
		worker_send(&pair->w[i], seq);
	for (int i = 0; i < 2; i++)
		if (worker_wait(&pair->w[i], patience))
			failed |= 1 << i;
	pair_finish(pair, seq, failed, outcome);
}
