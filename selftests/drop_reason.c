// SPDX-License-Identifier: GPL-2.0-only
/* What a drop monitor is told: the reason of each drop, by tracepoint. */
#include <kselftest_harness.h>
#include "testlib_bpf.h"
#include "testlib_io.h"

#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define TRACE	"/sys/kernel/tracing/"
#define OURS	TRACE "instances/vtun-selftest/"

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

/* Trace what this process drops, in a buffer of its own; 0 or -errno. */
static int trace_start(void)
{
	char pid[16];
	int err;

	if (mount("tracefs", TRACE, "tracefs", 0, NULL) && errno != EBUSY)
		return -errno;
	rmdir(OURS);
	if (mkdir(OURS, 0700))
		return -errno;
	snprintf(pid, sizeof(pid), "%d", getpid());
	err = file_write(OURS "set_event_pid", pid);
	return err ?: file_write(OURS "events/skb/kfree_skb/enable", "1");
}

FIXTURE_SETUP(drop_reason)
{
	int err;

	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	self->total = io_frame(&self->io, self->frame, 1, 40);
	err = trace_start();
	if (err == -ENODEV || err == -ENOENT)
		SKIP(return, "no tracepoints here (error %d)", -err);
	ASSERT_EQ(0, err);
}

FIXTURE_TEARDOWN(drop_reason)
{
	rmdir(OURS);
}

/*
 * How many packets were dropped for @reason since the last call; all reasons
 * go to @all.
 */
static int dropped(const char *reason, int *all)
{
	static char text[1 << 16];
	char want[64], *line;
	int count = 0, fd;

	*all = 0;
	if (file_read(OURS "trace", text, sizeof(text)) < 0)
		return -1;
	fd = open(OURS "trace", O_WRONLY | O_TRUNC);	/* which empties it */
	if (fd < 0)
		return -1;
	close(fd);
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
		EXPECT_DROPPED(1, "NOT_SPECIFIED");
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
	EXPECT_DROPPED(2, "NOT_SPECIFIED");
	ASSERT_EQ(0, vt_persist(io->fd, true));
	close(io->fd);
	EXPECT_DROPPED(1, "NOT_SPECIFIED");
}

TEST_HARNESS_MAIN
