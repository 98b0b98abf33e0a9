// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaches to a device, as whoever runs it:
 *
 *	attach [-w] NODE FLAGS DEVICE
 *	attach -x NODE FLAGS DEVICE PROGRAM [ARGUMENT...]
 *
 * Says "attached" and exits 0, or says why not and exits 1. With -w it stays
 * attached until it is killed; with -x it becomes PROGRAM, whose file 3 it is.
 */
#include "tunfile.h"

int main(int argc, char **argv)
{
	int opt, fd, stay = 0, become = 0;

	while ((opt = getopt(argc, argv, "+wx")) != -1) {
		if (opt == 'w')
			stay = 1;
		else if (opt == 'x')
			become = 1;
		else
			return 2;
	}
	argv += optind;
	argc -= optind;
	if (become ? argc < 4 : argc != 3)
		errx(2, "usage: attach [-w] NODE FLAGS DEVICE, or -x and a PROGRAM");
	fd = tunfile_attach(argv[0], tunfile_flags(argv[1]), argv[2]);
	if (fd < 0)
		err(1, "%s", argv[2]);
	puts("attached");
	fflush(stdout);
	if (become) {
		/* Where it is 3 already, it must lose close-on-exec. */
		if (fd == 3 ? fcntl(fd, F_SETFD, 0) : dup2(fd, 3) != 3)
			err(1, "file 3");
		execvp(argv[3], argv + 3);
		err(1, "%s", argv[3]);
	}
	if (stay)
		pause();
	return 0;
}
