// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an owner may change without CAP_NET_ADMIN, by the classic ioctls. They
 * need a file that is attached, so the device gets a queue for a moment.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vtunctl.h"

/*
 * The first queue of a device brings its flags along, so these must be the
 * ones that the device has.
 */
#define OWNER_KEPT_FLAGS	(IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_ONE_QUEUE | \
			 IFF_VNET_HDR | IFF_MULTI_QUEUE | IFF_NAPI | \
			 IFF_NAPI_FRAGS | IFF_BACKPRESSURE)

static void owner_explain_busy(const struct link *link)
{
	struct holders all, some = { NULL, 0 };
	char *text = NULL;

	if (!holders_scan(&all)) {
		holders_of(&all, link->name, 1, &some);
		text = holders_text(&some);
		holders_free(&some);
		holders_free(&all);
	}
	msg_why("it is busy: its only queue is held by %s", text ? text :
		"a process that is not visible from here (root sees more)");
	msg_todo("Stop that process first. Devices made with multi_queue can be changed while in use.");
	free(text);
}

static void owner_explain_permission(const struct link *link)
{
	const char *user = NULL, *group = NULL;

	if (link->uid != (uid_t)-1)
		user = msg_safe(print_user(link->uid));
	if (link->gid != (gid_t)-1)
		group = msg_safe(print_group(link->gid));
	if (user && group)
		msg_why("only its owner %s, and only as a member of its group %s, may do that without CAP_NET_ADMIN",
			user, group);
	else if (user)
		msg_why("only its owner %s may do that without CAP_NET_ADMIN",
			user);
	else if (group)
		msg_why("only members of its group %s may do that without CAP_NET_ADMIN",
			group);
	else
		msg_why("it has no owner or group, so this needs CAP_NET_ADMIN in this network namespace");
	msg_todo("Run it as root.");
}

static void owner_explain(const struct link *link, int err)
{
	switch (err) {
	case EBUSY:
		owner_explain_busy(link);
		break;
	case EPERM:
		owner_explain_permission(link);
		break;
	case E2BIG:
		msg_why("it has %u queues already, and setting needs one more for a moment",
			link->num_queues + link->num_disabled);
		msg_todo("Close one of them; 'vtunctl show %s' tells who has them.",
			 msg_safe(link->name));
		break;
	case EBADFD:
	case ENODEV:
		msg_why("somebody else has just deleted it");
		msg_todo("Look what is there now: vtunctl list");
		break;
	default:
		msg_why("the kernel refused it (%s)", strerror(err));
		msg_todo("The kernel's log (dmesg) may tell more.");
	}
}

static int owner_attach(int fd, const struct link *link)
{
	struct ifreq queue = { .ifr_flags = IFF_DETACH_QUEUE };
	unsigned int flags = link->flags;
	struct ifreq ifr = { 0 };
	struct link now;
	int err;

	sysfs_get_flags(link, &flags);
	memcpy(ifr.ifr_name, link->name, sizeof(ifr.ifr_name));
	/* NO_CARRIER: nobody is going to read, so nobody should send. */
	ifr.ifr_flags = (flags & OWNER_KEPT_FLAGS) | IFF_NO_CARRIER;
	if (ioctl(fd, TUNSETIFF, &ifr))
		return -errno;
	/* A detached queue gets no packets, and ioctls work on it as well. */
	if (flags & IFF_MULTI_QUEUE && ioctl(fd, TUNSETQUEUE, &queue))
		return -errno;
	/* If it went meanwhile, TUNSETIFF has made a new one of that name. */
	err = link_get(link->name, &now);
	if (err)
		return err;
	return now.ifindex == link->ifindex ? 0 : -ENODEV;
}

static int owner_apply(int fd, const struct settings *set)
{
	if (set->user && ioctl(fd, TUNSETOWNER, (unsigned long)set->uid))
		return -errno;
	if (set->group && ioctl(fd, TUNSETGROUP, (unsigned long)set->gid))
		return -errno;
	if (set->persist && ioctl(fd, TUNSETPERSIST,
				  (unsigned long)(set->persist == ON)))
		return -errno;
	return 0;
}

/* Attaches, sets what is given, and closes again. @err is 0 or -errno of that. */
static enum exit_status owner_visit(const struct link *link,
				    const struct settings *set, int *err)
{
	enum exit_status status;
	int fd;

	status = node_open(&fd);
	if (status)
		return status;
	*err = owner_attach(fd, link);
	if (!*err)
		*err = owner_apply(fd, set);
	close(fd);
	return DONE;
}

enum exit_status owner_set(const struct link *link, const struct settings *set)
{
	enum exit_status status;
	int err;

	status = owner_visit(link, set, &err);
	if (status || !err)
		return status;
	owner_explain(link, -err);
	return FAILED;
}

/* With the file that this closes goes what nobody else has. */
enum exit_status owner_let_go(const struct link *link)
{
	const struct settings nothing = { .name = NULL };
	enum exit_status status;
	int err;

	status = owner_visit(link, &nothing, &err);
	/* A program came in between, or the device went. */
	if (status || !err || err == -EBUSY || err == -ENODEV)
		return status;
	owner_explain(link, -err);
	return FAILED;
}
