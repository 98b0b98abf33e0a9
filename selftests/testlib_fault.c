// SPDX-License-Identifier: GPL-2.0-only
/* Allocations and user copies that fail, one at a time. */
#include "testlib_fault.h"
#include "testlib_race.h"

#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/virtio_net.h>

#define FAULT_MAX	4000		/* no call has that many sites */

static int fault_set(const char *attr, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", attr, name);
	return file_write(path, value);
}

int fault_init(void)
{
	static const char *const attrs[] = { "failslab", "fail_page_alloc" };
	int i, err;

	if (vt_intree() || access("/proc/thread-self/fail-nth", W_OK))
		return -EOPNOTSUPP;
	debugfs_mount();
	for (i = 0; i < 2; i++) {
		err = fault_set(attrs[i], "ignore-gfp-wait", "N");
		if (!err)
			err = fault_set(attrs[i], "verbose", "0");
		if (err)
			return err;
	}
	/* Not every kernel has these, whose failures count, too. */
	fault_set("fail_usercopy", "verbose", "0");
	fault_set("fail_skb_realloc", "verbose", "0");
	err = fault_set("fail_page_alloc", "ignore-gfp-highmem", "N");
	if (!err)
		err = fault_set("fail_page_alloc", "min-order", "0");
	return err;
}

/* What a call may leak. */
struct fault_held {
	int files, links, sockets, refs;
};

static int fault_count_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	if (!dir)
		return -errno;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Queues are sockets, and counted until their last packet is freed. */
static int fault_count_sockets(void)
{
	char buf[1024];
	int n;

	if (file_read("/proc/thread-self/net/sockstat", buf, sizeof(buf)) < 0 ||
	    sscanf(buf, "sockets: used %d", &n) != 1)
		return -ENOENT;
	return n;
}

/* Sockets first: counting links takes one, which is there for a grace period. */
static struct fault_held fault_held(void)
{
	struct fault_held held = { .sockets = fault_count_sockets() };

	held.files = fault_count_files();
	held.links = link_count();
	held.refs = vt_module_refs();
	return held;
}

/* One from before the first round may be counted for a grace period, too. */
static bool fault_no_more_sockets(struct fault_held *was)
{
	int now = fault_count_sockets();

	if (now < was->sockets)
		was->sockets = now;
	return now == was->sockets;
}

static bool fault_same(const struct fault_held *was)
{
	struct fault_held now = fault_held();

	return now.files == was->files && now.links == was->links &&
	       now.refs == was->refs;
}

/* Some is freed after a grace period. */
static int fault_check_leaks(struct fault_held *was)
{
	bool same = wait_for(fault_no_more_sockets(was), WAIT_MS);
	struct fault_held now = fault_held();

	if (same && wait_for(fault_same(was), WAIT_MS))
		return 0;
	printf("# left over: %d files, %d links, %d sockets, %d references\n",
	       now.files - was->files, now.links - was->links,
	       now.sockets - was->sockets, now.refs - was->refs);
	return -EPROTO;
}

/* Arms the calling thread: its @n-th site from now on fails; 0: none. */
static int fault_arm(int file, int n)
{
	char buf[16];

	return pwrite(file, buf, sprintf(buf, "%d", n), 0) < 0 ? -errno : 0;
}

/*
 * 0 once something has failed, above 0 while it was not reached. The next may
 * be this call's own copy to user memory.
 */
static int fault_left(int file)
{
	char buf[16] = "";

	if (pread(file, buf, sizeof(buf) - 1, 0) >= 0)
		return atoi(buf);
	return errno == EFAULT ? 1 : -errno;
}

/* One round, in which the @n-th site fails: 1 if there was one. */
static int fault_round(const struct fault_walk *walk, void *arg, int file,
		       int n, int *ret)
{
	int err = walk->prepare ? walk->prepare(arg) : 0;
	int left;

	if (err)
		return err;
	err = fault_arm(file, n);
	if (err)
		return err;
	*ret = walk->call(arg);
	left = fault_left(file);
	fault_arm(file, 0);
	if (left < 0)
		return left;
	if (*ret < 0 && (left || n == 0))
		return *ret;		/* it fails all by itself */
	if (*ret < 0 && *ret != -ENOMEM && *ret != -ENOBUFS &&
	    *ret != -EFAULT && *ret != -ENFILE && *ret != walk->also)
		return *ret;
	err = walk->settle(arg, *ret);
	return err ? err : !left && n;
}

int fault_walk(const struct fault_walk *walk, void *arg)
{
	int file = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	int n, ret = 0, hit = 0, refused = 0, err = 0;
	struct fault_held held = fault_held();
	int sockets = held.sockets;

	if (file < 0)
		return -errno;
	/* The first two load, fault in and cache what later rounds have. */
	for (n = 0; n < 2 && !err; n++)
		err = fault_round(walk, arg, file, 0, &ret);
	if (!err) {
		wait_for(fault_count_sockets() <= sockets, WAIT_MS);
		held = fault_held();
		for (n = 1; n < FAULT_MAX; n++) {
			hit = fault_round(walk, arg, file, n, &ret);
			err = hit < 0 ? hit : fault_check_leaks(&held);
			if (hit <= 0 || err)
				break;
			refused += ret < 0;
		}
	}
	if (n == FAULT_MAX)
		err = -ELOOP;
	close(file);
	if (err) {
		printf("# %s, site %d: the call gave %d (%s), error %d\n",
		       walk->what, n, ret, ret < 0 ? strerror(-ret) : "success",
		       err);
		return err;
	}
	printf("# %s: %d sites, %d of them make it fail\n", walk->what, n - 1,
	       refused);
	return n - 1;
}

/* ---- a device ------------------------------------------------------------ */

/* What a packet begins with; zeros ask for nothing. */
static size_t fault_head(uint8_t *buf, int flags)
{
	size_t len = 0;

	if (!(flags & IFF_NO_PI)) {
		*(struct tun_pi *)buf = (struct tun_pi) {
			.proto = htons(ETH_P_IP),
		};
		len += sizeof(struct tun_pi);
	}
	if (flags & IFF_VNET_HDR) {
		memset(buf + len, 0, sizeof(struct virtio_net_hdr));
		len += sizeof(struct virtio_net_hdr);
	}
	return len;
}

int fault_works(const char *name, int fd, int flags)
{
	static unsigned int seq;
	bool tap = flags & IFF_TAP;
	uint8_t buf[PKT_MAX], seen[PKT_MAX];
	size_t head = fault_head(buf, flags), len;
	int ps;

	while (fd_poll(fd, POLLIN, 0) == POLLIN)
		FAULT_EXPECT(read(fd, seen, sizeof(seen)) > 0);
	len = pkt_numbered(buf + head, tap, ++seq, 60);
	ps = psock_open(name, SOCK_RAW, ETH_P_ALL);
	FAULT_EXPECT(ps >= 0);
	FAULT_EQ(head + len, write(fd, buf, head + len));
	FAULT_EQ(len, psock_recv(ps, 0, seen, sizeof(seen), WAIT_MS));
	FAULT_EXPECT(!memcmp(seen, buf + head, len));
	close(ps);

	FAULT_EQ(len, psock_feed(name, tap, seq, 60));
	FAULT_EXPECT(fd_poll(fd, POLLIN, WAIT_MS) == POLLIN);
	FAULT_EQ(head + len, read(fd, seen, sizeof(seen)));
	FAULT_EXPECT(!memcmp(seen + head, buf + head, len));
	return 0;
}

int fault_device(int flags)
{
	int fd = vt_attach_nb(FAULT_NAME, flags), err;

	if (fd < 0)
		return fd;
	err = link_up(FAULT_NAME);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}
