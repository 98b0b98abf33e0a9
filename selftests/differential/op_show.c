// SPDX-License-Identifier: GPL-2.0-only
/* What shows a device: link dumps, sysfs, ethtool; and what is set there. */
#include "gen.h"
#include "ops.h"
#include "rules.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void generate_dump(struct gen *gen, struct step *step)
{
	step->v[0] = percent(gen, 90) ? gen->net : (int)below(gen, NETS);
}

static void run_dump(struct world *world, const struct step *step)
{
	look_at_links(world, &world->net[step->v[0]]);
	reach(world, "dump", 0);
}

const struct op op_dump = {
	"dump", "i", 25, generate_dump, run_dump,
};

static const char *const sysfs_kinds[] = {
	"tun_flags", "owner", "group", "address", "addr_assign_type", "addr_len", "broadcast",
	"carrier", "carrier_changes", "dev_id", "dev_port", "dormant", "duplex", "flags", "ifalias",
	"link_mode", "mtu", "name_assign_type", "netdev_group", "operstate", "speed",
	"tx_queue_len", "type", "uevent", "statistics/rx_packets", "statistics/tx_dropped",
	"statistics/rx_dropped", "statistics/rx_frame_errors", "gro_flush_timeout",
	"queues/tx-0/tx_timeout", "queues/tx-1/tx_timeout", "queues/rx-1/rps_cpus", "threaded",
	"napi_defer_hard_irqs", "testing", "proto_down", "phys_port_id", NULL,
};

static void generate_sysfs(struct gen *gen, struct step *step)
{
	gen_device_name(gen, step, 0);
	step->v[0] = percent(gen, 40) ? below(gen, 3) : below(gen, ARRAY_SIZE(sysfs_kinds) - 1);
}

static void run_sysfs(struct world *world, const struct step *step)
{
	look_at_sysfs(world, step->name[0], sysfs_kinds[step->v[0]]);
	reach(world, "sysfs", 0);
}

const struct op op_sysfs = {
	"sysfs", "nk", 20, generate_sysfs, run_sysfs, sysfs_kinds,
};

static const char *const write_sysfs_kinds[] = {
	"mtu", "tx_queue_len", "carrier", "flags", "tun_flags", "owner", "group", "ifalias",
	"gro_flush_timeout", "napi_defer_hard_irqs", "netdev_group", "threaded", NULL,
};

static void generate_write_sysfs(struct gen *gen, struct step *step)
{
	gen_device_name(gen, step, 0);
	step->v[0] = below(gen, ARRAY_SIZE(write_sysfs_kinds) - 4);
	step->v[1] = step->v[0] == 2 ? (int64_t)below(gen, 2) :
		     PICK(gen, 0, 1, 100, 1500, 0x1003, 0x1002, 40000, -1);
}

static void run_write_sysfs(struct world *world, const struct step *step)
{
	char path[128], text[32], key[48];
	ssize_t ret = -1;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", step->name[0],
		 write_sysfs_kinds[step->v[0]]);
	snprintf(text, sizeof(text), "%lld\n", (long long)step->v[1]);
	snprintf(key, sizeof(key), "sysfs %s", write_sysfs_kinds[step->v[0]]);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		ret = write(fd, text, strlen(text));
	say_result(world, key, ret);
	if (ret > 0 && !strcmp(key, "sysfs tx_queue_len"))
		rules_shorter(world, step->name[0], step->v[1]);
	world->may_hold |= ret > 0 && !strcmp(key, "sysfs gro_flush_timeout");
	if (fd >= 0)
		close(fd);
}

const struct op op_write_sysfs = {
	"write_sysfs", "nki", 6, generate_write_sysfs, run_write_sysfs, write_sysfs_kinds,
	OP_CARRIER | OP_PACKETS,
};

/* ---- ethtool ---- */

static const struct ethtool_question {
	const char *name;
	uint32_t cmd;
	size_t size;
} questions[] = {
	{ "drvinfo", ETHTOOL_GDRVINFO, sizeof(struct ethtool_drvinfo) },
	{ "link", ETHTOOL_GLINK, 8 }, { "msglvl", ETHTOOL_GMSGLVL, 8 },
	{ "coalesce", ETHTOOL_GCOALESCE, sizeof(struct ethtool_coalesce) },
	{ "channels", ETHTOOL_GCHANNELS, sizeof(struct ethtool_channels) },
	{ "ringparam", ETHTOOL_GRINGPARAM, sizeof(struct ethtool_ringparam) },
	{ "pauseparam", ETHTOOL_GPAUSEPARAM, sizeof(struct ethtool_pauseparam) },
	{ "ts_info", ETHTOOL_GET_TS_INFO, sizeof(struct ethtool_ts_info) },
	{ "settings", ETHTOOL_GSET, sizeof(struct ethtool_cmd) },
	{ "linksettings", ETHTOOL_GLINKSETTINGS, 300 },
	{ "sset_info", ETHTOOL_GSSET_INFO, 40 }, { "features", ETHTOOL_GFEATURES, 8 + 4 * 16 },
	{ "eee", ETHTOOL_GEEE, sizeof(struct ethtool_eee) }, { "wol", ETHTOOL_GWOL, 20 },
	{ "eeprom", ETHTOOL_GEEPROM, 64 }, { "regs", ETHTOOL_GREGS, 64 },
	{ "permaddr", ETHTOOL_GPERMADDR, 40 }, { "stats", ETHTOOL_GSTATS, 64 },
	{ "rxfh", ETHTOOL_GRSSH, 64 }, { "priv_flags", ETHTOOL_GPFLAGS, 8 },
	{ "flags", ETHTOOL_GFLAGS, 8 }, { "module_info", ETHTOOL_GMODULEINFO, 64 },
	{ "nway", ETHTOOL_NWAY_RST, 8 }, { "test", ETHTOOL_TEST, 64 },
	{ "sg", ETHTOOL_GSG, 8 }, { "tso", ETHTOOL_GTSO, 8 }, { "txcsum", ETHTOOL_GTXCSUM, 8 },
	{ "gso", ETHTOOL_GGSO, 8 }, { "gro", ETHTOOL_GGRO, 8 },
};
#define QUESTIONS	ARRAY_SIZE(questions)

static const char *const question_kinds[] = {
	"drvinfo", "link", "msglvl", "coalesce", "channels", "ringparam", "pauseparam", "ts_info",
	"settings", "linksettings", "sset_info", "features", "eee", "wol", "eeprom", "regs",
	"permaddr", "stats", "rxfh", "priv_flags", "flags", "module_info", "nway", "test", "sg",
	"tso", "txcsum", "gso", "gro", NULL,
};

static int ask(struct world *world, const char *name, void *data)
{
	struct ifreq ifr = { .ifr_data = data };

	snprintf(ifr.ifr_name, IFNAMSIZ, "%.15s", name);
	return ioctl(world_net(world)->ctl, SIOCETHTOOL, &ifr);
}

static void generate_ethtool(struct gen *gen, struct step *step)
{
	gen_device_name(gen, step, 0);
	step->v[0] = percent(gen, 60) ? PICK(gen, 0, 1, 2, 3, 4, 8, 9, 11, 11) :
		     (int64_t)below(gen, QUESTIONS);
}

/* A line for each feature that there is: whether it can be switched, is wanted, is on, is fixed. */
static void say_features(struct world *world, const struct ethtool_gfeatures *all)
{
	char key[24];

	for (unsigned int i = 0; i < 32 * all->size; i++) {
		const struct ethtool_get_features_block *block = &all->features[i / 32];
		uint32_t bit = 1u << i % 32;

		if (!((block->available | block->requested | block->active | block->never_changed) & bit))
			continue;
		snprintf(key, sizeof(key), "feature %u", i);
		say(world, key, "%d%d%d%d", !!(block->available & bit), !!(block->requested & bit),
		    !!(block->active & bit), !!(block->never_changed & bit));
	}
}

static void run_ethtool(struct world *world, const struct step *step)
{
	const struct ethtool_question *q = &questions[step->v[0]];
	uint8_t data[32768] = {};	/* what every queue has counted fits */
	int ret;

	memcpy(data, &q->cmd, 4);
	if (q->cmd == ETHTOOL_GFEATURES)
		data[4] = 4;
	ret = ask(world, step->name[0], data);
	say_result(world, q->name, ret);
	if (ret)
		return;
	if (q->cmd == ETHTOOL_GDRVINFO) {
		struct ethtool_drvinfo *info = (void *)data;

		say(world, "driver", "%s", info->driver);
		say(world, "version", "%s", info->version);
		say(world, "n_stats", "%u", info->n_stats);
		info->n_stats = 0;
		memset(info->driver, 0, sizeof(info->driver));
		memset(info->version, 0, sizeof(info->version));
	}
	if (q->cmd == ETHTOOL_GFEATURES)
		say_features(world, (void *)data);
	else
		say_bytes(world, "answer", data, q->size);
}

const struct op op_ethtool = {
	"ethtool", "nk", 25, generate_ethtool, run_ethtool, question_kinds,
};

static const char *const set_kinds[] = {
	"msglvl", "sg", "tso", "txcsum", "gso", "gro", "rx_frames", "rx_usecs", "channels", "speed",
	"ringparam", "feature_on", "feature_off", "ufo", "flags", "duplex", NULL,
};

static void generate_set_ethtool(struct gen *gen, struct step *step)
{
	gen_device_name(gen, step, 0);
	step->v[0] = below(gen, ARRAY_SIZE(set_kinds) - 1);
	step->v[1] = below(gen, 2);
	if (step->v[0] == 0)
		step->v[1] = PICK(gen, 0, 0, 4, 0x2000);
	else if (step->v[0] == 6 || step->v[0] == 8)
		step->v[1] = PICK(gen, 0, 1, 5, 64, 65, 1000, -1);
	else if (step->v[0] == 9)
		step->v[1] = PICK(gen, 10, 100, 1000, 25000, 0, -1);
	else if (step->v[0] == 11 || step->v[0] == 12)
		step->v[1] = below(gen, 64);
}

static void set_feature(struct ethtool_sfeatures *set, unsigned int bit, bool on)
{
	set->size = 2;
	set->features[bit / 32].valid = 1u << bit % 32;
	set->features[bit / 32].requested = on ? 1u << bit % 32 : 0;
}

static int set_link(struct world *world, const char *name, int kind, int64_t v)
{
	struct ethtool_cmd cmd = { .cmd = ETHTOOL_GSET };
	int ret = ask(world, name, &cmd);

	if (ret)
		return ret;
	if (kind == 9)
		ethtool_cmd_speed_set(&cmd, v);
	else
		cmd.duplex = v;
	cmd.cmd = ETHTOOL_SSET;
	return ask(world, name, &cmd);
}

static void run_set_ethtool(struct world *world, const struct step *step)
{
	static const uint32_t values[] = {
		[0] = ETHTOOL_SMSGLVL, [1] = ETHTOOL_SSG, [2] = ETHTOOL_STSO, [3] = ETHTOOL_STXCSUM,
		[4] = ETHTOOL_SGSO, [5] = ETHTOOL_SGRO, [13] = ETHTOOL_SUFO, [14] = ETHTOOL_SFLAGS,
	};
	int kind = step->v[0], ret;
	int64_t v = step->v[1];
	char key[32];

	if (kind == 6 || kind == 7) {
		struct ethtool_coalesce c = { .cmd = ETHTOOL_SCOALESCE };

		*(kind == 6 ? &c.rx_max_coalesced_frames : &c.rx_coalesce_usecs) = v;
		ret = ask(world, step->name[0], &c);
	} else if (kind == 8) {
		struct ethtool_channels c = { .cmd = ETHTOOL_SCHANNELS, .combined_count = v };

		ret = ask(world, step->name[0], &c);
	} else if (kind == 9 || kind == 15) {
		ret = set_link(world, step->name[0], kind, v);
	} else if (kind == 10) {
		struct ethtool_ringparam c = { .cmd = ETHTOOL_SRINGPARAM, .rx_pending = v };

		ret = ask(world, step->name[0], &c);
	} else if (kind == 11 || kind == 12) {
		char room[sizeof(struct ethtool_sfeatures) + 64] = {};
		struct ethtool_sfeatures *set = (void *)room;

		set->cmd = ETHTOOL_SFEATURES;
		set_feature(set, v, kind == 11);
		ret = ask(world, step->name[0], set);
	} else {
		struct ethtool_value c = { values[kind], v };

		ret = ask(world, step->name[0], &c);
	}
	snprintf(key, sizeof(key), "ethtool set %s", set_kinds[kind]);
	say_result(world, key, ret);
}

const struct op op_set_ethtool = {
	"set_ethtool", "nki", 20, generate_set_ethtool, run_set_ethtool, set_kinds,
};
