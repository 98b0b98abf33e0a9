// SPDX-License-Identifier: GPL-2.0-only
/*
 * Becomes a program to which the kernel refuses something, as systemd's
 * RestrictAddressFamilies= and other filters of system calls do:
 *
 *	refuse netlink|writing PROGRAM [ARGUMENT...]
 *
 * netlink: it gets no netlink socket (EAFNOSUPPORT); writing: it opens no file
 * for reading and writing (EIO).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#define LOAD(field)	\
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value)	BPF_STMT(BPF_RET | BPF_K, value)

/* Refuse system call @number where the bits @mask of argument @which are @bits. */
static void refuse(unsigned int number, int which, unsigned int mask,
		   unsigned int bits, int error)
{
	struct sock_filter filter[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4),
		LOAD(args[which]),
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, bits, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | error),
		RETURN(SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {
		.len = sizeof(filter) / sizeof(filter[0]),
		.filter = filter,
	};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		err(1, "seccomp");
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "netlink"))
		refuse(SYS_socket, 0, ~0u, AF_NETLINK, EAFNOSUPPORT);
	else if (argc > 2 && !strcmp(argv[1], "writing"))
		refuse(SYS_openat, 2, O_ACCMODE, O_RDWR, EIO);
	else
		errx(2, "usage: refuse netlink|writing PROGRAM [ARGUMENT...]");
	execv(argv[2], argv + 2);
	err(1, "%s", argv[2]);
}
