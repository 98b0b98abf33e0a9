// SPDX-License-Identifier: GPL-2.0-only
/* rtnetlink: make a device, change one; each is one request, done or not. */
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "vtunctl.h"

static void link_put_toggle(struct nlmsghdr *nlh, uint16_t type,
			    enum toggle toggle)
{
	if (toggle != UNSET)
		mnl_attr_put_u8(nlh, type, toggle == ON);
}

/* What devices of our kind alone have. */
static void link_put_info(struct nlmsghdr *nlh, const struct settings *set)
{
	struct nlattr *info, *data;

	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_str(nlh, IFLA_INFO_KIND, VTUN_KIND);
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	if (set->mode)
		mnl_attr_put_u8(nlh, IFLA_TUN_TYPE, set->mode);
	if (set->user)
		mnl_attr_put_u32(nlh, IFLA_TUN_OWNER, set->uid);
	if (set->group)
		mnl_attr_put_u32(nlh, IFLA_TUN_GROUP, set->gid);
	link_put_toggle(nlh, IFLA_TUN_PI, set->pi);
	link_put_toggle(nlh, IFLA_TUN_VNET_HDR, set->vnet_hdr);
	link_put_toggle(nlh, IFLA_TUN_MULTI_QUEUE, set->multi_queue);
	link_put_toggle(nlh, IFLA_TUN_PERSIST, set->persist);
	link_put_toggle(nlh, IFLA_VTUN_BACKPRESSURE, set->backpressure);
	link_put_toggle(nlh, IFLA_VTUN_KEEP_CARRIER, set->keep_carrier);
	if (set->queues.given)
		mnl_attr_put_u32(nlh, IFLA_VTUN_MAX_QUEUES, set->queues.value);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
}

int link_create(const struct settings *set, const char *name)
{
	struct link_request request;
	struct nlmsghdr *nlh = &request.nlh;

	link_start(&request, RTM_NEWLINK,
		   set->index.given ? (int)set->index.value : 0);
	nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	if (set->netns_fd >= 0)
		mnl_attr_put_u32(nlh, IFLA_NET_NS_FD, set->netns_fd);
	else if (set->netns && !set->inside)
		mnl_attr_put_u32(nlh, IFLA_NET_NS_PID, strtoul(set->netns, NULL, 10));
	if (set->mtu.given)
		mnl_attr_put_u32(nlh, IFLA_MTU, set->mtu.value);
	if (set->txqueuelen.given)
		mnl_attr_put_u32(nlh, IFLA_TXQLEN, set->txqueuelen.value);
	if (set->address.given)
		mnl_attr_put(nlh, IFLA_ADDRESS, sizeof(set->address.bytes),
			     set->address.bytes);
	if (set->alias)
		mnl_attr_put(nlh, IFLA_IFALIAS, strlen(set->alias), set->alias);
	link_put_info(nlh, set);
	return rtnl_talk(nlh, NULL, NULL);
}

int link_change(int ifindex, const struct settings *set)
{
	struct link_request request;

	link_start(&request, RTM_NEWLINK, ifindex);
	link_put_info(&request.nlh, set);
	return rtnl_talk(&request.nlh, NULL, NULL);
}
