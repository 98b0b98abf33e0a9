/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that can be recognised: each belongs to a numbered UDP flow and
 * carries a sequence number. The program writes a flow in one direction, the
 * stack sends it in the other, so that a test can see which queue it takes.
 * Errors are -errno as in testlib.h; files must have IFF_NO_PI.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_FLOW_H
#define VTUN_SELFTESTS_TESTLIB_FLOW_H

#include "testlib.h"

/* A flow is between this address and port of the stack's ... */
#define FLOW_NEAR	0x0a090001
#define FLOW_NEAR_PORT	9
/* ... and this address of the program's, its port plus the flow's number. */
#define FLOW_FAR	0x0a090002
#define FLOW_FAR_PORT	1024

/* What a test needs to know about one device to use it. */
struct flow_path {
	bool tap;
	int index;			/* of the device */
	int sock;			/* for flow_send() */
	int probe;			/* for flow_number() */
};

struct flow_mark {
	uint32_t magic;
	uint32_t flow;
	uint32_t seq;
};

/* Opens @path's sockets on device @name, which stays its device if renamed. */
int flow_open(struct flow_path *path, const char *name, bool tap);
void flow_close(struct flow_path *path);

/* One packet from the program to the stack; flows are numbered below 60000. */
int flow_write(const struct flow_path *path, int fd, unsigned int flow,
	       uint32_t seq);
/* One packet from the stack to the program; it must not wait. */
int flow_send(const struct flow_path *path, unsigned int flow, uint32_t seq);
/*
 * Next packet of any flow from a non-blocking file. What else the stack sent
 * is skipped. -EAGAIN if there is none.
 */
int flow_read(const struct flow_path *path, int fd, struct flow_mark *mark);
/* The same, but waits a while for it: -EAGAIN if none came. */
int flow_await(const struct flow_path *path, int fd, struct flow_mark *mark);

/*
 * Sends one packet of @flow and returns the index in @fds of the one file that
 * got it; -ENOENT if none did, -EEXIST if another packet was there. Negative
 * descriptors are left out.
 */
int flow_reader(const struct flow_path *path, unsigned int flow,
		const int *fds, int num);

/*
 * Makes device @name with @flags, passes packets in both directions and lets
 * it go: 0 if the driver does all that, else -errno of what failed.
 */
int flow_check(const char *name, int flags);

/* The number of @fd's queue, as the stack sees it on what @fd writes. */
int flow_number(const struct flow_path *path, int fd);

#endif
