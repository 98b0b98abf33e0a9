// SPDX-License-Identifier: GPL-2.0-only
/* The driver under test, namespaces, and files of proc and sysfs. */
#include "testlib.h"

#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/utsname.h>

/* ---- waiting ---- */

uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

uint64_t now_ms(void)
{
	return now_us() / 1000;
}

void nap_ms(unsigned int ms)
{
	struct timespec ts = { ms / 1000, (ms % 1000) * 1000000L };

	nanosleep(&ts, NULL);
}

int fd_poll(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n = poll(&p, 1, ms);

	return n < 0 ? -errno : n ? p.revents : 0;
}

bool kernel_at_least(int major, int minor)
{
	int have_major = 0, have_minor = 0;
	struct utsname u;

	uname(&u);
	sscanf(u.release, "%d.%d", &have_major, &have_minor);
	return have_major > major ||
	       (have_major == major && have_minor >= minor);
}

/* ---- the driver under test ---- */

const char *vt_driver(void)
{
	const char *driver = getenv("DRIVER");

	return driver && *driver ? driver : "vtun";
}

const char *vt_node(void)
{
	static char node[64];

	snprintf(node, sizeof(node), "/dev/net/%s", vt_driver());
	return node;
}

bool vt_intree(void)
{
	return !strcmp(vt_driver(), "tun");
}

int vt_open(int flags)
{
	int fd = open(vt_node(), flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int vt_ioctl(int fd, unsigned long cmd, unsigned long arg)
{
	int ret = ioctl(fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

int vt_ioctl_int(int fd, unsigned long cmd, int value)
{
	return vt_ioctl(fd, cmd, (unsigned long)&value);
}

int vt_setiff_name(int fd, const char *name, int flags, char *out)
{
	struct ifreq ifr = { .ifr_flags = flags };
	int err;

	strncpy(ifr.ifr_name, name, IFNAMSIZ);
	err = vt_ioctl(fd, TUNSETIFF, (unsigned long)&ifr);
	memcpy(out, ifr.ifr_name, IFNAMSIZ);
	return err;
}

int vt_setiff(int fd, const char *name, int flags)
{
	char out[IFNAMSIZ];

	return vt_setiff_name(fd, name, flags, out);
}

static int vt_attach_open(const char *name, int flags, int open_flags)
{
	int fd = vt_open(O_RDWR | open_flags);
	int err;

	if (fd < 0)
		return fd;
	err = vt_setiff(fd, name, flags);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int vt_attach(const char *name, int flags)
{
	return vt_attach_open(name, flags, 0);
}

int vt_attach_nb(const char *name, int flags)
{
	return vt_attach_open(name, flags, O_NONBLOCK);
}

int vt_features(void)
{
	unsigned int features;
	int fd = vt_open(O_RDWR);
	int err;

	if (fd < 0)
		return fd;
	err = vt_ioctl(fd, TUNGETFEATURES, (unsigned long)&features);
	close(fd);
	return err ? err : (int)features;
}

int vt_flags(int fd)
{
	struct ifreq ifr = {};
	int err = vt_ioctl(fd, TUNGETIFF, (unsigned long)&ifr);

	return err ? err : (unsigned short)ifr.ifr_flags;
}

int vt_ifname(int fd, char *out)
{
	struct ifreq ifr = {};
	int err = vt_ioctl(fd, TUNGETIFF, (unsigned long)&ifr);

	memcpy(out, ifr.ifr_name, IFNAMSIZ);
	return err;
}

int vt_set_queue(int fd, int flags)
{
	struct ifreq ifr = { .ifr_flags = flags };

	return vt_ioctl(fd, TUNSETQUEUE, (unsigned long)&ifr);
}

int vt_persist(int fd, bool on)
{
	return vt_ioctl(fd, TUNSETPERSIST, on);
}

/* ---- namespaces ---- */

static bool sysfs_mounted;

int ns_fresh(void)
{
	if (unshare(CLONE_NEWNET))
		return -errno;
	sysfs_mounted = false;
	return ns_ipv6(false);
}

int ns_ipv6(bool on)
{
	int err = sysctl_write("net/ipv6/conf/default/disable_ipv6",
			       on ? "0" : "1");

	return err == -ENOENT && !on ? 0 : err;
}

int ns_link_ipv6(const char *name, bool on)
{
	char path[128];

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/disable_ipv6", name);
	return sysctl_write(path, on ? "0" : "1");
}

int ns_open(void)
{
	int fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int ns_new(void)
{
	int home = ns_open();
	int fd, err;

	if (home < 0)
		return home;
	err = ns_fresh();
	fd = err ? err : ns_open();
	err = ns_enter(home);
	close(home);
	return err ? err : fd;
}

int ns_enter(int ns_fd)
{
	sysfs_mounted = false;
	return setns(ns_fd, CLONE_NEWNET) ? -errno : 0;
}

int sysctl_write(const char *path, const char *value)
{
	char full[256];

	snprintf(full, sizeof(full), "/proc/sys/%s", path);
	return file_write(full, value);
}

/* ---- files ---- */

ssize_t file_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n, len = 0;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf + len, size - 1 - len)) > 0)
		len += n;
	if (n < 0)
		len = -errno;
	else
		buf[len] = 0;
	close(fd);
	return len;
}

int file_write(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

void debugfs_mount(void)
{
	mount("debugfs", DEBUGFS, "debugfs", 0, NULL);
}

/* A sysfs shows the devices of the namespace in which it was mounted. */
static int sysfs_mount(void)
{
	if (sysfs_mounted)
		return 0;
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL))
		return -errno;
	sysfs_mounted = true;
	return 0;
}

ssize_t sysfs_read(const char *name, const char *attr, char *buf, size_t size)
{
	int err = sysfs_mount();
	char path[256];

	if (err)
		return err;
	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, attr);
	return file_read(path, buf, size);
}

int sysfs_write(const char *name, const char *attr, const char *value)
{
	int err = sysfs_mount();
	char path[256];

	if (err)
		return err;
	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, attr);
	return file_write(path, value);
}

int fdinfo_get(int fd, const char *key, char *buf, size_t size)
{
	char path[64], text[4096], *line, *save;
	size_t key_len = strlen(key);
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	n = file_read(path, text, sizeof(text));
	if (n < 0)
		return n;
	for (line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, key, key_len) || line[key_len] != ':' ||
		    line[key_len + 1] != '\t')
			continue;
		snprintf(buf, size, "%s", line + key_len + 2);
		return 0;
	}
	return -ENOENT;
}
