// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a device that stays, or lets one go:
 *
 *	set_persist NODE FLAGS DEVICE on|off
 */
#include "tunfile.h"

int main(int argc, char **argv)
{
	int fd;

	if (argc != 5)
		errx(2, "usage: set_persist NODE FLAGS DEVICE on|off");
	fd = tunfile_attach(argv[1], tunfile_flags(argv[2]), argv[3]);
	if (fd < 0)
		err(1, "%s", argv[3]);
	if (ioctl(fd, TUNSETPERSIST, !strcmp(argv[4], "on")))
		err(1, "TUNSETPERSIST");
	return 0;
}
