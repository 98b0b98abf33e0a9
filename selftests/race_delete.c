// SPDX-License-Identifier: GPL-2.0-only
/* Files that are attached, used and closed while their device is deleted. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"
#include "testlib_race.h"

#include <signal.h>
#include <sys/time.h>

FIXTURE(race_delete)
{
	struct race race;
	int flags;
};

FIXTURE_VARIANT(race_delete)
{
	int flags;
	bool persist;
};

FIXTURE_VARIANT_ADD(race_delete, tun)
{
	.flags = IFF_TUN | IFF_MULTI_QUEUE,
};

FIXTURE_VARIANT_ADD(race_delete, tap_persist)
{
	.flags = IFF_TAP | IFF_MULTI_QUEUE,
	.persist = true,
};

struct race_args {
	int flags;
	bool persist;
	int fd;
};

FIXTURE_SETUP(race_delete)
{
	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, race_init(&self->race));
	self->flags = variant->flags | IFF_NO_PI;
}

/* Whatever was raced for: all is as before, and the driver still works. */
FIXTURE_TEARDOWN(race_delete)
{
	int err = link_del("race0");

	if (!variant->persist)
		EXPECT_EQ(-ENODEV, err);
	EXPECT_FALSE(link_exists("race0"));
	EXPECT_EQ(0, flow_check("race0", self->flags));
	EXPECT_EQ(0, flow_check("race1", self->flags ^ IFF_MULTI_QUEUE));
	EXPECT_TRUE(race_left_nothing(&self->race));
}

/* May an operation on a file whose device may be deleted end so? */
static bool race_expected(int err)
{
	return !err || err == -EBADFD || err == -EIO || err == -EAGAIN;
}

static void job_delete(struct race_job *job)
{
	while (race_goes_on(job)) {
		int err = link_del("race0");

		if (!err)
			race_done(job);
		else if (err != -ENODEV)
			race_fail(job, err);
	}
}

/* Attach, use and close: no matter when the device goes, attaching works. */
static void job_attach(struct race_job *job)
{
	struct race_args *args = job->arg;
	struct flow_path path = { .tap = args->flags & IFF_TAP };
	struct flow_mark mark;

	while (race_goes_on(job)) {
		int fd = vt_attach_nb("race0", args->flags), err;

		if (fd < 0) {
			race_fail(job, fd);
			break;
		}
		if (args->persist && job->rounds % 2) {
			err = vt_persist(fd, true);
			if (!race_expected(err))
				race_fail(job, err);
		}
		link_up("race0");
		err = flow_write(&path, fd, job->rounds % 100, job->rounds);
		if (!race_expected(err))
			race_fail(job, err);
		else if (!err)
			race_done(job);
		err = flow_read(&path, fd, &mark);
		if (!race_expected(err))
			race_fail(job, err);
		close(fd);
	}
}

/* F10.3 F10.12 F2.45: open, attach, use and close against ip link del */
TEST_F_TIMEOUT(race_delete, attach_use_close, RACE_TIMEOUT)
{
	struct race_args args = {
		.flags = self->flags, .persist = variant->persist,
	};

	ASSERT_EQ(0, race_add(&self->race, job_delete, NULL));
	ASSERT_EQ(1, race_add(&self->race, job_attach, &args));
	ASSERT_EQ(2, race_add(&self->race, job_attach, &args));
	EXPECT_EQ(0, race_run(&self->race));
}

static void race_nothing(int sig)
{
}

/* So that nothing sleeps for ever when the race is over. */
static void race_alarms(void)
{
	struct itimerval timer = { { 0, 50000 }, { 0, 50000 } };
	struct sigaction act = { .sa_handler = race_nothing };

	sigaction(SIGALRM, &act, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

/* Sleeps in read() until a packet, a signal or the deletion ends that. */
static void job_read(struct race_job *job)
{
	struct race_args *args = job->arg;
	uint8_t buf[PKT_MAX];

	race_alarms();
	while (race_goes_on(job)) {
		ssize_t ret = read(args->fd, buf, sizeof(buf));

		if (ret > 0)
			race_done(job);
		else if (!ret || (errno != EFAULT && errno != EBADFD &&
				  errno != EINTR))
			race_fail(job, ret ? -errno : 0);
	}
}

/* The one that attaches the common file again whenever its device is gone. */
static void job_write(struct race_job *job)
{
	struct race_args *args = job->arg;
	struct flow_path path = { .tap = args->flags & IFF_TAP };

	while (race_goes_on(job)) {
		int err = flow_write(&path, args->fd, 1, job->rounds);

		if (!err)
			race_done(job);
		else if (err == -EBADFD)
			err = vt_setiff(args->fd, "race0", args->flags);
		if (!err && args->persist)
			err = vt_persist(args->fd, true);
		if (!race_expected(err))
			race_fail(job, err);
		link_up("race0");
	}
}

static void job_send(struct race_job *job)
{
	struct race_args *args = job->arg;
	struct flow_path path;

	while (race_goes_on(job)) {
		int err = flow_open(&path, "race0", args->flags & IFF_TAP);
		int i;

		if (err == -ENODEV || err == -ENXIO)
			continue;
		if (err) {
			race_fail(job, err);
			break;
		}
		for (i = 0; i < 20 && !err; i++) {
			err = flow_send(&path, i, job->rounds);
			if (!err)
				race_done(job);
		}
		flow_close(&path);
	}
}

/* F10.3 F6.5 F6.9: sleeping readers and writers of one file against deletion */
TEST_F_TIMEOUT(race_delete, read_write, RACE_TIMEOUT)
{
	struct race_args args = {
		.flags = self->flags, .persist = variant->persist,
	};

	args.fd = vt_attach("race0", self->flags);
	ASSERT_LE(0, args.fd);
	ASSERT_EQ(0, race_add(&self->race, job_delete, NULL));
	ASSERT_EQ(1, race_add(&self->race, job_read, &args));
	ASSERT_EQ(2, race_add(&self->race, job_write, &args));
	ASSERT_EQ(3, race_add(&self->race, job_send, &args));
	EXPECT_EQ(0, race_run(&self->race));
	close(args.fd);
}

TEST_HARNESS_MAIN
