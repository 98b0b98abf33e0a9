// SPDX-License-Identifier: GPL-2.0-only
/* libvtun: what comes out of a queue, and what becomes of it. */
#include <kselftest_harness.h>
#include "testlib_libvtun.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>

FIXTURE(libvtun)
{
	struct lib lib;
};

FIXTURE_VARIANT(libvtun)
{
	unsigned int flags;
	unsigned int vnet_hdr;
};

LIB_VARIANTS(libvtun);

FIXTURE_SETUP(libvtun)
{
	ASSERT_EQ(0, lib_open(&self->lib, variant->flags, variant->vnet_hdr));
}

FIXTURE_TEARDOWN(libvtun)
{
	lib_close(&self->lib);
}

/* Read until nothing is left: packets, which must be these, or -errno. */
static int read_all(struct lib *lib, struct vtun_batch *b,
		    unsigned int from, size_t (*len)(unsigned int seq))
{
	int n, all = 0, err;

	while ((n = vtun_batch_read(b, lib->vq)) > 0) {
		err = lib_holds(b, &lib->io, from + all, from + all + n, len);
		if (err || !lib_holds_no_more(b))
			return err ? err : -E2BIG;
		all += n;
	}
	return n == -EAGAIN ? all : n;
}

TEST_F(libvtun, says_what_it_is)
{
	int flags = IFF_NO_PI | (self->lib.io.tap ? IFF_TAP : IFF_TUN) |
		    (variant->vnet_hdr ? IFF_VNET_HDR : 0);
	int size = 0;

	EXPECT_STREQ(IO_NAME, vtun_queue_name(self->lib.vq));
	EXPECT_STREQ(vt_driver(), vtun_queue_driver(self->lib.vq));
	EXPECT_EQ(lib_many(variant->flags), vtun_queue_has_batch(self->lib.vq));
	EXPECT_STREQ("nothing has failed", vtun_queue_error(self->lib.vq));
	EXPECT_EQ(flags, vt_flags(self->lib.io.fd) & (flags | IFF_MULTI_QUEUE));
	EXPECT_EQ(FD_CLOEXEC, fcntl(self->lib.io.fd, F_GETFD));
	EXPECT_EQ(O_NONBLOCK | O_RDWR, fcntl(self->lib.io.fd, F_GETFL) &
				       (O_NONBLOCK | O_ACCMODE));
	ASSERT_EQ(0, vt_ioctl(self->lib.io.fd, TUNGETVNETHDRSZ, (unsigned long)&size));
	EXPECT_EQ(variant->vnet_hdr ?: 10, size);
}

TEST_F(libvtun, reads_all)
{
	int n = 0;

	EXPECT_EQ(-EAGAIN, vtun_batch_read(&self->lib.b, self->lib.vq));
	EXPECT_TRUE(vtun_batch_is_empty(&self->lib.b));
	for (n = 0; n < ALL; n++)
		ASSERT_EQ(0, io_send(&self->lib.io, n, lib_some_len(n)));
	EXPECT_EQ(POLLIN, fd_poll(self->lib.io.fd, POLLIN, 0));
	EXPECT_EQ(ALL, vtun_batch_read(&self->lib.b, self->lib.vq));
	EXPECT_FALSE(vtun_batch_is_empty(&self->lib.b));
	EXPECT_EQ(0, lib_holds(&self->lib.b, &self->lib.io, 0, ALL, lib_some_len));
	EXPECT_TRUE(lib_holds_no_more(&self->lib.b));
	EXPECT_EQ(0, fd_poll(self->lib.io.fd, POLLIN, 0));
	EXPECT_EQ(-EAGAIN, vtun_batch_read(&self->lib.b, self->lib.vq));
	EXPECT_TRUE(lib_holds_no_more(&self->lib.b));
}

/* More than one batch has room for. */
TEST_F(libvtun, reads_on)
{
	int n;

	ASSERT_EQ(0, io_send_range(&self->lib.io, 0, 3 * ALL, LEN));
	vtun_batch_uninit(&self->lib.b);
	ASSERT_EQ(0, vtun_batch_init(&self->lib.b, self->lib.vq, NULL,
				     65632 + ALL * self->lib.record));
	n = vtun_batch_read(&self->lib.b, self->lib.vq);
	EXPECT_LT(ALL, n);
	EXPECT_EQ(0, lib_holds(&self->lib.b, &self->lib.io, 0, n, NULL));
	EXPECT_EQ(3 * ALL - n, read_all(&self->lib, &self->lib.b, n, NULL));
}

/* In memory of the caller, and not a byte behind it. */
TEST_F(libvtun, small_batch)
{
	uint8_t *mem = io_fence(3 * self->lib.record);
	struct vtun_batch b;

	ASSERT_EQ(0, (uintptr_t)mem % 8);
	ASSERT_EQ(0, vtun_batch_init(&b, self->lib.vq, mem, 3 * self->lib.record));
	ASSERT_EQ(0, io_send_range(&self->lib.io, 0, 8, LEN));
	EXPECT_EQ(lib_many(variant->flags) ? 3 : 1, vtun_batch_read(&b, self->lib.vq));
	EXPECT_EQ(0, lib_holds(&b, &self->lib.io, 0, lib_many(variant->flags) ? 3 : 1, NULL));
	EXPECT_EQ(lib_many(variant->flags) ? 5 : 7,
		  read_all(&self->lib, &b, lib_many(variant->flags) ? 3 : 1, NULL));
	vtun_batch_uninit(&b);
}

static size_t one_more(unsigned int seq)
{
	return LEN + 1;
}

/* What does not fit stays, and comes first, whole. */
TEST_F(libvtun, too_small_batch)
{
	size_t need = lib_record(variant->vnet_hdr, self->lib.packet + 1), size;
	uint8_t *mem = io_fence(need);
	struct vtun_batch b;

	ASSERT_EQ(0, (uintptr_t)mem % 8);
	ASSERT_EQ(0, io_send(&self->lib.io, 0, LEN + 1));
	ASSERT_EQ(0, io_send_range(&self->lib.io, 1, 5, LEN));
	for (size = 8; size < need; size++) {
		ASSERT_EQ(0, vtun_batch_init(&b, self->lib.vq, mem, size));
		ASSERT_EQ(-EMSGSIZE, vtun_batch_read(&b, self->lib.vq));
		ASSERT_TRUE(vtun_batch_is_empty(&b));
	}
	EXPECT_NE(NULL, strstr(vtun_queue_error(self->lib.vq), "does not fit"));
	ASSERT_EQ(0, vtun_batch_init(&b, self->lib.vq, mem, need));
	EXPECT_EQ(1, vtun_batch_read(&b, self->lib.vq));
	EXPECT_EQ(0, lib_holds(&b, &self->lib.io, 0, 1, one_more));
	EXPECT_EQ(4, read_all(&self->lib, &self->lib.b, 1, NULL));
}

/* The same, but what has stayed is the first of many. */
TEST_F(libvtun, larger_batch_after_small)
{
	struct vtun_batch b;

	ASSERT_EQ(0, io_send_range(&self->lib.io, 0, 5, LEN));
	ASSERT_EQ(0, vtun_batch_init(&b, self->lib.vq, NULL, 16));
	EXPECT_EQ(-EMSGSIZE, vtun_batch_read(&b, self->lib.vq));
	vtun_batch_uninit(&b);
	EXPECT_EQ(5, vtun_batch_read(&self->lib.b, self->lib.vq));
	EXPECT_EQ(0, lib_holds(&self->lib.b, &self->lib.io, 0, 5, NULL));
}

/* The largest that there can be. */
TEST_F(libvtun, large_packet)
{
	static uint8_t sent[70000];
	struct vtun_packet got;
	struct vtun_batch b;
	size_t len;

	len = 65521 + (self->lib.io.tap ? ETH_HLEN : 0);
	memset(sent, 0x5a, sizeof(sent));
	sent[0] = 0x45;
	ASSERT_EQ(0, link_set_mtu(IO_NAME, 65521));
	ASSERT_EQ(len, psock_send(self->lib.io.ps, IO_NAME, ETH_P_IP, sent, len));
	ASSERT_EQ(0, vtun_batch_init(&b, self->lib.vq, NULL, 64));
	EXPECT_EQ(-EMSGSIZE, vtun_batch_read(&b, self->lib.vq));
	vtun_batch_uninit(&b);
	ASSERT_EQ(0, vtun_batch_init(&b, self->lib.vq, NULL, 65632));
	ASSERT_EQ(1, vtun_batch_read(&b, self->lib.vq));
	ASSERT_TRUE(vtun_batch_next(&b, &got));
	ASSERT_EQ(len, got.len);
	EXPECT_EQ(0, memcmp(sent, got.data, len));
	vtun_batch_uninit(&b);
	/* and back */
	ASSERT_EQ(0, vtun_batch_put(&self->lib.b, sent, len, NULL));
	EXPECT_EQ(0, vtun_batch_flush(&self->lib.b, self->lib.vq, NULL));
	EXPECT_EQ(0, io_seen(&self->lib.io, sent, len));
}

/* ---- a thread inside vtun_batch_read() ---- */

struct reader {
	pthread_t thread;
	struct vtun_batch *b;
	struct vtun_queue *vq;
	_Atomic pid_t tid;
	_Atomic bool done;
	int ret;
};

static void *reader_main(void *arg)
{
	struct reader *r = arg;

	r->tid = gettid();
	r->ret = vtun_batch_read(r->b, r->vq);
	r->done = true;
	return NULL;
}

/* It has a queue that blocks, and sleeps: 0. */
static int reader_start(struct reader *r, struct lib *lib)
{
	*r = (struct reader){ .b = &lib->b, .vq = lib->vq };
	if (fcntl(lib->io.fd, F_SETFL, 0))
		return -errno;
	if (pthread_create(&r->thread, NULL, reader_main, r))
		return -EAGAIN;
	return wait_for(r->tid && task_asleep(r->tid), WAIT_MS) ? 0 : -ETIMEDOUT;
}

static int reader_end(struct reader *r)
{
	if (!wait_for(r->done, WAIT_MS))
		return -ETIMEDOUT;
	pthread_join(r->thread, NULL);
	return r->ret;
}

static void on_signal(int sig)
{
}

TEST_F(libvtun, sleeps_for_a_packet)
{
	struct reader r;

	ASSERT_EQ(0, reader_start(&r, &self->lib));
	ASSERT_EQ(0, io_send(&self->lib.io, 0, LEN));
	ASSERT_EQ(1, reader_end(&r));
	EXPECT_EQ(0, lib_holds(&self->lib.b, &self->lib.io, 0, 1, NULL));
	/* and takes what is there already, without waiting for more */
	ASSERT_EQ(0, io_send_range(&self->lib.io, 1, 6, LEN));
	if (lib_many(variant->flags)) {
		EXPECT_EQ(5, vtun_batch_read(&self->lib.b, self->lib.vq));
		EXPECT_EQ(0, lib_holds(&self->lib.b, &self->lib.io, 1, 6, NULL));
	} else {
		for (int i = 1; i < 6; i++) {
			EXPECT_EQ(1, vtun_batch_read(&self->lib.b, self->lib.vq));
			EXPECT_EQ(0, lib_holds(&self->lib.b, &self->lib.io, i, i + 1, NULL));
		}
	}
}

TEST_F(libvtun, sleeps_until_a_signal)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct reader r;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, reader_start(&r, &self->lib));
	ASSERT_EQ(0, pthread_kill(r.thread, SIGUSR1));
	EXPECT_EQ(-EINTR, reader_end(&r));
	EXPECT_TRUE(vtun_batch_is_empty(&self->lib.b));
	EXPECT_STREQ("nothing has failed", vtun_queue_error(self->lib.vq));
	/* with SA_RESTART it sleeps on */
	action.sa_flags = SA_RESTART;
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, reader_start(&r, &self->lib));
	ASSERT_EQ(0, pthread_kill(r.thread, SIGUSR1));
	ASSERT_EQ(0, io_send(&self->lib.io, 0, LEN));
	EXPECT_EQ(1, reader_end(&r));
	EXPECT_EQ(0, lib_holds(&self->lib.b, &self->lib.io, 0, 1, NULL));
}

TEST_F(libvtun, device_goes)
{
	struct reader r;

	ASSERT_EQ(0, reader_start(&r, &self->lib));
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_EQ(-EBADFD, reader_end(&r));
	EXPECT_NE(NULL, strstr(vtun_queue_error(self->lib.vq), "gone"));
	EXPECT_EQ(-EBADFD, vtun_batch_read(&self->lib.b, self->lib.vq));
	ASSERT_EQ(0, lib_put(&self->lib, 0, 3, NULL));
	EXPECT_EQ(-EBADFD, vtun_batch_flush(&self->lib.b, self->lib.vq, NULL));
	EXPECT_FALSE(vtun_batch_is_empty(&self->lib.b));
	EXPECT_STREQ(IO_NAME, vtun_queue_name(self->lib.vq));
}

/* ---- two queues ---- */

/* What was read from one queue is written to another, as it is. */
TEST_F(libvtun, forwards)
{
	struct vtun_queue *to = lib_queue("io1", variant->flags ^ VTUN_QUEUE_PLAIN,
					   variant->vnet_hdr);
	struct io out = self->lib.io;
	struct vtun_flushed flushed;

	ASSERT_NE(NULL, to);
	ASSERT_EQ(0, link_up("io1"));
	out.ps = psock_open("io1", SOCK_RAW, ETH_P_ALL);
	ASSERT_LE(0, out.ps);
	for (int i = 0; i < ALL; i++)
		ASSERT_EQ(0, io_send(&self->lib.io, i, lib_some_len(i)));
	ASSERT_EQ(ALL, vtun_batch_read(&self->lib.b, self->lib.vq));
	ASSERT_EQ(0, vtun_batch_flush(&self->lib.b, to, &flushed));
	EXPECT_EQ(ALL, flushed.sent);
	EXPECT_EQ(0, lib_seen(&out, 0, ALL, lib_some_len));
	vtun_queue_free(to);
}

TEST_F(libvtun, other_header)
{
	struct vtun_queue *to = lib_queue("io1", variant->flags,
					   variant->vnet_hdr ? 0 : 10);

	ASSERT_NE(NULL, to);
	ASSERT_EQ(0, lib_put(&self->lib, 0, 1, NULL));
	EXPECT_EQ(-EPROTO, vtun_batch_flush(&self->lib.b, to, NULL));
	EXPECT_NE(NULL, strstr(vtun_queue_error(to), "another size"));
	EXPECT_FALSE(vtun_batch_is_empty(&self->lib.b));
	EXPECT_EQ(-EPROTO, vtun_batch_read(&self->lib.b, to));
	vtun_queue_free(to);
}

TEST_F(libvtun, many_queues)
{
	unsigned int flags = variant->flags | VTUN_QUEUE_MULTI;
	struct vtun_queue *vq[3];
	struct vtun_batch b;
	int i, n = 0, ret;

	for (i = 0; i < 3; i++) {
		vq[i] = lib_queue("mq0", flags, variant->vnet_hdr);
		ASSERT_NE(NULL, vq[i]);
		EXPECT_EQ(lib_many(variant->flags), vtun_queue_has_batch(vq[i]));
	}
	ASSERT_EQ(0, link_up("mq0"));
	for (i = 0; i < 40; i++)
		ASSERT_LT(0, psock_feed("mq0", self->lib.io.tap, i, LEN));
	ASSERT_EQ(0, vtun_batch_init(&b, vq[0], NULL, 0));
	for (i = 0; i < 3; i++) {
		ret = vtun_batch_read(&b, vq[i]);
		n += ret > 0 ? ret : 0;
	}
	EXPECT_EQ(40, n);
	for (i = 0; i < 3; i++)
		vtun_queue_free(vq[i]);
	vtun_batch_uninit(&b);
}

TEST_HARNESS_MAIN
