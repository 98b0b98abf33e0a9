/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that look like something. */
#ifndef DIFF_PACKET_H
#define DIFF_PACKET_H

#include "gen.h"

#define FRAME_BYTES	260
#define OUR_TTL		63		/* of IPv4: the stack's own packets have 64 */

struct frame {
	uint8_t data[FRAME_BYTES];
	size_t len;
	size_t pad;			/* bytes of padding that follow and belong to it */
	int ip, transport;		/* where they start, -1 if nowhere */
	int protocol;			/* 6 or 17, else any */
	bool v6, tunnel;
	int outer_transport, inner_ip;	/* of a tunnel */
	uint16_t ethertype;
};

/* The byte @i of the padding behind a step's bytes: they come again after PAD_PERIOD. */
#define PAD_PERIOD	256
static inline uint8_t pad_byte(size_t i)
{
	return i * 7 + 3;
}

void pad_fill(uint8_t *to, size_t len);

void frame_make(struct gen *gen, struct frame *frame, bool tap, int device, bool outwards,
		size_t pad);
void frame_virtio(struct gen *gen, const struct frame *frame, bool tap, uint8_t *vh, bool write);

#endif
