// SPDX-License-Identifier: GPL-2.0-only
/* The network namespace that a file has, and whose credentials count. */
#include <kselftest_harness.h>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "testlib.h"

#ifndef SIOCGSKNS
#define SIOCGSKNS 0x894c
#endif

#define NAME "tst0"

FIXTURE(netns)
{
	int home, other;		/* namespaces */
	int fd;				/* opened at home */
};

VARIANTS_MODE(netns);

FIXTURE_SETUP(netns)
{
	ASSERT_EQ(0, ns_fresh());
	self->home = ns_open();
	self->other = ns_new();
	ASSERT_LE(0, self->other);
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(netns)
{
}

static bool same_file(int a, int b)
{
	struct stat sa, sb;

	return !fstat(a, &sa) && !fstat(b, &sb) && sa.st_ino == sb.st_ino &&
	       sa.st_dev == sb.st_dev;
}

/* F1.6: devices are made where the file was opened */
TEST_F(netns, creates_where_it_was_opened)
{
	ASSERT_EQ(0, ns_enter(self->other));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
	EXPECT_FALSE(link_exists(NAME));
	ASSERT_EQ(0, ns_enter(self->home));
	EXPECT_TRUE(link_exists(NAME));
}

/* F1.6: names are looked up there too: a device of that name here is another */
TEST_F(netns, looks_up_where_it_was_opened)
{
	int here = vt_attach(NAME, variant->flags);
	int there;

	ASSERT_LE(0, here);
	ASSERT_EQ(0, vt_persist(here, true));
	ASSERT_EQ(0, close(here));

	ASSERT_EQ(0, ns_enter(self->other));
	there = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, there);
	/* single-queue and taken in this namespace, free in the file's own */
	EXPECT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
	EXPECT_EQ(IFF_PERSIST,
		  vt_flags(self->fd) & IFF_PERSIST);
	EXPECT_EQ(0, vt_flags(there) & IFF_PERSIST);
}

/* F1.6 F3.17.1: SIOCGSKNS, attached or not, names the namespace of open() */
TEST_F(netns, skns)
{
	int got;

	ASSERT_EQ(0, ns_enter(self->other));
	got = vt_ioctl(self->fd, SIOCGSKNS, 0);
	ASSERT_LE(0, got);
	EXPECT_TRUE(same_file(got, self->home));
	EXPECT_FALSE(same_file(got, self->other));
	close(got);
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
	got = vt_ioctl(self->fd, SIOCGSKNS, 0);
	ASSERT_LE(0, got);
	EXPECT_TRUE(same_file(got, self->home));
}

/* F1.7: an open file, attached or not, keeps its namespace; the last close ends
 * it. A veth of the home namespace dies with it, so its peer tells.
 */
TEST_F(netns, keeps_its_namespace)
{
	int attached = vt_attach(NAME, variant->flags);
	int got;

	ASSERT_LE(0, attached);
	ASSERT_EQ(0, link_add_veth("inside", "outside"));
	ASSERT_EQ(0, link_set_netns("outside", self->other));
	ASSERT_EQ(0, ns_enter(self->other));
	ASSERT_EQ(0, close(self->home));

	/* an unattached and an attached file: still there, with its devices */
	got = vt_ioctl(self->fd, SIOCGSKNS, 0);
	ASSERT_LE(0, got);
	ASSERT_EQ(0, ns_enter(got));
	EXPECT_TRUE(link_exists("inside"));
	EXPECT_TRUE(link_exists(NAME));
	ASSERT_EQ(0, ns_enter(self->other));
	close(got);

	/* one of the two is enough */
	ASSERT_EQ(0, close(self->fd));
	got = vt_ioctl(attached, SIOCGSKNS, 0);
	ASSERT_LE(0, got);
	close(got);
	EXPECT_TRUE(link_exists("outside"));

	ASSERT_EQ(0, close(attached));
	EXPECT_TRUE(wait_for(!link_exists("outside"), WAIT_MS));
}

struct attempt {
	int fd;
	int flags;
};

static int try_setiff(void *arg)
{
	struct attempt *a = arg;

	return vt_setiff(a->fd, NAME, a->flags);
}

/* F1.8: who opens as root and gives up its rights can't create any more */
TEST_F(netns, credentials_of_the_caller)
{
	struct creds nobody = { .uid = 1000, .gid = 1000 };
	struct attempt a = { self->fd, variant->flags };

	EXPECT_EQ(-EPERM, run_as(&nobody, try_setiff, &a));
	EXPECT_EQ(1, link_count());
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	EXPECT_EQ(0, run_child(try_setiff, &a));
	EXPECT_EQ(variant->flags, vt_flags(self->fd));
}

static int open_and_send(void *arg)
{
	int fd = vt_open(O_RDWR);

	return fd < 0 ? fd : fd_send(*(int *)arg, fd);
}

/* F1.8: a file that a user opened is as good as another in root's hands */
TEST_F(netns, credentials_not_of_the_opener)
{
	/* the node's mode is not the matter here */
	uint64_t caps = 1ULL << CAP_DAC_OVERRIDE;
	struct creds user = { .uid = 1000, .gid = 1000, .caps = caps };
	int pair[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(0, run_as(&user, open_and_send, &pair[0]));
	fd = fd_recv(pair[1]);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, vt_setiff(fd, NAME, variant->flags));
	EXPECT_EQ(variant->flags, vt_flags(fd));
}

TEST_HARNESS_MAIN
