/* SPDX-License-Identifier: GPL-2.0-only */
/* TUNSETIFF. */
#ifndef VTUN_ATTACH_H
#define VTUN_ATTACH_H

#include "vtun.h"

int vtun_attach_file(struct vtun_queue *vq, char *name, u16 flags);

#endif /* VTUN_ATTACH_H */
