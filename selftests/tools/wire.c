// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lays wires between devices: what is read at one end is written at the other.
 * Devices are made where they don't exist, and go when this program ends.
 *
 *	wire [-x FILE] NODE FLAGS END END [END END]...
 *
 * END is NETNS:DEVICE, or udp:NETNS:PORT:PEER:PEERPORT for a socket that
 * carries each packet as one datagram. FLAGS are like tap,no_pi. With -x each
 * packet that was read from a device becomes a line "DEVICE hexdigits" in FILE.
 * Prints "ready" when all devices are there.
 */
#include "tunfile.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#define MAX_ENDS 16

static struct pollfd ends[MAX_ENDS];
static char names[MAX_ENDS][64];

static int udp_end(char *text)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	struct sockaddr_in peer = { .sin_family = AF_INET };
	char *netns = strsep(&text, ":");
	char *port = strsep(&text, ":");
	char *address = strsep(&text, ":");
	int fd;

	if (!text || !inet_aton(address, &peer.sin_addr))
		errx(2, "a udp end is udp:NETNS:PORT:PEER:PEERPORT");
	here.sin_port = htons(atoi(port));
	peer.sin_port = htons(atoi(text));
	tunfile_enter(netns);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof(here)) ||
	    connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
		err(1, "udp socket to %s", address);
	return fd;
}

static int device_end(const char *node, short flags, char *text)
{
	char *netns = strsep(&text, ":");
	int fd;

	if (!text)
		errx(2, "an end is NETNS:DEVICE");
	tunfile_enter(netns);
	fd = tunfile_attach(node, flags, text);
	if (fd < 0)
		err(1, "%s in %s", text, netns);
	return fd;
}

static void dump(FILE *out, const char *name, const unsigned char *data, size_t len)
{
	size_t i;

	fprintf(out, "%s ", name);
	for (i = 0; i < len; i++)
		fprintf(out, "%02x", data[i]);
	fputc('\n', out);
	fflush(out);
}

/*
 * A device that is down refuses the packet, a full or unreachable peer too.
 * That is loss, as on any wire.
 */
static void copy_packet(int from, FILE *out)
{
	static unsigned char packet[TUNFILE_PACKET_MAX];
	ssize_t len = read(ends[from].fd, packet, sizeof(packet));

	if (len < 0) {
		if (errno == EAGAIN || errno == ECONNREFUSED)
			return;
		err(1, "read from %s", names[from]);
	}
	if (out && strncmp(names[from], "udp:", 4))
		dump(out, strchr(names[from], ':') + 1, packet, len);
	if (write(ends[from ^ 1].fd, packet, len) < 0 && errno != EIO &&
	    errno != EAGAIN && errno != ECONNREFUSED && errno != ENETUNREACH &&
	    errno != EHOSTUNREACH && errno != EMSGSIZE && errno != ENOBUFS)
		err(1, "write to %s", names[from ^ 1]);
}

int main(int argc, char **argv)
{
	FILE *out = NULL;
	short flags;
	int i, n, opt;

	while ((opt = getopt(argc, argv, "x:")) != -1) {
		if (opt != 'x')
			return 2;
		out = fopen(optarg, "w");
		if (!out)
			err(1, "%s", optarg);
	}
	argv += optind;
	n = argc - optind - 2;
	if (n < 2 || n % 2 || n > MAX_ENDS)
		errx(2, "usage: wire [-x FILE] NODE FLAGS END END...");
	flags = tunfile_flags(argv[1]);
	for (i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "%s", argv[2 + i]);
		if (!strncmp(argv[2 + i], "udp:", 4))
			ends[i].fd = udp_end(argv[2 + i] + 4);
		else
			ends[i].fd = device_end(argv[0], flags, argv[2 + i]);
		ends[i].events = POLLIN;
		if (fcntl(ends[i].fd, F_SETFL, O_NONBLOCK))
			err(1, "O_NONBLOCK");
	}
	puts("ready");
	fflush(stdout);
	while (poll(ends, n, -1) >= 0)
		for (i = 0; i < n; i++)
			if (ends[i].revents)
				copy_packet(i, out);
	err(1, "poll");
}
