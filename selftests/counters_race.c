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

/* In one of so many rounds a program's memory is bad. */
#define BAD_EVERY	32

static void drain(struct io *io)
{
	uint8_t buf[PKT_MAX];

	while (io_read(io->fd, buf, sizeof(buf)) > 0)
		;
}

static void race_write(struct race_job *job)
{
	struct io io = { .tap = true };
	void *wall = io_readonly(PKT_MAX);
	uint8_t frame[PKT_MAX];
	size_t len;

	len = io_frame(&io, frame, job->nr, DATA);
	io.fd = vt_attach_nb(IO_NAME, RACE_FLAGS);
	while (race_goes_on(job)) {
		if (io.fd < 0)
			io.fd = vt_attach_nb(IO_NAME, RACE_FLAGS);
		if (io.fd >= 0 && io_write(io.fd, frame, len) == (ssize_t)len)
			race_done(job);
		if (job->rounds % BAD_EVERY == 0) {
			io_write(io.fd, NULL, 8000);
			io_read(io.fd, wall, PKT_MAX);
		}
		drain(&io);
		if (job->rounds % 256 == 255 && io.fd >= 0) {
			close(io.fd);
			io.fd = -1;
		}
	}
}

static void race_send(struct race_job *job)
{
	int sock = psock_open(IO_NAME, SOCK_RAW, 0);
	struct io io = { .tap = true };
	uint8_t frame[PKT_MAX];
	size_t len;

	while (race_goes_on(job)) {
		len = io_frame(&io, frame, job->rounds, DATA);
		if (psock_send(sock, IO_NAME, ETH_P_IP, frame, len) > 0)
			race_done(job);
	}
	close(sock);
}

static const struct {
	const char *direction, *counter;
} links[] = {
	{ "rx", "packets" }, { "rx", "bytes" }, { "rx", "dropped" },
	{ "tx", "packets" }, { "tx", "bytes" }, { "tx", "dropped" },
};

#define LINKS	ARRAY_SIZE(links)

/* @i-th of these, as the queues have counted it. */
static uint64_t counted(const struct stats *stats, size_t i)
{
	return stats_link(stats, links[i].direction, links[i].counter);
}

/*
 * The same as ip -s link shows it. Without RTNL, so that queues may be on their
 * way out meanwhile.
 */
static uint64_t shown(size_t i)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), "statistics/%s_%s", links[i].direction,
		 links[i].counter);
	return sysfs_read(IO_NAME, path, text, sizeof(text)) < 0 ? 0 :
	       strtoull(text, NULL, 10);
}

/*
 * Sums are right, none ever falls, and what ip -s link shows is in between. It is
 * done once all of it has moved.
 */
static void race_look(struct race_job *job)
{
	static struct stats before, after;
	uint64_t now[LINKS] = {}, last;
	size_t i, moved;

	while (stats_get(IO_NAME, &before))
		;
	while (race_goes_on(job)) {
		for (i = 0; i < LINKS; i++) {
			last = now[i];
			now[i] = shown(i);
			if (now[i] < last)
				race_fail(job, i);
		}
		if (job->rounds % 16)
			continue;
		if (stats_get(IO_NAME, &after))
			continue;	/* a queue came or went meanwhile */
		if (stats_wrong_sums(&after))
			race_fail(job, 0);
		for (i = 0, moved = 0; i < LINKS; i++) {
			if (now[i] < counted(&before, i) ||
			    now[i] > counted(&after, i))
				race_fail(job, i);
			moved += now[i] > 0;
		}
		before = after;
		if (moved == LINKS)
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
	/* nobody reads this queue, and it is full soon */
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 4));
	ASSERT_EQ(0, race_init(&self->race));
}

FIXTURE_TEARDOWN(counters_race)
{
}

TEST_F_TIMEOUT(counters_race, sums, RACE_TIMEOUT)
{
	static struct stats stats;
	size_t i;

	ASSERT_LE(0, race_add(&self->race, race_write, NULL));
	ASSERT_LE(0, race_add(&self->race, race_write, NULL));
	ASSERT_LE(0, race_add(&self->race, race_send, NULL));
	ASSERT_LE(0, race_add(&self->race, race_look, NULL));
	EXPECT_EQ(0, race_run(&self->race));
	/* and when all is over it is the same */
	ASSERT_EQ(0, stats_get(IO_NAME, &stats));
	for (i = 0; i < LINKS; i++) {
		EXPECT_EQ(counted(&stats, i), shown(i))
			TH_LOG("%s_%s", links[i].direction, links[i].counter);
	}
}

TEST_HARNESS_MAIN
