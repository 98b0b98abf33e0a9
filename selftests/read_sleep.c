// SPDX-License-Identifier: GPL-2.0-only
/* A read() that waits: what wakes it, and what does not. */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <sched.h>
#include <signal.h>
#include <string.h>

/* Long enough for a wrong wake-up to show itself. */
#define STILL_MS	30

FIXTURE(read_sleep)
{
	struct io io;
	struct sleeper s;
	uint8_t buf[PKT_MAX];
	size_t total;			/* of packet 1 */
};

FIXTURE_VARIANT(read_sleep)
{
	int flags;
};

IO_VARIANTS_NO_PI(read_sleep);

FIXTURE_VARIANT_ADD(read_sleep, tun_multi_queue)
{
	.flags = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE,
};

FIXTURE_VARIANT_ADD(read_sleep, tap_multi_queue)
{
	.flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE,
};

FIXTURE_SETUP(read_sleep)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, O_RDWR));
	self->total = io_packet(&self->io, self->buf, 1, 40);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(read_sleep)
{
}

static volatile sig_atomic_t handled;

static void on_signal(int sig)
{
	handled++;
}

static void catch_signal(int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	handled = 0;
	sigaction(SIGUSR1, &sa, NULL);
}

/* Run this thread and its later ones on one CPU. */
static int stay_on_one_cpu(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sched_getcpu(), &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* F6.3 F6.5 F8.6: a packet wakes it */
TEST_F(read_sleep, packet)
{
	struct io *io = &self->io;
	uint8_t want[PKT_MAX];

	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&self->s, STILL_MS));
	ASSERT_EQ(0, io_send(io, 1, 40));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(self->total, self->s.ret);
	io_packet(io, want, 1, 40);
	EXPECT_EQ(0, memcmp(self->buf, want, self->total));
	EXPECT_TX(io, 1, self->total, 0);
}

/* F6.2: of several, each packet wakes one that gets it */
TEST_F(read_sleep, one_packet_for_each)
{
	struct io *io = &self->io;
	struct sleeper s[3];
	uint8_t buf[3][PKT_MAX], want[PKT_MAX];
	int i, at = (io->tap ? ETH_HLEN : 0) + 28, seen = 0;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, sleeper_start(&s[i], io->fd, buf[i], PKT_MAX));
	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, io_send(io, i, 40));
		ASSERT_TRUE(wait_for(s[0].done + s[1].done + s[2].done >= i,
				     WAIT_MS));
		nap_ms(STILL_MS);
		EXPECT_EQ(i, s[0].done + s[1].done + s[2].done);
	}
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, sleeper_wait(&s[i], WAIT_MS));
		EXPECT_EQ(self->total, s[i].ret);
		/* the data begin with the packet's number */
		seen |= 1 << buf[i][at];
		io_packet(io, want, buf[i][at], 40);
		EXPECT_EQ(0, memcmp(buf[i], want, self->total));
	}
	EXPECT_EQ(1 << 1 | 1 << 2 | 1 << 3, seen);
}

/* F6.5: a signal ends it, and takes no packet along */
TEST_F(read_sleep, signal)
{
	struct io *io = &self->io;

	catch_signal(0);
	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	ASSERT_EQ(0, pthread_kill(self->s.thread, SIGUSR1));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(-EINTR, self->s.ret);
	EXPECT_EQ(1, handled);
	ASSERT_EQ(0, io_send(io, 1, 40));
	EXPECT_EQ(0, io_recv(io, io->fd, 1, 40));
}

/* F6.5: with SA_RESTART it sleeps on, for as many signals as come */
TEST_F(read_sleep, signal_with_restart)
{
	struct io *io = &self->io;
	int i;

	catch_signal(SA_RESTART);
	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, pthread_kill(self->s.thread, SIGUSR1));
		ASSERT_TRUE(wait_for(handled == i && sleeper_asleep(&self->s),
				     WAIT_MS));
	}
	EXPECT_FALSE(self->s.done);
	ASSERT_EQ(0, io_send(io, 1, 40));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(self->total, self->s.ret);
}

/*
 * F6.5: with a signal and a packet at the same time it is the packet. The
 * sleeper can't run before both are there: it shares the CPU of this thread,
 * which has real-time priority by then.
 */
TEST_F(read_sleep, packet_before_signal)
{
	const struct sched_param prio = { .sched_priority = 1 };
	struct io *io = &self->io;

	catch_signal(0);
	ASSERT_EQ(0, stay_on_one_cpu());
	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &prio));
	ASSERT_EQ(0, pthread_kill(self->s.thread, SIGUSR1));
	ASSERT_EQ(0, io_send(io, 1, 40));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(self->total, self->s.ret);
	EXPECT_EQ(1, handled);
}

/* F6.5: deletion ends it with EFAULT, for every sleeper */
TEST_F(read_sleep, deletion)
{
	struct sleeper s[3];
	uint8_t buf[3][8];
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, sleeper_start(&s[i], self->io.fd, buf[i], 8));
	ASSERT_EQ(0, link_del(IO_NAME));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, sleeper_wait(&s[i], WAIT_MS));
		EXPECT_EQ(-EFAULT, s[i].ret);
	}
	EXPECT_EQ(-EBADFD, io_read(self->io.fd, buf[0], 8));
}

/* F6.5: a file whose reader was thrown out can be used for a new device */
TEST_F(read_sleep, again_after_deletion)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	ASSERT_EQ(0, link_del(IO_NAME));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(-EFAULT, self->s.ret);
	ASSERT_EQ(0, vt_setiff(io->fd, IO_NAME, variant->flags));
	ASSERT_EQ(0, link_up(IO_NAME));
	close(io->ps);
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	ASSERT_EQ(0, io_send(io, 1, 40));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(self->total, self->s.ret);
}

/* F6.6: down and up are nothing to it */
TEST_F(read_sleep, down_and_up)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&self->s, STILL_MS));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&self->s, STILL_MS));
	EXPECT_TRUE(sleeper_asleep(&self->s));
	close(io->ps);
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	ASSERT_EQ(0, io_send(io, 1, 40));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(self->total, self->s.ret);
}

/* F6.6 F6.3: it may begin while the device is down */
TEST_F(read_sleep, begun_while_down)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	ASSERT_EQ(0, link_up(IO_NAME));
	close(io->ps);
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	ASSERT_EQ(0, io_send(io, 1, 40));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(self->total, self->s.ret);
}

/* F1.10: O_NONBLOCK set later does not reach it */
TEST_F(read_sleep, nonblock_comes_too_late)
{
	struct io *io = &self->io;
	uint8_t buf[8];

	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR | O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&self->s, STILL_MS));
	ASSERT_EQ(0, io_send(io, 1, 40));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(self->total, self->s.ret);
}

/* F6.4: a call that wants nothing never joins the sleepers */
TEST_F(read_sleep, count_0_does_not_sleep)
{
	ASSERT_EQ(-EALREADY, sleeper_start(&self->s, self->io.fd, self->buf, 0));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(0, self->s.ret);
}

/* Sleepers of a queue that is detached. */
FIXTURE(read_sleep_detached)
{
	struct io io;
	struct sleeper s;
	uint8_t buf[PKT_MAX];
	size_t total;
};

FIXTURE_VARIANT(read_sleep_detached)
{
	int flags;
};

IO_VARIANTS_NO_PI(read_sleep_detached);

FIXTURE_SETUP(read_sleep_detached)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags | IFF_MULTI_QUEUE));
	ASSERT_EQ(0, fcntl(self->io.fd, F_SETFL, O_RDWR));
	self->total = io_packet(&self->io, self->buf, 1, 40);
}

FIXTURE_TEARDOWN(read_sleep_detached)
{
}

/* F6.7 F8.6: detaching wakes nobody; packets come again after re-attaching */
TEST_F(read_sleep_detached, sleeps_on)
{
	struct io *io = &self->io;
	uint8_t want[PKT_MAX];

	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&self->s, STILL_MS));
	/* what is sent now is dropped */
	ASSERT_EQ(0, io_send(io, 2, 40));
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&self->s, STILL_MS));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&self->s, STILL_MS));
	EXPECT_TRUE(sleeper_asleep(&self->s));
	ASSERT_EQ(0, io_send(io, 1, 40));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(self->total, self->s.ret);
	io_packet(io, want, 1, 40);
	EXPECT_EQ(0, memcmp(self->buf, want, self->total));
}

/* F6.8 F6.7: a read may begin to sleep there, a signal ends it */
TEST_F(read_sleep_detached, signal)
{
	struct io *io = &self->io;

	catch_signal(0);
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	ASSERT_EQ(0, pthread_kill(self->s.thread, SIGUSR1));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(-EINTR, self->s.ret);
}

/* F6.7 F6.5: deletion reaches sleepers of detached queues, too */
TEST_F(read_sleep_detached, deletion)
{
	struct io *io = &self->io;
	struct sleeper late;
	uint8_t buf[8];

	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, sleeper_start(&late, io->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, link_del(IO_NAME));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(-EFAULT, self->s.ret);
	ASSERT_EQ(0, sleeper_wait(&late, WAIT_MS));
	EXPECT_EQ(-EFAULT, late.ret);
}

/* F8.6: closing another queue is nothing to it */
TEST_F(read_sleep_detached, other_queue_closed)
{
	struct io *io = &self->io;
	int other = vt_attach_nb(IO_NAME, variant->flags | IFF_MULTI_QUEUE);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, sleeper_start(&self->s, io->fd, self->buf, PKT_MAX));
	close(other);
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&self->s, STILL_MS));
	EXPECT_TRUE(sleeper_asleep(&self->s));
	ASSERT_EQ(0, io_send(io, 1, 40));
	ASSERT_EQ(0, sleeper_wait(&self->s, WAIT_MS));
	EXPECT_EQ(self->total, self->s.ret);
}

TEST_HARNESS_MAIN
