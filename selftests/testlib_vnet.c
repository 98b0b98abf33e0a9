// SPDX-License-Identifier: GPL-2.0-only
/* Devices whose packets begin with a virtio header. */
#include "testlib_vnet.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_packet.h>
#include <linux/neighbour.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

bool vnet_newest(void)
{
	return !vt_intree() || kernel_at_least(7, 3);
}

bool vnet_has_uso(void)
{
	return !vt_intree() || kernel_at_least(6, 2);
}

bool vnet_socket_uso(void)
{
	return kernel_at_least(6, 2);
}

bool vnet_known_rules(void)
{
	return !vt_intree() || kernel_at_least(6, 12);
}

/* ---- devices ---- */

int vnet_psock(const char *name)
{
	int fd = psock_open(name, SOCK_RAW, ETH_P_ALL);
	int on = 1, size = 8 << 20, err;

	if (fd < 0)
		return fd;
	if (!setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) &&
	    !setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int vnet_finish(struct vnet *v, const char *name, int flags, int hdr_sz)
{
	int err = 0;

	v->vnet_hdr = flags & IFF_VNET_HDR;
	v->hdr_sz = hdr_sz;
	if (v->vnet_hdr)
		err = vt_ioctl_int(v->io.fd, TUNSETVNETHDRSZ, hdr_sz);
	if (err)
		return err;
	v->vps = vnet_psock(name);
	return v->vps < 0 ? v->vps : 0;
}

int vnet_open(struct vnet *v, int flags, int hdr_sz)
{
	int err = io_open(&v->io, flags | IFF_VNET_HDR);

	if (err)
		return err;
	err = vnet_finish(v, IO_NAME, flags | IFF_VNET_HDR, hdr_sz);
	io_counted(&v->io);
	return err;
}

int vnet_add(struct vnet *v, const char *name, int flags, int hdr_sz)
{
	int err;

	memset(v, 0, sizeof(*v));
	v->io.tap = flags & IFF_TAP;
	v->io.pi = !(flags & IFF_NO_PI);
	v->io.fd = vt_attach_nb(name, flags);
	if (v->io.fd < 0)
		return v->io.fd;
	err = link_up(name);
	return err ? err : vnet_finish(v, name, flags, hdr_sz);
}

int vnet_offload(const struct vnet *v, unsigned long bits)
{
	return vt_ioctl(v->io.fd, TUNSETOFFLOAD, bits);
}

size_t vnet_put_head(const struct vnet *v, const struct vnet_pkt *p, void *buf)
{
	struct tun_pi pi = { .proto = htons(p->proto) };
	size_t head = v->io.pi ? sizeof(pi) : 0;
	size_t known = v->hdr_sz < (int)sizeof(p->hdr) ? v->hdr_sz :
							 sizeof(p->hdr);

	memcpy(buf, &pi, head);
	if (!v->vnet_hdr)
		return head;
	memset((uint8_t *)buf + head, 0, v->hdr_sz);
	memcpy((uint8_t *)buf + head, &p->hdr, known);
	return head + v->hdr_sz;
}

int vnet_write(const struct vnet *v, const struct vnet_pkt *p)
{
	uint8_t head[256];
	struct iovec iov[] = {
		{ head, vnet_put_head(v, p, head) },
		{ (void *)p->buf, p->len },
	};
	ssize_t n = io_writev(v->io.fd, iov, 2);

	if (n < 0)
		return n;
	return (size_t)n == iov[0].iov_len + p->len ? 0 : -EIO;
}

ssize_t vnet_read(const struct vnet *v, struct vnet_pkt *p)
{
	size_t pi_len = v->io.pi ? sizeof(struct tun_pi) : 0;
	size_t head = pi_len + (v->vnet_hdr ? v->hdr_sz : 0);
	static __thread uint8_t buf[VNET_PKT_MAX + 256];
	struct tun_pi pi = {};
	ssize_t n = io_read(v->io.fd, buf, sizeof(buf));

	if (n < 0)
		return n;
	if ((size_t)n < head)
		return -EPROTO;
	memset(p, 0, offsetof(struct vnet_pkt, buf));
	memcpy(&pi, buf, pi_len);
	p->proto = ntohs(pi.proto);
	if (v->vnet_hdr)
		memcpy(&p->hdr, buf + pi_len,
		       v->hdr_sz < (int)sizeof(p->hdr) ? v->hdr_sz :
							 sizeof(p->hdr));
	p->len = n - head;
	memcpy(p->buf, buf + head, p->len);
	return p->len;
}

ssize_t vnet_await(const struct vnet *v, struct vnet_pkt *p)
{
	ssize_t n;

	while ((n = vnet_read(v, p)) == -EAGAIN)
		if (fd_poll(v->io.fd, POLLIN, WAIT_MS) <= 0)
			return -ETIMEDOUT;
	return n;
}

ssize_t vnet_heard(int vps, struct vnet_pkt *p, int ms)
{
	static uint8_t buf[VNET_PKT_MAX + VNET_SIZE];
	ssize_t n = psock_recv(vps, 0, buf, sizeof(buf), ms);

	if (n < 0)
		return n;
	memset(p, 0, offsetof(struct vnet_pkt, buf));
	memcpy(&p->hdr, buf, VNET_SIZE);
	p->len = n - VNET_SIZE;
	memcpy(p->buf, buf + VNET_SIZE, p->len);
	return p->len;
}

int vnet_heard_whole(int vps, struct vnet_pkt *p, int ms, bool eth, struct vnet_seen *seen)
{
	ssize_t n = vnet_heard(vps, p, ms);

	return n < 0 ? n : vnet_parse(p->buf, n, eth, seen);
}

int vnet_inject(int vps, const char *name, const struct vnet_pkt *p)
{
	static uint8_t buf[VNET_PKT_MAX + VNET_SIZE];
	ssize_t n;

	memcpy(buf, &p->hdr, VNET_SIZE);
	memcpy(buf + VNET_SIZE, p->buf, p->len);
	n = psock_send(vps, name, p->proto, buf, VNET_SIZE + p->len);
	return n < 0 ? n : 0;
}

/* ---- the stack ---- */

/* One request whose attributes the caller has put in: 0 or -errno. */
static int vnet_talk(struct nlmsghdr *nlh)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	char buf[4096];
	ssize_t n = -1;
	int err = 0;

	if (!nl)
		return -errno;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE |
			   NLM_F_REPLACE;
	nlh->nlmsg_seq = 1;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) >= 0 &&
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) >= 0)
		n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (n < 0 || mnl_cb_run(buf, n, 1, mnl_socket_get_portid(nl), NULL,
				NULL) < 0)
		err = -errno;
	mnl_socket_close(nl);
	return err;
}

static void vnet_ip6(uint32_t addr, struct in6_addr *out)
{
	const uint32_t last = htonl(addr);

	memset(out, 0, sizeof(*out));
	out->s6_addr[0] = 0xfd;
	memcpy(&out->s6_addr[12], &last, sizeof(last));
}

static int vnet_add_ip6(const char *name, uint32_t addr)
{
	char buf[512] = {};
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	int index = link_index(name);
	struct ifaddrmsg *ifa;
	struct in6_addr ip6;

	if (index < 0)
		return index;
	vnet_ip6(addr, &ip6);
	nlh->nlmsg_type = RTM_NEWADDR;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_INET6;
	/* each device its own network, like IPv4's 24 bits */
	ifa->ifa_prefixlen = 120;
	ifa->ifa_flags = IFA_F_NODAD;
	ifa->ifa_index = index;
	mnl_attr_put(nlh, IFA_LOCAL, sizeof(ip6), &ip6);
	return vnet_talk(nlh);
}

/* An IPv6 address is of use when its host route is there, a moment later. */
static bool vnet_usable_ip6(uint32_t addr)
{
	static char routes[1 << 16];
	char want[64];

	snprintf(want, sizeof(want), "fd%022x%08x 80 ", 0, addr);
	return file_read("/proc/self/net/ipv6_route", routes,
			 sizeof(routes)) > 0 && strstr(routes, want);
}

int vnet_address(const char *name, uint32_t addr)
{
	int err = link_add_ip4(name, addr, 24);

	if (!err)
		err = ns_link_ipv6(name, true);
	if (!err)
		err = vnet_add_ip6(name, addr);
	if (!err && !wait_for(vnet_usable_ip6(addr), WAIT_MS))
		err = -ETIMEDOUT;
	return err;
}

int vnet_neigh(const char *name, uint32_t addr, const uint8_t *mac)
{
	const uint32_t ip4 = htonl(addr);
	int i, err = 0, index = link_index(name);
	struct in6_addr ip6;

	vnet_ip6(addr, &ip6);
	for (i = 0; i < 2 && !err; i++) {
		char buf[512] = {};
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
		struct ndmsg *nd;

		nlh->nlmsg_type = RTM_NEWNEIGH;
		nd = mnl_nlmsg_put_extra_header(nlh, sizeof(*nd));
		nd->ndm_family = i ? AF_INET6 : AF_INET;
		nd->ndm_ifindex = index;
		nd->ndm_state = NUD_PERMANENT;
		if (i)
			mnl_attr_put(nlh, NDA_DST, sizeof(ip6), &ip6);
		else
			mnl_attr_put(nlh, NDA_DST, sizeof(ip4), &ip4);
		mnl_attr_put(nlh, NDA_LLADDR, ETH_ALEN, mac);
		err = vnet_talk(nlh);
	}
	return err;
}

int vnet_forward(void)
{
	int err = sysctl_write("net/ipv4/ip_forward", "1");

	if (!err)
		err = sysctl_write("net/ipv4/conf/all/rp_filter", "0");
	return err ? err : sysctl_write("net/ipv6/conf/all/forwarding", "1");
}

bool vnet_bridged(const char *name)
{
	char state[16] = {};

	return wait_for(sysfs_read(name, "brport/state", state,
				   sizeof(state)) > 0 && state[0] == '3',
			WAIT_MS);
}

/* The core notices a carrier a moment later, and drops packets until then. */
int vnet_veth(const char *name, const char *peer)
{
	int err;

	if ((err = link_add_veth(name, peer)) || (err = link_up(name)) ||
	    (err = link_up(peer)))
		return err;
	return link_operates(name, IF_OPER_UP) &&
	       link_operates(peer, IF_OPER_UP) ?
	       0 : -ETIMEDOUT;
}
