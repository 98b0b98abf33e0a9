// SPDX-License-Identifier: GPL-2.0-only
/* Whether the device node is there, is the module's, and opens. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "doctor.h"

static void node_report_security(struct doctor *doctor, const char *seen)
{
	doctor_find(doctor, DOCTOR_ERROR, "node_security_module",
		    "a security module keeps this process from opening " VTUN_NODE);
	doctor_seen(doctor, "%s: %s", seen, strerror(EACCES));
	doctor_mend(doctor, "dmesg | grep -e avc: -e apparmor=  # tells which rule is missing");
}

static void node_report_missing(struct doctor *doctor, unsigned int major_nr,
				unsigned int minor_nr)
{
	doctor_find(doctor, DOCTOR_ERROR, "node_missing", "there is no node " VTUN_NODE);
	doctor_seen(doctor, "%s: %s; the module has registered %u:%u", VTUN_NODE,
		    strerror(ENOENT), major_nr, minor_nr);
	doctor_mend(doctor, NODE_RECIPE "  # as root; for a container, when it is started: --device " VTUN_NODE,
		    major_nr, minor_nr);
}

static void node_report_wrong(struct doctor *doctor, const struct stat *st,
			      unsigned int major_nr, unsigned int minor_nr)
{
	doctor_find(doctor, DOCTOR_ERROR, "node_wrong", VTUN_NODE " is not the module's node");
	if (S_ISCHR(st->st_mode))
		doctor_seen(doctor, "it is character device %u:%u, and the module has registered %u:%u",
			    major(st->st_rdev), minor(st->st_rdev), major_nr, minor_nr);
	else
		doctor_seen(doctor, "it is no character device (mode %06o); the module has registered %u:%u",
			    st->st_mode, major_nr, minor_nr);
	doctor_mend(doctor, "rm %s && " NODE_RECIPE "  # as root; a container must be started anew",
		    VTUN_NODE, major_nr, minor_nr);
}

void doctor_node_there(struct doctor *doctor)
{
	unsigned int major_nr, minor_nr;
	struct stat st;

	if (node_get_number(&major_nr, &minor_nr)) {
		doctor_find(doctor, DOCTOR_NOTE, "node_unknown",
			    "whether " VTUN_NODE " is the module's node can't be checked");
		doctor_seen(doctor, "/proc/misc does not tell its number");
		doctor_mend(doctor, "modprobe " VTUN_KIND "  # then run vtunctl doctor again");
	} else if (!stat(VTUN_NODE, &st)) {
		if (!S_ISCHR(st.st_mode) || st.st_rdev != makedev(major_nr, minor_nr))
			node_report_wrong(doctor, &st, major_nr, minor_nr);
	} else if (errno == ENOENT || errno == ENOTDIR) {
		node_report_missing(doctor, major_nr, minor_nr);
	} else if (node_is_hidden()) {
		node_report_security(doctor, "its folder may be searched; stat");
	} else {
		doctor_find(doctor, DOCTOR_ERROR, "node_mode",
			    "the folder of " VTUN_NODE " may not be searched");
		doctor_seen(doctor, "%s: %s", VTUN_NODE, strerror(errno));
		doctor_mend(doctor, "chmod 0755 /dev /dev/net  # as root");
	}
}

/* It lets everybody, or a list of users says so; access() asks SELinux, too. */
static bool node_mode_allows(const struct stat *st)
{
	return (st->st_mode & 0666) == 0666 ||
	       !faccessat(AT_FDCWD, VTUN_NODE, R_OK | W_OK, AT_EACCESS);
}

static void node_report_mode(struct doctor *doctor, const struct stat *st)
{
	doctor_find(doctor, DOCTOR_ERROR, "node_mode",
		    "this user may not open " VTUN_NODE);
	doctor_seen(doctor, "its mode is %04o, its owner %s, its group %s; open: %s",
		    st->st_mode & 07777, msg_safe(print_user(st->st_uid)),
		    msg_safe(print_group(st->st_gid)), strerror(EACCES));
	doctor_mend(doctor, "chmod 0666 " VTUN_NODE "  # as root; it is safe, and for good by the udev rule 60-vtun.rules");
}

/* EACCES where the mode allows it. */
static void node_report_access(struct doctor *doctor)
{
	struct statvfs fs;

	if (!statvfs(VTUN_NODE, &fs) && fs.f_flag & ST_NODEV) {
		doctor_find(doctor, DOCTOR_ERROR, "node_nodev",
			    "the file system of " VTUN_NODE " lets nobody open device nodes");
		doctor_seen(doctor, "it is mounted with nodev; open: %s", strerror(EACCES));
		doctor_mend(doctor, "mount -o remount,dev \"$(findmnt -n -o TARGET -T " VTUN_NODE ")\"  # as root");
		return;
	}
	node_report_security(doctor, "its mode allows it; open");
}

/* The device controller is alone in refusing a node that the mode allows with EPERM. */
static void node_report_device_rule(struct doctor *doctor, const struct stat *st)
{
	doctor_find(doctor, DOCTOR_ERROR, "node_device_rule",
		    "the device rules of this container or service do not allow " VTUN_NODE);
	doctor_seen(doctor, "its mode %04o allows it; open: %s, as the cgroup's device controller says",
		    st->st_mode & 07777, strerror(EPERM));
	doctor_mend(doctor, "podman run --device %s ...  # or docker; for a service: systemctl set-property UNIT DeviceAllow='%s rw'",
		    VTUN_NODE, VTUN_NODE);
}

static void node_report_open(struct doctor *doctor, const struct stat *st, int err)
{
	if (err == EACCES && !node_mode_allows(st)) {
		node_report_mode(doctor, st);
	} else if (err == EACCES) {
		node_report_access(doctor);
	} else if (err == EPERM) {
		node_report_device_rule(doctor, st);
	} else {
		doctor_find(doctor, DOCTOR_ERROR, "node_does_not_open", VTUN_NODE " does not open");
		doctor_seen(doctor, "open: %s", strerror(err));
		doctor_mend(doctor, "dmesg  # the kernel's log may tell more");
	}
}

void doctor_node_opens(struct doctor *doctor)
{
	unsigned int major_nr, minor_nr;
	struct stat st;
	int fd;

	/* What is missing or another device has been told; opening that could do harm. */
	if (node_get_number(&major_nr, &minor_nr) || stat(VTUN_NODE, &st) ||
	    !S_ISCHR(st.st_mode) || st.st_rdev != makedev(major_nr, minor_nr))
		return;
	fd = open(VTUN_NODE, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		node_report_open(doctor, &st, errno);
		return;
	}
	close(fd);
	if ((st.st_mode & 0666) == 0666)
		return;
	doctor_find(doctor, DOCTOR_NOTE, "node_not_for_all", "not every user may open " VTUN_NODE);
	doctor_seen(doctor, "its mode is %04o", st.st_mode & 07777);
	doctor_mend(doctor, "chmod 0666 " VTUN_NODE "  # as root; it is safe, and for good by the udev rule 60-vtun.rules");
}
