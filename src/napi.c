// SPDX-License-Identifier: GPL-2.0-only
/* The NAPI context through which a queue's written packets reach the stack. */

#include <linux/netdevice.h>
#include <linux/skbuff.h>

#include "napi.h"

/* Only ever one at a time for a queue: the core sees to that. */
static int vtun_napi_poll(struct napi_struct *napi, int budget)
{
	struct vtun_queue *vq = container_of(napi, struct vtun_queue, napi);
	struct sk_buff *skb;
	int n = 0;

	while (n < budget && (skb = skb_dequeue(&vq->backlog))) {
		/* The number it was written through may be nobody's by now. */
		skb_record_rx_queue(skb, READ_ONCE(vq->index));
		/* Merging must not forget that it is charged to the writer. */
		skb_prepare_for_gro(skb);
		napi_gro_receive(napi, skb);
		n++;
	}
	/* Done for now, though a batch may have been as long as the budget. */
	if (n < budget || (n && skb_queue_empty_lockless(&vq->backlog))) {
		n = min(n, budget - 1);
		/* Fragments never wait to be merged with a later write. */
		napi_complete_done(napi, vq->rx_mode == VTUN_RX_NAPI_FRAGS ? 0 : n);
	}
	return n;
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
	ASSERT_RTNL();
	vq->rx_mode = mode;
	vq->rx_napi = mode != VTUN_RX_DIRECT || vq->modes & VTUN_MODE_BATCH;
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
 * vtun_napi_want() - before a queue goes into batch mode
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

/**
 * vtun_napi_stop() - after a queue has left the table, and a grace period
 * @vq: queue; packets that NAPI has not taken yet are lost
 *
 * Context: process, RTNL held, sleeps until NAPI is through.
 */
void vtun_napi_stop(struct vtun_queue *vq)
{
	ASSERT_RTNL();
	if (!vq->rx_started)
		return;
	WRITE_ONCE(vq->rx_started, false);
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
	vq->rx_mode = VTUN_RX_DIRECT;
}
