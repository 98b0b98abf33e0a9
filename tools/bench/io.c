// SPDX-License-Identifier: GPL-2.0-only
/* Packets across a file, by each way that a program can take. */
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"

#define IO_URING_DEPTH	64

struct io {
	struct io_uring ring;
	struct virtio_net_hdr header;
	char in[IO_URING_DEPTH][2048];
	char out[BENCH_PACKET_MAX];
};

/* @len: of the packets that will be read or written */
void io_init(struct port *port, size_t len)
{
	struct io *io = calloc(1, sizeof(*io));
	int err;

	if (!io)
		die("no memory");
	port->io = io;
	if (port->method->batch)
		port->batch = batch_init(port, len);
	if (!port->method->uring)
		return;
	err = io_uring_queue_init(IO_URING_DEPTH, &io->ring, 0);
	if (err == -ENOSYS || err == -EPERM)
		skip("this kernel has no io_uring");
	errno = -err;
	checked(err ? -1 : 0, "io_uring");
}

void io_exit(struct port *port)
{
	struct io *io = port->io;

	if (port->method->batch)
		batch_exit(port->batch);
	if (port->method->uring)
		io_uring_queue_exit(&io->ring);
	free(io);
}

static void io_check(ssize_t got, const char *what)
{
	if (got < 0)
		checked(-1, what);
	if (!got)
		die("%s: nothing", what);
}

static void io_uring_wait(struct io *io, unsigned int n, const char *what)
{
	struct io_uring_cqe *cqe;
	unsigned int head, seen = 0;
	int ret;

	ret = io_uring_submit_and_wait(&io->ring, n);
	if (ret < 0)
		die("io_uring_enter: %s", strerror(-ret));
	io_uring_for_each_cqe(&io->ring, head, cqe) {
		if (cqe->res <= 0)
			die("%s by io_uring: %s", what, strerror(-cqe->res));
		seen++;
	}
	if (seen != n)
		die("%s by io_uring: %u of %u", what, seen, n);
	io_uring_cq_advance(&io->ring, seen);
}

static void io_uring_write_some(struct port *port, const void *packet,
				size_t len, unsigned int n)
{
	struct io *io = port->io;
	unsigned int i;

	for (i = 0; i < n; i++)
		io_uring_prep_write(io_uring_get_sqe(&io->ring), port->fd,
				    packet, len, 0);
	io_uring_wait(io, n, "write");
}

static void io_uring_read_some(struct port *port, unsigned int n)
{
	struct io *io = port->io;
	unsigned int i;

	for (i = 0; i < n; i++)
		io_uring_prep_read(io_uring_get_sqe(&io->ring), port->fd,
				   io->in[i], sizeof(io->in[i]), 0);
	io_uring_wait(io, n, "read");
}

static ssize_t io_write_vector(struct port *port, const void *packet, size_t len)
{
	struct io *io = port->io;
	/* Headers here, payload there: what writev() is good for. */
	struct iovec iov[] = {
		{ .iov_base = &io->header,
		  .iov_len = port->vnet ? sizeof(io->header) : 0 },
		{ .iov_base = (void *)packet, .iov_len = BENCH_HEADERS },
		{ .iov_base = (char *)packet + BENCH_HEADERS, .iov_len = len - BENCH_HEADERS },
	};

	return writev(port->fd, iov, 3);
}

static ssize_t io_read_vector(struct port *port)
{
	struct io *io = port->io;
	struct iovec iov[] = {
		{ .iov_base = &io->header,
		  .iov_len = port->vnet ? sizeof(io->header) : 0 },
		{ .iov_base = io->in[0], .iov_len = BENCH_HEADERS },
		{ .iov_base = io->in[1], .iov_len = sizeof(io->in[1]) },
	};

	return readv(port->fd, iov, 3);
}

/* What write() is given: the packet, behind a header that says nothing. */
static const void *io_with_header(struct port *port, const void *packet,
				  size_t *len)
{
	struct io *io = port->io;

	if (!port->vnet)
		return packet;
	memset(io->out, 0, sizeof(io->header));
	memcpy(io->out + sizeof(io->header), packet, *len);
	*len += sizeof(io->header);
	return io->out;
}

/* The same packet @n times. */
void io_write(struct port *port, const void *packet, size_t len, unsigned int n)
{
	unsigned int some;

	if (!port->method->vectored && !port->method->batch)
		packet = io_with_header(port, packet, &len);
	for (; n; n -= some) {
		some = 1;
		if (port->method->batch) {
			some = batch_write(port, port->batch, packet, len, n);
		} else if (port->method->uring) {
			some = n < IO_URING_DEPTH ? n : IO_URING_DEPTH;
			io_uring_write_some(port, packet, len, some);
		} else if (port->method->vectored) {
			io_check(io_write_vector(port, packet, len), "writev");
		} else {
			io_check(write(port->fd, packet, len), "write");
		}
	}
}

/* @n packets, all of which wait. */
void io_read(struct port *port, unsigned int n)
{
	struct io *io = port->io;
	unsigned int some;

	for (; n; n -= some) {
		some = 1;
		if (port->method->batch) {
			some = batch_read(port, port->batch);
		} else if (port->method->uring) {
			some = n < IO_URING_DEPTH ? n : IO_URING_DEPTH;
			io_uring_read_some(port, some);
		} else if (port->method->vectored) {
			io_check(io_read_vector(port), "readv");
		} else {
			io_check(read(port->fd, io->in[0], sizeof(io->in[0])),
				 "read");
		}
	}
}
