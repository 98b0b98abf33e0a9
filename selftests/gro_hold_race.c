// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool -C rx-usecs, against everything that changes a device and its queue:
 * each packet that a write() took arrives, and once.
 */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_race.h"
#include "testlib_stats.h"
#include "testlib_vnet.h"

#include <poll.h>
#include <string.h>
#include <sys/mman.h>

#define SIZE	1000			/* of a segment's data */
#define LONG	1000000			/* µs, as long as a packet may wait */

FIXTURE(gro_hold_race)
{
	struct vnet v;
	struct vnet_pkt pkt, got;
	struct vnet_spec spec;
	bool may_park;
	struct race race;
	int counter;			/* of what the stack receives */
	_Atomic unsigned long *refused;	/* which jobs share */
};

FIXTURE_VARIANT(gro_hold_race)
{
	int flags;
};

FIXTURE_VARIANT_ADD(gro_hold_race, tun) { IFF_TUN | IFF_NO_PI };
FIXTURE_VARIANT_ADD(gro_hold_race, tap_vnet) { IFF_TAP | IFF_VNET_HDR };
FIXTURE_VARIANT_ADD(gro_hold_race, tap_napi) { IFF_TAP | IFF_NO_PI | IFF_NAPI };
FIXTURE_VARIANT_ADD(gro_hold_race, tun_queues)
{
	IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE
};

FIXTURE_SETUP(gro_hold_race)
{
	if (vt_intree())
		SKIP(return, "in-tree tun has no rx-usecs");
	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, race_init(&self->race));
	self->refused = mmap(NULL, sizeof(*self->refused),
			     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			     -1, 0);
	ASSERT_NE(MAP_FAILED, self->refused);
	ASSERT_EQ(0, vnet_add(&self->v, IO_NAME, variant->flags, VNET_SIZE));
	self->spec = (struct vnet_spec){
		.eth = self->v.io.tap, .proto = IPPROTO_TCP, .len = SIZE,
	};
	self->may_park = variant->flags & IFF_MULTI_QUEUE;
	self->counter = psock_counter();
	ASSERT_LE(0, self->counter);
	ASSERT_EQ(0, eth_coalesce(IO_NAME, 200, 0));
}

FIXTURE_TEARDOWN(gro_hold_race)
{
}

/* A write() took the packet, or said why not. */
static void job_wrote(struct race_job *job, int err)
{
	FIXTURE_DATA(gro_hold_race) *self = job->arg;

	if (!err)
		race_done(job);
	else if (err == -EIO)
		*self->refused += 1;	/* the device counts it, too */
	else if (err != -EAGAIN)
		race_fail(job, err);
}

/* Segments of one TCP connection. */
static void job_write(struct race_job *job)
{
	FIXTURE_DATA(gro_hold_race) *self = job->arg;

	while (race_goes_on(job)) {
		self->spec.seq = job->rounds * SIZE;
		vnet_build(&self->pkt, &self->spec);
		job_wrote(job, vnet_write(&self->v, &self->pkt));
	}
}

static void job_wait(struct race_job *job)
{
	FIXTURE_DATA(gro_hold_race) *self = job->arg;
	struct pollfd p = { self->v.io.fd, POLLIN };
	char buf[2000];

	while (race_goes_on(job)) {
		poll(&p, 1, 1);
		while (read(self->v.io.fd, buf, sizeof(buf)) > 0)
			;
		race_done(job);
	}
}

static void job_coalesce(struct race_job *job)
{
	static const uint32_t usecs[] = { 0, 100, 5000, LONG, 1 };

	while (race_goes_on(job)) {
		race_round(job, eth_coalesce(IO_NAME, usecs[job->rounds % 5],
					     job->rounds % 7));
		nap_ms(1);
	}
}

static void job_restart(struct race_job *job)
{
	while (race_goes_on(job)) {
		race_round(job, link_down(IO_NAME) ?: link_up(IO_NAME));
		nap_ms(3);
	}
}

static void job_park(struct race_job *job)
{
	FIXTURE_DATA(gro_hold_race) *self = job->arg;

	while (race_goes_on(job)) {
		race_round(job, vt_set_queue(self->v.io.fd, IFF_DETACH_QUEUE) ?:
				vt_set_queue(self->v.io.fd, IFF_ATTACH_QUEUE));
		nap_ms(2);
	}
}

/* As fast as it can. */
static void job_flood(struct race_job *job)
{
	FIXTURE_DATA(gro_hold_race) *self = job->arg;
	uint8_t frame[PKT_MAX];
	size_t len;

	self->spec.proto = IPPROTO_UDP;
	self->spec.len = 10;
	vnet_build(&self->pkt, &self->spec);
	len = vnet_put_head(&self->v, &self->pkt, frame);
	memcpy(frame + len, self->pkt.buf, self->pkt.len);
	len += self->pkt.len;
	while (race_goes_on(job)) {
		ssize_t n = io_write(self->v.io.fd, frame, len);

		job_wrote(job, n == (ssize_t)len ? 0 : n < 0 ? n : -EMSGSIZE);
	}
}

/*
 * TCP packets that the stack has received; GRO makes one of several. What is
 * written while a queue is being parked may pass what was held.
 */
static void job_hear(struct race_job *job)
{
	FIXTURE_DATA(gro_hold_race) *self = job->arg;
	uint32_t next = 0;
	struct vnet_seen s;

	while (race_goes_on(job)) {
		ssize_t n = vnet_heard(self->v.vps, &self->got, 20);

		if (n < 0)
			continue;
		if (vnet_parse(self->got.buf, n, self->v.io.tap, &s) ||
		    ((int32_t)(s.seq - next) < 0 && !self->may_park)) {
			race_fail(job, s.seq);
			continue;
		}
		next = s.seq + s.data_len;
		race_done(job);
	}
}

/*
 * What write() of job 0 took is counted and has arrived, all of it; what it refused
 * since the device was down is counted as that, and there was no other drop.
 */
#define EXPECT_ALL_ARRIVED(self) do {					\
	long __taken = race_job_done(&(self)->race, 0);			\
	struct rtnl_link_stats64 __link;				\
									\
	ASSERT_EQ(0, eth_coalesce(IO_NAME, 0, 0));			\
	EXPECT_TRUE(wait_for(stats_arrived(IO_NAME, (self)->counter) ==	\
			     __taken, WAIT_MS));			\
	EXPECT_EQ(__taken, stats_arrived(IO_NAME, (self)->counter));	\
	__link = io_counted(&(self)->v.io);				\
	EXPECT_EQ(__taken, __link.rx_packets);				\
	EXPECT_EQ(*(self)->refused, __link.rx_dropped);			\
	EXPECT_EQ(*(self)->refused, stats_now(IO_NAME, "rx_drop_down")); \
} while (0)

/* Nothing is lost, taken twice, passes another, or is used after it was freed. */
TEST_F_TIMEOUT(gro_hold_race, everything, RACE_TIMEOUT)
{
	struct race *race = &self->race;

	ASSERT_EQ(0, race_add(race, job_write, self));
	ASSERT_LE(0, race_add(race, job_hear, self));
	ASSERT_LE(0, race_add(race, job_wait, self));
	ASSERT_LE(0, race_add(race, job_coalesce, self));
	ASSERT_LE(0, race_add(race, job_restart, self));
	if (self->may_park)
		ASSERT_LE(0, race_add(race, job_park, self));
	EXPECT_EQ(0, race_run(race));
	EXPECT_ALL_ARRIVED(self);
}

/* Who writes without a pause doesn't hold up who configures, nor loses anything. */
TEST_F_TIMEOUT(gro_hold_race, flood, RACE_TIMEOUT)
{
	struct race *race = &self->race;

	ASSERT_EQ(0, race_add(race, job_flood, self));
	ASSERT_LE(0, race_add(race, job_coalesce, self));
	ASSERT_LE(0, race_add(race, job_restart, self));
	ASSERT_LE(0, race_add(race, job_wait, self));
	EXPECT_EQ(0, race_run(race));
	EXPECT_ALL_ARRIVED(self);
}

TEST_HARNESS_MAIN
