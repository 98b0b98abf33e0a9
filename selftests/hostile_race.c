// SPDX-License-Identifier: GPL-2.0-only
/* User memory that another thread takes away or changes while it is copied. */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <linux/virtio_net.h>

#define FLAGS	(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)
#define PAGE	4096
#define SIZE	(4 * PAGE)
#define LEN	6000			/* of what is written: ends in page 2 */
#define ROUNDS	1000
#define RACE_S	120

FIXTURE(hostile_race)
{
	struct io io;
	uint8_t *mem;
	pthread_t thread;
	_Atomic bool stop;
	_Atomic unsigned long turns;
};

FIXTURE_SETUP(hostile_race)
{
	ASSERT_EQ(0, io_open(&self->io, FLAGS));
	self->mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->mem);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(hostile_race)
{
}

/* Once it has done what it does, the first call may come. */
static int hostile_start(FIXTURE_DATA(hostile_race) *self,
			 void *(*thread)(void *))
{
	int err = -pthread_create(&self->thread, NULL, thread, self);

	if (err)
		return err;
	return wait_for(self->turns, WAIT_MS) ? 0 : -ETIMEDOUT;
}

static void hostile_stop(FIXTURE_DATA(hostile_race) *self)
{
	self->stop = true;
	pthread_join(self->thread, NULL);
}

/* The second page can't be touched, and can be again. */
static void *protect(void *arg)
{
	FIXTURE_DATA(hostile_race) *self = arg;

	while (!self->stop) {
		mprotect(self->mem + PAGE, PAGE, PROT_NONE);
		nap_ms(1);
		mprotect(self->mem + PAGE, PAGE, PROT_READ | PROT_WRITE);
		self->turns++;
		nap_ms(1);
	}
	return NULL;
}

/* There are other pages, or none at all. */
static void *unmap(void *arg)
{
	FIXTURE_DATA(hostile_race) *self = arg;

	while (!self->stop) {
		madvise(self->mem, SIZE, MADV_DONTNEED);
		munmap(self->mem + PAGE, PAGE);
		sched_yield();
		if (mmap(self->mem + PAGE, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
		    MAP_FAILED)
			abort();
		self->turns++;
		sched_yield();
	}
	return NULL;
}

/* The header asks for something else all the time, right or wrong. */
static void *change(void *arg)
{
	FIXTURE_DATA(hostile_race) *self = arg;
	volatile struct virtio_net_hdr *hdr = (void *)self->mem;
	unsigned int n = 0;

	while (!self->stop) {
		hdr->flags = ++n % 3;
		hdr->gso_type = n % 7;
		hdr->hdr_len = n * 977;
		hdr->gso_size = n * 131;
		hdr->csum_start = n * 61;
		hdr->csum_offset = n * 13;
		sched_yield();
		hdr->flags = 0;
		hdr->gso_type = VIRTIO_NET_HDR_GSO_NONE;
		self->turns++;
		sched_yield();
	}
	return NULL;
}

/*
 * Writes, until both answers have come: how many succeeded, or what no write
 * should have given.
 */
static long write_rounds(FIXTURE_DATA(hostile_race) *self, int refusal)
{
	uint64_t end = now_ms() + RACE_S * 500;
	long written = 0, refused = 0;
	int i;

	for (i = 0; i < ROUNDS || (!(refused && written) && now_ms() < end);
	     i++) {
		ssize_t ret = io_write(self->io.fd, self->mem, LEN);

		if (ret != LEN && ret != refusal)
			return ret < 0 ? ret : -EPROTO;
		written += ret == LEN;
		refused += ret == refusal;
	}
	printf("# %ld written, %ld refused\n", written, refused);
	return refused ? written : -ENOMSG;
}

/* What was written was received, each packet as a whole, and nothing else. */
#define EXPECT_WHOLE(self, written) do {				\
	struct rtnl_link_stats64 __s = io_counted(&(self)->io);		\
	long __l = LEN - sizeof(struct virtio_net_hdr);			\
	EXPECT_EQ(written, __s.rx_packets);				\
	EXPECT_EQ((written) * __l, __s.rx_bytes);			\
} while (0)

/* F5.2 F5.36: mprotect() while it is read */
TEST_F_TIMEOUT(hostile_race, write_protected, RACE_S)
{
	long written;

	ASSERT_EQ(0, hostile_start(self, protect));
	written = write_rounds(self, -EFAULT);
	hostile_stop(self);
	if (written == -ENOMSG && !strncmp(getenv("KERNEL") ?: "", "uml", 3))
		SKIP(return, "User Mode Linux did not run both threads at once");
	ASSERT_LT(0, written);
	EXPECT_WHOLE(self, written);
}

/* F5.2 F5.36: MADV_DONTNEED and munmap() */
TEST_F_TIMEOUT(hostile_race, write_unmapped, RACE_S)
{
	long written;

	ASSERT_EQ(0, hostile_start(self, unmap));
	written = write_rounds(self, -EFAULT);
	hostile_stop(self);
	ASSERT_LT(0, written);
	EXPECT_WHOLE(self, written);
}

/* F5.16 F5.24: what was checked is what is used */
TEST_F_TIMEOUT(hostile_race, write_changing, RACE_S)
{
	long written;

	ASSERT_EQ(0, hostile_start(self, change));
	written = write_rounds(self, -EINVAL);
	hostile_stop(self);
	EXPECT_LT(0, written);
}

/* F6.15: a packet is read as a whole, or lost and counted */
TEST_F_TIMEOUT(hostile_race, read_protected, RACE_S)
{
	uint64_t end = now_ms() + RACE_S * 500;
	uint8_t packet[PKT_MAX], *at = self->mem + PAGE - 300;
	long whole = 0, lost = 0, i;
	struct rtnl_link_stats64 seen;
	size_t len;

	if (vt_intree())
		SKIP(return, "in-tree tun says nothing about a fault");
	len = io_packet(&self->io, packet, 1, 1000) +
	      sizeof(struct virtio_net_hdr);
	ASSERT_EQ(0, hostile_start(self, protect));
	for (i = 1; i < ROUNDS || (!(whole && lost) && now_ms() < end); i++) {
		ssize_t ret;

		ASSERT_EQ(0, io_send(&self->io, 1, 1000));
		ret = io_read(self->io.fd, at, 2000);
		whole += ret == len;
		lost += ret == -EFAULT;
		ASSERT_EQ(i, whole + lost);
	}
	hostile_stop(self);
	seen = io_counted(&self->io);
	printf("# %ld read, %ld lost\n", whole, lost);
	EXPECT_EQ(whole, seen.tx_packets);
	EXPECT_EQ(lost, seen.tx_dropped);
	EXPECT_LT(0, whole);
	EXPECT_LT(0, lost);
}

TEST_HARNESS_MAIN
