/* SPDX-License-Identifier: GPL-2.0-only */
/* What the targets share: the input, user memory, a device. */
#ifndef FUZZ_H
#define FUZZ_H

#include <linux/uio.h>

#include "batch.h"
#include "rx.h"
#include "tx.h"
#include "rules.h"

#define SEGMENTS	64

/**
 * struct input - what libFuzzer made; 0 follows its end
 * @data: what is left
 * @len: its bytes
 */
struct input {
	const u8 *data;
	size_t len;
};

/**
 * struct cuts - how a buffer is cut into segments
 * @first: bytes of the first one
 * @next: bytes of each further one, 0 for all the rest
 * @empty: place in the buffer from which on there is an empty one, 0 for none
 */
struct cuts {
	u8 first, next, empty;
};

/**
 * struct user - a program's buffer; each segment ends where ASan sees it
 * @iov: segments
 * @n: how many
 * @len: bytes of all
 */
struct user {
	struct iovec iov[SEGMENTS];
	unsigned int n;
	size_t len;
};

/**
 * struct world - a device and its queue
 */
struct world {
	struct net_device dev;
	struct vtun_stats stats, own;
	struct vtun_dev vtun;
	struct vtun_queue vq;
};

unsigned int input_byte(struct input *input);
unsigned int input_16(struct input *input);
struct setup input_setup(struct input *input);
struct cuts input_cuts(struct input *input);

/* @bytes NULL: filled with FILL, to be read to. */
#define FILL	0xa5
struct iov_iter user_alloc(struct user *user, const u8 *bytes, size_t len, struct cuts cuts);
void user_gather(const struct user *user, u8 *to);
void user_free(struct user *user);

void shim_reset(void);
void world_start(struct world *world, const struct setup *setup);
struct sk_buff *world_received(struct world *world);
void world_stop(struct world *world);

void unpull_ethernet(struct sk_buff *skb, const struct setup *setup);
void check_counters(const struct world *world, enum rules_counter counter);
void check_packet(const struct setup *setup, const struct verdict *v, const struct sk_buff *skb);
size_t check_records(const struct setup *setup, const u8 *bytes, size_t len, size_t fault,
		     struct cuts cuts);

#endif /* FUZZ_H */
