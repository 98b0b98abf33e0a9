// SPDX-License-Identifier: GPL-2.0-only
/* Reading and writing packets on one device under test. */
#include "testlib_io.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define IO_MAX		70000		/* the largest packet that is compared */

int io_listen(struct io *io)
{
	int size = 4 << 20;

	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	if (io->ps < 0)
		return io->ps;
	if (setsockopt(io->ps, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		return -errno;
	return 0;
}

int io_open(struct io *io, int flags)
{
	int err = ns_fresh();

	memset(io, 0, sizeof(*io));
	io->tap = flags & IFF_TAP;
	io->pi = !(flags & IFF_NO_PI);
	if (err)
		return err;
	io->fd = vt_attach_nb(IO_NAME, flags);
	if (io->fd < 0)
		return io->fd;
	err = link_up(IO_NAME);
	return err ? err : io_listen(io);
}

ssize_t io_write(int fd, const void *buf, size_t len)
{
	ssize_t n = write(fd, buf, len);

	return n < 0 ? -errno : n;
}

ssize_t io_writev(int fd, const struct iovec *iov, int n)
{
	ssize_t ret = writev(fd, iov, n);

	return ret < 0 ? -errno : ret;
}

ssize_t io_read(int fd, void *buf, size_t size)
{
	ssize_t n = read(fd, buf, size);

	return n < 0 ? -errno : n;
}

bool io_nowait(const struct io *io)
{
	uint8_t byte;
	struct iovec iov = { &byte, 1 };

	return !vt_intree() || kernel_at_least(6, 4) ||
	       preadv2(io->fd, &iov, 1, -1, RWF_NOWAIT) >= 0 ||
	       errno != EOPNOTSUPP;
}

size_t io_packet(const struct io *io, void *buf, unsigned int seq, size_t len)
{
	return pkt_numbered(buf, io->tap, seq, len);
}

size_t io_frame(const struct io *io, void *buf, unsigned int seq, size_t len)
{
	struct tun_pi pi = { .proto = htons(ETH_P_IP) };
	size_t head = io->pi ? sizeof(pi) : 0;

	memcpy(buf, &pi, head);
	return head + io_packet(io, (uint8_t *)buf + head, seq, len);
}

/* psock_recv(), but going down is no news: the socket tells it as an error. */
static ssize_t io_hear(const struct io *io, void *buf, size_t size, int ms)
{
	ssize_t n = psock_recv(io->ps, 0, buf, size, ms);

	return n == -ENETDOWN ? psock_recv(io->ps, 0, buf, size, ms) : n;
}

int io_seen(const struct io *io, const void *packet, size_t len)
{
	static uint8_t buf[IO_MAX];
	ssize_t n = io_hear(io, buf, sizeof(buf), WAIT_MS);

	if (n < 0)
		return n;
	return (size_t)n == len && !memcmp(buf, packet, len) ? 0 : -EBADMSG;
}

bool io_unseen(const struct io *io)
{
	uint8_t buf[PKT_MAX];

	return io_hear(io, buf, sizeof(buf), 0) == -ETIMEDOUT;
}

int io_send(const struct io *io, unsigned int seq, size_t len)
{
	static uint8_t buf[IO_MAX];
	size_t total = io_packet(io, buf, seq, len);
	ssize_t n = psock_send(io->ps, IO_NAME, ETH_P_IP, buf, total);

	return n < 0 ? n : 0;
}

int io_recv(const struct io *io, int fd, unsigned int seq, size_t len)
{
	static uint8_t want[IO_MAX], got[IO_MAX];
	size_t total = io_frame(io, want, seq, len);
	ssize_t n = io_read(fd, got, sizeof(got));

	if (n < 0)
		return n;
	return (size_t)n == total && !memcmp(got, want, total) ? 0 : -EBADMSG;
}

int io_send_range(const struct io *io, unsigned int from, unsigned int to,
		  size_t len)
{
	int err = 0;

	while (!err && from < to)
		err = io_send(io, from++, len);
	return err;
}

int io_recv_range(const struct io *io, unsigned int from, unsigned int to,
		  size_t len)
{
	int err = 0;

	while (!err && from < to)
		err = io_recv(io, io->fd, from++, len);
	return err;
}

int io_log_lines(int log)
{
	char driver[16];

	snprintf(driver, sizeof(driver), "%s:", vt_driver());
	return log_lines(log, IO_NAME, driver);
}

struct rtnl_link_stats64 io_counted(struct io *io)
{
	struct rtnl_link_stats64 moved;
	__u64 *last = (__u64 *)&io->last;
	__u64 *now, *out = (__u64 *)&moved;
	struct link_info info;
	size_t i;

	if (link_get(IO_NAME, &info))
		memset(&info, 0xff, sizeof(info));
	now = (__u64 *)&info.stats;
	for (i = 0; i < sizeof(moved) / sizeof(*out); i++)
		out[i] = now[i] - last[i];
	io->last = info.stats;
	return moved;
}

void *io_fence(size_t len)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t room = (len + page - 1) / page * page;
	uint8_t *p = mmap(NULL, room + page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || mprotect(p + room, page, PROT_NONE))
		abort();
	return p + room - len;
}

void *io_readonly(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);

	if (p == MAP_FAILED)
		abort();
	return p;
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;

	w->tid = gettid();
	w->ret = io_write(w->fd, w->buf, w->len);
	w->done = true;
	return NULL;
}

int writer_start(struct writer *w, int fd, const void *buf, size_t len)
{
	int err;

	memset(w, 0, sizeof(*w));
	w->fd = fd;
	w->buf = buf;
	w->len = len;
	err = pthread_create(&w->thread, NULL, writer_main, w);
	if (err)
		return -err;
	/* between publishing its tid and write() the thread sleeps nowhere */
	if (!wait_for(w->done || (w->tid && task_asleep(w->tid)), WAIT_MS))
		return -ETIMEDOUT;
	return w->done ? -EALREADY : 0;
}

int writer_wait(struct writer *w, int ms)
{
	if (!wait_for(w->done, ms))
		return -ETIMEDOUT;
	return -pthread_join(w->thread, NULL);
}

int io_came_cut(struct io *io, unsigned int seq, size_t data, size_t len)
{
	uint8_t want[PKT_MAX], got[PKT_MAX];
	size_t head = io->pi ? IO_PI_LEN : 0;
	ssize_t n = io_read(io->fd, got, sizeof(got));

	io_frame(io, want, seq, data);
	if (n < 0)
		return n;
	return (size_t)n == head + len && !memcmp(got, want, n) ? 0 : -EBADMSG;
}
