// SPDX-License-Identifier: GPL-2.0-only
/* ethtool's ioctl commands. */
#include "testlib_eth.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/sockios.h>

#define ETH_BLOCKS	((ETH_FEATURES_MAX + 31) / 32)

int eth_ioctl(const char *name, void *cmd)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { .ifr_data = cmd };
	int err = 0;

	if (sock < 0)
		return -errno;
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(sock, SIOCETHTOOL, &ifr) < 0)	/* "not all of it" is above 0 */
		err = -errno;
	close(sock);
	return err;
}

int eth_get_value(const char *name, uint32_t cmd, uint32_t *value)
{
	struct ethtool_value arg = { .cmd = cmd };
	int err = eth_ioctl(name, &arg);

	*value = arg.data;
	return err;
}

int eth_set_value(const char *name, uint32_t cmd, uint32_t value)
{
	struct ethtool_value arg = { .cmd = cmd, .data = value };

	return eth_ioctl(name, &arg);
}

/* ---- link settings ---- */

/* The first call asks how long the masks are: the kernel answers with -n. */
int eth_get_link(const char *name, struct eth_link *link)
{
	int words, err;

	memset(link, 0, sizeof(*link));
	link->base.cmd = ETHTOOL_GLINKSETTINGS;
	err = eth_ioctl(name, link);
	if (err)
		return err;
	words = -link->base.link_mode_masks_nwords;
	if (words <= 0)
		return -EPROTO;
	memset(link, 0, sizeof(*link));
	link->base.cmd = ETHTOOL_GLINKSETTINGS;
	link->base.link_mode_masks_nwords = words;
	return eth_ioctl(name, link);
}

int eth_set_link(const char *name, struct eth_link *link)
{
	link->base.cmd = ETHTOOL_SLINKSETTINGS;
	return eth_ioctl(name, link);
}

/* ---- features ---- */

static int eth_get_feature_names(const char *name, struct eth_features *f)
{
	struct {
		struct ethtool_sset_info head;
		uint32_t count;
	} sset = { { .cmd = ETHTOOL_GSSET_INFO,
		     .sset_mask = 1ULL << ETH_SS_FEATURES }, 0 };
	struct {
		struct ethtool_gstrings head;
		char names[ETH_FEATURES_MAX][ETH_GSTRING_LEN];
	} strings = { { .cmd = ETHTOOL_GSTRINGS,
			.string_set = ETH_SS_FEATURES }, {} };
	int err = eth_ioctl(name, &sset);

	if (err)
		return err;
	if (sset.count > ETH_FEATURES_MAX)
		return -E2BIG;
	strings.head.len = sset.count;
	err = eth_ioctl(name, &strings);
	if (err)
		return err;
	f->count = sset.count;
	memcpy(f->name, strings.names, sizeof(f->name));
	return 0;
}

static enum eth_feature_state
eth_feature_state(const struct ethtool_get_features_block *block, uint32_t bit)
{
	bool on = block->active & bit;

	if (!(block->available & bit) || (block->never_changed & bit))
		return on ? ETH_ON_FIXED : ETH_OFF_FIXED;
	if (on)
		return ETH_ON;
	return block->requested & bit ? ETH_OFF_WANTED : ETH_OFF;
}

int eth_get_features(const char *name, struct eth_features *f)
{
	struct {
		struct ethtool_gfeatures head;
		struct ethtool_get_features_block blocks[ETH_BLOCKS];
	} get = { { .cmd = ETHTOOL_GFEATURES, .size = ETH_BLOCKS }, {} };
	int i, err;

	memset(f, 0, sizeof(*f));	/* so that two of them can be compared */
	err = eth_get_feature_names(name, f);
	if (!err)
		err = eth_ioctl(name, &get);
	if (err)
		return err;
	for (i = 0; i < f->count; i++)
		f->state[i] = eth_feature_state(&get.blocks[i / 32],
						1U << (i % 32));
	return 0;
}

static int eth_feature_index(const struct eth_features *f, const char *feature)
{
	int i;

	for (i = 0; i < f->count; i++)
		if (!strncmp(f->name[i], feature, ETH_GSTRING_LEN))
			return i;
	return -ENOENT;
}

int eth_feature(const struct eth_features *f, const char *feature)
{
	int i = eth_feature_index(f, feature);

	return i < 0 ? i : (int)f->state[i];
}

int eth_set_feature(const char *name, const char *feature, bool on)
{
	struct eth_features f;
	struct {
		struct ethtool_sfeatures head;
		struct ethtool_set_features_block blocks[ETH_BLOCKS];
	} set = { { .cmd = ETHTOOL_SFEATURES }, {} };
	int err = eth_get_features(name, &f);
	int i;

	if (err)
		return err;
	i = eth_feature_index(&f, feature);
	if (i < 0)
		return i;
	set.head.size = (f.count + 31) / 32;
	set.blocks[i / 32].valid = 1U << (i % 32);
	if (on)
		set.blocks[i / 32].requested = 1U << (i % 32);
	err = eth_ioctl(name, &set);
	return err < 0 ? err : 0;
}

int eth_coalesce(const char *name, uint32_t usecs, uint32_t frames)
{
	struct ethtool_coalesce c = {
		.cmd = ETHTOOL_SCOALESCE, .rx_coalesce_usecs = usecs,
		.rx_max_coalesced_frames = frames,
	};

	return eth_ioctl(name, &c);
}
