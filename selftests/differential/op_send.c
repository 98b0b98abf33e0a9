// SPDX-License-Identifier: GPL-2.0-only
/* Packets for the device: from a packet socket, and from the stack. */
#include "abi.h"
#include "gen.h"
#include "ops.h"
#include "packet.h"
#include "rules.h"
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/udp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

static const char *const send_kinds[] = { "qdisc", "bypass", "virtio", "many", "filtered", NULL };

static void generate_send(struct gen *gen, struct step *step)
{
	int device = gen_device_name(gen, step, 0);
	bool tap = device < 0 ? percent(gen, 50) : gen->device[device].tap;
	int kind = percent(gen, 55) ? 0 : 1 + below(gen, 3);
	struct frame frame;
	uint8_t vh[24];
	size_t pad = 0;

	if (kind == 2 || percent(gen, 20))
		pad = percent(gen, 60) ? below(gen, 1400) : below(gen, kind == 2 ? 60000 : 3000);
	frame_make(gen, &frame, tap, device < 0 ? 0 : device, true, pad);
	step->v[0] = pad;
	step->v[1] = kind;
	step->v[2] = percent(gen, 90) ? frame.ethertype : PICK(gen, 0, 3, 0x8100, 0x0800);
	step->v[3] = kind == 3 ? 1 + below(gen, 8) : 1;
	if (kind == 2) {
		frame_virtio(gen, &frame, tap, vh, false);
		gen_put(step, vh, 10);
	}
	gen_put(step, frame.data, frame.len);
}

static void set_option(int fd, int option, int value)
{
	setsockopt(fd, SOL_PACKET, option, &value, sizeof(value));
}

static void run_send(struct world *world, const struct step *step)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_protocol = htons(step->v[2]) };
	size_t len = step->size + step->v[0];
	uint8_t *data = edge_memory(len, 0);
	int fd = world_net(world)->send, kind = step->v[1];
	size_t head = kind == 2 ? 10 : 0;
	unsigned int flags;
	ssize_t ret = 0;
	char key[32];

	to.sll_ifindex = if_nametoindex(step->name[0]);
	if (!to.sll_ifindex || to.sll_ifindex == 1) {
		say(world, "ret", "no device");
		return;
	}
	memcpy(data, step->bytes, step->size);
	pad_fill(data + step->size, step->v[0]);
	if (step->size > head)
		mac_to_world(world, data + head, step->size - head);
	if (kind == 1)
		set_option(fd, PACKET_QDISC_BYPASS, 1);
	else if (kind == 2)
		set_option(fd, PACKET_VNET_HDR, 1);
	snprintf(key, sizeof(key), "send %s", send_kinds[kind]);
	for (int64_t i = 0; i < step->v[3]; i++) {
		ret = sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to));
		say_result(world, key, ret);
		if (kind == 1 && ret < 0 && errno == ENOBUFS && rules_device_flags(step->name[0], &flags) &&
		    flags & IFF_BACKPRESSURE)
			say(world, "parts", "back pressure for who bypasses the qdisc");
	}
	if (kind == 1)
		set_option(fd, PACKET_QDISC_BYPASS, 0);
	else if (kind == 2)
		set_option(fd, PACKET_VNET_HDR, 0);
}

const struct op op_send = {
	"send", "nbikxi", 70, generate_send, run_send, send_kinds, OP_PACKETS,
};

/* From a UDP socket of the stack to the neighbour behind device @v[0]. */
static void generate_udp(struct gen *gen, struct step *step)
{
	int n = below(gen, NAMES);

	for (int i = 0; i < 6 && !gen->device[n].up; i++)
		n = below(gen, NAMES);
	step->v[0] = n;
	step->v[1] = percent(gen, 60) ? below(gen, 200) : below(gen, 3000);
	if (percent(gen, 25)) {
		step->v[2] = PICK(gen, 100, 500, 1000, 1400);
		step->v[1] = below(gen, 30000);
	}
	step->v[3] = 4000 + below(gen, 4);
}

static void run_udp(struct world *world, const struct step *step)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(step->v[3]) };
	uint8_t address[4] = { 10, step->v[0], 0, 2 };
	uint8_t *data = edge_memory(step->v[1], 0);
	int size = step->v[2], fd = world_net(world)->udp;
	ssize_t ret;

	memcpy(&to.sin_addr, address, 4);
	pad_fill(data, step->v[1]);
	if (size)
		setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size));
	ret = sendto(fd, data, step->v[1], 0, (struct sockaddr *)&to, sizeof(to));
	say_result(world, size ? "udp segments" : "udp", ret);
	world->has_large |= size && ret > size;
	size = 0;
	setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size));
}

const struct op op_udp = {
	"udp", "iiii", 35, generate_udp, run_udp, .flags = OP_PACKETS,
};
