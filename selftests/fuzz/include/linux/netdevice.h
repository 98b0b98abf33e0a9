/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices, sockets, rings of pointers, XDP: little more than their names. */
#ifndef SHIM_NETDEVICE_H
#define SHIM_NETDEVICE_H

#include <linux/if.h>
#include <linux/skbuff.h>
#include <linux/virtio_net.h>

#include "shim.h"

#define NAPI_POLL_WEIGHT	64

enum {
	NETIF_F_HW_CSUM = BIT(0),
	NETIF_F_TSO = BIT(1),
	NETIF_F_TSO6 = BIT(2),
	NETIF_F_TSO_ECN = BIT(3),
	NETIF_F_GSO_UDP_L4 = BIT(4),
	NETIF_F_GSO_UDP_TUNNEL = BIT(5),
	NETIF_F_GSO_UDP_TUNNEL_CSUM = BIT(6),
};

enum { NETIF_MSG_TX_QUEUED = BIT(0) };

typedef enum { NETDEV_TX_OK, NET_XMIT_DROP, NETDEV_TX_BUSY } netdev_tx_t;

struct net;
struct netdev_stat_ops;
struct rtnl_link_stats64;
struct net_device;
struct netdev_bpf;
struct netlink_ext_ack;
struct bpf_prog;
struct fasync_struct;

/* One processor, one thread: counting needs no sections. */
struct u64_stats_sync { int unused; };
typedef u64 u64_stats_t;

#define __percpu
#define this_cpu_ptr(p)			(p)
#define u64_stats_update_begin(p)	((void)(p))
#define u64_stats_update_end(p)		((void)(p))
#define u64_stats_add(p, n)		(*(p) += (n))

struct Qdisc { void *enqueue; };
struct netdev_queue { struct Qdisc *qdisc; struct net_device *dev; };

/**
 * struct net_device - what the driver gives to the stack
 * @flags: IFF_UP
 * @ethernet: its packets have Ethernet headers
 * @received: packets that the stack got
 */
struct net_device {
	unsigned int flags;
	bool ethernet;
	struct sk_buff_head received;
};

#define netif_receive_skb(skb)		__skb_queue_tail(&(skb)->dev->received, skb)
#define netif_running(dev)		((dev)->flags & IFF_UP)
#define netdev_info(dev, ...)		do { } while (0)
#define netdev_priv(dev)		((void *)(dev))
#define netdev_get_tx_queue(dev, i)	((void)(i), (struct netdev_queue *)NULL)
#define netif_tx_stop_queue(txq)	do { } while (0)
#define netif_tx_wake_queue(txq)	do { } while (0)
#define netif_tx_queue_stopped(txq)	true

struct napi_struct { int unused; };
struct hrtimer { int unused; };
#define napi_schedule(napi)		do { } while (0)

struct sock { int sk_sndbuf; };
struct socket { struct { int wait; } wq; };
#define sock_writeable(sk)		true
#define sock_hold(sk)			do { } while (0)
#define sock_put(sk)			do { } while (0)

#define PTR_RING_MAX	256

struct ptr_ring {
	void *queue[PTR_RING_MAX];
	unsigned int consumer_head, consumer_tail, producer, size;	/* never wraps */
	spinlock_t producer_lock, consumer_lock;
};

#define __ptr_ring_full(ring)		((ring)->producer == PTR_RING_MAX)
#define __ptr_ring_empty(ring)		((ring)->consumer_head == (ring)->producer)
#define __ptr_ring_peek(ring) \
	(__ptr_ring_empty(ring) ? NULL : (ring)->queue[(ring)->consumer_head])
#define __ptr_ring_discard_one(ring)	((ring)->consumer_head++)
#define __ptr_ring_consume(ring) \
	(__ptr_ring_empty(ring) ? NULL : (ring)->queue[(ring)->consumer_head++])
#define ptr_ring_produce(ring, entry) \
	(__ptr_ring_full(ring) ? -ENOSPC : ((ring)->queue[(ring)->producer++] = (entry), 0))

struct xdp_rxq_info { int unused; };

struct xdp_frame {
	void *data;
	u32 len;
};

/* The struct is the target's own. */
#define xdp_return_frame(xdpf)		free((xdpf)->data)

#endif /* SHIM_NETDEVICE_H */
