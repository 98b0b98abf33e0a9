// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which queue a flow uses: the one that last wrote a packet of it, so that a
 * program with a thread per queue sees both directions of a flow in one thread.
 * Or what an eBPF program says, TUNSETSTEERINGEBPF.
 */

#include <linux/filter.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/skbuff.h>
#include <linux/slab.h>

#include "filter.h"
#include "steer.h"

#define VTUN_STEER_BITS		10
#define VTUN_STEER_BUCKETS	BIT(VTUN_STEER_BITS)
#define VTUN_STEER_MAX_FLOWS	4096
#define VTUN_STEER_IDLE		(3 * HZ)

/**
 * struct vtun_flow - a learned flow
 * @node: in vtun_steer.buckets
 * @rcu: for freeing
 * @hash: symmetric hash of its packets, constant; flows that share one are one
 * @index: queue number; writers race, the last one wins
 * @used: jiffies when it was last written; likewise
 */
struct vtun_flow {
	struct hlist_node node;
	struct rcu_head rcu;
	u32 hash;
	u16 index;
	unsigned long used;
};

static struct hlist_head *vtun_steer_bucket(struct vtun_steer *steer, u32 hash)
{
	return &steer->buckets[hash_32(hash, VTUN_STEER_BITS)];
}

static void vtun_steer_log(struct vtun_steer *steer,
			   const struct vtun_flow *flow, const char *what)
{
	struct vtun_dev *vtun = container_of(steer, struct vtun_dev, steer);

	if (vtun_logs(vtun, NETIF_MSG_TX_QUEUED))
		netdev_info(vtun->dev, "flow %08x %s, queue %u\n", flow->hash,
			    what, READ_ONCE(flow->index));
}

/* Context: RCU section or steer->lock held. */
static struct vtun_flow *vtun_steer_find_rcu(struct vtun_steer *steer, u32 hash)
{
	struct vtun_flow *flow;

	hlist_for_each_entry_rcu(flow, vtun_steer_bucket(steer, hash), node,
				 lockdep_is_held(&steer->lock))
		if (flow->hash == hash)
			return flow;
	return NULL;
}

static void vtun_steer_remove_locked(struct vtun_steer *steer,
				     struct vtun_flow *flow)
{
	lockdep_assert_held(&steer->lock);
	vtun_steer_log(steer, flow, "forgotten");
	hlist_del_rcu(&flow->node);
	kfree_rcu(flow, rcu);
	steer->count--;
}

static void vtun_steer_gc(struct work_struct *work)
{
	struct vtun_steer *steer = container_of(to_delayed_work(work),
						struct vtun_steer, gc);
	struct hlist_node *next;
	struct vtun_flow *flow;
	unsigned int i;

	for (i = 0; i < VTUN_STEER_BUCKETS; i++) {
		if (hlist_empty(&steer->buckets[i]))
			continue;
		spin_lock_bh(&steer->lock);
		hlist_for_each_entry_safe(flow, next, &steer->buckets[i], node)
			if (time_after_eq(jiffies, READ_ONCE(flow->used) +
						   VTUN_STEER_IDLE))
				vtun_steer_remove_locked(steer, flow);
		spin_unlock_bh(&steer->lock);
	}
	spin_lock_bh(&steer->lock);
	if (steer->count)
		schedule_delayed_work(&steer->gc, VTUN_STEER_IDLE);
	spin_unlock_bh(&steer->lock);
}

/**
 * vtun_steer_init() - start with no flow learned
 * @vtun: device that is being made
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vtun_steer_init(struct vtun_dev *vtun)
{
	struct vtun_steer *steer = &vtun->steer;

	spin_lock_init(&steer->lock);
	INIT_DELAYED_WORK(&steer->gc, vtun_steer_gc);
	if (!(vtun->flags & IFF_MULTI_QUEUE))
		return 0;	/* never learns */
	steer->buckets = kzalloc_objs(*steer->buckets, VTUN_STEER_BUCKETS);
	return steer->buckets ? 0 : -ENOMEM;
}

/**
 * vtun_steer_uninit() - forget all flows, and the program
 * @vtun: device that neither transmits nor is written to any more
 *
 * Context: process, may sleep.
 */
void vtun_steer_uninit(struct vtun_dev *vtun)
{
	struct vtun_steer *steer = &vtun->steer;
	struct hlist_node *next;
	struct vtun_flow *flow;
	unsigned int i;

	vtun_filter_set_prog(&steer->prog, NULL);
	if (!steer->buckets)
		return;
	cancel_delayed_work_sync(&steer->gc);
	for (i = 0; i < VTUN_STEER_BUCKETS; i++)
		hlist_for_each_entry_safe(flow, next, &steer->buckets[i], node)
			kfree(flow);
	kfree(steer->buckets);
	steer->buckets = NULL;
}

/**
 * vtun_steer_select() - choose the queue for a packet from the stack
 * @vtun: device
 * @skb: packet, its network header set
 *
 * Context: RCU section.
 * Return: number of a queue; 0 if there is none.
 */
u16 vtun_steer_select(struct vtun_dev *vtun, struct sk_buff *skb)
{
	unsigned int n = READ_ONCE(vtun->num_queues);
	const struct bpf_prog *prog;
	struct vtun_flow *flow;
	unsigned int index;
	u32 hash;

	if (n <= 1)
		return 0;
	prog = rcu_dereference(vtun->steer.prog);
	if (prog)
		return (u16)bpf_prog_run_clear_cb(prog, skb) % n;
	hash = __skb_get_hash_symmetric(skb);
	flow = vtun_steer_find_rcu(&vtun->steer, hash);
	if (flow) {
		index = READ_ONCE(flow->index);
		if (index < n)	/* not while it is being renumbered */
			return index;
	}
	return reciprocal_scale(hash, n);
}

static void vtun_steer_add(struct vtun_steer *steer, u32 hash, u16 index)
{
	struct vtun_flow *flow;

	spin_lock_bh(&steer->lock);
	if (steer->count >= VTUN_STEER_MAX_FLOWS ||
	    vtun_steer_find_rcu(steer, hash))
		goto unlock;
	flow = kmalloc_obj(*flow, GFP_ATOMIC);
	if (!flow)
		goto unlock;
	flow->hash = hash;
	flow->index = index;
	flow->used = jiffies;
	vtun_steer_log(steer, flow, "learned");
	hlist_add_head_rcu(&flow->node, vtun_steer_bucket(steer, hash));
	if (!steer->count++)
		schedule_delayed_work(&steer->gc, VTUN_STEER_IDLE);
unlock:
	spin_unlock_bh(&steer->lock);
}

/**
 * vtun_steer_learn() - remember through which queue a flow was written
 * @vtun: device
 * @skb: written packet, its protocol and network header set
 * @index: number of the queue
 *
 * Best effort: without memory, or with too many flows, nothing is learned.
 *
 * Context: RCU section in which @index was read, BH off.
 */
void vtun_steer_learn(struct vtun_dev *vtun, const struct sk_buff *skb,
		      u16 index)
{
	unsigned long now = jiffies;
	struct vtun_flow *flow;
	u32 hash;

	if (READ_ONCE(vtun->num_queues) <= 1 ||
	    rcu_access_pointer(vtun->steer.prog))
		return;
	hash = __skb_get_hash_symmetric(skb);
	flow = vtun_steer_find_rcu(&vtun->steer, hash);
	if (!flow) {
		vtun_steer_add(&vtun->steer, hash, index);
		return;
	}
	/* Many CPUs may write one flow: dirty its cache line only for news. */
	if (READ_ONCE(flow->index) != index)
		WRITE_ONCE(flow->index, index);
	if (READ_ONCE(flow->used) != now)
		WRITE_ONCE(flow->used, now);
}

/**
 * vtun_steer_renumber() - a queue goes, the last one takes its number
 * @vtun: device
 * @gap: number of the queue that goes: its flows go with it
 * @last: number of the queue that moves to @gap; may be @gap
 *
 * A writer that has read its old number may still learn a flow under it. Such a
 * flow is steered by its hash, or through the wrong queue, until it is written
 * again or expires.
 *
 * Context: RTNL held.
 */
void vtun_steer_renumber(struct vtun_dev *vtun, u16 gap, u16 last)
{
	struct vtun_steer *steer = &vtun->steer;
	struct hlist_node *next;
	struct vtun_flow *flow;
	unsigned int i;

	ASSERT_RTNL();
	if (!steer->buckets)
		return;
	spin_lock_bh(&steer->lock);
	for (i = 0; i < VTUN_STEER_BUCKETS && steer->count; i++)
		hlist_for_each_entry_safe(flow, next, &steer->buckets[i], node) {
			u16 index = READ_ONCE(flow->index);

			if (index == gap)
				vtun_steer_remove_locked(steer, flow);
			else if (index == last)
				WRITE_ONCE(flow->index, gap);
		}
	spin_unlock_bh(&steer->lock);
}
