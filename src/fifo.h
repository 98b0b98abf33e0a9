/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What waits in a fifo: skbs, and frames that XDP sent. The lowest bit of an
 * entry, which alignment leaves free, tells which.
 */
#ifndef VTUN_FIFO_H
#define VTUN_FIFO_H

#include <linux/if_vlan.h>
#include <linux/ptr_ring.h>
#include <linux/skbuff.h>
#include <net/xdp.h>

#include "segment.h"

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

/* How many entries wait. Any moment's, without locks; a full fifo looks like an
 * empty one.
 */
static inline int vtun_fifo_used(const struct ptr_ring *fifo)
{
	int n = READ_ONCE(fifo->producer) - READ_ONCE(fifo->consumer_head);

	return n < 0 ? n + READ_ONCE(fifo->size) : n;
}

/* Bytes that a program reads next of it, without headers of ours. Under the
 * fifo's consumer_lock.
 */
static inline size_t vtun_fifo_len(void *entry)
{
	const struct sk_buff *skb = entry;
	size_t len;

	if (vtun_fifo_is_frame(entry))
		return vtun_fifo_to_frame(entry)->len;
	len = skb->len;
	if (vtun_segment_count(skb))
		len = vtun_segment_len(skb, vtun_segment(skb)->next);
	return len + (skb_vlan_tag_present(skb) ? VLAN_HLEN : 0);
}

/* How many packets are left of it. Nobody takes any meanwhile. */
static inline unsigned int vtun_fifo_count(void *entry)
{
	const struct sk_buff *skb = entry;

	if (vtun_fifo_is_frame(entry) || !vtun_segment_count(skb))
		return 1;
	return vtun_segment_count(skb) - vtun_segment(skb)->next;
}

/* What is read next of it: the segment's number, 0 of what is not cut. Under the
 * fifo's consumer_lock. Return: whether nothing is left of it.
 */
static inline bool vtun_fifo_take(void *entry, u16 *segment)
{
	*segment = 0;
	if (vtun_fifo_is_frame(entry) || !vtun_segment_count(entry))
		return true;
	return vtun_segment_take(entry, segment);
}

/* It goes from one fifo to another, which counts segments likewise. */
static inline void vtun_fifo_move(void *entry, atomic_t *extra)
{
	if (!vtun_fifo_is_frame(entry) && vtun_segment_count(entry))
		vtun_segment_move(entry, extra);
}

/* Frees it: somebody read it. BH off, so that processors may keep some for the
 * next ones, and free the others together.
 */
static inline void vtun_fifo_consume(void *entry)
{
	if (unlikely(vtun_fifo_is_frame(entry)))
		xdp_return_frame(vtun_fifo_to_frame(entry));
	else
		napi_consume_skb(entry, 1);
}

/* Drops it: nobody read it. */
static inline void vtun_fifo_drop(void *entry, enum skb_drop_reason reason)
{
	if (vtun_fifo_is_frame(entry))
		xdp_return_frame(vtun_fifo_to_frame(entry));
	else
		kfree_skb_reason(entry, reason);
}

/* Drops all that is left of it: it waits no more. */
static inline void vtun_fifo_purge(void *entry, enum skb_drop_reason reason)
{
	vtun_fifo_move(entry, NULL);
	vtun_fifo_drop(entry, reason);
}

/* Empty, it gives room back in groups: give back all of it. Under the fifo's
 * consumer_lock, or what stands for it.
 */
static inline void vtun_fifo_settle(struct ptr_ring *fifo)
{
	int i;

	for (i = fifo->consumer_tail; i < fifo->consumer_head; i++)
		WRITE_ONCE(fifo->queue[i], NULL);
	fifo->consumer_tail = fifo->consumer_head;
}

/* Drops all that waits: nobody will read it. Under the fifo's consumer_lock, or
 * what stands for it. Return: how many packets.
 */
static inline unsigned int vtun_fifo_flush(struct ptr_ring *fifo)
{
	unsigned int n = 0;
	void *entry;

	while ((entry = __ptr_ring_consume(fifo))) {
		n += vtun_fifo_count(entry);
		vtun_fifo_purge(entry, SKB_DROP_REASON_DEV_READY);
	}
	vtun_fifo_settle(fifo);
	return n;
}

/* Drops it: a fifo that has become shorter has no room for it. */
static inline void vtun_fifo_free(void *entry)
{
	vtun_fifo_purge(entry, SKB_DROP_REASON_FULL_RING);
}

#endif /* VTUN_FIFO_H */
