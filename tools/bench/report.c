// SPDX-License-Identifier: GPL-2.0-only
/*
 * The benchmark's part on the host: reads what the guest's programs print
 * (main.c), shows the table line by line as figures are done, and writes JSON.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "counts.h"
#include "report.h"

#define RESULTS_MAX	2048

const char *const driver_names[N_DRIVERS] = { "tun", "vtun", "other" };

static struct result results[RESULTS_MAX];
static unsigned int n_results;
static char *kernel;
static const char *json;
static const char *command = "";
static bool profile;
static unsigned int failures;

/* Instruction counts whose symbols come later. */
static struct {
	unsigned int numbers[N_DRIVERS];
	double packets[N_DRIVERS];
} marks[RESULTS_MAX];

void *allocated(void *p)
{
	if (!p) {
		fprintf(stderr, "report: no memory\n");
		exit(1);
	}
	return p;
}

static struct result *result_get(const char *name)
{
	unsigned int i;

	for (i = 0; i < n_results; i++)
		if (!strcmp(results[i].name, name))
			return &results[i];
	if (n_results == RESULTS_MAX) {
		fprintf(stderr, "report: too many figures\n");
		exit(1);
	}
	results[n_results].name = allocated(strdup(name));
	return &results[n_results++];
}

static struct series *series_get(struct result *result, const char *driver)
{
	int i;

	for (i = 0; i < OTHER; i++)
		if (!strcmp(driver, driver_names[i]))
			break;
	return &result->series[i];
}

static int by_value(const void *a, const void *b)
{
	double one = *(const double *)a, two = *(const double *)b;

	return (one > two) - (one < two);
}

static void series_add(struct series *series, double value)
{
	double sorted[ROUNDS_MAX];
	unsigned int n;

	if (series->n == ROUNDS_MAX)
		return;
	series->values[series->n++] = value;
	n = series->n;
	memcpy(sorted, series->values, sizeof(sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	series->low = sorted[0];
	series->high = sorted[n - 1];
	series->median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

static void on_value(const char *name, const char *driver, double value,
		     const char *unit)
{
	struct result *result = result_get(name);

	if (!result->unit)
		result->unit = allocated(strdup(unit));
	series_add(series_get(result, driver), value);
}

static void on_count(const char *name, const char *driver, double packets,
		     unsigned int number, const char *unit)
{
	struct series *series;
	struct counts counts;
	int which;

	if (!counts_get(number, driver, &counts)) {
		fprintf(stderr, "report: QEMU's plugin counted nothing for %s\n", name);
		failures++;
		return;
	}
	on_value(name, driver, counts.kernel / packets, unit);
	series = series_get(result_get(name), driver);
	series->driver = counts.driver / packets;
	series->user = counts.user / packets;
	which = series - result_get(name)->series;
	marks[result_get(name) - results].numbers[which] = number;
	marks[result_get(name) - results].packets[which] = packets;
}

static void on_missing(const char *name, const char *driver, const char *reason)
{
	struct result *result = result_get(name);
	struct series *series = series_get(result, driver);

	free(series->missing);
	series->missing = allocated(strdup(reason));
}

/* On a terminal, until the next line is there. */
static void print_progress(const char *text)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K%s", text);
}

static void print_header(void)
{
	printf("%-34s %14s %14s %7s %7s  %s\n", "figure", "tun", "vtun", "ratio",
	       "spread", "unit");
}

static void print_cell(const struct series *series)
{
	if (series->n)
		printf(" %14.*f", series->median < 10 ? 2 : series->median < 1000,
		       series->median);
	else
		printf(" %14s", "-");
}

/* The widest that rounds of one driver lie apart, in parts of their median;
 * below 0 where there was one round.
 */
static double result_spread(const struct result *result)
{
	double widest = -1;
	int i;

	for (i = 0; i < N_DRIVERS; i++) {
		const struct series *series = &result->series[i];

		if (series->n > 1 && series->median)
			widest = fmax(widest, (series->high - series->low) /
				      series->median);
	}
	return widest;
}

/* What in-tree tun does not have is compared with its plain way: the name of that
 * figure, or false where there is no such way.
 */
bool result_plain_name(const char *name, char *plain, size_t size)
{
	static const char *const only[] = { "/batch", "/pressure" };
	const char *at = NULL;
	unsigned int i;

	for (i = 0; i < sizeof(only) / sizeof(only[0]) && !at; i++)
		at = strstr(name, only[i]);
	if (!at)
		return false;
	snprintf(plain, size, "%.*s/plain%s", (int)(at - name), name,
		 at + 1 + strcspn(at + 1, "+/"));
	return true;
}

/* In-tree tun's values that a figure is compared with. */
const struct series *result_reference(const struct result *result)
{
	char plain[128];
	unsigned int i;

	if (result->series[TUN].n ||
	    !result_plain_name(result->name, plain, sizeof(plain)))
		return &result->series[TUN];
	for (i = 0; i < n_results; i++)
		if (!strcmp(results[i].name, plain))
			return &results[i].series[TUN];
	return &result->series[TUN];
}

static void print_result(struct result *result)
{
	const struct series *tun = result_reference(result);
	const struct series *vtun = &result->series[VTUN];
	int i;

	result->printed = true;
	print_progress("");
	printf("%-34s", result->name);
	print_cell(result->series[OTHER].n ? &result->series[OTHER] : tun);
	print_cell(vtun);
	if (tun->n && vtun->n && tun->median)
		printf(" %7.3f", vtun->median / tun->median);
	else
		printf(" %7s", "-");
	if (result_spread(result) < 0)
		printf(" %7s", "-");
	else
		printf(" %6.1f%%", 100 * result_spread(result));
	printf("  %s", result->unit ? result->unit : "");
	if (tun != &result->series[TUN])
		printf(" against plain");
	if (tun->driver || vtun->driver)
		printf(" (driver %.0f, %.0f)", tun->driver, vtun->driver);
	for (i = 0; i < N_DRIVERS; i++)
		if (result->series[i].missing)
			printf(" [%s: %s]", driver_names[i],
			       result->series[i].missing);
	putchar('\n');
	fflush(stdout);
}

static json_t *series_json(const struct series *series)
{
	json_t *values = json_array();
	json_t *object;
	unsigned int i;

	for (i = 0; i < series->n; i++)
		json_array_append_new(values, json_real(series->values[i]));
	object = json_pack("{s:f, s:f, s:f, s:o}", "median", series->median,
			   "low", series->low, "high", series->high,
			   "values", values);
	if (series->driver) {
		json_object_set_new(object, "driver", json_real(series->driver));
		json_object_set_new(object, "user", json_real(series->user));
	}
	return object;
}

static json_t *result_json(const struct result *result)
{
	json_t *object = json_pack("{s:s, s:s}", "name", result->name, "unit",
				   result->unit);
	int i;

	for (i = 0; i < N_DRIVERS; i++)
		if (result->series[i].n)
			json_object_set_new(object, driver_names[i],
					    series_json(&result->series[i]));
	return object;
}

/* What was not measured is not in it. */
static void write_json(const char *path)
{
	json_t *figures = json_array();
	time_t now = time(NULL);
	unsigned int i;
	json_t *root;
	char date[16];

	for (i = 0; i < n_results; i++)
		if (results[i].unit)
			json_array_append_new(figures, result_json(&results[i]));
	strftime(date, sizeof(date), "%Y-%m-%d", gmtime(&now));
	root = json_pack("{s:s, s:s, s:s, s:o}", "kernel", kernel ? kernel : "",
			 "date", date, "command", command, "figures", figures);
	if (json_dump_file(root, path, JSON_INDENT(1) | JSON_REAL_PRECISION(6))) {
		fprintf(stderr, "report: %s can't be written\n", path);
		exit(1);
	}
	json_decref(root);
}

/* Some figures have several parts: FIGURE/PART. */
static void on_done(const char *figure)
{
	size_t len = strlen(figure);
	unsigned int i;

	for (i = 0; i < n_results; i++)
		if (!results[i].printed &&
		    !strncmp(results[i].name, figure, len) &&
		    (!results[i].name[len] || results[i].name[len] == '/'))
			print_result(&results[i]);
	/* Each time, so that who interrupts it has what is there. */
	if (json)
		write_json(json);
}

static void on_line(char *line)
{
	char name[64], driver[16], unit[32], module[64] = "", text[128];
	unsigned int number;
	int round, rounds;
	uint64_t address, size;
	double value;
	int n = 0;

	line[strcspn(line, "\r\n")] = '\0';
	if (sscanf(line, "@value %63s %15s %*d %lf %31s", name, driver, &value,
		   unit) == 4) {
		on_value(name, driver, value, unit);
	} else if (sscanf(line, "@count %63s %15s %*d %lf %u %31s", name, driver,
			  &value, &number, unit) == 5) {
		on_count(name, driver, value, number, unit);
	} else if (sscanf(line, "@skip %63s %15s %n", name, driver, &n) == 2 && n) {
		on_missing(name, driver, line + n);
	} else if (sscanf(line, "@fail %63s %15s %n", name, driver, &n) == 2 && n) {
		on_missing(name, driver, line + n);
		failures++;
	} else if (sscanf(line, "@round %63s %d %d", name, &round, &rounds) == 3) {
		snprintf(text, sizeof(text), "%s, round %d of %d", name, round,
			 rounds);
		print_progress(text);
	} else if (sscanf(line, "@done %63s", name) == 1) {
		on_done(name);
	} else if (sscanf(line, "@kernel %63s", name) == 1) {
		free(kernel);
		kernel = allocated(strdup(name));
	} else if (sscanf(line, "@module %63s %" SCNx64 " %" SCNu64, name,
			  &address, &size) == 3) {
		counts_module(name, address, size);
	} else if (sscanf(line, "@symbol %" SCNx64 " %63s %63s", &address, name,
			  module) >= 2) {
		symbols_add(address, name, module);
	} else {
		fprintf(stderr, "%s\n", line);
	}
}

int main(int argc, char **argv)
{
	const char *baseline = NULL;
	static char line[4096];
	unsigned int i;
	int opt;

	while ((opt = getopt(argc, argv, "a:b:c:j:p")) != -1) {
		switch (opt) {
		case 'a':
			command = optarg;
			break;
		case 'b':
			baseline = optarg;
			break;
		case 'c':
			counts_open(optarg);
			break;
		case 'j':
			json = optarg;
			break;
		case 'p':
			profile = true;
			break;
		default:
			fprintf(stderr, "usage: report [-a COMMAND] [-b BASELINE] [-c COUNTS] [-j JSON] [-p]\n");
			return 2;
		}
	}
	print_header();
	while (fgets(line, sizeof(line), stdin))
		on_line(line);
	for (i = 0; profile && i < n_results; i++)
		symbols_profile(results[i].name, marks[i].numbers,
				marks[i].packets);
	if (baseline)
		failures += baseline_check(baseline, kernel ? kernel : "",
					   results, n_results);
	return failures || !n_results;
}
