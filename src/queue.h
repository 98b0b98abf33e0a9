/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of a queue, and the device's table of them. */
#ifndef VTUN_QUEUE_H
#define VTUN_QUEUE_H

#include "vtun.h"

struct vtun_queue *vtun_queue_alloc(struct net *net);
void vtun_queue_close(struct vtun_queue *vq);

int vtun_queue_attach(struct vtun_dev *vtun, struct vtun_queue *vq,
		      enum vtun_rx_mode mode);
void vtun_queue_bind(struct vtun_dev *vtun, struct vtun_queue *vq);
int vtun_queue_park(struct vtun_queue *vq);
int vtun_queue_unpark(struct vtun_queue *vq);
void vtun_queue_unlink_all(struct vtun_dev *vtun);

int vtun_queue_resize_all(struct vtun_dev *vtun);
void vtun_queue_wake_all_tx(struct vtun_dev *vtun);
void vtun_queue_wake_reader(struct vtun_queue *vq);
void vtun_queue_wake_writer(struct vtun_queue *vq);

static inline void vtun_queue_get(struct vtun_queue *vq)
{
	sock_hold(&vq->sk);
}

static inline void vtun_queue_put(struct vtun_queue *vq)
{
	sock_put(&vq->sk);
}

/**
 * vtun_queue_rx_index() - which receive queue a written packet counts as from
 * @vq: queue of a device
 * @index: set if the queue is attached
 *
 * Context: RCU section in which the device was found; the core knows of
 * @index until it ends.
 * Return: whether the queue is attached, not parked.
 */
static inline bool vtun_queue_rx_index(struct vtun_queue *vq, u16 *index)
{
	/* Pairs with vtun_queue_publish(). */
	if (smp_load_acquire(&vq->state) != VTUN_QUEUE_ATTACHED)
		return false;
	*index = READ_ONCE(vq->index);
	return true;
}

/**
 * vtun_queue_rtnl() - n-th queue of a device
 * @vtun: device
 * @i: below num_queues
 *
 * Context: RTNL held.
 * Return: borrowed queue, valid until RTNL is released.
 */
static inline struct vtun_queue *vtun_queue_rtnl(struct vtun_dev *vtun,
						 unsigned int i)
{
	return rtnl_dereference(vtun->queues[i]);
}

#endif /* VTUN_QUEUE_H */
