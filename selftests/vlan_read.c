// SPDX-License-Identifier: GPL-2.0-only
/* VLAN tags that the stack leaves to the device, and those that it doesn't. */
#include <kselftest_harness.h>
#include "testlib_eth.h"
#include "testlib_hook.h"
#include "testlib_io.h"

#include <arpa/inet.h>
#include <string.h>

#define TAG_AT	12		/* where a tag is put in, on tun as well */
#define TAG_LEN	4
#define TCI	0xa00f		/* priority 5, VLAN 15 */

FIXTURE(vlan_read)
{
	struct io io;
	size_t head;
	uint8_t want[PKT_MAX];		/* packet 1 with the tag in it */
	size_t total;
	size_t len;			/* without packet information */
};

FIXTURE_VARIANT(vlan_read)
{
	int flags;
	int tpid;
};

FIXTURE_VARIANT_ADD(vlan_read, tun_8021q)
{
	.flags = IFF_TUN | IFF_NO_PI,
	.tpid = ETH_P_8021Q,
};

FIXTURE_VARIANT_ADD(vlan_read, tun_pi_8021q)
{
	.flags = IFF_TUN,
	.tpid = ETH_P_8021Q,
};

FIXTURE_VARIANT_ADD(vlan_read, tap_8021q)
{
	.flags = IFF_TAP | IFF_NO_PI,
	.tpid = ETH_P_8021Q,
};

FIXTURE_VARIANT_ADD(vlan_read, tap_pi_8021q)
{
	.flags = IFF_TAP,
	.tpid = ETH_P_8021Q,
};

FIXTURE_VARIANT_ADD(vlan_read, tap_8021ad)
{
	.flags = IFF_TAP | IFF_NO_PI,
	.tpid = ETH_P_8021AD,
};

FIXTURE_VARIANT_ADD(vlan_read, tap_pi_8021ad)
{
	.flags = IFF_TAP,
	.tpid = ETH_P_8021AD,
};

FIXTURE_SETUP(vlan_read)
{
	struct io *io = &self->io;
	uint16_t tag[2] = { htons(variant->tpid), htons(TCI) };
	uint8_t *p;
	int err;

	ASSERT_EQ(0, io_open(io, variant->flags));
	err = hook_tag(link_index(IO_NAME), variant->tpid, TCI);
	if (hook_missing(err))
		SKIP(return, "no tc egress here (error %d)", -err);
	ASSERT_EQ(0, err);
	self->head = io->pi ? IO_PI_LEN : 0;
	self->total = io_frame(io, self->want, 1, 60) + TAG_LEN;
	self->len = self->total - self->head;
	p = self->want + self->head + TAG_AT;
	memmove(p + TAG_LEN, p, self->len - TAG_LEN - TAG_AT);
	memcpy(p, tag, TAG_LEN);
	io_counted(io);
}

FIXTURE_TEARDOWN(vlan_read)
{
}

/* F6.29 F6.10 F4.25 F6.17: put in, counted, protocol is the inner one */
TEST_F(vlan_read, tag_is_put_in)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, io_send(io, 1, 60));
		ASSERT_EQ(self->total, io_read(io->fd, buf, sizeof(buf)));
		/* the packet information in @want says ETH_P_IP */
		EXPECT_EQ(0, memcmp(buf, self->want, self->total));
	}
	EXPECT_TX(io, 3, 3 * self->len, 0);
}

/* F6.30 F6.11 F6.12 F6.29: any size of buffer, in front of, in, behind it */
TEST_F(vlan_read, truncated)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	struct tun_pi pi;
	size_t size, i;

	for (size = self->head + 1; size <= self->total; size++) {
		ASSERT_EQ(0, io_send(io, 1, 60));
		memset(buf, 0xaa, sizeof(buf));
		ASSERT_EQ(size, io_read(io->fd, buf, size));
		EXPECT_EQ(0, memcmp(buf + self->head, self->want + self->head,
				    size - self->head));
		for (i = size; i < sizeof(buf); i++)
			ASSERT_EQ(0xaa, buf[i]);
		if (io->pi) {
			memcpy(&pi, buf, sizeof(pi));
			EXPECT_EQ(size < self->total ? TUN_PKT_STRIP : 0,
				  pi.flags);
			EXPECT_EQ(htons(ETH_P_IP), pi.proto);
		}
		EXPECT_TX(io, 1, self->len, 0);
	}
	EXPECT_EQ(-EAGAIN, io_read(io->fd, buf, sizeof(buf)));
}

/* F6.29: scattered, with the cut at every place around the tag */
TEST_F(vlan_read, scattered)
{
	struct io *io = &self->io;
	uint8_t buf[PKT_MAX];
	size_t cut;

	for (cut = self->head + TAG_AT - 2; cut < self->head + 20; cut++) {
		struct iovec iov[] = {
			{ buf, cut }, { buf + cut, 1 }, { buf + cut + 1, 200 },
		};

		ASSERT_EQ(0, io_send(io, 1, 60));
		memset(buf, 0, sizeof(buf));
		ASSERT_EQ(self->total, readv(io->fd, iov, 3));
		EXPECT_EQ(0, memcmp(buf, self->want, self->total));
	}
}

/* F6.29 F6.15: what can't be written is lost, whatever part it is */
TEST_F(vlan_read, not_writable)
{
	struct io *io = &self->io;
	size_t room;

	for (room = self->head; room < self->head + 20; room++) {
		ASSERT_EQ(0, io_send(io, 1, 60));
		EXPECT_EQ(vt_intree() ? (int)self->total : -EFAULT,
			  io_read(io->fd, io_fence(room), PKT_MAX));
		EXPECT_EQ(-EAGAIN, io_read(io->fd, self->want, PKT_MAX));
	}
}

/*
 * F6.17 F6.29: without the offload the stack puts the tag in, at the same
 * place of an Ethernet frame, and the protocol is the tag's.
 */
TEST_F(vlan_read, inline_tag)
{
	struct io *io = &self->io;
	struct tun_pi pi = { .proto = htons(variant->tpid) };
	uint8_t buf[PKT_MAX];

	ASSERT_EQ(0, eth_set_feature(IO_NAME, "tx-vlan-hw-insert", false));
	ASSERT_EQ(0, eth_set_feature(IO_NAME, "tx-vlan-stag-hw-insert", false));
	memcpy(self->want, &pi, self->head);
	ASSERT_EQ(0, io_send(io, 1, 60));
	ASSERT_EQ(self->total, io_read(io->fd, buf, sizeof(buf)));
	EXPECT_EQ(0, memcmp(buf, self->want, self->total));
	EXPECT_TX(io, 1, self->len, 0);
}

TEST_HARNESS_MAIN
