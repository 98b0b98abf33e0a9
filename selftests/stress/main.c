// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: stress [--seconds N] [--seed N]
 *
 * Runs all roles against /dev/net/$DRIVER, then prints how many rounds each
 * had and how many of them succeeded. Exit status 1: a role hung, died or never
 * succeeded, or something was left behind.
 */
#include "stress.h"
#include "testlib_bpf.h"
#include "testlib_race.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define STRESS_ROLES	40
#define STRESS_PATIENCE	120000		/* ms until a role has seen the end */
#define STRESS_GRACE	300000		/* ms until each role has succeeded */

const struct stress_dev stress_devs[STRESS_DEVICES] = {
	{ "st0", IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE },
	{ "st1", IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR },
	{ "st2", IFF_TAP | IFF_MULTI_QUEUE | IFF_NAPI | IFF_NAPI_FRAGS },
	{ "st3", IFF_TUN | IFF_MULTI_QUEUE | IFF_NAPI | IFF_BACKPRESSURE },
};

struct stress_count {
	_Atomic unsigned long rounds, done;
};

/* In memory that all share. */
struct stress_board {
	_Atomic bool stop;
	struct stress_count count[STRESS_ROLES];
};

static struct stress_board *board;
static const struct stress_role *roles[STRESS_ROLES];
static pid_t pids[STRESS_ROLES];
static int num_roles;

static void add_roles(const struct stress_role *list)
{
	for (; list->name; list++)
		roles[num_roles++] = list;
}

static int load_programs(struct stress *s)
{
	static const struct {
		int type, value;
	} progs[4] = {
		{ BPF_PROG_TYPE_XDP, XDP_PASS },
		{ BPF_PROG_TYPE_XDP, XDP_DROP },
		{ BPF_PROG_TYPE_SOCKET_FILTER, 0xffff },
		{ BPF_PROG_TYPE_SOCKET_FILTER, 1 },
	};
	int i;

	for (i = 0; i < 4; i++) {
		s->progs[i] = bpf_load_const(progs[i].type, progs[i].value);
		if (s->progs[i] < 0)
			return s->progs[i];
	}
	return 0;
}

/* Pauses of any length below a few milliseconds, but for most rounds none. */
static void pause_somewhat(struct stress *s)
{
	if (!stress_any(s, 8))
		nap_ms(stress_any(s, 4));
}

static void run_role(int nr, struct stress *s)
{
	const struct stress_role *role = roles[nr];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, role->name);
	s->seed = s->seed * 1000 + nr;
	while (!board->stop) {
		bool done = role->round(s);

		board->count[nr].rounds++;
		board->count[nr].done += done;
		pause_somewhat(s);
	}
	_exit(0);
}

static int start_roles(struct stress *s)
{
	int i;

	fflush(stdout);
	for (i = 0; i < num_roles; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			return -errno;
		if (!pids[i])
			run_role(i, s);
	}
	return 0;
}

static bool all_succeeded(void)
{
	int i;

	for (i = 0; i < num_roles; i++)
		if (!board->count[i].done)
			return false;
	return true;
}

/*
 * For the time that was asked for, and then until all had their turn: on a busy
 * machine that takes a debug kernel a while. Ends early if a role dies.
 */
static void let_run(int seconds)
{
	uint64_t start = now_ms(), end = start + seconds * 1000ULL;
	siginfo_t info = {};

	while (now_ms() < end || (!all_succeeded() &&
				  now_ms() < end + STRESS_GRACE)) {
		nap_ms(500);
		waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
		if (info.si_pid)
			return;		/* end_role() tells which */
	}
}

/* 0 if role @nr ended by itself and had its successes. */
static int end_role(int nr, uint64_t until)
{
	unsigned long rounds = board->count[nr].rounds;
	unsigned long done = board->count[nr].done;
	const char *why = done ? NULL : "never succeeded";
	int status = 0;
	pid_t pid;

	while ((pid = waitpid(pids[nr], &status, WNOHANG)) == 0 &&
	       now_ms() < until)
		nap_ms(10);
	if (!pid) {
		kill(pids[nr], SIGKILL);
		waitpid(pids[nr], &status, 0);
		why = "hangs";
	} else if (status) {
		why = "died";
	}
	printf("# %-14s %8lu rounds %8lu done%s%s\n", roles[nr]->name, rounds,
	       done, why ? "  <- " : "", why ?: "");
	return why ? -EPROTO : 0;
}

/* What roles made persistent stays, wherever they left it. */
static int tidy_up(int refs)
{
	static const char *const renamed = "renamed0";
	int i, fd, err;

	for (i = 0; i < STRESS_DEVICES; i++)
		link_del(stress_devs[i].name);
	link_del(renamed);
	if (!wait_for(link_count() == 1 && vt_module_refs() == refs, 60000)) {
		printf("# left: %d links, %d references to the module\n",
		       link_count() - 1, vt_module_refs() - refs);
		return -EPROTO;
	}
	fd = vt_attach(stress_devs[0].name, stress_devs[0].flags);
	if (fd < 0)
		return fd;
	err = link_up(stress_devs[0].name);
	close(fd);
	return err;
}

static int stress_main(unsigned int seed, int seconds)
{
	struct stress s = { .seed = seed, .fd = -1 };
	int i, refs, open_fd, err, failed = 0;
	uint64_t until;

	err = ns_fresh();
	if (!err)
		err = load_programs(&s);
	if (err)
		return err;
	s.home = ns_open();
	refs = vt_module_refs();
	open_fd = vt_open(O_RDWR);	/* so that no role can remove the module */
	if (s.home < 0 || open_fd < 0)
		return -ENODEV;
	err = start_roles(&s);
	if (!err)
		let_run(seconds);
	board->stop = true;
	until = now_ms() + STRESS_PATIENCE;
	for (i = 0; i < num_roles; i++)
		failed += !!end_role(i, until);
	close(open_fd);
	return err ?: failed ? -EPROTO : tidy_up(refs);
}

int main(int argc, char **argv)
{
	unsigned int seed = time(NULL);
	int i, seconds = 10, err;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seconds"))
			seconds = atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--seed"))
			seed = atoi(argv[i + 1]);
		else
			break;
	}
	if (i != argc || seconds <= 0) {
		fprintf(stderr, "usage: stress [--seconds N] [--seed N]\n");
		return 2;
	}
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED)
		return 1;
	add_roles(stress_roles_io);
	add_roles(stress_roles_link);
	add_roles(stress_roles_ioctl);
	printf("# %d roles for %d s, --seed %u\n", num_roles, seconds, seed);
	err = stress_main(seed, seconds);
	if (err)
		printf("# failed: %s\n", strerror(-err));
	return !!err;
}
