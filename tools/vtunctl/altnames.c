// SPDX-License-Identifier: GPL-2.0-only
/* rtnetlink: alternative names of a device. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "vtunctl.h"

static int altnames_append(struct altnames *names, const struct nlattr *attr)
{
	char (*list)[NAME_SIZE];

	list = realloc(names->list, (names->n + 1) * sizeof(*list));
	if (!list)
		return MNL_CB_ERROR;	/* with errno ENOMEM */
	names->list = list;
	snprintf(list[names->n++], sizeof(*list), "%.*s",
		 (int)mnl_attr_get_payload_len(attr),
		 (const char *)mnl_attr_get_payload(attr));
	return MNL_CB_OK;
}

static int altnames_collect(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *property;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	mnl_attr_for_each(attr, nlh, sizeof(struct ifinfomsg)) {
		if (mnl_attr_get_type(attr) != IFLA_PROP_LIST)
			continue;
		mnl_attr_for_each_nested(property, attr)
			if (mnl_attr_get_type(property) == IFLA_ALT_IFNAME &&
			    altnames_append(data, property) != MNL_CB_OK)
				return MNL_CB_ERROR;
	}
	return MNL_CB_OK;
}

int altnames_get(int ifindex, struct altnames *names)
{
	struct link_request request;
	int err;

	*names = (struct altnames){ NULL, 0 };
	link_start(&request, RTM_GETLINK, ifindex);
	err = rtnl_talk(&request.nlh, altnames_collect, names);
	if (err)
		altnames_free(names);
	return err == -ENODEV ? 0 : err;
}

void altnames_free(struct altnames *names)
{
	free(names->list);
	*names = (struct altnames){ NULL, 0 };
}

/* The kernel looks for the device nowhere but in the socket's namespace. */
int altnames_add(int ifindex, const char *name)
{
	struct link_request request;
	struct nlmsghdr *nlh = &request.nlh;
	struct nlattr *list;

	link_start(&request, RTM_NEWLINKPROP, ifindex);
	nlh->nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND;
	list = mnl_attr_nest_start(nlh, IFLA_PROP_LIST);
	mnl_attr_put_strz(nlh, IFLA_ALT_IFNAME, name);
	mnl_attr_nest_end(nlh, list);
	return rtnl_talk(nlh, NULL, NULL);
}
