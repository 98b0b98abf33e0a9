// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is refused, dropped or thrown away is freed: the memory that is left is
 * compared before and after thousands of it. Regression classes: CVE-2022-49871
 * (a write that fails halfway), CVE-2023-53685 (what a detached queue writes),
 * CVE-2026-46320 to CVE-2026-46322 (a batch of which some are bad).
 */
#include <kselftest_harness.h>
#include <linux/vtun.h>
#include "testlib_batch.h"
#include "testlib_req.h"
#include "testlib_xdp.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SIZE	15000		/* of what is written: some pages */
#define SENT	1400		/* of what is sent to the program */
#define KEPT	2304		/* what the kernel keeps for it, at least */
#define TIMES	3000L
#define VNET_SIZE	10

FIXTURE(leak)
{
	struct io io;
	uint8_t *buf;
	struct iovec iov[5];
	size_t head;			/* virtio header */
};

FIXTURE_VARIANT(leak) { int flags; };

FIXTURE_VARIANT_ADD(leak, tun) { IFF_TUN };
FIXTURE_VARIANT_ADD(leak, tap) { IFF_TAP | IFF_VNET_HDR };
FIXTURE_VARIANT_ADD(leak, napi) { IFF_TAP | IFF_NAPI };
FIXTURE_VARIANT_ADD(leak, frags_vnet) {
	IFF_TAP | IFF_NAPI | IFF_NAPI_FRAGS | IFF_VNET_HDR };

/* A packet in five segments, of which none is longer than a page but the first. */
FIXTURE_SETUP(leak)
{
	int i;

	ASSERT_EQ(0, io_open(&self->io, variant->flags | IFF_NO_PI |
					IFF_MULTI_QUEUE));
	self->head = variant->flags & IFF_VNET_HDR ? VNET_SIZE : 0;
	self->buf = calloc(1, SIZE);
	ASSERT_NE(NULL, self->buf);
	self->buf[self->head] = 0x45;
	for (i = 0; i < 5; i++)
		self->iov[i] = (struct iovec){ self->buf + 3000 * i, 3000 };
}

FIXTURE_TEARDOWN(leak)
{
}

/* kB that could be had without swapping */
static long memory(void)
{
	char text[4096], *line;

	if (file_read("/proc/meminfo", text, sizeof(text)) <= 0)
		return -1;
	line = strstr(text, "MemAvailable:");
	return line ? atol(line + 13) : -1;
}

/*
 * Do it @times times, @bytes each, and expect that less than a third of that is
 * gone. The first times fill caches.
 */
#define EXPECT_FREED_OF(times, bytes, what) do {			\
	long __before = 0, __i;						\
									\
	for (__i = -(times) / 10; __i < (times); __i++) {		\
		if (!__i)						\
			__before = memory();				\
		what;							\
	}								\
	EXPECT_GT((times) * (bytes) / 1024 / 3, __before - memory())	\
		TH_LOG("of %ld kB", (times) * (bytes) / 1024);		\
} while (0)

#define EXPECT_FREED(bytes, what)	EXPECT_FREED_OF(TIMES, bytes, what)

#define EXPECT_REFUSED(self, errno_)					\
	EXPECT_FREED(SIZE, ASSERT_EQ(-(errno_),				\
			io_writev((self)->io.fd, (self)->iov, 5)))

/* F5.37: bytes that can't be read, at the end of what can */
TEST_F(leak, fault)
{
	self->iov[4].iov_base = io_fence(0);
	EXPECT_REFUSED(self, EFAULT);
}

/* F5.37 F11.6: the same, when XDP wants to see them */
TEST_F(leak, fault_with_xdp)
{
	if (!self->io.tap)
		SKIP(return, "no XDP on tun");
	ASSERT_EQ(0, xdp_attach_const(IO_NAME, XDP_PASS, 0));
	self->iov[4].iov_base = io_fence(0);
	EXPECT_REFUSED(self, EFAULT);
}

/* F11.3: what an XDP program drops, and what it sends back to a full fifo */
TEST_F(leak, dropped_by_xdp)
{
	if (!self->io.tap)
		SKIP(return, "no XDP on tun");
	ASSERT_EQ(0, xdp_attach_const(IO_NAME, XDP_DROP, 0));
	EXPECT_FREED(SIZE, ASSERT_EQ(SIZE, io_writev(self->io.fd, self->iov,
						     5)));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	ASSERT_EQ(0, xdp_attach_const(IO_NAME, XDP_TX, 0));
	EXPECT_FREED(SIZE, ASSERT_EQ(SIZE, io_writev(self->io.fd, self->iov,
						     5)));
}

/* F5.6: neither IPv4 nor IPv6 */
TEST_F(leak, no_protocol)
{
	if (self->io.tap)
		SKIP(return, "Ethernet says what it is");
	self->buf[0] = 0x50;
	EXPECT_REFUSED(self, EINVAL);
}

/* F5.18: a virtio header that contradicts the packet */
TEST_F(leak, bad_metadata)
{
	if (!self->head)
		SKIP(return, "no virtio header");
	self->buf[1] = 99;
	EXPECT_REFUSED(self, EINVAL);
}

/* F5.12: the device is down */
TEST_F(leak, down)
{
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_REFUSED(self, EIO);
}

/* F5.1: the queue is detached; then it is closed */
TEST_F(leak, detached)
{
	ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_DETACH_QUEUE));
	if (variant->flags & IFF_NAPI)
		EXPECT_REFUSED(self, EBUSY);
	else
		EXPECT_FREED(SIZE, ASSERT_EQ(SIZE, io_writev(self->io.fd,
							     self->iov, 5)));
}

/* A batch of two packets, then one that is refused; and a batch that is, whole. */
TEST_F(leak, batch)
{
	struct io *io = &self->io;
	static struct batch batch;
	uint8_t good[PKT_MAX];
	size_t len;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, batch_mode(io->fd, VTUN_MODE_BATCH));
	memset(good, 0, self->head);
	len = self->head + io_packet(io, good + self->head, 1, 20);
	batch_clear(&batch);
	batch_add(&batch, good, len);
	batch_add(&batch, good, len);
	if (self->head)
		self->buf[1] = 99;		/* metadata */
	else
		self->buf[0] = 0x50;		/* neither IPv4 nor IPv6 */
	batch_add(&batch, self->buf, SIZE);
	if (self->head || !io->tap)
		EXPECT_FREED(SIZE, ASSERT_EQ(2 * batch_size(len),
					     batch_write(&batch, io->fd)));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_FREED(SIZE, ASSERT_EQ(-EIO, batch_write(&batch, io->fd)));
}

/* F6.1: what is read, packet by packet and in batches */
TEST_F(leak, read)
{
	struct io *io = &self->io;

	EXPECT_FREED(KEPT, {
		ASSERT_EQ(0, io_send(io, 1, SENT));
		ASSERT_LT(SENT, io_read(io->fd, self->buf, SIZE));
	});
	if (vt_intree())
		return;
	ASSERT_EQ(0, batch_mode(io->fd, VTUN_MODE_BATCH));
	EXPECT_FREED(KEPT, {
		ASSERT_EQ(0, io_send(io, 1, SENT));
		ASSERT_LT(SENT, io_read(io->fd, self->buf, SIZE));
	});
}

/* A batch that is read into memory that can't be written. */
TEST_F(leak, batch_read_fault)
{
	struct io *io = &self->io;
	void *nowhere = io_fence(0);

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, batch_mode(io->fd, VTUN_MODE_BATCH));
	EXPECT_FREED(KEPT, {
		ASSERT_EQ(0, io_send(io, 1, SENT));
		ASSERT_EQ(-EFAULT, io_read(io->fd, nowhere, SENT + 100));
	});
}

/* F9.1: devices with room for flows that are learned */
TEST(leak_devices)
{
	int fd;

	ASSERT_EQ(0, ns_fresh());
	EXPECT_FREED_OF(400L, 8192, {
		fd = vt_attach("leak0", IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
		ASSERT_LE(0, fd);
		close(fd);
	});
	/* refused when all but registering it is done: the index is lo's */
	EXPECT_FREED_OF(400L, 8192, {
		fd = vt_open(O_RDWR);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, vt_ioctl_int(fd, TUNSETIFINDEX, 1));
		ASSERT_EQ(-EBUSY, vt_setiff(fd, "leak0", IFF_TAP | IFF_NO_PI |
							 IFF_MULTI_QUEUE));
		close(fd);
	});
}

/* What waits for the next program goes with the device. */
TEST(leak_kept)
{
	const int flags = IFF_TAP | IFF_NO_PI;
	uint8_t packet[PKT_MAX];
	size_t len = pkt_numbered(packet, true, 1, SENT);
	struct req r;
	int fd, ps, i;

	if (vt_intree())
		SKIP(return, "in-tree tun keeps nothing");
	ASSERT_EQ(0, ns_fresh());
	EXPECT_FREED_OF(40L, 200 * KEPT, {
		fd = vt_attach("leak0", flags);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, vt_persist(fd, true));
		ASSERT_EQ(0, req_keep_carrier(&r, "leak0", true));
		ASSERT_EQ(0, link_up("leak0"));
		close(fd);
		ps = psock_open("leak0", SOCK_RAW, 0);
		ASSERT_LE(0, ps);
		for (i = 0; i < 200; i++)
			ASSERT_EQ(len, psock_send(ps, "leak0", ETH_P_IP, packet,
						  len));
		close(ps);
		ASSERT_EQ(0, link_del("leak0"));
	});
}

/* F3.14.2: filters that are replaced; each takes a page at least */
TEST(leak_filters)
{
	struct sock_filter code[] = { BPF_STMT(BPF_RET | BPF_K, 65535) };
	struct sock_fprog prog = CBPF_PROG(code);
	int fd;

	ASSERT_EQ(0, ns_fresh());
	fd = vt_attach("leak0", IFF_TAP | IFF_NO_PI);
	ASSERT_LE(0, fd);
	EXPECT_FREED_OF(1000L, 4096,
			ASSERT_EQ(0, vt_ioctl(fd, TUNATTACHFILTER,
					      (unsigned long)&prog)));
	ASSERT_EQ(0, vt_ioctl(fd, TUNDETACHFILTER, 0));
	close(fd);
}

TEST_HARNESS_MAIN
