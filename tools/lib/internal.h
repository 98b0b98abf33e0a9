/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of libvtun share. */
#ifndef LIBVTUN_INTERNAL_H
#define LIBVTUN_INTERNAL_H

#include "libvtun.h"

#include <net/if.h>
#include <stdint.h>

/* The largest packet, 65535 bytes, with Ethernet and VLAN headers and what of a
 * virtio-net header is allowed.
 */
#define VTUN_PACKET_MAX		(65535 + 14 + 8 + VTUN_VNET_HDR_MAX)
#define VTUN_VNET_HDR_MIN	10
#define VTUN_VNET_HDR_MAX	64

/**
 * struct vtun_queue - an open file that is attached to a device
 * @fd: the file, or -1
 * @is_vtun: the driver knows vtun's commands
 * @batch: the file is in batch mode
 * @vnet_hdr: bytes of the virtio-net header
 * @kept: bytes of the packet in @spare
 * @spare: without batch mode, what a packet needs beyond a batch's room
 * @name: the device's
 * @error: the last failure
 */
struct vtun_queue {
	int fd;
	bool is_vtun;
	bool batch;
	unsigned int vnet_hdr;
	size_t kept;
	uint8_t *spare;
	char name[IFNAMSIZ];
	char error[320];
};

/* Has the sentence "WHAT: WHY; HELP" made of it, with @help NULL "WHAT: WHY",
 * and gives @err back. NULL for @why: errno's own words.
 */
struct vtun_words {
	int err;
	const char *why;
	const char *help;
};

int vtun_error_set(struct vtun_queue *vq, int err, const struct vtun_words *why,
		   const char *what, ...)
	__attribute__((format(printf, 4, 5)));

#endif
