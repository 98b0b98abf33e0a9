// SPDX-License-Identifier: GPL-2.0-only
/*
 * The classic ABI's commands: a table, one handler each.
 *
 * A command's argument is copied in, then its handler runs, then the result is
 * copied out; user memory is not touched in between, but by what sets filters,
 * whose arguments have no fixed length. A result that can't be copied out is
 * -EFAULT, and what was done stays done.
 */

#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/etherdevice.h>
#include <linux/fs.h>
#include <linux/proc_fs.h>
#include <linux/sockios.h>
#include <linux/uaccess.h>
#include <uapi/linux/virtio_net.h>

#include "attach.h"
#include "dev.h"
#include "ioctl.h"
#include "queue.h"
#include "vnet.h"

/* What a command's argument is, and what it needs. */
#define VTUN_IOCTL_IFREQ_IN	BIT(0)
#define VTUN_IOCTL_IFREQ_OUT	BIT(1)
#define VTUN_IOCTL_INT_IN	BIT(2)
#define VTUN_IOCTL_INT_OUT	BIT(3)
#define VTUN_IOCTL_ATTACHED	BIT(4)	/* else -EBADFD */
#define VTUN_IOCTL_UNATTACHED	BIT(5)	/* else -EPERM */
#define VTUN_IOCTL_RTNL		BIT(6)	/* handler runs under RTNL */

/* A setting of the device: what most commands are. */
#define VTUN_IOCTL_SET		(VTUN_IOCTL_ATTACHED | VTUN_IOCTL_RTNL)

/**
 * struct vtun_ioctl_cmd - a command
 * @cmd: its number
 * @needs: VTUN_IOCTL_*
 * @run: what it does; returns what ioctl() does
 */
struct vtun_ioctl_cmd {
	unsigned int cmd;
	unsigned int needs;
	long (*run)(struct vtun_ioctl_args *args);
};

static long vtun_ioctl_set_iff(struct vtun_ioctl_args *args)
{
	struct ifreq *ifr = &args->ifr;

	if (rcu_access_pointer(args->vq->vtun))
		return -EEXIST;
	ifr->ifr_name[IFNAMSIZ - 1] = '\0';
	return vtun_attach_file(args->vq, ifr->ifr_name, ifr->ifr_flags);
}

static long vtun_ioctl_get_iff(struct vtun_ioctl_args *args)
{
	struct ifreq *ifr = &args->ifr;

	memset(ifr, 0, sizeof(*ifr));
	strscpy(ifr->ifr_name, args->vtun->dev->name, IFNAMSIZ);
	ifr->ifr_flags = args->vtun->flags;
	if (!rcu_access_pointer(args->vtun->sock_filter))
		ifr->ifr_flags |= IFF_NOFILTER;	/* same value as IFF_NO_PI */
	if (args->vq->state == VTUN_QUEUE_PARKED)
		ifr->ifr_flags |= IFF_DETACH_QUEUE;
	return 0;
}

static long vtun_ioctl_get_features(struct vtun_ioctl_args *args)
{
	args->number = VTUN_FEATURES;
	return 0;
}

static long vtun_ioctl_set_nocsum(struct vtun_ioctl_args *args)
{
	return 0;	/* nothing since Linux 3.0; programs still call it */
}

static long vtun_ioctl_set_debug(struct vtun_ioctl_args *args)
{
	WRITE_ONCE(args->vtun->msg_enable, args->value);
	return 0;
}

static long vtun_ioctl_set_persist(struct vtun_ioctl_args *args)
{
	struct vtun_cfg cfg = {
		.set = VTUN_CFG_PERSIST,
		.persist = args->value,
	};
	bool was = args->vtun->flags & IFF_PERSIST;

	if (was == cfg.persist)
		return 0;
	vtun_dev_apply(args->vtun, &cfg);
	netdev_state_change(args->vtun->dev);
	return 0;
}

static long vtun_ioctl_set_owner(struct vtun_ioctl_args *args)
{
	struct vtun_cfg cfg = {
		.set = VTUN_CFG_OWNER,
		.owner = make_kuid(current_user_ns(), args->value),
	};

	if (!uid_valid(cfg.owner))
		return -EINVAL;
	vtun_dev_apply(args->vtun, &cfg);
	netdev_state_change(args->vtun->dev);
	return 0;
}

static long vtun_ioctl_set_group(struct vtun_ioctl_args *args)
{
	struct vtun_cfg cfg = {
		.set = VTUN_CFG_GROUP,
		.group = make_kgid(current_user_ns(), args->value),
	};

	if (!gid_valid(cfg.group))
		return -EINVAL;
	vtun_dev_apply(args->vtun, &cfg);
	netdev_state_change(args->vtun->dev);
	return 0;
}

static long vtun_ioctl_set_link(struct vtun_ioctl_args *args)
{
	return vtun_dev_set_type(args->vtun->dev, args->value);
}

static long vtun_ioctl_set_carrier(struct vtun_ioctl_args *args)
{
	return vtun_dev_set_carrier(args->vtun->dev, args->number);
}

static long vtun_ioctl_set_offload(struct vtun_ioctl_args *args)
{
	netdev_features_t features;
	int err;

	err = vtun_vnet_features(args->value, &features);
	if (!err)
		vtun_dev_set_offloads(args->vtun, features);
	return err;
}

static long vtun_ioctl_get_vnet_size(struct vtun_ioctl_args *args)
{
	args->number = args->vtun->vnet_size;
	return 0;
}

static long vtun_ioctl_set_vnet_size(struct vtun_ioctl_args *args)
{
	if (args->number < (int)sizeof(struct virtio_net_hdr))
		return -EINVAL;
	WRITE_ONCE(args->vtun->vnet_size, args->number);
	return 0;
}

static long vtun_ioctl_get_vnet_le(struct vtun_ioctl_args *args)
{
	args->number = args->vtun->vnet_le;
	return 0;
}

static long vtun_ioctl_set_vnet_le(struct vtun_ioctl_args *args)
{
	WRITE_ONCE(args->vtun->vnet_le, args->number);
	return 0;
}

/* Only kernels that serve guests of the other byte order know these two. */
#if IS_ENABLED(CONFIG_TUN_VNET_CROSS_LE)
static long vtun_ioctl_get_vnet_be(struct vtun_ioctl_args *args)
{
	args->number = args->vtun->vnet_be;
	return 0;
}

static long vtun_ioctl_set_vnet_be(struct vtun_ioctl_args *args)
{
	WRITE_ONCE(args->vtun->vnet_be, args->number);
	return 0;
}
#endif

static long vtun_ioctl_get_sndbuf(struct vtun_ioctl_args *args)
{
	args->number = READ_ONCE(args->vq->sk.sk_sndbuf);
	return 0;
}

/* Of all queues that packets flow through, as in-tree tun has it. */
static long vtun_ioctl_set_sndbuf(struct vtun_ioctl_args *args)
{
	struct vtun_dev *vtun = args->vtun;
	unsigned int i;

	if (args->number <= 0)
		return -EINVAL;
	for (i = 0; i < vtun->num_queues; i++)
		WRITE_ONCE(vtun_queue_rtnl(vtun, i)->sk.sk_sndbuf,
			   args->number);
	return 0;
}

static long vtun_ioctl_set_queue(struct vtun_ioctl_args *args)
{
	if (args->ifr.ifr_flags & IFF_ATTACH_QUEUE)
		return vtun_queue_unpark(args->vq);
	if (args->ifr.ifr_flags & IFF_DETACH_QUEUE)
		return vtun_queue_park(args->vq);
	return -EINVAL;
}

static long vtun_ioctl_set_ifindex(struct vtun_ioctl_args *args)
{
	if (args->number < 0)
		return -EINVAL;
	args->vq->ifindex = args->number;
	return 0;
}

/* A descriptor for a namespace that may be about to die; it is counted then. */
static long vtun_ioctl_open_netns(struct net *net)
{
	if (!ns_capable(net->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	return open_related_ns(&net->ns, get_net_ns);
}

static long vtun_ioctl_get_dev_netns(struct vtun_ioctl_args *args)
{
	struct net *net = NULL;
	struct vtun_dev *vtun;
	long ret = -EBADFD;

	rtnl_lock();
	vtun = rtnl_dereference(args->vq->vtun);
	if (vtun) {
		net = maybe_get_net(dev_net(vtun->dev));
		ret = -EINVAL;	/* the namespace dies, if not counted now */
	}
	rtnl_unlock();
	if (net) {
		ret = vtun_ioctl_open_netns(net);
		put_net(net);
	}
	return ret;
}

static long vtun_ioctl_get_file_netns(struct vtun_ioctl_args *args)
{
	return vtun_ioctl_open_netns(sock_net(&args->vq->sk));
}

static long vtun_ioctl_get_hwaddr(struct vtun_ioctl_args *args)
{
	size_t room = sizeof(struct sockaddr) - sizeof(sa_family_t);
	struct net_device *dev = args->vtun->dev;
	struct sockaddr *addr = &args->ifr.ifr_hwaddr;

	/* Bytes behind a short address stay the caller's. */
	addr->sa_family = dev->type;
	if (dev->addr_len)
		memcpy(addr->sa_data, dev->dev_addr,
		       min_t(size_t, dev->addr_len, room));
	else
		memset(addr->sa_data, 0, room);
	return 0;
}

static long vtun_ioctl_set_hwaddr(struct vtun_ioctl_args *args)
{
	struct sockaddr_storage addr = {};

	memcpy(&addr, &args->ifr.ifr_hwaddr, sizeof(args->ifr.ifr_hwaddr));
	return dev_set_mac_address_user(args->vtun->dev, &addr, NULL);
}

static const struct vtun_ioctl_cmd vtun_ioctl_cmds[] = {
	{ TUNSETIFF, VTUN_IOCTL_RTNL | VTUN_IOCTL_IFREQ_IN |
	  VTUN_IOCTL_IFREQ_OUT, vtun_ioctl_set_iff },
	{ TUNGETIFF, VTUN_IOCTL_SET | VTUN_IOCTL_IFREQ_OUT,
	  vtun_ioctl_get_iff },
	{ TUNGETFEATURES, VTUN_IOCTL_INT_OUT, vtun_ioctl_get_features },
	{ TUNSETNOCSUM, VTUN_IOCTL_ATTACHED, vtun_ioctl_set_nocsum },
	{ TUNSETDEBUG, VTUN_IOCTL_SET, vtun_ioctl_set_debug },
	{ TUNSETPERSIST, VTUN_IOCTL_SET, vtun_ioctl_set_persist },
	{ TUNSETOWNER, VTUN_IOCTL_SET, vtun_ioctl_set_owner },
	{ TUNSETGROUP, VTUN_IOCTL_SET, vtun_ioctl_set_group },
	{ TUNSETLINK, VTUN_IOCTL_SET, vtun_ioctl_set_link },
	{ TUNSETCARRIER, VTUN_IOCTL_SET | VTUN_IOCTL_INT_IN,
	  vtun_ioctl_set_carrier },
	{ TUNSETTXFILTER, VTUN_IOCTL_ATTACHED, vtun_ioctl_set_tx_filter },
	{ TUNATTACHFILTER, VTUN_IOCTL_ATTACHED, vtun_ioctl_attach_filter },
	{ TUNDETACHFILTER, VTUN_IOCTL_SET, vtun_ioctl_detach_filter },
	{ TUNGETFILTER, VTUN_IOCTL_ATTACHED, vtun_ioctl_get_filter },
	{ TUNSETSTEERINGEBPF, VTUN_IOCTL_SET | VTUN_IOCTL_INT_IN,
	  vtun_ioctl_set_steering },
	{ TUNSETFILTEREBPF, VTUN_IOCTL_SET | VTUN_IOCTL_INT_IN,
	  vtun_ioctl_set_ebpf_filter },
	{ TUNGETSNDBUF, VTUN_IOCTL_ATTACHED | VTUN_IOCTL_INT_OUT,
	  vtun_ioctl_get_sndbuf },
	{ TUNSETSNDBUF, VTUN_IOCTL_SET | VTUN_IOCTL_INT_IN,
	  vtun_ioctl_set_sndbuf },
	{ TUNSETOFFLOAD, VTUN_IOCTL_SET, vtun_ioctl_set_offload },
	{ TUNGETVNETHDRSZ, VTUN_IOCTL_SET | VTUN_IOCTL_INT_OUT,
	  vtun_ioctl_get_vnet_size },
	{ TUNSETVNETHDRSZ, VTUN_IOCTL_SET | VTUN_IOCTL_INT_IN,
	  vtun_ioctl_set_vnet_size },
	{ TUNGETVNETLE, VTUN_IOCTL_SET | VTUN_IOCTL_INT_OUT,
	  vtun_ioctl_get_vnet_le },
	{ TUNSETVNETLE, VTUN_IOCTL_SET | VTUN_IOCTL_INT_IN,
	  vtun_ioctl_set_vnet_le },
#if IS_ENABLED(CONFIG_TUN_VNET_CROSS_LE)
	{ TUNGETVNETBE, VTUN_IOCTL_SET | VTUN_IOCTL_INT_OUT,
	  vtun_ioctl_get_vnet_be },
	{ TUNSETVNETBE, VTUN_IOCTL_SET | VTUN_IOCTL_INT_IN,
	  vtun_ioctl_set_vnet_be },
#endif
	{ TUNSETQUEUE, VTUN_IOCTL_RTNL | VTUN_IOCTL_IFREQ_IN,
	  vtun_ioctl_set_queue },
	{ TUNSETIFINDEX, VTUN_IOCTL_UNATTACHED | VTUN_IOCTL_RTNL |
	  VTUN_IOCTL_INT_IN, vtun_ioctl_set_ifindex },
	{ TUNGETDEVNETNS, VTUN_IOCTL_ATTACHED, vtun_ioctl_get_dev_netns },
	{ SIOCGSKNS, 0, vtun_ioctl_get_file_netns },
	{ SIOCGIFHWADDR, VTUN_IOCTL_SET | VTUN_IOCTL_IFREQ_OUT,
	  vtun_ioctl_get_hwaddr },
	{ SIOCSIFHWADDR, VTUN_IOCTL_SET, vtun_ioctl_set_hwaddr },
	{ VTUN_IOC_INFO, 0, vtun_ioctl_get_info },
	{ VTUN_IOC_SETMODE, VTUN_IOCTL_RTNL | VTUN_IOCTL_INT_IN,
	  vtun_ioctl_set_mode },
	{ VTUN_IOC_GETMODE, VTUN_IOCTL_INT_OUT, vtun_ioctl_get_mode },
};

static const struct vtun_ioctl_cmd *vtun_ioctl_find(unsigned int cmd)
{
	/* Any other number is for a device and unknown to it. */
	static const struct vtun_ioctl_cmd unknown = {
		.needs = VTUN_IOCTL_ATTACHED,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vtun_ioctl_cmds); i++)
		if (vtun_ioctl_cmds[i].cmd == cmd)
			return &vtun_ioctl_cmds[i];
	return &unknown;
}

/* What this says without RTNL may change until RTNL is taken: ask again. */
static int vtun_ioctl_check_attached(const struct vtun_ioctl_cmd *op,
				     const struct vtun_queue *vq)
{
	bool attached = rcu_access_pointer(vq->vtun);

	if (op->needs & VTUN_IOCTL_ATTACHED && !attached)
		return -EBADFD;
	if (op->needs & VTUN_IOCTL_UNATTACHED && attached)
		return -EPERM;
	return 0;
}

static long vtun_ioctl_run_rtnl(const struct vtun_ioctl_cmd *op,
				struct vtun_ioctl_args *args)
{
	long ret;

	rtnl_lock();
	ret = vtun_ioctl_check_attached(op, args->vq);
	if (!ret) {
		args->vtun = rtnl_dereference(args->vq->vtun);
		ret = op->run(args);
	}
	rtnl_unlock();
	return ret;
}

static void vtun_ioctl_log(struct vtun_queue *vq, unsigned int cmd)
{
	struct vtun_dev *vtun;

	rcu_read_lock();
	vtun = rcu_dereference(vq->vtun);
	if (vtun && vtun_logs(vtun, NETIF_MSG_DRV))
		netdev_info(vtun->dev, "ioctl 0x%08x\n", cmd);
	rcu_read_unlock();
}

/* Socket ioctls are about an ifreq, known or not; but for this one. */
static bool vtun_ioctl_takes_ifreq(const struct vtun_ioctl_cmd *op,
				   unsigned int cmd)
{
	return op->needs & VTUN_IOCTL_IFREQ_IN ||
	       (_IOC_TYPE(cmd) == SOCK_IOC_TYPE && cmd != SIOCGSKNS);
}

static long vtun_ioctl_cmd(struct vtun_ioctl_args *args, unsigned int cmd,
			   size_t ifreq_size)
{
	const struct vtun_ioctl_cmd *op = vtun_ioctl_find(cmd);
	int __user *number = args->user;
	long ret;

	if (vtun_ioctl_takes_ifreq(op, cmd) &&
	    copy_from_user(&args->ifr, args->user, ifreq_size))
		return -EFAULT;
	ret = vtun_ioctl_check_attached(op, args->vq);
	if (ret)
		return ret;
	vtun_ioctl_log(args->vq, cmd);
	if (!op->run)
		return -EINVAL;
	if (op->needs & VTUN_IOCTL_INT_IN && get_user(args->number, number))
		return -EFAULT;

	if (op->needs & VTUN_IOCTL_RTNL)
		ret = vtun_ioctl_run_rtnl(op, args);
	else
		ret = op->run(args);
	if (ret < 0)
		return ret;

	if (op->needs & VTUN_IOCTL_INT_OUT && put_user(args->number, number))
		return -EFAULT;
	if (op->needs & VTUN_IOCTL_IFREQ_OUT &&
	    copy_to_user(args->user, &args->ifr, ifreq_size))
		return -EFAULT;
	return ret;
}

/**
 * vtun_ioctl() - ioctl() on the device node
 * @file: open file
 * @cmd: TUN*, SIOCGSKNS, SIOCGIFHWADDR or SIOCSIFHWADDR
 * @arg: a number, or a pointer to int, to struct ifreq or to struct tun_filter
 *
 * Context: process, may sleep.
 * Return: 0 or more, -EBADFD without a device, -EINVAL for another @cmd,
 * -EFAULT, or what the command says.
 */
long vtun_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vtun_ioctl_args args = {
		.vq = file->private_data,
		.value = arg,
		.user = (void __user *)arg,
	};

	return vtun_ioctl_cmd(&args, cmd, sizeof(struct ifreq));
}

#ifdef CONFIG_COMPAT
/**
 * vtun_ioctl_compat() - ioctl() of a 32-bit program, whose ifreq is shorter
 * @file: open file
 * @cmd: as for vtun_ioctl()
 * @arg: likewise
 *
 * Context: process, may sleep.
 * Return: as vtun_ioctl().
 */
long vtun_ioctl_compat(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vtun_ioctl_args args = {
		.vq = file->private_data,
		.value = (compat_ulong_t)arg,
		.user = compat_ptr(arg),
	};

	return vtun_ioctl_cmd(&args, cmd, sizeof(struct compat_ifreq));
}
#endif
