// SPDX-License-Identifier: GPL-2.0-only
/* rtnetlink: deleting and showing devices, with the numbers of IFLA_TUN_*. */

#include <linux/if_link.h>
#include <linux/user_namespace.h>

#include "link.h"
#include "vtun.h"

static int vtun_link_validate(struct nlattr *tb[], struct nlattr *data[],
			      struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG(extack,
		       "vtun devices are made by TUNSETIFF, not over rtnetlink");
	return -EOPNOTSUPP;
}

static size_t vtun_link_get_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(u8)) +	/* IFLA_TUN_TYPE */
	       nla_total_size(sizeof(u32)) +	/* IFLA_TUN_OWNER */
	       nla_total_size(sizeof(u32)) +	/* IFLA_TUN_GROUP */
	       nla_total_size(sizeof(u8)) +	/* IFLA_TUN_PI */
	       nla_total_size(sizeof(u8)) +	/* IFLA_TUN_VNET_HDR */
	       nla_total_size(sizeof(u8)) +	/* IFLA_TUN_PERSIST */
	       nla_total_size(sizeof(u8)) +	/* IFLA_TUN_MULTI_QUEUE */
	       nla_total_size(sizeof(u32)) +	/* IFLA_TUN_NUM_QUEUES */
	       nla_total_size(sizeof(u32));	/* IFLA_TUN_NUM_DISABLED_QUEUES */
}

/* The order is in-tree tun's. Ids are shown as the reader knows them. */
static int vtun_link_fill_info(struct sk_buff *skb,
			       const struct net_device *dev)
{
	const struct vtun_dev *vtun = netdev_priv(dev);
	u16 flags = vtun->flags;
	bool multi_queue = flags & IFF_MULTI_QUEUE;

	if (nla_put_u8(skb, IFLA_TUN_TYPE, flags & VTUN_KIND_MASK) ||
	    (uid_valid(vtun->owner) &&
	     nla_put_u32(skb, IFLA_TUN_OWNER,
			 from_kuid_munged(current_user_ns(), vtun->owner))) ||
	    (gid_valid(vtun->group) &&
	     nla_put_u32(skb, IFLA_TUN_GROUP,
			 from_kgid_munged(current_user_ns(), vtun->group))) ||
	    nla_put_u8(skb, IFLA_TUN_PI, !(flags & IFF_NO_PI)) ||
	    nla_put_u8(skb, IFLA_TUN_VNET_HDR, !!(flags & IFF_VNET_HDR)) ||
	    nla_put_u8(skb, IFLA_TUN_PERSIST, !!(flags & IFF_PERSIST)) ||
	    nla_put_u8(skb, IFLA_TUN_MULTI_QUEUE, multi_queue))
		return -EMSGSIZE;
	if (multi_queue &&
	    (nla_put_u32(skb, IFLA_TUN_NUM_QUEUES, vtun->num_queues) ||
	     nla_put_u32(skb, IFLA_TUN_NUM_DISABLED_QUEUES, vtun->num_parked)))
		return -EMSGSIZE;
	return 0;
}

struct rtnl_link_ops vtun_link_ops = {
	.kind		= VTUN_NAME,
	.priv_size	= sizeof(struct vtun_dev),
	.validate	= vtun_link_validate,
	.dellink	= unregister_netdevice_queue,
	.get_size	= vtun_link_get_size,
	.fill_info	= vtun_link_fill_info,
};
