// SPDX-License-Identifier: GPL-2.0-only
/* What a program feels beside throughput: loss under bursts, and delay. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define DELAY_BURSTS	10
#define DELAY_PINGS	1000
/* Half of the bytes that the sender's socket may have on the way: fewer packets
 * than a qdisc holds.
 */
#define DELAY_ROOM	100000

static char delay_packet[BENCH_PACKET_MAX];

/* A reader that sleeps until there is something; counts what it reads. */
static void delay_read_all(struct port *port, volatile uint64_t *counter)
{
	struct pollfd pfd = { .fd = port->fd, .events = POLLIN };

	for (;;) {
		checked(poll(&pfd, 1, -1), "poll");
		while (read(port->fd, delay_packet, sizeof(delay_packet)) > 0)
			(*counter)++;
	}
}

/* Until the reader has had nothing new for a while: what is missing is lost. */
static void delay_settle(const volatile uint64_t *counter)
{
	uint64_t last;

	do {
		last = *counter;
		usleep(50000);
	} while (*counter != last);
}

/* Bursts of UDP packets to a reader that is asleep when they come. */
static void delay_burst(const struct figure *fig, const struct driver *driver)
{
	volatile uint64_t *counter = shared_memory(sizeof(*counter));
	static char data[BENCH_PACKET_MAX];
	const int room = DELAY_ROOM;
	struct port port;
	unsigned int i;
	int source, burst;
	pid_t reader;

	port_open(&port, driver, PORT_TUN, fig);
	source = packet_source();
	/* A sender whose packets wait has to wait, too. */
	checked(setsockopt(source, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)),
		"SO_SNDBUF");
	reader = start_process();
	if (!reader)
		delay_read_all(&port, counter);
	for (burst = 0; burst < DELAY_BURSTS; burst++) {
		for (i = 0; i < fig->n; i++)
			if (send(source, data, fig->size - BENCH_HEADERS, 0) < 0 &&
			    errno != ENOBUFS)
				checked(-1, "send");
		delay_settle(counter);
	}
	meter_value(100 - 100.0 * *counter / (DELAY_BURSTS * fig->n), "%lost");
	end_process(reader);
	port_close(&port);
}

/* The program behind the device: each packet goes back to its sender. */
static void delay_answer(struct port *port)
{
	struct pollfd pfd = { .fd = port->fd, .events = POLLIN };
	char address[4];
	ssize_t len;

	for (;;) {
		checked(poll(&pfd, 1, -1), "poll");
		len = read(port->fd, delay_packet, sizeof(delay_packet));
		if (len < BENCH_HEADERS)
			continue;
		/* Neither checksum minds who is source and who destination. */
		memcpy(address, delay_packet + 12, 4);
		memcpy(delay_packet + 12, delay_packet + 16, 4);
		memcpy(delay_packet + 16, address, 4);
		memcpy(address, delay_packet + 20, 2);
		memcpy(delay_packet + 20, delay_packet + 22, 2);
		memcpy(delay_packet + 22, address, 2);
		checked(write(port->fd, delay_packet, len), "write");
	}
}

/* A socket's packet, the program that was asleep, and its answer. */
static void delay_pingpong(const struct figure *fig, const struct driver *driver)
{
	static double took[DELAY_PINGS];
	static char data[BENCH_PACKET_MAX];
	struct port port;
	pid_t answerer;
	double since;
	int i, source;

	port_open(&port, driver, PORT_TUN, fig);
	source = packet_source();
	answerer = start_process();
	if (!answerer)
		delay_answer(&port);
	for (i = 0; i < DELAY_PINGS; i++) {
		since = meter_now();
		checked(send(source, data, fig->size - BENCH_HEADERS, 0), "send");
		checked(recv(source, data, sizeof(data), 0), "recv");
		took[i] = meter_now() - since;
	}
	meter_times(took, DELAY_PINGS, 1e6, "us");
	end_process(answerer);
	port_close(&port);
}

void delay_figures(void)
{
	static const unsigned int bursts[] = { 250, 1000, 4000 };
	static const struct method methods[] = {
		{ .name = "plain" },
		{ .name = "pressure", .pressure = true },
	};
	struct figure *fig;
	unsigned int i;

	for (i = 0; i < 6; i++) {
		fig = figure_add(delay_burst, "burst-loss/%u/%s", bursts[i / 2],
				 methods[i % 2].name);
		fig->method = &methods[i % 2];
		fig->n = bursts[i / 2];
		fig->size = 512;
	}
	fig = figure_add(delay_pingpong, "ping-pong");
	fig->size = 64;
}
