// SPDX-License-Identifier: GPL-2.0-only
/* Link requests put together by the test, and the kernel's words on refusal. */
#include "testlib.h"
#include "testlib_req.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/vtun.h>

void req_start(struct req *r, int type, int flags, int index)
{
	struct ifinfomsg *ifi;

	memset(r, 0, sizeof(*r));
	r->nlh = mnl_nlmsg_put_header(r->buf);
	r->nlh->nlmsg_type = type;
	r->nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	r->nlh->nlmsg_seq = 1;
	ifi = mnl_nlmsg_put_extra_header(r->nlh, sizeof(*ifi));
	ifi->ifi_index = index;
}

void req_put_kind(struct req *r, const char *kind, int mode)
{
	struct nlattr *info, *data;

	info = mnl_attr_nest_start(r->nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(r->nlh, IFLA_INFO_KIND, kind);
	if (mode >= 0) {
		data = mnl_attr_nest_start(r->nlh, IFLA_INFO_DATA);
		mnl_attr_put_u8(r->nlh, IFLA_TUN_TYPE, mode);
		mnl_attr_nest_end(r->nlh, data);
	}
	mnl_attr_nest_end(r->nlh, info);
}

void req_put_data(struct req *r, const char *kind, const struct req_data *data)
{
	struct nlattr *info, *nest;

	info = mnl_attr_nest_start(r->nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(r->nlh, IFLA_INFO_KIND, kind);
	nest = mnl_attr_nest_start(r->nlh, IFLA_INFO_DATA);
	for (; data->type; data++)	/* little endian, as all that we run on */
		mnl_attr_put(r->nlh, data->type, data->size, &data->value);
	mnl_attr_nest_end(r->nlh, nest);
	mnl_attr_nest_end(r->nlh, info);
}

/* The type of the attribute that begins at @offset of the request. */
static int req_find(const struct req *r, uint32_t offset)
{
	const struct nlattr *a, *info = NULL, *data;
	const char *at = (const char *)r->nlh + offset;

	mnl_attr_for_each(a, r->nlh, sizeof(struct ifinfomsg)) {
		if ((const char *)a == at)
			return mnl_attr_get_type(a);
		if (mnl_attr_get_type(a) == IFLA_LINKINFO)
			info = a;
	}
	data = req_nested(info, IFLA_INFO_DATA);
	if (!data)
		return REQ_ASTRAY;
	mnl_attr_for_each_nested(a, data)
		if ((const char *)a == at)
			return REQ_IN_DATA(mnl_attr_get_type(a));
	return REQ_ASTRAY;
}

/* The attributes of an error stand behind the request's header (capped). */
static int req_take_error(struct req *r, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *a;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return e->error;
	mnl_attr_for_each(a, nlh, sizeof(*e)) {
		if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG)
			strncpy(r->extack, mnl_attr_get_str(a),
				sizeof(r->extack) - 1);
		else if (mnl_attr_get_type(a) == NLMSGERR_ATTR_OFFS)
			r->bad = req_find(r, mnl_attr_get_u32(a));
	}
	return e->error;
}

static int req_talk(struct req *r, int sock)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)r->answer;
	int left, on = 1;

	if (setsockopt(sock, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(sock, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)) ||
	    send(sock, r->nlh, r->nlh->nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		left = recv(sock, r->answer, sizeof(r->answer), 0);
		if (left < 0)
			return -errno;
		if (!mnl_nlmsg_ok(nlh, left))
			return -EPROTO;
		if (nlh->nlmsg_type == NLMSG_ERROR)
			return req_take_error(r, nlh);
		if (nlh->nlmsg_type == RTM_NEWLINK) {
			r->link = nlh;
			return 0;
		}
	}
}

int req_send(struct req *r)
{
	int sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int ret;

	if (sock < 0)
		return -errno;
	if (r->nlh->nlmsg_type != RTM_GETLINK)
		r->nlh->nlmsg_flags |= NLM_F_ACK;
	memset(r->extack, 0, sizeof(r->extack));
	r->bad = REQ_NONE;
	ret = req_talk(r, sock);
	close(sock);
	return ret;
}

int req_keep_carrier(struct req *r, const char *name, bool on)
{
	req_start(r, RTM_NEWLINK, 0, link_index(name));
	req_put_data(r, "vtun", REQ_DATA(REQ_U8(IFLA_VTUN_KEEP_CARRIER, on)));
	return req_send(r);
}

int req_get_link(struct req *r, const char *name)
{
	req_start(r, RTM_GETLINK, 0, 0);
	mnl_attr_put_strz(r->nlh, IFLA_IFNAME, name);
	return req_send(r);
}

const struct nlattr *req_attr(const struct req *r, int type)
{
	const struct nlattr *a;

	mnl_attr_for_each(a, r->link, sizeof(struct ifinfomsg))
		if (mnl_attr_get_type(a) == type)
			return a;
	return NULL;
}

const struct nlattr *req_nested(const struct nlattr *nest, int type)
{
	const struct nlattr *a;

	if (!nest)
		return NULL;
	mnl_attr_for_each_nested(a, nest)
		if (mnl_attr_get_type(a) == type)
			return a;
	return NULL;
}

long req_link_data(const char *name, int type)
{
	static struct req r;
	const struct nlattr *a;

	if (req_get_link(&r, name))
		return -1;
	a = req_nested(req_attr(&r, IFLA_LINKINFO), IFLA_INFO_DATA);
	a = req_nested(a, type);
	if (!a)
		return -1;
	return mnl_attr_get_payload_len(a) == 1 ? mnl_attr_get_u8(a) :
						  mnl_attr_get_u32(a);
}
