/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: /sys/kernel/tracing/events/vtun/. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vtun

#if !defined(VTUN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VTUN_TRACE_H

#include <linux/tracepoint.h>

#include "vtun.h"

/* A queue of a device: its name and the queue's number. */
DECLARE_EVENT_CLASS(vtun_queue_class,
	TP_PROTO(const struct net_device *dev, u16 queue),
	TP_ARGS(dev, queue),
	TP_STRUCT__entry(
		__array(char, name, IFNAMSIZ)
		__field(u16, queue)
	),
	TP_fast_assign(
		strscpy(__entry->name, dev->name, IFNAMSIZ);
		__entry->queue = queue;
	),
	TP_printk("dev=%s queue=%u", __entry->name, __entry->queue)
);

/* A file has got a queue, or one that it had takes part again. */
DEFINE_EVENT(vtun_queue_class, vtun_attach,
	TP_PROTO(const struct net_device *dev, u16 queue),
	TP_ARGS(dev, queue)
);

/* The queue takes part no more: its file is closed, it is detached, or the device
 * goes away.
 */
DEFINE_EVENT(vtun_queue_class, vtun_detach,
	TP_PROTO(const struct net_device *dev, u16 queue),
	TP_ARGS(dev, queue)
);

/* Back pressure has stopped it: its fifo is full. */
DEFINE_EVENT(vtun_queue_class, vtun_stall,
	TP_PROTO(const struct net_device *dev, u16 queue),
	TP_ARGS(dev, queue)
);

/* The program has read enough, and it goes on. */
DEFINE_EVENT(vtun_queue_class, vtun_wake,
	TP_PROTO(const struct net_device *dev, u16 queue),
	TP_ARGS(dev, queue)
);

/* Packets were dropped; why is the name of a counter of ethtool -S. Texts have
 * a multiple of eight bytes, or bpftrace can't make a key of them.
 */
TRACE_EVENT(vtun_drop,
	TP_PROTO(const struct net_device *dev, int queue, const char *direction,
		 const char *why, unsigned int n),
	TP_ARGS(dev, queue, direction, why, n),
	TP_STRUCT__entry(
		__array(char, name, IFNAMSIZ)
		__field(int, queue)
		__array(char, direction, 8)
		__array(char, why, 16)
		__field(unsigned int, n)
	),
	TP_fast_assign(
		strscpy(__entry->name, dev->name, IFNAMSIZ);
		__entry->queue = queue;
		strscpy(__entry->direction, direction, 8);
		strscpy(__entry->why, why, 16);
		__entry->n = n;
	),
	TP_printk("dev=%s queue=%d %s %s packets=%u", __entry->name,
		  __entry->queue, __entry->direction, __entry->why, __entry->n)
);

/* A batch of packets, or one: what a read() or write() has moved. */
DECLARE_EVENT_CLASS(vtun_batch_class,
	TP_PROTO(const struct net_device *dev, u16 queue, unsigned int packets,
		 size_t bytes),
	TP_ARGS(dev, queue, packets, bytes),
	TP_STRUCT__entry(
		__array(char, name, IFNAMSIZ)
		__field(u16, queue)
		__field(unsigned int, packets)
		__field(size_t, bytes)
	),
	TP_fast_assign(
		strscpy(__entry->name, dev->name, IFNAMSIZ);
		__entry->queue = queue;
		__entry->packets = packets;
		__entry->bytes = bytes;
	),
	TP_printk("dev=%s queue=%u packets=%u bytes=%zu", __entry->name,
		  __entry->queue, __entry->packets, __entry->bytes)
);

/* The program has read them. */
DEFINE_EVENT(vtun_batch_class, vtun_read,
	TP_PROTO(const struct net_device *dev, u16 queue, unsigned int packets,
		 size_t bytes),
	TP_ARGS(dev, queue, packets, bytes)
);

/* The program has written them, and the stack gets them. */
DEFINE_EVENT(vtun_batch_class, vtun_write,
	TP_PROTO(const struct net_device *dev, u16 queue, unsigned int packets,
		 size_t bytes),
	TP_ARGS(dev, queue, packets, bytes)
);

#endif /* VTUN_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
