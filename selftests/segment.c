// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segmentation at the copy: large packets cross the device in one piece and are
 * cut when they are read. Segments of a TCP stream are written on one device,
 * which merges them, and leave by another: what is read there is what was
 * written, byte for byte, but for what a router changes.
 */
#include <kselftest_harness.h>
#include "testlib_batch.h"
#include "testlib_bpf.h"
#include "testlib_eth.h"
#include "testlib_hook.h"
#include "testlib_stats.h"
#include "testlib_vnet.h"

#include <linux/if_packet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <pthread.h>

#ifndef TH_ECE
#define TH_ECE		0x40
#define TH_CWR		0x80
#endif

#define OUT		"out0"
#define OUT_NEAR	0x0a080001
#define OUT_FAR		0x0a080002
#define SIZE	1000
#define NUM	20
#define LAST	300			/* bytes of the last one */

FIXTURE(segment)
{
	struct vnet in, out;
	int ps;				/* what leaves by out, as the stack sees it */
	bool single;			/* some may cross unmerged, sums known to be right */
	struct stats stats;
	struct vnet_pkt sent[NUM + 1], got;
};

FIXTURE_VARIANT(segment)
{
	int flags;
	bool ip6;
};

FIXTURE_VARIANT_ADD(segment, tun) { IFF_TUN | IFF_NO_PI };
FIXTURE_VARIANT_ADD(segment, tun_pi_ip6) { IFF_TUN, true };
FIXTURE_VARIANT_ADD(segment, tun_pi_vnet) { IFF_TUN | IFF_VNET_HDR };
FIXTURE_VARIANT_ADD(segment, tap) { IFF_TAP | IFF_NO_PI };
FIXTURE_VARIANT_ADD(segment, tap_vnet) { IFF_TAP | IFF_VNET_HDR };
FIXTURE_VARIANT_ADD(segment, tap_queues_ip6) {
	IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE, true };
FIXTURE_VARIANT_ADD(segment, tun_backpressure) {
	IFF_TUN | IFF_NO_PI | IFF_BACKPRESSURE };

static struct batch b;

FIXTURE_SETUP(segment)
{
	struct vnet *out = &self->out;

	if (vt_intree())
		SKIP(return, "in-tree tun has the stack cut packets");
	ASSERT_EQ(0, ns_fresh());
	ASSERT_EQ(0, vnet_add(&self->in, IO_NAME, IFF_TUN | IFF_NO_PI,
			      VNET_SIZE));
	ASSERT_EQ(0, batch_mode(self->in.io.fd, VTUN_MODE_BATCH));
	ASSERT_EQ(0, vnet_add(out, OUT, variant->flags, VNET_SIZE));
	ASSERT_EQ(0, vnet_address(IO_NAME, VNET_NEAR));
	ASSERT_EQ(0, vnet_address(OUT, OUT_NEAR));
	ASSERT_EQ(0, vnet_forward());
	if (out->io.tap)
		ASSERT_EQ(0, vnet_neigh(OUT, OUT_FAR, pkt_mac_a));
	if (!variant->ip6)
		ASSERT_EQ(0, ns_link_ipv6(OUT, false));
	while (vnet_read(out, &self->got) > 0)	/* IPv6's own */
		;
	self->ps = psock_open(OUT, SOCK_RAW, ETH_P_ALL);
	ASSERT_LE(0, self->ps);
}

FIXTURE_TEARDOWN(segment)
{
}

/* One segment as the writer sends it, and as it leaves: a router counts down. */
static void build(struct vnet_pkt *p, bool ip6, int n, int num, int flags)
{
	bool last = n == num - 1;
	const struct vnet_spec spec = {
		.ip6 = ip6, .proto = IPPROTO_TCP, .dst = OUT_FAR,
		.seq = 7000 + n * SIZE, .ack = 5, .len = last ? LAST : SIZE,
		.tcp_flags = TH_ACK | (last ? flags : 0),
	};
	struct iphdr *ip = (struct iphdr *)p->buf;

	vnet_build(p, &spec);
	if (ip6)
		return;
	ip->id = htons(0xfff8 + n);	/* which wraps */
	ip->check = 0;
	ip->check = pkt_csum(ip, sizeof(*ip), 0);
}

static void age(struct vnet_pkt *p)
{
	struct ip6_hdr *ip6 = (struct ip6_hdr *)p->buf;
	struct iphdr *ip = (struct iphdr *)p->buf;

	if (ip->version == 6) {
		ip6->ip6_hlim--;
		return;
	}
	ip->ttl--;
	ip->check = 0;
	ip->check = pkt_csum(ip, sizeof(*ip), 0);
}

/* @num segments, the last one with these flags, written together. */
static int send_stream(FIXTURE_DATA(segment) *self, bool ip6, int num, int flags)
{
	int i;

	batch_clear(&b);
	for (i = 0; i < num; i++) {
		build(&self->sent[i], ip6, i, num, flags);
		batch_add(&b, self->sent[i].buf, self->sent[i].len);
		age(&self->sent[i]);
	}
	return batch_write(&b, self->in.io.fd) == (ssize_t)b.len ? 0 : -EIO;
}

/* The next packet read that is not IPv6's own: its length, or -errno. */
static ssize_t next(FIXTURE_DATA(segment) *self)
{
	struct vnet_seen seen;
	ssize_t len;

	do
		len = vnet_await(&self->out, &self->got);
	while (len > 0 && vnet_parse(self->got.buf, len, self->out.io.tap,
				     &seen) == -EPROTONOSUPPORT);
	return len;
}

/*
 * The next packet read is what left as the @n-th segment; its checksum is left to
 * the program if @partial, which is told if there is a header that can say so.
 */
static int came_as(FIXTURE_DATA(segment) *self, int n, bool partial)
{
	size_t eth = self->out.io.tap ? ETH_HLEN : 0;
	const struct vnet_pkt *want = &self->sent[n];
	struct vnet_pkt *got = &self->got;
	struct vnet_seen seen;
	ssize_t len = next(self);

	if (len < 0)
		return len;
	if (len != (ssize_t)(eth + want->len) || got->hdr.gso_type ||
	    (self->out.io.pi && got->proto != want->proto))
		return -EPROTO;
	if (self->single)
		got->hdr.flags &= ~VIRTIO_NET_HDR_F_DATA_VALID;
	if (got->hdr.flags != (partial && self->out.vnet_hdr ?
			       VIRTIO_NET_HDR_F_NEEDS_CSUM : 0))
		return -EPROTO;
	if (partial) {
		if (vnet_parse(got->buf, len, eth, &seen) || !seen.partial)
			return -EINVAL;
		if (!self->out.vnet_hdr) {
			got->hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
			got->hdr.csum_start = eth + want->l4;
			got->hdr.csum_offset = offsetof(struct tcphdr, check);
		}
		vnet_complete(got);
	}
	return memcmp(got->buf + eth, want->buf, want->len) ? -EBADMSG : 0;
}

static int came(FIXTURE_DATA(segment) *self, int n)
{
	return came_as(self, n, false);
}

static int came_range(FIXTURE_DATA(segment) *self, int from, int to)
{
	int err = 0;

	while (!err && from < to)
		err = came(self, from++);
	return err;
}

/* Where the number of packets counts, none may be IPv6's own. */
#define ONLY_OURS() do {						\
	if (variant->ip6)						\
		SKIP(return, "IPv6 has things to say of its own");	\
} while (0)

#define EXPECT_UNCUT(self)	EXPECT_LT(NUM / 2 * SIZE, vnet_crossed((self)->ps))
#define EXPECT_CUT(self)	EXPECT_CROSSED_CUT((self)->ps, SIZE)

/* Every byte of the headers: ids, lengths, sequence numbers, flags, checksums. */
TEST_F(segment, tcp)
{
	static const int flags[] = {
		0, TH_PUSH, TH_FIN | TH_PUSH,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, flags[i]));
		EXPECT_EQ(0, came_range(self, 0, NUM)) TH_LOG("flags %zu", i);
		EXPECT_UNCUT(self);
	}
	ASSERT_EQ(0, stats_get(OUT, &self->stats));
	EXPECT_EQ(3, stats_value(&self->stats, "tx_segmented"));
	EXPECT_EQ(0, stats_wrong_sums(&self->stats));
}

/* They count as they are read; what waits is what will be read. */
TEST_F(segment, counted)
{
	struct link_info before, after;
	uint64_t bytes = 0;
	int i;

	ONLY_OURS();
	ASSERT_EQ(0, link_get(OUT, &before));
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	ASSERT_EQ(0, stats_get(OUT, &self->stats));
	EXPECT_EQ(NUM, stats_queue(&self->stats, "tx", 0, "waiting"));
	ASSERT_EQ(0, came_range(self, 0, NUM / 2));
	ASSERT_EQ(0, stats_get(OUT, &self->stats));
	EXPECT_EQ(NUM / 2, stats_queue(&self->stats, "tx", 0, "waiting"));
	ASSERT_EQ(0, came_range(self, NUM / 2, NUM));
	for (i = 0; i < NUM; i++)
		bytes += self->sent[i].len + (self->out.io.tap ? ETH_HLEN : 0);
	ASSERT_EQ(0, link_get(OUT, &after));
	EXPECT_EQ(NUM, after.stats.tx_packets - before.stats.tx_packets);
	EXPECT_EQ(bytes, after.stats.tx_bytes - before.stats.tx_bytes);
	ASSERT_EQ(0, stats_get(OUT, &self->stats));
	EXPECT_EQ(0, stats_queue(&self->stats, "tx", 0, "waiting"));
}

/* In batch mode all of them with one read. */
TEST_F(segment, batch)
{
	uint8_t want[sizeof(struct tun_pi) + VNET_SIZE + ETH_HLEN];
	const uint8_t *data;
	struct link_info link;
	size_t head;
	int i;

	ONLY_OURS();
	ASSERT_EQ(0, batch_mode(self->out.io.fd, VTUN_MODE_BATCH));
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	ASSERT_EQ(POLLIN, fd_poll(self->out.io.fd, POLLIN, WAIT_MS));
	ASSERT_LT(0, batch_read(&b, self->out.io.fd, BATCH_MAX));
	ASSERT_EQ(0, link_get(OUT, &link));
	/* no segment asks for anything in its header */
	head = vnet_put_head(&self->out, &self->sent[0], want);
	if (self->out.io.tap)
		head += pkt_eth(want + head, pkt_mac_a, link.addr, ETH_P_IP);
	for (i = 0; i < NUM; i++) {
		ASSERT_EQ(head + self->sent[i].len, batch_next(&b, &data));
		EXPECT_EQ(0, memcmp(data, want, head));
		EXPECT_EQ(0, memcmp(data + head, self->sent[i].buf,
				    self->sent[i].len));
	}
	EXPECT_EQ(0, batch_next(&b, &data));
}

/* As many as find room, if not all do: as if the stack had cut it. */
TEST_F(segment, no_room)
{
	struct link_info before, after;

	ONLY_OURS();
	if (variant->flags & IFF_BACKPRESSURE)
		SKIP(return, "the qdisc keeps the rest");
	ASSERT_EQ(0, link_set_txqlen(OUT, 8));
	ASSERT_EQ(0, link_get(OUT, &before));
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	EXPECT_EQ(0, came_range(self, 0, 8));
	EXPECT_EQ(-EAGAIN, vnet_read(&self->out, &self->got));
	ASSERT_EQ(0, link_get(OUT, &after));
	EXPECT_EQ(NUM - 8, after.stats.tx_dropped - before.stats.tx_dropped);
	EXPECT_CUT(self);
}

/* What comes behind a large packet has as much room as if it had been cut. */
TEST_F(segment, limit)
{
	int i;

	ONLY_OURS();
	if (variant->flags & IFF_BACKPRESSURE)
		SKIP(return, "the qdisc keeps the rest");
	ASSERT_EQ(0, link_set_txqlen(OUT, NUM + 5));
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	for (i = 0; i < 9; i++)
		psock_feed(OUT, self->out.io.tap, i, 40);
	ASSERT_EQ(0, stats_get(OUT, &self->stats));
	EXPECT_EQ(NUM + 5, stats_queue(&self->stats, "tx", 0, "waiting"));
	EXPECT_EQ(4, stats_queue(&self->stats, "tx", 0, "drop_full"));
	ASSERT_EQ(0, came_range(self, 0, NUM));
	for (i = 0; i < 5; i++)
		EXPECT_LT(0, vnet_read(&self->out, &self->got));
	EXPECT_EQ(-EAGAIN, vnet_read(&self->out, &self->got));
}

/* Large packets stop the queue as their segments would. */
TEST_F(segment, backpressure)
{
	if (!(variant->flags & IFF_BACKPRESSURE))
		SKIP(return, "without back pressure");
	ASSERT_EQ(0, hook_root(link_index(OUT), "pfifo"));
	ASSERT_EQ(0, link_set_txqlen(OUT, NUM + 2));
	ASSERT_EQ(0, send_stream(self, false, NUM, TH_PUSH));
	ASSERT_EQ(0, send_stream(self, false, NUM, TH_PUSH));
	ASSERT_EQ(0, send_stream(self, false, NUM, TH_PUSH));
	EXPECT_EQ(0, came_range(self, 0, NUM));
	EXPECT_EQ(0, came_range(self, 0, NUM));
	EXPECT_EQ(0, came_range(self, 0, NUM));
	ASSERT_EQ(0, stats_get(OUT, &self->stats));
	EXPECT_EQ(0, stats_value(&self->stats, "tx_drop_full"));
	EXPECT_LT(0, stats_value(&self->stats, "tx_stops"));
}

/* A buffer that is too small, or none, costs one segment. */
TEST_F(segment, bad_buffers)
{
	size_t i, head = PI_LEN(variant->flags) +
			 (self->out.vnet_hdr ? VNET_SIZE : 0) +
			 (self->out.io.tap ? ETH_HLEN : 0);
	struct tun_pi pi = { .flags = TUN_PKT_STRIP };
	static uint8_t exact[2 * SIZE];
	int fd = self->out.io.fd;
	uint8_t buf[700];

	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	ASSERT_EQ(0, came(self, 0));
	ASSERT_EQ(sizeof(buf), io_read(fd, buf, sizeof(buf)));
	memcpy(&pi, buf, PI_LEN(variant->flags));
	EXPECT_EQ(TUN_PKT_STRIP, pi.flags);
	/* what is left of the large packet doesn't count */
	head += self->sent[2].len;
	ASSERT_EQ(head, io_read(fd, exact, head));
	memcpy(&pi, exact, PI_LEN(variant->flags));
	EXPECT_EQ(self->out.io.pi ? 0 : TUN_PKT_STRIP, pi.flags);
	EXPECT_EQ(0, memcmp(exact + head - SIZE, self->sent[2].buf +
			    self->sent[2].data, SIZE));
	ASSERT_EQ(0, came(self, 3));
	EXPECT_EQ(-EFAULT, io_read(fd, io_readonly(4096), 4096));
	ASSERT_EQ(0, came(self, 5));
	/* inside the headers */
	for (i = 1; i < 60; i++) {
		ASSERT_EQ(0, batch_mode(fd, VTUN_MODE_NOTRUNC));
		EXPECT_EQ(-EMSGSIZE, io_read(fd, buf, i));
	}
	ASSERT_EQ(0, batch_mode(fd, 0));
	EXPECT_EQ(0, came_range(self, 6, NUM));
}

/* The administrator wants it cut by the stack. */
TEST_F(segment, switched_off)
{
	ASSERT_EQ(0, eth_set_feature(OUT, "tx-tcp-segmentation", false));
	ASSERT_EQ(0, eth_set_feature(OUT, "tx-tcp6-segmentation", false));
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	EXPECT_EQ(0, came_range(self, 0, NUM));
	EXPECT_CUT(self);
	/* on again: what a program that takes nothing says */
	ASSERT_EQ(0, vnet_offload(&self->out, 0));
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	EXPECT_EQ(0, came_range(self, 0, NUM));
	EXPECT_UNCUT(self);
}

/* A program that takes checksums, and one whose filter wants to see segments. */
TEST_F(segment, by_the_stack)
{
	int accept = bpf_load_const(BPF_PROG_TYPE_SOCKET_FILTER, 0xffff);
	int i;

	ASSERT_LE(0, accept);
	ASSERT_EQ(0, vt_ioctl_int(self->out.io.fd, TUNSETFILTEREBPF, accept));
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	EXPECT_EQ(0, came_range(self, 0, NUM));
	EXPECT_CUT(self);
	ASSERT_EQ(0, vt_ioctl_int(self->out.io.fd, TUNSETFILTEREBPF, -1));
	ASSERT_EQ(0, vnet_offload(&self->out, TUN_F_CSUM));
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	for (i = 0; i < NUM; i++) {
		ASSERT_EQ(0, came_as(self, i, true)) TH_LOG("segment %d", i);
	}
	EXPECT_CUT(self);
}

/* A packet whose ids don't count: only the stack knows what to do. */
TEST_F(segment, fixed_ids)
{
	struct iphdr *ip;
	int i;

	if (variant->ip6)
		SKIP(return, "IPv6 has no ids");
	batch_clear(&b);
	for (i = 0; i < NUM; i++) {
		build(&self->sent[i], false, i, NUM, TH_PUSH);
		ip = (struct iphdr *)self->sent[i].buf;
		ip->id = 0;
		ip->check = 0;
		ip->check = pkt_csum(ip, sizeof(*ip), 0);
		batch_add(&b, self->sent[i].buf, self->sent[i].len);
		age(&self->sent[i]);
	}
	ASSERT_EQ(b.len, batch_write(&b, self->in.io.fd));
	EXPECT_EQ(0, came_range(self, 0, NUM));
	EXPECT_CUT(self);
}

/* Set these bits, and mend the checksum. */
static void mark(struct vnet_pkt *p, int flags)
{
	struct tcphdr *tcp = (struct tcphdr *)(p->buf + p->l4);
	uint32_t sum = ntohs(tcp->check) + 0xffff - flags;

	tcp->th_flags |= flags;
	tcp->check = htons((sum & 0xffff) + (sum >> 16));
}

/*
 * Congestion marks. AccECN counts with CWR, which is then every segment's: what
 * GRO makes of those is the stack's to cut.
 */
TEST_F(segment, ecn)
{
	static const struct {
		int first, others;
	} marks[] = {
		{ TH_ECE, TH_ECE }, { TH_CWR | TH_ECE, TH_ECE },
		{ TH_CWR, TH_CWR }, { TH_CWR | TH_ECE, TH_CWR | TH_ECE },
	};
	size_t i;
	int k;

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		self->single = i;
		batch_clear(&b);
		for (k = 0; k < NUM; k++) {
			struct vnet_pkt *p = &self->sent[k];

			build(p, variant->ip6, k, NUM, TH_PUSH);
			mark(p, k ? marks[i].others : marks[i].first);
			batch_add(&b, p->buf, p->len);
			age(p);
		}
		ASSERT_EQ(b.len, batch_write(&b, self->in.io.fd));
		EXPECT_EQ(0, came_range(self, 0, NUM)) TH_LOG("marks %zu", i);
		/* whether one alone is merged with others is the kernel's */
		if (i == 1) {
			EXPECT_LT(SIZE, vnet_crossed(self->ps));
		} else if (i) {
			EXPECT_CUT(self);
		} else {
			EXPECT_UNCUT(self);
		}
	}
}

/* A tag that is left to the device stands in each segment. */
TEST_F(segment, vlan)
{
	static const uint8_t tag[] = { 0x81, 0x00, 0x00, 0x07 };
	size_t len;
	int i;

	ONLY_OURS();
	if (!self->out.io.tap)
		SKIP(return, "VLANs need Ethernet");
	ASSERT_EQ(0, hook_tag(link_index(OUT), ETH_P_8021Q, 7));
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	for (i = 0; i < NUM; i++) {
		len = ETH_HLEN + sizeof(tag) + self->sent[i].len;
		ASSERT_EQ(len, vnet_await(&self->out, &self->got));
		EXPECT_EQ(0, memcmp(self->got.buf + 12, tag, sizeof(tag)));
		EXPECT_EQ(0, memcmp(self->got.buf + ETH_HLEN + sizeof(tag),
				    self->sent[i].buf, self->sent[i].len));
	}
}

/* Half read, then the fifo gets another length, or the program goes. */
TEST_F(segment, half_read)
{
	ONLY_OURS();
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	ASSERT_EQ(0, came_range(self, 0, 5));
	ASSERT_EQ(0, link_set_txqlen(OUT, 700));
	ASSERT_EQ(0, came_range(self, 5, 8));
	ASSERT_EQ(0, link_set_txqlen(OUT, 0));
	EXPECT_EQ(-EAGAIN, vnet_read(&self->out, &self->got));
	ASSERT_EQ(0, stats_get(OUT, &self->stats));
	EXPECT_EQ(0, stats_queue(&self->stats, "tx", 0, "waiting"));
	ASSERT_EQ(0, link_set_txqlen(OUT, 500));
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	ASSERT_EQ(0, came_range(self, 0, NUM - 1));
	ASSERT_EQ(0, vt_persist(self->out.io.fd, true));
	close(self->out.io.fd);
	ASSERT_EQ(0, stats_get(OUT, &self->stats));
	EXPECT_EQ(0, stats_wrong_sums(&self->stats));
	self->out.io.fd = vt_attach_nb(OUT, variant->flags);
	ASSERT_LE(0, self->out.io.fd);
	ASSERT_EQ(0, stats_get(OUT, &self->stats));
	EXPECT_EQ(0, stats_queue(&self->stats, "tx", 0, "waiting"));
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	EXPECT_EQ(0, came_range(self, 0, NUM));
}

struct reader {
	const struct vnet *out;
	pthread_t thread;
	int seen[NUM];
	int wrong;
};

static void *read_some(void *arg)
{
	struct reader *r = arg;
	static __thread struct vnet_pkt p;
	struct vnet_seen seen;
	unsigned int n;

	while (vnet_await(r->out, &p) >= 0) {
		int err = vnet_parse(p.buf, p.len, r->out->io.tap, &seen);

		if (err == -EPROTONOSUPPORT)
			continue;	/* IPv6's own */
		r->wrong += err != 0;
		n = (seen.seq - 7000) / SIZE;
		if (n < NUM && vnet_data_ok(p.buf + seen.data, seen.data_len,
					    seen.seq))
			r->seen[n]++;
		else
			r->wrong++;
		if (n == NUM - 1)
			break;
	}
	return NULL;
}

/* Readers of one file share a packet: each segment is read once. */
TEST_F(segment, readers)
{
	struct reader r[2] = { { .out = &self->out }, { .out = &self->out } };
	int i, k;

	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	/* one for each, which ends it */
	ASSERT_EQ(0, send_stream(self, variant->ip6, NUM, TH_PUSH));
	for (k = 0; k < 2; k++)
		ASSERT_EQ(0, pthread_create(&r[k].thread, NULL, read_some, &r[k]));
	for (k = 0; k < 2; k++) {
		pthread_join(r[k].thread, NULL);
		EXPECT_EQ(0, r[k].wrong);
	}
	for (i = 0; i < NUM; i++)
		EXPECT_EQ(2, r[0].seen[i] + r[1].seen[i]) TH_LOG("%d", i);
}

TEST_HARNESS_MAIN
