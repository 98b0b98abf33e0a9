// SPDX-License-Identifier: GPL-2.0-only
/* Without packet information a tun packet's first nibble tells what it is. */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

FIXTURE(write_tun)
{
	struct io io;
};

FIXTURE_SETUP(write_tun)
{
	ASSERT_EQ(0, io_open(&self->io, IFF_TUN | IFF_NO_PI));
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(write_tun)
{
}

/* F5.9 F5.40: all 16 versions */
TEST_F(write_tun, version_nibble)
{
	uint8_t packet[40] = {}, buf[PKT_MAX];
	struct io *io = &self->io;
	int version;

	for (version = 0; version < 16; version++) {
		struct sockaddr_ll sll;
		socklen_t slen = sizeof(sll);

		packet[0] = version << 4 | 5;
		if (version != 4 && version != 6) {
			EXPECT_EQ(-EINVAL, io_write(io->fd, packet, 40));
			EXPECT_TRUE(io_unseen(io));
			EXPECT_RX(io, 0, 0, 1);
			continue;
		}
		EXPECT_EQ(40, io_write(io->fd, packet, 40));
		EXPECT_EQ(40, recvfrom(io->ps, buf, sizeof(buf), MSG_DONTWAIT,
				       (void *)&sll, &slen));
		EXPECT_EQ(version == 4 ? ETH_P_IP : ETH_P_IPV6,
			  ntohs(sll.sll_protocol));
		EXPECT_RX(io, 1, 40, 0);
	}
}

/* F5.9: one byte is enough, however little sense it makes */
TEST_F(write_tun, one_byte)
{
	const uint8_t v4 = 0x40, v6 = 0x60, v5 = 0x50;
	uint8_t buf[PKT_MAX];
	struct io *io = &self->io;

	EXPECT_EQ(1, io_write(io->fd, &v4, 1));
	EXPECT_EQ(1, psock_recv(io->ps, 0, buf, sizeof(buf), WAIT_MS));
	EXPECT_EQ(0x40, buf[0]);
	EXPECT_RX(io, 1, 1, 0);
	EXPECT_EQ(1, io_write(io->fd, &v6, 1));
	EXPECT_EQ(1, psock_recv(io->ps, 0, buf, sizeof(buf), WAIT_MS));
	EXPECT_RX(io, 1, 1, 0);
	EXPECT_EQ(-EINVAL, io_write(io->fd, &v5, 1));
	EXPECT_TRUE(io_unseen(io));
	EXPECT_RX(io, 0, 0, 1);
}

/* F5.3 F5.9: no byte at all */
TEST_F(write_tun, nothing)
{
	struct io *io = &self->io;

	EXPECT_EQ(-EINVAL, io_write(io->fd, "", 0));
	EXPECT_RX(io, 0, 0, 1);
	EXPECT_EQ(-EINVAL, io_write(io->fd, NULL, 0));
	EXPECT_RX(io, 0, 0, 1);
	EXPECT_TRUE(io_unseen(io));
}

TEST_HARNESS_MAIN
