// SPDX-License-Identifier: GPL-2.0-only
/* From the program to the kernel: write(), and where the stack puts it. */
#define _GNU_SOURCE
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

static void write_loop(struct port *port, const struct figure *fig, int sink)
{
	static char packet[BENCH_PACKET_MAX], back[BENCH_PACKET_MAX];
	size_t len = packet_udp(packet, fig->size, BENCH_PEER, BENCH_ADDRESS,
				BENCH_PORT);
	unsigned int i;

	while (meter_more(BENCH_CHUNK)) {
		io_write(port, packet, len, BENCH_CHUNK);
		for (i = 0; sink >= 0 && i < BENCH_CHUNK; i++)
			if (recv(sink, back, sizeof(back), MSG_DONTWAIT) < 0)
				checked(-1, "recv");
	}
	meter_stop();
}

/* A filter of the stack drops the packet at once: the least that it can do. */
static void write_drop(const struct figure *fig, const struct driver *driver)
{
	struct port port;

	port_open(&port, driver, PORT_TUN, fig);
	if (shell("tc qdisc add dev %s clsact 2>/dev/null && tc filter add dev %s ingress matchall action drop 2>/dev/null",
		  port.name, port.name))
		skip("no matchall in this kernel");
	write_loop(&port, fig, -1);
	port_close(&port);
}

static void write_socket(const struct figure *fig, const struct driver *driver)
{
	struct port port;
	int sink;

	port_open(&port, driver, PORT_TUN, fig);
	sink = packet_sink();
	write_loop(&port, fig, sink);
	close(sink);
	port_close(&port);
}

static void write_xdp(const struct figure *fig, const struct driver *driver)
{
	static char packet[BENCH_PACKET_MAX] = "\2\0\0\0\0\1\2\0\0\0\0\2\10";
	struct port port;
	int link;

	port_open(&port, driver, PORT_TAP, fig);
	link = bpf_attach_drop(port.name);
	packet_udp(packet + 14, fig->size, BENCH_PEER, BENCH_ADDRESS, BENCH_PORT);
	while (meter_more(BENCH_CHUNK))
		io_write(&port, packet, 14 + fig->size, BENCH_CHUNK);
	meter_stop();
	close(link);
	port_close(&port);
}

void write_figures(void)
{
	figure_each_io(write_drop, "write-drop");
	figure_each_io(write_socket, "write-socket");
	figure_each_io(write_xdp, "write-xdp");
}
