// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads and unloads a module, again and again, without a program's start in
 * between:
 *
 *	reload FILE NAME COUNT
 *
 * Unloading is tried until nobody uses it. Says how often it was refused.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned long refused = 0;
	int fd, i;

	if (argc != 4)
		errx(2, "usage: reload FILE NAME COUNT");
	for (i = 0; i < atoi(argv[3]); i++) {
		fd = open(argv[1], O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			err(1, "%s", argv[1]);
		if (syscall(SYS_finit_module, fd, "", 0))
			err(1, "loading, round %d", i);
		close(fd);
		usleep(random() % 50000);
		while (syscall(SYS_delete_module, argv[2], O_NONBLOCK)) {
			if (errno != EAGAIN && errno != EBUSY)
				err(1, "unloading, round %d", i);
			refused++;
			usleep(500);
		}
	}
	printf("loaded %d refused %lu\n", i, refused);
	return 0;
}
