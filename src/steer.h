/* SPDX-License-Identifier: GPL-2.0-only */
/* Which queue a flow uses. */
#ifndef VTUN_STEER_H
#define VTUN_STEER_H

#include "vtun.h"

int vtun_steer_init(struct vtun_dev *vtun);
void vtun_steer_uninit(struct vtun_dev *vtun);

u16 vtun_steer_select(struct vtun_dev *vtun, struct sk_buff *skb);
void vtun_steer_learn(struct vtun_dev *vtun, const struct sk_buff *skb,
		      u16 index);
void vtun_steer_renumber(struct vtun_dev *vtun, u16 gap, u16 last);

#endif /* VTUN_STEER_H */
