// SPDX-License-Identifier: GPL-2.0-only
/* SELinux and AppArmor: whether they bind the caller, and what they have denied. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

/* A read of the kernel's log must have room for a whole record. */
#define SECURITY_RECORD_SIZE	16384

/* What the kernel says; auditd, where it runs, takes denials to its own log. */
static const struct security_log {
	const char *path;
	const char *show;	/* what shows its denials of this start */
} security_logs[] = {
	{ "/dev/kmsg", "dmesg" },
	{ "/var/log/audit/audit.log", "ausearch -m avc -ts boot" },
};

/*
 * The node, or SELinux' class of what TUNSETIFF makes and attaches to; but not
 * what SELinux has let pass, since it or the domain was permissive. A process
 * can't have a name with a blank there.
 */
static bool security_is_ours(const char *line)
{
	if (strstr(line, " permissive=1"))
		return false;
	return strstr(line, "=\"" VTUN_NODE "\"") || strstr(line, "tclass=tun_socket") ||
	       (strstr(line, "name=\"" VTUN_KIND "\"") && strstr(line, "tclass=chr_file"));
}

/* Puts the log's last denial that begins with @mark into @found; false if there is none. */
static bool security_scan(FILE *log, const char *mark, char *found)
{
	char buffer[SECURITY_RECORD_SIZE], *line = NULL;
	const char *text;
	size_t size = 0;
	bool any = false;

	setvbuf(log, buffer, _IOFBF, sizeof(buffer));
	while (getline(&line, &size, log) > 0) {
		text = strstr(line, mark);
		if (!text || !security_is_ours(text))
			continue;
		snprintf(found, DOCTOR_TEXT_SIZE, "%.*s", (int)strcspn(text, "\n"), text);
		any = true;
	}
	free(line);
	fclose(log);
	return any;
}

/* Returns whether there is one, or -errno. */
static int security_scan_log(const char *path, const char *mark, char *found)
{
	/* The kernel's log would wait for more. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *log;

	if (fd < 0)
		return -errno;
	log = fdopen(fd, "r");
	if (!log) {
		close(fd);
		return -ENOMEM;
	}
	return security_scan(log, mark, found);
}

/*
 * Returns the last log that has @mark, NULL if none has; if a log can't be read,
 * and nothing was found, that is told.
 */
static const struct security_log *security_find_denial(struct doctor *doctor, const char *id,
						       const char *mark, char *found)
{
	const struct security_log *log, *last = NULL;
	const char *unread = NULL;
	int err = 0, ret;

	for (log = security_logs; log < security_logs + ARRAY_SIZE(security_logs); log++) {
		ret = security_scan_log(log->path, mark, found);
		if (ret > 0) {
			last = log;
		} else if (ret && ret != -ENOENT) {
			unread = log->path;
			err = ret;
		}
	}
	if (last)
		return last;
	if (unread) {
		doctor_find(doctor, DOCTOR_NOTE, id,
			    "whether a security module has denied " VTUN_NODE " can't be checked");
		doctor_seen(doctor, "%s: %s", unread, strerror(-err));
		doctor_mend(doctor, "vtunctl doctor  # as root");
	}
	return NULL;
}

/* Of a context, user:role:type or user:role:type:level, the type; NULL if it is none. */
static const char *security_get_type(char *context)
{
	char *rest = context;

	strsep(&rest, ":");
	strsep(&rest, ":");
	return strsep(&rest, ":");
}

static void security_report_context(struct doctor *doctor)
{
	char context[DOCTOR_TEXT_SIZE], split[DOCTOR_TEXT_SIZE];
	const char *type;

	if (doctor_read("/proc/self/attr/current", context, sizeof(context)))
		return;
	strcpy(split, context);
	type = security_get_type(split);
	if (!type || !strncmp(type, "unconfined_", strlen("unconfined_")))
		return;
	doctor_find(doctor, DOCTOR_NOTE, "selinux_context",
		    "SELinux is enforcing, and this process is confined");
	doctor_seen(doctor, "its context is %s", msg_safe(context));
	doctor_mend(doctor, "sesearch -A -s %s -c tun_socket  # tells whether the domain may; setenforce 0 lets all, to try",
		    doctor_word(type));
}

void doctor_security_selinux(struct doctor *doctor)
{
	const struct security_log *log;
	char enforce[8], denial[DOCTOR_TEXT_SIZE];

	if (doctor_read("/sys/fs/selinux/enforce", enforce, sizeof(enforce)) || enforce[0] != '1')
		return;
	security_report_context(doctor);
	log = security_find_denial(doctor, "selinux_unknown", "avc:  denied", denial);
	if (!log)
		return;
	doctor_find(doctor, DOCTOR_WARNING, "selinux_denied",
		    "SELinux is enforcing, and has denied the use of " VTUN_NODE);
	doctor_seen(doctor, "%s", msg_safe(denial));
	doctor_mend(doctor, "%s | grep -e '=\"" VTUN_KIND "\"' -e " VTUN_NODE " -e tun_socket | audit2allow -M "
		    VTUN_KIND "-local && semodule -i " VTUN_KIND "-local.pp  # as root; "
		    VTUN_KIND "-local.te tells what it allows", log->show);
}

/* The caller's profile, without its mode; false if it is not enforced. */
static bool security_get_profile(char *profile, size_t size)
{
	char *mode;

	if (doctor_read("/proc/self/attr/apparmor/current", profile, size) &&
	    doctor_read("/proc/self/attr/current", profile, size))
		return false;
	mode = strstr(profile, " (enforce)");
	if (!mode)
		return false;
	*mode = '\0';
	return true;
}

void doctor_security_apparmor(struct doctor *doctor)
{
	char enabled[8], profile[DOCTOR_TEXT_SIZE], denial[DOCTOR_TEXT_SIZE];

	if (doctor_read("/sys/module/apparmor/parameters/enabled", enabled, sizeof(enabled)) ||
	    enabled[0] != 'Y')
		return;
	if (security_get_profile(profile, sizeof(profile))) {
		doctor_find(doctor, DOCTOR_NOTE, "apparmor_profile",
			    "this process is confined by an AppArmor profile");
		doctor_seen(doctor, "its profile is %s, in mode enforce", msg_safe(profile));
		doctor_mend(doctor, "aa-complain %s  # as root: then it is logged, but not denied",
			    doctor_word(profile));
	}
	if (!security_find_denial(doctor, "apparmor_unknown", "apparmor=\"DENIED\"", denial))
		return;
	doctor_find(doctor, DOCTOR_WARNING, "apparmor_denied",
		    "AppArmor has denied a program the use of " VTUN_NODE);
	doctor_seen(doctor, "%s", msg_safe(denial));
	doctor_mend(doctor, "echo '" VTUN_NODE " rw,' >>/etc/apparmor.d/local/PROFILE && apparmor_parser -r /etc/apparmor.d/PROFILE  # the profile of that line");
}
