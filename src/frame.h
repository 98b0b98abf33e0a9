/* SPDX-License-Identifier: GPL-2.0-only */
/* The headers that a program sees in front of a packet. */
#ifndef VTUN_FRAME_H
#define VTUN_FRAME_H

#include <linux/if_vlan.h>
#include <linux/uio.h>

#include "segment.h"
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

int vtun_frame_push_headers(const struct vtun_frame *frame,
			    struct iov_iter *to);

/**
 * vtun_frame_set() - learn how packets of a queue look now
 * @frame: set up; what its headers say and @frame->len are 0
 * @vq: queue
 * @vtun: its device, or NULL
 *
 * Copies what is needed, so the device may go while user memory is touched.
 *
 * Context: RCU section.
 */
static inline void vtun_frame_set(struct vtun_frame *frame,
				  const struct vtun_queue *vq,
				  const struct vtun_dev *vtun)
{
	*frame = (struct vtun_frame){ .vtun = vtun };
	if (!vtun)
		return;
	frame->flags = READ_ONCE(vtun->flags);
	frame->headroom = READ_ONCE(vtun->rx_headroom);
	if (frame->flags & IFF_VNET_HDR)
		frame->format = vtun_vnet_format(vtun);
	frame->mode = vq->rx_mode;
	frame->xdp = rcu_access_pointer(vtun->xdp_prog);
}

/**
 * vtun_frame_begin() - vtun_frame_set() with the device that a queue has
 * @frame: set up
 * @vq: queue
 *
 * Context: any.
 * Return: 0, or -EBADFD if @vq has no device.
 */
static inline int vtun_frame_begin(struct vtun_frame *frame,
				   struct vtun_queue *vq)
{
	rcu_read_lock();
	vtun_frame_set(frame, vq, rcu_dereference(vq->vtun));
	rcu_read_unlock();
	return frame->vtun ? 0 : -EBADFD;
}

/**
 * vtun_frame_describe() - find out what the headers have to say of a packet
 * @frame: begun; @frame->len and what its headers say are set
 * @skb: packet that a program reads
 * @segment: which one of it, if it is to be cut: nothing is left to do then
 *
 * Return: 0, or -EINVAL if no header describes it.
 */
static inline int vtun_frame_describe(struct vtun_frame *frame,
				      const struct sk_buff *skb,
				      unsigned int segment)
{
	unsigned int vlan_len = skb_vlan_tag_present(skb) ? VLAN_HLEN : 0;

	frame->proto = skb->protocol;
	if (unlikely(vtun_segment_count(skb))) {
		frame->len = vtun_segment_len(skb, segment) + vlan_len;
		frame->vnet = (struct vtun_vnet){};
		return 0;
	}
	frame->len = skb->len + vlan_len;
	if (!frame->format.size)
		return 0;
	return vtun_vnet_from_skb(&frame->vnet, &frame->format, skb, vlan_len);
}

/**
 * vtun_frame_push() - put our headers in front of what a program reads
 * @frame: described
 * @to: where it is read to; left where the packet's first byte goes
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL if there is no room for the headers, -EFAULT.
 */
static inline int vtun_frame_push(const struct vtun_frame *frame,
				  struct iov_iter *to)
{
	return vtun_frame_header_len(frame) ? vtun_frame_push_headers(frame, to)
					    : 0;
}

int vtun_frame_pull(struct vtun_frame *frame, struct iov_iter *from);
int vtun_frame_set_protocol(const struct vtun_frame *frame,
			    struct sk_buff *skb);

#endif /* VTUN_FRAME_H */
