// SPDX-License-Identifier: GPL-2.0-only
/* Batch mode: many packets in one read() or write(). */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/virtio_net.h>
#include <linux/vtun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"

struct batch {
	const void *packet;	/* what is in out */
	char *in;
	char *out;
	size_t room;		/* for as many packets as the method says */
};

static size_t batch_record_size(size_t len)
{
	len += sizeof(struct vtun_record);
	return (len + VTUN_RECORD_ALIGN - 1) / VTUN_RECORD_ALIGN *
	       VTUN_RECORD_ALIGN;
}

/* Ends the figure where the driver has no batch mode. */
void batch_switch_on(int fd)
{
	__u32 mode = VTUN_MODE_BATCH;

	if (ioctl(fd, VTUN_IOC_SETMODE, &mode))
		skip("no batch mode");
}

static size_t batch_header(const struct port *port)
{
	return port->vnet ? sizeof(struct virtio_net_hdr) : 0;
}

/* @len: of the packets that will be read or written */
void *batch_init(struct port *port, size_t len)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	batch_switch_on(port->fd);
	if (!batch)
		die("no memory");
	batch->room = port->method->batch *
		      batch_record_size(batch_header(port) + len);
	batch->in = calloc(2, batch->room);
	if (!batch->in)
		die("no memory");
	batch->out = batch->in + batch->room;
	return batch;
}

void batch_exit(void *p)
{
	struct batch *batch = p;

	free(batch->in);
	free(batch);
}

/* A program has its packets where it writes them from: this is done once. */
static void batch_fill(struct port *port, struct batch *batch,
		       const void *packet, size_t len)
{
	size_t header = batch_header(port), at;
	struct vtun_record record = { .len = header + len };

	batch->packet = packet;
	for (at = 0; at + batch_record_size(header + len) <= batch->room;
	     at += batch_record_size(header + len)) {
		memcpy(batch->out + at, &record, sizeof(record));
		memcpy(batch->out + at + sizeof(record) + header, packet, len);
	}
}

/* Return: how many of @n were written. */
unsigned int batch_write(struct port *port, void *p, const void *packet,
			 size_t len, unsigned int n)
{
	size_t record = batch_record_size(batch_header(port) + len);
	struct batch *batch = p;
	ssize_t done;

	if (batch->packet != packet)
		batch_fill(port, batch, packet, len);
	if (n > port->method->batch)
		n = port->method->batch;
	done = write(port->fd, batch->out, n * record);
	if (done < (ssize_t)record)
		checked(-1, "write of a batch");
	return done / record;
}

/* Return: how many packets were read. */
unsigned int batch_read(struct port *port, void *p)
{
	struct vtun_record record;
	struct batch *batch = p;
	unsigned int n = 0;
	ssize_t done, at;

	done = read(port->fd, batch->in, batch->room);
	if (done <= 0)
		checked(-1, "read of a batch");
	for (at = 0; at < done; at += batch_record_size(record.len)) {
		memcpy(&record, batch->in + at, sizeof(record));
		n++;
	}
	return n;
}
