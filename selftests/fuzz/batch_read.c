// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of all kinds, read in batch mode to a buffer of any size: whole records,
 * as many as fit, zeros for padding and nothing behind them. They are records for
 * a write(), too.
 */
#include "fifo.h"
#include "fuzz.h"

#define PACKETS		150
#define COPIES		40		/* of each packet, at most */
#define ROOM_MAX	8192
#define GROUP		64		/* packets that are taken at a time */

/**
 * struct packet - what waits to be read
 * @data: as the program sees it, VLAN tag and all
 * @len: its bytes
 * @proto: as packet information has it, network order
 * @described: a header can tell of it
 * @frame: what XDP sent, if it did
 */
struct packet {
	u8 data[512];
	size_t len;
	__be16 proto;
	bool described;
	struct xdp_frame frame;
};

static struct packet packets[PACKETS];

static const unsigned int gso_types[] = {
	SKB_GSO_TCPV4, SKB_GSO_TCPV6, SKB_GSO_UDP_L4, SKB_GSO_TCPV4 | SKB_GSO_TCP_ECN,
	SKB_GSO_TCPV4 | SKB_GSO_UDP_TUNNEL, SKB_GSO_TCPV6 | SKB_GSO_UDP_TUNNEL_CSUM,
	SKB_GSO_UDP, SKB_GSO_SCTP,
};

static void add_bytes(struct packet *packet, const u8 *data, size_t len)
{
	memcpy(packet->data + packet->len, data, len);
	packet->len += len;
}

static void *make_frame(struct packet *packet, const u8 *data, size_t len)
{
	packet->frame.data = netdev_alloc_frag(len);
	packet->frame.len = len;
	memcpy(packet->frame.data, data, len);
	add_bytes(packet, data, len);
	packet->proto = 0;
	if (len >= ETH_HLEN)
		memcpy(&packet->proto, data + 12, 2);
	packet->described = true;
	return vtun_fifo_from_frame(&packet->frame);
}

static struct sk_buff *make_skb(const u8 *data, size_t len, size_t linear)
{
	int err;
	struct sock sk = { INT_MAX };
	struct sk_buff *skb = sock_alloc_send_pskb(&sk, NET_SKB_PAD + linear, len - linear, 1,
						   &err, 0);

	skb_reserve(skb, NET_SKB_PAD);
	skb_put(skb, linear);
	memcpy(skb->data, data, linear);
	if (skb->info.nr_frags)
		memcpy(skb->info.frags[0].data, data + linear, len - linear);
	skb->data_len = len - linear;
	skb->len = len;
	return skb;
}

/* F6.29: the tag is at byte 12, or at the end. */
static void add_tagged(struct packet *packet, const struct sk_buff *skb, const u8 *data, size_t len)
{
	size_t head = min(len, 12);
	u8 tag[4] = { 0x81, 0, skb->vlan_tci >> 8, skb->vlan_tci };

	add_bytes(packet, data, head);
	if (skb->vlan_present)
		add_bytes(packet, tag, 4);
	add_bytes(packet, data + head, len - head);
}

static void *make_packet(struct input *input, const struct setup *setup, struct packet *packet)
{
	unsigned int kind = input_byte(input), gso = gso_types[kind >> 5];
	size_t len = input_byte(input), linear;
	struct sk_buff *skb;
	u8 data[256];

	for (size_t i = 0; i < len; i++)
		data[i] = i < 16 ? input_byte(input) : i;
	packet->len = 0;
	if (kind & 1)
		return make_frame(packet, data, len);
	linear = kind & 2 ? input_byte(input) % (len + 1) : len;
	skb = make_skb(data, len, linear);
	skb->vlan_present = kind & 4;
	skb->vlan_proto = htons(ETH_P_8021Q);
	skb->vlan_tci = kind;
	add_tagged(packet, skb, data, len);
	skb->protocol = htons(kind & 8 ? ETH_P_IPV6 : ETH_P_IP);
	packet->proto = skb->protocol;
	packet->described = true;
	skb->ip_summed = input_byte(input) & 3;
	skb->csum_start = NET_SKB_PAD + input_byte(input);
	skb->csum_offset = input_byte(input);
	skb->transport_header = NET_SKB_PAD + 34;
	skb->inner_network_header = NET_SKB_PAD + 50;
	if (!(kind & 16))
		return skb;
	skb->info.gso_type = gso;
	skb->info.gso_size = 1 + input_byte(input);
	packet->described = !setup->vnet || (!(gso & (SKB_GSO_UDP | SKB_GSO_SCTP)) &&
		(setup->vhsz >= 24 || !(gso & (SKB_GSO_UDP_TUNNEL | SKB_GSO_UDP_TUNNEL_CSUM))));
	return skb;
}

static size_t record_size(const struct setup *setup, const struct packet *packet)
{
	return 8 + (rules_header_len(setup) + packet->len + 7) / 8 * 8;
}

/* One record at @bytes is @packet. */
static void check_record(const struct setup *setup, const struct packet *packet, const u8 *bytes)
{
	size_t header = rules_header_len(setup);
	struct record record = rules_record(bytes, record_size(setup, packet), SIZE_MAX);

	CHECK(!record.err && record.size == record_size(setup, packet));
	CHECK(record.len == header + packet->len);
	CHECK(!memcmp(record.data + header, packet->data, packet->len));
	if (setup->pi)
		CHECK(!record.data[0] && !record.data[1] &&
		      !memcmp(record.data + 2, &packet->proto, 2));
}

/**
 * struct expected - what a read() is to do
 * @taken: packets that leave the fifo
 * @n: packets of those that no header describes not, in order
 * @index: which
 * @err: what it fails with if @n is 0
 */
struct expected {
	unsigned int taken, n;
	unsigned int index[PACKETS];
	int err;
};

/* Groups of packets until one does not fit, is not full, or is lost as a whole. */
static struct expected expect(const struct setup *setup, unsigned int total, size_t room)
{
	struct expected e = { .err = total ? -EMSGSIZE : -EAGAIN };
	unsigned int group, first;
	size_t left;

	if (!room)
		return (struct expected){};
	do {
		left = room;
		first = e.n;
		for (group = 0; group < GROUP && e.taken < total; group++, e.taken++) {
			const struct packet *packet = &packets[e.taken];
			size_t size = record_size(setup, packet);

			if (size > left)
				break;
			left -= size;
			if (!packet->described)
				continue;
			e.index[e.n++] = e.taken;
			room -= size;
		}
		if (group && e.n == first)
			e.err = -EINVAL;
	} while (group == GROUP && e.n > first);
	return e;
}

/* If memory faults, the records before that and no more. Return: bytes of them. */
static size_t check_read(const struct world *world, const struct setup *setup,
			 const struct expected *e, const u8 *bytes, size_t room, ssize_t ret)
{
	size_t at = 0, size;

	for (unsigned int i = 0; i < e->n; i++) {
		size = record_size(setup, &packets[e->index[i]]);
		if (shim.fault < at + size) {
			CHECK(ret == (at ?: -EFAULT));
			return at;
		}
		check_record(setup, &packets[e->index[i]], bytes + at);
		at += size;
	}
	CHECK(ret == (at ?: e->err));
	for (size_t i = at; i < room; i++)
		CHECK(bytes[i] == FILL);
	CHECK(world->vq.fifo.consumer_head == e->taken);
	CHECK(world->stats.n[VTUN_TX_PACKETS] == e->n);
	CHECK(world->stats.n[VTUN_TX_DROP_HEADER] + world->stats.n[VTUN_TX_DROP_FAULT] ==
	      e->taken - e->n);
	return at;
}

/* What was read is written: as it is, and as bytes without a meaning. */
static void check_written(const struct setup *setup, const u8 *bytes, size_t len, struct cuts cuts)
{
	static const struct setup plain = { .pi = true };
	bool shorter = false;

	check_records(setup, bytes, len, SIZE_MAX, cuts);
	for (size_t at = 0; at < len;) {
		struct record record = rules_record(bytes + at, len - at, SIZE_MAX);

		shorter |= record.len < 4;
		at += record.size;
	}
	if (!shorter)
		CHECK(check_records(&plain, bytes, len, SIZE_MAX, cuts) == len);
}

/* The next packet, several times. Return: how many wait then. */
static unsigned int add_packets(struct world *world, const struct setup *setup,
				struct input *input, unsigned int n)
{
	unsigned int copies = input_byte(input);
	struct input again = *input;
	void *entry;

	/* Most are alone. */
	for (copies = copies < 192 ? 1 : copies % COPIES; copies && n < PACKETS; copies--) {
		*input = again;
		entry = make_packet(input, setup, &packets[n++]);
		CHECK(!ptr_ring_produce(&world->vq.fifo, entry));
	}
	return n;
}

static void check_all(const struct setup *setup, struct input *input, size_t room, size_t fault,
		      struct cuts cuts)
{
	static struct world world;
	struct expected e;
	unsigned int n = 0;
	struct user user;
	struct iov_iter to;
	ssize_t ret;
	u8 *bytes;

	world_start(&world, setup);
	while (input->len)
		n = add_packets(&world, setup, input, n);
	e = expect(setup, n, room);
	to = user_alloc(&user, NULL, room, cuts);
	shim.fault = fault;
	ret = vtun_batch_read(&world.vq, &to, VTUN_NOWAIT);
	bytes = must_malloc(room);
	user_gather(&user, bytes);
	user_free(&user);
	check_written(setup, bytes, check_read(&world, setup, &e, bytes, room, ret), cuts);
	free(bytes);
	world_stop(&world);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct input input = { data, len };
	struct setup setup;
	struct cuts cuts;
	size_t room;
	unsigned int fault;

	shim_reset();
	setup = input_setup(&input);
	cuts = input_cuts(&input);
	room = input_16(&input) % ROOM_MAX;
	fault = input_16(&input);
	check_all(&setup, &input, room, fault ? fault - 1 : SIZE_MAX, cuts);
	return 0;
}
