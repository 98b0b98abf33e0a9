// SPDX-License-Identifier: GPL-2.0-only
/* Commands of the extension ABI, see uapi/linux/vtun.h. */

#include <linux/uaccess.h>

#include "ioctl.h"
#include "napi.h"

#define VTUN_MODES	(VTUN_MODE_BATCH | VTUN_MODE_NOTRUNC)

/**
 * vtun_ioctl_get_info() - VTUN_IOC_INFO
 * @args: command
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL if the program's struct is too short, -E2BIG if it can't
 * be one, -EFAULT.
 */
long vtun_ioctl_get_info(struct vtun_ioctl_args *args)
{
	struct vtun_info info = {
		.abi = VTUN_ABI,
		.modes = VTUN_MODES,
		.version = VTUN_VERSION,
	};
	u32 size;

	if (get_user(size, (u32 __user *)args->user))
		return -EFAULT;
	if (size < offsetofend(struct vtun_info, abi))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	info.size = min_t(u32, size, sizeof(info));
	if (copy_to_user(args->user, &info, info.size) ||
	    clear_user(args->user + info.size, size - info.size))
		return -EFAULT;
	return 0;
}

/**
 * vtun_ioctl_get_mode() - VTUN_IOC_GETMODE
 * @args: command
 *
 * Context: any.
 * Return: 0.
 */
long vtun_ioctl_get_mode(struct vtun_ioctl_args *args)
{
	args->number = READ_ONCE(args->vq->modes);
	return 0;
}

/**
 * vtun_ioctl_set_mode() - VTUN_IOC_SETMODE
 * @args: command
 *
 * Context: process, RTNL held.
 * Return: 0, -EINVAL for a mode that is not known.
 */
long vtun_ioctl_set_mode(struct vtun_ioctl_args *args)
{
	u32 modes = args->number;

	if (modes & ~VTUN_MODES)
		return -EINVAL;
	if (modes & VTUN_MODE_BATCH)
		vtun_napi_want(args->vq);
	WRITE_ONCE(args->vq->modes, modes);
	return 0;
}
