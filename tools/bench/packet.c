// SPDX-License-Identifier: GPL-2.0-only
/* UDP packets as a program behind a tun device makes them, and their sockets. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "bench.h"

#define PACKET_BURST	64

static uint32_t packet_sum(const void *data, size_t len, uint32_t sum)
{
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	return sum;
}

static uint16_t packet_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* An IPv4 packet of @len bytes in all, its checksums right. */
size_t packet_udp(void *packet, size_t len, uint32_t from, uint32_t to,
		  uint16_t port)
{
	struct iphdr *ip = packet;
	struct udphdr *udp = (void *)(ip + 1);
	size_t rest = len - sizeof(*ip);

	memset(packet, 0, len);
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = htons(len);
	ip->ttl = 64;
	ip->protocol = IPPROTO_UDP;
	ip->saddr = htonl(from);
	ip->daddr = htonl(to);
	ip->check = packet_fold(packet_sum(ip, sizeof(*ip), 0));
	udp->source = htons(port);
	udp->dest = htons(port);
	udp->len = htons(rest);
	udp->check = packet_fold(packet_sum(udp, rest,
					    packet_sum(&ip->saddr, 8,
						       IPPROTO_UDP + rest)));
	return len;
}

struct sockaddr_in packet_address(uint32_t address, uint16_t port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(address),
	};
}

static int packet_socket(uint32_t address)
{
	struct sockaddr_in sin = packet_address(address, BENCH_PORT);
	int fd = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	int size = 64 << 20;

	checked(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)),
		"SO_RCVBUFFORCE");
	checked(setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)),
		"SO_SNDBUFFORCE");
	if (address == BENCH_ADDRESS)
		checked(bind(fd, (void *)&sin, sizeof(sin)), "bind");
	else
		checked(connect(fd, (void *)&sin, sizeof(sin)), "connect");
	return fd;
}

/* A UDP socket that gets what the program writes. */
int packet_sink(void)
{
	return packet_socket(BENCH_ADDRESS);
}

/* A UDP socket whose packets the program reads. */
int packet_source(void)
{
	return packet_socket(BENCH_PEER);
}

/* The same data @n times, by sendmmsg(). */
void packet_send(int source, void *data, size_t len, unsigned int n)
{
	struct iovec iov = { .iov_base = data, .iov_len = len };
	struct mmsghdr msg[PACKET_BURST] = {};
	unsigned int i;

	for (i = 0; i < PACKET_BURST; i++) {
		msg[i].msg_hdr.msg_iov = &iov;
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	for (i = 0; i < n; i += PACKET_BURST)
		if (sendmmsg(source, msg, PACKET_BURST, 0) != PACKET_BURST)
			checked(-1, "sendmmsg");
}
