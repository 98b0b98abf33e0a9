// SPDX-License-Identifier: GPL-2.0-only
/*
 * What else a program could use to get packets from the kernel: a packet
 * socket's ring, or AF_XDP in copy mode, each at one end of a veth pair.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

/* A block that isn't full is given after a millisecond: so many packets that
 * it doesn't matter.
 */
#define OTHER_CHUNK	2048

#define OTHER_BLOCK	(64 << 10)
#define OTHER_BLOCKS	96

#define OTHER_FRAME	2048
#define OTHER_FRAMES	4096	/* twice a chunk, for both rings */

/* Return: a UDP socket whose packets leave by bench0 and arrive at bench1. */
static int other_veth(void)
{
	net_quiet();
	if (shell("ip link add bench0 type veth peer name bench1 address "
		  BENCH_PEER_MAC " 2>/dev/null"))
		skip("no veth in this kernel");
	port_up("bench0", BENCH_ADDRESS);
	port_up("bench1", 0);
	if (shell("ip neigh add " BENCH_PEER_TEXT " dev bench0 lladdr "
		  BENCH_PEER_MAC))
		die("no neighbour");
	return packet_source();
}

/* Until @n packets were seen, of which a block has some. */
static void other_read_blocks(int fd, char *ring, unsigned int *block,
			      unsigned int n)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct tpacket_block_desc *desc;

	while (n) {
		desc = (void *)(ring + (size_t)*block * OTHER_BLOCK);
		if (!(__atomic_load_n(&desc->hdr.bh1.block_status,
				      __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
			if (!checked(poll(&pfd, 1, 5000), "poll"))
				die("%u packets are missing", n);
			continue;
		}
		n -= desc->hdr.bh1.num_pkts < n ? desc->hdr.bh1.num_pkts : n;
		__atomic_store_n(&desc->hdr.bh1.block_status, TP_STATUS_KERNEL,
				 __ATOMIC_RELEASE);
		*block = (*block + 1) % OTHER_BLOCKS;
	}
}

static void other_tpacket(const struct figure *fig, const struct driver *driver)
{
	struct tpacket_req3 req = {
		.tp_block_size = OTHER_BLOCK,
		.tp_block_nr = OTHER_BLOCKS,
		.tp_frame_size = 2048,
		.tp_frame_nr = OTHER_BLOCK / 2048 * OTHER_BLOCKS,
		.tp_retire_blk_tov = 1,
	};
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
	};
	static char data[BENCH_PACKET_MAX];
	int version = TPACKET_V3, source = other_veth(), fd;
	unsigned int block = 0;
	char *ring;

	fd = checked(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), "AF_PACKET");
	checked(setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version,
			   sizeof(version)), "PACKET_VERSION");
	checked(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)),
		"PACKET_RX_RING");
	ring = mmap(NULL, (size_t)OTHER_BLOCK * OTHER_BLOCKS,
		    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ring == MAP_FAILED)
		die("no packet ring: %s", strerror(errno));
	sll.sll_ifindex = if_nametoindex("bench1");
	checked(bind(fd, (void *)&sll, sizeof(sll)), "bind");
	while (meter_more(OTHER_CHUNK)) {
		packet_send(source, data, fig->size - BENCH_HEADERS, OTHER_CHUNK);
		other_read_blocks(fd, ring, &block, OTHER_CHUNK);
	}
	meter_stop();
}

struct other_ring {
	uint32_t *producer;
	uint32_t *consumer;
	void *entries;
};

static void other_map(int fd, const struct xdp_ring_offset *off, off_t where,
		      size_t entry, struct other_ring *ring)
{
	char *p = mmap(NULL, off->desc + OTHER_FRAMES * entry,
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
		       where);

	if (p == MAP_FAILED)
		die("no AF_XDP ring: %s", strerror(errno));
	ring->producer = (void *)(p + off->producer);
	ring->consumer = (void *)(p + off->consumer);
	ring->entries = p + off->desc;
}

/* All frames are given to the kernel, which fills them. */
static void other_xdp_open(int fd, struct other_ring *rx, struct other_ring *fill)
{
	struct xdp_mmap_offsets off;
	socklen_t len = sizeof(off);
	struct xdp_umem_reg reg = {
		.len = (uint64_t)OTHER_FRAME * OTHER_FRAMES,
		.chunk_size = OTHER_FRAME,
	};
	int n = OTHER_FRAMES;
	unsigned int i;
	void *memory;

	memory = mmap(NULL, reg.len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (memory == MAP_FAILED)
		die("no memory for packets");
	reg.addr = (uintptr_t)memory;
	checked(setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg)), "umem");
	checked(setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &n, sizeof(n)), "fill");
	checked(setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &n, sizeof(n)),
		"completion");
	checked(setsockopt(fd, SOL_XDP, XDP_RX_RING, &n, sizeof(n)), "rx ring");
	checked(getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &len), "offsets");
	other_map(fd, &off.rx, XDP_PGOFF_RX_RING, sizeof(struct xdp_desc), rx);
	other_map(fd, &off.fr, XDP_UMEM_PGOFF_FILL_RING, sizeof(uint64_t), fill);
	for (i = 0; i < OTHER_FRAMES; i++)
		((uint64_t *)fill->entries)[i] = (uint64_t)i * OTHER_FRAME;
	__atomic_store_n(fill->producer, OTHER_FRAMES, __ATOMIC_RELEASE);
}

/* Each frame goes back as soon as its packet was seen. */
static void other_read_xdp(int fd, struct other_ring *rx,
			   struct other_ring *fill, unsigned int n)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint32_t at, end, back = *fill->producer;

	while (n) {
		at = *rx->consumer;
		end = __atomic_load_n(rx->producer, __ATOMIC_ACQUIRE);
		if (at == end && !checked(poll(&pfd, 1, 5000), "poll"))
			die("%u packets are missing", n);
		for (; at != end && n; at++, n--) {
			const struct xdp_desc *desc = rx->entries;

			((uint64_t *)fill->entries)[back++ % OTHER_FRAMES] =
				desc[at % OTHER_FRAMES].addr /
				OTHER_FRAME * OTHER_FRAME;
		}
		__atomic_store_n(rx->consumer, at, __ATOMIC_RELEASE);
		__atomic_store_n(fill->producer, back, __ATOMIC_RELEASE);
	}
}

static void other_xdp(const struct figure *fig, const struct driver *driver)
{
	struct sockaddr_xdp sxdp = {
		.sxdp_family = AF_XDP,
		.sxdp_flags = XDP_COPY,
	};
	static char data[BENCH_PACKET_MAX];
	int fd, link, source = other_veth();
	struct other_ring rx, fill;

	fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		skip("no AF_XDP in this kernel");
	other_xdp_open(fd, &rx, &fill);
	sxdp.sxdp_ifindex = if_nametoindex("bench1");
	checked(bind(fd, (void *)&sxdp, sizeof(sxdp)), "bind");
	link = bpf_attach_redirect("bench1", fd);
	while (meter_more(OTHER_CHUNK)) {
		packet_send(source, data, fig->size - BENCH_HEADERS, OTHER_CHUNK);
		other_read_xdp(fd, &rx, &fill, OTHER_CHUNK);
	}
	meter_stop();
	close(link);
}

void other_figures(void)
{
	static const unsigned int sizes[] = { 64, 512, 1400 };
	struct figure *fig;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		fig = figure_add(other_tpacket, "other/tpacket-v3/%u", sizes[i]);
		fig->size = sizes[i];
		fig->no_driver = true;
		fig = figure_add(other_xdp, "other/af-xdp/%u", sizes[i]);
		fig->size = sizes[i];
		fig->no_driver = true;
	}
}
