// SPDX-License-Identifier: GPL-2.0-only
/* What a drop monitor is told: the reason of each drop, by tracepoint. */
#include <kselftest_harness.h>
#include <linux/vtun.h>
#include "testlib_batch.h"
#include "testlib_bpf.h"
#include "testlib_io.h"
#include "testlib_req.h"
#include "testlib_trace.h"

#include <linux/virtio_net.h>
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

/* Another device instead of this one. */
static int again(struct io *io, int flags)
{
	int err, all;

	close(io->fd);
	close(io->ps);
	io->fd = vt_attach_nb(IO_NAME, flags);
	if (io->fd < 0)
		return io->fd;
	err = link_up(IO_NAME) ?: io_listen(io);
	dropped("", &all);
	return err;
}

/* F7.2: no enabled queue */
TEST_F(drop_reason, no_queue)
{
	struct io *io = &self->io;

	ASSERT_EQ(0, again(io, variant->flags | IFF_MULTI_QUEUE));
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

/* F5.40 F5.18 F5.15: a wrong header; a length of it is seen without a packet */
TEST_F(drop_reason, virtio_header)
{
	struct virtio_net_hdr hdr = { .gso_type = 99 };
	struct io *io = &self->io;
	struct iovec iov[] = {
		{ &hdr, sizeof(hdr) }, { self->frame, self->total },
	};

	ASSERT_EQ(0, again(io, variant->flags | IFF_VNET_HDR));
	EXPECT_EQ(-EINVAL, io_writev(io->fd, iov, 2));
	EXPECT_DROPPED(1, NAMED("DEV_HDR"));
	hdr = (struct virtio_net_hdr){ .hdr_len = 5000 };
	EXPECT_EQ(-EINVAL, io_writev(io->fd, iov, 2));
	EXPECT_DROPPED(0, "DEV_HDR");
}

/* A record that is refused is dropped once, as a plain write() of it is. */
TEST_F(drop_reason, record)
{
	static struct batch batch;
	struct io *io = &self->io;
	uint8_t bad[20] = {};
	int all;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, batch_mode(io->fd, VTUN_MODE_BATCH));
	dropped("", &all);	/* what NAPI tries when it begins */
	if (!io->tap) {
		batch_clear(&batch);
		batch_add(&batch, bad, sizeof(bad));
		EXPECT_EQ(-EINVAL, batch_write(&batch, io->fd));
		EXPECT_DROPPED(1, "INVALID_PROTO");
	}
	ASSERT_EQ(0, link_down(IO_NAME));
	dropped("", &all);
	batch_clear(&batch);
	batch_add(&batch, self->frame, self->total);
	EXPECT_EQ(-EIO, batch_write(&batch, io->fd));
	EXPECT_DROPPED(1, "DEV_READY");
}

/*
 * F4.28 F6.14 F6.15: a packet that can't be read is, for its reader's memory;
 * in-tree tun takes it as read if its headers can be
 */
TEST_F(drop_reason, read_fault)
{
	struct io *io = &self->io;
	void *wall = io_readonly(64);

	if (!vt_intree()) {
		ASSERT_EQ(0, io_send(io, 1, 10));
		EXPECT_EQ(-EFAULT, io_read(io->fd, wall, 64));
		EXPECT_DROPPED(1, "SKB_UCOPY_FAULT");
	}
	ASSERT_EQ(0, again(io, variant->flags | IFF_VNET_HDR));
	ASSERT_EQ(0, io_send(io, 2, 10));
	EXPECT_EQ(-EFAULT, io_read(io->fd, wall, 64));
	EXPECT_DROPPED(1, NAMED("SKB_UCOPY_FAULT"));
}

static int keep(bool on)
{
	static struct req r;

	return req_keep_carrier(&r, IO_NAME, on);
}

/* Nobody is attached any more, three packets are kept, and one is too much. */
static int keep_three(struct io *io)
{
	int err = vt_persist(io->fd, true) ?: link_set_txqlen(IO_NAME, 3);

	err = err ?: keep(true) ?: io_send_range(io, 0, 2, 10);
	close(io->fd);
	return err ?: io_send_range(io, 2, 4, 10);
}

/* What is kept for the next program, and no longer wanted */
TEST_F(drop_reason, kept)
{
	if (vt_intree())
		SKIP(return, "in-tree tun keeps nothing");
	ASSERT_EQ(0, keep_three(&self->io));
	EXPECT_DROPPED(1, "FULL_RING");
	ASSERT_EQ(0, keep(false));
	EXPECT_DROPPED(3, "DEV_READY");
}

/* The same when the device goes */
TEST_F(drop_reason, kept_and_deleted)
{
	if (vt_intree())
		SKIP(return, "in-tree tun keeps nothing");
	ASSERT_EQ(0, keep_three(&self->io));
	EXPECT_DROPPED(1, "FULL_RING");
	ASSERT_EQ(0, link_del(IO_NAME));
	EXPECT_DROPPED(3, "DEV_READY");
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
