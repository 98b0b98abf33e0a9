// SPDX-License-Identifier: GPL-2.0-only
/* A native XDP program that moves the frame's ends, or adds metadata. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_io.h"
#include "testlib_xdp.h"

#include <string.h>

#define LARGE	3500			/* bytes of data: beyond the fast way */
#ifndef ENOTSUPP			/* the kernel's own */
#define ENOTSUPP 524
#endif
#define GROW	4			/* as for a VLAN tag */
#define ROOM	216			/* 256 but for the core's 40 */

FIXTURE(xdp_adjust)
{
	struct io io;
	struct xdp_probe probe;
	size_t data, len;
	uint8_t frame[LARGE + 100];
};

FIXTURE_VARIANT(xdp_adjust)
{
	bool blocking;
	bool large;
};

FIXTURE_VARIANT_ADD(xdp_adjust, fast)
{
};

FIXTURE_VARIANT_ADD(xdp_adjust, blocking)
{
	.blocking = true,
};

FIXTURE_VARIANT_ADD(xdp_adjust, large)
{
	.large = true,
};

FIXTURE_SETUP(xdp_adjust)
{
	struct io *io = &self->io;
	int err;

	ASSERT_EQ(0, io_open(io, IFF_TAP | IFF_NO_PI));
	err = xdp_probe_open(&self->probe, -1);
	if (err == -ENOSYS)
		SKIP(return, "no bpf(2) here");
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, xdp_attach(IO_NAME, self->probe.prog,
				XDP_FLAGS_DRV_MODE));
	if (variant->blocking)
		ASSERT_EQ(0, fcntl(io->fd, F_SETFL, O_RDWR));
	self->data = variant->large ? LARGE : 100;
	self->len = io_frame(io, self->frame, 1, self->data);
	io_counted(io);
}

FIXTURE_TEARDOWN(xdp_adjust)
{
}

/* Write the frame with these orders: what the program saw and did. */
static struct xdp_control put(FIXTURE_DATA(xdp_adjust) *self,
			      struct xdp_control control)
{
	ssize_t n;

	control.runs = 0;
	xdp_probe_set(&self->probe, control);
	n = io_write(self->io.fd, self->frame, self->len);
	control = xdp_probe_get(&self->probe);
	if (n != (ssize_t)self->len)
		control.runs = 0;
	return control;
}

static void set_eth(struct xdp_control *control, int proto)
{
	control->fill = 1;
	pkt_eth(control->eth, pkt_mac_b, pkt_mac_a, proto);
}

/* F11.10 F11.6: bytes in front; what is counted is what was written */
TEST_F(xdp_adjust, head_grows)
{
	struct xdp_control c = { .action = XDP_PASS, .head = -GROW };
	uint8_t want[LARGE + 200];

	set_eth(&c, 0x88b5);
	c = put(self, c);
	ASSERT_EQ(1, c.runs);
	EXPECT_EQ(0, c.head_ret);
	EXPECT_EQ(self->len + GROW, c.len_out);
	memcpy(want + GROW, self->frame, self->len);
	memcpy(want, c.eth, ETH_HLEN);
	EXPECT_EQ(0, io_seen(&self->io, want, self->len + GROW));
	EXPECT_RX(&self->io, 1, self->len, 0);
}

/* F11.6 F11.3: a header is taken away, as for a tunnel */
TEST_F(xdp_adjust, head_shrinks)
{
	struct xdp_control c = { .action = XDP_PASS, .head = 20 };
	uint8_t want[LARGE + 200];

	set_eth(&c, 0x88b5);
	c = put(self, c);
	ASSERT_EQ(1, c.runs);
	EXPECT_EQ(0, c.head_ret);
	EXPECT_EQ(self->len - 20, c.len_out);
	memcpy(want, self->frame + 20, self->len - 20);
	memcpy(want, c.eth, ETH_HLEN);
	EXPECT_EQ(0, io_seen(&self->io, want, self->len - 20));
	EXPECT_RX(&self->io, 1, self->len, 0);
}

/*
 * F11.10: 256 bytes are in front, of which the core wants up to 40 for itself;
 * in-tree has some more on the fast way. Nor can all of the frame go.
 */
TEST_F(xdp_adjust, headroom)
{
	struct xdp_control c = { .action = XDP_DROP };
	int room;

	for (room = ROOM; room < 400; room++) {
		c.head = -room;
		c = put(self, c);
		if (c.head_ret)
			break;
		ASSERT_EQ(self->len + room, c.len_out);
	}
	EXPECT_LT(ROOM, room);
	EXPECT_EQ(-EINVAL, c.head_ret);
	EXPECT_EQ(self->len, c.len_out);
	/* an Ethernet header must remain */
	c.head = self->len - ETH_HLEN;
	EXPECT_EQ(0, put(self, c).head_ret);
	EXPECT_EQ(ETH_HLEN, xdp_probe_get(&self->probe).len_out);
	c.head = self->len - ETH_HLEN + 1;
	EXPECT_EQ(-EINVAL, put(self, c).head_ret);
}

/* F11.6: bytes taken from the end; what is counted is what was written */
TEST_F(xdp_adjust, tail_shrinks)
{
	struct xdp_control c = { .action = XDP_PASS, .tail = -30 };

	c = put(self, c);
	ASSERT_EQ(1, c.runs);
	EXPECT_EQ(0, c.tail_ret);
	EXPECT_EQ(0, io_seen(&self->io, self->frame, self->len - 30));
	EXPECT_RX(&self->io, 1, self->len, 0);
	c.tail = -(int64_t)self->len + ETH_HLEN;
	c.action = XDP_DROP;
	EXPECT_EQ(0, put(self, c).tail_ret);
	c.tail -= 1;
	EXPECT_EQ(-EINVAL, put(self, c).tail_ret);
}

/* F11.6 F11.3: bytes added at the end, which are zeros, where there is room */
TEST_F(xdp_adjust, tail_grows)
{
	struct xdp_control c = { .action = XDP_PASS };
	uint8_t want[LARGE + 600] = {};
	int room;

	memcpy(want, self->frame, self->len);
	for (room = 1; room <= 64; room++) {
		c.tail = room;
		c = put(self, c);
		if (c.tail_ret)
			break;
		EXPECT_EQ(self->len + room, c.len_out);
		EXPECT_EQ(0, io_seen(&self->io, want, self->len + room));
		EXPECT_RX(&self->io, 1, self->len, 0);
	}
	EXPECT_LT(1, room);
	c.tail = 1 << 20;
	c = put(self, c);
	EXPECT_EQ(-EINVAL, c.tail_ret);
	EXPECT_EQ(self->len, c.len_out);
}

/* F11.7 F11.5: what is sent back is what the program made of it */
TEST_F(xdp_adjust, tx)
{
	struct xdp_control c = { .action = XDP_TX, .head = -GROW, .tail = -7 };
	uint8_t want[LARGE + 200], got[LARGE + 200];
	const size_t len = self->len + GROW - 7;
	struct rtnl_link_stats64 s;
	struct io *io = &self->io;

	set_eth(&c, 0x88b5);
	memcpy(want + GROW, self->frame, self->len);
	memcpy(want, c.eth, ETH_HLEN);
	ASSERT_EQ(1, put(self, c).runs);
	ASSERT_EQ(len, io_read(io->fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(want, got, len));
	s = io_counted(io);
	EXPECT_EQ(1, s.tx_packets);
	EXPECT_EQ(len, s.tx_bytes);
	if (vt_intree() && (variant->blocking || variant->large)) {
		EXPECT_EQ(0, s.rx_packets + s.rx_bytes);
	} else {
		EXPECT_EQ(1, s.rx_packets);
		EXPECT_EQ(len, s.rx_bytes);
	}
}

/* A tc program that stores the first word of the metadata, or 0. */
static int load_meta_reader(int map)
{
	struct bpf_code c = {};
	int none;

	bpf_add_value(&c, BPF_REG_7, map, 0);
	bpf_add(&c, BI_SET(BPF_REG_4, 0));
	bpf_add(&c, BI_LOAD(BPF_W, BPF_REG_2, BPF_REG_1,
			    offsetof(struct __sk_buff, data_meta)));
	bpf_add(&c, BI_LOAD(BPF_W, BPF_REG_3, BPF_REG_1,
			    offsetof(struct __sk_buff, data)));
	bpf_add(&c, BI_MOV(BPF_REG_5, BPF_REG_2));
	bpf_add(&c, BI_ADD(BPF_REG_5, 4));
	none = bpf_jump_reg(&c, BPF_JGT, BPF_REG_5, BPF_REG_3);
	bpf_add(&c, BI_LOAD(BPF_W, BPF_REG_4, BPF_REG_2, 0));
	bpf_land(&c, none);
	bpf_add(&c, BI_STORE(BPF_DW, BPF_REG_7, 0, BPF_REG_4));
	bpf_add(&c, BI_SET(BPF_REG_0, 0));
	bpf_add(&c, BI_EXIT);
	return bpf_load(BPF_PROG_TYPE_SCHED_CLS, &c);
}

/* Has the driver room for metadata on this way? */
static bool has_metadata(const FIXTURE_VARIANT(xdp_adjust) *variant)
{
	return variant->blocking || variant->large || !vt_intree() ||
	       kernel_at_least(7, 0);
}

/* F11.2 F14.8: metadata reaches tc, on the slow way with every kernel */
TEST_F(xdp_adjust, metadata)
{
	struct xdp_control c = { .action = XDP_PASS, .meta = -8 };
	uint64_t seen = 1;
	int map = bpf_array(sizeof(seen)), err;

	err = hook_ingress(link_index(IO_NAME), load_meta_reader(map));
	if (hook_missing(err))
		SKIP(return, "no tc ingress here");
	ASSERT_EQ(0, err);
	c = put(self, c);
	ASSERT_EQ(1, c.runs);
	EXPECT_EQ(has_metadata(variant) ? 0 : -ENOTSUPP, c.meta_ret);
	EXPECT_EQ(0, io_seen(&self->io, self->frame, self->len));
	ASSERT_EQ(0, bpf_map_get(map, 0, &seen));
	EXPECT_EQ(has_metadata(variant) ? XDP_MARK : 0, seen);
	/* none without the program's doing */
	c.meta = 0;
	ASSERT_EQ(1, put(self, c).runs);
	ASSERT_EQ(0, bpf_map_get(map, 0, &seen));
	EXPECT_EQ(0, seen);
}

/* F11.2: metadata of a size that can't be, and behind a moved head */
TEST_F(xdp_adjust, metadata_limits)
{
	struct xdp_control c = { .action = XDP_DROP };

	if (!has_metadata(variant))
		SKIP(return, "this kernel's in-tree driver has none");
	c.meta = -3;			/* not a multiple of 4 */
	EXPECT_EQ(-EACCES, put(self, c).meta_ret);
	c.meta = -ROOM - 1000;
	EXPECT_EQ(-EINVAL, put(self, c).meta_ret);
	c.meta = -8;
	c.head = -GROW;
	c = put(self, c);
	EXPECT_EQ(0, c.head_ret);
	EXPECT_EQ(self->len + GROW, c.len_out);
}

TEST_HARNESS_MAIN
