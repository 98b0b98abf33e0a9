// SPDX-License-Identifier: GPL-2.0-only
#include <linux/netdevice.h>
#include <linux/virtio_net.h>

#include "fifo.h"
#include "filter.h"
#include "napi.h"
#include "queue.h"
#include "steer.h"
#include "xdp.h"
#include "fuzz.h"

/* ---- the parts of the driver that are not here ---- */

struct sk_buff *vtun_xdp_receive(struct vtun_queue *vq, const struct vtun_frame *frame,
				 struct iov_iter *from)
{
	struct sk_buff *skb = alloc_skb(NET_SKB_PAD + NET_IP_ALIGN + frame->len, GFP_KERNEL);

	if (!skb)
		return ERR_PTR(-ENOMEM);
	skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	skb_put(skb, frame->len);
	if (copy_from_iter_full(skb->data, frame->len, from))
		return skb;
	kfree_skb(skb);
	return ERR_PTR(-EFAULT);
}

bool vtun_xdp_passes(struct vtun_dev *vtun, struct sk_buff **skb)
{
	return true;
}

void vtun_steer_learn(struct vtun_dev *vtun, const struct sk_buff *skb, u16 index)
{
}

enum skb_drop_reason vtun_filter_apply(struct vtun_dev *vtun, struct sk_buff *skb)
{
	return 0;
}

void vtun_napi_take(struct vtun_queue *vq, const struct vtun_dev *vtun, struct sk_buff *skb)
{
	skb_queue_tail(&vq->backlog, skb);
}

int vtun_napi_wait_until(struct vtun_queue *vq, enum vtun_wait wait)
{
	return 0;
}

bool vtun_napi_flush(struct vtun_queue *vq)
{
	return false;
}

void vtun_queue_wake_reader(struct vtun_queue *vq)
{
}

/* ---- input ---- */

unsigned int input_byte(struct input *input)
{
	if (!input->len)
		return 0;
	input->len--;
	return *input->data++;
}

unsigned int input_16(struct input *input)
{
	unsigned int low = input_byte(input);

	return input_byte(input) << 8 | low;
}

struct setup input_setup(struct input *input)
{
	unsigned int flags = input_byte(input), mode = input_byte(input);
	struct setup setup = {
		.tap = flags & 1, .pi = flags & 2, .vnet = flags & 4,
		.le = flags & 8, .be = flags & 16, .sndbuf = flags & 64,
		.napi = mode & 1, .frags = flags & 1 && mode & 2, .xdp = flags & 1 && mode & 4,
		.down = mode & 8,
		.vhsz = 10 + input_byte(input) % 32,
	};

	if (flags & 32)
		shim.linear_max = 256;
	return setup;
}

struct cuts input_cuts(struct input *input)
{
	struct cuts cuts = { input_byte(input), input_byte(input) };

	cuts.empty = input_byte(input);
	return cuts;
}

/* ---- user memory ---- */

static void add_segment(struct user *user, const u8 *bytes, size_t len)
{
	void *data = must_malloc(len);

	if (bytes)
		memcpy(data, bytes + user->len, len);
	else
		memset(data, FILL, len);
	user->iov[user->n++] = (struct iovec){ data, len };
	user->len += len;
}

struct iov_iter user_alloc(struct user *user, const u8 *bytes, size_t len, struct cuts cuts)
{
	size_t size = cuts.first ?: len;

	user->n = 0;
	user->len = 0;
	do {
		if (cuts.empty && user->len >= cuts.empty) {
			add_segment(user, bytes, 0);
			cuts.empty = 0;
		}
		if (user->n >= SEGMENTS - 2 || !size)
			size = len;
		add_segment(user, bytes, min(size, len - user->len));
		size = cuts.next;
	} while (user->len < len);
	if (cuts.empty && len)
		add_segment(user, bytes, 0);
	return (struct iov_iter){ user->iov, user->n, .count = len };
}

void user_gather(const struct user *user, u8 *to)
{
	for (unsigned int i = 0; i < user->n; i++) {
		memcpy(to, user->iov[i].iov_base, user->iov[i].iov_len);
		to += user->iov[i].iov_len;
	}
}

void user_free(struct user *user)
{
	while (user->n)
		free(user->iov[--user->n].iov_base);
}

/* ---- a device ---- */

void shim_reset(void)
{
	shim = (struct shim){ .fault = SIZE_MAX, .allocs = SIZE_MAX, .linear_max = PAGE_SIZE };
}

void world_start(struct world *world, const struct setup *setup)
{
	static char xdp_prog;
	struct vtun_dev *vtun = &world->vtun;
	struct vtun_queue *vq = &world->vq;

	memset(world, 0, sizeof(*world));
	world->dev.flags = setup->down ? 0 : IFF_UP;
	world->dev.ethernet = setup->tap;
	vtun->dev = &world->dev;
	vtun->stats = &world->own;
	vq->stats = &world->stats;
	vtun->flags = setup->tap ? IFF_TAP : IFF_TUN;
	if (!setup->pi)
		vtun->flags |= IFF_NO_PI;
	if (setup->vnet)
		vtun->flags |= IFF_VNET_HDR;
	vtun->vnet_size = setup->vhsz;
	vtun->vnet_le = setup->le;
	vtun->vnet_be = setup->be;
	if (setup->xdp)
		vtun->xdp_prog = (void *)&xdp_prog;
	vq->sk.sk_sndbuf = setup->sndbuf ? 1 : INT_MAX;
	vq->state = VTUN_QUEUE_ATTACHED;
	vq->vtun = vtun;
	vq->rx_mode = setup->frags ? VTUN_RX_NAPI_FRAGS :
		      setup->napi ? VTUN_RX_NAPI : VTUN_RX_DIRECT;
	vq->rx_started = setup->napi || setup->frags;
}

struct sk_buff *world_received(struct world *world)
{
	return __skb_dequeue(&world->dev.received) ?: __skb_dequeue(&world->vq.backlog);
}

void world_stop(struct world *world)
{
	void *entry;

	CHECK(!shim.atomic);
	while ((entry = __ptr_ring_peek(&world->vq.fifo))) {
		__ptr_ring_discard_one(&world->vq.fifo);
		vtun_fifo_free(entry);
	}
	__skb_queue_purge(&world->dev.received);
	__skb_queue_purge(&world->vq.backlog);
}

/* ---- checks ---- */

/* The stack has taken the Ethernet header off. */
void unpull_ethernet(struct sk_buff *skb, const struct setup *setup)
{
	if (!setup->tap)
		return;
	skb->data -= ETH_HLEN;
	skb->len += ETH_HLEN;
}

/* Of src/segment.c, for packets that none of the targets makes. */
size_t vtun_segment_len(const struct sk_buff *skb, unsigned int n)
{
	abort();
}

int vtun_segment_copy(const struct sk_buff *skb, unsigned int n, struct iov_iter *to)
{
	abort();
}

void vtun_segment_move(struct sk_buff *skb, atomic_t *extra)
{
	abort();
}

void vtun_segment_begin_large(const struct vtun_dev *vtun, struct vtun_queue *vq,
			      struct sk_buff *skb)
{
}

/* What src/stats.c does, but for the tracepoint. */
void vtun_stats_drop(struct vtun_dev *vtun, struct vtun_queue *vq, enum vtun_stat why,
		     unsigned int n)
{
	vtun_stats_add_to(vq ? vq->stats : vtun->stats, why, n);
}

void check_counters(const struct world *world, enum rules_counter counter)
{
	const u64 *n = world->stats.n;
	u64 dropped = 0;

	for (int i = VTUN_RX_DROP_FAULT; i <= VTUN_RX_DROP_OTHER; i++)
		dropped += n[i];
	CHECK(dropped == (counter == COUNT_DROPPED));
	CHECK(n[VTUN_RX_FRAME_ERRORS] == (counter == COUNT_FRAME_ERROR));
}

static unsigned int stack_gso(const struct verdict *v)
{
	static const unsigned int types[] = {
		[VIRTIO_NET_HDR_GSO_TCPV4] = SKB_GSO_TCPV4,
		[VIRTIO_NET_HDR_GSO_UDP] = SKB_GSO_UDP,
		[VIRTIO_NET_HDR_GSO_TCPV6] = SKB_GSO_TCPV6,
		[VIRTIO_NET_HDR_GSO_UDP_L4] = SKB_GSO_UDP_L4,
	};
	unsigned int gso = types[v->gso_type & 7] | SKB_GSO_DODGY;

	if (v->gso_type & VIRTIO_NET_HDR_GSO_ECN)
		gso |= SKB_GSO_TCP_ECN;
	if (v->gso_type & 0x60)
		gso |= v->outer_csum ? SKB_GSO_UDP_TUNNEL_CSUM : SKB_GSO_UDP_TUNNEL;
	return gso;
}

/* The stack follows these without looking. */
static void check_offsets(const struct verdict *v, const struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		CHECK(skb_checksum_start_offset(skb) + skb->csum_offset + 2 <= skb_headlen(skb));
	if (skb_is_gso(skb))
		CHECK(skb_transport_offset(skb) >= 20 && skb_transport_offset(skb) + 8 <= skb->len);
	if (skb->encapsulation)
		CHECK(skb_inner_network_offset(skb) + 20 <= skb_headlen(skb));
}

/* @skb begins where the written packet did. */
void check_packet(const struct setup *setup, const struct verdict *v, const struct sk_buff *skb)
{
	u8 *data = must_malloc(skb->len);

	CHECK(skb->len == v->len);
	skb_copy_bits(skb, 0, data, skb->len);
	CHECK(!memcmp(data, v->data, v->len));
	free(data);
	CHECK(be16toh(skb->protocol) == v->proto);
	check_offsets(v, skb);
	CHECK(skb->ip_summed == (v->csum ? CHECKSUM_PARTIAL : CHECKSUM_NONE));
	if (v->csum) {
		CHECK(skb_checksum_start_offset(skb) == v->csum_start);
		CHECK(skb->csum_offset == v->csum_offset);
	}
	CHECK(skb->info.gso_size == v->gso_size);
	if (!v->gso_type)
		return;
	CHECK(skb->info.gso_type == stack_gso(v));
	if (v->gso_type & 0x60) {
		CHECK(skb->encapsulation);
		CHECK(skb_transport_offset(skb) == v->outer_th);
		CHECK(skb_inner_network_offset(skb) == v->inner_nh);
	} else {
		CHECK(skb_transport_offset(skb) == v->transport);
	}
}

/* Records until one is refused, against what rules.c says of each. */
static size_t check_taken(struct world *world, const struct setup *setup, const u8 *bytes,
			  size_t len, size_t fault, struct verdict *last)
{
	struct record record;
	struct sk_buff *skb;
	size_t at = 0;

	*last = (struct verdict){};
	for (; at < len; at += record.size) {
		record = rules_record(bytes + at, len - at, fault - at);
		if (record.err) {
			last->err = record.err;
			break;
		}
		*last = rules_write(setup, record.data, record.len, fault - at - 8);
		if (last->err)
			break;
		skb = world_received(world);
		if (!skb)
			break;		/* memory was short, or that is wrong */
		unpull_ethernet(skb, setup);
		check_packet(setup, last, skb);
		kfree_skb(skb);
	}
	CHECK(!world_received(world));
	return at;
}

/* One write() in batch mode. Return: the bytes that it took. */
size_t check_records(const struct setup *setup, const u8 *bytes, size_t len, size_t fault,
		     struct cuts cuts)
{
	static struct world world;
	struct verdict last;
	struct user user;
	struct iov_iter from = user_alloc(&user, bytes, len, cuts);
	ssize_t ret;
	size_t taken;

	shim.fault = fault;
	world_start(&world, setup);
	ret = vtun_batch_write(&world.vq, &from, VTUN_NOWAIT);
	taken = check_taken(&world, setup, bytes, len, fault, &last);
	if (shim.allocs)
		CHECK(ret == (taken ?: last.err));
	else
		CHECK(ret == taken || (!taken && ret < 0));
	CHECK(iov_iter_count(&from) == len - taken);
	if (shim.allocs)
		check_counters(&world, last.err && (!taken || setup->xdp) ? last.counter :
							    COUNT_NOTHING);
	world_stop(&world);
	user_free(&user);
	return taken;
}
