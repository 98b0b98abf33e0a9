// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtio-net header: what the stack left to do on a packet.
 *
 * Layout and meaning are those of the virtio specification, section "Network
 * Device"; which headers are taken and which are refused is what in-tree tun
 * of Linux 7.3 does, on every kernel.
 */

#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/virtio_byteorder.h>
#include <uapi/linux/virtio_net.h>
#include <net/flow_dissector.h>
#include <net/tcp.h>

#include "vnet.h"

/* Bytes of the header that mean something without and with tunnels. */
#define VTUN_VNET_PLAIN		sizeof(struct virtio_net_hdr)
#define VTUN_VNET_TUNNEL	sizeof(struct virtio_net_hdr_v1_hash_tunnel)

#define VTUN_VNET_TUNNEL_BITS	(VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4 | \
				 VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6)
#define VTUN_VNET_SKB_TUNNEL	(SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM)

/**
 * struct vtun_vnet_kind - what is known of a segmentation type
 * @type: VIRTIO_NET_HDR_GSO_*
 * @protocol: IPPROTO_* of its packets
 * @th_len: shortest transport header
 * @nh_len: shortest network header
 * @gso: SKB_GSO_*
 */
struct vtun_vnet_kind {
	u8 type;
	u8 protocol;
	u8 th_len;
	u8 nh_len;
	unsigned int gso;
};

static const struct vtun_vnet_kind vtun_vnet_kinds[] = {
	{ VIRTIO_NET_HDR_GSO_NONE, 0, 0, sizeof(struct iphdr), 0 },
	{ VIRTIO_NET_HDR_GSO_TCPV4, IPPROTO_TCP, sizeof(struct tcphdr),
	  sizeof(struct iphdr), SKB_GSO_TCPV4 },
	{ VIRTIO_NET_HDR_GSO_TCPV6, IPPROTO_TCP, sizeof(struct tcphdr),
	  sizeof(struct ipv6hdr), SKB_GSO_TCPV6 },
	{ VIRTIO_NET_HDR_GSO_UDP, IPPROTO_UDP, sizeof(struct udphdr),
	  sizeof(struct iphdr), SKB_GSO_UDP },
	{ VIRTIO_NET_HDR_GSO_UDP_L4, IPPROTO_UDP, sizeof(struct udphdr),
	  sizeof(struct iphdr), SKB_GSO_UDP_L4 },
};

static const struct vtun_vnet_kind *vtun_vnet_find_kind(u8 type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vtun_vnet_kinds); i++)
		if (vtun_vnet_kinds[i].type == type)
			return &vtun_vnet_kinds[i];
	return NULL;
}

/**
 * vtun_vnet_format() - how a device's programs lay the header out now
 * @vtun: device
 *
 * Context: RCU section or RTNL held.
 * Return: copy; its size is 0 if there is no header.
 */
struct vtun_vnet_format vtun_vnet_format(const struct vtun_dev *vtun)
{
	struct vtun_vnet_format format = {};

	if (READ_ONCE(vtun->flags) & IFF_VNET_HDR) {
		bool big = READ_ONCE(vtun->vnet_be);

		format.size = READ_ONCE(vtun->vnet_size);
		format.little_endian = READ_ONCE(vtun->vnet_le) ||
			(!big && virtio_legacy_is_little_endian());
	}
	return format;
}

static void vtun_vnet_decode(struct vtun_vnet *hdr, bool little_endian,
			     const struct virtio_net_hdr_v1_hash_tunnel *wire)
{
	const struct virtio_net_hdr_v1 *v1 = &wire->hash_hdr.hdr;

	/* Tunnels came after the legacy byte order had gone. */
	if (v1->gso_type & VTUN_VNET_TUNNEL_BITS)
		little_endian = true;
	hdr->flags = v1->flags;
	hdr->gso_type = v1->gso_type;
	hdr->hdr_len = __virtio16_to_cpu(little_endian, v1->hdr_len);
	hdr->gso_size = __virtio16_to_cpu(little_endian, v1->gso_size);
	hdr->csum_start = __virtio16_to_cpu(little_endian, v1->csum_start);
	hdr->csum_offset = __virtio16_to_cpu(little_endian, v1->csum_offset);
	hdr->outer_th = le16_to_cpu(wire->outer_th_offset);
	hdr->inner_nh = le16_to_cpu(wire->inner_nh_offset);
}

static void vtun_vnet_encode(const struct vtun_vnet *hdr, bool little_endian,
			     struct virtio_net_hdr_v1_hash_tunnel *wire)
{
	struct virtio_net_hdr_v1 *v1 = &wire->hash_hdr.hdr;

	memset(wire, 0, sizeof(*wire));
	if (hdr->gso_type & VTUN_VNET_TUNNEL_BITS)
		little_endian = true;
	v1->flags = hdr->flags;
	v1->gso_type = hdr->gso_type;
	v1->hdr_len = __cpu_to_virtio16(little_endian, hdr->hdr_len);
	v1->gso_size = __cpu_to_virtio16(little_endian, hdr->gso_size);
	v1->csum_start = __cpu_to_virtio16(little_endian, hdr->csum_start);
	v1->csum_offset = __cpu_to_virtio16(little_endian, hdr->csum_offset);
	wire->outer_th_offset = cpu_to_le16(hdr->outer_th);
	wire->inner_nh_offset = cpu_to_le16(hdr->inner_nh);
}

static size_t vtun_vnet_wire_size(const struct vtun_vnet_format *format)
{
	return format->size < VTUN_VNET_TUNNEL ? VTUN_VNET_PLAIN
					       : VTUN_VNET_TUNNEL;
}

/**
 * vtun_vnet_pull() - take the header off what a program writes
 * @hdr: set; its hdr_len covers the checksum field, if there is one
 * @format: its size is not 0
 * @from: what is written; left at the packet's first byte
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL if what is written is too short for the header, or for
 * the packet's headers, -EFAULT.
 */
int vtun_vnet_pull(struct vtun_vnet *hdr, const struct vtun_vnet_format *format,
		   struct iov_iter *from)
{
	size_t size = vtun_vnet_wire_size(format);
	struct virtio_net_hdr_v1_hash_tunnel wire = {};

	if (iov_iter_count(from) < format->size)
		return -EINVAL;
	if (!copy_from_iter_full(&wire, size, from))
		return -EFAULT;
	vtun_vnet_decode(hdr, format->little_endian, &wire);
	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		u32 end = hdr->csum_start + hdr->csum_offset + sizeof(__sum16);

		/* In 16 bits, so it may wrap: in-tree tun's does. */
		hdr->hdr_len = max_t(u32, hdr->hdr_len, end);
	}
	/* Before what is skipped of the header, as in-tree tun has it. */
	if (hdr->hdr_len > iov_iter_count(from))
		return -EINVAL;
	iov_iter_advance(from, format->size - size);
	return 0;
}

/**
 * vtun_vnet_push() - put the header in front of what a program reads
 * @hdr: header
 * @format: its size is not 0
 * @to: where it is read to; left where the packet's first byte goes
 *
 * Context: process, may sleep.
 * Return: 0, -EINVAL without room for all of it, -EFAULT.
 */
int vtun_vnet_push(const struct vtun_vnet *hdr,
		   const struct vtun_vnet_format *format, struct iov_iter *to)
{
	size_t size = vtun_vnet_wire_size(format);
	size_t rest = format->size - size;
	struct virtio_net_hdr_v1_hash_tunnel wire;

	if (iov_iter_count(to) < format->size)
		return -EINVAL;
	vtun_vnet_encode(hdr, format->little_endian, &wire);
	if (copy_to_iter(&wire, size, to) != size ||
	    (rest && iov_iter_zero(rest, to) != rest))
		return -EFAULT;
	return 0;
}

/* The transport header is where the checksum starts. */
static int vtun_vnet_set_csum(const struct vtun_vnet *hdr,
			      const struct vtun_vnet_kind *kind,
			      struct sk_buff *skb)
{
	u32 field = hdr->csum_offset + sizeof(__sum16);
	u32 start = hdr->csum_start;

	if (start < kind->nh_len ||
	    !pskb_may_pull(skb, start + max_t(u32, kind->th_len, field)))
		return -EINVAL;
	/* What skb_partial_csum_set() would complain of in the log. */
	if (skb_headroom(skb) + start >= U16_MAX)
		return -EINVAL;
	return skb_partial_csum_set(skb, start, hdr->csum_offset) ? 0 : -EINVAL;
}

static bool vtun_vnet_matches(u8 type, __be16 protocol)
{
	switch (type) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return protocol == htons(ETH_P_IP);
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return protocol == htons(ETH_P_IPV6);
	}
	return protocol == htons(ETH_P_IP) || protocol == htons(ETH_P_IPV6);
}

static bool vtun_vnet_dissect(struct sk_buff *skb,
			      struct flow_keys_basic *keys)
{
	return skb_flow_dissect_flow_keys_basic(NULL, skb, keys, NULL, 0, 0, 0,
						0);
}

/* Without a checksum to tell, the packet itself must say where its transport
 * header is, and be what the header calls it.
 */
static int vtun_vnet_find_transport(const struct vtun_vnet_kind *kind,
				    struct sk_buff *skb)
{
	struct flow_keys_basic keys;
	unsigned int start;

	if (!skb->protocol)
		skb->protocol = dev_parse_header_protocol(skb);
	if (!skb->protocol)
		skb->protocol = kind->type == VIRTIO_NET_HDR_GSO_TCPV6 ?
				htons(ETH_P_IPV6) : htons(ETH_P_IP);
	if (!vtun_vnet_dissect(skb, &keys)) {
		/* UDP fragmentation does not say which IP it is about. */
		if (kind->type != VIRTIO_NET_HDR_GSO_UDP ||
		    skb->protocol != htons(ETH_P_IP))
			return -EINVAL;
		skb->protocol = htons(ETH_P_IPV6);
		if (!vtun_vnet_dissect(skb, &keys))
			return -EINVAL;
	}
	start = keys.control.thoff;
	if (keys.basic.ip_proto != kind->protocol ||
	    !vtun_vnet_matches(kind->type, keys.basic.n_proto) ||
	    !pskb_may_pull(skb, start + kind->th_len))
		return -EINVAL;
	skb_set_transport_header(skb, start);
	return 0;
}

/* What each protocol's segmentation wants, beyond what all want. */
static int vtun_vnet_check_gso(const struct vtun_vnet *hdr,
			       const struct vtun_vnet_kind *kind,
			       unsigned int payload)
{
	bool csum = hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;

	/* In skbs this size means something else. */
	if (hdr->gso_size == GSO_BY_FRAGS)
		return -EINVAL;
	switch (kind->type) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
		if (csum && hdr->csum_offset != offsetof(struct tcphdr, check))
			return -EINVAL;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		if (!csum || hdr->gso_type & VIRTIO_NET_HDR_GSO_ECN ||
		    hdr->csum_offset != offsetof(struct udphdr, check) ||
		    payload > hdr->gso_size * UDP_MAX_SEGMENTS)
			return -EINVAL;
		break;
	}
	return 0;
}

static int vtun_vnet_set_gso(const struct vtun_vnet *hdr,
			     const struct vtun_vnet_kind *kind,
			     struct sk_buff *skb)
{
	unsigned int payload = skb->len - skb_transport_offset(skb) -
			       kind->th_len;
	struct skb_shared_info *info = skb_shinfo(skb);
	u16 size = hdr->gso_size;
	int err;

	err = vtun_vnet_check_gso(hdr, kind, payload);
	if (err)
		return err;
	if (kind->protocol == IPPROTO_TCP)
		size = max_t(u16, size, TCP_MIN_GSO_SIZE);
	if (kind->type == VIRTIO_NET_HDR_GSO_UDP)
		payload += kind->th_len;	/* fragments begin there */
	if (payload <= size)
		return 0;	/* fits into one, so nothing is to be done */
	info->gso_size = size;
	info->gso_type = kind->gso | SKB_GSO_DODGY;	/* the stack looks again */
	if (hdr->gso_type & VIRTIO_NET_HDR_GSO_ECN)
		info->gso_type |= SKB_GSO_TCP_ECN;
	info->gso_segs = 0;
	return 0;
}

static int vtun_vnet_plain_to_skb(const struct vtun_vnet *hdr, u8 type,
				  struct sk_buff *skb)
{
	const struct vtun_vnet_kind *kind =
		vtun_vnet_find_kind(type & ~VIRTIO_NET_HDR_GSO_ECN);
	int err = 0;

	if (type && (!kind || !kind->type || !hdr->gso_size))
		return -EINVAL;
	skb_reset_mac_header(skb);
	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		err = vtun_vnet_set_csum(hdr, kind, skb);
	else if (type)
		err = vtun_vnet_find_transport(kind, skb);
	if (err || !type)
		return err;
	return vtun_vnet_set_gso(hdr, kind, skb);
}

static unsigned int vtun_vnet_ip_len(bool ipv6)
{
	return ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
}

/* The outer headers are taken to be Ethernet's, in layer 3 mode too. */
static int vtun_vnet_check_tunnel(const struct vtun_vnet *hdr, u8 tunnel,
				  u8 inner)
{
	bool outer_ipv6 = tunnel & VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6;
	bool inner_ipv6 = inner == VIRTIO_NET_HDR_GSO_TCPV6;

	if (tunnel == VTUN_VNET_TUNNEL_BITS)
		return -EINVAL;
	if (!inner || inner == VIRTIO_NET_HDR_GSO_UDP ||
	    !(hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return -EINVAL;
	if (hdr->outer_th < ETH_HLEN + vtun_vnet_ip_len(outer_ipv6) ||
	    hdr->inner_nh < hdr->outer_th + sizeof(struct udphdr) ||
	    hdr->csum_start < hdr->inner_nh + vtun_vnet_ip_len(inner_ipv6))
		return -EINVAL;
	return 0;
}

static int vtun_vnet_tunnel_to_skb(const struct vtun_vnet *hdr, u8 tunnel,
				   struct sk_buff *skb)
{
	u8 inner = hdr->gso_type & ~(tunnel | VIRTIO_NET_HDR_GSO_ECN);
	bool inner_ipv6 = inner == VIRTIO_NET_HDR_GSO_TCPV6;
	unsigned int headroom;
	int err;

	err = vtun_vnet_check_tunnel(hdr, tunnel, inner);
	if (err)
		return err;
	err = vtun_vnet_plain_to_skb(hdr, hdr->gso_type & ~tunnel, skb);
	if (err)
		return err;
	/* All up to the checksum's field is linear by now. UDP only tells by
	 * its packet which IP is inside.
	 */
	if (inner == VIRTIO_NET_HDR_GSO_UDP_L4) {
		inner_ipv6 = skb->data[hdr->inner_nh] >> 4 == 6;
		if (hdr->csum_start <
		    hdr->inner_nh + vtun_vnet_ip_len(inner_ipv6))
			return -EINVAL;
	}
	skb_set_inner_protocol(skb, inner_ipv6 ? htons(ETH_P_IPV6) :
						 htons(ETH_P_IP));
	skb_shinfo(skb)->gso_type |=
		hdr->flags & VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM ?
		SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL;
	headroom = skb_headroom(skb);
	skb->inner_transport_header = headroom + hdr->csum_start;
	skb->inner_network_header = headroom + hdr->inner_nh;
	skb->inner_mac_header = headroom + hdr->inner_nh;
	skb->transport_header = headroom + hdr->outer_th;
	skb->encapsulation = 1;
	return 0;
}

/**
 * vtun_vnet_to_skb() - make a written packet what its header says
 * @hdr: header
 * @skb: packet; its dev, protocol (0 if unknown) and network header are set.
 *	Checksum, segmentation and the headers' places are set
 *
 * Context: BH off, or process.
 * Return: 0, or -EINVAL if header and packet contradict each other.
 */
int vtun_vnet_to_skb(const struct vtun_vnet *hdr, struct sk_buff *skb)
{
	u8 tunnel = hdr->gso_type & VTUN_VNET_TUNNEL_BITS;

	if (tunnel)
		return vtun_vnet_tunnel_to_skb(hdr, tunnel, skb);
	return vtun_vnet_plain_to_skb(hdr, hdr->gso_type, skb);
}

/* The header's word for how @skb is to be segmented, tunnels apart. */
static const struct vtun_vnet_kind *
vtun_vnet_skb_kind(const struct sk_buff *skb)
{
	unsigned int gso = skb_shinfo(skb)->gso_type;

	if (gso & SKB_GSO_TCPV4)
		return vtun_vnet_find_kind(VIRTIO_NET_HDR_GSO_TCPV4);
	if (gso & SKB_GSO_TCPV6)
		return vtun_vnet_find_kind(VIRTIO_NET_HDR_GSO_TCPV6);
	if (gso & SKB_GSO_UDP_L4)
		return vtun_vnet_find_kind(VIRTIO_NET_HDR_GSO_UDP_L4);
	return NULL;
}

/**
 * vtun_vnet_from_skb() - describe a packet to the program
 * @hdr: set
 * @format: how it will be laid out
 * @skb: packet from the stack
 * @vlan_len: bytes of the VLAN tag that will be put into its Ethernet header
 *
 * Return: 0, or -EINVAL if no header describes it.
 */
int vtun_vnet_from_skb(struct vtun_vnet *hdr,
		       const struct vtun_vnet_format *format,
		       const struct sk_buff *skb, unsigned int vlan_len)
{
	unsigned int gso = skb_shinfo(skb)->gso_type;
	bool tunnel = skb_is_gso(skb) && gso & VTUN_VNET_SKB_TUNNEL;

	*hdr = (struct vtun_vnet){};
	if (tunnel && format->size < VTUN_VNET_TUNNEL)
		return -EINVAL;
	if (skb_is_gso(skb)) {
		const struct vtun_vnet_kind *kind = vtun_vnet_skb_kind(skb);

		if (!kind)
			return -EINVAL;
		hdr->gso_type = kind->type;
		if (gso & SKB_GSO_TCP_ECN)
			hdr->gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		hdr->gso_size = skb_shinfo(skb)->gso_size;
		hdr->hdr_len = skb_headlen(skb);
	}
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr->csum_start = skb_checksum_start_offset(skb) + vlan_len;
		hdr->csum_offset = skb->csum_offset;
	} else if (skb->ip_summed == CHECKSUM_UNNECESSARY && !tunnel) {
		hdr->flags = VIRTIO_NET_HDR_F_DATA_VALID;
	}
	if (tunnel) {
		hdr->gso_type |= skb->protocol == htons(ETH_P_IPV6) ?
				 VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6 :
				 VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4;
		if (gso & SKB_GSO_UDP_TUNNEL_CSUM)
			hdr->flags |= VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
		/* Without the VLAN tag: in-tree tun forgets it, too. */
		hdr->outer_th = skb_transport_offset(skb);
		hdr->inner_nh = skb_inner_network_offset(skb);
	}
	return 0;
}

/**
 * vtun_vnet_describes() - whether programs can be told of a packet's GSO
 * @vtun: device
 * @skb: GSO packet on its way to it
 *
 * Context: any.
 * Return: false if it had better be segmented first.
 */
bool vtun_vnet_describes(const struct vtun_dev *vtun, const struct sk_buff *skb)
{
	if (!(READ_ONCE(vtun->flags) & IFF_VNET_HDR))
		return true;	/* nobody is told anything */
	if (skb_shinfo(skb)->gso_type & VTUN_VNET_SKB_TUNNEL &&
	    READ_ONCE(vtun->vnet_size) < VTUN_VNET_TUNNEL)
		return false;
	return vtun_vnet_skb_kind(skb);
}

/**
 * vtun_vnet_features() - what TUNSETOFFLOAD offers the stack
 * @offloads: TUN_F_* bits
 * @features: set, a part of VTUN_VNET_FEATURES
 *
 * Return: 0, or -EINVAL if a bit is unknown or lacks one that it needs.
 */
int vtun_vnet_features(unsigned long offloads, netdev_features_t *features)
{
	const unsigned long uso = TUN_F_USO4 | TUN_F_USO6;
	const unsigned long tso = TUN_F_TSO4 | TUN_F_TSO6;
	unsigned long known = TUN_F_CSUM | TUN_F_UFO | tso;

	*features = 0;
	if (!offloads)
		return 0;
	if (!(offloads & TUN_F_CSUM))
		return -EINVAL;
	*features |= NETIF_F_HW_CSUM;
	if (offloads & TUN_F_TSO4)
		*features |= NETIF_F_TSO;
	if (offloads & TUN_F_TSO6)
		*features |= NETIF_F_TSO6;
	if (offloads & tso) {
		known |= TUN_F_TSO_ECN;
		if (offloads & TUN_F_TSO_ECN)
			*features |= NETIF_F_TSO_ECN;
	}
	if ((offloads & uso) == uso) {
		known |= uso;
		*features |= NETIF_F_GSO_UDP_L4;
	}
	if (*features & ~(NETIF_F_HW_CSUM | NETIF_F_TSO_ECN) &&
	    offloads & TUN_F_UDP_TUNNEL_GSO) {
		known |= TUN_F_UDP_TUNNEL_GSO | TUN_F_UDP_TUNNEL_GSO_CSUM;
		*features |= NETIF_F_GSO_UDP_TUNNEL;
		if (offloads & TUN_F_UDP_TUNNEL_GSO_CSUM)
			*features |= NETIF_F_GSO_UDP_TUNNEL_CSUM;
	}
	return offloads & ~known ? -EINVAL : 0;
}
