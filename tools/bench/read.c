// SPDX-License-Identifier: GPL-2.0-only
/* From the kernel to the program: transmit, the fifo and read(). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
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

void read_figures(void)
{
	figure_each_io(read_udp, "udp-read");
	figure_each_io(read_packet, "packet-read");
}
