/* SPDX-License-Identifier: GPL-2.0-only */
/* The device node. */
#ifndef VTUN_CHARDEV_H
#define VTUN_CHARDEV_H

int vtun_chardev_init(int minor);
void vtun_chardev_exit(void);

#endif /* VTUN_CHARDEV_H */
