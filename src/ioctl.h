/* SPDX-License-Identifier: GPL-2.0-only */
/* The classic ABI's commands. */
#ifndef VTUN_IOCTL_H
#define VTUN_IOCTL_H

#include "vtun.h"

long vtun_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
long vtun_ioctl_compat(struct file *file, unsigned int cmd, unsigned long arg);

#endif /* VTUN_IOCTL_H */
