/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tc hooks made of tiny eBPF programs, loaded with plain bpf(2) and attached
 * over rtnetlink, so that a test needs neither clang nor libbpf.
 *
 * All functions return 0 or a file descriptor, or -errno. A device takes one
 * hook_record(), hook_hold(), hook_tag() or hook_ingress().
 */
#ifndef VTUN_SELFTESTS_TESTLIB_HOOK_H
#define VTUN_SELFTESTS_TESTLIB_HOOK_H

#include <stdbool.h>
#include <stdint.h>

/* What hook_record() leaves behind; one 64-bit word per field. */
struct hook_seen {
	uint64_t packets;
	uint64_t uid;		/* of the socket that owns the last packet */
	uint64_t queue_mapping;	/* its receive queue + 1, 0: none recorded */
	uint64_t len;
};

/* True if @err means that this kernel was built without a piece of it. */
bool hook_missing(int err);

/* Run program @prog_fd (SCHED_CLS) on what the device receives; closes it. */
int hook_ingress(int ifindex, int prog_fd);

/* Note what tc ingress sees of received packets: an fd for hook_read(). */
int hook_record(int ifindex);
struct hook_seen hook_read(int fd);

/*
 * Park each packet that device @ifindex receives where nothing frees or
 * orphans it: it is redirected to @holder, a device of the same kind that is
 * up, whose netem qdisc opens its first slot an hour from now. So it stays
 * charged to the file that wrote it until hook_release().
 */
int hook_hold(int ifindex, int holder);
/* The same with a holder of that name that is made for it; it stays while the process lives. */
int hook_hold_by(int ifindex, const char *holder, int flags);
/* Free what is parked; from now on packets pass @holder. */
int hook_release(int holder);

/*
 * Give each packet that device @ifindex sends a VLAN tag, the way a VLAN
 * device does: the tag is left to the driver if it offers that offload.
 */
int hook_tag(int ifindex, uint16_t proto, uint16_t tci);

/* Have the core's XDP drop each packet that the device receives. */
int hook_xdp_drop(int ifindex);

/*
 * Give the device this queueing discipline with its defaults: pfifo, or noqueue,
 * with which drops reach the sender.
 */
int hook_root(int ifindex, const char *kind);
/* How many packets the root qdisc holds, all that is below it included. */
int hook_held(int ifindex);

#endif
