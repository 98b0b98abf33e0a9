/* SPDX-License-Identifier: GPL-2.0-only */
/* The network device. */
#ifndef VTUN_DEV_H
#define VTUN_DEV_H

#include "vtun.h"

extern struct notifier_block vtun_dev_notifier;

struct net_device *vtun_dev_alloc(const char *name, unsigned char assign_type,
				  u16 flags);
int vtun_dev_register(struct vtun_dev *vtun, struct vtun_queue *vq,
		      enum vtun_rx_mode mode);
void vtun_dev_apply(struct vtun_dev *vtun, const struct vtun_cfg *cfg);
int vtun_dev_set_carrier(struct net_device *dev, bool on);
void vtun_dev_set_offloads(struct vtun_dev *vtun, netdev_features_t features);
int vtun_dev_set_type(struct net_device *dev, u16 type);

#endif /* VTUN_DEV_H */
