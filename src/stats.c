// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters. A device's list of queues that count for it, vtun->counted, has a
 * lock of its own, so that no sum ever lacks a queue that is on its way out, or
 * has it twice: it leaves the list in the moment in which the device inherits
 * what it has counted, a grace period after the last time that it did.
 */

#include <linux/ethtool.h>

#include "fifo.h"
#include "queue.h"
#include "stats.h"
#include "trace.h"

/* Rows of the device's alone: what the stack has dropped in its name. */
#define VTUN_STATS_STACK	2
/* A queue has a row that is no counter: how much waits. */
#define VTUN_STATS_QUEUE	(VTUN_STATS + 1)

#define VTUN_STATS_RX	VTUN_TX_PACKETS		/* those before are rx */

static const char * const vtun_stats_names[VTUN_STATS] = {
	[VTUN_RX_PACKETS]	 = "packets",
	[VTUN_RX_BYTES]		 = "bytes",
	[VTUN_RX_BATCHES]	 = "batches",
	[VTUN_RX_GRO_MERGED]	 = "gro_merged",
	[VTUN_RX_FRAME_ERRORS]	 = "frame_errors",
	[VTUN_RX_DROP_FAULT]	 = "drop_fault",
	[VTUN_RX_DROP_NO_MEMORY] = "drop_no_memory",
	[VTUN_RX_DROP_DOWN]	 = "drop_down",
	[VTUN_RX_DROP_XDP]	 = "drop_xdp",
	[VTUN_RX_DROP_OTHER]	 = "drop_other",
	[VTUN_TX_PACKETS]	 = "packets",
	[VTUN_TX_BYTES]		 = "bytes",
	[VTUN_TX_BATCHES]	 = "batches",
	[VTUN_TX_TRUNCATED]	 = "truncated",
	[VTUN_TX_WAKEUPS]	 = "wakeups",
	[VTUN_TX_STOPS]		 = "stops",
	[VTUN_TX_SEGMENTED]	 = "segmented",
	[VTUN_TX_UNREAD]	 = "unread",
	[VTUN_TX_DROP_NO_QUEUE]	 = "drop_no_queue",
	[VTUN_TX_DROP_FULL]	 = "drop_full",
	[VTUN_TX_DROP_FILTER]	 = "drop_filter",
	[VTUN_TX_DROP_NO_MEMORY] = "drop_no_memory",
	[VTUN_TX_DROP_HEADER]	 = "drop_header",
	[VTUN_TX_DROP_FAULT]	 = "drop_fault",
};

static const char *vtun_stats_direction(enum vtun_stat stat)
{
	return stat < VTUN_STATS_RX ? "rx" : "tx";
}

/**
 * vtun_stats_alloc() - counters for a new queue or device
 *
 * Context: process, may sleep.
 * Return: zeros for free_percpu(), or NULL.
 */
struct vtun_stats __percpu *vtun_stats_alloc(void)
{
	struct vtun_stats __percpu *all;
	int cpu;

	all = alloc_percpu_gfp(struct vtun_stats, GFP_KERNEL_ACCOUNT);
	if (!all)
		return NULL;
	for_each_possible_cpu(cpu)
		u64_stats_init(&per_cpu_ptr(all, cpu)->syncp);
	return all;
}

/* Add up all processors. */
static void vtun_stats_sum(const struct vtun_stats __percpu *all, u64 *sums)
{
	const struct vtun_stats *stats;
	unsigned int start, i;
	u64 n[VTUN_STATS];
	int cpu;

	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(all, cpu);
		do {
			start = u64_stats_fetch_begin(&stats->syncp);
			for (i = 0; i < VTUN_STATS; i++)
				n[i] = u64_stats_read(&stats->n[i]);
		} while (u64_stats_fetch_retry(&stats->syncp, start));
		for (i = 0; i < VTUN_STATS; i++)
			sums[i] += n[i];
	}
}

/**
 * vtun_stats_join() - a queue counts for a device from now on
 * @vtun: device
 * @vq: queue, which has counted nothing
 *
 * Context: process, RTNL held.
 */
void vtun_stats_join(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	spin_lock_bh(&vtun->stats_lock);
	list_add_tail(&vq->counted, &vtun->counted);
	spin_unlock_bh(&vtun->stats_lock);
}

static void vtun_stats_inherit(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	u64 n[VTUN_STATS] = {};
	struct vtun_stats *own;
	unsigned int i;

	vtun_stats_sum(vq->stats, n);
	own = this_cpu_ptr(vtun->stats);
	u64_stats_update_begin(&own->syncp);
	for (i = 0; i < VTUN_STATS; i++)
		u64_stats_add(&own->n[i], n[i]);
	u64_stats_update_end(&own->syncp);
}

/**
 * vtun_stats_leave() - a queue counts for its device no more
 * @vtun: device, which inherits what was counted
 * @vq: queue, whose counters begin anew
 *
 * Context: process, RTNL held, a grace period after @vq forgot @vtun.
 */
void vtun_stats_leave(struct vtun_dev *vtun, struct vtun_queue *vq)
{
	struct vtun_stats *stats;
	unsigned int i;
	int cpu;

	spin_lock_bh(&vtun->stats_lock);
	if (vtun->stats)	/* else it has just been unregistered */
		vtun_stats_inherit(vtun, vq);
	list_del(&vq->counted);
	spin_unlock_bh(&vtun->stats_lock);
	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(vq->stats, cpu);
		for (i = 0; i < VTUN_STATS; i++)
			u64_stats_set(&stats->n[i], 0);
	}
}

static u64 vtun_stats_sum_range(const u64 *sums, enum vtun_stat first,
				enum vtun_stat last)
{
	u64 sum = 0;
	int i;

	for (i = first; i <= last; i++)
		sum += sums[i];
	return sum;
}

/**
 * vtun_stats_get() - ndo_get_stats64
 * @vtun: device
 * @stats: zeros, to be filled
 *
 * Frame errors are told for mode tun only, as in-tree tun does.
 *
 * Context: any but hard interrupts.
 */
void vtun_stats_get(struct vtun_dev *vtun, struct rtnl_link_stats64 *stats)
{
	u64 sums[VTUN_STATS] = {};
	struct vtun_queue *vq;

	spin_lock_bh(&vtun->stats_lock);
	vtun_stats_sum(vtun->stats, sums);
	list_for_each_entry(vq, &vtun->counted, counted)
		vtun_stats_sum(vq->stats, sums);
	spin_unlock_bh(&vtun->stats_lock);

	stats->rx_packets = sums[VTUN_RX_PACKETS];
	stats->rx_bytes = sums[VTUN_RX_BYTES];
	stats->rx_dropped = vtun_stats_sum_range(sums, VTUN_RX_DROP_FAULT,
						 VTUN_RX_DROP_OTHER);
	stats->tx_packets = sums[VTUN_TX_PACKETS];
	stats->tx_bytes = sums[VTUN_TX_BYTES];
	stats->tx_dropped = vtun_stats_sum_range(sums, VTUN_TX_DROP_NO_QUEUE,
						 VTUN_TX_DROP_FAULT);
	if (!vtun_is_tap(vtun))
		stats->rx_frame_errors = sums[VTUN_RX_FRAME_ERRORS];
}

/**
 * vtun_stats_get_count() - how many values ethtool -S shows
 * @vtun: device
 *
 * The device's, those of each attached queue, and those of all others together:
 * queues that are detached, and that left.
 *
 * Context: process, RTNL held.
 * Return: number of values.
 */
int vtun_stats_get_count(struct vtun_dev *vtun)
{
	return VTUN_STATS + VTUN_STATS_STACK +
	       VTUN_STATS_QUEUE * vtun->num_queues + VTUN_STATS;
}

/**
 * vtun_stats_get_names() - what they are called
 * @vtun: device
 * @names: room for vtun_stats_get_count() of ETH_GSTRING_LEN
 *
 * Context: process, RTNL held.
 */
void vtun_stats_get_names(struct vtun_dev *vtun, u8 *names)
{
	unsigned int i, q;

	for (i = 0; i < VTUN_STATS; i++)
		ethtool_sprintf(&names, "%s_%s", vtun_stats_direction(i),
				vtun_stats_names[i]);
	ethtool_sprintf(&names, "%s_drop_stack", "rx");
	ethtool_sprintf(&names, "%s_drop_stack", "tx");
	for (q = 0; q < vtun->num_queues; q++) {
		for (i = 0; i < VTUN_STATS; i++)
			ethtool_sprintf(&names, "%s_queue_%u_%s",
					vtun_stats_direction(i), q,
					vtun_stats_names[i]);
		ethtool_sprintf(&names, "tx_queue_%u_waiting", q);
	}
	for (i = 0; i < VTUN_STATS; i++)
		ethtool_sprintf(&names, "%s_other_%s", vtun_stats_direction(i),
				vtun_stats_names[i]);
}

/* How many packets wait. It may change at once. */
static u64 vtun_stats_waiting(struct vtun_queue *vq)
{
	struct ptr_ring *fifo = &vq->fifo;
	int n;

	spin_lock(&fifo->consumer_lock);
	spin_lock_bh(&fifo->producer_lock);
	n = vtun_fifo_used(fifo);
	if (!n && !__ptr_ring_empty(fifo))
		n = fifo->size;
	spin_unlock_bh(&fifo->producer_lock);
	spin_unlock(&fifo->consumer_lock);
	return n + atomic_read(&vq->extra);
}

/* What the core has dropped on behalf of the device. */
static void vtun_stats_get_stack(const struct net_device *dev, u64 *rx, u64 *tx)
{
	const struct net_device_core_stats __percpu *all;
	const struct net_device_core_stats *stats;
	int cpu;

	/* Made when the first is counted, and gone with the device only. */
	all = smp_load_acquire(&dev->core_stats);
	if (!all)
		return;
	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(all, cpu);
		*rx += READ_ONCE(stats->rx_dropped);
		*tx += READ_ONCE(stats->tx_dropped);
	}
}

/**
 * vtun_stats_get_values() - the values, all of one moment
 * @vtun: device
 * @values: room for vtun_stats_get_count() of them
 *
 * Context: process, RTNL held.
 */
void vtun_stats_get_values(struct vtun_dev *vtun, u64 *values)
{
	u64 *other = values + vtun_stats_get_count(vtun) - VTUN_STATS;
	u64 *queues = values + VTUN_STATS + VTUN_STATS_STACK;
	struct vtun_queue *vq;
	unsigned int i;
	u64 *row;

	ASSERT_RTNL();
	memset(values, 0, vtun_stats_get_count(vtun) * sizeof(*values));
	spin_lock_bh(&vtun->stats_lock);
	vtun_stats_sum(vtun->stats, other);
	list_for_each_entry(vq, &vtun->counted, counted) {
		row = other;
		if (vq->state == VTUN_QUEUE_ATTACHED)
			row = queues + vq->index * VTUN_STATS_QUEUE;
		vtun_stats_sum(vq->stats, row);
	}
	spin_unlock_bh(&vtun->stats_lock);

	for (i = 0; i < vtun->num_queues; i++)
		queues[i * VTUN_STATS_QUEUE + VTUN_STATS] =
			vtun_stats_waiting(vtun_queue_rtnl(vtun, i));
	for (row = queues; row <= other; row += VTUN_STATS_QUEUE)
		for (i = 0; i < VTUN_STATS; i++)
			values[i] += row[i];
	vtun_stats_get_stack(vtun->dev, &values[VTUN_STATS],
			     &values[VTUN_STATS + 1]);
}

static void vtun_stats_fill_rx(struct netdev_queue_stats_rx *stats,
			       const u64 *n)
{
	stats->packets = n[VTUN_RX_PACKETS];
	stats->bytes = n[VTUN_RX_BYTES];
	stats->alloc_fail = n[VTUN_RX_DROP_NO_MEMORY];
}

static void vtun_stats_fill_tx(struct netdev_queue_stats_tx *stats,
			       const u64 *n)
{
	stats->packets = n[VTUN_TX_PACKETS];
	stats->bytes = n[VTUN_TX_BYTES];
	stats->stop = n[VTUN_TX_STOPS];
}

/* The core has one queue at least, so there may be none of that number. */
static void vtun_stats_sum_index(struct net_device *dev, int index, u64 *n)
{
	struct vtun_queue *vq = vtun_queue_rtnl(netdev_priv(dev), index);

	if (vq)
		vtun_stats_sum(vq->stats, n);
}

static void vtun_stats_get_rx_queue(struct net_device *dev, int index,
				    struct netdev_queue_stats_rx *stats)
{
	u64 n[VTUN_STATS] = {};

	vtun_stats_sum_index(dev, index, n);
	vtun_stats_fill_rx(stats, n);
}

static void vtun_stats_get_tx_queue(struct net_device *dev, int index,
				    struct netdev_queue_stats_tx *stats)
{
	u64 n[VTUN_STATS] = {};

	vtun_stats_sum_index(dev, index, n);
	vtun_stats_fill_tx(stats, n);
}

/* Of queues that are not asked about: detached, or gone. */
static void vtun_stats_get_base(struct net_device *dev,
				struct netdev_queue_stats_rx *rx,
				struct netdev_queue_stats_tx *tx)
{
	struct vtun_dev *vtun = netdev_priv(dev);
	struct vtun_queue *vq;
	u64 n[VTUN_STATS] = {};

	ASSERT_RTNL();
	vtun_stats_sum(vtun->stats, n);
	list_for_each_entry(vq, &vtun->parked, node)
		vtun_stats_sum(vq->stats, n);
	vtun_stats_fill_rx(rx, n);
	vtun_stats_fill_tx(tx, n);
}

const struct netdev_stat_ops vtun_stats_ops = {
	.get_queue_stats_rx	= vtun_stats_get_rx_queue,
	.get_queue_stats_tx	= vtun_stats_get_tx_queue,
	.get_base_stats		= vtun_stats_get_base,
};

/**
 * vtun_stats_drop() - packets are dropped
 * @vtun: device
 * @vq: its queue, or NULL
 * @why: one of VTUN_*_DROP_*, or VTUN_RX_FRAME_ERRORS
 * @n: how many
 *
 * Context: BH off, RCU section in which one was found through the other.
 */
void vtun_stats_drop(struct vtun_dev *vtun, struct vtun_queue *vq,
		     enum vtun_stat why, unsigned int n)
{
	vtun_stats_add_to(vq ? vq->stats : vtun->stats, why, n);
	trace_vtun_drop(vtun->dev, vq ? READ_ONCE(vq->index) : -1,
			vtun_stats_direction(why), vtun_stats_names[why], n);
}
