// SPDX-License-Identifier: GPL-2.0-only
/* Reading and writing packets. */
#include "abi.h"
#include "gen.h"
#include "ops.h"
#include "packet.h"
#include "rules.h"
#include "world.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEGMENTS	24
#define NOWAIT		3		/* of the kinds of reads and writes */
#define RECORD		6

void gen_put(struct step *step, const void *data, size_t len)
{
	if (step->size + len > STEP_BYTES)
		len = STEP_BYTES - step->size;
	memcpy(step->bytes + step->size, data, len);
	step->size += len;
}

static void put_pi(struct gen *gen, struct step *step, const struct frame *frame)
{
	uint8_t pi[4] = { 0, 0, frame->ethertype >> 8, frame->ethertype };

	if (percent(gen, 8))
		pi[percent(gen, 50) ? 0 : 3] = below(gen, 256);
	if (percent(gen, 5))
		pi[2] = pi[3] = 0;
	gen_put(step, pi, 4);
}

/* A packet as a file of @device wants it, more or less. */
void gen_write_packet(struct gen *gen, struct step *step, struct gen_device *device)
{
	struct gen_device any = { .tap = percent(gen, 50), .vhsz = 10 };
	static const uint8_t zeros[64];
	struct frame frame;
	uint8_t vh[24];
	size_t pad = 0;

	if (!device || percent(gen, 3))
		device = &any;
	if (percent(gen, 25))
		pad = percent(gen, 85) ? below(gen, 2000) : below(gen, 65000);
	frame_make(gen, &frame, device->tap, device - gen->device >= 0 && device != &any ?
		   device - gen->device : 0, false, pad);
	step->v[1] = pad;
	step->size = 0;
	if (device->pi)
		put_pi(gen, step, &frame);
	if (device->pi && !device->vnet && percent(gen, 2)) {
		step->v[1] = 0;
		return;
	}
	if (device->vnet) {
		int size = device->vhsz > 80 ? 80 : device->vhsz;

		frame_virtio(gen, &frame, device->tap, vh, true);
		gen_put(step, vh, size < 24 ? size : 24);
		if (size > 24)
			gen_put(step, zeros, size - 24);
	}
	gen_put(step, frame.data, frame.len);
	if (percent(gen, 7)) {
		step->size = below(gen, step->size + 1);
		step->v[1] = 0;
	}
	if (percent(gen, 4) && step->size)
		step->bytes[below(gen, step->size)] ^= 1 << below(gen, 8);
	if (percent(gen, 1))
		step->v[1] = percent(gen, 75) ? 65536 : PICK(gen, 4000000, 4700000, 4800000);
}

static const char *const write_kinds[] = {
	"write", "writev", "pwritev2", "nowait", "fault", "bad", "record", NULL
};

/* In-tree tun of 6.1 has no RWF_NOWAIT. */
static int no_old_nowait(struct gen *gen, int kind)
{
	return kind == NOWAIT && !kernel_at_least(6, 2) && percent(gen, 95) ? 0 : kind;
}

static void generate_write(struct gen *gen, struct step *step)
{
	struct gen_device *device;

	step->v[0] = gen_attached_file(gen);
	device = gen_device_of(gen, step->v[0]);
	gen_write_packet(gen, step, device);
	if (device && device->frags && percent(gen, 10)) {
		/* beyond the limits of fragments: of their sum, of one */
		step->v[1] = percent(gen, 50) ? 65536 : 5000;
		step->v[2] = 1;
		step->v[3] = 4097;
		return;
	}
	if (percent(gen, 20))
		step->v[2] = RECORD;
	if (step->v[2] || percent(gen, 65))
		return;
	step->v[2] = no_old_nowait(gen, 1 + below(gen, 5));
	if (step->v[2] == 1)
		step->v[3] = PICK(gen, 1, 14, 20, 64, 100, 1000, 4096, 4097);
	else if (step->v[2] == 4)
		step->v[3] = 1 + below(gen, percent(gen, 30) ? 300 : 40);
}

/* Cuts @len bytes into segments of @size, the last one takes the rest. */
static int cut(struct iovec *iov, uint8_t *data, size_t len, size_t size)
{
	int n = 0;

	while (len && n < SEGMENTS) {
		size_t part = n == SEGMENTS - 1 || len < size ? len : size;

		iov[n++] = (struct iovec){ data, part };
		data += part;
		len -= part;
	}
	return n;
}

/* Only in frames: a header that took half of an address would have random bytes. */
static void name_addresses(struct world *world, const struct rule_state *state, uint8_t *data,
			   size_t len)
{
	size_t head = (state->pi ? 4 : 0) + (state->vnet ? state->vhsz : 0);

	if (state->tap && head < len)
		mac_to_world(world, data + head, len - head);
}

static bool may_run_xdp(struct world *world, const struct rule_state *state)
{
	return state->tap && (!strcmp(world->native_xdp, "?") ||
			      !strcmp(world->native_xdp, state->name));
}

/* What in-tree tun doesn't run XDP for before it has made an skb. */
static bool takes_slow_way(int fd, const struct rule_state *state, const uint8_t *data,
			   size_t len)
{
	const uint8_t *vh = data + (state->pi ? 4 : 0);
	int sndbuf = 0;

	ioctl(fd, TUNGETSNDBUF, &sndbuf);
	return state->frags || sndbuf != INT_MAX || len > 3300 ||
	       (state->vnet && vh + 2 <= data + len && vh[1]);
}

static void run_write(struct world *world, const struct step *step)
{
	size_t len = step->size + step->v[1], fault = step->v[2] == 4 ? step->v[3] : 0;
	int fd = world->file[step->v[0]], n, err;
	struct iovec iov[SEGMENTS];
	struct rule_state state;
	const char *old;
	uint8_t *data;
	ssize_t ret;

	if (fault > len)
		fault = len;
	data = edge_memory(len, fault);
	memcpy(data, step->bytes, step->size < len - fault ? step->size : len - fault);
	if (step->size < len - fault)
		pad_fill(data + step->size, len - fault - step->size);
	rules_look(&state, fd);
	name_addresses(world, &state, data, len - fault < step->size ? len - fault : step->size);
	/* The core would warn: of in-tree tun's GSO, and of its number of a detached queue (F5.41). */
	if ((world->sends_back && rules_odd_gso(&state, data, len - fault)) ||
	    (world->has_xdp && state.detached)) {
		say(world, "ret", "left out");
		return;
	}
	if (may_run_xdp(world, &state) && takes_slow_way(fd, &state, data, len - fault))
		say(world, "parts", "XDP for a packet that goes the slow way");
	else if (may_run_xdp(world, &state) && world->sends_back && rules_may_have_pi(&state))
		say(world, "parts", "XDP may send back a frame without packet information");
	old = rules_old(&state, data, len, len - fault);
	if (old)
		say(world, "parts", "%s", old);
	n = cut(iov, data, len, step->v[2] == 1 ? step->v[3] : (int64_t)len / 2 + 1);
	switch (step->v[2]) {
	case 1:
		ret = writev(fd, iov, n);
		break;
	case 2:
		ret = pwritev(fd, iov, n, 77);
		break;
	case 3:
		ret = pwritev2(fd, iov, n, -1, RWF_NOWAIT);
		break;
	case 5:
		ret = write(fd, bad_pointer(), len);
		break;
	case RECORD:
		ret = record_write(fd, data, len);
		break;
	default:
		ret = write(fd, data, len);
	}
	say_result(world, write_kinds[step->v[2]], ret);
	err = ret < 0 ? errno : 0;
	world->wrote_mq = rules_several_queues(&state);
	world->has_learned |= world->wrote_mq && !err;
	rules_count(world, &state, step, len, fault, err);
}

const struct op op_write = {
	"write", "fbiki", 130, generate_write, run_write, write_kinds, OP_PACKETS,
};

static const char *const read_kinds[] = {
	"read", "readv", "preadv", "nowait", "fault", "bad", "record", NULL
};

static void generate_read(struct gen *gen, struct step *step)
{
	step->v[0] = gen_attached_file(gen);
	step->v[1] = percent(gen, 60) ? 70000 :
		     percent(gen, 50) ? below(gen, 130) : below(gen, 2000);
	/* in-tree tun says that it has cut a packet, a record is never cut */
	if (step->v[1] == 70000 && percent(gen, 30))
		step->v[2] = RECORD;
	if (step->v[2] || percent(gen, 70))
		return;
	/* a packet that can't be read ends the sequence: F6.15 */
	step->v[2] = no_old_nowait(gen, 1 + below(gen, percent(gen, 20) ? 5 : 3));
	if (step->v[2] == 4)
		step->v[3] = 1 + below(gen, percent(gen, 50) ? 60 : 2000);
	else
		step->v[3] = PICK(gen, 1, 3, 4, 10, 14, 100, 1500);
}

static void say_read(struct world *world, const uint8_t *data, size_t len, size_t room)
{
	size_t behind = 0;

	say_read_packet(world, "data", data, len, room);
	/* Nobody may write behind what was returned. */
	if (len < room && (data[len] != READ_FILL ||
			   memcmp(data + len, data + len + 1, room - len - 1)))
		for (size_t i = len; i < room; i++)
			if (data[i] != READ_FILL)
				behind = i + 1 - len;
	if (behind)
		say_bytes(world, "behind", data + len, behind);
}

static void run_read(struct world *world, const struct step *step)
{
	size_t len = step->v[1], fault = step->v[2] == 4 ? step->v[3] : 0, room;
	int fd = world->file[step->v[0]], n;
	struct iovec iov[SEGMENTS];
	uint8_t *data;
	ssize_t ret;

	if (fault > len)
		fault = len;
	room = len - fault;
	data = edge_memory(len, fault);
	memset(data, READ_FILL, room);
	n = cut(iov, data, len, step->v[2] == 1 && step->v[3] ? step->v[3] : (int64_t)len / 2 + 1);
	switch (step->v[2]) {
	case 1:
		ret = readv(fd, iov, n);
		break;
	case 2:
		ret = preadv(fd, iov, n, 77);
		break;
	case 3:
		ret = preadv2(fd, iov, n, -1, RWF_NOWAIT);
		break;
	case 5:
		ret = read(fd, bad_pointer(), len);
		break;
	case RECORD:
		ret = record_read(fd, data, len);
		break;
	default:
		ret = read(fd, data, len);
	}
	say_result(world, read_kinds[step->v[2]], ret);
	if (ret > 0 && (size_t)ret <= room)
		rules_clean_read(fd, data, ret);
	if (step->v[2] != 5)
		say_read(world, data, ret > 0 ? ((size_t)ret < room ? (size_t)ret : room) : 0, room);
}

const struct op op_read = {
	"read", "fiki", 90, generate_read, run_read, read_kinds, OP_PACKETS,
};
