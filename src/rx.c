// SPDX-License-Identifier: GPL-2.0-only
/* From the program to the stack: a written frame becomes a received packet. */

#include <linux/etherdevice.h>
#include <linux/skbuff.h>

#include "frame.h"
#include "mem.h"
#include "napi.h"
#include "pause.h"
#include "queue.h"
#include "rx.h"
#include "stats.h"
#include "steer.h"
#include "trace.h"
#include "vnet.h"
#include "xdp.h"

/* What of a large packet is linear: every header that the stack looks at. */
#define VTUN_RX_LINEAR	256

/* Most bytes that a packet of one fragment for each segment can have. */
#define VTUN_RX_FRAGS_MAX	(ETH_MAX_MTU - NET_SKB_PAD - NET_IP_ALIGN)

/* A packet is refused with @err before it has met a device. */
static void vtun_rx_count_drop(struct vtun_queue *vq, int err)
{
	enum vtun_stat what = VTUN_RX_DROP_OTHER;
	struct vtun_dev *vtun;

	if (err == -EFAULT)
		what = VTUN_RX_DROP_FAULT;
	else if (err == -ENOMEM || err == -ENOBUFS)
		what = VTUN_RX_DROP_NO_MEMORY;
	local_bh_disable();	/* an RCU section, too */
	vtun = rcu_dereference_bh(vq->vtun);
	if (vtun)
		vtun_stats_drop(vtun, vq, what, 1);
	local_bh_enable();
}

static size_t vtun_rx_headroom(const struct vtun_frame *frame)
{
	size_t room = max_t(size_t, NET_SKB_PAD, frame->headroom);

	return frame->flags & IFF_TAP ? room + NET_IP_ALIGN : room;
}

/* Most packets: short, of a program that need not wait for send buffer. NULL
 * for others, and if anything fails; @from is as before then.
 */
static struct sk_buff *vtun_rx_copy_short(struct vtun_queue *vq,
					  const struct vtun_frame *frame,
					  struct iov_iter *from)
{
	size_t room = vtun_rx_headroom(frame);
	size_t size = vtun_mem_size(room, frame->len);
	size_t left = iov_iter_count(from);
	struct sk_buff *skb = NULL;
	struct vtun_mem mem;

	if (size > PAGE_SIZE || READ_ONCE(vq->sk.sk_sndbuf) != INT_MAX ||
	    !vtun_mem_alloc(&mem, size, GFP_NOWAIT | __GFP_NOWARN))
		return NULL;
	if (!vtun_mem_copy(&mem, room, frame->len, from))
		skb = build_skb(vtun_mem_data(&mem), size);
	if (!skb) {
		iov_iter_revert(from, left - iov_iter_count(from));
		return NULL;
	}
	vtun_mem_take(&mem);
	skb_reserve(skb, room);
	skb_put(skb, frame->len);
	skb_set_owner_w(skb, &vq->sk);
	return skb;
}

/* Packets that wait for others are charged, too. */
static void vtun_rx_make_room(struct vtun_queue *vq)
{
	if (!sock_writeable(&vq->sk))
		vtun_napi_flush(vq);
}

/* Charged to the program's send buffer until the stack frees or orphans it. */
static struct sk_buff *vtun_rx_alloc(struct vtun_queue *vq,
				     const struct vtun_frame *frame,
				     enum vtun_wait wait)
{
	size_t frags_max = MAX_SKB_FRAGS * (PAGE_SIZE << VTUN_SKB_FRAG_ORDER);
	size_t room = vtun_rx_headroom(frame);
	size_t linear = frame->len;
	struct sk_buff *skb;
	int err;

	vtun_rx_make_room(vq);
	if (frame->len > SKB_MAX_HEAD(room)) {
		linear = min_t(size_t, frame->len, VTUN_RX_LINEAR);
		if (frame->len - linear > frags_max)
			linear = frame->len - frags_max;
	}
	skb = sock_alloc_send_pskb(&vq->sk, room + linear, frame->len - linear,
				   wait == VTUN_NOWAIT, &err,
				   VTUN_SKB_FRAG_ORDER);
	if (!skb)
		return ERR_PTR(err);
	skb_reserve(skb, room);
	skb_put(skb, linear);
	skb->data_len = frame->len - linear;
	skb->len += skb->data_len;
	return skb;
}

/* Whether an skb can hold each segment but the first in a fragment. */
static int vtun_rx_check_segments(const struct vtun_frame *frame,
				  const struct iov_iter *from)
{
	struct iov_iter segments = *from;
	size_t len;

	if (segments.nr_segs > MAX_SKB_FRAGS + 1 ||
	    frame->len > VTUN_RX_FRAGS_MAX)
		return -EMSGSIZE;
	len = iov_iter_single_seg_count(&segments);
	while (segments.nr_segs > 1) {
		unsigned long left = segments.nr_segs - 1;

		/* Skips empty segments, too: these are not allowed. */
		iov_iter_advance(&segments, len);
		len = iov_iter_single_seg_count(&segments);
		if (segments.nr_segs != left || len > PAGE_SIZE)
			return -EINVAL;
	}
	return 0;
}

/* Not charged. @from was checked. */
static struct sk_buff *vtun_rx_alloc_frags(const struct vtun_frame *frame,
					   const struct iov_iter *from)
{
	size_t len = iov_iter_single_seg_count(from);
	size_t room = vtun_rx_headroom(frame);
	struct iov_iter segments = *from;
	struct sk_buff *skb;
	struct page *page;
	int i;

	skb = alloc_skb(room + len, GFP_KERNEL);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	skb_reserve(skb, room);
	skb_put(skb, len);
	for (i = 0; segments.nr_segs > 1; i++) {
		iov_iter_advance(&segments, len);
		len = iov_iter_single_seg_count(&segments);
		page = alloc_page(GFP_KERNEL);
		if (!page) {
			kfree_skb_reason(skb, SKB_DROP_REASON_NOMEM);
			return ERR_PTR(-ENOMEM);
		}
		skb_add_rx_frag(skb, i, page, 0, len, PAGE_SIZE);
	}
	return skb;
}

/**
 * vtun_rx_wait_room() - wait as long as a writer has to with a smaller send
 *	buffer than usual, or when NAPI is behind
 * @vq: the file's queue
 * @wait: whether to sleep
 *
 * Context: process, may sleep.
 * Return: 0, -EAGAIN, -ENOBUFS, or a signal's errno.
 */
int vtun_rx_wait_room(struct vtun_queue *vq, enum vtun_wait wait)
{
	struct sk_buff *skb;
	int err;

	err = vtun_napi_wait_room(vq, wait);
	if (err || READ_ONCE(vq->sk.sk_sndbuf) == INT_MAX)
		return err;
	vtun_rx_make_room(vq);
	skb = sock_alloc_send_skb(&vq->sk, 1, wait == VTUN_NOWAIT, &err);
	if (!skb)
		return err;
	consume_skb(skb);
	return 0;
}

/* XDP first: it wants the frame in one piece, and may take it. */
static struct sk_buff *vtun_rx_copy_xdp(struct vtun_queue *vq,
					const struct vtun_frame *frame,
					struct iov_iter *from,
					enum vtun_wait wait)
{
	struct sk_buff *skb;
	int err;

	if (frame->mode == VTUN_RX_NAPI_FRAGS)
		return vtun_xdp_receive(vq, frame, from);
	err = vtun_rx_wait_room(vq, wait);
	if (err)
		return ERR_PTR(err);
	skb = vtun_xdp_receive(vq, frame, from);
	if (!IS_ERR_OR_NULL(skb))
		skb_set_owner_w(skb, &vq->sk);
	return skb;
}

/* Return: the packet, NULL if XDP took it, or an ERR_PTR(). */
static struct sk_buff *vtun_rx_copy(struct vtun_queue *vq,
				    const struct vtun_frame *frame,
				    struct iov_iter *from, enum vtun_wait wait)
{
	struct sk_buff *skb;
	int err;

	if (frame->mode == VTUN_RX_NAPI_FRAGS) {
		err = vtun_rx_check_segments(frame, from);
		if (err)
			return ERR_PTR(err);
	}
	if (frame->xdp)
		return vtun_rx_copy_xdp(vq, frame, from, wait);
	err = vtun_napi_wait_room(vq, wait);
	if (err)
		return ERR_PTR(err);
	if (frame->mode == VTUN_RX_NAPI_FRAGS) {
		skb = vtun_rx_alloc_frags(frame, from);
	} else {
		skb = vtun_rx_copy_short(vq, frame, from);
		if (skb)
			return skb;
		skb = vtun_rx_alloc(vq, frame, wait);
	}
	if (IS_ERR(skb))
		return skb;
	if (skb_copy_datagram_from_iter(skb, 0, from, frame->len)) {
		kfree_skb_reason(skb, SKB_DROP_REASON_SKB_UCOPY_FAULT);
		return ERR_PTR(-EFAULT);
	}
	return skb;
}

/* Tell the stack what the headers say: ours, and the packet's own. Return: 0,
 * -EINVAL if ours is wrong, -ENOMEM.
 */
static int vtun_rx_prepare(struct vtun_dev *vtun, const struct vtun_frame *frame,
			   struct sk_buff *skb)
{
	bool tap = frame->flags & IFF_TAP;
	int err;

	skb->dev = vtun->dev;
	if (tap && !pskb_may_pull(skb, ETH_HLEN))
		return -ENOMEM;
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, tap ? ETH_HLEN : 0);
	if (frame->format.size) {
		err = vtun_vnet_to_skb(&frame->vnet, skb);
		if (err)
			return err;
	}
	if (tap)
		skb->protocol = eth_type_trans(skb, vtun->dev);
	skb_reset_network_header(skb);
	return 0;
}

/* What the core knows that is nearest to it. */
static enum skb_drop_reason vtun_rx_drop_reason(int err)
{
	if (err == -EINVAL)
		return SKB_DROP_REASON_DEV_HDR;
	if (err == -ENOMEM)
		return SKB_DROP_REASON_NOMEM;
	return SKB_DROP_REASON_DEV_READY;
}

/* What is not charged to the writer needs another limit. */
static bool vtun_rx_backlog_full(const struct vtun_queue *vq)
{
	return vq->rx_mode == VTUN_RX_NAPI_FRAGS &&
	       skb_queue_len_lockless(&vq->backlog) >= VTUN_NAPI_BACKLOG_MAX;
}

/* Not while it goes down either: after a grace period nothing is added to what
 * waits for NAPI.
 */
static bool vtun_rx_is_up(const struct net_device *dev)
{
	return READ_ONCE(dev->flags) & IFF_UP && netif_running(dev);
}

/*
 * Give @skb to the stack as if the device had received it. Consumes @skb.
 * The device may be another one by now than when @frame was begun.
 */
static int vtun_rx_deliver(struct vtun_queue *vq, struct vtun_frame *frame,
			   struct sk_buff *skb)
{
	enum skb_drop_reason reason = SKB_DROP_REASON_DEV_READY;
	struct net_device *dev;
	struct vtun_dev *vtun;
	bool attached, hold;
	u16 index = 0;
	int err;

	local_bh_disable();
	rcu_read_lock();
	vtun = rcu_dereference(vq->vtun);
	err = -EBADFD;
	if (!vtun || (frame->flags ^ READ_ONCE(vtun->flags)) & VTUN_KIND_MASK)
		goto drop;
	dev = vtun->dev;
	attached = vtun_queue_rx_index(vq, &index);
	skb_record_rx_queue(skb, index);
	err = vtun_rx_prepare(vtun, frame, skb);
	if (err) {
		vtun_stats_drop(vtun, vq, err == -EINVAL ?
				VTUN_RX_FRAME_ERRORS : VTUN_RX_DROP_NO_MEMORY, 1);
		reason = vtun_rx_drop_reason(err);
		goto drop;
	}
	if (!frame->xdp && !vtun_xdp_passes(vtun, &skb))
		goto unlock;	/* err is 0 */
	err = -EIO;
	if (!vtun_rx_is_up(dev)) {
		vtun_stats_drop(vtun, vq, VTUN_RX_DROP_DOWN, 1);
		goto drop;
	}
	if (attached)
		vtun_steer_learn(vtun, skb, index);
	err = -EBUSY;
	if (vq->rx_mode != VTUN_RX_DIRECT && !attached)
		goto drop;
	if (vtun_rx_backlog_full(vq)) {
		reason = SKB_DROP_REASON_FULL_RING;
		goto drop;
	}

	err = 0;
	vtun_pause_atomic();
	vtun_stats_add_packets(vq, VTUN_RX_PACKETS, 1, frame->len);
	trace_vtun_write(dev, READ_ONCE(vq->index), 1, frame->len);
	/* Pairs with vtun_napi_set_hold(). */
	hold = attached && smp_load_acquire(&vq->rx_hold);
	if (hold || vq->rx_mode != VTUN_RX_DIRECT)
		vtun_napi_take(vq, vtun, skb);
	else
		netif_receive_skb(skb);
	goto unlock;
drop:
	kfree_skb_reason(skb, reason);
unlock:
	rcu_read_unlock();
	local_bh_enable();
	return err;
}

/* The device that @frame was begun with, if it is still there. Another one may
 * have got its place in memory.
 */
static struct vtun_dev *vtun_rx_find_rcu(const struct vtun_queue *vq,
					 const struct vtun_frame *frame)
{
	struct vtun_dev *vtun = rcu_dereference(vq->vtun);

	if (!vtun || vtun != frame->vtun ||
	    (frame->flags ^ READ_ONCE(vtun->flags)) & VTUN_KIND_MASK)
		return NULL;
	return vtun;
}

/**
 * vtun_rx_build() - make a packet of what a program writes, and nothing else
 * @vq: the file's queue
 * @frame: begun, without XDP
 * @from: as for vtun_rx_write()
 *
 * Neither counts what is refused nor sleeps for send buffer. XDP sees it when it
 * is delivered, as an skb.
 *
 * Context: process, may sleep.
 * Return: packet for vtun_rx_deliver_list(), or an ERR_PTR() as vtun_rx_write()
 * returns it.
 */
struct sk_buff *vtun_rx_build(struct vtun_queue *vq, struct vtun_frame *frame,
			      struct iov_iter *from)
{
	struct vtun_dev *now;
	struct sk_buff *skb;
	int err;

	err = vtun_frame_pull(frame, from);
	if (err)
		return ERR_PTR(err);
	skb = vtun_rx_copy(vq, frame, from, VTUN_NOWAIT);
	if (IS_ERR(skb))
		return skb;
	if (frame->flags & IFF_TUN)
		err = vtun_frame_set_protocol(frame, skb);
	rcu_read_lock();
	now = vtun_rx_find_rcu(vq, frame);
	if (!err)
		err = now ? vtun_rx_prepare(now, frame, skb) : -EBADFD;
	rcu_read_unlock();
	if (err) {
		consume_skb(skb);	/* no drop yet: the program has it */
		return ERR_PTR(err);
	}
	return skb;
}

/* Count what is in @list and keep what of it is for the stack: XDP may take the
 * rest.
 */
static void vtun_rx_screen_list(struct vtun_dev *vtun, struct vtun_queue *vq,
				bool attached, u16 index,
				struct sk_buff_head *list)
{
	unsigned int header = vtun_is_tap(vtun) ? ETH_HLEN : 0;
	struct sk_buff_head all;
	unsigned int packets = 0;
	struct sk_buff *skb;
	size_t bytes = 0;

	__skb_queue_head_init(&all);
	skb_queue_splice_init(list, &all);
	while ((skb = __skb_dequeue(&all))) {
		size_t len = skb->len + header;

		skb_record_rx_queue(skb, index);
		if (!vtun_xdp_passes(vtun, &skb))
			continue;
		if (attached)
			vtun_steer_learn(vtun, skb, index);
		__skb_queue_tail(list, skb);
		packets++;
		bytes += len;
	}
	vtun_stats_add_packets(vq, VTUN_RX_PACKETS, packets, bytes);
	trace_vtun_write(vtun->dev, READ_ONCE(vq->index), packets, bytes);
}

/**
 * vtun_rx_deliver_list() - give packets to the stack together, through GRO
 * @vq: the file's queue
 * @frame: as it was for one of them
 * @list: packets of vtun_rx_build(); empty afterwards
 *
 * Counts them, but not if they are refused.
 *
 * Context: process.
 * Return: 0, or -EBADFD, -EIO, -EBUSY as vtun_rx_write() for all of them.
 */
int vtun_rx_deliver_list(struct vtun_queue *vq, const struct vtun_frame *frame,
			 struct sk_buff_head *list)
{
	bool attached, napi;
	struct vtun_dev *vtun;
	struct sk_buff *skb;
	int err = -EBADFD;
	u16 index = 0;

	local_bh_disable();
	rcu_read_lock();
	vtun = vtun_rx_find_rcu(vq, frame);
	if (!vtun)
		goto unlock;
	err = -EIO;
	if (!vtun_rx_is_up(vtun->dev))
		goto unlock;
	attached = vtun_queue_rx_index(vq, &index);
	/* It is stopped after a grace period only. Pairs with its start. */
	napi = attached && smp_load_acquire(&vq->rx_started);
	err = -EBUSY;
	if (!napi && vq->rx_mode != VTUN_RX_DIRECT)
		goto unlock;
	err = 0;
	vtun_rx_screen_list(vtun, vq, attached, index, list);
	if (napi) {
		spin_lock(&vq->backlog.lock);
		skb_queue_splice_tail_init(list, &vq->backlog);
		spin_unlock(&vq->backlog.lock);
		napi_schedule(&vq->napi);
	}
	while ((skb = __skb_dequeue(list)))	/* parked */
		netif_receive_skb(skb);
unlock:
	rcu_read_unlock();
	local_bh_enable();
	while ((skb = __skb_dequeue(list)))	/* refused: no drop either */
		consume_skb(skb);
	return err;
}

/**
 * vtun_rx_write() - one write() of a program: one packet for the stack
 * @vq: the file's queue
 * @from: packet information and virtio-net header as the device has them, and
 *	the packet
 * @wait: whether to sleep while the send buffer is full
 *
 * Context: process, may sleep.
 * Return: bytes taken, which are all of @from; -EBADFD without a device,
 * -EINVAL if what is written can't be a packet, -EFAULT, -EAGAIN, -EIO if the
 * device is down, -EBUSY for a parked queue with IFF_NAPI or one that is far
 * behind, -EMSGSIZE for what an skb of such fragments can't hold, -ENOMEM or
 * -ENOBUFS, or a signal's errno.
 */
ssize_t vtun_rx_write(struct vtun_queue *vq, struct iov_iter *from,
		      enum vtun_wait wait)
{
	struct vtun_frame frame;
	int err;

	err = vtun_frame_begin(&frame, vq);
	if (err)
		return err;
	return vtun_rx_write_frame(vq, &frame, from, wait);
}

/**
 * vtun_rx_write_frame() - the rest of vtun_rx_write()
 * @vq: the file's queue
 * @frame: begun
 * @from: as for vtun_rx_write()
 * @wait: likewise
 *
 * Context: process, may sleep.
 * Return: as vtun_rx_write().
 */
ssize_t vtun_rx_write_frame(struct vtun_queue *vq, struct vtun_frame *frame,
			    struct iov_iter *from, enum vtun_wait wait)
{
	size_t total = iov_iter_count(from);
	struct sk_buff *skb;
	int err;

	err = vtun_frame_pull(frame, from);
	if (err)
		return err;
	skb = vtun_rx_copy(vq, frame, from, wait);
	if (IS_ERR(skb)) {
		if (PTR_ERR(skb) != -EAGAIN)
			vtun_rx_count_drop(vq, PTR_ERR(skb));
		return PTR_ERR(skb);
	}
	if (!skb)
		return total;
	if (frame->flags & IFF_TUN) {
		err = vtun_frame_set_protocol(frame, skb);
		if (err) {
			vtun_rx_count_drop(vq, err);
			kfree_skb_reason(skb, SKB_DROP_REASON_INVALID_PROTO);
			return err;
		}
	}
	vtun_pause();
	err = vtun_rx_deliver(vq, frame, skb);
	return err ?: total;
}
