// SPDX-License-Identifier: GPL-2.0-only
/* Which files vhost-net takes as the other end of its queues. */
#include <kselftest_harness.h>
#include "testlib.h"

#include <linux/vhost.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define MINOR	238

FIXTURE(vhost)
{
	int vhost, fd;
};

FIXTURE_VARIANT(vhost)
{
	int flags;
};

FIXTURE_VARIANT_ADD(vhost, tap) { IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
FIXTURE_VARIANT_ADD(vhost, tun) { IFF_TUN | IFF_NO_PI | IFF_VNET_HDR };

/* The node may be missing as long as nobody has loaded the module. */
static int open_vhost(void)
{
	int fd = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (mknod("/tmp/vhost-net", S_IFCHR | 0600, makedev(10, MINOR)) &&
	    errno != EEXIST)
		return -errno;
	fd = open("/tmp/vhost-net", O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Memory for one ring, far from being used: vhost wants to know where it is. */
static int set_ring(int vhost, unsigned int index)
{
	static uint8_t ring[8192] __attribute__((aligned(4096)));
	struct vhost_vring_state num = { index, 16 };
	struct vhost_vring_addr addr = {
		.index = index,
		.desc_user_addr = (uintptr_t)ring,
		.avail_user_addr = (uintptr_t)ring + 1024,
		.used_user_addr = (uintptr_t)ring + 4096,
	};
	struct {
		struct vhost_memory head;
		struct vhost_memory_region region;
	} mem = {
		.head.nregions = 1,
		.region = {
			.guest_phys_addr = (uintptr_t)ring,
			.memory_size = sizeof(ring),
			.userspace_addr = (uintptr_t)ring,
		},
	};

	if (ioctl(vhost, VHOST_SET_MEM_TABLE, &mem) ||
	    ioctl(vhost, VHOST_SET_VRING_NUM, &num) ||
	    ioctl(vhost, VHOST_SET_VRING_ADDR, &addr))
		return -errno;
	return 0;
}

FIXTURE_SETUP(vhost)
{
	ASSERT_EQ(0, ns_fresh());
	self->vhost = open_vhost();
	if (self->vhost < 0)
		SKIP(return, "no vhost-net here (error %d)", -self->vhost);
	ASSERT_EQ(0, ioctl(self->vhost, VHOST_SET_OWNER, NULL));
	ASSERT_EQ(0, set_ring(self->vhost, 0));
	ASSERT_EQ(0, set_ring(self->vhost, 1));
	self->fd = vt_attach("vho0", variant->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(vhost)
{
}

static int set_backend(int vhost, unsigned int index, int fd)
{
	struct vhost_vring_file file = { index, fd };

	return ioctl(vhost, VHOST_NET_SET_BACKEND, &file) ? -errno : 0;
}

/* F13.1 F13.2: in-tree's files, not another driver's, however alike it is */
TEST_F(vhost, backend)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(vt_intree() ? 0 : -ENOTSOCK,
			  set_backend(self->vhost, i, self->fd));
		EXPECT_EQ(0, set_backend(self->vhost, i, -1));
	}
	EXPECT_EQ(variant->flags | IFF_NO_PI, vt_flags(self->fd));
}

/* F13.2 F8.1: a file without a device: known, but polling it is an error */
TEST_F(vhost, unattached)
{
	int fd = vt_open(O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(vt_intree() ? -EINVAL : -ENOTSOCK,
		  set_backend(self->vhost, 0, fd));
	EXPECT_EQ(-EBADFD, vt_flags(fd));
	ASSERT_EQ(0, vt_setiff(fd, "vho1", variant->flags));
	EXPECT_EQ(vt_intree() ? 0 : -ENOTSOCK,
		  set_backend(self->vhost, 0, fd));
}

/* F13.2: anything else */
TEST_F(vhost, not_a_backend)
{
	int null = open("/dev/null", O_RDWR);
	int udp = socket(AF_INET, SOCK_DGRAM, 0);

	EXPECT_EQ(-ENOTSOCK, set_backend(self->vhost, 0, null));
	EXPECT_GT(0, set_backend(self->vhost, 0, udp));
	EXPECT_EQ(-ENOTSOCK, set_backend(self->vhost, 0, self->vhost));
}

TEST_HARNESS_MAIN
