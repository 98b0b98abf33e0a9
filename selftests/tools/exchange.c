// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two programs at the two ends of a network exchange data and look at each byte:
 *
 *	exchange [-t SECONDS] [-b BYTES] [-l LISTEN] FROM TO ADDRESS
 *	exchange [...] -C FROM ADDRESS		only the client
 *	exchange [...] -S TO ADDRESS		only the server
 *
 * FROM and TO are network namespaces: a name, the number of a process that is
 * in it, or - for this one. In TO a server listens at ADDRESS, or at LISTEN
 * where a translator stands between. From FROM datagrams of many sizes go there
 * and come back, then BYTES over TCP both ways at once. ADDRESS may be IPv6.
 * All is tried until SECONDS have passed, since daemons in between take their
 * time to start. Says what was exchanged; exits 1 if it was not, or is changed.
 */
#include "tunfile.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#define PORT 7007
#define DATAGRAM_MAX 1400
#define SIZES 6

static unsigned long bytes = 300000;
static time_t deadline;

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec;
}

/* The next piece of a stream that depends on its seed alone. */
static void fill(uint32_t *state, unsigned char *buf, size_t len)
{
	while (len--) {
		*state = *state * 1664525 + 1013904223;
		*buf++ = *state >> 24;
	}
}

static void move_to(const char *where)
{
	char path[PATH_MAX];
	int fd;

	if (!strcmp(where, "-"))
		return;
	snprintf(path, sizeof(path), where[strspn(where, "0123456789")] ?
		 "/run/netns/%s" : "/proc/%s/ns/net", where);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(1, "cannot enter %s", path);
	close(fd);
}

static void expect(const unsigned char *got, const unsigned char *want, size_t len,
		   const char *what)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (got[i] != want[i])
			errx(1, "%s: byte %zu of %zu is %02x, not %02x", what, i, len,
			     got[i], want[i]);
}

/* Not getaddrinfo(): this program is linked statically. */
static socklen_t parse(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *six = (void *)out;
	struct sockaddr_in *four = (void *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(PORT);
		return sizeof(*four);
	}
	if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1)
		errx(2, "%s is no address", text);
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(PORT);
	return sizeof(*six);
}

/* Duplicate address detection may still forbid the address. */
static int listener(const char *text, int type)
{
	struct sockaddr_storage to;
	socklen_t to_len = parse(text, &to);
	int fd = socket(to.ss_family, type | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	while (bind(fd, (void *)&to, to_len)) {
		if (now() >= deadline)
			err(1, "bind %s", text);
		usleep(50000);
	}
	if (type == SOCK_STREAM && listen(fd, 1))
		err(1, "listen");
	return fd;
}

static void send_stream(int fd, uint32_t seed)
{
	unsigned char buf[4096];
	unsigned long left = bytes;

	while (left) {
		size_t len = left < sizeof(buf) ? left : sizeof(buf);

		fill(&seed, buf, len);
		if (send(fd, buf, len, MSG_NOSIGNAL) != (ssize_t)len)
			err(1, "send");
		left -= len;
	}
	if (shutdown(fd, SHUT_WR))
		err(1, "shutdown");
}

static void receive_stream(int fd, uint32_t seed, const char *what)
{
	unsigned char buf[4096], want[4096];
	unsigned long got = 0;
	ssize_t len;

	while ((len = read(fd, buf, sizeof(buf))) > 0) {
		fill(&seed, want, len);
		expect(buf, want, len, what);
		got += len;
	}
	if (len < 0)
		err(1, "%s: read", what);
	if (got != bytes)
		errx(1, "%s: %lu bytes of %lu came", what, got, bytes);
}

/* One process for each direction, so that none waits for the other. */
static void both_ways(int fd, uint32_t out, uint32_t in, const char *what)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		send_stream(fd, out);
		_exit(0);
	}
	receive_stream(fd, in, what);
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "%s: sending failed", what);
}

/* Sends datagrams back until the stream's client comes. */
static void serve(const char *text)
{
	int stream = listener(text, SOCK_STREAM), dgram = listener(text, SOCK_DGRAM);
	struct pollfd fds[] = { { stream, POLLIN, 0 }, { dgram, POLLIN, 0 } };
	struct sockaddr_storage from;
	unsigned char buf[DATAGRAM_MAX];
	socklen_t from_len;
	ssize_t len;
	int fd;

	while (!(fds[0].revents & POLLIN)) {
		if (poll(fds, 2, -1) < 0)
			err(1, "poll");
		if (!(fds[1].revents & POLLIN))
			continue;
		from_len = sizeof(from);
		len = recvfrom(dgram, buf, sizeof(buf), 0, (void *)&from, &from_len);
		if (len > 0)	/* an answer may be lost, as any */
			sendto(dgram, buf, len, 0, (void *)&from, from_len);
	}
	fd = accept(stream, NULL, NULL);
	if (fd < 0)
		err(1, "accept");
	both_ways(fd, 2, 1, "to the server");
}

/* Datagrams get lost where a queue is full or nobody is there yet. */
static void echo_datagram(int fd, size_t size)
{
	unsigned char out[DATAGRAM_MAX], in[DATAGRAM_MAX + 1];
	struct pollfd pfd = { fd, POLLIN, 0 };
	uint32_t seed = size;
	ssize_t len;

	fill(&seed, out, size);
	for (;;) {
		if (now() >= deadline)
			errx(1, "a datagram of %zu bytes does not come back", size);
		if (send(fd, out, size, 0) < 0)
			usleep(100000);
		while (poll(&pfd, 1, 500) > 0) {
			len = recv(fd, in, sizeof(in), 0);
			if (len < 0)
				break;
			if (len != (ssize_t)size)
				continue;	/* an earlier one, twice */
			expect(in, out, size, "datagram");
			return;
		}
	}
}

static int dial(const char *text, int type)
{
	struct sockaddr_storage to;
	socklen_t to_len = parse(text, &to);
	int fd;

	for (;;) {
		fd = socket(to.ss_family, type | SOCK_CLOEXEC, 0);
		if (fd < 0)
			err(1, "socket");
		if (!connect(fd, (void *)&to, to_len))
			return fd;
		if (now() >= deadline)
			err(1, "connect %s", text);
		close(fd);
		usleep(50000);
	}
}

static void be_client(const char *where, const char *to)
{
	static const size_t sizes[SIZES] = { 4, 64, 65, 500, 1000, 1200 };
	size_t i;
	int fd;

	move_to(where);
	fd = dial(to, SOCK_DGRAM);
	for (i = 0; i < SIZES; i++)
		echo_datagram(fd, sizes[i]);
	close(fd);
	fd = dial(to, SOCK_STREAM);
	both_ways(fd, 1, 2, "to the client");
	printf("%zu datagrams and %lu bytes both ways\n", i, bytes);
}

/* As a process of its own: both namespaces are entered from this one. */
static pid_t fork_server(const char *where, const char *at)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	move_to(where);
	serve(at);
	exit(0);
}

int main(int argc, char **argv)
{
	int opt, status, seconds = 60, only = 0;
	const char *listen_at = NULL;
	pid_t pid;

	while ((opt = getopt(argc, argv, "t:b:l:CS")) != -1) {
		if (opt == 't')
			seconds = atoi(optarg);
		else if (opt == 'b')
			bytes = strtoul(optarg, NULL, 0);
		else if (opt == 'l')
			listen_at = optarg;
		else if (opt == 'C' || opt == 'S')
			only = opt;
		else
			return 2;
	}
	argv += optind;
	if (argc - optind != (only ? 2 : 3))
		errx(2, "usage: exchange [-t SECONDS] [-b BYTES] [-l LISTEN] FROM TO ADDRESS");
	deadline = now() + seconds;
	alarm(seconds + 30);
	if (only == 'C') {
		be_client(argv[0], argv[1]);
		return 0;
	}
	pid = fork_server(argv[!only], listen_at ? listen_at : argv[1 + !only]);
	if (!only)
		be_client(argv[0], argv[2]);
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "the server failed");
	return 0;
}
