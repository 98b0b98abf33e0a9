/* SPDX-License-Identifier: GPL-2.0-only */
/* sysfs. */
#ifndef VTUN_SYSFS_H
#define VTUN_SYSFS_H

#include <linux/sysfs.h>

extern const struct attribute_group vtun_sysfs_group;

#endif /* VTUN_SYSFS_H */
