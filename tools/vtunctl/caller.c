// SPDX-License-Identifier: GPL-2.0-only
/* What the calling process may do. */
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "vtunctl.h"

bool caller_has_net_admin(void)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &head, data))
		return false;
	return data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective &
	       CAP_TO_MASK(CAP_NET_ADMIN);
}
