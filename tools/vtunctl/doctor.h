/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of "vtunctl doctor" share. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include <limits.h>

#include "vtunctl.h"

#define DOCTOR_TEXT_SIZE	256

enum doctor_level {
	DOCTOR_NOTE,		/* good to know, or could not be checked */
	DOCTOR_WARNING,		/* works now, or partly */
	DOCTOR_ERROR,		/* can't work */
};

struct doctor_finding {
	enum doctor_level level;
	const char *id;		/* what programs know it by: never renamed */
	char *what;
	char *seen;
	char *mend;
};

/* The module's file for the running kernel, as modprobe would find it. */
struct doctor_module {
	bool builtin;
	bool is_signed;
	char path[PATH_MAX];	/* empty: there is none */
	char vermagic[DOCTOR_TEXT_SIZE];
	char signer[DOCTOR_TEXT_SIZE];
};

struct doctor {
	const char *name;	/* as typed; NULL: of no device */
	const char *netns;	/* likewise; NULL: where we are */
	bool has_device;	/* there is one of that name, and it is ours */
	bool loaded;
	bool outside;		/* of the user namespace that has the network's */
	char release[DOCTOR_TEXT_SIZE];	/* of the running kernel */
	struct doctor_module module;
	struct device device;
	struct doctor_finding *findings;
	size_t n;
	bool no_memory;
};

/* cmd_doctor.c: findings */

/* A new finding; the next two tell how it was seen and what mends it. */
__attribute__((format(printf, 4, 5)))
void doctor_find(struct doctor *doctor, enum doctor_level level, const char *id,
		 const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
void doctor_seen(struct doctor *doctor, const char *fmt, ...);
/* A command line, with remarks after '#'; a sentence where none can do it. */
__attribute__((format(printf, 2, 3)))
void doctor_mend(struct doctor *doctor, const char *fmt, ...);
/* The same for one command that must run in the network namespace of -n. */
__attribute__((format(printf, 2, 3)))
void doctor_mend_inside(struct doctor *doctor, const char *fmt, ...);

/* @name as one word of a shell's command line; valid until the next call. */
const char *doctor_word(const char *name);
/* The first line or less of a file of /proc or /sys. Returns 0 or -errno. */
int doctor_read(const char *path, char *buf, size_t size);

/* The checks, each in the file of its name. */
void doctor_module_installed(struct doctor *doctor);
void doctor_module_signed(struct doctor *doctor);
void doctor_module_loaded(struct doctor *doctor);
void doctor_node_there(struct doctor *doctor);
void doctor_node_opens(struct doctor *doctor);
void doctor_caller_capability(struct doctor *doctor);
void doctor_caller_user_namespace(struct doctor *doctor);
void doctor_security_selinux(struct doctor *doctor);
void doctor_security_apparmor(struct doctor *doctor);
void doctor_device_exists(struct doctor *doctor);

/* These need a device. */
void doctor_device_permission(struct doctor *doctor);
void doctor_device_up(struct doctor *doctor);
void doctor_device_reader(struct doctor *doctor);
void doctor_device_carrier(struct doctor *doctor);
void doctor_device_offloads(struct doctor *doctor);
void doctor_queue_length(struct doctor *doctor);
void doctor_queue_full(struct doctor *doctor);
void doctor_path_rp_filter(struct doctor *doctor);
void doctor_path_forwarding(struct doctor *doctor);
void doctor_path_mtu(struct doctor *doctor);

#endif /* DOCTOR_H */
