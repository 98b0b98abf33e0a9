// SPDX-License-Identifier: GPL-2.0-only
/*
 * What waits for the next program: IFLA_VTUN_KEEP_CARRIER.
 *
 * While the device has no queue, transmit puts packets into vtun->kept. The last
 * queue's fifo goes there before that, and all of it into the next queue's fifo.
 * What waits in one that goes before the last one goes to the first of the others.
 * Both happen with the lock of the tx queue that the stack uses then, the first
 * one, so that no packet passes another. Who uses another one still, or sends
 * for XDP, may come late by a grace period, and is looked for after it.
 */

#include <linux/slab.h>

#include "fifo.h"
#include "keep.h"
#include "queue.h"
#include "stats.h"

/**
 * vtun_keep_start() - keep packets from now on
 * @vtun: device
 *
 * Context: process, RTNL held, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vtun_keep_start(struct vtun_dev *vtun)
{
	struct ptr_ring *kept;

	ASSERT_RTNL();
	if (vtun_keep_is_on(vtun))
		return 0;
	kept = kzalloc_obj(*kept);
	if (!kept)
		return -ENOMEM;
	if (ptr_ring_init(kept, vtun->dev->tx_queue_len, GFP_KERNEL_ACCOUNT)) {
		kfree(kept);
		return -ENOMEM;
	}
	rcu_assign_pointer(vtun->kept, kept);
	return 0;
}

/**
 * vtun_keep_stop() - keep no packets; those that were kept are dropped
 * @vtun: device
 *
 * Context: process, RTNL held, may sleep for a grace period.
 */
void vtun_keep_stop(struct vtun_dev *vtun)
{
	struct ptr_ring *kept = rtnl_dereference(vtun->kept);

	if (!kept)
		return;
	/* No new user; who found it before is through after that. */
	RCU_INIT_POINTER(vtun->kept, NULL);
	synchronize_net();
	vtun_stats_add_unread(vtun->stats, vtun_fifo_flush(kept));
	ptr_ring_cleanup(kept, NULL);
	kfree(kept);
}

/* Taking out of vtun->kept needs RTNL only: it has no readers. */

/* With @from's consumer lock, if it has readers; @extra counts segments in @to.
 * What does not fit stays. Return: whether anything went.
 */
static bool vtun_keep_move(struct ptr_ring *from, struct ptr_ring *to,
			   atomic_t *extra)
{
	bool moved = false;
	void *entry;

	while ((entry = __ptr_ring_peek(from))) {
		vtun_fifo_move(entry, extra);
		if (ptr_ring_produce_bh(to, entry)) {
			vtun_fifo_move(entry, NULL);
			break;
		}
		__ptr_ring_discard_one(from);
		moved = true;
	}
	return moved;
}

/**
 * vtun_keep_store() - the last queue leaves the table
 * @vtun: device that keeps packets
 * @vq: its only queue
 *
 * Context: process, RTNL held.
 */
void vtun_keep_store(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	struct netdev_queue *txq = netdev_get_tx_queue(vtun->dev, 0);

	spin_lock(&vq->fifo.consumer_lock);
	__netif_tx_lock_bh(txq);
	vtun_keep_move(&vq->fifo, rtnl_dereference(vtun->kept), NULL);
	RCU_INIT_POINTER(vtun->queues[0], NULL);
	__netif_tx_unlock_bh(txq);
	spin_unlock(&vq->fifo.consumer_lock);
}

/**
 * vtun_keep_restore() - the first queue comes into the table
 * @vtun: device that keeps packets
 * @vq: its only queue
 *
 * Context: process, RTNL held, sleeps for a grace period.
 */
void vtun_keep_restore(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	struct netdev_queue *txq = netdev_get_tx_queue(vtun->dev, 0);
	struct ptr_ring *kept = rtnl_dereference(vtun->kept);
	unsigned int unread;

	__netif_tx_lock_bh(txq);
	vtun_keep_move(kept, &vq->fifo, &vq->extra);
	unread = vtun_fifo_flush(kept);	/* it would come behind newer ones */
	rcu_assign_pointer(vtun->queues[0], vq);
	__netif_tx_unlock_bh(txq);
	synchronize_net();
	vtun_keep_move(kept, &vq->fifo, &vq->extra);
	unread += vtun_fifo_flush(kept);
	vtun_stats_add_unread(vq->stats, unread);
}

/**
 * vtun_keep_leftover() - what is in the fifo of a queue that left
 * @vtun: device that keeps packets
 * @vq: queue, which left a grace period ago
 *
 * It waits for the next queue, or, if others have stayed, in the first one's
 * fifo, behind what has come there meanwhile: a program that ends closes one after
 * the other. What finds no room stays.
 *
 * Context: process, RTNL held.
 * Return: whether the first queue got anything.
 */
bool vtun_keep_leftover(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	struct netdev_queue *txq = netdev_get_tx_queue(vtun->dev, 0);
	struct vtun_queue *heir = vtun_queue_rtnl(vtun, 0);
	struct ptr_ring *kept = rtnl_dereference(vtun->kept);
	bool moved;

	spin_lock(&vq->fifo.consumer_lock);
	__netif_tx_lock_bh(txq);
	moved = vtun_keep_move(&vq->fifo, heir ? &heir->fifo : kept,
			       heir ? &heir->extra : NULL);
	__netif_tx_unlock_bh(txq);
	spin_unlock(&vq->fifo.consumer_lock);
	return heir && moved;
}
