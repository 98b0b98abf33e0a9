/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helpers that the C selftests share.
 *
 * Include it after kselftest_harness.h, link testlib*.c and -lmnl.
 *
 * Rules that hold for all of it:
 * - What can fail returns 0 (or a file descriptor, length, index) or -errno,
 *   so that a test compares with one value: ASSERT_EQ(-EBUSY, vt_setiff(...)).
 *   A helper never ends the test itself.
 * - Nothing starts another program: links are handled by rtnetlink.
 * - Links are named, and looked up in the caller's current namespace.
 * - Each test begins with ns_fresh(), normally in FIXTURE_SETUP; the harness
 *   runs every test in a process of its own, so nothing needs undoing.
 *
 * Groups: the driver (vt_), namespaces (ns_), links (link_), link messages
 * (mon_), packets (pkt_), packet sockets (psock_), privileges (run_as),
 * sleeping threads (sleeper_), files in proc and sysfs, waiting (wait_for).
 */
#ifndef VTUN_SELFTESTS_TESTLIB_H
#define VTUN_SELFTESTS_TESTLIB_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <linux/if.h>			/* IF_OPER_…; works after net/if.h only */
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>

#ifndef IFF_NO_CARRIER			/* 6.2 */
#define IFF_NO_CARRIER		0x0040
#endif
#ifndef IFF_BACKPRESSURE		/* 7.3 */
#define IFF_BACKPRESSURE	0x0080
#endif

/* Long enough for an emulated machine that is busy with other things. */
#define WAIT_MS			10000

/* ---- waiting ---------------------------------------------------------- */

uint64_t now_us(void);
uint64_t now_ms(void);
void nap_ms(unsigned int ms);

/* Poll an expression until it is true, at most @ms; its last value. */
#define wait_for(cond, ms) ({						\
	uint64_t __end = now_ms() + (ms);				\
	bool __ok;							\
	while (!(__ok = !!(cond)) && now_ms() < __end)			\
		nap_ms(1);						\
	__ok; })

/* poll() one file for @events: the events that are there, 0 on timeout. */
int fd_poll(int fd, short events, int ms);

/* True if this kernel's release is at least @major.@minor. */
bool kernel_at_least(int major, int minor);

/* ---- the driver under test (environment: DRIVER, default vtun) --------- */

const char *vt_driver(void);		/* "vtun" or "tun": kind, driver name */
const char *vt_node(void);		/* "/dev/net/vtun" */
bool vt_intree(void);			/* the in-tree driver is under test */

int vt_open(int flags);			/* open the node; fd or -errno */
int vt_setiff(int fd, const char *name, int flags);
/* The same, and the name that came back goes to @out (IFNAMSIZ bytes). */
int vt_setiff_name(int fd, const char *name, int flags, char *out);
int vt_attach(const char *name, int flags);	/* O_RDWR, TUNSETIFF: fd */
int vt_attach_nb(const char *name, int flags);	/* the same, O_NONBLOCK */
int vt_ioctl(int fd, unsigned long cmd, unsigned long arg);
/* For commands that take a pointer to an int. */
int vt_ioctl_int(int fd, unsigned long cmd, int value);
int vt_features(void);			/* TUNGETFEATURES */
int vt_flags(int fd);			/* TUNGETIFF's flags */
int vt_ifname(int fd, char *out);	/* TUNGETIFF's name */
int vt_set_queue(int fd, int flags);	/* TUNSETQUEUE: IFF_{AT,DE}TACH_QUEUE */
int vt_persist(int fd, bool on);

/*
 * Variants of a fixture that has one. The flags are variant->flags; a test
 * adds others to them. Each mode, without packet information:
 */
#define VARIANTS_MODE(fixture)						\
FIXTURE_VARIANT(fixture) { int flags; };				\
FIXTURE_VARIANT_ADD(fixture, tun) { IFF_TUN | IFF_NO_PI };		\
FIXTURE_VARIANT_ADD(fixture, tap) { IFF_TAP | IFF_NO_PI }

/*
 * Mode, packet information and number of queues, so that each two of them meet
 * in each way: four of the eight, enough for what they hardly change.
 */
#define VARIANTS_PAIRWISE(fixture)					\
FIXTURE_VARIANT(fixture) { int flags; };				\
FIXTURE_VARIANT_ADD(fixture, tun) { IFF_TUN | IFF_NO_PI };		\
FIXTURE_VARIANT_ADD(fixture, tap_pi) { IFF_TAP };			\
FIXTURE_VARIANT_ADD(fixture, tun_pi_mq) { IFF_TUN | IFF_MULTI_QUEUE };	\
FIXTURE_VARIANT_ADD(fixture, tap_mq) {					\
	IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE }

/* Bytes of packet information that a read or write begins with. */
#define PI_LEN(flags)	((flags) & IFF_NO_PI ? 0 : sizeof(struct tun_pi))

/* ---- namespaces -------------------------------------------------------- */

/*
 * Enter a new, empty network namespace: lo is down, and IPv6 is off for
 * every device made later, so that no packet appears unasked.
 */
int ns_fresh(void);
int ns_ipv6(bool on);			/* for devices made later */
int ns_link_ipv6(const char *name, bool on);	/* for one that is there */
int ns_open(void);			/* fd of the current namespace */
int ns_new(void);			/* fd of a new one; the caller stays */
int ns_enter(int ns_fd);
/* Write @value to /proc/sys/@path (of the current network namespace). */
int sysctl_write(const char *path, const char *value);

/* ---- links ------------------------------------------------------------- */

struct link_info {
	int index;
	int iflink;			/* IFLA_LINK, or index */
	int master;
	unsigned int flags;		/* IFF_UP, IFF_LOWER_UP … */
	unsigned int type;		/* ARPHRD_… */
	char name[IFNAMSIZ];
	char kind[32];
	char qdisc[32];
	unsigned int mtu, min_mtu, max_mtu;
	unsigned int txqlen;
	unsigned int group;
	unsigned int num_tx, num_rx;	/* allocated queues */
	int operstate;			/* IF_OPER_… */
	int carrier;
	int carrier_changes;
	int addr_len;
	uint8_t addr[32];
	int brd_len;
	uint8_t brd[32];
	bool has_perm_addr;
	unsigned int gso_max_size, gso_max_segs;
	unsigned int tso_max_size, tso_max_segs;
	unsigned int gro_max_size;
	struct rtnl_link_stats64 stats;
	/* IFLA_INFO_DATA: bit n of @tun_have tells that IFLA_TUN_n was there */
	uint32_t tun_have;
	uint32_t tun[16];		/* by IFLA_TUN_ number */
	uint8_t tun_order[16];		/* attribute numbers as they came */
	int tun_count;
};

int link_get(const char *name, struct link_info *info);
int link_index(const char *name);	/* -ENODEV if there is none */
bool link_exists(const char *name);
int link_count(void);			/* links in this namespace, lo too */
int link_up(const char *name);		/* administratively */
int link_down(const char *name);
int link_set_flags(const char *name, unsigned int set, unsigned int clear);
int link_del(const char *name);
int link_rename(const char *name, const char *to);
int link_altname(const char *name, const char *alt);
/* @count alternative names: @base followed by @first, @first + 1 … */
int link_altnames(const char *name, const char *base, int first, int count);
int link_set_mtu(const char *name, unsigned int mtu);
int link_set_txqlen(const char *name, unsigned int len);
int link_set_carrier(const char *name, bool on);
/* Wait for operational state IF_OPER_*: the core follows a carrier a while later. */
bool link_operates(const char *name, int state);
int link_set_addr(const char *name, const void *addr, size_t len);
int link_set_netns(const char *name, int ns_fd);
int link_set_master(const char *name, const char *master);	/* NULL: none */
int link_add(const char *name, const char *kind);	/* dummy, bridge … */
int link_add_veth(const char *name, const char *peer);
/* An IPv4 address in host order: link_add_ip4("tap0", 0x0a000001, 24). */
int link_add_ip4(const char *name, uint32_t addr, int prefix);

/* ---- link messages ------------------------------------------------------ */

int mon_open(void);			/* socket; messages from now on */
/*
 * How many messages of @type (RTM_NEWLINK, RTM_DELLINK) about @name have
 * come since the last call. The kernel sends them before the call that caused
 * them returns, so there is nothing to wait for.
 */
int mon_count(int mon, int type, const char *name);
/* The next one of these into @info, if it has come: 1, else 0. */
int mon_next(int mon, int type, const char *name, struct link_info *info);

/* ---- packets: each builder returns the length it wrote ------------------ */

#define PKT_MAX	2048

extern const uint8_t pkt_mac_a[ETH_ALEN];	/* 02:00:00:00:00:0a */
extern const uint8_t pkt_mac_b[ETH_ALEN];	/* 02:00:00:00:00:0b */
extern const uint8_t pkt_mac_bcast[ETH_ALEN];

uint16_t pkt_csum(const void *data, size_t len, uint32_t sum);
size_t pkt_eth(void *buf, const uint8_t *dst, const uint8_t *src, int proto);
/* IPv4 addresses and ports in host order. */
size_t pkt_udp4(void *buf, uint32_t src, uint32_t dst, uint16_t sport,
		uint16_t dport, const void *data, size_t len);
size_t pkt_icmp4(void *buf, uint32_t src, uint32_t dst, uint8_t type,
		 uint16_t id, uint16_t seq, const void *data, size_t len);
size_t pkt_udp6(void *buf, const struct in6_addr *src,
		const struct in6_addr *dst, uint16_t sport, uint16_t dport,
		const void *data, size_t len);
/*
 * A UDP packet 10.0.0.@seq%250 → 10.0.0.255 with @len bytes of a pattern that
 * @seq determines; with an Ethernet header (mac_a → mac_b) if @eth.
 */
size_t pkt_numbered(void *buf, bool eth, unsigned int seq, size_t len);

/* ---- packet sockets ------------------------------------------------------ */

/*
 * A packet socket bound to device @name. SOCK_RAW of protocol ETH_P_ALL sees
 * both directions; protocol 0 only sends. Never blocks in psock_send().
 */
int psock_open(const char *name, int type, int proto);
/* Send through the device as protocol @proto: length or -errno. */
ssize_t psock_send(int sock, const char *name, int proto, const void *data,
		   size_t len);
/*
 * Let the stack send pkt_numbered(@seq, @len) through the device, for the
 * program to read: length of the packet (Ethernet header included) or -errno.
 */
ssize_t psock_feed(const char *name, bool eth, unsigned int seq, size_t len);
/*
 * Next packet that the device received (@dir 0: incoming) or sent (@dir
 * PACKET_OUTGOING): its length or -ETIMEDOUT.
 */
ssize_t psock_recv(int sock, int dir, void *buf, size_t size, int ms);
/*
 * A packet socket that counts what the devices of this namespace receive, in the
 * moments when they go up or down, too, and misses nothing when it is full.
 */
int psock_counter(void);
/* How many packets that were since the last call, or -errno. */
long psock_counted(int sock);

/* ---- privileges --------------------------------------------------------- */

#define CAPS_ALL	(~0ULL)

struct creds {
	uid_t uid;
	gid_t gid;
	int ngroups;
	gid_t groups[4];		/* supplementary */
	uint64_t caps;			/* 1ULL << CAP_…; CAPS_ALL; 0 none */
	bool new_userns;		/* root (all caps) of a new user ns */
	bool new_netns;			/* … and in a netns that it owns */
};

/*
 * Call @fn(@arg) in a child with these credentials and hand back what it
 * returned; open files are shared. -ECHILD if the child died, -EPERM etc. if
 * the credentials could not be had (test them as root).
 */
int run_as(const struct creds *creds, int (*fn)(void *arg), void *arg);
/* The same with the caller's own credentials. */
int run_child(int (*fn)(void *arg), void *arg);

/* Pass a file through a UNIX socket (SCM_RIGHTS); fd_recv: the new fd. */
int fd_send(int sock, int fd);
int fd_recv(int sock);

/* ---- a thread that sleeps in read() -------------------------------------- */

struct sleeper {
	pthread_t thread;
	int fd;
	void *buf;
	size_t size;
	_Atomic pid_t tid;
	_Atomic bool done;
	ssize_t ret;			/* what read() gave, or -errno */
};

/* Start the thread; 0 once it sleeps inside read(), -EALREADY if read ended. */
int sleeper_start(struct sleeper *s, int fd, void *buf, size_t size);
/* Wait until read() returned; -ETIMEDOUT if it did not. */
int sleeper_wait(struct sleeper *s, int ms);
bool sleeper_asleep(struct sleeper *s);
/* Is thread @tid of this process (or process @tid) sleeping in a call? */
bool task_asleep(pid_t tid);

/* ---- files ---------------------------------------------------------------- */

/* Whole file as a string: length or -errno. */
ssize_t file_read(const char *path, char *buf, size_t size);
int file_write(const char *path, const char *value);

#define DEBUGFS		"/sys/kernel/debug/"
/* Has it seen there, in this mount namespace, if the kernel has it. */
void debugfs_mount(void);
/*
 * /sys/class/net/@name/@attr in the current namespace: length (a newline at
 * the end included) or -errno. Mounts a private sysfs when needed.
 */
ssize_t sysfs_read(const char *name, const char *attr, char *buf, size_t size);
int sysfs_write(const char *name, const char *attr, const char *value);
/* The kernel's log from its end on, where a line can be written too: fd or -errno. */
int log_open(void);
/* How many lines it has got since then, or since the last call, that contain
 * @word, or @other if that is not NULL.
 */
int log_lines(int log, const char *word, const char *other);
/* Value of a "key:\tvalue" line of this file's fdinfo, or -ENOENT. */
int fdinfo_get(int fd, const char *key, char *buf, size_t size);

#endif
