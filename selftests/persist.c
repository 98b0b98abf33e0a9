// SPDX-License-Identifier: GPL-2.0-only
/* TUNSETPERSIST: a device that outlives its files. */
#include <kselftest_harness.h>
#include "testlib.h"

FIXTURE(persist)
{
	int fd;
};

FIXTURE_VARIANT(persist)
{
	int flags;
};

FIXTURE_VARIANT_ADD(persist, tun)
{
	.flags = IFF_TUN | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(persist, tap)
{
	.flags = IFF_TAP | IFF_NO_PI,
};

FIXTURE_VARIANT_ADD(persist, tap_multi_queue)
{
	.flags = IFF_TAP | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(persist)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach("keep0", variant->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(persist)
{
}

static int shown_persist(const char *name)
{
	struct link_info info;

	return link_get(name, &info) ? -1 : (int)info.tun[IFLA_TUN_PERSIST];
}

/* References on the module, or -ENOENT where it is built in. */
static int module_refs(void)
{
	char path[64], buf[32];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", vt_driver());
	n = file_read(path, buf, sizeof(buf));
	return n < 0 ? (int)n : atoi(buf);
}

/* F3.3.1: the argument is a value; everything but 0 means yes */
TEST_F(persist, any_value_but_zero_sets)
{
	const unsigned long yes[] = { 1, 2, 0x100, 0x80000000UL, ~0UL };
	size_t i;

	EXPECT_EQ(0, shown_persist("keep0"));
	for (i = 0; i < ARRAY_SIZE(yes); i++) {
		ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETPERSIST, yes[i]));
		EXPECT_EQ(1, shown_persist("keep0"));
		EXPECT_TRUE(vt_flags(self->fd) & IFF_PERSIST);
		ASSERT_EQ(0, vt_ioctl(self->fd, TUNSETPERSIST, 0));
		EXPECT_EQ(0, shown_persist("keep0"));
		EXPECT_FALSE(vt_flags(self->fd) & IFF_PERSIST);
	}
}

/* F3.3.1 F10.9 F1.17: setting it twice holds the module once more, not twice */
TEST_F(persist, holds_the_module_once)
{
	int refs = module_refs(), rest, i;

	if (refs == -ENOENT)
		SKIP(return, "%s is built into this kernel", vt_driver());
	/*
	 * Earlier tests' namespaces, and devices in them, end behind our back;
	 * in-tree tun may have leaked some for good.
	 */
	close(self->fd);
	rest = module_refs();
	for (i = 0; rest && i < 50; i++) {
		nap_ms(10);
		if (module_refs() != rest)
			i = 0;
		rest = module_refs();
	}
	self->fd = vt_attach("keep0", variant->flags);
	ASSERT_LE(0, self->fd);
	/* an open file holds it too, and may do so more than once */
	refs = module_refs();
	ASSERT_LT(0, refs);
	ASSERT_EQ(0, vt_persist(self->fd, true));
	EXPECT_EQ(refs + 1, module_refs());
	ASSERT_EQ(0, vt_persist(self->fd, true));
	EXPECT_EQ(refs + 1, module_refs());
	ASSERT_EQ(0, vt_persist(self->fd, false));
	EXPECT_EQ(refs, module_refs());
	ASSERT_EQ(0, vt_persist(self->fd, false));
	EXPECT_EQ(refs, module_refs());
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	EXPECT_TRUE(wait_for(module_refs() == rest + 1, WAIT_MS));
	ASSERT_EQ(0, link_del("keep0"));
	EXPECT_TRUE(wait_for(module_refs() == rest, WAIT_MS));
}

/* F3.3.2 F4.35: news only of a real change, and only while up */
TEST_F(persist, tells_listeners)
{
	int mon = mon_open();

	ASSERT_LE(0, mon);
	ASSERT_EQ(0, vt_persist(self->fd, true));
	ASSERT_EQ(0, vt_persist(self->fd, false));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, "keep0"));
	ASSERT_EQ(0, link_up("keep0"));
	mon_count(mon, RTM_NEWLINK, "keep0");
	ASSERT_EQ(0, vt_persist(self->fd, false));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, "keep0"));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	EXPECT_EQ(1, mon_count(mon, RTM_NEWLINK, "keep0"));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	EXPECT_EQ(0, mon_count(mon, RTM_NEWLINK, "keep0"));
	ASSERT_EQ(0, vt_persist(self->fd, false));
	EXPECT_EQ(1, mon_count(mon, RTM_NEWLINK, "keep0"));
}

/* F10.1 F10.2: it is the same device afterwards, and takes a new file */
TEST_F(persist, survives_its_last_file)
{
	struct link_info before, after;
	int fd;

	ASSERT_EQ(0, vt_persist(self->fd, true));
	ASSERT_EQ(0, link_set_mtu("keep0", 1234));
	ASSERT_EQ(0, link_up("keep0"));
	ASSERT_EQ(0, link_get("keep0", &before));
	close(self->fd);
	ASSERT_EQ(0, link_get("keep0", &after));
	EXPECT_EQ(before.index, after.index);
	EXPECT_EQ(1234, after.mtu);
	EXPECT_TRUE(after.flags & IFF_UP);
	EXPECT_EQ(before.addr_len, after.addr_len);
	EXPECT_EQ(0, memcmp(before.addr, after.addr, sizeof(before.addr)));
	EXPECT_EQ(1, after.tun[IFLA_TUN_PERSIST]);
	fd = vt_attach("keep0", variant->flags);
	ASSERT_LE(0, fd);
	EXPECT_EQ(before.index, link_index("keep0"));
	EXPECT_TRUE(vt_flags(fd) & IFF_PERSIST);
}

/* F10.1 F10.10: without it, or after it was taken back, the device goes */
TEST_F(persist, ends_when_taken_back)
{
	int mon = mon_open();
	int fd;

	ASSERT_LE(0, mon);
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	EXPECT_EQ(0, mon_count(mon, RTM_DELLINK, "keep0"));
	fd = vt_attach("keep0", variant->flags);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_persist(fd, false));
	EXPECT_TRUE(link_exists("keep0"));
	close(fd);
	EXPECT_EQ(1, mon_count(mon, RTM_DELLINK, "keep0"));
	EXPECT_FALSE(link_exists("keep0"));
}

static int set_unprivileged(void *arg)
{
	return vt_ioctl(*(int *)arg, TUNSETPERSIST, 1);
}

/* F3.3.1 F3.0.2: being attached is the permission; without a device EBADFD */
TEST_F(persist, needs_an_attached_file_only)
{
	const struct creds nobody = { .uid = 65534, .gid = 65534 };
	int fresh = vt_open(O_RDWR);

	ASSERT_LE(0, fresh);
	EXPECT_EQ(-EBADFD, vt_persist(fresh, true));
	EXPECT_EQ(-EBADFD, vt_persist(fresh, false));
	EXPECT_EQ(0, run_as(&nobody, set_unprivileged, &self->fd));
	EXPECT_EQ(1, shown_persist("keep0"));
}

/* F3.0.4 F3.0.5: any file of a multi-queue device will do, detached too */
TEST(persist_through_a_detached_queue)
{
	int fd;

	ASSERT_EQ(0, ns_fresh());
	fd = vt_attach("keep0", IFF_TUN | IFF_MULTI_QUEUE);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_set_queue(fd, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, vt_persist(fd, true));
	EXPECT_EQ(1, shown_persist("keep0"));
	close(fd);
	EXPECT_TRUE(link_exists("keep0"));
}

TEST_HARNESS_MAIN
