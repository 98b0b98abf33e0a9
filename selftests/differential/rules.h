/* SPDX-License-Identifier: GPL-2.0-only */
/* Which rules of the write path a write met: for the reach, not for judging. */
#ifndef DIFF_RULES_H
#define DIFF_RULES_H

#include "diff.h"

struct rule_state {
	bool attached, detached, tap, mq, vnet, napi, frags;
	bool known, pi;			/* whether @pi could be found out */
	int vhsz;
	char name[IFNAMSIZ];
};

/* Of a device in another namespace nobody can tell. */
bool rules_may_have_pi(const struct rule_state *state);
/* What sysfs says of flags, if the device is there. */
bool rules_device_flags(const char *name, unsigned int *flags);
void rules_look(struct rule_state *state, int fd);
void rules_count(struct world *world, const struct rule_state *state, const struct step *step,
		 size_t len, size_t fault, int err);
/*
 * The rule of a virtio header that is another before 7.x, or NULL. Of @len bytes that are written
 * @there can be read.
 */
const char *rules_old(const struct rule_state *state, const uint8_t *data, size_t len,
		      size_t there);
/*
 * Whether a program that sends the packet back would make in-tree tun's read() warn of a kind of
 * GSO that it can't describe.
 */
bool rules_odd_gso(const struct rule_state *state, const uint8_t *data, size_t len);
/* Whether the device has more than one enabled queue, as far as that can be seen from n0. */
bool rules_several_queues(const struct rule_state *state);
/* After a change of the fifo's length: a full one may be longer now than it may be. */
void rules_shorter(struct world *world, const char *name, int64_t length);
/* Takes away of a packet of @len bytes that was read from @fd what is chance. */
void rules_clean_read(int fd, uint8_t *data, size_t len);
/* All names of rules, NULL at the end. */
extern const char *const rules_all[];

#endif
