// SPDX-License-Identifier: GPL-2.0-only
/*
 * Becomes a program that may open no file for writing, which a security module
 * (Landlock) sees to, and not the files' modes:
 *
 *	no_write PROGRAM [ARGUMENT...]
 *
 * Exits 4, as a test that is skipped, where the kernel has no Landlock.
 */
#include <err.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

int main(int argc, char **argv)
{
	/* Nothing is allowed beneath any folder. */
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_WRITE_FILE,
	};
	int fd;

	if (argc < 2)
		errx(2, "usage: no_write PROGRAM [ARGUMENT...]");
	fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd < 0)
		return 4;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_landlock_restrict_self, fd, 0))
		err(1, "landlock_restrict_self");
	close(fd);
	execv(argv[1], argv + 1);
	err(1, "%s", argv[1]);
}
