// SPDX-License-Identifier: GPL-2.0-only
/*
 * Echo requests, of which each must be answered, and with the same bytes:
 *
 *	ping [-c COUNT] [-s SIZE] [-M do] NETNS ADDRESS[%DEVICE]
 *
 * The next request is sent when the last one was answered, none is repeated;
 * so the number of packets is known, and no time is lost. Prints a line for
 * each answer, with its ttl (IPv4 only).
 */
#include "tunfile.h"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>

#define PATIENCE_MS 20000

static unsigned char request[TUNFILE_PACKET_MAX], reply[TUNFILE_PACKET_MAX];

static uint16_t checksum(const unsigned char *data, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		sum += data[i] << 8 | data[i + 1];
	if (len & 1)
		sum += data[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static size_t build(int family, uint16_t number, size_t size)
{
	struct icmphdr *icmp = (void *)request;	/* ICMPv6's begins alike */
	size_t i;

	memset(icmp, 0, sizeof(*icmp));
	icmp->type = family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
	icmp->un.echo.id = htons(getpid());
	icmp->un.echo.sequence = htons(number);
	for (i = 0; i < size; i++)
		request[sizeof(*icmp) + i] = i + number;
	if (family == AF_INET)
		icmp->checksum = checksum(request, sizeof(*icmp) + size);
	return sizeof(*icmp) + size;
}

/* The answer to @request of @len bytes, or an error that is the end of it. */
static void wait_reply(int fd, int family, uint16_t number, size_t len)
{
	const struct icmphdr *asked = (void *)request;
	struct pollfd pfd = { fd, POLLIN, 0 };
	const struct icmphdr *icmp;
	ssize_t got, at;

	for (;;) {
		if (poll(&pfd, 1, PATIENCE_MS) <= 0)
			errx(1, "request %u is not answered", number);
		got = recv(fd, reply, sizeof(reply), 0);
		if (got < 0)
			err(1, "recv");
		at = family == AF_INET ? (reply[0] & 15) * 4 : 0;
		icmp = (void *)(reply + at);
		if (got < at + (ssize_t)sizeof(*icmp))
			continue;
		if (family == AF_INET && icmp->type == ICMP_DEST_UNREACH)
			errx(1, "destination unreachable, code %u", icmp->code);
		if (icmp->type != (family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) ||
		    icmp->un.echo.id != asked->un.echo.id ||
		    icmp->un.echo.sequence != asked->un.echo.sequence)
			continue;
		if (got - at != (ssize_t)len ||
		    memcmp(icmp + 1, asked + 1, len - sizeof(*icmp)))
			errx(1, "the answer to request %u is not what was sent", number);
		printf("%zd bytes seq=%u", got - at, number);
		if (family == AF_INET)
			printf(" ttl=%u", reply[8]);
		putchar('\n');
		return;
	}
}

static int parse(char *text, struct sockaddr_storage *to)
{
	struct sockaddr_in6 *six = (void *)to;
	struct sockaddr_in *four = (void *)to;
	char *device = strchr(text, '%');

	if (device)
		*device++ = '\0';
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1)
		return four->sin_family = AF_INET;
	if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1)
		errx(2, "%s is no address", text);
	if (device)
		six->sin6_scope_id = if_nametoindex(device);
	return six->sin6_family = AF_INET6;
}

int main(int argc, char **argv)
{
	int opt, count = 3, size = 56, whole = 0, family, fd, i, pmtu = IP_PMTUDISC_DO;
	struct sockaddr_storage to = { 0 };
	size_t len;

	while ((opt = getopt(argc, argv, "c:s:M:")) != -1) {
		if (opt == 'c')
			count = atoi(optarg);
		else if (opt == 's')
			size = atoi(optarg);
		else if (opt == 'M' && !strcmp(optarg, "do"))
			whole = 1;
		else
			return 2;
	}
	if (argc - optind != 2 || size < 0 || size > 65000)
		errx(2, "usage: ping [-c COUNT] [-s SIZE] [-M do] NETNS ADDRESS");
	tunfile_enter(argv[optind]);
	family = parse(argv[optind + 1], &to);
	fd = socket(family, SOCK_RAW, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (fd < 0)
		err(1, "socket");
	if (whole && setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &pmtu, sizeof(pmtu)))
		err(1, "IP_MTU_DISCOVER");
	for (i = 1; i <= count; i++) {
		len = build(family, i, size);
		if (sendto(fd, request, len, 0, (void *)&to,
			   family == AF_INET ? sizeof(struct sockaddr_in) :
			   sizeof(struct sockaddr_in6)) < 0)
			err(1, "sendto");
		wait_reply(fd, family, i, len);
	}
	return 0;
}
