/* SPDX-License-Identifier: GPL-2.0-only */
/* rtnetlink. */
#ifndef VTUN_LINK_H
#define VTUN_LINK_H

#include <net/rtnetlink.h>

extern struct rtnl_link_ops vtun_link_ops;

int vtun_link_new(struct net_device *dev, struct rtnl_newlink_params *params,
		  struct netlink_ext_ack *extack);

#endif /* VTUN_LINK_H */
