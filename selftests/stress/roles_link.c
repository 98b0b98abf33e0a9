// SPDX-License-Identifier: GPL-2.0-only
/* Roles of administrators: links are changed, moved, deleted, looked at. */
#include "stress.h"
#include "testlib_eth.h"
#include "testlib_xdp.h"

#include <sched.h>
#include <stdio.h>

static bool resize(struct stress *s)
{
	static const unsigned int len[] = { 0, 1, 10, 100, 500, 1000 };

	return !link_set_txqlen(stress_dev(s)->name, len[stress_any(s, 6)]);
}

static bool up_down(struct stress *s)
{
	const struct stress_dev *dev = stress_dev(s);
	bool done = !link_down(dev->name);

	nap_ms(stress_any(s, 3));
	return !link_up(dev->name) && done;
}

/* Tidying up knows the second name. */
static bool rename_one(struct stress *s)
{
	const struct stress_dev *dev = stress_dev(s);
	bool done = !link_rename(dev->name, "renamed0");

	nap_ms(stress_any(s, 3));
	if (done && link_rename("renamed0", dev->name))
		link_del("renamed0");	/* another has the name by now */
	return done;
}

/* To a new namespace, back, or, every other time, to death with it. */
static bool move(struct stress *s)
{
	const struct stress_dev *dev = stress_dev(s);
	int ns = ns_new();
	bool done;

	if (ns < 0)
		return false;
	done = !link_set_netns(dev->name, ns);
	nap_ms(stress_any(s, 3));
	if (done && stress_any(s, 2) && !ns_enter(ns)) {
		link_up(dev->name);
		link_set_netns(dev->name, s->home);
	}
	ns_enter(s->home);
	close(ns);
	return done;
}

static bool delete(struct stress *s)
{
	nap_ms(stress_any(s, 50));	/* others need it, too */
	return !link_del(stress_dev(s)->name);
}

static bool xdp(struct stress *s)
{
	static const uint32_t mode[] = {
		XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE
	};
	const struct stress_dev *dev = &stress_devs[1 + stress_any(s, 2)];
	uint32_t flags = mode[stress_any(s, 2)];
	bool done = !xdp_attach(dev->name, s->progs[stress_any(s, 2)], flags);

	nap_ms(stress_any(s, 5));
	return !xdp_attach(dev->name, -1, flags) && done;
}

static bool ethtool(struct stress *s)
{
	const char *name = stress_dev(s)->name;
	struct ethtool_drvinfo info = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };
	struct ethtool_coalesce coalesce = {
		.cmd = ETHTOOL_SCOALESCE,
		.rx_max_coalesced_frames = stress_any(s, 64),
		.rx_coalesce_usecs = stress_any(s, 2) ? stress_any(s, 5000) : 0,
	};
	struct eth_link link;

	eth_ioctl(name, &coalesce);
	eth_set_feature(name, "tx-tcp-segmentation", stress_any(s, 2));
	return !eth_ioctl(name, &info) && !eth_ioctl(name, &channels) &&
	       !eth_get_link(name, &link);
}

static bool sysfs(struct stress *s)
{
	static const char *const attr[] = {
		"tun_flags", "owner", "group", "tx_queue_len", "carrier",
	};
	char buf[64];

	return sysfs_read(stress_dev(s)->name, attr[stress_any(s, 5)], buf,
			  sizeof(buf)) > 0;
}

static bool dump(struct stress *s)
{
	struct link_info info;

	return !link_get(stress_dev(s)->name, &info) && link_count() > 0;
}

static bool mtu(struct stress *s)
{
	return !link_set_mtu(stress_dev(s)->name, 1000 + stress_any(s, 500));
}

const struct stress_role stress_roles_link[] = {
	{ "resize", resize },
	{ "up_down", up_down },
	{ "rename", rename_one },
	{ "netns", move },
	{ "delete", delete },
	{ "xdp", xdp },
	{ "ethtool", ethtool },
	{ "sysfs", sysfs },
	{ "dump", dump },
	{ "mtu", mtu },
	{}
};
