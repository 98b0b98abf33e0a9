/* SPDX-License-Identifier: GPL-2.0-only */
/* What generators know: random numbers and a guess of the world's state. */
#ifndef DIFF_GEN_H
#define DIFF_GEN_H

#include "diff.h"

#define NAMES	4

struct gen_file {
	bool open, attached, detached;
	int name;			/* index of the device's name */
};

struct gen_device {
	bool exists, tap, mq, pi, vnet, frags, up, persist;
	int vhsz;
};

struct gen {
	struct rng rng;
	struct gen_file file[SLOTS];
	struct gen_device device[NAMES];
	int net;
	bool user;			/* not root now */
	unsigned int taps;		/* how many addresses were made */
	bool focus_offload, focus_queues;	/* what this sequence is mostly about */
	struct sequence *seq;
};

extern const char *const gen_names[NAMES];

unsigned int below(struct gen *gen, unsigned int n);
bool percent(struct gen *gen, unsigned int p);
#define PICK(gen, ...) gen_pick(gen, (const int64_t[]){ __VA_ARGS__ }, \
				sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t))
int64_t gen_pick(struct gen *gen, const int64_t *list, size_t n);
int gen_any_file(struct gen *gen);
int gen_attached_file(struct gen *gen);
int gen_free_file(struct gen *gen);
int gen_device_name(struct gen *gen, struct step *step, int n);
/* NULL if the file is not thought to be attached */
struct gen_device *gen_device_of(struct gen *gen, int slot);
void gen_number(struct gen *gen, int64_t *v);
struct step *gen_add(struct gen *gen, const char *op);

/* packets: append to step->bytes */
void gen_put(struct step *step, const void *data, size_t len);
void gen_write_packet(struct gen *gen, struct step *step, struct gen_device *device);
void gen_frame(struct gen *gen, struct step *step, bool tap, int device);
void gen_virtio(struct gen *gen, struct step *step, bool tap, int size, size_t follows);

#endif
