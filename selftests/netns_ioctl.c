// SPDX-License-Identifier: GPL-2.0-only
/* SIOCGSKNS and TUNGETDEVNETNS: namespaces of the file and of its device. */
#include <kselftest_harness.h>
#include <linux/sockios.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "testlib.h"

#ifndef TUNGETDEVNETNS			/* 5.18 */
#define TUNGETDEVNETNS	_IO('T', 227)
#endif

FIXTURE(netns_ioctl)
{
	int fd;
	int home;
};

FIXTURE_VARIANT(netns_ioctl)
{
	int mode;
};

FIXTURE_VARIANT_ADD(netns_ioctl, tun)
{
	.mode = IFF_TUN,
};

FIXTURE_VARIANT_ADD(netns_ioctl, tap)
{
	.mode = IFF_TAP,
};

FIXTURE_SETUP(netns_ioctl)
{
	ASSERT_EQ(0, ns_fresh());
	self->home = ns_open();
	ASSERT_LE(0, self->home);
	self->fd = vt_attach("ns0", variant->mode | IFF_NO_PI);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(netns_ioctl)
{
}

static bool same_ns(int a, int b)
{
	struct stat sa, sb;

	return !fstat(a, &sa) && !fstat(b, &sb) && sa.st_ino == sb.st_ino &&
	       sa.st_dev == sb.st_dev;
}

/* F3.17.1 F1.6: before TUNSETIFF too; a descriptor one can enter */
TEST_F(netns_ioctl, of_an_unattached_file)
{
	int fresh = vt_open(O_RDWR), ns;

	ASSERT_LE(0, fresh);
	ASSERT_EQ(0, ns_fresh());
	EXPECT_EQ(-EBADFD, vt_ioctl(fresh, TUNGETDEVNETNS, 0));
	/* it is the namespace of open(), not the caller's */
	ns = vt_ioctl(fresh, SIOCGSKNS, 0);
	ASSERT_LE(0, ns);
	EXPECT_TRUE(same_ns(self->home, ns));
	EXPECT_FALSE(link_exists("ns0"));
	ASSERT_EQ(0, ns_enter(ns));
	EXPECT_TRUE(link_exists("ns0"));
}

/* F3.17.1 F3.17.2: each call a new descriptor, closed on exec */
TEST_F(netns_ioctl, gives_a_new_descriptor)
{
	const unsigned long cmds[] = { SIOCGSKNS, TUNGETDEVNETNS };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		int a = vt_ioctl(self->fd, cmds[i], 0);
		int b = vt_ioctl(self->fd, cmds[i], 0);

		ASSERT_LE(0, a);
		ASSERT_LE(0, b);
		EXPECT_NE(a, b);
		EXPECT_EQ(FD_CLOEXEC, fcntl(a, F_GETFD));
		EXPECT_TRUE(same_ns(self->home, a));
		EXPECT_TRUE(same_ns(self->home, b));
	}
}

/* F3.17.1 F3.17.2 F3.0.1: the argument is not looked at */
TEST_F(netns_ioctl, ignores_its_argument)
{
	EXPECT_LE(0, vt_ioctl(self->fd, SIOCGSKNS, ~0xfffUL));
	EXPECT_LE(0, vt_ioctl(self->fd, TUNGETDEVNETNS, ~0xfffUL));
}

/* F3.17.2 F10.6: the device's follows a move, the file's does not */
TEST_F(netns_ioctl, after_a_move)
{
	int other = ns_new(), dev_ns, file_ns;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, link_set_netns("ns0", other));
	EXPECT_FALSE(link_exists("ns0"));
	dev_ns = vt_ioctl(self->fd, TUNGETDEVNETNS, 0);
	file_ns = vt_ioctl(self->fd, SIOCGSKNS, 0);
	ASSERT_LE(0, dev_ns);
	ASSERT_LE(0, file_ns);
	EXPECT_TRUE(same_ns(other, dev_ns));
	EXPECT_TRUE(same_ns(self->home, file_ns));
	ASSERT_EQ(0, ns_enter(dev_ns));
	EXPECT_TRUE(link_exists("ns0"));
	ASSERT_EQ(0, link_set_netns("ns0", self->home));
	close(dev_ns);
	dev_ns = vt_ioctl(self->fd, TUNGETDEVNETNS, 0);
	ASSERT_LE(0, dev_ns);
	EXPECT_TRUE(same_ns(self->home, dev_ns));
}

struct ask_args {
	int fd;
	unsigned long cmd;
};

static int ask(void *arg)
{
	const struct ask_args *a = arg;
	int ns = vt_ioctl(a->fd, a->cmd, 0);

	return ns < 0 ? ns : 0;
}

/* F3.17.1 F3.17.2 F1.8: CAP_NET_ADMIN over that namespace, of the caller */
TEST_F(netns_ioctl, needs_the_capability)
{
	const struct creds plain = { .uid = 1000, .gid = 1000 };
	const struct creds admin = {
		.uid = 1000, .gid = 1000, .caps = 1ULL << 12, /* NET_ADMIN */
	};
	const struct creds inner = {
		.uid = 1000, .gid = 1000, .caps = CAPS_ALL, .new_userns = true,
	};
	const unsigned long cmds[] = { SIOCGSKNS, TUNGETDEVNETNS };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		struct ask_args args = { self->fd, cmds[i] };

		EXPECT_EQ(-EPERM, run_as(&plain, ask, &args));
		EXPECT_EQ(0, run_as(&admin, ask, &args));
		EXPECT_EQ(-EPERM, run_as(&inner, ask, &args));
	}
}

/* A file and a device of the child's own user and network namespace. */
static int ask_inside(void *arg)
{
	const unsigned long *cmd = arg;
	int fd = vt_attach("in0", IFF_TUN);
	struct ask_args args = { fd, *cmd };

	return fd < 0 ? fd : ask(&args);
}

/* F3.17.1 F3.17.2: root of a user namespace has it over its own */
TEST_F(netns_ioctl, works_in_a_user_namespace)
{
	const struct creds inner = {
		.uid = 1000, .gid = 1000, .caps = CAPS_ALL,
		.new_userns = true, .new_netns = true,
	};
	unsigned long cmds[] = { SIOCGSKNS, TUNGETDEVNETNS };

	EXPECT_EQ(0, run_as(&inner, ask_inside, &cmds[0]));
	EXPECT_EQ(0, run_as(&inner, ask_inside, &cmds[1]));
}

/* F3.17.1 F3.17.2: no descriptor left */
TEST_F(netns_ioctl, out_of_descriptors)
{
	struct rlimit limit, low;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	low = limit;
	low.rlim_cur = 0;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &low));
	EXPECT_EQ(-EMFILE, vt_ioctl(self->fd, SIOCGSKNS, 0));
	EXPECT_EQ(-EMFILE, vt_ioctl(self->fd, TUNGETDEVNETNS, 0));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_LE(0, vt_ioctl(self->fd, SIOCGSKNS, 0));
}

TEST_HARNESS_MAIN
