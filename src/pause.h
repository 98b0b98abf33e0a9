/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random pauses at the driver's transitions, so that what can come in between
 * does. Only in kernels with fault injection, and only once somebody has
 * written a percentage to vtun_pause/probability in debugfs.
 */
#ifndef VTUN_PAUSE_H
#define VTUN_PAUSE_H

#include <linux/kconfig.h>

#if IS_ENABLED(CONFIG_FAULT_INJECTION_DEBUG_FS)
void vtun_pause(void);
void vtun_pause_atomic(void);
void vtun_pause_init(void);
void vtun_pause_exit(void);
#else
static inline void vtun_pause(void) {}
static inline void vtun_pause_atomic(void) {}
static inline void vtun_pause_init(void) {}
static inline void vtun_pause_exit(void) {}
#endif

#endif /* VTUN_PAUSE_H */
