/* SPDX-License-Identifier: GPL-2.0-only */
/* The task, of which a page is known that packets are cut from: here each has one of its own. */
#ifndef SHIM_SCHED_H
#define SHIM_SCHED_H

#include "shim.h"

struct page;

struct page_frag {
	struct page *page;
	size_t offset;
	size_t size;
};

struct task_struct {
	struct page_frag task_frag;
};

extern struct task_struct shim_task;
#define current			(&shim_task)

bool skb_page_frag_refill(size_t size, struct page_frag *frag, gfp_t gfp);
void get_page(const struct page *page);

#endif /* SHIM_SCHED_H */
