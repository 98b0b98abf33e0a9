// SPDX-License-Identifier: GPL-2.0-only
/* Packet information: parse, check, build. */

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/skbuff.h>

#include "frame.h"

/**
 * vtun_frame_begin() - learn how packets of a queue look now
 * @frame: set up; @frame->proto and @frame->len are 0
 * @vq: queue
 *
 * Copies what is needed, so the device may go while user memory is touched.
 *
 * Context: any.
 * Return: 0, or -EBADFD if @vq has no device.
 */
int vtun_frame_begin(struct vtun_frame *frame, struct vtun_queue *vq)
{
	struct vtun_dev *vtun;
	int err = -EBADFD;

	*frame = (struct vtun_frame){};
	rcu_read_lock();
	vtun = rcu_dereference(vq->vtun);
	if (vtun) {
		frame->flags = READ_ONCE(vtun->flags);
		frame->headroom = READ_ONCE(vtun->rx_headroom);
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

/**
 * vtun_frame_pull() - take our headers off what a program writes
 * @frame: begun; @frame->proto and @frame->len are set
 * @from: what is written; left at the packet's first byte
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL if it is too short, -EFAULT.
 */
int vtun_frame_pull(struct vtun_frame *frame, struct iov_iter *from)
{
	if (!(frame->flags & IFF_NO_PI)) {
		struct tun_pi pi;

		if (iov_iter_count(from) < sizeof(pi))
			return -EINVAL;
		if (!copy_from_iter_full(&pi, sizeof(pi), from))
			return -EFAULT;
		frame->proto = pi.proto;	/* flags mean nothing here */
	}
	frame->len = iov_iter_count(from);
	if ((frame->flags & IFF_TAP) && frame->len < ETH_HLEN)
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
 * vtun_frame_push() - put our headers in front of what a program reads
 * @frame: begun, @frame->len set to the packet's length as it will be read
 * @skb: the packet
 * @to: where it is read to; left where the packet's first byte goes
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL if there is no room for the headers, -EFAULT.
 */
int vtun_frame_push(const struct vtun_frame *frame, const struct sk_buff *skb,
		    struct iov_iter *to)
{
	struct tun_pi pi = { .proto = skb->protocol };

	if (frame->flags & IFF_NO_PI)
		return 0;
	if (iov_iter_count(to) < sizeof(pi))
		return -EINVAL;
	if (iov_iter_count(to) < sizeof(pi) + frame->len)
		pi.flags |= TUN_PKT_STRIP;
	return copy_to_iter(&pi, sizeof(pi), to) == sizeof(pi) ? 0 : -EFAULT;
}
