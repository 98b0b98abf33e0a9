// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a virtual machine monitor would use: vhost-net behind in-tree tun's tap,
 * which puts packets into the memory of the program.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <linux/virtio_ring.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define VHOST_SLOTS	BENCH_CHUNK	/* a power of two */
#define VHOST_SLOT	2048		/* of which the virtio header is a part */

/* All that vhost may touch: rings and packets. */
struct vhost_shared {
	struct vring_desc desc[VHOST_SLOTS] __attribute__((aligned(4096)));
	struct {
		__virtio16 flags, idx, ring[VHOST_SLOTS], used_event;
	} avail __attribute__((aligned(4096)));
	struct {
		__virtio16 flags, idx;
		struct vring_used_elem ring[VHOST_SLOTS];
		__virtio16 avail_event;
	} used __attribute__((aligned(4096)));
	char packets[VHOST_SLOTS][VHOST_SLOT] __attribute__((aligned(4096)));
};

struct vhost {
	int fd;
	int kick;		/* we tell of room */
	int call;		/* it tells of packets */
	uint16_t seen;		/* in shared->used */
	struct vhost_shared *shared;
};

static int vhost_tap(void)
{
	static const struct driver in_tree = { "tun", "/dev/net/tun" };
	struct port port;

	net_quiet();
	port_open_flags(&port, &in_tree, "bench0",
			IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
	port_up("bench0", BENCH_ADDRESS);
	if (shell("ip neigh add " BENCH_PEER_TEXT " dev bench0 lladdr "
		  BENCH_PEER_MAC))
		die("no neighbour");
	return port.fd;
}

/* An address of the program's is the same one in the machine that it plays. */
static void vhost_give_memory(struct vhost *vhost)
{
	union {
		struct vhost_memory memory;
		char room[sizeof(struct vhost_memory) +
			  sizeof(struct vhost_memory_region)];
	} table = { .memory.nregions = 1 };
	struct vhost_memory_region *region = table.memory.regions;

	vhost->shared = mmap(NULL, sizeof(*vhost->shared),
			     PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (vhost->shared == MAP_FAILED)
		die("no memory for packets");
	*region = (struct vhost_memory_region){
		.guest_phys_addr = (uintptr_t)vhost->shared,
		.memory_size = sizeof(*vhost->shared),
		.userspace_addr = (uintptr_t)vhost->shared,
	};
	checked(ioctl(vhost->fd, VHOST_SET_MEM_TABLE, &table),
		"VHOST_SET_MEM_TABLE");
}

/* What the machine receives is queue 0. */
static void vhost_give_ring(struct vhost *vhost)
{
	struct vhost_vring_state size = { .num = VHOST_SLOTS }, base = {};
	struct vhost_vring_addr address = {
		.desc_user_addr = (uintptr_t)vhost->shared->desc,
		.avail_user_addr = (uintptr_t)&vhost->shared->avail,
		.used_user_addr = (uintptr_t)&vhost->shared->used,
	};
	struct vhost_vring_file kick, call;

	vhost->kick = checked(eventfd(0, EFD_CLOEXEC), "eventfd");
	vhost->call = checked(eventfd(0, EFD_CLOEXEC), "eventfd");
	kick = (struct vhost_vring_file){ .fd = vhost->kick };
	call = (struct vhost_vring_file){ .fd = vhost->call };
	checked(ioctl(vhost->fd, VHOST_SET_VRING_NUM, &size), "VRING_NUM");
	checked(ioctl(vhost->fd, VHOST_SET_VRING_BASE, &base), "VRING_BASE");
	checked(ioctl(vhost->fd, VHOST_SET_VRING_ADDR, &address), "VRING_ADDR");
	checked(ioctl(vhost->fd, VHOST_SET_VRING_KICK, &kick), "VRING_KICK");
	checked(ioctl(vhost->fd, VHOST_SET_VRING_CALL, &call), "VRING_CALL");
}

static void vhost_open(struct vhost *vhost, int tap)
{
	struct vhost_vring_file backend = { .fd = tap };
	uint64_t features = 0;
	unsigned int i;

	vhost->fd = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);
	if (vhost->fd < 0 && !shell("modprobe -q vhost_net"))
		vhost->fd = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);
	if (vhost->fd < 0)
		skip("no vhost-net in this kernel");
	checked(ioctl(vhost->fd, VHOST_SET_OWNER), "VHOST_SET_OWNER");
	/* The header comes from the tap. */
	checked(ioctl(vhost->fd, VHOST_SET_FEATURES, &features),
		"VHOST_SET_FEATURES");
	vhost_give_memory(vhost);
	for (i = 0; i < VHOST_SLOTS; i++) {
		vhost->shared->desc[i] = (struct vring_desc){
			.addr = (uintptr_t)vhost->shared->packets[i],
			.len = VHOST_SLOT,
			.flags = VRING_DESC_F_WRITE,
		};
		vhost->shared->avail.ring[i] = i;
	}
	vhost_give_ring(vhost);
	checked(ioctl(vhost->fd, VHOST_NET_SET_BACKEND, &backend),
		"VHOST_NET_SET_BACKEND");
}

/* All slots are free once more: they are used in their order. */
static void vhost_give_slots(struct vhost *vhost)
{
	uint64_t one = 1;

	__atomic_store_n(&vhost->shared->avail.idx,
			 vhost->seen + VHOST_SLOTS, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&vhost->shared->used.flags, __ATOMIC_SEQ_CST) &
	    VRING_USED_F_NO_NOTIFY)
		return;
	checked(write(vhost->kick, &one, sizeof(one)), "kick");
}

/* As many packets as there are slots. */
static void vhost_read(struct vhost *vhost)
{
	struct pollfd pfd = { .fd = vhost->call, .events = POLLIN };
	uint16_t end = vhost->seen + VHOST_SLOTS;
	uint64_t calls;

	while (__atomic_load_n(&vhost->shared->used.idx, __ATOMIC_ACQUIRE) !=
	       end) {
		if (!checked(poll(&pfd, 1, 5000), "poll"))
			die("packets are missing");
		checked(read(vhost->call, &calls, sizeof(calls)), "call");
	}
	vhost->seen = end;
}

static void vhost_figure(const struct figure *fig, const struct driver *driver)
{
	static char data[BENCH_PACKET_MAX];
	struct vhost vhost = {};
	int source;

	vhost_open(&vhost, vhost_tap());
	source = packet_source();
	while (meter_more(VHOST_SLOTS)) {
		vhost_give_slots(&vhost);
		packet_send(source, data, fig->size - BENCH_HEADERS,
			    VHOST_SLOTS);
		vhost_read(&vhost);
	}
	meter_stop();
}

void vhost_figures(void)
{
	static const unsigned int sizes[] = { 64, 512, 1400 };
	struct figure *fig;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		fig = figure_add(vhost_figure, "other/vhost-net/%u", sizes[i]);
		fig->size = sizes[i];
		fig->no_driver = true;
	}
}
