/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets with a virtio header: built, written, read, and what the stack made
 * of them. All functions return 0 or a length, or -errno.
 *
 * Two parties: the stack's side of a device has the address 10.9.0.1 (or
 * fd00::a09:1), the program's side 10.9.0.2. An IPv4 address in host order
 * stands for the IPv6 address fd00:: with the same last 32 bits, too.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_VNET_H
#define VTUN_SELFTESTS_TESTLIB_VNET_H

#include "testlib_io.h"

#include <linux/virtio_net.h>

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4		/* 6.2 */
#define VIRTIO_NET_HDR_GSO_UDP_L4		5
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4	/* 6.17 */
#define VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4	0x20
#define VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6	0x40
#define VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM	8
#endif
#ifndef TUN_F_USO4				/* 6.2 */
#define TUN_F_USO4				0x20
#define TUN_F_USO6				0x40
#endif
#ifndef TUN_F_UDP_TUNNEL_GSO			/* 6.17 */
#define TUN_F_UDP_TUNNEL_GSO			0x080
#define TUN_F_UDP_TUNNEL_GSO_CSUM		0x100
#endif
#define VNET_USO	(TUN_F_USO4 | TUN_F_USO6)

#define VNET_NEAR	0x0a090001	/* the stack */
#define VNET_FAR	0x0a090002	/* the program */

#define VNET_SIZE	10		/* what is always there */
#define VNET_SIZE_MRG	12		/* … with num_buffers */
#define VNET_SIZE_TNL	24		/* … with hash and tunnel offsets */

/* All of it, in host order; x86's is little-endian as the last fields are. */
struct vnet_hdr {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers;
	uint16_t hash[4];
	uint16_t outer_th;
	uint16_t inner_nh;
};

#define VNET_PKT_MAX	70000

struct vnet_pkt {
	struct vnet_hdr hdr;
	int proto;			/* of packet information, host order */
	size_t l3, l4, data;		/* where they begin */
	size_t len;			/* of all */
	uint8_t buf[VNET_PKT_MAX];
};

struct vnet_spec {
	bool eth;			/* with an Ethernet header */
	bool ip6;
	int proto;			/* IPPROTO_TCP or IPPROTO_UDP */
	uint32_t src, dst;		/* 0: VNET_FAR, VNET_NEAR */
	uint16_t sport, dport;		/* 0: 1000, 2000 */
	uint32_t seq, ack;		/* seq is also where the data begins */
	uint8_t tcp_flags;		/* 0: ACK */
	size_t len;			/* of data */
};

/* 7.3's answers are expected: from vtun always, from in-tree if it has them. */
bool vnet_newest(void);
/* UDP_L4 and TUN_F_USO can be expected: in-tree's has them since 6.2. */
bool vnet_has_uso(void);
/* Packet sockets can send and describe UDP_L4: since 6.2. */
bool vnet_socket_uso(void);
/* False for in-tree's older rules of what metadata is right, before 6.12. */
bool vnet_known_rules(void);

/* ---- packets ---- */

/* A whole packet with right checksums, and a header that asks for nothing. */
void vnet_build(struct vnet_pkt *p, const struct vnet_spec *spec);
/* Leave the transport checksum to the receiver. */
void vnet_partial(struct vnet_pkt *p);
/* The same, and have it cut into packets with @size bytes of data. */
void vnet_gso(struct vnet_pkt *p, int type, int size);
/* What a receiver does: fill in the checksum that the header leaves open. */
void vnet_complete(struct vnet_pkt *p);
/* Byte number @pos of the data that all packets carry. */
uint8_t vnet_byte(uint32_t pos);

/* What a packet says of itself. */
struct vnet_seen {
	bool ip6;
	int proto;
	uint16_t sport, dport;
	uint32_t seq;			/* TCP; 0 for UDP */
	uint8_t tcp_flags;
	size_t data, data_len;
	bool partial;			/* only the pseudo header is summed */
};

/*
 * Take a packet apart: 0, -EPROTO if its lengths don't fit, -EBADMSG if a
 * checksum is neither right nor that of the pseudo header.
 */
int vnet_parse(const void *frame, size_t len, bool eth, struct vnet_seen *seen);

/* The longest packet that left by now, of those that packet socket @ps hears. */
ssize_t vnet_crossed(int ps);
/* Some have, and each was cut into segments of @size bytes of data. */
#define EXPECT_CROSSED_CUT(ps, size) do {				\
	ssize_t __most = vnet_crossed(ps);				\
									\
	EXPECT_LT(size, __most);					\
	EXPECT_GT(2 * (size), __most);					\
} while (0)
/* Is the data what vnet_build() put there, from position @pos on? */
bool vnet_data_ok(const void *data, size_t len, uint32_t pos);

/* ---- a device ---- */

struct vnet {
	struct io io;
	int hdr_sz;
	bool vnet_hdr;			/* of its flags */
	int vps;			/* a packet socket with virtio headers */
};

/*
 * A device in a fresh namespace with IFF_VNET_HDR and this size of its header.
 */
int vnet_open(struct vnet *v, int flags, int hdr_sz);
/* One more, called @name, in this namespace; @v->io.last is of no use. */
int vnet_add(struct vnet *v, const char *name, int flags, int hdr_sz);
/* The part before the packet: its length. */
size_t vnet_put_head(const struct vnet *v, const struct vnet_pkt *p, void *buf);
int vnet_write(const struct vnet *v, const struct vnet_pkt *p);
/* Next packet from the stack: its length. */
ssize_t vnet_read(const struct vnet *v, struct vnet_pkt *p);
/* The same, but wait for it. */
ssize_t vnet_await(const struct vnet *v, struct vnet_pkt *p);

/*
 * What the stack received: the next packet and its header (10 bytes of it),
 * or -ETIMEDOUT. -EINVAL for a kind that a packet socket can't describe.
 */
ssize_t vnet_heard(int vps, struct vnet_pkt *p, int ms);
/* The same, and take it apart: 0, or what is wrong with it, as vnet_parse() says. */
int vnet_heard_whole(int vps, struct vnet_pkt *p, int ms, bool eth, struct vnet_seen *seen);
/* Have the stack send it. */
int vnet_inject(int vps, const char *name, const struct vnet_pkt *p);
/* A packet socket on any device whose packets begin with a virtio header. */
int vnet_psock(const char *name);

int vnet_offload(const struct vnet *v, unsigned long bits);

/* ---- the stack around it ---- */

/* 10.9.0.1/24 and fd00::a09:1/64 on the device, the program's a neighbour. */
int vnet_address(const char *name, uint32_t addr);
/* Who has @addr (and its IPv6 twin) behind @name: @mac, known for good. */
int vnet_neigh(const char *name, uint32_t addr, const uint8_t *mac);
/* Both kinds of forwarding, for the whole namespace. */
int vnet_forward(void);
/* A pair of devices, both up and running. */
int vnet_veth(const char *name, const char *peer);
/* Wait until the bridge that has @name as a port forwards through it. */
bool vnet_bridged(const char *name);

/* Bad metadata: counted as a frame error, which only tun shows. */
#define EXPECT_FRAME_ERROR(v) do {					\
	struct rtnl_link_stats64 __s = io_counted(&(v)->io);		\
	EXPECT_EQ((v)->io.tap ? 0 : 1, __s.rx_frame_errors);		\
	EXPECT_EQ(0, __s.rx_packets + __s.rx_bytes + __s.rx_dropped +	\
		     __s.rx_errors + __s.tx_packets + __s.tx_dropped);	\
} while (0)

#endif
