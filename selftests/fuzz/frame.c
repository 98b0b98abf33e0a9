// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a plain write(): packet information, virtio header, packet. It is
 * taken, refused and counted as rules.c says; and when the packet comes back in a
 * read(), its headers say the same again.
 */
#include <linux/virtio_net.h>

#include "fuzz.h"

/**
 * struct buffer - what a program writes from and reads to
 * @cuts: its segments
 * @missing: bytes that the read() has too little room
 * @whole: VTUN_MODE_NOTRUNC
 */
struct buffer {
	struct cuts cuts;
	u8 missing;
	bool whole;
};

static unsigned int be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static unsigned int le16(const u8 *p)
{
	return p[1] << 8 | p[0];
}

/* F5.43: each segment behind the first one of the packet becomes a fragment. */
static int rules_fragments(const struct setup *setup, const struct user *user)
{
	size_t header = rules_header_len(setup), end = 0;
	unsigned int i = 0, first;

	for (; header && i < user->n && end + user->iov[i].iov_len <= header; i++)
		end += user->iov[i].iov_len;
	first = i;
	if (user->n - first > 18 || user->len - header > 65535 - rules_headroom(setup))
		return -EMSGSIZE;
	while (++i < user->n)
		if (!user->iov[i].iov_len || user->iov[i].iov_len > 4096)
			return -EINVAL;
	return 0;
}

static struct verdict judge(const struct setup *setup, const struct user *user, const u8 *bytes,
			    size_t len, size_t fault)
{
	size_t header = rules_header_len(setup);
	struct verdict headers, v = rules_write(setup, bytes, len, fault);
	int err;

	if (!setup->frags)
		return v;
	/* The rules of the headers come first, those of the payload afterwards. */
	headers = rules_write(setup, bytes, len, fault < header ? fault : SIZE_MAX);
	if (headers.err && headers.counter == COUNT_NOTHING)
		return headers;
	err = rules_fragments(setup, user);
	return err ? (struct verdict){ .err = err, .counter = COUNT_DROPPED } : v;
}

/* F6.17 to F6.25: the header of what was written, in a read(). */
static void check_header(const struct setup *setup, const struct verdict *v, const u8 *bytes,
			 bool cut)
{
	const u8 *p = bytes + (setup->pi ? 4 : 0);
	unsigned int gso = v->gso_type & ~0x60, tunnel = v->gso_type & 0x60;
	bool big = setup->be && !setup->le && !tunnel;
	unsigned int (*get)(const u8 *) = big ? be16 : le16;

	if (setup->pi)
		CHECK(le16(bytes) == cut && be16(bytes + 2) == v->proto);
	if (!setup->vnet)
		return;
	if (tunnel)
		gso |= v->proto == ETH_P_IPV6 ? 0x40 : 0x20;
	CHECK(p[0] == (v->csum | (v->outer_csum ? 8 : 0)));
	CHECK(p[1] == gso);
	CHECK(get(p + 2) <= (gso ? v->len : 0));
	CHECK(get(p + 4) == v->gso_size);
	CHECK(get(p + 6) == (v->csum ? v->csum_start : 0));
	CHECK(get(p + 8) == (v->csum ? v->csum_offset : 0));
	for (size_t i = 10; i < setup->vhsz; i++) {
		unsigned int byte = 0;

		if (i >= 20 && i < 24 && setup->vhsz >= 24)
			byte = (i < 22 ? v->outer_th : v->inner_nh) >> (i & 1 ? 8 : 0) & 0xff;
		CHECK(p[i] == byte);
	}
}

/* What was read without a cut is taken when it is written once more. Addresses of
 * a tunnel are not looked at, so that their kind may contradict the type.
 */
static void check_again(const struct setup *setup, const struct verdict *v, const u8 *bytes,
			size_t len)
{
	struct verdict again = rules_write(setup, bytes, len, SIZE_MAX);

	if (v->gso_type & 0x60)
		return;
	CHECK(!again.err && again.csum == v->csum && again.gso_size == v->gso_size);
	CHECK(again.gso_type == v->gso_type && again.proto == v->proto);
}

/* F6.11 to F6.13, F6.27: what a read() returns that has room for @room bytes. */
static ssize_t rules_read(const struct setup *setup, const struct verdict *v, size_t room,
			  bool whole)
{
	size_t header = rules_header_len(setup);

	if (!room)
		return 0;
	if (whole && room < header + v->len)
		return -EMSGSIZE;
	if (setup->vnet && (v->gso_type & 0x7f) == VIRTIO_NET_HDR_GSO_UDP)
		return -EINVAL;
	return room < header ? -EINVAL : min(room, header + v->len);
}

/* The packet comes back. */
static void check_read(struct world *world, const struct setup *setup, const struct verdict *v,
		       struct sk_buff *skb, const struct buffer *buffer)
{
	size_t header = rules_header_len(setup), total = header + v->len;
	size_t room = total - min(total, buffer->missing);
	struct user user;
	struct iov_iter to = user_alloc(&user, NULL, room, buffer->cuts);
	u8 *bytes = must_malloc(room);
	ssize_t ret;

	shim.fault = SIZE_MAX;
	CHECK(!ptr_ring_produce(&world->vq.fifo, skb));
	world->vq.modes = buffer->whole ? VTUN_MODE_NOTRUNC : 0;
	ret = vtun_tx_read(&world->vq, &to, VTUN_NOWAIT);
	CHECK(ret == rules_read(setup, v, room, buffer->whole));
	CHECK(__ptr_ring_empty(&world->vq.fifo) == (room && ret != -EMSGSIZE));
	user_gather(&user, bytes);
	user_free(&user);
	if (ret > 0) {
		CHECK(!memcmp(bytes + header, v->data, room - header));
		check_header(setup, v, bytes, room < total);
		if (room == total)
			check_again(setup, v, bytes, total);
	}
	free(bytes);
}

static void check_write(const struct setup *setup, const u8 *bytes, size_t len, size_t fault,
			const struct buffer *buffer)
{
	static struct world world;
	struct user user;
	struct iov_iter from = user_alloc(&user, bytes, len, buffer->cuts);
	struct verdict v = judge(setup, &user, bytes, len, fault);
	struct sk_buff *skb;
	ssize_t ret;

	shim.fault = fault;
	world_start(&world, setup);
	ret = vtun_rx_write(&world.vq, &from, VTUN_NOWAIT);
	if (shim.allocs) {
		CHECK(ret == (v.err ?: (ssize_t)len));
		check_counters(&world, v.counter);
	}
	skb = world_received(&world);
	CHECK(!skb == (ret < 0));
	if (skb) {
		CHECK(!v.err);
		unpull_ethernet(skb, setup);
		check_packet(setup, &v, skb);
		check_read(&world, setup, &v, skb, buffer);
	}
	world_stop(&world);
	user_free(&user);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct input input = { data, len };
	unsigned int fault, pad, allocs;
	struct buffer buffer = {};
	struct setup setup;
	u8 *bytes;

	shim_reset();
	setup = input_setup(&input);
	buffer.cuts = input_cuts(&input);
	if (setup.frags && buffer.cuts.empty <= rules_header_len(&setup))
		buffer.cuts.empty = 0;
	fault = input_16(&input);
	pad = input_16(&input);
	pad = pad & 1 ? pad : 0;	/* costs time, so it is rare */
	allocs = input_byte(&input);
	buffer.missing = input_byte(&input);
	buffer.whole = buffer.missing & 1;
	if (allocs)
		shim.allocs = allocs - 1;
	bytes = must_malloc(input.len + pad);
	memcpy(bytes, input.data, input.len);
	memset(bytes + input.len, FILL, pad);
	check_write(&setup, bytes, input.len + pad, fault ? fault - 1 : SIZE_MAX, &buffer);
	free(bytes);
	return 0;
}
