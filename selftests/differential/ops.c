// SPDX-License-Identifier: GPL-2.0-only
/* All that a step can be. */
#include "ops.h"

const struct op *const ops[] = {
	&op_open, &op_close, &op_share, &op_fork, &op_poll, &op_odd, &op_info,
	&op_setiff, &op_setqueue, &op_ioctl, &op_ioctl_int, &op_ioctl_out, &op_hwaddr,
	&op_txfilter, &op_attach_filter, &op_ebpf, &op_xdp,
	&op_read, &op_write,
	&op_link, &op_rename, &op_address, &op_delete, &op_move, &op_newlink, &op_ip_up,
	&op_vlan,
	&op_net, &op_user,
	&op_dump, &op_sysfs, &op_ethtool, &op_set_ethtool, &op_write_sysfs,
	&op_send, &op_udp,
	&op_sleep, &op_wake,
};
const unsigned int op_count = ARRAY_SIZE(ops);
