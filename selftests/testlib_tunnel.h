/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VXLAN over a tap: packets in packets, by hand and by the stack. The outer
 * addresses are those of testlib_vnet.h, the inner ones are 10.7.0.1 (the
 * stack's) and 10.7.0.2 (the program's), with fd00:: in front for IPv6.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_TUNNEL_H
#define VTUN_SELFTESTS_TESTLIB_TUNNEL_H

#include "testlib_vnet.h"

#define TUNNEL_NAME	"vx0"
#define TUNNEL_NEAR	0x0a070001
#define TUNNEL_FAR	0x0a070002
#define TUNNEL_ID	42
#define TUNNEL_PORT	4789

struct tunnel_spec {
	bool ip6;			/* the outer headers are IPv6 */
	bool csum;			/* the outer UDP header has a checksum */
	struct vnet_spec inner;		/* eth is set, addresses too unless given */
};

/* Where things are in a packet, from its start. */
struct tunnel_pkt {
	size_t outer_l3, outer_l4, inner_eth, inner_l3;
};

/*
 * Put the inner packet with an Ethernet header into @p, with @type and @size
 * of GSO (0: whole, with right checksums), and the outer headers around it: as
 * a packet from the program to the stack.
 */
void tunnel_build(struct vnet_pkt *p, struct tunnel_pkt *where,
		  const struct tunnel_spec *spec, int type, int size);

/*
 * Take the outer headers off: 0 and @inner is the packet inside, with
 * @partial_outer telling whether only the outer pseudo header is summed.
 * Otherwise -EPROTO, -EBADMSG as vnet_parse().
 */
int tunnel_parse(const struct vnet_pkt *p, struct vnet_pkt *inner,
		 bool *partial_outer);

/*
 * The stack's end over IO_NAME, up, with addresses and neighbours on both
 * levels. -EOPNOTSUPP if this kernel has no VXLAN.
 */
int tunnel_open(bool ip6, bool csum);

#endif
