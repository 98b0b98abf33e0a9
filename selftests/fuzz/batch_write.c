// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a write() in batch mode: what is taken, and what comes of it, is
 * what rules.c says of the same bytes, however they are cut.
 */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	static const struct cuts whole;
	struct input input = { data, len };
	unsigned int fault, allocs;
	struct setup setup;
	struct cuts cuts;

	shim_reset();
	setup = input_setup(&input);
	cuts = input_cuts(&input);
	fault = input_16(&input);
	allocs = input_byte(&input);
	check_records(&setup, input.data, input.len, fault ? fault - 1 : SIZE_MAX, cuts);
	check_records(&setup, input.data, input.len, SIZE_MAX, whole);
	if (!allocs)
		return 0;
	shim.allocs = allocs - 1;
	check_records(&setup, input.data, input.len, SIZE_MAX, cuts);
	return 0;
}
