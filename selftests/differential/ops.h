/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DIFF_OPS_H
#define DIFF_OPS_H

#include "diff.h"

extern const struct op op_open, op_close, op_share, op_fork, op_poll, op_odd, op_info;
extern const struct op op_setiff, op_setqueue, op_ioctl, op_ioctl_int, op_ioctl_out, op_hwaddr;
extern const struct op op_txfilter, op_attach_filter, op_ebpf, op_xdp;
extern const struct op op_read, op_write;
extern const struct op op_link, op_rename, op_address, op_delete, op_move, op_newlink, op_ip_up, op_vlan;
extern const struct op op_net, op_user;
extern const struct op op_dump, op_sysfs, op_ethtool, op_set_ethtool, op_write_sysfs;
extern const struct op op_send, op_udp;
extern const struct op op_sleep, op_wake;

#endif
