// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches to a device, as whoever runs it:
 *
 *	attach [-w] NODE FLAGS DEVICE
 *
 * Says "attached" and exits 0, or says why not and exits 1. With -w it stays
 * attached until it is killed.
 */
#include "tunfile.h"

int main(int argc, char **argv)
{
	int opt, stay = 0;

	while ((opt = getopt(argc, argv, "w")) != -1) {
		if (opt != 'w')
			return 2;
		stay = 1;
	}
	argv += optind;
	if (argc - optind != 3)
		errx(2, "usage: attach [-w] NODE FLAGS DEVICE");
	if (tunfile_attach(argv[0], tunfile_flags(argv[1]), argv[2]) < 0)
		err(1, "%s", argv[2]);
	puts("attached");
	fflush(stdout);
	if (stay)
		pause();
	return 0;
}
