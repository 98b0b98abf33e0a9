// SPDX-License-Identifier: GPL-2.0-only
/* Links by rtnetlink, and the messages about them. */
#include "testlib.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/veth.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#ifndef IFLA_TSO_MAX_SIZE		/* 5.19 */
#define IFLA_TSO_MAX_SIZE	59
#define IFLA_TSO_MAX_SEGS	60
#endif

#define LINK_MSG_SIZE	32768		/* a dumped link with all its tables */
#define LINK_MSG_ROOM	4096		/* more than any request below needs */

/*
 * Send @nlh and take the answer: -errno or 0. With @cb the answer is an object,
 * not an acknowledgement.
 */
static int link_talk(struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	static char buf[LINK_MSG_SIZE];
	unsigned int port;
	ssize_t n;
	int ret;

	if (!nl)
		return -errno;
	nlh->nlmsg_seq = 1;
	if (!cb)
		nlh->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0) {
		ret = -errno;
		goto out;
	}
	port = mnl_socket_get_portid(nl);
	n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	ret = n < 0 ? -errno : 0;
	if (!ret && mnl_cb_run(buf, n, nlh->nlmsg_seq, port, cb, data) < 0)
		ret = -errno;
out:
	mnl_socket_close(nl);
	return ret;
}

static struct nlmsghdr *link_msg(void *buf, int type, int flags, int index)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifi;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
	ifi->ifi_index = index;
	return nlh;
}

/* ---- reading ---- */

static void link_parse_tun(const struct nlattr *data, struct link_info *info)
{
	const struct nlattr *a;

	mnl_attr_for_each_nested(a, data) {
		int type = mnl_attr_get_type(a);

		if (type >= 16 || info->tun_count >= 16)
			continue;
		info->tun_have |= 1U << type;
		info->tun_order[info->tun_count++] = type;
		info->tun[type] = mnl_attr_get_payload_len(a) == 1 ?
				  mnl_attr_get_u8(a) : mnl_attr_get_u32(a);
	}
}

static void link_parse_info(const struct nlattr *linkinfo,
			    struct link_info *info)
{
	const struct nlattr *a, *data = NULL;

	mnl_attr_for_each_nested(a, linkinfo) {
		if (mnl_attr_get_type(a) == IFLA_INFO_KIND)
			strncpy(info->kind, mnl_attr_get_str(a),
				sizeof(info->kind) - 1);
		else if (mnl_attr_get_type(a) == IFLA_INFO_DATA)
			data = a;
	}
	/* other kinds' attributes mean something else */
	if (data && !strcmp(info->kind, vt_driver()))
		link_parse_tun(data, info);
}

static int link_parse_addr(const struct nlattr *a, uint8_t *addr)
{
	int len = mnl_attr_get_payload_len(a);

	memcpy(addr, mnl_attr_get_payload(a), len < 32 ? len : 32);
	return len;
}

static void link_parse_attr(const struct nlattr *a, struct link_info *info)
{
	uint32_t *u32 = NULL;

	switch (mnl_attr_get_type(a)) {
	case IFLA_IFNAME:
		strncpy(info->name, mnl_attr_get_str(a), IFNAMSIZ - 1);
		break;
	case IFLA_QDISC:
		strncpy(info->qdisc, mnl_attr_get_str(a),
			sizeof(info->qdisc) - 1);
		break;
	case IFLA_ADDRESS:
		info->addr_len = link_parse_addr(a, info->addr);
		break;
	case IFLA_BROADCAST:
		info->brd_len = link_parse_addr(a, info->brd);
		break;
	case IFLA_PERM_ADDRESS:
		info->has_perm_addr = true;
		break;
	case IFLA_LINKINFO:
		link_parse_info(a, info);
		break;
	case IFLA_STATS64:
		memcpy(&info->stats, mnl_attr_get_payload(a),
		       mnl_attr_get_payload_len(a) < sizeof(info->stats) ?
		       mnl_attr_get_payload_len(a) : sizeof(info->stats));
		break;
	case IFLA_OPERSTATE:
		info->operstate = mnl_attr_get_u8(a);
		break;
	case IFLA_CARRIER:
		info->carrier = mnl_attr_get_u8(a);
		break;
	case IFLA_CARRIER_CHANGES:
		info->carrier_changes = mnl_attr_get_u32(a);
		break;
	case IFLA_LINK:
		info->iflink = mnl_attr_get_u32(a);
		break;
	case IFLA_MASTER:
		info->master = mnl_attr_get_u32(a);
		break;
	case IFLA_MTU:
		u32 = &info->mtu;
		break;
	case IFLA_MIN_MTU:
		u32 = &info->min_mtu;
		break;
	case IFLA_MAX_MTU:
		u32 = &info->max_mtu;
		break;
	case IFLA_TXQLEN:
		u32 = &info->txqlen;
		break;
	case IFLA_GROUP:
		u32 = &info->group;
		break;
	case IFLA_NUM_TX_QUEUES:
		u32 = &info->num_tx;
		break;
	case IFLA_NUM_RX_QUEUES:
		u32 = &info->num_rx;
		break;
	case IFLA_GSO_MAX_SIZE:
		u32 = &info->gso_max_size;
		break;
	case IFLA_GSO_MAX_SEGS:
		u32 = &info->gso_max_segs;
		break;
	case IFLA_TSO_MAX_SIZE:
		u32 = &info->tso_max_size;
		break;
	case IFLA_TSO_MAX_SEGS:
		u32 = &info->tso_max_segs;
		break;
	case IFLA_GRO_MAX_SIZE:
		u32 = &info->gro_max_size;
		break;
	}
	if (u32)
		*u32 = mnl_attr_get_u32(a);
}

static int link_parse(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	struct link_info *info = data;
	const struct nlattr *a;

	info->index = ifi->ifi_index;
	info->iflink = ifi->ifi_index;
	info->flags = ifi->ifi_flags;
	info->type = ifi->ifi_type;
	mnl_attr_for_each(a, nlh, sizeof(*ifi))
		link_parse_attr(a, info);
	return MNL_CB_STOP;
}

int link_get(const char *name, struct link_info *info)
{
	char buf[LINK_MSG_ROOM] = {};
	struct nlmsghdr *nlh = link_msg(buf, RTM_GETLINK, 0, 0);

	memset(info, 0, sizeof(*info));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	return link_talk(nlh, link_parse, info);
}

int link_index(const char *name)
{
	struct link_info info;
	int err = link_get(name, &info);

	return err ? err : info.index;
}

bool link_exists(const char *name)
{
	return link_index(name) > 0;
}

int link_count(void)
{
	struct if_nameindex *all = if_nameindex();
	int n = 0;

	if (!all)
		return -errno;
	while (all[n].if_index)
		n++;
	if_freenameindex(all);
	return n;
}

/* ---- changing ---- */

int link_set_flags(const char *name, unsigned int set, unsigned int clear)
{
	char buf[LINK_MSG_ROOM] = {};
	int index = link_index(name);
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh;

	if (index < 0)
		return index;
	nlh = link_msg(buf, RTM_NEWLINK, 0, index);
	ifi = mnl_nlmsg_get_payload(nlh);
	ifi->ifi_flags = set;
	ifi->ifi_change = set | clear;
	return link_talk(nlh, NULL, NULL);
}

int link_up(const char *name)
{
	return link_set_flags(name, IFF_UP, 0);
}

int link_down(const char *name)
{
	return link_set_flags(name, 0, IFF_UP);
}

int link_del(const char *name)
{
	char buf[LINK_MSG_ROOM] = {};
	int index = link_index(name);

	if (index < 0)
		return index;
	return link_talk(link_msg(buf, RTM_DELLINK, 0, index), NULL, NULL);
}

/* Change one attribute of a link. */
static int link_change(const char *name, int attr, const void *value,
		       size_t len)
{
	char buf[LINK_MSG_ROOM] = {};
	int index = link_index(name);
	struct nlmsghdr *nlh;

	if (index < 0)
		return index;
	nlh = link_msg(buf, RTM_NEWLINK, 0, index);
	mnl_attr_put(nlh, attr, len, value);
	return link_talk(nlh, NULL, NULL);
}

int link_rename(const char *name, const char *to)
{
	return link_change(name, IFLA_IFNAME, to, strlen(to) + 1);
}

/* @first -1: @base is the whole name. */
static int link_altnames_add(const char *name, const char *base, int first,
			     int count)
{
	static char buf[LINK_MSG_SIZE];
	int i, index = link_index(name);
	char alt[ALTIFNAMSIZ];
	struct nlmsghdr *nlh;
	struct nlattr *list;

	if (index < 0)
		return index;
	nlh = link_msg(buf, RTM_NEWLINKPROP,
		       NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND, index);
	list = mnl_attr_nest_start(nlh, IFLA_PROP_LIST);
	for (i = 0; i < count; i++) {
		if (first < 0)
			snprintf(alt, sizeof(alt), "%s", base);
		else
			snprintf(alt, sizeof(alt), "%s%d", base, first + i);
		mnl_attr_put_strz(nlh, IFLA_ALT_IFNAME, alt);
	}
	mnl_attr_nest_end(nlh, list);
	return link_talk(nlh, NULL, NULL);
}

int link_altname(const char *name, const char *alt)
{
	return link_altnames_add(name, alt, -1, 1);
}

int link_altnames(const char *name, const char *base, int first, int count)
{
	return link_altnames_add(name, base, first, count);
}

int link_set_mtu(const char *name, unsigned int mtu)
{
	return link_change(name, IFLA_MTU, &mtu, sizeof(mtu));
}

int link_set_txqlen(const char *name, unsigned int len)
{
	return link_change(name, IFLA_TXQLEN, &len, sizeof(len));
}

int link_set_carrier(const char *name, bool on)
{
	uint8_t value = on;

	return link_change(name, IFLA_CARRIER, &value, sizeof(value));
}

bool link_operates(const char *name, int state)
{
	struct link_info info;

	return wait_for(!link_get(name, &info) && info.operstate == state,
			WAIT_MS);
}

int link_set_addr(const char *name, const void *addr, size_t len)
{
	return link_change(name, IFLA_ADDRESS, addr, len);
}

int link_set_netns(const char *name, int ns_fd)
{
	return link_change(name, IFLA_NET_NS_FD, &ns_fd, sizeof(ns_fd));
}

int link_set_master(const char *name, const char *master)
{
	int index = master ? link_index(master) : 0;

	if (index < 0)
		return index;
	return link_change(name, IFLA_MASTER, &index, sizeof(index));
}

int link_add(const char *name, const char *kind)
{
	char buf[LINK_MSG_ROOM] = {};
	struct nlmsghdr *nlh = link_msg(buf, RTM_NEWLINK,
					NLM_F_CREATE | NLM_F_EXCL, 0);
	struct nlattr *info;

	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, kind);
	mnl_attr_nest_end(nlh, info);
	return link_talk(nlh, NULL, NULL);
}

int link_add_veth(const char *name, const char *peer)
{
	char buf[LINK_MSG_ROOM] = {};
	struct nlmsghdr *nlh = link_msg(buf, RTM_NEWLINK,
					NLM_F_CREATE | NLM_F_EXCL, 0);
	struct nlattr *info, *data, *other;

	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	other = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(nlh, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, peer);
	mnl_attr_nest_end(nlh, other);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, info);
	return link_talk(nlh, NULL, NULL);
}

int link_add_ip4(const char *name, uint32_t addr, int prefix)
{
	char buf[LINK_MSG_ROOM] = {};
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	int index = link_index(name);
	struct ifaddrmsg *ifa;

	if (index < 0)
		return index;
	nlh->nlmsg_type = RTM_NEWADDR;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = prefix;
	ifa->ifa_index = index;
	mnl_attr_put_u32(nlh, IFA_LOCAL, htonl(addr));
	mnl_attr_put_u32(nlh, IFA_ADDRESS, htonl(addr));
	return link_talk(nlh, NULL, NULL);
}

/* ---- messages ---- */

int mon_open(void)
{
	struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK,
	};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	return fd;
}

int mon_next(int mon, int type, const char *name, struct link_info *info)
{
	static char buf[LINK_MSG_SIZE];
	const struct ifinfomsg *ifi;
	struct nlmsghdr *nlh;
	ssize_t n;

	/* a multicast datagram holds one message */
	while ((n = recv(mon, buf, sizeof(buf), 0)) > 0) {
		nlh = (struct nlmsghdr *)buf;
		ifi = mnl_nlmsg_get_payload(nlh);
		/* bridge ports share the group: another family */
		if (!mnl_nlmsg_ok(nlh, n) || nlh->nlmsg_type != type ||
		    ifi->ifi_family != AF_UNSPEC)
			continue;
		memset(info, 0, sizeof(*info));
		link_parse(nlh, info);
		if (!strcmp(info->name, name))
			return 1;
	}
	return n < 0 && errno != EAGAIN ? -errno : 0;
}

int mon_count(int mon, int type, const char *name)
{
	struct link_info info;
	int count = 0, n;

	while ((n = mon_next(mon, type, name, &info)) > 0)
		count++;
	return n < 0 ? n : count;
}
