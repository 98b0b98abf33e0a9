// SPDX-License-Identifier: GPL-2.0-only
/* Devices as text for people and as JSON for programs. */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vtunctl.h"

static const struct {
	unsigned int bit;
	const char *name;
} print_flags[] = {
	{ IFF_PERSIST, "persist" },
	{ IFF_MULTI_QUEUE, "multi_queue" },
	{ IFF_VNET_HDR, "vnet_hdr" },
	{ IFF_ONE_QUEUE, "one_queue" },
	{ IFF_NAPI, "napi" },
	{ IFF_NAPI_FRAGS, "napi_frags" },
	{ IFF_BACKPRESSURE, "backpressure" },
};

/* RFC 2863's states in the words of ip(8). */
static const char *print_operstate(unsigned int state)
{
	static const char *const names[] = {
		"UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING",
		"DORMANT", "UP",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "UNKNOWN";
}

const char *print_mode(const struct link *link)
{
	return link->flags & IFF_TAP ? "tap" : "tun";
}

const char *print_user(uid_t uid)
{
	static char number[16];
	const struct passwd *user = getpwuid(uid);

	if (user)
		return user->pw_name;
	snprintf(number, sizeof(number), "%u", uid);
	return number;
}

const char *print_group(gid_t gid)
{
	static char number[16];
	const struct group *group = getgrgid(gid);

	if (group)
		return group->gr_name;
	snprintf(number, sizeof(number), "%u", gid);
	return number;
}

/* Others have one queue, whatever anybody says. */
static bool print_has_limit(const struct link *link)
{
	return link->max_queues && link->flags & IFF_MULTI_QUEUE;
}

static void print_text_queues(const struct device *device)
{
	if (device->attached < 0)
		printf("    queues unknown");
	else
		printf("    queues %ld attached %ld detached",
		       device->attached, device->detached);
	if (print_has_limit(&device->link))
		printf(" %u at most", device->link.max_queues);
	putchar('\n');
}

static void print_text_holders(const struct device *device)
{
	char *text = holders_text(&device->holders);

	if (text)
		printf("    held by %s\n", text);
	else if (device->attached + device->detached > 0)
		printf("    held by a process that is not visible from here (root sees more)\n");
	free(text);
}

static void print_text(const struct device *device)
{
	const struct link *link = &device->link;
	const struct rtnl_link_stats64 *stats = &link->stats;
	size_t i;

	printf("%s: %s", msg_safe(link->name), print_mode(link));
	if (!(link->flags & IFF_NO_PI))
		printf(" pi");
	for (i = 0; i < ARRAY_SIZE(print_flags); i++)
		if (link->flags & print_flags[i].bit)
			printf(" %s", print_flags[i].name);
	if (link->keep_carrier)
		printf(" keep_carrier");
	if (link->uid != (uid_t)-1)
		printf(" user %s", msg_safe(print_user(link->uid)));
	if (link->gid != (gid_t)-1)
		printf(" group %s", msg_safe(print_group(link->gid)));
	printf("\n    link %s state %s carrier %s mtu %u\n",
	       link->up ? "up" : "down", print_operstate(link->operstate),
	       link->carrier ? "on" : "off", link->mtu);
	for (i = 0; i < device->altnames.n; i++)
		printf("    altname %s\n", msg_safe(device->altnames.list[i]));
	print_text_queues(device);
	printf("    rx %" PRIu64 " packets %" PRIu64 " bytes %" PRIu64
	       " errors %" PRIu64 " dropped %" PRIu64 " frame\n",
	       (uint64_t)stats->rx_packets, (uint64_t)stats->rx_bytes,
	       (uint64_t)stats->rx_errors, (uint64_t)stats->rx_dropped,
	       (uint64_t)stats->rx_frame_errors);
	printf("    tx %" PRIu64 " packets %" PRIu64 " bytes %" PRIu64
	       " errors %" PRIu64 " dropped\n",
	       (uint64_t)stats->tx_packets, (uint64_t)stats->tx_bytes,
	       (uint64_t)stats->tx_errors, (uint64_t)stats->tx_dropped);
	if (device->with_stats)
		print_stats_text(&device->stats);
	print_text_holders(device);
}

/* JSON is UTF-8; an interface's name need not be. */
json_t *print_json_string(const char *str)
{
	json_t *json = json_string(str);

	return json ? json : json_string(msg_safe(str));
}

static json_t *print_json_flags(const struct link *link)
{
	json_t *flags = json_array();
	size_t i;

	if (!(link->flags & IFF_NO_PI))
		json_array_append_new(flags, json_string("pi"));
	for (i = 0; i < ARRAY_SIZE(print_flags); i++)
		if (link->flags & print_flags[i].bit)
			json_array_append_new(flags,
					      json_string(print_flags[i].name));
	if (link->keep_carrier)
		json_array_append_new(flags, json_string("keep_carrier"));
	return flags;
}

static json_t *print_json_stats(const struct rtnl_link_stats64 *stats)
{
	return json_pack("{s:{s:I, s:I, s:I, s:I, s:I}, s:{s:I, s:I, s:I, s:I}}",
			 "rx",
			 "bytes", (json_int_t)stats->rx_bytes,
			 "packets", (json_int_t)stats->rx_packets,
			 "errors", (json_int_t)stats->rx_errors,
			 "dropped", (json_int_t)stats->rx_dropped,
			 "frame_errors", (json_int_t)stats->rx_frame_errors,
			 "tx",
			 "bytes", (json_int_t)stats->tx_bytes,
			 "packets", (json_int_t)stats->tx_packets,
			 "errors", (json_int_t)stats->tx_errors,
			 "dropped", (json_int_t)stats->tx_dropped);
}

static json_t *print_json_holders(const struct holders *set)
{
	json_t *processes = json_array(), *process = NULL;
	const struct holder *holder;
	pid_t last = 0;
	size_t i;

	for (i = 0; i < set->n; i++) {
		holder = &set->list[i];
		if (holder->pid != last) {
			process = json_pack("{s:o, s:i, s:[]}",
					    "name",
					    print_json_string(holder->comm),
					    "pid", (int)holder->pid, "fds");
			json_array_append_new(processes, process);
		}
		json_array_append_new(json_object_get(process, "fds"),
				      json_integer(holder->fd));
		last = holder->pid;
	}
	return processes;
}

static json_t *print_json_altnames(const struct altnames *names)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < names->n; i++)
		json_array_append_new(list, print_json_string(names->list[i]));
	return list;
}

json_t *print_json_queues(long attached, long detached)
{
	if (attached < 0)
		return json_null();
	return json_pack("{s:I, s:I}", "attached", (json_int_t)attached,
			 "detached", (json_int_t)detached);
}

json_t *print_json_device(const struct device *device)
{
	const struct link *link = &device->link;
	json_t *json = json_pack("{s:i, s:o, s:s, s:o}",
				 "ifindex", link->ifindex,
				 "ifname", print_json_string(link->name),
				 "mode", print_mode(link),
				 "flags", print_json_flags(link));

	if (device->altnames.n)
		json_object_set_new(json, "altnames",
				    print_json_altnames(&device->altnames));
	if (link->uid != (uid_t)-1) {
		json_object_set_new(json, "user",
				    print_json_string(print_user(link->uid)));
		json_object_set_new(json, "uid", json_integer(link->uid));
	}
	if (link->gid != (gid_t)-1) {
		json_object_set_new(json, "group",
				    print_json_string(print_group(link->gid)));
		json_object_set_new(json, "gid", json_integer(link->gid));
	}
	json_object_set_new(json, "up", json_boolean(link->up));
	json_object_set_new(json, "operstate",
			    json_string(print_operstate(link->operstate)));
	json_object_set_new(json, "carrier", json_boolean(link->carrier));
	json_object_set_new(json, "mtu", json_integer(link->mtu));
	json_object_set_new(json, "queues",
			    print_json_queues(device->attached,
					      device->detached));
	if (print_has_limit(link))
		json_object_set_new(json, "max_queues",
				    json_integer(link->max_queues));
	json_object_set_new(json, "stats64", print_json_stats(&link->stats));
	if (device->with_stats)
		json_object_set_new(json, "statistics",
				    print_stats_json(&device->stats, NULL));
	json_object_set_new(json, "processes",
			    print_json_holders(&device->holders));
	return json;
}

enum exit_status print_json(const struct options *opts, json_t *root)
{
	char *text = root ? json_dumps(root, opts->pretty ? JSON_INDENT(4) :
				       JSON_COMPACT) : NULL;

	json_decref(root);
	if (!text) {
		msg_why("%s", strerror(ENOMEM));
		return FAILED;
	}
	puts(text);
	free(text);
	return print_finish();
}

enum exit_status print_finish(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return DONE;
	msg_why("the output could not be written (%s)", strerror(errno));
	return FAILED;
}

enum exit_status print_devices(const struct options *opts,
			       const struct device *devices, size_t n)
{
	json_t *root;
	size_t i;

	if (!opts->json) {
		for (i = 0; i < n; i++)
			print_text(&devices[i]);
		return print_finish();
	}
	root = json_array();
	for (i = 0; i < n; i++)
		json_array_append_new(root, print_json_device(&devices[i]));
	return print_json(opts, root);
}
