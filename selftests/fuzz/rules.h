/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What docs/behaviour.md (section 5) and uapi/linux/vtun.h say of written bytes,
 * stated once more on plain memory, without the driver's help.
 */
#ifndef FUZZ_RULES_H
#define FUZZ_RULES_H

#include "shim.h"

/**
 * struct setup - how a file is set up
 * @tap: Ethernet mode
 * @pi: packet information
 * @vnet: virtio header of @vhsz bytes
 * @vhsz: TUNSETVNETHDRSZ
 * @le: TUNSETVNETLE
 * @be: TUNSETVNETBE
 * @napi: IFF_NAPI
 * @frags: IFF_NAPI_FRAGS
 * @xdp: an XDP program that passes all is attached
 * @sndbuf: TUNSETSNDBUF, so that a write may have to wait
 * @down: the device is down
 */
struct setup {
	bool tap, pi, vnet;
	size_t vhsz;
	bool le, be;
	bool napi, frags, xdp, sndbuf, down;
};

enum rules_counter { COUNT_NOTHING, COUNT_DROPPED, COUNT_FRAME_ERROR };

/**
 * struct verdict - what becomes of written bytes
 * @err: 0 or -errno
 * @counter: what counts a refusal
 * @data: the packet
 * @len: its bytes
 * @proto: what it is, as the stack says it, host order
 * @csum: its checksum is to be completed
 * @csum_start: where from
 * @csum_offset: where to
 * @gso_type: as the header says it, 0 if it is not to be segmented
 * @gso_size: bytes of a segment
 * @transport: where the transport header was found without a checksum
 * @outer_th: tunnels: outer transport header
 * @inner_nh: tunnels: inner network header
 * @outer_csum: tunnels: the outer checksum, too
 */
struct verdict {
	int err;
	enum rules_counter counter;
	const u8 *data;
	size_t len;
	unsigned int proto;
	bool csum;
	unsigned int csum_start, csum_offset;
	unsigned int gso_type, gso_size;
	unsigned int transport;
	unsigned int outer_th, inner_nh;
	bool outer_csum;
};

/**
 * struct record - the next record of what is written in batch mode
 * @err: 0, or why it is none
 * @data: what a plain write() would carry
 * @len: its bytes
 * @size: bytes to the next record
 */
struct record {
	int err;
	const u8 *data;
	size_t len;
	size_t size;
};

struct verdict rules_write(const struct setup *setup, const u8 *bytes, size_t len, size_t fault);
struct record rules_record(const u8 *bytes, size_t len, size_t fault);
size_t rules_header_len(const struct setup *setup);
unsigned int rules_headroom(const struct setup *setup);

#endif /* FUZZ_RULES_H */
