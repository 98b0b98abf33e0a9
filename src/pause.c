// SPDX-License-Identifier: GPL-2.0-only
/* Random pauses for stress tests. Not built without fault injection. */

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/fault-inject.h>
#include <linux/random.h>

#include "pause.h"

#define VTUN_PAUSE_US		2000U	/* at most: some switches of tasks */
#define VTUN_PAUSE_ATOMIC_US	50U	/* at most: another processor's packet */

static DECLARE_FAULT_ATTR(vtun_pause_attr);
static struct dentry *vtun_pause_dir;

/* Off, it takes no part in the counting of a task's fail-nth. */
static bool vtun_pause_now(void)
{
	return READ_ONCE(vtun_pause_attr.probability) &&
	       should_fail(&vtun_pause_attr, 1);
}

/**
 * vtun_pause() - perhaps sleep for a moment
 *
 * Context: process, may sleep.
 */
void vtun_pause(void)
{
	might_sleep();
	if (vtun_pause_now())
		usleep_range(0, get_random_u32() % VTUN_PAUSE_US);
}

/**
 * vtun_pause_atomic() - perhaps busy-wait for a moment
 *
 * Context: any.
 */
void vtun_pause_atomic(void)
{
	if (vtun_pause_now())
		udelay(get_random_u32() % VTUN_PAUSE_ATOMIC_US);
}

/* Without its folder in debugfs nobody can switch it on. */
void vtun_pause_init(void)
{
	vtun_pause_attr.verbose = 0;
	atomic_set(&vtun_pause_attr.times, -1);
	vtun_pause_dir = fault_create_debugfs_attr("vtun_pause", NULL,
						   &vtun_pause_attr);
}

void vtun_pause_exit(void)
{
	debugfs_remove_recursive(vtun_pause_dir);
}
