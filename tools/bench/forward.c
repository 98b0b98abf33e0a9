// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program as a VPN daemon is: a network namespace, its device, the program
 * that carries packets, the other device and its namespace. Both directions go
 * the same way, so which side sends makes no difference.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/vtun.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "bench.h"

/* Packets that one side may send before the other one is looked at. */
#define FORWARD_BURST		64
/* Bytes of a batch: some 200 packets without offloads, or five of the largest. */
#define FORWARD_BATCH		(5 * BENCH_PACKET_MAX)
/* Microseconds that a packet takes on the slow program's link. */
#define FORWARD_SLOW		500

/* Times are those of an emulator: in ten times as long as a machine needs about
 * as many packets come together.
 */
#define FORWARD_HOLD_SCALE	10

/* Since 6.2 */
#ifndef TUN_F_USO4
#define TUN_F_USO4	0x20
#define TUN_F_USO6	0x40
#endif

typedef void forward_run(int from, int to, uint64_t *calls);

/* What is refused so is lost, as it is by every such program. */
static bool forward_is_lost(void)
{
	return errno == EAGAIN || errno == ENOBUFS || errno == EIO;
}

/* Return: bytes that are dealt with: records that were taken, or a lost one. */
static size_t forward_write(int to, const char *records, size_t len)
{
	const struct vtun_record *first = (const void *)records;
	ssize_t done = write(to, records, len);

	if (done > 0)
		return done;
	if (!forward_is_lost())
		checked(-1, "write of a batch");
	return sizeof(*first) + (first->len + VTUN_RECORD_ALIGN - 1) /
	       VTUN_RECORD_ALIGN * VTUN_RECORD_ALIGN;
}

/* What is read is what can be written: as much as there is, or room. */
static void forward_batch(int from, int to, uint64_t *calls)
{
	static char records[FORWARD_BATCH];
	size_t done = 0;
	ssize_t len;

	len = read(from, records, sizeof(records));
	(*calls)++;
	if (len < 0 && errno == EAGAIN)
		return;
	checked(len, "read of a batch");
	for (; done < (size_t)len; (*calls)++)
		done += forward_write(to, records + done, len - done);
}

/* Return: whether there was a packet. */
static bool forward_one(int from, int to, uint64_t *calls)
{
	static char packet[BENCH_PACKET_MAX + 64];
	ssize_t len = read(from, packet, sizeof(packet));

	(*calls)++;
	if (len < 0 && errno == EAGAIN)
		return false;
	checked(len, "read");
	if (write(to, packet, len) != len && !forward_is_lost())
		checked(-1, "write");
	(*calls)++;
	return true;
}

/* Until nothing is left or a burst is over. */
static void forward_some(int from, int to, uint64_t *calls)
{
	int i;

	for (i = 0; i < FORWARD_BURST; i++)
		if (!forward_one(from, to, calls))
			return;
}

static void forward_slowly(int from, int to, uint64_t *calls)
{
	if (forward_one(from, to, calls))
		usleep(FORWARD_SLOW);
}

__attribute__((noreturn))
static void forward_for_ever(int one, int two, forward_run *there,
			     forward_run *back, uint64_t *calls)
{
	struct pollfd pfd[] = {
		{ .fd = one, .events = POLLIN },
		{ .fd = two, .events = POLLIN },
	};

	for (;;) {
		checked(poll(pfd, 2, -1), "poll");
		(*calls)++;
		if (pfd[0].revents)
			there(one, two, calls);
		if (pfd[1].revents)
			back(two, one, calls);
	}
}

static void forward_offload(int fd)
{
	unsigned int offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 |
				TUN_F_TSO_ECN;

	if (ioctl(fd, TUNSETOFFLOAD, offloads | TUN_F_USO4 | TUN_F_USO6))
		checked(ioctl(fd, TUNSETOFFLOAD, offloads), "TUNSETOFFLOAD");
}

static int forward_port(const struct driver *driver, const struct figure *fig,
			uint32_t address)
{
	const struct method *method = fig->method;
	struct port port;

	net_quiet();
	port_open_flags(&port, driver, "bench0", port_flags(fig, PORT_TUN));
	if (fig->vnet)
		forward_offload(port.fd);
	if (method->batch)
		batch_switch_on(port.fd);
	if (method->hold)
		port_hold(driver, port.name, method->hold *
			  (meter_counts ? 1 : FORWARD_HOLD_SCALE));
	if (method->fifo)
		port_length(port.name, method->fifo);
	checked(fcntl(port.fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
	port_up(port.name, address);
	if (method->qdisc &&
	    shell("tc qdisc replace dev %s root %s 2>/dev/null", port.name,
		  method->qdisc))
		skip("no %s in this kernel", method->qdisc);
	return port.fd;
}

static int forward_netns(void)
{
	return checked(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "netns");
}

/* Both devices and the program, slow in the sender's direction or not. */
void forward_start(struct forward *forward, const struct figure *fig,
		   const struct driver *driver, bool slow)
{
	forward_run *run = fig->method->batch ? forward_batch : forward_some;
	int one, two;

	forward->here = forward_netns();
	forward->calls = shared_memory(sizeof(*forward->calls));
	two = forward_port(driver, fig, BENCH_PEER);
	checked(unshare(CLONE_NEWNET), "unshare");
	forward->there = forward_netns();
	one = forward_port(driver, fig, BENCH_ADDRESS);
	forward->program = start_process();
	if (!forward->program)
		forward_for_ever(one, two, slow ? forward_slowly : run, run,
				 forward->calls);
	forward_come_back(forward);
}

void forward_go_there(const struct forward *forward)
{
	checked(setns(forward->there, CLONE_NEWNET), "setns");
}

void forward_come_back(const struct forward *forward)
{
	checked(setns(forward->here, CLONE_NEWNET), "setns");
}

/* A process in the sender's namespace; in it, 0. */
pid_t forward_start_sender(const struct forward *forward)
{
	pid_t pid = start_process();

	if (!pid)
		forward_go_there(forward);
	return pid;
}

void forward_end(struct forward *forward)
{
	end_process(forward->program);
}

/* How often the program had slept. */
static uint64_t forward_wakeups(pid_t program)
{
	unsigned long long n = 0;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", program);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "voluntary_ctxt_switches: %llu", &n);
	if (f)
		fclose(f);
	return n;
}

/* Both ways through the device of this namespace, as the program sees them. */
static uint64_t forward_packets(void)
{
	unsigned long long in = 0, out = 0;
	char line[512];
	FILE *f = fopen("/proc/net/dev", "r");

	while (f && fgets(line, sizeof(line), f))
		sscanf(line, " bench0: %*u %llu %*u %*u %*u %*u %*u %*u %*u "
		       "%llu", &in, &out);
	if (f)
		fclose(f);
	return in + out;
}

static struct forward_use forward_used(const struct forward *forward)
{
	return (struct forward_use) {
		.calls = __atomic_load_n(forward->calls, __ATOMIC_RELAXED),
		.wakeups = forward_wakeups(forward->program),
		.packets = forward_packets(),
	};
}

/* From here on, forward_tell() tells. */
void forward_count(struct forward *forward)
{
	forward->before = forward_used(forward);
}

void forward_tell(struct forward *forward)
{
	struct forward_use now = forward_used(forward);
	double packets = now.packets - forward->before.packets;

	if (packets <= 0)
		die("no packets");
	meter_named("calls", (now.calls - forward->before.calls) / packets,
		    "calls/packet");
	meter_named("wakeups", 1000 *
		    (now.wakeups - forward->before.wakeups) / packets,
		    "wakeups/1000packets");
}
