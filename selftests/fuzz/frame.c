// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a plain write(): packet information, virtio header, packet. It is
 * taken, refused and counted as rules.c says; and when the packet comes back in a
 * read(), its headers say the same again.
 */
#include <linux/virtio_net.h>

#include "fuzz.h"

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
static void check_header(const struct setup *setup, const struct verdict *v, const u8 *bytes)
{
	const u8 *p = bytes + (setup->pi ? 4 : 0);
	struct virtio_net_hdr h;
	unsigned int gso = v->gso_type & ~0x60, tunnel = v->gso_type & 0x60;
	bool big = setup->be && !setup->le && !tunnel;

#define FIELD(x) (big ? be16toh(x) : le16toh(x))
	if (setup->pi)
		CHECK(!bytes[0] && !bytes[1] && (bytes[2] << 8 | bytes[3]) == v->proto);
	if (!setup->vnet)
		return;
	memcpy(&h, p, sizeof(h));
	if (tunnel)
		gso |= v->proto == ETH_P_IPV6 ? 0x40 : 0x20;
	CHECK(h.gso_type == gso);
	CHECK(h.flags == (v->csum | (v->outer_csum ? 8 : 0)));
	CHECK(FIELD(h.gso_size) == v->gso_size);
	CHECK(FIELD(h.csum_start) == (v->csum ? v->csum_start : 0));
	CHECK(FIELD(h.csum_offset) == (v->csum ? v->csum_offset : 0));
	CHECK(FIELD(h.hdr_len) <= (gso ? v->len : 0));
	for (size_t i = 10; i < setup->vhsz; i++) {
		unsigned int byte = 0;

		if (i >= 20 && i < 24 && setup->vhsz >= 24)
			byte = (i < 22 ? v->outer_th : v->inner_nh) >> (i & 1 ? 8 : 0) & 0xff;
		CHECK(p[i] == byte);
	}
}

/* The packet comes back, and would be taken once more. */
static void check_read(struct world *world, const struct setup *setup, const struct verdict *v,
		       struct sk_buff *skb, struct cuts cuts)
{
	size_t header = rules_header_len(setup), total = header + v->len;
	struct iov_iter to;
	struct verdict again;
	struct user user;
	ssize_t ret;
	u8 *bytes;

	shim.fault = SIZE_MAX;
	CHECK(!ptr_ring_produce(&world->vq.fifo, skb));
	to = user_alloc(&user, NULL, total, cuts);
	ret = vtun_tx_read(&world->vq, &to, VTUN_NOWAIT);
	if ((v->gso_type & 0x7f) == VIRTIO_NET_HDR_GSO_UDP && setup->vnet) {
		CHECK(ret == -EINVAL && world->dev.tx_dropped == 1);	/* F6.27 */
		user_free(&user);
		return;
	}
	CHECK(ret == total || (!total && !ret));
	bytes = malloc(total);
	user_gather(&user, bytes);
	user_free(&user);
	CHECK(!memcmp(bytes + header, v->data, v->len));
	if (total)
		check_header(setup, v, bytes);
	again = rules_write(setup, bytes, total, SIZE_MAX);
	/* Outer addresses are not looked at, so their kind may contradict the type. */
	if (!(v->gso_type & 0x60)) {
		CHECK(!again.err && again.csum == v->csum && again.gso_size == v->gso_size);
		CHECK(again.gso_type == v->gso_type && again.proto == v->proto);
	}
	free(bytes);
}

static void check_write(const struct setup *setup, const u8 *bytes, size_t len, size_t fault,
			struct cuts cuts)
{
	static struct world world;
	struct user user;
	struct iov_iter from = user_alloc(&user, bytes, len, cuts);
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
		unpull_ethernet(skb, setup);
		check_packet(setup, &v, skb);
		check_read(&world, setup, &v, skb, cuts);
	}
	world_stop(&world);
	user_free(&user);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct input input = { data, len };
	unsigned int fault, pad, allocs;
	struct setup setup;
	struct cuts cuts;
	u8 *bytes;

	shim_reset();
	setup = input_setup(&input);
	cuts = input_cuts(&input);
	if (setup.frags && cuts.empty <= rules_header_len(&setup))
		cuts.empty = 0;
	fault = input_16(&input);
	pad = input_16(&input);
	pad = pad & 1 ? pad : 0;	/* costs time, so it is rare */
	allocs = input_byte(&input);
	if (allocs)
		shim.allocs = allocs - 1;
	bytes = malloc(input.len + pad);
	memcpy(bytes, input.data, input.len);
	memset(bytes + input.len, FILL, pad);
	check_write(&setup, bytes, input.len + pad, fault ? fault - 1 : SIZE_MAX, cuts);
	free(bytes);
	return 0;
}
