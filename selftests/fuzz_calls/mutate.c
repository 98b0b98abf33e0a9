// SPDX-License-Identifier: GPL-2.0-only
/* Sequences made of others: steps left out, moved, taken over, arguments changed. */
#include "fuzz_calls.h"
#include "../differential/abi.h"
#include "../differential/gen.h"
#include "../differential/names.h"

#include <linux/vtun.h>
#include <string.h>

static void take_out(struct sequence *seq, unsigned int at, unsigned int n)
{
	memmove(&seq->step[at], &seq->step[at + n], (seq->count - at - n) * sizeof(seq->step[0]));
	seq->count -= n;
}

/* Room for @n steps at @at; false if the sequence would be too long. */
static bool make_room(struct sequence *seq, unsigned int at, unsigned int n)
{
	if (seq->count + n > SEQ_STEPS)
		return false;
	memmove(&seq->step[at + n], &seq->step[at], (seq->count - at) * sizeof(seq->step[0]));
	seq->count += n;
	return true;
}

static void insert_from(struct rng *rng, struct sequence *seq, const struct sequence *other)
{
	unsigned int n, from, at = rng_below(rng, seq->count + 1);

	if (!other->count)
		return;
	from = rng_below(rng, other->count);
	n = 1 + rng_below(rng, rng_percent(rng, 80) ? 4 : 20);
	if (n > other->count - from)
		n = other->count - from;
	if (make_room(seq, at, n))
		memcpy(&seq->step[at], &other->step[from], n * sizeof(seq->step[0]));
}

static void insert_invented(struct rng *rng, struct sequence *seq)
{
	static struct sequence invented;

	generate_sequence(&invented, rng_next(rng), 40);
	insert_from(rng, seq, &invented);
}

/* The beginning of one and the end of the other. */
static void join(struct rng *rng, struct sequence *seq, const struct sequence *other)
{
	unsigned int from = other->count ? rng_below(rng, other->count) : 0, n = other->count - from;

	seq->count = rng_below(rng, seq->count + 1);
	if (n > SEQ_STEPS - seq->count)
		n = SEQ_STEPS - seq->count;
	memcpy(&seq->step[seq->count], &other->step[from], n * sizeof(seq->step[0]));
	seq->count += n;
}

static void repeat_step(struct rng *rng, struct sequence *seq)
{
	struct step step = seq->step[rng_below(rng, seq->count)];
	unsigned int at = rng_below(rng, seq->count + 1), n = rng_percent(rng, 90) ? 1 : 1 + rng_below(rng, 12);

	if (!make_room(seq, at, n))
		return;
	while (n--)
		seq->step[at + n] = step;
}

/* What a step takes for granted of its numbers: those that choose are one of so many. */
static int64_t limit_of(const struct step *step, int v)
{
	static const struct {
		const char *op;
		int v;
		int64_t limit;
	} limits[] = {
		{ "net", 0, NETS }, { "move", 0, NETS }, { "dump", 0, NETS },
		{ "write", 1, 70000 }, { "read", 1, 80000 }, { "send", 0, 70000 }, { "send", 3, 40 },
		{ "udp", 1, 65500 }, { "ip_up", 0, 200 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(limits); i++)
		if (!strcmp(limits[i].op, step->op->name) && limits[i].v == v)
			return limits[i].limit;
	return 0;
}

static int64_t other_command(struct rng *rng, const struct step *step)
{
	static const int64_t ours[] = { VTUN_IOC_INFO, VTUN_IOC_SETMODE, VTUN_IOC_GETMODE };

	if (!strcmp(step->op->name, "ioctl_int") && rng_percent(rng, 40))
		return VTUN_IOC_SETMODE;
	if (rng_percent(rng, 10))
		return ours[rng_below(rng, ARRAY_SIZE(ours))];
	return ioctl_known[rng_below(rng, ioctl_known_count)].number;
}

static int64_t other_number(struct rng *rng, int64_t old)
{
	struct gen gen = { .rng.state = rng_next(rng) };
	int64_t v;

	switch (rng_below(rng, 4)) {
	case 0: return old ^ 1ll << rng_below(rng, 33);
	case 1: return old + (int64_t)rng_below(rng, 9) - 4;
	case 2: return rng_below(rng, 4);
	}
	gen_number(&gen, &v);
	return v;
}

static void change_value(struct rng *rng, struct step *step)
{
	int v = 0, wanted, kinds = 0;
	const char *s;

	for (s = step->op->sig; *s; s++)
		v += *s != 'n' && *s != 'b';
	if (!v)
		return;
	wanted = rng_below(rng, v);
	for (s = step->op->sig, v = 0; *s == 'n' || *s == 'b' || v++ != wanted; s++)
		;
	switch (*s) {
	case 'f':
		step->v[wanted] = rng_below(rng, SLOTS);
		break;
	case 'k':
		while (step->op->kinds[kinds])
			kinds++;
		step->v[wanted] = rng_below(rng, kinds);
		break;
	case 'c':
		step->v[wanted] = other_command(rng, step);
		break;
	default:
		step->v[wanted] = other_number(rng, step->v[wanted]);
		if (limit_of(step, wanted))
			step->v[wanted] = (uint64_t)step->v[wanted] % limit_of(step, wanted);
	}
}

static void change_name(struct rng *rng, struct step *step)
{
	static const char *const odd[] = { "", "d%d", "a/b", "lo", "d0123456789abcde", "." };
	char *name = step->name[rng_below(rng, 2)];

	if (!strchr(step->op->sig, 'n'))
		return;
	if (rng_percent(rng, 80))
		strcpy(name, gen_names[rng_below(rng, NAMES)]);
	else
		strcpy(name, odd[rng_below(rng, ARRAY_SIZE(odd))]);
}

static void change_bytes(struct rng *rng, struct step *step)
{
	static const uint16_t odd[] = { 0, 1, 0xff, 0x100, 0xffff, 0x7fff, 0x8000, 0x0800, 0xdd86, 0x0008, 14, 20, 40 };
	uint16_t value = odd[rng_below(rng, ARRAY_SIZE(odd))];
	unsigned int at;

	if (!strchr(step->op->sig, 'b'))
		return;
	if (!step->size || rng_percent(rng, 10)) {
		step->size = rng_below(rng, rng_percent(rng, 70) ? 64 : STEP_BYTES);
		return;
	}
	/* Headers stand in front. */
	at = rng_below(rng, rng_percent(rng, 60) && step->size > 48 ? 48 : step->size);
	switch (rng_below(rng, 3)) {
	case 0:
		step->bytes[at] ^= 1 << rng_below(rng, 8);
		break;
	case 1:
		step->bytes[at] = rng_next(rng);
		break;
	default:
		if (at + 2 <= step->size)
			memcpy(&step->bytes[at], &value, 2);
	}
}

/* Puts a record's header in front of the bytes, once or more often, perhaps a wrong one. */
static void make_record(struct rng *rng, struct step *step)
{
	struct vtun_record record = { .len = step->size };
	uint8_t one[STEP_BYTES + VTUN_RECORD_ALIGN] = {};
	size_t size = sizeof(record) + step->size, pad = -size % VTUN_RECORD_ALIGN;

	if (strcmp(step->op->name, "write") || size + pad > STEP_BYTES)
		return;
	if (rng_percent(rng, 5))
		record.len += rng_below(rng, 17) - 8;
	if (rng_percent(rng, 3))
		record.reserved = 1;
	memcpy(one, &record, sizeof(record));
	memcpy(one + sizeof(record), step->bytes, step->size);
	size += pad;
	step->size = 0;
	while (step->size + size <= STEP_BYTES && (!step->size || rng_percent(rng, 70))) {
		memcpy(&step->bytes[step->size], one, size);
		step->size += size;
	}
	step->v[1] = 0;			/* nothing behind the last */
}

/* From some step on a file is in batch mode, and what is written to it are records. */
static void use_batch_mode(struct rng *rng, struct sequence *seq)
{
	unsigned int at = rng_below(rng, seq->count);
	int slot = seq->step[at].v[0];
	struct step *step;

	if (seq->step[at].op->sig[0] != 'f' || !make_room(seq, at + 1, 1))
		return;
	step = &seq->step[at + 1];
	memset(step, 0, sizeof(*step));
	step->op = op_find("ioctl_int");
	step->v[0] = slot;
	step->v[1] = VTUN_IOC_SETMODE;
	step->v[2] = rng_percent(rng, 80) ? VTUN_MODE_BATCH : rng_below(rng, 4);
	for (unsigned int i = at + 2; i < seq->count; i++)
		if (seq->step[i].op->sig[0] == 'f' && seq->step[i].v[0] == slot)
			make_record(rng, &seq->step[i]);
}

static void mutate_once(struct rng *rng, struct sequence *seq, const struct sequence *other)
{
	struct step *step = seq->count ? &seq->step[rng_below(rng, seq->count)] : NULL;

	if (!step) {
		insert_invented(rng, seq);
		return;
	}
	switch (rng_below(rng, 20)) {
	case 0 ... 2: insert_from(rng, seq, other); break;
	case 3 ... 6: insert_invented(rng, seq); break;
	case 7: join(rng, seq, other); break;
	case 8 ... 9: repeat_step(rng, seq); break;
	case 10: take_out(seq, step - seq->step, 1); break;
	case 11: use_batch_mode(rng, seq); break;
	case 12: make_record(rng, step); break;
	case 13: change_name(rng, step); break;
	case 14 ... 16: change_bytes(rng, step); break;
	default: change_value(rng, step);
	}
}

void mutate(struct rng *rng, struct sequence *seq, const struct sequence *other)
{
	unsigned int n = 1 + rng_below(rng, rng_percent(rng, 70) ? 3 : 12);

	/* What a sequence does in its end depends on more: short ones are faster. */
	if (seq->count > SEQ_STEPS / 2 && rng_percent(rng, 30))
		take_out(seq, rng_below(rng, seq->count / 2), seq->count / 2);
	while (n--)
		mutate_once(rng, seq, other);
}
