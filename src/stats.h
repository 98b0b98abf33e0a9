/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counters: each queue has its own, on each processor. What a device shows is
 * their sum, and its own: what it has inherited from queues that left, and what
 * came to no queue.
 */
#ifndef VTUN_STATS_H
#define VTUN_STATS_H

#include "vtun.h"

/**
 * enum vtun_stat - what is counted
 * @VTUN_RX_PACKETS: packets written; the next one is their bytes
 * @VTUN_RX_BYTES: bytes of them, Ethernet header included
 * @VTUN_RX_BATCHES: writes in batch mode that took something
 * @VTUN_RX_GRO_MERGED: packets that GRO has made part of another one
 * @VTUN_RX_FRAME_ERRORS: refused, the virtio-net header was wrong
 * @VTUN_RX_DROP_FAULT: the program's memory could not be read
 * @VTUN_RX_DROP_NO_MEMORY: no memory for it
 * @VTUN_RX_DROP_DOWN: the device was down
 * @VTUN_RX_DROP_XDP: the XDP program dropped it, or could not send it on
 * @VTUN_RX_DROP_OTHER: no packet of this device, or a signal came
 * @VTUN_TX_PACKETS: packets read; the next one is their bytes
 * @VTUN_TX_BYTES: bytes of them, Ethernet header included
 * @VTUN_TX_BATCHES: reads in batch mode that got something
 * @VTUN_TX_TRUNCATED: read into a buffer that was too small
 * @VTUN_TX_WAKEUPS: a sleeping program was woken for a packet
 * @VTUN_TX_STOPS: back pressure has stopped the queue
 * @VTUN_TX_SEGMENTED: large packets to be cut when they are read
 * @VTUN_TX_UNREAD: lost, but no drop: waited when the queue left, was kept when
 *	keep_carrier was switched off, or there was no room for the headers
 * @VTUN_TX_DROP_NO_QUEUE: there was no queue of that number
 * @VTUN_TX_DROP_FULL: the fifo was full
 * @VTUN_TX_DROP_FILTER: a filter, or nothing to transmit
 * @VTUN_TX_DROP_NO_MEMORY: no memory for it
 * @VTUN_TX_DROP_HEADER: no header could describe it to the program
 * @VTUN_TX_DROP_FAULT: the program's memory could not be written
 * @VTUN_STATS: how many there are
 */
enum vtun_stat {
	VTUN_RX_PACKETS,
	VTUN_RX_BYTES,
	VTUN_RX_BATCHES,
	VTUN_RX_GRO_MERGED,
	VTUN_RX_FRAME_ERRORS,
	VTUN_RX_DROP_FAULT,
	VTUN_RX_DROP_NO_MEMORY,
	VTUN_RX_DROP_DOWN,
	VTUN_RX_DROP_XDP,
	VTUN_RX_DROP_OTHER,
	VTUN_TX_PACKETS,
	VTUN_TX_BYTES,
	VTUN_TX_BATCHES,
	VTUN_TX_TRUNCATED,
	VTUN_TX_WAKEUPS,
	VTUN_TX_STOPS,
	VTUN_TX_SEGMENTED,
	VTUN_TX_UNREAD,
	VTUN_TX_DROP_NO_QUEUE,
	VTUN_TX_DROP_FULL,
	VTUN_TX_DROP_FILTER,
	VTUN_TX_DROP_NO_MEMORY,
	VTUN_TX_DROP_HEADER,
	VTUN_TX_DROP_FAULT,
	VTUN_STATS
};

/**
 * struct vtun_stats - counters of a queue, or a device's own, on one processor
 * @syncp: lets 32-bit readers see whole values
 * @n: by enum vtun_stat
 */
struct vtun_stats {
	struct u64_stats_sync syncp;
	u64_stats_t n[VTUN_STATS];
};

extern const struct netdev_stat_ops vtun_stats_ops;

struct vtun_stats __percpu *vtun_stats_alloc(void);
void vtun_stats_join(struct vtun_dev *vtun, struct vtun_queue *vq);
void vtun_stats_leave(struct vtun_dev *vtun, struct vtun_queue *vq);

void vtun_stats_get(struct vtun_dev *vtun, struct rtnl_link_stats64 *stats);
int vtun_stats_get_count(struct vtun_dev *vtun);
void vtun_stats_get_names(struct vtun_dev *vtun, u8 *names);
void vtun_stats_get_values(struct vtun_dev *vtun, u64 *values);

void vtun_stats_drop(struct vtun_dev *vtun, struct vtun_queue *vq,
		     enum vtun_stat why, unsigned int n);

static inline void vtun_stats_add_to(struct vtun_stats __percpu *all,
				     enum vtun_stat what, u64 n)
{
	struct vtun_stats *stats = this_cpu_ptr(all);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->n[what], n);
	u64_stats_update_end(&stats->syncp);
}

/**
 * vtun_stats_add() - count
 * @vq: queue of a device; an RCU section in which that was found keeps it so
 * @what: what
 * @n: how many
 *
 * Context: BH off.
 */
static inline void vtun_stats_add(struct vtun_queue *vq, enum vtun_stat what,
				  u64 n)
{
	vtun_stats_add_to(vq->stats, what, n);
}

/**
 * vtun_stats_add_packets() - count packets and their bytes
 * @vq: as for vtun_stats_add()
 * @what: VTUN_RX_PACKETS or VTUN_TX_PACKETS
 * @packets: how many
 * @bytes: bytes of them
 *
 * Context: BH off.
 */
static inline void vtun_stats_add_packets(struct vtun_queue *vq,
					  enum vtun_stat what, u64 packets,
					  u64 bytes)
{
	struct vtun_stats *stats = this_cpu_ptr(vq->stats);

	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->n[what], packets);
	u64_stats_add(&stats->n[what + 1], bytes);
	u64_stats_update_end(&stats->syncp);
}

/**
 * vtun_stats_add_unread() - count what nobody will read
 * @all: counters of a queue or a device
 * @n: how many packets
 *
 * Context: process.
 */
static inline void vtun_stats_add_unread(struct vtun_stats __percpu *all,
					 unsigned int n)
{
	local_bh_disable();
	vtun_stats_add_to(all, VTUN_TX_UNREAD, n);
	local_bh_enable();
}

/**
 * vtun_stats_note() - count something that is neither a packet nor a drop
 * @vq: a file's queue; without a device nothing is counted
 * @what: what
 *
 * Context: process.
 */
static inline void vtun_stats_note(struct vtun_queue *vq, enum vtun_stat what)
{
	local_bh_disable();	/* an RCU section, too */
	if (rcu_access_pointer(vq->vtun))
		vtun_stats_add(vq, what, 1);
	local_bh_enable();
}

#endif /* VTUN_STATS_H */
