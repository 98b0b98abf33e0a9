// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets how many queues a network card uses, for a machine that has no ethtool:
 *
 *	channels DEVICE COUNT
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>

int main(int argc, char **argv)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ifreq ifr = { .ifr_data = (void *)&channels };
	int fd;

	if (argc != 3)
		errx(2, "usage: channels DEVICE COUNT");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", argv[1]);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || ioctl(fd, SIOCETHTOOL, &ifr))
		err(1, "%s", argv[1]);
	channels.cmd = ETHTOOL_SCHANNELS;
	channels.combined_count = atoi(argv[2]);
	if (ioctl(fd, SIOCETHTOOL, &ifr))
		err(1, "%s: %s of %u queues", argv[1], argv[2], channels.max_combined);
	return 0;
}
