// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floods a tun device with UDP and counts what comes out of the other end.
 *
 *	flood NODE SENDERS PACKETS reading|sleeping
 *
 * SENDERS processes send PACKETS datagrams each by sendmmsg(), while the
 * program reads all the time or only when all of them have ended. Prints
 * "sent N read N tx_dropped N qdisc_dropped N"; each datagram carries the
 * number of its sender and its own, so one that is read twice or out of order
 * is an error.
 */
#include "tunfile.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define DEVICE "flood0"
#define BATCH 64
#define MAX_SENDERS 16

struct payload {
	unsigned int sender;
	unsigned int number;
};

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	struct payload payload;
};

/*
 * One process's share: its status says whether each datagram was accepted. The
 * socket is not connected, so no error of an earlier datagram comes back.
 */
static void send_all(unsigned int sender, unsigned int packets)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	struct payload payload[BATCH];
	struct iovec iov[BATCH];
	struct mmsghdr msg[BATCH] = {};
	unsigned int i, n, done = 0;
	int fd = socket(AF_INET, SOCK_DGRAM, 0), ret;

	if (fd < 0)
		err(1, "socket");
	inet_aton("10.66.0.2", &to.sin_addr);
	while (done < packets) {
		n = packets - done < BATCH ? packets - done : BATCH;
		for (i = 0; i < n; i++) {
			payload[i] = (struct payload){ sender, done + i };
			iov[i] = (struct iovec){ &payload[i], sizeof(payload[i]) };
			msg[i].msg_hdr.msg_name = &to;
			msg[i].msg_hdr.msg_namelen = sizeof(to);
			msg[i].msg_hdr.msg_iov = &iov[i];
			msg[i].msg_hdr.msg_iovlen = 1;
		}
		ret = sendmmsg(fd, msg, n, 0);
		if (ret < 0)
			err(1, "sendmmsg");
		done += ret;
	}
	exit(0);
}

/* Reads what is there; the number of datagrams. */
static unsigned int read_all(int fd, unsigned int *next)
{
	unsigned char packet[2048];
	struct datagram *got = (struct datagram *)packet;
	unsigned int count = 0;
	ssize_t len;

	while ((len = read(fd, packet, sizeof(packet))) > 0) {
		if (len != sizeof(*got) || got->ip.protocol != IPPROTO_UDP)
			errx(1, "a packet of %zd bytes, protocol %u", len, got->ip.protocol);
		if (got->payload.sender >= MAX_SENDERS)
			errx(1, "sender %u", got->payload.sender);
		if (got->payload.number < next[got->payload.sender])
			errx(1, "packet %u of sender %u came late",
			     got->payload.number, got->payload.sender);
		next[got->payload.sender] = got->payload.number + 1;
		count++;
	}
	if (errno != EAGAIN)
		err(1, "read");
	return count;
}

static unsigned long number_from(const char *command)
{
	FILE *pipe = popen(command, "r");
	unsigned long value;

	if (!pipe || fscanf(pipe, "%lu", &value) != 1)
		errx(1, "no number from: %s", command);
	pclose(pipe);
	return value;
}

static int setup(const char *node)
{
	int fd = tunfile_attach(node, IFF_TUN | IFF_NO_PI, DEVICE);

	if (fd < 0)
		err(1, DEVICE);
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		err(1, "O_NONBLOCK");
	if (system("ip addr add 10.66.0.1/24 dev " DEVICE) ||
	    system("ip link set " DEVICE " up"))
		errx(1, "cannot set up " DEVICE);
	return fd;
}

int main(int argc, char **argv)
{
	unsigned int next[MAX_SENDERS] = {}, senders, packets, running, i;
	unsigned long got = 0;
	int fd, status, reading;
	pid_t pid;

	if (argc != 5 || atoi(argv[2]) > MAX_SENDERS)
		errx(2, "usage: flood NODE SENDERS PACKETS reading|sleeping");
	senders = atoi(argv[2]);
	packets = atoi(argv[3]);
	reading = !strcmp(argv[4], "reading");
	fd = setup(argv[1]);

	for (i = 0; i < senders; i++) {
		pid = fork();
		if (pid < 0)
			err(1, "fork");
		if (!pid)
			send_all(i, packets);
	}
	for (running = senders; running;) {
		if (reading)
			got += read_all(fd, next);
		pid = waitpid(-1, &status, reading ? WNOHANG : 0);
		if (pid < 0)
			err(1, "waitpid");
		if (pid > 0 && status)
			errx(1, "a sender failed");
		running -= pid > 0;
	}
	got += read_all(fd, next);
	printf("sent %lu read %lu tx_dropped %lu qdisc_dropped %lu\n",
	       (unsigned long)senders * packets, got,
	       number_from("cat /sys/class/net/" DEVICE "/statistics/tx_dropped"),
	       number_from("tc -s -j qdisc show dev " DEVICE " root | jq .[0].drops"));
	return 0;
}
