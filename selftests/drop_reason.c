// SPDX-License-Identifier: GPL-2.0-only
/* What a drop monitor is told: the reason of each drop, by tracepoint. */
#include <kselftest_harness.h>
#include "testlib_bpf.h"
#include "testlib_io.h"
#include "testlib_trace.h"

#include <stdio.h>
#include <string.h>

FIXTURE(drop_reason)
{
	struct io io;
	uint8_t frame[PKT_MAX];
	size_t total;
};

FIXTURE_VARIANT(drop_reason)
{
	int flags;
};

IO_VARIANTS_NO_PI(drop_reason);

FIXTURE_SETUP(drop_reason)
{
	int err;

	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->total = io_frame(&self->io, self->frame, 1, 40);
	err = trace_start("skb/kfree_skb");
	if (trace_missing(err))
		SKIP(return, "no tracepoints here (error %d)", -err);
	ASSERT_EQ(0, err);
}

FIXTURE_TEARDOWN(drop_reason)
{
	trace_end();
}

/*
 * How many packets were dropped for @reason since the last call; all reasons
 * go to @all.
 */
static int dropped(const char *reason, int *all)
{
	const char *text = trace_take(), *line;
	char want[64];
	int count = 0;

	*all = 0;
	if (!text)
		return -1;
	snprintf(want, sizeof(want), "reason: %s", reason);
	for (line = strstr(text, "reason: "); line;
	     line = strstr(line + 1, "reason: ")) {
		*all += 1;
		/* a reason may begin another's name */
		count += !strncmp(line, want, strlen(want)) &&
			 strchr("\n ", line[strlen(want)]);
	}
	return count;
}

#define EXPECT_DROPPED(n, reason) do {					\
	int __all;							\
	EXPECT_EQ(n, dropped(reason, &__all));				\
	EXPECT_EQ(n, __all);						\
} while (0)

/* Where in-tree tun gives no reason, vtun does. */
#define NAMED(reason)	(vt_intree() ? "NOT_SPECIFIED" : (reason))

/* F7.2: the fifo is full, or there is none */
TEST_F(drop_reason, transmit)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_DROPPED(0, "FULL_RING");
	ASSERT_EQ(0, io_send(io, 2, 10));
	ASSERT_EQ(0, io_send(io, 3, 10));
	EXPECT_DROPPED(2, "FULL_RING");
}

/* F7.2: no enabled queue */
TEST_F(drop_reason, no_queue)
{
	struct io *io = &self->io;

	close(io->fd);
	io->fd = vt_attach_nb(IO_NAME, variant->flags | IFF_MULTI_QUEUE);
	ASSERT_LE(0, io->fd);
	ASSERT_EQ(0, link_up(IO_NAME));
	close(io->ps);
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	ASSERT_EQ(0, vt_set_queue(io->fd, IFF_DETACH_QUEUE));
	EXPECT_DROPPED(0, "DEV_READY");
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_DROPPED(1, "DEV_READY");
}

/* F7.2 F3.8.6: the address filter of tap; tun has none */
TEST_F(drop_reason, address_filter)
{
	struct {
		struct tun_filter head;
		uint8_t addr[ETH_ALEN];
	} filter = { .head.count = 1 };
	struct io *io = &self->io;

	memcpy(filter.addr, pkt_mac_a, ETH_ALEN);
	vt_ioctl(io->fd, TUNSETTXFILTER, (unsigned long)&filter);
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_DROPPED(io->tap, "TAP_TXFILTER");
}

/* F7.2 F7.1 F14.10: the two programs; tun has no classic one */
TEST_F(drop_reason, bpf_filters)
{
	struct sock_fprog prog = CBPF_PROG(CBPF_CONST(0));
	int ebpf = bpf_load_const(BPF_PROG_TYPE_SOCKET_FILTER, 0);
	struct io *io = &self->io;

	ASSERT_LE(0, ebpf);
	vt_ioctl(io->fd, TUNATTACHFILTER, (unsigned long)&prog);
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_DROPPED(io->tap, "SOCKET_FILTER");
	vt_ioctl(io->fd, TUNDETACHFILTER, 0);
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETFILTEREBPF, ebpf));
	ASSERT_EQ(0, io_send(io, 2, 10));
	EXPECT_DROPPED(1, "TAP_FILTER");
}

/* F5.40: writes */
TEST_F(drop_reason, write)
{
	struct io *io = &self->io;
	uint8_t bad[20] = {};

	/* a short frame may be copied before there is a packet to drop */
	EXPECT_EQ(-EFAULT, io_write(io->fd, NULL, 8000));
	EXPECT_DROPPED(1, "SKB_UCOPY_FAULT");
	if (!io->tap) {
		EXPECT_EQ(-EINVAL, io_write(io->fd, bad, sizeof(bad)));
		EXPECT_DROPPED(1, NAMED("INVALID_PROTO"));
	}
	ASSERT_EQ(0, link_down(IO_NAME));
	dropped("", &(int){ 0 });
	EXPECT_EQ(-EIO, io_write(io->fd, self->frame, self->total));
	EXPECT_DROPPED(1, "DEV_READY");
}

/* F4.28: a packet that was read is none, whatever its reader left behind */
TEST_F(drop_reason, read_is_no_drop)
{
	struct io *io = &self->io;
	uint8_t buf[8];

	ASSERT_EQ(0, io_send(io, 1, 10));
	ASSERT_EQ(0, io_send(io, 2, 10));
	ASSERT_EQ(0, io_recv(io, io->fd, 1, 10));
	EXPECT_EQ(sizeof(buf), io_read(io->fd, buf, sizeof(buf)));
	EXPECT_DROPPED(0, "NOT_SPECIFIED");
}

/* F4.28: packets that nobody will read are, though nothing counts them */
TEST_F(drop_reason, purge)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 20));
	ASSERT_EQ(0, io_send(io, 1, 10));
	ASSERT_EQ(0, io_send(io, 2, 10));
	ASSERT_EQ(0, io_send(io, 3, 10));
	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	EXPECT_DROPPED(2, NAMED("FULL_RING"));
	ASSERT_EQ(0, vt_persist(io->fd, true));
	close(io->fd);
	EXPECT_DROPPED(1, NAMED("DEV_READY"));
}

TEST_HARNESS_MAIN
