// SPDX-License-Identifier: GPL-2.0-only
/* Queue life: alloc, attach, park, unlink, drain; the device's table. */

#include <linux/cred.h>
#include <linux/security.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "fifo.h"
#include "keep.h"
#include "napi.h"
#include "pause.h"
#include "queue.h"
#include "stats.h"
#include "steer.h"
#include "trace.h"
#include "tx.h"
#include "xdp.h"

/* Last reference gone: no file, no device, no written packet in the stack. */
static void vtun_queue_destruct(struct sock *sk)
{
	struct vtun_queue *vq = container_of(sk, struct vtun_queue, sk);

	/* Any context, so no lock may be taken; who unlinked @vq drained it. */
	ptr_ring_cleanup(&vq->fifo, NULL);
	free_percpu(vq->stats);
}

/* The stack freed a written packet: sock_wfree() calls this, any context. */
static void vtun_queue_write_space(struct sock *sk)
{
	struct vtun_queue *vq = container_of(sk, struct vtun_queue, sk);

	/* Pairs with the full barriers that follow setting either bit: by
	 * vtun_chardev_poll(), vtun_napi_wait_room(), and prepare_to_wait() in
	 * the socket layer.
	 */
	smp_mb__after_atomic();
	/* One wake-up for many of the packets that NAPI takes. */
	if (skb_queue_len_lockless(&vq->backlog) > VTUN_NAPI_BACKLOG_MAX / 2)
		return;
	if (sock_writeable(sk))
		vtun_queue_wake_writer(vq);
	/* A writer that sleeps for send-buffer space needs less than that. */
	if (test_and_clear_bit(SOCK_NOSPACE, &vq->socket.flags))
		wake_up_interruptible_poll(sk_sleep(sk), EPOLLOUT);
}

static struct proto vtun_queue_proto = {
	.name		= VTUN_NAME,
	.owner		= THIS_MODULE,
	.obj_size	= sizeof(struct vtun_queue),
};

/**
 * vtun_queue_alloc() - make the queue of a newly opened file
 * @net: namespace that it will look for devices in; a reference is taken
 *
 * Context: process, may sleep; current is the opener.
 * Return: queue in state NEW with one reference, or NULL without memory.
 */
struct vtun_queue *vtun_queue_alloc(struct net *net)
{
	struct vtun_queue *vq;

	vq = (struct vtun_queue *)sk_alloc(net, AF_UNSPEC, GFP_KERNEL_ACCOUNT,
					   &vtun_queue_proto, 0);
	if (!vq)
		return NULL;
	vq->stats = vtun_stats_alloc();
	/* Empty until a device says how long it is. */
	if (!vq->stats || ptr_ring_init(&vq->fifo, 0, GFP_KERNEL_ACCOUNT)) {
		free_percpu(vq->stats);
		sk_free(&vq->sk);
		return NULL;
	}
	init_waitqueue_head(&vq->socket.wq.wait);
	sock_init_data_uid(&vq->socket, &vq->sk, current_fsuid());
	vq->sk.sk_write_space = vtun_queue_write_space;
	vq->sk.sk_destruct = vtun_queue_destruct;
	vq->sk.sk_sndbuf = INT_MAX;
	INIT_LIST_HEAD(&vq->node);
	vtun_napi_init(vq);
	return vq;
}

/**
 * vtun_queue_wake_reader() - tell the program that a packet waits
 * @vq: queue with a packet in its fifo
 *
 * Context: BH off; RCU section or a reference keeps @vq.
 */
void vtun_queue_wake_reader(struct vtun_queue *vq)
{
	if (wq_has_sleeper(&vq->socket.wq.wait)) {
		vtun_stats_add(vq, VTUN_TX_WAKEUPS, 1);
		wake_up_interruptible_sync_poll(&vq->socket.wq.wait,
						EPOLLIN | EPOLLRDNORM);
	}
	if (READ_ONCE(vq->fasync))
		kill_fasync(&vq->fasync, SIGIO, POLL_IN);
}

/**
 * vtun_queue_wake_writer() - tell the program that it can write, if it waits
 * @vq: queue that is writable, see vtun_chardev_poll()
 *
 * Context: any but NMI; RCU section or a reference keeps @vq.
 */
void vtun_queue_wake_writer(struct vtun_queue *vq)
{
	if (!test_bit(VTUN_POLL_NOSPACE, &vq->poll_flags) ||
	    !test_and_clear_bit(VTUN_POLL_NOSPACE, &vq->poll_flags))
		return;
	wake_up_interruptible_poll(&vq->socket.wq.wait,
				   EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND);
	kill_fasync(&vq->fasync, SIGIO, POLL_OUT);
}

/* The core's idea of how many queues there are never falls below one. */
static int vtun_queue_set_real(struct vtun_dev *vtun, unsigned int n)
{
	n = max(n, 1U);
	return netif_set_real_num_queues(vtun->dev, n, n);
}

/* Let the stack send to the @n-th queue, if there is one, unless that one is
 * full: a packet that meets a full fifo may change places with the next. Transmit
 * stops it with the lock held: one that saw what was before is through, a later
 * one sees what is now. A number that no queue has any more may stay stopped: the
 * core empties its qdisc, and who gets the number wakes it.
 */
static void vtun_queue_wake_tx(struct vtun_dev *vtun, unsigned int n)
{
	struct netdev_queue *txq = netdev_get_tx_queue(vtun->dev, n);
	struct vtun_queue *vq = vtun_queue_rtnl(vtun, n);

	if (vq) {
		spin_lock(&vq->fifo.consumer_lock);
		vq->taken = 0;
		spin_unlock(&vq->fifo.consumer_lock);
	}
	if (!netif_running(vtun->dev))
		return;		/* it is stopped for that, not by transmit */
	__netif_tx_lock_bh(txq);
	if (!vq || !(vtun->flags & IFF_BACKPRESSURE) ||
	    !vtun_tx_hold_back(vq, txq))
		netif_tx_wake_queue(txq);
	__netif_tx_unlock_bh(txq);
}

/**
 * vtun_queue_wake_all_tx() - let the stack send to every queue
 * @vtun: device
 *
 * After something that back pressure depends on has changed; what is full stays
 * stopped.
 *
 * Context: process, RTNL held.
 */
void vtun_queue_wake_all_tx(struct vtun_dev *vtun)
{
	unsigned int i;

	ASSERT_RTNL();
	for (i = 0; i < vtun->num_queues; i++)
		vtun_queue_wake_tx(vtun, i);
}

static void vtun_queue_wake_reader_bh(struct vtun_queue *vq)
{
	local_bh_disable();
	vtun_queue_wake_reader(vq);
	local_bh_enable();
}

/* @vq has left the table of @vtun, a grace period ago. */
static void vtun_queue_drain(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	unsigned int unread;

	if (vtun_keep_is_on(vtun) && vtun_keep_leftover(vtun, vq)) {
		vtun_queue_wake_tx(vtun, 0);	/* or stop it */
		vtun_queue_wake_reader_bh(vtun_queue_rtnl(vtun, 0));
	}
	spin_lock(&vq->fifo.consumer_lock);
	unread = vtun_fifo_flush(&vq->fifo);
	spin_unlock(&vq->fifo.consumer_lock);
	vtun_stats_add_unread(vq->stats, unread);
}

/* Last slot of the table. The core knows of the number already. */
static void vtun_queue_publish(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	unsigned int n = vtun->num_queues;

	WRITE_ONCE(vq->index, n);
	WRITE_ONCE(vq->xdp_rxq.queue_index, n);
	/* Pairs with vtun_queue_rx_index(): no index of an earlier time. */
	smp_store_release(&vq->state, VTUN_QUEUE_ATTACHED);
	if (!n && vtun_keep_is_on(vtun))
		vtun_keep_restore(vtun, vq);
	else
		rcu_assign_pointer(vtun->queues[n], vq);
	WRITE_ONCE(vtun->num_queues, n + 1);
}

/* @vq has been published, and its file finds the device. */
static void vtun_queue_enter(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	trace_vtun_attach(vtun->dev, vq->index);
	vtun_queue_wake_tx(vtun, vq->index);
	if (vtun_keep_is_on(vtun))	/* it may have got something */
		vtun_queue_wake_reader_bh(vq);
}

/* The last queue takes the number of the one that goes; the others stay. */
static void vtun_queue_unpublish(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	unsigned int last = vtun->num_queues - 1;
	struct vtun_queue *mover = vtun_queue_rtnl(vtun, last);
	unsigned int gap = vq->index;

	trace_vtun_detach(vtun->dev, gap);
	WRITE_ONCE(vtun->num_queues, last);
	vtun_pause();
	WRITE_ONCE(mover->index, gap);
	WRITE_ONCE(mover->xdp_rxq.queue_index, gap);
	rcu_assign_pointer(vtun->queues[gap], mover);
	vtun_pause();
	if (!last && vtun_keep_is_on(vtun))
		vtun_keep_store(vtun, vq);
	else
		RCU_INIT_POINTER(vtun->queues[last], NULL);
	vtun_steer_renumber(vtun, gap, last);
	vtun_queue_wake_tx(vtun, gap);
}

/**
 * vtun_queue_attach() - make an open file's queue reachable from a device
 * @vtun: device to join; not yet registered if it is a new one
 * @vq: queue without a device
 * @mode: how what is written to it reaches the stack
 *
 * Publishing comes last, so transmit never meets a half-built queue. On
 * success the device holds its own reference. The file does not find the
 * device before vtun_queue_bind().
 *
 * Context: process, RTNL held, may sleep.
 * Return: 0, -EBUSY if the device has room for one queue and has one, -E2BIG
 * if its table is full, -ENOMEM, or a security module's refusal.
 */
int vtun_queue_attach(struct vtun_dev *vtun, struct vtun_queue *vq,
		      enum vtun_rx_mode mode)
{
	int err;

	ASSERT_RTNL();
	err = security_tun_dev_attach(&vq->sk, vtun->security);
	if (err < 0)
		return err;
	if (!(vtun->flags & IFF_MULTI_QUEUE) && vtun->num_queues)
		return -EBUSY;
	if (vtun->num_queues + vtun->num_parked >= vtun->max_queues)
		return -E2BIG;
	err = ptr_ring_resize(&vq->fifo, vtun->dev->tx_queue_len,
			      GFP_KERNEL_ACCOUNT, vtun_fifo_free);
	if (err)
		return err;
	err = vtun_xdp_attach(vq, vtun->dev, vtun->num_queues);
	if (err)
		return err;
	err = vtun_queue_set_real(vtun, vtun->num_queues + 1);
	if (err)
		goto err_xdp_detach;
	vtun_napi_attach(vq, vtun->dev, mode);
	vtun_napi_start(vq);
	vtun_queue_get(vq);
	vtun_stats_join(vtun, vq);
	vtun_pause();
	vtun_queue_publish(vtun, vq);
	vtun_pause();
	return 0;

err_xdp_detach:
	vtun_xdp_detach(vq);
	return err;
}

/**
 * vtun_queue_bind() - make a device reachable from an open file
 * @vtun: registered device
 * @vq: queue, attached to it
 *
 * Apart from vtun_queue_attach(), because read() and write() of a file must
 * not meet a device that the core is still making or unmaking.
 *
 * Context: RTNL held.
 */
void vtun_queue_bind(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	ASSERT_RTNL();
	rcu_assign_pointer(vq->vtun, vtun);
	/* Not before: a reader that fell asleep on an earlier device may have
	 * emptied the fifo while it could not find this one.
	 */
	vtun_queue_enter(vtun, vq);
}

/**
 * vtun_queue_park() - take a queue from transmit, IFF_DETACH_QUEUE
 * @vq: queue
 *
 * What waits in its fifo is lost, if it is not kept. It can write on.
 *
 * Context: process, RTNL held, sleeps for a grace period.
 * Return: 0, or -EINVAL if @vq is not attached to a multi-queue device.
 */
int vtun_queue_park(struct vtun_queue *vq)
{
	struct vtun_dev *vtun = rtnl_dereference(vq->vtun);

	if (!vtun || !(vtun->flags & IFF_MULTI_QUEUE) ||
	    vq->state != VTUN_QUEUE_ATTACHED)
		return -EINVAL;

	/* No new user: transmit finds it no more, and steering neither. */
	vtun_queue_unpublish(vtun, vq);
	WRITE_ONCE(vq->state, VTUN_QUEUE_PARKED);
	list_add_tail(&vq->node, &vtun->parked);
	vtun->num_parked++;
	/* Who found it before is through after this. */
	synchronize_net();
	vtun_napi_stop(vq);
	vtun_pause();
	vtun_queue_drain(vtun, vq);
	vtun_queue_set_real(vtun, vtun->num_queues);
	netdev_state_change(vtun->dev);
	return 0;
}

/**
 * vtun_queue_unpark() - give a parked queue back to transmit, IFF_ATTACH_QUEUE
 * @vq: queue
 *
 * Context: process, RTNL held, may sleep.
 * Return: 0, -EINVAL if @vq is not parked, -ENOMEM, or a security module's
 * refusal.
 */
int vtun_queue_unpark(struct vtun_queue *vq)
{
	struct vtun_dev *vtun = rtnl_dereference(vq->vtun);
	int err;

	if (!vtun || vq->state != VTUN_QUEUE_PARKED)
		return -EINVAL;
	err = security_tun_dev_attach_queue(vtun->security);
	if (err < 0)
		return err;
	err = vtun_queue_set_real(vtun, vtun->num_queues + 1);
	if (err)
		return err;
	list_del_init(&vq->node);
	vtun->num_parked--;
	vtun_napi_start(vq);
	vtun_pause();
	vtun_queue_publish(vtun, vq);
	vtun_queue_enter(vtun, vq);
	netdev_state_change(vtun->dev);
	return 0;
}

/* Take @vq out of the table or the parked list, and make it forget. */
static void vtun_queue_unlink(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	if (vq->state == VTUN_QUEUE_PARKED) {
		list_del_init(&vq->node);
		vtun->num_parked--;
	} else {
		vtun_queue_unpublish(vtun, vq);
	}
	WRITE_ONCE(vq->state, VTUN_QUEUE_ORPHAN);
	vtun_pause();
	RCU_INIT_POINTER(vq->vtun, NULL);
}

/* After the grace period that follows vtun_queue_unlink(). */
static void vtun_queue_release(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	vtun_napi_stop(vq);
	vtun_pause();
	vtun_napi_detach(vq);
	vtun_xdp_detach(vq);
	vtun_queue_drain(vtun, vq);
	vtun_stats_leave(vtun, vq);
	vtun_queue_put(vq);
}

/* The file of an attached queue is being closed: only we have it. */
static void vtun_queue_leave(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	struct net_device *dev = vtun->dev;
	bool last;

	/* No new user: neither transmit nor @vq's own file finds the other. */
	vtun_queue_unlink(vtun, vq);
	last = !vtun->num_queues && !vtun->num_parked;
	if (last && !vtun_keep_is_on(vtun))
		netif_carrier_off(dev);
	/* Who found it before is through after either. */
	if (vq->rx_started) {	/* nothing may come after it is gone */
		synchronize_net();
		vtun_napi_stop(vq);
	}
	if (last && !(vtun->flags & IFF_PERSIST))
		unregister_netdevice(dev);
	else
		synchronize_net();
	vtun_queue_release(vtun, vq);

	if (dev->reg_state == NETREG_REGISTERED) {
		vtun_queue_set_real(vtun, vtun->num_queues);
		netdev_state_change(dev);
	}
}

/**
 * vtun_queue_close() - the file of a queue is gone
 * @vq: queue; the file's reference is put
 *
 * A device that is not persistent goes with its last queue.
 *
 * Context: process, may sleep, takes RTNL if @vq has a device.
 */
void vtun_queue_close(struct vtun_queue *vq)
{
	/* Without a file nothing attaches @vq, so NULL stays NULL. */
	if (rcu_access_pointer(vq->vtun)) {
		struct vtun_dev *vtun;

		rtnl_lock();
		vtun = rtnl_dereference(vq->vtun);
		if (vtun)
			vtun_queue_leave(vtun, vq);
		rtnl_unlock();
	}
	vtun_queue_put(vq);
}

/**
 * vtun_queue_unlink_all() - the device goes away
 * @vtun: device, which transmits no more; may be half-built, may have no queue
 *
 * Every file becomes unattached, sleeping readers wake up with an error. After
 * this nobody has a pointer to @vtun through a queue.
 *
 * Context: process, RTNL held, sleeps for a grace period if there are queues.
 */
void vtun_queue_unlink_all(struct vtun_dev *vtun)
{
	struct vtun_queue *vq, *next;
	LIST_HEAD(gone);

	ASSERT_RTNL();
	/* No new user: transmit has stopped, and no file finds the device. */
	while (vtun->num_queues) {
		vq = vtun_queue_rtnl(vtun, vtun->num_queues - 1);
		vtun_queue_unlink(vtun, vq);
		list_add(&vq->node, &gone);
	}
	list_for_each_entry_safe(vq, next, &vtun->parked, node) {
		vtun_queue_unlink(vtun, vq);
		list_add(&vq->node, &gone);
	}
	if (list_empty(&gone))
		return;
	list_for_each_entry(vq, &gone, node)
		wake_up_all(&vq->socket.wq.wait);
	/* Who found one or the other before is through after this. */
	synchronize_net();
	list_for_each_entry_safe(vq, next, &gone, node) {
		list_del_init(&vq->node);
		vtun_queue_release(vtun, vq);
	}
}

/**
 * vtun_queue_resize_all() - give every fifo the device's tx_queue_len
 * @vtun: device
 *
 * Order is kept; the newest packets that don't fit are dropped. What back
 * pressure has stopped goes on.
 *
 * Context: process, RTNL held, may sleep.
 * Return: 0, or -ENOMEM and nothing has changed.
 */
int vtun_queue_resize_all(struct vtun_dev *vtun)
{
	struct ptr_ring *kept = rtnl_dereference(vtun->kept);
	unsigned int n = 0, i;
	struct ptr_ring **fifos;
	struct vtun_queue *vq;
	int err;

	fifos = kzalloc_objs(*fifos, vtun->num_queues + vtun->num_parked + 1);
	if (!fifos)
		return -ENOMEM;
	if (kept)
		fifos[n++] = kept;
	for (i = 0; i < vtun->num_queues; i++)
		fifos[n++] = &vtun_queue_rtnl(vtun, i)->fifo;
	list_for_each_entry(vq, &vtun->parked, node)
		fifos[n++] = &vq->fifo;
	err = ptr_ring_resize_multiple_bh(fifos, n, vtun->dev->tx_queue_len,
					  GFP_KERNEL_ACCOUNT, vtun_fifo_free);
	kfree(fifos);
	if (!err)
		vtun_queue_wake_all_tx(vtun);
	return err;
}
