// SPDX-License-Identifier: GPL-2.0-only
/* Every allocation of attaching an XDP program, and of what it says, fails. */
#include <kselftest_harness.h>
#include "testlib_fault.h"
#include "testlib_xdp.h"

#define FLAGS	(IFF_TAP | IFF_NO_PI)

FIXTURE(fault_xdp)
{
	int fd;
	int other;			/* where redirected packets go */
	uint32_t mode;
	struct xdp_probe probe;
	uint8_t buf[PKT_MAX];
	size_t len;
};

FIXTURE_VARIANT(fault_xdp)
{
	uint32_t mode;
};

FIXTURE_VARIANT_ADD(fault_xdp, native) { XDP_FLAGS_DRV_MODE };
FIXTURE_VARIANT_ADD(fault_xdp, generic) { XDP_FLAGS_SKB_MODE };

FIXTURE_SETUP(fault_xdp)
{
	int map;

	if (fault_init())
		SKIP(return, "no fault injection, or not vtun");
	ASSERT_EQ(0, ns_fresh());
	self->mode = variant->mode;
	self->fd = fault_device(FLAGS);
	ASSERT_LE(0, self->fd);
	self->other = vt_attach_nb("other0", FLAGS);
	ASSERT_LE(0, self->other);
	ASSERT_EQ(0, link_up("other0"));
	map = xdp_devmap(link_index("other0"));
	ASSERT_LE(0, map);
	ASSERT_EQ(0, xdp_probe_open(&self->probe, map));
	self->len = pkt_numbered(self->buf, true, 3, 100);
}

FIXTURE_TEARDOWN(fault_xdp)
{
}

static int call_attach(void *arg)
{
	FIXTURE_DATA(fault_xdp) *self = arg;

	return xdp_attach(FAULT_NAME, self->probe.prog, self->mode);
}

static int call_detach(void *arg)
{
	FIXTURE_DATA(fault_xdp) *self = arg;

	return xdp_attach(FAULT_NAME, -1, self->mode);
}

static int prepare_attached(void *arg)
{
	FAULT_EQ(0, call_attach(arg));
	return 0;
}

static int settle_none(void *arg, int ret)
{
	FIXTURE_DATA(fault_xdp) *self = arg;

	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd, FLAGS));
	FAULT_EQ(0, call_detach(arg));
	FAULT_EQ(XDP_ATTACHED_NONE, xdp_attached(FAULT_NAME));
	FAULT_EQ(0, fault_works(FAULT_NAME, self->fd, FLAGS));
	return 0;
}

/* F11.1 F11.7 */
TEST_F_TIMEOUT(fault_xdp, attach_detach, FAULT_TIMEOUT)
{
	static const struct fault_walk attach = {
		"XDP attach", NULL, call_attach, settle_none
	};
	static const struct fault_walk detach = {
		"XDP detach", prepare_attached, call_detach, settle_none
	};

	EXPECT_LT(0, fault_walk(&attach, self));
	EXPECT_LT(0, fault_walk(&detach, self));
}

static int call_write(void *arg)
{
	FIXTURE_DATA(fault_xdp) *self = arg;
	ssize_t ret = write(self->fd, self->buf, self->len);

	return ret < 0 ? -errno : ret;
}

/* What was redirected or sent back waits to be read. */
static int settle_write(void *arg, int ret)
{
	FIXTURE_DATA(fault_xdp) *self = arg;
	uint8_t buf[PKT_MAX];

	while (fd_poll(self->other, POLLIN, 0) == POLLIN)
		FAULT_EQ(self->len, read(self->other, buf, sizeof(buf)));
	while (fd_poll(self->fd, POLLIN, 0) == POLLIN)
		FAULT_EQ(self->len, read(self->fd, buf, sizeof(buf)));
	return 0;
}

/* F11.2 F11.4 F11.5: each verdict, the program taking room in front */
TEST_F_TIMEOUT(fault_xdp, verdicts, FAULT_TIMEOUT)
{
	static const struct {
		const char *what;
		int action;
	} verdicts[] = {
		{ "XDP pass", XDP_PASS }, { "XDP drop", XDP_DROP },
		{ "XDP tx", XDP_TX }, { "XDP redirect", XDP_REDIRECT },
	};
	int i;

	ASSERT_EQ(0, call_attach(self));
	for (i = 0; i < 4; i++) {
		struct fault_walk walk = {
			verdicts[i].what, NULL, call_write, settle_write
		};

		ASSERT_EQ(0, xdp_probe_action(&self->probe,
					      verdicts[i].action));
		EXPECT_LE(0, fault_walk(&walk, self));
		ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_PASS));
		EXPECT_EQ(0, fault_works(FAULT_NAME, self->fd, FLAGS));
	}
}

TEST_HARNESS_MAIN
