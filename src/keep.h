/* SPDX-License-Identifier: GPL-2.0-only */
/* What waits for the next program: IFLA_VTUN_KEEP_CARRIER. */
#ifndef VTUN_KEEP_H
#define VTUN_KEEP_H

#include "vtun.h"

int vtun_keep_start(struct vtun_dev *vtun);
void vtun_keep_stop(struct vtun_dev *vtun);
void vtun_keep_store(struct vtun_dev *vtun, struct vtun_queue *vq);
void vtun_keep_restore(struct vtun_dev *vtun, struct vtun_queue *vq);
bool vtun_keep_leftover(struct vtun_dev *vtun, struct vtun_queue *vq);

static inline bool vtun_keep_is_on(const struct vtun_dev *vtun)
{
	return rcu_access_pointer(vtun->kept);
}

#endif /* VTUN_KEEP_H */
