// SPDX-License-Identifier: GPL-2.0-only
/* rtnetlink: requests, and links as text. */
#include "route.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DOOMED	9			/* a group of links */
#define OPER_DOWN		2	/* RFC 2863; the header that has them clashes with net/if.h */
#define OPER_LOWERLAYERDOWN	3

static char answer[1 << 17];

int route_talk(struct net *net, void *request)
{
	struct nlmsghdr *head = request;
	static unsigned int number;
	ssize_t n;

	head->nlmsg_seq = ++number;
	if (send(net->route, head, head->nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		n = recv(net->route, answer, sizeof(answer), 0);
		if (n < 0)
			return -errno;
		for (struct nlmsghdr *h = (void *)answer; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n))
			if (h->nlmsg_seq == number && h->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)NLMSG_DATA(h))->error;
	}
}

int route_index(struct net *net, const char *name)
{
	struct ifreq ifr = {};

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	return ioctl(net->ctl, SIOCGIFINDEX, &ifr) ? 0 : ifr.ifr_ifindex;
}

/* ---- links as text ---- */

static const char *attr_name(int type)
{
	static const char *const names[] = {
		[IFLA_ADDRESS] = "address", [IFLA_BROADCAST] = "broadcast", [IFLA_MTU] = "mtu",
		[IFLA_LINK] = "link", [IFLA_QDISC] = "qdisc", [IFLA_MASTER] = "master",
		[IFLA_TXQLEN] = "txqlen", [IFLA_OPERSTATE] = "operstate",
		[IFLA_LINKMODE] = "linkmode", [IFLA_IFALIAS] = "alias",
		[IFLA_PROMISCUITY] = "promiscuity", [IFLA_CARRIER] = "carrier",
		[IFLA_CARRIER_CHANGES] = "carrier_changes", [IFLA_XDP] = "xdp",
		[IFLA_MIN_MTU] = "min_mtu", [IFLA_MAX_MTU] = "max_mtu",
		[IFLA_NUM_TX_QUEUES] = "num_tx_queues", [IFLA_NUM_RX_QUEUES] = "num_rx_queues",
		[IFLA_GROUP] = "group", [IFLA_PROP_LIST] = "altnames",
		[IFLA_GSO_MAX_SIZE] = "gso_max_size", [IFLA_GSO_MAX_SEGS] = "gso_max_segs",
		[IFLA_EVENT] = "event", [IFLA_PROTO_DOWN] = "proto_down",
	};

	if (type < (int)ARRAY_SIZE(names))
		return names[type];
	return NULL;
}

static void say_statistics(struct world *world, const char *name, const struct rtattr *a)
{
	static const char *const names[] = {
		"rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_errors", "tx_errors",
		"rx_dropped", "tx_dropped", "multicast", "collisions", "rx_length_errors",
		"rx_over_errors", "rx_crc_errors", "rx_frame_errors", "rx_fifo_errors",
		"rx_missed_errors", "tx_aborted_errors", "tx_carrier_errors", "tx_fifo_errors",
		"tx_heartbeat_errors", "tx_window_errors", "rx_compressed", "tx_compressed",
		"rx_nohandler", "rx_otherhost_dropped",
	};
	const char *value = RTA_DATA(a);
	char key[64];

	for (unsigned int i = 0; i < ARRAY_SIZE(names) && (i + 1) * 8 <= RTA_PAYLOAD(a); i++) {
		uint64_t v;

		memcpy(&v, value + i * 8, 8);
		if (!v)
			continue;
		snprintf(key, sizeof(key), "%s %s", name, names[i]);
		say(world, key, "%llu", (unsigned long long)v);
	}
}

static void say_attr(struct world *world, const char *link, const struct rtattr *a);

/* What the driver says of itself. */
static void say_data(struct world *world, const char *link, const struct rtattr *nest)
{
	int left = RTA_PAYLOAD(nest);

	for (const struct rtattr *a = RTA_DATA(nest); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		char key[64];

		snprintf(key, sizeof(key), "%s data %d", link, a->rta_type);
		say_bytes(world, key, RTA_DATA(a), RTA_PAYLOAD(a));
	}
}

static void say_nest(struct world *world, const char *link, const struct rtattr *nest)
{
	int left = RTA_PAYLOAD(nest);

	for (const struct rtattr *a = RTA_DATA(nest); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		char key[64];

		if (a->rta_type == IFLA_INFO_KIND) {
			snprintf(key, sizeof(key), "%s kind", link);
			say(world, key, "%s", (char *)RTA_DATA(a));
		} else if (a->rta_type == IFLA_INFO_DATA) {
			say_data(world, link, a);
		} else {
			snprintf(key, sizeof(key), "%s info %d", link, a->rta_type);
			say_bytes(world, key, RTA_DATA(a), RTA_PAYLOAD(a));
		}
	}
}

static void say_attr(struct world *world, const char *link, const struct rtattr *a)
{
	int type = a->rta_type & NLA_TYPE_MASK;
	const char *name = attr_name(type);
	char key[64];

	switch (type) {
	case IFLA_IFNAME:
	case IFLA_STATS:		/* as the next */
	case IFLA_MAP:
	case IFLA_AF_SPEC:		/* the stack's own counters */
		return;
	case IFLA_STATS64:
		say_statistics(world, link, a);
		return;
	case IFLA_LINKINFO:
		say_nest(world, link, a);
		return;
	case IFLA_QDISC:
	case IFLA_IFALIAS:
		snprintf(key, sizeof(key), "%s %s", link, name);
		say(world, key, "%s", (char *)RTA_DATA(a));
		return;
	}
	if (name)
		snprintf(key, sizeof(key), "%s %s", link, name);
	else
		snprintf(key, sizeof(key), "%s attribute %d", link, type);
	if (RTA_PAYLOAD(a) == 4)
		say(world, key, "%u", *(uint32_t *)RTA_DATA(a));
	else if (RTA_PAYLOAD(a) == 1)
		say(world, key, "%u", *(uint8_t *)RTA_DATA(a));
	else
		say_bytes(world, key, RTA_DATA(a), RTA_PAYLOAD(a));
}

static const struct rtattr *link_attr(const struct nlmsghdr *h, int type)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	int left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*ifi));

	for (const struct rtattr *a = IFLA_RTA(ifi); RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == type)
			return a;
	return NULL;
}

static const char *link_name(const struct nlmsghdr *h)
{
	const struct rtattr *a = link_attr(h, IFLA_IFNAME);

	return a ? RTA_DATA(a) : "?";
}

static void say_link(struct world *world, const struct nlmsghdr *h)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	int left = h->nlmsg_len - NLMSG_LENGTH(sizeof(*ifi));
	const char *name = link_name(h);
	char key[64];

	snprintf(key, sizeof(key), "%s link", name);
	say(world, key, "type %u flags %x family %u%s", ifi->ifi_type, ifi->ifi_flags,
	    ifi->ifi_family, ifi->ifi_index >= 5000 ? " with the index asked for" : "");
	for (const struct rtattr *a = IFLA_RTA(ifi); RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		/* indices, which are any number */
		if (a->rta_type == IFLA_LINK || a->rta_type == IFLA_NEW_IFINDEX)
			continue;
		say_attr(world, name, a);
	}
}

/* Takes a dump of links; gives pointers to those that are no lo, sorted by name. */
static unsigned int dump_links(struct net *net, const struct nlmsghdr *link[LINKS])
{
	struct {
		struct nlmsghdr head;
		struct ifinfomsg ifi;
	} req = { { sizeof(req), RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1 } };
	size_t used = 0, at = 0;
	unsigned int count = 0;
	bool more = true;

	send(net->route, &req, sizeof(req), 0);
	while (more) {
		ssize_t n = recv(net->route, answer + used, sizeof(answer) - used, 0);

		if (n <= 0)
			break;
		used += NLMSG_ALIGN(n);
		for (; at < used; ) {
			struct nlmsghdr *h = (void *)(answer + at);

			at += NLMSG_ALIGN(h->nlmsg_len);
			if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
				more = false;
				break;
			}
			if (((struct ifinfomsg *)NLMSG_DATA(h))->ifi_index != 1 && count < LINKS)
				link[count++] = h;
		}
	}
	for (unsigned int i = 0; i < count; i++)
		for (unsigned int j = i + 1; j < count; j++)
			if (strcmp(link_name(link[j]), link_name(link[i])) < 0) {
				const struct nlmsghdr *h = link[i];

				link[i] = link[j];
				link[j] = h;
			}
	return count;
}

void look_at_links(struct world *world, struct net *net)
{
	const struct nlmsghdr *link[LINKS];
	unsigned int count = dump_links(net, link);

	for (unsigned int i = 0; i < count; i++)
		say_link(world, link[i]);
}

/*
 * All at once, which costs one wait for RCU instead of one for each: a group can be deleted, but
 * not the one that devices are born in.
 */
void links_delete(struct net *net)
{
	struct link_req req;
	int err;

	for (unsigned int i = 0; net->links > 1 && i < net->links; i++) {
		link_req_init(&req, RTM_NEWLINK, 0);
		req.ifi.ifi_index = net->link[i];
		req_put_u32(&req, IFLA_GROUP, DOOMED);
		route_talk(net, &req);
	}
	if (!net->links)
		return;
	link_req_init(&req, RTM_DELLINK, 0);
	if (net->links == 1)
		req.ifi.ifi_index = net->link[0];
	else
		req_put_u32(&req, IFLA_GROUP, DOOMED);
	err = route_talk(net, &req);
	if (err && err != -ENODEV)
		fprintf(stderr, "differential: links can't be deleted\n");
}

/* Keeps net->link. */
static void note_link(struct net *net, const struct nlmsghdr *h)
{
	const struct ifinfomsg *ifi = NLMSG_DATA(h);
	unsigned int i = 0;

	if (ifi->ifi_family != AF_UNSPEC || ifi->ifi_index == 1)
		return;
	while (i < net->links && net->link[i] != ifi->ifi_index)
		i++;
	if (h->nlmsg_type == RTM_NEWLINK && i == net->links && i < LINKS)
		net->link[net->links++] = ifi->ifi_index;
	else if (h->nlmsg_type == RTM_DELLINK && i < net->links)
		net->link[i] = net->link[--net->links];
}

/* What a link monitor heard. IFF_RUNNING depends on how far the link watch was. */
void look_at_messages(struct world *world, int net, bool states)
{
	static char buf[1 << 15];
	ssize_t n;

	while ((n = recv(world->net[net].monitor, buf, sizeof(buf), 0)) > 0) {
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			const struct ifinfomsg *ifi = NLMSG_DATA(h);
			const struct rtattr *event = link_attr(h, IFLA_EVENT);

			note_link(&world->net[net], h);
			if ((!states && !ifi->ifi_change) || !strcmp(link_name(h), VLAN_NAME))
				continue;
			say(world, "message", "n%d %s %s flags %x change %x event %d", net,
			    h->nlmsg_type == RTM_NEWLINK ? "new" :
			    h->nlmsg_type == RTM_DELLINK ? "del" : "other",
			    link_name(h), ifi->ifi_flags & ~IFF_RUNNING, ifi->ifi_change,
			    event ? *(int *)RTA_DATA(event) : -1);
		}
	}
}

static uint32_t attr_number(const struct nlmsghdr *h, int type, uint32_t otherwise)
{
	const struct rtattr *a = link_attr(h, type);

	if (!a)
		return otherwise;
	return RTA_PAYLOAD(a) == 1 ? *(uint8_t *)RTA_DATA(a) : *(uint32_t *)RTA_DATA(a);
}

/* A device that is down always shows "down". "unknown" is what was before any change. */
static bool link_is_settled(const struct nlmsghdr *h)
{
	uint32_t state = attr_number(h, IFLA_OPERSTATE, 0);

	if (!(((struct ifinfomsg *)NLMSG_DATA(h))->ifi_flags & IFF_UP))
		return true;
	if (!attr_number(h, IFLA_CARRIER, 1))
		return state == OPER_DOWN || state == OPER_LOWERLAYERDOWN;
	if (!state)
		return !attr_number(h, IFLA_CARRIER_CHANGES, 0);
	return state != OPER_DOWN && state != OPER_LOWERLAYERDOWN;
}

int lo_up(struct net *net)
{
	struct link_req req;

	link_req_init(&req, RTM_NEWLINK, 0);
	req.ifi.ifi_index = 1;
	req.ifi.ifi_flags = req.ifi.ifi_change = IFF_UP;
	return route_talk(net, &req);
}

/* Asks for one link, which from 6.8 on makes the link watch look at it now. */
static bool ask_settled(struct net *net, int index)
{
	struct link_req req;

	link_req_init(&req, RTM_GETLINK, 0);
	req.head.nlmsg_flags = NLM_F_REQUEST;
	req.ifi.ifi_index = index;
	req_put_u32(&req, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (send(net->route, &req, req.head.nlmsg_len, 0) < 0 ||
	    recv(net->route, answer, sizeof(answer), 0) < (ssize_t)NLMSG_LENGTH(sizeof(req.ifi)))
		return true;
	return ((struct nlmsghdr *)answer)->nlmsg_type != RTM_NEWLINK ||
	       link_is_settled((void *)answer);
}

/*
 * The core's link watch follows a carrier up to a second later, and only then the qdisc and the
 * operational state do. If it had to be waited for, something at last that takes its lock, so that
 * it has sent its message.
 */
void links_settle(struct world *world)
{
	const struct timespec nap = { .tv_nsec = 2000000 };
	int tries = 0;

	for (int i = 0; i < NETS; i++) {
		struct net *net = &world->net[i];

		look_at_messages(world, i, false);
		for (unsigned int n = 0; n < net->links && tries < 1500;) {
			if (ask_settled(net, net->link[n])) {
				n++;
				continue;
			}
			tries++;
			nanosleep(&nap, NULL);
		}
	}
	if (tries == 1500)
		say(world, "link watch", "does not settle");
	if (tries)
		lo_up(&world->net[0]);
}
