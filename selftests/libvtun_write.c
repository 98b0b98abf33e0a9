// SPDX-License-Identifier: GPL-2.0-only
/* libvtun: what goes into a queue. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_libvtun.h"

#include <poll.h>

#define HOLDER	"hold0"

FIXTURE(libvtun_write)
{
	struct lib lib;
};

FIXTURE_VARIANT(libvtun_write)
{
	unsigned int flags;
	unsigned int vnet_hdr;
};

LIB_VARIANTS(libvtun_write);

FIXTURE_SETUP(libvtun_write)
{
	ASSERT_EQ(0, lib_open(&self->lib, variant->flags, variant->vnet_hdr));
}

FIXTURE_TEARDOWN(libvtun_write)
{
	lib_close(&self->lib);
}

/* A packet that the kernel refuses: no IP version, no Ethernet header. */
static int put_bad(struct lib *lib)
{
	uint8_t bad[40] = {};

	return vtun_batch_put(&lib->b, bad, lib->io.tap ? 9 : sizeof(bad), NULL);
}

#define EXPECT_FLUSH(lib, ret, s, r, e) do {				\
	struct vtun_flushed __f;					\
	EXPECT_EQ(ret, vtun_batch_flush(&(lib)->b, (lib)->vq, &__f));	\
	EXPECT_EQ(s, __f.sent);						\
	EXPECT_EQ(r, __f.refused);					\
	EXPECT_EQ(e, __f.err);						\
} while (0)

TEST_F(libvtun_write, bad_memory)
{
	_Alignas(8) uint8_t mem[64];
	struct vtun_batch b;

	EXPECT_EQ(-EINVAL, vtun_batch_init(&b, self->lib.vq, mem + 4, 32));
	EXPECT_EQ(-EINVAL, vtun_batch_init(&b, self->lib.vq, mem, 7));
	EXPECT_EQ(-EINVAL, vtun_batch_init(&b, self->lib.vq, NULL, 7));
	EXPECT_EQ(-EINVAL, vtun_batch_init(&b, self->lib.vq, mem, 0));
	vtun_batch_uninit(&b);
	EXPECT_EQ(0, vtun_batch_init(&b, self->lib.vq, mem, 8));
	EXPECT_EQ(-EMSGSIZE, vtun_batch_put(&b, "x", 1, NULL));
}

TEST_F(libvtun_write, writes_all)
{
	ASSERT_EQ(0, lib_put(&self->lib, 0, ALL, lib_some_len));
	EXPECT_TRUE(io_unseen(&self->lib.io));
	EXPECT_FLUSH(&self->lib, 0, ALL, 0, 0);
	EXPECT_TRUE(vtun_batch_is_empty(&self->lib.b));
	EXPECT_EQ(0, lib_seen(&self->lib.io, 0, ALL, lib_some_len));
	EXPECT_TRUE(io_unseen(&self->lib.io));
	EXPECT_FLUSH(&self->lib, 0, 0, 0, 0);
	/* empty is empty: nothing is sent twice */
	ASSERT_EQ(0, lib_put(&self->lib, 7, 8, NULL));
	EXPECT_EQ(0, vtun_batch_flush(&self->lib.b, self->lib.vq, NULL));
	EXPECT_EQ(0, lib_seen(&self->lib.io, 7, 8, NULL));
	EXPECT_TRUE(io_unseen(&self->lib.io));
}

/* Where nobody said anything of length or header, it is as reserved. */
TEST_F(libvtun_write, reserve_and_commit)
{
	struct vtun_packet at;

	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, vtun_batch_reserve(&self->lib.b, PKT_MAX, &at));
		ASSERT_EQ(PKT_MAX, at.len);
		EXPECT_EQ(!variant->vnet_hdr, !at.vnet);
		memset(at.data, 0xff, at.len);
		ASSERT_EQ(0, vtun_batch_commit(&self->lib.b,
					       io_packet(&self->lib.io, at.data, i, i)));
	}
	EXPECT_EQ(-EINVAL, vtun_batch_commit(&self->lib.b, 1));
	ASSERT_EQ(0, vtun_batch_reserve(&self->lib.b, 100, &at));
	EXPECT_EQ(-EINVAL, vtun_batch_commit(&self->lib.b, 101));
	EXPECT_EQ(-EINVAL, vtun_batch_reserve(&self->lib.b, 0, &at));
	EXPECT_EQ(-EINVAL, vtun_batch_commit(&self->lib.b, 1));
	EXPECT_FLUSH(&self->lib, 0, 20, 0, 0);
	for (int i = 0; i < 20; i++) {
		uint8_t want[PKT_MAX];

		ASSERT_EQ(0, io_seen(&self->lib.io, want,
				     io_packet(&self->lib.io, want, i, i)));
	}
	EXPECT_TRUE(io_unseen(&self->lib.io));
}

TEST_F(libvtun_write, full_batch)
{
	uint8_t packet[PKT_MAX];
	struct vtun_packet at;
	int n = 0, err;

	vtun_batch_uninit(&self->lib.b);
	ASSERT_EQ(0, vtun_batch_init(&self->lib.b, self->lib.vq,
				     io_fence(10 * self->lib.record),
				     10 * self->lib.record));
	do {
		err = vtun_batch_put(&self->lib.b, packet,
				     io_packet(&self->lib.io, packet, n, LEN), NULL);
	} while (!err && ++n);
	EXPECT_EQ(-ENOBUFS, err);
	EXPECT_EQ(10, n);
	EXPECT_EQ(-ENOBUFS, vtun_batch_reserve(&self->lib.b, 1, &at));
	EXPECT_EQ(-EMSGSIZE, vtun_batch_reserve(&self->lib.b, 10 * self->lib.record, &at));
	EXPECT_EQ(-EMSGSIZE, vtun_batch_reserve(&self->lib.b, SIZE_MAX, &at));
	EXPECT_EQ(-EMSGSIZE, vtun_batch_reserve(&self->lib.b, SIZE_MAX - 80, &at));
	EXPECT_FLUSH(&self->lib, 0, 10, 0, 0);
	EXPECT_EQ(0, lib_seen(&self->lib.io, 0, 10, NULL));
	/* to the last byte */
	EXPECT_EQ(0, vtun_batch_reserve(&self->lib.b, 10 * self->lib.record - 8 -
					variant->vnet_hdr, &at));
	EXPECT_EQ(-EMSGSIZE, vtun_batch_reserve(&self->lib.b, 10 * self->lib.record - 7 -
						variant->vnet_hdr, &at));
}

/* Skipped and told, and nothing else is lost: first, last, and two in a row. */
TEST_F(libvtun_write, refused_packets)
{
	ASSERT_EQ(0, put_bad(&self->lib));
	ASSERT_EQ(0, lib_put(&self->lib, 0, 3, NULL));
	ASSERT_EQ(0, put_bad(&self->lib));
	ASSERT_EQ(0, put_bad(&self->lib));
	ASSERT_EQ(0, lib_put(&self->lib, 3, 80, NULL));
	ASSERT_EQ(0, put_bad(&self->lib));
	EXPECT_FLUSH(&self->lib, 0, 80, 4, -EINVAL);
	EXPECT_TRUE(vtun_batch_is_empty(&self->lib.b));
	EXPECT_EQ(0, lib_seen(&self->lib.io, 0, 80, NULL));
	EXPECT_TRUE(io_unseen(&self->lib.io));
	ASSERT_EQ(0, put_bad(&self->lib));
	EXPECT_FLUSH(&self->lib, 0, 0, 1, -EINVAL);
}

/* Its header asks for what can't be. */
TEST_F(libvtun_write, refused_header)
{
	uint8_t packet[PKT_MAX], header[12] = { 0, 0x7f };

	if (!variant->vnet_hdr)
		SKIP(return, "no virtio-net header");
	ASSERT_EQ(0, lib_put(&self->lib, 0, 2, NULL));
	ASSERT_EQ(0, vtun_batch_put(&self->lib.b, packet,
				    io_packet(&self->lib.io, packet, 9, LEN),
				    (void *)header));
	ASSERT_EQ(0, lib_put(&self->lib, 2, 4, NULL));
	EXPECT_FLUSH(&self->lib, 0, 4, 1, -EINVAL);
	EXPECT_EQ(0, lib_seen(&self->lib.io, 0, 4, NULL));
	EXPECT_TRUE(io_unseen(&self->lib.io));
}

/* No use in trying each. */
TEST_F(libvtun_write, down)
{
	ASSERT_EQ(0, lib_put(&self->lib, 0, 5, NULL));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_FLUSH(&self->lib, 0, 0, 5, -EIO);
	EXPECT_EQ(1, io_counted(&self->lib.io).rx_dropped);
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(0, vtun_batch_flush(&self->lib.b, self->lib.vq, NULL));
	ASSERT_EQ(0, lib_put(&self->lib, 0, 5, NULL));
	EXPECT_FLUSH(&self->lib, 0, 5, 0, 0);
	EXPECT_EQ(0, lib_seen(&self->lib.io, 0, 5, NULL));
}

/* What there is no room for is kept, in order, until there is. */
TEST_F(libvtun_write, no_send_buffer)
{
	struct vtun_flushed flushed;
	unsigned int sent = 0;
	int err;

	err = hook_hold_by(link_index(IO_NAME), HOLDER,
			   IFF_NO_PI | (self->lib.io.tap ? IFF_TAP : IFF_TUN));
	if (hook_missing(err))
		SKIP(return, "no tc ingress or netem here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vt_ioctl_int(self->lib.io.fd, TUNSETSNDBUF, 10000));
	ASSERT_EQ(0, lib_put(&self->lib, 0, ALL, NULL));
	ASSERT_EQ(-EAGAIN, vtun_batch_flush(&self->lib.b, self->lib.vq, &flushed));
	EXPECT_LT(0, flushed.sent);
	EXPECT_GT(ALL, flushed.sent);
	EXPECT_EQ(0, flushed.refused);
	EXPECT_FALSE(vtun_batch_is_empty(&self->lib.b));
	EXPECT_STREQ("nothing has failed", vtun_queue_error(self->lib.vq));
	sent = flushed.sent;
	ASSERT_EQ(-EAGAIN, vtun_batch_flush(&self->lib.b, self->lib.vq, &flushed));
	EXPECT_EQ(0, flushed.sent);
	ASSERT_EQ(0, hook_release(link_index(HOLDER)));
	do {
		ASSERT_EQ(POLLOUT, fd_poll(self->lib.io.fd, POLLOUT, WAIT_MS));
		err = vtun_batch_flush(&self->lib.b, self->lib.vq, &flushed);
		sent += flushed.sent;
	} while (err == -EAGAIN);
	EXPECT_EQ(0, err);
	EXPECT_EQ(ALL, sent);
	EXPECT_EQ(0, lib_seen(&self->lib.io, 0, ALL, NULL));
	EXPECT_TRUE(io_unseen(&self->lib.io));
}

TEST_HARNESS_MAIN
