/* SPDX-License-Identifier: GPL-2.0-only */
/* XDP: programs that see written frames before the stack does. */
#ifndef VTUN_XDP_H
#define VTUN_XDP_H

#include <linux/skbuff.h>
#include <linux/uio.h>
#include <net/xdp.h>

#include "frame.h"
#include "vtun.h"

int vtun_xdp_attach(struct vtun_queue *vq, struct net_device *dev, u16 index);
void vtun_xdp_detach(struct vtun_queue *vq);

int vtun_xdp_set(struct net_device *dev, struct netdev_bpf *bpf);

struct sk_buff *vtun_xdp_receive(struct vtun_queue *vq,
				 const struct vtun_frame *frame,
				 struct iov_iter *from);
bool vtun_xdp_passes(struct vtun_dev *vtun, struct sk_buff **skb);
int vtun_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames,
		  u32 flags);

#endif /* VTUN_XDP_H */
