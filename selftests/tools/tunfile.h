/* SPDX-License-Identifier: GPL-2.0-only */
/* How the small programs of the shell tests get at a device. */
#ifndef SELFTESTS_TOOLS_TUNFILE_H
#define SELFTESTS_TOOLS_TUNFILE_H

/* For setns(); so this header comes first. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_tun.h>

/* Large enough for every packet that a device with any MTU gives. */
#define TUNFILE_PACKET_MAX 70000

static const struct {
	const char *word;
	short flag;
} tunfile_words[] = {
	{ "tun", IFF_TUN },
	{ "tap", IFF_TAP },
	{ "no_pi", IFF_NO_PI },
	{ "multi_queue", IFF_MULTI_QUEUE },
	{ "one_queue", IFF_ONE_QUEUE },
	{ "vnet_hdr", IFF_VNET_HDR },
	{ "excl", (short)IFF_TUN_EXCL },
};

static inline short tunfile_flag(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(tunfile_words) / sizeof(tunfile_words[0]); i++)
		if (!strcmp(word, tunfile_words[i].word))
			return tunfile_words[i].flag;
	errx(2, "unknown flag '%s'", word);
}

/* "tap,no_pi" becomes IFF_TAP | IFF_NO_PI. */
static inline short tunfile_flags(const char *text)
{
	char *copy = strdup(text), *rest = copy, *word;
	short flags = 0;

	if (!copy)
		err(1, "strdup");
	while ((word = strsep(&rest, ",")))
		flags |= tunfile_flag(word);
	free(copy);
	return flags;
}

/* Enter one of ip-netns(8)'s namespaces. */
static inline void tunfile_enter(const char *netns)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "cannot enter %s", path);
	close(fd);
}

/**
 * tunfile_attach() - open the node and attach the file to a device
 * @node: path of the node
 * @flags: of TUNSETIFF
 * @name: the device's
 *
 * Return: the file, or -1 with errno of the ioctl.
 */
static inline int tunfile_attach(const char *node, short flags, const char *name)
{
	struct ifreq ifr = { .ifr_flags = flags };
	int fd = open(node, O_RDWR | O_CLOEXEC);
	int saved;

	if (fd < 0)
		err(1, "%s", node);
	if (strlen(name) >= sizeof(ifr.ifr_name))
		errx(2, "the name %s is too long", name);
	strcpy(ifr.ifr_name, name);
	if (ioctl(fd, TUNSETIFF, &ifr)) {
		saved = errno;
		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

#endif
