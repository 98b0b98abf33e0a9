/* SPDX-License-Identifier: GPL-2.0-only */
/* ethtool. */
#ifndef VTUN_ETHTOOL_H
#define VTUN_ETHTOOL_H

#include <linux/ethtool.h>

#include "vtun.h"

extern const struct ethtool_ops vtun_ethtool_ops;

void vtun_ethtool_init(struct vtun_dev *vtun);

#endif /* VTUN_ETHTOOL_H */
