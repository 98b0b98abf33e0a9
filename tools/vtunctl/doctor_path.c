// SPDX-License-Identifier: GPL-2.0-only
/* What happens to packets behind the device: routing, and the way to the other end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"

/* IPv6, UDP and WireGuard's header; others need less or little more. */
#define PATH_OVERHEAD	80

/* A number of /proc/sys/net/. Returns 0 or -errno. */
static int path_sysctl(const char *family, const char *name, const char *key, int *value)
{
	char path[DOCTOR_TEXT_SIZE], text[32];
	int err;

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, name, key);
	err = doctor_read(path, text, sizeof(text));
	*value = atoi(text);
	return err;
}

/* How many packets reverse path filters have dropped here, -1: unknown. */
static long long path_count_filtered(void)
{
	char *names = NULL, *values = NULL, *name, *value, *at, *value_at;
	FILE *file = fopen("/proc/net/netstat", "re");
	long long count = -1;
	size_t size = 0, value_size = 0;

	/* Lines come in pairs: names, then values. */
	while (file && count < 0 && getline(&names, &size, file) > 0 &&
	       getline(&values, &value_size, file) > 0) {
		name = strtok_r(names, " \n", &at);
		value = strtok_r(values, " \n", &value_at);
		while (name && value && strcmp(name, "IPReversePathFilter")) {
			name = strtok_r(NULL, " \n", &at);
			value = strtok_r(NULL, " \n", &value_at);
		}
		if (name && value)
			count = atoll(value);
	}
	free(names);
	free(values);
	if (file)
		fclose(file);
	return count;
}

/* Strict is 1; the higher number of "all" and the device's own counts. */
void doctor_path_rp_filter(struct doctor *doctor)
{
	const char *name = doctor->device.link.name;
	long long dropped;
	int all, own, err;

	err = path_sysctl("ipv4", "all", "rp_filter", &all);
	if (!err)
		err = path_sysctl("ipv4", name, "rp_filter", &own);
	if (err) {
		doctor_find(doctor, DOCTOR_NOTE, "device_rp_filter_unknown",
			    "whether packets from %s must pass a reverse path filter can't be checked",
			    msg_safe(name));
		doctor_seen(doctor, "rp_filter in /proc/sys/net/ipv4/conf: %s", strerror(-err));
		doctor_mend_inside(doctor, "sysctl -a --pattern rp_filter");
		return;
	}
	if ((all > own ? all : own) != 1)
		return;
	dropped = path_count_filtered();
	doctor_find(doctor, dropped > 0 ? DOCTOR_WARNING : DOCTOR_NOTE, "device_rp_filter",
		    "packets from %s are dropped if their sender's route does not lead back there",
		    msg_safe(name));
	doctor_seen(doctor, "rp_filter of %s is %d, of all %d; dropped for it on all devices here: %lld",
		    msg_safe(name), own, all, dropped);
	doctor_mend_inside(doctor, "sysctl -w net/ipv4/conf/%s/rp_filter=2", doctor_word(name));
}

/* In a bridge the device's packets are not routed. */
void doctor_path_forwarding(struct doctor *doctor)
{
	const struct link *link = &doctor->device.link;
	int ipv4, ipv6, err;

	if (link->master)
		return;
	err = path_sysctl("ipv4", link->name, "forwarding", &ipv4);
	if (err) {
		doctor_find(doctor, DOCTOR_NOTE, "device_forwarding_unknown",
			    "whether packets from %s are forwarded can't be checked",
			    msg_safe(link->name));
		doctor_seen(doctor, "forwarding in /proc/sys/net/ipv4/conf: %s", strerror(-err));
		doctor_mend_inside(doctor, "sysctl net.ipv4.ip_forward");
		return;
	}
	/* A kernel or device without IPv6 has nothing to forward. */
	if (path_sysctl("ipv6", link->name, "forwarding", &ipv6))
		ipv6 = 1;
	if (ipv4 && ipv6)
		return;
	doctor_find(doctor, DOCTOR_NOTE, "device_forwarding",
		    "packets from %s reach this host only: %s not forwarded", msg_safe(link->name),
		    ipv4 ? "IPv6 is" : ipv6 ? "IPv4 is" : "IPv4 and IPv6 are");
	doctor_seen(doctor, "forwarding in /proc/sys/net/ipv4/conf/%s is %d, in ipv6 %d",
		    msg_safe(link->name), ipv4, ipv6);
	doctor_mend_inside(doctor, "sysctl -w%s%s  # if it is to be a router",
			   ipv4 ? "" : " net.ipv4.ip_forward=1",
			   ipv6 ? "" : " net.ipv6.conf.all.forwarding=1");
}

/*
 * The best default route that does not lead through @not, which may be a VPN's;
 * @name is empty if there is none. Returns 0 or -errno.
 */
static int path_find_default(const char *not, char *name)
{
	unsigned long dest, mask, metric, best = ~0UL;
	FILE *file = fopen("/proc/net/route", "re");
	char iface[IFNAMSIZ], line[256];

	name[0] = '\0';
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%15s %lx %*x %*x %*d %*d %lu %lx", iface, &dest,
			   &metric, &mask) != 4 ||
		    dest || mask || metric > best || !strcmp(iface, not))
			continue;
		best = metric;
		snprintf(name, IFNAMSIZ, "%s", iface);
	}
	fclose(file);
	return 0;
}

static int path_find_default_ipv6(const char *not, char *name)
{
	FILE *file = fopen("/proc/net/ipv6_route", "re");
	char dest[33], iface[IFNAMSIZ], line[256];
	unsigned int len;

	name[0] = '\0';
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (!*name && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%32s %x %*s %*x %*s %*x %*x %*x %*x %15s", dest, &len, iface) == 3 &&
		    !len && strcmp(iface, not) && strcmp(iface, "lo"))
			snprintf(name, IFNAMSIZ, "%s", iface);
	}
	fclose(file);
	return 0;
}

/* Only a hint: nobody but its program knows whether and how packets go on. */
void doctor_path_mtu(struct doctor *doctor)
{
	const struct link *link = &doctor->device.link;
	char outer_name[IFNAMSIZ];
	struct link outer;
	int err;

	if (link->master)
		return;
	err = path_find_default(link->name, outer_name);
	if (!err && !*outer_name)
		err = path_find_default_ipv6(link->name, outer_name);
	if (err || !*outer_name) {
		doctor_find(doctor, DOCTOR_NOTE, "device_mtu_unknown",
			    "whether the MTU of %s fits the way of a tunnel can't be checked",
			    msg_safe(link->name));
		if (err)
			doctor_seen(doctor, "default route in /proc/net: %s", strerror(-err));
		else
			doctor_seen(doctor, "there is no default route but through %s",
				    msg_safe(link->name));
		doctor_mend_inside(doctor, "ip route get ADDRESS  # of the tunnel's other end, tells the outer device");
		return;
	}
	err = link_get(outer_name, &outer);
	if (err || outer.mtu <= PATH_OVERHEAD || link->mtu <= outer.mtu - PATH_OVERHEAD)
		return;
	doctor_find(doctor, DOCTOR_NOTE, "device_mtu",
		    "if %s is a tunnel by %s, full packets do not fit and are fragmented or lost",
		    msg_safe(link->name), msg_safe(outer_name));
	doctor_seen(doctor, "its MTU is %u, that of %s, where the default route goes, %u; headers of tunnels take up to some %d",
		    link->mtu, msg_safe(outer_name), outer.mtu, PATH_OVERHEAD);
	doctor_mend_inside(doctor, "ip link set dev %s mtu %u", doctor_word(link->name),
			   outer.mtu - PATH_OVERHEAD);
}
