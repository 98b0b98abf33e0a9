// SPDX-License-Identifier: GPL-2.0-only
/* ethtool: driver, channels, rings, coalescing, counters, messages, link. */

#include "dev.h"
#include "ethtool.h"
#include "napi.h"
#include "stats.h"

/* What the newest core lets anybody ask for as tx_queue_len. */
#define VTUN_ETHTOOL_FIFO_MAX	S16_MAX

static void vtun_ethtool_get_drvinfo(struct net_device *dev,
				     struct ethtool_drvinfo *info)
{
	strscpy(info->driver, VTUN_NAME, sizeof(info->driver));
	strscpy(info->version, VTUN_VERSION, sizeof(info->version));
	strscpy(info->bus_info, vtun_is_tap(netdev_priv(dev)) ? "tap" : "tun",
		sizeof(info->bus_info));
}

static u32 vtun_ethtool_get_msglevel(struct net_device *dev)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	return vtun->msg_enable;
}

static void vtun_ethtool_set_msglevel(struct net_device *dev, u32 level)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	WRITE_ONCE(vtun->msg_enable, level);
}

static void vtun_ethtool_get_channels(struct net_device *dev,
				      struct ethtool_channels *channels)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	channels->max_combined = vtun->dev->num_tx_queues;
	channels->combined_count = vtun->num_queues;
	if (vtun->max_queues < channels->max_combined)
		channels->combined_count = vtun->max_queues;
}

/* How many there are is the programs' choice, how many there may be is ours. */
static int vtun_ethtool_set_channels(struct net_device *dev,
				     struct ethtool_channels *channels)
{
	struct vtun_dev *vtun = netdev_priv(dev);
	struct vtun_cfg cfg = {
		.set = VTUN_CFG_MAX_QUEUES,
		.max_queues = channels->combined_count,
	};

	if (!cfg.max_queues)
		return -EINVAL;
	if (cfg.max_queues < vtun->num_queues + vtun->num_parked)
		return -EBUSY;
	vtun_dev_apply(vtun, &cfg);
	return 0;
}

/* The fifo's length, which is the device's tx_queue_len. */
static void vtun_ethtool_get_ring(struct net_device *dev,
				  struct ethtool_ringparam *ring,
				  struct kernel_ethtool_ringparam *kernel,
				  struct netlink_ext_ack *extack)
{
	ring->tx_max_pending = VTUN_ETHTOOL_FIFO_MAX;
	ring->tx_pending = dev->tx_queue_len;
}

static int vtun_ethtool_set_ring(struct net_device *dev,
				 struct ethtool_ringparam *ring,
				 struct kernel_ethtool_ringparam *kernel,
				 struct netlink_ext_ack *extack)
{
	unsigned int was = dev->tx_queue_len;
	int err;

	WRITE_ONCE(dev->tx_queue_len, ring->tx_pending);
	err = call_netdevice_notifiers(NETDEV_CHANGE_TX_QUEUE_LEN, dev);
	err = notifier_to_errno(err);
	if (err) {
		NL_SET_ERR_MSG(extack, "no memory for a fifo of that length");
		WRITE_ONCE(dev->tx_queue_len, was);
		return err;
	}
	netdev_state_change(dev);
	return 0;
}

static int vtun_ethtool_get_link(struct net_device *dev,
				 struct ethtool_link_ksettings *settings)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	*settings = vtun->link;
	return 0;
}

static int vtun_ethtool_set_link(struct net_device *dev,
				 const struct ethtool_link_ksettings *settings)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	vtun->link = *settings;
	return 0;
}

/* rx-frames alone is for senders in the kernel that say that more follows; a
 * write() never does. With rx-usecs it waits for so many others.
 */
static int vtun_ethtool_get_coalesce(struct net_device *dev,
				     struct ethtool_coalesce *coalesce,
				     struct kernel_ethtool_coalesce *kernel,
				     struct netlink_ext_ack *extack)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	coalesce->rx_max_coalesced_frames = vtun->rx_frames;
	coalesce->rx_coalesce_usecs = vtun->rx_usecs;
	return 0;
}

static int vtun_ethtool_set_coalesce(struct net_device *dev,
				     struct ethtool_coalesce *coalesce,
				     struct kernel_ethtool_coalesce *kernel,
				     struct netlink_ext_ack *extack)
{
	struct vtun_dev *vtun = netdev_priv(dev);

	if (coalesce->rx_coalesce_usecs > USEC_PER_SEC) {
		NL_SET_ERR_MSG(extack, "rx-usecs: a packet may wait for a second at most");
		return -EINVAL;
	}
	WRITE_ONCE(vtun->rx_frames, min_t(u32, coalesce->rx_max_coalesced_frames,
					  NAPI_POLL_WEIGHT));
	vtun_napi_set_hold(vtun, coalesce->rx_coalesce_usecs);
	return 0;
}

static int vtun_ethtool_get_count(struct net_device *dev, int set)
{
	if (set != ETH_SS_STATS)
		return -EOPNOTSUPP;
	return vtun_stats_get_count(netdev_priv(dev));
}

static void vtun_ethtool_get_names(struct net_device *dev, u32 set, u8 *names)
{
	if (set == ETH_SS_STATS)
		vtun_stats_get_names(netdev_priv(dev), names);
}

static void vtun_ethtool_get_values(struct net_device *dev,
				    struct ethtool_stats *stats, u64 *values)
{
	vtun_stats_get_values(netdev_priv(dev), values);
}

/**
 * vtun_ethtool_init() - what a new device says of its link
 * @vtun: device that is being made
 */
void vtun_ethtool_init(struct vtun_dev *vtun)
{
	vtun->link.base.speed = SPEED_10000;
	vtun->link.base.duplex = DUPLEX_FULL;
	vtun->link.base.port = PORT_TP;
	vtun->link.base.autoneg = AUTONEG_DISABLE;
}

const struct ethtool_ops vtun_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_MAX_FRAMES |
				     ETHTOOL_COALESCE_RX_USECS,
	.get_drvinfo		= vtun_ethtool_get_drvinfo,
	.get_msglevel		= vtun_ethtool_get_msglevel,
	.set_msglevel		= vtun_ethtool_set_msglevel,
	.get_link		= ethtool_op_get_link,
	.get_channels		= vtun_ethtool_get_channels,
	.set_channels		= vtun_ethtool_set_channels,
	.get_ringparam		= vtun_ethtool_get_ring,
	.set_ringparam		= vtun_ethtool_set_ring,
	.get_coalesce		= vtun_ethtool_get_coalesce,
	.set_coalesce		= vtun_ethtool_set_coalesce,
	.get_ts_info		= ethtool_op_get_ts_info,
	.get_sset_count		= vtun_ethtool_get_count,
	.get_strings		= vtun_ethtool_get_names,
	.get_ethtool_stats	= vtun_ethtool_get_values,
	.get_link_ksettings	= vtun_ethtool_get_link,
	.set_link_ksettings	= vtun_ethtool_set_link,
};
