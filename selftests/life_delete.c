// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device that is deleted while files are attached to it: what they see, who
 * wakes up, and what they can do afterwards.
 */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_flow.h"

#include <poll.h>
#include <sys/epoll.h>

#define SLEEPERS	4

FIXTURE(life_delete)
{
	struct flow_path path;
	int flags;
	int fd;				/* non-blocking */
};

FIXTURE_VARIANT(life_delete)
{
	int type;
	bool multi;			/* fd has a detached fellow, and is … */
	bool detached;			/* … detached itself */
	bool persist;
};

FIXTURE_VARIANT_ADD(life_delete, tun)
{
	.type = IFF_TUN,
};

FIXTURE_VARIANT_ADD(life_delete, tap_persist)
{
	.type = IFF_TAP,
	.persist = true,
};

FIXTURE_VARIANT_ADD(life_delete, tap_multi)
{
	.type = IFF_TAP,
	.multi = true,
};

FIXTURE_VARIANT_ADD(life_delete, tun_detached)
{
	.type = IFF_TUN,
	.multi = true,
	.detached = true,
};

/* Takes the device from under its files. */
static int delete_life0(void)
{
	int err = link_del("life0");

	if (!err && link_exists("life0"))
		err = -EEXIST;
	return err;
}

FIXTURE_SETUP(life_delete)
{
	int second;

	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->type | IFF_NO_PI |
		      (variant->multi ? IFF_MULTI_QUEUE : 0);
	self->fd = vt_attach_nb("life0", self->flags);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, link_up("life0"));
	ASSERT_EQ(0, flow_open(&self->path, "life0",
			       variant->type == IFF_TAP));
	if (variant->persist)
		ASSERT_EQ(0, vt_persist(self->fd, true));
	if (variant->multi) {
		second = vt_attach_nb("life0", self->flags);
		ASSERT_LE(0, second);
		ASSERT_EQ(0, vt_set_queue(second, IFF_DETACH_QUEUE));
	}
	if (variant->detached)
		ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
}

FIXTURE_TEARDOWN(life_delete)
{
	/* silent, and nothing comes back */
	EXPECT_EQ(0, close(self->fd));
	EXPECT_FALSE(link_exists("life0"));
}

/* F10.3 F6.9 F8.1 F1.16: every call finds the file unattached, packets lost */
TEST_F(life_delete, file_is_unattached)
{
	struct flow_mark mark;
	char iff[32];
	int value;

	if (!variant->detached) {
		ASSERT_EQ(0, flow_send(&self->path, 1, 1));
		ASSERT_EQ(POLLIN, fd_poll(self->fd, POLLIN, 0));
	}
	ASSERT_EQ(0, delete_life0());
	EXPECT_EQ(-EBADFD, flow_read(&self->path, self->fd, &mark));
	EXPECT_EQ(-EBADFD, flow_write(&self->path, self->fd, 1, 1));
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	EXPECT_EQ(-EBADFD, vt_persist(self->fd, true));
	EXPECT_EQ(-EBADFD, vt_ioctl(self->fd, TUNGETSNDBUF,
				    (unsigned long)&value));
	EXPECT_EQ(-EINVAL, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(POLLERR, fd_poll(self->fd, POLLIN | POLLOUT | POLLPRI, 0));
	ASSERT_EQ(0, fdinfo_get(self->fd, "iff", iff, sizeof(iff)));
	EXPECT_STREQ("", iff);
}

/* F6.5 F10.3 F6.7: everybody who sleeps in read() wakes up with EFAULT */
TEST_F(life_delete, wakes_readers)
{
	struct sleeper sleeper[SLEEPERS];
	uint8_t buf[SLEEPERS][PKT_MAX];
	int i;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	for (i = 0; i < SLEEPERS; i++)
		ASSERT_EQ(0, sleeper_start(&sleeper[i], self->fd, buf[i],
					   PKT_MAX));
	ASSERT_EQ(0, delete_life0());
	for (i = 0; i < SLEEPERS; i++) {
		ASSERT_EQ(0, sleeper_wait(&sleeper[i], WAIT_MS));
		EXPECT_EQ(-EFAULT, sleeper[i].ret);
	}
	EXPECT_EQ(-1, read(self->fd, buf[0], PKT_MAX));
	EXPECT_EQ(EBADFD, errno);
}

struct life_poller {
	int fd;
	int epoll;
	_Atomic pid_t tid;
	int poll_events;
	struct epoll_event event;
};

static void *life_poll(void *arg)
{
	struct life_poller *poller = arg;

	poller->tid = gettid();
	poller->poll_events = fd_poll(poller->fd, POLLIN, WAIT_MS);
	return NULL;
}

static void *life_epoll(void *arg)
{
	struct life_poller *poller = arg;

	poller->tid = gettid();
	if (epoll_wait(poller->epoll, &poller->event, 1, WAIT_MS) != 1)
		poller->event.events = 0;
	return NULL;
}

/* F8.1 F8.6 F10.3: who sleeps in poll() or epoll_wait() wakes up with an error */
TEST_F(life_delete, wakes_pollers)
{
	struct life_poller poll = { .fd = self->fd }, epoll = { .fd = self->fd };
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	pthread_t thread[2];

	epoll.epoll = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_LE(0, epoll.epoll);
	ASSERT_EQ(0, epoll_ctl(epoll.epoll, EPOLL_CTL_ADD, self->fd, &event));
	ASSERT_EQ(0, pthread_create(&thread[0], NULL, life_poll, &poll));
	ASSERT_EQ(0, pthread_create(&thread[1], NULL, life_epoll, &epoll));
	ASSERT_TRUE(wait_for(poll.tid && task_asleep(poll.tid), WAIT_MS));
	ASSERT_TRUE(wait_for(epoll.tid && task_asleep(epoll.tid), WAIT_MS));
	ASSERT_EQ(0, delete_life0());
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	EXPECT_EQ(POLLERR, poll.poll_events);
	EXPECT_EQ(EPOLLERR, epoll.event.events);
}

/* F2.45 F2.44 F10.12: the file can be attached again, to the same name too */
TEST_F(life_delete, file_attaches_again)
{
	struct flow_path path;
	struct flow_mark mark;
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, delete_life0());
		ASSERT_EQ(0, vt_setiff(self->fd, "life0", self->flags));
		ASSERT_EQ(0, link_up("life0"));
		ASSERT_EQ(0, flow_open(&path, "life0",
				       variant->type == IFF_TAP));
		EXPECT_EQ(0, vt_flags(self->fd) & IFF_DETACH_QUEUE);
		ASSERT_EQ(0, flow_send(&path, 1, i));
		ASSERT_EQ(0, flow_read(&path, self->fd, &mark));
		EXPECT_EQ(i, mark.seq);
		EXPECT_EQ(0, flow_number(&path, self->fd));
		flow_close(&path);
	}
}

/* F10.3: a deletion with files open leaves other devices alone */
TEST_F(life_delete, others_are_untouched)
{
	int other = vt_attach_nb("other0", self->flags);
	struct flow_path path;
	struct flow_mark mark;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, link_up("other0"));
	ASSERT_EQ(0, flow_open(&path, "other0", variant->type == IFF_TAP));
	ASSERT_EQ(0, flow_send(&path, 1, 1));
	ASSERT_EQ(0, delete_life0());
	ASSERT_EQ(0, flow_read(&path, other, &mark));
	EXPECT_EQ(1, mark.seq);
	EXPECT_EQ(0, flow_number(&path, other));
	close(other);
}

/* F10.13: closed while a thread reads: file and queue last until it returns */
TEST_F(life_delete, close_under_a_reader)
{
	struct sleeper sleeper;
	uint8_t buf[PKT_MAX];
	int fd;

	if (variant->detached)
		ASSERT_EQ(0, vt_set_queue(self->fd, IFF_ATTACH_QUEUE));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	ASSERT_EQ(0, sleeper_start(&sleeper, self->fd, buf, sizeof(buf)));
	fd = self->fd;
	ASSERT_EQ(0, close(fd));
	self->fd = vt_open(O_RDWR);	/* what teardown closes */
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&sleeper, 50));
	EXPECT_TRUE(link_exists("life0"));
	ASSERT_EQ(0, flow_send(&self->path, 1, 1));
	ASSERT_EQ(0, sleeper_wait(&sleeper, WAIT_MS));
	EXPECT_LT(0, sleeper.ret);
	if (variant->persist || variant->multi) {
		EXPECT_EQ(0, link_del("life0"));
	} else {
		EXPECT_TRUE(wait_for(!link_exists("life0"), WAIT_MS));
	}
}

/* F10.13 F6.5: … or until the device is deleted */
TEST_F(life_delete, delete_under_a_closed_reader)
{
	struct sleeper sleeper;
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	ASSERT_EQ(0, sleeper_start(&sleeper, self->fd, buf, sizeof(buf)));
	ASSERT_EQ(0, close(self->fd));
	self->fd = vt_open(O_RDWR);	/* what teardown closes */
	ASSERT_EQ(0, delete_life0());
	ASSERT_EQ(0, sleeper_wait(&sleeper, WAIT_MS));
	EXPECT_EQ(-EFAULT, sleeper.ret);
}

TEST_HARNESS_MAIN
