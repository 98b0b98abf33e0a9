/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What waits in a fifo: skbs, and frames that XDP sent. The lowest bit of an
 * entry, which alignment leaves free, tells which.
 */
#ifndef VTUN_FIFO_H
#define VTUN_FIFO_H

#include <linux/if_vlan.h>
#include <linux/skbuff.h>
#include <net/xdp.h>

#define VTUN_FIFO_FRAME	1UL

static inline void *vtun_fifo_from_frame(struct xdp_frame *xdpf)
{
	return (void *)((unsigned long)xdpf | VTUN_FIFO_FRAME);
}

static inline bool vtun_fifo_is_frame(const void *entry)
{
	return (unsigned long)entry & VTUN_FIFO_FRAME;
}

static inline struct xdp_frame *vtun_fifo_to_frame(void *entry)
{
	return (void *)((unsigned long)entry & ~VTUN_FIFO_FRAME);
}

/* Bytes that a program reads of it, without headers of ours. */
static inline size_t vtun_fifo_len(void *entry)
{
	const struct sk_buff *skb = entry;

	if (vtun_fifo_is_frame(entry))
		return vtun_fifo_to_frame(entry)->len;
	return skb->len + (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0);
}

/* Frees it: somebody read it. */
static inline void vtun_fifo_consume(void *entry)
{
	if (vtun_fifo_is_frame(entry))
		xdp_return_frame(vtun_fifo_to_frame(entry));
	else
		consume_skb(entry);
}

/* Drops it: nobody read it. */
static inline void vtun_fifo_drop(void *entry, enum skb_drop_reason reason)
{
	if (vtun_fifo_is_frame(entry))
		xdp_return_frame(vtun_fifo_to_frame(entry));
	else
		kfree_skb_reason(entry, reason);
}

/* Drops it: a fifo that has become shorter has no room for it. */
static inline void vtun_fifo_free(void *entry)
{
	vtun_fifo_drop(entry, SKB_DROP_REASON_FULL_RING);
}

#endif /* VTUN_FIFO_H */
