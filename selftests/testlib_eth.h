/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ethtool's ioctl commands, for a device of the current namespace. They are
 * used instead of ethtool's netlink family because every kernel has them, small
 * configurations too. Everything returns 0 or -errno.
 */
#ifndef VTUN_SELFTESTS_TESTLIB_ETH_H
#define VTUN_SELFTESTS_TESTLIB_ETH_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/ethtool.h>

/* Hand over a structure whose cmd member is already set. */
int eth_ioctl(const char *name, void *cmd);
/* A command whose argument is an ethtool_value. */
int eth_get_value(const char *name, uint32_t cmd, uint32_t *value);
int eth_set_value(const char *name, uint32_t cmd, uint32_t value);

struct eth_link {
	struct ethtool_link_settings base;
	uint32_t masks[3 * 127];	/* supported, advertised, of the partner */
};

int eth_get_link(const char *name, struct eth_link *link);
/* @link comes from eth_get_link(): it knows how long the masks are. */
int eth_set_link(const char *name, struct eth_link *link);

/* "ethtool -C" rx-usecs and rx-frames, all else 0: 0 or -errno. */
int eth_coalesce(const char *name, uint32_t usecs, uint32_t frames);

enum eth_feature_state {
	ETH_OFF_FIXED,		/* off, cannot be changed */
	ETH_ON_FIXED,
	ETH_OFF,		/* off, as was asked for */
	ETH_ON,
	ETH_OFF_WANTED,		/* off, although on is asked for */
};

#define ETH_FEATURES_MAX	96

struct eth_features {
	int count;
	char name[ETH_FEATURES_MAX][ETH_GSTRING_LEN];
	enum eth_feature_state state[ETH_FEATURES_MAX];
};

int eth_get_features(const char *name, struct eth_features *features);
/* The state of one feature by its ethtool name, or -ENOENT. */
int eth_feature(const struct eth_features *features, const char *feature);
/* What the administrator does with "ethtool -K". */
int eth_set_feature(const char *name, const char *feature, bool on);

#endif
