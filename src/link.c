// SPDX-License-Identifier: GPL-2.0-only
/*
 * rtnetlink: making, changing, deleting and showing devices. The numbers of the
 * attributes are those of IFLA_TUN_*, and uapi/linux/vtun.h's.
 */

#include <linux/cred.h>
#include <linux/etherdevice.h>
#include <linux/if_link.h>
#include <linux/security.h>
#include <linux/user_namespace.h>
#include <net/netlink.h>

#include "dev.h"
#include "keep.h"
#include "link.h"

static const struct nla_policy vtun_link_policy[IFLA_VTUN_MAX + 1] = {
	[IFLA_TUN_OWNER]	= { .type = NLA_U32 },
	[IFLA_TUN_GROUP]	= { .type = NLA_U32 },
	[IFLA_TUN_TYPE]		= NLA_POLICY_RANGE(NLA_U8, IFF_TUN, IFF_TAP),
	[IFLA_TUN_PI]		= NLA_POLICY_MAX(NLA_U8, 1),
	[IFLA_TUN_VNET_HDR]	= NLA_POLICY_MAX(NLA_U8, 1),
	[IFLA_TUN_PERSIST]	= NLA_POLICY_MAX(NLA_U8, 1),
	[IFLA_TUN_MULTI_QUEUE]	= NLA_POLICY_MAX(NLA_U8, 1),
	[IFLA_VTUN_BACKPRESSURE] = NLA_POLICY_MAX(NLA_U8, 1),
	[IFLA_VTUN_MAX_QUEUES]	= NLA_POLICY_RANGE(NLA_U32, 1, VTUN_MAX_QUEUES),
	[IFLA_VTUN_KEEP_CARRIER] = NLA_POLICY_MAX(NLA_U8, 1),
};

static int vtun_link_refuse(struct netlink_ext_ack *extack,
			    const struct nlattr *attr, const char *why, int err)
{
	NL_SET_BAD_ATTR(extack, attr);
	if (extack)
		extack->_msg = why;
	return err;
}

static u8 vtun_link_get_kind(const struct nlattr *attr)
{
	return attr ? nla_get_u8(attr) : IFF_TAP;
}

static int vtun_link_check_address(const struct nlattr *attr, u8 kind,
				   struct netlink_ext_ack *extack)
{
	if (kind == IFF_TUN)
		return vtun_link_refuse(extack, attr,
					"a device in mode tun has no address",
					-EOPNOTSUPP);
	if (nla_len(attr) != ETH_ALEN)
		return vtun_link_refuse(extack, attr,
					"an Ethernet address has six bytes",
					-EINVAL);
	if (!is_valid_ether_addr(nla_data(attr)))
		return vtun_link_refuse(extack, attr,
					"a device can't have this address",
					-EADDRNOTAVAIL);
	return 0;
}

/* What can be said without the device. The core passes what it does not know,
 * and attributes of wrong types, so ask it again.
 */
static int vtun_link_validate(struct nlattr *tb[], struct nlattr *data[],
			      struct netlink_ext_ack *extack)
{
	struct nlattr *type = NULL, *all;
	int err;

	if (tb[IFLA_NUM_TX_QUEUES] || tb[IFLA_NUM_RX_QUEUES])
		return vtun_link_refuse(extack, tb[IFLA_NUM_TX_QUEUES] ?:
						tb[IFLA_NUM_RX_QUEUES],
					"multi_queue says how many queues there can be",
					-EINVAL);
	if (tb[IFLA_PROP_LIST])
		return vtun_link_refuse(extack, tb[IFLA_PROP_LIST],
					"alternative names need RTM_NEWLINKPROP",
					-EOPNOTSUPP);
	if (data) {
		all = nla_find_nested(tb[IFLA_LINKINFO], IFLA_INFO_DATA);
		err = nla_validate_nested(all, IFLA_VTUN_MAX, vtun_link_policy,
					  extack);
		if (err)
			return err;
		type = data[IFLA_TUN_TYPE];
	}
	if (!tb[IFLA_ADDRESS])
		return 0;
	return vtun_link_check_address(tb[IFLA_ADDRESS],
				       vtun_link_get_kind(type), extack);
}

static int vtun_link_parse_ids(struct nlattr *data[], struct vtun_cfg *cfg,
			       struct netlink_ext_ack *extack)
{
	struct nlattr *owner = data[IFLA_TUN_OWNER];
	struct nlattr *group = data[IFLA_TUN_GROUP];

	if (owner) {
		cfg->set |= VTUN_CFG_OWNER;
		cfg->owner = make_kuid(current_user_ns(), nla_get_u32(owner));
		if (!uid_valid(cfg->owner) && nla_get_u32(owner) != (uid_t)-1)
			return vtun_link_refuse(extack, owner,
						"this user namespace has no such owner",
						-EINVAL);
	}
	if (group) {
		cfg->set |= VTUN_CFG_GROUP;
		cfg->group = make_kgid(current_user_ns(), nla_get_u32(group));
		if (!gid_valid(cfg->group) && nla_get_u32(group) != (gid_t)-1)
			return vtun_link_refuse(extack, group,
						"this user namespace has no such group",
						-EINVAL);
	}
	return 0;
}

/* Headers are what a program expects that is attached. */
static int vtun_link_parse_flags(const struct vtun_dev *vtun,
				 struct nlattr *data[], struct vtun_cfg *cfg,
				 struct netlink_ext_ack *extack)
{
	u16 was = vtun->flags & VTUN_STORED_FLAGS, flags = was;
	struct nlattr *vnet = data[IFLA_TUN_VNET_HDR];
	struct nlattr *pi = data[IFLA_TUN_PI];

	if (pi)
		flags = nla_get_u8(pi) ? flags & ~IFF_NO_PI : flags | IFF_NO_PI;
	if (vnet)
		flags = nla_get_u8(vnet) ? flags | IFF_VNET_HDR
					 : flags & ~IFF_VNET_HDR;
	if (flags == was)
		return 0;
	if (vtun->num_queues || vtun->num_parked)
		return vtun_link_refuse(extack,
					(flags ^ was) & IFF_NO_PI ? pi : vnet,
					"a program is attached, and has chosen its headers",
					-EBUSY);
	cfg->set |= VTUN_CFG_FLAGS;
	cfg->flags = flags;
	return 0;
}

static int vtun_link_parse_queues(const struct vtun_dev *vtun,
				  struct nlattr *data[], struct vtun_cfg *cfg,
				  struct netlink_ext_ack *extack)
{
	struct nlattr *pressure = data[IFLA_VTUN_BACKPRESSURE];
	unsigned int used = vtun->num_queues + vtun->num_parked;
	bool is_on = vtun->flags & IFF_BACKPRESSURE;
	struct nlattr *max = data[IFLA_VTUN_MAX_QUEUES];

	if (pressure) {
		cfg->set |= VTUN_CFG_PRESSURE;
		cfg->pressure = nla_get_u8(pressure);
		if (used > 1 && (cfg->pressure != vtun->pressure ||
				 cfg->pressure != is_on))
			return vtun_link_refuse(extack, pressure,
						"back pressure can't change with more than one queue",
						-EBUSY);
	}
	if (!max)
		return 0;
	cfg->set |= VTUN_CFG_MAX_QUEUES;
	cfg->max_queues = nla_get_u32(max);
	if (cfg->max_queues > vtun->dev->num_tx_queues)
		return vtun_link_refuse(extack, max,
					"only a device with multi_queue has more than one queue",
					-EINVAL);
	if (cfg->max_queues < used)
		return vtun_link_refuse(extack, max,
					"more queues are attached than that",
					-EBUSY);
	return 0;
}

static int vtun_link_parse(const struct vtun_dev *vtun, struct nlattr *data[],
			   struct vtun_cfg *cfg, struct netlink_ext_ack *extack)
{
	struct nlattr *multi = data[IFLA_TUN_MULTI_QUEUE];
	struct nlattr *persist = data[IFLA_TUN_PERSIST];
	struct nlattr *type = data[IFLA_TUN_TYPE];
	int err;

	if (type && nla_get_u8(type) != (vtun->flags & VTUN_KIND_MASK))
		return vtun_link_refuse(extack, type,
					"a device keeps its mode: delete it and make another one",
					-EOPNOTSUPP);
	if (multi && nla_get_u8(multi) != !!(vtun->flags & IFF_MULTI_QUEUE))
		return vtun_link_refuse(extack, multi,
					"multi_queue can't change: delete the device and make another one",
					-EOPNOTSUPP);
	if (persist) {
		cfg->set |= VTUN_CFG_PERSIST;
		cfg->persist = nla_get_u8(persist);
	}
	err = vtun_link_parse_ids(data, cfg, extack);
	if (!err)
		err = vtun_link_parse_flags(vtun, data, cfg, extack);
	if (!err)
		err = vtun_link_parse_queues(vtun, data, cfg, extack);
	return err;
}

static int vtun_link_set_keep(struct vtun_dev *vtun, const struct nlattr *attr,
			      struct netlink_ext_ack *extack)
{
	int err;

	if (!attr)
		return 0;
	if (nla_get_u8(attr)) {
		err = vtun_keep_start(vtun);
		return err ? vtun_link_refuse(extack, attr,
					      "there is no memory to keep packets in",
					      err) : 0;
	}
	vtun_keep_stop(vtun);
	if (!vtun->num_queues && !vtun->num_parked)
		netif_carrier_off(vtun->dev);
	return 0;
}

static int vtun_link_set_alias(struct vtun_dev *vtun, const struct nlattr *attr,
			       struct netlink_ext_ack *extack)
{
	int err = dev_set_alias(vtun->dev, nla_data(attr), nla_len(attr));

	return err < 0 ? vtun_link_refuse(extack, attr,
					  "the kernel refuses the alias", err) : 0;
}

/* The kind of device decides about more than setup() could undo. */
static struct net_device *vtun_link_alloc(struct nlattr *tb[],
					  const char *ifname,
					  unsigned char assign_type,
					  unsigned int num_tx_queues,
					  unsigned int num_rx_queues)
{
	struct nlattr *data = nla_find_nested(tb[IFLA_LINKINFO],
					      IFLA_INFO_DATA);
	struct nlattr *multi = NULL, *type = NULL;
	u16 flags = IFF_NO_PI;
	struct net_device *dev;

	if (data) {
		multi = nla_find_nested(data, IFLA_TUN_MULTI_QUEUE);
		type = nla_find_nested(data, IFLA_TUN_TYPE);
	}
	if (multi && nla_get_u8(multi))
		flags |= IFF_MULTI_QUEUE;
	flags |= vtun_link_get_kind(type);
	dev = vtun_dev_alloc(ifname, assign_type, flags);
	return dev ?: ERR_PTR(-ENOMEM);
}

/**
 * vtun_link_new() - RTM_NEWLINK: register a device of vtun_link_alloc()
 * @dev: device; the core frees it if this fails
 * @params: attributes
 * @extack: why not
 *
 * Who may do it was asked by the core: CAP_NET_ADMIN, in both namespaces.
 *
 * Context: process, RTNL held, may sleep.
 * Return: 0 or an errno.
 */
int vtun_link_new(struct net_device *dev, struct rtnl_newlink_params *params,
		  struct netlink_ext_ack *extack)
{
	struct nlattr *none[IFLA_VTUN_MAX + 1] = {};
	struct nlattr *alias = params->tb[IFLA_IFALIAS];
	struct nlattr **data = params->data ?: none;
	struct vtun_dev *vtun = netdev_priv(dev);
	struct vtun_cfg cfg = {
		.set = VTUN_CFG_PERSIST,
		.persist = true,
	};
	int err;

	err = security_tun_dev_create();
	if (err < 0)
		return vtun_link_refuse(extack, NULL,
					"a security module forbids it", err);
	err = vtun_link_parse(vtun, data, &cfg, extack);
	if (err)
		return err;
	netif_carrier_off(dev);		/* until a program attaches */
	err = vtun_dev_register(vtun, NULL, VTUN_RX_DIRECT);
	if (err)
		return vtun_link_refuse(extack, err == -EINVAL ?
					params->tb[IFLA_IFNAME] : NULL,
					"no device can be made, or none of this name",
					err);
	err = vtun_link_set_keep(vtun, data[IFLA_VTUN_KEEP_CARRIER], extack);
	/* The core sets it on devices only that are there. */
	if (!err && alias)
		err = vtun_link_set_alias(vtun, alias, extack);
	if (err) {
		unregister_netdevice(dev);
		return err;
	}
	vtun_dev_apply(vtun, &cfg);
	return 0;
}

static int vtun_link_change(struct net_device *dev, struct nlattr *tb[],
			    struct nlattr *data[],
			    struct netlink_ext_ack *extack)
{
	struct vtun_dev *vtun = netdev_priv(dev);
	struct vtun_cfg cfg = {};
	int err;

	if (!data)
		return 0;
	err = vtun_link_parse(vtun, data, &cfg, extack);
	if (!err)
		err = vtun_link_set_keep(vtun, data[IFLA_VTUN_KEEP_CARRIER],
					 extack);
	if (!err)
		vtun_dev_apply(vtun, &cfg);
	return err;
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
	       nla_total_size(sizeof(u32)) +	/* IFLA_TUN_NUM_DISABLED_QUEUES */
	       nla_total_size(sizeof(u8)) +	/* IFLA_VTUN_BACKPRESSURE */
	       nla_total_size(sizeof(u32)) +	/* IFLA_VTUN_MAX_QUEUES */
	       nla_total_size(sizeof(u8));	/* IFLA_VTUN_KEEP_CARRIER */
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
	     nla_put_u32(skb, IFLA_TUN_NUM_DISABLED_QUEUES, vtun->num_parked) ||
	     nla_put_u32(skb, IFLA_VTUN_MAX_QUEUES, vtun->max_queues)))
		return -EMSGSIZE;
	if (nla_put_u8(skb, IFLA_VTUN_BACKPRESSURE,
		       !!(flags & IFF_BACKPRESSURE)) ||
	    nla_put_u8(skb, IFLA_VTUN_KEEP_CARRIER, vtun_keep_is_on(vtun)))
		return -EMSGSIZE;
	return 0;
}

struct rtnl_link_ops vtun_link_ops = {
	.kind		= VTUN_NAME,
	.maxtype	= IFLA_VTUN_MAX,
	.policy		= vtun_link_policy,
	.priv_size	= sizeof(struct vtun_dev),
	.alloc		= vtun_link_alloc,
	.validate	= vtun_link_validate,
	.newlink	= VTUN_LINK_NEWLINK,
	.changelink	= vtun_link_change,
	.dellink	= unregister_netdevice_queue,
	.get_size	= vtun_link_get_size,
	.fill_info	= vtun_link_fill_info,
};
