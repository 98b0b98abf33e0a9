// SPDX-License-Identifier: GPL-2.0-only
/* XDP redirects of written frames into an AF_XDP socket. */
#include <kselftest_harness.h>
#include "testlib_io.h"
#include "testlib_xdp.h"

#include <linux/if_xdp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#ifndef AF_XDP
#define AF_XDP	44
#endif
#ifndef SOL_XDP
#define SOL_XDP	283
#endif

#define CHUNK	4096
#define CHUNKS	16			/* a power of two, as the rings want */
#define FLAGS	(IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE)

/* One socket with its memory: all chunks are given to the kernel. */
struct xsk {
	int fd;
	uint8_t *memory;
	struct xdp_desc *rx;		/* what came, in a ring of CHUNKS */
	volatile uint32_t *rx_prod, *rx_cons;
};

static void *ring(int fd, off_t what, size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, what);
}

static int xsk_rings(struct xsk *x)
{
	struct xdp_mmap_offsets off;
	socklen_t len = sizeof(off);
	uint32_t i, *fill_prod;
	uint64_t *fill;
	char *map;

	if (getsockopt(x->fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &len))
		return -errno;
	map = ring(x->fd, XDP_UMEM_PGOFF_FILL_RING,
		   off.fr.desc + CHUNKS * sizeof(*fill));
	if (map == MAP_FAILED)
		return -errno;
	fill = (void *)(map + off.fr.desc);
	fill_prod = (void *)(map + off.fr.producer);
	for (i = 0; i < CHUNKS; i++)
		fill[i] = i * CHUNK;
	__sync_synchronize();
	*fill_prod = CHUNKS;
	map = ring(x->fd, XDP_PGOFF_RX_RING,
		   off.rx.desc + CHUNKS * sizeof(*x->rx));
	if (map == MAP_FAILED)
		return -errno;
	x->rx = (void *)(map + off.rx.desc);
	x->rx_prod = (void *)(map + off.rx.producer);
	x->rx_cons = (void *)(map + off.rx.consumer);
	return 0;
}

/* A socket that copies what queue @queue of @name redirects to it. */
static int xsk_open(struct xsk *x, const char *name, int queue)
{
	struct sockaddr_xdp addr = {
		.sxdp_family = AF_XDP,
		.sxdp_ifindex = link_index(name),
		.sxdp_queue_id = queue,
		.sxdp_flags = XDP_COPY,
	};
	struct xdp_umem_reg umem = { .len = CHUNKS * CHUNK,
				     .chunk_size = CHUNK };
	int entries = CHUNKS, err;

	x->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (x->fd < 0)
		return -errno;
	x->memory = mmap(NULL, umem.len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	umem.addr = (uintptr_t)x->memory;
	if (setsockopt(x->fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)) ||
	    setsockopt(x->fd, SOL_XDP, XDP_UMEM_FILL_RING, &entries,
		       sizeof(entries)) ||
	    setsockopt(x->fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &entries,
		       sizeof(entries)) ||
	    setsockopt(x->fd, SOL_XDP, XDP_RX_RING, &entries,
		       sizeof(entries)))
		return -errno;
	err = xsk_rings(x);
	if (err)
		return err;
	return bind(x->fd, (struct sockaddr *)&addr, sizeof(addr)) ? -errno : 0;
}

/* The next frame's length, and where it lies; 0 if there is none. */
static uint32_t xsk_next(struct xsk *x, const uint8_t **frame)
{
	struct xdp_desc *desc = &x->rx[*x->rx_cons % CHUNKS];

	if (*x->rx_prod == *x->rx_cons)
		return 0;
	__sync_synchronize();
	*frame = x->memory + desc->addr;
	*x->rx_cons += 1;
	return desc->len;
}

FIXTURE(xdp_xsk)
{
	struct io io;
	struct xdp_probe probe;
	struct xsk xsk;
	int other;			/* a second queue */
	size_t len;
	uint8_t frame[PKT_MAX];
};

FIXTURE_VARIANT(xdp_xsk)
{
	bool slow;			/* by another send buffer than usual */
};

FIXTURE_VARIANT_ADD(xdp_xsk, fast)
{
};

FIXTURE_VARIANT_ADD(xdp_xsk, slow)
{
	.slow = true,
};

FIXTURE_SETUP(xdp_xsk)
{
	int map, err;

	ASSERT_EQ(0, io_open(&self->io, FLAGS));
	self->other = vt_attach_nb(IO_NAME, FLAGS);
	ASSERT_LE(0, self->other);
	if (variant->slow)
		ASSERT_EQ(0, vt_ioctl_int(self->io.fd, TUNSETSNDBUF, 1 << 30));
	err = xsk_open(&self->xsk, IO_NAME, 0);
	if (err == -EAFNOSUPPORT)
		SKIP(return, "no AF_XDP here");
	ASSERT_EQ(0, err);
	map = bpf_map(BPF_MAP_TYPE_XSKMAP, 4, 4, 1);
	ASSERT_LE(0, map);
	ASSERT_EQ(0, bpf_map_set(map, 0, &self->xsk.fd));
	ASSERT_EQ(0, xdp_probe_open(&self->probe, map));
	ASSERT_EQ(0, xdp_attach(IO_NAME, self->probe.prog,
				XDP_FLAGS_DRV_MODE));
	ASSERT_EQ(0, xdp_probe_action(&self->probe, XDP_REDIRECT));
	self->len = io_frame(&self->io, self->frame, 1, 100);
	io_counted(&self->io);
}

FIXTURE_TEARDOWN(xdp_xsk)
{
}

/* Write the frame to @fd: is it in the socket's ring then? */
static bool comes(FIXTURE_DATA(xdp_xsk) *self, int fd)
{
	const uint8_t *got = NULL;
	uint32_t len;

	if (io_write(fd, self->frame, self->len) != (ssize_t)self->len)
		return false;
	len = xsk_next(&self->xsk, &got);
	return got && len == self->len && !memcmp(got, self->frame, len);
}

/* F11.5: every frame, once, and counted as received */
TEST_F(xdp_xsk, frames)
{
	const int counted = variant->slow && vt_intree() ? 0 : 1;
	int i;

	for (i = 0; i < CHUNKS; i++) {
		io_frame(&self->io, self->frame, i, 100);
		EXPECT_TRUE(comes(self, self->io.fd)) TH_LOG("frame %d", i);
	}
	EXPECT_RX(&self->io, CHUNKS * counted, CHUNKS * self->len * counted,
		  0);
	EXPECT_TRUE(io_unseen(&self->io));
	/* it has no chunk left */
	EXPECT_FALSE(comes(self, self->io.fd));
	EXPECT_RX(&self->io, 0, 0, counted);
}

/* F11.10 F9.3: it gets what its queue's number writes, whichever file that is */
TEST_F(xdp_xsk, queues)
{
	EXPECT_TRUE(comes(self, self->io.fd));
	EXPECT_FALSE(comes(self, self->other));
	ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_DETACH_QUEUE));
	EXPECT_TRUE(comes(self, self->other));
	ASSERT_EQ(0, vt_set_queue(self->io.fd, IFF_ATTACH_QUEUE));
	EXPECT_FALSE(comes(self, self->io.fd));
	EXPECT_TRUE(comes(self, self->other));
}

TEST_HARNESS_MAIN
