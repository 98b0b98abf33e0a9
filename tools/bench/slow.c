// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that is slower than the stack, as before a slow link: what TCP
 * gets through it, and how long a small packet waits behind that.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

/* TCP needs a while to fill what there is to fill, and pings are few. */
#define SLOW_SECONDS	(6 * meter_seconds)
#define SLOW_BEFORE	(2 * meter_seconds)
#define SLOW_PORT	(BENCH_PORT + 1)
#define SLOW_PINGS	4096
#define SLOW_PAUSE	0.01	/* seconds from one to the next */

struct slow_ping {
	double sent;
	unsigned int number;
};

struct slow_pings {
	unsigned int came;
	unsigned int last;	/* the number of the latest that came, from 1 */
	double took[SLOW_PINGS];
};

__attribute__((noreturn)) static void slow_answer(void)
{
	struct sockaddr_in sin = packet_address(INADDR_ANY, SLOW_PORT), from;
	int fd = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
			 "socket");
	struct slow_ping ping;
	socklen_t len;

	checked(bind(fd, (void *)&sin, sizeof(sin)), "bind");
	for (;;) {
		len = sizeof(from);
		checked(recvfrom(fd, &ping, sizeof(ping), 0, (void *)&from,
				 &len), "recvfrom");
		checked(sendto(fd, &ping, sizeof(ping), 0, (void *)&from, len),
			"sendto");
	}
}

/* What comes until then. */
static void slow_listen(int fd, struct slow_pings *pings, double until)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct slow_ping ping;
	struct timespec left;
	double now;

	while ((now = meter_now()) < until) {
		left = (struct timespec){ .tv_nsec = (until - now) * 1e9 };
		if (!checked(ppoll(&pfd, 1, &left, NULL), "ppoll"))
			return;
		if (recv(fd, &ping, sizeof(ping), MSG_DONTWAIT) < 0 ||
		    pings->came == SLOW_PINGS)
			continue;
		pings->took[pings->came++] = meter_now() - ping.sent;
		pings->last = ping.number;
	}
}

/* Whoever is lost isn't waited for. */
__attribute__((noreturn)) static void slow_ping(struct slow_pings *pings)
{
	struct sockaddr_in sin = packet_address(BENCH_PEER, SLOW_PORT);
	int fd = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
			 "socket");
	struct slow_ping ping = {};
	double next = meter_now();

	checked(connect(fd, (void *)&sin, sizeof(sin)), "connect");
	for (;;) {
		ping.sent = meter_now();
		ping.number++;
		send(fd, &ping, sizeof(ping), 0);
		next += SLOW_PAUSE;
		slow_listen(fd, pings, next);
	}
}

/* Those that were still on the way are not lost. */
static void slow_tell(struct slow_pings *pings)
{
	if (!pings->came)
		die("no ping came back");
	meter_named("lost", 100 - 100.0 * pings->came / pings->last, "%lost");
	meter_times(pings->took, pings->came, 1e3, "ms");
}

static void slow_forward(const struct figure *fig, const struct driver *driver)
{
	struct slow_pings *pings = shared_memory(sizeof(*pings));
	pid_t sender, pinger, answerer;
	struct pollfd pfd[STREAMS_MAX];
	struct forward forward;
	double since, bytes;
	int listener;

	forward_start(&forward, fig, driver, true);
	listener = stream_listen();
	answerer = start_process();
	if (!answerer)
		slow_answer();
	sender = forward_start_sender(&forward);
	if (!sender)
		stream_send(fig->n);
	stream_accept(listener, pfd, fig->n);
	stream_receive(pfd, fig->n, SLOW_BEFORE);
	pinger = forward_start_sender(&forward);
	if (!pinger)
		slow_ping(pings);
	since = meter_now();
	bytes = stream_receive(pfd, fig->n, SLOW_SECONDS);
	meter_named("rate", bytes / 1024 / (meter_now() - since), "KiB/s");
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
		{ .name = "pressure-fq_codel", .pressure = true,
		  .qdisc = "fq_codel", .fifo = 16 },
		{ .name = "pressure-cake", .pressure = true, .qdisc = "cake",
		  .fifo = 16 },
	};
	const unsigned int n = sizeof(methods) / sizeof(methods[0]);
	static const unsigned int streams[] = { 1, 16 };
	struct figure *fig;
	unsigned int i;

	for (i = 0; i < 2 * n; i++) {
		fig = figure_add(slow_forward, "slow-forward/%u/%s",
				 streams[i / n], methods[i % n].name);
		fig->n = streams[i / n];
		fig->method = &methods[i % n];
	}
}
