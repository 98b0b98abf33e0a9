// SPDX-License-Identifier: GPL-2.0-only
/* The packet information header on the way in. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_io.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

FIXTURE(write_pi)
{
	struct io io;
};

FIXTURE_VARIANT(write_pi)
{
	int flags;
};

FIXTURE_VARIANT_ADD(write_pi, tun)
{
	.flags = IFF_TUN,
};

FIXTURE_VARIANT_ADD(write_pi, tap)
{
	.flags = IFF_TAP,
};

FIXTURE_SETUP(write_pi)
{
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(write_pi)
{
}

/* The protocol of the next packet that the stack received, or -errno. */
static int seen_proto(struct io *io)
{
	struct sockaddr_ll sll = {};
	socklen_t slen = sizeof(sll);
	uint8_t buf[PKT_MAX];

	if (recvfrom(io->ps, buf, sizeof(buf), MSG_DONTWAIT, (void *)&sll,
		     &slen) < 0)
		return -errno;
	return ntohs(sll.sll_protocol);
}

/* F5.6: fewer than 4 bytes */
TEST_F(write_pi, too_short_is_refused)
{
	const uint8_t head[IO_PI_LEN] = { 0, 0, 8, 0 };
	size_t len;

	for (len = 0; len < IO_PI_LEN; len++) {
		struct iovec iov[] = { { (void *)head, len }, { NULL, 0 } };

		EXPECT_EQ(-EINVAL, io_write(self->io.fd, head, len));
		if (len)
			EXPECT_EQ(-EINVAL, io_writev(self->io.fd, iov, 2));
	}
	EXPECT_TRUE(io_unseen(&self->io));
	EXPECT_NOTHING_COUNTED(&self->io);
}

/* F5.6: unreadable, wherever the fault is in it */
TEST_F(write_pi, unreadable_is_a_fault)
{
	uint8_t frame[PKT_MAX];
	size_t total = io_frame(&self->io, frame, 1, 40);
	size_t have;

	EXPECT_EQ(-EFAULT, io_write(self->io.fd, NULL, total));
	for (have = 0; have < IO_PI_LEN; have++) {
		void *buf = io_fence(have);

		memcpy(buf, frame, have);
		EXPECT_EQ(-EFAULT, io_write(self->io.fd, buf, total));
	}
	EXPECT_TRUE(io_unseen(&self->io));
	EXPECT_NOTHING_COUNTED(&self->io);
}

/* F5.7: no flag means anything */
TEST_F(write_pi, flags_are_ignored)
{
	uint8_t frame[PKT_MAX], packet[PKT_MAX];
	struct io *io = &self->io;
	size_t total = io_frame(io, frame, 1, 40);
	size_t len = io_packet(io, packet, 1, 40);
	struct tun_pi *pi = (void *)frame;
	int bit;

	for (bit = 0; bit < 16; bit++) {
		pi->flags = 1 << bit;
		EXPECT_EQ(total, io_write(io->fd, frame, total));
		EXPECT_EQ(0, io_seen(io, packet, len));
	}
	pi->flags = 0xffff;
	EXPECT_EQ(total, io_write(io->fd, frame, total));
	EXPECT_EQ(0, io_seen(io, packet, len));
	EXPECT_RX(io, 17, 17 * len, 0);
}

/* F5.7 F5.9: tun takes the protocol from it, tap from the Ethernet header */
TEST_F(write_pi, protocol)
{
	static const int protos[] = {
		0, 1, ETH_P_IP, ETH_P_IPV6, ETH_P_ARP, ETH_P_8021Q, 0x1234,
		0xffff,
	};
	uint8_t frame[PKT_MAX];
	struct io *io = &self->io;
	size_t total = io_frame(io, frame, 1, 40), i;
	struct tun_pi *pi = (void *)frame;

	for (i = 0; i < ARRAY_SIZE(protos); i++) {
		/* a VLAN tag is taken off before the packet is seen */
		if (io->tap || protos[i] != ETH_P_8021Q) {
			pi->proto = htons(protos[i]);
			EXPECT_EQ(total, io_write(io->fd, frame, total));
			EXPECT_EQ(io->tap ? ETH_P_IP : protos[i],
				  seen_proto(io));
			EXPECT_RX(io, 1, total - IO_PI_LEN, 0);
		}
	}
}

/* F5.7: the bytes that follow are not compared with it on tun */
TEST_F(write_pi, content_is_not_looked_at)
{
	uint8_t junk[64];
	struct tun_pi pi = { .proto = htons(ETH_P_IPV6) };
	struct io *io = &self->io;

	memset(junk, 0xa5, sizeof(junk));
	memcpy(junk, &pi, sizeof(pi));
	if (io->tap) {
		memcpy(junk + 4 + 12, "\x08\x06", 2);
		EXPECT_EQ(sizeof(junk), io_write(io->fd, junk, sizeof(junk)));
		EXPECT_EQ(ETH_P_ARP, seen_proto(io));
	} else {
		EXPECT_EQ(sizeof(junk), io_write(io->fd, junk, sizeof(junk)));
		EXPECT_EQ(ETH_P_IPV6, seen_proto(io));
	}
	EXPECT_RX(io, 1, sizeof(junk) - 4, 0);
}

/* F5.8: a header alone is an empty packet on tun, and none on tap (F5.10) */
TEST_F(write_pi, alone)
{
	struct tun_pi pi = { .proto = htons(ETH_P_IP) };
	struct io *io = &self->io;
	int hook;

	if (io->tap) {
		EXPECT_EQ(-EINVAL, io_write(io->fd, &pi, sizeof(pi)));
		EXPECT_TRUE(io_unseen(io));
		EXPECT_NOTHING_COUNTED(io);
		return;
	}
	EXPECT_EQ(sizeof(pi), io_write(io->fd, &pi, sizeof(pi)));
	EXPECT_RX(io, 1, 0, 0);
	/* a packet socket takes no empty packet, so look earlier */
	hook = hook_record(link_index(IO_NAME));
	if (hook_missing(hook))
		SKIP(return, "no tc ingress here (error %d)", -hook);
	ASSERT_LE(0, hook);
	EXPECT_EQ(sizeof(pi), io_write(io->fd, &pi, sizeof(pi)));
	EXPECT_EQ(1, hook_read(hook).packets);
	EXPECT_EQ(0, hook_read(hook).len);
	EXPECT_RX(io, 1, 0, 0);
}

TEST_HARNESS_MAIN
