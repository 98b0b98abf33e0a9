/* SPDX-License-Identifier: GPL-2.0-only */
/* From the program to the stack. */
#ifndef VTUN_RX_H
#define VTUN_RX_H

#include <linux/uio.h>

#include "vtun.h"

void vtun_rx_attach(struct vtun_queue *vq, struct net_device *dev,
		    enum vtun_rx_mode mode);
void vtun_rx_start(struct vtun_queue *vq);
void vtun_rx_stop(struct vtun_queue *vq);
void vtun_rx_detach(struct vtun_queue *vq);

ssize_t vtun_rx_write(struct vtun_queue *vq, struct iov_iter *from,
		      enum vtun_wait wait);

#endif /* VTUN_RX_H */
