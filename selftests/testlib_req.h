/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Link requests put together by the test itself, for what testlib.h has no
 * call for: messages that the driver must refuse and the reason it gives, and
 * attributes that are not in struct link_info.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_REQ_H
#define VTUN_SELFTESTS_TESTLIB_REQ_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * What the kernel says is wrong with a request: the attribute's type, and of one
 * in IFLA_INFO_DATA, whose types are a kind's own, REQ_IN_DATA() of it.
 */
#define REQ_IN_DATA(type)	(0x10000 | (type))
#define REQ_NONE		(-1)	/* it says of no attribute */
#define REQ_ASTRAY		(-2)	/* it points to where none of these begins */

struct req {
	struct nlmsghdr *nlh;		/* what will be sent, inside buf */
	char buf[4096];
	char extack[256];		/* the kernel's words, empty if none */
	int bad;			/* the attribute that they blame */
	char answer[32768];
	const struct nlmsghdr *link;	/* an RTM_NEWLINK inside answer, or NULL */
};

/* Begin a message; the caller adds attributes to @r->nlh with mnl_attr_put. */
void req_start(struct req *r, int type, int flags, int index);
/* IFLA_LINKINFO with @kind; @mode >= 0 adds INFO_DATA with IFLA_TUN_TYPE. */
void req_put_kind(struct req *r, const char *kind, int mode);

/* An attribute of IFLA_INFO_DATA, of 1, 2 or 4 bytes. */
struct req_data {
	int type;
	int size;
	uint32_t value;
};

/* A list of these, for req_put_data(); ends itself. */
#define REQ_DATA(...)	((const struct req_data[]){ __VA_ARGS__, { 0 } })
#define REQ_U8(attr, n)		{ (attr), 1, (n) }
#define REQ_U32(attr, n)	{ (attr), 4, (n) }

/* IFLA_LINKINFO with @kind and @data. */
void req_put_data(struct req *r, const char *kind, const struct req_data *data);
/* One of vtun's own attributes, or of IFLA_TUN_*: its value, or -1. */
long req_link_data(const char *name, int type);

/* Send it and take the answer: 0 or -errno. */
int req_send(struct req *r);
/* IFLA_VTUN_KEEP_CARRIER of @name: 0 or -errno. */
int req_keep_carrier(struct req *r, const char *name, bool on);
/* The kernel has said why it refused the last one, and blames @type. */
#define EXPECT_BLAMED(type, r) do {					\
	EXPECT_STRNE("", (r)->extack);					\
	EXPECT_EQ(type, (r)->bad);					\
} while (0)
/* Ask for link @name; then req_attr() finds its attributes. */
int req_get_link(struct req *r, const char *name);
const struct nlattr *req_attr(const struct req *r, int type);
const struct nlattr *req_nested(const struct nlattr *nest, int type);

#endif
