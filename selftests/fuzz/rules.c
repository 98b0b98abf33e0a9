// SPDX-License-Identifier: GPL-2.0-only
#include "rules.h"

#define FLAG_CSUM	1
#define FLAG_OUTER_CSUM	8
#define GSO_TCP4	1
#define GSO_UFO		3
#define GSO_TCP6	4
#define GSO_UDP		5
#define GSO_TUNNEL4	0x20
#define GSO_TUNNEL6	0x40
#define GSO_TUNNELS	(GSO_TUNNEL4 | GSO_TUNNEL6)
#define GSO_ECN		0x80

struct header {
	unsigned int flags, gso, hdr_len, gso_size, csum_start, csum_offset, outer_th, inner_nh;
};

static unsigned int be16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static unsigned int le16(const u8 *p)
{
	return p[1] << 8 | p[0];
}

size_t rules_header_len(const struct setup *setup)
{
	return (setup->pi ? 4 : 0) + (setup->vnet ? setup->vhsz : 0);
}

unsigned int rules_headroom(const struct setup *setup)
{
	return setup->tap ? 64 + 2 : 64;
}

static struct verdict refuse(int err, enum rules_counter counter)
{
	return (struct verdict){ .err = err, .counter = counter };
}

static bool faults(size_t fault, size_t from, size_t len)
{
	return fault >= from && fault - from < len;
}

/* F5.13, F5.29: x86 is little-endian, unless somebody asked for the other. */
static struct header parse_header(const struct setup *setup, const u8 *p)
{
	bool big = setup->be && !setup->le && !(p[1] & GSO_TUNNELS);
	unsigned int (*get)(const u8 *) = big ? be16 : le16;
	struct header h = { p[0], p[1], get(p + 2), get(p + 4), get(p + 6), get(p + 8) };

	if (setup->vhsz >= 24) {
		h.outer_th = le16(p + 20);
		h.inner_nh = le16(p + 22);
	}
	return h;
}

/* F5.15 */
static unsigned int effective_len(const struct header *h)
{
	unsigned int end = h->csum_start + h->csum_offset + 2;

	if (!(h->flags & FLAG_CSUM))
		return h->hdr_len;
	return (end > h->hdr_len ? end : h->hdr_len) & 0xffff;
}

static unsigned int transport_len(unsigned int type)
{
	switch (type) {
	case GSO_TCP4:
	case GSO_TCP6:
		return 20;
	case GSO_UFO:
	case GSO_UDP:
		return 8;
	}
	return 0;
}

/* F5.24: where the transport header is, or 0. @ip: what it says it is. */
static unsigned int dissect(const struct verdict *v, unsigned int proto, size_t at,
			    unsigned int *ip, unsigned int *protocol)
{
	unsigned int tags = 0;

	while (proto == 0x8100 || proto == 0x88a8) {
		if (tags++ == 14 || v->len < at + 4)
			return 0;
		proto = be16(v->data + at + 2);
		at += 4;
	}
	*ip = proto;
	if (proto == 0x0800 && v->len >= at + 20 && (v->data[at] & 15) >= 5) {
		*protocol = v->data[at + 9];
		return at + 4 * (v->data[at] & 15);
	}
	if (proto == 0x86dd && v->len >= at + 40) {
		*protocol = v->data[at + 6];
		return at + 40;
	}
	return 0;
}

/* F5.24: what is to be dissected, if nothing or 0 is said of it. */
static unsigned int guess_proto(const struct setup *setup, const struct verdict *v,
				unsigned int type)
{
	unsigned int version = v->len ? v->data[0] >> 4 : 0;

	if (setup->tap && be16(v->data + 12))
		return be16(v->data + 12);
	if (!setup->tap && version == 4 && v->len >= 20)
		return 0x0800;
	if (!setup->tap && version == 6 && v->len >= 40)
		return 0x86dd;
	return type == GSO_TCP6 ? 0x86dd : 0x0800;
}

/* F5.24, and what the packet is called from then on. */
static bool find_transport(const struct setup *setup, struct verdict *v, unsigned int type)
{
	unsigned int proto = v->proto, ip = 0, protocol = 0;
	size_t at = setup->tap ? 14 : 0;

	if (setup->tap || !proto)
		proto = guess_proto(setup, v, type);
	v->transport = dissect(v, proto, at, &ip, &protocol);
	if (!v->transport && type == GSO_UFO && proto == 0x0800) {
		proto = 0x86dd;
		v->transport = dissect(v, proto, at, &ip, &protocol);
	}
	if (!setup->tap)
		v->proto = proto;
	if (!v->transport || v->len < v->transport + transport_len(type))
		return false;
	if (type == GSO_TCP4 && ip != 0x0800)
		return false;
	if (type == GSO_TCP6 && ip != 0x86dd)
		return false;
	return protocol == (transport_len(type) == 20 ? 6 : 17);
}

/* F5.21 to F5.23 */
static bool csum_is_right(const struct setup *setup, const struct header *h,
			  const struct verdict *v, unsigned int type)
{
	unsigned int end = h->csum_offset + 2;

	if (end < transport_len(type))
		end = transport_len(type);
	return h->csum_start >= (type == GSO_TCP6 ? 40 : 20) && v->len >= h->csum_start + end &&
	       h->csum_start + rules_headroom(setup) < 65535;
}

/* F5.19, F5.20, F5.26, F5.27 */
static bool gso_is_right(const struct header *h, const struct verdict *v, unsigned int type)
{
	bool csum = h->flags & FLAG_CSUM;

	if (!transport_len(type) || !h->gso_size || h->gso_size == 0xffff)
		return false;
	if (csum && transport_len(type) == 20 && h->csum_offset != 16)
		return false;
	if (type != GSO_UDP)
		return true;
	return csum && h->csum_offset == 6 && !(h->gso & GSO_ECN) &&
	       v->len - h->csum_start - 8 <= 128 * h->gso_size;
}

/* F5.29, F5.30 */
static bool tunnel_is_right(const struct setup *setup, const struct header *h,
			    const struct verdict *v, unsigned int type)
{
	unsigned int outer = 14 + (h->gso & GSO_TUNNEL6 ? 40 : 20), inner = 20;

	if (setup->vhsz < 24 || (h->gso & GSO_TUNNELS) == GSO_TUNNELS)
		return false;
	if (!type || type == GSO_UFO || !(h->flags & FLAG_CSUM))
		return false;
	if (h->outer_th < outer || h->inner_nh < h->outer_th + 8 ||
	    h->csum_start < h->inner_nh + 20)
		return false;
	if (type == GSO_TCP6 || (type == GSO_UDP && v->data[h->inner_nh] >> 4 == 6))
		inner = 40;
	return h->csum_start >= h->inner_nh + inner;
}

/* F5.26, F5.28: whether, and how, it is to be segmented. */
static void set_gso(const struct header *h, struct verdict *v, unsigned int type)
{
	unsigned int size = h->gso_size, payload = v->len - v->transport;

	if (transport_len(type) == 20 && size < 8)
		size = 8;
	if (type != GSO_UFO)
		payload -= transport_len(type);
	if (payload <= size)
		return;
	v->gso_type = h->gso;
	v->gso_size = size;
	if (!(h->gso & GSO_TUNNELS))
		return;
	v->outer_th = h->outer_th;
	v->inner_nh = h->inner_nh;
	v->outer_csum = h->flags & FLAG_OUTER_CSUM;
}

/* F5.18 to F5.32 */
static bool header_is_right(const struct setup *setup, const struct header *h, struct verdict *v)
{
	unsigned int type = h->gso & ~(GSO_ECN | GSO_TUNNELS);
	bool csum = h->flags & FLAG_CSUM;

	if (csum && !csum_is_right(setup, h, v, type))
		return false;
	v->transport = h->csum_start;
	if (h->gso && !csum && (type == GSO_UDP || !find_transport(setup, v, type)))
		return false;
	if (h->gso && !gso_is_right(h, v, type))
		return false;
	if (h->gso & GSO_TUNNELS && !tunnel_is_right(setup, h, v, type))
		return false;
	v->csum = csum;
	v->csum_start = h->csum_start;
	v->csum_offset = h->csum_offset;
	if (h->gso)
		set_gso(h, v, type);
	return true;
}

/* F5.4: the first rule that fails wins. */
struct verdict rules_write(const struct setup *setup, const u8 *bytes, size_t len, size_t fault)
{
	size_t at = 0, wire = setup->vhsz >= 24 ? 24 : 10;
	struct header h = {};
	struct verdict v = {};

	if (setup->pi) {
		if (len < 4)
			return refuse(-EINVAL, COUNT_NOTHING);
		if (faults(fault, 0, 4))
			return refuse(-EFAULT, COUNT_NOTHING);
		v.proto = be16(bytes + 2);
		at = 4;
	}
	if (setup->vnet) {
		if (len - at < setup->vhsz)
			return refuse(-EINVAL, COUNT_NOTHING);
		if (faults(fault, at, wire))
			return refuse(-EFAULT, COUNT_NOTHING);
		h = parse_header(setup, bytes + at);
		if (effective_len(&h) > len - at - wire)
			return refuse(-EINVAL, COUNT_NOTHING);
		at += setup->vhsz;
	}
	v.data = bytes + at;
	v.len = len - at;
	if (setup->tap && v.len < 14)
		return refuse(-EINVAL, COUNT_NOTHING);
	if (setup->tap && effective_len(&h) && effective_len(&h) < 14)
		return refuse(-EINVAL, COUNT_NOTHING);
	if (faults(fault, at, v.len))
		return refuse(-EFAULT, COUNT_DROPPED);
	if (!setup->tap && !setup->pi) {
		if (!v.len || (v.data[0] >> 4 != 4 && v.data[0] >> 4 != 6))
			return refuse(-EINVAL, COUNT_DROPPED);
		v.proto = v.data[0] >> 4 == 4 ? 0x0800 : 0x86dd;
	}
	if (setup->vnet && !header_is_right(setup, &h, &v))
		return refuse(-EINVAL, COUNT_FRAME_ERROR);
	if (setup->down)
		return refuse(-EIO, COUNT_DROPPED);
	if (setup->tap) {
		v.proto = be16(v.data + 12);
		if (v.proto < 0x600)
			v.proto = v.len >= 16 && be16(v.data + 14) == 0xffff ? 1 : 4;
	}
	return v;
}

struct record rules_record(const u8 *bytes, size_t len, size_t fault)
{
	u32 head[2];
	size_t pad, end;

	if (len < 8)
		return (struct record){ -EINVAL };
	if (faults(fault, 0, 8))
		return (struct record){ -EFAULT };
	memcpy(head, bytes, 8);
	end = 8 + (size_t)head[0];
	pad = -end & 7;
	if (head[1] || end + pad > len)
		return (struct record){ -EINVAL };
	if (faults(fault, end, pad))
		return (struct record){ -EFAULT };
	for (size_t i = 0; i < pad; i++)
		if (bytes[end + i])
			return (struct record){ -EINVAL };
	return (struct record){ 0, bytes + 8, head[0], end + pad };
}
