// SPDX-License-Identifier: GPL-2.0-only
/* What is known of a device, put together from all its sources. */
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vtunctl.h"

int device_ethtool(const char *name, void *command)
{
	struct ifreq ifr = { .ifr_data = command };
	int sock, err;

	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	memcpy(ifr.ifr_name, name, strnlen(name, sizeof(ifr.ifr_name) - 1));
	err = ioctl(sock, SIOCETHTOOL, &ifr) ? -errno : 0;
	close(sock);
	return err;
}

/*
 * rtnetlink counts the queues of multi-queue devices only. For the others
 * ethtool's channels do; where that fails, carrier (which is off whenever no
 * queue is attached) and transience each prove that there is one.
 */
static long device_count_single(const struct link *link)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	if (!device_ethtool(link->name, &channels))
		return channels.combined_count;
	if (link->carrier || !(link->flags & IFF_PERSIST))
		return 1;
	return -1;
}

long device_count_attached(const struct link *link)
{
	if (link->flags & IFF_MULTI_QUEUE)
		return link->num_queues;
	return device_count_single(link);
}

int device_fill(struct device *device, const struct link *link,
		const struct holders *all)
{
	long num_queues;
	int err;

	*device = (struct device){ .link = *link };
	err = altnames_get(link->ifindex, &device->altnames);
	if (err)
		return err;
	sysfs_get_flags(link, &device->link.flags);
	device->attached = device_count_attached(link);
	device->detached = link->num_disabled;
	num_queues = device->attached + device->detached;
	err = holders_of(all, link->name, num_queues, &device->holders);
	if (err)
		altnames_free(&device->altnames);
	return err;
}

/* Of a device that has just gone, too, there is nothing to tell. */
int device_fill_stats(struct device *device)
{
	int err = stats_get(device->link.name, &device->stats);

	device->with_stats = !err;
	return err == -ENOMEM ? err : 0;
}

void device_free(struct device *device)
{
	stats_free(&device->stats);
	holders_free(&device->holders);
	altnames_free(&device->altnames);
}
