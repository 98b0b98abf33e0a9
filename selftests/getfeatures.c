// SPDX-License-Identifier: GPL-2.0-only
/* TUNGETFEATURES: which flags this driver knows. */
#include <kselftest_harness.h>
#include "testlib.h"

/* The flags with a meaning, whatever the kernel around the module. */
#define FEATURES	(IFF_TUN | IFF_TAP | IFF_NAPI | IFF_NAPI_FRAGS | \
			 IFF_NO_CARRIER | IFF_MULTI_QUEUE | IFF_NO_PI | \
			 IFF_ONE_QUEUE | IFF_VNET_HDR)

FIXTURE(getfeatures)
{
	uint32_t expect;
};

FIXTURE_SETUP(getfeatures)
{
	ASSERT_EQ(0, ns_fresh());
	self->expect = FEATURES;
	if (!vt_intree() || kernel_at_least(7, 3))
		self->expect |= IFF_BACKPRESSURE;
}

FIXTURE_TEARDOWN(getfeatures)
{
}

/* F3.2.1 F14.1: the same four bytes before and after TUNSETIFF, no more */
TEST_F(getfeatures, works_on_any_file)
{
	uint32_t arg[2] = { 0xa5a5a5a5, 0xa5a5a5a5 };
	int fd = vt_open(O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_ioctl(fd, TUNGETFEATURES, (unsigned long)arg));
	EXPECT_EQ(self->expect, arg[0]);
	EXPECT_EQ(0xa5a5a5a5, arg[1]);
	ASSERT_EQ(0, vt_setiff(fd, "tap0", IFF_TAP | IFF_MULTI_QUEUE));
	arg[0] = 0;
	ASSERT_EQ(0, vt_ioctl(fd, TUNGETFEATURES, (unsigned long)arg));
	EXPECT_EQ(self->expect, arg[0]);
	ASSERT_EQ(0, vt_set_queue(fd, IFF_DETACH_QUEUE));
	arg[0] = 0;
	ASSERT_EQ(0, vt_ioctl(fd, TUNGETFEATURES, (unsigned long)arg));
	EXPECT_EQ(self->expect, arg[0]);
}

static int ask(void *arg)
{
	uint32_t features = 0;
	int fd = vt_open(*(int *)arg);
	int err;

	if (fd < 0)
		return fd;
	err = vt_ioctl(fd, TUNGETFEATURES, (unsigned long)&features);
	return err ? err : (int)features;
}

/* F3.2.1 F1.4: anybody may ask, on a file opened for one direction too */
TEST_F(getfeatures, needs_no_privilege)
{
	const struct creds nobody = { .uid = 65534, .gid = 65534 };
	int modes[] = { O_RDONLY, O_WRONLY, O_RDWR };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		EXPECT_EQ((int)self->expect, run_as(&nobody, ask, &modes[i]));
	}
}

/* F3.2.1: an unwritable pointer */
TEST_F(getfeatures, faults)
{
	int fd = vt_open(O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EFAULT, vt_ioctl(fd, TUNGETFEATURES, 0));
	ASSERT_EQ(0, vt_setiff(fd, "tun0", IFF_TUN));
	EXPECT_EQ(-EFAULT, vt_ioctl(fd, TUNGETFEATURES, 0));
}

TEST_HARNESS_MAIN
