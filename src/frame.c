// SPDX-License-Identifier: GPL-2.0-only
/* The headers in front of a packet: parse, check, build. */

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/skbuff.h>

#include "frame.h"
#include "segment.h"

/**
 * vtun_frame_begin() - learn how packets of a queue look now
 * @frame: set up; what its headers say and @frame->len are 0
 * @vq: queue
 *
 * Copies what is needed, so the device may go while user memory is touched.
 *
 * Context: any.
 * Return: 0, or -EBADFD if @vq has no device.
 */
int vtun_frame_begin(struct vtun_frame *frame, struct vtun_queue *vq)
{
	bool found;

	rcu_read_lock();
	found = vtun_frame_begin_rcu(frame, vq);
	rcu_read_unlock();
	return found ? 0 : -EBADFD;
}

/**
 * vtun_frame_begin_rcu() - vtun_frame_begin() for who needs the section anyway
 * @frame: as there
 * @vq: queue
 *
 * Context: RCU section.
 * Return: whether @vq has a device.
 */
bool vtun_frame_begin_rcu(struct vtun_frame *frame, struct vtun_queue *vq)
{
	struct vtun_dev *vtun = rcu_dereference(vq->vtun);

	*frame = (struct vtun_frame){ .vtun = vtun };
	if (!vtun)
		return false;
	frame->flags = READ_ONCE(vtun->flags);
	frame->headroom = READ_ONCE(vtun->rx_headroom);
	frame->format = vtun_vnet_format(vtun);
	frame->mode = vq->rx_mode;
	frame->xdp = rcu_access_pointer(vtun->xdp_prog);
	return true;
}

/**
 * vtun_frame_pull() - take our headers off what a program writes
 * @frame: begun; what its headers say and @frame->len are set
 * @from: what is written; left at the packet's first byte
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL if it is too short, -EFAULT.
 */
int vtun_frame_pull(struct vtun_frame *frame, struct iov_iter *from)
{
	int err;

	if (!(frame->flags & IFF_NO_PI)) {
		struct tun_pi pi;

		if (iov_iter_count(from) < sizeof(pi))
			return -EINVAL;
		if (!copy_from_iter_full(&pi, sizeof(pi), from))
			return -EFAULT;
		frame->proto = pi.proto;	/* flags mean nothing here */
	}
	if (frame->format.size) {
		err = vtun_vnet_pull(&frame->vnet, &frame->format, from);
		if (err)
			return err;
	}
	frame->len = iov_iter_count(from);
	/* Segmentation needs an skb, and so do frames longer than XDP knows. */
	if (frame->vnet.gso_type || frame->len > U16_MAX)
		frame->xdp = false;
	if (!(frame->flags & IFF_TAP))
		return 0;
	if (frame->len < ETH_HLEN ||
	    (frame->vnet.hdr_len && frame->vnet.hdr_len < ETH_HLEN))
		return -EINVAL;
	return 0;
}

/**
 * vtun_frame_set_protocol() - what kind of packet a program wrote, layer 3 mode
 * @frame: pulled
 * @skb: the packet; its protocol is set
 *
 * Without packet information the version in the first byte tells.
 *
 * Return: 0, or -EINVAL if it is neither IPv4 nor IPv6.
 */
int vtun_frame_set_protocol(const struct vtun_frame *frame,
			    struct sk_buff *skb)
{
	if (!(frame->flags & IFF_NO_PI)) {
		skb->protocol = frame->proto;
		return 0;
	}
	switch (skb->len ? skb->data[0] >> 4 : 0) {
	case 4:
		skb->protocol = htons(ETH_P_IP);
		return 0;
	case 6:
		skb->protocol = htons(ETH_P_IPV6);
		return 0;
	}
	return -EINVAL;
}

/**
 * vtun_frame_describe() - find out what the headers have to say of a packet
 * @frame: begun; @frame->len and what its headers say are set
 * @skb: packet that a program reads
 * @segment: which one of it, if it is to be cut: nothing is left to do then
 *
 * Return: 0, or -EINVAL if no header describes it.
 */
int vtun_frame_describe(struct vtun_frame *frame, const struct sk_buff *skb,
			unsigned int segment)
{
	unsigned int vlan_len = skb_vlan_tag_present(skb) ? VLAN_HLEN : 0;

	frame->proto = skb->protocol;
	if (vtun_segment_count(skb)) {
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
int vtun_frame_push(const struct vtun_frame *frame, struct iov_iter *to)
{
	size_t len = frame->format.size + frame->len;
	struct tun_pi pi = { .proto = frame->proto };

	if (!(frame->flags & IFF_NO_PI)) {
		if (iov_iter_count(to) < sizeof(pi))
			return -EINVAL;
		if (iov_iter_count(to) < sizeof(pi) + len)
			pi.flags |= TUN_PKT_STRIP;
		if (copy_to_iter(&pi, sizeof(pi), to) != sizeof(pi))
			return -EFAULT;
	}
	if (!frame->format.size)
		return 0;
	return vtun_vnet_push(&frame->vnet, &frame->format, to);
}
