// SPDX-License-Identifier: GPL-2.0-only
/* What the generic file calls do on an attached file. */
#include <kselftest_harness.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include "testlib.h"

#define NAME "tst0"

FIXTURE(vfs)
{
	int fd;
	bool eth;
};

VARIANTS_MODE(vfs);

FIXTURE_SETUP(vfs)
{
	ASSERT_EQ(0, ns_fresh());
	self->eth = variant->flags & IFF_TAP;
	self->fd = vt_attach_nb(NAME, variant->flags);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, link_up(NAME));
}

FIXTURE_TEARDOWN(vfs)
{
	close(self->fd);
}

/* F1.11 */
TEST_F(vfs, lseek_is_refused)
{
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_CUR));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, lseek(self->fd, 4096, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_END));
	EXPECT_EQ(ESPIPE, errno);
}

/* F1.11: the offset means nothing, the packets come in order */
TEST_F(vfs, pread_ignores_the_offset)
{
	uint8_t want[128], got[256];
	ssize_t len, i;

	for (i = 0; i < 3; i++) {
		len = psock_feed(NAME, self->eth, i, 20 + i);
		ASSERT_LT(0, len);
	}
	for (i = 0; i < 3; i++) {
		len = pkt_numbered(want, self->eth, i, 20 + i);
		ASSERT_EQ(len, pread(self->fd, got, sizeof(got),
				     (2 - i) * 1000000L));
		EXPECT_EQ(0, memcmp(want, got, len));
	}
	EXPECT_EQ(-1, pread(self->fd, got, sizeof(got), 0));
	EXPECT_EQ(EAGAIN, errno);
}

/* F1.11 */
TEST_F(vfs, pwrite_ignores_the_offset)
{
	uint8_t want[128], got[256];
	ssize_t len = pkt_numbered(want, self->eth, 7, 33);
	int sock = psock_open(NAME, SOCK_RAW, ETH_P_ALL);

	ASSERT_LE(0, sock);
	ASSERT_EQ(len, pwrite(self->fd, want, len, 1L << 40));
	ASSERT_EQ(len, psock_recv(sock, 0, got, sizeof(got), WAIT_MS));
	EXPECT_EQ(0, memcmp(want, got, len));
	ASSERT_EQ(len, pwrite(self->fd, want, len, 0));
	ASSERT_EQ(len, psock_recv(sock, 0, got, sizeof(got), WAIT_MS));
	EXPECT_EQ(0, memcmp(want, got, len));
}

/* F1.11 */
TEST_F(vfs, mmap_is_refused)
{
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_SHARED, self->fd, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 4096, PROT_READ, MAP_PRIVATE,
				   self->fd, 0));
	EXPECT_EQ(ENODEV, errno);
}

/* F1.11 */
TEST_F(vfs, fsync_is_refused)
{
	EXPECT_EQ(-1, fsync(self->fd));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, fdatasync(self->fd));
	EXPECT_EQ(EINVAL, errno);
}

/* F1.11: and the packet that could have been spliced stays in the fifo */
TEST_F(vfs, splice_is_refused)
{
	uint8_t want[128], got[256];
	ssize_t len = psock_feed(NAME, self->eth, 3, 40);
	int p[2];

	ASSERT_LT(0, len);
	ASSERT_EQ(0, pipe(p));
	EXPECT_EQ(-1, splice(self->fd, NULL, p[1], NULL, 4096, 0));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(len, pkt_numbered(want, self->eth, 3, 40));
	ASSERT_EQ(len, read(self->fd, got, sizeof(got)));
	EXPECT_EQ(0, memcmp(want, got, len));

	ASSERT_EQ(len, write(p[1], want, len));
	EXPECT_EQ(-1, splice(p[0], NULL, self->fd, NULL, len, 0));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(len, read(p[0], got, sizeof(got)));
}

/* F1.11 */
TEST_F(vfs, sendfile_is_refused)
{
	int file = memfd_create("packet", 0);
	struct link_info info;
	uint8_t want[128];
	ssize_t len = pkt_numbered(want, self->eth, 3, 40);

	ASSERT_LE(0, file);
	ASSERT_EQ(len, write(file, want, len));
	ASSERT_EQ(0, lseek(file, 0, SEEK_SET));
	EXPECT_EQ(-1, sendfile(self->fd, file, NULL, len));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(0, info.stats.rx_packets + info.stats.rx_dropped);

	ASSERT_EQ(len, psock_feed(NAME, self->eth, 3, 40));
	EXPECT_EQ(-1, sendfile(file, self->fd, NULL, len));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(len, read(self->fd, want, sizeof(want)));
}

static long file_pos(int fd)
{
	char text[32];

	return fdinfo_get(fd, "pos", text, sizeof(text)) ? -1 : atol(text);
}

/* F1.12: the position is the length of the last read; writes leave it */
TEST_F(vfs, position_is_the_last_length_read)
{
	ssize_t first = psock_feed(NAME, self->eth, 1, 100);
	ssize_t second = psock_feed(NAME, self->eth, 2, 30);
	uint8_t buf[512], pkt[128];
	ssize_t len = pkt_numbered(pkt, self->eth, 3, 55);

	EXPECT_EQ(0, file_pos(self->fd));
	ASSERT_EQ(first, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(first, file_pos(self->fd));
	ASSERT_EQ(len, write(self->fd, pkt, len));
	EXPECT_EQ(first, file_pos(self->fd));
	ASSERT_EQ(second, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(second, file_pos(self->fd));
	EXPECT_EQ(-1, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(second, file_pos(self->fd));
}

/* F1.12: a truncated read leaves what it returned */
TEST_F(vfs, position_after_a_truncated_read)
{
	uint8_t buf[16];

	ASSERT_LT(16, psock_feed(NAME, self->eth, 1, 100));
	ASSERT_EQ(16, read(self->fd, buf, sizeof(buf)));
	EXPECT_EQ(16, file_pos(self->fd));
}

/* F1.13: RWF_NOWAIT makes one call non-blocking */
TEST_F(vfs, rwf_nowait)
{
	uint8_t buf[256], pkt[128];
	struct iovec in = { buf, sizeof(buf) };
	struct iovec out = { pkt, pkt_numbered(pkt, self->eth, 1, 20) };
	struct link_info info;
	ssize_t len;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	EXPECT_EQ(-1, preadv2(self->fd, &in, 1, -1, RWF_NOWAIT));
	if (errno == EOPNOTSUPP && vt_intree())
		SKIP(return, "this kernel's tun can't do it");
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-1, preadv2(self->fd, &in, 1, 0, RWF_NOWAIT));
	EXPECT_EQ(EAGAIN, errno);
	len = psock_feed(NAME, self->eth, 1, 20);
	EXPECT_EQ(len, preadv2(self->fd, &in, 1, -1, RWF_NOWAIT));
	EXPECT_EQ((ssize_t)out.iov_len,
		  pwritev2(self->fd, &out, 1, -1, RWF_NOWAIT));
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(1, info.stats.rx_packets);
}

/* F1.14: the queued packet isn't touched, nothing is counted */
TEST_F(vfs, empty_vectors_do_not_reach_the_driver)
{
	int unattached = vt_open(O_RDWR);
	struct link_info info;
	uint8_t buf[256];
	struct iovec none[2] = { { buf, 0 }, { NULL, 0 } };
	ssize_t len = psock_feed(NAME, self->eth, 1, 20);

	ASSERT_LE(0, unattached);
	EXPECT_EQ(0, readv(self->fd, none, 2));
	EXPECT_EQ(0, writev(self->fd, none, 2));
	EXPECT_EQ(0, readv(self->fd, none, 0));
	EXPECT_EQ(0, writev(self->fd, none, 0));
	EXPECT_EQ(0, readv(unattached, none, 2));
	EXPECT_EQ(0, writev(unattached, none, 2));
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(0, info.stats.rx_packets + info.stats.rx_dropped);
	EXPECT_EQ(0, info.stats.tx_packets);
	EXPECT_EQ(len, read(self->fd, buf, sizeof(buf)));
}

/* F1.14: count 0 without a vector does reach it */
TEST_F(vfs, empty_read_and_write_reach_the_driver)
{
	int unattached = vt_open(O_RDWR);
	char buf[1];

	ASSERT_LE(0, unattached);
	EXPECT_EQ(-1, read(unattached, buf, 0));
	EXPECT_EQ(EBADFD, errno);
	EXPECT_EQ(-1, write(unattached, buf, 0));
	EXPECT_EQ(EBADFD, errno);
	EXPECT_EQ(0, read(self->fd, buf, 0));
	EXPECT_EQ(-1, write(self->fd, buf, 0));
	EXPECT_EQ(EINVAL, errno);
}

/* F1.16: one line more, with the device's name of the moment */
TEST_F(vfs, fdinfo_names_the_device)
{
	int unattached = vt_open(O_RDWR);
	int other = ns_new();
	char text[4096], path[64];

	ASSERT_LE(0, unattached);
	ASSERT_LE(0, other);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", unattached);
	ASSERT_LT(0, file_read(path, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "\niff:\t\n"));

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", self->fd);
	ASSERT_LT(0, file_read(path, text, sizeof(text)));
	EXPECT_NE(NULL, strstr(text, "\niff:\t" NAME "\n"));
	/* 6.1 renames only what is down */
	ASSERT_EQ(0, link_down(NAME));
	ASSERT_EQ(0, link_rename(NAME, "renamed0"));
	ASSERT_EQ(0, fdinfo_get(self->fd, "iff", text, sizeof(text)));
	EXPECT_STREQ("renamed0", text);

	ASSERT_EQ(0, link_set_netns("renamed0", other));
	ASSERT_EQ(0, ns_enter(other));
	ASSERT_EQ(0, link_rename("renamed0", "moved0"));
	ASSERT_EQ(0, fdinfo_get(self->fd, "iff", text, sizeof(text)));
	EXPECT_STREQ("moved0", text);
	ASSERT_EQ(0, link_del("moved0"));
	ASSERT_EQ(0, fdinfo_get(self->fd, "iff", text, sizeof(text)));
	EXPECT_STREQ("", text);
}

TEST_HARNESS_MAIN
