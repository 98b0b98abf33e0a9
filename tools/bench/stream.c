// SPDX-License-Identifier: GPL-2.0-only
/* TCP through a program. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "bench.h"

int stream_listen(void)
{
	struct sockaddr_in sin = packet_address(INADDR_ANY, BENCH_PORT);
	int fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
			 "socket");

	checked(bind(fd, (void *)&sin, sizeof(sin)), "bind");
	checked(listen(fd, STREAMS_MAX), "listen");
	return fd;
}

static int stream_connect(void)
{
	struct sockaddr_in sin = packet_address(BENCH_PEER, BENCH_PORT);
	int fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
			 "socket");

	checked(connect(fd, (void *)&sin, sizeof(sin)), "connect");
	return fd;
}

/* As much as the sockets take, for ever. */
void stream_send(unsigned int streams)
{
	struct pollfd pfd[STREAMS_MAX];
	static char data[65536];
	unsigned int i;

	for (i = 0; i < streams; i++) {
		pfd[i].fd = stream_connect();
		pfd[i].events = POLLOUT;
		checked(fcntl(pfd[i].fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
	}
	for (;;) {
		checked(poll(pfd, streams, -1), "poll");
		for (i = 0; i < streams; i++)
			if (pfd[i].revents &&
			    send(pfd[i].fd, data, sizeof(data), MSG_NOSIGNAL) < 0 &&
			    errno != EAGAIN)
				checked(-1, "send");
	}
}

static uint64_t stream_receive_some(struct pollfd *pfd, unsigned int n)
{
	static char data[1 << 18];
	uint64_t bytes = 0;
	unsigned int i;
	ssize_t len;

	if (!checked(poll(pfd, n, 10000), "poll"))
		die("no data for 10 s");
	for (i = 0; i < n; i++) {
		if (!pfd[i].revents)
			continue;
		len = recv(pfd[i].fd, data, sizeof(data), MSG_DONTWAIT);
		if (len < 0 && errno == EAGAIN)
			continue;
		if (!checked(len, "recv"))
			die("a stream has ended");
		bytes += len;
	}
	return bytes;
}

/* Return: bytes. */
uint64_t stream_receive(struct pollfd *pfd, unsigned int n, double seconds)
{
	double since = meter_now();
	uint64_t bytes = 0;

	while (meter_now() - since < seconds)
		bytes += stream_receive_some(pfd, n);
	return bytes;
}

void stream_accept(int listener, struct pollfd *pfd, unsigned int n)
{
	struct pollfd waiting = { .fd = listener, .events = POLLIN };
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!checked(poll(&waiting, 1, 10000), "poll"))
			die("nobody connects for 10 s");
		pfd[i].fd = checked(accept(listener, NULL, NULL), "accept");
		pfd[i].events = POLLIN;
	}
}

static void stream_forward(const struct figure *fig,
			   const struct driver *driver)
{
	struct pollfd pfd[STREAMS_MAX];
	struct forward forward;
	uint64_t bytes;
	pid_t sender;
	int listener;

	forward_start(&forward, fig, driver, false);
	listener = stream_listen();
	sender = forward_start_sender(&forward);
	if (!sender)
		stream_send(fig->n);
	stream_accept(listener, pfd, fig->n);
	/* The windows open. */
	stream_receive(pfd, fig->n, meter_seconds / 4);
	forward_count(&forward);
	meter_start();
	bytes = stream_receive(pfd, fig->n, meter_seconds);
	meter_stop_at(bytes / 1024, "KiB");
	forward_tell(&forward);
	end_process(sender);
	forward_end(&forward);
}

void stream_figures(void)
{
	static const struct method methods[] = {
		{ .name = "plain" },
		{ .name = "held", .hold = 100 },
		{ .name = "batch", .batch = 64 },
		{ .name = "pressure", .pressure = true },
	};
	const unsigned int n = sizeof(methods) / sizeof(methods[0]);
	static const unsigned int streams[] = { 1, 8 };
	struct figure *fig;
	unsigned int i;

	for (i = 0; i < 2 * 2 * n; i++) {
		const struct method *method = &methods[i / 2 % n];

		fig = figure_add(stream_forward, "tcp-forward/%u/%s%s",
				 streams[i / 2 / n], method->name,
				 i & 1 ? "+gso" : "");
		fig->n = streams[i / 2 / n];
		fig->method = method;
		fig->vnet = i & 1;
	}
}
