// SPDX-License-Identifier: GPL-2.0-only
/* Opening the node, and what an open file is before and after TUNSETIFF. */
#include <kselftest_harness.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "testlib.h"

FIXTURE(open)
{
};

FIXTURE_SETUP(open)
{
	ASSERT_EQ(0, ns_fresh());
}

FIXTURE_TEARDOWN(open)
{
}

/* F1.5 F9.1: each open() gives a file of its own */
TEST_F(open, files_are_independent)
{
	int a = vt_open(O_RDWR), b = vt_open(O_RDWR);
	char name[IFNAMSIZ];

	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	EXPECT_EQ(-EBADFD, vt_flags(a));
	ASSERT_EQ(0, vt_setiff(a, "tst0", IFF_TUN | IFF_NO_PI));
	EXPECT_EQ(-EBADFD, vt_flags(b));
	ASSERT_EQ(0, vt_setiff(b, "tst1", IFF_TAP));
	ASSERT_EQ(0, vt_ifname(a, name));
	EXPECT_STREQ("tst0", name);
	ASSERT_EQ(0, vt_ifname(b, name));
	EXPECT_STREQ("tst1", name);
	EXPECT_TRUE(link_exists("tst0"));
	EXPECT_TRUE(link_exists("tst1"));
}

/* F1.5: nothing exists before TUNSETIFF, and reading and writing say so */
TEST_F(open, unattached_file_has_no_device)
{
	int fd = vt_open(O_RDWR);
	char buf[64] = {};

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, buf, sizeof(buf)));
	EXPECT_EQ(EBADFD, errno);
	EXPECT_EQ(-1, write(fd, buf, sizeof(buf)));
	EXPECT_EQ(EBADFD, errno);
	EXPECT_EQ(1, link_count());
}

/* F1.3: O_DIRECT is refused */
TEST_F(open, direct_io_is_refused)
{
	EXPECT_EQ(-EINVAL, vt_open(O_RDWR | O_DIRECT));
	EXPECT_EQ(-EINVAL, vt_open(O_RDONLY | O_DIRECT));
}

/* A node of the test's own in a private tmpfs. */
#define OWN_NODE "/tmp/own-node"

FIXTURE(node)
{
};

FIXTURE_SETUP(node)
{
	struct stat st;

	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, stat(vt_node(), &st));
	ASSERT_TRUE(S_ISCHR(st.st_mode));
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("tmpfs", "/tmp", "tmpfs", 0, "mode=0755"));
	ASSERT_EQ(0, mknod(OWN_NODE, S_IFCHR, st.st_rdev));
}

FIXTURE_TEARDOWN(node)
{
}

static int open_node(void *arg)
{
	int fd = open(OWN_NODE, *(int *)arg | O_CLOEXEC);

	return fd < 0 ? -errno : 0;
}

/* F1.1 F1.6: the numbers are what counts, not the place or the name */
TEST_F(node, made_by_mknod)
{
	int fd = open(OWN_NODE, O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_setiff(fd, "tst0", IFF_TAP | IFF_NO_PI));
	EXPECT_EQ(IFF_TAP | IFF_NO_PI, vt_flags(fd));
	ASSERT_EQ(0, close(fd));
	EXPECT_EQ(1, link_count());
}

/* F1.2: the node's mode decides who may open it, the driver asks nothing */
TEST_F(node, mode_decides)
{
	const struct creds user = { .uid = 1000, .gid = 1000 };
	int rdwr = O_RDWR, rdonly = O_RDONLY;

	ASSERT_EQ(0, chmod(OWN_NODE, 0600));
	EXPECT_EQ(-EACCES, run_as(&user, open_node, &rdwr));
	EXPECT_EQ(-EACCES, run_as(&user, open_node, &rdonly));
	ASSERT_EQ(0, chmod(OWN_NODE, 0644));
	EXPECT_EQ(-EACCES, run_as(&user, open_node, &rdwr));
	EXPECT_EQ(0, run_as(&user, open_node, &rdonly));
	ASSERT_EQ(0, chmod(OWN_NODE, 0666));
	EXPECT_EQ(0, run_as(&user, open_node, &rdwr));
}

FIXTURE(open_mode)
{
	int fd;
};

FIXTURE_VARIANT(open_mode)
{
	int mode;
	bool can_read, can_write;
};

FIXTURE_VARIANT_ADD(open_mode, rdonly) { O_RDONLY, true, false };
FIXTURE_VARIANT_ADD(open_mode, wronly) { O_WRONLY, false, true };
FIXTURE_VARIANT_ADD(open_mode, rdwr) { O_RDWR, true, true };
/* neither: what open() calls "access for ioctls only" */
FIXTURE_VARIANT_ADD(open_mode, ioctl_only) { O_ACCMODE, false, false };

FIXTURE_SETUP(open_mode)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(variant->mode | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(open_mode)
{
	close(self->fd);
}

/* F1.3 F1.4: ioctls work with any access mode, read and write need theirs */
TEST_F(open_mode, access_modes)
{
	uint8_t buf[128];
	size_t len = pkt_numbered(buf, false, 1, 10);
	struct link_info info;

	ASSERT_EQ(0, vt_setiff(self->fd, "tst0", IFF_TUN | IFF_NO_PI));
	ASSERT_EQ(0, link_up("tst0"));
	EXPECT_EQ(IFF_TUN | IFF_NO_PI, vt_flags(self->fd));
	EXPECT_EQ(0, vt_ioctl(self->fd, TUNSETNOCSUM, 0));

	EXPECT_EQ(-1, read(self->fd, buf + 64, 64));
	EXPECT_EQ(variant->can_read ? EAGAIN : EBADF, errno);

	errno = 0;
	EXPECT_EQ(variant->can_write ? (ssize_t)len : -1,
		  write(self->fd, buf, len));
	EXPECT_EQ(variant->can_write ? 0 : EBADF, errno);
	ASSERT_EQ(0, link_get("tst0", &info));
	EXPECT_EQ(variant->can_write, info.stats.rx_packets);
}

TEST_HARNESS_MAIN
