/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver's sources use of the kernel, for a program: types and macros.
 * Packets are in linux/skbuff.h, user memory in linux/uio.h, devices in
 * linux/netdevice.h, and what is no macro in ../kernel.c. Written for the fuzzer:
 * only what is asked for is here, and only as true as the driver can tell.
 */
#ifndef SHIM_H
#define SHIM_H

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef u64 netdev_features_t;
typedef unsigned int gfp_t;
typedef struct { int counter; } atomic_t;
typedef struct { int unused; } spinlock_t;
typedef struct { unsigned int val; } kuid_t, kgid_t;

struct list_head { struct list_head *next, *prev; };
struct hlist_head { void *first; };
struct delayed_work { int unused; };
struct ethtool_link_ksettings { int unused; };

/**
 * struct shim - what a fuzz target chooses of the kernel, and sees of it
 * @fault: byte of the user's buffer that can't be touched, SIZE_MAX for none
 * @allocs: allocations that succeed
 * @linear_max: bytes of a packet that has no fragments
 * @atomic: depth of sections that must not touch user memory
 */
struct shim {
	size_t fault;
	size_t allocs;
	size_t linear_max;
	unsigned int atomic;
};

extern struct shim shim;

#define CHECK(what) do {						\
	if (!(what)) {							\
		fprintf(stderr, "%s:%d: not true: %s\n", __FILE__,	\
			__LINE__, #what);				\
		abort();						\
	}								\
} while (0)

/* For what a target itself needs. */
static inline void *must_malloc(size_t len)
{
	void *data = malloc(len ?: 1);

	if (!data)
		abort();
	return data;
}

#define __rcu
#define ____cacheline_aligned_in_smp
#define likely(x)		(x)
#define unlikely(x)		(x)
#define noinline		__attribute__((noinline))
#define IS_ENABLED(option)	0
#define BIT(n)			(1UL << (n))
#define U16_MAX			0xffff
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define ALIGN(x, to)		(((x) + (to) - 1) / (to) * (to))
#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max_t(type, a, b)	((type)(a) > (type)(b) ? (type)(a) : (type)(b))
#define min(a, b)		min_t(typeof((a) + (b)), a, b)

#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value)	(*(volatile typeof(x) *)&(x) = (value))
#define smp_load_acquire(x)	READ_ONCE(*(x))
#define smp_mb()		do { } while (0)
#define smp_mb__after_atomic()	do { } while (0)

#define rcu_read_lock()		(shim.atomic++)
#define rcu_read_unlock()	(shim.atomic--)
#define rcu_dereference(p)	(p)
#define rcu_dereference_bh(p)	(p)
#define rcu_dereference_check(p, condition)	(p)
#define rcu_access_pointer(p)	(p)
#define rtnl_dereference(p)	(p)
#define local_bh_disable()	(shim.atomic++)
#define local_bh_enable()	(shim.atomic--)
#define spin_lock(lock)		((void)(lock), shim.atomic++)
#define spin_unlock(lock)	((void)(lock), shim.atomic--)
#define cond_resched()		CHECK(!shim.atomic)
#define atomic_dec(v)		((v)->counter--)
#define atomic_read(v)		((v)->counter)
#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), #cond)

/* Nobody sends signals, and whoever would sleep is woken by one. */
#define ERESTARTSYS		512
#define signal_pending(task)	false
#define wait_event_interruptible(queue, cond) \
	((void)(queue), (cond) ? 0 : -ERESTARTSYS)

#define KERNEL_VERSION(a, b, c)	((a) << 16 | (b) << 8 | (c))
#define LINUX_VERSION_CODE	KERNEL_VERSION(7, 3, 0)

#define PAGE_SIZE		4096UL
#define SMP_CACHE_BYTES		64
#define PAGE_ALLOC_COSTLY_ORDER	3
#define GFP_KERNEL		0
#define GFP_ATOMIC		0
#define GFP_NOWAIT		0
#define __GFP_COMP		0
#define __GFP_NOWARN		0

#define htons(x)		htobe16(x)
#define cpu_to_le16(x)		htole16(x)
#define le16_to_cpu(x)		le16toh(x)
#define __virtio16_to_cpu(little, x)	((little) ? le16toh(x) : be16toh(x))
#define __cpu_to_virtio16(little, x)	((little) ? htole16(x) : htobe16(x))
#define virtio_legacy_is_little_endian() (__BYTE_ORDER == __LITTLE_ENDIAN)

/* Pointers that are an errno: those of the last page. */
#define ERR_PTR(err)		((void *)(long)(err))
#define PTR_ERR(p)		((long)(p))
#define IS_ERR(p)		((unsigned long)(p) >= -PAGE_SIZE)
#define IS_ERR_OR_NULL(p)	(!(p) || IS_ERR(p))

#endif /* SHIM_H */
