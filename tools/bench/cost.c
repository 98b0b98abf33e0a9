// SPDX-License-Identifier: GPL-2.0-only
/* What devices and queues cost: memory, and time to make and delete them. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"

#define COST_FILES_MAX	1024

static struct port cost_ports[COST_FILES_MAX];

static void cost_allow_files(void)
{
	struct rlimit limit = { COST_FILES_MAX + 64, COST_FILES_MAX + 64 };

	checked(setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
}

/* Bytes that nobody could have. Caches count as free. */
static double cost_memory(void)
{
	char word[64];
	double value, used = 0;
	FILE *f;

	sync();
	f = fopen("/proc/meminfo", "r");
	while (f && fscanf(f, "%63s %lf%*[^\n]", word, &value) == 2) {
		if (!strcmp(word, "MemTotal:"))
			used += value;
		else if (!strcmp(word, "MemFree:") || !strcmp(word, "Buffers:") ||
			 !strcmp(word, "Cached:"))
			used -= value;
	}
	if (f)
		fclose(f);
	return used * 1024;
}

static void cost_create(const struct driver *driver, unsigned int n, int flags)
{
	char name[16];
	unsigned int i;

	for (i = 0; i < n; i++) {
		/* Queues are of one device, devices have names of their own. */
		snprintf(name, sizeof(name), "bench%u",
			 flags & IFF_MULTI_QUEUE ? 0 : i);
		port_open_flags(&cost_ports[i], driver, name,
				flags | IFF_TUN | IFF_NO_PI);
	}
}

static void cost_delete(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		close(cost_ports[i].fd);
}

static void cost_time(const struct figure *fig, const struct driver *driver)
{
	double since;

	cost_allow_files();
	net_quiet();
	since = meter_now();
	cost_create(driver, fig->n, 0);
	meter_named("create", (meter_now() - since) * 1e3, "ms");
	since = meter_now();
	cost_delete(fig->n);
	meter_named("delete", (meter_now() - since) * 1e3, "ms");
}

/* Rounds differ by what else is allocated meanwhile: many make it small. */
static void cost_of_one(const struct figure *fig, const struct driver *driver,
			int flags)
{
	double before;

	cost_allow_files();
	net_quiet();
	/* What is allocated once, and stays, is not counted. */
	cost_create(driver, 2, flags);
	cost_delete(2);
	before = cost_memory();
	cost_create(driver, fig->n, flags);
	meter_value((cost_memory() - before) / fig->n / 1024, "KiB");
	cost_delete(fig->n);
}

static void cost_of_device(const struct figure *fig, const struct driver *driver)
{
	cost_of_one(fig, driver, 0);
}

/* The device's part is small among so many queues. */
static void cost_of_queue(const struct figure *fig, const struct driver *driver)
{
	cost_of_one(fig, driver, IFF_MULTI_QUEUE);
}

void cost_figures(void)
{
	figure_add(cost_time, "devices/1000")->n = 1000;
	figure_add(cost_of_device, "memory/device")->n = 500;
	figure_add(cost_of_queue, "memory/queue")->n = 256;
}
