// SPDX-License-Identifier: GPL-2.0-only
/* Numbered flows, and which queue they take. */
#include "testlib_flow.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define FLOW_MAGIC	0x7f10c0de
#define FLOW_HEAD	28		/* IPv4 and UDP */

/* Each packet must be longer than the largest number that a probe tells. */
#define FLOW_PAYLOAD	400
#define PROBE_BASE	64

/*
 * The filter cuts each packet to PROBE_BASE bytes plus the receive queue that
 * the driver recorded (the stack counts them from 1), so the length that
 * recv() gives is the answer. Packets in the other direction are left out.
 */
static int flow_open_probe(int index)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_QUEUE),
		BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, PROBE_BASE),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), code };
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_ifindex = index,
		.sll_protocol = htons(ETH_P_IP),
	};
	int fd, err;

	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
			sizeof(prog)) &&
	    !bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int flow_open(struct flow_path *path, const char *name, bool tap)
{
	path->tap = tap;
	path->index = link_index(name);
	if (path->index < 0)
		return path->index;
	path->probe = flow_open_probe(path->index);
	if (path->probe < 0)
		return path->probe;
	path->sock = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (path->sock >= 0)
		return 0;
	close(path->probe);
	return -errno;
}

void flow_close(struct flow_path *path)
{
	close(path->sock);
	close(path->probe);
}

int flow_write(const struct flow_path *path, int fd, unsigned int flow,
	       uint32_t seq)
{
	struct flow_mark mark = { FLOW_MAGIC, flow, seq };
	uint8_t buf[PKT_MAX], data[FLOW_PAYLOAD] = {};
	size_t len = 0;
	ssize_t ret;

	memcpy(data, &mark, sizeof(mark));
	if (path->tap)
		len = pkt_eth(buf, pkt_mac_bcast, pkt_mac_b, ETH_P_IP);
	len += pkt_udp4(buf + len, FLOW_FAR, FLOW_NEAR, FLOW_FAR_PORT + flow,
			FLOW_NEAR_PORT, data, sizeof(data));
	ret = write(fd, buf, len);
	if (ret < 0)
		return -errno;
	return (size_t)ret == len ? 0 : -EIO;
}

int flow_send(const struct flow_path *path, unsigned int flow, uint32_t seq)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = path->index,
		.sll_protocol = htons(ETH_P_IP),
		.sll_halen = ETH_ALEN,
	};
	struct flow_mark mark = { FLOW_MAGIC, flow, seq };
	uint8_t buf[PKT_MAX], data[FLOW_PAYLOAD] = {};
	size_t len = 0;

	memcpy(data, &mark, sizeof(mark));
	if (path->tap)
		len = pkt_eth(buf, pkt_mac_b, pkt_mac_a, ETH_P_IP);
	len += pkt_udp4(buf + len, FLOW_NEAR, FLOW_FAR, FLOW_NEAR_PORT,
			FLOW_FAR_PORT + flow, data, sizeof(data));
	if (sendto(path->sock, buf, len, MSG_DONTWAIT, (struct sockaddr *)&to,
		   sizeof(to)) < 0)
		return -errno;
	return 0;
}

int flow_read(const struct flow_path *path, int fd, struct flow_mark *mark)
{
	size_t off = FLOW_HEAD + (path->tap ? ETH_HLEN : 0);
	uint8_t buf[PKT_MAX];
	ssize_t ret;

	for (;;) {
		ret = read(fd, buf, sizeof(buf));
		if (ret < 0)
			return -errno;
		if ((size_t)ret < off + sizeof(*mark))
			continue;
		memcpy(mark, buf + off, sizeof(*mark));
		if (mark->magic == FLOW_MAGIC)
			return 0;
	}
}

int flow_await(const struct flow_path *path, int fd, struct flow_mark *mark)
{
	int err = flow_read(path, fd, mark);

	while (err == -EAGAIN && fd_poll(fd, POLLIN, WAIT_MS) > 0)
		err = flow_read(path, fd, mark);
	return err;
}

int flow_reader(const struct flow_path *path, unsigned int flow,
		const int *fds, int num)
{
	static uint32_t seq = 1u << 31;
	struct flow_mark mark;
	int found = -ENOENT;
	int err, i;

	err = flow_send(path, flow, ++seq);
	if (err)
		return err;
	for (i = 0; i < num; i++) {
		if (fds[i] < 0)
			continue;
		while (!flow_read(path, fds[i], &mark)) {
			if (mark.flow != flow || mark.seq != seq || found >= 0)
				return -EEXIST;
			found = i;
		}
	}
	return found;
}

int flow_number(const struct flow_path *path, int fd)
{
	uint8_t buf[PKT_MAX];
	ssize_t len;
	int err;

	do
		len = recv(path->probe, buf, sizeof(buf), 0);
	while (len >= 0);
	err = flow_write(path, fd, 0, 0);
	if (err)
		return err;
	/* the write delivers it, but a network stack may do so later */
	if (fd_poll(path->probe, POLLIN, WAIT_MS) <= 0)
		return -ETIMEDOUT;
	len = recv(path->probe, buf, sizeof(buf), 0);
	return len < 0 ? -errno : len - PROBE_BASE - 1;
}

static int flow_check_attached(const char *name, int fd, bool tap)
{
	struct flow_path path;
	struct flow_mark mark = {};
	int err, i;

	err = link_up(name);
	if (!err)
		err = flow_open(&path, name, tap);
	if (err)
		return err;
	for (i = 0; i < 10 && !err; i++) {
		err = flow_number(&path, fd);
		if (!err)
			err = flow_send(&path, i, i);
		if (!err)
			err = flow_await(&path, fd, &mark);
		if (!err && mark.seq != (uint32_t)i)
			err = -EBADMSG;
	}
	flow_close(&path);
	return err;
}

int flow_check(const char *name, int flags)
{
	int fd = vt_attach_nb(name, flags);
	int err;

	if (fd < 0)
		return fd;
	err = flow_check_attached(name, fd, flags & IFF_TAP);
	close(fd);
	if (!err && link_exists(name))
		err = -EEXIST;
	return err;
}
