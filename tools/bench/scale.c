// SPDX-License-Identifier: GPL-2.0-only
/* Curves: what a packet costs as queues, devices and flows grow in number. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define SCALE_MAX	1000
#define SCALE_SIZE	64

static struct port scale_ports[SCALE_MAX];
static char scale_packets[SCALE_MAX][SCALE_SIZE];
static int scale_sockets[SCALE_MAX];
static char scale_buffer[2048];

static void scale_prepare(void)
{
	struct rlimit limit = { 2 * SCALE_MAX + 64, 2 * SCALE_MAX + 64 };

	checked(setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
	net_quiet();
}

static void scale_open(struct port *port, const struct driver *driver,
		       const char *name, int flags)
{
	port_open_flags(port, driver, name, flags | IFF_TUN | IFF_NO_PI);
	checked(fcntl(port->fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
}

static void scale_write(struct port *port, const char *packet)
{
	if (write(port->fd, packet, SCALE_SIZE) != SCALE_SIZE)
		checked(-1, "write");
}

static void scale_send(unsigned int flow)
{
	checked(send(scale_sockets[flow], scale_buffer,
		     SCALE_SIZE - BENCH_HEADERS, 0), "send");
}

/* What was sent comes by the queue through which its flow was written. */
static void scale_read(struct port *port)
{
	checked(read(port->fd, scale_buffer, sizeof(scale_buffer)), "read");
}

/* One end of a flow, whose other end is the program; nothing that is written
 * gets further than its filter.
 */
static int scale_socket(uint16_t port)
{
	struct sockaddr_in here = packet_address(BENCH_ADDRESS, port);
	struct sockaddr_in peer = packet_address(BENCH_PEER, port);
	struct sock_filter none = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog prog = { .len = 1, .filter = &none };
	int fd = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
			 "socket");

	checked(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			   sizeof(prog)), "SO_ATTACH_FILTER");
	checked(bind(fd, (void *)&here, sizeof(here)), "bind");
	checked(connect(fd, (void *)&peer, sizeof(peer)), "connect");
	return fd;
}

/* After the device has its address. */
static void scale_open_flows(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		scale_sockets[i] = scale_socket(BENCH_PORT + i);
		packet_udp(scale_packets[i], SCALE_SIZE, BENCH_PEER,
			   BENCH_ADDRESS, BENCH_PORT + i);
	}
}

/* One device, a queue for each: each queue has its flow, in both directions. */
static void scale_queues(const struct figure *fig, const struct driver *driver)
{
	unsigned int i, next = 0;

	scale_prepare();
	for (i = 0; i < fig->n; i++)
		scale_open(&scale_ports[i], driver, "bench0", IFF_MULTI_QUEUE);
	port_up("bench0", BENCH_ADDRESS);
	scale_open_flows(fig->n);
	while (meter_more(2 * BENCH_CHUNK)) {
		for (i = 0; i < BENCH_CHUNK; i++) {
			scale_write(&scale_ports[next], scale_packets[next]);
			scale_send(next);
			scale_read(&scale_ports[next]);
			next = (next + 1) % fig->n;
		}
	}
	meter_stop();
}

/* Each device written to in its turn. */
static void scale_devices(const struct figure *fig, const struct driver *driver)
{
	unsigned int i, next = 0;
	char name[16];

	scale_prepare();
	for (i = 0; i < fig->n; i++) {
		snprintf(name, sizeof(name), "bench%u", i);
		scale_open(&scale_ports[i], driver, name, 0);
		port_up(name, 0);
	}
	/* Without an address the stack drops it where it looks for a route. */
	packet_udp(scale_packets[0], SCALE_SIZE, BENCH_PEER, BENCH_ADDRESS,
		   BENCH_PORT);
	while (meter_more(BENCH_CHUNK)) {
		for (i = 0; i < BENCH_CHUNK; i++) {
			scale_write(&scale_ports[next], scale_packets[0]);
			next = (next + 1) % fig->n;
		}
	}
	meter_stop();
}

/* A device of two queues, which learns which flow is whose from what is
 * written, and looks it up for what is sent.
 */
static void scale_flows(const struct figure *fig, const struct driver *driver)
{
	unsigned int i, flow = 0;
	int q;

	scale_prepare();
	for (q = 0; q < 2; q++)
		scale_open(&scale_ports[q], driver, "bench0", IFF_MULTI_QUEUE);
	port_up("bench0", BENCH_ADDRESS);
	scale_open_flows(fig->n);
	while (meter_more(2 * BENCH_CHUNK)) {
		for (i = 0; i < BENCH_CHUNK; i++) {
			scale_write(&scale_ports[flow % 2], scale_packets[flow]);
			scale_send(flow);
			scale_read(&scale_ports[flow % 2]);
			flow = (flow + 1) % fig->n;
		}
	}
	meter_stop();
}

static void scale_add(figure_run *run, const char *what, unsigned int n)
{
	struct figure *fig = figure_add(run, "scale-%s/%u", what, n);

	fig->n = n;
}

void scale_figures(void)
{
	unsigned int n;

	for (n = 1; n <= SCALE_MAX; n *= 10) {
		/* No device has more queues. */
		scale_add(scale_queues, "queues", n < 256 ? n : 256);
		scale_add(scale_devices, "devices", n);
		scale_add(scale_flows, "flows", n);
	}
}
