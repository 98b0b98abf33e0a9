// SPDX-License-Identifier: GPL-2.0-only
/* IFF_NAPI and IFF_NAPI_FRAGS in TUNSETIFF: who may have them, and on what. */
#include <kselftest_harness.h>
#include "testlib.h"

#include <linux/capability.h>

#define NAME	"nap0"
#define BOTH	(IFF_NAPI | IFF_NAPI_FRAGS)

FIXTURE(napi_flags)
{
	int fd;
	struct link_info info;
};

FIXTURE_SETUP(napi_flags)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(napi_flags)
{
}

struct attempt {
	int fd;				/* -1: open one */
	const char *name;
	int flags;
};

static int try_setiff(void *arg)
{
	struct attempt *a = arg;
	int fd = a->fd >= 0 ? a->fd : vt_open(O_RDWR);

	return fd < 0 ? fd : vt_setiff(fd, a->name, a->flags);
}

/* F2.42 F3.1.2 F4.37: taken and reported, in each combination that is allowed */
TEST_F(napi_flags, reported)
{
	const int flags[] = {
		IFF_TUN | IFF_NAPI, IFF_TAP | IFF_NAPI, IFF_TAP | BOTH,
		IFF_TAP | BOTH | IFF_VNET_HDR | IFF_NO_PI,
		IFF_TUN | IFF_NAPI | IFF_MULTI_QUEUE,
		IFF_TAP | BOTH | IFF_MULTI_QUEUE,
	};
	char attr[32];
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		fd = vt_attach(NAME, flags[i]);
		ASSERT_LE(0, fd);
		EXPECT_EQ(flags[i] | IFF_NO_PI, vt_flags(fd));
		ASSERT_LT(0, sysfs_read(NAME, "tun_flags", attr, sizeof(attr)));
		EXPECT_EQ(flags[i], (int)strtol(attr, NULL, 16));
		close(fd);
		EXPECT_FALSE(link_exists(NAME));
	}
}

/* F2.5 F2.44: fragments need NAPI, and tap and nothing else as the kind */
TEST_F(napi_flags, frags_need)
{
	const int bad[] = {
		IFF_TAP | IFF_NAPI_FRAGS, IFF_TUN | IFF_NAPI_FRAGS,
		IFF_TUN | BOTH, IFF_TUN | IFF_TAP | BOTH, BOTH,
		IFF_TAP | BOTH | 0x4, IFF_TAP | BOTH | 0x8,
		IFF_NAPI_FRAGS,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME, bad[i]))
			TH_LOG("flags %#x", bad[i]);
		EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	}
	EXPECT_EQ(1, link_count());
	EXPECT_EQ(0, vt_setiff(self->fd, NAME, IFF_TAP | BOTH));
}

/* F2.5 F2.6: all that before the name is looked at */
TEST_F(napi_flags, before_the_name)
{
	int fd = vt_attach("old0", IFF_TUN | IFF_NO_PI);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "lo",
				     IFF_TAP | IFF_NAPI_FRAGS | IFF_TUN_EXCL));
	EXPECT_EQ(-EBUSY, vt_setiff(self->fd, "lo",
				    IFF_TAP | BOTH | IFF_TUN_EXCL));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "a/b", IFF_TAP | BOTH));
	/* and after "attached already" */
	EXPECT_EQ(-EEXIST, vt_setiff(fd, "old0", IFF_TUN | IFF_NAPI_FRAGS));
}

/* F2.4 F2.2: CAP_NET_ADMIN where the machine's root has it, before the rest */
TEST_F(napi_flags, frags_need_the_capability)
{
	const struct creds nobody = { .uid = 65534, .gid = 65534 };
	const struct creds admin = {
		.uid = 65534, .gid = 65534, .caps = 1ULL << CAP_NET_ADMIN,
	};
	struct attempt a = { .fd = -1, .name = NAME };
	const int flags[] = {
		IFF_TAP | BOTH, IFF_TAP | IFF_NAPI_FRAGS, IFF_NAPI_FRAGS,
		IFF_TUN | BOTH,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		a.flags = flags[i];
		EXPECT_EQ(-EPERM, run_as(&nobody, try_setiff, &a));
		EXPECT_EQ(i ? -EINVAL : 0, run_as(&admin, try_setiff, &a));
	}
	/* an attached file is told so first */
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, IFF_TAP));
	a = (struct attempt){ self->fd, NAME, IFF_TAP | BOTH };
	EXPECT_EQ(-EEXIST, run_as(&nobody, try_setiff, &a));
}

/* F2.4: the owner of a device may attach to it, but not with fragments */
TEST_F(napi_flags, owner)
{
	const struct creds owner = { .uid = 1234, .gid = 1234 };
	struct attempt a = { .fd = -1, .name = NAME };

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, IFF_TAP));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOWNER, 1234));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	a.flags = IFF_TAP | BOTH;
	EXPECT_EQ(-EPERM, run_as(&owner, try_setiff, &a));
	a.flags = IFF_TAP | IFF_NAPI;
	EXPECT_EQ(0, run_as(&owner, try_setiff, &a));
	ASSERT_EQ(0, link_del(NAME));
}

/* F2.4: root of a user namespace is not enough, in a network of its own either */
TEST_F(napi_flags, user_namespace)
{
	const struct creds inside = {
		.uid = 1234, .gid = 1234, .new_userns = true, .new_netns = true,
	};
	struct attempt a = { .fd = -1, .name = NAME };
	int err;

	a.flags = IFF_TAP | IFF_NAPI;
	err = run_as(&inside, try_setiff, &a);
	if (err == -ENOSPC || err == -ENOSYS || err == -EINVAL)
		SKIP(return, "no user namespaces here");
	EXPECT_EQ(0, err);
	a.flags = IFF_TAP | BOTH;
	EXPECT_EQ(-EPERM, run_as(&inside, try_setiff, &a));
}

/* F2.22: the first queue of a persistent device decides anew */
TEST_F(napi_flags, replaced)
{
	int fd;

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, IFF_TAP | BOTH));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	fd = vt_attach(NAME, IFF_TAP);
	EXPECT_EQ(IFF_TAP | IFF_PERSIST | IFF_NO_PI, vt_flags(fd));
	close(fd);
	fd = vt_attach(NAME, IFF_TAP | IFF_NAPI);
	EXPECT_EQ(IFF_TAP | IFF_NAPI | IFF_PERSIST | IFF_NO_PI, vt_flags(fd));
	ASSERT_EQ(0, vt_persist(fd, false));
}

/* F2.21 F9.2: further queues don't change what the device reports */
TEST_F(napi_flags, second_queue)
{
	const int mq = IFF_TAP | IFF_MULTI_QUEUE;
	int fd, third;

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, mq | IFF_NAPI));
	fd = vt_attach(NAME, mq);
	ASSERT_LE(0, fd);
	third = vt_attach(NAME, mq | BOTH);
	ASSERT_LE(0, third);
	EXPECT_EQ(mq | IFF_NAPI | IFF_NO_PI, vt_flags(self->fd));
	EXPECT_EQ(mq | IFF_NAPI | IFF_NO_PI, vt_flags(fd));
	EXPECT_EQ(mq | IFF_NAPI | IFF_NO_PI, vt_flags(third));
	/* in a second one the rules are the same */
	EXPECT_EQ(-EINVAL, vt_setiff(vt_open(O_RDWR), NAME,
				     mq | IFF_NAPI_FRAGS));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(3, self->info.tun[IFLA_TUN_NUM_QUEUES]);
}

TEST_HARNESS_MAIN
