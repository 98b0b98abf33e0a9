// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batch mode for one call, which must do what the plain one does in in-tree tun.
 * A record is longer than its packet, which the file's position would tell: pread() and pwrite()
 * leave that alone.
 */
#include "world.h"

#include <errno.h>
#include <linux/vtun.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ALIGNED(n)	(((n) + VTUN_RECORD_ALIGN - 1) / VTUN_RECORD_ALIGN * VTUN_RECORD_ALIGN)

static bool switch_mode(int fd, __u32 mode)
{
	return !ioctl(fd, VTUN_IOC_SETMODE, &mode);
}

static ssize_t write_one(int fd, const void *data, size_t len)
{
	size_t size = sizeof(struct vtun_record) + ALIGNED(len);
	struct vtun_record *record = calloc(1, size);
	ssize_t ret;
	int err;

	if (!record)
		return -1;
	record->len = len;
	memcpy(record + 1, data, len);
	ret = pwrite(fd, record, size, 0);
	err = errno;
	free(record);
	errno = err;
	return ret == (ssize_t)size ? (ssize_t)len : ret;
}

ssize_t record_write(int fd, const void *data, size_t len)
{
	ssize_t ret;
	int err;

	if (!switch_mode(fd, VTUN_MODE_BATCH))
		return pwrite(fd, data, len, 0);
	ret = write_one(fd, data, len);
	err = errno;
	switch_mode(fd, 0);
	errno = err;
	return ret;
}

/* Of that size, and nothing but zeros where it says nothing. */
static bool is_whole(const struct vtun_record *record, size_t size)
{
	const uint8_t *packet = (const void *)(record + 1);

	if (sizeof(*record) + ALIGNED(record->len) != size || record->reserved)
		return false;
	for (size_t i = record->len; i < ALIGNED(record->len); i++)
		if (packet[i])
			return false;
	return true;
}

/* In no more room than it needs there is no second one. */
static ssize_t read_one(int fd, struct vtun_record *record, void *data, size_t len)
{
	size_t size = sizeof(*record);
	ssize_t ret;

	do {
		size += VTUN_RECORD_ALIGN;
		ret = pread(fd, record, size, 0);
	} while (ret < 0 && errno == EMSGSIZE && size < sizeof(*record) + len);
	if (ret < 0)
		return ret;
	if (ret != (ssize_t)size || !is_whole(record, size) || record->len > len) {
		errno = EPROTO;
		return -1;
	}
	memcpy(data, record + 1, record->len);
	return record->len;
}

ssize_t record_read(int fd, void *data, size_t len)
{
	struct vtun_record *record;
	ssize_t ret;
	int err;

	if (!switch_mode(fd, VTUN_MODE_BATCH))
		return pread(fd, data, len, 0);
	record = malloc(sizeof(*record) + ALIGNED(len));
	ret = record ? read_one(fd, record, data, len) : -1;
	err = errno;
	free(record);
	switch_mode(fd, 0);
	errno = err;
	return ret;
}
