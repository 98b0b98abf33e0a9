/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands: the classic ABI's and ours. */
#ifndef VTUN_IOCTL_H
#define VTUN_IOCTL_H

#include <linux/if.h>

#include "vtun.h"

/**
 * struct vtun_ioctl_args - a command while it runs
 * @vq: the file's queue
 * @vtun: its device, for commands that need one and RTNL; else NULL
 * @value: the argument as a number
 * @user: the argument as a pointer
 * @number: what it points to, or will
 * @ifr: likewise
 */
struct vtun_ioctl_args {
	struct vtun_queue *vq;
	struct vtun_dev *vtun;
	unsigned long value;
	void __user *user;
	int number;
	struct ifreq ifr;
};

long vtun_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
long vtun_ioctl_compat(struct file *file, unsigned int cmd, unsigned long arg);

/* Handlers in files of their own, called as the table in ioctl.c says. */
long vtun_ioctl_set_tx_filter(struct vtun_ioctl_args *args);
long vtun_ioctl_attach_filter(struct vtun_ioctl_args *args);
long vtun_ioctl_detach_filter(struct vtun_ioctl_args *args);
long vtun_ioctl_get_filter(struct vtun_ioctl_args *args);
long vtun_ioctl_set_steering(struct vtun_ioctl_args *args);
long vtun_ioctl_set_ebpf_filter(struct vtun_ioctl_args *args);
long vtun_ioctl_get_info(struct vtun_ioctl_args *args);
long vtun_ioctl_get_mode(struct vtun_ioctl_args *args);
long vtun_ioctl_set_mode(struct vtun_ioctl_args *args);

#endif /* VTUN_IOCTL_H */
