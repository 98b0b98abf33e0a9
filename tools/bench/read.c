// SPDX-License-Identifier: GPL-2.0-only
/* From the kernel to the program: transmit, the fifo and read(). */
#define _GNU_SOURCE
#include <stdio.h>
#include <unistd.h>

#include "bench.h"

static void read_udp(const struct figure *fig, const struct driver *driver)
{
	struct port port;
	int source;

	port_open(&port, driver, PORT_TUN, fig);
	source = packet_source();
	while (meter_more(BENCH_CHUNK)) {
		packet_send(source, fig->size, BENCH_CHUNK);
		io_read(&port, BENCH_CHUNK);
	}
	meter_stop();
	close(source);
	port_close(&port);
}

static void read_tell(const char *whom, const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/net/pktgen/%s", whom);
	put_file(path, what);
}

/* The kernel's packet generator: nothing of a sender but its packets. */
static void read_pktgen(const struct figure *fig, const struct driver *driver)
{
	struct port port;
	char word[64];

	if (access("/proc/net/pktgen/kpktgend_0", F_OK))
		skip("this kernel has no pktgen");
	port_open(&port, driver, PORT_TAP, fig);
	snprintf(word, sizeof(word), "add_device %s", port.name);
	read_tell("kpktgend_0", word);
	snprintf(word, sizeof(word), "count %u", BENCH_CHUNK);
	read_tell(port.name, word);
	snprintf(word, sizeof(word), "pkt_size %u", fig->size + 14);
	read_tell(port.name, word);
	read_tell(port.name, "dst_mac 02:00:00:00:00:01");
	read_tell(port.name, "dst 10.1.0.2");
	while (meter_more(BENCH_CHUNK)) {
		read_tell("pgctrl", "start\n");
		io_read(&port, BENCH_CHUNK);
	}
	meter_stop();
	read_tell("kpktgend_0", "rem_device_all");
	port_close(&port);
}

void read_figures(void)
{
	figure_each_io(read_udp, "udp-read");
	figure_each_io(read_pktgen, "pktgen-read");
}
