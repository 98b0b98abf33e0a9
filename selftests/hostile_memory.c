// SPDX-License-Identifier: GPL-2.0-only
/* User memory that a call can't touch for as long as the program likes. */
#include <kselftest_harness.h>
#include "testlib_io.h"
#include "testlib_bpf.h"

#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <linux/sockios.h>
#include <linux/userfaultfd.h>

#define FLAGS	(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE)
#define PAGE	4096

/* One page that nobody has touched: who touches it waits for held_give(). */
struct held {
	int uffd;
	uint8_t *page;
};

static int held_open(struct held *h)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	h->page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	h->uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (h->page == MAP_FAILED || h->uffd < 0)
		return -errno;
	reg.range.start = (unsigned long)h->page;
	reg.range.len = PAGE;
	return ioctl(h->uffd, UFFDIO_API, &api) ||
	       ioctl(h->uffd, UFFDIO_REGISTER, &reg) ? -errno : 0;
}

/* Wait until somebody touches the page. */
static bool held_waits(struct held *h, int ms)
{
	return fd_poll(h->uffd, POLLIN, ms) == POLLIN;
}

static int held_give(struct held *h, void *data)
{
	struct uffdio_copy copy = {
		.dst = (unsigned long)h->page,
		.src = (unsigned long)data,
		.len = PAGE,
	};

	return ioctl(h->uffd, UFFDIO_COPY, &copy) ? -errno : 0;
}

/* What hangs: @run with the held page, which will contain what @fill makes. */
struct hostile_op {
	const char *name;
	void (*fill)(uint8_t *data);
	long (*run)(int fd, uint8_t *page);
	int want;			/* what it gives in the end: least value */
	int gone;			/* … if the device was deleted meanwhile */
};

static size_t frame_len(uint8_t *data)
{
	return pkt_numbered(data, true, 9, 100);
}

static void fill_frame(uint8_t *data)
{
	frame_len(data);
}

static uint8_t whole_frame[PKT_MAX];

static void fill_iovec(uint8_t *data)
{
	*(struct iovec *)data = (struct iovec) {
		whole_frame, frame_len(whole_frame)
	};
}

static void fill_int(uint8_t *data)
{
	*(int *)data = 1 << 20;
}

static void fill_none(uint8_t *data)
{
	*(int *)data = -1;
}

static void fill_ifreq(uint8_t *data)
{
	struct ifreq *ifr = (struct ifreq *)data;

	strcpy(ifr->ifr_name, IO_NAME);
	ifr->ifr_flags = FLAGS;
}

static void fill_address(uint8_t *data)
{
	struct ifreq *ifr = (struct ifreq *)data;

	ifr->ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(ifr->ifr_hwaddr.sa_data, pkt_mac_a, ETH_ALEN);
}

static void fill_insn(uint8_t *data)
{
	memcpy(data, CBPF_CONST(0xffff), sizeof(struct sock_filter));
}

static struct sock_filter pass = BPF_STMT(BPF_RET | BPF_K, 0xffff);

static void fill_fprog(uint8_t *data)
{
	*(struct sock_fprog *)data = (struct sock_fprog) { 1, &pass };
}

static void fill_zero(uint8_t *data)
{
}

static long run_write(int fd, uint8_t *page)
{
	uint8_t data[PAGE];

	return write(fd, page, frame_len(data));
}

static long run_writev(int fd, uint8_t *page)
{
	uint8_t data[PAGE];
	size_t len = frame_len(data);
	struct iovec iov[2] = { { data, 20 }, { page + 20, len - 20 } };

	return writev(fd, iov, 2);
}

/* The array of pieces itself is held. */
static long run_iovec(int fd, uint8_t *page)
{
	return writev(fd, (struct iovec *)page, 1);
}

static long run_read(int fd, uint8_t *page)
{
	return read(fd, page, PAGE);
}

static long run_insn(int fd, uint8_t *page)
{
	struct sock_fprog prog = { 1, (struct sock_filter *)page };

	return ioctl(fd, TUNATTACHFILTER, &prog);
}

/* Of a file without a device, which joins it. */
static long run_setiff(int fd, uint8_t *page)
{
	int other = vt_open(O_RDWR);
	long ret = ioctl(other, TUNSETIFF, page), err = errno;

	close(other);
	errno = err;
	return ret;
}

#define RUN_IOCTL(name, cmd)						\
static long run_##name(int fd, uint8_t *page)				\
{									\
	return ioctl(fd, cmd, page);					\
}

RUN_IOCTL(getiff, TUNGETIFF)
RUN_IOCTL(getfeatures, TUNGETFEATURES)
RUN_IOCTL(getsndbuf, TUNGETSNDBUF)
RUN_IOCTL(setsndbuf, TUNSETSNDBUF)
RUN_IOCTL(setvnethdrsz, TUNSETVNETHDRSZ)
RUN_IOCTL(setcarrier, TUNSETCARRIER)
RUN_IOCTL(filterebpf, TUNSETFILTEREBPF)
RUN_IOCTL(steering, TUNSETSTEERINGEBPF)
RUN_IOCTL(fprog, TUNATTACHFILTER)
RUN_IOCTL(getfilter, TUNGETFILTER)
RUN_IOCTL(txfilter, TUNSETTXFILTER)
RUN_IOCTL(setqueue, TUNSETQUEUE)
RUN_IOCTL(gethwaddr, SIOCGIFHWADDR)
RUN_IOCTL(sethwaddr, SIOCSIFHWADDR)

static const struct hostile_op ops[] = {
	{ "write", fill_frame, run_write, 1, -EBADFD },
	{ "writev", fill_frame, run_writev, 1, -EBADFD },
	{ "iovec", fill_iovec, run_iovec, 1, -EBADFD },
	{ "read", fill_zero, run_read, 1, 1 },
	{ "TUNSETIFF", fill_ifreq, run_setiff, 0, 0 },
	{ "TUNGETIFF", fill_zero, run_getiff, 0, 0 },
	{ "TUNGETFEATURES", fill_zero, run_getfeatures, 0, 0 },
	{ "TUNGETSNDBUF", fill_zero, run_getsndbuf, 0, 0 },
	{ "TUNSETSNDBUF", fill_int, run_setsndbuf, 0, -EBADFD },
	{ "TUNSETVNETHDRSZ", fill_int, run_setvnethdrsz, 0, -EBADFD },
	{ "TUNSETCARRIER", fill_int, run_setcarrier, 0, -EBADFD },
	{ "TUNSETFILTEREBPF", fill_none, run_filterebpf, 0, -EBADFD },
	{ "TUNSETSTEERINGEBPF", fill_none, run_steering, 0, -EBADFD },
	{ "TUNATTACHFILTER", fill_fprog, run_fprog, 0, -EBADFD },
	{ "its program", fill_insn, run_insn, 0, -EBADFD },
	{ "TUNGETFILTER", fill_zero, run_getfilter, 0, 0 },
	{ "TUNSETTXFILTER", fill_zero, run_txfilter, 0, -EBADFD },
	/* neither attach nor detach */
	{ "TUNSETQUEUE", fill_zero, run_setqueue, -EINVAL, -EINVAL },
	{ "SIOCGIFHWADDR", fill_zero, run_gethwaddr, 0, -EBADFD },
	{ "SIOCSIFHWADDR", fill_address, run_sethwaddr, 0, -EBADFD },
};

#define OPS	(sizeof(ops) / sizeof(ops[0]))

/* A thread inside such a call. */
struct hung {
	pthread_t thread;
	const struct hostile_op *op;
	struct held held;
	int fd;
	_Atomic bool done;
	long ret;
};

static void *hung_main(void *arg)
{
	struct hung *h = arg;
	long ret = h->op->run(h->fd, h->held.page);

	h->ret = ret < 0 ? -errno : ret;
	h->done = true;
	return NULL;
}

/* 0 once it hangs at the page; -EALREADY if it never touched it. */
static int hung_start(struct hung *h, const struct hostile_op *op, int fd)
{
	int err = held_open(&h->held);

	if (err)
		return err;
	h->op = op;
	h->fd = fd;
	h->done = false;
	err = -pthread_create(&h->thread, NULL, hung_main, h);
	if (err)
		return err;
	wait_for(h->done || held_waits(&h->held, 0), WAIT_MS);
	return h->done ? -EALREADY : 0;
}

static void hung_free(struct hung *h)
{
	pthread_join(h->thread, NULL);
	close(h->held.uffd);
	munmap(h->held.page, PAGE);
}

/* Let it go on with the right bytes: does it give this error, or so much? */
static bool hung_gives(struct hung *h, int want)
{
	uint8_t data[PAGE] = {};

	h->op->fill(data);
	if (held_give(&h->held, data))
		return false;
	hung_free(h);
	if (want < 0 ? h->ret == want : h->ret >= want)
		return true;
	printf("# %s gave %ld instead of %d\n", h->op->name, h->ret, want);
	return false;
}

FIXTURE(hostile_memory)
{
	struct io io;			/* its file does what hangs */
	int other;			/* another queue of the device */
	struct hung hung;
};

FIXTURE_SETUP(hostile_memory)
{
	struct held probe;

	if (held_open(&probe))
		SKIP(return, "this kernel has no userfaultfd");
	if (vt_intree())
		SKIP(return, "in-tree tun holds RTNL while it copies");
	ASSERT_EQ(0, io_open(&self->io, FLAGS));
	self->other = vt_attach_nb(IO_NAME, FLAGS);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(hostile_memory)
{
}

/* Something to read for the queue that will hang. */
static int hostile_prepare(FIXTURE_DATA(hostile_memory) *self)
{
	uint8_t buf[PKT_MAX];
	int err;

	while (read(self->io.fd, buf, sizeof(buf)) > 0)
		;
	err = vt_set_queue(self->other, IFF_DETACH_QUEUE);
	if (!err && psock_feed(IO_NAME, true, 3, 40) < 0)
		err = -EPROTO;
	return err ?: vt_set_queue(self->other, IFF_ATTACH_QUEUE);
}

/* What others do meanwhile: RTNL and the device's data paths are free. */
static int others_go_on(FIXTURE_DATA(hostile_memory) *self)
{
	uint8_t buf[PKT_MAX];
	struct link_info info;
	int i, err;

	for (i = 0; i < 2; i++) {
		err = link_set_txqlen(IO_NAME, 400 + i);
		if (!err)
			err = link_set_mtu(IO_NAME, 1300 + i);
		if (!err)
			err = link_get(IO_NAME, &info);
		if (!err)
			err = vt_set_queue(self->other, i ? IFF_ATTACH_QUEUE :
							    IFF_DETACH_QUEUE);
		if (err)
			return err;
		if (write(self->other, buf, frame_len(buf)) < 0)
			return -errno;
	}
	/* Reading: each flow has its queue, and one of these is the other's. */
	for (i = 0; i < 250; i++) {
		if (psock_feed(IO_NAME, true, i, 50) < 0)
			return -EPROTO;
		if (read(self->other, buf, sizeof(buf)) > 0)
			return 0;
	}
	return -ENOMSG;
}

/* F3.1 F5.2 F6.2: nobody waits for a program's memory but the program */
TEST_F_TIMEOUT(hostile_memory, others_go_on, 300)
{
	int i;

	for (i = 0; i < OPS; i++) {
		TH_LOG("%s", ops[i].name);
		ASSERT_EQ(0, hostile_prepare(self));
		ASSERT_EQ(0, hung_start(&self->hung, &ops[i], self->io.fd));
		EXPECT_EQ(0, others_go_on(self));
		EXPECT_FALSE(self->hung.done);
		EXPECT_TRUE(hung_gives(&self->hung, ops[i].want));
	}
}

/* F4.31: the device goes meanwhile, and who comes back finds that out */
TEST_F_TIMEOUT(hostile_memory, device_deleted, 300)
{
	struct hung *h = &self->hung;
	int i;

	for (i = 0; i < OPS; i++) {
		TH_LOG("%s", ops[i].name);
		ASSERT_EQ(0, hostile_prepare(self));
		ASSERT_EQ(0, hung_start(h, &ops[i], self->io.fd));
		ASSERT_EQ(0, link_del(IO_NAME));
		ASSERT_FALSE(link_exists(IO_NAME));
		EXPECT_FALSE(h->done);
		EXPECT_TRUE(hung_gives(h, ops[i].gone));
		/* Both files are of use again. */
		ASSERT_EQ(0, vt_setiff(self->io.fd, IO_NAME, FLAGS));
		ASSERT_EQ(0, vt_setiff(self->other, IO_NAME, FLAGS));
		ASSERT_EQ(0, link_up(IO_NAME));
	}
}

/* F10.1: it moves to another namespace, which the call does not notice */
TEST_F_TIMEOUT(hostile_memory, device_moved, 300)
{
	int home = ns_open(), away = ns_new(), i;

	ASSERT_LE(0, home);
	ASSERT_LE(0, away);
	for (i = 0; i < OPS; i++) {
		TH_LOG("%s", ops[i].name);
		ASSERT_EQ(0, hostile_prepare(self));
		ASSERT_EQ(0, hung_start(&self->hung, &ops[i], self->io.fd));
		ASSERT_EQ(0, link_set_netns(IO_NAME, away));
		ASSERT_EQ(0, ns_enter(away));
		ASSERT_EQ(0, link_up(IO_NAME));
		EXPECT_TRUE(hung_gives(&self->hung, ops[i].want));
		ASSERT_EQ(0, link_set_netns(IO_NAME, home));
		ASSERT_EQ(0, ns_enter(home));
		ASSERT_EQ(0, link_up(IO_NAME));
	}
}

/*
 * F2.3: the program's other thread closes the file. It stays open until the
 * call ends, which it does once nobody holds the page: with zeros in it.
 */
TEST_F_TIMEOUT(hostile_memory, file_closed, 300)
{
	struct hung *h = &self->hung;
	int i, fd;

	for (i = 0; i < OPS; i++) {
		TH_LOG("%s", ops[i].name);
		ASSERT_EQ(0, hostile_prepare(self));
		fd = dup(self->io.fd);
		close(self->io.fd);
		ASSERT_EQ(0, hung_start(h, &ops[i], fd));
		close(fd);
		ASSERT_TRUE(link_exists(IO_NAME));
		close(self->other);
		EXPECT_FALSE(h->done);
		close(h->held.uffd);
		h->held.uffd = -1;
		hung_free(h);
		/* The device goes with the file's last user. */
		EXPECT_TRUE(wait_for(!link_exists(IO_NAME), WAIT_MS));
		self->io.fd = vt_attach_nb(IO_NAME, FLAGS);
		self->other = vt_attach_nb(IO_NAME, FLAGS);
		ASSERT_EQ(0, link_up(IO_NAME));
	}
}

TEST_HARNESS_MAIN
