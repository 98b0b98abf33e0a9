// SPDX-License-Identifier: GPL-2.0-only
/* From the kernel to the program: transmit, the fifo and read(). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

static void read_udp(const struct figure *fig, const struct driver *driver)
{
	static char data[BENCH_PACKET_MAX];
	struct port port;
	int source;

	port_open(&port, driver, PORT_TUN, fig);
	source = packet_source();
	while (meter_more(BENCH_CHUNK)) {
		packet_send(source, data, fig->size - BENCH_HEADERS, BENCH_CHUNK);
		io_read(&port, BENCH_CHUNK);
	}
	meter_stop();
	close(source);
	port_close(&port);
}

/* A packet socket that knows no queueing discipline: nothing of a sender and
 * its stack but a copy of its packets.
 */
static int read_open_packet(const struct port *port)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = if_nametoindex(port->name),
	};
	int fd = checked(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0),
			 "AF_PACKET");
	int on = 1;

	checked(bind(fd, (void *)&sll, sizeof(sll)), "bind");
	checked(setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)),
		"PACKET_QDISC_BYPASS");
	return fd;
}

static void read_packet(const struct figure *fig, const struct driver *driver)
{
	static char packet[BENCH_PACKET_MAX];
	struct port port;
	int source;

	port_open(&port, driver, PORT_TUN, fig);
	source = read_open_packet(&port);
	packet_udp(packet, fig->size, BENCH_ADDRESS, BENCH_PEER, BENCH_PORT);
	while (meter_more(BENCH_CHUNK)) {
		packet_send(source, packet, fig->size, BENCH_CHUNK);
		io_read(&port, BENCH_CHUNK);
	}
	meter_stop();
	close(source);
	port_close(&port);
}

static void pktgen_tell(const char *who, const char *format, ...)
{
	char path[64], words[64];
	va_list ap;

	va_start(ap, format);
	vsnprintf(words, sizeof(words) - 1, format, ap);
	va_end(ap);
	strcat(words, "\n");
	snprintf(path, sizeof(path), "/proc/net/pktgen/%s", who);
	put_file(path, words);
}

/* The thread of the first processor sends a chunk of frames for each "start". */
static void pktgen_open(const struct port *port, unsigned int size)
{
	if (shell("modprobe -q pktgen"))
		skip("this kernel has no pktgen");
	tell_modules("pktgen");
	pktgen_tell("kpktgend_0", "add_device %s", port->name);
	pktgen_tell(port->name, "count %d", BENCH_CHUNK);
	pktgen_tell(port->name, "pkt_size %u", size);
	pktgen_tell(port->name, "dst_mac " BENCH_PEER_MAC);
	pktgen_tell(port->name, "dst " BENCH_PEER_TEXT);
}

static unsigned long pktgen_sent(const struct port *port)
{
	unsigned long sent = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/net/pktgen/%s", port->name);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, " pkts-sofar: %lu", &sent) == 1)
			break;
	if (f)
		fclose(f);
	return sent;
}

/* "start" returns when the last frame has been freed: a process for it. Each
 * byte that it reads is an order, and what it writes says that it was done.
 */
static int pktgen_starter(pid_t *pid)
{
	int pair[2];
	char byte;

	checked(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	*pid = start_process();
	if (*pid) {
		close(pair[1]);
		return pair[0];
	}
	close(pair[0]);
	while (read(pair[1], &byte, 1) == 1) {
		pktgen_tell("pgctrl", "start");
		checked(write(pair[1], &byte, 1), "pktgen's starter");
	}
	exit(0);
}

/* Transmit and read() alone: of the generator's code nothing is counted, so it
 * may wait for us.
 */
static void read_pktgen(const struct figure *fig, const struct driver *driver)
{
	struct pollfd pfd = { .events = POLLIN };
	struct port port;
	char byte = 0;
	int starter;
	pid_t pid;

	port_open(&port, driver, PORT_TAP, fig);
	pfd.fd = port.fd;
	pktgen_open(&port, fig->size + ETH_HLEN);
	starter = pktgen_starter(&pid);
	while (meter_more(BENCH_CHUNK)) {
		checked(write(starter, &byte, 1), "pktgen's starter");
		if (checked(poll(&pfd, 1, 10000), "poll") != 1)
			die("pktgen sends nothing");
		do
			usleep(10000);
		while (pktgen_sent(&port) != BENCH_CHUNK);
		io_read(&port, BENCH_CHUNK);
		checked(read(starter, &byte, 1), "pktgen's starter");
	}
	meter_stop();
	end_process(pid);
	close(starter);
	/* Each network namespace that is made while it is there gets its threads. */
	shell("modprobe -q -r pktgen");
	port_close(&port);
}

void read_figures(void)
{
	figure_each_io(read_udp, "udp-read");
	figure_each_io(read_packet, "packet-read");
	figure_each_io(read_pktgen, "pktgen-read");
}
