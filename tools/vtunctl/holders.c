// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has a device's file open. The kernel tells a file's device by name only
 * (fdinfo's "iff:"), and two network namespaces may use one name. So a file of
 * a process in another namespace counts only if the file itself, asked through
 * a short-lived duplicate, names our namespace; one in our namespace counts
 * unless there are more than the device has queues, which is the sign of a
 * namesake, and then it is asked, too. The duplicate is avoided where it can
 * be, because it keeps the file open should its owner close it just then.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vtunctl.h"

/* Takes any kernel's fdinfo up to "iff:", which is its last line. */
#define HOLDERS_FDINFO_SIZE	2048

static ssize_t holders_read(int dir, const char *path, char *buf, size_t size)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	close(fd);
	buf[len > 0 ? len : 0] = '\0';
	return len;
}

static void holders_cut_line(char *to, size_t size, const char *from)
{
	size_t len = strcspn(from, "\n");

	if (len >= size)
		len = size - 1;
	memcpy(to, from, len);
	to[len] = '\0';
}

static int holders_append(struct holders *set, const struct holder *holder)
{
	struct holder *list = realloc(set->list, (set->n + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	set->list = list;
	list[set->n++] = *holder;
	return 0;
}

static bool holders_is_node(int dir, const char *fd, unsigned int major_nr,
			    unsigned int minor_nr)
{
	struct statx st;

	/* Files on a server that is gone must not hang us. */
	if (statx(dir, fd, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_TYPE | STATX_MODE, &st))
		return false;
	return S_ISCHR(st.stx_mode) && st.stx_rdev_major == major_nr &&
	       st.stx_rdev_minor == minor_nr;
}

/* Fills in what is known of a file; false if it is not attached. */
static bool holders_look_at(int proc, const char *pid, const char *fd,
			    struct holder *holder)
{
	char path[64], buf[HOLDERS_FDINFO_SIZE];
	const char *iff;

	snprintf(path, sizeof(path), "%.20s/fdinfo/%.20s", pid, fd);
	if (holders_read(proc, path, buf, sizeof(buf)) <= 0)
		return false;
	iff = strstr(buf, "\niff:\t");
	if (!iff || iff[6] == '\n')
		return false;
	holders_cut_line(holder->ifname, sizeof(holder->ifname), iff + 6);
	snprintf(path, sizeof(path), "%.20s/comm", pid);
	if (holders_read(proc, path, buf, sizeof(buf)) <= 0)
		return false;
	holders_cut_line(holder->comm, sizeof(holder->comm), buf);
	holder->pid = atoi(pid);
	holder->fd = atoi(fd);
	return true;
}

static bool holders_same_netns(int proc, const char *pid)
{
	struct stat ours, theirs;
	char path[64];

	snprintf(path, sizeof(path), "%.20s/ns/net", pid);
	if (stat("/proc/self/ns/net", &ours) ||
	    fstatat(proc, path, &theirs, 0))
		return false;
	return ours.st_ino == theirs.st_ino && ours.st_dev == theirs.st_dev;
}

static int holders_scan_process(struct holders *all, int proc, const char *pid,
				unsigned int major_nr, unsigned int minor_nr)
{
	struct holder holder;
	struct dirent *entry;
	char path[64];
	int fd, err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%.20s/fd", pid);
	fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;	/* not ours to see, or gone */
	dir = fdopendir(fd);
	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (!holders_is_node(fd, entry->d_name, major_nr, minor_nr))
			continue;
		memset(&holder, 0, sizeof(holder));
		if (!holders_look_at(proc, pid, entry->d_name, &holder))
			continue;
		holder.same_netns = holders_same_netns(proc, pid);
		err = holders_append(all, &holder);
	}
	closedir(dir);
	return err;
}

static int holders_compare(const void *a, const void *b)
{
	const struct holder *one = a, *other = b;

	if (one->pid != other->pid)
		return one->pid < other->pid ? -1 : 1;
	return (one->fd > other->fd) - (one->fd < other->fd);
}

int holders_scan(struct holders *all)
{
	unsigned int major_nr, minor_nr;
	struct dirent *entry;
	int err = 0;
	DIR *proc;

	*all = (struct holders){ NULL, 0 };
	if (node_get_number(&major_nr, &minor_nr))
		return 0;	/* no module, no files */
	proc = opendir("/proc");
	if (!proc)
		return 0;
	while (!err && (entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = holders_scan_process(all, dirfd(proc),
						   entry->d_name, major_nr,
						   minor_nr);
	closedir(proc);
	if (err)
		holders_free(all);
	else if (all->n)
		qsort(all->list, all->n, sizeof(*all->list), holders_compare);
	return err;
}

/* Asks the file itself. Returns 1: our namespace, 0: another, -1: may not. */
static int holders_ask_netns(const struct holder *holder)
{
	struct stat ours, theirs;
	struct ifreq ifr = { 0 };
	int pidfd, fd, netns = -1, ret = -1;

	pidfd = pidfd_open(holder->pid, 0);
	if (pidfd < 0)
		return -1;
	fd = pidfd_getfd(pidfd, holder->fd, 0);
	if (fd >= 0) {
		/* The number may have got another file since the scan. */
		if (!ioctl(fd, TUNGETIFF, &ifr) &&
		    !strncmp(ifr.ifr_name, holder->ifname, IFNAMSIZ))
			netns = ioctl(fd, TUNGETDEVNETNS, NULL);
		close(fd);
	}
	close(pidfd);
	if (netns < 0)
		return -1;
	if (!fstat(netns, &theirs) && !stat("/proc/self/ns/net", &ours))
		ret = ours.st_ino == theirs.st_ino &&
		      ours.st_dev == theirs.st_dev;
	close(netns);
	return ret;
}

static bool holders_counts(const struct holder *holder, bool namesake)
{
	int answer;

	if (holder->same_netns && !namesake)
		return true;
	answer = holders_ask_netns(holder);
	return answer < 0 ? holder->same_netns : answer;
}

int holders_of(const struct holders *all, const char *name, long num_queues,
	       struct holders *some)
{
	const struct holder *holder, *end = all->list + all->n;
	long candidates = 0;
	int err;

	*some = (struct holders){ NULL, 0 };
	if (!num_queues)
		return 0;	/* who holds that name holds a namesake */
	for (holder = all->list; holder < end; holder++)
		if (holder->same_netns && !strcmp(holder->ifname, name))
			candidates++;
	for (holder = all->list; holder < end; holder++) {
		if (strcmp(holder->ifname, name))
			continue;
		if (!holders_counts(holder, candidates > num_queues))
			continue;
		err = holders_append(some, holder);
		if (err) {
			holders_free(some);
			return err;
		}
	}
	return 0;
}

void holders_free(struct holders *set)
{
	free(set->list);
	*set = (struct holders){ NULL, 0 };
}

char *holders_text(const struct holders *set)
{
	const struct holder *holder;
	pid_t last = 0;
	size_t size, i;
	char *text;
	FILE *file;

	if (!set->n)
		return NULL;
	file = open_memstream(&text, &size);
	if (!file)
		return NULL;
	for (i = 0; i < set->n; i++) {
		holder = &set->list[i];
		if (holder->pid != last)
			fprintf(file, "%s%s(%d) fd", i ? ", " : "",
				msg_safe(holder->comm), (int)holder->pid);
		fprintf(file, " %d", holder->fd);
		last = holder->pid;
	}
	return fclose(file) ? NULL : text;
}
