/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of batch mode. */
#ifndef VTUN_BATCH_H
#define VTUN_BATCH_H

#include <linux/uio.h>

#include "vtun.h"

ssize_t vtun_batch_read(struct vtun_queue *vq, struct iov_iter *to,
			enum vtun_wait wait);
ssize_t vtun_batch_write(struct vtun_queue *vq, struct iov_iter *from,
			 enum vtun_wait wait);

#endif /* VTUN_BATCH_H */
