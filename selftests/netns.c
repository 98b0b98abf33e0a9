// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices and files in different network namespaces: which one a file belongs
 * to, what a move leaves intact, and what the end of a namespace takes along.
 */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/stat.h>

#ifndef TUNGETDEVNETNS
#define TUNGETDEVNETNS	_IO('T', 227)
#endif

FIXTURE(netns)
{
	int flags;
	int fd;				/* attached to mv0, opened at home */
	int home, away;			/* namespaces; the test begins at home */
};

FIXTURE_VARIANT(netns)
{
	int flags;
};

FIXTURE_VARIANT_ADD(netns, tun)
{
	.flags = IFF_TUN,
};

FIXTURE_VARIANT_ADD(netns, tap)
{
	.flags = IFF_TAP,
};

FIXTURE_VARIANT_ADD(netns, tap_multi)
{
	.flags = IFF_TAP | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(netns)
{
	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->flags | IFF_NO_PI;
	self->home = ns_open();
	self->away = ns_new();
	ASSERT_LE(0, self->home);
	ASSERT_LE(0, self->away);
	self->fd = vt_attach_nb("mv0", self->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(netns)
{
}

/* Do two descriptors mean the same namespace? */
static bool netns_same(int a, int b)
{
	struct stat sa, sb;

	return !fstat(a, &sa) && !fstat(b, &sb) && sa.st_ino == sb.st_ino &&
	       sa.st_dev == sb.st_dev;
}

/* Opens the node while in namespace @ns; the caller stays at @home. */
static int netns_open_in(int ns, int home)
{
	int err = ns_enter(ns), fd;

	if (err)
		return err;
	fd = vt_open(O_RDWR | O_NONBLOCK);
	err = ns_enter(home);
	return err ? err : fd;
}

/* F1.6 F10.7: devices are made where the file was opened, not where one is */
TEST_F(netns, file_stays_where_it_was_opened)
{
	int fd = netns_open_in(self->away, self->home);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_setiff(fd, "far0", self->flags));
	EXPECT_FALSE(link_exists("far0"));
	ASSERT_EQ(0, ns_enter(self->away));
	EXPECT_TRUE(link_exists("far0"));
	EXPECT_FALSE(link_exists("mv0"));

	/* and a name is free where no device has it */
	close(fd);
	fd = vt_open(O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ns_enter(self->home));
	ASSERT_EQ(0, vt_setiff(fd, "mv0", self->flags));
	ASSERT_EQ(0, ns_enter(self->away));
	EXPECT_TRUE(link_exists("mv0"));
	close(fd);
	EXPECT_FALSE(link_exists("mv0"));
	ASSERT_EQ(0, ns_enter(self->home));
	EXPECT_TRUE(link_exists("mv0"));
}

/*
 * F10.6 F1.16 F6.6: the device moves, goes down, keeps what waits; the file
 * stays its queue and works from where it is.
 */
TEST_F(netns, move_with_file_open)
{
	char name[IFNAMSIZ], iff[32];
	struct flow_path path;
	struct flow_mark mark;
	struct link_info info;

	ASSERT_EQ(0, link_up("mv0"));
	ASSERT_EQ(0, flow_open(&path, "mv0", self->flags & IFF_TAP));
	ASSERT_EQ(0, flow_send(&path, 1, 1));
	flow_close(&path);
	ASSERT_EQ(0, link_set_netns("mv0", self->away));
	EXPECT_FALSE(link_exists("mv0"));
	ASSERT_EQ(0, vt_ifname(self->fd, name));
	EXPECT_STREQ("mv0", name);
	ASSERT_EQ(0, fdinfo_get(self->fd, "iff", iff, sizeof(iff)));
	EXPECT_STREQ("mv0", iff);
	ASSERT_EQ(0, flow_read(&path, self->fd, &mark));
	EXPECT_EQ(1, mark.seq);
	EXPECT_EQ(-EIO, flow_write(&path, self->fd, 1, 2));

	ASSERT_EQ(0, ns_enter(self->away));
	ASSERT_EQ(0, link_get("mv0", &info));
	EXPECT_FALSE(info.flags & IFF_UP);
	EXPECT_EQ(1, info.carrier);
	ASSERT_EQ(0, link_rename("mv0", "mv1"));
	ASSERT_EQ(0, link_up("mv1"));
	ASSERT_EQ(0, flow_open(&path, "mv1", self->flags & IFF_TAP));
	ASSERT_EQ(0, flow_send(&path, 1, 3));
	ASSERT_EQ(0, ns_enter(self->home));
	ASSERT_EQ(0, flow_read(&path, self->fd, &mark));
	EXPECT_EQ(3, mark.seq);
	EXPECT_EQ(0, flow_number(&path, self->fd));
	ASSERT_EQ(0, vt_ifname(self->fd, name));
	EXPECT_STREQ("mv1", name);

	close(self->fd);
	ASSERT_EQ(0, ns_enter(self->away));
	EXPECT_FALSE(link_exists("mv1"));
}

/* F10.6: a name that is taken over there refuses the move, and nothing moves */
TEST_F(netns, move_is_refused)
{
	struct link_info info;

	ASSERT_EQ(0, ns_enter(self->away));
	ASSERT_EQ(0, link_add("mv0", "dummy"));
	ASSERT_EQ(0, ns_enter(self->home));
	ASSERT_EQ(0, link_up("mv0"));
	EXPECT_EQ(-EEXIST, link_set_netns("mv0", self->away));
	ASSERT_EQ(0, link_get("mv0", &info));
	EXPECT_TRUE(info.flags & IFF_UP);
	EXPECT_STREQ(vt_driver(), info.kind);
	EXPECT_LT(0, vt_flags(self->fd));
}

/* F10.6 F6.7: a reader sleeps through a move and is woken from over there */
TEST_F(netns, reader_sleeps_through_a_move)
{
	struct sleeper sleeper;
	struct flow_path path;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	ASSERT_EQ(0, sleeper_start(&sleeper, self->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, link_set_netns("mv0", self->away));
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&sleeper, 50));
	ASSERT_EQ(0, ns_enter(self->away));
	ASSERT_EQ(0, link_up("mv0"));
	ASSERT_EQ(0, flow_open(&path, "mv0", self->flags & IFF_TAP));
	ASSERT_EQ(0, flow_send(&path, 1, 1));
	ASSERT_EQ(0, sleeper_wait(&sleeper, WAIT_MS));
	EXPECT_LT(0, sleeper.ret);
}

/* F10.6 F3.17.1 F3.17.2: each of the two ioctls tells its own namespace */
TEST_F(netns, ioctls_tell_namespaces)
{
	int file_ns, dev_ns;

	ASSERT_EQ(0, link_set_netns("mv0", self->away));
	file_ns = vt_ioctl(self->fd, SIOCGSKNS, 0);
	dev_ns = vt_ioctl(self->fd, TUNGETDEVNETNS, 0);
	ASSERT_LE(0, file_ns);
	ASSERT_LE(0, dev_ns);
	EXPECT_TRUE(netns_same(file_ns, self->home));
	EXPECT_TRUE(netns_same(dev_ns, self->away));
	EXPECT_EQ(FD_CLOEXEC, fcntl(file_ns, F_GETFD));
	EXPECT_EQ(FD_CLOEXEC, fcntl(dev_ns, F_GETFD));

	ASSERT_EQ(0, ns_enter(dev_ns));
	ASSERT_EQ(0, link_set_netns("mv0", file_ns));
	close(dev_ns);
	dev_ns = vt_ioctl(self->fd, TUNGETDEVNETNS, 0);
	ASSERT_LE(0, dev_ns);
	EXPECT_TRUE(netns_same(dev_ns, self->home));
}

/*
 * F10.7: after a move the old name makes a new device at home; a further queue
 * (or the next file of a persistent device) comes from inside the other one.
 */
TEST_F(netns, attach_after_a_move)
{
	int there = netns_open_in(self->away, self->home), here;
	struct link_info info;

	ASSERT_LE(0, there);
	ASSERT_EQ(0, vt_persist(self->fd, true));
	ASSERT_EQ(0, link_set_netns("mv0", self->away));
	here = vt_attach("mv0", self->flags);
	ASSERT_LE(0, here);
	EXPECT_TRUE(link_exists("mv0"));

	if (!(self->flags & IFF_MULTI_QUEUE)) {
		EXPECT_EQ(-EBUSY, vt_setiff(there, "mv0", self->flags));
		close(self->fd);
	}
	EXPECT_EQ(0, vt_setiff(there, "mv0", self->flags));
	ASSERT_EQ(0, ns_enter(self->away));
	ASSERT_EQ(0, link_get("mv0", &info));
	if (self->flags & IFF_MULTI_QUEUE)
		EXPECT_EQ(2, info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(1, info.carrier);
	EXPECT_EQ(0, link_del("mv0"));
	ASSERT_EQ(0, ns_enter(self->home));
	EXPECT_TRUE(link_exists("mv0"));
	EXPECT_LT(0, vt_flags(here));
	EXPECT_EQ(-EBADFD, vt_flags(there));
}

/* F10.3 F10.6: deleted over there, the file here sees it */
TEST_F(netns, delete_after_a_move)
{
	struct sleeper sleeper;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, link_set_netns("mv0", self->away));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	ASSERT_EQ(0, sleeper_start(&sleeper, self->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, ns_enter(self->away));
	ASSERT_EQ(0, link_del("mv0"));
	ASSERT_EQ(0, sleeper_wait(&sleeper, WAIT_MS));
	EXPECT_EQ(-EFAULT, sleeper.ret);
	ASSERT_EQ(0, vt_setiff(self->fd, "mv0", self->flags));
	EXPECT_FALSE(link_exists("mv0"));
	ASSERT_EQ(0, ns_enter(self->home));
	EXPECT_TRUE(link_exists("mv0"));
}

/*
 * F10.8: the end of a namespace deletes the devices in it, persistent or not,
 * and files elsewhere see that.
 */
TEST_F(netns, end_of_a_namespace)
{
	int persistent = vt_attach("mv1", self->flags);
	struct sleeper sleeper;
	uint8_t buf[PKT_MAX];

	ASSERT_LE(0, persistent);
	ASSERT_EQ(0, vt_persist(persistent, true));
	ASSERT_EQ(0, link_up("mv0"));
	ASSERT_EQ(0, link_set_netns("mv0", self->away));
	ASSERT_EQ(0, link_set_netns("mv1", self->away));
	ASSERT_EQ(0, sleeper_start(&sleeper, persistent, buf, sizeof(buf)));
	close(self->away);		/* the last that held it */
	EXPECT_TRUE(wait_for(vt_flags(self->fd) == -EBADFD, WAIT_MS));
	EXPECT_EQ(POLLERR, fd_poll(self->fd, POLLIN | POLLOUT, 0));
	ASSERT_EQ(0, sleeper_wait(&sleeper, WAIT_MS));
	EXPECT_EQ(-EFAULT, sleeper.ret);
	EXPECT_EQ(-EBADFD, vt_flags(persistent));

	/* nothing came back home, and both files can start anew */
	EXPECT_FALSE(link_exists("mv0"));
	EXPECT_FALSE(link_exists("mv1"));
	EXPECT_EQ(0, vt_setiff(self->fd, "mv1", self->flags));
	EXPECT_EQ(0, vt_setiff(persistent, "mv0", self->flags));
	EXPECT_TRUE(link_exists("mv1"));
}

/*
 * F1.7 F10.8: an open file keeps its namespace, attached or not. Seen by the
 * device of another file that was moved there: it lives as long.
 */
TEST_F(netns, file_keeps_its_namespace)
{
	int there = netns_open_in(self->away, self->home), ns;

	ASSERT_LE(0, there);
	ASSERT_EQ(0, link_set_netns("mv0", self->away));
	close(self->away);
	EXPECT_FALSE(wait_for(vt_flags(self->fd) == -EBADFD, 200));
	ns = vt_ioctl(there, SIOCGSKNS, 0);
	ASSERT_LE(0, ns);
	ASSERT_EQ(0, ns_enter(ns));
	EXPECT_TRUE(link_exists("mv0"));
	ASSERT_EQ(0, ns_enter(self->home));
	close(ns);

	ASSERT_EQ(0, vt_setiff(there, "far0", self->flags));
	EXPECT_FALSE(wait_for(vt_flags(self->fd) == -EBADFD, 200));
	close(there);
	EXPECT_TRUE(wait_for(vt_flags(self->fd) == -EBADFD, WAIT_MS));
}

/* F1.7: a device that was moved away does not keep its file's namespace */
TEST_F(netns, device_keeps_no_namespace)
{
	int there = netns_open_in(self->away, self->home);

	ASSERT_LE(0, there);
	ASSERT_EQ(0, vt_setiff(there, "far0", self->flags));
	ASSERT_EQ(0, vt_persist(there, true));
	ASSERT_EQ(0, ns_enter(self->away));
	ASSERT_EQ(0, link_set_netns("far0", self->home));
	ASSERT_EQ(0, ns_enter(self->home));
	ASSERT_EQ(0, link_set_netns("mv0", self->away));
	close(self->away);
	close(there);
	EXPECT_TRUE(wait_for(vt_flags(self->fd) == -EBADFD, WAIT_MS));
	EXPECT_TRUE(link_exists("far0"));
	EXPECT_EQ(0, link_del("far0"));
}

TEST_HARNESS_MAIN
