// SPDX-License-Identifier: GPL-2.0-only
/* rtnetlink: look devices up, list them, delete one. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "vtunctl.h"

/* A busy system can interrupt each try; it is no use to go on for ever. */
#define LINK_DUMP_TRIES		20

struct link_results {
	struct link *list;
	size_t n;
};

static int link_parse_tb(const struct nlattr *attr, void *data)
{
	const struct nlattr **tb = data;

	/* Attributes of newer kernels than ours are none of our business. */
	if (mnl_attr_get_type(attr) <= IFLA_MAX)
		tb[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static unsigned int link_get_u8(const struct nlattr *attr)
{
	return attr && mnl_attr_get_payload_len(attr) >= 1 ?
	       mnl_attr_get_u8(attr) : 0;
}

static uint32_t link_get_u32(const struct nlattr *attr, uint32_t absent)
{
	return attr && mnl_attr_get_payload_len(attr) >= 4 ?
	       mnl_attr_get_u32(attr) : absent;
}

static void link_copy_string(char *to, size_t size, const struct nlattr *attr)
{
	size_t len = 0;

	if (attr)
		len = strnlen(mnl_attr_get_payload(attr),
			      mnl_attr_get_payload_len(attr));
	if (len >= size)
		len = size - 1;
	if (len)
		memcpy(to, mnl_attr_get_payload(attr), len);
	to[len] = '\0';
}

static void link_parse_data(struct link *link, const struct nlattr *data)
{
	const struct nlattr *tb[IFLA_MAX + 1] = { NULL };

	mnl_attr_parse_nested(data, link_parse_tb, tb);
	link->flags = link_get_u8(tb[IFLA_TUN_TYPE]);
	if (!link_get_u8(tb[IFLA_TUN_PI]))
		link->flags |= IFF_NO_PI;
	if (link_get_u8(tb[IFLA_TUN_VNET_HDR]))
		link->flags |= IFF_VNET_HDR;
	if (link_get_u8(tb[IFLA_TUN_PERSIST]))
		link->flags |= IFF_PERSIST;
	if (link_get_u8(tb[IFLA_TUN_MULTI_QUEUE]))
		link->flags |= IFF_MULTI_QUEUE;
	link->uid = link_get_u32(tb[IFLA_TUN_OWNER], -1);
	link->gid = link_get_u32(tb[IFLA_TUN_GROUP], -1);
	link->num_queues = link_get_u32(tb[IFLA_TUN_NUM_QUEUES], 0);
	link->num_disabled = link_get_u32(tb[IFLA_TUN_NUM_DISABLED_QUEUES], 0);
	link->max_queues = link_get_u32(tb[IFLA_VTUN_MAX_QUEUES], 0);
	link->keep_carrier = link_get_u8(tb[IFLA_VTUN_KEEP_CARRIER]);
}

bool link_parse(struct link *link, const struct nlmsghdr *nlh)
{
	const struct nlattr *info[IFLA_MAX + 1] = { NULL };
	const struct nlattr *tb[IFLA_MAX + 1] = { NULL };
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	size_t len;

	/* Bridges tell of their ports with messages of the same types. */
	if ((nlh->nlmsg_type != RTM_NEWLINK &&
	     nlh->nlmsg_type != RTM_DELLINK) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi) ||
	    ifi->ifi_family != AF_UNSPEC)
		return false;
	*link = (struct link){ .uid = -1, .gid = -1 };
	mnl_attr_parse(nlh, sizeof(*ifi), link_parse_tb, tb);
	link->ifindex = ifi->ifi_index;
	link->up = ifi->ifi_flags & IFF_UP;
	link->carrier = link_get_u8(tb[IFLA_CARRIER]);
	link->operstate = link_get_u8(tb[IFLA_OPERSTATE]);
	link->mtu = link_get_u32(tb[IFLA_MTU], 0);
	link->txqlen = link_get_u32(tb[IFLA_TXQLEN], 0);
	link->master = link_get_u32(tb[IFLA_MASTER], 0);
	link_copy_string(link->name, sizeof(link->name), tb[IFLA_IFNAME]);
	if (tb[IFLA_STATS64]) {
		len = mnl_attr_get_payload_len(tb[IFLA_STATS64]);
		if (len > sizeof(link->stats))
			len = sizeof(link->stats);
		memcpy(&link->stats, mnl_attr_get_payload(tb[IFLA_STATS64]),
		       len);
	}
	link->netnsid = link_get_u32(tb[IFLA_NEW_NETNSID], -1);
	if (!tb[IFLA_LINKINFO])
		return true;
	mnl_attr_parse_nested(tb[IFLA_LINKINFO], link_parse_tb, info);
	link_copy_string(link->kind, sizeof(link->kind), info[IFLA_INFO_KIND]);
	if (info[IFLA_INFO_DATA] && link_is_ours(link))
		link_parse_data(link, info[IFLA_INFO_DATA]);
	return true;
}

static int link_collect(const struct nlmsghdr *nlh, void *data)
{
	struct link_results *results = data;
	struct link link, *list;

	if (!link_parse(&link, nlh))
		return MNL_CB_OK;
	list = realloc(results->list, (results->n + 1) * sizeof(*list));
	if (!list)
		return MNL_CB_ERROR;	/* with errno ENOMEM */
	results->list = list;
	list[results->n++] = link;
	return MNL_CB_OK;
}

/* Sends @nlh and collects the devices of the answer. Returns 0 or -errno. */
static int link_talk(struct nlmsghdr *nlh, struct link_results *results)
{
	int err;

	*results = (struct link_results){ NULL, 0 };
	err = rtnl_talk(nlh, link_collect, results);
	if (err) {
		free(results->list);
		*results = (struct link_results){ NULL, 0 };
	}
	return err;
}

void link_start(struct link_request *request, unsigned int type, int ifindex)
{
	struct ifinfomsg *ifi;

	/* libmnl leaves the padding of attributes as it is. */
	memset(request, 0, sizeof(*request));
	mnl_nlmsg_put_header(request);
	ifi = mnl_nlmsg_put_extra_header(&request->nlh, sizeof(*ifi));
	request->nlh.nlmsg_type = type;
	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = ifindex;
}

bool link_is_ours(const struct link *link)
{
	return !strcmp(link->kind, VTUN_KIND);
}

int link_get(const char *name, struct link *link)
{
	struct link_request request;
	struct link_results results;
	int err;

	link_start(&request, RTM_GETLINK, 0);
	/* The short attribute finds alternative names too, if they fit. */
	mnl_attr_put_strz(&request.nlh, strlen(name) < IFNAMSIZ ?
			  IFLA_IFNAME : IFLA_ALT_IFNAME, name);
	err = link_talk(&request.nlh, &results);
	if (err)
		return err;
	if (results.n)
		*link = results.list[0];
	else
		err = -ENODEV;
	free(results.list);
	return err;
}

int link_list(struct link **links, size_t *n)
{
	int tries = LINK_DUMP_TRIES, err;
	struct link_request request;
	struct link_results results;
	size_t i;

	do {
		link_start(&request, RTM_GETLINK, 0);
		request.nlh.nlmsg_flags = NLM_F_DUMP;
		err = link_talk(&request.nlh, &results);
		/* EINTR: devices came or went meanwhile, so some are missing */
	} while (err == -EINTR && --tries);
	if (err)
		return err;
	*links = results.list;
	*n = 0;
	for (i = 0; i < results.n; i++)
		if (link_is_ours(&results.list[i]))
			results.list[(*n)++] = results.list[i];
	return 0;
}

int link_delete(int ifindex)
{
	struct link_request request;
	struct link_results none;

	link_start(&request, RTM_DELLINK, ifindex);
	return link_talk(&request.nlh, &none);
}

enum exit_status link_find(const char *name, struct link *link)
{
	const char *bad = args_bad_name(name, NAME_LOOK_UP);
	int err;

	if (bad)
		return msg_usage("'%s' is no device's name: %s",
				 msg_safe(name), bad);
	err = link_get(name, link);
	if (err == -ENODEV) {
		msg_why("there is no such device in this network namespace");
		msg_todo("'vtunctl list' shows those that exist; -n NETNS looks in another namespace.");
		return FAILED;
	}
	if (err) {
		msg_why("rtnetlink does not answer (%s)", strerror(-err));
		msg_todo("'ip link show' should fail too and may tell more.");
		return FAILED;
	}
	if (link_is_ours(link))
		return DONE;
	if (*link->kind)
		msg_why("its kind is %s, not %s", msg_safe(link->kind),
			VTUN_KIND);
	else
		msg_why("it is not a %s device", VTUN_KIND);
	msg_todo("Use ip(8) for it; 'vtunctl list' shows the devices of vtunctl.");
	return FAILED;
}
