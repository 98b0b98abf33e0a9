// SPDX-License-Identifier: GPL-2.0-only
/* vtunctl watch: what happens to devices, as it happens. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "vtunctl.h"

/* No single message of the kernel is longer. */
#define WATCH_BUFFER_SIZE	32768
/* Room for what comes while a line is being written. */
#define WATCH_SOCKET_SIZE	(1 << 20)

/* What tell() returns where the output is the trouble, and has been told of. */
#define WATCH_TOLD		1

static void watch_print_words(const struct watch_event *event)
{
	const struct link *link = event->link;

	if (!strcmp(event->what, "create"))
		printf(" mode %s", print_mode(link));
	if (event->old_name)
		printf(" from %s", msg_safe(event->old_name));
	if (!strcmp(event->what, "move"))
		printf(" to namespace %d", link->netnsid);
	if (!strcmp(event->what, "attach") || !strcmp(event->what, "detach"))
		printf(", queues %ld attached %u detached", event->attached,
		       link->num_disabled);
}

static int watch_print_text(const struct watch_event *event,
			    const struct timespec *now)
{
	char text[32];
	struct tm tm;

	localtime_r(&now->tv_sec, &tm);
	strftime(text, sizeof(text), "%F %T", &tm);
	printf("%s.%03ld ", text, now->tv_nsec / 1000000);
	if (event->link) {
		printf("%s: %s", msg_safe(event->link->name), event->what);
		watch_print_words(event);
	} else {
		printf("events were lost; what follows is the difference");
	}
	putchar('\n');
	return print_finish() ? WATCH_TOLD : 0;
}

static int watch_print_json(const struct options *opts,
			    const struct watch_event *event,
			    const struct timespec *now)
{
	const struct link *link = event->link;
	char text[64], zone[32];
	struct tm tm;
	json_t *json;

	gmtime_r(&now->tv_sec, &tm);
	strftime(zone, sizeof(zone), "%FT%T", &tm);
	snprintf(text, sizeof(text), "%s.%06ldZ", zone, now->tv_nsec / 1000);
	json = json_pack("{s:s, s:s}", "time", text, "event", event->what);
	if (link) {
		json_object_set_new(json, "ifindex",
				    json_integer(link->ifindex));
		json_object_set_new(json, "ifname",
				    print_json_string(link->name));
		json_object_set_new(json, "mode",
				    json_string(print_mode(link)));
		json_object_set_new(json, "up", json_boolean(link->up));
		json_object_set_new(json, "carrier",
				    json_boolean(link->carrier));
		json_object_set_new(json, "queues",
				    print_json_queues(event->attached,
						      link->num_disabled));
		if (event->old_name)
			json_object_set_new(json, "old_ifname",
					    print_json_string(event->old_name));
		if (link->netnsid >= 0)
			json_object_set_new(json, "netnsid",
					    json_integer(link->netnsid));
	}
	return print_json(opts, json) ? WATCH_TOLD : 0;
}

static int watch_print(const struct watch_event *event, void *data)
{
	const struct options *opts = data;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (opts->json)
		return watch_print_json(opts, event, &now);
	return watch_print_text(event, &now);
}

static int watch_take(const struct nlmsghdr *nlh, void *data)
{
	int err = watch_message(data, nlh);

	if (!err)
		return MNL_CB_OK;
	errno = err < 0 ? -err : 0;	/* 0: has been told of */
	return MNL_CB_ERROR;
}

/* After a loss, older messages would only repeat what the dump says better. */
static int watch_catch_up(struct watch *watch, struct mnl_socket *nl)
{
	struct watch_event lost = { .what = "lost" };
	char byte;
	int err;

	do {
		err = recv(mnl_socket_get_fd(nl), &byte, 1, MSG_DONTWAIT);
	} while (err >= 0 || errno == ENOBUFS);
	err = watch->tell(&lost, watch->data);
	return err ? err : watch_all(watch, false);
}

static int watch_receive(struct watch *watch, struct mnl_socket *nl)
{
	static char buf[WATCH_BUFFER_SIZE]
		__attribute__((aligned(NLMSG_ALIGNTO)));
	ssize_t len = mnl_socket_recvfrom(nl, buf, sizeof(buf));

	if (len < 0)
		return errno == ENOBUFS ? watch_catch_up(watch, nl) : -errno;
	if (mnl_cb_run(buf, len, 0, 0, watch_take, watch) >= 0)
		return 0;
	return errno ? -errno : WATCH_TOLD;
}

static int watch_loop(struct watch *watch, struct mnl_socket *nl, int signals)
{
	struct pollfd polled[] = {
		{ .fd = mnl_socket_get_fd(nl), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	int err = 0;

	while (!err) {
		if (poll(polled, ARRAY_SIZE(polled), -1) < 0)
			return -errno;
		if (polled[1].revents)
			break;
		if (polled[0].revents)
			err = watch_receive(watch, nl);
	}
	return err;
}

/* Subscribes before it looks, so that nothing happens in between. */
static int watch_run_on(struct watch *watch, struct mnl_socket *nl)
{
	int size = WATCH_SOCKET_SIZE, signals, err;
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	signals = signalfd(-1, &ends, SFD_CLOEXEC);
	if (signals < 0)
		return -errno;
	/* Root gets all of it, others what the system allows. */
	if (setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUFFORCE,
		       &size, sizeof(size)))
		setsockopt(mnl_socket_get_fd(nl), SOL_SOCKET, SO_RCVBUF,
			   &size, sizeof(size));
	err = mnl_socket_bind(nl, RTMGRP_LINK, MNL_SOCKET_AUTOPID) ? -errno : 0;
	if (!err)
		err = watch_all(watch, true);
	if (!err)
		err = watch_loop(watch, nl, signals);
	close(signals);
	return err;
}

static enum exit_status watch_run(const struct options *opts, int argc,
				  char **argv)
{
	struct watch watch = { .tell = watch_print, .data = (void *)opts };
	struct mnl_socket *nl;
	const char *bad;
	int err;

	args_skip_keyword(&argc, &argv);
	if (argc > 1)
		return msg_usage("'%s' is one word too many",
				 msg_safe(argv[1]));
	if (argc) {
		bad = args_bad_name(argv[0], NAME_LOOK_UP);
		if (bad)
			return msg_usage("'%s' is no device's name: %s",
					 msg_safe(argv[0]), bad);
		watch.only = argv[0];
	}
	msg_task("watch the devices");
	nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	err = nl ? watch_run_on(&watch, nl) : -errno;
	if (nl)
		mnl_socket_close(nl);
	watch_free(&watch);
	if (err >= 0)
		return err ? FAILED : DONE;
	msg_why("rtnetlink does not answer (%s)", strerror(-err));
	msg_todo("'ip monitor link' should fail too and may tell more.");
	return FAILED;
}

const struct command cmd_watch = {
	.name = "watch",
	.synopsis = "[NAME] [-j]",
	.summary = "tell what happens to devices, as it happens, until it is interrupted",
	.takes_options = true,
	.run = watch_run,
};
