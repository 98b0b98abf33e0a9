// SPDX-License-Identifier: GPL-2.0-only
/* rtnetlink: one request and its answer, with what the kernel says of a refusal. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libmnl/libmnl.h>
#include <linux/netlink.h>

#include "vtunctl.h"

/* The kernel fills dumps up to this; a single device never needs as much. */
#define RTNL_BUFFER_SIZE	32768

static char rtnl_said_text[256];

const char *rtnl_said(void)
{
	return rtnl_said_text;
}

/* The words stand behind the request, which the answer repeats unless capped. */
static void rtnl_keep_words(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*answer);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += MNL_ALIGN(answer->msg.nlmsg_len) -
			sizeof(answer->msg);
	if (mnl_nlmsg_get_payload_len(nlh) < skip)
		return;
	mnl_attr_for_each(attr, nlh, skip)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(rtnl_said_text, sizeof(rtnl_said_text),
				 "%.*s", (int)mnl_attr_get_payload_len(attr),
				 (const char *)mnl_attr_get_payload(attr));
}

static int rtnl_take_error(const struct nlmsghdr *nlh, void *data)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(nlh);

	(void)data;
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*answer)) {
		errno = EBADMSG;
		return MNL_CB_ERROR;
	}
	if (!answer->error)
		return MNL_CB_STOP;
	rtnl_keep_words(nlh);
	errno = -answer->error;
	return MNL_CB_ERROR;
}

static int rtnl_talk_on(struct mnl_socket *nl, struct nlmsghdr *nlh,
			mnl_cb_t collect, void *data)
{
	static mnl_cb_t control[] = {
		[NLMSG_ERROR] = rtnl_take_error,
	};
	static char buf[RTNL_BUFFER_SIZE]
		__attribute__((aligned(NLMSG_ALIGNTO)));
	unsigned int portid, seq = time(NULL);
	int ret, on = 1;
	ssize_t len;

	/* Without it there is an error number all the same. */
	mnl_socket_setsockopt(nl, NETLINK_EXT_ACK, &on, sizeof(on));
	nlh->nlmsg_seq = seq;
	nlh->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	portid = mnl_socket_get_portid(nl);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (len < 0)
			return -errno;
		ret = mnl_cb_run2(buf, len, seq, portid, collect, data,
				  control, ARRAY_SIZE(control));
	} while (ret > MNL_CB_STOP);
	return ret < 0 ? -errno : 0;
}

int rtnl_talk(struct nlmsghdr *nlh, mnl_cb_t collect, void *data)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	int err;

	*rtnl_said_text = '\0';
	if (!nl)
		return -errno;
	err = rtnl_talk_on(nl, nlh, collect, data);
	mnl_socket_close(nl);
	return err;
}

void rtnl_explain(int err)
{
	if (*rtnl_said_text) {
		msg_why("the kernel refused it: %s (%s)",
			msg_safe(rtnl_said_text), strerror(err));
		/* A security module's word, and no other's. */
		if (err == EACCES)
			msg_todo("'vtunctl doctor' tells what mends it.");
		else
			msg_todo("Change what it names; vtunctl(8) tells what each word may be.");
	} else {
		msg_why("the kernel refused it (%s)", strerror(err));
		msg_todo("The kernel's log (dmesg) may tell more.");
	}
}
