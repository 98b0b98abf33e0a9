// SPDX-License-Identifier: GPL-2.0-only
/* What a program asks before it uses batch mode, and the modes of a file. */
#include <kselftest_harness.h>
#include "testlib_batch.h"

#include <poll.h>
#include <string.h>

#define KNOWN	(VTUN_MODE_BATCH | VTUN_MODE_NOTRUNC)

FIXTURE(batch_mode)
{
	int fresh;			/* not attached */
	int fd;
};

VARIANTS_MODE(batch_mode);

FIXTURE_SETUP(batch_mode)
{
	ASSERT_EQ(0, ns_fresh());
	self->fresh = vt_open(O_RDWR);
	ASSERT_LE(0, self->fresh);
	self->fd = vt_attach("bm0", variant->flags);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(batch_mode)
{
}

static int get_mode(int fd)
{
	unsigned int modes = 0x5a5a5a5a;

	return ioctl(fd, VTUN_IOC_GETMODE, &modes) ? -errno : (int)modes;
}

static int get_info(int fd, struct vtun_info *info, size_t size)
{
	info->size = size;
	return ioctl(fd, VTUN_IOC_INFO, info) ? -errno : 0;
}

/* Of every file it can be learned whose it is. */
TEST_F(batch_mode, info)
{
	struct vtun_info info;

	memset(&info, 0xa5, sizeof(info));
	if (vt_intree()) {
		EXPECT_EQ(-EBADFD, get_info(self->fresh, &info, sizeof(info)));
		EXPECT_EQ(-EINVAL, get_info(self->fd, &info, sizeof(info)));
		return;
	}
	ASSERT_EQ(0, get_info(self->fresh, &info, sizeof(info)));
	EXPECT_EQ(sizeof(info), info.size);
	EXPECT_EQ(VTUN_ABI, info.abi);
	EXPECT_EQ(KNOWN, info.modes);
	EXPECT_EQ(0, info.features);
	EXPECT_LT(0, strnlen(info.version, sizeof(info.version)));
	EXPECT_EQ(0, info.version[sizeof(info.version) - 1]);
	ASSERT_EQ(0, get_info(self->fd, &info, sizeof(info)));
}

/* Programs that know a shorter or a longer struct get what they know. */
TEST_F(batch_mode, info_sizes)
{
	struct {
		struct vtun_info info;
		uint8_t more[64];
	} a;
	uint8_t *bytes = (uint8_t *)&a;
	size_t i;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	EXPECT_EQ(-EINVAL, get_info(self->fd, &a.info, 0));
	EXPECT_EQ(-EINVAL, get_info(self->fd, &a.info, 7));
	EXPECT_EQ(-E2BIG, get_info(self->fd, &a.info, 1 << 20));
	memset(&a, 0xa5, sizeof(a));
	ASSERT_EQ(0, get_info(self->fd, &a.info, 8));
	EXPECT_EQ(8, a.info.size);
	EXPECT_EQ(VTUN_ABI, a.info.abi);
	for (i = 8; i < sizeof(a); i++)
		ASSERT_EQ(0xa5, bytes[i]);
	ASSERT_EQ(0, get_info(self->fd, &a.info, sizeof(a) - 1));
	EXPECT_EQ(sizeof(a.info), a.info.size);
	for (i = sizeof(a.info); i < sizeof(a) - 1; i++)
		ASSERT_EQ(0, bytes[i]);
	EXPECT_EQ(0xa5, bytes[sizeof(a) - 1]);
}

TEST_F(batch_mode, set_and_get)
{
	unsigned int bit;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	EXPECT_EQ(0, get_mode(self->fresh));
	EXPECT_EQ(0, get_mode(self->fd));
	EXPECT_EQ(0, batch_mode(self->fd, KNOWN));
	EXPECT_EQ(KNOWN, get_mode(self->fd));
	/* of the file, not of the device, and of no other file */
	EXPECT_EQ(0, get_mode(self->fresh));
	for (bit = 1; bit; bit <<= 1) {
		if (bit & KNOWN)
			continue;
		EXPECT_EQ(-EINVAL, batch_mode(self->fd, bit));
		EXPECT_EQ(-EINVAL, batch_mode(self->fd, bit | VTUN_MODE_BATCH));
	}
	EXPECT_EQ(KNOWN, get_mode(self->fd));
	EXPECT_EQ(0, batch_mode(self->fd, 0));
	EXPECT_EQ(0, get_mode(self->fd));
}

TEST_F(batch_mode, bad_pointers)
{
	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, VTUN_IOC_INFO, 0));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, VTUN_IOC_SETMODE, 0));
	EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, VTUN_IOC_GETMODE, 0));
	EXPECT_EQ(0, get_mode(self->fd));
}

/* Asked for before there is a device, it holds for each that comes. */
TEST_F(batch_mode, before_and_after_devices)
{
	struct io io = {
		.fd = self->fresh, .tap = variant->flags & IFF_TAP,
	};
	static struct batch b;
	int i;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, batch_mode(io.fd, VTUN_MODE_BATCH));
	EXPECT_EQ(-EBADFD, batch_read(&b, io.fd, 4096));
	EXPECT_EQ(-EBADFD, io_write(io.fd, b.buf, 16));
	EXPECT_EQ(-EBADFD, io_write(io.fd, b.buf, 0));
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, vt_setiff(io.fd, IO_NAME, variant->flags));
		ASSERT_EQ(0, link_up(IO_NAME));
		io.ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
		ASSERT_LE(0, io.ps);
		batch_fill(&b, &io, 0, 3, 50);
		EXPECT_EQ(b.len, batch_write(&b, io.fd));
		EXPECT_EQ(0, batch_seen(&io, 0, 3, 50));
		ASSERT_EQ(0, io_send_range(&io, 0, 2, 50));
		EXPECT_LT(0, batch_read(&b, io.fd, 4096));
		EXPECT_EQ(0, batch_holds(&b, &io, 0, 2, 50));
		close(io.ps);
		ASSERT_EQ(0, link_del(IO_NAME));
		EXPECT_EQ(VTUN_MODE_BATCH, get_mode(io.fd));
	}
}

/* A plain read() cuts; one that shall not says how it is and loses nothing. */
TEST_F(batch_mode, whole_packets)
{
	struct io io = {
		.fd = self->fd, .tap = variant->flags & IFF_TAP,
	};
	uint8_t buf[PKT_MAX];
	size_t total;

	if (vt_intree())
		SKIP(return, "in-tree tun has no batch mode");
	ASSERT_EQ(0, link_rename("bm0", IO_NAME));
	ASSERT_EQ(0, link_up(IO_NAME));
	io.ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	ASSERT_LE(0, io.ps);
	ASSERT_EQ(0, fcntl(io.fd, F_SETFL, O_NONBLOCK));
	ASSERT_EQ(0, batch_mode(io.fd, VTUN_MODE_NOTRUNC));
	io_counted(&io);
	EXPECT_EQ(-EAGAIN, io_read(io.fd, buf, sizeof(buf)));
	ASSERT_EQ(0, io_send_range(&io, 0, 2, 80));
	total = io_packet(&io, buf, 0, 80);
	EXPECT_EQ(0, io_read(io.fd, buf, 0));
	EXPECT_EQ(-EMSGSIZE, io_read(io.fd, buf, 1));
	EXPECT_EQ(-EMSGSIZE, io_read(io.fd, buf, total - 1));
	EXPECT_EQ(POLLIN, fd_poll(io.fd, POLLIN, 0));
	EXPECT_TX(&io, 0, 0, 0);
	EXPECT_EQ(total, io_read(io.fd, buf, total));
	EXPECT_TX(&io, 1, total, 0);
	ASSERT_EQ(0, batch_mode(io.fd, 0));
	EXPECT_EQ(total - 1, io_read(io.fd, buf, total - 1));
}

TEST_HARNESS_MAIN
