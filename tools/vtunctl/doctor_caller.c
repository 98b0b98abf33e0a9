// SPDX-License-Identifier: GPL-2.0-only
/* What the caller may do in this network namespace. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/nsfs.h>

#include "doctor.h"

void doctor_caller_capability(struct doctor *doctor)
{
	if (caller_has_net_admin())
		return;
	/* Of a device, its owner and group decide: doctor_device_permission(). */
	doctor_find(doctor, doctor->has_device ? DOCTOR_NOTE : DOCTOR_WARNING,
		    "no_net_admin", "this process may not create or delete devices");
	doctor_seen(doctor, "it runs as %s without the capability CAP_NET_ADMIN",
		    msg_safe(print_user(geteuid())));
	doctor_mend_inside(doctor, "vtunctl add NAME mode tun user %s  # as root, once; a container: --cap-add NET_ADMIN",
			   doctor_word(print_user(geteuid())));
}

/*
 * A capability counts in the user namespace that owns the network namespace,
 * which the kernel shows only to those inside it or above.
 */
void doctor_caller_user_namespace(struct doctor *doctor)
{
	int netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int owner = -1, err;

	if (netns >= 0)
		owner = ioctl(netns, NS_GET_USERNS);
	err = errno;
	if (netns >= 0)
		close(netns);
	if (owner >= 0) {
		close(owner);
		return;
	}
	/* The kernel may have no user namespaces at all. */
	if (netns >= 0 && err == EPERM && access("/proc/self/ns/user", F_OK))
		return;
	if (netns < 0 || err != EPERM) {
		doctor_find(doctor, DOCTOR_NOTE, "user_namespace_unknown",
			    "whether capabilities count in this network namespace can't be checked");
		doctor_seen(doctor, "/proc/self/ns/net: %s", strerror(err));
		doctor_mend(doctor, "mount -t proc proc /proc");
		return;
	}
	doctor->outside = true;
	doctor_find(doctor, doctor->has_device ? DOCTOR_NOTE : DOCTOR_WARNING, "user_namespace",
		    "capabilities of this process do not count in its network namespace");
	doctor_seen(doctor, "the network namespace belongs to a user namespace outside its own");
	doctor_mend(doctor, "unshare -Urn  # a network namespace of the user namespace's own; or ask root there for: vtunctl add NAME mode tun user U");
}
