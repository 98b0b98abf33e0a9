// SPDX-License-Identifier: GPL-2.0-only
/* From the program to the stack: a written frame becomes a received packet. */

#include <linux/etherdevice.h>
#include <linux/skbuff.h>

#include "frame.h"
#include "queue.h"
#include "rx.h"
#include "steer.h"

/* What of a large packet is linear: every header that the stack looks at. */
#define VTUN_RX_LINEAR	256

static void vtun_rx_count_drop(struct vtun_queue *vq)
{
	struct vtun_dev *vtun;

	rcu_read_lock();
	vtun = rcu_dereference(vq->vtun);
	if (vtun)
		dev_core_stats_rx_dropped_inc(vtun->dev);
	rcu_read_unlock();
}

/* Charged to the program's send buffer until the stack frees or orphans it. */
static struct sk_buff *vtun_rx_alloc(struct vtun_queue *vq,
				     const struct vtun_frame *frame,
				     enum vtun_wait wait)
{
	size_t frags_max = MAX_SKB_FRAGS * (PAGE_SIZE << VTUN_SKB_FRAG_ORDER);
	size_t room = NET_SKB_PAD + NET_IP_ALIGN;
	size_t linear = frame->len;
	struct sk_buff *skb;
	int err;

	if (!(frame->flags & IFF_TAP))
		room = NET_SKB_PAD;
	room = max_t(size_t, room, frame->headroom);
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

/* Tell the stack what the headers say: ours, and the packet's own. */
static int vtun_rx_prepare(struct vtun_dev *vtun, const struct vtun_frame *frame,
			   struct sk_buff *skb)
{
	bool tap = frame->flags & IFF_TAP;
	int err;

	skb->dev = vtun->dev;
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, tap ? ETH_HLEN : 0);
	if (frame->format.size) {
		err = vtun_vnet_to_skb(&frame->vnet, skb);
		if (err) {
			atomic_long_inc(&vtun->rx_frame_errors);
			return err;
		}
	}
	if (tap)
		skb->protocol = eth_type_trans(skb, vtun->dev);
	skb_reset_network_header(skb);
	return 0;
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
	u16 index = 0;
	int err;

	rcu_read_lock();
	vtun = rcu_dereference(vq->vtun);
	err = -EBADFD;
	if (!vtun || (frame->flags ^ READ_ONCE(vtun->flags)) & VTUN_KIND_MASK)
		goto drop;
	dev = vtun->dev;
	err = vtun_rx_prepare(vtun, frame, skb);
	if (err) {
		reason = SKB_DROP_REASON_NOT_SPECIFIED;
		goto drop;
	}
	err = -EIO;
	if (!(READ_ONCE(dev->flags) & IFF_UP)) {
		dev_core_stats_rx_dropped_inc(dev);
		goto drop;
	}

	local_bh_disable();
	if (vtun_queue_rx_index(vq, &index))
		vtun_steer_learn(vtun, skb, index);
	skb_record_rx_queue(skb, index);
	dev_sw_netstats_rx_add(dev, frame->len);
	netif_receive_skb(skb);
	local_bh_enable();
	rcu_read_unlock();
	return 0;
drop:
	rcu_read_unlock();
	kfree_skb_reason(skb, reason);
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
 * device is down, -ENOMEM or -ENOBUFS, or a signal's errno.
 */
ssize_t vtun_rx_write(struct vtun_queue *vq, struct iov_iter *from,
		      enum vtun_wait wait)
{
	enum skb_drop_reason reason = SKB_DROP_REASON_NOT_SPECIFIED;
	size_t total = iov_iter_count(from);
	struct vtun_frame frame;
	struct sk_buff *skb;
	int err;

	err = vtun_frame_begin(&frame, vq);
	if (err)
		return err;
	err = vtun_frame_pull(&frame, from);
	if (err)
		return err;
	skb = vtun_rx_alloc(vq, &frame, wait);
	if (IS_ERR(skb)) {
		if (PTR_ERR(skb) != -EAGAIN)
			vtun_rx_count_drop(vq);
		return PTR_ERR(skb);
	}
	if (skb_copy_datagram_from_iter(skb, 0, from, frame.len)) {
		err = -EFAULT;
		reason = SKB_DROP_REASON_SKB_UCOPY_FAULT;
		goto drop;
	}
	if (frame.flags & IFF_TUN) {
		err = vtun_frame_set_protocol(&frame, skb);
		if (err)
			goto drop;
	}
	err = vtun_rx_deliver(vq, &frame, skb);
	return err ?: total;
drop:
	vtun_rx_count_drop(vq);
	kfree_skb_reason(skb, reason);
	return err;
}
