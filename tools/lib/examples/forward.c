// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cable: what the system sends to one device comes out of the other.
 *
 *	forward [-t] [-n NODE] NAME NAME
 *
 * -t makes them tap devices. The packets are never looked at, nor copied: what
 * one call has read the next one writes. With virtio-net headers a packet may be
 * as large as 64 KiB, checksummed and cut only where it leaves the machine.
 */
#include <libvtun.h>

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_tun.h>

/* One direction. */
struct way {
	struct vtun_queue *from;
	struct vtun_queue *to;
	struct vtun_batch batch;	/* not empty while @to can't take it */
};

static struct vtun_queue *open_queue(const struct vtun_queue_options *options)
{
	struct vtun_queue *vq = vtun_queue_alloc();

	if (!vq)
		err(1, "no memory");
	if (vtun_queue_open(vq, options))
		errx(1, "%s", vtun_queue_error(vq));
	if (ioctl(vtun_queue_fd(vq), TUNSETOFFLOAD,
		  TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6))
		err(1, "offloads of %s", vtun_queue_name(vq));
	printf("%s: %s, %s\n", vtun_queue_name(vq), vtun_queue_driver(vq),
	       vtun_queue_has_batch(vq) ? "many packets a call" :
					  "one packet a call");
	return vq;
}

static void way_init(struct way *way, struct vtun_queue *from,
		     struct vtun_queue *to)
{
	memset(way, 0, sizeof(*way));
	way->from = from;
	way->to = to;
	if (vtun_batch_init(&way->batch, from, NULL, 0))
		err(1, "no memory");
}

/* What there is to wait for: room for what was read, else more. */
static void way_wait(const struct way *way, struct pollfd *from,
		     struct pollfd *to)
{
	if (vtun_batch_is_empty(&way->batch))
		from->events |= POLLIN;
	else
		to->events |= POLLOUT;
}

static void way_carry(struct way *way)
{
	int ret;

	if (vtun_batch_is_empty(&way->batch)) {
		ret = vtun_batch_read(&way->batch, way->from);
		if (ret == -EAGAIN || ret == -EINTR)
			return;
		if (ret < 0)
			errx(1, "%s", vtun_queue_error(way->from));
	}
	/* What the device refuses, all while it is down, is lost, as on a cable. */
	ret = vtun_batch_flush(&way->batch, way->to, NULL);
	if (ret && ret != -EAGAIN && ret != -EINTR)
		errx(1, "%s", vtun_queue_error(way->to));
}

static void carry_for_ever(struct vtun_queue *one, struct vtun_queue *two)
{
	struct pollfd fds[2];
	struct way ways[2];
	int i;

	way_init(&ways[0], one, two);
	way_init(&ways[1], two, one);
	for (;;) {
		fds[0] = (struct pollfd){ .fd = vtun_queue_fd(one) };
		fds[1] = (struct pollfd){ .fd = vtun_queue_fd(two) };
		for (i = 0; i < 2; i++)
			way_wait(&ways[i], &fds[i], &fds[!i]);
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			err(1, "poll");
		for (i = 0; i < 2; i++)
			way_carry(&ways[i]);
	}
}

int main(int argc, char **argv)
{
	struct vtun_queue_options options = {
		.flags = VTUN_QUEUE_NONBLOCK,
		.vnet_hdr = 10,
	};
	struct vtun_queue *one, *two;
	int option;

	while ((option = getopt(argc, argv, "tn:")) != -1) {
		if (option == 't')
			options.flags |= VTUN_QUEUE_TAP;
		else if (option == 'n')
			options.node = optarg;
		else
			optind = argc;
	}
	if (argc != optind + 2)
		errx(2, "usage: forward [-t] [-n NODE] NAME NAME");
	setlinebuf(stdout);
	options.name = argv[optind];
	one = open_queue(&options);
	options.name = argv[optind + 1];
	two = open_queue(&options);
	puts("ready");
	carry_for_ever(one, two);
}
