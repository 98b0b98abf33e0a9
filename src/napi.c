// SPDX-License-Identifier: GPL-2.0-only
/* The NAPI context through which a queue's written packets reach the stack. */

#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "napi.h"
#include "pause.h"
#include "queue.h"
#include "stats.h"

/* Only ever one at a time for a queue: the core sees to that. */
static int vtun_napi_poll(struct napi_struct *napi, int budget)
{
	struct vtun_queue *vq = container_of(napi, struct vtun_queue, napi);
	unsigned int merged = 0;
	struct sk_buff *skb;
	gro_result_t result;
	int n = 0;

	while (n < budget && (skb = skb_dequeue(&vq->backlog))) {
		/* The number it was written through may be nobody's by now. */
		skb_record_rx_queue(skb, READ_ONCE(vq->index));
		/* Merging must not forget that it is charged to the writer. */
		skb_prepare_for_gro(skb);
		result = napi_gro_receive(napi, skb);
		merged += result == GRO_MERGED || result == GRO_MERGED_FREE;
		n++;
	}
	if (merged)
		vtun_stats_add(vq, VTUN_RX_GRO_MERGED, merged);
	/* Done for now, though a batch may have been as long as the budget. */
	if (n < budget || (n && skb_queue_empty_lockless(&vq->backlog))) {
		n = min(n, budget - 1);
		/* To be merged with a later write, fragments never wait, and
		 * what was held doesn't once more.
		 */
		if (vq->rx_mode == VTUN_RX_NAPI_FRAGS || READ_ONCE(vq->rx_hold))
			napi_complete_done(napi, 0);
		else
			napi_complete_done(napi, n);
	}
	return n;
}

/* No packet waits longer than rx-usecs for others. */
static enum hrtimer_restart vtun_napi_timeout(struct hrtimer *timer)
{
	struct vtun_queue *vq = container_of(timer, struct vtun_queue,
					     hold_timer);

	clear_bit(0, &vq->hold_armed);
	vtun_pause_atomic();
	/* Pairs with vtun_napi_take(): who found it set has added its packet
	 * before the poll that comes now, who doesn't sets the timer.
	 */
	smp_mb__after_atomic();
	napi_schedule(&vq->napi);
	return HRTIMER_NORESTART;
}

/**
 * vtun_napi_init() - what a new queue needs
 * @vq: queue
 */
void vtun_napi_init(struct vtun_queue *vq)
{
	skb_queue_head_init(&vq->backlog);
	hrtimer_setup(&vq->hold_timer, vtun_napi_timeout, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_SOFT);
}

/**
 * vtun_napi_attach() - settle how a queue's packets reach the stack
 * @vq: queue, without a device
 * @dev: the device that it is about to join
 * @mode: how
 *
 * Context: process, RTNL held.
 */
void vtun_napi_attach(struct vtun_queue *vq, struct net_device *dev,
		      enum vtun_rx_mode mode)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	ASSERT_RTNL();
	vq->rx_mode = mode;
	vq->rx_hold = vtun->rx_usecs && mode != VTUN_RX_NAPI_FRAGS;
	vq->rx_napi = mode != VTUN_RX_DIRECT || vq->rx_hold ||
		      vq->modes & VTUN_MODE_BATCH;
	if (vq->rx_napi)
		netif_napi_add_tx(dev, &vq->napi, vtun_napi_poll);
}

/**
 * vtun_napi_start() - before a queue is published
 * @vq: queue
 *
 * Context: process, RTNL held, may sleep.
 */
void vtun_napi_start(struct vtun_queue *vq)
{
	ASSERT_RTNL();
	if (!vq->rx_napi)
		return;
	napi_enable(&vq->napi);
	/* Pairs with who delivers a list, in rx.c. */
	smp_store_release(&vq->rx_started, true);
}

/**
 * vtun_napi_want() - before a queue goes into batch mode, or holds packets
 * @vq: queue, with or without a device
 *
 * Whoever writes packets of its own accord goes on as before.
 *
 * Context: process, RTNL held, may sleep.
 */
void vtun_napi_want(struct vtun_queue *vq)
{
	struct vtun_dev *vtun = rtnl_dereference(vq->vtun);

	if (!vtun || vq->rx_napi)
		return;
	vq->rx_napi = true;
	netif_napi_add_tx(vtun->dev, &vq->napi, vtun_napi_poll);
	if (vq->state == VTUN_QUEUE_ATTACHED)
		vtun_napi_start(vq);
}

static void vtun_napi_schedule(struct vtun_queue *vq)
{
	local_bh_disable();
	napi_schedule(&vq->napi);
	local_bh_enable();
}

/* Deliver what is held, and wait until that is done. Nothing may be added. */
static void vtun_napi_empty(struct vtun_queue *vq)
{
	do {
		vtun_napi_schedule(vq);
		napi_synchronize(&vq->napi);
		cond_resched();
	} while (!skb_queue_empty_lockless(&vq->backlog));
}

/* Nothing waits for it any more but for a poll. Who finds it set meanwhile has
 * added its packet.
 */
static void vtun_napi_disarm(struct vtun_queue *vq)
{
	hrtimer_cancel(&vq->hold_timer);
	clear_bit(0, &vq->hold_armed);
	smp_mb__after_atomic();	/* as in vtun_napi_timeout() */
}

/**
 * vtun_napi_stop() - after a queue has left the table, and a grace period
 * @vq: queue; packets that NAPI has not taken yet are lost, but not those that
 *	waited for others while the device runs
 *
 * Context: process, RTNL held, sleeps until NAPI is through.
 */
void vtun_napi_stop(struct vtun_queue *vq)
{
	ASSERT_RTNL();
	if (!vq->rx_started)
		return;
	WRITE_ONCE(vq->rx_started, false);
	vtun_napi_disarm(vq);
	if (vq->rx_hold && netif_running(vq->napi.dev))
		vtun_napi_empty(vq);
	napi_disable(&vq->napi);
	skb_queue_purge(&vq->backlog);
}

/**
 * vtun_napi_detach() - undo vtun_napi_attach()
 * @vq: stopped queue
 *
 * Context: process, RTNL held, may sleep for a grace period.
 */
void vtun_napi_detach(struct vtun_queue *vq)
{
	ASSERT_RTNL();
	if (vq->rx_napi)
		netif_napi_del(&vq->napi);
	vq->rx_napi = false;
	vq->rx_hold = false;
	vq->rx_mode = VTUN_RX_DIRECT;
}

/**
 * vtun_napi_take() - let NAPI deliver a packet, at once or together with others
 * @vq: attached queue whose NAPI was started
 * @vtun: its device
 * @skb: the packet; consumed
 *
 * Context: BH off, which is an RCU section.
 */
void vtun_napi_take(struct vtun_queue *vq, const struct vtun_dev *vtun,
		    struct sk_buff *skb)
{
	u32 frames = READ_ONCE(vtun->rx_frames) ?: NAPI_POLL_WEIGHT;
	u32 usecs = READ_ONCE(vtun->rx_usecs);

	skb_queue_tail(&vq->backlog, skb);
	vtun_pause_atomic();
	if (!usecs || !READ_ONCE(vq->rx_hold) ||
	    skb_queue_len_lockless(&vq->backlog) >= frames) {
		napi_schedule(&vq->napi);
		return;
	}
	/* A full barrier: pairs with vtun_napi_timeout(). */
	if (!test_and_set_bit(0, &vq->hold_armed))
		hrtimer_start(&vq->hold_timer,
			      ns_to_ktime((u64)usecs * NSEC_PER_USEC),
			      HRTIMER_MODE_REL_SOFT);
}

/**
 * vtun_napi_flush() - the program waits: so will no packet of it any longer
 * @vq: the file's queue
 *
 * Context: process.
 * Return: whether there was one; answers to it may have come by now.
 */
bool vtun_napi_flush(struct vtun_queue *vq)
{
	bool runs;
	u16 index;

	if (likely(skb_queue_empty_lockless(&vq->backlog)))
		return false;
	local_bh_disable();	/* an RCU section, too */
	runs = vtun_queue_rx_index(vq, &index);
	/* It is stopped after a grace period only. Pairs with its start. */
	runs = runs && smp_load_acquire(&vq->rx_started);
	if (runs)
		napi_schedule(&vq->napi);
	local_bh_enable();
	return runs;
}

static bool vtun_napi_has_room(struct vtun_queue *vq)
{
	if (!vtun_napi_is_behind(vq))
		return true;
	set_bit(SOCK_NOSPACE, &vq->socket.flags);
	/* Pairs with vtun_queue_write_space(), which wakes us at half of it. */
	smp_mb__after_atomic();
	return !vtun_napi_is_behind(vq);
}

/**
 * vtun_napi_wait_until() - the rest of vtun_napi_wait_room()
 * @vq: the file's queue
 * @wait: whether to sleep
 *
 * Context: process, may sleep.
 * Return: 0, -EAGAIN or a signal's errno.
 */
int vtun_napi_wait_until(struct vtun_queue *vq, enum vtun_wait wait)
{
	if (wait == VTUN_NOWAIT)
		return -EAGAIN;
	return wait_event_interruptible(vq->socket.wq.wait,
					vtun_napi_has_room(vq));
}

/**
 * vtun_napi_settle() - deliver all that is held
 * @vtun: device that goes down: what is written is refused since before
 *
 * Context: process, RTNL held, sleeps for a grace period, and for NAPI.
 */
void vtun_napi_settle(struct vtun_dev *vtun)
{
	bool waited = false;
	unsigned int i;

	ASSERT_RTNL();
	for (i = 0; i < vtun->num_queues; i++) {
		struct vtun_queue *vq = vtun_queue_rtnl(vtun, i);

		if (!vq->rx_hold)
			continue;
		/* Who was not refused has held its packet after this. */
		if (!waited)
			synchronize_net();
		waited = true;
		vtun_napi_empty(vq);
	}
}

static void vtun_napi_start_hold(struct vtun_queue *vq)
{
	if (vq->rx_mode == VTUN_RX_NAPI_FRAGS || vq->rx_hold)
		return;
	vtun_napi_want(vq);
	/* Pairs with vtun_rx_deliver(): NAPI was started. */
	smp_store_release(&vq->rx_hold, true);
}

/**
 * vtun_napi_set_hold() - let written packets wait for each other, or not
 * @vtun: device
 * @usecs: how long at most, 0 for not at all
 *
 * Context: process, RTNL held, may sleep for a grace period.
 */
void vtun_napi_set_hold(struct vtun_dev *vtun, u32 usecs)
{
	struct vtun_queue *vq;
	unsigned int i;

	ASSERT_RTNL();
	if (usecs == vtun->rx_usecs)
		return;
	WRITE_ONCE(vtun->rx_usecs, usecs);
	/* Who still goes by what was before has set the timer after this. */
	synchronize_net();
	for (i = 0; i < vtun->num_queues; i++) {
		vq = vtun_queue_rtnl(vtun, i);
		vtun_napi_start_hold(vq);
		if (!vq->rx_hold)
			continue;
		vtun_napi_disarm(vq);
		vtun_napi_schedule(vq);
	}
	list_for_each_entry(vq, &vtun->parked, node)
		vtun_napi_start_hold(vq);
}
