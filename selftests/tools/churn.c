// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opens the node, attaches, passes packets and closes, again and again until
 * it is told to end (SIGTERM), whether the driver is there or not:
 *
 *	churn NODE FLAGS DEVICE
 *
 * Says at the end how often it got how far. Exits 1 when something went wrong
 * that no driver's absence explains.
 */
#include "tunfile.h"

#include <signal.h>
#include <sys/socket.h>

static volatile sig_atomic_t churn_ended;

static void churn_end(int sig)
{
	(void)sig;
	churn_ended = 1;
}

static void churn_up(const char *device)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP | IFF_RUNNING };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (sock < 0)
		err(1, "socket");
	strncpy(ifr.ifr_name, device, IFNAMSIZ - 1);
	if (ioctl(sock, SIOCSIFFLAGS, &ifr))
		err(1, "%s: up", device);
	close(sock);
}

int main(int argc, char **argv)
{
	unsigned long opened = 0, written = 0, absent = 0;
	/* as Ethernet a unicast frame with a source, as IP of version 4 */
	const unsigned char packet[200] = { 0x44, [6] = 0x02 };
	char buf[2000];
	short flags;

	if (argc != 4)
		errx(2, "usage: churn NODE FLAGS DEVICE");
	flags = tunfile_flags(argv[2]);
	signal(SIGTERM, churn_end);
	while (!churn_ended) {
		struct ifreq ifr = { .ifr_flags = flags };
		int fd;

		/* leaves moments in which the driver can be unloaded */
		usleep(random() % 100000);
		fd = open(argv[1], O_RDWR | O_NONBLOCK);
		if (fd < 0) {
			if (errno != ENOENT && errno != ENODEV &&
			    errno != ENXIO)
				err(1, "%s", argv[1]);
			absent++;
			continue;
		}
		opened++;
		strncpy(ifr.ifr_name, argv[3], IFNAMSIZ - 1);
		if (ioctl(fd, TUNSETIFF, &ifr))
			err(1, "TUNSETIFF");
		churn_up(argv[3]);
		if (write(fd, packet, sizeof(packet)) != sizeof(packet))
			err(1, "write");
		written++;
		if (read(fd, buf, sizeof(buf)) < 0 && errno != EAGAIN)
			err(1, "read");
		close(fd);
	}
	printf("opened %lu written %lu absent %lu\n", opened, written, absent);
	return 0;
}
