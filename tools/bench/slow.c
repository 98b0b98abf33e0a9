// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that is slower than the stack, as before a slow link: what TCP
 * gets through it, and how long a small packet waits behind that.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

/* TCP needs a while to fill what there is to fill, and pings are few. */
#define SLOW_SECONDS	(6 * meter_seconds)
#define SLOW_BEFORE	(2 * meter_seconds)
#define SLOW_PORT	(BENCH_PORT + 1)
#define SLOW_PINGS	4096
#define SLOW_PAUSE	10000	/* microseconds between two */

struct slow_pings {
	unsigned int n;
	double took[SLOW_PINGS];
};

static int slow_socket(uint32_t address)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(SLOW_PORT),
		.sin_addr.s_addr = htonl(address),
	};
	int fd = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");

	if (address == INADDR_ANY)
		checked(bind(fd, (void *)&sin, sizeof(sin)), "bind");
	else
		checked(connect(fd, (void *)&sin, sizeof(sin)), "connect");
	return fd;
}

static void slow_answer(void)
{
	int fd = slow_socket(INADDR_ANY);
	struct sockaddr_in from;
	socklen_t len;
	double sent;

	for (;;) {
		len = sizeof(from);
		checked(recvfrom(fd, &sent, sizeof(sent), 0, (void *)&from, &len),
			"recvfrom");
		checked(sendto(fd, &sent, sizeof(sent), 0, (void *)&from, len),
			"sendto");
	}
}

/* Whoever is lost isn't waited for. */
static void slow_ping(struct slow_pings *pings)
{
	int fd = slow_socket(BENCH_PEER);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	double sent;

	for (;;) {
		sent = meter_now();
		send(fd, &sent, sizeof(sent), 0);
		if (checked(poll(&pfd, 1, SLOW_PAUSE / 1000), "poll"))
			while (pings->n < SLOW_PINGS &&
			       recv(fd, &sent, sizeof(sent), MSG_DONTWAIT) > 0)
				pings->took[pings->n++] = meter_now() - sent;
		usleep(SLOW_PAUSE);
	}
}

static int slow_by_value(const void *a, const void *b)
{
	double one = *(const double *)a, two = *(const double *)b;

	return (one > two) - (one < two);
}

static void slow_tell(struct slow_pings *pings)
{
	if (!pings->n)
		die("no ping came back");
	qsort(pings->took, pings->n, sizeof(*pings->took), slow_by_value);
	meter_named("p50", pings->took[pings->n / 2] * 1e3, "ms");
	meter_named("p99", pings->took[pings->n * 99 / 100] * 1e3, "ms");
}

static pid_t slow_start_sender(const struct forward *forward,
			       unsigned int streams)
{
	pid_t pid = start_process();

	if (pid)
		return pid;
	forward_go_there(forward);
	stream_send(streams);
	exit(0);
}

static pid_t slow_start_pings(const struct forward *forward,
			      struct slow_pings *pings)
{
	pid_t pid = start_process();

	if (pid)
		return pid;
	forward_go_there(forward);
	slow_ping(pings);
	exit(0);
}

static void slow_forward(const struct figure *fig, const struct driver *driver)
{
	struct slow_pings *pings = shared_memory(sizeof(*pings));
	pid_t sender, pinger, answerer;
	struct forward forward;
	struct pollfd pfd[STREAMS_MAX];
	int listener;

	forward_start(&forward, fig, driver, true);
	listener = stream_listen();
	answerer = start_process();
	if (!answerer)
		slow_answer();
	sender = slow_start_sender(&forward, fig->n);
	stream_accept(listener, pfd, fig->n);
	stream_receive(pfd, fig->n, SLOW_BEFORE);
	pinger = slow_start_pings(&forward, pings);
	meter_named("rate", stream_receive(pfd, fig->n, SLOW_SECONDS) / 1024 /
		    SLOW_SECONDS, "KiB/s");
	end_process(pinger);
	slow_tell(pings);
	end_process(sender);
	end_process(answerer);
	forward_end(&forward);
}

void slow_figures(void)
{
	static const struct method methods[] = {
		{ .name = "plain" },
		{ .name = "fq_codel", .qdisc = "fq_codel" },
		{ .name = "pressure", .pressure = true },
		{ .name = "pressure+fq_codel", .pressure = true,
		  .qdisc = "fq_codel", .fifo = 16 },
		{ .name = "pressure+cake", .pressure = true, .qdisc = "cake",
		  .fifo = 16 },
	};
	static const unsigned int streams[] = { 1, 16 };
	struct figure *fig;
	unsigned int i;

	for (i = 0; i < 10; i++) {
		fig = figure_add(slow_forward, "slow-forward/%u/%s",
				 streams[i / 5], methods[i % 5].name);
		fig->n = streams[i / 5];
		fig->method = &methods[i % 5];
	}
}
