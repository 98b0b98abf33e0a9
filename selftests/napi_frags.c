// SPDX-License-Identifier: GPL-2.0-only
/* IFF_NAPI_FRAGS: the segments of a writev() become the packet's fragments. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_race.h"
#include "testlib_vnet.h"

#include <poll.h>
#include <string.h>

#define SEGS_MAX	18
#define LEN_MAX		65471		/* 2 less where IP headers are aligned */
#define FRAG_MAX	4096

FIXTURE(napi_frags)
{
	struct vnet v;
	struct vnet_pkt pkt, got;
	struct vnet_spec spec;
	uint8_t head[64];
	size_t head_len;
};

FIXTURE_VARIANT(napi_frags)
{
	int flags;
	int hdr_sz;
};

FIXTURE_VARIANT_ADD(napi_frags, plain) { IFF_NO_PI, 0 };
FIXTURE_VARIANT_ADD(napi_frags, pi) { 0, 0 };
FIXTURE_VARIANT_ADD(napi_frags, vnet_hdr) { IFF_NO_PI | IFF_VNET_HDR, 10 };
FIXTURE_VARIANT_ADD(napi_frags, pi_vnet_hdr_mq) {
	IFF_VNET_HDR | IFF_MULTI_QUEUE, 12 };

FIXTURE_SETUP(napi_frags)
{
	struct vnet *v = &self->v;

	ASSERT_EQ(0, io_open(&v->io, variant->flags | IFF_TAP | IFF_NAPI |
					     IFF_NAPI_FRAGS));
	v->vnet_hdr = variant->flags & IFF_VNET_HDR;
	v->hdr_sz = variant->hdr_sz;
	if (v->vnet_hdr) {
		ASSERT_EQ(0, vt_ioctl_int(v->io.fd, TUNSETVNETHDRSZ,
					  v->hdr_sz));
	}
	v->vps = vnet_psock(IO_NAME);
	ASSERT_LE(0, v->vps);
	io_counted(&v->io);
	self->spec = (struct vnet_spec){
		.eth = true, .proto = IPPROTO_UDP, .len = 200,
	};
	vnet_build(&self->pkt, &self->spec);
	self->head_len = vnet_put_head(v, &self->pkt, self->head);
}

FIXTURE_TEARDOWN(napi_frags)
{
}

/*
 * The headers and @first bytes of the packet in one segment, then segments of
 * @each; the last takes what is left.
 */
static int cut(FIXTURE_DATA(napi_frags) *self, struct iovec *iov, size_t first,
	       size_t each)
{
	static uint8_t buf[64 + VNET_PKT_MAX];
	size_t left = self->pkt.len - first, len;
	int n = 1;

	memcpy(buf, self->head, self->head_len);
	memcpy(buf + self->head_len, self->pkt.buf, first);
	iov[0] = (struct iovec){ buf, self->head_len + first };
	for (; left; left -= len, n++) {
		len = left < each ? left : each;
		iov[n] = (struct iovec){ self->pkt.buf + self->pkt.len - left,
					 len };
	}
	return n;
}

#define EXPECT_TAKEN(self, iov, n) do {					\
	EXPECT_EQ((self)->head_len + (self)->pkt.len,			\
		  io_writev((self)->v.io.fd, iov, n));			\
	EXPECT_EQ(0, io_seen(&(self)->v.io, (self)->pkt.buf,		\
			     (self)->pkt.len));				\
	EXPECT_RX(&(self)->v.io, 1, (self)->pkt.len, 0);		\
} while (0)

#define EXPECT_DROPPED(self, iov, n, errno_) do {			\
	EXPECT_EQ(-(errno_), io_writev((self)->v.io.fd, iov, n));	\
	EXPECT_RX(&(self)->v.io, 0, 0, 1);				\
	EXPECT_TRUE(io_unseen(&(self)->v.io));				\
} while (0)

/* F5.2 F5.43: wherever it is cut, the stack sees the same packet */
TEST_F(napi_frags, any_cut)
{
	struct iovec iov[512];
	size_t first;
	int n;

	for (first = 1; first < 60; first++) {
		n = cut(self, iov, first, 100);
		EXPECT_TAKEN(self, iov, n);
		n = cut(self, iov, first, 14);
		if (n <= SEGS_MAX)
			EXPECT_TAKEN(self, iov, n);
	}
	n = cut(self, iov, self->pkt.len, 1);
	EXPECT_TAKEN(self, iov, n);
}

/* F5.43: headers in segments of their own don't count among the 18 */
TEST_F(napi_frags, headers_apart)
{
	struct iovec iov[512] = { { self->head, self->head_len } };
	int i;

	for (i = 0; i < SEGS_MAX; i++)
		iov[i + 1] = (struct iovec){ self->pkt.buf + 12 * i, 12 };
	iov[SEGS_MAX].iov_len = self->pkt.len - 12 * (SEGS_MAX - 1);
	if (self->head_len)
		EXPECT_TAKEN(self, iov, SEGS_MAX + 1);
	else
		EXPECT_TAKEN(self, iov + 1, SEGS_MAX);
}

/* F5.43 F5.40: 18 segments are taken, more are a drop */
TEST_F(napi_frags, too_many_segments)
{
	struct iovec iov[512];
	size_t each = self->pkt.len / SEGS_MAX + 1;
	int n = cut(self, iov, each, each);

	while (n < SEGS_MAX) {
		iov[n] = (struct iovec){ iov[n - 1].iov_base + 1,
					 iov[n - 1].iov_len - 1 };
		iov[n - 1].iov_len = 1;
		n++;
	}
	EXPECT_TAKEN(self, iov, n);
	iov[n] = (struct iovec){ iov[n - 1].iov_base + 1,
				 iov[n - 1].iov_len - 1 };
	iov[n - 1].iov_len = 1;
	EXPECT_DROPPED(self, iov, n + 1, EMSGSIZE);
	n = cut(self, iov, 20, 1);
	EXPECT_DROPPED(self, iov, n, EMSGSIZE);
	/* and the device goes on */
	n = cut(self, iov, 20, 100);
	EXPECT_TAKEN(self, iov, n);
}

/* The longest packet that is taken. */
static size_t longest(FIXTURE_DATA(napi_frags) *self)
{
	struct iovec iov[512];

	for (self->pkt.len = 65500; self->pkt.len; self->pkt.len--)
		if (io_writev(self->v.io.fd, iov, cut(self, iov, 2000,
						      FRAG_MAX)) > 0)
			break;
	return self->pkt.len;
}

/*
 * F5.43 F5.40 F5.12: the largest packet, in one segment and in many; the class of
 * CVE-2023-3812
 */
TEST_F(napi_frags, too_long)
{
	struct vnet_pkt *p = &self->pkt;
	struct iovec iov[512];
	size_t most;
	int n, segs;

	memset(p->buf + p->len, 0x5a, sizeof(p->buf) - p->len);
	most = longest(self);
	EXPECT_TRUE(most == LEN_MAX || most == LEN_MAX - 2)
		TH_LOG("up to %zu bytes", most);
	ASSERT_EQ(0, io_seen(&self->v.io, p->buf, most));
	io_counted(&self->v.io);
	for (segs = 0; segs < 2; segs++) {
		p->len = most;
		n = cut(self, iov, segs ? 2000 : p->len, FRAG_MAX);
		EXPECT_TAKEN(self, iov, n);
		p->len++;
		n = cut(self, iov, segs ? 2000 : p->len, FRAG_MAX);
		EXPECT_DROPPED(self, iov, n, EMSGSIZE);
	}
}

/* F5.43 F5.40: a later segment has 1 to 4096 bytes; the first may be longer */
TEST_F(napi_frags, segment_size)
{
	struct vnet_pkt *p = &self->pkt;
	struct iovec iov[512];
	int n;

	memset(p->buf + p->len, 0x5a, sizeof(p->buf) - p->len);
	p->len = 12000;
	n = cut(self, iov, 12000 - FRAG_MAX, FRAG_MAX);
	ASSERT_EQ(2, n);
	EXPECT_TAKEN(self, iov, n);
	n = cut(self, iov, 12000 - FRAG_MAX - 1, FRAG_MAX + 1);
	ASSERT_EQ(2, n);
	EXPECT_DROPPED(self, iov, n, EINVAL);
	/* an empty one: in the middle, at the end */
	n = cut(self, iov, 10000, 1000);
	ASSERT_EQ(3, n);
	iov[3] = iov[2];
	iov[2].iov_len = 0;
	EXPECT_DROPPED(self, iov, 4, EINVAL);
	iov[2] = iov[3];
	iov[3].iov_len = 0;
	EXPECT_DROPPED(self, iov, 4, EINVAL);
	EXPECT_TAKEN(self, iov, 3);
}

/* F5.37 F5.40 F5.4 F5.10: what other writes are refused for, here as well */
TEST_F(napi_frags, other_errors)
{
	struct iovec iov[512];
	int n = cut(self, iov, 40, 100);

	iov[1].iov_base = io_fence(0);
	EXPECT_DROPPED(self, iov, n, EFAULT);
	n = cut(self, iov, 40, 100);
	EXPECT_TAKEN(self, iov, n);
	/* short frames are refused before */
	iov[0].iov_len = self->head_len + 7;
	iov[1].iov_len = 6;
	EXPECT_EQ(-EINVAL, io_writev(self->v.io.fd, iov, 2));
	EXPECT_NOTHING_COUNTED(&self->v.io);
	ASSERT_EQ(0, link_down(IO_NAME));
	io_counted(&self->v.io);
	n = cut(self, iov, 40, 100);
	EXPECT_DROPPED(self, iov, n, EIO);
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_TAKEN(self, iov, n);
}

/* F5.18 F5.33 F4.27: metadata is checked, and what is right is kept */
TEST_F(napi_frags, metadata)
{
	struct vnet_pkt *p = &self->pkt, *got = &self->got;
	struct iovec iov[512];
	int n;

	if (!self->v.vnet_hdr)
		SKIP(return, "no virtio header");
	self->spec.proto = IPPROTO_TCP;
	self->spec.len = 20000;
	vnet_build(p, &self->spec);
	vnet_gso(p, VIRTIO_NET_HDR_GSO_TCPV4, 1000);
	vnet_put_head(&self->v, p, self->head);
	n = cut(self, iov, p->data, FRAG_MAX);
	EXPECT_TAKEN(self, iov, n);
	ASSERT_EQ(p->len, vnet_heard(self->v.vps, got, WAIT_MS));
	EXPECT_EQ(VIRTIO_NET_HDR_GSO_TCPV4, got->hdr.gso_type);
	EXPECT_EQ(1000, got->hdr.gso_size);
	p->hdr.gso_type = 99;
	vnet_put_head(&self->v, p, self->head);
	n = cut(self, iov, p->data, FRAG_MAX);
	EXPECT_EQ(-EINVAL, io_writev(self->v.io.fd, iov, n));
	EXPECT_FRAME_ERROR(&self->v);
}

/*
 * F5.35: nothing is charged to the send buffer, so however small that is and
 * however long packets stay with the stack, a write goes on
 */
TEST_F(napi_frags, charges_nothing)
{
	struct vnet *v = &self->v;
	int err, i, holder = vt_attach_nb("hold0", IFF_TAP | IFF_NO_PI);
	struct iovec iov[512];
	int n = cut(self, iov, 60, 100);

	ASSERT_LE(0, holder);
	ASSERT_EQ(0, link_up("hold0"));
	err = hook_hold(link_index(IO_NAME), link_index("hold0"));
	if (hook_missing(err))
		SKIP(return, "no tc or netem here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vt_ioctl_int(v->io.fd, TUNSETSNDBUF, 4));
	for (i = 0; i < 50; i++) {
		EXPECT_EQ(POLLOUT, fd_poll(v->io.fd, POLLOUT, 0));
		EXPECT_EQ(self->head_len + self->pkt.len,
			  io_writev(v->io.fd, iov, n));
	}
	EXPECT_EQ(50, io_counted(&v->io).rx_packets);
}

/* F5.1: detached */
TEST_F(napi_frags, detached)
{
	struct iovec iov[512];
	int n = cut(self, iov, 60, 100);

	if (!(variant->flags & IFF_MULTI_QUEUE)) {
		EXPECT_EQ(-EINVAL, vt_set_queue(self->v.io.fd,
						IFF_DETACH_QUEUE));
		EXPECT_TAKEN(self, iov, n);
		return;
	}
	ASSERT_EQ(0, vt_set_queue(self->v.io.fd, IFF_DETACH_QUEUE));
	EXPECT_EQ(-EBUSY, io_writev(self->v.io.fd, iov, n));
	EXPECT_NOTHING_COUNTED(&self->v.io);
	EXPECT_TRUE(io_unseen(&self->v.io));
	/* what would be dropped is, before that */
	n = cut(self, iov, 20, 1);
	EXPECT_DROPPED(self, iov, n, EMSGSIZE);
	ASSERT_EQ(0, vt_set_queue(self->v.io.fd, IFF_ATTACH_QUEUE));
	n = cut(self, iov, 60, 100);
	EXPECT_TAKEN(self, iov, n);
}

static void write_forever(struct race_job *job)
{
	FIXTURE_DATA(napi_frags) *self = job->arg;
	struct iovec iov[512];
	int n = cut(self, iov, 60 + job->nr, 100);
	ssize_t ret;

	while (race_goes_on(job)) {
		ret = io_writev(self->v.io.fd, iov, n);
		if (ret == (ssize_t)(self->head_len + self->pkt.len))
			race_done(job);
		else if (ret != -EBUSY)
			race_fail(job, ret);
	}
}

/* F5.43: writers take turns: each packet is whole, and each is counted */
TEST_F_TIMEOUT(napi_frags, writers_take_turns, RACE_TIMEOUT)
{
	unsigned long done = 0;
	struct race race;
	int i;

	ASSERT_EQ(0, race_init(&race));
	for (i = 0; i < 3; i++)
		ASSERT_EQ(i, race_add(&race, write_forever, self));
	EXPECT_EQ(0, race_run(&race));
	for (i = 0; i < 3; i++)
		done += race_job_done(&race, i);
	/* a job's last packet may be counted as done just before or after */
	EXPECT_RX(&self->v.io, done, done * self->pkt.len, 0);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, io_seen(&self->v.io, self->pkt.buf,
				     self->pkt.len));
}

TEST_HARNESS_MAIN
