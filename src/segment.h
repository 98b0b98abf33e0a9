/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Large packets for programs that know nothing of them: they wait in the fifo in
 * one piece, and are cut when they are read.
 */
#ifndef VTUN_SEGMENT_H
#define VTUN_SEGMENT_H

#include <linux/skbuff.h>
#include <linux/uio.h>

#include "vtun.h"

/* What the stack may leave to us, if the program takes nothing of it itself. */
#define VTUN_SEGMENT_FEATURES	(NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6 | \
				 NETIF_F_TSO_ECN | NETIF_F_GSO_UDP_L4)

/**
 * struct vtun_segment - of a packet in the fifo, in its control buffer
 * @extra: counter of segments in the fifo beyond one for each packet, or NULL
 * @count: how many segments it has, 0 if it is not to be cut
 * @next: which one is read next; the fifo's consumer_lock
 * @headers: bytes of headers in front of each
 */
struct vtun_segment {
	atomic_t *extra;
	u16 count;
	u16 next;
	u16 headers;
};

static inline struct vtun_segment *vtun_segment(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct vtun_segment) > sizeof(skb->cb));
	return (struct vtun_segment *)skb->cb;
}

static inline unsigned int vtun_segment_count(const struct sk_buff *skb)
{
	return vtun_segment(skb)->count;
}

netdev_features_t vtun_segment_features(netdev_features_t offloads);
netdev_features_t vtun_segment_check(struct vtun_dev *vtun,
				     const struct sk_buff *skb,
				     netdev_features_t features);
void vtun_segment_begin_large(const struct vtun_dev *vtun,
			      struct vtun_queue *vq, struct sk_buff *skb);
void vtun_segment_move(struct sk_buff *skb, atomic_t *extra);
size_t vtun_segment_len(const struct sk_buff *skb, unsigned int n);
int vtun_segment_copy(const struct sk_buff *skb, unsigned int n,
		      struct iov_iter *to);

/**
 * vtun_segment_begin() - a packet goes into a fifo
 * @vtun: device
 * @vq: queue, or NULL if the packet is kept for the next one
 * @skb: packet, which will be cut if it is large and the program does not take it
 *
 * Context: BH off, RCU section.
 */
static inline void vtun_segment_begin(const struct vtun_dev *vtun,
				      struct vtun_queue *vq,
				      struct sk_buff *skb)
{
	vtun_segment(skb)->count = 0;
	if (unlikely(skb_is_gso(skb)))
		vtun_segment_begin_large(vtun, vq, skb);
}

/**
 * vtun_segment_take() - the next segment, under the fifo's consumer_lock
 * @skb: packet that is to be cut, at the head of the fifo
 * @n: set to the segment's number
 *
 * Return: whether it is the last one, and the packet leaves the fifo; else it
 * has got a reference more.
 */
static inline bool vtun_segment_take(struct sk_buff *skb, u16 *n)
{
	struct vtun_segment *segment = vtun_segment(skb);

	*n = segment->next;
	if (segment->next + 1 >= segment->count)
		return true;
	segment->next++;
	if (segment->extra)
		atomic_dec(segment->extra);
	skb_get(skb);
	return false;
}

#endif /* VTUN_SEGMENT_H */
