/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints that nobody looks at. */
#ifndef SHIM_TRACEPOINT_H
#define SHIM_TRACEPOINT_H

#define TP_PROTO(...)	__VA_ARGS__
#define DECLARE_EVENT_CLASS(...)
#define DEFINE_EVENT(class, name, proto, args) \
	static inline void trace_##name(proto) {}
#define TRACE_EVENT(name, proto, ...) \
	static inline void trace_##name(proto) {}

#endif /* SHIM_TRACEPOINT_H */
