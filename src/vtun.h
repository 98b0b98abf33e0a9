/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vtun: a network device whose other end is a program
 *
 * The two objects, device and queue, and what every file needs to know of
 * them. rx is program -> stack, tx is stack -> program, everywhere.
 *
 * Locks, outermost first:
 *
 *   RTNL
 *     Guards everything that configures: the fields below marked RTNL, the
 *     queue table, queue states. Not held while user memory is touched.
 *   RCU (and BH, where the stack has it off)
 *     Keeps a device alive for who found it through vq->vtun, and a queue for
 *     who found it through vtun->queues[]. A read-side section ends before
 *     user memory is touched and before anything sleeps: whoever needs the
 *     device again afterwards looks it up again, and may find it gone.
 *   vq->fifo.consumer_lock, inside RTNL
 *     Guards taking packets out of the fifo. Process context only. Readers use
 *     it as an RCU section, too.
 *   the core's tx-queue lock, inside RTNL or consumer_lock
 *     Held during transmit, and so while back pressure stops a tx queue; also
 *     while vtun->kept takes over from the last queue, or the first from it, and
 *     while the first gets what waits in one that left.
 *   vq->fifo.producer_lock, inside the core's tx-queue lock or consumer_lock
 *     Guards putting packets in. Uncontended but while queues are renumbered,
 *     when two tx queues may reach one fifo for a moment, and at a resize.
 *   vtun->stats_lock, BH off
 *     Guards the list of queues that count for the device.
 *   vtun->steer.lock, BH off
 *     Guards adding and removing learned flows. Looking up needs RCU only.
 *
 * References: an open file owns one on its queue, a device owns one on each
 * queue in its table or parked. Nothing owns one on a device: queues borrow it
 * under RCU or RTNL until vtun_queue_unlink_all() has made them forget it.
 */
#ifndef VTUN_H
#define VTUN_H

#include <linux/ethtool.h>
#include <linux/filter.h>
#include <linux/hrtimer.h>
#include <linux/if_tun.h>
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/ptr_ring.h>
#include <linux/rtnetlink.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/sock.h>
#include <net/xdp.h>
#include <uapi/linux/vtun.h>

#define VTUN_NAME	"vtun"
#define VTUN_VERSION	"0.1.0"
#define VTUN_DESC	"Network device whose other end is a program (TUN/TAP)"

/* As many as in-tree tun has; programs find the limit by E2BIG. */
#define VTUN_MAX_QUEUES	256

/* Bits of ifr_flags that TUNSETIFF stores and TUNGETIFF reports. */
#define VTUN_KIND_MASK		(IFF_TUN | IFF_TAP)
#define VTUN_TYPE_BITS		0x000f	/* kept for further kinds */
#define VTUN_STORED_FLAGS	(IFF_NO_PI | IFF_ONE_QUEUE | IFF_MULTI_QUEUE | \
				 IFF_VNET_HDR | IFF_NAPI | IFF_NAPI_FRAGS | \
				 IFF_BACKPRESSURE)
/* What TUNGETFEATURES offers. */
#define VTUN_FEATURES	(VTUN_KIND_MASK | VTUN_STORED_FLAGS | IFF_NO_CARRIER)

struct vtun_filter;
struct vtun_stats;

/**
 * enum vtun_queue_state - where a queue is in its life
 * @VTUN_QUEUE_NEW: no device yet
 * @VTUN_QUEUE_ATTACHED: in the device's table, packets flow
 * @VTUN_QUEUE_PARKED: belongs to a device, but transmit does not see it
 *	(IFF_DETACH_QUEUE)
 * @VTUN_QUEUE_ORPHAN: its device went away; may attach again
 */
enum vtun_queue_state {
	VTUN_QUEUE_NEW,
	VTUN_QUEUE_ATTACHED,
	VTUN_QUEUE_PARKED,
	VTUN_QUEUE_ORPHAN,
};

/**
 * enum vtun_rx_mode - how written packets reach the stack
 * @VTUN_RX_DIRECT: within write()
 * @VTUN_RX_NAPI: through NAPI, and so through GRO
 * @VTUN_RX_NAPI_FRAGS: likewise, each segment of a writev() a fragment
 */
enum vtun_rx_mode {
	VTUN_RX_DIRECT,
	VTUN_RX_NAPI,
	VTUN_RX_NAPI_FRAGS,
};

/**
 * enum vtun_wait - whether a read or write may sleep
 * @VTUN_WAIT: sleep until it can be done
 * @VTUN_NOWAIT: -EAGAIN instead
 */
enum vtun_wait {
	VTUN_WAIT,
	VTUN_NOWAIT,
};

/* Bit of vtun_queue.poll_flags: a poller saw "not writable" and waits. */
#define VTUN_POLL_NOSPACE	0

/**
 * struct vtun_queue - what one open file owns
 * @sk: first member, reference count and send-buffer accounting of writers
 * @socket: wait queue of readers, writers and pollers
 * @state: RTNL; sleepers read it with READ_ONCE()
 * @index: RTNL, number in the device's table; the data paths read it with
 *	READ_ONCE()
 * @stats: owned, constant; counters, for the device that it has
 * @counted: vtun->stats_lock, in vtun_dev.counted while it has one
 * @modes: RTNL, VTUN_MODE_*; the data paths read it with READ_ONCE()
 * @ifindex: RTNL, index that the next device made by this file gets, 0 for any
 * @node: RTNL, in vtun_dev.parked while PARKED
 * @vtun: RCU, written under RTNL; borrowed, the device clears it when it goes
 * @rx_mode: changes while the queue has no device only; rx reads it in the RCU
 *	section in which it found @vtun
 * @rx_napi: RTNL, @napi is used: not VTUN_RX_DIRECT, or batch mode or rx-usecs
 *	was asked for; added while there is a device
 * @rx_started: RTNL, @napi is enabled: it is used, and the queue is ATTACHED;
 *	batches and readers read it with smp_load_acquire()
 * @rx_hold: RTNL, plain writes go through @napi since rx-usecs was set, and stay
 *	there, so that none passes another; not those of VTUN_RX_NAPI_FRAGS; rx
 *	reads it with smp_load_acquire()
 * @napi: where written packets are merged
 * @hold_timer: ends the wait of the oldest packet in @backlog
 * @hold_armed: bit 0, atomic: @hold_timer is going to look at @backlog
 * @xdp_rxq: registered while it has a device; where XDP frames say they came
 *	from
 * @backlog: written packets that wait for @napi; own lock
 * @fifo: packets that wait for read(); own locks, see the head of this file
 * @extra: segments in @fifo beyond one for each packet there, see segment.h
 * @taken: packets read while back pressure had stopped the tx queue; guarded by
 *	@fifo's consumer_lock
 * @fasync: who gets SIGIO; guarded by the fasync code
 * @poll_flags: atomic bits
 */
struct vtun_queue {
	struct sock sk;
	struct socket socket;

	enum vtun_queue_state state;
	u16 index;
	struct vtun_stats __percpu *stats;
	struct list_head counted;
	u32 modes;
	int ifindex;
	struct list_head node;

	struct vtun_dev __rcu *vtun;

	enum vtun_rx_mode rx_mode;
	bool rx_napi;
	bool rx_started;
	bool rx_hold;
	struct napi_struct napi;
	struct hrtimer hold_timer;
	unsigned long hold_armed;
	struct xdp_rxq_info xdp_rxq;
	struct sk_buff_head backlog;

	struct ptr_ring fifo ____cacheline_aligned_in_smp;
	atomic_t extra;
	unsigned int taken;

	struct fasync_struct *fasync;
	unsigned long poll_flags;
};

/**
 * struct vtun_steer - which queue a flow uses
 * @prog: RCU, written under RTNL; owned, chooses instead of what was learned
 * @buckets: RCU, written under @lock
 * @lock: guards adding and removing flows and @count
 * @count: learned flows
 * @gc: forgets flows that were not written for a while
 */
struct vtun_steer {
	struct bpf_prog __rcu *prog;
	struct hlist_head *buckets;
	spinlock_t lock;	/* see above */
	unsigned int count;
	struct delayed_work gc;
};

/**
 * struct vtun_dev - netdev_priv() of a device
 * @dev: constant after setup
 * @flags: RTNL, IFF_* bits of kind, VTUN_STORED_FLAGS and IFF_PERSIST; the data
 *	paths read it with READ_ONCE()
 * @num_queues: RTNL, used slots of @queues; transmit reads it with READ_ONCE()
 * @num_parked: RTNL, length of @parked
 * @max_queues: RTNL, how many may attach, parked ones too
 * @rx_headroom: RTNL, room that upper devices want in front of a written packet;
 *	rx reads it with READ_ONCE()
 * @vnet_size: RTNL, bytes of the virtio-net header, used with IFF_VNET_HDR; the
 *	data paths read it with READ_ONCE()
 * @vnet_le: likewise, little endian was asked for
 * @vnet_be: likewise, big endian
 * @offloads: RTNL, features that the program can take, TUNSETOFFLOAD; transmit
 *	reads it with READ_ONCE()
 * @stats: owned, constant once it is registered; counters of its own
 * @stats_lock: see above
 * @counted: queues that count for it, attached or parked
 * @queues: RCU, written under RTNL; counted, put by who takes them out
 * @parked: RTNL, queues in state PARKED; counted likewise
 * @kept: RCU, written under RTNL; owned, what waits for the next program while
 *	there is no queue, IFLA_VTUN_KEEP_CARRIER; taken out under RTNL only
 * @pressure: RTNL, back pressure whatever programs say, IFLA_VTUN_BACKPRESSURE
 * @filter: RCU, written under RTNL; owned, NULL when every address passes
 * @sock_filter: likewise, classic BPF, TUNATTACHFILTER
 * @ebpf_filter: likewise, TUNSETFILTEREBPF
 * @xdp_prog: likewise, Ethernet mode only
 * @fprog: RTNL, what TUNATTACHFILTER was last called with; only TUNGETFILTER
 *	reads it, the pointer in it is never followed
 * @steer: learned flows
 * @owner: RTNL, who may attach; sysfs reads it with READ_ONCE()
 * @group: likewise
 * @rx_frames: RTNL, what ethtool -C says of rx-frames, at most NAPI_POLL_WEIGHT;
 *	rx reads it with READ_ONCE()
 * @rx_usecs: likewise of rx-usecs: how long written packets may wait for others
 * @msg_enable: RTNL, NETIF_MSG_* bits; vtun_logs() reads it without
 * @link: RTNL, what ethtool shows; no meaning for the driver
 * @security: RTNL, owned, the security module's mark
 */
struct vtun_dev {
	struct net_device *dev;
	u16 flags;
	u16 num_queues;
	u16 num_parked;
	u16 max_queues;
	u16 rx_headroom;
	int vnet_size;
	bool vnet_le;
	bool vnet_be;
	netdev_features_t offloads;
	struct vtun_stats __percpu *stats;
	spinlock_t stats_lock;	/* see above */
	struct list_head counted;
	struct vtun_queue __rcu *queues[VTUN_MAX_QUEUES];
	struct list_head parked;
	struct ptr_ring __rcu *kept;
	bool pressure;

	struct vtun_filter __rcu *filter;
	struct bpf_prog __rcu *sock_filter;
	struct bpf_prog __rcu *ebpf_filter;
	struct bpf_prog __rcu *xdp_prog;
	struct sock_fprog fprog;
	struct vtun_steer steer;

	kuid_t owner;
	kgid_t group;
	u32 rx_frames;
	u32 rx_usecs;
	u32 msg_enable;
	struct ethtool_link_ksettings link;
	void *security;
};

/**
 * struct vtun_cfg - checked copy of what userspace asked for
 * @set: VTUN_CFG_* bits, which of the other members count
 * @flags: VTUN_STORED_FLAGS to replace the device's
 * @persist: outlive the last file
 * @owner: uid that may attach, INVALID_UID for no one in particular
 * @group: gid that may attach, INVALID_GID likewise
 * @pressure: back pressure whatever programs say
 * @max_queues: how many may attach
 */
struct vtun_cfg {
	unsigned int set;
	u16 flags;
	bool persist;
	kuid_t owner;
	kgid_t group;
	bool pressure;
	u16 max_queues;
};

#define VTUN_CFG_FLAGS		BIT(0)
#define VTUN_CFG_PERSIST	BIT(1)
#define VTUN_CFG_OWNER		BIT(2)
#define VTUN_CFG_GROUP		BIT(3)
#define VTUN_CFG_PRESSURE	BIT(4)
#define VTUN_CFG_MAX_QUEUES	BIT(5)

/**
 * vtun_logs() - whether somebody wants to see messages of a kind
 * @vtun: device
 * @kind: NETIF_MSG_*
 *
 * Return: whether anybody does.
 */
static inline bool vtun_logs(const struct vtun_dev *vtun, u32 kind)
{
	return unlikely(READ_ONCE(vtun->msg_enable) & kind);
}

static inline bool vtun_is_tap(const struct vtun_dev *vtun)
{
	return READ_ONCE(vtun->flags) & IFF_TAP;
}

#endif /* VTUN_H */
