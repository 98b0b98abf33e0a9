/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels. Force-included before every source file, so
 * that src/ reads like current mainline. VTUN_HAVE_* come from Kbuild, which
 * looks into the target's headers: stable kernels backport, versions mislead.
 * Each entry says what changed and when it can go.
 */
#ifndef VTUN_COMPAT_H
#define VTUN_COMPAT_H

#include <linux/hrtimer.h>
#include <linux/if_tun.h>
#include <linux/mmzone.h>
#include <linux/netdevice.h>
#include <linux/ptr_ring.h>
#include <linux/slab.h>
#include <linux/version.h>
#include <uapi/linux/virtio_net.h>

/* 7.3 has a flag for back pressure. Goes when 7.3 is the oldest kernel. */
#ifndef IFF_BACKPRESSURE
#define IFF_BACKPRESSURE	0x0080
#endif

/* 6.2 knows UDP segmentation. Goes with 6.1. */
#ifndef TUN_F_USO4
#define TUN_F_USO4	0x20
#define TUN_F_USO6	0x40
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4	5
#endif

/* 6.17 knows segmentation inside UDP tunnels. Goes with 6.12. */
#ifndef TUN_F_UDP_TUNNEL_GSO
#define TUN_F_UDP_TUNNEL_GSO		0x080
#define TUN_F_UDP_TUNNEL_GSO_CSUM	0x100
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4
#define VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM	8
#define VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4	0x20
#define VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6	0x40

struct virtio_net_hdr_v1_hash_tunnel {
	struct virtio_net_hdr_v1_hash hash_hdr;
	__le16 outer_th_offset;
	__le16 inner_nh_offset;
};
#endif

/*
 * 6.13 says what the function needs: consumers with BH off. Goes with 6.1;
 * that one switches off interrupts instead, also around freeing what does not
 * fit, as for in-tree tun.
 */
#ifndef VTUN_HAVE_RING_RESIZE_BH
#define ptr_ring_resize_multiple_bh	ptr_ring_resize_multiple
#endif

/* 6.11 has XDP's state on the stack. Goes with 6.1. */
#ifndef VTUN_HAVE_BPF_NET_CONTEXT
struct bpf_net_context {
};

static inline struct bpf_net_context *
bpf_net_ctx_set(struct bpf_net_context *context)
{
	return context;
}

static inline void bpf_net_ctx_clear(struct bpf_net_context *context)
{
}
#endif

/* 6.13 sets a timer's function, too. Goes with 6.12. */
#ifndef VTUN_HAVE_HRTIMER_SETUP
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *),
	      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* 6.3 lets drivers say what of XDP they can. Goes with 6.1. */
#ifndef VTUN_HAVE_XDP_FEATURES
#define NETDEV_XDP_ACT_BASIC	0
#define NETDEV_XDP_ACT_REDIRECT	0
#define NETDEV_XDP_ACT_NDO_XMIT	0

static inline void xdp_set_features_flag(struct net_device *dev, u32 features)
{
}
#endif

/* 6.9 may replace the skb. Goes with 6.1. */
#ifndef VTUN_HAVE_XDP_GENERIC_MAY_COPY
static inline int vtun_compat_xdp_generic(struct bpf_prog *prog,
					  struct sk_buff **skb)
{
	return do_xdp_generic(prog, *skb);
}

#define do_xdp_generic	vtun_compat_xdp_generic
#endif

/* 6.16 takes a sockaddr_storage. Goes when 6.16 is the oldest kernel. */
#ifndef VTUN_HAVE_MAC_ADDRESS_STORAGE
static inline int vtun_compat_set_mac(struct net_device *dev,
				      struct sockaddr_storage *addr,
				      struct netlink_ext_ack *extack)
{
	return dev_set_mac_address_user(dev, (struct sockaddr *)addr, extack);
}

#define dev_set_mac_address_user	vtun_compat_set_mac
#endif

/* 6.9 shows counters of queues. Goes with 6.1. */
#ifndef VTUN_HAVE_STAT_OPS
struct netdev_queue_stats_rx {
	u64 bytes;
	u64 packets;
	u64 alloc_fail;
};

struct netdev_queue_stats_tx {
	u64 bytes;
	u64 packets;
	u64 stop;
};

struct netdev_stat_ops {
	void (*get_queue_stats_rx)(struct net_device *dev, int index,
				   struct netdev_queue_stats_rx *stats);
	void (*get_queue_stats_tx)(struct net_device *dev, int index,
				   struct netdev_queue_stats_tx *stats);
	void (*get_base_stats)(struct net_device *dev,
			       struct netdev_queue_stats_rx *rx,
			       struct netdev_queue_stats_tx *tx);
};

static inline void vtun_compat_set_stat_ops(struct net_device *dev,
					    const struct netdev_stat_ops *ops)
{
}
#else
#include <net/netdev_queues.h>

static inline void vtun_compat_set_stat_ops(struct net_device *dev,
					    const struct netdev_stat_ops *ops)
{
	dev->stat_ops = ops;
}
#endif

/* 6.15 has newlink's arguments in a struct. Goes when 6.15 is the oldest kernel. */
#ifdef VTUN_HAVE_NEWLINK_PARAMS
#define VTUN_LINK_NEWLINK	vtun_link_new
#else
struct rtnl_newlink_params {
	struct nlattr **tb;
	struct nlattr **data;
};

#include "../../src/link.h"

static inline int vtun_compat_newlink(struct net *net, struct net_device *dev,
				      struct nlattr *tb[],
				      struct nlattr *data[],
				      struct netlink_ext_ack *extack)
{
	struct rtnl_newlink_params params = {
		.tb = tb,
		.data = data,
	};

	return vtun_link_new(dev, &params, extack);
}

#define VTUN_LINK_NEWLINK	vtun_compat_newlink
#endif

/*
 * Newer kernels name the object instead of its size; 6.12 has it. Goes with
 * 6.1.
 */
#ifndef kmalloc_obj
#define kmalloc_obj(obj, gfp)	kmalloc(sizeof(obj), gfp)
#define kzalloc_obj(obj)	kzalloc(sizeof(obj), GFP_KERNEL)
#define kzalloc_objs(obj, n)	kcalloc(n, sizeof(obj), GFP_KERNEL)
#endif

/*
 * Page order of a large skb's fragments. Before 6.6 alloc_skb_with_frags()
 * refuses more data than single pages hold, whatever order it may use; no
 * header shows it. Goes with 6.1.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define VTUN_SKB_FRAG_ORDER	0
#else
#define VTUN_SKB_FRAG_ORDER	PAGE_ALLOC_COSTLY_ORDER
#endif

#endif /* VTUN_COMPAT_H */
