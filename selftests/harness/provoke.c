// SPDX-License-Identifier: GPL-2.0-only
/* A module that warns when it is loaded, so that scripts/guest can be seen to notice. */
#include <linux/bug.h>
#include <linux/module.h>

static int __init provoke_init(void)
{
	WARN(1, "vtun harness: asked to warn\n");
	return 0;
}

static void __exit provoke_exit(void)
{
}

module_init(provoke_init);
module_exit(provoke_exit);
MODULE_DESCRIPTION("Provokes a kernel warning to test the test harness");
MODULE_LICENSE("GPL");
