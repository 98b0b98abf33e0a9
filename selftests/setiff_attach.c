// SPDX-License-Identifier: GPL-2.0-only
/* TUNSETIFF on a device that exists: who gets it, and what changes. */
#include <kselftest_harness.h>
#include "testlib.h"

#define NAME "tst0"

/* A persistent device of the variant's flags that nobody holds. */
FIXTURE(attach)
{
	int flags;
	int fd;				/* unattached */
	struct link_info info;
};

VARIANTS_PAIRWISE(attach);

FIXTURE_SETUP(attach)
{
	int fd;

	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->flags;
	fd = vt_attach(NAME, self->flags);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_persist(fd, true));
	ASSERT_EQ(0, close(fd));
	self->fd = vt_open(O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(attach)
{
	close(self->fd);
}

/* F10.2: the same device, not a new one */
TEST_F(attach, same_device)
{
	int index = link_index(NAME);

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	EXPECT_EQ(self->flags | IFF_NO_PI | IFF_PERSIST, vt_flags(self->fd));
	EXPECT_EQ(index, link_index(NAME));
	EXPECT_EQ(2, link_count());
}

/* F2.16: a fifo that can't be had, and nothing has changed */
TEST_F(attach, fifo_too_long)
{
	int err = sysfs_write(NAME, "tx_queue_len", "1048576");

	if (err == -ERANGE)
		SKIP(return, "this kernel has no such length (7.3)");
	ASSERT_EQ(0, err);
	EXPECT_EQ(-ENOMEM, vt_setiff(self->fd, NAME, self->flags ^ IFF_NO_PI));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(0, self->info.carrier);
	EXPECT_EQ(!(self->flags & IFF_NO_PI), self->info.tun[IFLA_TUN_PI]);
	ASSERT_EQ(0, link_set_txqlen(NAME, 100));
	EXPECT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
}

/* F2.2: whatever name and flags say, and also when the queue is detached */
TEST_F(attach, attached_already)
{
	struct ifreq bad = { .ifr_name = "a/b", .ifr_flags = 0 };

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	EXPECT_EQ(-EEXIST, vt_setiff(self->fd, NAME, self->flags));
	EXPECT_EQ(-EEXIST, vt_setiff(self->fd, "other", self->flags));
	EXPECT_EQ(-EEXIST, vt_setiff(self->fd, "lo", self->flags));
	EXPECT_EQ(-EEXIST, vt_setiff(self->fd, "", 0));
	EXPECT_EQ(-EEXIST, vt_ioctl(self->fd, TUNSETIFF, (unsigned long)&bad));
	if (self->flags & IFF_MULTI_QUEUE) {
		ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
		EXPECT_EQ(-EEXIST, vt_setiff(self->fd, NAME, self->flags));
		EXPECT_EQ(-EEXIST, vt_setiff(self->fd, "other", self->flags));
	}
	EXPECT_EQ(2, link_count());
}

/* F2.1 F3.0.1: the argument is read before that is looked at */
TEST_F(attach, attached_already_and_unreadable)
{
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETIFF, 0));
}

/* F2.7: TUN_EXCL wants a new one; it comes before all other checks */
TEST_F(attach, excl)
{
	EXPECT_EQ(-EBUSY, vt_setiff(self->fd, NAME,
				    self->flags | IFF_TUN_EXCL));
	EXPECT_EQ(-EBUSY, vt_setiff(self->fd, NAME, IFF_TUN_EXCL));
	EXPECT_EQ(-EBUSY, vt_setiff(self->fd, NAME, IFF_TUN_EXCL |
				    (self->flags ^ IFF_MULTI_QUEUE)));
	EXPECT_EQ(-EBUSY, vt_setiff(self->fd, "lo",
				    self->flags | IFF_TUN_EXCL));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	EXPECT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	EXPECT_EQ(self->flags | IFF_NO_PI | IFF_PERSIST, vt_flags(self->fd));
}

/* F2.8: a device of another driver */
TEST_F(attach, foreign_device)
{
	ASSERT_EQ(0, link_add("dummy0", "dummy"));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "lo", self->flags));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "dummy0", self->flags));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, "dummy0", self->flags | 3));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	EXPECT_TRUE(link_exists("dummy0"));
}

/* F2.8: the other kind, or none */
TEST_F(attach, wrong_kind)
{
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME, self->flags ^ 3));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME, self->flags & ~3));
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME,
				     (self->flags & ~3) | 0x000c));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(self->flags & 3, self->info.tun[IFLA_TUN_TYPE]);
}

/* F2.8: both bits fit either kind, and the device keeps its own */
TEST_F(attach, both_kinds)
{
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags | 3));
	EXPECT_EQ(self->flags | IFF_NO_PI | IFF_PERSIST, vt_flags(self->fd));
}

/* F2.9 F9.8: multi-queue or not was decided when the device was made */
TEST_F(attach, multi_queue_mismatch)
{
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME,
				     self->flags ^ IFF_MULTI_QUEUE));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(!!(self->flags & IFF_MULTI_QUEUE),
		  self->info.tun[IFLA_TUN_MULTI_QUEUE]);
}

/* F2.14: a single queue is for one file; F9.1: others take more */
TEST_F(attach, second_file)
{
	bool mq = self->flags & IFF_MULTI_QUEUE;
	int second = vt_open(O_RDWR);

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	EXPECT_EQ(mq ? 0 : -EBUSY, vt_setiff(second, NAME, self->flags));
	EXPECT_EQ(mq ? self->flags | IFF_NO_PI | IFF_PERSIST : -EBADFD,
		  vt_flags(second));
	if (mq)
		return;
	/* once it is free it can be had */
	ASSERT_EQ(0, close(self->fd));
	self->fd = second;
	EXPECT_EQ(0, vt_setiff(second, NAME, self->flags));
}

/* F2.9: the mismatch is told before "busy" */
TEST_F(attach, mismatch_before_busy)
{
	int second = vt_open(O_RDWR);

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	EXPECT_EQ(-EINVAL, vt_setiff(second, NAME,
				     self->flags ^ IFF_MULTI_QUEUE));
	EXPECT_EQ(-EINVAL, vt_setiff(second, NAME, self->flags ^ 3));
}

/* F2.6 F2.39: found by an alternative name, and the real one comes back */
TEST_F(attach, alternative_name)
{
	char got[IFNAMSIZ];

	ASSERT_EQ(0, link_altname(NAME, "other"));
	EXPECT_EQ(-EBUSY, vt_setiff(self->fd, "other",
				    self->flags | IFF_TUN_EXCL));
	ASSERT_EQ(0, vt_setiff_name(self->fd, "other", self->flags, got));
	EXPECT_STREQ(NAME, got);
	EXPECT_EQ(2, link_count());
}

/* F2.39 F2.40: the same rules for the ifreq as at creation */
TEST_F(attach, ifreq)
{
	struct ifreq *ifr = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ifreq before;

	ASSERT_NE(MAP_FAILED, ifr);
	memset(ifr, 0xa5, sizeof(*ifr));
	strcpy(ifr->ifr_name, NAME);
	ifr->ifr_flags = self->flags;
	before = *ifr;
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETIFF, (unsigned long)ifr));
	EXPECT_STREQ(NAME, ifr->ifr_name);
	EXPECT_EQ(0, memcmp((char *)&before + IFNAMSIZ, (char *)ifr + IFNAMSIZ,
			    sizeof(before) - IFNAMSIZ));

	ASSERT_EQ(0, close(self->fd));
	self->fd = vt_open(O_RDWR);
	ASSERT_EQ(0, mprotect(ifr, 4096, PROT_READ));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, TUNSETIFF, (unsigned long)ifr));
	EXPECT_EQ(self->flags | IFF_NO_PI | IFF_PERSIST, vt_flags(self->fd));
}

/* F2.22 F9.2: the first file brings its own feature flags, and the old ones
 * are forgotten; what is the device's stays
 */
TEST_F(attach, flags_are_replaced)
{
	int other = self->flags ^ (IFF_NO_PI | IFF_ONE_QUEUE);

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, other));
	EXPECT_EQ(other | IFF_NO_PI | IFF_PERSIST, vt_flags(self->fd));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(!(other & IFF_NO_PI), self->info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(1, self->info.tun[IFLA_TUN_PERSIST]);

	ASSERT_EQ(0, close(self->fd));
	self->fd = vt_open(O_RDWR);
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	EXPECT_EQ(self->flags | IFF_NO_PI | IFF_PERSIST, vt_flags(self->fd));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(!(self->flags & IFF_NO_PI), self->info.tun[IFLA_TUN_PI]);
}

/* F2.22: and packets come in the new shape */
TEST_F(attach, packets_follow_the_flags)
{
	int other = self->flags ^ IFF_NO_PI;
	uint8_t buf[512];
	ssize_t len;

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, other));
	ASSERT_EQ(0, link_up(NAME));
	len = psock_feed(NAME, other & IFF_TAP, 1, 50);
	ASSERT_LT(0, len);
	EXPECT_EQ(len + (ssize_t)PI_LEN(other), read(self->fd, buf, 512));
}

/* F2.22 F10.2: owner and group outlive the files */
TEST_F(attach, owner_stays)
{
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETOWNER, 1000));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETGROUP, 1001));
	ASSERT_EQ(0, close(self->fd));
	self->fd = vt_open(O_RDWR);
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(1000, self->info.tun[IFLA_TUN_OWNER]);
	EXPECT_EQ(1001, self->info.tun[IFLA_TUN_GROUP]);
	EXPECT_EQ(1, self->info.tun[IFLA_TUN_PERSIST]);
}

/* F2.24 F3.9.1: the send buffer belongs to the file that was there */
TEST_F(attach, sndbuf_is_not_kept)
{
	int value = 0;

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETSNDBUF, 4096));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNGETSNDBUF, (unsigned long)&value));
	EXPECT_EQ(4096, value);
	if (self->flags & IFF_MULTI_QUEUE) {
		int second = vt_attach(NAME, self->flags);

		ASSERT_LE(0, second);
		ASSERT_EQ(0, vt_ioctl(second, TUNGETSNDBUF,
				      (unsigned long)&value));
		EXPECT_EQ(2147483647, value);
		ASSERT_EQ(0, close(second));
	}
	ASSERT_EQ(0, close(self->fd));
	self->fd = vt_open(O_RDWR);
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNGETSNDBUF, (unsigned long)&value));
	EXPECT_EQ(2147483647, value);
}

/* F2.37 F4.20: off with nobody there, on with the first file */
TEST_F(attach, carrier)
{
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(0, self->info.carrier);
	/* 6.1 tells the state a second later */
	EXPECT_TRUE(wait_for(!link_get(NAME, &self->info) &&
			     self->info.operstate == IF_OPER_DOWN, WAIT_MS));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(1, self->info.carrier);
	EXPECT_TRUE(wait_for(!link_get(NAME, &self->info) &&
			     self->info.operstate == IF_OPER_UP, WAIT_MS));
}

/* F2.37 */
TEST_F(attach, no_carrier)
{
	if (!(vt_features() & IFF_NO_CARRIER))
		SKIP(return, "this driver has no IFF_NO_CARRIER");
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags | IFF_NO_CARRIER));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(0, self->info.carrier);
	EXPECT_EQ(0, self->info.flags & IFF_LOWER_UP);
}

/* F2.43: a message only if the device is up */
TEST_F(attach, newlink)
{
	int mon;

	ASSERT_EQ(0, link_down(NAME));
	mon = mon_open();
	ASSERT_LE(0, mon);
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, NAME));
	ASSERT_EQ(0, close(self->fd));

	ASSERT_EQ(0, link_up(NAME));
	mon_count(mon, RTM_NEWLINK, NAME);
	self->fd = vt_open(O_RDWR);
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	EXPECT_LE(1, mon_count(mon, RTM_NEWLINK, NAME));
}

/* F2.44 F2.45 */
TEST_F(attach, usable_after_failure_and_deletion)
{
	EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME, self->flags ^ 3));
	EXPECT_EQ(-EBUSY, vt_setiff(self->fd, NAME,
				    self->flags | IFF_TUN_EXCL));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	ASSERT_EQ(0, link_del(NAME));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	EXPECT_EQ(self->flags | IFF_NO_PI, vt_flags(self->fd));
}

/* Second files of a multi-queue device. */
FIXTURE(second)
{
	int flags;
	int fd, second;
	struct link_info info;
};

FIXTURE_VARIANT(second) { int flags; };
FIXTURE_VARIANT_ADD(second, tun) { IFF_TUN | IFF_MULTI_QUEUE };
FIXTURE_VARIANT_ADD(second, tap) { IFF_TAP | IFF_MULTI_QUEUE };

FIXTURE_SETUP(second)
{
	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->flags;
	self->fd = vt_attach_nb(NAME, self->flags);
	ASSERT_LE(0, self->fd);
	self->second = vt_open(O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->second);
}

FIXTURE_TEARDOWN(second)
{
}

/* F2.21 F9.2: its flags change nothing, the device keeps those it has */
TEST_F(second, flags_are_ignored)
{
	ASSERT_EQ(0, vt_setiff(self->second, NAME,
			       self->flags | IFF_NO_PI | IFF_ONE_QUEUE));
	EXPECT_EQ(0, vt_flags(self->fd) & IFF_ONE_QUEUE);
	EXPECT_EQ(0, vt_flags(self->second) & IFF_ONE_QUEUE);
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(1, self->info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(2, self->info.tun[IFLA_TUN_NUM_QUEUES]);
}

/* F2.21: a detached queue counts as one that is there */
TEST_F(second, flags_are_ignored_beside_a_detached_queue)
{
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_setiff(self->second, NAME, self->flags | IFF_NO_PI));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(1, self->info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(1, self->info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(1, self->info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
}

/* F2.21 F2.37: nor does its NO_CARRIER take the carrier away */
TEST_F(second, carrier_stays)
{
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, vt_setiff(self->second, NAME,
			       self->flags | IFF_NO_CARRIER));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(1, self->info.carrier);
	EXPECT_EQ(0, self->info.carrier_changes);
}

/* F2.21: nor does it bring it back */
TEST_F(second, carrier_stays_off)
{
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, vt_ioctl_int(self->fd, TUNSETCARRIER, 0));
	ASSERT_EQ(0, vt_setiff(self->second, NAME, self->flags));
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(0, self->info.carrier);
}

/* F2.21: the name comes back as it was given */
TEST_F(second, alternative_name_stays)
{
	char got[IFNAMSIZ];

	ASSERT_EQ(0, link_altname(NAME, "other"));
	ASSERT_EQ(0, vt_setiff_name(self->second, "other", self->flags, got));
	EXPECT_STREQ("other", got);
	ASSERT_EQ(0, vt_ifname(self->second, got));
	EXPECT_STREQ(NAME, got);
}

/* F2.22: once the others are gone the next is the first again */
TEST_F(second, first_again)
{
	ASSERT_EQ(0, vt_persist(self->fd, true));
	ASSERT_EQ(0, vt_setiff(self->second, NAME, self->flags));
	ASSERT_EQ(0, close(self->fd));
	ASSERT_EQ(0, close(self->second));
	self->fd = vt_attach(NAME, self->flags | IFF_NO_PI | IFF_ONE_QUEUE);
	ASSERT_LE(0, self->fd);
	EXPECT_NE(0, vt_flags(self->fd) & IFF_ONE_QUEUE);
	ASSERT_EQ(0, link_get(NAME, &self->info));
	EXPECT_EQ(0, self->info.tun[IFLA_TUN_PI]);
}

TEST_HARNESS_MAIN
