/* SPDX-License-Identifier: GPL-2.0-only */
/* From the program to the stack. */
#ifndef VTUN_RX_H
#define VTUN_RX_H

#include <linux/uio.h>

#include "frame.h"

ssize_t vtun_rx_write(struct vtun_queue *vq, struct iov_iter *from,
		      enum vtun_wait wait);

ssize_t vtun_rx_write_frame(struct vtun_queue *vq, struct vtun_frame *frame,
			    struct iov_iter *from, enum vtun_wait wait);
int vtun_rx_wait_room(struct vtun_queue *vq, enum vtun_wait wait);
struct sk_buff *vtun_rx_build(struct vtun_queue *vq, struct vtun_frame *frame,
			      struct iov_iter *from);
int vtun_rx_deliver_list(struct vtun_queue *vq, const struct vtun_frame *frame,
			 struct sk_buff_head *list);

#endif /* VTUN_RX_H */
