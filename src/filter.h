/* SPDX-License-Identifier: GPL-2.0-only */
/* Which packets from the stack a program wants. */
#ifndef VTUN_FILTER_H
#define VTUN_FILTER_H

#include "vtun.h"

/* Whether a packet need be shown to vtun_filter_apply() at all. */
static inline bool vtun_filter_any(const struct vtun_dev *vtun)
{
	return rcu_access_pointer(vtun->filter) ||
	       rcu_access_pointer(vtun->sock_filter) ||
	       rcu_access_pointer(vtun->ebpf_filter);
}

enum skb_drop_reason vtun_filter_apply(struct vtun_dev *vtun,
				       struct sk_buff *skb);

struct vtun_filter *vtun_filter_create(const struct tun_filter *head,
				       const u8 addr[][ETH_ALEN]);
void vtun_filter_free(struct vtun_filter *filter);
unsigned int vtun_filter_count(const struct vtun_filter *filter);
void vtun_filter_set(struct vtun_dev *vtun, struct vtun_filter *filter);

void vtun_filter_set_prog(struct bpf_prog __rcu **slot, struct bpf_prog *prog);

#endif /* VTUN_FILTER_H */
