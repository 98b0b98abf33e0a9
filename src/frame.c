// SPDX-License-Identifier: GPL-2.0-only
/* The headers in front of a packet: parse, check, build. */

#include <linux/etherdevice.h>
#include <linux/skbuff.h>

#include "frame.h"

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
 * vtun_frame_push_headers() - vtun_frame_push(), if there are any
 * @frame: as there
 * @to: likewise
 *
 * Context: process, may sleep.
 * Return: as there.
 */
int vtun_frame_push_headers(const struct vtun_frame *frame,
			    struct iov_iter *to)
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
