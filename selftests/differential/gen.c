// SPDX-License-Identifier: GPL-2.0-only
/* Sequences: first something that works, mostly, then anything. */
#include "gen.h"
#include "abi.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

const char *const gen_names[NAMES] = { "d0", "d1", "d2", "d3" };

uint64_t rng_next(struct rng *rng)
{
	uint64_t z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

unsigned int rng_below(struct rng *rng, unsigned int n)
{
	assert(n);
	return rng_next(rng) % n;
}

bool rng_percent(struct rng *rng, unsigned int percent)
{
	return rng_below(rng, 100) < percent;
}

unsigned int below(struct gen *gen, unsigned int n)
{
	return rng_below(&gen->rng, n);
}

bool percent(struct gen *gen, unsigned int p)
{
	return rng_percent(&gen->rng, p);
}

int64_t gen_pick(struct gen *gen, const int64_t *list, size_t n)
{
	return list[below(gen, n)];
}

static int pick_file(struct gen *gen, bool open, bool attached, bool any_attached)
{
	int found[SLOTS], n = 0;

	for (int i = 0; i < SLOTS; i++) {
		const struct gen_file *f = &gen->file[i];

		if (f->open == open && (any_attached || f->attached == attached))
			found[n++] = i;
	}
	return n ? found[below(gen, n)] : -1;
}

int gen_any_file(struct gen *gen)
{
	int slot = percent(gen, 3) ? -1 : pick_file(gen, true, false, true);

	return slot < 0 ? (int)below(gen, SLOTS) : slot;
}

int gen_attached_file(struct gen *gen)
{
	int slot = percent(gen, 6) ? -1 : pick_file(gen, true, true, false);

	return slot < 0 ? gen_any_file(gen) : slot;
}

int gen_free_file(struct gen *gen)
{
	int slot = percent(gen, 10) ? -1 : pick_file(gen, false, false, true);

	return slot < 0 ? (int)below(gen, SLOTS) : slot;
}

struct gen_device *gen_device_of(struct gen *gen, int slot)
{
	const struct gen_file *f = &gen->file[slot];

	return f->open && f->attached ? &gen->device[f->name] : NULL;
}

/* Mostly the name of a device that exists. Returns its number, -1 for no device of ours. */
int gen_device_name(struct gen *gen, struct step *step, int n)
{
	int name = below(gen, NAMES);

	if (percent(gen, 3)) {
		strcpy(step->name[n], percent(gen, 50) ? "lo" : "none0");
		return -1;
	}
	for (int i = 0; i < 8 && !gen->device[name].exists; i++)
		name = below(gen, NAMES);
	strcpy(step->name[n], gen_names[name]);
	return name;
}

/* A number that may be at a limit. */
void gen_number(struct gen *gen, int64_t *v)
{
	switch (below(gen, 8)) {
	case 0:
		*v = (int64_t)rng_next(&gen->rng);
		break;
	case 1:
		*v = PICK(gen, INT32_MAX, INT32_MIN, UINT32_MAX, 0x100000000ll, -1);
		break;
	case 2:
		*v = (1ll << below(gen, 34)) - (int64_t)below(gen, 3) + 1;
		break;
	default:
		*v = below(gen, 300);
	}
}

struct step *gen_add(struct gen *gen, const char *op)
{
	struct sequence *seq = gen->seq;
	struct step *step;

	if (seq->count == SEQ_STEPS)
		abort();
	step = &seq->step[seq->count++];
	memset(step, 0, sizeof(*step));
	step->op = op_find(op);
	return step;
}

/* open, TUNSETIFF with flags that work, and perhaps what makes packets flow. */
static void generate_device(struct gen *gen, int slot, int name, unsigned int flags)
{
	struct gen_device *device = &gen->device[name];
	struct step *step;

	step = gen_add(gen, "open");
	step->v[0] = slot;
	step->v[1] = O_RDWR | O_NONBLOCK;
	gen->file[slot] = (struct gen_file){ .open = true, .attached = true, .name = name };
	step = gen_add(gen, "TUNSETIFF");
	step->v[0] = slot;
	step->v[1] = flags;
	strcpy(step->name[0], gen_names[name]);
	if (device->exists)
		return;
	*device = (struct gen_device){
		.exists = true, .tap = flags & IFF_TAP, .mq = flags & IFF_MULTI_QUEUE,
		.pi = !(flags & IFF_NO_PI), .vnet = flags & IFF_VNET_HDR, .vhsz = 10,
		.frags = flags & IFF_NAPI_FRAGS,
	};
	gen->taps += device->tap;
	if (device->vnet && percent(gen, 50)) {
		step = gen_add(gen, "ioctl_int");
		step->v[0] = slot;
		step->v[1] = TUNSETVNETHDRSZ;
		device->vhsz = step->v[2] = PICK(gen, 12, 24, 24, 16, 11);
	}
	if (device->vnet && percent(gen, 60)) {
		step = gen_add(gen, "ioctl");
		step->v[0] = slot;
		step->v[1] = TUNSETOFFLOAD;
		step->v[2] = PICK(gen, 0x7f, 0x1ff, 0x61, 0x1, 0x7, 0xf);
		if (device->vhsz < 24 && percent(gen, 95))
			step->v[2] &= 0x7f;
		if (!kernel_at_least(7, 0))
			step->v[2] &= kernel_at_least(6, 2) ? 0x7f : 0x1f;
	}
	if (percent(gen, 85)) {
		step = gen_add(gen, "ip_up");
		strcpy(step->name[0], gen_names[name]);
		step->v[0] = name;
		device->up = true;
	}
}

unsigned int gen_known_flags = 0xffff;

static unsigned int working_flags(struct gen *gen)
{
	unsigned int flags = percent(gen, 60) ? IFF_TAP : IFF_TUN;

	if (percent(gen, 60))
		flags |= IFF_NO_PI;
	if (percent(gen, gen->focus_offload ? 90 : 25))
		flags |= IFF_VNET_HDR;
	if (percent(gen, gen->focus_queues ? 90 : 20))
		flags |= IFF_MULTI_QUEUE;
	if (percent(gen, 15))
		flags |= IFF_NAPI;
	if ((flags & IFF_TAP) && (flags & IFF_NAPI) && percent(gen, 40))
		flags |= IFF_NAPI_FRAGS;
	if (percent(gen, 6))
		flags |= IFF_NO_CARRIER;
	if (percent(gen, 10))
		flags |= IFF_BACKPRESSURE;
	return flags & gen_known_flags;
}

static void generate_start(struct gen *gen)
{
	unsigned int flags = working_flags(gen);
	int slot = below(gen, SLOTS), queues = 0;

	if (percent(gen, 8))
		return;
	generate_device(gen, slot, 0, flags);
	if (flags & IFF_MULTI_QUEUE)
		queues = below(gen, 3);
	for (int i = 0; i < queues; i++)
		generate_device(gen, (slot + 1 + i) % SLOTS, 0, flags);
	if (percent(gen, 20))
		generate_device(gen, (slot + 3) % SLOTS, 1, working_flags(gen));
}

static char without[32][24];

/* Leaves out the ops in @list, which commas separate. */
int generate_without(const char *list)
{
	char copy[512], *save;
	int n = 0;

	snprintf(copy, sizeof(copy), "%s", list);
	for (char *word = strtok_r(copy, ",", &save); word && n < 31;
	     word = strtok_r(NULL, ",", &save)) {
		if (!op_find(word))
			return -1;
		snprintf(without[n++], sizeof(without[0]), "%s", word);
	}
	return 0;
}

static bool is_left_out(const struct op *op)
{
	for (int i = 0; without[i][0]; i++)
		if (!strcmp(without[i], op->name))
			return true;
	return false;
}

static const struct op *pick_op(struct gen *gen)
{
	static unsigned int total;
	unsigned int n;

	if (!total)
		for (unsigned int i = 0; i < op_count; i++)
			total += ops[i]->weight;
	n = below(gen, total);
	for (unsigned int i = 0; ; i++) {
		if (n < (unsigned int)ops[i]->weight)
			return ops[i];
		n -= ops[i]->weight;
	}
}

/* What makes queues come, go and come again. */
static const struct op *pick_queue_op(struct gen *gen)
{
	static const char *const names[] = {
		"TUNSETQUEUE", "TUNSETQUEUE", "close", "open", "TUNSETIFF", "TUNSETIFF",
	};

	return op_find(names[below(gen, ARRAY_SIZE(names))]);
}

void generate_sequence(struct sequence *seq, uint64_t seed, unsigned int steps)
{
	struct gen gen = { .rng.state = seed, .seq = seq };

	rng_next(&gen.rng);
	gen.focus_offload = percent(&gen, 30);
	gen.focus_queues = percent(&gen, 25);
	seq->count = 0;
	generate_start(&gen);
	while (seq->count < steps && seq->count < SEQ_STEPS) {
		const struct op *op = gen.focus_queues && percent(&gen, 15) ?
				      pick_queue_op(&gen) : pick_op(&gen);
		struct step *step = gen_add(&gen, op->name);

		if (is_left_out(op)) {
			seq->count--;
			continue;
		}
		op->generate(&gen, step);
	}
}
