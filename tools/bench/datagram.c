// SPDX-License-Identifier: GPL-2.0-only
/*
 * UDP through a program as QUIC sends it: many datagrams a call (UDP_SEGMENT),
 * as many received at once as came together (UDP_GRO), and no more on the way
 * than were acknowledged, so that nothing is lost for want of room.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif
#ifndef UDP_GRO
#define UDP_GRO		104
#endif

/* 264 packets on the way; a device's fifo holds 500. */
#define DATAGRAM_SIZE	(1400 - BENCH_HEADERS)
#define DATAGRAM_SEND	(44 * DATAGRAM_SIZE)
#define DATAGRAM_WINDOW	(6 * DATAGRAM_SEND)
#define DATAGRAM_ACK	(22 * DATAGRAM_SIZE)
/* Milliseconds after which what is on the way is lost. */
#define DATAGRAM_LOST	100

static int datagram_socket(int option, int value)
{
	int fd = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0),
			 "socket");
	int size = 8 << 20;

	if (setsockopt(fd, IPPROTO_UDP, option, &value, sizeof(value)))
		skip("no UDP segmentation in this kernel");
	checked(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)),
		"SO_RCVBUFFORCE");
	return fd;
}

struct datagram_sender {
	int fd;
	uint64_t sent;		/* bytes that are not known to be lost */
	uint64_t arrived;	/* of these, by what the receiver tells */
};

static bool datagram_window_is_full(const struct datagram_sender *sender)
{
	return sender->sent - sender->arrived > DATAGRAM_WINDOW - DATAGRAM_SEND;
}

/* Waits for an acknowledgement if nothing may be sent before it. What was taken
 * for lost and arrives then was sent.
 */
static void datagram_acknowledged(struct datagram_sender *sender)
{
	struct pollfd pfd = { .fd = sender->fd, .events = POLLIN };
	uint64_t told;

	if (datagram_window_is_full(sender) &&
	    !checked(poll(&pfd, 1, DATAGRAM_LOST), "poll"))
		sender->sent = sender->arrived;
	while (recv(sender->fd, &told, sizeof(told), MSG_DONTWAIT) ==
	       sizeof(told)) {
		if (told > sender->arrived)
			sender->arrived = told;
		if (told > sender->sent)
			sender->sent = told;
	}
}

static int datagram_source(void)
{
	struct sockaddr_in sin = packet_address(BENCH_PEER, BENCH_PORT);
	int fd = datagram_socket(UDP_SEGMENT, DATAGRAM_SIZE);

	checked(connect(fd, (void *)&sin, sizeof(sin)), "connect");
	return fd;
}

static bool datagram_send_some(int fd)
{
	static char data[DATAGRAM_SEND];

	if (send(fd, data, sizeof(data), 0) > 0)
		return true;
	/* Before 6.11 of devices that don't compute checksums. */
	if (errno == EIO)
		skip("no UDP segmentation for this device");
	if (errno != ENOBUFS && errno != ECONNREFUSED)
		checked(-1, "send");
	return false;
}

__attribute__((noreturn)) static void datagram_send(void)
{
	struct datagram_sender sender = { .fd = datagram_source() };

	for (;;) {
		datagram_acknowledged(&sender);
		if (!datagram_window_is_full(&sender) &&
		    datagram_send_some(sender.fd))
			sender.sent += DATAGRAM_SEND;
	}
}

/* Before anybody waits for it: ends the figure if it can't be. */
static void datagram_try(const struct forward *forward)
{
	int fd;

	forward_go_there(forward);
	fd = datagram_source();
	datagram_send_some(fd);
	close(fd);
	forward_come_back(forward);
}

struct datagram_receiver {
	int fd;
	uint64_t bytes;
	uint64_t told;
};

static void datagram_receive_some(struct datagram_receiver *receiver)
{
	struct pollfd pfd = { .fd = receiver->fd, .events = POLLIN };
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	static char data[BENCH_PACKET_MAX];
	ssize_t len;

	if (!checked(poll(&pfd, 1, 10000), "poll"))
		die("no data for 10 s");
	len = checked(recvfrom(receiver->fd, data, sizeof(data), 0,
			       (void *)&from, &from_len), "recvfrom");
	receiver->bytes += len;
	if (receiver->bytes - receiver->told < DATAGRAM_ACK)
		return;
	receiver->told = receiver->bytes;
	if (sendto(receiver->fd, &receiver->told, sizeof(receiver->told), 0,
		   (void *)&from, from_len) < 0 && errno != ENOBUFS)
		checked(-1, "sendto");
}

static uint64_t datagram_receive(struct datagram_receiver *receiver,
				 double seconds)
{
	double since = meter_now();
	uint64_t before = receiver->bytes;

	while (meter_now() - since < seconds)
		datagram_receive_some(receiver);
	return receiver->bytes - before;
}

static int datagram_sink(void)
{
	struct sockaddr_in sin = packet_address(BENCH_PEER, BENCH_PORT);
	int fd = datagram_socket(UDP_GRO, 1);

	checked(bind(fd, (void *)&sin, sizeof(sin)), "bind");
	return fd;
}

static void datagram_forward(const struct figure *fig,
			     const struct driver *driver)
{
	struct datagram_receiver receiver = {};
	struct forward forward;
	uint64_t bytes;
	pid_t sender;

	forward_start(&forward, fig, driver, false);
	datagram_try(&forward);
	receiver.fd = datagram_sink();
	sender = forward_start_sender(&forward);
	if (!sender)
		datagram_send();
	datagram_receive(&receiver, meter_seconds / 4);
	forward_count(&forward);
	meter_start();
	bytes = datagram_receive(&receiver, meter_seconds);
	meter_stop_at(bytes / 1024, "KiB");
	forward_tell(&forward);
	end_process(sender);
	forward_end(&forward);
}

void datagram_figures(void)
{
	static const struct method methods[] = {
		{ .name = "plain" },
		{ .name = "held", .hold = 100 },
		{ .name = "batch", .batch = 64 },
	};
	const unsigned int n = sizeof(methods) / sizeof(methods[0]);
	struct figure *fig;
	unsigned int i;

	for (i = 0; i < 2 * n; i++) {
		fig = figure_add(datagram_forward, "udp-forward/%s%s",
				 methods[i / 2].name, i & 1 ? "+gso" : "");
		fig->method = &methods[i / 2];
		fig->vnet = i & 1;
	}
}
