/* SPDX-License-Identifier: GPL-2.0-only */
/* From the stack to the program. */
#ifndef VTUN_TX_H
#define VTUN_TX_H

#include <linux/uio.h>

#include "fifo.h"
#include "frame.h"
#include "stats.h"

/**
 * struct vtun_tx_take - packets that a reader takes out of the fifo
 * @frame: begun when they were taken; without a device they are lost
 * @entries: what was taken
 * @segments: which one of each, if it is to be cut
 * @n: how many
 * @max: length of @entries and @segments
 * @room: bytes that they may need
 * @record: bytes that each one needs in front, beside the headers of @frame
 * @align: power of two that each one's bytes are rounded up to
 * @too_long: none was taken, because the first one needs more than @room
 */
struct vtun_tx_take {
	struct vtun_frame *frame;
	void **entries;
	u16 *segments;
	unsigned int n;
	unsigned int max;
	size_t room;
	size_t record;
	size_t align;
	bool too_long;
};

bool vtun_tx_hold_back(struct vtun_queue *vq, struct netdev_queue *txq);
netdev_tx_t vtun_tx_xmit(struct sk_buff *skb, struct net_device *dev);
ssize_t vtun_tx_read(struct vtun_queue *vq, struct iov_iter *to,
		     enum vtun_wait wait);

int vtun_tx_wait(struct vtun_queue *vq, struct vtun_tx_take *take,
		 enum vtun_wait wait);
int vtun_tx_copy_entry(void *entry, unsigned int segment, struct iov_iter *to);
void vtun_tx_done(struct vtun_queue *vq, void **entries, unsigned int packets,
		  size_t bytes);
void vtun_tx_lose(struct vtun_queue *vq, void *entry, int err,
		  enum vtun_stat what);

/**
 * vtun_tx_describe() - find out what the headers have to say of a packet
 * @frame: begun; @frame->len and what its headers say are set
 * @entry: what was in the fifo
 * @segment: which one of it, if it is to be cut
 *
 * Context: any.
 * Return: 0, or -EINVAL if no header describes it.
 */
static inline int vtun_tx_describe(struct vtun_frame *frame, void *entry,
				   unsigned int segment)
{
	const struct xdp_frame *xdpf;
	const struct ethhdr *eth;

	if (likely(!vtun_fifo_is_frame(entry)))
		return vtun_frame_describe(frame, entry, segment);
	xdpf = vtun_fifo_to_frame(entry);
	eth = xdpf->data;
	frame->proto = xdpf->len < ETH_HLEN ? 0 : eth->h_proto;
	frame->len = xdpf->len;
	frame->vnet = (struct vtun_vnet){};
	return 0;
}

#endif /* VTUN_TX_H */
