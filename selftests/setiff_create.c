// SPDX-License-Identifier: GPL-2.0-only
/* TUNSETIFF that makes a new device: what is made, and what comes back. */
#include <kselftest_harness.h>
#include "testlib.h"

#define NAME "tst0"

FIXTURE(create)
{
	int fd;
	struct link_info info;
};

VARIANTS_PAIRWISE(create);

FIXTURE_SETUP(create)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(create)
{
	close(self->fd);
}

/* F2.36 F3.1.2 F3.1.4: down, of its type, with the request's flags; NO_PI is
 * reported always, so what rtnetlink tells counts
 */
TEST_F(create, device)
{
	bool tap = variant->flags & IFF_TAP;

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
	EXPECT_EQ(variant->flags | IFF_NO_PI, vt_flags(self->fd));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(0, self->info.flags & IFF_UP);
	EXPECT_STREQ(vt_driver(), self->info.kind);
	EXPECT_EQ(tap ? ARPHRD_ETHER : ARPHRD_NONE, self->info.type);
	EXPECT_EQ(tap ? 2 : 1, self->info.tun[IFLA_TUN_TYPE]);
	EXPECT_EQ(!(variant->flags & IFF_NO_PI), self->info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(!!(variant->flags & IFF_MULTI_QUEUE),
		  self->info.tun[IFLA_TUN_MULTI_QUEUE]);
	EXPECT_EQ(0, self->info.tun[IFLA_TUN_VNET_HDR]);
	EXPECT_EQ(0, self->info.tun[IFLA_TUN_PERSIST]);
	EXPECT_EQ(0, self->info.tun_have & (1U << IFLA_TUN_OWNER));
	EXPECT_EQ(0, self->info.tun_have & (1U << IFLA_TUN_GROUP));
}

/* F10.1: and with the file it goes */
TEST_F(create, goes_with_the_file)
{
	int mon = mon_open();

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
	ASSERT_EQ(0, mon_count(mon, RTM_DELLINK, NAME));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(1, mon_count(mon, RTM_DELLINK, NAME));
	EXPECT_EQ(1, link_count());
}

/* F2.39: the flags and the rest of the ifreq come back as they went in */
TEST_F(create, rest_of_the_ifreq)
{
	struct ifreq ifr, before;

	memset(&ifr, 0xa5, sizeof(ifr));
	strcpy(ifr.ifr_name, "tst%d");
	ifr.ifr_flags = variant->flags | IFF_TUN_EXCL;
	before = ifr;
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETIFF, (unsigned long)&ifr));
	EXPECT_STREQ("tst0", ifr.ifr_name);
	EXPECT_EQ(0, memcmp((char *)&before + IFNAMSIZ, (char *)&ifr + IFNAMSIZ,
			    sizeof(ifr) - IFNAMSIZ));
}

/* F2.40: the device is there though its name could not be told */
TEST_F(create, read_only_ifreq)
{
	struct ifreq *ifr = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, ifr);
	strcpy(ifr->ifr_name, NAME);
	ifr->ifr_flags = variant->flags;
	ASSERT_EQ(0, mprotect(ifr, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETIFF, (unsigned long)ifr));
	EXPECT_TRUE(link_exists(NAME));
	EXPECT_EQ(variant->flags | IFF_NO_PI, vt_flags(self->fd));
	EXPECT_EQ(-EEXIST, vt_setiff(self->fd, "tst1", variant->flags));
}

/* F2.1: nothing happens, and the file can be used afterwards */
TEST_F(create, unreadable_ifreq)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ifreq *cut = (void *)(page + 4096 - sizeof(*cut) + 1);

	ASSERT_NE(MAP_FAILED, page);
	ASSERT_EQ(0, mprotect(page + 4096, 4096, PROT_NONE));
	strcpy(cut->ifr_name, NAME);
	cut->ifr_flags = variant->flags;
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETIFF, 0));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETIFF,
				    (unsigned long)page + 4096));
	/* the last of the 40 bytes is out of reach, though it has no meaning */
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETIFF, (unsigned long)cut));
	EXPECT_EQ(1, link_count());
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	EXPECT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
}

/* F2.37 F4.18 */
TEST_F(create, carrier)
{
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(1, self->info.carrier);
	EXPECT_EQ(0, self->info.carrier_changes);
	EXPECT_NE(0, self->info.flags & IFF_LOWER_UP);
}

/* F2.37 F4.19 F3.1.5 */
TEST_F(create, no_carrier)
{
	if (!(vt_features() & IFF_NO_CARRIER))
		SKIP(return, "this driver has no IFF_NO_CARRIER");
	ASSERT_EQ(0, vt_setiff(self->fd, NAME,
			       variant->flags | IFF_NO_CARRIER));
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(0, self->info.carrier);
	EXPECT_EQ(0, self->info.flags & IFF_LOWER_UP);
	/* 6.1 tells the state a second later */
	EXPECT_TRUE(wait_for(!link_get(NAME, &self->info) &&
			     self->info.operstate == IF_OPER_DOWN, WAIT_MS));
	EXPECT_EQ(0, self->info.flags & IFF_RUNNING);
	EXPECT_EQ(variant->flags | IFF_NO_PI, vt_flags(self->fd));
}

/* F2.41: bits that other calls use mean nothing here and leave no trace */
TEST_F(create, meaningless_bits)
{
	int junk = IFF_PERSIST | IFF_ATTACH_QUEUE | IFF_DETACH_QUEUE;

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags | junk));
	EXPECT_EQ(variant->flags | IFF_NO_PI, vt_flags(self->fd));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(0, self->info.tun[IFLA_TUN_PERSIST]);
	if (variant->flags & IFF_MULTI_QUEUE) {
		EXPECT_EQ(1, self->info.tun[IFLA_TUN_NUM_QUEUES]);
		EXPECT_EQ(0, self->info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
	}
	ASSERT_EQ(0, close(self->fd));
	EXPECT_FALSE(link_exists(NAME));
}

/* F2.41: where 0x0080 isn't known yet it means nothing either */
TEST_F(create, meaningless_bit_of_6_12)
{
	if (!vt_intree() || (vt_features() & IFF_BACKPRESSURE))
		SKIP(return, "0x0080 has a meaning here");
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags | 0x0080));
	EXPECT_EQ(variant->flags | IFF_NO_PI, vt_flags(self->fd));
}

/* F2.42 */
TEST_F(create, one_queue)
{
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags | IFF_ONE_QUEUE));
	EXPECT_EQ(variant->flags | IFF_NO_PI | IFF_ONE_QUEUE,
		  vt_flags(self->fd));
}

/* F2.43: one message that has the driver's attributes in it */
TEST_F(create, newlink)
{
	int mon = mon_open();

	ASSERT_LE(0, mon);
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
	ASSERT_EQ(1, mon_next(mon, RTM_NEWLINK, NAME, &self->info));
	EXPECT_STREQ(vt_driver(), self->info.kind);
	EXPECT_EQ(variant->flags & 3, self->info.tun[IFLA_TUN_TYPE]);
	EXPECT_EQ(!(variant->flags & IFF_NO_PI), self->info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(link_index(NAME), self->info.index);
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, NAME));
}

/* F2.44: as often as one likes, then it works */
TEST_F(create, failure_leaves_the_file_usable)
{
	int i;

	for (i = 0; i < 20; i++) {
		EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "a/b", variant->flags));
		EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "lo", variant->flags));
		EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME, 0));
		EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	}
	EXPECT_EQ(1, link_count());
	EXPECT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
}

/* F2.32 F2.44: nor is the wish for an index lost with what fails before the
 * device is registered
 */
TEST_F(create, failure_keeps_the_wished_index)
{
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETIFINDEX, 1234));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "lo", variant->flags));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME, variant->flags & ~3));
	EXPECT_EQ(-EBUSY, vt_setiff(self->fd, "lo",
				    variant->flags | IFF_TUN_EXCL));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
	EXPECT_EQ(1234, link_index(NAME));
}

/* F2.29 F2.32: a bad name is such a failure too */
TEST_F(create, bad_name_keeps_the_wished_index)
{
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETIFINDEX, 1234));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "a/b", variant->flags));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
	EXPECT_EQ(1234, link_index(NAME));
}

/* F2.45: a file whose device was deleted starts anew */
TEST_F(create, again_after_deletion)
{
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
		EXPECT_EQ(-EEXIST, vt_setiff(self->fd, NAME, variant->flags));
		ASSERT_EQ(0, link_del(NAME));
		EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	}
	/* as the other kind too */
	ASSERT_EQ(0, vt_setiff(self->fd, NAME,
			       IFF_NO_PI | ((variant->flags & 3) ^ 3)));
	EXPECT_EQ(IFF_NO_PI | ((variant->flags & 3) ^ 3), vt_flags(self->fd));
}

/* F2.35: the IPv4 code refuses a device of these names when it is being
 * registered; all that was made so far goes (bug class: CVE-2021-47082)
 */
TEST_F(create, registration_refused)
{
	int mon = mon_open();
	int i;

	for (i = 0; i < 5; i++) {
		EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "all", variant->flags));
		EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "default",
					     variant->flags));
	}
	EXPECT_EQ(1, link_count());
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, "all"));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(1, link_count());
}

FIXTURE(kind)
{
	int fd;
};

FIXTURE_VARIANT(kind)
{
	int bits;
	int want;			/* type, or 0: EINVAL */
};

FIXTURE_VARIANT_ADD(kind, none) { 0x0000, 0 };
FIXTURE_VARIANT_ADD(kind, both) { 0x0003, IFF_TUN };
FIXTURE_VARIANT_ADD(kind, low_bit_2) { 0x0004, 0 };
FIXTURE_VARIANT_ADD(kind, low_bit_3) { 0x0008, 0 };
FIXTURE_VARIANT_ADD(kind, tun_and_others) { 0x000d, IFF_TUN };
FIXTURE_VARIANT_ADD(kind, tap_and_others) { 0x000e, IFF_TAP };
FIXTURE_VARIANT_ADD(kind, all) { 0x000f, IFF_TUN };

FIXTURE_SETUP(kind)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(kind)
{
	close(self->fd);
}

/* F2.27 */
TEST_F(kind, low_bits)
{
	char name[IFNAMSIZ];

	if (!variant->want) {
		EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME, variant->bits));
		EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "", variant->bits |
					     IFF_NO_PI | IFF_MULTI_QUEUE));
		EXPECT_EQ(1, link_count());
		EXPECT_EQ(-EBADFD, vt_flags(self->fd));
		return;
	}
	ASSERT_EQ(0, vt_setiff_name(self->fd, "", variant->bits | IFF_NO_PI,
				    name));
	EXPECT_STREQ(variant->want == IFF_TUN ? "tun0" : "tap0", name);
	EXPECT_EQ(variant->want | IFF_NO_PI, vt_flags(self->fd));
}

TEST_HARNESS_MAIN
