/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef DIFF_ROUTE_H
#define DIFF_ROUTE_H

#include <linux/rtnetlink.h>
#include <stdint.h>
#include "world.h"

/* A request about a link, with room for attributes. */
struct link_req {
	struct nlmsghdr head;
	struct ifinfomsg ifi;
	char attrs[600];
};

/* Sends a request and takes the acknowledgement: 0 or -errno. */
int route_talk(struct net *net, void *request);
/* 0 if there is no such device */
int route_index(struct net *net, const char *name);
void link_req_init(struct link_req *req, int type, int flags);
struct rtattr *req_put(void *req, int type, const void *data, size_t len);
void req_put_u32(void *req, int type, uint32_t v);
struct rtattr *req_nest(void *req, int type);
void req_nest_end(void *req, struct rtattr *nest);
/* Sends it and says what came: error and extack. */
void req_say(struct world *world, const char *name, void *req);

#endif
