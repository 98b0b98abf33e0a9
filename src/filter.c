// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which packets from the stack a program wants: by destination address in
 * Ethernet mode, by a classic BPF program, by an eBPF program.
 */

#include <linux/bitmap.h>
#include <linux/crc32.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/slab.h>

#include "filter.h"

#define VTUN_FILTER_EXACT	8
#define VTUN_FILTER_HASH_BITS	6
#define VTUN_FILTER_HASHES	64

/**
 * struct vtun_filter - addresses that pass; constant once published
 * @rcu: for freeing
 * @count: used entries of @addr, at least 1
 * @addr: exact matches
 * @hash: bitmap of multicast hashes that pass
 */
struct vtun_filter {
	struct rcu_head rcu;
	unsigned int count;
	u8 addr[VTUN_FILTER_EXACT][ETH_ALEN];
	DECLARE_BITMAP(hash, VTUN_FILTER_HASHES);
};

/* The usual multicast hash of network cards: top bits of the CRC. */
static unsigned int vtun_filter_hash(const u8 *addr)
{
	return ether_crc(ETH_ALEN, addr) >> (32 - VTUN_FILTER_HASH_BITS);
}

static bool vtun_filter_accepts(const struct vtun_filter *filter,
				const struct sk_buff *skb)
{
	const u8 *dest;
	unsigned int i;

	if (unlikely(skb_headlen(skb) < ETH_ALEN))
		return false;
	dest = skb->data;
	for (i = 0; i < filter->count; i++)
		if (ether_addr_equal_unaligned(dest, filter->addr[i]))
			return true;
	return is_multicast_ether_addr(dest) &&
	       test_bit(vtun_filter_hash(dest), filter->hash);
}

/**
 * vtun_filter_apply() - ask all filters about a packet, and cut it to their size
 * @vtun: device
 * @skb: packet from the stack, its first byte in front
 *
 * Context: BH off, which is an RCU section.
 * Return: 0 if it passes, else why it is to be dropped.
 */
enum skb_drop_reason vtun_filter_apply(struct vtun_dev *vtun,
				       struct sk_buff *skb)
{
	const struct vtun_filter *filter = rcu_dereference_bh(vtun->filter);
	const struct bpf_prog *prog;
	unsigned int len;

	if (filter && !vtun_filter_accepts(filter, skb))
		return SKB_DROP_REASON_TAP_TXFILTER;

	prog = rcu_dereference_bh(vtun->sock_filter);
	if (prog) {
		len = bpf_prog_run_save_cb(prog, skb);
		if (!len)
			return SKB_DROP_REASON_SOCKET_FILTER;
		if (pskb_trim(skb, len))
			return SKB_DROP_REASON_NOMEM;
	}

	prog = rcu_dereference_bh(vtun->ebpf_filter);
	if (prog) {
		len = bpf_prog_run_clear_cb(prog, skb);
		if (!len)
			return SKB_DROP_REASON_TAP_FILTER;
		if (pskb_trim(skb, len))
			return SKB_DROP_REASON_NOMEM;
	}
	return SKB_NOT_DROPPED_YET;
}

/**
 * vtun_filter_create() - build a filter from what userspace gave
 * @head: its flags and count, checked to match @addr
 * @addr: @head->count addresses, at least one
 *
 * The first eight are matched exactly; further ones must be multicast and are
 * hashed. What can't be filtered for is not filtered at all.
 *
 * Context: process, may sleep.
 * Return: filter; NULL if one of the further addresses is unicast; or
 * ERR_PTR(-ENOMEM).
 */
struct vtun_filter *vtun_filter_create(const struct tun_filter *head,
				       const u8 addr[][ETH_ALEN])
{
	struct vtun_filter *filter;
	unsigned int i;

	filter = kzalloc_obj(*filter);
	if (!filter)
		return ERR_PTR(-ENOMEM);
	filter->count = min_t(unsigned int, head->count, VTUN_FILTER_EXACT);
	memcpy(filter->addr, addr, filter->count * ETH_ALEN);
	for (i = filter->count; i < head->count; i++) {
		if (!is_multicast_ether_addr(addr[i])) {
			kfree(filter);
			return NULL;
		}
		__set_bit(vtun_filter_hash(addr[i]), filter->hash);
	}
	if (head->flags & TUN_FLT_ALLMULTI)
		bitmap_fill(filter->hash, VTUN_FILTER_HASHES);
	return filter;
}

/**
 * vtun_filter_free() - drop a filter that was never set
 * @filter: filter or NULL
 */
void vtun_filter_free(struct vtun_filter *filter)
{
	kfree(filter);
}

/**
 * vtun_filter_count() - how many addresses a filter matches exactly
 * @filter: filter, not yet published
 *
 * Return: 1 to 8.
 */
unsigned int vtun_filter_count(const struct vtun_filter *filter)
{
	return filter->count;
}

/**
 * vtun_filter_set() - replace a device's filter
 * @vtun: device
 * @filter: new filter, owned by @vtun from now on; NULL for none
 *
 * Context: RTNL held.
 */
void vtun_filter_set(struct vtun_dev *vtun, struct vtun_filter *filter)
{
	struct vtun_filter *old = rtnl_dereference(vtun->filter);

	rcu_assign_pointer(vtun->filter, filter);
	if (old)
		kfree_rcu(old, rcu);
}

/**
 * vtun_filter_set_prog() - replace a BPF program of a device
 * @slot: where the data paths find it, in an RCU section
 * @prog: new program, owned by @slot from now on; NULL for none
 *
 * Context: process, RTNL held, sleeps for a grace period if there was one.
 */
void vtun_filter_set_prog(struct bpf_prog __rcu **slot, struct bpf_prog *prog)
{
	struct bpf_prog *old = rtnl_dereference(*slot);

	rcu_assign_pointer(*slot, prog);
	if (!old)
		return;
	synchronize_net();
	bpf_prog_destroy(old);
}
