/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XDP: attaching programs over rtnetlink, and one program that does what its
 * control word says and notes what it saw.
 *
 * All functions return 0 or a file descriptor, or -errno.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_XDP_H
#define VTUN_SELFTESTS_TESTLIB_XDP_H

#include "testlib.h"
#include "testlib_bpf.h"

/* ---- attaching ---------------------------------------------------------- */

/*
 * IFLA_XDP of device @name: program @prog_fd (-1: none) with XDP_FLAGS_…;
 * the kernel's words on refusal go to @extack (256 bytes) unless that is NULL.
 */
int xdp_attach_extack(const char *name, int prog_fd, uint32_t flags,
		      char *extack);
int xdp_attach(const char *name, int prog_fd, uint32_t flags);
/* With XDP_FLAGS_REPLACE: only if @expected is there now. */
int xdp_replace(const char *name, int prog_fd, int expected, uint32_t flags);
/* Attach a program that only returns @action. */
int xdp_attach_const(const char *name, int action, uint32_t flags);
/* Which mode is in use: XDP_ATTACHED_NONE, _DRV, _SKB …, or -errno. */
int xdp_attached(const char *name);

/* ---- the program --------------------------------------------------------- */

#define XDP_MARK	0x6d657461	/* what it stores as metadata */

/* One word each, in the order in which the program uses them. */
struct xdp_control {
	/* what to do */
	uint64_t action;		/* what it returns */
	int64_t head;			/* for bpf_xdp_adjust_head, 0: don't */
	int64_t tail;			/* for bpf_xdp_adjust_tail */
	int64_t meta;			/* for bpf_xdp_adjust_meta */
	uint64_t fill;			/* write .eth over the frame's start */
	uint8_t eth[16];		/* of which 14 bytes are used */
	uint64_t key;			/* XDP_REDIRECT: where in the map */
	/* what it saw */
	uint64_t runs;
	uint64_t queue;			/* rx_queue_index */
	uint64_t ifindex;
	uint64_t len;			/* as it came */
	int64_t head_ret, tail_ret, meta_ret;
	uint64_t len_out;		/* as it left */
};

struct xdp_probe {
	int prog;
	int control;			/* map with a struct xdp_control */
	int map;			/* for redirects, -1: none */
};

/* Load it; @map (devmap, cpumap, xskmap) may be -1. Action: XDP_PASS. */
int xdp_probe_open(struct xdp_probe *probe, int map);
int xdp_probe_set(const struct xdp_probe *probe, struct xdp_control control);
struct xdp_control xdp_probe_get(const struct xdp_probe *probe);
/* Only the action, with everything else 0. */
int xdp_probe_action(const struct xdp_probe *probe, unsigned int action);

/* A devmap whose only entry is device @ifindex. */
int xdp_devmap(int ifindex);

#endif
