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

struct req {
	struct nlmsghdr *nlh;		/* what will be sent, inside buf */
	char buf[4096];
	char extack[256];		/* the kernel's words, empty if none */
	char answer[32768];
	const struct nlmsghdr *link;	/* an RTM_NEWLINK inside answer, or NULL */
};

/* Begin a message; the caller adds attributes to @r->nlh with mnl_attr_put. */
void req_start(struct req *r, int type, int flags, int index);
/* IFLA_LINKINFO with @kind; @mode >= 0 adds INFO_DATA with IFLA_TUN_TYPE. */
void req_put_kind(struct req *r, const char *kind, int mode);
/* Send it and take the answer: 0 or -errno. */
int req_send(struct req *r);
/* Ask for link @name; then req_attr() finds its attributes. */
int req_get_link(struct req *r, const char *name);
const struct nlattr *req_attr(const struct req *r, int type);
const struct nlattr *req_nested(const struct nlattr *nest, int type);

#endif
