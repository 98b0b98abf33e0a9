// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool -C rx-usecs, rx-frames: written packets wait for each other, so that
 * GRO can merge them; not longer than they may, and not while the program waits.
 */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_uring.h"
#include "testlib_vnet.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE	1000			/* of a segment's data */
#define LONG	1000000			/* µs, as long as a packet may wait */
#define FLOWS	10
#define PORT	1000			/* of the first one */

FIXTURE(gro_hold)
{
	struct vnet v;
	struct vnet_pkt pkt, got;
	struct vnet_spec spec;
	uint64_t since;			/* the last write of put() */
};

FIXTURE_VARIANT(gro_hold)
{
	int flags;
};

FIXTURE_VARIANT_ADD(gro_hold, tun) { IFF_TUN | IFF_NO_PI };
FIXTURE_VARIANT_ADD(gro_hold, tap_vnet) { IFF_TAP | IFF_VNET_HDR };
FIXTURE_VARIANT_ADD(gro_hold, tap_napi) { IFF_TAP | IFF_NO_PI | IFF_NAPI };
FIXTURE_VARIANT_ADD(gro_hold, tun_queues)
{
	IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE
};

FIXTURE_SETUP(gro_hold)
{
	if (vt_intree())
		SKIP(return, "in-tree tun has no rx-usecs");
	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, vnet_add(&self->v, IO_NAME, variant->flags, VNET_SIZE));
	self->spec = (struct vnet_spec){
		.eth = self->v.io.tap, .proto = IPPROTO_TCP, .len = SIZE,
	};
}

FIXTURE_TEARDOWN(gro_hold)
{
}

/* Write the segment whose data begins at @seq. */
static int put(FIXTURE_DATA(gro_hold) *self, uint32_t seq)
{
	self->spec.seq = seq;
	vnet_build(&self->pkt, &self->spec);
	self->since = now_us();
	return vnet_write(&self->v, &self->pkt);
}

/* Bytes of the next packet's data, which begin at @pos, or -errno. */
static int heard_within(FIXTURE_DATA(gro_hold) *self, uint32_t pos, int ms)
{
	struct vnet_seen s;
	int err;

	err = vnet_heard_whole(self->v.vps, &self->got, ms, self->v.io.tap, &s);
	if (err)
		return err;
	return vnet_data_ok(self->got.buf + s.data, s.data_len, pos) ?
	       (int)s.data_len : -EBADMSG;
}

static int heard(FIXTURE_DATA(gro_hold) *self, uint32_t pos)
{
	return heard_within(self, pos, WAIT_MS);
}

static bool unheard(FIXTURE_DATA(gro_hold) *self)
{
	return heard_within(self, 0, 0) == -ETIMEDOUT;
}

/* Whether its time is not yet over, so that something else has ended the wait. */
static bool is_early(FIXTURE_DATA(gro_hold) *self)
{
	return now_us() - self->since < LONG;
}

/*
 * Writes a packet, which waits, and has @release done: 0 if it arrives at once.
 * A guest may lose time, so there is more than one try.
 */
static int released_by(FIXTURE_DATA(gro_hold) *self,
		       int (*release)(FIXTURE_DATA(gro_hold) *self))
{
	int err = -ETIME, tries;

	for (tries = 0; err == -ETIME && tries < 5; tries++) {
		bool waited;

		err = put(self, 0);
		if (err)
			return err;
		waited = unheard(self);
		err = release(self);
		if (err)
			return err;
		if (!waited && is_early(self))
			return -EALREADY;
		err = heard(self, 0) == SIZE ? 0 : -EBADMSG;
		if (!err && (!waited || !is_early(self)))
			err = -ETIME;
	}
	return err;
}

/* How long a packet may wait is shown, and is limited. */
TEST_F(gro_hold, limits)
{
	struct ethtool_coalesce c = { .cmd = ETHTOOL_GCOALESCE };

	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 7));
	EXPECT_EQ(-EINVAL, eth_coalesce(IO_NAME, LONG + 1, 0));
	EXPECT_EQ(-EINVAL, eth_coalesce(IO_NAME, ~0U, 0));
	ASSERT_EQ(0, eth_ioctl(IO_NAME, &c));
	EXPECT_EQ(LONG, c.rx_coalesce_usecs);
	EXPECT_EQ(7, c.rx_max_coalesced_frames);
}

/* Whether a packet waits for @usecs, but not much longer, in one of some tries. */
static bool waits_for(FIXTURE_DATA(gro_hold) *self, uint64_t usecs)
{
	int tries;

	for (tries = 0; tries < 5; tries++) {
		uint64_t waited;

		if (put(self, 0) || heard(self, 0) != SIZE)
			return false;
		waited = now_us() - self->since;
		if (waited < usecs)
			return false;
		if (waited < LONG / 2)
			return true;
	}
	return false;
}

TEST_F(gro_hold, arrives_in_time)
{
	ASSERT_EQ(0, eth_coalesce(IO_NAME, 2000, 0));
	EXPECT_TRUE(waits_for(self, 2000));
}

/* What was begun with a longer time is not waited for. */
TEST_F(gro_hold, shorter_time)
{
	struct pollfd p = { self->v.io.fd, POLLIN };

	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	ASSERT_EQ(0, put(self, 0));
	poll(&p, 1, 0);
	ASSERT_EQ(SIZE, heard(self, 0));
	ASSERT_EQ(0, eth_coalesce(IO_NAME, 3000, 0));
	EXPECT_TRUE(waits_for(self, 3000));
}

/* As many as may wait are one packet then. */
TEST_F(gro_hold, merges)
{
	int i, n, tries = 5;

	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 10));
	do {
		ASSERT_EQ(0, put(self, 0));
		for (i = 1; i < 10; i++)
			ASSERT_EQ(0, put(self, i * SIZE));
		n = heard(self, 0);
	} while (n != 10 * SIZE && --tries && !heard_within(self, 0, 1000));
	EXPECT_EQ(10 * SIZE, n);
	EXPECT_TRUE(unheard(self));
}

/* Without a number of frames it is 64, and bytes stay where they belong. */
TEST_F(gro_hold, order)
{
	uint32_t pos = 0, end = 300 * SIZE;
	int packets = 0, n;

	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	for (pos = 0; pos < end; pos += SIZE)
		ASSERT_EQ(0, put(self, pos));
	for (pos = 0; pos < end; pos += n, packets++) {
		n = heard(self, pos);
		ASSERT_LT(0, n);
	}
	EXPECT_GE(40, packets);
	EXPECT_TRUE(unheard(self));
}

static int by_reading(FIXTURE_DATA(gro_hold) *self)
{
	char byte[64];

	return read(self->v.io.fd, byte, sizeof(byte)) < 0 &&
	       errno == EAGAIN ? 0 : -EBADMSG;
}

TEST_F(gro_hold, read_ends_it)
{
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	EXPECT_EQ(0, released_by(self, by_reading));
}

static int by_polling(FIXTURE_DATA(gro_hold) *self)
{
	struct pollfd p = { self->v.io.fd, POLLIN };

	return poll(&p, 1, 0);
}

TEST_F(gro_hold, poll_ends_it)
{
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	EXPECT_EQ(0, released_by(self, by_polling));
}

/* ---- the program sleeps ---- */

/*
 * What it wrote has been heard of; end its sleep. Without that it would sleep
 * on: there is nothing to read.
 */
static int wake(FIXTURE_DATA(gro_hold) *self, struct sleeper *s)
{
	bool arrived = fd_poll(self->v.vps, POLLIN, WAIT_MS) > 0;
	bool asleep = sleeper_asleep(s);
	int err = psock_feed(IO_NAME, self->v.io.tap, 1, 10);

	if (err > 0)
		err = sleeper_wait(s, WAIT_MS);
	if (err)
		return err;
	return arrived && asleep && s->ret > 0 ? 0 : -EBADMSG;
}

static int by_sleeping_in_read(FIXTURE_DATA(gro_hold) *self)
{
	static uint8_t buf[PKT_MAX];
	static struct sleeper s;

	return sleeper_start(&s, self->v.io.fd, buf, sizeof(buf)) ?:
	       wake(self, &s);
}

TEST_F(gro_hold, sleep_in_read_ends_it)
{
	ASSERT_EQ(0, fcntl(self->v.io.fd, F_SETFL, O_RDWR));
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	EXPECT_EQ(0, released_by(self, by_sleeping_in_read));
}

/* A thread that sleeps in poll(), otherwise like sleeper_start()'s. */
static void *poll_main(void *arg)
{
	struct sleeper *s = arg;
	struct pollfd p = { s->fd, POLLIN };

	s->tid = gettid();
	s->ret = poll(&p, 1, WAIT_MS);
	s->done = true;
	return NULL;
}

/* Then it reads what has come, so that the next try's poll() sleeps again. */
static int by_sleeping_in_poll(FIXTURE_DATA(gro_hold) *self)
{
	static struct sleeper s;
	uint8_t buf[PKT_MAX];
	int err;

	s = (struct sleeper){ .fd = self->v.io.fd };
	err = -pthread_create(&s.thread, NULL, poll_main, &s);
	if (err)
		return err;
	if (!wait_for(s.done || sleeper_asleep(&s), WAIT_MS))
		return -ETIMEDOUT;
	err = wake(self, &s);
	return err ?: read(s.fd, buf, sizeof(buf)) > 0 ? 0 : -EBADMSG;
}

TEST_F(gro_hold, sleep_in_poll_ends_it)
{
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	EXPECT_EQ(0, released_by(self, by_sleeping_in_poll));
}

static struct io_uring ring;

/* A read that waits, while the program does something else. */
static int by_reading_later(FIXTURE_DATA(gro_hold) *self)
{
	static uint8_t buf[PKT_MAX];
	bool arrived, waits;
	uint64_t id;
	int err;

	queue_read(&ring, self->v.io.fd, buf, sizeof(buf), 1);
	if (io_uring_submit(&ring) != 1)
		return -EIO;
	arrived = fd_poll(self->v.vps, POLLIN, WAIT_MS) > 0;
	waits = reap(&ring, 0, &id) == -ETIMEDOUT;
	err = psock_feed(IO_NAME, self->v.io.tap, 1, 10);
	if (err < 0)
		return err;
	return arrived && waits && reap(&ring, WAIT_MS, &id) > 0 ? 0 : -EBADMSG;
}

TEST_F(gro_hold, io_uring_read_ends_it)
{
	int err = io_uring_queue_init(4, &ring, 0);

	if (err == -ENOSYS || err == -EPERM)
		SKIP(return, "no io_uring here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, fcntl(self->v.io.fd, F_SETFL, O_RDWR));
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	EXPECT_EQ(0, released_by(self, by_reading_later));
}

/* ---- what is held when something ends ---- */

/* A packet of each flow, none of which GRO can merge; they wait. */
static int put_flows(FIXTURE_DATA(gro_hold) *self)
{
	uint64_t first = 0;
	int i, err = 0;

	for (i = 0; i < FLOWS && !err; i++) {
		self->spec.sport = PORT + i;
		err = put(self, 0);
		if (!i)
			first = self->since;
	}
	self->spec.sport = 0;
	self->since = first;
	if (!err && fd_poll(self->v.vps, POLLIN, 0) && is_early(self))
		err = -EALREADY;
	return err;
}

/* Of how many flows the packet has arrived, and once. */
static int heard_flows(FIXTURE_DATA(gro_hold) *self)
{
	bool came[FLOWS] = {};
	struct vnet_seen s;
	int n = 0, err;

	for (;;) {
		err = vnet_heard_whole(self->v.vps, &self->got, 0,
				       self->v.io.tap, &s);
		if (err == -ENETDOWN)
			continue;	/* told once, and first */
		if (err)
			return err == -ETIMEDOUT ? n : err;
		if (s.sport < PORT || s.sport >= PORT + FLOWS ||
		    came[s.sport - PORT] || s.data_len != SIZE ||
		    !vnet_data_ok(self->got.buf + s.data, SIZE, 0))
			return -EBADMSG;
		came[s.sport - PORT] = true;
		n++;
	}
}

TEST_F(gro_hold, switched_off)
{
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	ASSERT_EQ(0, put(self, 0));
	ASSERT_EQ(0, eth_coalesce(IO_NAME, 0, 0));
	EXPECT_EQ(SIZE, heard_within(self, 0, 0));
	/* and nothing waits any more, nor passes what did */
	ASSERT_EQ(0, put(self, SIZE));
	EXPECT_EQ(SIZE, heard_within(self, SIZE, 0));
}

/* What was written before the device went down has arrived. */
TEST_F(gro_hold, down)
{
	struct rtnl_link_stats64 link;

	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	io_counted(&self->v.io);
	ASSERT_EQ(0, put_flows(self));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(FLOWS, heard_flows(self));
	link = io_counted(&self->v.io);
	EXPECT_EQ(FLOWS, link.rx_packets);
	EXPECT_EQ(0, link.rx_dropped);
	ASSERT_EQ(0, link_up(IO_NAME));
	ASSERT_EQ(0, put(self, 0));
	EXPECT_EQ(SIZE, heard(self, 0));
}

/* The same when it is deleted, or moved: no packet changes the namespace. */
TEST_F(gro_hold, deleted)
{
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	ASSERT_EQ(0, put_flows(self));
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_EQ(FLOWS, heard_flows(self));
}

TEST_F(gro_hold, moved)
{
	int there = ns_new();

	ASSERT_LE(0, there);
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	ASSERT_EQ(0, put_flows(self));
	ASSERT_EQ(0, link_set_netns(IO_NAME, there));
	EXPECT_EQ(FLOWS, heard_flows(self));
}

/* The last file takes the device with it. */
TEST_F(gro_hold, closed_for_good)
{
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	ASSERT_EQ(0, put_flows(self));
	close(self->v.io.fd);
	EXPECT_FALSE(link_exists(IO_NAME));
	EXPECT_EQ(FLOWS, heard_flows(self));
}

TEST_F(gro_hold, closed)
{
	ASSERT_EQ(0, vt_persist(self->v.io.fd, true));
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	ASSERT_EQ(0, put_flows(self));
	close(self->v.io.fd);
	EXPECT_EQ(FLOWS, heard_flows(self));
	/* it belongs to the device */
	self->v.io.fd = vt_attach_nb(IO_NAME, variant->flags);
	ASSERT_LE(0, self->v.io.fd);
	EXPECT_EQ(0, released_by(self, by_polling));
	ASSERT_EQ(0, vt_persist(self->v.io.fd, false));
}

TEST_F(gro_hold, parked)
{
	if (!(variant->flags & IFF_MULTI_QUEUE))
		SKIP(return, "one queue");
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	ASSERT_EQ(0, put_flows(self));
	ASSERT_EQ(0, vt_set_queue(self->v.io.fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(FLOWS, heard_flows(self));
	ASSERT_EQ(0, put(self, 0));
	EXPECT_EQ(SIZE, heard_within(self, 0, 0));
	ASSERT_EQ(0, vt_set_queue(self->v.io.fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, released_by(self, by_polling));
}

TEST_F(gro_hold, switched_on_while_parked)
{
	if (!(variant->flags & IFF_MULTI_QUEUE))
		SKIP(return, "one queue");
	ASSERT_EQ(0, vt_set_queue(self->v.io.fd, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	ASSERT_EQ(0, vt_set_queue(self->v.io.fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, released_by(self, by_polling));
}

/* Fragments never wait: F5.43. */
TEST_F(gro_hold, fragments)
{
	const int flags = IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS;

	if (!(variant->flags & IFF_NAPI))
		SKIP(return, "once is enough");
	close(self->v.io.fd);
	ASSERT_EQ(0, vnet_add(&self->v, IO_NAME, flags, VNET_SIZE));
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	ASSERT_EQ(0, put(self, 0));
	EXPECT_EQ(SIZE, heard_within(self, 0, 0));
}

/* Who has no send buffer left for more doesn't wait for it. */
TEST_F(gro_hold, send_buffer)
{
	int bytes = 4000, i;

	ASSERT_EQ(0, ioctl(self->v.io.fd, TUNSETSNDBUF, &bytes));
	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	for (i = 0; i < 30; i++)
		ASSERT_EQ(0, put(self, i * SIZE)) TH_LOG("packet %d", i);
	for (i = 0; i < 30 * SIZE;) {
		int n = heard(self, i);

		ASSERT_LT(0, n);
		i += n;
	}
}

/* ---- faster than NAPI ---- */

/* The kernel's thread that polls for device @name, or 0. */
static pid_t napi_thread(const char *name)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char path[300], comm[64], begin[32];
	int len = snprintf(begin, sizeof(begin), "napi/%s-", name);
	pid_t found = 0;

	while (proc && !found && (entry = readdir(proc))) {
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		if (atoi(entry->d_name) > 0 &&
		    file_read(path, comm, sizeof(comm)) > 0 &&
		    !strncmp(comm, begin, len))
			found = atoi(entry->d_name);
	}
	if (proc)
		closedir(proc);
	return found;
}

/* We go first, on the same processor: until we sleep, it does nothing. */
static int starve(const char *name)
{
	const struct sched_param first = { .sched_priority = 1 };
	int err = sysfs_write(name, "threaded", "1");
	pid_t thread = napi_thread(name);
	cpu_set_t one;

	if (err || !thread)
		return err ? err : -ESRCH;
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(thread, sizeof(one), &one) ||
	    sched_setaffinity(0, sizeof(one), &one) ||
	    sched_setscheduler(0, SCHED_FIFO, &first))
		return -errno;
	return 0;
}

/* A writer that is faster than NAPI waits for it, after four polls' packets. */
TEST_F(gro_hold, behind)
{
	struct io *io = &self->v.io;
	int n = 0, err;

	ASSERT_EQ(0, eth_coalesce(IO_NAME, LONG, 0));
	ASSERT_EQ(0, starve(IO_NAME));
	io_counted(io);
	while (!(err = put(self, n * SIZE)) && n < 1000)
		n++;
	EXPECT_EQ(-EAGAIN, err);
	EXPECT_EQ(256, n);
	EXPECT_TRUE(unheard(self));
	/* May sleep for RTNL, so it comes last. */
	EXPECT_EQ(n, io_counted(io).rx_packets);
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	EXPECT_EQ(0, put(self, n * SIZE));
	EXPECT_EQ(1, io_counted(io).rx_packets);
	EXPECT_LE(SIZE, heard(self, 0));
}

/* Fragments are not charged to the writer: it is refused instead. */
TEST_F(gro_hold, fragments_behind)
{
	const int flags = IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS;
	uint8_t packet[PKT_MAX];
	size_t len = pkt_numbered(packet, true, 1, 60);
	struct link_info info;
	int fd, n = 0;

	if (!(variant->flags & IFF_NAPI))
		SKIP(return, "once is enough");
	fd = vt_attach_nb("frags0", flags);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, link_up("frags0"));
	ASSERT_EQ(0, starve("frags0"));
	while (n < 1000 && write(fd, packet, len) == len)
		n++;
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(256, n);
	ASSERT_EQ(0, link_get("frags0", &info));
	EXPECT_EQ(n, info.stats.rx_packets);
}

TEST_HARNESS_MAIN
