// SPDX-License-Identifier: GPL-2.0-only
#include "packet.h"
#include "abi.h"

#include <string.h>

static void put(struct frame *frame, const void *data, size_t len)
{
	if (frame->len + len > FRAME_BYTES)
		len = FRAME_BYTES - frame->len;
	memcpy(frame->data + frame->len, data, len);
	frame->len += len;
}

static void put16(struct frame *frame, unsigned int v)
{
	uint8_t bytes[2] = { v >> 8, v };

	put(frame, bytes, 2);
}

static void set16(uint8_t *at, unsigned int v)
{
	at[0] = v >> 8;
	at[1] = v;
}

static uint32_t sum_bytes(uint32_t sum, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? data[i] : data[i] << 8;
	return sum;
}

static unsigned int fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

void pad_fill(uint8_t *to, size_t len)
{
	for (size_t i = 0; i < len && i < PAD_PERIOD; i++)
		to[i] = pad_byte(i);
	for (size_t done = PAD_PERIOD; done < len; done *= 2)
		memcpy(to + done, to, len - done < done ? len - done : done);
}

/* The sum of @len bytes of padding that begin at an odd place, or not. */
static uint32_t sum_padding(size_t len, bool odd)
{
	uint32_t period = 0, rest = 0;

	for (size_t i = 0; i < PAD_PERIOD; i++) {
		unsigned int v = (i & 1) == odd ? pad_byte(i) << 8 : pad_byte(i);

		period += v;
		if (i < len % PAD_PERIOD)
			rest += v;
	}
	for (size_t n = len / PAD_PERIOD; n; n--)
		rest = fold(rest + period);
	return rest;
}

/* What the checksum of the transport header starts from, and with, if @data. */
static unsigned int transport_sum(const struct frame *frame, bool data)
{
	size_t inside = frame->len - frame->transport, len = inside + frame->pad;
	const uint8_t *ip = frame->data + frame->ip;
	uint32_t sum = frame->v6 ? sum_bytes(0, ip + 8, 32) : sum_bytes(0, ip + 12, 8);

	sum += frame->protocol + (len & 0xffff) + (len >> 16);
	if (!data)
		return fold(sum);
	sum = fold(sum) + fold(sum_bytes(0, frame->data + frame->transport, inside));
	return fold(sum + sum_padding(frame->pad, inside & 1));
}

static void put_ethernet(struct gen *gen, struct frame *frame, int device, bool outwards)
{
	static const uint8_t peer[6] = { 2, 0, 0, 0, 0, 0x99 };
	uint8_t own[6] = { 0x02, 0x00, 0x5e, 0xaa, 0xbb, gen->taps ? below(gen, gen->taps) : 0 };
	static const uint8_t others[][6] = {
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, { 1, 0, 0x5e, 0, 0, 1 },
		{ 0x33, 0x33, 0, 0, 0, 1 }, { 2, 0x11, 0x22, 0, 0, 1 }, { 2, 0, 0, 0, 0, 0x55 },
	};

	if (percent(gen, 70))
		put(frame, outwards ? peer : own, 6);
	else
		put(frame, others[below(gen, ARRAY_SIZE(others))], 6);
	put(frame, outwards ? own : peer, 6);
	for (int tags = percent(gen, 12) ? 1 + below(gen, 2) : 0; tags; tags--) {
		put16(frame, percent(gen, 75) ? 0x8100 : 0x88a8);
		put16(frame, below(gen, 0x10000));
	}
}

static void put_ipv4(struct gen *gen, struct frame *frame, int protocol, size_t payload, int net,
		     bool outwards)
{
	uint8_t ip[20] = { 0x45, percent(gen, 90) ? 0 : below(gen, 256) };
	uint8_t us[4] = { 10, net, 0, 1 }, peer[4] = { 10, net, 0, 2 };

	set16(ip + 2, 20 + payload);
	set16(ip + 4, 0x5654);
	ip[6] = percent(gen, 50) ? 0x40 : 0;
	ip[8] = OUR_TTL;
	ip[9] = protocol;
	memcpy(ip + 12, outwards ? us : peer, 4);
	memcpy(ip + 16, outwards ? peer : us, 4);
	set16(ip + 10, ~fold(sum_bytes(0, ip, 20)));
	frame->ip = frame->len;
	put(frame, ip, 20);
}

static void put_ipv6(struct gen *gen, struct frame *frame, int protocol, size_t payload, int net,
		     bool outwards)
{
	uint8_t ip[40] = { 0x60 };

	set16(ip + 4, payload);
	ip[6] = protocol;
	ip[7] = 64;
	for (int i = 0; i < 2; i++) {
		uint8_t *address = ip + 8 + 16 * i;

		address[0] = 0xfd;
		address[7] = net;
		address[15] = (i == 0) == outwards ? 1 : 2;
	}
	frame->ip = frame->len;
	put(frame, ip, 40);
}

static size_t transport_size(int protocol)
{
	return protocol == 6 ? 20 : 8;
}

/* A @quiet packet is one that the stack doesn't answer. */
static void put_transport(struct gen *gen, struct frame *frame, int protocol, size_t inside,
			  bool outwards, bool quiet)
{
	uint8_t th[20] = {}, data[64];

	set16(th, outwards ? 7777 : 4000 + below(gen, 4));
	set16(th + 2, quiet || percent(gen, 80) ? 7777 : 9);
	if (protocol == 17) {
		set16(th + 4, 8 + inside + frame->pad);
	} else if (protocol == 6) {
		set16(th + 6, 1000);
		th[12] = 0x50;
		th[13] = quiet ? 0x14 : percent(gen, 85) ? 0x10 : below(gen, 256);
		set16(th + 14, 8192);
	} else {
		th[0] = protocol == 1 ? (quiet ? 0 : 8) : 128;
		th[1] = 0;
		set16(th + 2, 0);
		set16(th + 4, 77);
	}
	frame->transport = frame->len;
	frame->protocol = protocol;
	put(frame, th, transport_size(protocol));
	for (size_t i = 0; i < inside; i++)
		data[i] = 'a' + i % 26;
	put(frame, data, inside);
}

static void finish_checksum(struct gen *gen, struct frame *frame)
{
	uint8_t *th = frame->data + frame->transport;
	int at = frame->protocol == 6 ? 16 : frame->protocol == 17 ? 6 : 2;
	unsigned int sum;

	if (percent(gen, 7))
		return;			/* wrong: zero */
	if (frame->protocol == 1)
		sum = fold(fold(transport_sum(frame, true)) + 0xffff -
			   transport_sum(frame, false));
	else
		sum = transport_sum(frame, true);
	sum = ~sum & 0xffff;
	set16(th + at, sum ? sum : 0xffff);
}

static void put_ip(struct gen *gen, struct frame *frame, int protocol, size_t payload, int net,
		   bool outwards)
{
	if (frame->v6)
		put_ipv6(gen, frame, protocol, payload, net, outwards);
	else
		put_ipv4(gen, frame, protocol, payload, net, outwards);
}

/* VXLAN: outer addresses, UDP, then an Ethernet frame with TCP or UDP. */
static void put_tunnel(struct gen *gen, struct frame *frame, int net, size_t inside,
		       bool outwards)
{
	int protocol = percent(gen, 70) ? 6 : 17;
	bool inner6 = percent(gen, 30);
	size_t inner = 14 + (inner6 ? 40 : 20) + transport_size(protocol) + inside + frame->pad;
	uint8_t vxlan[8] = { 8, 0, 0, 0, 0, 0, 1 };

	frame->tunnel = true;
	put_ip(gen, frame, 17, 16 + inner, net, outwards);
	frame->outer_transport = frame->len;
	put16(frame, 5000);
	put16(frame, 4789);
	put16(frame, 16 + inner);
	put16(frame, 0);
	put(frame, vxlan, 8);
	put(frame, "\x02\0\0\0\0\x0b\x02\0\0\0\0\x0a", 12);
	put16(frame, inner6 ? 0x86dd : 0x0800);
	frame->v6 = inner6;
	put_ip(gen, frame, protocol, inner - 14 - (inner6 ? 40 : 20), net + 100, outwards);
	frame->inner_ip = frame->ip;
	put_transport(gen, frame, protocol, inside, outwards, false);
}

static void put_arp(struct gen *gen, struct frame *frame, int net)
{
	uint8_t arp[28] = { 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 0x99, 10, net, 0, 2,
			    0, 0, 0, 0, 0, 0, 10, net, 0, 1 };

	arp[7] = percent(gen, 80) ? 1 : 2;
	put(frame, arp, sizeof(arp));
}

void frame_make(struct gen *gen, struct frame *frame, bool tap, int device, bool outwards,
		size_t pad)
{
	static const uint16_t types[] = { 0x0800, 0x86dd, 0x0806, 0x88cc, 0x0042, 0x9999 };
	/* An answer to the first packet of a flow may take another queue: F5.45. */
	bool quiet = gen->device[device].mq && percent(gen, 97);
	size_t inside = below(gen, 41);
	int protocol;

	*frame = (struct frame){ .ip = -1, .transport = -1, .pad = pad };
	frame->v6 = percent(gen, 25);
	frame->ethertype = frame->v6 ? 0x86dd : 0x0800;
	if (tap)
		put_ethernet(gen, frame, device, outwards);
	if (percent(gen, 7)) {
		uint8_t junk[40];

		frame->ethertype = types[below(gen, ARRAY_SIZE(types))];
		for (size_t i = 0; i < sizeof(junk); i++)
			junk[i] = rng_next(&gen->rng);
		if (tap)
			put16(frame, frame->ethertype);
		put(frame, junk, below(gen, sizeof(junk) + 1));
		return;
	}
	if (tap && percent(gen, 5)) {
		put16(frame, 0x0806);
		frame->ethertype = 0x0806;
		put_arp(gen, frame, device);
		return;
	}
	if (tap)
		put16(frame, frame->ethertype);
	if (gen->focus_offload && !quiet && percent(gen, 25)) {
		put_tunnel(gen, frame, device, inside, outwards);
		finish_checksum(gen, frame);
		return;
	}
	protocol = PICK(gen, 17, 17, 17, 6, 6, frame->v6 ? 58 : 1);
	put_ip(gen, frame, protocol, transport_size(protocol) + inside + pad, device, outwards);
	put_transport(gen, frame, protocol, inside, outwards, quiet);
	finish_checksum(gen, frame);
}

/* ---- virtio headers, always of 24 bytes ---- */

static void put_le16(uint8_t *at, unsigned int v)
{
	at[0] = v;
	at[1] = v >> 8;
}

static void random_virtio(struct gen *gen, uint8_t *vh)
{
	vh[0] = percent(gen, 60) ? 1 : below(gen, 16);
	vh[1] = PICK(gen, 0, 1, 3, 4, 5, 0x80, 0x81, 0x84, 0x85, 2, 0x21, 0x41, 0x24, 0x25, 0x20,
		     0x60, 0x61, 0x23);
	put_le16(vh + 2, PICK(gen, 0, 14, 20, 34, 54, 13, 1, 100, 0xffff, below(gen, 200)));
	put_le16(vh + 4, PICK(gen, 0, 1, 7, 8, 100, 1000, 0xffff, 0xfffe));
	put_le16(vh + 6, PICK(gen, 0, 14, 20, 34, 40, 54, 0xffff, 0xfffe, below(gen, 200)));
	put_le16(vh + 8, PICK(gen, 6, 16, 0, 2, 0xffff, below(gen, 100)));
	put_le16(vh + 20, below(gen, 120));
	put_le16(vh + 22, below(gen, 120));
}

/* One field becomes what is at a limit, or next to what it was, or anything. */
static void spoil_virtio(struct gen *gen, const struct frame *frame, uint8_t *vh)
{
	static const uint8_t fields[] = { 0, 1, 2, 2, 2, 4, 6, 8, 20, 22 };
	int at = fields[below(gen, sizeof(fields))];
	bool limit = percent(gen, 50);

	if (limit && at == 2 && percent(gen, 60)) {
		/* within the Ethernet header; the end of a checksum would be beyond it */
		vh[0] = vh[1] = 0;
		put_le16(vh + 2, PICK(gen, 13, 14, 1));
		return;
	}
	if (limit && at == 2)
		put_le16(vh + 2, PICK(gen, frame->len + frame->pad, frame->len + frame->pad + 1,
				      frame->len + frame->pad + 15));
	else if (limit && at == 4)
		put_le16(vh + 4, PICK(gen, 0, 1, 7, 8, 0xffff));
	else if (limit && at == 6)
		put_le16(vh + 6, PICK(gen, 14, 19, 20, 39, 40, frame->len, frame->len - 1));
	else
		vh[at] = percent(gen, 60) ? vh[at] + PICK(gen, 1, -1, 2, -2) : (int)below(gen, 256);
}

/* What kernels before 7.x judge otherwise (F5.24, F5.29; 6.1: F5.27) is rare there. */
static void avoid_old_rules(struct gen *gen, uint8_t *vh)
{
	if (kernel_at_least(7, 0) || percent(gen, 4))
		return;
	vh[1] &= ~(VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4 | VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6);
	if (vh[1])
		vh[0] |= VIRTIO_NET_HDR_F_NEEDS_CSUM;
	if (!kernel_at_least(6, 2) && (vh[1] & 0x7f) == VIRTIO_NET_HDR_GSO_UDP_L4)
		vh[1] = 0;
	if (!kernel_at_least(6, 2) && vh[0] & VIRTIO_NET_HDR_F_NEEDS_CSUM && !vh[7] && vh[6] < 20)
		vh[6] = 20;
}

/* A header that suits the frame; then perhaps one field is spoilt. */
void frame_virtio(struct gen *gen, const struct frame *frame, bool tap, uint8_t *vh, bool write)
{
	int protocol = frame->protocol, gso = 0;
	int offset = protocol == 6 ? 16 : 6;

	memset(vh, 0, 24);
	if (percent(gen, 30) || (frame->transport < 0 && percent(gen, 60)))
		return;
	if (write && percent(gen, 20)) {
		random_virtio(gen, vh);
		avoid_old_rules(gen, vh);
		return;
	}
	if (protocol != 6 && protocol != 17) {
		vh[0] = PICK(gen, 0, 2, 1);
		put_le16(vh + 6, 34);
		put_le16(vh + 8, 2);
		return;
	}
	vh[0] = percent(gen, 85) ? VIRTIO_NET_HDR_F_NEEDS_CSUM : PICK(gen, 0, 2, 4, 3);
	if (percent(gen, 70)) {
		gso = protocol == 17 ? VIRTIO_NET_HDR_GSO_UDP_L4 :
		      frame->v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
		if (protocol == 17 && write && percent(gen, 10))
			gso = VIRTIO_NET_HDR_GSO_UDP;
		if (percent(gen, protocol == 6 ? 15 : 6))
			gso |= VIRTIO_NET_HDR_GSO_ECN;
		put_le16(vh + 4, PICK(gen, 10, 8, 100, 500, 1400, 3));
	}
	if (frame->tunnel && percent(gen, 80)) {
		bool outer6 = frame->data[frame->outer_transport - 40] >> 4 == 6 && frame->ethertype == 0x86dd;

		gso |= outer6 ? VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6 : VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4;
		put_le16(vh + 20, frame->outer_transport);
		put_le16(vh + 22, frame->inner_ip);
		if (percent(gen, 40))
			vh[0] |= VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
	}
	vh[1] = gso;
	put_le16(vh + 2, percent(gen, 80) ? frame->transport + (protocol == 6 ? 20 : 8) : 0);
	put_le16(vh + 6, frame->transport);
	put_le16(vh + 8, offset);
	if (write && percent(gen, 18))
		spoil_virtio(gen, frame, vh);
	if (write)
		avoid_old_rules(gen, vh);
}
