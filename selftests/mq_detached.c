// SPDX-License-Identifier: GPL-2.0-only
/* What a detached queue can and can't do, and a device whose queues all are. */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"

#include <linux/net_tstamp.h>
#include <poll.h>
#include <sys/socket.h>

FIXTURE(mq_detached)
{
	struct flow_path path;
	int flags;
	int fd[2];			/* fd[0] is detached, fd[1] enabled */
};

FIXTURE_VARIANT(mq_detached)
{
	int type;
};

FIXTURE_VARIANT_ADD(mq_detached, tun)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(mq_detached, tap)
{
	.type = IFF_TAP,
};

FIXTURE_SETUP(mq_detached)
{
	int i;

	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->type | IFF_NO_PI | IFF_MULTI_QUEUE;
	for (i = 0; i < 2; i++) {
		self->fd[i] = vt_attach_nb("mq0", self->flags);
		ASSERT_LE(0, self->fd[i]);
	}
	ASSERT_EQ(0, link_up("mq0"));
	ASSERT_EQ(0, flow_open(&self->path, "mq0", variant->type == IFF_TAP));
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
}

FIXTURE_TEARDOWN(mq_detached)
{
}

/* F3.1.3 F3.0.4 F9.4: it still counts as attached, and says that it's detached */
TEST_F(mq_detached, ioctls_still_work)
{
	char name[IFNAMSIZ];
	struct ifreq ifr;
	int sndbuf = 0;

	EXPECT_EQ(IFF_DETACH_QUEUE, vt_flags(self->fd[0]) & IFF_DETACH_QUEUE);
	EXPECT_EQ(0, vt_flags(self->fd[1]) & IFF_DETACH_QUEUE);
	ASSERT_EQ(0, vt_ifname(self->fd[0], name));
	EXPECT_STREQ("mq0", name);
	EXPECT_EQ(0, vt_ioctl(self->fd[0], TUNGETSNDBUF,
			      (unsigned long)&sndbuf));
	EXPECT_EQ(INT32_MAX, sndbuf);
	EXPECT_EQ(0, vt_ioctl(self->fd[0], SIOCGIFHWADDR, (unsigned long)&ifr));
	EXPECT_EQ(-EEXIST, vt_setiff(self->fd[0], "other0", self->flags));
	EXPECT_EQ(0, vt_persist(self->fd[0], true));
	EXPECT_NE(0, vt_flags(self->fd[1]) & 0x0800);
	EXPECT_EQ(0, vt_persist(self->fd[0], false));
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, vt_flags(self->fd[0]) & IFF_DETACH_QUEUE);
}

/* F3.9.1: TUNSETSNDBUF reaches the enabled queues only */
TEST_F(mq_detached, sndbuf_passes_by)
{
	int sndbuf = 0;

	ASSERT_EQ(0, vt_ioctl_int(self->fd[0], TUNSETSNDBUF, 50000));
	ASSERT_EQ(0, vt_ioctl(self->fd[1], TUNGETSNDBUF,
			      (unsigned long)&sndbuf));
	EXPECT_EQ(50000, sndbuf);
	ASSERT_EQ(0, vt_ioctl(self->fd[0], TUNGETSNDBUF,
			      (unsigned long)&sndbuf));
	EXPECT_EQ(INT32_MAX, sndbuf);
}

/* F5.1 F5.45: what it writes reaches the stack, but teaches no flow */
TEST_F(mq_detached, writes_reach_the_stack)
{
	struct link_info info;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, flow_write(&self->path, self->fd[0], 7, 0));
	EXPECT_LT(0, recv(self->path.probe, buf, sizeof(buf), 0));
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(1, info.stats.rx_packets);
	EXPECT_EQ(0, info.stats.rx_dropped);
	EXPECT_EQ(1, flow_reader(&self->path, 7, self->fd, 2));
}

/* F6.8 F8.5 F9.4: nothing ever waits in it; it is writable, never readable */
TEST_F(mq_detached, nothing_to_read)
{
	struct flow_mark mark;
	int flow;

	for (flow = 0; flow < 20; flow++)
		EXPECT_EQ(1, flow_reader(&self->path, flow, self->fd, 2));
	EXPECT_EQ(-EAGAIN, flow_read(&self->path, self->fd[0], &mark));
	EXPECT_EQ(POLLOUT | POLLWRNORM,
		  fd_poll(self->fd[0], POLLIN | POLLRDNORM | POLLOUT |
			  POLLWRNORM | POLLPRI, 0));
	EXPECT_EQ(0, fd_poll(self->fd[0], POLLIN, 50));
}

/* F9.4 F4.28: detaching loses what waited, uncounted; poll tells that */
TEST_F(mq_detached, fifo_is_purged)
{
	struct flow_mark mark;
	struct link_info info;
	int i;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, flow_send(&self->path, 5, i));
	ASSERT_EQ(POLLIN, fd_poll(self->fd[1], POLLIN, 0));
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	EXPECT_EQ(0, fd_poll(self->fd[1], POLLIN, 0));
	EXPECT_EQ(-EAGAIN, flow_read(&self->path, self->fd[1], &mark));
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_ATTACH_QUEUE));
	EXPECT_EQ(-EAGAIN, flow_read(&self->path, self->fd[1], &mark));
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(0, info.stats.tx_packets);
	EXPECT_EQ(0, info.stats.tx_dropped);
}

/* F6.7 F8.6: a sleeper isn't woken by detach; a packet after attach wakes it */
TEST_F(mq_detached, sleeper_sleeps_on)
{
	struct sleeper sleeper;
	uint8_t buf[PKT_MAX];
	int fd = vt_attach("mq0", self->flags);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, sleeper_start(&sleeper, fd, buf, sizeof(buf)));
	ASSERT_EQ(0, vt_set_queue(fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&sleeper, 100));
	EXPECT_TRUE(sleeper_asleep(&sleeper));
	ASSERT_EQ(0, flow_send(&self->path, 3, 1));	/* dropped */
	ASSERT_EQ(0, vt_set_queue(fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&sleeper, 100));
	ASSERT_EQ(0, flow_send(&self->path, 3, 2));
	ASSERT_EQ(0, sleeper_wait(&sleeper, WAIT_MS));
	EXPECT_LT(0, sleeper.ret);
}

/*
 * F9.7 F4.21 F7.5: with every queue detached the carrier stays, and the driver
 * drops and counts what the stack sends.
 */
TEST_F(mq_detached, all_detached)
{
	struct link_info info;
	int i;

	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(-ENOENT, flow_reader(&self->path, i, self->fd, 2));
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(1, info.carrier);
	EXPECT_EQ(10, info.stats.tx_dropped);
	EXPECT_EQ(0, info.stats.tx_packets);

	/* one that comes back gets everything */
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(0, flow_reader(&self->path, i, self->fd, 2));
}

/* F3.16.1 F4.22: carrier needs an enabled queue to be switched on */
TEST_F(mq_detached, carrier_needs_an_enabled_queue)
{
	struct link_info info;

	ASSERT_EQ(0, vt_ioctl_int(self->fd[0], TUNSETCARRIER, 0));
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	EXPECT_EQ(-EPERM, vt_ioctl_int(self->fd[0], TUNSETCARRIER, 1));
	EXPECT_EQ(-EPERM, link_set_carrier("mq0", true));
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(0, info.carrier);
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, vt_ioctl_int(self->fd[1], TUNSETCARRIER, 1));
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(1, info.carrier);
}

/*
 * F5.1 F9.6: detach, up, write, close. What a detached queue wrote must not
 * be kept for a consumer that never comes (CVE-2023-53685).
 */
TEST_F(mq_detached, write_and_close_leaks_nothing)
{
	struct link_info info;
	int i;

	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, flow_write(&self->path, self->fd[0], i, i));
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(100, info.stats.rx_packets);
	close(self->fd[0]);
	ASSERT_EQ(0, link_get("mq0", &info));
	EXPECT_EQ(0, info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_NUM_QUEUES]);
	close(self->fd[1]);
	EXPECT_FALSE(link_exists("mq0"));
}

/* Transmit timestamps that wait for the sender. */
static int detached_stamps(int sock)
{
	char ctl[512], data[PKT_MAX];
	int num = 0;

	for (;;) {
		struct iovec iov = { data, sizeof(data) };
		struct msghdr msg = {
			.msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = ctl, .msg_controllen = sizeof(ctl),
		};

		if (recvmsg(sock, &msg, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return errno == EAGAIN ? num : -errno;
		num++;
	}
}

/*
 * F7.11 F9.4: a packet is stamped when it is enqueued, so its sender is told
 * though the queue is detached before it is read; and all goes away together
 * (class of 4bfb0513ff20).
 */
TEST_F(mq_detached, timestamped_packets_are_purged)
{
	int stamp = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
	struct flow_mark mark;
	int i;

	ASSERT_EQ(0, setsockopt(self->path.sock, SOL_SOCKET, SO_TIMESTAMPING,
				&stamp, sizeof(stamp)));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, flow_send(&self->path, 1, i));
	EXPECT_EQ(5, detached_stamps(self->path.sock));
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, flow_send(&self->path, 1, i));
	EXPECT_EQ(0, detached_stamps(self->path.sock));
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	EXPECT_EQ(-EAGAIN, flow_read(&self->path, self->fd[0], &mark));
	ASSERT_EQ(0, flow_send(&self->path, 1, 9));
	close(self->fd[0]);
	close(self->fd[1]);
	EXPECT_EQ(1, detached_stamps(self->path.sock));
	EXPECT_FALSE(link_exists("mq0"));
}

/* F9.10: closing a detached queue renumbers nobody and keeps every packet */
TEST_F(mq_detached, close_touches_no_other)
{
	int third = vt_attach_nb("mq0", self->flags);
	struct flow_mark mark;

	ASSERT_LE(0, third);
	ASSERT_EQ(0, flow_write(&self->path, third, 9, 0));
	ASSERT_EQ(0, flow_send(&self->path, 9, 1));
	close(self->fd[0]);
	EXPECT_EQ(0, flow_number(&self->path, self->fd[1]));
	EXPECT_EQ(1, flow_number(&self->path, third));
	ASSERT_EQ(0, flow_read(&self->path, third, &mark));
	EXPECT_EQ(9, mark.flow);
	EXPECT_EQ(1, mark.seq);
}

TEST_HARNESS_MAIN
