// SPDX-License-Identifier: GPL-2.0-only
/* What the netdev family of generic netlink says of XDP. */
#include <kselftest_harness.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include "testlib.h"
#include "testlib_xdp.h"

#include <string.h>
#include <sys/socket.h>

/* linux/netdev.h, 6.3 */
#define DEV_CMD_GET		1
#define DEV_A_IFINDEX		1
#define DEV_A_XDP_FEATURES	3
#define DEV_XDP_BASIC		1
#define DEV_XDP_REDIRECT	2
#define DEV_XDP_NDO_XMIT	4

#define NO_FAMILY		(-ENOENT)

/* Send one request and find attribute @type of its answer: 0 or -errno. */
static int genl_ask(int family, int cmd, int put_type, const void *put,
		    size_t put_len, int type, void *out, size_t out_len)
{
	char buf[8192];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;
	const struct nlattr *a;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	mnl_attr_put(nlh, put_type, put_len, put);
	n = send(fd, nlh, nlh->nlmsg_len, 0);
	if (n > 0)
		n = recv(fd, buf, sizeof(buf), 0);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return ((struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->error;
	mnl_attr_for_each(a, nlh, sizeof(*genl)) {
		if (mnl_attr_get_type(a) != type)
			continue;
		memcpy(out, mnl_attr_get_payload(a), out_len);
		return 0;
	}
	return -ENODATA;
}

/* xdp-features of a device, NO_FAMILY on kernels before 6.3. */
static int xdp_features(const char *name, uint64_t *features)
{
	uint32_t index = link_index(name);
	uint16_t family = 0;
	int err = genl_ask(GENL_ID_CTRL, CTRL_CMD_GETFAMILY,
			   CTRL_ATTR_FAMILY_NAME, "netdev", sizeof("netdev"),
			   CTRL_ATTR_FAMILY_ID, &family, sizeof(family));

	if (err)
		return err;
	return genl_ask(family, DEV_CMD_GET, DEV_A_IFINDEX, &index,
			sizeof(index), DEV_A_XDP_FEATURES, features,
			sizeof(*features));
}

FIXTURE(xdp_features)
{
	int fd;
	uint64_t want;
};

VARIANTS_MODE(xdp_features);

FIXTURE_SETUP(xdp_features)
{
	uint64_t features;

	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach("xf0", variant->flags);
	ASSERT_LE(0, self->fd);
	if (xdp_features("xf0", &features) == NO_FAMILY)
		SKIP(return, "this kernel has no netdev family");
	self->want = variant->flags & IFF_TAP ?
		     DEV_XDP_BASIC | DEV_XDP_REDIRECT | DEV_XDP_NDO_XMIT : 0;
}

FIXTURE_TEARDOWN(xdp_features)
{
}

/* F4.36: the same down, up, with a program, with and without a file */
TEST_F(xdp_features, constant)
{
	uint64_t features = ~0ULL;

	EXPECT_EQ(0, xdp_features("xf0", &features));
	EXPECT_EQ(self->want, features);
	ASSERT_EQ(0, link_up("xf0"));
	EXPECT_EQ(0, xdp_features("xf0", &features));
	EXPECT_EQ(self->want, features);
	ASSERT_EQ(0, xdp_attach_const("xf0", XDP_PASS, 0));
	EXPECT_EQ(0, xdp_features("xf0", &features));
	EXPECT_EQ(self->want, features);
	ASSERT_EQ(0, vt_persist(self->fd, true));
	close(self->fd);
	EXPECT_EQ(0, xdp_features("xf0", &features));
	EXPECT_EQ(self->want, features);
}

TEST_HARNESS_MAIN
