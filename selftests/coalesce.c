// SPDX-License-Identifier: GPL-2.0-only
/* ethtool -c and -C: the one parameter that in-tree tun has, and what it isn't for. */
#include <kselftest_harness.h>
#include <linux/sockios.h>
#include "testlib.h"
#include "testlib_eth.h"

#include <string.h>

FIXTURE(coalesce)
{
	int fd;
	int flags;
};

VARIANTS_PAIRWISE(coalesce);

FIXTURE_SETUP(coalesce)
{
	ASSERT_EQ(0, ns_fresh());
	self->flags = variant->flags;
	self->fd = vt_attach("co0", self->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(coalesce)
{
}

static int set(struct ethtool_coalesce c)
{
	c.cmd = ETHTOOL_SCOALESCE;
	return eth_ioctl("co0", &c);
}

static int set_frames(uint32_t frames)
{
	return set((struct ethtool_coalesce){
		.rx_max_coalesced_frames = frames });
}

/* 0 if all is as it was made, but for @frames. */
static int shows(uint32_t frames)
{
	struct ethtool_coalesce c = { .cmd = ETHTOOL_GCOALESCE };
	struct ethtool_coalesce want = {
		.cmd = ETHTOOL_GCOALESCE, .rx_max_coalesced_frames = frames,
	};
	int err = eth_ioctl("co0", &c);

	return err ? err : memcmp(&want, &c, sizeof(c)) ? -EBADMSG : 0;
}

/* F4.43: any number of frames is taken, and up to 64 are meant */
TEST_F(coalesce, frames)
{
	const uint32_t in[] = { 1, 63, 64, 65, 100000, 0x80000000, ~0U, 0, 7 };
	const uint32_t out[] = { 1, 63, 64, 64, 64, 64, 64, 0, 7 };
	size_t i;

	EXPECT_EQ(0, shows(0));
	for (i = 0; i < ARRAY_SIZE(in); i++) {
		ASSERT_EQ(0, set_frames(in[i]));
		EXPECT_EQ(0, shows(out[i])) TH_LOG("%u frames", in[i]);
	}
	ASSERT_EQ(0, link_up("co0"));
	ASSERT_EQ(0, set_frames(9));
	EXPECT_EQ(0, shows(9));
}

/* F4.43 F10.2: it belongs to the device, and stays when nobody is attached */
TEST_F(coalesce, survives_close)
{
	ASSERT_EQ(0, set_frames(7));
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	EXPECT_EQ(0, shows(7));
	ASSERT_EQ(0, set_frames(8));
	self->fd = vt_attach("co0", self->flags);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, shows(8));
	ASSERT_EQ(0, vt_persist(self->fd, false));
}

/* Every 32-bit word of the request but the command and the frames. */
static int set_word(unsigned int i, uint32_t value)
{
	struct ethtool_coalesce c = { .rx_max_coalesced_frames = 9 };

	((uint32_t *)&c)[i] = value;
	return set(c);
}

/* F4.43: nothing else of it is known, and a refusal changes nothing; vtun has rx-usecs, too */
TEST_F(coalesce, refuses_the_rest)
{
	const unsigned int frames =
		offsetof(struct ethtool_coalesce, rx_max_coalesced_frames) / 4;
	const unsigned int usecs =
		offsetof(struct ethtool_coalesce, rx_coalesce_usecs) / 4;
	unsigned int i;

	ASSERT_EQ(0, set_frames(3));
	for (i = 1; i < sizeof(struct ethtool_coalesce) / 4; i++) {
		if (i == frames || (i == usecs && !vt_intree()))
			continue;
		EXPECT_EQ(-EOPNOTSUPP, set_word(i, 1)) TH_LOG("word %u", i);
		EXPECT_EQ(-EOPNOTSUPP, set_word(i, ~0U)) TH_LOG("word %u", i);
		EXPECT_EQ(0, shows(3));
	}
}

static int as_nobody(void *arg)
{
	int err = shows(3);

	return err ? err : set_frames(4);
}

/* F4.43: anybody may look, the administrator may set */
TEST_F(coalesce, privileges)
{
	const struct creds nobody = { .uid = 65534, .gid = 65534 };

	ASSERT_EQ(0, set_frames(3));
	EXPECT_EQ(-EPERM, run_as(&nobody, as_nobody, NULL));
	EXPECT_EQ(0, shows(3));
}

/* F4.43: whatever it is, each write() delivers at once */
TEST_F(coalesce, delays_no_write)
{
	struct tun_pi pi = { .proto = htons(ETH_P_IP) };
	size_t head = PI_LEN(self->flags), len;
	uint8_t buf[PKT_MAX], got[PKT_MAX];
	unsigned int seq;
	int sock;

	ASSERT_EQ(0, set_frames(64));
	ASSERT_EQ(0, link_up("co0"));
	sock = psock_open("co0", SOCK_RAW, ETH_P_ALL);
	ASSERT_LE(0, sock);
	memcpy(buf, &pi, head);
	for (seq = 0; seq < 70; seq++) {
		len = pkt_numbered(buf + head, self->flags & IFF_TAP, seq,
				   100);
		ASSERT_EQ(head + len, write(self->fd, buf, head + len));
		ASSERT_EQ(len, psock_recv(sock, 0, got, sizeof(got), 0));
		EXPECT_EQ(0, memcmp(buf + head, got, len));
	}
}

TEST_HARNESS_MAIN
