// SPDX-License-Identifier: GPL-2.0-only
/* A packet through a VLAN device, which comes with its tag beside it. */
#include "gen.h"
#include "ops.h"
#include "packet.h"
#include "route.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_vlan.h>
#include <string.h>
#include <sys/socket.h>

static void generate_vlan(struct gen *gen, struct step *step)
{
	int device = gen_device_name(gen, step, 0);
	struct frame frame;

	step->v[0] = percent(gen, 90) ? 1 + below(gen, 4094) : PICK(gen, 0, 4095, 4096);
	step->v[1] = below(gen, 8);
	frame_make(gen, &frame, true, device < 0 ? 0 : device, true, 0);
	gen_put(step, frame.data, frame.len);
}

/* All its packets get the priority. */
static void add_vlan(struct world *world, int below, uint16_t id, int priority)
{
	struct ifla_vlan_qos_mapping map = { .to = priority };
	struct rtattr *info, *data, *qos;
	struct link_req req;

	link_req_init(&req, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	req_put(&req, IFLA_IFNAME, VLAN_NAME, sizeof(VLAN_NAME));
	req_put_u32(&req, IFLA_LINK, below);
	info = req_nest(&req, IFLA_LINKINFO);
	req_put(&req, IFLA_INFO_KIND, "vlan", 4);
	data = req_nest(&req, IFLA_INFO_DATA);
	req_put(&req, IFLA_VLAN_ID, &id, sizeof(id));
	qos = req_nest(&req, IFLA_VLAN_EGRESS_QOS);
	req_put(&req, IFLA_VLAN_QOS_MAPPING, &map, sizeof(map));
	req_nest_end(&req, qos);
	req_nest_end(&req, data);
	req_nest_end(&req, info);
	req_say(world, "vlan", &req);
}

static void send_through(struct world *world, int index, const struct step *step)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET, .sll_protocol = htons(0x0800), .sll_ifindex = index,
	};
	uint8_t data[STEP_BYTES];

	memcpy(data, step->bytes, step->size);
	mac_to_world(world, data, step->size);
	say_result(world, "vlan send", sendto(world_net(world)->send, data, step->size, 0,
					      (struct sockaddr *)&to, sizeof(to)));
}

/* The device is there for one packet only: it follows the one below whenever it likes. */
static void run_vlan(struct world *world, const struct step *step)
{
	int index = route_index(world_net(world), step->name[0]);
	struct link_req req;

	if (index <= 1) {
		say(world, "ret", "no device");
		return;
	}
	add_vlan(world, index, step->v[0], step->v[1]);
	index = route_index(world_net(world), VLAN_NAME);
	if (!index)
		return;
	link_req_init(&req, RTM_NEWLINK, 0);
	req.ifi.ifi_index = index;
	req.ifi.ifi_flags = req.ifi.ifi_change = IFF_UP;
	req_say(world, "vlan up", &req);
	send_through(world, index, step);
	link_req_init(&req, RTM_DELLINK, 0);
	req.ifi.ifi_index = index;
	req_say(world, "vlan delete", &req);
}

const struct op op_vlan = {
	"vlan", "niib", 6, generate_vlan, run_vlan, .flags = OP_CARRIER | OP_PACKETS,
};
