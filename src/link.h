/* SPDX-License-Identifier: GPL-2.0-only */
/* rtnetlink. */
#ifndef VTUN_LINK_H
#define VTUN_LINK_H

#include <net/rtnetlink.h>

extern struct rtnl_link_ops vtun_link_ops;

#endif /* VTUN_LINK_H */
