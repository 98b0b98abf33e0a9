// SPDX-License-Identifier: GPL-2.0-only
/* The header's size, offloads and NAPI queues changing under traffic. */
#include <kselftest_harness.h>
#include "testlib_race.h"
#include "testlib_vnet.h"

#include <string.h>

#define TCP4	VIRTIO_NET_HDR_GSO_TCPV4
#define TSO	(TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6)

struct arena {
	struct vnet v;
	struct vnet_pkt pkt, got;
	int flags;
};

FIXTURE(offload_race)
{
	struct arena a;
	struct race race;
};

FIXTURE_VARIANT(offload_race)
{
	int flags;
};

FIXTURE_VARIANT_ADD(offload_race, tun) { IFF_TUN | IFF_NO_PI };
FIXTURE_VARIANT_ADD(offload_race, tap_napi) { IFF_TAP | IFF_NAPI };
FIXTURE_VARIANT_ADD(offload_race, tap_frags) {
	IFF_TAP | IFF_NO_PI | IFF_NAPI | IFF_NAPI_FRAGS };

FIXTURE_SETUP(offload_race)
{
	struct vnet_spec spec = { .proto = IPPROTO_TCP, .len = 5000 };
	struct arena *a = &self->a;

	ASSERT_EQ(0, race_init(&self->race));
	a->flags = variant->flags | IFF_MULTI_QUEUE | IFF_VNET_HDR;
	ASSERT_EQ(0, vnet_open(&a->v, a->flags, VNET_SIZE));
	ASSERT_EQ(0, vt_persist(a->v.io.fd, true));
	spec.eth = a->v.io.tap;
	vnet_build(&a->pkt, &spec);
	vnet_gso(&a->pkt, TCP4, 1000);
}

FIXTURE_TEARDOWN(offload_race)
{
}

static void write_gso(struct race_job *job)
{
	struct arena *a = job->arg;
	int err;

	while (race_goes_on(job)) {
		a->v.hdr_sz = job->rounds % 2 ? VNET_SIZE : VNET_SIZE_MRG;
		err = vnet_write(&a->v, &a->pkt);
		/* two bytes too many or too few are no right packet */
		if (!err)
			race_done(job);
		else if (err != -EINVAL && err != -EIO && err != -EBUSY)
			race_fail(job, err);
	}
}

static void inject_gso(struct race_job *job)
{
	struct arena *a = job->arg;
	int err;

	while (race_goes_on(job)) {
		err = vnet_inject(a->v.vps, IO_NAME, &a->pkt);
		if (!err)
			race_done(job);
		else if (err != -ENETDOWN && err != -ENOBUFS && err != -ENXIO)
			race_fail(job, err);
	}
}

static void read_all(struct race_job *job)
{
	struct arena *a = job->arg;
	ssize_t n;

	while (race_goes_on(job)) {
		n = io_read(a->v.io.fd, a->got.buf, VNET_PKT_MAX);
		if (n > 0)
			race_done(job);
		else if (n != -EAGAIN)
			race_fail(job, n);
	}
}

static void change_size(struct race_job *job)
{
	static const int sizes[] = { 10, 12, 24, 11, 40 };
	struct arena *a = job->arg;
	int err;

	while (race_goes_on(job)) {
		err = vt_ioctl_int(a->v.io.fd, TUNSETVNETHDRSZ,
				   sizes[job->rounds % 5]);
		if (!err)
			err = vt_ioctl_int(a->v.io.fd, TUNSETVNETLE,
					   job->rounds % 2);
		if (err)
			race_fail(job, err);
		race_done(job);
	}
}

static void change_offloads(struct race_job *job)
{
	static const unsigned long sets[] = {
		0, TSO, TUN_F_CSUM, TSO | TUN_F_TSO_ECN, TUN_F_CSUM | TUN_F_TSO6
	};
	struct arena *a = job->arg;
	int err;

	while (race_goes_on(job)) {
		err = vnet_offload(&a->v, sets[job->rounds % 5]);
		if (err)
			race_fail(job, err);
		race_done(job);
	}
}

/* F3.10.1 F3.11.1 F12.3 F5.4: a read or write sees one size, whole or none */
TEST_F_TIMEOUT(offload_race, settings, RACE_TIMEOUT)
{
	ASSERT_LE(0, race_add(&self->race, write_gso, &self->a));
	ASSERT_LE(0, race_add(&self->race, inject_gso, &self->a));
	ASSERT_LE(0, race_add(&self->race, read_all, &self->a));
	ASSERT_LE(0, race_add(&self->race, change_size, &self->a));
	ASSERT_LE(0, race_add(&self->race, change_offloads, &self->a));
	EXPECT_EQ(0, race_run(&self->race));
	/* and afterwards it works as ever */
	ASSERT_EQ(0, vt_ioctl_int(self->a.v.io.fd, TUNSETVNETHDRSZ, VNET_SIZE));
	self->a.v.hdr_sz = VNET_SIZE;
	io_counted(&self->a.v.io);
	EXPECT_EQ(0, vnet_write(&self->a.v, &self->a.pkt));
	EXPECT_EQ(1, io_counted(&self->a.v.io).rx_packets);
	ASSERT_EQ(0, link_del(IO_NAME));
	close(self->a.v.io.fd);
	close(self->a.v.vps);
	EXPECT_TRUE(race_left_nothing(&self->race));
}

/* A queue of one's own comes, writes and goes. */
static void come_and_go(struct race_job *job)
{
	struct arena *a = job->arg;
	int i, err;

	a->v.hdr_sz = VNET_SIZE;
	while (race_goes_on(job)) {
		a->v.io.fd = vt_attach_nb(IO_NAME, a->flags);
		if (a->v.io.fd < 0) {
			race_fail(job, a->v.io.fd);
			return;
		}
		for (i = 0; i < 10; i++) {
			err = vnet_write(&a->v, &a->pkt);
			if (!err)
				race_done(job);
			else if (err != -EIO && err != -EBUSY)
				race_fail(job, err);
		}
		close(a->v.io.fd);
	}
}

static void detach_and_attach(struct race_job *job)
{
	struct arena *a = job->arg;
	int err, fd = vt_attach_nb(IO_NAME, a->flags);
	bool napi = a->flags & IFF_NAPI;

	a->v.io.fd = fd;
	a->v.hdr_sz = VNET_SIZE;
	while (race_goes_on(job)) {
		err = vt_set_queue(fd, IFF_DETACH_QUEUE);
		if (err)
			race_fail(job, err);
		err = vnet_write(&a->v, &a->pkt);
		if (err != (napi ? -EBUSY : 0) && err != -EIO)
			race_fail(job, err);
		err = vt_set_queue(fd, IFF_ATTACH_QUEUE);
		if (err)
			race_fail(job, err);
		err = vnet_write(&a->v, &a->pkt);
		if (!err)
			race_done(job);
		else if (err != -EIO)
			race_fail(job, err);
	}
}

static void down_and_up(struct race_job *job)
{
	int err;

	while (race_goes_on(job)) {
		err = link_down(IO_NAME) ?: link_up(IO_NAME);
		if (err)
			race_fail(job, err);
		race_done(job);
		nap_ms(5);
	}
}

/* F5.1 F9.3 F9.4 F5.42: NAPI starts and stops with its queue, packets held */
TEST_F_TIMEOUT(offload_race, queues, RACE_TIMEOUT)
{
	if (vt_intree())
		SKIP(return, "the core warns of its number of a detached queue");
	ASSERT_EQ(0, sysfs_write(IO_NAME, "gro_flush_timeout", "1000000"));
	ASSERT_LE(0, race_add(&self->race, come_and_go, &self->a));
	ASSERT_LE(0, race_add(&self->race, come_and_go, &self->a));
	ASSERT_LE(0, race_add(&self->race, detach_and_attach, &self->a));
	ASSERT_LE(0, race_add(&self->race, down_and_up, &self->a));
	ASSERT_LE(0, race_add(&self->race, inject_gso, &self->a));
	EXPECT_EQ(0, race_run(&self->race));
	io_counted(&self->a.v.io);
	EXPECT_EQ(0, vnet_write(&self->a.v, &self->a.pkt));
	EXPECT_EQ(1, io_counted(&self->a.v.io).rx_packets);
	ASSERT_EQ(0, link_del(IO_NAME));
	close(self->a.v.io.fd);
	close(self->a.v.vps);
	EXPECT_TRUE(race_left_nothing(&self->race));
}

TEST_HARNESS_MAIN
