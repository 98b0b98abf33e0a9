// SPDX-License-Identifier: GPL-2.0-only
/* Settings of the virtio header: its size and its byte order. */
#include <kselftest_harness.h>
#include "testlib_vnet.h"

#include <limits.h>

#define NAME		"vh0"
#define BAD_POINTER	(~0xfffUL)

FIXTURE(vnet_header)
{
	int fd;
	int fresh;			/* not attached */
	struct link_info info;
};

FIXTURE_VARIANT(vnet_header)
{
	int flags;
};

FIXTURE_VARIANT_ADD(vnet_header, tun) {
	IFF_TUN | IFF_VNET_HDR };
FIXTURE_VARIANT_ADD(vnet_header, tap_no_pi) {
	IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
FIXTURE_VARIANT_ADD(vnet_header, tap_mq) {
	IFF_TAP | IFF_VNET_HDR | IFF_MULTI_QUEUE };
FIXTURE_VARIANT_ADD(vnet_header, tap_without) { IFF_TAP | IFF_NO_PI };
FIXTURE_VARIANT_ADD(vnet_header, tun_without) { IFF_TUN | IFF_NO_PI };

FIXTURE_SETUP(vnet_header)
{
	ASSERT_EQ(0, ns_fresh());
	self->fresh = vt_open(O_RDWR);
	ASSERT_LE(0, self->fresh);
	self->fd = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(vnet_header)
{
}

/* The value that a command reports, or -errno. */
static int get(int fd, unsigned long cmd)
{
	int value = -12345;
	int err = vt_ioctl(fd, cmd, (unsigned long)&value);

	return err ?: value;
}

/* F2.42 F3.1.2 F4.30 F4.37: the flag goes with PI and without, in both modes */
TEST_F(vnet_header, flag_is_reported)
{
	bool on = variant->flags & IFF_VNET_HDR;
	char attr[32];

	EXPECT_EQ(variant->flags | IFF_NO_PI, vt_flags(self->fd));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(on, self->info.tun[IFLA_TUN_VNET_HDR]);
	EXPECT_EQ(!(variant->flags & IFF_NO_PI), self->info.tun[IFLA_TUN_PI]);
	ASSERT_LT(0, sysfs_read(NAME, "tun_flags", attr, sizeof(attr)));
	EXPECT_EQ(variant->flags, (int)strtol(attr, NULL, 16));
}

/* F3.10.1: at least 10, and no limit above */
TEST_F(vnet_header, size)
{
	const int good[] = { 11, 12, 24, 25, 100, 65536, INT_MAX, 10 };
	const int bad[] = { 9, 1, 0, -1, -10, INT_MIN };
	size_t i;

	EXPECT_EQ(10, get(self->fd, TUNGETVNETHDRSZ));
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		EXPECT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETHDRSZ, good[i]));
		EXPECT_EQ(good[i], get(self->fd, TUNGETVNETHDRSZ));
	}
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETHDRSZ, 12));
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL,
			  vt_ioctl_int(self->fd, TUNSETVNETHDRSZ, bad[i]));
		EXPECT_EQ(12, get(self->fd, TUNGETVNETHDRSZ));
	}
	EXPECT_EQ(variant->flags | IFF_NO_PI, vt_flags(self->fd));
}

/* F3.11.1: anything but 0 means little-endian, and 1 is what is reported */
TEST_F(vnet_header, little_endian)
{
	const int on[] = { 1, 2, -1, INT_MIN };
	size_t i;

	EXPECT_EQ(0, get(self->fd, TUNGETVNETLE));
	for (i = 0; i < ARRAY_SIZE(on); i++) {
		EXPECT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETLE, on[i]));
		EXPECT_EQ(1, get(self->fd, TUNGETVNETLE));
		EXPECT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETLE, 0));
		EXPECT_EQ(0, get(self->fd, TUNGETVNETLE));
	}
	/* it is no flag that TUNGETIFF would know */
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETLE, 1));
	EXPECT_EQ(variant->flags | IFF_NO_PI, vt_flags(self->fd));
}

/* F3.11.2: no cross-endian support here, so the pointer doesn't matter */
TEST_F(vnet_header, big_endian)
{
	int value = 7;

	EXPECT_EQ(-EINVAL, vt_ioctl_int(self->fd, TUNSETVNETBE, 1));
	EXPECT_EQ(-EINVAL, vt_ioctl_int(self->fd, TUNSETVNETBE, 0));
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, TUNGETVNETBE,
				    (unsigned long)&value));
	EXPECT_EQ(7, value);
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, TUNSETVNETBE, BAD_POINTER));
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, TUNGETVNETBE, BAD_POINTER));
	EXPECT_EQ(0, get(self->fd, TUNGETVNETLE));
}

/* F3.10.1 F3.11.1 F3.0.2: bad pointers change nothing; a file without a device */
TEST_F(vnet_header, faults)
{
	const unsigned long cmds[] = { TUNSETVNETHDRSZ, TUNGETVNETHDRSZ,
				       TUNSETVNETLE, TUNGETVNETLE };
	size_t i;

	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETHDRSZ, 12));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETLE, 1));
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, cmds[i], BAD_POINTER));
		EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, cmds[i],
					    (unsigned long)io_fence(3)));
		EXPECT_EQ(-EBADFD, vt_ioctl(self->fresh, cmds[i],
					    BAD_POINTER));
		EXPECT_EQ(-EBADFD, vt_ioctl_int(self->fresh, cmds[i], 12));
	}
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNGETVNETHDRSZ,
				    (unsigned long)io_readonly(4)));
	EXPECT_EQ(12, get(self->fd, TUNGETVNETHDRSZ));
	EXPECT_EQ(1, get(self->fd, TUNGETVNETLE));
	/* four bytes at the end of a page are enough */
	EXPECT_EQ(0, vt_ioctl(self->fd, TUNGETVNETHDRSZ,
			      (unsigned long)io_fence(4)));
}

/* F3.10.1 F3.11.1 F2.22 F10.2: they stay with a persistent device */
TEST_F(vnet_header, survives_close)
{
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETHDRSZ, 12));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETLE, 1));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	/* the flag itself is that of the new first queue */
	ASSERT_EQ(0, vt_setiff(self->fresh, NAME,
			       variant->flags ^ IFF_VNET_HDR));
	EXPECT_EQ((variant->flags ^ IFF_VNET_HDR) | IFF_NO_PI | IFF_PERSIST,
		  vt_flags(self->fresh));
	EXPECT_EQ(12, get(self->fresh, TUNGETVNETHDRSZ));
	EXPECT_EQ(1, get(self->fresh, TUNGETVNETLE));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(!(variant->flags & IFF_VNET_HDR),
		  self->info.tun[IFLA_TUN_VNET_HDR]);
}

/* F3.10.1 F3.11.1 F3.0.5 F9.2: one setting for all queues of a device */
TEST_F(vnet_header, belongs_to_the_device)
{
	if (!(variant->flags & IFF_MULTI_QUEUE)) {
		EXPECT_EQ(-EBUSY, vt_setiff(self->fresh, NAME, variant->flags));
		return;
	}
	/* a second queue's flags don't count */
	ASSERT_EQ(0, vt_setiff(self->fresh, NAME,
			       variant->flags & ~IFF_VNET_HDR));
	EXPECT_EQ(variant->flags | IFF_NO_PI, vt_flags(self->fresh));
	ASSERT_EQ(0, vt_ioctl_int(self->fresh, TUNSETVNETHDRSZ, 24));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETLE, 1));
	EXPECT_EQ(24, get(self->fd, TUNGETVNETHDRSZ));
	EXPECT_EQ(1, get(self->fresh, TUNGETVNETLE));
	/* a detached one may still change it */
	ASSERT_EQ(0, vt_set_queue(self->fresh, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_ioctl_int(self->fresh, TUNSETVNETHDRSZ, 12));
	ASSERT_EQ(0, vt_ioctl_int(self->fresh, TUNSETVNETLE, 0));
	EXPECT_EQ(12, get(self->fd, TUNGETVNETHDRSZ));
	EXPECT_EQ(0, get(self->fd, TUNGETVNETLE));
}

/* F3.10.1: a new device begins with 10 again */
TEST_F(vnet_header, is_not_inherited)
{
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETHDRSZ, 24));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETVNETLE, 1));
	ASSERT_EQ(0, link_del(NAME));
	EXPECT_EQ(-EBADFD, vt_ioctl_int(self->fd, TUNSETVNETHDRSZ, 12));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
	EXPECT_EQ(10, get(self->fd, TUNGETVNETHDRSZ));
	EXPECT_EQ(0, get(self->fd, TUNGETVNETLE));
}

TEST_HARNESS_MAIN
