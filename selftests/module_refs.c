// SPDX-License-Identifier: GPL-2.0-only
/* What holds the module, and that each of it lets go again. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_race.h"

FIXTURE(module_refs)
{
	int flags;
	int before;
	int per_file;			/* 2 if its socket counts, too */
};

FIXTURE_VARIANT(module_refs)
{
	int type;
};

FIXTURE_VARIANT_ADD(module_refs, tun)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(module_refs, tap)
{
	.type = IFF_TAP,
};

FIXTURE_SETUP(module_refs)
{
	int stable = 0, fd;

	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->type | IFF_NO_PI;
	self->before = vt_module_refs();
	if (self->before == -ENOENT)
		SKIP(return, "the driver is built in");
	/* an earlier test's namespace may still be on its way out */
	while (stable < 20) {
		nap_ms(5);
		stable = vt_module_refs() == self->before ? stable + 1 : 0;
		self->before = vt_module_refs();
	}
	fd = vt_open(O_RDWR);
	ASSERT_LE(0, fd);
	self->per_file = vt_module_refs() - self->before;
	ASSERT_LE(1, self->per_file);
	close(fd);
}

FIXTURE_TEARDOWN(module_refs)
{
	EXPECT_TRUE(wait_for(vt_module_refs() == self->before, WAIT_MS));
}

/* That many more than before. */
#define EXPECT_REFS(_files, _devices)					\
	EXPECT_EQ(self->before + (_files) * self->per_file + (_devices), \
		  vt_module_refs())

/* F1.17: the same for each open file, attached or not, however often it's shared */
TEST_F(module_refs, open_files)
{
	int fd = vt_open(O_RDWR), second, copy;

	ASSERT_LE(0, fd);
	EXPECT_REFS(1, 0);
	second = vt_open(O_RDONLY);
	ASSERT_LE(0, second);
	EXPECT_REFS(2, 0);
	copy = dup(fd);
	ASSERT_LE(0, copy);
	EXPECT_REFS(2, 0);
	ASSERT_EQ(0, vt_setiff(fd, "ref0", self->flags));
	EXPECT_REFS(2, 0);
	close(fd);
	close(second);
	EXPECT_REFS(1, 0);
	close(copy);
	EXPECT_REFS(0, 0);
}

/* F1.17 F3.3.1 F10.9: one for a persistent device, not one for each call */
TEST_F(module_refs, persistent_device)
{
	int fd = vt_attach("ref0", self->flags), i;

	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, vt_persist(fd, true));
		EXPECT_REFS(1, 1);
	}
	close(fd);
	EXPECT_REFS(0, 1);
	fd = vt_attach("ref0", self->flags);
	ASSERT_LE(0, fd);
	EXPECT_REFS(1, 1);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, vt_persist(fd, false));
		EXPECT_REFS(1, 0);
	}
	close(fd);
	EXPECT_REFS(0, 0);
	EXPECT_FALSE(link_exists("ref0"));
}

/* F10.9 F10.3: deleting a persistent device lets go, with or without a file */
TEST_F(module_refs, persistent_device_deleted)
{
	int fd = vt_attach("ref0", self->flags);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_persist(fd, true));
	ASSERT_EQ(0, link_del("ref0"));
	EXPECT_REFS(1, 0);
	ASSERT_EQ(0, vt_setiff(fd, "ref0", self->flags));
	EXPECT_REFS(1, 0);
	ASSERT_EQ(0, vt_persist(fd, true));
	EXPECT_REFS(1, 1);
	close(fd);
	EXPECT_REFS(0, 1);
	ASSERT_EQ(0, link_del("ref0"));
	EXPECT_REFS(0, 0);
}

/* F10.8 F10.9: the end of its namespace lets go of a persistent device */
TEST_F(module_refs, namespace_ends)
{
	int fd = vt_attach("ref0", self->flags);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_persist(fd, true));
	close(fd);
	EXPECT_REFS(0, 1);
	ASSERT_EQ(0, ns_fresh());
	EXPECT_TRUE(wait_for(vt_module_refs() == self->before, WAIT_MS));
}

/* F1.17 F2.32 F2.35: what was refused holds nothing */
TEST_F(module_refs, refused_calls)
{
	int fd = vt_open(O_RDWR), late = vt_open(O_RDWR);

	ASSERT_LE(0, fd);
	ASSERT_LE(0, late);
	ASSERT_EQ(0, vt_setiff(fd, "ref0", self->flags));
	EXPECT_EQ(-EBUSY, vt_setiff(late, "ref0", self->flags));
	EXPECT_EQ(-EINVAL, vt_setiff(late, "a/b", self->flags));
	EXPECT_EQ(-EINVAL, vt_setiff(late, "ref1", 0));
	EXPECT_EQ(-EBADFD, vt_persist(late, true));
	/* this one fails late, when nearly all was made */
	ASSERT_EQ(0, vt_ioctl_int(late, TUNSETIFINDEX, link_index("ref0")));
	EXPECT_EQ(-EBUSY, vt_setiff(late, "ref1", self->flags));
	EXPECT_FALSE(link_exists("ref1"));
	EXPECT_REFS(2, 0);
	close(late);
	close(fd);
	EXPECT_REFS(0, 0);
}

TEST_HARNESS_MAIN
