// SPDX-License-Identifier: GPL-2.0-only
/* A worker's world: two quiet network namespaces, no files. */
#include "abi.h"
#include "ops.h"
#include "route.h"
#include "rules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct net *world_net(struct world *world)
{
	return &world->net[world->here];
}

static void set_sysctl(const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;			/* older or smaller kernels lack some */
	if (write(fd, value, strlen(value)) < 0)
		fprintf(stderr, "differential: %s: %s\n", path, strerror(errno));
	close(fd);
}

/* Nothing may be sent that no step sent, and nothing may be held back by time. */
static void make_quiet(void)
{
	static const char *const settings[][2] = {
		{ "ipv6/conf/all/disable_ipv6", "1" },
		{ "ipv6/conf/default/disable_ipv6", "1" },
		{ "ipv4/conf/all/rp_filter", "0" },
		{ "ipv4/conf/default/rp_filter", "0" },
		{ "ipv4/icmp_ratelimit", "0" },
		{ "ipv4/icmp_msgs_per_sec", "1000000" },
		{ "ipv4/icmp_msgs_burst", "1000000" },
		{ "ipv4/icmp_errors_use_inbound_ifaddr", "1" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(settings); i++)
		set_sysctl(settings[i][0], settings[i][1]);
}

static int udp_socket(int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

	setsockopt(fd, SOL_IP, IP_PKTINFO, &on, sizeof(on));
	setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -1;
	return fd;
}

/* Two sockets that are connected with each other through lo. */
static int ping_sockets(int fd[2])
{
	struct timeval limit = { .tv_sec = 2 };
	struct sockaddr_in at[2] = {};

	for (int i = 0; i < 2; i++) {
		socklen_t len = sizeof(at[i]);

		at[i].sin_family = AF_INET;
		at[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		fd[i] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (bind(fd[i], (struct sockaddr *)&at[i], sizeof(at[i])) ||
		    getsockname(fd[i], (struct sockaddr *)&at[i], &len))
			return -1;
	}
	setsockopt(fd[1], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return connect(fd[0], (struct sockaddr *)&at[1], sizeof(at[1])) ||
	       connect(fd[1], (struct sockaddr *)&at[0], sizeof(at[0]));
}

static int sniffing_socket(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int on = 1, size = 4 << 20;

	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
	setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static int route_socket(int groups, int flags)
{
	struct sockaddr_nl at = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE);
	int size = 4 << 20, on = 1;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -1;
	return fd;
}

static int net_make(struct net *net)
{
	struct stat st;

	if (unshare(CLONE_NEWNET))
		return -1;
	make_quiet();
	net->ns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (net->ns < 0 || fstat(net->ns, &st))
		return -1;
	net->inode = st.st_ino;
	net->ctl = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	net->route = route_socket(0, 0);
	net->send = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (net->route < 0 || net->send < 0 || lo_up(net))
		return -1;
	net->monitor = route_socket(RTMGRP_LINK, SOCK_NONBLOCK);
	net->udp = udp_socket(7777);
	net->sniff = sniffing_socket();
	return net->monitor < 0 || net->udp < 0 || net->sniff < 0 ? -1 : 0;
}

static void on_signal(int sig)
{
}

static volatile sig_atomic_t sigios;

static void on_sigio(int sig)
{
	sigios++;
}

int world_make(struct world *world)
{
	struct sigaction action = { .sa_handler = on_signal };
	cpu_set_t cpus;

	/* One processor, so that softirqs and the choice of queues by processor are alike. */
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	sigaction(SIGUSR1, &action, NULL);
	action.sa_handler = on_sigio;
	sigaction(SIGIO, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < SLOTS; i++)
		world->file[i] = -1;
	snprintf(world->node, sizeof(world->node), "/dev/net/%s", world->driver);
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return -1;
	/* n1 first, so that the worker is in n0, which sysfs shows, too. */
	if (net_make(&world->net[1]) || net_make(&world->net[0]) || ping_sockets(world->ping))
		return -1;
	return mount("sysfs", "/sys", "sysfs", 0, NULL);
}

static void drain(int fd)
{
	char buf[64];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == ENOBUFS)
		;
}

/* Back to the state after world_make(), cheaper than new namespaces. */
void world_reset(struct world *world)
{
	if (geteuid())
		setresuid(-1, 0, -1);
	setresgid(-1, 0, -1);
	sleepers_end(world);
	for (int i = 0; i < NETS; i++) {
		look_at_messages(world, i, false);
		links_delete(&world->net[i]);
	}
	for (int i = 0; i < SLOTS; i++) {
		if (world->file[i] >= 0)
			close(world->file[i]);
		world->file[i] = -1;
	}
	if (world->here) {
		setns(world->net[0].ns, CLONE_NEWNET);
		world->here = 0;
	}
	softirqs_settle(world);
	for (int i = 0; i < NETS; i++) {
		drain(world->net[i].sniff);
		drain(world->net[i].udp);
		look_at_messages(world, i, false);
	}
	world->macs = 0;
	world->used = 0;
	world->has_large = world->sends_back = world->has_filter = world->has_learned = world->has_xdp = false;
	world->may_hold = false;
	world->native_xdp[0] = 0;
}

void *bad_pointer(void)
{
	return (void *)0x10;
}

uint8_t *edge_memory(size_t len, size_t bad)
{
	static const size_t size = 8 << 20;
	static uint8_t *end;

	if (!end) {
		end = mmap(NULL, size + 4096, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		end += size;
		mprotect(end, 4096, PROT_NONE);
	}
	return len < bad ? end : end - (len - bad);
}

/* The flows of a device of several queues are of interest only once it has learned some. */
void world_lose_queue(struct world *world, int fd)
{
	struct ifreq ifr = {};

	if (!world->has_learned || ioctl(fd, TUNGETIFF, &ifr))
		return;
	if (ifr.ifr_flags & IFF_MULTI_QUEUE && !(ifr.ifr_flags & IFF_DETACH_QUEUE))
		world->lost_queue = true;
}

void world_step(struct world *world, const struct step *step)
{
	world->wrote_mq = world->saw_out = world->lost_queue = false;
	step->op->run(world, step);
	if (world->sleeper)
		sleepers_settle(world);
	if (step->op->flags & OP_CARRIER)
		links_settle(world);
	if (step->op->flags & OP_PACKETS)
		softirqs_settle(world);
	look_at_sockets(world, !(step->op->flags & OP_CARRIER));
	if (world->wrote_mq && (world->saw_out || world->sends_back))
		say(world, "parts", "what was written was answered");
	if (sigios)
		say(world, "SIGIO", "came");
	sigios = 0;
	if (world->lost_queue)
		say(world, "parts", "flows may have lost their queue");
}

/*
 * A fifo that was emptied may be filled again by a softirq: back pressure had
 * kept more in the qdisc.
 */
static ssize_t read_settled(struct world *world, int fd, void *buf, size_t size)
{
	ssize_t n = read(fd, buf, size);

	if (n >= 0 || errno != EAGAIN)
		return n;
	softirqs_settle(world);
	return read(fd, buf, size);
}

static void read_all(struct world *world, int slot)
{
	static uint8_t buf[70000];

	for (int i = 0; i < 40; i++) {
		ssize_t n;
		int err;

		memset(buf, READ_FILL, 256);
		n = read_settled(world, world->file[slot], buf, sizeof(buf));
		err = errno;
		if (n > 0)
			rules_clean_read(world->file[slot], buf, n);
		if (n >= 0)
			say_packet(world, "read", buf, n);
		else
			say(world, "read", "%s", error_name(err));
		if (n < 0 && (err == EAGAIN || err == EBADFD || err == EBADF))
			break;
	}
}

/* After the last step: all that can be seen. */
void world_last_look(struct world *world)
{
	if (geteuid())
		setresuid(-1, 0, -1);
	setresgid(-1, 0, -1);
	sleepers_end(world);
	links_settle(world);
	for (int i = 0; i < SLOTS; i++)
		look_at_file(world, i);
	for (int i = 0; i < SLOTS; i++) {
		int flags = world->file[i] < 0 ? -1 : fcntl(world->file[i], F_GETFL);

		if (flags < 0)
			continue;
		fcntl(world->file[i], F_SETFL, flags | O_NONBLOCK);
		say(world, "file", "f%d", i);
		read_all(world, i);
	}
	for (int i = 0; i < NETS; i++) {
		say(world, "namespace", "n%d", i);
		if (world->net[i].links)
			look_at_links(world, &world->net[i]);
	}
}
