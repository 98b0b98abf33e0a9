// SPDX-License-Identifier: GPL-2.0-only
/* Names of new devices in TUNSETIFF: refused, cut and made from templates. */
#include <kselftest_harness.h>
#include "testlib.h"

FIXTURE(names)
{
	int fd;
};

VARIANTS_MODE(names);

FIXTURE_SETUP(names)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(names)
{
	close(self->fd);
}

/* F2.28: an empty name is a template of the mode's own */
TEST_F(names, empty)
{
	const char *base = variant->flags & IFF_TUN ? "tun" : "tap";
	char want[IFNAMSIZ], got[IFNAMSIZ];
	int i, fd;

	for (i = 0; i < 3; i++) {
		fd = vt_open(O_RDWR);
		ASSERT_EQ(0, vt_setiff_name(fd, "", variant->flags, got));
		snprintf(want, sizeof(want), "%s%d", base, i);
		EXPECT_STREQ(want, got);
		EXPECT_TRUE(link_exists(want));
	}
}

/* F2.30 F2.39: the name that came of a template comes back */
TEST_F(names, template)
{
	char got[IFNAMSIZ], asked[IFNAMSIZ];

	ASSERT_EQ(0, vt_setiff_name(self->fd, "vpn%d", variant->flags, got));
	EXPECT_STREQ("vpn0", got);
	ASSERT_EQ(0, vt_ifname(self->fd, asked));
	EXPECT_STREQ("vpn0", asked);
	EXPECT_TRUE(link_exists("vpn0"));
}

/* F2.30: the number may stand anywhere */
TEST_F(names, template_in_the_middle)
{
	char got[IFNAMSIZ];

	ASSERT_EQ(0, vt_setiff_name(self->fd, "a%db", variant->flags, got));
	EXPECT_STREQ("a0b", got);
	EXPECT_TRUE(link_exists("a0b"));
}

/* F2.30: or alone */
TEST_F(names, template_alone)
{
	char got[IFNAMSIZ];

	ASSERT_EQ(0, vt_setiff_name(self->fd, "%d", variant->flags, got));
	EXPECT_STREQ("0", got);
	EXPECT_TRUE(link_exists("0"));
}

/* F2.30: the lowest number that neither a name nor an alternative name has */
TEST_F(names, template_fills_gaps)
{
	char got[IFNAMSIZ];
	int fd;

	ASSERT_EQ(0, link_add("vpn0", "dummy"));
	ASSERT_EQ(0, link_add("vpn1", "dummy"));
	ASSERT_EQ(0, link_add("vpn3", "dummy"));
	ASSERT_EQ(0, link_altname("vpn0", "vpn2"));
	ASSERT_EQ(0, link_altname("vpn0", "vpn4"));
	ASSERT_EQ(0, vt_setiff_name(self->fd, "vpn%d", variant->flags, got));
	EXPECT_STREQ("vpn5", got);
	ASSERT_EQ(0, link_del("vpn1"));
	fd = vt_open(O_RDWR);
	ASSERT_EQ(0, vt_setiff_name(fd, "vpn%d", variant->flags, got));
	EXPECT_STREQ("vpn1", got);
}

/* F2.31: a template never is an existing name, so TUN_EXCL is no obstacle */
TEST_F(names, template_with_excl)
{
	char got[IFNAMSIZ];

	ASSERT_EQ(0, link_add("vpn0", "dummy"));
	ASSERT_EQ(0, vt_setiff_name(self->fd, "vpn%d",
				    variant->flags | IFF_TUN_EXCL, got));
	EXPECT_STREQ("vpn1", got);
	EXPECT_EQ(variant->flags, vt_flags(self->fd));
}

/* F2.31: a template makes a new device though a free persistent one is there */
TEST_F(names, template_always_creates)
{
	char got[IFNAMSIZ];
	int old = vt_attach("vpn0", variant->flags);

	ASSERT_LE(0, old);
	ASSERT_EQ(0, vt_persist(old, true));
	ASSERT_EQ(0, close(old));
	ASSERT_EQ(0, vt_setiff_name(self->fd, "vpn%d", variant->flags, got));
	EXPECT_STREQ("vpn1", got);
	EXPECT_EQ(variant->flags, vt_flags(self->fd));
}

/* F2.3: 15 characters are a name, 16 without an end are cut to 15 */
TEST_F(names, longest)
{
	char got[IFNAMSIZ];

	ASSERT_EQ(0, vt_setiff_name(self->fd, "abcdefghijklmno",
				    variant->flags, got));
	EXPECT_STREQ("abcdefghijklmno", got);
	EXPECT_TRUE(link_exists("abcdefghijklmno"));
}

/* F2.3 */
TEST_F(names, unterminated)
{
	struct ifreq ifr = { .ifr_flags = variant->flags };

	memcpy(ifr.ifr_name, "abcdefghijklmnop", IFNAMSIZ);
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETIFF, (unsigned long)&ifr));
	EXPECT_EQ(0, ifr.ifr_name[15]);
	EXPECT_STREQ("abcdefghijklmno", ifr.ifr_name);
	EXPECT_TRUE(link_exists("abcdefghijklmno"));
}

/* F2.3: cut before the look-up too */
TEST_F(names, unterminated_finds)
{
	struct ifreq ifr = { .ifr_flags = variant->flags };

	ASSERT_EQ(0, link_add("abcdefghijklmno", "dummy"));
	memcpy(ifr.ifr_name, "abcdefghijklmnop", IFNAMSIZ);
	ifr.ifr_flags |= IFF_TUN_EXCL;
	EXPECT_EQ(-EBUSY, vt_ioctl(self->fd, TUNSETIFF, (unsigned long)&ifr));
	EXPECT_EQ(2, link_count());
}

FIXTURE(bad_name)
{
	int fd;
};

FIXTURE_VARIANT(bad_name)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(bad_name, dot) { "." };
FIXTURE_VARIANT_ADD(bad_name, dot_dot) { ".." };
FIXTURE_VARIANT_ADD(bad_name, slash) { "a/b" };
FIXTURE_VARIANT_ADD(bad_name, slash_only) { "/" };
FIXTURE_VARIANT_ADD(bad_name, parent_path) { "../x" };
FIXTURE_VARIANT_ADD(bad_name, colon) { "a:b" };
FIXTURE_VARIANT_ADD(bad_name, space) { "a b" };
FIXTURE_VARIANT_ADD(bad_name, space_only) { " " };
FIXTURE_VARIANT_ADD(bad_name, tab) { "a\tb" };
FIXTURE_VARIANT_ADD(bad_name, newline) { "a\n" };
FIXTURE_VARIANT_ADD(bad_name, vertical_tab) { "a\vb" };
FIXTURE_VARIANT_ADD(bad_name, form_feed) { "a\f" };
FIXTURE_VARIANT_ADD(bad_name, carriage_return) { "a\r" };
FIXTURE_VARIANT_ADD(bad_name, no_break_space) { "a\xa0z" };
FIXTURE_VARIANT_ADD(bad_name, percent) { "a%" };
FIXTURE_VARIANT_ADD(bad_name, percent_only) { "%" };
FIXTURE_VARIANT_ADD(bad_name, percent_percent) { "a%%" };
FIXTURE_VARIANT_ADD(bad_name, percent_s) { "a%s" };
FIXTURE_VARIANT_ADD(bad_name, percent_x) { "a%x" };
FIXTURE_VARIANT_ADD(bad_name, percent_width) { "a%5d" };
FIXTURE_VARIANT_ADD(bad_name, percent_n) { "%n" };
FIXTURE_VARIANT_ADD(bad_name, two_templates) { "%d%d" };
FIXTURE_VARIANT_ADD(bad_name, template_and_percent) { "a%db%" };
FIXTURE_VARIANT_ADD(bad_name, slash_template) { "/%d" };

FIXTURE_SETUP(bad_name)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(bad_name)
{
	close(self->fd);
}

/* F2.29 F2.44: refused for both modes, nothing is made, the file is as good as
 * before (bug class: CVE-2018-7191)
 */
TEST_F(bad_name, refused)
{
	int mon = mon_open();

	ASSERT_LE(0, mon);
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, variant->name, IFF_TUN));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, variant->name, IFF_TAP));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, variant->name,
				     IFF_TAP | IFF_MULTI_QUEUE | IFF_NO_PI));
	EXPECT_EQ(1, link_count());
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, variant->name));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	EXPECT_EQ(0, vt_setiff(self->fd, "good0", IFF_TUN | IFF_NO_PI));
	EXPECT_TRUE(link_exists("good0"));
}

FIXTURE(good_name)
{
	int fd;
};

FIXTURE_VARIANT(good_name)
{
	const char *name;
};

FIXTURE_VARIANT_ADD(good_name, one_char) { "a" };
FIXTURE_VARIANT_ADD(good_name, digits) { "123" };
FIXTURE_VARIANT_ADD(good_name, minus) { "-h" };
FIXTURE_VARIANT_ADD(good_name, dots) { "..." };
FIXTURE_VARIANT_ADD(good_name, vlan_like) { "a.100" };
FIXTURE_VARIANT_ADD(good_name, at) { "a@b" };
FIXTURE_VARIANT_ADD(good_name, quote) { "\"';$" };
FIXTURE_VARIANT_ADD(good_name, control_char) { "a\x01z" };
FIXTURE_VARIANT_ADD(good_name, utf8) { "t\xc3\xbcr" };
FIXTURE_VARIANT_ADD(good_name, byte_ff) { "\xff" };

FIXTURE_SETUP(good_name)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(good_name)
{
	close(self->fd);
}

/* F2.29: whatever else is in the name, it is taken as it is */
TEST_F(good_name, accepted)
{
	char got[IFNAMSIZ];

	ASSERT_EQ(0, vt_setiff_name(self->fd, variant->name, IFF_TAP, got));
	EXPECT_STREQ(variant->name, got);
	EXPECT_TRUE(link_exists(variant->name));
	ASSERT_EQ(0, vt_ifname(self->fd, got));
	EXPECT_STREQ(variant->name, got);
}

/* F2.30: with all 32768 numbers taken there is none left (6.1 gives 32768 away
 * too, so that one is taken as well). Alternative names take them, some hundred
 * to a device.
 */
TEST(template_exhausted)
{
	const int each = 480;		/* a message can't show more of them */
	const int all = 32769;
	char name[IFNAMSIZ];
	int n, count, fd;

	ASSERT_EQ(0, ns_fresh());
	fd = vt_open(O_RDWR);
	ASSERT_LE(0, fd);
	for (n = 0; n < all; n += count) {
		count = all - n < each ? all - n : each;
		snprintf(name, sizeof(name), "holder%d", n / each);
		ASSERT_EQ(0, link_add(name, "dummy"));
		ASSERT_EQ(0, link_altnames(name, "x", n, count));
	}
	EXPECT_EQ(-ENFILE, vt_setiff(fd, "x%d", IFF_TUN));
	EXPECT_EQ(-EBADFD, vt_flags(fd));
	/* other templates are not concerned */
	EXPECT_EQ(0, vt_setiff(fd, "y%d", IFF_TUN));
}

TEST_HARNESS_MAIN
