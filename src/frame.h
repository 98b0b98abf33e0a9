/* SPDX-License-Identifier: GPL-2.0-only */
/* The headers that a program sees in front of a packet. */
#ifndef VTUN_FRAME_H
#define VTUN_FRAME_H

#include <linux/uio.h>

#include "vnet.h"
#include "vtun.h"

/**
 * struct vtun_frame - one packet on its way between program and stack
 * @vtun: the device when the packet set out; only to be compared, it may be gone
 * @flags: its flags then
 * @mode: how the queue hands packets to the stack
 * @xdp: the XDP program is asked before there is an skb; it was not attached, or
 *	could not be, when this is false
 * @headroom: room that the stack wants in front of it
 * @proto: what kind of packet it is, by packet information or by the stack
 * @format: how the virtio-net header is laid out, size 0 for none
 * @vnet: what it says
 * @len: bytes of the packet, without headers of ours
 */
struct vtun_frame {
	const struct vtun_dev *vtun;
	u16 flags;
	u16 headroom;
	enum vtun_rx_mode mode;
	bool xdp;
	__be16 proto;
	struct vtun_vnet_format format;
	struct vtun_vnet vnet;
	size_t len;
};

/**
 * vtun_frame_header_len() - bytes that stand in front of a packet
 * @frame: begun
 *
 * Return: bytes of packet information and virtio-net header.
 */
static inline size_t vtun_frame_header_len(const struct vtun_frame *frame)
{
	size_t len = frame->format.size;

	return frame->flags & IFF_NO_PI ? len : len + sizeof(struct tun_pi);
}

bool vtun_frame_begin_rcu(struct vtun_frame *frame, struct vtun_queue *vq);
int vtun_frame_begin(struct vtun_frame *frame, struct vtun_queue *vq);
int vtun_frame_pull(struct vtun_frame *frame, struct iov_iter *from);
int vtun_frame_set_protocol(const struct vtun_frame *frame,
			    struct sk_buff *skb);
int vtun_frame_describe(struct vtun_frame *frame, const struct sk_buff *skb,
			unsigned int segment);
int vtun_frame_push(const struct vtun_frame *frame, struct iov_iter *to);

#endif /* VTUN_FRAME_H */
