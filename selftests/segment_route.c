// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large packets that a router has to cut for the next network: it asks the device
 * what it can, before it has chosen one of its queues.
 */
#include <kselftest_harness.h>
#include "testlib_vnet.h"

#include <netinet/ip.h>
#include <netinet/tcp.h>

#define OUT		"out0"
#define OUT_NEAR	0x0a080001
#define OUT_FAR		0x0a080002
#define QUEUES		256

/* The packet's queue is that of the device it came from: number 255. */
TEST(segment_route_queue_of_another_device)
{
	const struct vnet_spec spec = {
		.proto = IPPROTO_TCP, .len = 6000, .dst = OUT_FAR,
	};
	int flags = IFF_TUN | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR;
	static struct vnet in, out;
	static struct vnet_pkt pkt;
	struct iphdr *ip;
	size_t data = 0;
	int i, fd = -1;

	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, vnet_add(&in, IO_NAME, flags, VNET_SIZE));
	ASSERT_EQ(0, vnet_add(&out, OUT, IFF_TUN | IFF_NO_PI | IFF_VNET_HDR,
			      VNET_SIZE));
	ASSERT_EQ(0, vnet_address(IO_NAME, VNET_NEAR));
	ASSERT_EQ(0, vnet_address(OUT, OUT_NEAR));
	ASSERT_EQ(0, link_set_mtu(OUT, 600));
	ASSERT_EQ(0, vnet_forward());
	for (i = 1; i < QUEUES; i++) {
		fd = vt_attach(IO_NAME, flags);
		ASSERT_LE(0, fd) TH_LOG("queue %d", i);
	}
	in.io.fd = fd;
	vnet_build(&pkt, &spec);
	ip = (struct iphdr *)pkt.buf;
	ip->frag_off = 0;
	ip->check = 0;
	ip->check = pkt_csum(ip, sizeof(*ip), 0);
	vnet_gso(&pkt, VIRTIO_NET_HDR_GSO_TCPV4, 1300);
	ASSERT_EQ(0, vnet_write(&in, &pkt));
	/* in fragments of segments: all that was written, and no more */
	while (data < spec.len && vnet_await(&out, &pkt) > 0) {
		ip = (struct iphdr *)pkt.buf;
		if (ip->version != 4)
			continue;
		EXPECT_GE(600, pkt.len);
		if (!(ntohs(ip->frag_off) & IP_OFFMASK))
			data -= sizeof(struct tcphdr);
		data += pkt.len - sizeof(*ip);
	}
	EXPECT_EQ(spec.len, data);
}

TEST_HARNESS_MAIN
