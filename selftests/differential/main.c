// SPDX-License-Identifier: GPL-2.0-only
#include "abi.h"
#include "diff.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LIFE	800			/* sequences that a pair lives for */
#define JOBS	4			/* pairs of worlds */
#define CHANCES	20			/* runs that show whether a difference is chance */

bool tells_all;

static struct {
	const char *driver[2];
	const char *differences, *replay;
	uint64_t seed;
	unsigned long steps;
	unsigned int length;
	long seconds;
	unsigned long failures;
	bool list_reach, print_only, no_shrink;
} options = {
	.driver = { "tun", "vtun" }, .seed = 1, .steps = 20000, .length = 40, .failures = 10,
};

static struct {
	unsigned long steps, compared, sequences, explained, unsteady, once, different;
} total;

static void usage(void)
{
	puts("usage: differential [--seed N] [--steps N] [--length N] [--pair A,B] [--differences FILE]\n"
	     "                    [--replay FILE] [--failures N] [--list-reach] [--print] [--verbose]\n"
	     "\n"
	     "Runs random sequences of what can be done to /dev/net/A and /dev/net/B (tun,vtun) and\n"
	     "compares all that can be seen. Exit status 0 if nothing differs but what FILE explains.\n"
	     "\n"
	     "  --seed N       where random numbers start (1)\n"
	     "  --steps N      end after so many (20000)\n"
	     "  --seconds N    fail if it takes longer\n"
	     "  --length N     steps of a sequence (40)\n"
	     "  --replay FILE  run the script in FILE instead, and tell all that came\n"
	     "  --no-shrink    tell whole sequences, don't make them small\n"
	     "  --failures N   give up after so many differences (10)\n"
	     "  --list-reach   tell what was reached, how often, and what never\n"
	     "  --without OPS  leave out these steps (separated by commas)\n"
	     "  --print        only print the sequences");
}

static int parse_pair(char *text)
{
	char *comma = strchr(text, ',');

	if (!comma)
		return -1;
	*comma = 0;
	options.driver[0] = text;
	options.driver[1] = comma + 1;
	return 0;
}

static int parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "seed", 1, NULL, 's' }, { "steps", 1, NULL, 'n' }, { "length", 1, NULL, 'l' },
		{ "pair", 1, NULL, 'p' }, { "differences", 1, NULL, 'd' },
		{ "replay", 1, NULL, 'r' }, { "failures", 1, NULL, 'f' },
		{ "list-reach", 0, NULL, 'L' }, { "print", 0, NULL, 'P' },
		{ "verbose", 0, NULL, 'v' }, { "without", 1, NULL, 'w' },
		{ "no-shrink", 0, NULL, 'S' }, { "seconds", 1, NULL, 'T' }, { "patience", 1, NULL, 't' }, { "help", 0, NULL, 'h' }, {},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", known, NULL)) >= 0) {
		switch (c) {
		case 's': options.seed = strtoull(optarg, NULL, 0); break;
		case 'n': options.steps = strtoul(optarg, NULL, 0); break;
		case 'l': options.length = strtoul(optarg, NULL, 0); break;
		case 'd': options.differences = optarg; break;
		case 'r': options.replay = optarg; break;
		case 'f': options.failures = atoi(optarg); break;
		case 'T': options.seconds = atol(optarg); break;
		case 'S': options.no_shrink = true; break;
		case 't': patience = atoi(optarg); break;
		case 'L': options.list_reach = true; break;
		case 'P': options.print_only = true; break;
		case 'v': tells_all = true; break;
		case 'w':
			if (generate_without(optarg))
				return -1;
			break;
		case 'p':
			if (!parse_pair(optarg))
				break;
			/* fallthrough */
		default:
			usage();
			return c == 'h' ? 0 : -1;
		}
	}
	if (options.length < 1 || options.length > SEQ_STEPS)
		options.length = 40;
	return optind == argc ? 1 : -1;
}

static uint64_t sequence_seed(uint64_t n)
{
	struct rng rng = { options.seed * 1000003 + n };

	return rng_next(&rng);
}

/* Every line that one world said, for --verbose and --replay. */
static void tell_record(const struct worker *worker, const struct sequence *seq)
{
	const struct shared *shared = worker->shared;

	printf("# --- %s\n", worker->driver);
	for (unsigned int i = 0; i <= seq->count && i < shared->done; i++) {
		if (i < seq->count)
			step_print(stdout, &seq->step[i]);
		else
			printf("the last look");
		printf("\n%.*s", (int)(shared->start[i + 1] - shared->start[i]),
		       shared->record + shared->start[i]);
	}
}

static void tell_difference(const struct sequence *seq, const struct outcome *outcome,
			    const char *what)
{
	printf("# %s\n", what);
	sequence_write(stdout, seq);
	printf("# at step %u of %u: - %s, + %s\n%s", outcome->step + 1, seq->count,
	       options.driver[0], options.driver[1], outcome->text);
	fflush(stdout);
}

static bool comes_again(struct pair *pair, const struct sequence *seq, int runs,
			struct outcome *outcome)
{
	struct outcome again;

	for (int i = 0; i < runs; i++) {
		pair_run(pair, seq, &again);
		if (again.verdict == DIFFERENT) {
			*outcome = again;
			return true;
		}
	}
	return false;
}

/* Whether the first driver, compared with itself, differs in this sequence now and then, too. */
static bool is_chance(const struct sequence *seq)
{
	struct pair pair = { .driver = { options.driver[0], options.driver[0] } };
	struct outcome outcome;
	bool chance;

	if (pair_start(&pair))
		return false;
	chance = comes_again(&pair, seq, CHANCES, &outcome);
	pair_stop(&pair);
	return chance;
}

/*
 * What doesn't come again is excused if it is seen without the second driver. If
 * not, it is told: emulation is slow, and time passes differently each time. But
 * it must stay rare.
 */
#define STEPS_A_CHANCE	10000

static void examine(struct pair *pair, struct sequence *seq, uint64_t n, struct outcome *outcome)
{
	const char *verdict = "DIFFERENT";
	char what[128];

	pair_stop(pair);
	pair_start(pair);
	if (comes_again(pair, seq, 3, outcome)) {
		total.different++;
		if (!options.no_shrink)
			shrink(pair, seq, outcome);
	} else if (is_chance(seq)) {
		total.unsteady++;
		verdict = "differed once, as the first driver does from itself";
	} else {
		total.once++;
		verdict = "DIFFERENT once, but not in 3 more runs";
	}
	snprintf(what, sizeof(what), "%s: sequence %llu of seed %llu", verdict,
		 (unsigned long long)n, (unsigned long long)options.seed);
	tell_difference(seq, outcome, what);
}

static void renew(struct pair *pair)
{
	pair->age = 0;
	reach_merge(pair->w[1].shared);
	pair->w[1].shared->reach_used = 0;
	pair_stop(pair);
	if (pair_start(pair)) {
		fprintf(stderr, "differential: the workers don't start\n");
		exit(2);
	}
}

/* Several sequences run side by side: much of their time they wait for the kernel. */
struct job {
	struct pair pair;
	struct sequence seq;
	uint64_t n;
	int waits;			/* a bit for each worker that hasn't come back */
	struct timespec since;
};

static struct job jobs[JOBS];
static uint64_t next_sequence;

static void job_start(struct job *job)
{
	job->n = next_sequence++;
	generate_sequence(&job->seq, sequence_seed(job->n), options.length);
	for (int i = 0; i < 2; i++)
		worker_send(&job->pair.w[i], &job->seq);
	job->waits = 3;
	clock_gettime(CLOCK_MONOTONIC, &job->since);
}

static void job_finish(struct job *job)
{
	struct pair *pair = &job->pair;
	struct outcome outcome;

	pair_finish(pair, &job->seq, job->waits, &outcome);
	job->waits = 0;
	total.sequences++;
	total.compared += outcome.verdict == SAME ? job->seq.count : outcome.step + 1;
	if (tells_all)
		tell_record(&pair->w[1], &job->seq);
	if (outcome.verdict == DIFFERENT)
		examine(pair, &job->seq, job->n, &outcome);
	if (outcome.verdict == BROKEN) {
		tell_difference(&job->seq, &outcome, "BROKEN: both workers hang or died");
		total.different++;
	}
	total.explained += outcome.verdict == EXPLAINED;
	if (++pair->age == LIFE || outcome.verdict == DIFFERENT)
		renew(pair);
}

/* Waits for the workers of any job. */
static void jobs_wait(void)
{
	struct pollfd p[2 * JOBS];
	struct timespec now;
	char byte;

	for (int i = 0; i < 2 * JOBS; i++) {
		bool waits = jobs[i / 2].waits & 1 << i % 2;

		p[i] = (struct pollfd){ waits ? jobs[i / 2].pair.w[i % 2].from : -1, POLLIN };
	}
	if (poll(p, 2 * JOBS, 1000) < 0)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	for (int i = 0; i < 2 * JOBS; i++) {
		struct job *job = &jobs[i / 2];

		if (p[i].revents && read(p[i].fd, &byte, 1) == 1)
			job->waits &= ~(1 << i % 2);
		else if (p[i].revents)
			job->since.tv_sec = 0;		/* it has died */
	}
	for (int i = 0; i < JOBS; i++)
		if (!jobs[i].waits || (now.tv_sec - jobs[i].since.tv_sec) * 1000 > patience)
			job_finish(&jobs[i]);
}

static int run_all(void)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < JOBS; i++) {
		jobs[i].pair.driver[0] = options.driver[0];
		jobs[i].pair.driver[1] = options.driver[1];
		if (pair_start(&jobs[i].pair)) {
			fprintf(stderr, "differential: the workers don't start\n");
			return 2;
		}
	}
	while (total.compared < options.steps && total.different < options.failures) {
		for (int i = 0; i < JOBS; i++)
			if (!jobs[i].waits)
				job_start(&jobs[i]);
		jobs_wait();
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (options.seconds && now.tv_sec - start.tv_sec >= options.seconds) {
			printf("# time is up: FAILED to do %lu steps\n", options.steps);
			break;
		}
	}
	for (int i = 0; i < JOBS; i++) {
		reach_merge(jobs[i].pair.w[1].shared);
		pair_stop(&jobs[i].pair);
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	printf("# %lu steps in %lu sequences compared, %lu ended by an explained difference, ",
	       total.compared, total.sequences, total.explained);
	printf("%lu unsteady, %lu different, %lu once; seed %llu, %ld s\n", total.unsteady,
	       total.different, total.once, (unsigned long long)options.seed,
	       (long)(now.tv_sec - start.tv_sec));
	return total.different || total.once > options.steps / STEPS_A_CHANCE ||
	       total.compared < options.steps;
}

static int print_all(void)
{
	struct sequence *seq = calloc(1, sizeof(*seq));

	if (!seq)
		return 2;
	for (uint64_t n = 0; total.compared < options.steps; n++) {
		generate_sequence(seq, sequence_seed(n), options.length);
		printf("# sequence %llu\n", (unsigned long long)n);
		sequence_write(stdout, seq);
		total.compared += seq->count;
	}
	free(seq);
	return 0;
}

static int replay(void)
{
	struct pair pair = { .driver = { options.driver[0], options.driver[1] } };
	struct sequence *seq = calloc(1, sizeof(*seq));
	struct outcome outcome;

	if (sequence_read(options.replay, seq) || pair_start(&pair))
		return 2;
	pair_run(&pair, seq, &outcome);
	for (int i = 0; i < 2; i++)
		tell_record(&pair.w[i], seq);
	pair_stop(&pair);
	if (outcome.verdict == SAME || outcome.verdict == EXPLAINED) {
		puts(outcome.verdict == SAME ? "# nothing differs" : "# only what is explained differs");
		return 0;
	}
	tell_difference(seq, &outcome, "DIFFERENT");
	return 1;
}

/* What both drivers know of that the device has to do something about. */
static void ask_features(const char *node)
{
	int fd = open(node, O_RDWR | O_CLOEXEC);
	unsigned int known;

	if (fd >= 0 && !ioctl(fd, TUNGETFEATURES, &known))
		gen_known_flags &= known | ~(IFF_NAPI | IFF_NAPI_FRAGS | IFF_VNET_HDR | IFF_BACKPRESSURE);
	close(fd);
}

int main(int argc, char **argv)
{
	int ret = parse_options(argc, argv);
	char node[64];

	if (ret <= 0)
		return ret < 0 ? 2 : 0;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (options.differences &&
	    differences_read(options.differences, options.driver[0], options.driver[1]))
		return 2;
	for (int i = 0; i < 2 && !options.print_only; i++) {
		snprintf(node, sizeof(node), "/dev/net/%s", options.driver[i]);
		if (chmod(node, 0666)) {
			perror(node);
			return 2;
		}
		ask_features(node);
	}
	if (options.print_only)
		return print_all();
	system_change(false);
	edge_memory(0, 0);		/* the same addresses in all workers */
	bpf_load_all();
	ret = options.replay ? replay() : run_all();
	system_change(true);
	differences_report(stdout);
	if (options.list_reach)
		reach_print(stdout);
	return ret;
}
