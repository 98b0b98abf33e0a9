/* SPDX-License-Identifier: GPL-2.0-only */
/* The virtio-net header: what the stack left to do on a packet. */
#ifndef VTUN_VNET_H
#define VTUN_VNET_H

#include <linux/skbuff.h>
#include <linux/uio.h>

#include "vtun.h"

/* All that TUNSETOFFLOAD may offer the stack. */
#define VTUN_VNET_FEATURES	(NETIF_F_HW_CSUM | NETIF_F_TSO | NETIF_F_TSO6 | \
				 NETIF_F_TSO_ECN | NETIF_F_GSO_UDP_L4 | \
				 NETIF_F_GSO_UDP_TUNNEL | \
				 NETIF_F_GSO_UDP_TUNNEL_CSUM)

/**
 * struct vtun_vnet_format - how a device's programs lay the header out
 * @size: bytes that it takes in front of a packet
 * @little_endian: its fields are; TUNSETVNETLE, which wins over TUNSETVNETBE
 */
struct vtun_vnet_format {
	int size;
	bool little_endian;
};

/**
 * struct vtun_vnet - a header, in the CPU's byte order
 * @flags: VIRTIO_NET_HDR_F_*
 * @gso_type: VIRTIO_NET_HDR_GSO_*
 * @hdr_len: bytes of headers in the packet, a hint
 * @gso_size: payload of each segment, bytes
 * @csum_start: where the checksum begins to be computed; all offsets are bytes
 *	from the packet's first one
 * @csum_offset: where it goes, from @csum_start
 * @outer_th: tunnels: the outer UDP header
 * @inner_nh: tunnels: the inner IP header
 */
struct vtun_vnet {
	u8 flags;
	u8 gso_type;
	u16 hdr_len;
	u16 gso_size;
	u16 csum_start;
	u16 csum_offset;
	u16 outer_th;
	u16 inner_nh;
};

struct vtun_vnet_format vtun_vnet_format(const struct vtun_dev *vtun);
int vtun_vnet_pull(struct vtun_vnet *hdr, const struct vtun_vnet_format *format,
		   struct iov_iter *from);
int vtun_vnet_push(const struct vtun_vnet *hdr,
		   const struct vtun_vnet_format *format, struct iov_iter *to);

int vtun_vnet_to_skb(const struct vtun_vnet *hdr, struct sk_buff *skb);
int vtun_vnet_from_skb(struct vtun_vnet *hdr,
		       const struct vtun_vnet_format *format,
		       const struct sk_buff *skb, unsigned int vlan_len);
bool vtun_vnet_describes(const struct vtun_dev *vtun,
			 const struct sk_buff *skb);

int vtun_vnet_features(unsigned long offloads, netdev_features_t *features);

#endif /* VTUN_VNET_H */
