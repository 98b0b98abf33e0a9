// SPDX-License-Identifier: GPL-2.0-only
/* Commands the driver doesn't know, and what every command checks first. */
#include <kselftest_harness.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <termios.h>
#include "testlib.h"

#ifndef TUNGETDEVNETNS
#define TUNGETDEVNETNS	_IO('T', 227)
#endif

#define BAD_POINTER	(~0xfffUL)

FIXTURE(unknown_ioctl)
{
	int fd;				/* attached */
	int fresh;			/* not attached */
	int flags;
	char page[4096];		/* room for whatever an argument is */
};

FIXTURE_VARIANT(unknown_ioctl)
{
	int mode;
	bool detached;
};

FIXTURE_VARIANT_ADD(unknown_ioctl, tun)
{
	.mode = IFF_TUN,
};

FIXTURE_VARIANT_ADD(unknown_ioctl, tap)
{
	.mode = IFF_TAP,
};

FIXTURE_VARIANT_ADD(unknown_ioctl, tap_detached)
{
	.mode = IFF_TAP | IFF_MULTI_QUEUE,
	.detached = true,
};

FIXTURE_SETUP(unknown_ioctl)
{
	ASSERT_EQ(0, ns_fresh());
	self->fresh = vt_open(O_RDWR);
	ASSERT_LE(0, self->fresh);
	self->fd = vt_attach("unk0", variant->mode | IFF_NO_PI);
	ASSERT_LE(0, self->fd);
	if (variant->detached) {
		ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
	}
	self->flags = vt_flags(self->fd);
}

FIXTURE_TEARDOWN(unknown_ioctl)
{
	/* whatever was refused has changed nothing */
	EXPECT_EQ(self->flags, vt_flags(self->fd));
	EXPECT_EQ(-EBADFD, vt_flags(self->fresh));
}

static const unsigned long strangers[] = {
	0,
	TCGETS,
	TIOCGWINSZ,
	FIONREAD,
	_IO('T', 199),			/* beside the driver's own numbers */
	_IOW('T', 228, int),
	_IO('T', 255),
	_IOR('T', 202, int),		/* TUNSETIFF, the wrong direction */
	_IOW('T', 202, char[40]),	/* … and the wrong size */
	_IO('T', 210),			/* TUNGETIFF without a size */
	0xffffffff,
};

/* F3.0.3: never ENOTTY, so isatty() and friends get these two */
TEST_F(unknown_ioctl, is_refused)
{
	unsigned long arg = (unsigned long)self->page;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(strangers); i++) {
		EXPECT_EQ(-EBADFD, vt_ioctl(self->fresh, strangers[i], arg))
			TH_LOG("command %#lx", strangers[i]);
		EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, strangers[i], arg))
			TH_LOG("command %#lx", strangers[i]);
	}
	EXPECT_EQ(0, isatty(self->fd));
	EXPECT_EQ(EINVAL, errno);
}

/* F3.0.2 F3.0.3: unknown ones don't look at their pointer */
TEST_F(unknown_ioctl, does_not_read_its_argument)
{
	EXPECT_EQ(-EBADFD, vt_ioctl(self->fresh, TCGETS, BAD_POINTER));
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, TCGETS, BAD_POINTER));
	EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, FIONREAD, BAD_POINTER));
}

/* F3.0.1 F3.0.3: the socket family's numbers are copied in first */
TEST_F(unknown_ioctl, of_the_socket_family)
{
	const unsigned long cmds[] = {
		SIOCGIFNAME, SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCGIFMTU,
		SIOCGIFINDEX, SIOCETHTOOL, SIOCGSTAMP_OLD, 0x89ff,
	};
	struct ifreq ifr = {};
	size_t i;

	strcpy(ifr.ifr_name, "unk0");
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		EXPECT_EQ(-EBADFD, vt_ioctl(self->fresh, cmds[i],
					    (unsigned long)&ifr));
		EXPECT_EQ(-EINVAL, vt_ioctl(self->fd, cmds[i],
					    (unsigned long)&ifr));
		EXPECT_EQ(-EFAULT, vt_ioctl(self->fresh, cmds[i], BAD_POINTER));
		EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, cmds[i], BAD_POINTER));
	}
}

/* F3.0.1: the ifreq must be there whole, to its last byte */
TEST_F(unknown_ioctl, needs_a_whole_ifreq)
{
	const unsigned long cmds[] = {
		TUNSETIFF, TUNSETQUEUE, SIOCGIFHWADDR, SIOCSIFHWADDR,
		SIOCGIFNAME,
	};
	size_t page = sysconf(_SC_PAGESIZE), i;
	unsigned long end;
	char *map;

	map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_EQ(0, munmap(map + page, page));
	end = (unsigned long)map + page;
	for (i = 0; i < ARRAY_SIZE(cmds); i++) {
		EXPECT_EQ(-EFAULT, vt_ioctl(self->fresh, cmds[i], BAD_POINTER));
		EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, cmds[i], BAD_POINTER));
		EXPECT_EQ(-EFAULT, vt_ioctl(self->fd, cmds[i], end -
					    sizeof(struct ifreq) + 1));
		EXPECT_NE(-EFAULT, vt_ioctl(self->fd, cmds[i],
					    end - sizeof(struct ifreq)));
	}
}

/* Every command that needs a device, whether it takes a value or a pointer. */
static const unsigned long attached_only[] = {
	TUNSETNOCSUM, TUNSETDEBUG, TUNSETPERSIST, TUNSETOWNER, TUNSETLINK,
	TUNSETGROUP, TUNSETOFFLOAD, TUNSETTXFILTER, TUNGETIFF, TUNGETSNDBUF,
	TUNSETSNDBUF, TUNATTACHFILTER, TUNDETACHFILTER, TUNGETVNETHDRSZ,
	TUNSETVNETHDRSZ, TUNGETFILTER, TUNSETVNETLE, TUNGETVNETLE,
	TUNSETVNETBE, TUNGETVNETBE, TUNSETSTEERINGEBPF, TUNSETFILTEREBPF,
	TUNSETCARRIER, TUNGETDEVNETNS,
};

/* F3.0.1 F3.0.2: EBADFD is found before a bad pointer or value */
TEST_F(unknown_ioctl, attached_comes_before_the_rest)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attached_only); i++) {
		EXPECT_EQ(-EBADFD, vt_ioctl(self->fresh, attached_only[i],
					    BAD_POINTER))
			TH_LOG("command %#lx", attached_only[i]);
		EXPECT_EQ(-EBADFD, vt_ioctl(self->fresh, attached_only[i], 0));
	}
}

/* F3.0.6: these belong to the file, attached or not */
TEST_F(unknown_ioctl, leaves_the_vfs_its_own)
{
	int fds[] = { self->fd, self->fresh };
	int on = 1, off = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		ASSERT_EQ(0, vt_ioctl(fds[i], FIONBIO, (unsigned long)&on));
		EXPECT_TRUE(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
		ASSERT_EQ(0, vt_ioctl(fds[i], FIONBIO, (unsigned long)&off));
		EXPECT_FALSE(fcntl(fds[i], F_GETFL) & O_NONBLOCK);
		ASSERT_EQ(0, vt_ioctl(fds[i], FIOASYNC, (unsigned long)&on));
		EXPECT_TRUE(fcntl(fds[i], F_GETFL) & O_ASYNC);
		ASSERT_EQ(0, vt_ioctl(fds[i], FIOASYNC, (unsigned long)&off));
		EXPECT_FALSE(fcntl(fds[i], F_GETFL) & O_ASYNC);
		ASSERT_EQ(0, vt_ioctl(fds[i], FIONCLEX, 0));
		EXPECT_EQ(0, fcntl(fds[i], F_GETFD));
		ASSERT_EQ(0, vt_ioctl(fds[i], FIOCLEX, 0));
		EXPECT_EQ(FD_CLOEXEC, fcntl(fds[i], F_GETFD));
	}
}

TEST_HARNESS_MAIN
