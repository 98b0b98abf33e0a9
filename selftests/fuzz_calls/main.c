// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz_calls.h"
#include "../differential/abi.h"
#include "../differential/world.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DRIVER	"vtun"
#define JOBS	4			/* worlds, of which some wait for the kernel at any time */
#define LIFE	800			/* sequences that a worker lives for */
#define HISTORY	8			/* of a worker: harm may show late */
#define FRESH	10			/* of 100 sequences are invented, the others mutated */

static struct {
	const char *folder, *replay;
	uint64_t seed;
	long seconds;
} options = { .seed = 1, .seconds = 60 };

static struct job {
	struct worker worker;
	struct sequence seq;
	struct sequence before[HISTORY];
	unsigned int ran;		/* sequences, of which the last are in @before */
	bool runs;
	int age;
	time_t since;
} jobs[JOBS];

static struct {
	unsigned long sequences, steps, kept, hung;
} total;

static void usage(void)
{
	puts("usage: fuzz_calls --folder DIR [--seed N] [--seconds N]\n"
	     "       fuzz_calls --replay FILE\n"
	     "\n"
	     "Runs sequences of system calls on /dev/net/vtun, keeps those that reach code of the module\n"
	     "that no other reached, and changes them at random. The kernel must have KCOV and the module\n"
	     "be built for it. Exit status 1 if the kernel complained or a call did not come back.\n"
	     "\n"
	     "  --folder DIR   DIR/corpus: sequences that are kept. DIR/running-N: what runs now, for a\n"
	     "                 kernel that dies of it. DIR/suspect-N: what ran when it complained.\n"
	     "                 DIR/reached: functions, and how many places in them were reached\n"
	     "  --seed N       where random numbers start (1)\n"
	     "  --seconds N    how long (60)\n"
	     "  --replay FILE  run this script a few times instead");
}

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* ---- what the kernel says ---- */

static int kmsg = -1;

static void kmsg_open(void)
{
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	lseek(kmsg, 0, SEEK_END);
}

static bool is_complaint(const char *line)
{
	static const char *const words[] = {
		"BUG:", "WARNING:", "KASAN:", "UBSAN:", "KCSAN:", "refcount_t:", "ODEBUG:", "Oops", "INFO: task",
		"suspicious RCU", "possible recursive", "possible circular", "general protection fault",
		"corruption", "RTNL: assertion", "unregister_netdevice: waiting", "bad unlock balance",
		"hw csum failure",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

/* Whether something was said since the last time that must not be; it is told. */
static bool kernel_complained(void)
{
	static char line[8192];
	bool found = false;
	ssize_t n;

	while ((n = read(kmsg, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			continue;
		line[n] = 0;
		if (!is_complaint(line))
			continue;
		printf("# the kernel said: %s", line);
		found = true;
	}
	return found;
}

/* ---- jobs ---- */

static void in_folder(char *path, size_t size, const char *name, int n)
{
	snprintf(path, size, n < 0 ? "%s/%s" : "%s/%s-%d", options.folder, name, n);
}

static void on_alarm(int sig)
{
}

/*
 * In the worker. A call may sleep, if that is what was asked for; then a signal ends it, and
 * what no signal ends is a finding.
 */
static void begin(void)
{
	static const struct itimerval often = { .it_value.tv_sec = 1, .it_interval.tv_sec = 1 };
	static const struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	if (!options.replay)
		cover_begin();
}

static int job_open(struct job *job)
{
	job->worker.driver = DRIVER;
	cover_choose(job - jobs);
	job->age = 0;
	return worker_start(&job->worker, DRIVER);
}

static int job_renew(struct job *job)
{
	worker_stop(&job->worker);
	return job_open(job);
}

static void job_choose(struct job *job, struct rng *rng)
{
	static struct sequence other;

	if (corpus_next_old(&job->seq))
		return;
	if (rng_percent(rng, FRESH) || !corpus_pick(rng, &job->seq)) {
		generate_sequence(&job->seq, rng_next(rng), 10 + rng_below(rng, 50));
		return;
	}
	corpus_pick(rng, &other);
	mutate(rng, &job->seq, &other);
}

static void job_start(struct job *job)
{
	char path[512];

	in_folder(path, sizeof(path), "running", job - jobs);
	script_write(path, &job->seq);
	worker_send(&job->worker, &job->seq);
	job->runs = true;
	job->since = now();
}

static void job_finish(struct job *job)
{
	job->runs = false;
	job->before[job->ran++ % HISTORY] = job->seq;
	total.sequences++;
	total.steps += job->seq.count;
	if (cover_take(job - jobs)) {
		total.kept++;
		corpus_add(&job->seq);
	}
}

/* What runs, and what has run before, the last of it first. */
static void keep_suspects(void)
{
	char path[512];
	int n = 0;

	for (int i = 0; i < JOBS; i++) {
		in_folder(path, sizeof(path), "suspect", n++);
		script_write(path, &jobs[i].seq);
	}
	for (unsigned int back = 1; back <= HISTORY; back++) {
		for (int i = 0; i < JOBS; i++) {
			if (jobs[i].ran < back)
				continue;
			in_folder(path, sizeof(path), "suspect", n++);
			script_write(path, &jobs[i].before[(jobs[i].ran - back) % HISTORY]);
		}
	}
}

/* A worker that died or hangs: 0 if it could be replaced. */
static int job_lost(struct job *job, const char *how)
{
	int status = 0;

	waitpid(job->worker.pid, &status, WNOHANG);
	printf("# %s (signal %d) at step %u of %u\n", how, WTERMSIG(status), job->worker.shared->done + 1,
	       job->seq.count);
	keep_suspects();
	total.hung++;
	job->runs = false;
	return job_renew(job);
}

/* Waits until some worker is done. 0, -1 if one could not be replaced. */
static int jobs_wait(void)
{
	struct pollfd p[JOBS];
	char byte;

	for (int i = 0; i < JOBS; i++)
		p[i] = (struct pollfd){ jobs[i].runs ? jobs[i].worker.from : -1, POLLIN };
	if (poll(p, JOBS, 1000) < 0)
		return 0;
	for (int i = 0; i < JOBS; i++) {
		const char *lost = NULL;

		if (p[i].revents && read(p[i].fd, &byte, 1) == 1)
			job_finish(&jobs[i]);
		else if (p[i].revents)
			lost = "the worker died";
		else if (jobs[i].runs && (now() - jobs[i].since) * 1000 > patience)
			lost = "a call did not come back";
		if (lost && job_lost(&jobs[i], lost))
			return -1;
	}
	return 0;
}

static void report(time_t start)
{
	time_t passed = now() - start ?: 1;

	printf("# %lu sequences, %lu calls, %lu a second; %u places reached; %u sequences in the corpus\n",
	       total.sequences, total.steps, total.steps / passed, cover_places(), corpus_size());
}

static int jobs_open(void)
{
	for (int i = 0; i < JOBS; i++)
		if (cover_open(i) || job_open(&jobs[i]))
			return -1;
	return 0;
}

static int fuzz(void)
{
	struct rng rng = { options.seed };
	time_t start = now(), told = start;
	bool complained = false;
	char path[512];

	in_folder(path, sizeof(path), "corpus", -1);
	if ((mkdir(path, 0777) && errno != EEXIST) || corpus_open(path) || jobs_open())
		return 2;
	while (now() - start < options.seconds && !total.hung) {
		for (int i = 0; i < JOBS; i++) {
			if (jobs[i].runs)
				continue;
			if (++jobs[i].age > LIFE && job_renew(&jobs[i]))
				return 2;
			job_choose(&jobs[i], &rng);
			job_start(&jobs[i]);
		}
		if (jobs_wait())
			return 2;
		complained = kernel_complained();
		if (complained) {
			keep_suspects();
			break;
		}
		if (now() - told >= 60) {
			told = now();
			report(start);
		}
	}
	for (int i = 0; i < JOBS; i++)
		worker_stop(&jobs[i].worker);
	report(start);
	in_folder(path, sizeof(path), "reached", -1);
	return cover_write(path) || complained || total.hung;
}

/* What happened by chance may need more than one try. */
static int replay(void)
{
	struct job *job = &jobs[0];

	if (sequence_read(options.replay, &job->seq) || worker_start(&job->worker, DRIVER))
		return 2;
	for (int i = 0; i < 5; i++) {
		worker_send(&job->worker, &job->seq);
		if (worker_wait(&job->worker, patience)) {
			printf("# the worker did not come back from step %u\n", job->worker.shared->done + 1);
			return 1;
		}
	}
	worker_stop(&job->worker);
	return kernel_complained();
}

static int parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "folder", 1, NULL, 'd' }, { "seed", 1, NULL, 's' }, { "seconds", 1, NULL, 'T' },
		{ "replay", 1, NULL, 'r' }, { "help", 0, NULL, 'h' }, {},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", known, NULL)) >= 0) {
		switch (c) {
		case 'd': options.folder = optarg; break;
		case 's': options.seed = strtoull(optarg, NULL, 0); break;
		case 'T': options.seconds = atol(optarg); break;
		case 'r': options.replay = optarg; break;
		default:
			usage();
			return c == 'h' ? 0 : -1;
		}
	}
	if (optind != argc || !options.folder == !options.replay) {
		usage();
		return -1;
	}
	return 1;
}

int main(int argc, char **argv)
{
	int ret = parse_options(argc, argv);

	if (ret <= 0)
		return ret < 0 ? 2 : 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (chmod("/dev/net/" DRIVER, 0666)) {
		perror("/dev/net/" DRIVER);
		return 2;
	}
	system_change(false);
	edge_memory(0, 0);		/* the same addresses in all workers */
	bpf_load_all();
	signal(SIGPIPE, SIG_IGN);	/* a worker may be dead */
	kmsg_open();
	worker_begins = begin;
	ret = options.replay ? replay() : fuzz();
	system_change(true);
	return ret;
}
