// SPDX-License-Identifier: GPL-2.0-only
/* TCP and UDP packets with whole and unfinished checksums. */
#include "testlib_vnet.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

uint8_t vnet_byte(uint32_t pos)
{
	return pos ^ pos >> 8 ^ pos * 31 >> 5;
}

bool vnet_data_ok(const void *data, size_t len, uint32_t pos)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		if (p[i] != vnet_byte(pos + i))
			return false;
	return true;
}

static void vnet_put_ip6(uint32_t addr, void *out)
{
	const uint32_t last = htonl(addr);

	memset(out, 0, 16);
	*(uint8_t *)out = 0xfd;
	memcpy((uint8_t *)out + 12, &last, sizeof(last));
}

/* The IP header alone: its length. */
static size_t vnet_put_ip(void *buf, const struct vnet_spec *spec, size_t len)
{
	uint32_t src = spec->src ?: VNET_FAR, dst = spec->dst ?: VNET_NEAR;
	struct ip6_hdr *ip6 = buf;
	struct iphdr *ip = buf;

	if (spec->ip6) {
		memset(ip6, 0, sizeof(*ip6));
		ip6->ip6_flow = htonl(6U << 28);
		ip6->ip6_plen = htons(len);
		ip6->ip6_nxt = spec->proto;
		ip6->ip6_hlim = 64;
		vnet_put_ip6(src, &ip6->ip6_src);
		vnet_put_ip6(dst, &ip6->ip6_dst);
		return sizeof(*ip6);
	}
	*ip = (struct iphdr){
		.version = 4, .ihl = 5, .ttl = 64, .protocol = spec->proto,
		.tot_len = htons(sizeof(*ip) + len), .frag_off = htons(IP_DF),
		.saddr = htonl(src), .daddr = htonl(dst),
	};
	ip->check = pkt_csum(ip, sizeof(*ip), 0);
	return sizeof(*ip);
}

/* Sum of the pseudo header of what follows the IP header at @l3. */
static uint32_t vnet_pseudo(const uint8_t *l3, int proto, size_t len)
{
	bool ip6 = *l3 >> 4 == 6;
	uint16_t folded = pkt_csum(l3 + (ip6 ? 8 : 12), ip6 ? 32 : 8,
				   proto + len);

	return (uint16_t)~ntohs(folded);
}

static size_t vnet_csum_offset(int proto)
{
	return proto == IPPROTO_TCP ? offsetof(struct tcphdr, check) :
				      offsetof(struct udphdr, check);
}

void vnet_build(struct vnet_pkt *p, const struct vnet_spec *spec)
{
	bool is_tcp = spec->proto == IPPROTO_TCP;
	size_t l4_len = is_tcp ? sizeof(struct tcphdr) : sizeof(struct udphdr);
	uint16_t sport = htons(spec->sport ?: 1000);
	uint16_t dport = htons(spec->dport ?: 2000);
	size_t i, at = 0, len = l4_len + spec->len;
	uint16_t check;

	memset(p, 0, offsetof(struct vnet_pkt, buf));
	p->proto = spec->ip6 ? ETH_P_IPV6 : ETH_P_IP;
	if (spec->eth)
		at = pkt_eth(p->buf, pkt_mac_b, pkt_mac_a, p->proto);
	p->l3 = at;
	p->l4 = at + vnet_put_ip(p->buf + at, spec, len);
	p->data = p->l4 + l4_len;
	p->len = p->data + spec->len;
	if (is_tcp) {
		struct tcphdr tcp = {
			.source = sport, .dest = dport, .doff = 5,
			.seq = htonl(spec->seq), .ack_seq = htonl(spec->ack),
			.window = htons(0xffff),
		};

		tcp.th_flags = spec->tcp_flags ?: TH_ACK;
		memcpy(p->buf + p->l4, &tcp, sizeof(tcp));
	} else {
		struct udphdr udp = {
			.source = sport, .dest = dport, .len = htons(len),
		};

		memcpy(p->buf + p->l4, &udp, sizeof(udp));
	}
	for (i = 0; i < spec->len; i++)
		p->buf[p->data + i] = vnet_byte(spec->seq + i);
	check = pkt_csum(p->buf + p->l4, len,
			 vnet_pseudo(p->buf + p->l3, spec->proto, len));
	memcpy(p->buf + p->l4 + vnet_csum_offset(spec->proto), &check, 2);
}

void vnet_partial(struct vnet_pkt *p)
{
	bool ip6 = p->buf[p->l3] >> 4 == 6;
	int proto = p->buf[p->l3 + (ip6 ? 6 : 9)];
	uint16_t sum = htons(vnet_pseudo(p->buf + p->l3, proto,
					 p->len - p->l4));

	memcpy(p->buf + p->l4 + vnet_csum_offset(proto), &sum, sizeof(sum));
	p->hdr.flags |= VIRTIO_NET_HDR_F_NEEDS_CSUM;
	p->hdr.csum_start = p->l4;
	p->hdr.csum_offset = vnet_csum_offset(proto);
}

void vnet_gso(struct vnet_pkt *p, int type, int size)
{
	vnet_partial(p);
	p->hdr.gso_type = type;
	p->hdr.gso_size = size;
	p->hdr.hdr_len = p->data;
}

void vnet_complete(struct vnet_pkt *p)
{
	size_t start = p->hdr.csum_start, at = start + p->hdr.csum_offset;
	uint16_t sum;

	if (!(p->hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return;
	sum = pkt_csum(p->buf + start, p->len - start, 0);
	/* UDP says "no checksum" by a 0 */
	if (!sum && p->hdr.csum_offset == offsetof(struct udphdr, check))
		sum = 0xffff;
	memcpy(p->buf + at, &sum, sizeof(sum));
}

/* The transport header and its checksum, which begin at @l4. */
static int vnet_parse_l4(const uint8_t *l3, const uint8_t *l4, size_t len,
			 struct vnet_seen *seen)
{
	uint32_t pseudo = vnet_pseudo(l3, seen->proto, len);
	uint16_t check;

	if (seen->proto == IPPROTO_TCP) {
		struct tcphdr tcp;

		if (len < sizeof(tcp))
			return -EPROTO;
		memcpy(&tcp, l4, sizeof(tcp));
		seen->seq = ntohl(tcp.seq);
		seen->tcp_flags = tcp.th_flags;
		seen->data_len = len - 4 * tcp.doff;
		if (len < 4U * tcp.doff)
			return -EPROTO;
	} else {
		struct udphdr udp;

		if (len < sizeof(udp))
			return -EPROTO;
		memcpy(&udp, l4, sizeof(udp));
		if (ntohs(udp.len) != len)
			return -EPROTO;
		seen->data_len = len - sizeof(udp);
	}
	memcpy(&seen->sport, l4, 2);
	memcpy(&seen->dport, l4 + 2, 2);
	seen->sport = ntohs(seen->sport);
	seen->dport = ntohs(seen->dport);
	memcpy(&check, l4 + vnet_csum_offset(seen->proto), 2);
	seen->partial = ntohs(check) == pseudo;
	/* a right checksum makes the sum of everything come out as 0 */
	return seen->partial || !pkt_csum(l4, len, pseudo) ? 0 : -EBADMSG;
}

int vnet_parse(const void *frame, size_t len, bool eth, struct vnet_seen *seen)
{
	const uint8_t *l3 = (const uint8_t *)frame + (eth ? ETH_HLEN : 0);
	size_t total, l3_len;
	int err;

	memset(seen, 0, sizeof(*seen));
	if (len <= (eth ? ETH_HLEN : 0U))
		return -EPROTO;
	seen->ip6 = *l3 >> 4 == 6;
	if (len < (eth ? ETH_HLEN : 0) + (seen->ip6 ? 40U : 20U))
		return -EPROTO;
	seen->proto = l3[seen->ip6 ? 6 : 9];
	l3_len = seen->ip6 ? sizeof(struct ip6_hdr) : 4 * (*l3 & 15);
	total = seen->ip6 ? l3_len + (l3[4] << 8 | l3[5]) : l3[2] << 8 | l3[3];
	if (total != len - (eth ? ETH_HLEN : 0) || total < l3_len)
		return -EPROTO;
	if (!seen->ip6 && pkt_csum(l3, l3_len, 0))
		return -EBADMSG;
	if (seen->proto != IPPROTO_TCP && seen->proto != IPPROTO_UDP)
		return -EPROTONOSUPPORT;
	err = vnet_parse_l4(l3, l3 + l3_len, total - l3_len, seen);
	seen->data = len - seen->data_len;
	return err;
}

ssize_t vnet_crossed(int ps)
{
	static uint8_t buf[VNET_PKT_MAX];
	ssize_t most = 0, n;

	while ((n = psock_recv(ps, PACKET_OUTGOING, buf, sizeof(buf), 0)) >= 0)
		most = n > most ? n : most;
	return most;
}
