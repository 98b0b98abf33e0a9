// SPDX-License-Identifier: GPL-2.0-only
/*
 * Back pressure against a sender that waits: a UDP socket with little send
 * buffer sleeps in send(), as all that it sent waits in the qdisc of a queue that
 * is stopped, and is charged to it. Without a reader nobody would ever wake that
 * queue, so whatever takes the reader away, or its reason to stop, has to let
 * the sender go on, and must not touch other queues.
 */
#include <kselftest_harness.h>
#include <linux/vtun.h>
#include "testlib_flow.h"
#include "testlib_hook.h"
#include "testlib_io.h"
#include "testlib_req.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>

#define NAME		"bp0"
#define FIFO		4
#define MORE		20		/* calls that must return then */

struct sender {
	pthread_t thread;
	int sock;
	struct sockaddr_in to;
	_Atomic pid_t tid;
	_Atomic int left;		/* calls until it ends */
	_Atomic int err;		/* what the last one gave */
	_Atomic bool done;
};

static void *sender_main(void *arg)
{
	static const uint8_t data[1200];
	struct sender *s = arg;

	s->tid = gettid();
	while (s->left-- > 0)
		s->err = sendto(s->sock, data, sizeof(data), 0,
				(struct sockaddr *)&s->to,
				sizeof(s->to)) < 0 ? -errno : 0;
	s->done = true;
	return NULL;
}

/*
 * Send to where @flow goes, until that is as much as the socket may have on its
 * way: 0 once it sleeps in send(). From then on it wants MORE calls to return.
 */
static int sender_start(struct sender *s, unsigned int flow)
{
	struct sockaddr_in from = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(FLOW_NEAR),
		.sin_port = htons(FLOW_NEAR_PORT),
	};
	int one = 1;

	memset(s, 0, sizeof(*s));
	s->to = from;
	s->to.sin_addr.s_addr = htonl(FLOW_FAR);
	s->to.sin_port = htons(FLOW_FAR_PORT + flow);
	s->left = INT_MAX;
	s->sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* the least there is: a few packets */
	if (s->sock < 0 ||
	    setsockopt(s->sock, SOL_SOCKET, SO_SNDBUF, &one, sizeof(one)) ||
	    bind(s->sock, (struct sockaddr *)&from, sizeof(from)))
		return -errno;
	if (pthread_create(&s->thread, NULL, sender_main, s))
		return -EAGAIN;
	/* It sleeps nowhere else; what no queue holds does not stop it. */
	if (!wait_for(s->err || (s->tid && task_asleep(s->tid)), WAIT_MS))
		return -ETIMEDOUT;
	if (s->err)
		return s->err;
	s->left = MORE;
	return 0;
}

/* 0 if all its calls return; @fd is read meanwhile, if it isn't -1. */
static int sender_goes_on(struct sender *s, int fd)
{
	uint8_t buf[PKT_MAX];

	if (!wait_for((fd >= 0 && read(fd, buf, sizeof(buf)) < 0 &&
		       errno != EAGAIN) || s->done, WAIT_MS))
		return -ETIMEDOUT;
	return s->done ? -pthread_join(s->thread, NULL) : -EIO;
}

/* Addresses, so that it can be sent to without asking who has them. */
static int give_address(void)
{
	return link_set_flags(NAME, IFF_NOARP, 0) ?:
	       link_add_ip4(NAME, FLOW_NEAR, 24);
}

/* Read until neither the fifo nor the qdisc has anything. */
static int drain(int fd)
{
	uint8_t buf[PKT_MAX];

	return wait_for(io_read(fd, buf, sizeof(buf)) == -EAGAIN &&
			hook_held(link_index(NAME)) == 0, WAIT_MS) ? 0 : -EBUSY;
}

/* 0 if what is sent now is read from @fd, behind what waits there. */
static int works(int fd, int flags)
{
	struct flow_path path;
	struct flow_mark mark;
	int err = flow_open(&path, NAME, flags & IFF_TAP);

	if (err)
		return err;
	/* That drops what comes to a fifo that is full when its queue is woken. */
	if (vt_intree())
		err = drain(fd);
	err = err ?: flow_send(&path, 9, 1) ?: flow_await(&path, fd, &mark);
	flow_close(&path);
	return err ?: mark.flow == 9 ? 0 : -EBADMSG;
}

FIXTURE(backpressure_sender)
{
	struct sender sender;
	struct req req;
	int flags;
	int fd;
};

FIXTURE_VARIANT(backpressure_sender)
{
	int flags;
	const char *qdisc;		/* NULL: as the core has it */
};

FIXTURE_VARIANT_ADD(backpressure_sender, tun)
{
	.flags = IFF_TUN,
	.qdisc = "pfifo",
};

FIXTURE_VARIANT_ADD(backpressure_sender, tap)
{
	.flags = IFF_TAP,
};

FIXTURE_VARIANT_ADD(backpressure_sender, tun_multi)
{
	.flags = IFF_TUN | IFF_MULTI_QUEUE,
};

/* Each test begins with a sender that sleeps. */
FIXTURE_SETUP(backpressure_sender)
{
	ASSERT_EQ(0, ns_fresh());
	if (!(vt_features() & IFF_BACKPRESSURE))
		SKIP(return, "in-tree tun has it since 7.3");
	self->flags = variant->flags | IFF_NO_PI | IFF_BACKPRESSURE;
	self->fd = vt_attach_nb(NAME, self->flags);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, link_up(NAME));
	if (variant->qdisc)
		ASSERT_EQ(0, hook_root(link_index(NAME), variant->qdisc));
	ASSERT_EQ(0, link_set_txqlen(NAME, FIFO));
	ASSERT_EQ(0, give_address());
	ASSERT_EQ(0, sender_start(&self->sender, 0));
	ASSERT_LT(0, hook_held(link_index(NAME)));
}

FIXTURE_TEARDOWN(backpressure_sender)
{
}

/* Without any of that it sleeps on, and reading ends it: the test can fail. */
TEST_F(backpressure_sender, waits)
{
	nap_ms(100);
	EXPECT_TRUE(wait_for(task_asleep(self->sender.tid), WAIT_MS));
	EXPECT_EQ(MORE, self->sender.left);
	EXPECT_EQ(0, sender_goes_on(&self->sender, self->fd));
	EXPECT_EQ(0, self->sender.err);
	EXPECT_EQ(0, works(self->fd, self->flags));
}

/* F10.1: the device goes with its file */
TEST_F(backpressure_sender, closed)
{
	close(self->fd);
	EXPECT_EQ(0, sender_goes_on(&self->sender, -1));
	EXPECT_FALSE(link_exists(NAME));
}

/* F10.1 F2.38: the device stays, without a reader, and gets another one */
TEST_F(backpressure_sender, closed_persistent)
{
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	EXPECT_EQ(0, sender_goes_on(&self->sender, -1));
	self->fd = vt_attach_nb(NAME, self->flags);
	ASSERT_LE(0, self->fd);
	/* the core follows the carrier a while later */
	ASSERT_TRUE(link_operates(NAME, IF_OPER_UP));
	EXPECT_EQ(0, works(self->fd, self->flags));
	ASSERT_EQ(0, vt_persist(self->fd, false));
}

/* What is kept for the next program is no more than before: the rest is dropped. */
TEST_F(backpressure_sender, closed_and_kept)
{
	if (vt_intree())
		SKIP(return, "in-tree tun keeps no packets");
	ASSERT_EQ(0, req_keep_carrier(&self->req, NAME, true));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	EXPECT_EQ(0, sender_goes_on(&self->sender, -1));
	self->fd = vt_attach_nb(NAME, self->flags);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, works(self->fd, self->flags));
	ASSERT_EQ(0, vt_persist(self->fd, false));
}

/* F9.7 F9.4: all queues are detached, the carrier stays */
TEST_F(backpressure_sender, detached)
{
	if (!(self->flags & IFF_MULTI_QUEUE))
		SKIP(return, "only queues of a device that may have many");
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(0, sender_goes_on(&self->sender, -1));
	EXPECT_EQ(0, self->sender.err);
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_ATTACH_QUEUE));
	EXPECT_EQ(0, works(self->fd, self->flags));
}

/* F10.3: deleted by somebody else; the file makes another device */
TEST_F(backpressure_sender, deleted)
{
	ASSERT_EQ(0, link_del(NAME));
	EXPECT_EQ(0, sender_goes_on(&self->sender, -1));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	ASSERT_EQ(0, link_up(NAME));
	EXPECT_EQ(0, works(self->fd, self->flags));
}

/* F10.6: moved, and used there by the same file */
TEST_F(backpressure_sender, moved)
{
	int away = ns_new();

	ASSERT_LE(0, away);
	ASSERT_EQ(0, link_set_netns(NAME, away));
	EXPECT_EQ(0, sender_goes_on(&self->sender, -1));
	ASSERT_EQ(0, ns_enter(away));
	ASSERT_EQ(0, link_up(NAME));
	EXPECT_EQ(0, works(self->fd, self->flags));
}

/*
 * F10.6 F10.8: moved, and stopped there again when that namespace comes to its
 * end. It has no end while a sender waits in it, or anything else that is charged
 * to one of its sockets: that of the sender is at home.
 */
TEST_F(backpressure_sender, moved_and_dies)
{
	int home = ns_open(), away = ns_new(), i;

	ASSERT_LE(0, home);
	ASSERT_LE(0, away);
	ASSERT_EQ(0, link_set_netns(NAME, away));
	EXPECT_EQ(0, sender_goes_on(&self->sender, -1));
	ASSERT_EQ(0, ns_enter(away));
	close(away);
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, drain(self->fd));
	for (i = 0; i < FIFO; i++)
		ASSERT_LT(0, psock_feed(NAME, self->flags & IFF_TAP, i, 20));
	ASSERT_EQ(0, hook_held(link_index(NAME)));
	ASSERT_EQ(0, ns_enter(home));
	/* after all namespaces of other tests */
	ASSERT_TRUE(wait_for(vt_flags(self->fd) == -EBADFD, 6 * WAIT_MS));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, self->flags));
	ASSERT_EQ(0, link_up(NAME));
	EXPECT_EQ(0, works(self->fd, self->flags));
}

/* F7.24: down, and up again */
TEST_F(backpressure_sender, down)
{
	ASSERT_EQ(0, link_down(NAME));
	EXPECT_EQ(0, sender_goes_on(&self->sender, -1));
	ASSERT_EQ(0, link_up(NAME));
	EXPECT_EQ(0, works(self->fd, self->flags));
}

/* Switched off: what finds no room is dropped, from what waits on. */
TEST_F(backpressure_sender, switched_off)
{
	struct req *r = &self->req;

	if (vt_intree())
		SKIP(return, "in-tree tun has it for life");
	req_start(r, RTM_NEWLINK, 0, link_index(NAME));
	req_put_data(r, "vtun", REQ_DATA(REQ_U8(IFLA_VTUN_BACKPRESSURE, 0)));
	ASSERT_EQ(0, req_send(r));
	EXPECT_EQ(0, sender_goes_on(&self->sender, -1));
	EXPECT_EQ(0, self->sender.err);
	ASSERT_EQ(0, drain(self->fd));
	EXPECT_EQ(0, works(self->fd, self->flags));
}

/* F7.22: there is room now */
TEST_F(backpressure_sender, longer_fifo)
{
	ASSERT_EQ(0, link_set_txqlen(NAME, 10 * MORE));
	EXPECT_EQ(0, sender_goes_on(&self->sender, -1));
	EXPECT_EQ(0, self->sender.err);
	EXPECT_EQ(0, works(self->fd, self->flags));
}

FIXTURE(backpressure_sibling)
{
	struct sender sender;
	struct flow_path path;
	int flags;
	int fd[2];
};

/* Queue @full is stopped, and is closed or detached then. */
FIXTURE_VARIANT(backpressure_sibling)
{
	int type;
	int full;
};

FIXTURE_VARIANT_ADD(backpressure_sibling, tun_first) { IFF_TUN, 0 };
FIXTURE_VARIANT_ADD(backpressure_sibling, tun_last) { IFF_TUN, 1 };
FIXTURE_VARIANT_ADD(backpressure_sibling, tap_first) { IFF_TAP, 0 };
FIXTURE_VARIANT_ADD(backpressure_sibling, tap_last) { IFF_TAP, 1 };

FIXTURE_SETUP(backpressure_sibling)
{
	int i;

	ASSERT_EQ(0, ns_fresh());
	if (!(vt_features() & IFF_BACKPRESSURE))
		SKIP(return, "in-tree tun has it since 7.3");
	self->flags = variant->type | IFF_NO_PI | IFF_MULTI_QUEUE |
		      IFF_BACKPRESSURE;
	for (i = 0; i < 2; i++) {
		self->fd[i] = vt_attach_nb(NAME, self->flags);
		ASSERT_LE(0, self->fd[i]);
	}
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, link_set_txqlen(NAME, FIFO));
	ASSERT_EQ(0, flow_open(&self->path, NAME, variant->type == IFF_TAP));
	/* each has its flow now; before an address would have them answered */
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, flow_write(&self->path, self->fd[i], i, 0));
	ASSERT_EQ(0, give_address());
	ASSERT_EQ(0, sender_start(&self->sender, variant->full));
	ASSERT_LT(0, hook_held(link_index(NAME)));
}

FIXTURE_TEARDOWN(backpressure_sibling)
{
}

/* 0 if flow @flow comes out of queue @i. */
static int passes(FIXTURE_DATA(backpressure_sibling) *self, int flow, int i)
{
	struct flow_mark mark;

	/* a flow is forgotten after some seconds: it is this queue's again */
	return flow_write(&self->path, self->fd[i], flow, 0) ?:
	       flow_send(&self->path, flow, 1) ?:
	       flow_await(&self->path, self->fd[i], &mark) ?:
	       mark.flow == (uint32_t)flow ? 0 : -EBADMSG;
}

/* F7.20 F9.3: the other queue never stops, and has both flows then */
TEST_F(backpressure_sibling, closed)
{
	int full = variant->full, i;

	for (i = 0; i < 3 * FIFO; i++)
		ASSERT_EQ(0, passes(self, !full, !full));
	EXPECT_TRUE(wait_for(task_asleep(self->sender.tid), WAIT_MS));
	close(self->fd[full]);
	EXPECT_EQ(0, sender_goes_on(&self->sender, self->fd[!full]));
	EXPECT_EQ(0, passes(self, full, !full));
	EXPECT_EQ(0, passes(self, !full, !full));
}

/* F7.20 F9.4: the same, and the one that was detached comes back */
TEST_F(backpressure_sibling, detached)
{
	int full = variant->full, i;

	for (i = 0; i < 3 * FIFO; i++)
		ASSERT_EQ(0, passes(self, !full, !full));
	EXPECT_TRUE(wait_for(task_asleep(self->sender.tid), WAIT_MS));
	ASSERT_EQ(0, vt_set_queue(self->fd[full], IFF_DETACH_QUEUE));
	EXPECT_EQ(0, sender_goes_on(&self->sender, self->fd[!full]));
	EXPECT_EQ(0, passes(self, full, !full));
	ASSERT_EQ(0, vt_set_queue(self->fd[full], IFF_ATTACH_QUEUE));
	for (i = 0; i < 2; i++)	/* their numbers may have changed */
		ASSERT_EQ(0, flow_write(&self->path, self->fd[i], i, 0));
	EXPECT_EQ(0, passes(self, full, full));
	EXPECT_EQ(0, passes(self, !full, !full));
}

TEST_HARNESS_MAIN
