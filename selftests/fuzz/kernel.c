// SPDX-License-Identifier: GPL-2.0-only
/* The kernel's part for the fuzzer: user memory, packets, the dissector. */
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/sched.h>
#include <sanitizer/asan_interface.h>

#define DISSECT_MAX	15		/* headers that are looked at */

struct shim shim;

/* ---- user memory ---- */

void iov_iter_advance(struct iov_iter *iter, size_t len)
{
	if (!iter->count)
		return;
	len = min(len, iter->count);
	iter->count -= len;
	iter->at += len;
	iter->offset += len;
	while (iter->nr_segs && iter->offset >= iter->iov->iov_len) {
		iter->offset -= iter->iov->iov_len;
		iter->iov++;
		iter->nr_segs--;
	}
}

void iov_iter_revert(struct iov_iter *iter, size_t len)
{
	CHECK(len <= iter->at);
	iter->count += len;
	iter->at -= len;
	while (len > iter->offset) {
		len -= iter->offset;
		iter->iov--;
		iter->nr_segs++;
		iter->offset = iter->iov->iov_len;
	}
	iter->offset -= len;
}

/* The next piece that lies together, or NULL: all is done, or it faults. */
static u8 *next_piece(struct iov_iter *iter, size_t *len)
{
	CHECK(!shim.atomic);
	*len = min(*len, iter->count);
	if (shim.fault >= iter->at)
		*len = min(*len, shim.fault - iter->at);
	if (!*len)
		return NULL;
	while (iter->offset == iter->iov->iov_len) {
		iter->iov++;
		iter->nr_segs--;
		iter->offset = 0;
	}
	*len = min(*len, iter->iov->iov_len - iter->offset);
	return (u8 *)iter->iov->iov_base + iter->offset;
}

/* Unlike iov_iter_advance(), this skips no empty segments: NAPI_FRAGS counts them. */
static void pass_piece(struct iov_iter *iter, size_t len)
{
	iter->count -= len;
	iter->at += len;
	iter->offset += len;
	if (iter->offset == iter->iov->iov_len) {
		iter->iov++;
		iter->nr_segs--;
		iter->offset = 0;
	}
}

size_t copy_from_iter(void *data, size_t len, struct iov_iter *from)
{
	size_t done = 0, piece;
	u8 *user;

	while (piece = len - done, (user = next_piece(from, &piece))) {
		memcpy(data + done, user, piece);
		pass_piece(from, piece);
		done += piece;
	}
	return done;
}

bool copy_from_iter_full(void *data, size_t len, struct iov_iter *from)
{
	size_t done = copy_from_iter(data, len, from);

	if (done < len)
		iov_iter_revert(from, done);
	return done == len;
}

size_t copy_to_iter(const void *data, size_t len, struct iov_iter *to)
{
	size_t done = 0, piece;
	u8 *user;

	while (piece = len - done, (user = next_piece(to, &piece))) {
		memcpy(user, data + done, piece);
		pass_piece(to, piece);
		done += piece;
	}
	return done;
}

size_t iov_iter_zero(size_t len, struct iov_iter *to)
{
	static const u8 zeros[256];
	size_t done = 0, n;

	do {
		n = copy_to_iter(zeros, min(len - done, sizeof(zeros)), to);
		done += n;
	} while (n && done < len);
	return done;
}

/* ---- memory of packets ---- */

static void *shim_alloc(size_t size)
{
	if (!shim.allocs)
		return NULL;
	shim.allocs--;
	return must_malloc(size);
}

void *netdev_alloc_frag(size_t size)
{
	return shim_alloc(size);
}

struct task_struct shim_task;

/* What nobody took is there once more. */
bool skb_page_frag_refill(size_t size, struct page_frag *frag, gfp_t gfp)
{
	free(frag->page);
	*frag = (struct page_frag){ .page = shim_alloc(size), .size = size };
	return frag->page;
}

void get_page(const struct page *page)
{
	if (page != shim_task.task_frag.page)
		abort();
	shim_task.task_frag.page = NULL;
}

struct page *alloc_page(gfp_t gfp)
{
	return shim_alloc(PAGE_SIZE);
}

struct page *alloc_pages(gfp_t gfp, int order)
{
	return shim_alloc(PAGE_SIZE << order);
}

struct sk_buff *build_skb(void *data, size_t size)
{
	struct sk_buff *skb = shim_alloc(sizeof(*skb));

	if (!skb)
		return NULL;
	memset(skb, 0, sizeof(*skb));
	skb->head = data;
	skb->data = data;
	skb->size = size;
	ASAN_POISON_MEMORY_REGION(data, size);
	return skb;
}

struct sk_buff *alloc_skb(size_t size, gfp_t gfp)
{
	void *data = must_malloc(size);
	struct sk_buff *skb = build_skb(data, size);

	if (!skb)
		free(data);
	return skb;
}

/* A socket with a send buffer of its own has it full when memory is short. */
struct sk_buff *sock_alloc_send_pskb(struct sock *sk, size_t linear, size_t paged, int nowait,
				     int *err, int order)
{
	size_t size = PAGE_SIZE << order;
	struct sk_buff *skb;

	*err = sk->sk_sndbuf == INT_MAX ? -ENOBUFS : -EAGAIN;
	if (paged > MAX_SKB_FRAGS * size)
		return NULL;
	skb = alloc_skb(linear, GFP_KERNEL);
	for (; skb && paged; paged -= min(paged, size)) {
		struct skb_frag *frag = &skb->info.frags[skb->info.nr_frags++];

		frag->len = min(paged, size);
		frag->data = must_malloc(frag->len);
	}
	return skb;
}

void kfree_skb(struct sk_buff *skb)
{
	unsigned int i;

	for (i = 0; i < skb->info.nr_frags; i++)
		free(skb->info.frags[i].data);
	ASAN_UNPOISON_MEMORY_REGION(skb->head, skb->size);
	free(skb->head);
	free(skb);
}

/* ---- what a packet is made of ---- */

void skb_reserve(struct sk_buff *skb, size_t len)
{
	skb->data += len;
	CHECK(skb_headroom(skb) <= skb->size);
}

void skb_put(struct sk_buff *skb, size_t len)
{
	CHECK(!skb->data_len);
	ASAN_UNPOISON_MEMORY_REGION(skb->data + skb->len, len);
	skb->len += len;
	CHECK(skb_headroom(skb) + skb->len <= skb->size);
}

void skb_add_rx_frag(struct sk_buff *skb, int i, struct page *page, int offset, size_t len,
		     size_t truesize)
{
	CHECK(i == skb->info.nr_frags && i < MAX_SKB_FRAGS && len <= truesize && !offset);
	skb->info.frags[i] = (struct skb_frag){ page_address(page), len };
	skb->info.nr_frags++;
	skb->len += len;
	skb->data_len += len;
}

/* Calls @copy for each piece of a part of the packet, until one fails. */
static int for_pieces(const struct sk_buff *skb, size_t offset, size_t len,
		      int (*copy)(u8 *piece, size_t len, void *arg), void *arg)
{
	struct skb_frag part = { skb->data, skb_headlen(skb) };
	unsigned int i = 0;
	size_t n;

	while (len) {
		if (offset < part.len) {
			n = min(len, part.len - offset);
			if (copy(part.data + offset, n, arg))
				return -EFAULT;
			offset += n;
			len -= n;
			continue;
		}
		offset -= part.len;
		CHECK(i < skb->info.nr_frags);
		part = skb->info.frags[i++];
	}
	return 0;
}

static int piece_to_user(u8 *piece, size_t len, void *to)
{
	return copy_to_iter(piece, len, to) != len;
}

static int piece_from_user(u8 *piece, size_t len, void *from)
{
	return copy_from_iter(piece, len, from) != len;
}

static int piece_to_memory(u8 *piece, size_t len, void *arg)
{
	u8 **to = arg;

	memcpy(*to, piece, len);
	*to += len;
	return 0;
}

int skb_copy_datagram_iter(const struct sk_buff *skb, int offset, struct iov_iter *to, size_t len)
{
	return for_pieces(skb, offset, len, piece_to_user, to);
}

int skb_copy_datagram_from_iter(struct sk_buff *skb, int offset, struct iov_iter *from,
				size_t len)
{
	return for_pieces(skb, offset, len, piece_from_user, from);
}

void skb_copy_bits(const struct sk_buff *skb, size_t offset, void *to, size_t len)
{
	for_pieces(skb, offset, len, piece_to_memory, &to);
}

/* Makes the linear part @len bytes long, no more. */
static void pull_tail(struct sk_buff *skb, size_t len)
{
	size_t room = skb_headroom(skb), more = len - skb_headlen(skb);
	u8 *head = must_malloc(room + len);

	skb_copy_bits(skb, 0, head + room, len);
	ASAN_UNPOISON_MEMORY_REGION(skb->head, skb->size);
	free(skb->head);
	skb->head = head;
	skb->data = head + room;
	skb->size = room + len;
	skb->data_len -= more;
	for (struct skb_frag *frag = skb->info.frags; more; frag++) {
		size_t n = min(more, frag->len);

		memmove(frag->data, frag->data + n, frag->len - n);
		frag->len -= n;
		more -= n;
	}
}

bool pskb_may_pull(struct sk_buff *skb, size_t len)
{
	if (len > skb->len)
		return false;
	if (len > skb_headlen(skb))
		pull_tail(skb, len);
	return true;
}

/* The kernel logs the second: the driver has to see to it itself. */
bool skb_partial_csum_set(struct sk_buff *skb, u16 start, u16 offset)
{
	size_t end = (size_t)start + offset + 2;

	CHECK(end <= skb_headlen(skb));
	CHECK(skb_headroom(skb) + start < U16_MAX);
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_headroom(skb) + start;
	skb->csum_offset = offset;
	skb_set_transport_header(skb, start);
	return true;
}

/* ---- what a packet is ---- */

static unsigned int bits16(const struct sk_buff *skb, size_t offset)
{
	u8 bytes[2];

	skb_copy_bits(skb, offset, bytes, 2);
	return bytes[0] << 8 | bytes[1];
}

/* VLAN tags and IP; the kernel's knows IPv6's further headers and tunnels, too. */
bool skb_flow_dissect_flow_keys_basic(const void *net, struct sk_buff *skb,
				      struct flow_keys_basic *keys, const void *data,
				      __be16 proto, int nhoff, int hlen, unsigned int flags)
{
	size_t at = skb_network_offset(skb), size;
	unsigned int type = be16toh(skb->protocol), n;
	u8 ip[sizeof(struct ipv6hdr)] = {};

	for (n = 0; type == ETH_P_8021Q || type == ETH_P_8021AD; n++) {
		if (n == DISSECT_MAX || at + VLAN_HLEN > skb->len)
			return false;
		type = bits16(skb, at + 2);
		at += VLAN_HLEN;
	}
	size = type == ETH_P_IPV6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	if ((type != ETH_P_IP && type != ETH_P_IPV6) || n == DISSECT_MAX || at + size > skb->len)
		return false;
	skb_copy_bits(skb, at, ip, size);
	if (type == ETH_P_IP) {
		size = 4 * (ip[0] & 15);
		if (size < sizeof(struct iphdr))
			return false;
	}
	keys->control.thoff = min(at + size, (size_t)skb->len);
	keys->basic.n_proto = htons(type);
	keys->basic.ip_proto = ip[type == ETH_P_IP ? 9 : 6];
	return true;
}

/* Devices without Ethernet headers tell by the version, if there is a header. */
__be16 dev_parse_header_protocol(const struct sk_buff *skb)
{
	unsigned int version = skb_headlen(skb) ? skb->data[0] >> 4 : 0;

	if (skb->dev->ethernet)
		return htons(bits16(skb, 2 * ETH_ALEN));
	if (version == 4 && skb_headlen(skb) >= sizeof(struct iphdr))
		return htons(ETH_P_IP);
	if (version == 6 && skb_headlen(skb) >= sizeof(struct ipv6hdr))
		return htons(ETH_P_IPV6);
	return 0;
}

__be16 eth_type_trans(struct sk_buff *skb, struct net_device *dev)
{
	unsigned int type = bits16(skb, 2 * ETH_ALEN);

	CHECK(skb_headlen(skb) >= ETH_HLEN);
	skb->data += ETH_HLEN;
	skb->len -= ETH_HLEN;
	if (type >= ETH_P_802_3_MIN)
		return htons(type);
	if (skb->len >= 2 && bits16(skb, 0) == 0xffff)
		return htons(ETH_P_802_3);
	return htons(ETH_P_802_2);
}

/* ---- lists ---- */

void __skb_queue_tail(struct sk_buff_head *list, struct sk_buff *skb)
{
	skb->next = NULL;
	if (list->first)
		list->last->next = skb;
	else
		list->first = skb;
	list->last = skb;
	list->len++;
}

struct sk_buff *__skb_dequeue(struct sk_buff_head *list)
{
	struct sk_buff *skb = list->first;

	if (skb) {
		list->first = skb->next;
		list->len--;
	}
	return skb;
}

void skb_queue_splice_tail_init(struct sk_buff_head *from, struct sk_buff_head *to)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(from)))
		__skb_queue_tail(to, skb);
}

void __skb_queue_purge(struct sk_buff_head *list)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(list)))
		kfree_skb(skb);
}
