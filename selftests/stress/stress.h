/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stress program: one process for each role, all on the same few devices,
 * for some time. What a role asks for may be refused, since others take away
 * what it needs; each has to succeed now and then, and none may hang.
 */
#ifndef VTUN_STRESS_H
#define VTUN_STRESS_H

#include "testlib.h"

#include <stdlib.h>

#define STRESS_DEVICES	4

/* A device as files ask for it; who comes first makes it. */
struct stress_dev {
	const char *name;
	int flags;
};

extern const struct stress_dev stress_devs[STRESS_DEVICES];

/* What a role has to itself. */
struct stress {
	unsigned int seed;
	int home;			/* namespace where devices are made */
	int fd;				/* kept file, -1: none */
	const struct stress_dev *dev;	/* … of this device */
	int progs[4];			/* XDP pass and drop, filter, steering */
};

struct stress_role {
	const char *name;
	/* One round: true if something was done that the role is there for. */
	bool (*round)(struct stress *s);
};

extern const struct stress_role stress_roles_io[];
extern const struct stress_role stress_roles_link[];
extern const struct stress_role stress_roles_ioctl[];

/* A number below @n. */
static inline unsigned int stress_any(struct stress *s, unsigned int n)
{
	return rand_r(&s->seed) % n;
}

static inline const struct stress_dev *stress_dev(struct stress *s)
{
	return &stress_devs[stress_any(s, STRESS_DEVICES)];
}

/*
 * Keep a file on some device: attached as long as the device lives, and now and
 * then left for another. The file, or -1 if it could not be had this time.
 */
int stress_file(struct stress *s);

/* A packet as the kept device's files write it: its length. */
size_t stress_packet(struct stress *s, uint8_t *buf);

#endif
