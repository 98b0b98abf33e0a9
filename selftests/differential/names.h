/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of numbers, for scripts, records and reach. */
#ifndef DIFF_NAMES_H
#define DIFF_NAMES_H

#include <stdint.h>

const char *ioctl_name(int64_t number);
int ioctl_number(const char *name, int64_t *number);
const char *error_name(int err);
/* What TUNSETIFF's bits are called; NULL behind the last. */
const char *iff_name(unsigned int bit);

/* A device ioctl: how its argument is passed. */
enum ioctl_arg { ARG_VALUE, ARG_INT, ARG_OUT, ARG_IFREQ, ARG_NONE, ARG_BYTES };

struct ioctl_known {
	const char *name;
	unsigned long number;
	enum ioctl_arg arg;
};

extern const struct ioctl_known ioctl_known[];
extern const unsigned int ioctl_known_count;

#endif
