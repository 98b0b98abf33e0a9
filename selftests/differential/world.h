/* SPDX-License-Identifier: GPL-2.0-only */
/* What ops may use while they run. */
#ifndef DIFF_WORLD_H
#define DIFF_WORLD_H

#include "diff.h"
#include "names.h"

#define MACS	64
#define READ_FILL	0xa5		/* what memory holds before something is read into it */
#define LINKS	16
#define VLAN_NAME	"v0"

struct net {
	int ns;				/* its file */
	ino_t inode;
	int ctl;			/* for ethtool and SIOC… */
	int route;			/* rtnetlink requests */
	int monitor;			/* rtnetlink messages about links */
	int sniff;			/* a packet socket on all devices */
	int send;			/* one that sends */
	int udp;			/* port 7777 */
	int link[LINKS];		/* indices of devices that the monitor told of */
	unsigned int links;
};

struct sleeper;

struct world {
	struct shared *shared;
	const char *driver;
	char node[32];
	struct net net[NETS];
	int here;			/* the namespace that the worker is in */
	int ping[2];			/* n0's lo, to wait for softirqs */
	int file[SLOTS];
	struct sleeper *sleeper;
	uint8_t mac[MACS][6];		/* random addresses, in the order they were made */
	unsigned int macs;
	size_t used;			/* bytes of the record */
	/* in this step: written to a device of several queues; sent by one; one of its queues went */
	bool wrote_mq, saw_out, lost_queue;
	/* what happened in this sequence after which the drivers may part on purpose */
	bool has_filter, has_learned, has_xdp;
	bool may_hold;			/* GRO may keep a written packet for a moment */
	char native_xdp[IFNAMSIZ];	/* which device has a program that may not pass; ? for some */
	bool has_large;			/* packets that are read in segments may wait */
	bool sends_back;		/* XDP may have put written packets into a fifo */
};

int world_make(struct world *world);
void world_reset(struct world *world);
void world_step(struct world *world, const struct step *step);
void world_last_look(struct world *world);
struct net *world_net(struct world *world);

/* Before a file is closed or its queue detached. */
void world_lose_queue(struct world *world, int fd);

/* records */
__attribute__((format(printf, 3, 4)))
void say(struct world *world, const char *key, const char *format, ...);
void say_ret(struct world *world, long ret);		/* with errno */
void say_result(struct world *world, const char *name, long ret);
void say_bytes(struct world *world, const char *key, const void *data, size_t len);
void say_packet(struct world *world, const char *key, const void *data, size_t len);
/* One that was read into @room bytes. */
void say_read_packet(struct world *world, const char *key, const void *data, size_t len, size_t room);

/* addresses that the kernel chose */
void mac_learn(struct world *world, int fd);
void mac_settle(struct world *world, int fd);
void mac_to_world(struct world *world, uint8_t *data, size_t len);
/* Whether the end is an address, or three bytes of it or more. */
bool mac_to_record(struct world *world, uint8_t *data, size_t len);
extern const uint8_t mac_prefix[5];	/* what stands for the nth: these and n */

/* looking around */
/* Messages without those about mere states if they may be the link watch's. */
void look_at_sockets(struct world *world, bool states);
void look_at_messages(struct world *world, int net, bool states);
void look_at_links(struct world *world, struct net *net);
void links_delete(struct net *net);
int lo_up(struct net *net);
void links_settle(struct world *world);
void softirqs_settle(struct world *world);
void sleepers_settle(struct world *world);
void sleepers_end(struct world *world);
void look_at_file(struct world *world, int slot);
void look_at_sysfs(struct world *world, const char *name, const char *file);
void look_at_ethtool(struct world *world, const char *name);

/* One packet in a record of batch mode, where the driver has it; else the plain call. */
ssize_t record_write(int fd, const void *data, size_t len);
ssize_t record_read(int fd, void *data, size_t len);

/* Bad pointers and guarded memory */
void *bad_pointer(void);
/* Memory of which the last @bad of @len bytes can't be touched. */
uint8_t *edge_memory(size_t len, size_t bad);

/* eBPF programs, loaded before the workers start; -1 where the kernel can't */
int bpf_load_all(void);
int bpf_program(const char *kind);
extern const char *const xdp_kinds[], *const socket_kinds[];

void reach(struct world *world, const char *key, int err);

#endif
