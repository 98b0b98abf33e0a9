/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libvtun: a program's queues of tun and tap devices, many packets a call
 *
 * A queue is an open file that is attached to a device. A batch is memory that
 * holds packets: one call fills it from a queue or writes what it holds to one.
 * On vtun that is one system call (batch mode, linux/vtun.h). Where there is no
 * batch mode, on in-tree tun for example, it is one for each packet, and nothing
 * else changes for the program.
 *
 * Rules for all of it:
 * - What can fail returns a negative errno, and says 0 or a count otherwise.
 *   The value of errno itself means nothing afterwards.
 * - Lengths are bytes.
 * - There is no global state. A queue or a batch is used by one thread at a
 *   time; different ones don't know of each other. A device with many queues
 *   (VTUN_QUEUE_MULTI) gives each thread its own.
 * - Nothing prints, exits, or touches signals.
 */
#ifndef LIBVTUN_H
#define LIBVTUN_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct virtio_net_hdr;		/* linux/virtio_net.h */
struct vtun_queue;

/* What of a queue is not as usual: tun, one queue, blocking, batch mode. */
#define VTUN_QUEUE_TAP		0x1	/* Ethernet frames, not IP packets */
#define VTUN_QUEUE_MULTI	0x2	/* one of many of the device */
#define VTUN_QUEUE_NONBLOCK	0x4	/* -EAGAIN instead of sleep */
#define VTUN_QUEUE_PLAIN	0x8	/* no batch mode, even if there is one */

/* Room of a batch that does not say another. */
#define VTUN_BATCH_SIZE		(1 << 18)

/**
 * struct vtun_queue_options - which queue vtun_queue_open() is to give
 * @node: path of the node; NULL: /dev/net/vtun, or /dev/net/tun if there is none
 * @name: of the device, which is created if there is none of that name; with one
 *	"%d" the kernel puts a number there; NULL: tun%d or tap%d
 * @flags: VTUN_QUEUE_*
 * @vnet_hdr: bytes of the virtio-net header in front of each packet, 10 to 64
 *	(12: with num_buffers); 0: none. A device has one size for all its queues.
 *	Offloads are asked for by TUNSETOFFLOAD on vtun_queue_fd().
 */
struct vtun_queue_options {
	const char *node;
	const char *name;
	unsigned int flags;
	unsigned int vnet_hdr;
};

/**
 * vtun_queue_alloc() - a queue that has no file yet
 *
 * Return: the queue, NULL without memory. vtun_queue_free() frees it.
 */
struct vtun_queue *vtun_queue_alloc(void);

/**
 * vtun_queue_free() - close a queue's file and free the queue
 * @vq: the queue, or NULL
 *
 * A device that was created and is not persistent goes with its last queue.
 */
void vtun_queue_free(struct vtun_queue *vq);

/**
 * vtun_queue_open() - open a node and attach it to a device
 * @vq: a queue without a file
 * @options: which
 *
 * There is never packet information (IFF_NO_PI). The file is closed by exec.
 *
 * Return: 0; -ENOENT, -ENODEV or -ENXIO: no driver; -EACCES: the node's
 * permissions; -EPERM: may not create, or not attach to, that device; -EBUSY:
 * the device has its one queue; -E2BIG: or all of many; -EINVAL: no name, or the
 * device is of another kind; -ENAMETOOLONG; -EALREADY: @vq has a file; -ENOMEM
 * and what else open() and TUNSETIFF say. vtun_queue_error() tells it in words.
 */
int vtun_queue_open(struct vtun_queue *vq,
		    const struct vtun_queue_options *options);

/**
 * vtun_queue_adopt() - take over a file that is attached already
 * @vq: a queue without a file
 * @fd: the file, inherited or passed by another program
 * @flags: 0 or VTUN_QUEUE_PLAIN
 *
 * It must have been attached with IFF_NO_PI, which can't be seen from outside
 * (TUNGETIFF reports that bit with packet information, too). Whether it blocks
 * stays as it is. The mode of the file is set, for whoever else has it as well:
 * @vq alone is to read and write it from now on.
 *
 * Return: 0, and @fd is the queue's, which closes it. With an error it is still
 * the caller's: -EBADFD: attached to nothing; -EMSGSIZE: a virtio-net header
 * above 64 bytes; -EALREADY; -ENOMEM; another: not a file of tun or vtun.
 */
int vtun_queue_adopt(struct vtun_queue *vq, int fd, unsigned int flags);

/**
 * vtun_queue_fd() - the queue's file, for poll() and ioctl()
 * @vq: the queue
 *
 * Return: the file, which stays the queue's; -1 if there is none.
 */
int vtun_queue_fd(const struct vtun_queue *vq);

/**
 * vtun_queue_name() - name of the device when the queue was attached
 * @vq: the queue
 *
 * Return: a string that lives as long as @vq; empty without a file.
 */
const char *vtun_queue_name(const struct vtun_queue *vq);

/**
 * vtun_queue_driver() - which driver it is
 * @vq: the queue
 *
 * Return: "vtun", or "tun" for any without vtun's commands.
 */
const char *vtun_queue_driver(const struct vtun_queue *vq);

/**
 * vtun_queue_has_batch() - whether a system call carries many packets
 * @vq: the queue
 *
 * Return: true in batch mode.
 */
bool vtun_queue_has_batch(const struct vtun_queue *vq);

/**
 * vtun_queue_error() - the last failure in a sentence
 * @vq: the queue
 *
 * What failed, why, and what to do about it where that is known. -EAGAIN and
 * -EINTR are no failures. What only a batch is asked for has no sentence.
 *
 * Return: a string that lives until the next call with @vq.
 */
const char *vtun_queue_error(const struct vtun_queue *vq);

/**
 * struct vtun_packet - where a packet lies in a batch
 * @data: the packet: Ethernet frame or IP packet
 * @len: its bytes
 * @vnet: the virtio-net header, NULL for queues without; a larger one than
 *	struct virtio_net_hdr begins there
 *
 * All of it may be written to. It is valid until the batch is read into,
 * flushed, cleared or freed.
 */
struct vtun_packet {
	void *data;
	size_t len;
	struct virtio_net_hdr *vnet;
};

/**
 * struct vtun_batch - packets in a row; its members are the library's
 * @buf: records as linux/vtun.h has them, whatever the driver
 * @size: bytes of @buf
 * @len: bytes of the records in it
 * @next: where vtun_batch_next() goes on
 * @sent: bytes of records that were sent or refused
 * @reserved: bytes for the packet that is being built, header included
 * @vnet_hdr: bytes of each packet's virtio-net header
 * @owned: @buf is to be freed
 */
struct vtun_batch {
	unsigned char *buf;
	size_t size;
	size_t len;
	size_t next;
	size_t sent;
	size_t reserved;
	unsigned int vnet_hdr;
	bool owned;
};

/**
 * vtun_batch_init() - an empty batch
 * @b: the batch, of any content
 * @vq: a queue with a file; the batch is for all that have its size of header
 * @buf: memory for it, aligned to 8 bytes; NULL: the library's own
 * @size: bytes of it; 0 with no @buf: VTUN_BATCH_SIZE
 *
 * A packet takes 8 bytes more than itself and its header, rounded up to 8; every
 * packet fits in 64 KiB and 96 bytes. Without batch mode a read goes on while as
 * much as that is left, so smaller batches get one packet a call.
 *
 * Return: 0, -EINVAL for such a @buf or less than 8 bytes, -ENOMEM.
 */
int vtun_batch_init(struct vtun_batch *b, const struct vtun_queue *vq,
		    void *buf, size_t size);

/**
 * vtun_batch_uninit() - free what the library owns of a batch
 * @b: a batch that vtun_batch_init() has made, or failed to
 */
void vtun_batch_uninit(struct vtun_batch *b);

/**
 * vtun_batch_clear() - forget all packets
 * @b: the batch
 */
void vtun_batch_clear(struct vtun_batch *b);

/**
 * vtun_batch_is_empty() - whether a batch has no packet
 * @b: the batch
 *
 * Return: false from the first commit or read on, until all was flushed.
 */
bool vtun_batch_is_empty(const struct vtun_batch *b);

/**
 * vtun_batch_read() - fill a batch with packets that wait
 * @b: the batch; what was in it is forgotten, however this ends
 * @vq: the queue
 *
 * Waits for the first packet if the file blocks, never for another. A file that
 * blocks gives one packet a call without batch mode.
 *
 * Return: packets, at least 1; -EAGAIN; -EINTR; -EMSGSIZE: there is not enough
 * room for the first one, which stays for the next call (without batch mode
 * poll() does not see it there); -EBADFD: the device is gone, or gone while this
 * waited; -EPROTO: @b is for another size of header; what else read() says.
 */
int vtun_batch_read(struct vtun_batch *b, struct vtun_queue *vq);

/**
 * vtun_batch_next() - the next packet, from the first one on
 * @b: a batch, read or built
 * @packet: set to it
 *
 * Return: true; false behind the last one.
 */
bool vtun_batch_next(struct vtun_batch *b, struct vtun_packet *packet);

/**
 * vtun_batch_reserve() - room for one more packet
 * @b: the batch
 * @len: bytes of the packet at most, not 0
 * @packet: set to where it is to be written; its header is zeros: nothing is
 *	left to do with the packet
 *
 * Another reserve takes the place of one that was not committed.
 *
 * Return: 0; -ENOBUFS: not until what is there is flushed; -EMSGSIZE: not even
 * then; -EINVAL.
 */
int vtun_batch_reserve(struct vtun_batch *b, size_t len,
		       struct vtun_packet *packet);

/**
 * vtun_batch_commit() - add the packet for which there was reserved
 * @b: the batch
 * @len: bytes that it has got, not more than reserved
 *
 * Return: 0, -EINVAL if there is nothing reserved, or less.
 */
int vtun_batch_commit(struct vtun_batch *b, size_t len);

/**
 * vtun_batch_put() - add a copy of a packet
 * @b: the batch
 * @data: the packet
 * @len: its bytes
 * @vnet: its virtio-net header, all bytes of it; NULL: zeros
 *
 * Return: what vtun_batch_reserve() says.
 */
int vtun_batch_put(struct vtun_batch *b, const void *data, size_t len,
		   const struct virtio_net_hdr *vnet);

/**
 * struct vtun_flushed - what became of packets
 * @sent: packets that the kernel took
 * @refused: packets that it did not take and that are skipped
 * @err: negative errno of the last one of these, 0 if there is none
 */
struct vtun_flushed {
	size_t sent;
	size_t refused;
	int err;
};

/**
 * vtun_batch_flush() - write all packets of a batch, in order
 * @b: the batch, built, or read from the same or another queue
 * @vq: the queue
 * @flushed: set to what this call did; may be NULL
 *
 * A packet that the kernel refuses is skipped and counted, and those behind it
 * are written: -EINVAL (no IP packet, too short, a wrong header), -EMSGSIZE,
 * -ENOMEM, -ENOBUFS. -EIO means that the device is down: this packet and all
 * behind it are refused. All of this is no error of the call. Other errors are:
 * they end it, and what was neither sent nor refused stays in the batch, to be
 * flushed again or cleared.
 *
 * Return: 0, and @b is empty; -EAGAIN (a queue with TUNSETSNDBUF; POLLOUT tells
 * when to go on); -EINTR; -EBADFD: the device is gone; -EPROTO: @b is for
 * another size of header; what else write() says.
 */
int vtun_batch_flush(struct vtun_batch *b, struct vtun_queue *vq,
		     struct vtun_flushed *flushed);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* LIBVTUN_H */
