// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batches: how packets lie in memory, how they come in and go out. They are
 * always records of linux/vtun.h; without batch mode the records are made here.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/vtun.h>

#define ALIGN_MASK	((size_t)VTUN_RECORD_ALIGN - 1)
#define RECORD_HEADER	sizeof(struct vtun_record)

static const struct vtun_words words_io[] = {
	{ EBADFD, "the device is gone", "open the queue anew" },
	{ EPROTO, "the batch was made for another size of virtio-net header",
	  "give this queue to vtun_batch_init()" },
	{ EMSGSIZE, "the next packet does not fit", "use a larger batch" },
	{ EBADMSG, "the driver has given something that is no packet", NULL },
	{}
};

/* ---- records ---- */

/* Of a packet with its header. */
static size_t batch_record_size(size_t len)
{
	return RECORD_HEADER + ((len + ALIGN_MASK) & ~ALIGN_MASK);
}

static size_t batch_record_len(const struct vtun_batch *b, size_t at)
{
	struct vtun_record record;

	memcpy(&record, b->buf + at, sizeof(record));
	return record.len;
}

/* Room for one more packet with its header. */
static size_t batch_room(const struct vtun_batch *b)
{
	size_t left = b->size - b->len;

	return left < RECORD_HEADER ? 0 : left - RECORD_HEADER;
}

/* Make a record of the @len bytes that are where its packet belongs. */
static void batch_add(struct vtun_batch *b, size_t len)
{
	struct vtun_record record = { .len = len };
	unsigned char *to = b->buf + b->len;
	size_t size = batch_record_size(len);

	memcpy(to, &record, sizeof(record));
	memset(to + RECORD_HEADER + len, 0, size - RECORD_HEADER - len);
	b->len += size;
}

/* ---- memory ---- */

int vtun_batch_init(struct vtun_batch *b, const struct vtun_queue *vq,
		    void *buf, size_t size)
{
	memset(b, 0, sizeof(*b));
	if (!buf && !size)
		size = VTUN_BATCH_SIZE;
	if ((uintptr_t)buf & ALIGN_MASK || size < RECORD_HEADER)
		return -EINVAL;
	b->owned = !buf;
	b->buf = buf ? buf : malloc(size);
	if (!b->buf)
		return -ENOMEM;
	b->size = size & ~ALIGN_MASK;
	b->vnet_hdr = vq->vnet_hdr;
	return 0;
}

void vtun_batch_uninit(struct vtun_batch *b)
{
	if (b->owned)
		free(b->buf);
	memset(b, 0, sizeof(*b));
}

void vtun_batch_clear(struct vtun_batch *b)
{
	b->len = 0;
	b->next = 0;
	b->sent = 0;
	b->reserved = 0;
}

bool vtun_batch_is_empty(const struct vtun_batch *b)
{
	return !b->len;
}

/* ---- packets ---- */

static void batch_point(const struct vtun_batch *b, size_t at, size_t len,
			struct vtun_packet *packet)
{
	unsigned char *header = b->buf + at + RECORD_HEADER;

	packet->vnet = b->vnet_hdr ? (void *)header : NULL;
	packet->data = header + b->vnet_hdr;
	packet->len = len;
}

bool vtun_batch_next(struct vtun_batch *b, struct vtun_packet *packet)
{
	size_t len;

	if (b->next == b->len)
		return false;
	len = batch_record_len(b, b->next);
	batch_point(b, b->next, len - b->vnet_hdr, packet);
	b->next += batch_record_size(len);
	return true;
}

int vtun_batch_reserve(struct vtun_batch *b, size_t len,
		       struct vtun_packet *packet)
{
	b->reserved = 0;
	if (!len)
		return -EINVAL;
	if (len > UINT32_MAX - VTUN_VNET_HDR_MAX ||
	    len + b->vnet_hdr > b->size - RECORD_HEADER)
		return -EMSGSIZE;
	if (len + b->vnet_hdr > batch_room(b))
		return -ENOBUFS;
	b->reserved = len + b->vnet_hdr;
	batch_point(b, b->len, len, packet);
	if (packet->vnet)
		memset(packet->vnet, 0, b->vnet_hdr);
	return 0;
}

int vtun_batch_commit(struct vtun_batch *b, size_t len)
{
	if (!b->reserved || len > b->reserved - b->vnet_hdr)
		return -EINVAL;
	b->reserved = 0;
	batch_add(b, len + b->vnet_hdr);
	return 0;
}

int vtun_batch_put(struct vtun_batch *b, const void *data, size_t len,
		   const struct virtio_net_hdr *vnet)
{
	struct vtun_packet packet;
	int err = vtun_batch_reserve(b, len, &packet);

	if (err)
		return err;
	if (vnet && packet.vnet)
		memcpy(packet.vnet, vnet, b->vnet_hdr);
	memcpy(packet.data, data, len);
	return vtun_batch_commit(b, len);
}

/* ---- reading ---- */

/* Return: packets in @b, every length of which is right, or -EBADMSG. */
static int batch_count(const struct vtun_batch *b)
{
	size_t at = 0, left, len;
	int n;

	for (n = 0; at < b->len; n++) {
		left = b->len - at;
		if (left < RECORD_HEADER)
			return -EBADMSG;
		len = batch_record_len(b, at);
		if (len < b->vnet_hdr || len > left - RECORD_HEADER ||
		    batch_record_size(len) > left)
			return -EBADMSG;
		at += batch_record_size(len);
	}
	return n;
}

static int batch_read_records(struct vtun_batch *b, struct vtun_queue *vq)
{
	ssize_t n = read(vq->fd, b->buf, b->size);

	if (n < 0)
		return -errno;
	b->len = n;
	return batch_count(b);
}

/* What an earlier batch had no room for. */
static int batch_take_kept(struct vtun_batch *b, struct vtun_queue *vq)
{
	if (vq->kept > batch_room(b))
		return -EMSGSIZE;
	memcpy(b->buf + b->len + RECORD_HEADER, vq->spare, vq->kept);
	batch_add(b, vq->kept);
	vq->kept = 0;
	return 0;
}

/* A plain read() cuts what does not fit, so it always has room for the largest
 * packet: what of it lies in @spare tells that the batch was too small.
 */
static int batch_read_plain(struct vtun_batch *b, struct vtun_queue *vq)
{
	unsigned char *to = b->buf + b->len + RECORD_HEADER;
	size_t room = batch_room(b), len;
	size_t spare = room < VTUN_PACKET_MAX ? VTUN_PACKET_MAX - room : 0;
	struct iovec iov[] = { { to, room }, { vq->spare, spare } };
	ssize_t n = readv(vq->fd, iov, 2);

	if (n < 0)
		return -errno;
	len = n;
	if (len < b->vnet_hdr)
		return -EBADMSG;
	if (len > room) {
		memmove(vq->spare + room, vq->spare, len - room);
		memcpy(vq->spare, to, room);
		vq->kept = len;
		return -EMSGSIZE;
	}
	batch_add(b, len);
	return 0;
}

/* Only where every packet fits is another one read: what is kept here is not
 * seen by poll().
 */
static int batch_read_each(struct vtun_batch *b, struct vtun_queue *vq)
{
	int n = 1, err;

	err = vq->kept ? batch_take_kept(b, vq) : batch_read_plain(b, vq);
	if (err)
		return err;
	if (!(fcntl(vq->fd, F_GETFL) & O_NONBLOCK))
		return 1;
	while (batch_room(b) >= VTUN_PACKET_MAX && !batch_read_plain(b, vq))
		n++;
	return n;
}

/* A read() that sleeps while the device goes says EFAULT. */
static int batch_read_error(struct vtun_queue *vq, int err)
{
	struct ifreq ifr;

	if (err == -EFAULT && ioctl(vq->fd, TUNGETIFF, &ifr) && errno == EBADFD)
		return -EBADFD;
	return err;
}

/* ---- writing ---- */

/* Return: bytes of the records that were taken, or what became of the first. */
static ssize_t batch_write_records(const struct vtun_batch *b,
				   const struct vtun_queue *vq)
{
	ssize_t n = write(vq->fd, b->buf + b->sent, b->len - b->sent);

	return n < 0 ? -errno : n;
}

static ssize_t batch_write_plain(const struct vtun_batch *b,
				 const struct vtun_queue *vq)
{
	size_t len = batch_record_len(b, b->sent);
	ssize_t n = write(vq->fd, b->buf + b->sent + RECORD_HEADER, len);

	return n < 0 ? -errno : (ssize_t)batch_record_size(len);
}

/* Go on behind the next @bytes of records, the last one's end included. Return:
 * how many they are.
 */
static size_t batch_pass(struct vtun_batch *b, size_t bytes)
{
	size_t end = b->sent + bytes, n;

	for (n = 0; b->sent < end && b->sent < b->len; n++)
		b->sent += batch_record_size(batch_record_len(b, b->sent));
	return n;
}

/* Return: 0 if the packet, or all of them, are skipped for it, else @err. */
static int batch_refuse(struct vtun_batch *b, struct vtun_flushed *flushed, int err)
{
	size_t bytes;

	switch (err) {
	case -EINVAL:
	case -EMSGSIZE:
	case -ENOMEM:
	case -ENOBUFS:
		bytes = 1;
		break;
	case -EIO:
		bytes = b->len - b->sent;
		break;
	default:
		return err;
	}
	flushed->refused += batch_pass(b, bytes);
	flushed->err = err;
	return 0;
}

static int batch_write_all(struct vtun_batch *b, struct vtun_queue *vq,
			   struct vtun_flushed *flushed)
{
	ssize_t n;
	int err;

	while (b->sent < b->len) {
		n = vq->batch ? batch_write_records(b, vq) : batch_write_plain(b, vq);
		if (n > 0) {
			flushed->sent += batch_pass(b, n);
			continue;
		}
		err = batch_refuse(b, flushed, n ? (int)n : -EIO);
		if (err)
			return err;
	}
	vtun_batch_clear(b);
	return 0;
}

/* ---- both ---- */

static bool batch_fits(const struct vtun_batch *b, const struct vtun_queue *vq)
{
	return b->vnet_hdr == vq->vnet_hdr;
}

/* Having to wait is no failure. */
static int batch_error(struct vtun_queue *vq, int err, const char *what)
{
	if (err >= 0 || err == -EAGAIN || err == -EINTR)
		return err;
	return vtun_error_set(vq, err, words_io, "cannot %s %s", what, vq->name);
}

int vtun_batch_read(struct vtun_batch *b, struct vtun_queue *vq)
{
	int n = -EPROTO;

	vtun_batch_clear(b);
	if (batch_fits(b, vq))
		n = vq->batch ? batch_read_records(b, vq) : batch_read_each(b, vq);
	if (n < 0)
		vtun_batch_clear(b);
	return batch_error(vq, batch_read_error(vq, n), "read from");
}

int vtun_batch_flush(struct vtun_batch *b, struct vtun_queue *vq,
		     struct vtun_flushed *flushed)
{
	struct vtun_flushed count = {};
	int err = -EPROTO;

	if (batch_fits(b, vq))
		err = batch_write_all(b, vq, &count);
	if (flushed)
		*flushed = count;
	return batch_error(vq, err, "write to");
}
