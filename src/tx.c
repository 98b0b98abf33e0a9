// SPDX-License-Identifier: GPL-2.0-only
/* From the stack to the program: transmit, the fifo, and read(). */

#include <linux/if_vlan.h>
#include <linux/sched/signal.h>
#include <linux/skbuff.h>

#include "fifo.h"
#include "filter.h"
#include "frame.h"
#include "napi.h"
#include "pause.h"
#include "queue.h"
#include "segment.h"
#include "stats.h"
#include "trace.h"
#include "tx.h"
#include "vnet.h"

/* Whether the stack can keep a packet for later; noqueue can't. */
static bool vtun_tx_has_qdisc(const struct netdev_queue *txq)
{
	return rcu_dereference_bh(txq->qdisc)->enqueue;
}

/* Whether large packets, which the program reads in pieces, fill it. */
static bool vtun_tx_is_crowded(struct vtun_queue *vq)
{
	int extra = atomic_read(&vq->extra);

	return unlikely(extra) &&
	       extra + vtun_fifo_used(&vq->fifo) >= READ_ONCE(vq->fifo.size);
}

static bool vtun_tx_is_full(struct vtun_queue *vq)
{
	bool full;

	spin_lock(&vq->fifo.producer_lock);
	/* One that never has room is not waited for. */
	full = vq->fifo.size && (__ptr_ring_full(&vq->fifo) ||
				 vtun_tx_is_crowded(vq));
	spin_unlock(&vq->fifo.producer_lock);
	return full;
}

/**
 * vtun_tx_hold_back() - back pressure: stop the tx queue of a full fifo
 * @vq: queue of a device with IFF_BACKPRESSURE
 * @txq: its tx queue, which is left alone if there is no qdisc to keep packets
 *
 * Context: BH off, which is an RCU section, tx-queue lock held.
 * Return: whether it is full and stopped; a reader will wake it.
 */
bool vtun_tx_hold_back(struct vtun_queue *vq, struct netdev_queue *txq)
{
	if (!vtun_tx_has_qdisc(txq) || !vtun_tx_is_full(vq))
		return false;
	vtun_pause_atomic();
	netif_tx_stop_queue(txq);
	vtun_stats_add(vq, VTUN_TX_STOPS, 1);
	trace_vtun_stall(txq->dev, READ_ONCE(vq->index));
	/* Pairs with vtun_tx_stopped(): we see what a reader took that did not
	 * see the stop. The fifo gives room back in groups, of no more than
	 * half; where we see none, enough is left for readers to wake us.
	 */
	smp_mb__after_atomic();
	if (vtun_tx_is_full(vq))
		return true;
	netif_tx_wake_queue(txq);
	trace_vtun_wake(txq->dev, READ_ONCE(vq->index));
	return false;
}

/* A large packet counts as what the program would have read of it. */
static netdev_tx_t vtun_tx_drop(struct vtun_dev *vtun, struct vtun_queue *vq,
				struct sk_buff *skb, enum vtun_stat what,
				enum skb_drop_reason reason)
{
	vtun_stats_drop(vtun, vq, what, vtun_segment_count(skb) ?: 1);
	vtun_fifo_purge(skb, reason);
	return NET_XMIT_DROP;
}

static enum skb_drop_reason vtun_tx_filter(struct vtun_dev *vtun,
					   struct sk_buff *skb)
{
	/* XDP sends back what a program wrote, so it may be nothing. */
	if (unlikely(!skb->len))
		return SKB_DROP_REASON_TAP_FILTER;
	if (!vtun_filter_any(vtun))
		return 0;
	/* It came before the filter did, which would see it uncut. */
	if (unlikely(vtun_segment_count(skb)))
		return SKB_DROP_REASON_TAP_FILTER;
	return vtun_filter_apply(vtun, skb);
}

/* Checksums that the program does not take: of who asks the device's features
 * only, and does not let the stack do what is left to do.
 */
static int vtun_tx_sum(const struct vtun_dev *vtun, struct sk_buff *skb)
{
	if (likely(skb->ip_summed != CHECKSUM_PARTIAL) || skb_is_gso(skb) ||
	    READ_ONCE(vtun->offloads) & NETIF_F_HW_CSUM)
		return 0;
	return skb_checksum_help(skb);
}

/* Put a packet into the fifo of @vq, or, without one, where packets are kept. */
static netdev_tx_t vtun_tx_queue(struct vtun_dev *vtun, struct vtun_queue *vq,
				 struct ptr_ring *fifo, struct sk_buff *skb)
{
	enum skb_drop_reason reason;

	vtun_segment_begin(vtun, vq, skb);
	reason = vtun_tx_filter(vtun, skb);
	if (unlikely(reason))
		return vtun_tx_drop(vtun, vq, skb, VTUN_TX_DROP_FILTER, reason);
	if (skb_orphan_frags_rx(skb, GFP_ATOMIC))
		return vtun_tx_drop(vtun, vq, skb, VTUN_TX_DROP_NO_MEMORY,
				    SKB_DROP_REASON_SKB_UCOPY_FAULT);
	if (vtun_tx_sum(vtun, skb))
		return vtun_tx_drop(vtun, vq, skb, VTUN_TX_DROP_NO_MEMORY,
				    SKB_DROP_REASON_NOMEM);

	/* The sender is done with it: a slow program must not hold up what
	 * the packet belongs to.
	 */
	skb_tx_timestamp(skb);
	skb_orphan(skb);
	nf_reset_ct(skb);

	vtun_pause_atomic();
	if ((vq && vtun_tx_is_crowded(vq)) || ptr_ring_produce(fifo, skb))
		return vtun_tx_drop(vtun, vq, skb, VTUN_TX_DROP_FULL,
				    SKB_DROP_REASON_FULL_RING);
	return NETDEV_TX_OK;
}

/* Where packets are kept for the next queue, if there is none at all, or NULL. */
static struct ptr_ring *vtun_tx_kept(struct vtun_dev *vtun)
{
	return rcu_access_pointer(vtun->queues[0]) ?
	       NULL : rcu_dereference_bh(vtun->kept);
}

/**
 * vtun_tx_xmit() - ndo_start_xmit: queue a packet for the program
 * @skb: packet; consumed unless NETDEV_TX_BUSY is returned
 * @dev: device
 *
 * Context: BH off, which is an RCU section, tx-queue lock held.
 * Return: NETDEV_TX_OK; NET_XMIT_DROP if the packet was dropped and counted;
 * NETDEV_TX_BUSY if back pressure has stopped the tx queue.
 */
netdev_tx_t vtun_tx_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct vtun_dev *vtun = netdev_priv(dev);
	u16 index = skb_get_queue_mapping(skb);
	struct vtun_queue *vq;
	struct ptr_ring *fifo;
	netdev_tx_t ret;
	bool pressure;

	vq = rcu_dereference_bh(vtun->queues[index]);
	fifo = likely(vq) ? &vq->fifo : vtun_tx_kept(vtun);
	if (unlikely(!fifo)) {
		vtun_segment(skb)->count = 0;
		return vtun_tx_drop(vtun, NULL, skb, VTUN_TX_DROP_NO_QUEUE,
				    SKB_DROP_REASON_DEV_READY);
	}
	/* Before anything is done to the packet, which comes again. */
	pressure = vq && READ_ONCE(vtun->flags) & IFF_BACKPRESSURE;
	if (pressure && vtun_tx_hold_back(vq, netdev_get_tx_queue(dev, index)))
		return NETDEV_TX_BUSY;
	if (vtun_logs(vtun, NETIF_MSG_TX_QUEUED))
		netdev_info(dev, "transmit %u bytes, queue %u\n", skb->len,
			    index);
	ret = vtun_tx_queue(vtun, vq, fifo, skb);
	if (unlikely(ret))
		return ret;
	if (pressure)
		vtun_tx_hold_back(vq, netdev_get_tx_queue(dev, index));
	if (likely(vq))
		vtun_queue_wake_reader(vq);
	return NETDEV_TX_OK;
}

/* Whether back pressure has stopped the tx queue of @vq. */
static bool vtun_tx_is_stopped(const struct vtun_queue *vq,
			       const struct vtun_dev *vtun)
{
	if (!(READ_ONCE(vtun->flags) & IFF_BACKPRESSURE) ||
	    !netif_running(vtun->dev))
		return false;
	/* Pairs with vtun_tx_hold_back(). Who stopped a tx queue because of us
	 * had found us by our number, so read that after it.
	 */
	smp_mb();
	return netif_tx_queue_stopped(netdev_get_tx_queue(vtun->dev,
							  READ_ONCE(vq->index)));
}

/* Whether a stopped tx queue shall go on: half of the fifo was read since, or
 * all of it. Under the consumer lock.
 */
static bool vtun_tx_makes_room(struct vtun_queue *vq, unsigned int n)
{
	vq->taken += n;
	if (vq->taken < vq->fifo.size / 2 && !__ptr_ring_empty(&vq->fifo))
		return false;
	vq->taken = 0;
	return true;
}

/* Take as much as is wanted and there. Under the consumer lock. */
static void vtun_tx_fill(struct vtun_queue *vq, struct vtun_tx_take *take)
{
	size_t front = take->record + vtun_frame_header_len(take->frame);
	size_t room = take->room, need;
	void *entry;

	while (take->n < take->max && (entry = __ptr_ring_peek(&vq->fifo))) {
		need = ALIGN(front + vtun_fifo_len(entry), take->align);
		if (need > room) {
			take->too_long = !take->n;
			return;
		}
		room -= need;
		take->entries[take->n] = entry;
		if (vtun_fifo_take(entry, &take->segments[take->n]))
			__ptr_ring_discard_one(&vq->fifo);
		take->n++;
	}
}

/* The device of a queue whose consumer lock is held, which is an RCU section. */
static struct vtun_dev *vtun_tx_locked_dev(struct vtun_queue *vq)
{
	return rcu_dereference_check(vq->vtun,
				     lockdep_is_held(&vq->fifo.consumer_lock));
}

/* Whether the tx queue goes on, since @n packets were taken. Under the consumer
 * lock.
 */
static bool vtun_tx_goes_on(struct vtun_queue *vq, const struct vtun_dev *vtun,
			    unsigned int n)
{
	return n && vtun && unlikely(vtun_tx_is_stopped(vq, vtun)) &&
	       vtun_tx_makes_room(vq, n);
}

/* Without the lock, which others take with BH off. Who takes @vq away meanwhile,
 * or changes its number, wakes what has that number then.
 */
static noinline void vtun_tx_wake(struct vtun_queue *vq)
{
	struct vtun_dev *vtun;
	u16 index;

	rcu_read_lock();
	vtun = rcu_dereference(vq->vtun);
	if (vtun) {
		index = READ_ONCE(vq->index);
		local_bh_disable();
		netif_tx_wake_queue(netdev_get_tx_queue(vtun->dev, index));
		trace_vtun_wake(vtun->dev, index);
		local_bh_enable();	/* the qdisc runs, not in ksoftirqd */
	}
	rcu_read_unlock();
}

static void vtun_tx_consume(struct vtun_queue *vq, struct vtun_tx_take *take)
{
	struct vtun_dev *vtun;
	bool goes_on;

	spin_lock(&vq->fifo.consumer_lock);
	vtun = vtun_tx_locked_dev(vq);
	vtun_frame_set(take->frame, vq, vtun);
	vtun_tx_fill(vq, take);
	goes_on = vtun_tx_goes_on(vq, vtun, take->n);
	spin_unlock(&vq->fifo.consumer_lock);
	if (unlikely(goes_on))
		vtun_tx_wake(vq);
}

/* vtun_tx_consume() of one packet, of any length. Return: it, or NULL. */
static void *vtun_tx_consume_one(struct vtun_queue *vq,
				 struct vtun_frame *frame, u16 *segment)
{
	struct vtun_dev *vtun;
	bool goes_on;
	void *entry;

	spin_lock(&vq->fifo.consumer_lock);
	vtun = vtun_tx_locked_dev(vq);
	vtun_frame_set(frame, vq, vtun);
	entry = __ptr_ring_peek(&vq->fifo);
	if (likely(entry) && vtun_fifo_take(entry, segment))
		__ptr_ring_discard_one(&vq->fifo);
	goes_on = vtun_tx_goes_on(vq, vtun, !!entry);
	spin_unlock(&vq->fifo.consumer_lock);
	if (unlikely(goes_on))
		vtun_tx_wake(vq);
	return entry;
}

/* What ends a reader's sleep: a packet, or the end of the device. */
static bool vtun_tx_end_wait(struct vtun_queue *vq, struct vtun_tx_take *take)
{
	vtun_tx_consume(vq, take);
	return take->n || take->too_long ||
	       READ_ONCE(vq->state) == VTUN_QUEUE_ORPHAN;
}

/**
 * vtun_tx_wait() - take packets out of the fifo, wait for the first
 * @vq: the file's queue
 * @take: how many and how large; its n is 0. Entries are the caller's then
 * @wait: whether to sleep while the fifo is empty
 *
 * Context: process, may sleep.
 * Return: 0 and at least one entry; -EMSGSIZE if the first is too large,
 * -EAGAIN, a signal's errno, -EFAULT if the device went away meanwhile.
 */
int vtun_tx_wait(struct vtun_queue *vq, struct vtun_tx_take *take,
		 enum vtun_wait wait)
{
	int err = 0;

	vtun_tx_consume(vq, take);
	if (!take->n && !take->too_long && vtun_napi_flush(vq))
		vtun_tx_consume(vq, take);
	if (!take->n && !take->too_long) {
		if (wait == VTUN_NOWAIT)
			return -EAGAIN;
		/* Not exclusive: a reader that was not asleep yet may take the
		 * packet whose wake-up went to another one, and would have to
		 * pass it on.
		 */
		err = wait_event_interruptible(vq->socket.wq.wait,
					       vtun_tx_end_wait(vq, take));
	}
	if (take->n)
		return 0;
	if (take->too_long)
		return -EMSGSIZE;
	if (err || signal_pending(current))
		return -ERESTARTSYS;
	return -EFAULT;		/* what in-tree tun says of deletion */
}

/* One packet for a plain read() that has not found any, or only wants one that
 * needs no more than @room.
 */
static noinline int vtun_tx_wait_one(struct vtun_queue *vq,
				     struct vtun_frame *frame, void **entry,
				     u16 *segment, size_t room,
				     enum vtun_wait wait)
{
	struct vtun_tx_take take = {
		.frame = frame,
		.entries = entry,
		.segments = segment,
		.max = 1,
		.room = room,
		.align = 1,
	};

	return vtun_tx_wait(vq, &take, wait);
}

/* Copy @len bytes from @offset of the packet, or as many as there is room. */
static inline int vtun_tx_copy(const struct sk_buff *skb, int offset,
			       size_t len, struct iov_iter *to)
{
	len = min(len, iov_iter_count(to));
	if (unlikely(offset + len > skb_headlen(skb)))
		return skb_copy_datagram_iter(skb, offset, to, len);
	return copy_to_iter(skb->data + offset, len, to) == len ? 0 : -EFAULT;
}

/* A VLAN tag that the stack left to us goes where Ethernet has it. */
static noinline int vtun_tx_copy_tagged(const struct sk_buff *skb,
					struct iov_iter *to)
{
	size_t head = min_t(size_t, skb->len, 2 * ETH_ALEN);
	struct {
		__be16 tpid;
		__be16 tci;
	} tag;
	size_t len;

	if (vtun_tx_copy(skb, 0, head, to))
		return -EFAULT;
	tag.tpid = skb->vlan_proto;
	tag.tci = htons(skb_vlan_tag_get(skb));
	len = min(sizeof(tag), iov_iter_count(to));
	if (copy_to_iter(&tag, len, to) != len)
		return -EFAULT;
	return vtun_tx_copy(skb, head, skb->len - head, to);
}

static noinline int vtun_tx_copy_frame(const struct xdp_frame *xdpf,
				       struct iov_iter *to)
{
	size_t len = min_t(size_t, xdpf->len, iov_iter_count(to));

	return copy_to_iter(xdpf->data, len, to) == len ? 0 : -EFAULT;
}

/**
 * vtun_tx_copy_entry() - copy a packet, or as much as there is room
 * @entry: what was in the fifo
 * @segment: which one of it, if it is to be cut
 * @to: where to
 *
 * Context: process, may sleep.
 * Return: 0 or -EFAULT.
 */
int vtun_tx_copy_entry(void *entry, unsigned int segment, struct iov_iter *to)
{
	const struct sk_buff *skb = entry;

	if (unlikely(vtun_fifo_is_frame(entry)))
		return vtun_tx_copy_frame(vtun_fifo_to_frame(entry), to);
	if (unlikely(vtun_segment_count(skb)))
		return vtun_segment_copy(skb, segment, to);
	if (unlikely(skb_vlan_tag_present(skb)))
		return vtun_tx_copy_tagged(skb, to);
	return vtun_tx_copy(skb, 0, skb->len, to);
}

/**
 * vtun_tx_done() - packets were read: count and free them
 * @vq: the file's queue
 * @entries: what was in the fifo
 * @packets: how many
 * @bytes: bytes of them
 *
 * Context: process.
 */
void vtun_tx_done(struct vtun_queue *vq, void **entries, unsigned int packets,
		  size_t bytes)
{
	struct vtun_dev *vtun;
	unsigned int i;

	local_bh_disable();	/* an RCU section, too */
	vtun = rcu_dereference_bh(vq->vtun);
	if (likely(vtun)) {
		vtun_stats_add_packets(vq, VTUN_TX_PACKETS, packets, bytes);
		trace_vtun_read(vtun->dev, READ_ONCE(vq->index), packets, bytes);
	}
	for (i = 0; i < packets; i++)
		vtun_fifo_consume(entries[i]);
	local_bh_enable();
}

/**
 * vtun_tx_lose() - drop what was taken out of the fifo and can't be read
 * @vq: the file's queue
 * @entry: what was in the fifo
 * @err: why: -EFAULT, -EINVAL, -EBADFD
 * @what: what it counts as
 *
 * Context: process.
 */
void vtun_tx_lose(struct vtun_queue *vq, void *entry, int err,
		  enum vtun_stat what)
{
	enum skb_drop_reason reason = SKB_DROP_REASON_DEV_READY;
	struct vtun_dev *vtun;

	if (err == -EFAULT)
		reason = SKB_DROP_REASON_SKB_UCOPY_FAULT;
	else if (err == -EINVAL)
		reason = SKB_DROP_REASON_DEV_HDR;
	local_bh_disable();	/* an RCU section, too */
	vtun = rcu_dereference_bh(vq->vtun);
	if (vtun)
		vtun_stats_drop(vtun, vq, what, 1);
	local_bh_enable();
	vtun_fifo_drop(entry, reason);
}

/* What the buffer does to the headers is no drop, as in in-tree tun; and of a
 * frame what was copied is counted, header included. If it fails, the packet is
 * still the caller's, and @lost is what it counts as.
 */
static ssize_t vtun_tx_put(struct vtun_queue *vq, struct vtun_frame *frame,
			   void *entry, u16 segment, struct iov_iter *to,
			   enum vtun_stat *lost)
{
	size_t room = iov_iter_count(to);
	size_t len;
	int err;

	*lost = VTUN_TX_DROP_HEADER;
	err = vtun_tx_describe(frame, entry, segment);
	if (err)
		return err;
	*lost = VTUN_TX_UNREAD;
	err = vtun_frame_push(frame, to);
	if (err)
		return err;
	len = frame->len;
	if (vtun_fifo_is_frame(entry))
		len = frame->format.size + min(len, iov_iter_count(to));
	*lost = VTUN_TX_DROP_FAULT;
	err = vtun_tx_copy_entry(entry, segment, to);
	if (err)
		return err;
	vtun_tx_done(vq, &entry, 1, len);
	if (unlikely(vtun_frame_header_len(frame) + frame->len > room))
		vtun_stats_note(vq, VTUN_TX_TRUNCATED);
	return room - iov_iter_count(to);
}

/**
 * vtun_tx_read() - one read() of a program: one packet from the stack
 * @vq: the file's queue
 * @to: gets packet information and virtio-net header as the device has them,
 *	and the packet; what does not fit is lost, but for VTUN_MODE_NOTRUNC
 * @wait: whether to sleep while the fifo is empty
 *
 * Context: process, may sleep.
 * Return: bytes stored, 0 if there is no room for any; -EBADFD without a
 * device, -EMSGSIZE if nothing may be lost of a packet, which stays, -EAGAIN, a
 * signal's errno, -EFAULT if the device went away meanwhile; -EINVAL without room
 * for the headers, -EFAULT for a bad buffer, and then the packet is lost.
 */
ssize_t vtun_tx_read(struct vtun_queue *vq, struct iov_iter *to,
		     enum vtun_wait wait)
{
	enum vtun_stat lost = VTUN_TX_UNREAD;
	size_t room = SIZE_MAX;
	struct vtun_frame frame;
	void *entry = NULL;
	u16 segment;
	ssize_t ret;

	if (!rcu_access_pointer(vq->vtun))
		return -EBADFD;
	if (!iov_iter_count(to))
		return 0;
	if (unlikely(READ_ONCE(vq->modes) & VTUN_MODE_NOTRUNC))
		room = iov_iter_count(to);
	else
		entry = vtun_tx_consume_one(vq, &frame, &segment);
	if (!entry) {
		ret = vtun_tx_wait_one(vq, &frame, &entry, &segment, room,
				       wait);
		if (ret)
			return ret;
	}
	vtun_pause();
	ret = -EBADFD;
	if (frame.vtun)
		ret = vtun_tx_put(vq, &frame, entry, segment, to, &lost);
	if (unlikely(ret < 0))
		vtun_tx_lose(vq, entry, ret, lost);
	return ret;
}
