// SPDX-License-Identifier: GPL-2.0-only
/*
 * No byte that the driver hands out is the kernel's own old memory (bug class:
 * a117dacde028). Each buffer is filled with a pattern first: what is then
 * neither a field, nor zero, nor the pattern, has leaked.
 */
#include <kselftest_harness.h>
#include <linux/sockios.h>
#include "testlib.h"

#define NAME "t"			/* short: the rest of ifr_name is padding */
#define FILL 0xa5

FIXTURE(uninit)
{
	int fd;
	bool eth;
	/* long enough to see what is written past the end */
	union {
		struct ifreq ifr;
		uint8_t byte[4096];
	} buf;
};

VARIANTS_PAIRWISE(uninit);

FIXTURE_SETUP(uninit)
{
	ASSERT_EQ(0, ns_fresh());
	self->eth = variant->flags & IFF_TAP;
	self->fd = vt_attach_nb(NAME, variant->flags);
	ASSERT_LE(0, self->fd);
	memset(&self->buf, FILL, sizeof(self->buf));
}

FIXTURE_TEARDOWN(uninit)
{
	close(self->fd);
}

/* Are bytes @from … @to - 1 all @value? */
static bool all_are(const uint8_t *byte, size_t from, size_t to, int value)
{
	for (; from < to; from++) {
		if (byte[from] != value)
			return false;
	}
	return true;
}

/* Is nothing there but the pattern and zeros? */
static bool clean(const uint8_t *byte, size_t from, size_t to)
{
	for (; from < to; from++) {
		if (byte[from] && byte[from] != FILL)
			return false;
	}
	return true;
}

/* F3.1.1 */
TEST_F(uninit, getiff)
{
	size_t flags = offsetof(struct ifreq, ifr_flags);

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNGETIFF, (unsigned long)&self->buf));
	EXPECT_STREQ(NAME, self->buf.ifr.ifr_name);
	EXPECT_TRUE(all_are(self->buf.byte, strlen(NAME), flags, 0));
	EXPECT_EQ((short)(variant->flags | IFF_NO_PI),
		  self->buf.ifr.ifr_flags);
	EXPECT_TRUE(all_are(self->buf.byte, flags + sizeof(short),
			    sizeof(struct ifreq), 0));
	EXPECT_TRUE(all_are(self->buf.byte, sizeof(struct ifreq),
			    sizeof(self->buf), FILL));
}

/* F3.18.1: the address fills the front of sa_data, zeros that of a tun; the
 * name and what follows the address are the caller's
 */
TEST_F(uninit, gifhwaddr)
{
	size_t addr = offsetof(struct ifreq, ifr_hwaddr.sa_data);
	size_t end = addr + sizeof(self->buf.ifr.ifr_hwaddr.sa_data);

	memset(self->buf.ifr.ifr_name, 0, IFNAMSIZ);
	ASSERT_EQ(0, vt_ioctl(self->fd, SIOCGIFHWADDR,
			      (unsigned long)&self->buf));
	EXPECT_TRUE(all_are(self->buf.byte, 0, IFNAMSIZ, 0));
	EXPECT_EQ(self->eth ? ARPHRD_ETHER : ARPHRD_NONE,
		  self->buf.ifr.ifr_hwaddr.sa_family);
	if (!self->eth)
		EXPECT_TRUE(all_are(self->buf.byte, addr, end, 0));
	EXPECT_TRUE(clean(self->buf.byte, addr + ETH_ALEN, end));
	EXPECT_TRUE(all_are(self->buf.byte, end, sizeof(self->buf), FILL));
}

/* F2.39: of the ifreq nothing but the name changes, and nothing beyond it */
TEST_F(uninit, setiff)
{
	size_t flags = offsetof(struct ifreq, ifr_flags);
	int fd = vt_open(O_RDWR);

	strcpy(self->buf.ifr.ifr_name, "u%d");
	self->buf.ifr.ifr_flags = variant->flags;
	ASSERT_EQ(0, vt_ioctl(fd, TUNSETIFF, (unsigned long)&self->buf));
	EXPECT_STREQ("u0", self->buf.ifr.ifr_name);
	EXPECT_TRUE(clean(self->buf.byte, strlen("u0"), IFNAMSIZ - 1));
	EXPECT_EQ(0, self->buf.ifr.ifr_name[IFNAMSIZ - 1]);
	EXPECT_TRUE(all_are(self->buf.byte, flags + sizeof(short),
			    sizeof(self->buf), FILL));
}

/* F3.2.1 F3.9.1: four bytes and not one more */
TEST_F(uninit, integers)
{
	unsigned int value;

	ASSERT_EQ(0, vt_ioctl(self->fd, TUNGETFEATURES,
			      (unsigned long)&self->buf));
	EXPECT_TRUE(all_are(self->buf.byte, 4, sizeof(self->buf), FILL));
	memcpy(&value, &self->buf, 4);
	EXPECT_EQ(vt_features(), value);
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNGETSNDBUF,
			      (unsigned long)&self->buf));
	EXPECT_TRUE(all_are(self->buf.byte, 4, sizeof(self->buf), FILL));
	memcpy(&value, &self->buf, 4);
	EXPECT_EQ(2147483647, value);
}

/* F6.10 F6.12: packet information has no spare bits, and the buffer behind the
 * packet stays as it was
 */
TEST_F(uninit, read)
{
	size_t pi = PI_LEN(variant->flags), len;
	uint8_t want[256];

	ASSERT_EQ(0, link_up(NAME));
	len = psock_feed(NAME, self->eth, 5, 33);
	ASSERT_EQ(pi + len, read(self->fd, &self->buf, sizeof(self->buf)));
	if (pi) {
		const uint8_t ip[] = { 0, 0, ETH_P_IP >> 8, ETH_P_IP & 255 };

		EXPECT_EQ(0, memcmp(ip, &self->buf, sizeof(ip)));
	}
	ASSERT_EQ(len, pkt_numbered(want, self->eth, 5, 33));
	EXPECT_EQ(0, memcmp(want, self->buf.byte + pi, len));
	EXPECT_TRUE(all_are(self->buf.byte, pi + len, sizeof(self->buf), FILL));
}

/* F6.11: of a truncated packet comes what fits */
TEST_F(uninit, truncated_read)
{
	size_t room = 30, pi = PI_LEN(variant->flags);
	uint8_t want[256];

	ASSERT_EQ(0, link_up(NAME));
	ASSERT_LT(room, psock_feed(NAME, self->eth, 5, 60));
	ASSERT_EQ(room, read(self->fd, &self->buf, room));
	if (pi) {
		struct tun_pi strip = { .flags = TUN_PKT_STRIP,
					.proto = htons(ETH_P_IP) };

		EXPECT_EQ(0, memcmp(&strip, &self->buf, sizeof(strip)));
	}
	pkt_numbered(want, self->eth, 5, 60);
	EXPECT_EQ(0, memcmp(want, self->buf.byte + pi, room - pi));
	EXPECT_TRUE(all_are(self->buf.byte, room, sizeof(self->buf), FILL));
}

/* F2.2 F3.0.1: a call that fails writes nothing */
TEST_F(uninit, failed_calls)
{
	int fd = vt_open(O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBADFD, vt_ioctl(fd, TUNGETIFF, (unsigned long)&self->buf));
	EXPECT_EQ(-EBADFD, vt_ioctl(fd, SIOCGIFHWADDR,
				    (unsigned long)&self->buf));
	EXPECT_EQ(-EBADFD, vt_ioctl(fd, TUNGETSNDBUF,
				    (unsigned long)&self->buf));
	EXPECT_EQ(-EEXIST, vt_ioctl(self->fd, TUNSETIFF,
				    (unsigned long)&self->buf));
	EXPECT_EQ(-1, read(self->fd, &self->buf, sizeof(self->buf)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_TRUE(all_are(self->buf.byte, 0, sizeof(self->buf), FILL));
}

TEST_HARNESS_MAIN
