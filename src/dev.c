// SPDX-License-Identifier: GPL-2.0-only
/* The network device: its operations, and what changes its configuration. */

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/module.h>
#include <linux/security.h>
#include <net/ip.h>
#include <net/ip_tunnels.h>
#include <uapi/linux/virtio_net.h>

#include "dev.h"
#include "ethtool.h"
#include "filter.h"
#include "keep.h"
#include "link.h"
#include "napi.h"
#include "queue.h"
#include "segment.h"
#include "stats.h"
#include "steer.h"
#include "sysfs.h"
#include "tx.h"
#include "vnet.h"
#include "xdp.h"

/* Small against a page; upper devices ask for some dozens of bytes. */
#define VTUN_DEV_MAX_HEADROOM	1024

#define VTUN_DEV_FEATURES	(NETIF_F_SG | NETIF_F_FRAGLIST | \
				 VTUN_VNET_FEATURES)
#define VTUN_DEV_VLAN_FEATURES	(NETIF_F_HW_VLAN_CTAG_TX | \
				 NETIF_F_HW_VLAN_STAG_TX)

static int vtun_dev_init(struct net_device *dev)
{
	netdev_lockdep_set_classes(dev);
	return 0;
}

/* Also undoes what vtun_dev_create() did, however little that was. */
static void vtun_dev_uninit(struct net_device *dev)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	vtun_queue_unlink_all(vtun);
	vtun_keep_stop(vtun);
	vtun_steer_uninit(vtun);
	vtun_filter_set(vtun, NULL);
	vtun_filter_set_prog(&vtun->sock_filter, NULL);
	vtun_filter_set_prog(&vtun->ebpf_filter, NULL);
	security_tun_dev_free_security(vtun->security);
	vtun->security = NULL;
	free_percpu(vtun->stats);	/* nobody finds the device any more */
	vtun->stats = NULL;
	if (vtun->flags & IFF_PERSIST)
		module_put(THIS_MODULE);
	WRITE_ONCE(vtun->flags, vtun->flags & ~IFF_PERSIST);
}

static int vtun_dev_open(struct net_device *dev)
{
	vtun_queue_wake_all_tx(netdev_priv(dev));
	netif_tx_start_all_queues(dev);
	return 0;
}

static int vtun_dev_stop(struct net_device *dev)
{
	netif_tx_stop_all_queues(dev);
	vtun_napi_settle(netdev_priv(dev));
	return 0;
}

static u16 vtun_dev_select_queue(struct net_device *dev, struct sk_buff *skb,
				 struct net_device *sb_dev)
{
	u16 index;

	rcu_read_lock();
	index = vtun_steer_select(netdev_priv(dev), skb);
	rcu_read_unlock();
	return index;
}

/* A program gets no work that it did not ask for; what it would have to do, the
 * stack leaves to us, if we can do it later and cheaper.
 */
static netdev_features_t vtun_dev_fix_features(struct net_device *dev,
					       netdev_features_t features)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	return features & (vtun->offloads | ~VTUN_VNET_FEATURES |
			   vtun_segment_features(vtun->offloads));
}

static netdev_features_t
vtun_dev_tap_features_check(struct sk_buff *skb, struct net_device *dev,
			    netdev_features_t features)
{
	return vtun_segment_check(netdev_priv(dev), skb, features);
}

/* What the stack can't leave to anybody, of two VLAN tags, goes first. */
static netdev_features_t
vtun_dev_tun_features_check(struct sk_buff *skb, struct net_device *dev,
			    netdev_features_t features)
{
	features = vlan_features_check(skb, features);
	return vtun_dev_tap_features_check(skb, dev, features);
}

static void vtun_dev_get_stats(struct net_device *dev,
			       struct rtnl_link_stats64 *stats)
{
	vtun_stats_get(netdev_priv(dev), stats);
}

/* Nothing to program, but SIOCADDMULTI wants it to be there. */
static void vtun_dev_set_rx_mode(struct net_device *dev)
{
}

static void vtun_dev_set_rx_headroom(struct net_device *dev, int headroom)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	WRITE_ONCE(vtun->rx_headroom, clamp(headroom, 0, VTUN_DEV_MAX_HEADROOM));
}

/**
 * vtun_dev_set_carrier() - ndo_change_carrier, and TUNSETCARRIER
 * @dev: device
 * @on: carrier
 *
 * Context: RTNL held.
 * Return: 0, or -EPERM for a carrier that nobody would serve.
 */
int vtun_dev_set_carrier(struct net_device *dev, bool on)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	if (on && !vtun->num_queues && !vtun_keep_is_on(vtun))
		return -EPERM;
	if (on)
		netif_carrier_on(dev);
	else
		netif_carrier_off(dev);
	return 0;
}

static const struct net_device_ops vtun_dev_tun_ops = {
	.ndo_init		= vtun_dev_init,
	.ndo_uninit		= vtun_dev_uninit,
	.ndo_open		= vtun_dev_open,
	.ndo_stop		= vtun_dev_stop,
	.ndo_start_xmit		= vtun_tx_xmit,
	.ndo_fix_features	= vtun_dev_fix_features,
	.ndo_features_check	= vtun_dev_tun_features_check,
	.ndo_select_queue	= vtun_dev_select_queue,
	.ndo_set_rx_headroom	= vtun_dev_set_rx_headroom,
	.ndo_get_stats64	= vtun_dev_get_stats,
	.ndo_change_carrier	= vtun_dev_set_carrier,
};

static const struct net_device_ops vtun_dev_tap_ops = {
	.ndo_init		= vtun_dev_init,
	.ndo_uninit		= vtun_dev_uninit,
	.ndo_open		= vtun_dev_open,
	.ndo_stop		= vtun_dev_stop,
	.ndo_start_xmit		= vtun_tx_xmit,
	.ndo_select_queue	= vtun_dev_select_queue,
	.ndo_fix_features	= vtun_dev_fix_features,
	.ndo_features_check	= vtun_dev_tap_features_check,
	.ndo_set_rx_mode	= vtun_dev_set_rx_mode,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_set_rx_headroom	= vtun_dev_set_rx_headroom,
	.ndo_bpf		= vtun_xdp_set,
	.ndo_xdp_xmit		= vtun_xdp_xmit,
	.ndo_get_stats64	= vtun_dev_get_stats,
	.ndo_change_carrier	= vtun_dev_set_carrier,
};

static void vtun_dev_setup_tun(struct net_device *dev)
{
	dev->netdev_ops = &vtun_dev_tun_ops;
	dev->header_ops = &ip_tunnel_header_ops;
	dev->type = ARPHRD_NONE;
	dev->flags = IFF_POINTOPOINT | IFF_NOARP | IFF_MULTICAST;
	dev->mtu = ETH_DATA_LEN;
	dev->tx_queue_len = TUN_READQ_SIZE;
}

static void vtun_dev_setup_tap(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &vtun_dev_tap_ops;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	eth_hw_addr_random(dev);
	xdp_set_features_flag(dev, NETDEV_XDP_ACT_BASIC |
				   NETDEV_XDP_ACT_REDIRECT |
				   NETDEV_XDP_ACT_NDO_XMIT);
}

/* What both kinds have in common; hard_header_len is known by now. */
static void vtun_dev_setup(struct net_device *dev)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	vtun->dev = dev;
	vtun->owner = INVALID_UID;
	vtun->group = INVALID_GID;
	vtun->vnet_size = sizeof(struct virtio_net_hdr);
	INIT_LIST_HEAD(&vtun->parked);
	INIT_LIST_HEAD(&vtun->counted);
	spin_lock_init(&vtun->stats_lock);
	vtun_ethtool_init(vtun);

	dev->needs_free_netdev = true;
	dev->ethtool_ops = &vtun_ethtool_ops;
	vtun_compat_set_stat_ops(dev, &vtun_stats_ops);
	dev->rtnl_link_ops = &vtun_link_ops;
	dev->hw_features = VTUN_DEV_FEATURES | VTUN_DEV_VLAN_FEATURES;
	dev->hw_enc_features = dev->hw_features;
	dev->features = dev->hw_features;
	dev->vlan_features = VTUN_DEV_FEATURES;
	dev->sysfs_groups[0] = &vtun_sysfs_group;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = IP_MAX_MTU - dev->hard_header_len;
}

/**
 * vtun_dev_apply() - the one place that changes what a device is asked to be
 * @vtun: device
 * @cfg: what to set
 *
 * Context: process, RTNL held.
 */
void vtun_dev_apply(struct vtun_dev *vtun, const struct vtun_cfg *cfg)
{
	u16 flags = vtun->flags;
	bool pressure;

	ASSERT_RTNL();
	if (cfg->set & VTUN_CFG_PRESSURE)
		vtun->pressure = cfg->pressure;
	if (cfg->set & VTUN_CFG_FLAGS)
		flags = (flags & ~VTUN_STORED_FLAGS) | cfg->flags;
	if (vtun->pressure)
		flags |= IFF_BACKPRESSURE;
	else if (cfg->set & VTUN_CFG_PRESSURE)
		flags &= ~IFF_BACKPRESSURE;
	if (cfg->set & VTUN_CFG_PERSIST)
		flags = cfg->persist ? flags | IFF_PERSIST
				     : flags & ~IFF_PERSIST;
	if (cfg->set & VTUN_CFG_OWNER)
		WRITE_ONCE(vtun->owner, cfg->owner);
	if (cfg->set & VTUN_CFG_GROUP)
		WRITE_ONCE(vtun->group, cfg->group);
	if (cfg->set & VTUN_CFG_MAX_QUEUES)
		vtun->max_queues = cfg->max_queues;

	/* A persistent device needs no file to keep the module. If that is on its
	 * way out, it takes the device along.
	 */
	if (~vtun->flags & flags & IFF_PERSIST)
		__module_get(THIS_MODULE);
	else if (vtun->flags & ~flags & IFF_PERSIST)
		module_put(THIS_MODULE);
	pressure = (vtun->flags ^ flags) & IFF_BACKPRESSURE;
	WRITE_ONCE(vtun->flags, flags);
	if (pressure)
		vtun_queue_wake_all_tx(vtun);	/* it may be over */
}

/**
 * vtun_dev_alloc() - a device that nobody sees yet
 * @name: name, or template such as "tap%d"
 * @assign_type: NET_NAME_*, whose choice the name is
 * @flags: IFF_TUN or IFF_TAP, and VTUN_STORED_FLAGS
 *
 * Context: process, may sleep.
 * Return: device for vtun_dev_register() or free_netdev(), NULL without memory.
 */
struct net_device *vtun_dev_alloc(const char *name, unsigned char assign_type,
				  u16 flags)
{
	unsigned int queues = flags & IFF_MULTI_QUEUE ? VTUN_MAX_QUEUES : 1;
	struct net_device *dev;
	struct vtun_dev *vtun;

	dev = alloc_netdev_mqs(sizeof(*vtun), name, assign_type,
			       flags & IFF_TUN ? vtun_dev_setup_tun
					       : vtun_dev_setup_tap,
			       queues, queues);
	if (!dev)
		return NULL;
	vtun_dev_setup(dev);
	vtun = netdev_priv(dev);
	vtun->flags = flags;
	vtun->max_queues = queues;
	return dev;
}

/**
 * vtun_dev_register() - let everybody see a device
 * @vtun: device of vtun_dev_alloc()
 * @vq: its first queue, or NULL
 * @mode: how what is written to @vq reaches the stack
 *
 * Context: process, RTNL held, may sleep.
 * Return: 0, or an errno: free_netdev() is the caller's then.
 */
int vtun_dev_register(struct vtun_dev *vtun, struct vtun_queue *vq,
		      enum vtun_rx_mode mode)
{
	int err;

	err = security_tun_dev_alloc_security(&vtun->security);
	if (err < 0)
		return err;
	err = -ENOMEM;
	vtun->stats = vtun_stats_alloc();
	if (!vtun->stats)
		goto err_uninit;
	err = vtun_steer_init(vtun);
	if (err)
		goto err_uninit;
	/* Before anybody sees the device, so that it never lacks its queue. */
	err = vq ? vtun_queue_attach(vtun, vq, mode) : 0;
	if (err)
		goto err_uninit;
	err = register_netdevice(vtun->dev);
	if (err)
		goto err_uninit;
	if (vq)
		vtun_queue_bind(vtun, vq);
	return 0;

err_uninit:
	/* register_netdevice() may have done it, too */
	vtun_dev_uninit(vtun->dev);
	return err;
}

/**
 * vtun_dev_set_offloads() - TUNSETOFFLOAD: what the stack may leave to a program
 * @vtun: device
 * @features: part of VTUN_VNET_FEATURES; replaces what was allowed before, and
 *	what the administrator chose of these
 *
 * Context: RTNL held.
 */
void vtun_dev_set_offloads(struct vtun_dev *vtun, netdev_features_t features)
{
	struct net_device *dev = vtun->dev;

	WRITE_ONCE(vtun->offloads, features);
	dev->wanted_features &= ~VTUN_VNET_FEATURES;
	dev->wanted_features |= features | vtun_segment_features(features);
	netdev_update_features(dev);
}

/* Address lengths of the types that have addresses; facts of their headers. */
static unsigned char vtun_dev_type_addr_len(u16 type)
{
	switch (type) {
	case ARPHRD_LOCALTLK:
		return 1;
	case ARPHRD_TUNNEL:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
		return 4;
	case ARPHRD_ROSE:
		return 5;
	case ARPHRD_ETHER:
	case ARPHRD_IEEE802:
	case ARPHRD_FDDI:
	case ARPHRD_HIPPI:
		return 6;
	case ARPHRD_NETROM:
		return 7;
	case ARPHRD_IEEE802154:
	case ARPHRD_IEEE802154_MONITOR:
	case ARPHRD_6LOWPAN:
		return 8;
	case ARPHRD_TUNNEL6:
	case ARPHRD_IP6GRE:
		return 16;
	}
	return 0;
}

/**
 * vtun_dev_set_type() - TUNSETLINK: change what kind of link a device says it is
 * @dev: device
 * @type: ARPHRD_*
 *
 * Context: process, RTNL held, may sleep.
 * Return: 0, -EBUSY while the device is up, or a notifier's refusal.
 */
int vtun_dev_set_type(struct net_device *dev, u16 type)
{
	int err;

	if (dev->flags & IFF_UP)
		return -EBUSY;
	err = call_netdevice_notifiers(NETDEV_PRE_TYPE_CHANGE, dev);
	err = notifier_to_errno(err);
	if (err)
		return err;
	dev->type = type;
	dev->addr_len = vtun_dev_type_addr_len(type);
	call_netdevice_notifiers(NETDEV_POST_TYPE_CHANGE, dev);
	return 0;
}

static int vtun_dev_event(struct notifier_block *nb, unsigned long event,
			  void *info)
{
	struct net_device *dev = netdev_notifier_info_to_dev(info);
	struct vtun_dev *vtun = netdev_priv(dev);
	unsigned int i;

	if (dev->rtnl_link_ops != &vtun_link_ops)
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_CHANGE_TX_QUEUE_LEN:
		if (vtun_queue_resize_all(vtun))
			return NOTIFY_BAD;	/* programs know it as EPERM */
		break;
	case NETDEV_UP:
		/* Not in ndo_open: pollers look at IFF_UP, set after it. They
		 * set their bit before they look, so look at the bit after it.
		 */
		smp_mb();
		for (i = 0; i < vtun->num_queues; i++)
			vtun_queue_wake_writer(vtun_queue_rtnl(vtun, i));
		break;
	}
	return NOTIFY_DONE;
}

struct notifier_block vtun_dev_notifier = {
	.notifier_call = vtun_dev_event,
};
