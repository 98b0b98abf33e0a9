// SPDX-License-Identifier: GPL-2.0-only
/* Opening the node, and what an open file is before and after TUNSETIFF. */
#include <kselftest_harness.h>
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

TEST_HARNESS_MAIN
