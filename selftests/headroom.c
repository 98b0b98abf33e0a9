// SPDX-License-Identifier: GPL-2.0-only
/*
 * Room in front of written packets, for those who put a header there: a bridge
 * with a tunnel as its other port asks the device for it.
 */
#include <kselftest_harness.h>
#include "testlib_io.h"
#include "testlib_req.h"
#include "testlib_xdp.h"

#include <arpa/inet.h>
#include <string.h>

#define DATA		100
#define OUTER		(20 + 8 + 8)	/* IPv4, UDP, Geneve */
#define GENEVE_PORT	6081

FIXTURE(headroom)
{
	struct io io;			/* a port of the bridge */
	int out;			/* a tun: the tunnel's way out */
	size_t len;
	uint8_t frame[PKT_MAX];
};

static int add_geneve(const char *name, uint32_t remote)
{
	struct nlattr *info, *data;
	struct req r;

	req_start(&r, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(r.nlh, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(r.nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(r.nlh, IFLA_INFO_KIND, "geneve");
	data = mnl_attr_nest_start(r.nlh, IFLA_INFO_DATA);
	mnl_attr_put_u32(r.nlh, IFLA_GENEVE_ID, 7);
	mnl_attr_put_u32(r.nlh, IFLA_GENEVE_REMOTE, htonl(remote));
	mnl_attr_nest_end(r.nlh, data);
	mnl_attr_nest_end(r.nlh, info);
	return req_send(&r);
}

FIXTURE_SETUP(headroom)
{
	ASSERT_EQ(0, io_open(&self->io, IFF_TAP | IFF_NO_PI));
	self->out = vt_attach_nb("out0", IFF_TUN | IFF_NO_PI);
	ASSERT_LE(0, self->out);
	ASSERT_EQ(0, link_up("out0"));
	ASSERT_EQ(0, link_add_ip4("out0", 0x0a070001, 24));
	if (link_add("br0", "bridge") || add_geneve("gnv0", 0x0a070002))
		SKIP(return, "this kernel has no bridge or no geneve");
	self->len = io_frame(&self->io, self->frame, 1, DATA);
}

FIXTURE_TEARDOWN(headroom)
{
}

/*
 * Has the frame come out of the tunnel, behind @room bytes that begin with the
 * Ethernet header @eth? What the bridge itself sends may come, too.
 */
static bool came_out(FIXTURE_DATA(headroom) *self, const void *eth, int room)
{
	const uint8_t *inner;
	uint8_t got[PKT_MAX];
	ssize_t n;

	while ((n = io_read(self->out, got, sizeof(got))) > 0) {
		inner = got + OUTER;
		if ((size_t)n == OUTER + room + self->len && got[0] == 0x45 &&
		    got[22] == GENEVE_PORT >> 8 &&
		    got[23] == (GENEVE_PORT & 0xff) &&
		    !memcmp(inner, eth, ETH_HLEN) &&
		    !memcmp(inner + room, self->frame, self->len))
			return true;
	}
	return false;
}

/* Write the frame until it has: a port learns before it forwards anything. */
static bool through(FIXTURE_DATA(headroom) *self)
{
	return wait_for(io_write(self->io.fd, self->frame, self->len) ==
			(ssize_t)self->len &&
			came_out(self, self->frame, 0), WAIT_MS);
}

/* F4.10: the tunnel before the device in the bridge, and after it */
TEST_F(headroom, bridge_to_tunnel)
{
	ASSERT_EQ(0, link_set_master("gnv0", "br0"));
	ASSERT_EQ(0, link_set_master(IO_NAME, "br0"));
	ASSERT_EQ(0, link_up("gnv0"));
	ASSERT_EQ(0, link_up("br0"));
	EXPECT_TRUE(through(self));
	ASSERT_EQ(0, link_set_master("gnv0", NULL));
	ASSERT_EQ(0, link_set_master("gnv0", "br0"));
	EXPECT_TRUE(through(self));
}

/* F4.10 F11.10: what XDP is given in front does not get less by it */
TEST_F(headroom, with_xdp)
{
	struct xdp_control c = { .action = XDP_PASS, .head = -200, .fill = 1 };
	struct xdp_probe probe;

	ASSERT_EQ(0, xdp_probe_open(&probe, -1));
	ASSERT_EQ(0, xdp_attach(IO_NAME, probe.prog, XDP_FLAGS_DRV_MODE));
	ASSERT_EQ(0, link_set_master("gnv0", "br0"));
	ASSERT_EQ(0, link_set_master(IO_NAME, "br0"));
	ASSERT_EQ(0, link_up("gnv0"));
	ASSERT_EQ(0, link_up("br0"));
	EXPECT_TRUE(through(self));
	/* the program takes room, and the tunnel still has enough */
	pkt_eth(c.eth, pkt_mac_b, pkt_mac_a, 0x88b5);
	ASSERT_EQ(0, xdp_probe_set(&probe, c));
	ASSERT_EQ(self->len, io_write(self->io.fd, self->frame, self->len));
	EXPECT_EQ(0, xdp_probe_get(&probe).head_ret);
	EXPECT_TRUE(came_out(self, c.eth, 200));
}

/* F4.10: out of the bridge it is as before */
TEST_F(headroom, leaves_the_bridge)
{
	ASSERT_EQ(0, link_set_master("gnv0", "br0"));
	ASSERT_EQ(0, link_set_master(IO_NAME, "br0"));
	ASSERT_EQ(0, link_up("gnv0"));
	ASSERT_EQ(0, link_up("br0"));
	EXPECT_TRUE(through(self));
	ASSERT_EQ(0, link_set_master(IO_NAME, NULL));
	while (!io_unseen(&self->io))
		;
	ASSERT_EQ(self->len, io_write(self->io.fd, self->frame, self->len));
	EXPECT_EQ(0, io_seen(&self->io, self->frame, self->len));
	EXPECT_FALSE(came_out(self, self->frame, 0));
}

TEST_HARNESS_MAIN
