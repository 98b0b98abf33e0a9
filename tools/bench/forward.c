// SPDX-License-Identifier: GPL-2.0-only
/*
 * TCP through a program, as through a VPN daemon: a network namespace, its
 * device, a program that carries packets, the other device and namespace.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define FORWARD_STREAMS_MAX	64
/* Packets that one side may send before the other one is looked at. */
#define FORWARD_BURST		64

/* What is read is what can be written. A record that is refused is lost, as a
 * packet would be.
 */
static void forward_batch(int from, int to)
{
	static char records[FORWARD_BURST * 4096 + BENCH_PACKET_MAX];
	ssize_t len, done;

	len = read(from, records, sizeof(records));
	if (len < 0 && errno == EAGAIN)
		return;
	checked(len, "read of a batch");
	done = write(to, records, len);
	if (done < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EIO)
		checked(-1, "write of a batch");
}

/* Until nothing is left or a burst is over: a full device makes us lose
 * packets, as it does every such program.
 */
static void forward_some(int from, int to)
{
	static char packet[BENCH_PACKET_MAX + 64];
	ssize_t len;
	int i;

	for (i = 0; i < FORWARD_BURST; i++) {
		len = read(from, packet, sizeof(packet));
		if (len < 0 && errno == EAGAIN)
			return;
		checked(len, "read");
		if (write(to, packet, len) != len && errno != EAGAIN &&
		    errno != ENOBUFS && errno != EIO)
			checked(-1, "write");
	}
}

static void forward_for_ever(int one, int two,
			     void (*forward)(int from, int to))
{
	struct pollfd pfd[] = {
		{ .fd = one, .events = POLLIN },
		{ .fd = two, .events = POLLIN },
	};

	for (;;) {
		checked(poll(pfd, 2, -1), "poll");
		if (pfd[0].revents)
			forward(one, two);
		if (pfd[1].revents)
			forward(two, one);
	}
}

static void forward_port(struct port *port, const struct driver *driver,
			 const struct figure *fig, uint32_t address)
{
	int flags = IFF_TUN | IFF_NO_PI | (fig->vnet ? IFF_VNET_HDR : 0);

	net_quiet();
	port_open_flags(port, driver, "bench0", flags);
	if (fig->vnet)
		checked(ioctl(port->fd, TUNSETOFFLOAD,
			      TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 |
			      TUN_F_TSO_ECN), "TUNSETOFFLOAD");
	if (fig->method->batch)
		batch_switch_on(port->fd);
	if (fig->method->hold)
		port_hold(port->name, fig->method->hold);
	checked(fcntl(port->fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
	port_up(port->name, address);
}

static int forward_listen(void)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(BENCH_PORT),
	};
	int fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	checked(bind(fd, (void *)&sin, sizeof(sin)), "bind");
	checked(listen(fd, FORWARD_STREAMS_MAX), "listen");
	return fd;
}

static int forward_connect(void)
{
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = htons(BENCH_PORT),
		.sin_addr.s_addr = htonl(BENCH_PEER),
	};
	int fd = checked(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");

	checked(connect(fd, (void *)&sin, sizeof(sin)), "connect");
	return fd;
}

/* As much as the sockets take. */
static void forward_send(const struct figure *fig)
{
	struct pollfd pfd[FORWARD_STREAMS_MAX];
	static char data[65536];
	unsigned int i;

	for (i = 0; i < fig->n; i++) {
		pfd[i].fd = forward_connect();
		pfd[i].events = POLLOUT;
		checked(fcntl(pfd[i].fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
	}
	for (;;) {
		checked(poll(pfd, fig->n, -1), "poll");
		for (i = 0; i < fig->n; i++)
			if (pfd[i].revents && send(pfd[i].fd, data, sizeof(data),
						   MSG_NOSIGNAL) < 0 &&
			    errno != EAGAIN)
				checked(-1, "send");
	}
}

static uint64_t forward_receive_some(struct pollfd *pfd, unsigned int n)
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
		checked(len, "recv");
		bytes += len;
	}
	return bytes;
}

/* Before that, the windows open. */
static void forward_receive(int listener, const struct figure *fig)
{
	struct pollfd pfd[FORWARD_STREAMS_MAX];
	uint64_t bytes = 0;
	double since;
	unsigned int i;

	for (i = 0; i < fig->n; i++) {
		pfd[i].fd = checked(accept(listener, NULL, NULL), "accept");
		pfd[i].events = POLLIN;
	}
	since = meter_now();
	while (meter_now() - since < meter_seconds / 4)
		forward_receive_some(pfd, fig->n);
	meter_start();
	since = meter_now();
	while (meter_now() - since < meter_seconds)
		bytes += forward_receive_some(pfd, fig->n);
	meter_stop_at(bytes / 1024, "KiB");
}

static void forward_tcp(const struct figure *fig, const struct driver *driver)
{
	struct port one, two;
	pid_t forwarder, sender;
	int listener, here;

	here = checked(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "netns");
	forward_port(&two, driver, fig, BENCH_PEER);
	listener = forward_listen();
	checked(unshare(CLONE_NEWNET), "unshare");
	forward_port(&one, driver, fig, BENCH_ADDRESS);
	forwarder = start_process();
	if (!forwarder)
		forward_for_ever(one.fd, two.fd,
				 fig->method->batch ? forward_batch : forward_some);
	sender = start_process();
	if (!sender)
		forward_send(fig);
	checked(setns(here, CLONE_NEWNET), "setns");
	forward_receive(listener, fig);
	end_process(sender);
	end_process(forwarder);
}

void forward_figures(void)
{
	static const struct method methods[] = {
		{ .name = "plain" },
		{ .name = "held", .hold = 100 },
		{ .name = "batch", .batch = FORWARD_BURST },
	};
	static const unsigned int streams[] = { 1, 8 };
	struct figure *fig;
	unsigned int i;

	for (i = 0; i < 12; i++) {
		const struct method *method = &methods[i / 2 % 3];

		fig = figure_add(forward_tcp, "tcp-forward/%u/%s%s",
				 streams[i / 6], method->name, i & 1 ? "+gso" : "");
		fig->n = streams[i / 6];
		fig->method = method;
		fig->vnet = i & 1;
	}
}
