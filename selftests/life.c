// SPDX-License-Identifier: GPL-2.0-only
/* When a device comes and goes: last close, persistence, renaming, messages. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#ifndef IFF_PERSIST
#define IFF_PERSIST	0x0800
#endif

FIXTURE(life)
{
	int flags;
	int fd;				/* attached to life0 */
};

FIXTURE_VARIANT(life)
{
	int flags;
};

FIXTURE_VARIANT_ADD(life, tun)
{
	.flags = IFF_TUN,
};

FIXTURE_VARIANT_ADD(life, tap)
{
	.flags = IFF_TAP,
};

FIXTURE_VARIANT_ADD(life, tun_multi)
{
	.flags = IFF_TUN | IFF_MULTI_QUEUE,
};

FIXTURE_VARIANT_ADD(life, tap_multi)
{
	.flags = IFF_TAP | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(life)
{
	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->flags | IFF_NO_PI;
	self->fd = vt_attach_nb("life0", self->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(life)
{
}

/* F10.1 F4.35: gone, and said so, before close() returns; the name is free */
TEST_F(life, last_close_deletes)
{
	int mon = mon_open();

	ASSERT_LE(0, mon);
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(1, mon_count(mon, RTM_DELLINK, "life0"));
	EXPECT_EQ(-ENODEV, link_index("life0"));
	EXPECT_EQ(0, link_add("life0", "dummy"));
}

/* F10.1 F10.2 F4.20 F4.28: a persistent device outlives its file */
TEST_F(life, persistent_stays)
{
	struct link_info before, after;
	struct flow_path path;
	struct flow_mark mark;
	int mon;

	ASSERT_EQ(0, vt_persist(self->fd, true));
	ASSERT_EQ(0, link_up("life0"));
	ASSERT_EQ(0, flow_open(&path, "life0", self->flags & IFF_TAP));
	ASSERT_EQ(0, flow_send(&path, 1, 1));
	ASSERT_EQ(0, link_get("life0", &before));
	EXPECT_EQ(1, before.carrier);
	mon = mon_open();
	ASSERT_EQ(0, close(self->fd));
	EXPECT_EQ(0, mon_count(mon, RTM_DELLINK, "life0"));

	ASSERT_EQ(0, link_get("life0", &after));
	EXPECT_EQ(before.index, after.index);
	EXPECT_EQ(0, after.carrier);
	EXPECT_TRUE(after.flags & IFF_UP);
	EXPECT_TRUE(wait_for(!link_get("life0", &after) &&
			     after.operstate == IF_OPER_DOWN, WAIT_MS));

	self->fd = vt_attach_nb("life0", self->flags);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(-EAGAIN, flow_read(&path, self->fd, &mark));
	EXPECT_TRUE(wait_for(!link_get("life0", &after) &&
			     after.operstate == IF_OPER_UP, WAIT_MS));
	EXPECT_EQ(1, after.carrier);
	EXPECT_EQ(before.index, after.index);
	EXPECT_EQ(0, after.stats.tx_packets);
	EXPECT_EQ(0, after.stats.tx_dropped);
	ASSERT_EQ(0, flow_send(&path, 1, 2));
	ASSERT_EQ(0, flow_read(&path, self->fd, &mark));
	EXPECT_EQ(2, mark.seq);
	EXPECT_EQ(0, link_del("life0"));
}

/* F10.10 F3.3.1: without persistence the next last close deletes */
TEST_F(life, persistence_ends)
{
	ASSERT_EQ(0, vt_persist(self->fd, true));
	EXPECT_TRUE(vt_flags(self->fd) & IFF_PERSIST);
	close(self->fd);
	ASSERT_TRUE(link_exists("life0"));
	self->fd = vt_attach("life0", self->flags);
	ASSERT_LE(0, self->fd);
	EXPECT_TRUE(vt_flags(self->fd) & IFF_PERSIST);
	ASSERT_EQ(0, vt_persist(self->fd, false));
	ASSERT_EQ(0, vt_persist(self->fd, false));
	EXPECT_FALSE(vt_flags(self->fd) & IFF_PERSIST);
	EXPECT_TRUE(link_exists("life0"));
	close(self->fd);
	EXPECT_FALSE(link_exists("life0"));
}

/* F3.3.1: set, cleared and set again: the last word counts */
TEST_F(life, persistence_toggles)
{
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, vt_persist(self->fd, true));
		ASSERT_EQ(0, vt_persist(self->fd, true));
		ASSERT_EQ(0, vt_persist(self->fd, false));
	}
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	EXPECT_TRUE(link_exists("life0"));
	EXPECT_EQ(0, link_del("life0"));
}

/* F10.3 F4.34: a persistent device without a file is deleted like any other */
TEST_F(life, delete_without_files)
{
	int mon = mon_open();

	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	mon_count(mon, RTM_NEWLINK, "life0");
	ASSERT_EQ(0, link_del("life0"));
	EXPECT_EQ(1, mon_count(mon, RTM_DELLINK, "life0"));
	EXPECT_FALSE(link_exists("life0"));
	EXPECT_EQ(-ENODEV, link_del("life0"));
}

/* F10.12: the same name again and again, each time as another kind */
TEST_F_TIMEOUT(life, same_name_again, 120)
{
	int last = link_index("life0"), index, i;

	for (i = 0; i < 12; i++) {
		int flags = IFF_NO_PI | (i & 1 ? IFF_TUN : IFF_TAP) |
			    (i & 2 ? IFF_MULTI_QUEUE : 0);

		if (i % 3)
			ASSERT_EQ(0, link_del("life0"));
		close(self->fd);
		self->fd = vt_attach("life0", flags);
		ASSERT_LE(0, self->fd);
		index = link_index("life0");
		ASSERT_LT(0, index);
		EXPECT_NE(last, index);
		EXPECT_EQ(i & 1 ? IFF_TUN : IFF_TAP,
			  vt_flags(self->fd) & (IFF_TUN | IFF_TAP));
		last = index;
	}
}

/* The core lets a device that is up be renamed since 6.2. */
static int rename_link(const char *name, const char *to)
{
	int err = link_rename(name, to);

	if (err != -EBUSY || kernel_at_least(6, 2))
		return err;
	err = link_down(name);
	if (!err)
		err = link_rename(name, to);
	return err ? err : link_up(to);
}

/* F10.5 F1.16: renamed while up: files go with it, and the old name is free */
TEST_F(life, rename)
{
	char name[IFNAMSIZ], iff[32];
	struct flow_path path;
	struct flow_mark mark;
	int other;

	ASSERT_EQ(0, link_up("life0"));
	ASSERT_EQ(0, flow_open(&path, "life0", self->flags & IFF_TAP));
	ASSERT_EQ(0, flow_send(&path, 1, 1));
	ASSERT_EQ(0, rename_link("life0", "life1"));
	ASSERT_EQ(0, vt_ifname(self->fd, name));
	EXPECT_STREQ("life1", name);
	ASSERT_EQ(0, fdinfo_get(self->fd, "iff", iff, sizeof(iff)));
	EXPECT_STREQ("life1", iff);
	ASSERT_EQ(0, flow_send(&path, 1, 2));
	ASSERT_EQ(0, flow_read(&path, self->fd, &mark));
	EXPECT_EQ(1, mark.seq);
	ASSERT_EQ(0, flow_read(&path, self->fd, &mark));
	EXPECT_EQ(2, mark.seq);
	EXPECT_EQ(0, flow_number(&path, self->fd));

	EXPECT_EQ(-ENODEV, link_index("life0"));
	other = vt_attach("life0", self->flags);
	ASSERT_LE(0, other);
	EXPECT_NE(link_index("life0"), link_index("life1"));
	close(self->fd);
	EXPECT_FALSE(link_exists("life1"));
	EXPECT_TRUE(link_exists("life0"));
}

/* F10.5: a rename that fails changes nothing; a persistent device keeps its own */
TEST_F(life, rename_and_persistence)
{
	char name[IFNAMSIZ];

	ASSERT_EQ(0, link_add("taken0", "dummy"));
	EXPECT_EQ(-EEXIST, link_rename("life0", "taken0"));
	ASSERT_EQ(0, vt_ifname(self->fd, name));
	EXPECT_STREQ("life0", name);
	ASSERT_EQ(0, vt_persist(self->fd, true));
	ASSERT_EQ(0, link_rename("life0", "life1"));
	close(self->fd);
	self->fd = vt_attach("life1", self->flags);
	ASSERT_LE(0, self->fd);
	EXPECT_TRUE(vt_flags(self->fd) & IFF_PERSIST);
	EXPECT_FALSE(link_exists("life0"));
	EXPECT_EQ(0, link_del("life1"));
}

static int life_uevent_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			  NETLINK_KOBJECT_UEVENT);

	if (sock < 0)
		return -errno;
	return bind(sock, (void *)&addr, sizeof(addr)) ? -errno : sock;
}

/* True if one of the message's lines behind the first is @line. */
static bool life_uevent_has(const char *msg, size_t len, const char *line)
{
	const char *at = msg;

	while ((at += strlen(at) + 1) < msg + len)
		if (!strncmp(at, line, strlen(line)))
			return true;
	return false;
}

/* The next message about life0 itself (not its queues): its length or 0. */
static int life_uevent_next(int sock, const char *action, char *msg, int size)
{
	int len;

	while ((len = recv(sock, msg, size - 1, 0)) > 0) {
		msg[len] = 0;
		if (life_uevent_has(msg, len, "SUBSYSTEM=net") &&
		    life_uevent_has(msg, len, "INTERFACE=life0") &&
		    life_uevent_has(msg, len, action))
			return len;
	}
	return 0;
}

/* F10.12 F4.39: add and remove are told to udev as for any device */
TEST_F(life, uevents)
{
	int sock = life_uevent_open();
	char msg[4096], index[32];
	int len;

	ASSERT_LE(0, sock);
	close(self->fd);
	EXPECT_LT(0, life_uevent_next(sock, "ACTION=remove", msg, 4096));
	self->fd = vt_attach("life0", self->flags);
	ASSERT_LE(0, self->fd);
	snprintf(index, sizeof(index), "IFINDEX=%d", link_index("life0"));
	len = life_uevent_next(sock, "ACTION=add", msg, sizeof(msg));
	ASSERT_LT(0, len);
	EXPECT_TRUE(life_uevent_has(msg, len, index));
	EXPECT_TRUE(life_uevent_has(msg, len,
				    "DEVPATH=/devices/virtual/net/life0"));
	EXPECT_FALSE(life_uevent_has(msg, len, "DEVTYPE="));
	ASSERT_EQ(0, link_del("life0"));
	len = life_uevent_next(sock, "ACTION=remove", msg, sizeof(msg));
	ASSERT_LT(0, len);
	EXPECT_TRUE(life_uevent_has(msg, len, index));
	/* what is gone can't go a second time */
	close(self->fd);
	EXPECT_EQ(0, life_uevent_next(sock, "ACTION=remove", msg, 4096));
}

TEST_HARNESS_MAIN
