// SPDX-License-Identifier: GPL-2.0-only
/* Whether packets for the program are lost before it reads them. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "doctor.h"

#define QUEUE_WATCH_MS	300
#define QUEUE_DEFAULT	500

struct queue_qdisc {
	int ifindex;
	uint64_t dropped;
};

struct queue_request {
	struct nlmsghdr nlh;
	struct tcmsg tcm;
};

void doctor_queue_length(struct doctor *doctor)
{
	const struct link *link = &doctor->device.link;

	if (link->txqlen)
		return;
	doctor_find(doctor, DOCTOR_ERROR, "device_no_queue_room",
		    "%s has no room for packets that wait for its program: all are dropped",
		    msg_safe(link->name));
	doctor_seen(doctor, "txqueuelen is 0");
	doctor_mend_inside(doctor, "ip link set dev %s txqueuelen %d", doctor_word(link->name),
			   QUEUE_DEFAULT);
}

static int queue_parse_qdisc(const struct nlattr *attr, void *data)
{
	struct queue_qdisc *qdisc = data;
	struct tc_stats stats = { 0 };
	size_t len = mnl_attr_get_payload_len(attr);

	if (mnl_attr_get_type(attr) == TCA_STATS) {
		memcpy(&stats, mnl_attr_get_payload(attr),
		       len < sizeof(stats) ? len : sizeof(stats));
		qdisc->dropped += stats.drops;
	}
	return MNL_CB_OK;
}

/* What stands at the root counts for all below it. */
static int queue_collect_qdisc(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct queue_qdisc *qdisc = data;

	if (nlh->nlmsg_type == RTM_NEWQDISC &&
	    mnl_nlmsg_get_payload_len(nlh) >= sizeof(*tcm) &&
	    tcm->tcm_ifindex == qdisc->ifindex && tcm->tcm_parent == TC_H_ROOT)
		mnl_attr_parse(nlh, sizeof(*tcm), queue_parse_qdisc, qdisc);
	return MNL_CB_OK;
}

static int queue_get_qdisc(int ifindex, uint64_t *dropped)
{
	struct queue_qdisc qdisc = { .ifindex = ifindex };
	struct queue_request request = { 0 };
	struct tcmsg *tcm;
	int err;

	mnl_nlmsg_put_header(&request);
	tcm = mnl_nlmsg_put_extra_header(&request.nlh, sizeof(*tcm));
	request.nlh.nlmsg_type = RTM_GETQDISC;
	request.nlh.nlmsg_flags = NLM_F_DUMP;
	tcm->tcm_ifindex = ifindex;
	err = rtnl_talk(&request.nlh, queue_collect_qdisc, &qdisc);
	*dropped = qdisc.dropped;
	return err;
}

/* Packets dropped so far by the device and its qdisc. Returns 0 or -errno. */
static int queue_count(const struct link *link, uint64_t *device, uint64_t *qdisc)
{
	struct link now;
	int err = link_get(link->name, &now);

	if (!err && now.ifindex != link->ifindex)
		err = -ENODEV;
	if (err)
		return err;
	*device = now.stats.tx_dropped;
	return queue_get_qdisc(link->ifindex, qdisc);
}

static void queue_mend(struct doctor *doctor)
{
	const struct link *link = &doctor->device.link;

	doctor_mend_inside(doctor, "ip link set dev %s txqueuelen %u  # longer bursts fit then; what its program is too slow for does not",
			   doctor_word(link->name), 2 * (link->txqlen ? link->txqlen : QUEUE_DEFAULT));
}

static void queue_report(struct doctor *doctor, const uint64_t *old, const uint64_t *now)
{
	const struct link *link = &doctor->device.link;
	uint64_t device = now[0] - old[0], qdisc = now[1] - old[1];

	if (device || qdisc) {
		doctor_find(doctor, DOCTOR_WARNING, "device_queue_full",
			    "the queue of %s is full: packets are dropped right now, faster than its program reads",
			    msg_safe(link->name));
		doctor_seen(doctor, "in %d ms the device dropped %llu packets, its qdisc %llu; txqueuelen is %u",
			    QUEUE_WATCH_MS, (unsigned long long)device,
			    (unsigned long long)qdisc, link->txqlen);
		queue_mend(doctor);
	} else if (now[0] || now[1]) {
		doctor_find(doctor, DOCTOR_NOTE, "device_dropped",
			    "%s has dropped packets for its program, but none just now",
			    msg_safe(link->name));
		doctor_seen(doctor, "the device dropped %llu packets since it exists, its qdisc %llu; txqueuelen is %u",
			    (unsigned long long)now[0], (unsigned long long)now[1], link->txqlen);
		queue_mend(doctor);
	}
}

void doctor_queue_full(struct doctor *doctor)
{
	const struct timespec pause = { .tv_nsec = QUEUE_WATCH_MS * 1000000L };
	const struct link *link = &doctor->device.link;
	uint64_t old[2], now[2];
	int err;

	err = queue_count(link, &old[0], &old[1]);
	if (!err) {
		nanosleep(&pause, NULL);
		err = queue_count(link, &now[0], &now[1]);
	}
	if (!err) {
		queue_report(doctor, old, now);
		return;
	}
	doctor_find(doctor, DOCTOR_NOTE, "device_queue_unknown",
		    "whether %s drops packets can't be checked", msg_safe(link->name));
	doctor_seen(doctor, "rtnetlink: %s", strerror(-err));
	doctor_mend_inside(doctor, "tc -s qdisc show dev %s", doctor_word(link->name));
}
