// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segmentation at the copy: TCP and UDP over IPv4 and IPv6. Each segment gets the
 * headers that the stack's own segmentation would have given it; the payload is
 * copied from the large packet, and no packet is made in between. Everything
 * else the stack cuts itself, before it transmits.
 */

#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>

#include "fifo.h"
#include "filter.h"
#include "segment.h"
#include "stats.h"
#include "vnet.h"

/* Ethernet, two VLAN tags, IPv6 with some extension headers, TCP with options. */
#define VTUN_SEGMENT_HEADERS_MAX	192

/* What may be in gso_type: one of three kinds, ECN. */
#define VTUN_SEGMENT_KINDS	(SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_UDP_L4)
#define VTUN_SEGMENT_GSO	(VTUN_SEGMENT_KINDS | SKB_GSO_TCP_ECN)

/**
 * vtun_segment_features() - what the stack may leave to us
 * @offloads: what the program takes uncut
 *
 * Who takes checksums would get them with each segment, which we don't do.
 *
 * Return: a part of VTUN_SEGMENT_FEATURES.
 */
netdev_features_t vtun_segment_features(netdev_features_t offloads)
{
	return offloads & NETIF_F_HW_CSUM ? 0 : VTUN_SEGMENT_FEATURES;
}

static unsigned int vtun_segment_transport(const struct sk_buff *skb)
{
	return skb_checksum_start_offset(skb);
}

static bool vtun_segment_is_tcp(const struct sk_buff *skb)
{
	return !(skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4);
}

/* Bytes in front of the payload, or 0 if they are not all in one piece. */
static unsigned int vtun_segment_headers(const struct sk_buff *skb)
{
	unsigned int len = vtun_segment_transport(skb), tcp_len;

	if (!vtun_segment_is_tcp(skb)) {
		len += sizeof(struct udphdr);
	} else {
		if (len + sizeof(struct tcphdr) > skb_headlen(skb))
			return 0;
		tcp_len = ((struct tcphdr *)(skb->data + len))->doff * 4;
		if (tcp_len < sizeof(struct tcphdr))
			return 0;	/* somebody has changed it since */
		len += tcp_len;
	}
	return len <= skb_headlen(skb) && len <= VTUN_SEGMENT_HEADERS_MAX ? len
									   : 0;
}

/* What lies between, such as a second VLAN tag, is the stack's. */
static bool vtun_segment_ip_ok(const struct sk_buff *skb)
{
	unsigned int network = skb_network_offset(skb);
	unsigned int transport = vtun_segment_transport(skb);
	const struct iphdr *ip = (void *)(skb->data + network);

	if (network + sizeof(struct iphdr) > transport)
		return false;
	if (skb->protocol == htons(ETH_P_IP))
		return ip->version == 4 && network + ip->ihl * 4 == transport;
	return skb->protocol == htons(ETH_P_IPV6) && ip->version == 6 &&
	       network + sizeof(struct ipv6hdr) <= transport;
}

/* Whether the program takes it uncut, untrusted sources' packets too, which the
 * stack checks for it.
 */
static bool vtun_segment_is_taken(netdev_features_t offloads,
				  const struct sk_buff *skb)
{
	return net_gso_ok(offloads | NETIF_F_GSO_ROBUST,
			  skb_shinfo(skb)->gso_type);
}

static unsigned int vtun_segment_number(const struct sk_buff *skb)
{
	return DIV_ROUND_UP(skb->len - vtun_segment_headers(skb),
			    skb_shinfo(skb)->gso_size);
}

/* Whether we could cut it, and into what the stack would. */
static bool vtun_segment_can(const struct sk_buff *skb)
{
	const struct skb_shared_info *shinfo = skb_shinfo(skb);
	unsigned int check = vtun_segment_is_tcp(skb) ?
			     offsetof(struct tcphdr, check) :
			     offsetof(struct udphdr, check);

	return !(shinfo->gso_type & ~VTUN_SEGMENT_GSO) && shinfo->gso_size &&
	       skb->ip_summed == CHECKSUM_PARTIAL &&
	       skb->csum_offset == check && !skb->encapsulation &&
	       skb->len <= U16_MAX && vtun_segment_ip_ok(skb) &&
	       vtun_segment_headers(skb) &&
	       skb->len - vtun_segment_headers(skb) > shinfo->gso_size;
}

/* Whether all segments find room now; if not all do, those that do shall be read.
 * The core asks with BH on, too, and before it has chosen a tx queue: the number
 * may be anything then.
 */
static bool vtun_segment_fits(struct vtun_dev *vtun, const struct sk_buff *skb)
{
	unsigned int index = skb_get_queue_mapping(skb);
	struct vtun_queue *vq;
	int room = 0;

	if (index >= vtun->dev->num_tx_queues)
		return false;
	rcu_read_lock();
	vq = rcu_dereference(vtun->queues[index]);
	if (vq)		/* a full one looks empty here, and drops it */
		room = READ_ONCE(vq->fifo.size) - vtun_fifo_used(&vq->fifo) -
		       atomic_read(&vq->extra);
	rcu_read_unlock();
	return room >= (int)vtun_segment_number(skb);
}

/**
 * vtun_segment_check() - ndo_features_check: what the stack has to do itself
 * @vtun: device
 * @skb: packet
 * @features: what the device offers
 *
 * Large packets that the program takes stay uncut, and so do those that we cut,
 * if no filter wants to see them as the program does.
 *
 * Context: any but hard interrupts.
 * Return: part of @features.
 */
netdev_features_t vtun_segment_check(struct vtun_dev *vtun,
				     const struct sk_buff *skb,
				     netdev_features_t features)
{
	netdev_features_t offloads = READ_ONCE(vtun->offloads);
	netdev_features_t taken;

	taken = features & (offloads | ~VTUN_VNET_FEATURES);
	if (!skb_is_gso(skb))
		return taken;
	if (!vtun_vnet_describes(vtun, skb))
		taken &= ~NETIF_F_GSO_MASK;
	if (vtun_segment_is_taken(taken, skb))
		return taken;
	if (!(offloads & NETIF_F_HW_CSUM) &&
	    skb_gso_ok((struct sk_buff *)skb, features) &&
	    !vtun_filter_any(vtun) && vtun_segment_can(skb) &&
	    vtun_segment_fits(vtun, skb))
		return features;
	return taken & ~NETIF_F_GSO_MASK;
}

/**
 * vtun_segment_begin_large() - vtun_segment_begin() of a large packet
 * @vtun: device
 * @vq: as there
 * @skb: packet, marked as one that is not to be cut
 *
 * Context: BH off, RCU section.
 */
void vtun_segment_begin_large(const struct vtun_dev *vtun,
			      struct vtun_queue *vq, struct sk_buff *skb)
{
	struct vtun_segment *segment = vtun_segment(skb);

	if (vtun_segment_is_taken(READ_ONCE(vtun->offloads), skb) ||
	    !vtun_segment_can(skb))
		return;
	segment->headers = vtun_segment_headers(skb);
	segment->next = 0;
	segment->count = vtun_segment_number(skb);
	segment->extra = NULL;
	if (!vq)
		return;
	vtun_segment_move(skb, &vq->extra);
	vtun_stats_add(vq, VTUN_TX_SEGMENTED, 1);
}

/**
 * vtun_segment_move() - a packet goes from one fifo to another, or is dropped
 * @skb: packet that is to be cut
 * @extra: counter of the other one, or NULL
 *
 * Context: any.
 */
void vtun_segment_move(struct sk_buff *skb, atomic_t *extra)
{
	struct vtun_segment *segment = vtun_segment(skb);
	int n = segment->count - 1 - segment->next;

	if (segment->extra)
		atomic_sub(n, segment->extra);
	segment->extra = extra;
	if (extra)
		atomic_add(n, extra);
}

static size_t vtun_segment_payload(const struct sk_buff *skb, unsigned int n)
{
	size_t size = skb_shinfo(skb)->gso_size;

	return min(size, skb->len - vtun_segment(skb)->headers - n * size);
}

/**
 * vtun_segment_len() - bytes of a segment, without headers of ours
 * @skb: packet that is to be cut
 * @n: number of the segment
 *
 * Return: bytes, without a VLAN tag that is not in the packet.
 */
size_t vtun_segment_len(const struct sk_buff *skb, unsigned int n)
{
	return vtun_segment(skb)->headers + vtun_segment_payload(skb, n);
}

/* The total length that the packet's IP header says is that of all segments;
 * and each has a number of its own.
 */
static void vtun_segment_set_ip(void *network, size_t len, unsigned int n)
{
	struct ipv6hdr *ip6 = network;
	struct iphdr *ip = network;

	if (ip->version == 6) {
		ip6->payload_len = htons(len - sizeof(*ip6));
		return;
	}
	ip->tot_len = htons(len);
	ip->id = htons(ntohs(ip->id) + n);
	ip_send_check(ip);
}

/* Flags that are about the end, or the begin, of what was sent at once. */
static void vtun_segment_set_tcp(struct tcphdr *tcp, const struct sk_buff *skb,
				 unsigned int n)
{
	tcp->seq = htonl(ntohl(tcp->seq) + n * skb_shinfo(skb)->gso_size);
	if (n + 1 < vtun_segment_count(skb)) {
		tcp->fin = 0;
		tcp->psh = 0;
	}
	if (n)
		tcp->cwr = 0;
}

/* The checksum of the transport header: what stands there is the sum of the
 * pseudo header, with the length of all segments.
 */
static __sum16 vtun_segment_sum(const struct sk_buff *skb, unsigned int n,
				void *transport, __sum16 pseudo)
{
	unsigned int start = vtun_segment_transport(skb);
	unsigned int headers = vtun_segment(skb)->headers;
	size_t payload = vtun_segment_payload(skb, n);
	size_t len = headers - start + payload;
	__wsum sum = csum_unfold(pseudo);

	sum = csum_sub(sum, (__force __wsum)htonl(skb->len - start));
	sum = csum_add(sum, (__force __wsum)htonl(len));
	sum = csum_partial(transport, headers - start, sum);
	/* Headers are an even number of bytes. */
	sum = csum_add(sum, skb_checksum(skb, headers +
					 n * skb_shinfo(skb)->gso_size,
					 payload, 0));
	return csum_fold(sum);
}

/* Make the headers of the @n-th segment of a copy of the packet's. */
static void vtun_segment_make(const struct sk_buff *skb, unsigned int n,
			      u8 *headers)
{
	void *transport = headers + vtun_segment_transport(skb);
	size_t len = vtun_segment_len(skb, n);
	unsigned int network = skb_network_offset(skb);
	struct tcphdr *tcp = transport;
	struct udphdr *udp = transport;
	__sum16 pseudo;

	vtun_segment_set_ip(headers + network, len - network, n);
	if (vtun_segment_is_tcp(skb)) {
		vtun_segment_set_tcp(tcp, skb, n);
		pseudo = tcp->check;
		tcp->check = 0;
		tcp->check = vtun_segment_sum(skb, n, tcp, pseudo);
	} else {
		udp->len = htons(len - vtun_segment_transport(skb));
		pseudo = udp->check;
		udp->check = 0;
		udp->check = vtun_segment_sum(skb, n, udp, pseudo) ?:
			     CSUM_MANGLED_0;
	}
}

/* A VLAN tag that the stack left to us goes where Ethernet has it. */
static size_t vtun_segment_tag(const struct sk_buff *skb, u8 *headers,
			       size_t len)
{
	__be16 *tag = (__be16 *)(headers + 2 * ETH_ALEN);

	if (!skb_vlan_tag_present(skb))
		return len;
	memmove((u8 *)tag + VLAN_HLEN, tag, len - 2 * ETH_ALEN);
	tag[0] = skb->vlan_proto;
	tag[1] = htons(skb_vlan_tag_get(skb));
	return len + VLAN_HLEN;
}

/**
 * vtun_segment_copy() - copy a segment, or as much of it as there is room
 * @skb: packet that is to be cut
 * @n: number of the segment
 * @to: where to
 *
 * Context: process, may sleep.
 * Return: 0 or -EFAULT.
 */
int vtun_segment_copy(const struct sk_buff *skb, unsigned int n,
		      struct iov_iter *to)
{
	u8 headers[VTUN_SEGMENT_HEADERS_MAX + VLAN_HLEN] __aligned(4);
	size_t skip = vtun_segment(skb)->headers;
	size_t len;

	memcpy(headers, skb->data, skip);
	vtun_segment_make(skb, n, headers);
	len = vtun_segment_tag(skb, headers, skip);
	len = min(len, iov_iter_count(to));
	if (copy_to_iter(headers, len, to) != len)
		return -EFAULT;
	len = min(vtun_segment_payload(skb, n), iov_iter_count(to));
	skip += n * skb_shinfo(skb)->gso_size;
	return skb_copy_datagram_iter(skb, skip, to, len);
}
