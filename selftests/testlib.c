// SPDX-License-Identifier: GPL-2.0-only
/* The driver under test, namespaces, privileges, sleepers and files. */
#include "testlib.h"

#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

/* ---- waiting ---- */

uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
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

/* ---- privileges ---- */

static int creds_set_caps(uint64_t caps)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2], all[2];
	int i;

	if (syscall(SYS_capget, &head, all))
		return -errno;
	for (i = 0; i < 2; i++) {
		/* permitted can only shrink, and CAPS_ALL means all there is */
		data[i].permitted = all[i].permitted & (caps >> (32 * i));
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

static int creds_map(const char *what, unsigned int outside)
{
	char path[64], line[64];

	snprintf(path, sizeof(path), "/proc/self/%s", what);
	snprintf(line, sizeof(line), "0 %u 1", outside);
	return file_write(path, line);
}

static int creds_enter(const struct creds *c)
{
	uid_t uid = c->uid;
	gid_t gid = c->gid;
	int err;

	prctl(PR_SET_KEEPCAPS, 1);
	if (setgroups(c->ngroups, c->groups) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid))
		return -errno;
	/* a changed uid makes /proc/self root's; needed for the maps below */
	prctl(PR_SET_DUMPABLE, 1);
	err = creds_set_caps(c->caps);
	if (err || !c->new_userns)
		return err;
	if (unshare(CLONE_NEWUSER))
		return -errno;
	if ((err = file_write("/proc/self/setgroups", "deny")) ||
	    (err = creds_map("uid_map", uid)) ||
	    (err = creds_map("gid_map", gid)))
		return err;
	return c->new_netns && unshare(CLONE_NEWNET) ? -errno : 0;
}

static int run_forked(const struct creds *creds, int (*fn)(void *arg),
		      void *arg)
{
	int ret = -ECHILD, status, p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		ret = creds ? creds_enter(creds) : 0;
		if (!ret)
			ret = fn(arg);
		_exit(write(p[1], &ret, sizeof(ret)) != sizeof(ret));
	}
	close(p[1]);
	if (read(p[0], &ret, sizeof(ret)) != sizeof(ret))
		ret = -ECHILD;
	close(p[0]);
	waitpid(pid, &status, 0);
	return ret;
}

int run_as(const struct creds *creds, int (*fn)(void *arg), void *arg)
{
	return run_forked(creds, fn, arg);
}

int run_child(int (*fn)(void *arg), void *arg)
{
	return run_forked(NULL, fn, arg);
}

/* ---- descriptors ---- */

int fd_send(int sock, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	return sendmsg(sock, &msg, 0) == 1 ? 0 : -errno;
}

int fd_recv(int sock)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg;
	int fd;

	if (recvmsg(sock, &msg, 0) != 1)
		return -errno;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -ENOMSG;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(int));
	return fd;
}

/* ---- sleepers ---- */

bool task_asleep(pid_t tid)
{
	char path[64], buf[512], *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	if (file_read(path, buf, sizeof(buf)) <= 0)
		return false;
	/* "tid (name) S …": the name may hold anything, so search backwards */
	p = strrchr(buf, ')');
	return p && p[1] == ' ' && p[2] == 'S';
}

static void *sleeper_main(void *arg)
{
	struct sleeper *s = arg;

	s->tid = gettid();
	s->ret = read(s->fd, s->buf, s->size);
	if (s->ret < 0)
		s->ret = -errno;
	s->done = true;
	return NULL;
}

int sleeper_start(struct sleeper *s, int fd, void *buf, size_t size)
{
	int err;

	memset(s, 0, sizeof(*s));
	s->fd = fd;
	s->buf = buf;
	s->size = size;
	err = pthread_create(&s->thread, NULL, sleeper_main, s);
	if (err)
		return -err;
	/* between publishing its tid and read() the thread sleeps nowhere */
	if (!wait_for(s->done || sleeper_asleep(s), WAIT_MS))
		return -ETIMEDOUT;
	return s->done ? -EALREADY : 0;
}

int sleeper_wait(struct sleeper *s, int ms)
{
	if (!wait_for(s->done, ms))
		return -ETIMEDOUT;
	return -pthread_join(s->thread, NULL);
}

bool sleeper_asleep(struct sleeper *s)
{
	return s->tid && !s->done && task_asleep(s->tid);
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
