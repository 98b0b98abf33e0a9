// SPDX-License-Identifier: GPL-2.0-only
/* Packets and packet sockets. */
#include "testlib.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

const uint8_t pkt_mac_a[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x0a };
const uint8_t pkt_mac_b[ETH_ALEN] = { 0x02, 0, 0, 0, 0, 0x0b };
const uint8_t pkt_mac_bcast[ETH_ALEN] = { 255, 255, 255, 255, 255, 255 };

static uint32_t pkt_sum(const void *data, size_t len, uint32_t sum)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	return sum;
}

/* In network order; @sum is what was added up before (pseudo header). */
uint16_t pkt_csum(const void *data, size_t len, uint32_t sum)
{
	sum = pkt_sum(data, len, sum);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

size_t pkt_eth(void *buf, const uint8_t *dst, const uint8_t *src, int proto)
{
	struct ethhdr *eth = buf;

	memcpy(eth->h_dest, dst, ETH_ALEN);
	memcpy(eth->h_source, src, ETH_ALEN);
	eth->h_proto = htons(proto);
	return sizeof(*eth);
}

static void pkt_ip4(struct iphdr *ip, uint32_t src, uint32_t dst, int proto,
		    size_t payload)
{
	*ip = (struct iphdr){
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = proto,
		.tot_len = htons(sizeof(*ip) + payload),
		.saddr = htonl(src),
		.daddr = htonl(dst),
	};
	ip->check = pkt_csum(ip, sizeof(*ip), 0);
}

/* Header and data; @sum is that of the pseudo header without the length. */
static size_t pkt_udp(struct udphdr *udp, uint16_t sport, uint16_t dport,
		      const void *data, size_t len, uint32_t sum)
{
	size_t total = sizeof(*udp) + len;

	*udp = (struct udphdr){
		.source = htons(sport),
		.dest = htons(dport),
		.len = htons(total),
	};
	memcpy(udp + 1, data, len);
	udp->check = pkt_csum(udp, total, sum + IPPROTO_UDP + total);
	if (!udp->check)
		udp->check = 0xffff;
	return total;
}

size_t pkt_udp4(void *buf, uint32_t src, uint32_t dst, uint16_t sport,
		uint16_t dport, const void *data, size_t len)
{
	struct iphdr *ip = buf;

	pkt_ip4(ip, src, dst, IPPROTO_UDP, sizeof(struct udphdr) + len);
	return sizeof(*ip) + pkt_udp((struct udphdr *)(ip + 1), sport, dport,
				     data, len, pkt_sum(&ip->saddr, 8, 0));
}

size_t pkt_icmp4(void *buf, uint32_t src, uint32_t dst, uint8_t type,
		 uint16_t id, uint16_t seq, const void *data, size_t len)
{
	struct iphdr *ip = buf;
	struct icmphdr *icmp = (struct icmphdr *)(ip + 1);
	size_t total = sizeof(*icmp) + len;

	pkt_ip4(ip, src, dst, IPPROTO_ICMP, total);
	*icmp = (struct icmphdr){ .type = type };
	icmp->un.echo.id = htons(id);
	icmp->un.echo.sequence = htons(seq);
	memcpy(icmp + 1, data, len);
	icmp->checksum = pkt_csum(icmp, total, 0);
	return sizeof(*ip) + total;
}

size_t pkt_udp6(void *buf, const struct in6_addr *src,
		const struct in6_addr *dst, uint16_t sport, uint16_t dport,
		const void *data, size_t len)
{
	struct ip6_hdr *ip = buf;

	memset(ip, 0, sizeof(*ip));
	ip->ip6_flow = htonl(6U << 28);
	ip->ip6_plen = htons(sizeof(struct udphdr) + len);
	ip->ip6_nxt = IPPROTO_UDP;
	ip->ip6_hlim = 64;
	ip->ip6_src = *src;
	ip->ip6_dst = *dst;
	return sizeof(*ip) + pkt_udp((struct udphdr *)(ip + 1), sport, dport,
				     data, len, pkt_sum(&ip->ip6_src, 32, 0));
}

size_t pkt_numbered(void *buf, bool eth, unsigned int seq, size_t len)
{
	uint8_t data[len ? len : 1];
	size_t i, head = 0;

	for (i = 0; i < len; i++)
		data[i] = i < 4 ? seq >> (8 * i) : (uint8_t)(seq * 7 + i);
	if (eth)
		head = pkt_eth(buf, pkt_mac_b, pkt_mac_a, ETH_P_IP);
	return head + pkt_udp4((uint8_t *)buf + head, 0x0a000000 | seq % 250,
			       0x0a0000ff, 1000 + seq % 60000, 9, data, len);
}

/* ---- packet sockets ---- */

int psock_open(const char *name, int type, int proto)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(proto),
		.sll_ifindex = if_nametoindex(name),
	};
	int fd;

	if (!sll.sll_ifindex)
		return -ENODEV;
	/* bound before it hears anything, so no other device's packets come */
	fd = socket(AF_PACKET, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&sll, sizeof(sll))) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

ssize_t psock_send(int sock, const char *name, int proto, const void *data,
		   size_t len)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(proto),
		.sll_ifindex = if_nametoindex(name),
		.sll_halen = ETH_ALEN,
	};
	ssize_t n;

	/* where a datagram's link header goes; a raw packet brings its own */
	memcpy(sll.sll_addr, pkt_mac_b, ETH_ALEN);
	n = sendto(sock, data, len, MSG_DONTWAIT, (struct sockaddr *)&sll,
		   sizeof(sll));
	return n < 0 ? -errno : n;
}

ssize_t psock_feed(const char *name, bool eth, unsigned int seq, size_t len)
{
	int sock = psock_open(name, SOCK_RAW, 0);
	uint8_t buf[PKT_MAX + 64];
	ssize_t n;

	if (sock < 0)
		return sock;
	n = psock_send(sock, name, ETH_P_IP, buf,
		       pkt_numbered(buf, eth, seq, len));
	close(sock);
	return n;
}

ssize_t psock_recv(int sock, int dir, void *buf, size_t size, int ms)
{
	uint64_t end = now_ms() + ms;
	struct sockaddr_ll sll = {};

	for (;;) {
		socklen_t slen = sizeof(sll);
		uint64_t now = now_ms();
		ssize_t n = recvfrom(sock, buf, size, MSG_DONTWAIT,
				     (struct sockaddr *)&sll, &slen);

		if (n >= 0 && (sll.sll_pkttype == PACKET_OUTGOING) ==
			      (dir == PACKET_OUTGOING))
			return n;
		if (n < 0 && errno != EAGAIN)
			return -errno;
		if (n < 0 && now >= end)
			return -ETIMEDOUT;
		if (n < 0)
			fd_poll(sock, POLLIN, end - now);
	}
}

/* Of no device, so that it hears nothing of theirs that it would stop for. */
int psock_counter(void)
{
	const struct sockaddr_ll all = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int one = 1, err;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
			sizeof(one)) &&
	    !bind(fd, (const struct sockaddr *)&all, sizeof(all)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

long psock_counted(int sock)
{
	struct tpacket_stats stats;
	socklen_t len = sizeof(stats);

	/* tp_packets has those for which there was no room, too */
	if (getsockopt(sock, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
		return -errno;
	return stats.tp_packets;
}
