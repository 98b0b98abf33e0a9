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
static const char *const security_logs[] = { "/dev/kmsg", "/var/log/audit/audit.log" };

/* The node, or SELinux' class of what TUNSETIFF makes and attaches to. */
static bool security_is_ours(const char *line)
{
	return strstr(line, "=\"" VTUN_NODE "\"") || strstr(line, "name=\"" VTUN_KIND "\"") ||
	       strstr(line, "tclass=tun_socket");
}

/* Puts the log's last denial that begins with @mark into @found. */
static void security_scan(FILE *log, const char *mark, char *found)
{
	char buffer[SECURITY_RECORD_SIZE], *line = NULL;
	const char *text;
	size_t size = 0;

	setvbuf(log, buffer, _IOFBF, sizeof(buffer));
	while (getline(&line, &size, log) > 0) {
		text = strstr(line, mark);
		if (text && security_is_ours(text))
			snprintf(found, DOCTOR_TEXT_SIZE, "%.*s", (int)strcspn(text, "\n"), text);
	}
	free(line);
	fclose(log);
}

/* Returns 0 or -errno. */
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
	security_scan(log, mark, found);
	return 0;
}

/* Whether @mark was found; if a log can't be read, and nothing was, that is told. */
static bool security_find_denial(struct doctor *doctor, const char *id, const char *mark,
				 char *found)
{
	const char *unread = NULL;
	int err = 0, ret;
	size_t i;

	found[0] = '\0';
	for (i = 0; i < ARRAY_SIZE(security_logs); i++) {
		ret = security_scan_log(security_logs[i], mark, found);
		if (ret && ret != -ENOENT) {
			unread = security_logs[i];
			err = ret;
		}
	}
	if (*found)
		return true;
	if (unread) {
		doctor_find(doctor, DOCTOR_NOTE, id,
			    "whether a security module has denied " VTUN_NODE " can't be checked");
		doctor_seen(doctor, "%s: %s", unread, strerror(-err));
		doctor_mend(doctor, "vtunctl doctor  # as root");
	}
	return false;
}

void doctor_security_selinux(struct doctor *doctor)
{
	char enforce[8], context[DOCTOR_TEXT_SIZE], denial[DOCTOR_TEXT_SIZE];

	if (doctor_read("/sys/fs/selinux/enforce", enforce, sizeof(enforce)) || enforce[0] != '1')
		return;
	if (!doctor_read("/proc/self/attr/current", context, sizeof(context)) &&
	    !strstr(context, ":unconfined_t:")) {
		doctor_find(doctor, DOCTOR_NOTE, "selinux_context",
			    "SELinux is enforcing, and this process is confined");
		doctor_seen(doctor, "its context is %s", msg_safe(context));
		doctor_mend(doctor, "sesearch -A -s DOMAIN -c tun_socket  # tells whether the domain may; setenforce 0 lets all, to try");
	}
	if (!security_find_denial(doctor, "selinux_unknown", "avc:  denied", denial))
		return;
	doctor_find(doctor, DOCTOR_WARNING, "selinux_denied",
		    "SELinux is enforcing, and has denied the use of " VTUN_NODE);
	doctor_seen(doctor, "%s", msg_safe(denial));
	doctor_mend(doctor, "ausearch -m avc -ts boot | audit2allow -M " VTUN_KIND "-local && semodule -i "
		    VTUN_KIND "-local.pp  # as root; it tells what it allows");
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
