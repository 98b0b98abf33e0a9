/* SPDX-License-Identifier: GPL-2.0-only */
/* NAPI of a queue: from attach to detach, running from start to stop. */
#ifndef VTUN_NAPI_H
#define VTUN_NAPI_H

#include "vtun.h"

void vtun_napi_init(struct vtun_queue *vq);
void vtun_napi_attach(struct vtun_queue *vq, struct net_device *dev,
		      enum vtun_rx_mode mode);
void vtun_napi_want(struct vtun_queue *vq);
void vtun_napi_start(struct vtun_queue *vq);
void vtun_napi_stop(struct vtun_queue *vq);
void vtun_napi_detach(struct vtun_queue *vq);

void vtun_napi_take(struct vtun_queue *vq, const struct vtun_dev *vtun,
		    struct sk_buff *skb);
bool vtun_napi_flush(struct vtun_queue *vq);
int vtun_napi_wait_until(struct vtun_queue *vq, enum vtun_wait wait);
void vtun_napi_set_hold(struct vtun_dev *vtun, u32 usecs);
void vtun_napi_settle(struct vtun_dev *vtun);

/* Some polls' worth of packets. */
#define VTUN_NAPI_BACKLOG_MAX	(4 * NAPI_POLL_WEIGHT)

/**
 * vtun_napi_is_behind() - whether more packets wait for NAPI than should
 * @vq: queue
 *
 * With IFF_NAPI alone they may, as in in-tree tun.
 *
 * Context: any.
 * Return: whether a write() has to wait for it.
 */
static inline bool vtun_napi_is_behind(const struct vtun_queue *vq)
{
	return READ_ONCE(vq->rx_hold) &&
	       skb_queue_len_lockless(&vq->backlog) >= VTUN_NAPI_BACKLOG_MAX;
}

/**
 * vtun_napi_wait_room() - don't write faster than NAPI, on another processor,
 *	delivers
 * @vq: the file's queue
 * @wait: whether to sleep
 *
 * Without rx-usecs a write() takes as long as the stack does.
 *
 * Context: process, may sleep.
 * Return: 0, -EAGAIN or a signal's errno.
 */
static inline int vtun_napi_wait_room(struct vtun_queue *vq,
				      enum vtun_wait wait)
{
	return unlikely(vtun_napi_is_behind(vq)) ?
	       vtun_napi_wait_until(vq, wait) : 0;
}

#endif /* VTUN_NAPI_H */
