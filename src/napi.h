/* SPDX-License-Identifier: GPL-2.0-only */
/* NAPI of a queue: from attach to detach, running from start to stop. */
#ifndef VTUN_NAPI_H
#define VTUN_NAPI_H

#include "vtun.h"

void vtun_napi_attach(struct vtun_queue *vq, struct net_device *dev,
		      enum vtun_rx_mode mode);
void vtun_napi_want(struct vtun_queue *vq);
void vtun_napi_start(struct vtun_queue *vq);
void vtun_napi_stop(struct vtun_queue *vq);
void vtun_napi_detach(struct vtun_queue *vq);

#endif /* VTUN_NAPI_H */
