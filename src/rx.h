/* SPDX-License-Identifier: GPL-2.0-only */
/* From the program to the stack. */
#ifndef VTUN_RX_H
#define VTUN_RX_H

#include <linux/uio.h>

#include "vtun.h"

ssize_t vtun_rx_write(struct vtun_queue *vq, struct iov_iter *from,
		      enum vtun_wait wait);

#endif /* VTUN_RX_H */
