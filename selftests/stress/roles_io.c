// SPDX-License-Identifier: GPL-2.0-only
/* Roles of programs: files that come and go, read, write and wait. */
#include "stress.h"
#include "testlib_batch.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <linux/virtio_net.h>

int stress_file(struct stress *s)
{
	if (s->fd >= 0 && !stress_any(s, 200)) {
		close(s->fd);
		s->fd = -1;
	}
	if (s->fd >= 0) {
		if (vt_flags(s->fd) >= 0)
			return s->fd;
		if (!vt_setiff(s->fd, s->dev->name, s->dev->flags))
			return s->fd;
		close(s->fd);
	}
	s->dev = stress_dev(s);
	s->fd = vt_attach_nb(s->dev->name, s->dev->flags);
	if (s->fd >= 0)
		link_up(s->dev->name);
	return s->fd < 0 ? -1 : s->fd;
}

size_t stress_packet(struct stress *s, uint8_t *buf)
{
	size_t len = PI_LEN(s->dev->flags);

	memset(buf, 0, 64);
	if (len)
		((struct tun_pi *)buf)->proto = htons(ETH_P_IP);
	if (s->dev->flags & IFF_VNET_HDR)
		len += sizeof(struct virtio_net_hdr);
	return len + pkt_numbered(buf + len, s->dev->flags & IFF_TAP,
				  stress_any(s, 250), stress_any(s, 1400));
}

static bool open_close(struct stress *s)
{
	const struct stress_dev *dev = stress_dev(s);
	int fd = vt_attach_nb(dev->name, dev->flags);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static bool park(struct stress *s)
{
	int fd = stress_file(s);
	bool done;

	if (fd < 0)
		return false;
	done = !vt_set_queue(fd, IFF_DETACH_QUEUE);
	nap_ms(stress_any(s, 3));
	return !vt_set_queue(fd, IFF_ATTACH_QUEUE) && done;
}

static bool write_one(struct stress *s)
{
	uint8_t buf[PKT_MAX];
	int i, fd = stress_file(s);
	bool done = false;

	for (i = 0; i < 16 && fd >= 0; i++)
		done |= write(fd, buf, stress_packet(s, buf)) > 0;
	return done;
}

static bool writev_one(struct stress *s)
{
	uint8_t buf[PKT_MAX];
	struct iovec iov[2];
	int fd = stress_file(s);
	size_t len;

	if (fd < 0)
		return false;
	len = stress_packet(s, buf);
	iov[0] = (struct iovec) { buf, 60 };
	iov[1] = (struct iovec) { buf + 60, len > 60 ? len - 60 : 0 };
	return writev(fd, iov, 2) > 0;
}

/* One packet for it is there, unless another queue gets it. */
static bool read_one(struct stress *s)
{
	uint8_t buf[PKT_MAX];
	int i, fd = stress_file(s);
	bool done = false;

	if (fd >= 0)
		psock_feed(s->dev->name, s->dev->flags & IFF_TAP,
			   stress_any(s, 250), 100);
	for (i = 0; i < 16 && fd >= 0; i++)
		done |= read(fd, buf, sizeof(buf)) > 0;
	return done;
}

static bool poll_one(struct stress *s)
{
	struct pollfd pfd = { .fd = stress_file(s), .events = POLLIN };

	if (pfd.fd < 0)
		return false;
	if (stress_any(s, 2))
		pfd.events |= POLLOUT;
	return poll(&pfd, 1, stress_any(s, 10)) > 0 && !(pfd.revents & POLLERR);
}

/* What the stack sends: to all devices, as fast as it can. */
static bool send_one(struct stress *s)
{
	const struct stress_dev *dev = stress_dev(s);
	bool done = false;
	int i;

	for (i = 0; i < 16; i++)
		done |= psock_feed(dev->name, dev->flags & IFF_TAP,
				   stress_any(s, 250), stress_any(s, 1000)) > 0;
	return done;
}

/* In the child: sleeps in read(), or in write() for send-buffer space. */
static void child(struct stress *s, bool writes)
{
	uint8_t buf[PKT_MAX];
	int fd = vt_attach(s->dev->name, s->dev->flags);

	if (fd < 0)
		_exit(1);
	link_up(s->dev->name);
	if (writes)
		vt_ioctl_int(fd, TUNSETSNDBUF, 3000);
	for (;;)
		if (writes)
			writes = write(fd, buf, stress_packet(s, buf)) > 0;
		else if (read(fd, buf, sizeof(buf)) < 0)
			_exit(0);
}

/* SIGKILL at any time of its life. */
static bool kill_one(struct stress *s)
{
	int status = 0;
	pid_t pid;

	s->dev = stress_dev(s);
	pid = fork();
	if (!pid)
		child(s, stress_any(s, 2));
	if (pid < 0)
		return false;
	nap_ms(stress_any(s, 20));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status);
}

static void on_alarm(int sig)
{
}

/* A signal ends a sleep in read(). */
static bool interrupt_one(struct stress *s)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerspec in = {
		/* Again and again: the first may come before the sleep. */
		.it_value.tv_nsec = 1000000 + stress_any(s, 5) * 1000000,
		.it_interval.tv_nsec = 10000000,
	};
	static const struct itimerspec off;
	static timer_t timer;
	static bool ready;
	uint8_t buf[PKT_MAX];
	int fd = stress_file(s);
	ssize_t ret;

	if (fd < 0)
		return false;
	if (!ready) {
		sigaction(SIGALRM, &sa, NULL);
		ready = !timer_create(CLOCK_MONOTONIC, NULL, &timer);
	}
	fcntl(fd, F_SETFL, O_RDWR);
	timer_settime(timer, 0, &in, NULL);
	ret = read(fd, buf, sizeof(buf));
	ret = ret < 0 ? -errno : ret;
	timer_settime(timer, 0, &off, NULL);
	fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK);
	return ret == -EINTR;
}

/* Break the record at @at, of a packet of @len bytes: its length, what is 0, or both. */
static void break_record(struct stress *s, struct batch *b, size_t at, size_t len)
{
	struct vtun_record record = { .len = len };
	size_t pad = batch_size(len) - sizeof(record) - len;

	if (stress_any(s, 2))
		record.len = stress_any(s, 2) ? stress_any(s, 4096) : rand_r(&s->seed);
	if (stress_any(s, 2))
		record.reserved = rand_r(&s->seed);
	memcpy(b->buf + at, &record, sizeof(record));
	if (pad && stress_any(s, 2))
		b->buf[at + sizeof(record) + len + stress_any(s, pad)] = 1 + stress_any(s, 255);
}

/* Some packets, of which each write has a broken record or none, or ends too early. */
static void fill_batch(struct stress *s, struct batch *b)
{
	int i, num = 1 + stress_any(s, 40), bad = stress_any(s, 2 * num);

	batch_clear(b);
	for (i = 0; i < num; i++) {
		uint8_t buf[PKT_MAX];
		size_t at = b->len, len = stress_packet(s, buf);

		batch_add(b, buf, len);
		if (i == bad)
			break_record(s, b, at, len);
	}
	if (!stress_any(s, 8))	/* there is no record as short as that */
		b->len -= stress_any(s, 24);
}

/*
 * Nobody else has this file, so what it reads are records. One that is not as it
 * must be is the driver's bug, and ends the role.
 */
static bool read_batch(struct stress *s, struct batch *b)
{
	ssize_t n = batch_read(b, s->fd, stress_any(s, 2) ? stress_any(s, 4096)
							  : BATCH_MAX);
	const uint8_t *data;
	bool done = n > 0;

	if (done) {
		while ((n = batch_next(b, &data)) > 0)
			;
		if (n)
			abort();
	}
	return done;
}

/* A file in batch mode, for a few reads and writes. */
static bool batch(struct stress *s)
{
	static struct batch b;
	int i, fd = stress_file(s);
	bool wrote = false, got = false;

	if (fd < 0 || batch_mode(fd, VTUN_MODE_BATCH |
				     (stress_any(s, 2) ? VTUN_MODE_NOTRUNC : 0)))
		return false;
	for (i = 2 + stress_any(s, 8); i >= 0; i--) {
		fill_batch(s, &b);
		wrote |= batch_write(&b, fd) > 0;
		psock_feed(s->dev->name, s->dev->flags & IFF_TAP,
			   stress_any(s, 250), stress_any(s, 1000));
		got |= read_batch(s, &b);
	}
	return !batch_mode(fd, 0) && wrote && got;
}

const struct stress_role stress_roles_io[] = {
	{ "open", open_close },
	{ "open", open_close },
	{ "queue", park },
	{ "write", write_one },
	{ "write", write_one },
	{ "writev", writev_one },
	{ "read", read_one },
	{ "read", read_one },
	{ "batch", batch },
	{ "poll", poll_one },
	{ "send", send_one },
	{ "send", send_one },
	{ "kill", kill_one },
	{ "interrupt", interrupt_one },
	{}
};
