// SPDX-License-Identifier: GPL-2.0-only
/* Roles of programs that change their device, and of who removes the module. */
#include "stress.h"
#include "testlib_bpf.h"

#include <string.h>
#include <sys/syscall.h>

static bool filters(struct stress *s)
{
	struct sock_filter *code = CBPF_CONST(0xffff);
	struct sock_fprog prog = { 1, code };
	int fd = stress_file(s);
	bool done;

	if (fd < 0)
		return false;
	done = !vt_ioctl(fd, TUNATTACHFILTER, (unsigned long)&prog);
	done |= !vt_ioctl_int(fd, TUNSETFILTEREBPF, s->progs[2]);
	done |= !vt_ioctl_int(fd, TUNSETSTEERINGEBPF, s->progs[3]);
	nap_ms(stress_any(s, 5));
	vt_ioctl(fd, TUNDETACHFILTER, 0);
	vt_ioctl_int(fd, TUNSETFILTEREBPF, -1);
	vt_ioctl_int(fd, TUNSETSTEERINGEBPF, -1);
	return done;
}

static bool addresses(struct stress *s)
{
	struct {
		struct tun_filter head;
		uint8_t addr[12][ETH_ALEN];
	} filter = { .head.count = stress_any(s, 13) };
	int i, fd = stress_file(s);

	if (fd < 0)
		return false;
	for (i = 0; i < 12; i++)
		memcpy(filter.addr[i], i % 2 ? pkt_mac_b : pkt_mac_bcast,
		       ETH_ALEN);
	return vt_ioctl(fd, TUNSETTXFILTER, (unsigned long)&filter) >= 0;
}

/* A device may live without a file for a moment; who deletes, or we, end it. */
static bool persist(struct stress *s)
{
	int fd = stress_file(s);
	bool done;

	if (fd < 0)
		return false;
	done = !vt_persist(fd, true);
	if (!stress_any(s, 4)) {
		close(fd);
		s->fd = -1;
		return done;
	}
	nap_ms(stress_any(s, 5));
	return !vt_persist(fd, false) && done;
}

/* The first file of a device says whether it has back pressure. */
static bool backpressure(struct stress *s)
{
	int flags = IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE;
	int i, fd;
	bool done;

	flags |= stress_any(s, 2) ? IFF_BACKPRESSURE : 0;
	fd = vt_attach_nb("press0", flags);
	if (fd < 0)
		return false;
	link_set_txqlen("press0", 1 + stress_any(s, 4));
	done = !link_up("press0");
	for (i = 0; i < 20; i++) {
		uint8_t buf[PKT_MAX];

		psock_feed("press0", true, i, 100);
		if (stress_any(s, 2))
			done &= read(fd, buf, sizeof(buf)) != 0;
	}
	if (stress_any(s, 2))
		link_set_txqlen("press0", 2);
	close(fd);
	return done;
}

static bool settings(struct stress *s)
{
	int fd = stress_file(s);
	bool done;

	if (fd < 0)
		return false;
	done = !vt_ioctl_int(fd, TUNSETCARRIER, stress_any(s, 4) != 0);
	done |= !vt_ioctl_int(fd, TUNSETSNDBUF, 2000 << stress_any(s, 12));
	done |= !vt_ioctl(fd, TUNSETOFFLOAD, stress_any(s, 32));
	vt_ioctl_int(fd, TUNSETVNETLE, stress_any(s, 2));
	vt_ioctl_int(fd, TUNSETVNETHDRSZ, stress_any(s, 2) ? 12 : 10);
	vt_ioctl(fd, TUNSETOWNER, stress_any(s, 2) ? 0 : -1);
	return done;
}

/* Also of a file whose device is just going, or in another namespace. */
static bool queries(struct stress *s)
{
	int fd = stress_file(s), ns;
	char buf[64];

	if (fd < 0)
		return false;
	ns = vt_ioctl(fd, TUNGETDEVNETNS, 0);
	if (ns >= 0)
		close(ns);
	return fdinfo_get(fd, "iff", buf, sizeof(buf)) >= 0 && ns >= 0;
}

/* It is in use all the time, so that is what the answer must be. */
static bool remove_module(struct stress *s)
{
	nap_ms(stress_any(s, 20));
	return syscall(SYS_delete_module, vt_driver(), O_NONBLOCK) < 0 &&
	       (errno == EWOULDBLOCK || errno == EBUSY);
}

const struct stress_role stress_roles_ioctl[] = {
	{ "filters", filters },
	{ "addresses", addresses },
	{ "persist", persist },
	{ "backpressure", backpressure },
	{ "settings", settings },
	{ "queries", queries },
	{ "remove_module", remove_module },
	{}
};
