// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host that exists only in this program: it answers ICMP echo requests to
 * every address of the network behind a tun device.
 *
 *	tutorial NODE [pi]
 *
 * It is written the way a first TUN program is: open, TUNSETIFF with a name
 * that the kernel completes, ifconfig, then read and write. Prints the
 * device's name.
 */
#include "tunfile.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

/* RFC 1071 over an even or odd number of bytes. */
static unsigned short checksum(const void *data, size_t len)
{
	const unsigned char *p = data;
	unsigned long sum = 0;

	for (; len > 1; p += 2, len -= 2)
		sum += p[0] << 8 | p[1];
	if (len)
		sum += p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static int make_device(const char *node, int with_pi, char *name)
{
	struct ifreq ifr;
	int fd = open(node, O_RDWR);

	if (fd < 0)
		err(1, "%s", node);
	memset(&ifr, 0, sizeof(ifr));
	ifr.ifr_flags = with_pi ? IFF_TUN : IFF_TUN | IFF_NO_PI;
	strncpy(ifr.ifr_name, "lesson%d", IFNAMSIZ);
	if (ioctl(fd, TUNSETIFF, (void *)&ifr) < 0)
		err(1, "TUNSETIFF");
	strcpy(name, ifr.ifr_name);
	return fd;
}

/* Turns a request into its reply in place; 0 if it is something else. */
static int answer(unsigned char *packet, ssize_t len)
{
	struct iphdr *ip = (struct iphdr *)packet;
	struct icmphdr *icmp;
	uint32_t address;
	ssize_t ip_len;

	if (len < (ssize_t)sizeof(*ip) || ip->version != 4 || ip->protocol != IPPROTO_ICMP)
		return 0;
	ip_len = ip->ihl * 4;
	if (len < ip_len + (ssize_t)sizeof(*icmp))
		return 0;
	icmp = (struct icmphdr *)(packet + ip_len);
	if (icmp->type != ICMP_ECHO)
		return 0;

	address = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = address;
	icmp->type = ICMP_ECHOREPLY;
	icmp->checksum = 0;
	icmp->checksum = checksum(icmp, len - ip_len);
	return 1;
}

int main(int argc, char **argv)
{
	int with_pi = argc > 2 && !strcmp(argv[2], "pi");
	size_t head = with_pi ? sizeof(struct tun_pi) : 0;
	unsigned char buffer[2000];
	char name[IFNAMSIZ], command[100];
	ssize_t len;
	int fd;

	if (argc < 2)
		errx(2, "usage: tutorial NODE [pi]");
	fd = make_device(argv[1], with_pi, name);
	snprintf(command, sizeof(command),
		 "ifconfig %s 10.77.0.1 netmask 255.255.255.0 up", name);
	if (system(command))
		errx(1, "%s: failed", command);
	printf("%s\n", name);
	fflush(stdout);

	while ((len = read(fd, buffer, sizeof(buffer))) > 0)
		if (answer(buffer + head, len - (ssize_t)head) &&
		    write(fd, buffer, len) != len)
			err(1, "write");
	err(1, "read");
}
