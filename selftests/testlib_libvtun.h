/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of libvtun share: a queue of it, and packets that the other
 * side sends or sees. Functions return 0, or -errno.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_LIBVTUN_H
#define VTUN_SELFTESTS_TESTLIB_LIBVTUN_H

#include "testlib_io.h"

#include <libvtun.h>

#include <stdio.h>
#include <string.h>

#define LEN	50			/* bytes of data */
#define ALL	100			/* packets that are many */

struct lib {
	struct io io;			/* io.fd is the queue's */
	struct vtun_queue *vq;
	struct vtun_batch b;
	size_t packet;			/* bytes of one with LEN */
	size_t record;			/* what it takes of a batch */
};

/* Each way to have a queue, as variants of a fixture with .flags and .vnet_hdr. */
#define LIB_VARIANTS(fixture)						\
	LIB_VARIANTS_MODE(fixture, tun, VTUN_QUEUE_NONBLOCK);		\
	LIB_VARIANTS_MODE(fixture, tap, VTUN_QUEUE_NONBLOCK | VTUN_QUEUE_TAP)
#define LIB_VARIANTS_MODE(fixture, mode, mode_flags)			\
	FIXTURE_VARIANT_ADD(fixture, mode##_batch) {			\
		.flags = (mode_flags),					\
	};								\
	FIXTURE_VARIANT_ADD(fixture, mode##_plain) {			\
		.flags = (mode_flags) | VTUN_QUEUE_PLAIN,		\
	};								\
	FIXTURE_VARIANT_ADD(fixture, mode##_vnet_batch) {		\
		.flags = (mode_flags), .vnet_hdr = 10,			\
	};								\
	FIXTURE_VARIANT_ADD(fixture, mode##_vnet_plain) {		\
		.flags = (mode_flags) | VTUN_QUEUE_PLAIN,		\
		.vnet_hdr = 12,						\
	}

static inline struct vtun_queue *lib_queue(const char *name, unsigned int flags,
					   unsigned int vnet_hdr)
{
	struct vtun_queue_options options = {
		.node = vt_node(),
		.name = name,
		.flags = flags,
		.vnet_hdr = vnet_hdr,
	};
	struct vtun_queue *vq = vtun_queue_alloc();

	if (!vq || !vtun_queue_open(vq, &options))
		return vq;
	printf("# %s\n", vtun_queue_error(vq));
	vtun_queue_free(vq);
	return NULL;
}

/* How much of a batch a packet of @len bytes takes. */
static inline size_t lib_record(unsigned int vnet_hdr, size_t len)
{
	return 8 + (len + vnet_hdr + 7) / 8 * 8;
}

static inline bool lib_many(unsigned int flags)
{
	return !vt_intree() && !(flags & VTUN_QUEUE_PLAIN);
}

/* A queue in a fresh namespace, whose device IO_NAME is up. */
static inline int lib_open(struct lib *lib, unsigned int flags,
			   unsigned int vnet_hdr)
{
	struct io *io = &lib->io;
	uint8_t buf[PKT_MAX];
	int err = ns_fresh();

	if (err)
		return err;
	lib->vq = lib_queue(IO_NAME, flags, vnet_hdr);
	if (!lib->vq)
		return -ENODEV;
	*io = (struct io){
		.fd = vtun_queue_fd(lib->vq),
		.tap = flags & VTUN_QUEUE_TAP,
	};
	err = vtun_batch_init(&lib->b, lib->vq, NULL, 0);
	if (!err)
		err = link_set_txqlen(IO_NAME, 1000);
	if (!err)
		err = link_up(IO_NAME);
	if (!err)
		err = io_listen(io);
	if (err)
		return err;
	lib->packet = io_packet(io, buf, 0, LEN);
	lib->record = lib_record(vnet_hdr, lib->packet);
	io_counted(io);
	return 0;
}

static inline void lib_close(struct lib *lib)
{
	vtun_batch_uninit(&lib->b);
	vtun_queue_free(lib->vq);
}

/* Lengths that differ, the shortest and paddings of all kinds among them. */
static inline size_t lib_some_len(unsigned int seq)
{
	return seq % 16 ? seq * 7 % 1400 : seq % 3;
}

/* 0 if the batch's next packets are these. */
static inline int lib_holds(struct vtun_batch *b, const struct io *io,
			    unsigned int from, unsigned int to,
			    size_t (*len)(unsigned int seq))
{
	static const uint8_t zeros[64];
	struct vtun_packet packet;
	uint8_t want[PKT_MAX];

	for (; from < to; from++) {
		size_t total = io_packet(io, want, from, len ? len(from) : LEN);

		if (!vtun_batch_next(b, &packet))
			return -ENODATA;
		if (packet.len != total || memcmp(packet.data, want, total))
			return -EBADMSG;
		if (!packet.vnet != !b->vnet_hdr)
			return -EPROTO;
		/* num_buffers, the last two bytes, is of no use here */
		if (packet.vnet && memcmp(packet.vnet, zeros, 10))
			return -EPROTO;
	}
	return 0;
}

static inline bool lib_holds_no_more(struct vtun_batch *b)
{
	struct vtun_packet packet;

	return !vtun_batch_next(b, &packet);
}

static inline int lib_put(struct lib *lib, unsigned int from, unsigned int to,
			  size_t (*len)(unsigned int seq))
{
	uint8_t packet[PKT_MAX];
	int err = 0;

	for (; !err && from < to; from++)
		err = vtun_batch_put(&lib->b, packet,
				     io_packet(&lib->io, packet, from,
					       len ? len(from) : LEN), NULL);
	return err;
}

/* 0 if the stack has received these, in this order. */
static inline int lib_seen(const struct io *io, unsigned int from,
			   unsigned int to, size_t (*len)(unsigned int seq))
{
	uint8_t want[PKT_MAX];
	int err = 0;

	for (; !err && from < to; from++)
		err = io_seen(io, want, io_packet(io, want, from,
						  len ? len(from) : LEN));
	return err;
}

#endif
