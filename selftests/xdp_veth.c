// SPDX-License-Identifier: GPL-2.0-only
/* XDP redirects between tap and veth, and through a cpumap. */
#include <kselftest_harness.h>
#include "testlib_io.h"
#include "testlib_xdp.h"

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>

#define DATA	100
#define BURST	40			/* more than one bulk of a devmap */

FIXTURE(xdp_veth)
{
	struct io io;			/* the tap */
	struct xdp_probe probe;
	int far;			/* packet socket at the cable's far end */
	size_t len;
	uint8_t frame[PKT_MAX];
};

/* ve0 is the near end, where redirects happen, ve1 the far one. */
FIXTURE_SETUP(xdp_veth)
{
	int prog = bpf_load_const(BPF_PROG_TYPE_XDP, XDP_PASS);

	if (prog == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	close(prog);
	ASSERT_EQ(0, io_open(&self->io, IFF_TAP | IFF_NO_PI));
	if (link_add_veth("ve0", "ve1"))
		SKIP(return, "no veth here");
	ASSERT_EQ(0, link_up("ve0"));
	ASSERT_EQ(0, link_up("ve1"));
	self->far = psock_open("ve1", SOCK_RAW, ETH_P_ALL);
	ASSERT_LE(0, self->far);
	self->len = io_frame(&self->io, self->frame, 1, DATA);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(xdp_veth)
{
}

/* Run the probe on @name and redirect through @map. */
static int redirect(FIXTURE_DATA(xdp_veth) *self, const char *name, int map)
{
	int err = map < 0 ? map : xdp_probe_open(&self->probe, map);

	if (!err)
		err = xdp_attach(name, self->probe.prog, XDP_FLAGS_DRV_MODE);
	if (!err)
		err = xdp_probe_action(&self->probe, XDP_REDIRECT);
	return err;
}

static int recv_numbered(struct io *io, unsigned int seq)
{
	if (fd_poll(io->fd, POLLIN, WAIT_MS) != POLLIN)
		return -ETIMEDOUT;
	return io_recv(io, io->fd, seq, DATA);
}

/* F11.5 F11.8: out of a tap into veth's ndo_xdp_xmit */
TEST_F(xdp_veth, tap_to_veth)
{
	uint8_t got[PKT_MAX];
	unsigned int seq;

	/* veth takes bare frames when its other end has a program */
	ASSERT_EQ(0, xdp_attach_const("ve1", XDP_PASS, XDP_FLAGS_DRV_MODE));
	ASSERT_EQ(0, redirect(self, IO_NAME,
			      xdp_devmap(link_index("ve0"))));
	for (seq = 0; seq < BURST; seq++) {
		io_frame(&self->io, self->frame, seq, DATA);
		ASSERT_EQ(self->len, io_write(self->io.fd, self->frame,
					      self->len));
		ASSERT_EQ(self->len, psock_recv(self->far, 0, got,
						sizeof(got), WAIT_MS));
		EXPECT_EQ(0, memcmp(self->frame, got, self->len));
	}
	EXPECT_RX(&self->io, BURST, BURST * self->len, 0);
	EXPECT_TRUE(io_unseen(&self->io));
}

/* F11.8 F6.32: a cable's frames into a tap, in bulk and in order */
TEST_F(xdp_veth, veth_to_tap)
{
	unsigned int seq;

	ASSERT_EQ(0, redirect(self, "ve0", xdp_devmap(link_index(IO_NAME))));
	for (seq = 0; seq < BURST; seq++) {
		io_frame(&self->io, self->frame, seq, DATA);
		ASSERT_EQ(self->len, psock_send(self->far, "ve1", ETH_P_IP,
						self->frame, self->len));
	}
	for (seq = 0; seq < BURST; seq++)
		EXPECT_EQ(0, recv_numbered(&self->io, seq));
	EXPECT_TX(&self->io, BURST, BURST * self->len, 0);
	EXPECT_EQ(BURST, xdp_probe_get(&self->probe).runs);
}

/* F11.8 F7.3: what doesn't fit is the tap's loss */
TEST_F(xdp_veth, veth_to_full_tap)
{
	struct rtnl_link_stats64 s;
	uint8_t got[PKT_MAX];
	struct link_info info;
	unsigned int seq;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 3));
	ASSERT_EQ(0, redirect(self, "ve0", xdp_devmap(link_index(IO_NAME))));
	for (seq = 0; seq < 10; seq++) {
		io_frame(&self->io, self->frame, seq, DATA);
		ASSERT_EQ(self->len, psock_send(self->far, "ve1", ETH_P_IP,
						self->frame, self->len));
	}
	EXPECT_TRUE(wait_for(xdp_probe_get(&self->probe).runs == 10, WAIT_MS));
	EXPECT_TRUE(wait_for(!link_get(IO_NAME, &info) &&
			     info.stats.tx_dropped > 0, WAIT_MS));
	for (seq = 0; seq < 3; seq++)
		EXPECT_EQ(0, recv_numbered(&self->io, seq));
	EXPECT_EQ(-EAGAIN, io_read(self->io.fd, got, sizeof(got)));
	s = io_counted(&self->io);
	EXPECT_EQ(3, s.tx_packets);
	/* one a bulk is counted, the rest is handed back */
	EXPECT_LE(1, s.tx_dropped);
	EXPECT_GE(7, s.tx_dropped);
}

/* F11.8: the frame goes to the queue of the processor, of those enabled */
TEST_F(xdp_veth, veth_to_queues)
{
	int map, fd[2], came = 0;
	const int flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE;
	uint8_t got[PKT_MAX];
	unsigned int seq;

	close(self->io.fd);
	fd[0] = vt_attach_nb("mq0", flags);
	ASSERT_LE(0, fd[0]);
	fd[1] = vt_attach_nb("mq0", flags);
	ASSERT_LE(0, fd[1]);
	ASSERT_EQ(0, link_up("mq0"));
	map = xdp_devmap(link_index("mq0"));
	ASSERT_EQ(0, redirect(self, "ve0", map));
	for (seq = 0; seq < BURST; seq++) {
		ASSERT_EQ(self->len, psock_send(self->far, "ve1", ETH_P_IP,
						self->frame, self->len));
		ASSERT_TRUE(wait_for(fd_poll(fd[0], POLLIN, 0) == POLLIN ||
				     fd_poll(fd[1], POLLIN, 0) == POLLIN,
				     WAIT_MS));
		came += io_read(fd[0], got, sizeof(got)) > 0;
		came += io_read(fd[1], got, sizeof(got)) > 0;
	}
	EXPECT_EQ(BURST, came);
	/* with one of them left everything goes there */
	ASSERT_EQ(0, vt_set_queue(fd[0], IFF_DETACH_QUEUE));
	for (seq = 0; seq < 5; seq++) {
		ASSERT_EQ(self->len, psock_send(self->far, "ve1", ETH_P_IP,
						self->frame, self->len));
		ASSERT_EQ(POLLIN, fd_poll(fd[1], POLLIN, WAIT_MS));
		EXPECT_EQ(self->len, io_read(fd[1], got, sizeof(got)));
	}
}

/* F11.8: a tun is no target for a bare frame */
TEST_F(xdp_veth, veth_to_tun)
{
	int tun = vt_attach_nb("tun9", IFF_TUN | IFF_NO_PI);
	struct link_info info;

	ASSERT_LE(0, tun);
	ASSERT_EQ(0, link_up("tun9"));
	ASSERT_EQ(0, redirect(self, "ve0", xdp_devmap(link_index("tun9"))));
	ASSERT_EQ(self->len, psock_send(self->far, "ve1", ETH_P_IP,
					self->frame, self->len));
	EXPECT_TRUE(wait_for(xdp_probe_get(&self->probe).runs == 1, WAIT_MS));
	EXPECT_EQ(0, fd_poll(tun, POLLIN, 20));
	ASSERT_EQ(0, link_get("tun9", &info));
	EXPECT_EQ(0, info.stats.tx_packets + info.stats.tx_dropped);
}

/* F11.5: through a cpumap to the stack, as received on the tap */
TEST_F(xdp_veth, cpumap)
{
	int map = bpf_map(BPF_MAP_TYPE_CPUMAP, sizeof(uint32_t),
			  sizeof(uint32_t), 1);
	uint32_t qsize = 64;
	unsigned int seq;

	ASSERT_LE(0, map);
	ASSERT_EQ(0, bpf_map_set(map, 0, &qsize));
	ASSERT_EQ(0, redirect(self, IO_NAME, map));
	for (seq = 0; seq < BURST; seq++) {
		io_frame(&self->io, self->frame, seq, DATA);
		ASSERT_EQ(self->len, io_write(self->io.fd, self->frame,
					      self->len));
		ASSERT_EQ(0, io_seen(&self->io, self->frame, self->len));
	}
	EXPECT_RX(&self->io, BURST, BURST * self->len, 0);
	/* a processor that the map has not */
	ASSERT_EQ(0, bpf_map_del(map, 0));
	ASSERT_EQ(self->len, io_write(self->io.fd, self->frame, self->len));
	EXPECT_RX(&self->io, 0, 0, 1);
}

/* F11.8: a devmap entry's own program runs behind the redirect */
TEST_F(xdp_veth, devmap_program)
{
	int map = bpf_map(BPF_MAP_TYPE_DEVMAP, sizeof(uint32_t),
			  sizeof(struct bpf_devmap_val), 1);
	struct bpf_devmap_val val = { .ifindex = link_index(IO_NAME) };
	struct bpf_code code = {};
	union bpf_attr attr = {};

	bpf_add(&code, BI_SET(BPF_REG_0, XDP_DROP));
	bpf_add(&code, BI_EXIT);
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.expected_attach_type = BPF_XDP_DEVMAP;
	attr.insns = (uintptr_t)code.insn;
	attr.insn_cnt = code.n;
	attr.license = (uintptr_t)"GPL";
	val.bpf_prog.fd = bpf_call(BPF_PROG_LOAD, &attr);
	ASSERT_LE(0, val.bpf_prog.fd);
	ASSERT_LE(0, map);
	ASSERT_EQ(0, bpf_map_set(map, 0, &val));
	ASSERT_EQ(0, redirect(self, "ve0", map));
	ASSERT_EQ(self->len, psock_send(self->far, "ve1", ETH_P_IP,
					self->frame, self->len));
	EXPECT_TRUE(wait_for(xdp_probe_get(&self->probe).runs == 1, WAIT_MS));
	EXPECT_EQ(0, fd_poll(self->io.fd, POLLIN, 20));
	EXPECT_TX(&self->io, 0, 0, 0);
}

TEST_HARNESS_MAIN
