// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters while packets flow and queues come and go: a device's are the sum of
 * its queues' at any time, and ip -s link agrees.
 */
#include <kselftest_harness.h>
#include "testlib_io.h"
#include "testlib_race.h"
#include "testlib_stats.h"

#include <stdlib.h>

#define DATA		40
#define RACE_FLAGS	(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE)

static void drain(struct io *io)
{
	uint8_t buf[PKT_MAX];

	while (io_read(io->fd, buf, sizeof(buf)) > 0)
		;
}

static void race_write(struct race_job *job)
{
	struct io io = { .tap = true };
	uint8_t frame[PKT_MAX];
	size_t len;

	len = io_frame(&io, frame, job->nr, DATA);
	io.fd = vt_attach_nb(IO_NAME, RACE_FLAGS);
	while (race_goes_on(job)) {
		if (io.fd < 0)
			io.fd = vt_attach_nb(IO_NAME, RACE_FLAGS);
		if (io.fd >= 0 && io_write(io.fd, frame, len) == (ssize_t)len)
			race_done(job);
		drain(&io);
		if (job->rounds % 256 == 255 && io.fd >= 0) {
			close(io.fd);
			io.fd = -1;
		}
	}
}

static void race_send(struct race_job *job)
{
	while (race_goes_on(job))
		if (psock_feed(IO_NAME, true, job->rounds, DATA) > 0)
			race_done(job);
}

#define RIGHT(job, cond) do {						\
	if (!(cond))							\
		race_fail(job, 0);					\
} while (0)

/* Without RTNL, so that queues may be on their way out meanwhile. */
static uint64_t shown(const char *counter)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "statistics/%s", counter);
	return sysfs_read(IO_NAME, path, text, sizeof(text)) < 0 ? 0 :
	       strtoull(text, NULL, 10);
}

/* Sums are right, none ever falls, and what ip -s link shows is in between. */
static void race_look(struct race_job *job)
{
	static struct stats before, after;
	uint64_t rx, tx, last = 0;

	while (stats_get(IO_NAME, &before))
		;
	while (race_goes_on(job)) {
		rx = shown("rx_packets");
		tx = shown("tx_bytes");
		RIGHT(job, rx >= last);
		last = rx;
		if (job->rounds % 16)
			continue;
		if (stats_get(IO_NAME, &after))
			continue;	/* a queue came or went meanwhile */
		RIGHT(job, stats_wrong_sums(&after) == 0);
		RIGHT(job, rx >= stats_value(&before, "rx_packets"));
		RIGHT(job, rx <= stats_value(&after, "rx_packets"));
		RIGHT(job, tx >= stats_value(&before, "tx_bytes"));
		RIGHT(job, tx <= stats_value(&after, "tx_bytes"));
		before = after;
		race_done(job);
	}
}

FIXTURE(counters_race)
{
	struct io io;
	struct race race;
};

FIXTURE_SETUP(counters_race)
{
	if (vt_intree())
		SKIP(return, "in-tree tun has no counters of its own");
	ASSERT_EQ(0, io_open(&self->io, RACE_FLAGS));
	ASSERT_EQ(0, vt_persist(self->io.fd, true));
	ASSERT_EQ(0, race_init(&self->race));
}

FIXTURE_TEARDOWN(counters_race)
{
}

TEST_F_TIMEOUT(counters_race, sums, RACE_TIMEOUT)
{
	ASSERT_LE(0, race_add(&self->race, race_write, NULL));
	ASSERT_LE(0, race_add(&self->race, race_write, NULL));
	ASSERT_LE(0, race_add(&self->race, race_send, NULL));
	ASSERT_LE(0, race_add(&self->race, race_look, NULL));
	EXPECT_EQ(0, race_run(&self->race));
}

TEST_HARNESS_MAIN
