/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What make lint reads in place of the kernel's header of this name, which
 * turns a line into so many paths that an analyzer gives up after a few of
 * them. Here an expectation that isn't met ends the test.
 */
#ifndef LINT_KSELFTEST_HARNESS_H
#define LINT_KSELFTEST_HARNESS_H

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

struct __test_metadata;

#define FIXTURE_DATA(f)		struct lint_data_##f
#define FIXTURE_VARIANT(f)	struct lint_variant_##f
#define FIXTURE(f) \
	FIXTURE_DATA(f); \
	FIXTURE_VARIANT(f); \
	FIXTURE_DATA(f)
#define FIXTURE_VARIANT_ADD(f, name) \
	extern const FIXTURE_VARIANT(f) lint_variant_##f##_##name; \
	const FIXTURE_VARIANT(f) lint_variant_##f##_##name =

#define LINT_FUNCTION(f, name) \
	void lint_##f##_##name(struct __test_metadata *_metadata, \
			       FIXTURE_DATA(f) *self, \
			       const FIXTURE_VARIANT(f) *variant); \
	void lint_##f##_##name(struct __test_metadata *_metadata, \
			       FIXTURE_DATA(f) *self, \
			       const FIXTURE_VARIANT(f) *variant)
#define FIXTURE_SETUP(f)	LINT_FUNCTION(f, setup)
#define FIXTURE_TEARDOWN(f)	LINT_FUNCTION(f, teardown)
#define TEST_F(f, name)		LINT_FUNCTION(f, test_##name)
#define TEST_F_TIMEOUT(f, name, seconds) LINT_FUNCTION(f, test_##name)
#define TEST(name) \
	void lint_test_##name(struct __test_metadata *_metadata); \
	void lint_test_##name(struct __test_metadata *_metadata)
#define TEST_HARNESS_MAIN	int main(void) { return 0; }

#define TH_LOG(...)		printf(__VA_ARGS__)
#define SKIP(statement, ...) \
	do { \
		printf(__VA_ARGS__); \
		statement; \
	} while (0)

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

static inline _Noreturn bool lint_stop(void)
{
	exit(1);
}

/* A block may follow, which tells more about the failure. */
#define LINT_TRUE(condition) \
	for (bool lint_bad = !(condition); lint_bad; lint_bad = lint_stop())
#define ASSERT_TRUE(a)		LINT_TRUE(a)
#define ASSERT_FALSE(a)		LINT_TRUE(!(a))
#define ASSERT_EQ(a, b)		LINT_TRUE((a) == (b))
#define ASSERT_NE(a, b)		LINT_TRUE((a) != (b))
#define ASSERT_LT(a, b)		LINT_TRUE((a) < (b))
#define ASSERT_LE(a, b)		LINT_TRUE((a) <= (b))
#define ASSERT_GT(a, b)		LINT_TRUE((a) > (b))
#define ASSERT_GE(a, b)		LINT_TRUE((a) >= (b))
#define ASSERT_STREQ(a, b)	LINT_TRUE(strcmp(a, b) == 0)
#define ASSERT_STRNE(a, b)	LINT_TRUE(strcmp(a, b) != 0)
#define EXPECT_TRUE		ASSERT_TRUE
#define EXPECT_FALSE		ASSERT_FALSE
#define EXPECT_EQ		ASSERT_EQ
#define EXPECT_NE		ASSERT_NE
#define EXPECT_LT		ASSERT_LT
#define EXPECT_LE		ASSERT_LE
#define EXPECT_GT		ASSERT_GT
#define EXPECT_GE		ASSERT_GE
#define EXPECT_STREQ		ASSERT_STREQ
#define EXPECT_STRNE		ASSERT_STRNE

#endif
