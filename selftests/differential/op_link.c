// SPDX-License-Identifier: GPL-2.0-only
/* What the administrator does: rtnetlink, namespaces, and who the caller is. */
#include "gen.h"
#include "ops.h"
#include "route.h"
#include "rules.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

void link_req_init(struct link_req *req, int type, int flags)
{
	memset(req, 0, sizeof(*req));
	req->head.nlmsg_len = NLMSG_LENGTH(sizeof(req->ifi));
	req->head.nlmsg_type = type;
	req->head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
}

struct rtattr *req_put(void *req, int type, const void *data, size_t len)
{
	struct nlmsghdr *head = req;
	struct rtattr *attr = (void *)((char *)req + NLMSG_ALIGN(head->nlmsg_len));

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(attr), data, len);
	head->nlmsg_len = NLMSG_ALIGN(head->nlmsg_len) + RTA_ALIGN(attr->rta_len);
	return attr;
}

void req_put_u32(void *req, int type, uint32_t v)
{
	req_put(req, type, &v, sizeof(v));
}

struct rtattr *req_nest(void *req, int type)
{
	return req_put(req, type | NLA_F_NESTED, NULL, 0);
}

void req_nest_end(void *req, struct rtattr *nest)
{
	nest->rta_len = (char *)req + ((struct nlmsghdr *)req)->nlmsg_len - (char *)nest;
}

void req_say(struct world *world, const char *name, void *req)
{
	int err = route_talk(world_net(world), req);

	errno = -err;
	say_result(world, name, err ? -1 : 0);
}

/* A request about the link of that name; false if there is no such link, or it is lo. */
static bool req_link(struct world *world, struct link_req *req, int type, const char *name)
{
	link_req_init(req, type, 0);
	req->ifi.ifi_index = route_index(world_net(world), name);
	if (req->ifi.ifi_index > 1)
		return true;
	say(world, "ret", "no device");
	return false;
}

static const char *const link_kinds[] = {
	"up", "down", "mtu", "txqueuelen", "carrier", "promisc", "allmulti", "alias", "altname",
	"altname_del", "linkmode", "gso_max_size", "multicast", "proto_down", "arp", NULL,
};

static void generate_link(struct gen *gen, struct step *step)
{
	int device = gen_device_name(gen, step, 0);
	static const int kinds[] = { 0, 0, 0, 0, 1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14 };
	int kind = kinds[below(gen, ARRAY_SIZE(kinds))];

	step->v[0] = kind;
	step->v[1] = below(gen, 2);
	if (kind == 2)
		step->v[1] = PICK(gen, 1500, 68, 67, 1400, 9000, 65521, 65522, 65535, 65536, -1, 0);
	else if (kind == 3)
		step->v[1] = PICK(gen, 0, 1, 2, 5, 500, 1000, 32767, 32768, 100000);
	else if (kind == 11)
		step->v[1] = PICK(gen, 65536, 2000, 20000, 1000000);
	if (device >= 0 && kind < 2)
		gen->device[device].up = !kind;
}

static void run_altname(struct world *world, struct link_req *req, int kind, int n)
{
	struct rtattr *nest;
	char name[8] = "alt0";

	name[3] += n;
	req->head.nlmsg_type = kind == 8 ? RTM_NEWLINKPROP : RTM_DELLINKPROP;
	if (kind == 8)
		req->head.nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL | NLM_F_APPEND;
	nest = req_nest(req, IFLA_PROP_LIST);
	req_put(req, IFLA_ALT_IFNAME, name, 5);
	req_nest_end(req, nest);
}

static void link_flag(struct link_req *req, unsigned int flag, bool on)
{
	req->ifi.ifi_change = flag;
	req->ifi.ifi_flags = on ? flag : 0;
}

static void run_link(struct world *world, const struct step *step)
{
	static const struct {
		int kind, attr, size;
	} attrs[] = {
		{ 2, IFLA_MTU, 4 }, { 3, IFLA_TXQLEN, 4 }, { 4, IFLA_CARRIER, 1 },
		{ 10, IFLA_LINKMODE, 1 }, { 11, IFLA_GSO_MAX_SIZE, 4 }, { 13, IFLA_PROTO_DOWN, 1 },
	};
	int kind = step->v[0], v = step->v[1];
	struct link_req req;
	char key[32];

	if (!req_link(world, &req, RTM_NEWLINK, step->name[0]))
		return;
	for (unsigned int i = 0; i < ARRAY_SIZE(attrs); i++)
		if (attrs[i].kind == kind)
			req_put(&req, attrs[i].attr, &v, attrs[i].size);
	if (kind < 2)
		link_flag(&req, IFF_UP, !kind);
	else if (kind == 5)
		link_flag(&req, IFF_PROMISC, v);
	else if (kind == 6)
		link_flag(&req, IFF_ALLMULTI, v);
	else if (kind == 12)
		link_flag(&req, IFF_MULTICAST, v);
	else if (kind == 14)
		link_flag(&req, IFF_NOARP, !v);
	else if (kind == 7)
		req_put(&req, IFLA_IFALIAS, v ? "an alias" : "", v ? 9 : 1);
	else if (kind == 8 || kind == 9)
		run_altname(world, &req, kind, v);
	snprintf(key, sizeof(key), "link %s", link_kinds[kind]);
	req_say(world, key, &req);
	if (kind == 3)
		rules_shorter(world, step->name[0], v);
}

const struct op op_link = {
	"link", "nki", 55, generate_link, run_link, link_kinds, OP_CARRIER | OP_PACKETS,
};

static void generate_rename(struct gen *gen, struct step *step)
{
	int from = gen_device_name(gen, step, 0), to = below(gen, NAMES);

	strcpy(step->name[1], percent(gen, 80) ? gen_names[to] : "other0");
	if (from < 0 || from == to || gen->device[to].exists || strcmp(step->name[1], gen_names[to]))
		return;
	gen->device[to] = gen->device[from];
	gen->device[from].exists = false;
	for (int i = 0; i < SLOTS; i++)
		if (gen->file[i].attached && gen->file[i].name == from)
			gen->file[i].name = to;
}

static void run_rename(struct world *world, const struct step *step)
{
	struct link_req req;

	if (!req_link(world, &req, RTM_NEWLINK, step->name[0]))
		return;
	req_put(&req, IFLA_IFNAME, step->name[1], strlen(step->name[1]) + 1);
	req_say(world, "link rename", &req);
	if (world->native_xdp[0])
		strcpy(world->native_xdp, "?");
}

const struct op op_rename = {
	"rename", "nn", 6, generate_rename, run_rename,
};

static void generate_address(struct gen *gen, struct step *step)
{
	gen_device_name(gen, step, 0);
	step->v[0] = PICK(gen, 0x021122000001, 0x021122000002, 0, 0x01005e000001);
}

static void run_address(struct world *world, const struct step *step)
{
	struct link_req req;
	uint8_t mac[6];

	for (int i = 0; i < 6; i++)
		mac[i] = step->v[0] >> (40 - 8 * i);
	if (!req_link(world, &req, RTM_NEWLINK, step->name[0]))
		return;
	req_put(&req, IFLA_ADDRESS, mac, 6);
	req_say(world, "link address", &req);
}

const struct op op_address = {
	"address", "nx", 7, generate_address, run_address,
};

static void generate_delete(struct gen *gen, struct step *step)
{
	int device = gen_device_name(gen, step, 0);

	if (device < 0)
		return;
	gen->device[device].exists = false;
	for (int i = 0; i < SLOTS; i++)
		if (gen->file[i].attached && gen->file[i].name == device)
			gen->file[i].attached = false;
}

static void run_delete(struct world *world, const struct step *step)
{
	struct link_req req;

	if (req_link(world, &req, RTM_DELLINK, step->name[0]))
		req_say(world, "link delete", &req);
}

const struct op op_delete = {
	"delete", "n", 4, generate_delete, run_delete,
};

static void generate_move(struct gen *gen, struct step *step)
{
	gen_device_name(gen, step, 0);
	step->v[0] = below(gen, NETS);
}

static void run_move(struct world *world, const struct step *step)
{
	struct link_req req;

	if (!req_link(world, &req, RTM_NEWLINK, step->name[0]))
		return;
	req_put_u32(&req, IFLA_NET_NS_FD, world->net[step->v[0]].ns);
	req_say(world, "link move", &req);
}

const struct op op_move = {
	"move", "ni", 3, generate_move, run_move, .flags = OP_CARRIER,
};

static void generate_newlink(struct gen *gen, struct step *step)
{
	gen_device_name(gen, step, 0);
	step->v[0] = below(gen, 2);
}

/* Making or changing a device by its kind. */
static void run_newlink(struct world *world, const struct step *step)
{
	struct link_req req;
	struct rtattr *nest;

	link_req_init(&req, RTM_NEWLINK, step->v[0] ? NLM_F_CREATE | NLM_F_EXCL : 0);
	req_put(&req, IFLA_IFNAME, step->name[0], strlen(step->name[0]) + 1);
	nest = req_nest(&req, IFLA_LINKINFO);
	req_put(&req, IFLA_INFO_KIND, world->driver, strlen(world->driver));
	req_nest_end(&req, nest);
	req_say(world, "newlink", &req);
}

const struct op op_newlink = {
	"newlink", "ni", 2, generate_newlink, run_newlink,
};

/* ---- an address, a neighbour, up ---- */

static void generate_ip_up(struct gen *gen, struct step *step)
{
	int device = gen_device_name(gen, step, 0);

	step->v[0] = device < 0 ? 0 : device;
	if (device >= 0)
		gen->device[device].up = true;
}

static void add_address(struct world *world, int index, int n)
{
	struct {
		struct nlmsghdr head;
		struct ifaddrmsg ifa;
		char attrs[64];
	} req = {
		.head = { NLMSG_LENGTH(sizeof(req.ifa)), RTM_NEWADDR,
			  NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE },
		.ifa = { AF_INET, 24, 0, 0, index },
	};
	uint8_t address[4] = { 10, n, 0, 1 };

	req_put(&req, IFA_LOCAL, address, 4);
	req_put(&req, IFA_ADDRESS, address, 4);
	req_say(world, "address", &req);
}

static void add_neighbour(struct world *world, int index, int n)
{
	struct {
		struct nlmsghdr head;
		struct ndmsg ndm;
		char attrs[64];
	} req = {
		.head = { NLMSG_LENGTH(sizeof(req.ndm)), RTM_NEWNEIGH,
			  NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE },
		.ndm = { .ndm_family = AF_INET, .ndm_ifindex = index, .ndm_state = NUD_PERMANENT },
	};
	uint8_t address[4] = { 10, n, 0, 2 }, mac[6] = { 2, 0, 0, 0, 0, 0x99 };

	req_put(&req, NDA_DST, address, 4);
	req_put(&req, NDA_LLADDR, mac, 6);
	req_say(world, "neighbour", &req);
}

static void run_ip_up(struct world *world, const struct step *step)
{
	struct link_req req;

	if (!req_link(world, &req, RTM_NEWLINK, step->name[0]))
		return;
	add_address(world, req.ifi.ifi_index, step->v[0]);
	link_flag(&req, IFF_UP, true);
	req_say(world, "link up", &req);
	add_neighbour(world, req.ifi.ifi_index, step->v[0]);
}

const struct op op_ip_up = {
	"ip_up", "ni", 12, generate_ip_up, run_ip_up, .flags = OP_CARRIER | OP_PACKETS,
};

/* ---- where and who the caller is ---- */

static void generate_net(struct gen *gen, struct step *step)
{
	step->v[0] = gen->net = gen->net ? 0 : below(gen, NETS);
}

static void run_net(struct world *world, const struct step *step)
{
	int ret = setns(world->net[step->v[0]].ns, CLONE_NEWNET);

	say_ret(world, ret);
	if (!ret)
		world->here = step->v[0];
}

const struct op op_net = {
	"net", "i", 3, generate_net, run_net,
};

static void generate_user(struct gen *gen, struct step *step)
{
	gen->user = gen->user ? percent(gen, 20) : percent(gen, 60);
	step->v[0] = gen->user ? PICK(gen, 1000, 1000, 1001) : 0;
	step->v[1] = gen->user ? PICK(gen, 1000, 1001, 1002) : 0;
}

static void run_user(struct world *world, const struct step *step)
{
	/* Only root may change the group. */
	int ret = setresuid(-1, 0, -1);

	ret = ret ?: setresgid(-1, step->v[1], -1);
	ret = ret ?: setresuid(-1, step->v[0], -1);
	say_ret(world, ret);
}

const struct op op_user = {
	"user", "ii", 8, generate_user, run_user,
};
