// SPDX-License-Identifier: GPL-2.0-only
/* What can be seen after a step: packets on devices and through the stack, files, sysfs. */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Whatever waits for a softirq on this processor is done when lo has delivered a packet. */
void softirqs_settle(struct world *world)
{
	const struct timespec flush = { .tv_nsec = 10000000 };	/* some jiffies */
	char byte = 0;
	ssize_t n;

	if (world->may_hold)
		nanosleep(&flush, NULL);
	n = send(world->ping[0], &byte, 1, 0);
	if (n == 1) {
		do
			n = recv(world->ping[1], &byte, 1, 0);
		while (n < 0 && errno == EINTR);
	}
	if (n != 1)
		say(world, "lo", "lost a packet");
}

static const char *packet_type(int type)
{
	static const char *const names[] = { "host", "broadcast", "multicast", "other", "out" };

	return type < 5 ? names[type] : "?";
}

static void say_sniffed(struct world *world, struct net *net, struct msghdr *msg, ssize_t n,
			const uint8_t *data)
{
	const struct sockaddr_ll *from = msg->msg_name;
	const struct tpacket_auxdata *aux = NULL;
	const struct virtio_net_hdr *vh = (void *)data;
	char key[64], device[IFNAMSIZ] = "gone";
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c))
		if (c->cmsg_level == SOL_PACKET && c->cmsg_type == PACKET_AUXDATA)
			aux = (void *)CMSG_DATA(c);
	if (!if_indextoname(from->sll_ifindex, device))
		strcpy(device, "gone");
	world->saw_out |= from->sll_pkttype == PACKET_OUTGOING;
	snprintf(key, sizeof(key), "sniffed %s", packet_type(from->sll_pkttype));
	say(world, key, "%s protocol %04x type %u address length %u", device,
	    ntohs(from->sll_protocol), from->sll_hatype, from->sll_halen);
	if (aux)
		say(world, "  aux", "length %u of %u net %u tag %04x %04x", aux->tp_snaplen,
		    aux->tp_len, aux->tp_net, aux->tp_vlan_tci, aux->tp_vlan_tpid);
	if (aux)
		say(world, "  status", "%x", aux->tp_status);
	if (n < (ssize_t)sizeof(*vh))
		return;
	say(world, "  offload", "flags %x gso %x size %u checksum %u %u", vh->flags,
	    vh->gso_type, vh->gso_size, vh->csum_start, vh->csum_offset);
	say(world, "  linear", "%u", vh->hdr_len);
	say_packet(world, "  data", data + sizeof(*vh), n - sizeof(*vh));
}

static void look_at_sniffer(struct world *world, struct net *net)
{
	static uint8_t data[80000];
	char control[256];
	struct sockaddr_ll from;
	struct iovec iov = { data, sizeof(data) };

	for (;;) {
		struct msghdr msg = {
			.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(net->sniff, &msg, 0);

		if (n < 0 && errno == EINVAL) {
			say(world, "sniffed", "what has no virtio header");
			continue;
		}
		if (n < 0)
			return;
		if (from.sll_ifindex != 1)
			say_sniffed(world, net, &msg, n, data);
	}
}

static void look_at_udp(struct world *world, struct net *net)
{
	static uint8_t data[66000];
	struct sockaddr_in from = {};
	socklen_t len = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(net->udp, data, sizeof(data), 0, (void *)&from, &len)) >= 0) {
		say(world, "arrived", "from %s:%u", inet_ntoa(from.sin_addr), ntohs(from.sin_port));
		say_bytes(world, "  data", data, n);
	}
}

/* Mostly nothing has come: one call tells that of all sockets. */
void look_at_sockets(struct world *world, bool states)
{
	struct pollfd p[3 * NETS];

	for (int i = 0; i < NETS; i++) {
		struct net *net = &world->net[i];

		p[3 * i] = (struct pollfd){ net->sniff, POLLIN };
		p[3 * i + 1] = (struct pollfd){ net->udp, POLLIN };
		p[3 * i + 2] = (struct pollfd){ net->monitor, POLLIN };
	}
	if (poll(p, 3 * NETS, 0) <= 0)
		return;
	for (int i = 0; i < NETS; i++) {
		if (p[3 * i].revents)
			look_at_sniffer(world, &world->net[i]);
		if (p[3 * i + 1].revents)
			look_at_udp(world, &world->net[i]);
	}
	for (int i = 0; i < NETS; i++)
		if (p[3 * i + 2].revents)
			look_at_messages(world, i, states);
}

/* pos, flags and iff of fdinfo; what else there is belongs to the system. */
void look_at_file(struct world *world, int slot)
{
	char path[64], text[2048], key[32];
	ssize_t n;
	int fd;

	if (world->file[slot] < 0)
		return;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", world->file[slot]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return;
	text[n] = 0;
	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "mnt_id", 6) || !strncmp(line, "ino", 3))
			continue;
		snprintf(key, sizeof(key), "f%d info", slot);
		say(world, key, "%s", line);
	}
}

/* An address that was made up, in text. */
static void forget_mac_text(struct world *world, char *text)
{
	unsigned int byte[6];
	uint8_t mac[6];

	if (strlen(text) < 17 ||
	    sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x", byte, byte + 1, byte + 2, byte + 3, byte + 4,
		   byte + 5) != 6)
		return;
	for (int i = 0; i < 6; i++)
		mac[i] = byte[i];
	mac_to_record(world, mac, 6);
	snprintf(text, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
}

void look_at_sysfs(struct world *world, const char *name, const char *file)
{
	char path[128], text[512];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/%s", name, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		say_ret(world, -1);
		return;
	}
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	/* uevent's length depends on an index */
	say_ret(world, n > 0 && !strcmp(file, "uevent") ? 1 : n);
	if (n < 0)
		return;
	text[n] = 0;
	forget_mac_text(world, text);
	for (char *save, *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!strncmp(line, "IFINDEX=", 8))
			continue;
		say(world, file, "%s", line);
	}
}
