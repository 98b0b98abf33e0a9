// SPDX-License-Identifier: GPL-2.0-only
/*
 * An unprivileged user's own user and network namespace: all that a program
 * does with a device works there, and what needs rights outside does not.
 */
#include <kselftest_harness.h>
#include "testlib_bpf.h"
#include "testlib_eth.h"
#include "testlib_io.h"

#include <arpa/inet.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define NAME	"ct0"

/* Inside a container there is nobody to report to but the exit status. */
#define CHECK(condition) do {						\
	if (!(condition))						\
		return __LINE__;					\
} while (0)

FIXTURE(containers)
{
	struct creds creds;
	int flags;
};

VARIANTS_PAIRWISE(containers);

static int try_open(void *arg)
{
	int fd = vt_open(O_RDWR);

	return fd < 0 ? fd : 0;
}

FIXTURE_SETUP(containers)
{
	const struct creds user = { .uid = 1000, .gid = 1000 };

	ASSERT_EQ(0, ns_fresh());
	self->creds = user;
	self->creds.new_userns = true;
	self->creds.new_netns = true;
	self->flags = variant->flags;
	if (run_as(&user, try_open, NULL))
		SKIP(return, "the node is not open to users");
	if (run_as(&self->creds, try_open, NULL))
		SKIP(return, "users get no namespaces here");
}

FIXTURE_TEARDOWN(containers)
{
}

/* A packet in each direction. */
static int traffic(int fd, int flags)
{
	const size_t head = PI_LEN(flags);
	struct tun_pi pi = { .proto = htons(ETH_P_IP) };
	uint8_t buf[PKT_MAX], got[PKT_MAX];
	int ps = psock_open(NAME, SOCK_RAW, ETH_P_ALL);
	size_t len;

	CHECK(ps >= 0);
	memcpy(buf, &pi, head);
	len = pkt_numbered(buf + head, flags & IFF_TAP, 1, 60);
	CHECK(write(fd, buf, head + len) == (ssize_t)(head + len));
	CHECK(psock_recv(ps, 0, got, sizeof(got), WAIT_MS) == (ssize_t)len);
	CHECK(!memcmp(got, buf + head, len));
	CHECK(psock_feed(NAME, flags & IFF_TAP, 2, 60) == (ssize_t)len);
	CHECK(read(fd, got, sizeof(got)) == (ssize_t)(head + len));
	len = pkt_numbered(buf + head, flags & IFF_TAP, 2, 60);
	CHECK(!memcmp(got, buf, head + len));
	close(ps);
	return 0;
}

static int whole_life(void *arg)
{
	const int flags = *(int *)arg;
	struct sock_fprog prog = CBPF_PROG(CBPF_CONST(~0U));
	uint8_t mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 9 };
	struct link_info info;
	int fd, ns;

	CHECK(!ns_ipv6(false));
	fd = vt_attach_nb(NAME, flags);
	CHECK(fd >= 0);
	CHECK(!link_up(NAME) && !link_get(NAME, &info));
	CHECK(!strcmp(info.kind, vt_driver()));
	CHECK(!traffic(fd, flags));
	CHECK(!link_set_mtu(NAME, 9000) && !link_set_txqlen(NAME, 20));
	CHECK(!link_down(NAME) && !link_rename(NAME, "other0") &&
	      !link_rename("other0", NAME) && !link_up(NAME));
	CHECK(!vt_persist(fd, true));
	/* the ids are those of the container */
	CHECK(!vt_ioctl(fd, TUNSETOWNER, 0) && !vt_ioctl(fd, TUNSETGROUP, 0));
	CHECK(vt_ioctl(fd, TUNSETOWNER, 1000) == -EINVAL);
	CHECK(!link_get(NAME, &info));
	CHECK(info.tun[IFLA_TUN_OWNER] == 0 && info.tun[IFLA_TUN_GROUP] == 0);
	CHECK(!vt_ioctl_int(fd, TUNSETSNDBUF, 100000));
	CHECK(!vt_ioctl_int(fd, TUNSETCARRIER, 0) &&
	      !vt_ioctl_int(fd, TUNSETCARRIER, 1));
	if (flags & IFF_TAP) {
		CHECK(!vt_ioctl(fd, TUNATTACHFILTER, (unsigned long)&prog));
		CHECK(!vt_ioctl(fd, TUNDETACHFILTER, 0));
		CHECK(!link_set_addr(NAME, mac, sizeof(mac)));
	}
	CHECK(!eth_set_value(NAME, ETHTOOL_SMSGLVL, 0x40));
	ns = vt_ioctl(fd, SIOCGSKNS, 0);
	CHECK(ns >= 0);
	CHECK(link_operates(NAME, IF_OPER_UP) && !traffic(fd, flags));
	close(fd);
	fd = vt_attach_nb(NAME, flags);
	CHECK(fd >= 0 && link_operates(NAME, IF_OPER_UP) && !traffic(fd, flags));
	CHECK(!link_del(NAME));
	CHECK(vt_flags(fd) == -EBADFD);
	/* it can be used again */
	CHECK(!vt_setiff(fd, NAME, flags) && !link_up(NAME));
	CHECK(!traffic(fd, flags) && !vt_persist(fd, true));
	return 0;
}

/* F2.25 F2.10 F3.4.1 F1.8: the whole life of a device, made by a user */
TEST_F(containers, whole_life)
{
	const int refs = vt_intree() ? 0 : 1;
	char buf[32];
	long before = 0, after = -1;

	if (refs && file_read("/sys/module/vtun/refcnt", buf, sizeof(buf)) > 0)
		before = atol(buf);
	EXPECT_EQ(0, run_as(&self->creds, whole_life, &self->flags))
		TH_LOG("that is the line that failed");
	EXPECT_FALSE(link_exists(NAME));
	/* F10.8: the persistent device went with its namespace */
	if (refs)
		EXPECT_TRUE(wait_for(file_read("/sys/module/vtun/refcnt", buf,
					       sizeof(buf)) > 0 &&
				     (after = atol(buf)) <= before, WAIT_MS))
			TH_LOG("%ld references, before %ld", after, before);
}

static int needs_more(void *arg)
{
	const int flags = *(int *)arg;
	int fd = vt_open(O_RDWR);

	CHECK(!ns_ipv6(false));
	/* this one asks for rights over the whole machine */
	CHECK(vt_setiff(fd, NAME, flags | IFF_NAPI | IFF_NAPI_FRAGS) == -EPERM);
	CHECK(!link_exists(NAME));
	CHECK(!vt_setiff(fd, NAME, flags));
	/* without bpf(2) there is no program to give */
	CHECK(vt_ioctl_int(fd, TUNSETFILTEREBPF, fd) == -EINVAL);
	CHECK(vt_ioctl_int(fd, TUNSETSTEERINGEBPF, 999) == -EBADF);
	return 0;
}

/* F2.4 F3.15.1: what stays refused to the root of a container */
TEST_F(containers, needs_more)
{
	EXPECT_EQ(0, run_as(&self->creds, needs_more, &self->flags))
		TH_LOG("that is the line that failed");
}

struct handed {
	int fd;
	int flags;
};

static int use_handed(void *arg)
{
	struct handed *h = arg;

	/* its device lies outside, where the container has no rights … */
	CHECK(vt_setiff(h->fd, "x0", h->flags) == -EEXIST);
	CHECK(!link_exists(NAME));
	CHECK(vt_ioctl(h->fd, SIOCGSKNS, 0) == -EPERM);
	/* … but being attached is the permission for its settings */
	CHECK(vt_flags(h->fd) >= 0);
	CHECK(!vt_ioctl_int(h->fd, TUNSETSNDBUF, 50000));
	CHECK(!vt_persist(h->fd, true) && !vt_persist(h->fd, false));
	return 0;
}

/* F1.9 F1.8 F2.2: a file that was opened and attached outside */
TEST_F(containers, attached_file_from_outside)
{
	struct handed h = { .flags = self->flags };
	int value = 0;

	h.fd = vt_attach_nb(NAME, self->flags);
	ASSERT_LE(0, h.fd);
	EXPECT_EQ(0, run_as(&self->creds, use_handed, &h))
		TH_LOG("that is the line that failed");
	EXPECT_EQ(0, vt_ioctl(h.fd, TUNGETSNDBUF, (unsigned long)&value));
	EXPECT_EQ(50000, value);
	EXPECT_TRUE(link_exists(NAME));
}

static int send_attached(void *arg)
{
	const struct handed *h = arg;
	int fd = vt_attach_nb(NAME, h->flags);

	CHECK(fd >= 0 && !link_up(NAME));
	CHECK(!fd_send(h->fd, fd));
	return 0;
}

/* F1.9 F1.6 F1.7: the other way: a helper in the container makes the device */
TEST_F(containers, attached_file_from_inside)
{
	struct handed h = { .flags = self->flags };
	uint8_t buf[PKT_MAX] = {};
	const size_t head = PI_LEN(self->flags);
	struct tun_pi pi = { .proto = htons(ETH_P_IP) };
	size_t len;
	int pair[2], fd, ns;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
	h.fd = pair[1];
	EXPECT_EQ(0, run_as(&self->creds, send_attached, &h))
		TH_LOG("that is the line that failed");
	fd = fd_recv(pair[0]);
	ASSERT_LE(0, fd);
	/* no process is left there, but the file keeps it all */
	EXPECT_FALSE(link_exists(NAME));
	memcpy(buf, &pi, head);
	len = pkt_numbered(buf + head, self->flags & IFF_TAP, 1, 60);
	EXPECT_EQ(head + len, write(fd, buf, head + len));
	ns = vt_ioctl(fd, SIOCGSKNS, 0);
	ASSERT_LE(0, ns);
	ASSERT_EQ(0, ns_enter(ns));
	EXPECT_TRUE(link_exists(NAME));
}

TEST_HARNESS_MAIN
