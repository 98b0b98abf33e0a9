/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One device under test, with everything that a test of read() and write()
 * watches: the file, a packet socket and the counters.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_IO_H
#define VTUN_SELFTESTS_TESTLIB_IO_H

#include "testlib.h"

#include <sys/uio.h>

/*
 * The first hook of a boot loads modules, which takes a while when the guest is
 * emulated on a busy machine.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	120

#define IO_NAME		"io0"
#define IO_PI_LEN	sizeof(struct tun_pi)

struct io {
	int fd;				/* non-blocking */
	int ps;				/* packet socket on the device */
	bool tap;
	bool pi;			/* packets begin with a struct tun_pi */
	struct rtnl_link_stats64 last;	/* of io_counted() */
};

/* The four ways to make a device, as variants of a fixture with .flags. */
#define IO_VARIANTS(fixture)						\
	FIXTURE_VARIANT_ADD(fixture, tun) {				\
		.flags = IFF_TUN | IFF_NO_PI,				\
	};								\
	FIXTURE_VARIANT_ADD(fixture, tun_pi) {				\
		.flags = IFF_TUN,					\
	};								\
	FIXTURE_VARIANT_ADD(fixture, tap) {				\
		.flags = IFF_TAP | IFF_NO_PI,				\
	};								\
	FIXTURE_VARIANT_ADD(fixture, tap_pi) {				\
		.flags = IFF_TAP,					\
	}

/* Those two of them that have no packet information. */
#define IO_VARIANTS_NO_PI(fixture)					\
	FIXTURE_VARIANT_ADD(fixture, tun) {				\
		.flags = IFF_TUN | IFF_NO_PI,				\
	};								\
	FIXTURE_VARIANT_ADD(fixture, tap) {				\
		.flags = IFF_TAP | IFF_NO_PI,				\
	}

/*
 * In a fresh namespace, make the device IO_NAME and set it up. All functions
 * return a length or 0, or -errno.
 */
int io_open(struct io *io, int flags);
int io_listen(struct io *io);	/* what io_open() does for io->ps alone */

ssize_t io_write(int fd, const void *buf, size_t len);
ssize_t io_writev(int fd, const struct iovec *iov, int n);
ssize_t io_read(int fd, void *buf, size_t size);
/* 0 if what waits is exactly packet @seq of @data bytes, of which a filter has
 * left @len behind the packet information; -EBADMSG for anything else.
 */
int io_came_cut(struct io *io, unsigned int seq, size_t data, size_t len);

/*
 * False where in-tree tun has no RWF_NOWAIT: before 6.4. Then io_uring can't try
 * a call inline, either.
 */
bool io_nowait(const struct io *io);

/* What write() takes: [packet information] [Ethernet header] IPv4 packet. */
size_t io_frame(const struct io *io, void *buf, unsigned int seq, size_t len);
/* The same without the packet information: what the stack sees. */
size_t io_packet(const struct io *io, void *buf, unsigned int seq, size_t len);

/*
 * 0 if the next packet that the stack received is this one, -EBADMSG if it is
 * another, -ETIMEDOUT if there is none.
 */
int io_seen(const struct io *io, const void *packet, size_t len);
/* True if the stack received nothing; it receives before write() returns. */
bool io_unseen(const struct io *io);

/* Have the stack send packet @seq with @len bytes of data. */
int io_send(const struct io *io, unsigned int seq, size_t len);
/* 0 if @fd's next packet is @seq, complete; -EBADMSG, or read()'s -errno. */
int io_recv(const struct io *io, int fd, unsigned int seq, size_t len);

/* Packets @from to @to - 1 in this order: 0, or what the first that failed gave. */
int io_send_range(const struct io *io, unsigned int from, unsigned int to,
		  size_t len);
int io_recv_range(const struct io *io, unsigned int from, unsigned int to,
		  size_t len);

/* New lines of the kernel's log (log_open()) that name the device or the driver. */
int io_log_lines(int log);

/* How far the counters moved since the last call. */
struct rtnl_link_stats64 io_counted(struct io *io);

#define EXPECT_RX(io, packets, bytes, dropped) do {			\
	struct rtnl_link_stats64 __s = io_counted(io);			\
	EXPECT_EQ(packets, __s.rx_packets);				\
	EXPECT_EQ(bytes, __s.rx_bytes);					\
	EXPECT_EQ(dropped, __s.rx_dropped);				\
	EXPECT_EQ(0, __s.rx_errors + __s.rx_frame_errors);		\
	EXPECT_EQ(0, __s.tx_packets + __s.tx_bytes + __s.tx_dropped +	\
		     __s.tx_errors);					\
} while (0)

#define EXPECT_TX(io, packets, bytes, dropped) do {			\
	struct rtnl_link_stats64 __s = io_counted(io);			\
	EXPECT_EQ(packets, __s.tx_packets);				\
	EXPECT_EQ(bytes, __s.tx_bytes);					\
	EXPECT_EQ(dropped, __s.tx_dropped);				\
	EXPECT_EQ(0, __s.tx_errors);					\
	EXPECT_EQ(0, __s.rx_packets + __s.rx_bytes + __s.rx_dropped +	\
		     __s.rx_errors + __s.rx_frame_errors);		\
} while (0)

#define EXPECT_NOTHING_COUNTED(io)	EXPECT_RX(io, 0, 0, 0)

/*
 * A buffer of @len bytes whose end meets memory that can't be touched, so
 * that reading or writing one byte more is a fault.
 */
void *io_fence(size_t len);
/* @len bytes that can be read but not written. */
void *io_readonly(size_t len);

/* A thread inside write(), the counterpart of struct sleeper. */
struct writer {
	pthread_t thread;
	int fd;
	const void *buf;
	size_t len;
	_Atomic pid_t tid;
	_Atomic bool done;
	ssize_t ret;			/* what write() gave, or -errno */
};

/* Start it; 0 once it sleeps inside write(), -EALREADY if write() ended. */
int writer_start(struct writer *w, int fd, const void *buf, size_t len);
int writer_wait(struct writer *w, int ms);

#endif
