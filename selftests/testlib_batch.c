// SPDX-License-Identifier: GPL-2.0-only
/* Records of batch mode. */
#include "testlib_batch.h"

#include <string.h>

size_t batch_size(size_t len)
{
	size_t pad = -len % VTUN_RECORD_ALIGN;

	return sizeof(struct vtun_record) + len + pad;
}

int batch_mode(int fd, unsigned int modes)
{
	return ioctl(fd, VTUN_IOC_SETMODE, &modes) ? -errno : 0;
}

int batch_open(struct io *io, int flags)
{
	int err = io_open(io, flags);

	return err ?: batch_mode(io->fd, VTUN_MODE_BATCH);
}

void batch_clear(struct batch *batch)
{
	batch->len = 0;
	batch->at = 0;
}

void batch_add(struct batch *batch, const void *data, size_t len)
{
	struct vtun_record record = { .len = len };
	uint8_t *to = batch->buf + batch->len;

	memset(to, 0, batch_size(len));
	memcpy(to, &record, sizeof(record));
	memcpy(to + sizeof(record), data, len);
	batch->len += batch_size(len);
}

void batch_fill(struct batch *batch, const struct io *io, unsigned int from,
		unsigned int to, size_t len)
{
	uint8_t frame[PKT_MAX];

	batch_clear(batch);
	for (; from < to; from++)
		batch_add(batch, frame, io_frame(io, frame, from, len));
}

ssize_t batch_write(const struct batch *batch, int fd)
{
	return io_write(fd, batch->buf, batch->len);
}

ssize_t batch_read(struct batch *batch, int fd, size_t room)
{
	ssize_t n = io_read(fd, batch->buf, room);

	batch->at = 0;
	batch->len = n > 0 ? n : 0;
	return n;
}

ssize_t batch_next(struct batch *batch, const uint8_t **data)
{
	const uint8_t *from = batch->buf + batch->at;
	size_t left = batch->len - batch->at;
	struct vtun_record record;
	size_t i;

	if (!left)
		return 0;
	if (left < sizeof(record))
		return -EBADMSG;
	memcpy(&record, from, sizeof(record));
	if (!record.len || record.reserved || batch_size(record.len) > left)
		return -EBADMSG;
	*data = from + sizeof(record);
	for (i = sizeof(record) + record.len; i < batch_size(record.len); i++)
		if (from[i])
			return -EBADMSG;
	batch->at += batch_size(record.len);
	return record.len;
}

int batch_holds(struct batch *batch, const struct io *io, unsigned int from,
		unsigned int to, size_t len)
{
	uint8_t want[PKT_MAX];
	const uint8_t *got;

	for (; from < to; from++) {
		size_t total = io_frame(io, want, from, len);
		ssize_t n = batch_next(batch, &got);

		if (n <= 0 || n != (ssize_t)total || memcmp(got, want, total))
			return -EBADMSG;
	}
	return batch_next(batch, &got) ? -EBADMSG : 0;
}

int batch_seen(const struct io *io, unsigned int from, unsigned int to,
	       size_t len)
{
	uint8_t want[PKT_MAX];
	int err = 0;

	for (; !err && from < to; from++)
		err = io_seen(io, want, io_packet(io, want, from, len));
	return err;
}
