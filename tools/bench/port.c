// SPDX-License-Identifier: GPL-2.0-only
/* Devices of either driver, in a network namespace with nothing else in it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <linux/virtio_net.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

/* The kernel's headers have it since 7.3, include/compat is the module's. */
#ifndef IFF_BACKPRESSURE
#define IFF_BACKPRESSURE	0x0080
#endif

const struct method method_plain = { .name = "plain" };

/* No packets but the benchmark's own. */
void net_quiet(void)
{
	put_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	put_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
}

static void port_link(int ctl, const char *name, int (*change)(int flags))
{
	struct ifreq ifr = {};

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	checked(ioctl(ctl, SIOCGIFFLAGS, &ifr), "SIOCGIFFLAGS");
	ifr.ifr_flags = change(ifr.ifr_flags);
	checked(ioctl(ctl, SIOCSIFFLAGS, &ifr), "SIOCSIFFLAGS");
}

static int port_flags_up(int flags)
{
	return flags | IFF_UP;
}

/* @address: with 24 bits of network; 0 for none */
void port_up(const char *name, uint32_t address)
{
	int ctl = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	struct ifreq ifr = {};
	struct sockaddr_in *sin = (void *)&ifr.ifr_addr;

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	sin->sin_family = AF_INET;
	if (address) {
		sin->sin_addr.s_addr = htonl(address);
		checked(ioctl(ctl, SIOCSIFADDR, &ifr), "SIOCSIFADDR");
		sin->sin_addr.s_addr = htonl(0xffffff00);
		checked(ioctl(ctl, SIOCSIFNETMASK, &ifr), "SIOCSIFNETMASK");
	}
	port_link(ctl, name, port_flags_up);
	close(ctl);
}

/* ethtool -C rx-usecs, which in-tree tun refuses. */
void port_hold(const struct driver *driver, const char *name,
	       unsigned int usecs)
{
	int ctl = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	struct ethtool_coalesce coalesce = {
		.cmd = ETHTOOL_SCOALESCE, .rx_coalesce_usecs = usecs,
	};
	struct ifreq ifr = { .ifr_data = (void *)&coalesce };

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	if (ioctl(ctl, SIOCETHTOOL, &ifr) &&
	    (errno != EOPNOTSUPP || !strcmp(driver->name, "vtun")))
		checked(-1, "ETHTOOL_SCOALESCE");
	close(ctl);
}

/* How many packets a queue holds. */
void port_length(const char *name, unsigned int packets)
{
	int ctl = checked(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
	struct ifreq ifr = { .ifr_qlen = packets };

	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	checked(ioctl(ctl, SIOCSIFTXQLEN, &ifr), "SIOCSIFTXQLEN");
	close(ctl);
}

/* What TUNSETIFF is asked for. */
int port_flags(const struct figure *fig, int kind)
{
	int flags = IFF_NO_PI | (kind == PORT_TUN ? IFF_TUN : IFF_TAP);

	if (fig->vnet)
		flags |= IFF_VNET_HDR;
	if (fig->method && fig->method->pressure)
		flags |= IFF_BACKPRESSURE;
	return flags;
}

/* Where the driver does not know it, TUNSETIFF would just ignore it. */
static void port_need_pressure(int fd)
{
	unsigned int features = 0;

	checked(ioctl(fd, TUNGETFEATURES, &features), "TUNGETFEATURES");
	if (!(features & IFF_BACKPRESSURE))
		skip("no back pressure");
}

void port_open_flags(struct port *port, const struct driver *driver,
		     const char *name, int flags)
{
	struct ifreq ifr = { .ifr_flags = flags };

	memset(port, 0, sizeof(*port));
	port->method = &method_plain;
	port->vnet = flags & IFF_VNET_HDR;
	port->fd = open(driver->node, O_RDWR | O_CLOEXEC);
	if (port->fd < 0 && errno == ENOENT)
		skip("no %s", driver->node);
	checked(port->fd, driver->node);
	if (flags & IFF_BACKPRESSURE)
		port_need_pressure(port->fd);
	strncpy(ifr.ifr_name, name, IFNAMSIZ - 1);
	checked(ioctl(port->fd, TUNSETIFF, &ifr), "TUNSETIFF");
	memcpy(port->name, ifr.ifr_name, sizeof(port->name));
	port->name[sizeof(port->name) - 1] = '\0';
}

/**
 * port_open() - a device for one figure, up and with the benchmark's address
 * @port: file and device
 * @driver: whose
 * @kind: PORT_TUN or PORT_TAP
 * @fig: how packets are read and written
 */
void port_open(struct port *port, const struct driver *driver, int kind,
	       const struct figure *fig)
{
	net_quiet();
	port_open_flags(port, driver, "bench0", port_flags(fig, kind));
	if (fig->method)
		port->method = fig->method;
	checked(fcntl(port->fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
	io_init(port, fig->size + (kind == PORT_TAP ? ETH_HLEN : 0));
	port_up(port->name, BENCH_ADDRESS);
}

void port_close(struct port *port)
{
	io_exit(port);
	close(port->fd);
}
