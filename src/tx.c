// SPDX-License-Identifier: GPL-2.0-only
/* From the stack to the program: transmit, the fifo, and read(). */

#include <linux/if_vlan.h>
#include <linux/sched/signal.h>
#include <linux/skbuff.h>

#include "fifo.h"
#include "filter.h"
#include "frame.h"
#include "queue.h"
#include "tx.h"

/* Whether the stack can keep a packet for later; noqueue can't. */
static bool vtun_tx_has_qdisc(const struct netdev_queue *txq)
{
	return rcu_dereference(txq->qdisc)->enqueue;
}

static bool vtun_tx_is_full(struct vtun_queue *vq)
{
	bool full;

	spin_lock(&vq->fifo.producer_lock);
	/* One that never has room is not waited for. */
	full = vq->fifo.size && __ptr_ring_full(&vq->fifo);
	spin_unlock(&vq->fifo.producer_lock);
	return full;
}

/**
 * vtun_tx_hold_back() - back pressure: stop the tx queue of a full fifo
 * @vq: queue of a device with IFF_BACKPRESSURE
 * @txq: its tx queue, which is left alone if there is no qdisc to keep packets
 *
 * Context: BH off, tx-queue lock held, RCU section.
 * Return: whether it is full and stopped; a reader will wake it.
 */
bool vtun_tx_hold_back(struct vtun_queue *vq, struct netdev_queue *txq)
{
	if (!vtun_tx_has_qdisc(txq) || !vtun_tx_is_full(vq))
		return false;
	netif_tx_stop_queue(txq);
	/* Pairs with vtun_tx_stopped(): we see what a reader took that did not
	 * see the stop. The fifo gives room back in groups, of no more than
	 * half; where we see none, enough is left for readers to wake us.
	 */
	smp_mb__after_atomic();
	if (vtun_tx_is_full(vq))
		return true;
	netif_tx_wake_queue(txq);
	return false;
}

/**
 * vtun_tx_xmit() - ndo_start_xmit: queue a packet for the program
 * @skb: packet; consumed unless NETDEV_TX_BUSY is returned
 * @dev: device
 *
 * Context: BH off, tx-queue lock held, RCU section.
 * Return: NETDEV_TX_OK; NET_XMIT_DROP if the packet was dropped and counted;
 * NETDEV_TX_BUSY if back pressure has stopped the tx queue.
 */
netdev_tx_t vtun_tx_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct vtun_dev *vtun = netdev_priv(dev);
	bool pressure = READ_ONCE(vtun->flags) & IFF_BACKPRESSURE;
	u16 index = skb_get_queue_mapping(skb);
	enum skb_drop_reason reason;
	struct netdev_queue *txq;
	struct vtun_queue *vq;

	rcu_read_lock();
	vq = rcu_dereference(vtun->queues[index]);
	reason = SKB_DROP_REASON_DEV_READY;
	if (!vq)
		goto drop;
	/* Before anything is done to the packet, which comes again. */
	txq = netdev_get_tx_queue(dev, index);
	if (pressure && vtun_tx_hold_back(vq, txq)) {
		rcu_read_unlock();
		return NETDEV_TX_BUSY;
	}
	if (vtun_logs(vtun, NETIF_MSG_TX_QUEUED))
		netdev_info(dev, "transmit %u bytes, queue %u\n", skb->len,
			    index);
	reason = vtun_filter_apply(vtun, skb);
	if (reason)
		goto drop;
	reason = SKB_DROP_REASON_SKB_UCOPY_FAULT;
	if (skb_orphan_frags_rx(skb, GFP_ATOMIC))
		goto drop;

	/* The sender is done with it: a slow program must not hold up what
	 * the packet belongs to.
	 */
	skb_tx_timestamp(skb);
	skb_orphan(skb);
	nf_reset_ct(skb);

	reason = SKB_DROP_REASON_FULL_RING;
	if (ptr_ring_produce(&vq->fifo, skb))
		goto drop;
	if (pressure)
		vtun_tx_hold_back(vq, txq);
	vtun_queue_wake_reader(vq);
	rcu_read_unlock();
	return NETDEV_TX_OK;
drop:
	rcu_read_unlock();
	dev_core_stats_tx_dropped_inc(dev);
	kfree_skb_reason(skb, reason);
	return NET_XMIT_DROP;
}

/* The tx queue that back pressure has stopped for @vq, or NULL. In an RCU
 * section.
 */
static struct netdev_queue *vtun_tx_stopped(struct vtun_queue *vq)
{
	struct vtun_dev *vtun = rcu_dereference(vq->vtun);
	struct netdev_queue *txq;

	if (!vtun || !(READ_ONCE(vtun->flags) & IFF_BACKPRESSURE) ||
	    !netif_running(vtun->dev))
		return NULL;
	/* Pairs with vtun_tx_hold_back(). Who stopped a tx queue because of us
	 * had found us by our number, so read that after it.
	 */
	smp_mb();
	txq = netdev_get_tx_queue(vtun->dev, READ_ONCE(vq->index));
	return netif_tx_queue_stopped(txq) ? txq : NULL;
}

/* Whether a stopped tx queue shall go on: half of the fifo was read since, or
 * all of it. Under the consumer lock.
 */
static bool vtun_tx_makes_room(struct vtun_queue *vq)
{
	if (++vq->taken < vq->fifo.size / 2 && !__ptr_ring_empty(&vq->fifo))
		return false;
	vq->taken = 0;
	return true;
}

static void *vtun_tx_consume(struct vtun_queue *vq)
{
	struct netdev_queue *txq = NULL;
	void *entry;

	rcu_read_lock();
	spin_lock(&vq->fifo.consumer_lock);
	entry = __ptr_ring_consume(&vq->fifo);
	if (entry)
		txq = vtun_tx_stopped(vq);
	if (txq && !vtun_tx_makes_room(vq))
		txq = NULL;
	if (unlikely(txq)) {
		local_bh_disable();
		netif_tx_wake_queue(txq);
	}
	spin_unlock(&vq->fifo.consumer_lock);
	if (unlikely(txq))
		local_bh_enable();	/* the qdisc runs, not in ksoftirqd */
	rcu_read_unlock();
	return entry;
}

/* What ends a reader's sleep: a packet, or the end of the device. */
static bool vtun_tx_end_wait(struct vtun_queue *vq, void **entry)
{
	*entry = vtun_tx_consume(vq);
	return *entry || READ_ONCE(vq->state) == VTUN_QUEUE_ORPHAN;
}

/* Next entry of the fifo, or an ERR_PTR(). */
static void *vtun_tx_next(struct vtun_queue *vq, enum vtun_wait wait)
{
	void *entry = vtun_tx_consume(vq);
	int err;

	if (entry)
		return entry;
	if (wait == VTUN_NOWAIT)
		return ERR_PTR(-EAGAIN);
	/* Not exclusive: a reader that was not asleep yet may take the packet
	 * whose wake-up went to another one, and would have to pass it on.
	 */
	err = wait_event_interruptible(vq->socket.wq.wait,
				       vtun_tx_end_wait(vq, &entry));
	if (entry)
		return entry;
	if (err || signal_pending(current))
		return ERR_PTR(-ERESTARTSYS);
	return ERR_PTR(-EFAULT);	/* what in-tree tun says of deletion */
}

/* Copy @len bytes from @offset of the packet, or as many as there is room. */
static int vtun_tx_copy(const struct sk_buff *skb, int offset, size_t len,
			struct iov_iter *to)
{
	return skb_copy_datagram_iter(skb, offset, to,
				      min(len, iov_iter_count(to)));
}

/* The packet as the program sees it; a VLAN tag that the stack left to us goes
 * where Ethernet has it.
 */
static int vtun_tx_copy_packet(const struct sk_buff *skb, struct iov_iter *to)
{
	size_t head = min_t(size_t, skb->len, 2 * ETH_ALEN);
	struct {
		__be16 tpid;
		__be16 tci;
	} tag;
	size_t len;

	if (!skb_vlan_tag_present(skb))
		return vtun_tx_copy(skb, 0, skb->len, to);
	if (vtun_tx_copy(skb, 0, head, to))
		return -EFAULT;
	tag.tpid = skb->vlan_proto;
	tag.tci = htons(skb_vlan_tag_get(skb));
	len = min(sizeof(tag), iov_iter_count(to));
	if (copy_to_iter(&tag, len, to) != len)
		return -EFAULT;
	return vtun_tx_copy(skb, head, skb->len - head, to);
}

/* A packet left the fifo by a read: it was sent, or lost. */
static void vtun_tx_count(struct vtun_queue *vq, size_t len, int err)
{
	struct vtun_dev *vtun;

	rcu_read_lock();
	vtun = rcu_dereference(vq->vtun);
	if (vtun && err) {
		dev_core_stats_tx_dropped_inc(vtun->dev);
	} else if (vtun) {
		local_bh_disable();
		dev_sw_netstats_tx_add(vtun->dev, 1, len);
		local_bh_enable();
	}
	rcu_read_unlock();
}

/* What the buffer does to the headers is counted nowhere, as in in-tree tun. */
static ssize_t vtun_tx_put_skb(struct vtun_queue *vq,
			       struct vtun_frame *frame,
			       const struct sk_buff *skb, struct iov_iter *to)
{
	size_t room = iov_iter_count(to);
	int err;

	err = vtun_frame_describe(frame, skb);
	if (err) {
		vtun_tx_count(vq, frame->len, err);
		return err;
	}
	err = vtun_frame_push(frame, to);
	if (err)
		return err;
	err = vtun_tx_copy_packet(skb, to);
	vtun_tx_count(vq, frame->len, err);
	return err ?: room - iov_iter_count(to);
}

/* As in in-tree tun, what is counted is what was copied, header included. */
static ssize_t vtun_tx_put_frame(struct vtun_queue *vq,
				 struct vtun_frame *frame,
				 const struct xdp_frame *xdpf,
				 struct iov_iter *to)
{
	const struct ethhdr *eth = xdpf->data;
	size_t room = iov_iter_count(to);
	size_t len;
	int err;

	frame->proto = xdpf->len < ETH_HLEN ? 0 : eth->h_proto;
	frame->len = xdpf->len;
	err = vtun_frame_push(frame, to);
	if (err)
		return err;
	len = min_t(size_t, xdpf->len, iov_iter_count(to));
	if (copy_to_iter(xdpf->data, len, to) != len)
		err = -EFAULT;
	vtun_tx_count(vq, frame->format.size + len, err);
	return err ?: room - iov_iter_count(to);
}

/* Consumes @entry. */
static ssize_t vtun_tx_put_user(struct vtun_queue *vq, void *entry,
				struct iov_iter *to)
{
	struct vtun_frame frame;
	ssize_t ret;

	ret = vtun_frame_begin(&frame, vq);
	if (vtun_fifo_is_frame(entry)) {
		if (!ret)
			ret = vtun_tx_put_frame(vq, &frame,
						vtun_fifo_to_frame(entry), to);
		vtun_fifo_free(entry);
		return ret;
	}
	if (!ret)
		ret = vtun_tx_put_skb(vq, &frame, entry, to);
	if (ret < 0)
		kfree_skb(entry);
	else
		consume_skb(entry);
	return ret;
}

/**
 * vtun_tx_read() - one read() of a program: one packet from the stack
 * @vq: the file's queue
 * @to: gets packet information and virtio-net header as the device has them,
 *	and the packet; what does not fit is lost
 * @wait: whether to sleep while the fifo is empty
 *
 * Context: process, may sleep.
 * Return: bytes stored, 0 if there is no room for any; -EBADFD without a
 * device, -EAGAIN, a signal's errno, -EFAULT if the device went away meanwhile;
 * -EINVAL without room for the headers, -EFAULT for a bad buffer, and then the
 * packet is lost.
 */
ssize_t vtun_tx_read(struct vtun_queue *vq, struct iov_iter *to,
		     enum vtun_wait wait)
{
	void *entry;

	if (!rcu_access_pointer(vq->vtun))
		return -EBADFD;
	if (!iov_iter_count(to))
		return 0;
	entry = vtun_tx_next(vq, wait);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	return vtun_tx_put_user(vq, entry, to);
}
