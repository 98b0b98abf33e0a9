// SPDX-License-Identifier: GPL-2.0-only
/* Files that are used and closed while a network namespace comes to its end. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"
#include "testlib_race.h"

#include <linux/sockios.h>
#include <sys/wait.h>

#ifndef TUNGETDEVNETNS
#define TUNGETDEVNETNS	_IO('T', 227)
#endif

FIXTURE(race_netns)
{
	struct race race;
	int flags;
};

FIXTURE_VARIANT(race_netns)
{
	int flags;
	bool persist;
};

FIXTURE_VARIANT_ADD(race_netns, tun)
{
	.flags = IFF_TUN,
};

FIXTURE_VARIANT_ADD(race_netns, tap_multi_persist)
{
	.flags = IFF_TAP | IFF_MULTI_QUEUE,
	.persist = true,
};

struct race_args {
	int flags;
	bool persist;
};

FIXTURE_SETUP(race_netns)
{
	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, race_init(&self->race));
	self->flags = variant->flags | IFF_NO_PI;
}

FIXTURE_TEARDOWN(race_netns)
{
	EXPECT_EQ(0, flow_check("race0", self->flags));
	EXPECT_EQ(0, flow_check("race1", self->flags ^ IFF_MULTI_QUEUE));
	EXPECT_TRUE(race_left_nothing(&self->race));
}

/* A file of a device that was made here and moved to a namespace about to end. */
static int race_doom(const struct race_args *args, int nr)
{
	int ns = ns_new(), fd, err;
	char name[IFNAMSIZ];

	if (ns < 0)
		return ns;
	snprintf(name, sizeof(name), "doom%d", nr);
	fd = vt_attach_nb(name, args->flags);
	err = fd < 0 ? fd : link_up(name);
	if (!err && args->persist)
		err = vt_persist(fd, true);
	if (!err)
		err = link_set_netns(name, ns);
	if (err && fd >= 0)
		close(fd);
	close(ns);
	return err ? err : fd;
}

/* Close at a moment that moves through the namespace's end. */
static void job_close(struct race_job *job)
{
	struct race_args *args = job->arg;

	while (race_goes_on(job)) {
		int fd = race_doom(args, job->nr);

		if (fd < 0) {
			race_fail(job, fd);
			break;
		}
		usleep(job->rounds % 20 * 500);
		close(fd);
		race_done(job);
	}
}

/* F10.8 F10.3: the last close against the end of the device's namespace */
TEST_F_TIMEOUT(race_netns, close_against_end, RACE_TIMEOUT)
{
	struct race_args args = { self->flags, variant->persist };
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(i, race_add(&self->race, job_close, &args));
	EXPECT_EQ(0, race_run(&self->race));
}

/* Use the file until its device is gone, then attach it to a new one. */
static void job_use(struct race_job *job)
{
	struct race_args *args = job->arg;
	struct flow_path path = { .tap = args->flags & IFF_TAP };
	struct flow_mark mark;

	while (race_goes_on(job)) {
		int fd = race_doom(args, job->nr), err;
		char name[IFNAMSIZ];

		if (fd < 0) {
			race_fail(job, fd);
			break;
		}
		do {
			err = flow_write(&path, fd, 1, 1);
			if (err == -EIO)	/* the move took it down */
				err = flow_read(&path, fd, &mark);
			if (err == -EAGAIN)
				err = vt_ifname(fd, name);
		} while (!err && !*job->stop);
		if (err && err != -EBADFD)
			race_fail(job, err);
		if (err == -EBADFD)
			err = vt_setiff(fd, "", args->flags);
		race_round(job, err);
		close(fd);
	}
}

/* F10.8 F2.45: reading, writing and attaching again against the end */
TEST_F_TIMEOUT(race_netns, use_against_end, RACE_TIMEOUT)
{
	struct race_args args = { self->flags, variant->persist };
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(i, race_add(&self->race, job_use, &args));
	EXPECT_EQ(0, race_run(&self->race));
}

/*
 * TUNGETDEVNETNS while the namespace dies: a descriptor, or an error, never a
 * namespace whose last reference is gone.
 */
static void job_get_device_ns(struct race_job *job)
{
	struct race_args *args = job->arg;

	while (race_goes_on(job)) {
		int fd = race_doom(args, job->nr), ns;

		if (fd < 0) {
			race_fail(job, fd);
			break;
		}
		do {
			ns = vt_ioctl(fd, TUNGETDEVNETNS, 0);
			if (ns >= 0)
				close(ns);
		} while (ns != -EBADFD && (ns >= 0 || ns == -EINVAL) &&
			 !*job->stop);
		if (ns < 0 && ns != -EBADFD && ns != -EINVAL)
			race_fail(job, ns);
		else
			race_done(job);
		close(fd);
	}
}

/* A file that alone keeps its namespace gives it away, and is closed. */
static void job_get_file_ns(struct race_job *job)
{
	struct race_args *args = job->arg;
	int home = ns_open();

	while (race_goes_on(job)) {
		int err = ns_fresh(), fd = -1, ns;

		if (!err)
			fd = vt_attach("own0", args->flags);
		err = err ?: ns_enter(home);
		if (!err && fd < 0)
			err = fd;
		if (err) {
			race_fail(job, err);
			break;
		}
		ns = vt_ioctl(fd, SIOCGSKNS, 0);
		close(fd);
		if (ns < 0 || ns_enter(ns) || link_exists("own0"))
			race_fail(job, ns);
		else
			race_done(job);
		ns_enter(home);
		close(ns);
	}
}

/* F3.17.1 F3.17.2 F1.7: asking for a namespace that ends (CVE-2024-40958) */
TEST_F_TIMEOUT(race_netns, ask_for_a_dying_one, RACE_TIMEOUT)
{
	struct race_args args = { self->flags, variant->persist };

	ASSERT_EQ(0, race_add(&self->race, job_get_device_ns, &args));
	ASSERT_EQ(1, race_add(&self->race, job_get_device_ns, &args));
	ASSERT_EQ(2, race_add(&self->race, job_get_file_ns, &args));
	EXPECT_EQ(0, race_run(&self->race));
}

/* The process ends together with its namespace, its files and devices. */
static void job_exit(struct race_job *job)
{
	struct race_args *args = job->arg;

	while (race_goes_on(job)) {
		pid_t pid = fork();
		int status = -1;

		if (!pid) {
			struct flow_path path = {
				.tap = args->flags & IFF_TAP,
			};
			int fd, err = ns_fresh();

			fd = err ? err : vt_attach("own0", args->flags);
			if (fd < 0)
				_exit(1);
			if (args->persist && vt_persist(fd, true))
				_exit(2);
			if (link_up("own0") || flow_write(&path, fd, 1, 1))
				_exit(3);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
			race_fail(job, status);
		else
			race_done(job);
	}
}

/*
 * F1.7 F10.8: the last reference on the namespace is the file's, so closing it
 * ends both (CVE-2022-49014).
 */
TEST_F_TIMEOUT(race_netns, file_and_namespace_end_together, RACE_TIMEOUT)
{
	struct race_args args = { self->flags, variant->persist };
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(i, race_add(&self->race, job_exit, &args));
	EXPECT_EQ(0, race_run(&self->race));
}

TEST_HARNESS_MAIN
