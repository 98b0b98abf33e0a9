/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets. What is behind a packet's linear part is poisoned, so ASan sees who looks. */
#ifndef SHIM_SKBUFF_H
#define SHIM_SKBUFF_H

#include <linux/uio.h>

#include "shim.h"

#define NET_SKB_PAD		64
#define NET_IP_ALIGN		2
#define MAX_SKB_FRAGS		17
#define SKB_DATA_ALIGN(len)	ALIGN(len, 64)
#define SKB_MAX_HEAD(room)	shim.linear_max
#define VLAN_HLEN		4

#define GSO_BY_FRAGS		0xffff
#define TCP_MIN_GSO_SIZE	8
#define UDP_MAX_SEGMENTS	128

enum {
	SKB_GSO_TCPV4 = BIT(0),
	SKB_GSO_DODGY = BIT(1),
	SKB_GSO_TCP_ECN = BIT(2),
	SKB_GSO_TCPV6 = BIT(3),
	SKB_GSO_UDP = BIT(4),
	SKB_GSO_UDP_TUNNEL = BIT(5),
	SKB_GSO_UDP_TUNNEL_CSUM = BIT(6),
	SKB_GSO_SCTP = BIT(7),
	SKB_GSO_UDP_L4 = BIT(8),
};

enum {
	CHECKSUM_NONE,
	CHECKSUM_UNNECESSARY,
	CHECKSUM_COMPLETE,
	CHECKSUM_PARTIAL,
};

enum skb_drop_reason {
	SKB_DROP_REASON_NOT_SPECIFIED,
	SKB_DROP_REASON_DEV_HDR,
	SKB_DROP_REASON_INVALID_PROTO,
	SKB_DROP_REASON_NOMEM,
	SKB_DROP_REASON_DEV_READY,
	SKB_DROP_REASON_FULL_RING,
	SKB_DROP_REASON_SKB_UCOPY_FAULT,
	SKB_DROP_REASON_TAP_FILTER,
};

struct net_device;
struct sock;

struct skb_frag {
	u8 *data;
	size_t len;
};

struct skb_shared_info {
	u16 gso_size;
	u16 gso_segs;
	unsigned int gso_type;
	unsigned int nr_frags;
	struct skb_frag frags[MAX_SKB_FRAGS];
};

/* Offsets count from @head, in as many bits as the kernel has. */
struct sk_buff {
	struct sk_buff *next;
	struct net_device *dev;
	u8 *head, *data;
	size_t size;			/* from @head on */
	unsigned int len, data_len;
	__be16 protocol;
	u8 ip_summed;
	u8 encapsulation;
	u16 csum_start, csum_offset;
	u16 mac_header, network_header, transport_header;
	u16 inner_mac_header, inner_network_header, inner_transport_header;
	__be16 inner_protocol;
	bool vlan_present;
	__be16 vlan_proto;
	u16 vlan_tci;
	char cb[48] __attribute__((aligned(8)));
	struct skb_shared_info info;
};

struct sk_buff_head {
	struct sk_buff *first, *last;
	unsigned int len;
	spinlock_t lock;
};

struct flow_keys_basic {
	struct { u16 thoff; } control;
	struct { __be16 n_proto; u8 ip_proto; } basic;
};

#define skb_shinfo(skb)			(&((struct sk_buff *)(skb))->info)
#define skb_is_gso(skb)			((skb)->info.gso_size)
#define skb_checksum_help(skb)		((void)(skb), 0)
#define skb_get(skb)			do { } while (0)
#define skb_headlen(skb)		((skb)->len - (skb)->data_len)
#define skb_headroom(skb)		((unsigned int)((skb)->data - (skb)->head))
#define skb_vlan_tag_present(skb)	((skb)->vlan_present)
#define skb_vlan_tag_get(skb)		((skb)->vlan_tci)
#define skb_checksum_start_offset(skb)	((int)((skb)->csum_start - skb_headroom(skb)))
#define skb_transport_offset(skb)	((int)((skb)->transport_header - skb_headroom(skb)))
#define skb_network_offset(skb)		((int)((skb)->network_header - skb_headroom(skb)))
#define skb_inner_network_offset(skb)	((int)((skb)->inner_network_header - skb_headroom(skb)))
#define skb_reset_mac_header(skb)	((skb)->mac_header = skb_headroom(skb))
#define skb_reset_network_header(skb)	((skb)->network_header = skb_headroom(skb))
#define skb_set_network_header(skb, at)	((skb)->network_header = skb_headroom(skb) + (at))
#define skb_set_transport_header(skb, at) ((skb)->transport_header = skb_headroom(skb) + (at))
#define skb_set_inner_protocol(skb, p)	((skb)->inner_protocol = (p))

#define skb_set_owner_w(skb, sk)	do { } while (0)
#define skb_record_rx_queue(skb, index)	do { } while (0)
#define skb_get_queue_mapping(skb)	0
#define skb_orphan_frags_rx(skb, gfp)	0
#define skb_orphan(skb)			do { } while (0)
#define skb_tx_timestamp(skb)		do { } while (0)
#define nf_reset_ct(skb)		do { } while (0)

struct sk_buff *alloc_skb(size_t size, gfp_t gfp);
struct sk_buff *build_skb(void *data, size_t size);
struct sk_buff *sock_alloc_send_pskb(struct sock *sk, size_t linear, size_t paged, int nowait,
				     int *err, int order);
#define sock_alloc_send_skb(sk, size, nowait, err) \
	sock_alloc_send_pskb(sk, size, 0, nowait, err, 0)
void *netdev_alloc_frag(size_t size);
#define page_frag_free(data)		free(data)
struct page *alloc_page(gfp_t gfp);
struct page *alloc_pages(gfp_t gfp, int order);
#define get_order(size)			(64 - __builtin_clzl(((size) - 1) / PAGE_SIZE))
#define put_page(page)			free(page)
void kfree_skb(struct sk_buff *skb);
#define consume_skb(skb)		kfree_skb(skb)
#define napi_consume_skb(skb, budget)	kfree_skb(skb)
#define kfree_skb_reason(skb, reason)	((void)(reason), kfree_skb(skb))

void skb_reserve(struct sk_buff *skb, size_t len);
void skb_put(struct sk_buff *skb, size_t len);
void skb_add_rx_frag(struct sk_buff *skb, int i, struct page *page, int offset, size_t len,
		     size_t truesize);
bool pskb_may_pull(struct sk_buff *skb, size_t len);
void skb_copy_bits(const struct sk_buff *skb, size_t offset, void *to, size_t len);
int skb_copy_datagram_from_iter(struct sk_buff *skb, int offset, struct iov_iter *from,
				size_t len);
int skb_copy_datagram_iter(const struct sk_buff *skb, int offset, struct iov_iter *to, size_t len);
bool skb_partial_csum_set(struct sk_buff *skb, u16 start, u16 offset);
bool skb_flow_dissect_flow_keys_basic(const void *net, struct sk_buff *skb,
				      struct flow_keys_basic *keys, const void *data,
				      __be16 proto, int nhoff, int hlen, unsigned int flags);
__be16 dev_parse_header_protocol(const struct sk_buff *skb);
__be16 eth_type_trans(struct sk_buff *skb, struct net_device *dev);

void __skb_queue_tail(struct sk_buff_head *list, struct sk_buff *skb);
struct sk_buff *__skb_dequeue(struct sk_buff_head *list);
void skb_queue_splice_tail_init(struct sk_buff_head *from, struct sk_buff_head *to);
#define __skb_queue_head_init(list)	(*(list) = (struct sk_buff_head){})
#define skb_queue_splice_init(from, to)	skb_queue_splice_tail_init(from, to)
#define skb_queue_tail(list, skb)	__skb_queue_tail(list, skb)
#define skb_queue_empty(list)		(!(list)->first)
#define skb_queue_len_lockless(list)	((list)->len)
void __skb_queue_purge(struct sk_buff_head *list);

#endif /* SHIM_SKBUFF_H */
