// SPDX-License-Identifier: GPL-2.0-only
/* libvtun: how a queue gets its file, and what is said if it gets none. */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <libvtun.h>
#include <linux/vtun.h>

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define NAME	"lib0"
#define USER	4711
#define LEN	50

FIXTURE(libvtun_open)
{
	struct vtun_queue *vq;
	struct vtun_queue_options options;
};

FIXTURE_SETUP(libvtun_open)
{
	ASSERT_EQ(0, ns_fresh());
	self->vq = vtun_queue_alloc();
	ASSERT_NE(NULL, self->vq);
	self->options = (struct vtun_queue_options){
		.node = vt_node(), .name = NAME, .flags = VTUN_QUEUE_NONBLOCK,
	};
}

FIXTURE_TEARDOWN(libvtun_open)
{
	vtun_queue_free(self->vq);
}

/* Opening fails with @err, is told with these words, and leaves nothing. */
#define EXPECT_REFUSED(self, err, words) do {				\
	EXPECT_EQ(err, vtun_queue_open((self)->vq, &(self)->options));	\
	EXPECT_NE(NULL, strstr(vtun_queue_error((self)->vq), words)) {	\
		TH_LOG("it says: %s", vtun_queue_error((self)->vq));	\
	}								\
	EXPECT_EQ(-1, vtun_queue_fd((self)->vq));			\
	EXPECT_STREQ("", vtun_queue_name((self)->vq));			\
} while (0)

TEST_F(libvtun_open, no_file_yet)
{
	struct vtun_batch b;

	EXPECT_EQ(-1, vtun_queue_fd(self->vq));
	EXPECT_STREQ("", vtun_queue_name(self->vq));
	EXPECT_FALSE(vtun_queue_has_batch(self->vq));
	ASSERT_EQ(0, vtun_batch_init(&b, self->vq, NULL, 0));
	EXPECT_EQ(-EBADF, vtun_batch_read(&b, self->vq));
	EXPECT_EQ(0, vtun_batch_flush(&b, self->vq, NULL));
	ASSERT_EQ(0, vtun_batch_put(&b, "x", 1, NULL));
	EXPECT_EQ(-EBADF, vtun_batch_flush(&b, self->vq, NULL));
	vtun_batch_uninit(&b);
	vtun_queue_free(NULL);
}

TEST_F(libvtun_open, names)
{
	self->options.name = "lib%d";
	ASSERT_EQ(0, vtun_queue_open(self->vq, &self->options));
	EXPECT_STREQ("lib0", vtun_queue_name(self->vq));
	vtun_queue_free(self->vq);
	EXPECT_FALSE(link_exists("lib0"));
	self->vq = vtun_queue_alloc();
	self->options.name = NULL;
	self->options.flags |= VTUN_QUEUE_TAP;
	ASSERT_EQ(0, vtun_queue_open(self->vq, &self->options));
	EXPECT_STREQ("tap0", vtun_queue_name(self->vq));
	EXPECT_EQ(0, fcntl(vtun_queue_fd(self->vq), F_GETFL) & O_APPEND);
}

TEST_F(libvtun_open, bad_options)
{
	self->options.flags = 0x10;
	EXPECT_REFUSED(self, -EINVAL, "unknown");
	self->options.flags = 0;
	self->options.vnet_hdr = 9;
	EXPECT_REFUSED(self, -EINVAL, "10 to 64");
	self->options.vnet_hdr = 65;
	EXPECT_REFUSED(self, -EINVAL, "10 to 64");
	self->options.vnet_hdr = 0;
	self->options.name = "a_name_that_is_16";
	EXPECT_REFUSED(self, -ENAMETOOLONG, "a_name_that_is_16");
	self->options.name = "a/b";
	EXPECT_REFUSED(self, -EINVAL, "'a/b'");
	EXPECT_EQ(1, link_count());
	self->options.name = NAME;
	ASSERT_EQ(0, vtun_queue_open(self->vq, &self->options));
	EXPECT_EQ(-EALREADY, vtun_queue_open(self->vq, &self->options));
	EXPECT_NE(NULL, strstr(vtun_queue_error(self->vq), "has a file"));
	EXPECT_STREQ(NAME, vtun_queue_name(self->vq));
}

TEST_F(libvtun_open, taken)
{
	int fd = vt_attach(NAME, IFF_TUN | IFF_NO_PI);

	ASSERT_LE(0, fd);
	EXPECT_REFUSED(self, -EBUSY, "another program");
	self->options.flags = VTUN_QUEUE_TAP;
	EXPECT_REFUSED(self, -EINVAL, "another kind");
	self->options.flags = VTUN_QUEUE_MULTI;
	EXPECT_REFUSED(self, -EINVAL, "another kind");
	close(fd);
	self->options.flags = 0;
	EXPECT_EQ(0, vtun_queue_open(self->vq, &self->options));
}

TEST_F(libvtun_open, too_many_queues)
{
	int i;

	for (i = 0; i < 256; i++)
		ASSERT_LE(0, vt_attach(NAME, IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE));
	self->options.flags = VTUN_QUEUE_MULTI;
	EXPECT_REFUSED(self, -E2BIG, "all queues");
}

TEST_F(libvtun_open, no_node)
{
	char path[] = "/tmp/libvtun-XXXXXX";
	int fd;

	self->options.node = "/dev/net/no-such-driver";
	EXPECT_REFUSED(self, -ENOENT, "/dev/net/no-such-driver");
	EXPECT_NE(NULL, strstr(vtun_queue_error(self->vq), "modprobe vtun"));
	fd = mkstemp(path);
	ASSERT_LE(0, fd);
	self->options.node = path;
	EXPECT_REFUSED(self, -ENOTTY, "no queue of tun");
	close(fd);
	unlink(path);
}

/* ---- as a user ---- */

static int open_as_user(void *arg)
{
	FIXTURE_DATA(libvtun_open) *self = arg;
	int err = vtun_queue_open(self->vq, &self->options);

	printf("# %s\n", vtun_queue_error(self->vq));
	/* a child's answer has no place for words */
	if (err == -EACCES && strstr(vtun_queue_error(self->vq), "read and write"))
		return 1;
	if (err == -EPERM && strstr(vtun_queue_error(self->vq), "vtunctl add"))
		return 2;
	return err;
}

TEST_F(libvtun_open, no_permission)
{
	struct creds user = { .uid = USER, .gid = USER };
	char path[] = "/tmp/libvtun-XXXXXX";
	int fd = mkstemp(path);

	ASSERT_LE(0, fd);
	EXPECT_EQ(2, run_as(&user, open_as_user, self));
	self->options.node = path;
	EXPECT_EQ(1, run_as(&user, open_as_user, self));
	close(fd);
	unlink(path);
}

/* ---- which node, if none is named ---- */

/* A /dev/net that has nothing but what is put there. */
static int hide_nodes(void)
{
	return unshare(CLONE_NEWNS) ||
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	       mount("tmpfs", "/dev/net", "tmpfs", 0, NULL) ? -errno : 0;
}

TEST_F(libvtun_open, looks_for_a_node)
{
	struct stat st;

	ASSERT_EQ(0, stat(vt_node(), &st));
	ASSERT_EQ(0, hide_nodes());
	self->options.node = NULL;
	EXPECT_REFUSED(self, -ENOENT, "/dev/net/vtun, nor /dev/net/tun");
	/* a number that no driver has */
	ASSERT_EQ(0, mknod("/dev/net/vtun", S_IFCHR | 0600, makedev(10, 254)));
	EXPECT_REFUSED(self, -ENOENT, "/dev/net/vtun, nor /dev/net/tun");
	/* whichever it is, it is asked what it can do */
	ASSERT_EQ(0, mknod("/dev/net/tun", S_IFCHR | 0600, st.st_rdev));
	ASSERT_EQ(0, vtun_queue_open(self->vq, &self->options));
	EXPECT_STREQ(vt_driver(), vtun_queue_driver(self->vq));
	EXPECT_EQ(!vt_intree(), vtun_queue_has_batch(self->vq));
	vtun_queue_free(self->vq);
	self->vq = vtun_queue_alloc();
	ASSERT_EQ(0, unlink("/dev/net/tun"));
	ASSERT_EQ(0, unlink("/dev/net/vtun"));
	ASSERT_EQ(0, mknod("/dev/net/vtun", S_IFCHR | 0600, st.st_rdev));
	EXPECT_EQ(0, vtun_queue_open(self->vq, &self->options));
}

/* A node that may not be used is no reason to use another one. */
static int open_without_permission(void *arg)
{
	FIXTURE_DATA(libvtun_open) *self = arg;

	return vtun_queue_open(self->vq, &self->options);
}

TEST_F(libvtun_open, does_not_hide_permissions)
{
	struct creds user = { .uid = USER, .gid = USER,
			      .caps = 1ULL << 12 /* CAP_NET_ADMIN */ };
	struct stat st;

	ASSERT_EQ(0, stat(vt_node(), &st));
	ASSERT_EQ(0, hide_nodes());
	self->options.node = NULL;
	ASSERT_EQ(0, mknod("/dev/net/tun", S_IFCHR, st.st_rdev));
	ASSERT_EQ(0, chmod("/dev/net/tun", 0666));
	EXPECT_EQ(0, run_as(&user, open_without_permission, self));
	ASSERT_EQ(0, mknod("/dev/net/vtun", S_IFCHR | 0600, st.st_rdev));
	EXPECT_EQ(-EACCES, run_as(&user, open_without_permission, self));
}

/* ---- files that are there already ---- */

/* One packet each way. */
static int try(struct vtun_queue *vq, const struct io *io)
{
	uint8_t packet[PKT_MAX];
	struct vtun_flushed flushed;
	struct vtun_packet got;
	struct vtun_batch b;
	size_t len = io_packet(io, packet, 1, LEN);
	int err = vtun_batch_init(&b, vq, NULL, 0);

	if (!err)
		err = io_send(io, 1, LEN);
	if (!err && vtun_batch_read(&b, vq) != 1)
		err = -ENODATA;
	if (!err && (!vtun_batch_next(&b, &got) || got.len != len ||
		     memcmp(got.data, packet, len)))
		err = -EBADMSG;
	if (!err)
		err = vtun_batch_flush(&b, vq, &flushed);
	if (!err && flushed.sent != 1)
		err = -EPROTO;
	if (!err)
		err = io_seen(io, packet, len);
	vtun_batch_uninit(&b);
	return err;
}

static int adopt(FIXTURE_DATA(libvtun_open) *self, int flags,
		 unsigned int lib_flags)
{
	struct io io;
	int err = io_open(&io, flags);

	if (!err)
		err = vtun_queue_adopt(self->vq, io.fd, lib_flags);
	return err ? err : try(self->vq, &io);
}

TEST_F(libvtun_open, adopt)
{
	ASSERT_EQ(0, adopt(self, IFF_TUN | IFF_NO_PI, 0));
	EXPECT_STREQ(IO_NAME, vtun_queue_name(self->vq));
	EXPECT_STREQ(vt_driver(), vtun_queue_driver(self->vq));
	EXPECT_EQ(!vt_intree(), vtun_queue_has_batch(self->vq));
	EXPECT_EQ(-EALREADY, vtun_queue_adopt(self->vq, 0, 0));
}

TEST_F(libvtun_open, adopt_with_header)
{
	EXPECT_EQ(0, adopt(self, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR, 0));
}

TEST_F(libvtun_open, adopt_plain)
{
	ASSERT_EQ(0, adopt(self, IFF_TAP | IFF_NO_PI, VTUN_QUEUE_PLAIN));
	EXPECT_FALSE(vtun_queue_has_batch(self->vq));
}

/* Whatever mode the one had it in before. */
TEST_F(libvtun_open, adopt_in_batch_mode)
{
	unsigned int mode = VTUN_MODE_BATCH;
	struct io io;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, io_open(&io, IFF_TUN | IFF_NO_PI));
	ASSERT_EQ(0, vt_ioctl(io.fd, VTUN_IOC_SETMODE, (unsigned long)&mode));
	ASSERT_EQ(0, vtun_queue_adopt(self->vq, io.fd, VTUN_QUEUE_PLAIN));
	EXPECT_EQ(0, try(self->vq, &io));
}

#define EXPECT_NOT_ADOPTED(self, err, fd, flags, words) do {		\
	EXPECT_EQ(err, vtun_queue_adopt((self)->vq, fd, flags));	\
	EXPECT_NE(NULL, strstr(vtun_queue_error((self)->vq), words)) {	\
		TH_LOG("it says: %s", vtun_queue_error((self)->vq));	\
	}								\
	EXPECT_EQ(-1, vtun_queue_fd((self)->vq));			\
} while (0)

/* What is not adopted stays open. */
TEST_F(libvtun_open, adopt_others)
{
	int fd = vt_open(O_RDWR), pipes[2], size = 100;

	ASSERT_LE(0, fd);
	EXPECT_NOT_ADOPTED(self, -EBADFD, fd, 0, "no device");
	ASSERT_EQ(0, vt_setiff(fd, NAME, IFF_TUN | IFF_NO_PI));
	EXPECT_NOT_ADOPTED(self, -EINVAL, fd, VTUN_QUEUE_TAP, "unknown");
	fd = vt_attach("lib1", IFF_TUN | IFF_NO_PI | IFF_VNET_HDR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_ioctl_int(fd, TUNSETVNETHDRSZ, size));
	EXPECT_NOT_ADOPTED(self, -EMSGSIZE, fd, 0, "header");
	ASSERT_EQ(0, pipe(pipes));
	EXPECT_NOT_ADOPTED(self, -ENOTTY, pipes[0], 0, "no file of tun");
	EXPECT_EQ(0, fcntl(pipes[0], F_GETFD));
	EXPECT_NOT_ADOPTED(self, -EBADF, 1000, 0, "not open");
}

/* From a program that has the privileges to one that has none. */
struct pass {
	int sock;
	struct vtun_queue *vq;
	const struct io *io;
};

static int use_passed(void *arg)
{
	struct pass *pass = arg;
	int fd = fd_recv(pass->sock), err;

	if (fd < 0)
		return fd;
	err = vtun_queue_adopt(pass->vq, fd, 0);
	return err ? err : try(pass->vq, pass->io);
}

TEST_F(libvtun_open, adopt_passed)
{
	/* CAP_NET_RAW is for the packets on the other side. */
	struct creds user = { .uid = USER, .gid = USER, .caps = 1ULL << 13 };
	struct pass pass = { .vq = self->vq };
	int socks[2];
	struct io io;

	ASSERT_EQ(0, io_open(&io, IFF_TUN | IFF_NO_PI));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, socks));
	ASSERT_EQ(0, fd_send(socks[0], io.fd));
	close(io.fd);
	pass.sock = socks[1];
	pass.io = &io;
	EXPECT_EQ(0, run_as(&user, use_passed, &pass));
}

TEST_HARNESS_MAIN
