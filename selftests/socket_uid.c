// SPDX-License-Identifier: GPL-2.0-only
/*
 * A written packet belongs to whoever opened the file. Regression class of
 * CVE-2023-1076 and CVE-2023-4194, where it was the device node's owner.
 */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_io.h"

#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define OPENER	1000
#define WRITER	2000

FIXTURE(socket_uid)
{
	struct io io;
	int hook;
	uint8_t frame[PKT_MAX];
	size_t total;
};

FIXTURE_VARIANT(socket_uid)
{
	int flags;
};

IO_VARIANTS(socket_uid);

FIXTURE_SETUP(socket_uid)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, io_open(io, variant->flags | IFF_MULTI_QUEUE));
	self->total = io_frame(io, self->frame, 1, 40);
	self->hook = hook_record(link_index(IO_NAME));
	if (hook_missing(self->hook))
		SKIP(return, "no tc ingress here (error %d)", -self->hook);
	ASSERT_LE(0, self->hook);
}

FIXTURE_TEARDOWN(socket_uid)
{
}

/*
 * A second queue, whose file is opened with this fsuid. The capability to pass
 * over the node's mode goes with fsuid 0, and is taken back: a guest need not
 * have udev's rule.
 */
static int open_as(uid_t uid, int flags)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct caps[2];
	int fd, err;

	if (syscall(SYS_capget, &head, caps))
		return -errno;
	setfsuid(uid);
	fd = syscall(SYS_capset, &head, caps) ? -errno :
	     vt_open(O_RDWR | O_NONBLOCK);
	setfsuid(0);
	if (fd < 0)
		return fd;
	err = vt_setiff(fd, IO_NAME, flags | IFF_MULTI_QUEUE);
	return err ? err : fd;
}

/* F1.15: fsuid at open, whoever owns the node */
TEST_F(socket_uid, is_that_of_the_opener)
{
	struct stat st;
	int fd;

	ASSERT_EQ(0, stat(vt_node(), &st));
	ASSERT_NE(OPENER, st.st_uid);
	ASSERT_EQ(self->total, io_write(self->io.fd, self->frame, self->total));
	EXPECT_EQ(1, hook_read(self->hook).packets);
	EXPECT_EQ(0, hook_read(self->hook).uid);

	fd = open_as(OPENER, variant->flags);
	ASSERT_LE(0, fd);
	ASSERT_EQ(self->total, io_write(fd, self->frame, self->total));
	EXPECT_EQ(2, hook_read(self->hook).packets);
	EXPECT_EQ(OPENER, hook_read(self->hook).uid);
	/* each queue has its own */
	ASSERT_EQ(self->total, io_write(self->io.fd, self->frame, self->total));
	EXPECT_EQ(3, hook_read(self->hook).packets);
	EXPECT_EQ(0, hook_read(self->hook).uid);
}

struct job {
	int fd;
	const void *buf;
	size_t len;
};

static int write_job(void *arg)
{
	struct job *job = arg;

	return io_write(job->fd, job->buf, job->len);
}

/* F1.15 F1.9: writing through an inherited file changes nothing */
TEST_F(socket_uid, is_not_that_of_the_writer)
{
	const struct creds writer = { .uid = WRITER, .gid = WRITER };
	struct job job = { open_as(OPENER, variant->flags), self->frame,
			   self->total };

	ASSERT_LE(0, job.fd);
	EXPECT_EQ(self->total, run_as(&writer, write_job, &job));
	EXPECT_EQ(1, hook_read(self->hook).packets);
	EXPECT_EQ(OPENER, hook_read(self->hook).uid);
	job.fd = self->io.fd;
	EXPECT_EQ(self->total, run_as(&writer, write_job, &job));
	EXPECT_EQ(2, hook_read(self->hook).packets);
	EXPECT_EQ(0, hook_read(self->hook).uid);
}

/* F1.15: a bridge hands the packet on with its owner */
TEST_F(socket_uid, through_a_bridge)
{
	int fd = open_as(OPENER, variant->flags), hook;

	if (!self->io.tap)
		SKIP(return, "no bridge takes a tun");
	ASSERT_LE(0, fd);
	if (link_add("br0", "bridge"))
		SKIP(return, "this kernel has no bridge");
	ASSERT_EQ(0, link_set_master(IO_NAME, "br0"));
	ASSERT_EQ(0, link_set_addr("br0", pkt_mac_b, ETH_ALEN));
	ASSERT_EQ(0, link_up("br0"));
	hook = hook_record(link_index("br0"));
	ASSERT_LE(0, hook);
	/* a port learns for a while before it forwards anything */
	ASSERT_TRUE(wait_for(io_write(fd, self->frame, self->total) ==
			     (ssize_t)self->total && hook_read(hook).packets,
			     WAIT_MS));
	EXPECT_EQ(OPENER, hook_read(hook).uid);
	ASSERT_EQ(self->total, io_write(self->io.fd, self->frame, self->total));
	EXPECT_EQ(0, hook_read(hook).uid);
}

#define NO_OWNER	65534		/* what bpf_get_socket_uid() says then */

/* F1.15 F5.35: NAPI keeps the owner; what is not charged to a file has none */
TEST_F(socket_uid, with_napi)
{
	const int kinds[] = { IFF_NAPI, IFF_NAPI | IFF_NAPI_FRAGS };
	uint64_t packets;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!self->io.tap && kinds[i] & IFF_NAPI_FRAGS)
			continue;
		fd = open_as(OPENER, variant->flags | kinds[i]);
		ASSERT_LE(0, fd);
		packets = hook_read(self->hook).packets;
		ASSERT_EQ(self->total,
			  io_write(fd, self->frame, self->total));
		ASSERT_TRUE(wait_for(hook_read(self->hook).packets ==
				     packets + 1, WAIT_MS));
		EXPECT_EQ(kinds[i] & IFF_NAPI_FRAGS ? NO_OWNER : OPENER,
			  hook_read(self->hook).uid);
		close(fd);
	}
}

TEST_HARNESS_MAIN
