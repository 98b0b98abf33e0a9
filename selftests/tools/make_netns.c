// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes network namespaces as ip-netns(8) does, with lo up and without IPv6:
 *
 *	make_netns NAME...
 *
 * One process stays in each until it is killed, and its number is written to
 * /run/netns-of/NAME: /proc/NUMBER/net shows what is in the namespace. Doing it
 * here saves the start of six programs for each namespace.
 */
#include "tunfile.h"

#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err(1, "%s", path);
	close(fd);
}

/* Router solicitations and multicast reports would be counted as packets. */
static void quiet(void)
{
	if (access("/proc/sys/net/ipv6", F_OK))
		return;
	put("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	put("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0 || ioctl(sock, SIOCSIFFLAGS, &ifr))
		err(1, "lo");
	close(sock);
}

/* The process that stays has no open file of ours: nobody waits for its end. */
static pid_t stay(void)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid)
		return pid;
	close(0);
	close(1);
	close(2);
	for (;;)
		pause();
}

static void make(const char *name)
{
	char path[PATH_MAX], number[16];

	if (unshare(CLONE_NEWNET))
		err(1, "unshare");
	quiet();
	loopback_up();
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	put(path, "");
	if (mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL))
		err(1, "%s", path);
	snprintf(number, sizeof(number), "%d\n", stay());
	snprintf(path, sizeof(path), "/run/netns-of/%s", name);
	put(path, number);
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2)
		errx(2, "usage: make_netns NAME...");
	for (i = 1; i < argc; i++)
		make(argv[i]);
	return 0;
}
