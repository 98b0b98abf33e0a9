/* SPDX-License-Identifier: GPL-2.0-only */
/* From the stack to the program. */
#ifndef VTUN_TX_H
#define VTUN_TX_H

#include <linux/uio.h>

#include "vtun.h"

bool vtun_tx_hold_back(struct vtun_queue *vq, struct netdev_queue *txq);
netdev_tx_t vtun_tx_xmit(struct sk_buff *skb, struct net_device *dev);
ssize_t vtun_tx_read(struct vtun_queue *vq, struct iov_iter *to,
		     enum vtun_wait wait);

#endif /* VTUN_TX_H */
