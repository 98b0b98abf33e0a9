// SPDX-License-Identifier: GPL-2.0-only
/*
 * Batch mode: many packets in one read() or write(), each in a record. What a
 * program sees of it is described in uapi/linux/vtun.h.
 */

#include <linux/sched/signal.h>
#include <linux/skbuff.h>

#include "batch.h"
#include "fifo.h"
#include "frame.h"
#include "pause.h"
#include "rx.h"
#include "stats.h"
#include "tx.h"

/* As many packets are handed over at a time as NAPI takes at a time. */
#define VTUN_BATCH_MAX	NAPI_POLL_WEIGHT

static size_t vtun_batch_record_size(size_t len)
{
	return sizeof(struct vtun_record) + ALIGN(len, VTUN_RECORD_ALIGN);
}

/* One record. It fits, so that an error is one of memory. */
static int vtun_batch_put(const struct vtun_frame *frame, void *entry,
			  unsigned int segment, struct iov_iter *to)
{
	size_t len = vtun_frame_header_len(frame) + frame->len;
	struct vtun_record record = { .len = len };
	size_t pad = ALIGN(len, VTUN_RECORD_ALIGN) - len;
	int err;

	if (copy_to_iter(&record, sizeof(record), to) != sizeof(record))
		return -EFAULT;
	err = vtun_frame_push(frame, to);
	if (!err)
		err = vtun_tx_copy_entry(entry, segment, to);
	if (!err && pad && iov_iter_zero(pad, to) != pad)
		err = -EFAULT;
	return err;
}

/* Consumes what was taken; adds the bytes of whole records to @done. What no
 * header describes is lost and leaves the others alone. Return: 0 if there is a
 * record for one of them, -EBADFD, -EFAULT or -EINVAL.
 */
static int vtun_batch_put_all(struct vtun_queue *vq, struct vtun_tx_take *take,
			      struct iov_iter *to, size_t *done)
{
	struct vtun_frame *frame = take->frame;
	int err = frame->vtun ? 0 : -EBADFD;
	unsigned int packets = 0, i;
	size_t bytes = 0;

	for (i = 0; i < take->n; i++) {
		u16 segment = take->segments[i];
		void *entry = take->entries[i];
		int lost = err ?: vtun_tx_describe(frame, entry, segment);

		if (lost) {
			vtun_tx_lose(vq, entry, lost, lost == -EINVAL ?
				     VTUN_TX_DROP_HEADER : VTUN_TX_DROP_FAULT);
			continue;
		}
		err = vtun_batch_put(frame, entry, segment, to);
		if (err) {
			vtun_tx_lose(vq, entry, err, VTUN_TX_DROP_FAULT);
			continue;
		}
		*done += vtun_batch_record_size(vtun_frame_header_len(frame) +
						frame->len);
		take->entries[packets++] = entry;
		bytes += frame->len;
	}
	if (packets)
		vtun_tx_done(vq, take->entries, packets, bytes);
	return err ?: packets ? 0 : -EINVAL;
}

/**
 * vtun_batch_read() - one read() in batch mode
 * @vq: the file's queue
 * @to: gets records
 * @wait: whether to sleep while there is no packet
 *
 * Context: process, may sleep.
 * Return: bytes of whole records, 0 only without any room; -EBADFD without a
 * device, -EMSGSIZE if the first packet does not fit, which stays, and what
 * vtun_tx_wait() says; -EFAULT for a bad buffer, -EINVAL if no header describes
 * the packet, and then it is lost.
 */
ssize_t vtun_batch_read(struct vtun_queue *vq, struct iov_iter *to,
			enum vtun_wait wait)
{
	u16 segments[VTUN_BATCH_MAX];
	void *entries[VTUN_BATCH_MAX];
	struct vtun_frame frame;
	struct vtun_tx_take take = {
		.frame = &frame,
		.entries = entries,
		.segments = segments,
		.max = VTUN_BATCH_MAX,
		.record = sizeof(struct vtun_record),
		.align = VTUN_RECORD_ALIGN,
	};
	size_t done = 0;
	int err;

	if (!rcu_access_pointer(vq->vtun))
		return -EBADFD;
	if (!iov_iter_count(to))
		return 0;
	do {
		take.n = 0;
		take.room = iov_iter_count(to);
		err = vtun_tx_wait(vq, &take, wait);
		if (err)
			break;
		vtun_pause();
		err = vtun_batch_put_all(vq, &take, to, &done);
		wait = VTUN_NOWAIT;	/* only the first is waited for */
		cond_resched();
	} while (!err && take.n == VTUN_BATCH_MAX);
	if (done)
		vtun_stats_note(vq, VTUN_TX_BATCHES);
	return done ?: err;
}

/**
 * struct vtun_batch_record - a record while its packet is taken
 * @len: bytes of the packet and its headers
 * @rest: bytes that were behind @len of them, padding first
 */
struct vtun_batch_record {
	size_t len;
	size_t rest;
};

/* Check the next record; @from is left at its packet and ends with it. */
static int vtun_batch_enter(struct iov_iter *from,
			    struct vtun_batch_record *entered)
{
	struct vtun_record record;
	struct iov_iter behind;
	size_t left, pad;
	u64 padding = 0;

	if (iov_iter_count(from) < sizeof(record))
		return -EINVAL;
	if (!copy_from_iter_full(&record, sizeof(record), from))
		return -EFAULT;
	left = iov_iter_count(from);
	if (record.reserved || record.len > left)
		return -EINVAL;
	entered->len = record.len;
	entered->rest = left - record.len;
	pad = ALIGN(entered->len, VTUN_RECORD_ALIGN) - entered->len;
	if (pad > entered->rest)
		return -EINVAL;
	if (pad) {
		behind = *from;
		iov_iter_advance(&behind, entered->len);
		if (!copy_from_iter_full(&padding, pad, &behind))
			return -EFAULT;
	}
	iov_iter_truncate(from, entered->len);
	return padding ? -EINVAL : 0;
}

/* Go on behind a record, however much of it was read. */
static void vtun_batch_leave(struct iov_iter *from,
			     const struct vtun_batch_record *entered)
{
	iov_iter_advance(from, iov_iter_count(from));
	iov_iter_reexpand(from, entered->rest);
	iov_iter_advance(from, ALIGN(entered->len, VTUN_RECORD_ALIGN) -
			       entered->len);
}

/**
 * struct vtun_batch - records that are taken together
 * @base: how packets look
 * @list: packets for the stack
 * @size: bytes of the records whose packets are in @list
 */
struct vtun_batch {
	struct vtun_frame base;
	struct sk_buff_head list;
	size_t size;
};

/* Add the next record, or leave @from anywhere. */
static int vtun_batch_add(struct vtun_queue *vq, struct vtun_batch *batch,
			  struct iov_iter *from)
{
	struct vtun_frame frame = batch->base;
	struct vtun_batch_record record;
	struct sk_buff *skb;
	int err;

	err = vtun_batch_enter(from, &record);
	if (err)
		return err;
	skb = vtun_rx_build(vq, &frame, from);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	__skb_queue_tail(&batch->list, skb);
	vtun_batch_leave(from, &record);
	batch->size += vtun_batch_record_size(record.len);
	return 0;
}

/* As plain writes have it, but segments of a writev() mean nothing. */
static int vtun_batch_begin(struct vtun_frame *frame, struct vtun_queue *vq)
{
	int err = vtun_frame_begin(frame, vq);

	if (frame->mode == VTUN_RX_NAPI_FRAGS)
		frame->mode = VTUN_RX_NAPI;
	return err;
}

/* One record as a plain write() has it, which counts a refusal. */
static int vtun_batch_take_plain(struct vtun_queue *vq,
				 struct vtun_frame *frame,
				 struct iov_iter *from)
{
	struct vtun_batch_record record;
	ssize_t ret;
	int err;

	err = vtun_batch_enter(from, &record);
	if (err)
		return err;
	ret = vtun_rx_write_frame(vq, frame, from, VTUN_NOWAIT);
	vtun_batch_leave(from, &record);
	return ret < 0 ? ret : 0;
}

/* Records until one is refused, which is not counted. Return: what became of
 * the last one; @from is behind those that were taken.
 */
static int vtun_batch_take_list(struct vtun_queue *vq, struct vtun_batch *batch,
				struct iov_iter *from)
{
	struct iov_iter start = *from;
	int err = 0, refused;
	unsigned int n;

	__skb_queue_head_init(&batch->list);
	batch->size = 0;
	for (n = 0; n < VTUN_BATCH_MAX && iov_iter_count(from) && !err; n++)
		err = vtun_batch_add(vq, batch, from);
	vtun_pause();
	if (!skb_queue_empty(&batch->list)) {
		refused = vtun_rx_deliver_list(vq, &batch->base, &batch->list);
		if (refused) {
			err = refused;
			batch->size = 0;
		}
	}
	if (err) {
		*from = start;
		iov_iter_advance(from, batch->size);
	}
	return err;
}

/* Take what can be taken without waiting. Only the first record's errno can be
 * told, so only that refusal is counted; but with XDP, which shall see no packet
 * twice, records are plain writes. @from is behind what was taken.
 */
static int vtun_batch_take(struct vtun_queue *vq, struct iov_iter *from,
			   bool first)
{
	struct vtun_batch batch;
	struct iov_iter start;
	int err;

	err = vtun_batch_begin(&batch.base, vq);
	if (err)
		return err;
	if (!batch.base.xdp) {
		err = vtun_batch_take_list(vq, &batch, from);
		if (!err || err == -EAGAIN || batch.size || !first)
			return err;
	}
	start = *from;
	err = vtun_batch_take_plain(vq, &batch.base, from);
	if (err)
		*from = start;
	return err;
}

/**
 * vtun_batch_write() - one write() in batch mode
 * @vq: the file's queue
 * @from: records
 * @wait: whether to sleep while the send buffer is full
 *
 * Context: process, may sleep.
 * Return: bytes of the records that were taken, in their order; if none was,
 * -EINVAL if the first one is malformed, or what vtun_rx_write() says of it.
 */
ssize_t vtun_batch_write(struct vtun_queue *vq, struct iov_iter *from,
			 enum vtun_wait wait)
{
	size_t total = iov_iter_count(from);
	size_t left = total;
	int err = 0;

	if (!rcu_access_pointer(vq->vtun))
		return -EBADFD;
	while (left) {
		err = vtun_batch_take(vq, from, left == total);
		if (left == iov_iter_count(from)) {
			if (err == -EAGAIN)
				err = vtun_rx_wait_room(vq, wait);
			if (err)
				break;
		}
		left = iov_iter_count(from);
		if (left < total && signal_pending(current))
			break;
		cond_resched();
	}
	if (left == total)
		return err;
	vtun_stats_note(vq, VTUN_RX_BATCHES);
	return total - left;
}
