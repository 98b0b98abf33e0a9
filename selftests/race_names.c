// SPDX-License-Identifier: GPL-2.0-only
/* Whoever looks at devices while they come, go and change their name. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"
#include "testlib_race.h"

FIXTURE(race_names)
{
	struct race race;
	int flags;
	int fd;				/* attached to race0, or race1 */
};

FIXTURE_VARIANT(race_names)
{
	int type;
};

FIXTURE_VARIANT_ADD(race_names, tun)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(race_names, tap)
{
	.type = IFF_TAP,
};

FIXTURE_SETUP(race_names)
{
	char buf[16];

	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, race_init(&self->race));
	self->flags = variant->type | IFF_NO_PI | IFF_MULTI_QUEUE;
	self->fd = vt_attach_nb("race0", self->flags);
	ASSERT_LE(0, self->fd);
	/* all jobs share the mount of sysfs that this makes */
	ASSERT_LT(0, sysfs_read("race0", "ifindex", buf, sizeof(buf)));
}

FIXTURE_TEARDOWN(race_names)
{
	close(self->fd);
	EXPECT_FALSE(link_exists("race0"));
	EXPECT_FALSE(link_exists("race1"));
	EXPECT_FALSE(link_exists("new0"));
	EXPECT_EQ(0, flow_check("race0", self->flags));
	EXPECT_TRUE(race_left_nothing(&self->race));
}

static bool race_is_name(const char *name)
{
	return !strcmp(name, "race0") || !strcmp(name, "race1");
}

static void job_rename(struct race_job *job)
{
	static const char * const name[] = { "race0", "race1" };
	int now = 0;

	while (race_goes_on(job)) {
		int err = link_rename(name[now], name[!now]);

		if (err) {
			race_fail(job, err);
		} else {
			now = !now;
			race_done(job);
		}
	}
}

static void job_ask_file(struct race_job *job)
{
	FIXTURE_DATA(race_names) *self = job->arg;

	while (race_goes_on(job)) {
		char name[IFNAMSIZ] = "", iff[64] = "";
		int err = vt_ifname(self->fd, name);

		if (err || !race_is_name(name))
			race_fail(job, err);
		err = fdinfo_get(self->fd, "iff", iff, sizeof(iff));
		if (err || !race_is_name(iff))
			race_fail(job, err);
		if ((vt_flags(self->fd) & (IFF_TUN | IFF_TAP)) !=
		    (self->flags & (IFF_TUN | IFF_TAP)))
			race_fail(job, vt_flags(self->fd));
		race_done(job);
	}
}

static void job_traffic(struct race_job *job)
{
	FIXTURE_DATA(race_names) *self = job->arg;
	struct flow_path path;
	struct flow_mark mark;
	int err;

	/* It may be renamed between the two attempts, too. */
	do {
		err = flow_open(&path, "race0", self->flags & IFF_TAP);
		if (err == -ENODEV)
			err = flow_open(&path, "race1", self->flags & IFF_TAP);
	} while (err == -ENODEV);
	if (err)
		race_fail(job, err);
	while (race_goes_on(job)) {
		err = flow_number(&path, self->fd);
		if (!err)
			err = flow_send(&path, 1, job->rounds);
		if (!err)
			err = flow_await(&path, self->fd, &mark);
		if (err || mark.seq != (uint32_t)job->rounds)
			race_fail(job, err);
		else
			race_done(job);
	}
}

/* F10.5 F3.1.1 F1.16: a name is the old or the new one, never half of each */
TEST_F_TIMEOUT(race_names, rename_under_traffic, RACE_TIMEOUT)
{
	if (!kernel_at_least(6, 2))
		SKIP(return, "a device that is up can be renamed since 6.2");
	ASSERT_EQ(0, link_up("race0"));
	ASSERT_EQ(0, race_add(&self->race, job_traffic, self));
	ASSERT_EQ(1, race_add(&self->race, job_ask_file, self));
	ASSERT_EQ(2, race_add(&self->race, job_ask_file, self));
	ASSERT_EQ(3, race_add(&self->race, job_rename, self));
	EXPECT_EQ(0, race_run(&self->race));
}

/* A device that lives for a moment, in the states that attributes show. */
static void job_churn(struct race_job *job)
{
	FIXTURE_DATA(race_names) *self = job->arg;

	while (race_goes_on(job)) {
		int fd = vt_attach_nb("new0", self->flags), err;

		if (fd < 0) {
			race_fail(job, fd);
			break;
		}
		err = vt_ioctl(fd, TUNSETOWNER, 1000);
		if (!err)
			err = vt_ioctl(fd, TUNSETGROUP, 1000);
		if (!err)
			err = link_up("new0");
		if (!err)
			err = vt_set_queue(fd, IFF_DETACH_QUEUE);
		if (!err)
			err = vt_persist(fd, job->rounds % 2);
		if (!err)
			err = vt_set_queue(fd, IFF_ATTACH_QUEUE);
		if (!err && job->rounds % 3 == 0)
			err = link_del("new0");
		close(fd);
		if (!err && link_exists("new0"))
			err = link_del("new0");
		race_round(job, err);
	}
}

/* Attributes of one that is there are sound; of one that goes, there's none. */
static void job_netlink(struct race_job *job)
{
	FIXTURE_DATA(race_names) *self = job->arg;

	while (race_goes_on(job)) {
		struct if_nameindex *all = if_nameindex();
		struct link_info info;
		int err = link_get("new0", &info);

		if (!all)
			race_fail(job, -errno);
		if_freenameindex(all);
		if (err && err != -ENODEV)
			race_fail(job, err);
		if (err)
			continue;
		if (strcmp(info.kind, vt_driver()) ||
		    info.tun[IFLA_TUN_TYPE] !=
		    (self->flags & (IFF_TUN | IFF_TAP)) ||
		    info.tun[IFLA_TUN_NUM_QUEUES] > 1 ||
		    info.tun[IFLA_TUN_NUM_DISABLED_QUEUES] > 1)
			race_fail(job, info.tun[IFLA_TUN_NUM_QUEUES]);
		race_done(job);
	}
}

static void job_sysfs(struct race_job *job)
{
	static const char * const attr[] = {
		"tun_flags", "owner", "group", "statistics/rx_packets",
		"tx_queue_len", "speed", "queues/tx-0/tx_timeout",
	};

	while (race_goes_on(job)) {
		char path[128], buf[64];
		int i, ret;

		for (i = 0; i < ARRAY_SIZE(attr); i++) {
			snprintf(path, sizeof(path), "/sys/class/net/new0/%s",
				 attr[i]);
			ret = file_read(path, buf, sizeof(buf));
			if (ret > 0)
				race_done(job);
			else if (ret != -ENOENT && ret != -ENODEV &&
				 ret != -EINVAL)
				race_fail(job, ret);
		}
		ret = file_read("/proc/net/dev", path, sizeof(path));
		if (ret <= 0)
			race_fail(job, ret);
	}
}

/* F4.30 F4.37 F9.5 F10.12: readers of netlink, sysfs and proc */
TEST_F_TIMEOUT(race_names, readers_of_attributes, RACE_TIMEOUT)
{
	ASSERT_EQ(0, race_add(&self->race, job_churn, self));
	ASSERT_EQ(1, race_add(&self->race, job_netlink, self));
	ASSERT_EQ(2, race_add(&self->race, job_sysfs, self));
	EXPECT_EQ(0, race_run(&self->race));
}

TEST_HARNESS_MAIN
