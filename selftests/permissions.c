// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may create a device and who may attach to one (bug class:
 * CVE-2026-99281).
 */
#include <kselftest_harness.h>
#include <linux/capability.h>
#include "testlib.h"

#define NAME "tst0"
#define NET_ADMIN (1ULL << CAP_NET_ADMIN)
#define NOBODY (-1)			/* no owner, no group */

struct attempt {
	int fd;
	const char *name;
	int flags;
	uid_t euid;			/* if not 0: change to it first */
	gid_t egid;
};

static int try_setiff(void *arg)
{
	struct attempt *a = arg;

	if ((a->egid && setegid(a->egid)) || (a->euid && seteuid(a->euid)))
		return -errno;
	return vt_setiff(a->fd, a->name, a->flags);
}

FIXTURE(attach)
{
	int fd;
};

FIXTURE_VARIANT(attach)
{
	int owner, group;
	struct creds creds;
	bool allowed;
};

/* nobody's device: the capability alone counts */
FIXTURE_VARIANT_ADD(attach, unowned_user) {
	NOBODY, NOBODY, { .uid = 1000, .gid = 1000 }, false };
FIXTURE_VARIANT_ADD(attach, unowned_root_without_caps) {
	NOBODY, NOBODY, { .uid = 0, .gid = 0 }, false };
FIXTURE_VARIANT_ADD(attach, unowned_all_caps_but_net_admin) {
	NOBODY, NOBODY, { .uid = 1000, .caps = CAPS_ALL & ~NET_ADMIN }, false };
FIXTURE_VARIANT_ADD(attach, unowned_net_admin) {
	NOBODY, NOBODY, { .uid = 1000, .gid = 1000, .caps = NET_ADMIN }, true };

/* owner only */
FIXTURE_VARIANT_ADD(attach, owner) {
	1000, NOBODY, { .uid = 1000, .gid = 1000 }, true };
FIXTURE_VARIANT_ADD(attach, owner_is_another) {
	1001, NOBODY, { .uid = 1000, .gid = 1000 }, false };
FIXTURE_VARIANT_ADD(attach, owner_number_as_group) {
	1001, NOBODY, { .uid = 1000, .gid = 1001 }, false };
FIXTURE_VARIANT_ADD(attach, owner_is_another_but_net_admin) {
	1001, NOBODY, { .uid = 1000, .caps = NET_ADMIN }, true };
FIXTURE_VARIANT_ADD(attach, owner_root) {
	0, NOBODY, { .uid = 0, .gid = 0 }, true };
FIXTURE_VARIANT_ADD(attach, owner_root_user) {
	0, NOBODY, { .uid = 1000, .gid = 1000 }, false };
FIXTURE_VARIANT_ADD(attach, root_without_caps_is_not_owner) {
	1000, NOBODY, { .uid = 0, .gid = 0 }, false };

/* group only */
FIXTURE_VARIANT_ADD(attach, group) {
	NOBODY, 2000, { .uid = 1000, .gid = 2000 }, true };
FIXTURE_VARIANT_ADD(attach, group_supplementary) {
	NOBODY, 2000, { .uid = 1000, .gid = 1000, .ngroups = 2,
			.groups = { 3000, 2000 } }, true };
FIXTURE_VARIANT_ADD(attach, group_is_another) {
	NOBODY, 2000, { .uid = 1000, .gid = 1000, .ngroups = 1,
			.groups = { 3000 } }, false };
FIXTURE_VARIANT_ADD(attach, group_number_as_user) {
	NOBODY, 2000, { .uid = 2000, .gid = 1000 }, false };
FIXTURE_VARIANT_ADD(attach, group_is_another_but_net_admin) {
	NOBODY, 2000, { .uid = 1000, .gid = 1000, .caps = NET_ADMIN }, true };

/* both: both must match */
FIXTURE_VARIANT_ADD(attach, both) {
	1000, 2000, { .uid = 1000, .gid = 2000 }, true };
FIXTURE_VARIANT_ADD(attach, both_supplementary) {
	1000, 2000, { .uid = 1000, .gid = 1000, .ngroups = 1,
		      .groups = { 2000 } }, true };
FIXTURE_VARIANT_ADD(attach, both_owner_lacks_group) {
	1000, 2000, { .uid = 1000, .gid = 1000 }, false };
FIXTURE_VARIANT_ADD(attach, both_member_is_not_owner) {
	1000, 2000, { .uid = 1001, .gid = 2000 }, false };
FIXTURE_VARIANT_ADD(attach, both_neither) {
	1000, 2000, { .uid = 1001, .gid = 1001 }, false };
FIXTURE_VARIANT_ADD(attach, both_neither_but_net_admin) {
	1000, 2000, { .uid = 1001, .gid = 1001, .caps = NET_ADMIN }, true };

/* capabilities of a user namespace that the device's isn't in */
FIXTURE_VARIANT_ADD(attach, unowned_root_of_user_ns) {
	NOBODY, NOBODY, { .uid = 1000, .gid = 1000, .new_userns = true },
	false };
FIXTURE_VARIANT_ADD(attach, owner_is_another_root_of_user_ns) {
	1001, NOBODY, { .uid = 1000, .gid = 1000, .new_userns = true }, false };
/* the owner is root there, and still the owner */
FIXTURE_VARIANT_ADD(attach, owner_in_user_ns) {
	1000, NOBODY, { .uid = 1000, .gid = 1000, .new_userns = true }, true };

FIXTURE_SETUP(attach)
{
	int fd;

	ASSERT_EQ(0, ns_fresh());
	fd = vt_attach(NAME, IFF_TUN | IFF_MULTI_QUEUE);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_persist(fd, true));
	if (variant->owner != NOBODY)
		ASSERT_EQ(0, vt_ioctl(fd, TUNSETOWNER, variant->owner));
	if (variant->group != NOBODY)
		ASSERT_EQ(0, vt_ioctl(fd, TUNSETGROUP, variant->group));
	ASSERT_EQ(0, close(fd));
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(attach)
{
	close(self->fd);
}

/*
 * Before the fix of 2026, which not every 6.1 has, in-tree tun let anybody have
 * a device without owner and group.
 */
static bool tun_is_unfixed(const FIXTURE_VARIANT(attach) *variant, int ret)
{
	return vt_intree() && !kernel_at_least(6, 12) && !ret &&
	       variant->owner == NOBODY && variant->group == NOBODY;
}

/* F2.10 F2.11 F2.12 */
TEST_F(attach, first_file)
{
	struct attempt a = { .fd = self->fd, .name = NAME,
			     .flags = IFF_TUN | IFF_MULTI_QUEUE | IFF_NO_PI };
	int ret = run_as(&variant->creds, try_setiff, &a);
	struct link_info info;

	if (!variant->allowed && tun_is_unfixed(variant, ret))
		SKIP(return, "this tun lets anybody attach");
	EXPECT_EQ(variant->allowed ? 0 : -EPERM, ret);
	EXPECT_EQ(variant->allowed ? IFF_TUN | IFF_MULTI_QUEUE | IFF_NO_PI |
		  IFF_PERSIST : -EBADFD, vt_flags(self->fd));
	/* refused, it has not changed the device's flags either */
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(!variant->allowed, info.tun[IFLA_TUN_PI]);
	EXPECT_EQ(variant->allowed, info.tun[IFLA_TUN_NUM_QUEUES]);
}

/* F2.12: each further queue is checked as the first one was */
TEST_F(attach, second_file)
{
	struct attempt a = { .fd = self->fd, .name = NAME,
			     .flags = IFF_TUN | IFF_MULTI_QUEUE };
	int first = vt_attach(NAME, IFF_TUN | IFF_MULTI_QUEUE);
	struct link_info info;
	int ret;

	ASSERT_LE(0, first);
	ret = run_as(&variant->creds, try_setiff, &a);
	if (!variant->allowed && tun_is_unfixed(variant, ret))
		SKIP(return, "this tun lets anybody attach");
	EXPECT_EQ(variant->allowed ? 0 : -EPERM, ret);
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(1 + variant->allowed, info.tun[IFLA_TUN_NUM_QUEUES]);
}

FIXTURE(perm)
{
	int fd;
};

VARIANTS_MODE(perm);

FIXTURE_SETUP(perm)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(perm)
{
	close(self->fd);
}

static int owned_device(int flags, int owner, int group)
{
	int fd = vt_attach(NAME, flags);
	int err;

	if (fd < 0)
		return fd;
	err = vt_persist(fd, true);
	if (!err && owner != NOBODY)
		err = vt_ioctl(fd, TUNSETOWNER, owner);
	if (!err && group != NOBODY)
		err = vt_ioctl(fd, TUNSETGROUP, group);
	close(fd);
	return err;
}

static const struct creds user = { .uid = 1000, .gid = 1000 };

/* F2.10: the effective ids count, not the real ones */
TEST_F(perm, effective_ids)
{
	/* may change its ids, may not administer the network */
	struct creds creds = { .uid = 1001, .gid = 1001, .caps =
		1ULL << CAP_SETUID | 1ULL << CAP_SETGID };
	struct attempt a = { self->fd, NAME, variant->flags, 0, 0 };

	ASSERT_EQ(0, owned_device(variant->flags, 1000, 2000));
	EXPECT_EQ(-EPERM, run_as(&creds, try_setiff, &a));
	a.euid = 1000;
	EXPECT_EQ(-EPERM, run_as(&creds, try_setiff, &a));
	a.euid = 0;
	a.egid = 2000;
	EXPECT_EQ(-EPERM, run_as(&creds, try_setiff, &a));
	a.euid = 1000;
	EXPECT_EQ(0, run_as(&creds, try_setiff, &a));
	EXPECT_EQ(variant->flags | IFF_PERSIST, vt_flags(self->fd));
}

/* F2.10: the real and saved ids of an owner who became another don't */
TEST_F(perm, real_ids_do_not_count)
{
	struct creds creds = { .uid = 1000, .gid = 2000, .caps =
		1ULL << CAP_SETUID | 1ULL << CAP_SETGID };
	struct attempt a = { self->fd, NAME, variant->flags, 1001, 2001 };

	ASSERT_EQ(0, owned_device(variant->flags, 1000, 2000));
	EXPECT_EQ(-EPERM, run_as(&creds, try_setiff, &a));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
}

/* F2.9 F2.8 F2.7: what is wrong with the request is told before the lack of
 * permission; F2.10 F2.14: that before "busy"
 */
TEST_F(perm, order_of_errors)
{
	struct attempt a = { .fd = self->fd, .name = NAME };
	int holder;

	ASSERT_EQ(0, owned_device(variant->flags, 1001, NOBODY));
	holder = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, holder);
	a.flags = variant->flags | IFF_TUN_EXCL;
	EXPECT_EQ(-EBUSY, run_as(&user, try_setiff, &a));
	a.flags = variant->flags ^ 3;
	EXPECT_EQ(-EINVAL, run_as(&user, try_setiff, &a));
	a.flags = variant->flags | IFF_MULTI_QUEUE;
	EXPECT_EQ(-EINVAL, run_as(&user, try_setiff, &a));
	a.flags = variant->flags;
	EXPECT_EQ(-EPERM, run_as(&user, try_setiff, &a));
	a.name = "lo";
	EXPECT_EQ(-EINVAL, run_as(&user, try_setiff, &a));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
}

/* F2.14: the owner of a taken device learns that */
TEST_F(perm, owner_finds_it_busy)
{
	struct attempt a = { self->fd, NAME, variant->flags, 0, 0 };
	int holder;

	ASSERT_EQ(0, owned_device(variant->flags, 1000, NOBODY));
	holder = vt_attach(NAME, variant->flags);
	ASSERT_LE(0, holder);
	EXPECT_EQ(-EBUSY, run_as(&user, try_setiff, &a));
	ASSERT_EQ(0, close(holder));
	EXPECT_EQ(0, run_as(&user, try_setiff, &a));
}

/* F2.25: a new device needs the capability, whoever one is; nothing else of
 * the request is looked at before
 */
TEST_F(perm, create)
{
	struct creds some = { .uid = 1000, .caps = CAPS_ALL & ~NET_ADMIN };
	struct creds admin = { .uid = 1000, .gid = 1000, .caps = NET_ADMIN };
	struct attempt a = { self->fd, NAME, variant->flags, 0, 0 };

	EXPECT_EQ(-EPERM, run_as(&user, try_setiff, &a));
	EXPECT_EQ(-EPERM, run_as(&some, try_setiff, &a));
	a.flags = 0;
	EXPECT_EQ(-EPERM, run_as(&user, try_setiff, &a));
	a.name = "a/b";
	EXPECT_EQ(-EPERM, run_as(&user, try_setiff, &a));
	a.flags = variant->flags;
	EXPECT_EQ(-EPERM, run_as(&user, try_setiff, &a));
	a.name = "";
	EXPECT_EQ(-EPERM, run_as(&user, try_setiff, &a));
	a.name = "x%d";
	EXPECT_EQ(-EPERM, run_as(&user, try_setiff, &a));
	EXPECT_EQ(1, link_count());
	EXPECT_EQ(0, run_as(&admin, try_setiff, &a));
	EXPECT_TRUE(link_exists("x0"));
}

/* F2.25: root of a user namespace may not in the network namespace of another */
TEST_F(perm, create_in_a_foreign_netns)
{
	struct creds creds = { .uid = 1000, .gid = 1000, .new_userns = true };
	struct attempt a = { self->fd, NAME, variant->flags, 0, 0 };

	EXPECT_EQ(-EPERM, run_as(&creds, try_setiff, &a));
	/* the file's namespace counts, not the one that the caller is in */
	creds.new_netns = true;
	EXPECT_EQ(-EPERM, run_as(&creds, try_setiff, &a));
	EXPECT_EQ(1, link_count());
}

static int try_open(void *arg __attribute__((unused)))
{
	int fd = vt_open(O_RDWR);

	return fd < 0 ? fd : 0;
}

/* In the child's own network namespace: create, leave and attach again. */
static int own_netns(void *arg)
{
	int flags = *(int *)arg, fd, err;

	fd = vt_attach(NAME, flags);
	if (fd < 0)
		return fd;
	err = vt_persist(fd, true);
	close(fd);
	if (err)
		return err;
	fd = vt_attach(NAME, flags);
	if (fd < 0)
		return fd;
	return vt_flags(fd);
}

/* F2.10 F2.25: but it may in a network namespace that it owns */
TEST_F(perm, own_netns)
{
	struct creds creds = { .uid = 1000, .gid = 1000, .new_userns = true,
			       .new_netns = true };
	int flags = variant->flags;

	if (run_as(&user, try_open, NULL))
		SKIP(return, "the node is not open to users");
	EXPECT_EQ(variant->flags | IFF_PERSIST,
		  run_as(&creds, own_netns, &flags));
	EXPECT_EQ(1, link_count());
}

TEST_HARNESS_MAIN
