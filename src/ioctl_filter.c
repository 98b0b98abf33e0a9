// SPDX-License-Identifier: GPL-2.0-only
/* The commands that set filters, whose arguments have no fixed length. */

#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "filter.h"
#include "ioctl.h"

/* For commands that read or write user memory, and so can't have RTNL yet. */
static int vtun_ioctl_check_tap(struct vtun_ioctl_args *args)
{
	struct vtun_dev *vtun;
	int err = -EBADFD;

	rcu_read_lock();
	vtun = rcu_dereference(args->vq->vtun);
	if (vtun)
		err = vtun_is_tap(vtun) ? 0 : -EINVAL;
	rcu_read_unlock();
	return err;
}

/* Takes RTNL: NULL if the file's tap device went away while we copied. */
static struct vtun_dev *vtun_ioctl_lock_tap(struct vtun_ioctl_args *args)
{
	struct vtun_dev *vtun;

	rtnl_lock();
	vtun = rtnl_dereference(args->vq->vtun);
	return vtun && vtun_is_tap(vtun) ? vtun : NULL;
}

/* The unchanged filter stays if anything can't be read. */
long vtun_ioctl_set_tx_filter(struct vtun_ioctl_args *args)
{
	struct tun_filter __user *user = args->user;
	struct vtun_filter *filter = NULL;
	u8 (*addr)[ETH_ALEN] = NULL;
	struct tun_filter head;
	struct vtun_dev *vtun;
	long ret;

	ret = vtun_ioctl_check_tap(args);
	if (ret)
		return ret;
	if (copy_from_user(&head, user, sizeof(head)))
		return -EFAULT;
	if (head.count) {
		addr = memdup_user(user->addr, head.count * sizeof(*addr));
		if (IS_ERR(addr))
			return PTR_ERR(addr);
		filter = vtun_filter_create(&head, addr);
		kfree(addr);
		if (IS_ERR(filter))
			return PTR_ERR(filter);
		if (filter)
			ret = vtun_filter_count(filter);
	}

	vtun = vtun_ioctl_lock_tap(args);
	if (vtun)
		vtun_filter_set(vtun, filter);
	else
		ret = -EBADFD;
	rtnl_unlock();
	if (ret < 0)
		vtun_filter_free(filter);
	return ret;
}

/* The argument is kept even if nothing comes of it: TUNGETFILTER shows it. */
long vtun_ioctl_attach_filter(struct vtun_ioctl_args *args)
{
	struct bpf_prog *prog = NULL;
	struct sock_fprog fprog;
	struct vtun_dev *vtun;
	int err;

	err = vtun_ioctl_check_tap(args);
	if (err)
		return err;
	if (copy_from_user(&fprog, args->user, sizeof(fprog)))
		err = -EFAULT;
	else
		err = bpf_prog_create_from_user(&prog, &fprog, NULL, false);

	vtun = vtun_ioctl_lock_tap(args);
	if (vtun) {
		vtun->fprog = fprog;
		if (!err)
			vtun_filter_set_prog(&vtun->sock_filter, prog);
	} else if (!err) {
		err = -EBADFD;
		bpf_prog_destroy(prog);
	}
	rtnl_unlock();
	return err;
}

long vtun_ioctl_detach_filter(struct vtun_ioctl_args *args)
{
	if (!vtun_is_tap(args->vtun))
		return -EINVAL;
	vtun_filter_set_prog(&args->vtun->sock_filter, NULL);
	return 0;
}

long vtun_ioctl_get_filter(struct vtun_ioctl_args *args)
{
	struct sock_fprog fprog;
	struct vtun_dev *vtun;
	int err;

	err = vtun_ioctl_check_tap(args);
	if (err)
		return err;
	vtun = vtun_ioctl_lock_tap(args);
	if (vtun)
		fprog = vtun->fprog;
	rtnl_unlock();
	if (!vtun)
		return -EBADFD;
	return copy_to_user(args->user, &fprog, sizeof(fprog)) ? -EFAULT : 0;
}

/* -1 for none. */
static long vtun_ioctl_set_ebpf(struct vtun_ioctl_args *args,
				struct bpf_prog __rcu **slot)
{
	struct bpf_prog *prog = NULL;

	if (args->number != -1)
		prog = bpf_prog_get_type(args->number,
					 BPF_PROG_TYPE_SOCKET_FILTER);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	vtun_filter_set_prog(slot, prog);
	return 0;
}

long vtun_ioctl_set_steering(struct vtun_ioctl_args *args)
{
	return vtun_ioctl_set_ebpf(args, &args->vtun->steer.prog);
}

long vtun_ioctl_set_ebpf_filter(struct vtun_ioctl_args *args)
{
	return vtun_ioctl_set_ebpf(args, &args->vtun->ebpf_filter);
}
