// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: compat32 CASE FD
 *
 * A 32-bit program, built with -m32: does what CASE names with the open file FD
 * and checks each answer. Exit status 0 if all were right. compat.c runs it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/sockios.h>

#ifndef TUNGETDEVNETNS			/* 5.18 */
#define TUNGETDEVNETNS	_IO('T', 227)
#endif

#define IFREQ_LEN	32
#define BAD_POINTER	0xfffff000UL

static int failed;

static void check(int line, const char *what, long want, long got)
{
	if (want == got)
		return;
	fprintf(stderr, "# compat32.c:%d: %s is %ld, not %ld\n", line, what,
		got, want);
	failed = 1;
}

#define CHECK(want, got)	check(__LINE__, #got, want, got)

static int call(int fd, unsigned long cmd, const void *arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

static int call_value(int fd, unsigned long cmd, uint32_t value)
{
	return call(fd, cmd, (void *)(uintptr_t)value);
}

/* The last @len bytes before memory that can't be touched. */
static void *edge(size_t len)
{
	long page = sysconf(_SC_PAGESIZE);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED || munmap(map + page, page)) {
		perror("mmap");
		exit(1);
	}
	return map + page - len;
}

/* Every command with an ifreq takes 32 bytes, and gives 32 bytes back. */
static void case_ifreq(int fd)
{
	struct ifreq *ifr = edge(IFREQ_LEN);
	struct {
		struct ifreq ifr;
		uint8_t behind[16];
	} room;
	size_t i;

	CHECK(IFREQ_LEN, sizeof(struct ifreq));
	memset(ifr, 0, IFREQ_LEN);
	strcpy(ifr->ifr_name, "cmp%d");
	ifr->ifr_flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE;
	CHECK(-EFAULT, call(fd, TUNSETIFF, (char *)ifr + 1));
	CHECK(-EFAULT, call(fd, TUNSETQUEUE, (char *)ifr + 1));
	CHECK(-EFAULT, call(fd, SIOCGIFHWADDR, (char *)ifr + 1));
	CHECK(0, call(fd, TUNSETIFF, ifr));
	CHECK(0, strcmp(ifr->ifr_name, "cmp0"));
	CHECK(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE, ifr->ifr_flags);
	memset(&room, 0x5a, sizeof(room));
	CHECK(0, call(fd, TUNGETIFF, &room));
	CHECK(0, strcmp(room.ifr.ifr_name, "cmp0"));
	CHECK(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE, room.ifr.ifr_flags);
	CHECK(0, call(fd, SIOCGIFHWADDR, &room));
	CHECK(1, room.ifr.ifr_hwaddr.sa_family);
	for (i = 0; i < sizeof(room.behind); i++)
		CHECK(0x5a, room.behind[i]);
	CHECK(0, call(fd, TUNGETIFF, ifr));
	CHECK(-EFAULT, call(fd, TUNGETIFF, (char *)ifr + 1));
	CHECK(0, call(fd, SIOCGIFHWADDR, ifr));
	memcpy(ifr->ifr_hwaddr.sa_data, "\x02\x00\x00\x00\x00\x0a", 6);
	CHECK(0, call(fd, SIOCSIFHWADDR, ifr));
	CHECK(-EFAULT, call(fd, SIOCSIFHWADDR, (char *)ifr + 1));
	ifr->ifr_flags = IFF_DETACH_QUEUE;
	CHECK(0, call(fd, TUNSETQUEUE, ifr));
	CHECK(-EINVAL, call(fd, TUNSETQUEUE, ifr));
	ifr->ifr_flags = IFF_ATTACH_QUEUE;
	CHECK(0, call(fd, TUNSETQUEUE, ifr));
}

/* Arguments that are values have 32 bits, all of which count. */
static void case_values(int fd)
{
	CHECK(-EINVAL, call_value(fd, TUNSETOWNER, ~0U));
	CHECK(-EINVAL, call_value(fd, TUNSETGROUP, ~0U));
	CHECK(0, call_value(fd, TUNSETOWNER, 0xfffffffe));
	CHECK(0, call_value(fd, TUNSETGROUP, 0x80000001));
	CHECK(0, call_value(fd, TUNSETPERSIST, 0x80000000));
	CHECK(0, call_value(fd, TUNSETLINK, 0x10000 + 512));
	CHECK(0, call_value(fd, TUNSETDEBUG, 0x80000040));
	CHECK(0, call_value(fd, TUNSETNOCSUM, 1));
}

/* Pointers to an int, or to something without pointers inside. */
static void case_pointers(int fd)
{
	struct {
		uint16_t flags;
		uint16_t count;
		uint8_t addr[2][6];
	} filter = { 0, 2, { { 2 }, { 1 } } };
	uint32_t features[2] = { 0, 0x5a5a5a5a };
	int value[2] = { 0, 0x5a5a5a5a };

	CHECK(0, call(fd, TUNGETFEATURES, features));
	CHECK(IFF_TUN | IFF_TAP, features[0] & 3);
	CHECK(0x5a5a5a5a, features[1]);
	CHECK(0, call(fd, TUNGETSNDBUF, value));
	CHECK(0x7fffffff, value[0]);
	CHECK(0x5a5a5a5a, value[1]);
	value[0] = 12345;
	CHECK(0, call(fd, TUNSETSNDBUF, value));
	CHECK(0, call(fd, TUNGETSNDBUF, value));
	CHECK(12345, value[0]);
	value[0] = 0;
	CHECK(-EINVAL, call(fd, TUNSETSNDBUF, value));
	CHECK(0, call(fd, TUNSETCARRIER, value));
	CHECK(-EPERM, call(fd, TUNSETIFINDEX, value));
	CHECK(2, call(fd, TUNSETTXFILTER, &filter));
	CHECK(-EFAULT, call(fd, TUNGETFEATURES, (void *)BAD_POINTER));
	CHECK(-EFAULT, call(fd, TUNSETSNDBUF, (void *)BAD_POINTER));
	CHECK(-EFAULT, call(fd, TUNSETTXFILTER, (void *)BAD_POINTER));
}

/* A sock_fprog has another size here, so these numbers belong to nothing. */
static void case_filters(int fd)
{
	const unsigned long cmds[] = { 0x400854d5, 0x400854d6, 0x800854db };
	uint8_t arg[64] = {};
	size_t i;

	CHECK(0x400854d5, TUNATTACHFILTER);
	for (i = 0; i < sizeof(cmds) / sizeof(cmds[0]); i++)
		CHECK(-EINVAL, call(fd, cmds[i], arg));
}

static void case_unattached(int fd)
{
	int value = 4242;

	CHECK(-EBADFD, call(fd, 0x400854d5, &value));
	CHECK(-EBADFD, call(fd, TUNGETIFF, (void *)BAD_POINTER));
	CHECK(-EBADFD, call(fd, TUNSETSNDBUF, &value));
	CHECK(-EFAULT, call(fd, TUNSETIFINDEX, (void *)BAD_POINTER));
	CHECK(0, call(fd, TUNSETIFINDEX, &value));
}

static void case_namespaces(int fd)
{
	int a = call(fd, SIOCGSKNS, NULL);
	int b = call(fd, TUNGETDEVNETNS, NULL);

	CHECK(1, a > 2);
	CHECK(1, b > 2);
}

static const struct {
	const char *name;
	void (*run)(int fd);
} cases[] = {
	{ "ifreq", case_ifreq },
	{ "values", case_values },
	{ "pointers", case_pointers },
	{ "filters", case_filters },
	{ "unattached", case_unattached },
	{ "namespaces", case_namespaces },
};

int main(int argc, char **argv)
{
	size_t i;

	if (argc != 3 || sizeof(void *) != 4)
		goto usage;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (strcmp(argv[1], cases[i].name))
			continue;
		cases[i].run(atoi(argv[2]));
		return failed;
	}
usage:
	fprintf(stderr, "usage: compat32 CASE FD, as a 32-bit program\n");
	return 2;
}
