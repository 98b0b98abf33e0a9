// SPDX-License-Identifier: GPL-2.0-only
/* make bench-check: has a path become longer than it was? */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "report.h"

/* Rounds agree within a third of it. */
#define BASELINE_RISE	1.03

static double baseline_median(const json_t *figure, int driver)
{
	return json_real_value(json_object_get(json_object_get(figure,
							       driver_names[driver]),
					       "median"));
}

static const struct result *baseline_find(const char *name,
					  const struct result *results,
					  unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (!strcmp(results[i].name, name))
			return &results[i];
	return NULL;
}

static const char *baseline_name(const json_t *figure)
{
	return json_string_value(json_object_get(figure, "name"));
}

/* What result_reference() is of a run's, 0 if there is none. */
static double baseline_reference(const json_t *figures, const json_t *figure)
{
	double own = baseline_median(figure, TUN);
	char plain[128];
	size_t i;

	if (own || !result_plain_name(baseline_name(figure), plain,
				      sizeof(plain)))
		return own;
	json_array_foreach(figures, i, figure)
		if (!strcmp(baseline_name(figure), plain))
			return baseline_median(figure, TUN);
	return 0;
}

/* Where a packet's memory lies changes from boot to boot, and what the stack does
 * with it from kernel to kernel: in-tree tun's way becomes longer, too, then.
 */
static bool baseline_holds(const json_t *figures, const json_t *figure,
			   bool same_kernel, const struct result *result)
{
	double before = baseline_median(figure, VTUN);
	double tun_before = baseline_reference(figures, figure);
	const char *name = baseline_name(figure);
	double now, tun_now;

	if (!result || !result->series[VTUN].n) {
		printf("%s: in the baseline, but not measured\n", name);
		return false;
	}
	now = result->series[VTUN].median;
	if (same_kernel && now <= before * BASELINE_RISE)
		return true;
	tun_now = result_reference(result)->median;
	if (!tun_before || !tun_now) {
		printf("%s: nothing of in-tree tun's to compare with\n", name);
		return false;
	}
	before /= tun_before;
	now /= tun_now;
	if (now <= before * BASELINE_RISE)
		return true;
	printf("%s: %.4g of in-tree tun's, was %.4g: %+.1f %%\n", name, now,
	       before, 100 * (now / before - 1));
	return !same_kernel;
}

/* Calls and the like are no lengths. */
static bool baseline_counts(const json_t *figure)
{
	return !strncmp(json_string_value(json_object_get(figure, "unit")),
			"instructions", strlen("instructions"));
}

/**
 * baseline_check() - compare with a JSON file of an earlier run
 * @path: the file
 * @kernel: this run's
 * @results: this run's
 * @n: how many
 *
 * Return: how many figures have risen too much.
 */
unsigned int baseline_check(const char *path, const char *kernel,
			    const struct result *results, unsigned int n)
{
	unsigned int compared = 0, risen = 0;
	const json_t *figures, *figure;
	json_error_t error;
	const char *before;
	json_t *root;
	size_t i;

	root = json_load_file(path, 0, &error);
	if (!root) {
		fprintf(stderr, "report: %s: %s\n", path, error.text);
		return 1;
	}
	before = json_string_value(json_object_get(root, "kernel"));
	figures = json_object_get(root, "figures");
	json_array_foreach(figures, i, figure) {
		if (!baseline_counts(figure))
			continue;
		compared++;
		if (!baseline_holds(figures, figure,
				    before && !strcmp(before, kernel),
				    baseline_find(baseline_name(figure), results,
						  n)))
			risen++;
	}
	printf("%u paths compared with %s, %u became longer\n", compared, path,
	       risen);
	json_decref(root);
	return risen;
}
