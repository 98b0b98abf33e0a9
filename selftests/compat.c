// SPDX-License-Identifier: GPL-2.0-only
/*
 * 32-bit programs on a 64-bit kernel. tools/compat32.c makes the calls and
 * checks the answers; here it is started and what it did is looked at.
 */
#include <kselftest_harness.h>
#include <libgen.h>
#include "testlib.h"
#include "testlib_eth.h"

#define CANNOT_RUN	126

FIXTURE(compat)
{
	int fd;
};

FIXTURE_SETUP(compat)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFD, 0));
}

FIXTURE_TEARDOWN(compat)
{
}

/* Exit status of the 32-bit program, CANNOT_RUN if this kernel has no such. */
static int run_case(const char *name, int fd)
{
	char path[4096] = {}, program[4200], arg[16];
	int status;
	pid_t pid;

	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return -errno;
	snprintf(program, sizeof(program), "%s/compat32", dirname(path));
	snprintf(arg, sizeof(arg), "%d", fd);
	pid = fork();
	if (!pid) {
		execl(program, program, name, arg, NULL);
		fprintf(stderr, "# %s: %s\n", program, strerror(errno));
		_exit(errno == ENOEXEC ? CANNOT_RUN : 127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#define RUN_CASE(name) do {						\
	int __status = run_case(name, self->fd);			\
									\
	if (__status == CANNOT_RUN)					\
		SKIP(return, "this kernel runs no 32-bit programs");	\
	ASSERT_EQ(0, __status);						\
} while (0)

/* F3.19.1: an ifreq has 32 bytes, in both directions */
TEST_F(compat, ifreq_is_shorter)
{
	struct link_info info;

	RUN_CASE("ifreq");
	ASSERT_EQ(0, link_get("cmp0", &info));
	EXPECT_EQ(0, memcmp(pkt_mac_a, info.addr, ETH_ALEN));
	EXPECT_EQ(1, info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE, vt_flags(self->fd));
}

/* F3.19.3: values of 32 bits */
TEST_F(compat, values)
{
	struct link_info info;
	uint32_t level = 0;

	ASSERT_EQ(0, vt_setiff(self->fd, "cmp0", IFF_TUN));
	RUN_CASE("values");
	ASSERT_EQ(0, link_get("cmp0", &info));
	EXPECT_EQ(0xfffffffe, info.tun[IFLA_TUN_OWNER]);
	EXPECT_EQ(0x80000001, info.tun[IFLA_TUN_GROUP]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_PERSIST]);
	EXPECT_EQ(512, info.type);
	ASSERT_EQ(0, eth_get_value("cmp0", ETHTOOL_GMSGLVL, &level));
	EXPECT_EQ(0x80000040, level);
}

/* F3.19.3: pointers, good and bad ones */
TEST_F(compat, pointers)
{
	struct link_info info;
	int sndbuf = 0;

	ASSERT_EQ(0, vt_setiff(self->fd, "cmp0", IFF_TAP));
	RUN_CASE("pointers");
	ASSERT_EQ(0, link_get("cmp0", &info));
	EXPECT_EQ(0, info.carrier);
	ASSERT_EQ(0, vt_ioctl(self->fd, TUNGETSNDBUF, (unsigned long)&sndbuf));
	EXPECT_EQ(12345, sndbuf);
}

/* F3.19.2: a 32-bit program's numbers of the filter commands are unknown */
TEST_F(compat, filters_are_unknown)
{
	ASSERT_EQ(0, vt_setiff(self->fd, "cmp0", IFF_TAP));
	RUN_CASE("filters");
}

/* F3.19.3 F3.0.2: the order of checks is the same */
TEST_F(compat, unattached)
{
	RUN_CASE("unattached");
	ASSERT_EQ(0, vt_setiff(self->fd, "cmp0", IFF_TUN));
	EXPECT_EQ(4242, link_index("cmp0"));
}

/* F3.19.3 F3.17.1: namespaces come as descriptors */
TEST_F(compat, namespaces)
{
	ASSERT_EQ(0, vt_setiff(self->fd, "cmp0", IFF_TUN));
	RUN_CASE("namespaces");
}

TEST_HARNESS_MAIN
