// SPDX-License-Identifier: GPL-2.0-only
/* Counters of queues by the netdev family of generic netlink, since 6.9. */
#include <kselftest_harness.h>
#include "testlib_io.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <sys/socket.h>

/* Numbers of linux/netdev.h, which older systems lack. */
#define FAMILY			"netdev"
#define CMD_QSTATS_GET		12
#define QSTATS_IFINDEX		1
#define QSTATS_QUEUE_TYPE	2
#define QSTATS_QUEUE_ID		3
#define QSTATS_SCOPE		4
#define QSTATS_RX_PACKETS	8
#define QSTATS_RX_BYTES		9
#define QSTATS_TX_PACKETS	10
#define QSTATS_TX_BYTES		11
#define SCOPE_QUEUE		1
#define QUEUE_TYPE_TX		1

#define DATA			40
#define QUEUES			3

struct qstats {
	int index;			/* of the device */
	bool device;			/* what was asked for is the device's sum */
	int n;				/* answers */
	uint64_t rx_packets[QUEUES], rx_bytes[QUEUES];
	uint64_t tx_packets[QUEUES], tx_bytes[QUEUES];
};

static int genl(struct mnl_socket *nl, struct nlmsghdr *nlh, mnl_cb_t cb,
		void *data)
{
	static char buf[1 << 16];
	ssize_t n;
	int ret;

	nlh->nlmsg_seq = 1;
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (n < 0)
			return -errno;
		ret = mnl_cb_run(buf, n, 1, mnl_socket_get_portid(nl), cb, data);
	} while (ret > 0);
	return ret < 0 ? -errno : 0;
}

static struct nlmsghdr *begin(void *buf, int family, int cmd, int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *head;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	head = mnl_nlmsg_put_extra_header(nlh, sizeof(*head));
	head->cmd = cmd;
	head->version = 1;
	return nlh;
}

static int take_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			*(int *)data = mnl_attr_get_u16(a);
	return MNL_CB_OK;
}

static uint64_t number(const struct nlattr *a)
{
	return mnl_attr_get_payload_len(a) == 4 ? mnl_attr_get_u32(a) :
						  mnl_attr_get_u64(a);
}

static int take_stats(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *a, *tb[32] = {};
	struct qstats *stats = data;
	int q = 0;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) < 32)
			tb[mnl_attr_get_type(a)] = a;
	if (!tb[QSTATS_IFINDEX] ||
	    mnl_attr_get_u32(tb[QSTATS_IFINDEX]) != stats->index)
		return MNL_CB_OK;
	if (!stats->device && tb[QSTATS_QUEUE_ID])
		q = mnl_attr_get_u32(tb[QSTATS_QUEUE_ID]);
	if (q >= QUEUES)
		return MNL_CB_ERROR;
	stats->n++;
	if (tb[QSTATS_RX_PACKETS])
		stats->rx_packets[q] = number(tb[QSTATS_RX_PACKETS]);
	if (tb[QSTATS_RX_BYTES])
		stats->rx_bytes[q] = number(tb[QSTATS_RX_BYTES]);
	if (tb[QSTATS_TX_PACKETS])
		stats->tx_packets[q] = number(tb[QSTATS_TX_PACKETS]);
	if (tb[QSTATS_TX_BYTES])
		stats->tx_bytes[q] = number(tb[QSTATS_TX_BYTES]);
	return MNL_CB_OK;
}

/* Ask for all queues of the device, or for its sum: 0, or -ENOENT where there
 * is no such family or command.
 */
static int ask(struct qstats *stats, bool device)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	char buf[512] __attribute__((aligned(4)));
	struct nlmsghdr *nlh;
	int family = 0, err;

	*stats = (struct qstats){ .index = link_index(IO_NAME), .device = device };
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	nlh = begin(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, FAMILY);
	err = genl(nl, nlh, take_family, &family);
	if (!err) {
		nlh = begin(buf, family, CMD_QSTATS_GET, NLM_F_DUMP);
		mnl_attr_put_u32(nlh, QSTATS_IFINDEX, stats->index);
		if (!device)
			mnl_attr_put_u32(nlh, QSTATS_SCOPE, SCOPE_QUEUE);
		err = genl(nl, nlh, take_stats, stats);
	}
	mnl_socket_close(nl);
	return err == -EOPNOTSUPP ? -ENOENT : err;
}

FIXTURE(queue_stats)
{
	struct io io;
};

FIXTURE_SETUP(queue_stats)
{
	struct qstats stats;
	int err;

	if (vt_intree())
		SKIP(return, "in-tree tun does not count by queue");
	ASSERT_EQ(0, io_open(&self->io, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE));
	err = ask(&stats, false);
	if (err == -ENOENT || !kernel_at_least(6, 9))
		SKIP(return, "no counters of queues in this kernel's netlink");
	ASSERT_EQ(0, err);
}

FIXTURE_TEARDOWN(queue_stats)
{
}

/* Each queue's own; those that have left count for the device only. */
TEST_F(queue_stats, queues_and_device)
{
	struct io *io = &self->io;
	uint8_t frame[PKT_MAX];
	struct qstats stats;
	size_t len;
	int fd, i;

	len = io_frame(io, frame, 1, DATA);
	fd = vt_attach_nb(IO_NAME, IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE);
	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++)
		ASSERT_EQ(len, io_write(fd, frame, len));
	ASSERT_EQ(len, io_write(io->fd, frame, len));
	ASSERT_EQ(0, ask(&stats, false));
	EXPECT_EQ(4, stats.n);			/* two for each direction */
	EXPECT_EQ(1, stats.rx_packets[0]);
	EXPECT_EQ(3, stats.rx_packets[1]);
	EXPECT_EQ(3 * len, stats.rx_bytes[1]);
	EXPECT_EQ(0, stats.tx_packets[0] + stats.tx_packets[1]);
	close(fd);
	ASSERT_EQ(0, io_send(io, 1, DATA));
	ASSERT_EQ(0, io_recv(io, io->fd, 1, DATA));
	ASSERT_EQ(0, ask(&stats, false));
	EXPECT_EQ(2, stats.n);
	EXPECT_EQ(1, stats.tx_packets[0]);
	EXPECT_EQ(len, stats.tx_bytes[0]);
	EXPECT_EQ(1, stats.rx_packets[0]);
	ASSERT_EQ(0, ask(&stats, true));
	EXPECT_EQ(1, stats.n);
	EXPECT_EQ(4, stats.rx_packets[0]);
	EXPECT_EQ(4 * len, stats.rx_bytes[0]);
	EXPECT_EQ(1, stats.tx_packets[0]);
}

/* A device without any queue has one in the core's eyes. */
TEST_F(queue_stats, no_queue)
{
	struct qstats stats;

	ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, ask(&stats, false));
	EXPECT_EQ(0, stats.rx_packets[0] + stats.tx_packets[0]);
	ASSERT_EQ(0, ask(&stats, true));
	EXPECT_EQ(1, stats.n);
}

TEST_HARNESS_MAIN
