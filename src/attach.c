// SPDX-License-Identifier: GPL-2.0-only
/* TUNSETIFF: a program's file gets a device, which is made if need be. */

#include <linux/cred.h>
#include <linux/security.h>

#include "attach.h"
#include "dev.h"
#include "link.h"
#include "queue.h"

/* Owner and group let in who matches all of them that are set; who may
 * administer the device's namespace always gets in.
 */
static bool vtun_attach_may(struct vtun_dev *vtun)
{
	bool owner_set = uid_valid(vtun->owner);
	bool group_set = gid_valid(vtun->group);

	if ((owner_set || group_set) &&
	    (!owner_set || uid_eq(current_euid(), vtun->owner)) &&
	    (!group_set || in_egroup_p(vtun->group)))
		return true;
	return ns_capable(dev_net(vtun->dev)->user_ns, CAP_NET_ADMIN);
}

/* What TUNSETIFF does to a device that has no queue but the caller's. */
static void vtun_attach_first(struct vtun_dev *vtun, u16 flags)
{
	struct vtun_cfg cfg = {
		.set = VTUN_CFG_FLAGS,
		.flags = flags & VTUN_STORED_FLAGS,
	};

	vtun_dev_apply(vtun, &cfg);
	if (flags & IFF_NO_CARRIER)
		netif_carrier_off(vtun->dev);
	else
		netif_carrier_on(vtun->dev);
}

static enum vtun_rx_mode vtun_attach_mode(u16 flags)
{
	if (!(flags & IFF_NAPI))
		return VTUN_RX_DIRECT;
	return flags & IFF_NAPI_FRAGS ? VTUN_RX_NAPI_FRAGS : VTUN_RX_NAPI;
}

static int vtun_attach_existing(struct net_device *dev, struct vtun_queue *vq,
				char *name, u16 flags)
{
	struct vtun_dev *vtun;
	int err;

	if (flags & IFF_TUN_EXCL)
		return -EBUSY;
	if (dev->rtnl_link_ops != &vtun_link_ops)
		return -EINVAL;
	vtun = netdev_priv(dev);
	if (!(vtun->flags & flags & VTUN_KIND_MASK) ||
	    (vtun->flags ^ flags) & IFF_MULTI_QUEUE)
		return -EINVAL;
	if (!vtun_attach_may(vtun))
		return -EPERM;
	err = security_tun_dev_open(vtun->security);
	if (err < 0)
		return err;
	err = vtun_queue_attach(vtun, vq, vtun_attach_mode(flags));
	if (err)
		return err;
	vtun_queue_bind(vtun, vq);
	if (vtun->num_queues + vtun->num_parked == 1) {
		vtun_attach_first(vtun, flags);
		strscpy(name, dev->name, IFNAMSIZ);
	}
	netdev_state_change(dev);
	return 0;
}

static int vtun_attach_new(struct vtun_queue *vq, char *name, u16 flags)
{
	bool tun = flags & IFF_TUN;	/* goes first if both are asked for */
	struct net *net = sock_net(&vq->sk);
	struct net_device *dev;
	int err;

	if (!ns_capable(net->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	err = security_tun_dev_create();
	if (err < 0)
		return err;
	if (!(flags & VTUN_KIND_MASK))
		return -EINVAL;
	if (!*name)
		strscpy(name, tun ? "tun%d" : "tap%d", IFNAMSIZ);

	dev = vtun_dev_alloc(name, NET_NAME_UNKNOWN,
			     (tun ? IFF_TUN : IFF_TAP) |
			     (flags & VTUN_STORED_FLAGS));
	if (!dev)
		return -ENOMEM;
	dev_net_set(dev, net);
	dev->ifindex = vq->ifindex;
	err = vtun_dev_register(netdev_priv(dev), vq, vtun_attach_mode(flags));
	if (!err || err == -EBUSY)
		vq->ifindex = 0;	/* it was given, or is another's */
	if (err) {
		free_netdev(dev);
		return err;
	}
	if (flags & IFF_NO_CARRIER)
		netif_carrier_off(dev);
	strscpy(name, dev->name, IFNAMSIZ);
	return 0;
}

/**
 * vtun_attach_file() - TUNSETIFF: give a file a device, made if need be
 * @vq: the file's queue, without a device
 * @name: room for IFNAMSIZ bytes, terminated; a name or a template such as
 *	"tap%d", or empty. Replaced by the device's name, but not if it has
 *	other queues already.
 * @flags: IFF_* bits of linux/if_tun.h
 *
 * Context: process, RTNL held, may sleep; current is who asks.
 * Return: 0; -EINVAL for flags that contradict each other, the device or this
 * driver, and for a bad name; -EPERM; -EBUSY for a device that has a program,
 * or is there although @flags say it must not be, or for a taken index; -E2BIG
 * for too many queues; -ENFILE for a template without a free number; -ENOMEM;
 * or what a security module or a notifier says.
 */
int vtun_attach_file(struct vtun_queue *vq, char *name, u16 flags)
{
	struct net_device *dev;

	ASSERT_RTNL();
	/* Fragments of odd sizes find the stack's bugs: not for everybody. */
	if (flags & IFF_NAPI_FRAGS) {
		if (!capable(CAP_NET_ADMIN))
			return -EPERM;
		if (!(flags & IFF_NAPI) || (flags & VTUN_TYPE_BITS) != IFF_TAP)
			return -EINVAL;
	}
	dev = __dev_get_by_name(sock_net(&vq->sk), name);
	return dev ? vtun_attach_existing(dev, vq, name, flags)
		   : vtun_attach_new(vq, name, flags);
}
