// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps files attached to a device until it is killed:
 *
 *	vtunctl_hold [-n COUNT] [-d] [-o] NODE FLAGS DEVICE
 *
 * COUNT files are attached (default 1); with -d the last of them detaches its
 * queue, with -o it takes large packets and such without a checksum. Says
 * "attached" when that is done.
 */
#include "tunfile.h"

int main(int argc, char **argv)
{
	struct ifreq detach = { .ifr_flags = IFF_DETACH_QUEUE };
	int count = 1, detached = 0, offloads = 0, fd = -1, opt;

	while ((opt = getopt(argc, argv, "dn:o")) != -1) {
		if (opt == 'n')
			count = atoi(optarg);
		else if (opt == 'd')
			detached = 1;
		else if (opt == 'o')
			offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
		else
			return 2;
	}
	argv += optind;
	if (argc - optind != 3 || count < 1)
		errx(2, "usage: vtunctl_hold [-n COUNT] [-d] [-o] NODE FLAGS DEVICE");
	while (count--) {
		fd = tunfile_attach(argv[0], tunfile_flags(argv[1]), argv[2]);
		if (fd < 0)
			err(1, "%s", argv[2]);
	}
	if (offloads && ioctl(fd, TUNSETOFFLOAD, offloads))
		err(1, "TUNSETOFFLOAD");
	if (detached && ioctl(fd, TUNSETQUEUE, &detach))
		err(1, "TUNSETQUEUE");
	puts("attached");
	fflush(stdout);
	pause();
	return 0;
}
