// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches against everything that changes a file, its queue and its device: no
 * record is taken that is not received, and none comes torn, twice or not at all.
 */
#include <kselftest_harness.h>
#include "testlib_batch.h"
#include "testlib_hook.h"
#include "testlib_race.h"
#include "testlib_stats.h"
#include "testlib_trace.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define NAME	IO_NAME
#define DATA	60			/* with headers 88: version 5, see below */
#define SENDERS	2
#define MOST	100			/* records in a write */

/* What jobs counted, in memory that they share. */
struct counts {
	_Atomic unsigned long accepted;	/* records that write() took */
	_Atomic unsigned long refused;	/* errors that the driver counts */
	_Atomic unsigned long sent;	/* packets that transmit took */
	_Atomic unsigned long dropped;	/* of which it said that it dropped them */
	_Atomic unsigned long read;	/* packets that came out */
};

FIXTURE(batch_race)
{
	struct race race;
	struct counts *counts;
	int flags;
	int fd[2];
	int ps;				/* for senders */
	int counter;			/* of what the stack receives */
};

FIXTURE_VARIANT(batch_race)
{
	int flags;
};

FIXTURE_VARIANT_ADD(batch_race, tun) { IFF_TUN };
FIXTURE_VARIANT_ADD(batch_race, tap_napi) { IFF_TAP | IFF_NAPI };

FIXTURE_SETUP(batch_race)
{
	int i;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, race_init(&self->race));
	self->counts = mmap(NULL, sizeof(*self->counts), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->counts);
	self->flags = variant->flags | IFF_NO_PI | IFF_MULTI_QUEUE;
	for (i = 0; i < 2; i++) {
		self->fd[i] = vt_attach_nb(NAME, self->flags);
		ASSERT_LE(0, self->fd[i]);
		ASSERT_EQ(0, batch_mode(self->fd[i], VTUN_MODE_BATCH));
	}
	ASSERT_EQ(0, link_up(NAME));
	self->ps = psock_open(NAME, SOCK_RAW, 0);
	ASSERT_LE(0, self->ps);
	self->counter = psock_counter();
	ASSERT_LE(0, self->counter);
}

FIXTURE_TEARDOWN(batch_race)
{
	int i;

	if (vt_intree())
		return;
	trace_end();
	for (i = 0; i < 2; i++)
		close(self->fd[i]);
	close(self->ps);
	EXPECT_FALSE(link_exists(NAME));
	EXPECT_TRUE(race_left_nothing(&self->race));
}

/* ---- packets ---- */

struct mark {
	uint32_t sender;
	uint32_t seq;
	uint8_t rest[DATA - 8];
};

static size_t build(bool tap, void *buf, uint32_t sender, uint32_t seq)
{
	struct mark mark = { sender, seq };
	size_t at = tap ? pkt_eth(buf, pkt_mac_b, pkt_mac_a, ETH_P_IP) : 0;

	memset(mark.rest, seq, sizeof(mark.rest));
	return at + pkt_udp4((uint8_t *)buf + at, 0x0a000001, 0x0a0000ff, 1, 2,
			     &mark, sizeof(mark));
}

/* 0 if this is a packet of a sender's, and a later one than the last. */
static int take(bool tap, const uint8_t *got, size_t len, uint32_t *last)
{
	uint8_t want[PKT_MAX];
	struct mark mark;

	if (len < sizeof(mark))
		return -EBADMSG;
	memcpy(&mark, got + len - sizeof(mark), sizeof(mark));
	if (mark.sender >= SENDERS || len != build(tap, want, mark.sender,
						   mark.seq) ||
	    memcmp(got, want, len))
		return -EBADMSG;
	if (mark.seq <= last[mark.sender])
		return -EEXIST;
	last[mark.sender] = mark.seq;
	return 0;
}

/* ---- jobs ---- */

/*
 * Writes to one file or to the other. In layer 3 mode a plain write() of such
 * records is refused, for they begin with a length that is no version of IP.
 */
static void job_write(struct race_job *job)
{
	FIXTURE_DATA(batch_race) *self = job->arg;
	bool tap = self->flags & IFF_TAP;
	static struct batch b;
	uint8_t buf[PKT_MAX];
	size_t record, num;
	ssize_t n;

	record = batch_size(build(tap, buf, 0, 0));
	while (race_goes_on(job)) {
		batch_clear(&b);
		for (num = 1 + job->rounds % MOST; num; num--)
			batch_add(&b, buf, build(tap, buf, 0, num));
		n = batch_write(&b, self->fd[job->rounds % 2]);
		if (n > 0 && n % record == 0) {
			self->counts->accepted += n / record;
			race_done(job);
		} else if (n == -EIO || n == -EINVAL) {
			self->counts->refused++;
		} else if (n != -EBUSY && n != -EBADFD) {
			race_fail(job, n);
		}
	}
}

static void job_send(struct race_job *job)
{
	FIXTURE_DATA(batch_race) *self = job->arg;
	uint32_t seq = 0;

	while (race_goes_on(job)) {
		uint8_t buf[PKT_MAX];
		size_t len = build(self->flags & IFF_TAP, buf, job->nr, ++seq);
		ssize_t n = psock_send(self->ps, NAME, ETH_P_IP, buf, len);

		if (n == (ssize_t)len) {
			self->counts->sent++;
			race_done(job);
		} else if (n == -ENOBUFS) {
			self->counts->dropped++;
		} else if (n != -ENETDOWN && n != -EAGAIN && n != -ENXIO &&
			   n != -ENODEV) {
			race_fail(job, n);
		}
	}
}

/* A record begins with a length, a packet with an address or a version. */
static bool is_batch(bool tap, const uint8_t *buf)
{
	uint8_t packet[PKT_MAX];

	build(tap, packet, 0, 0);
	return buf[0] != packet[0];
}

/* Read once from @fd: packets, or -errno. Those of a sender come in their order. */
static int get(FIXTURE_DATA(batch_race) *self, int fd, size_t room,
	       uint32_t *last)
{
	bool tap = self->flags & IFF_TAP;
	static struct batch b;
	const uint8_t *got;
	ssize_t n = batch_read(&b, fd, room);
	int num = 0, err;

	if (n <= 0)
		return n;
	if (!is_batch(tap, b.buf)) {
		err = take(tap, b.buf, n, last);
		num = 1;
	} else {
		while ((n = batch_next(&b, &got)) > 0 && num >= 0) {
			err = take(tap, got, n, last);
			num = err ? err : num + 1;
		}
		err = n ?: num < 0 ? num : 0;
	}
	if (err)
		return err;
	self->counts->read += num;
	return num;
}

static void job_read(struct race_job *job)
{
	FIXTURE_DATA(batch_race) *self = job->arg;
	uint32_t last[2][SENDERS] = {};

	while (race_goes_on(job)) {
		int i = job->rounds % 2;
		int n = get(self, self->fd[i], 200 + job->rounds % 7 * 1000,
			    last[i]);

		if (n > 0)
			race_done(job);
		else if (n != -EAGAIN && n != -EBADFD)
			race_fail(job, n);
	}
}

static void job_modes(struct race_job *job)
{
	static const unsigned int modes[] = {
		0, VTUN_MODE_BATCH, VTUN_MODE_NOTRUNC,
		VTUN_MODE_BATCH | VTUN_MODE_NOTRUNC,
	};
	FIXTURE_DATA(batch_race) *self = job->arg;

	while (race_goes_on(job)) {
		int err = batch_mode(self->fd[0], modes[job->rounds % 4]);

		race_round(job, err);
	}
}

static void job_park(struct race_job *job)
{
	FIXTURE_DATA(batch_race) *self = job->arg;

	while (race_goes_on(job)) {
		int err = vt_set_queue(self->fd[1], IFF_DETACH_QUEUE) ?:
			  vt_set_queue(self->fd[1], IFF_ATTACH_QUEUE);

		race_round(job, err);
	}
}

static void job_restart(struct race_job *job)
{
	while (race_goes_on(job)) {
		int err = link_down(NAME) ?: link_up(NAME);

		race_round(job, err);
	}
}

static void job_resize(struct race_job *job)
{
	static const unsigned int len[] = { 1, 500, 10, 0, 100, 1000 };

	while (race_goes_on(job)) {
		int err = link_set_txqlen(NAME, len[job->rounds % 6]);

		race_round(job, err);
	}
}

/* Deletes the device and makes it again for both files. */
static void job_delete(struct race_job *job)
{
	FIXTURE_DATA(batch_race) *self = job->arg;

	while (race_goes_on(job)) {
		int err = link_del(NAME) ?:
			  vt_setiff(self->fd[0], NAME, self->flags) ?:
			  vt_setiff(self->fd[1], NAME, self->flags) ?:
			  link_up(NAME);

		race_round(job, err);
	}
}

/* ---- races ---- */

/* One that sends, one that reads and two that write, against @run. */
static void run_against(struct __test_metadata *_metadata,
			FIXTURE_DATA(batch_race) *self,
			void (*run)(struct race_job *job))
{
	/* A packet socket divides by the number of tx queues, which the core
	 * sets to 0 when a device goes: packet_xmit() of 6.12 and 7.3.
	 */
	int bypass = run != job_delete;

	/* else the qdisc drops, too, and tells nobody */
	ASSERT_EQ(0, setsockopt(self->ps, SOL_PACKET, PACKET_QDISC_BYPASS,
				&bypass, sizeof(bypass)));
	ASSERT_EQ(0, race_add(&self->race, job_send, self));
	ASSERT_EQ(1, race_add(&self->race, job_read, self));
	ASSERT_EQ(2, race_add(&self->race, job_write, self));
	ASSERT_EQ(3, race_add(&self->race, job_write, self));
	if (run)
		ASSERT_EQ(4, race_add(&self->race, run, self));
	EXPECT_EQ(0, race_run(&self->race));
}

/* Read what is left. */
static int drain(FIXTURE_DATA(batch_race) *self)
{
	int i, n;

	for (i = 0; i < 2; i++) {
		uint32_t last[SENDERS] = {};

		while ((n = get(self, self->fd[i], BATCH_MAX, last)) > 0)
			;
		if (n != -EAGAIN)
			return n;
	}
	return 0;
}

/* All that was taken was received, all that was refused so is counted. */
#define EXPECT_WRITES_ADD_UP(self) do {					\
	struct link_info info;						\
									\
	ASSERT_EQ(0, link_get(NAME, &info));				\
	EXPECT_EQ((self)->counts->accepted, info.stats.rx_packets);	\
	EXPECT_EQ((self)->counts->refused, info.stats.rx_dropped);	\
} while (0)

/* And has arrived: but a queue that leaves may lose what NAPI has not taken. */
#define EXPECT_WRITES_ARRIVED(self) do {				\
	struct link_info info;						\
									\
	ASSERT_EQ(0, link_get(NAME, &info));				\
	EXPECT_TRUE(wait_for(stats_arrived(NAME, (self)->counter) ==	\
			     (long)info.stats.rx_packets, WAIT_MS));	\
	EXPECT_EQ((long)info.stats.rx_packets,				\
		  stats_arrived(NAME, (self)->counter));		\
} while (0)

/* All that was sent was read, and counted, but for @lost packets. */
#define EXPECT_ALL_READ(self, lost) do {				\
	struct link_info info;						\
									\
	ASSERT_EQ(0, drain(self));					\
	ASSERT_EQ(0, link_get(NAME, &info));				\
	EXPECT_EQ((self)->counts->sent, (self)->counts->read + (lost));	\
	EXPECT_EQ((self)->counts->read, info.stats.tx_packets);		\
} while (0)

/* And what was not is counted as dropped. Not where the core has transmit queues
 * frozen for a moment: who bypasses the qdisc is told of a drop then, too.
 */
#define EXPECT_READS_ADD_UP(self, lost) do {				\
	struct link_info info;						\
									\
	EXPECT_ALL_READ(self, lost);					\
	ASSERT_EQ(0, link_get(NAME, &info));				\
	EXPECT_EQ((self)->counts->dropped, info.stats.tx_dropped);	\
} while (0)

TEST_F_TIMEOUT(batch_race, counters_add_up, RACE_TIMEOUT)
{
	ASSERT_EQ(0, link_set_txqlen(NAME, 50));
	run_against(_metadata, self, NULL);
	EXPECT_WRITES_ADD_UP(self);
	EXPECT_WRITES_ARRIVED(self);
	EXPECT_READS_ADD_UP(self, 0);
}

/* In Ethernet mode records are a packet for a plain write(): how many it took
 * can't be told.
 */
TEST_F_TIMEOUT(batch_race, modes, RACE_TIMEOUT)
{
	run_against(_metadata, self, job_modes);
	if (!(self->flags & IFF_TAP))
		EXPECT_WRITES_ADD_UP(self);
	EXPECT_WRITES_ARRIVED(self);
	EXPECT_READS_ADD_UP(self, 0);
}

/* What waits in the fifo is lost with each, and counted. */
TEST_F_TIMEOUT(batch_race, park, RACE_TIMEOUT)
{
	run_against(_metadata, self, job_park);
	EXPECT_WRITES_ADD_UP(self);
	EXPECT_READS_ADD_UP(self, stats_now(NAME, "tx_unread"));
}

TEST_F_TIMEOUT(batch_race, down_and_up, RACE_TIMEOUT)
{
	run_against(_metadata, self, job_restart);
	EXPECT_WRITES_ADD_UP(self);
	EXPECT_WRITES_ARRIVED(self);
	EXPECT_ALL_READ(self, 0);
	EXPECT_EQ(0, stats_now(NAME, "tx_unread"));
}

/* What a shorter fifo has no room for is lost, and in no counter: F7.6. The
 * kernel's event of a drop tells: FULL_RING is the reason of these, and of what
 * met a full fifo, which is counted.
 */
TEST_F_TIMEOUT(batch_race, resize, RACE_TIMEOUT)
{
	int reason = trace_drop_reason("FULL_RING");
	char filter[32];
	long lost;

	if (!trace_missing(reason)) {
		ASSERT_LT(0, reason);
		snprintf(filter, sizeof(filter), "reason == %d", reason);
		ASSERT_EQ(0, trace_start_counting("skb/kfree_skb", filter));
	}
	run_against(_metadata, self, job_resize);
	EXPECT_WRITES_ADD_UP(self);
	EXPECT_WRITES_ARRIVED(self);
	EXPECT_EQ(0, stats_now(NAME, "tx_unread"));
	if (trace_missing(reason))
		SKIP(return, "no tracepoints here (error %d)", -reason);
	lost = trace_counted() - stats_now(NAME, "tx_drop_full");
	EXPECT_LE(0, lost);
	EXPECT_ALL_READ(self, lost);
}

/* The files keep their mode, and serve the device that comes next. */
TEST_F_TIMEOUT(batch_race, delete, RACE_TIMEOUT)
{
	struct rtnl_link_stats64 last;
	static struct batch b;
	uint8_t buf[PKT_MAX];
	struct link_info info;
	int i;

	run_against(_metadata, self, job_delete);
	ASSERT_EQ(0, link_get(NAME, &info));
	last = info.stats;
	for (i = 0; i < 70; i++)
		batch_add(&b, buf, build(self->flags & IFF_TAP, buf, 0, i));
	for (i = 0; i < 2; i++)
		EXPECT_EQ(b.len, batch_write(&b, self->fd[i]));
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(2 * 70, info.stats.rx_packets - last.rx_packets);
}

/* With back pressure nothing is lost, and no wake-up either. */
TEST_F_TIMEOUT(batch_race, back_pressure, RACE_TIMEOUT)
{
	int err, i;

	close(self->fd[1]);
	ASSERT_EQ(0, vt_persist(self->fd[0], true));
	close(self->fd[0]);
	for (i = 0; i < 2; i++) {
		self->fd[i] = vt_attach_nb(NAME, self->flags | IFF_BACKPRESSURE);
		ASSERT_LE(0, self->fd[i]);
		ASSERT_EQ(0, batch_mode(self->fd[i], VTUN_MODE_BATCH));
	}
	ASSERT_EQ(0, vt_persist(self->fd[0], false));
	err = hook_root(link_index(NAME), "pfifo");
	if (hook_missing(err))
		SKIP(return, "no pfifo here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, link_set_txqlen(NAME, 16));
	ASSERT_EQ(0, race_add(&self->race, job_send, self));
	ASSERT_EQ(1, race_add(&self->race, job_send, self));
	ASSERT_EQ(2, race_add(&self->race, job_read, self));
	ASSERT_EQ(3, race_add(&self->race, job_write, self));
	EXPECT_EQ(0, race_run(&self->race));
	EXPECT_TRUE(wait_for(!drain(self) &&
			     self->counts->sent == self->counts->read, WAIT_MS));
	EXPECT_EQ(0, hook_held(link_index(NAME)));
	EXPECT_EQ(self->counts->sent, self->counts->read);
	EXPECT_WRITES_ADD_UP(self);
	EXPECT_WRITES_ARRIVED(self);
}

TEST_HARNESS_MAIN
