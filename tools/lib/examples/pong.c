// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole networks that answer to ping, of hosts that don't exist:
 *
 *	pong [-n NODE] NAME ADDRESS/PREFIX...
 *
 * for example pong pong0 10.1.0.0/16 fd00:1::/64, with the device set up and a
 * route to it.
 */
#include <libvtun.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NETWORKS_MAX 16

static struct network {
	int family;
	unsigned int prefix;		/* bits */
	unsigned char address[16];
} networks[NETWORKS_MAX];
static int num_networks;

static void add_network(char *text)
{
	struct network *net = &networks[num_networks];
	char *slash = strchr(text, '/'), *end = NULL;

	if (num_networks == NETWORKS_MAX || !slash)
		errx(2, "%s: not a network, or one too many", text);
	*slash = 0;
	net->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	net->prefix = strtoul(slash + 1, &end, 10);
	if (inet_pton(net->family, text, net->address) != 1 || *end ||
	    net->prefix > (net->family == AF_INET ? 32 : 128))
		errx(2, "%s/%s: not a network", text, slash + 1);
	num_networks++;
}

static bool is_in(const struct network *net, int family, const void *address)
{
	unsigned int bytes = net->prefix / 8, bits = net->prefix % 8;
	const unsigned char *a = address;

	return net->family == family && !memcmp(a, net->address, bytes) &&
	       (!bits || !((a[bytes] ^ net->address[bytes]) >> (8 - bits)));
}

static bool is_ours(int family, const void *address)
{
	int i;

	for (i = 0; i < num_networks; i++)
		if (is_in(&networks[i], family, address))
			return true;
	return false;
}

/* The checksum of a message whose first 16 bits were @was, and are @is. */
static uint16_t sum_again(uint16_t sum, uint16_t was, uint16_t is)
{
	uint32_t n = (uint16_t)~sum + (uint16_t)~was + is;

	n = (n & 0xffff) + (n >> 16);
	return ~(n + (n >> 16));
}

/* Make a whole request the reply to it. Other packets are left alone: false. */
static bool answer4(const struct vtun_packet *packet)
{
	struct iphdr *ip = packet->data;
	struct icmphdr *icmp;
	uint32_t host;

	if (packet->len < sizeof(*ip) || ip->version != 4 || ip->ihl < 5 ||
	    packet->len < ip->ihl * 4 + sizeof(*icmp))
		return false;
	icmp = (void *)((char *)ip + ip->ihl * 4);
	if (ip->protocol != IPPROTO_ICMP || icmp->type != ICMP_ECHO ||
	    ip->frag_off & htons(IP_MF | IP_OFFMASK) ||
	    !is_ours(AF_INET, &ip->daddr))
		return false;
	icmp->type = ICMP_ECHOREPLY;
	icmp->checksum = sum_again(icmp->checksum, htons(ICMP_ECHO << 8), 0);
	host = ip->daddr;
	ip->daddr = ip->saddr;
	ip->saddr = host;
	return true;
}

static bool answer6(const struct vtun_packet *packet)
{
	struct ip6_hdr *ip = packet->data;
	struct icmp6_hdr *icmp = (void *)(ip + 1);
	struct in6_addr host;

	if (packet->len < sizeof(*ip) + sizeof(*icmp) || ip->ip6_vfc >> 4 != 6 ||
	    ip->ip6_nxt != IPPROTO_ICMPV6 || icmp->icmp6_type != ICMP6_ECHO_REQUEST ||
	    !is_ours(AF_INET6, &ip->ip6_dst))
		return false;
	icmp->icmp6_type = ICMP6_ECHO_REPLY;
	icmp->icmp6_cksum = sum_again(icmp->icmp6_cksum, htons(ICMP6_ECHO_REQUEST << 8),
				      htons(ICMP6_ECHO_REPLY << 8));
	host = ip->ip6_dst;
	ip->ip6_dst = ip->ip6_src;
	ip->ip6_src = host;
	return true;
}

/* Replies are no longer than requests, so that all of a batch fit in another. */
static void answer_for_ever(struct vtun_queue *vq)
{
	struct vtun_batch in, out;
	struct vtun_packet packet;
	int ret;

	if (vtun_batch_init(&in, vq, NULL, 0) || vtun_batch_init(&out, vq, NULL, 0))
		err(1, "no memory");
	for (;;) {
		ret = vtun_batch_read(&in, vq);
		if (ret < 0 && ret != -EINTR)
			break;
		while (vtun_batch_next(&in, &packet))
			if (answer4(&packet) || answer6(&packet))
				vtun_batch_put(&out, packet.data, packet.len, NULL);
		do {
			ret = vtun_batch_flush(&out, vq, NULL);
		} while (ret == -EINTR);
		if (ret)
			break;
	}
	errx(1, "%s", vtun_queue_error(vq));
}

int main(int argc, char **argv)
{
	struct vtun_queue_options options = {};
	struct vtun_queue *vq = vtun_queue_alloc();
	int option, i;

	while ((option = getopt(argc, argv, "n:")) == 'n')
		options.node = optarg;
	if (option != -1 || argc < optind + 2)
		errx(2, "usage: pong [-n NODE] NAME ADDRESS/PREFIX...");
	options.name = argv[optind];
	for (i = optind + 1; i < argc; i++)
		add_network(argv[i]);
	if (!vq)
		err(1, "no memory");
	if (vtun_queue_open(vq, &options))
		errx(1, "%s", vtun_queue_error(vq));
	setlinebuf(stdout);
	printf("%s: %s, %s\n", vtun_queue_name(vq), vtun_queue_driver(vq),
	       vtun_queue_has_batch(vq) ? "many packets a call" : "one packet a call");
	puts("ready");
	answer_for_ever(vq);
}
