/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of vtunctl share. */
#ifndef VTUNCTL_H
#define VTUNCTL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/if_link.h>
#include <linux/if_tun.h>

#include <jansson.h>
#include <libmnl/libmnl.h>

#include <linux/vtun.h>

/* Developers may build with -DVTUN_KIND='"tun"' to compare with in-tree tun. */
#ifndef VTUN_KIND
#define VTUN_KIND	"vtun"
#endif
#define VTUN_NODE	"/dev/net/" VTUN_KIND
/* What programs open that know nothing of us. */
#define EXEC_NODE	"/dev/net/tun"
/* With the two numbers of the node. */
#define NODE_RECIPE	"mkdir -p /dev/net && mknod -m 0666 " VTUN_NODE " c %u %u"

/* Newer than some distributions' linux/if_tun.h. */
#ifndef IFF_NO_CARRIER
#define IFF_NO_CARRIER		0x0040
#endif
#ifndef IFF_BACKPRESSURE
#define IFF_BACKPRESSURE	0x0080
#endif

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* Alternative names may be longer than IFNAMSIZ. */
#define NAME_SIZE	128

enum exit_status {
	DONE = 0,
	FAILED = 1,
	USAGE = 2,		/* wrong whatever the machine's state is */

	/* Of "doctor": the worst that it has found. */
	WARNED = 3,
	ERRORS = 4,

	/* Of "exec", as env(1) has them: the program has all others. */
	NOT_RUN = 125,
	NOT_EXECUTABLE = 126,
	NOT_FOUND = 127,
};

struct options {
	bool json;
	bool pretty;
	bool stats;
	const char *netns;	/* to work in; NULL: where we are */
};

struct command {
	const char *name;
	const char *alias;	/* NULL: none */
	const char *synopsis;
	const char *summary;
	bool becomes;		/* what follows is another program's */
	bool takes_options;	/* -j, -p and -s may stand behind it, too */
	enum exit_status (*run)(const struct options *opts, int argc,
				char **argv);
};

extern const struct command cmd_add, cmd_del, cmd_set, cmd_list, cmd_show,
	cmd_watch, cmd_top, cmd_exec, cmd_doctor, cmd_help;
extern const struct command *const commands[];

/* msg.c: messages for people, on stderr */

/* Sets what "cannot ..." the next messages speak of. */
__attribute__((format(printf, 1, 2))) void msg_task(const char *fmt, ...);
/* What happened and why; then, on its own line, what to do about it. */
__attribute__((format(printf, 1, 2))) void msg_why(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void msg_todo(const char *fmt, ...);
/* The command line is wrong; returns USAGE. */
__attribute__((format(printf, 1, 2)))
enum exit_status msg_usage(const char *fmt, ...);
/* A copy fit for a terminal; valid until the eighth call after this one. */
const char *msg_safe(const char *str);

/* args.c: words of the command line */

enum toggle {
	UNSET = 0,
	OFF,
	ON,
};

struct number {
	bool given;
	uint32_t value;
};

struct address {
	bool given;
	uint8_t bytes[6];
};

struct texts {
	char **list;		/* in argv, over words that were read before */
	size_t n;
};

/* What "add" and "set" take after NAME; what is not given is 0. */
struct settings {
	const char *name;
	int mode;		/* IFF_TUN, IFF_TAP or 0 */
	const char *user;	/* as typed */
	const char *group;
	uid_t uid;		/* -1: none */
	gid_t gid;
	enum toggle pi;
	enum toggle vnet_hdr;
	enum toggle multi_queue;
	enum toggle persist;
	enum toggle backpressure;
	enum toggle keep_carrier;
	struct number queues;
	struct number index;
	struct number mtu;
	struct number txqueuelen;
	struct address address;
	const char *netns;	/* as typed */
	int netns_fd;		/* of a name; -1: none, or a process */
	bool inside;		/* we have gone to that namespace ourselves */
	const char *alias;
	struct texts altnames;
};

/* A keyword, what follows it, and which member takes it. */
struct word {
	const char *name;
	enum word_kind {
		WORD_FLAG,	/* nothing follows: a toggle is on */
		WORD_SWITCH,	/* "on" or "off", for a toggle */
		WORD_TEXT,
		WORD_TEXTS,	/* one, but it may be given again */
		WORD_NUMBER,
		WORD_MODE,
		WORD_ADDRESS,
	} kind;
	size_t member;
	uint32_t least, most;	/* of a number */
};

/* What the kernel takes; VTUN_MAX_QUEUES of the driver. */
#define WORD_QUEUES \
	{ "queues", WORD_NUMBER, offsetof(struct settings, queues), 1, 256 }

/* Steps over the optional keyword "dev" or "name". */
void args_skip_keyword(int *argc, char ***argv);

enum name_use {
	NAME_LOOK_UP,
	NAME_CREATE,
	NAME_ALTERNATIVE,	/* created, beside the name */
};

/* NULL if @name can be used so, else what is wrong with it. */
const char *args_bad_name(const char *name, enum name_use use);
/* Parses NAME and those of the words that are in @words, up to one of no name. */
enum exit_status args_parse(struct settings *set, const struct word *words,
			    int argc, char **argv);

/* ids.c */

/* Looks up settings' user and group by name or number; "none" is nobody. */
enum exit_status ids_find(struct settings *set);

/* caller.c */

/* CAP_NET_ADMIN, wherever it may count. */
bool caller_has_net_admin(void);

/* netns.c */
enum exit_status netns_enter(const char *name);
/* Whether it is no name, but may be the number of a process. */
bool netns_is_process(const char *name);
/* By name or path; explains why it can't be opened. */
enum exit_status netns_open(const char *name, int *fd);

/* rtnl.c */

/* Sends @nlh, calls @collect for each message. Returns 0 or -errno. */
int rtnl_talk(struct nlmsghdr *nlh, mnl_cb_t collect, void *data);
/* What the kernel said when it refused the last request; empty: nothing. */
const char *rtnl_said(void);
/* Says it, for errors that nobody knows better. */
void rtnl_explain(int err);

/* link.c: devices as rtnetlink shows them */

/* Holds the longest name, an alias and all words of vtunctl. */
struct link_request {
	struct nlmsghdr nlh;
	char rest[1020];
};

void link_start(struct link_request *request, unsigned int type, int ifindex);

struct link {
	int ifindex;
	char name[IFNAMSIZ];
	char kind[32];		/* empty: none, a hardware driver's device */
	bool up;
	bool carrier;
	uint8_t operstate;
	uint32_t mtu;
	uint32_t txqlen;
	uint32_t master;	/* 0: none, as when in no bridge */
	int32_t netnsid;	/* where it went, if that is why it is deleted */
	struct rtnl_link_stats64 stats;

	/* From here on: devices of our kind only. */
	unsigned int flags;	/* IFF_* of linux/if_tun.h */
	uid_t uid;		/* (uid_t)-1: no owner */
	gid_t gid;
	uint32_t num_queues;	/* multi-queue devices only */
	uint32_t num_disabled;
	uint32_t max_queues;	/* 0: unknown */
	bool keep_carrier;
};

bool link_is_ours(const struct link *link);
/* False if @nlh is not about a device. */
bool link_parse(struct link *link, const struct nlmsghdr *nlh);
/* By name or alternative name. Returns 0 or -errno (-ENODEV: there is none). */
int link_get(const char *name, struct link *link);
/* All devices of our kind, to be freed with free(). Returns 0 or -errno. */
int link_list(struct link **links, size_t *n);
int link_delete(int ifindex);
/* link_get() for a device that must be of our kind; says it if it is not. */
enum exit_status link_find(const char *name, struct link *link);

/* link_change.c */

/* Makes a device of that name, or changes one; returns 0 or -errno. */
int link_create(const struct settings *set, const char *name);
int link_change(int ifindex, const struct settings *set);

/* altnames.c */
struct altnames {
	char (*list)[NAME_SIZE];
	size_t n;
};

/* There are none of a device that has just gone. Returns 0 or -errno. */
int altnames_get(int ifindex, struct altnames *names);
void altnames_free(struct altnames *names);
int altnames_add(int ifindex, const char *name);

/* sysfs.c */

/* The flags that rtnetlink does not carry, too. Returns 0 or -errno. */
int sysfs_get_flags(const struct link *link, unsigned int *flags);

/* node.c: the device node */

/* Device number of the loaded module's node. Returns 0 or -errno. */
int node_get_number(unsigned int *major, unsigned int *minor);
/* Whether the node can't even be looked at, although its folder may be searched. */
bool node_is_hidden(void);
/* Whether the node is that of the loaded module; explains why it is not. */
enum exit_status node_check(void);
/* Opens the node, or explains why it can't be opened. */
enum exit_status node_open(int *fd);

/* owner.c */

/* Sets user, group and persist as an owner may; explains why it can't. */
enum exit_status owner_set(const struct link *link,
			   const struct settings *set);
/* Has a device that is not persistent go, unless a program has it. */
enum exit_status owner_let_go(const struct link *link);

/* exec_node.c */

/*
 * Mounts our node over EXEC_NODE, which need not exist. The mount namespace
 * must be our own: if this fails, it may be half done. Returns 0 or -errno.
 */
int exec_cover_node(void);

/* holders.c: processes that have a device's file open */
struct holder {
	pid_t pid;
	int fd;
	bool same_netns;	/* the process is in our network namespace */
	char comm[64];
	char ifname[IFNAMSIZ];
};

struct holders {
	struct holder *list;	/* sorted by process and file */
	size_t n;
};

int holders_scan(struct holders *all);
/* Keeps those of @all that hold @name, in our namespace, with @num_queues. */
int holders_of(const struct holders *all, const char *name, long num_queues,
	       struct holders *some);
void holders_free(struct holders *set);
/* "openvpn(12) fd 5, qemu(13) fd 6 7", to be freed; NULL if there are none. */
char *holders_text(const struct holders *set);

/* stats.c: what the driver counts */
enum stats_direction {
	STATS_NEITHER,
	STATS_RX,
	STATS_TX,
};

#define STATS_DEVICE	(-1)	/* all of the device */
#define STATS_OTHERS	(-2)	/* of queues that have no number any more */

struct stat_row {
	long queue;		/* or STATS_* */
	enum stats_direction direction;
	char name[33];
	uint64_t value;
};

struct stats {
	struct stat_row *rows;	/* as the driver orders them */
	size_t n;
};

/* Returns 0 or -errno (-EOPNOTSUPP: the driver counts nothing). */
int stats_get(const char *ifname, struct stats *stats);
void stats_free(struct stats *stats);
/* -1: none has rows. */
long stats_last_queue(const struct stats *stats);

/* stats_rates.c */

/* No counter: how much there is now. */
bool stats_is_level(const struct stat_row *row);
/* A second, for each row, to be freed; 0 where nothing can be compared. */
double *stats_rates(const struct stats *now, const struct stats *before,
		    double interval);

/* device.c: everything that "list" and "show" tell */
struct device {
	struct link link;
	struct altnames altnames;
	long attached;		/* -1: unknown */
	long detached;
	struct holders holders;
	bool with_stats;
	struct stats stats;
};

/* @command begins with its number, ETHTOOL_*. Returns 0 or -errno. */
int device_ethtool(const char *name, void *command);
/* Files that are attached, detached ones apart; -1: unknown. */
long device_count_attached(const struct link *link);
int device_fill(struct device *device, const struct link *link,
		const struct holders *all);
/* Adds statistics; there are none where the driver has none. */
int device_fill_stats(struct device *device);
void device_free(struct device *device);

/* watch.c: what changes from one state of the devices to the next */
struct watch_event {
	const char *what;
	const struct link *link;	/* as it is now; NULL: events were lost */
	const char *old_name;		/* of a rename */
	long attached;
};

struct watched;

struct watch {
	struct watched *list;
	size_t n;
	const char *only;	/* a device's name, or NULL */
	int (*tell)(const struct watch_event *event, void *data);
	void *data;
};

/* These return what tell() returned, if that is not 0, or -errno. */
int watch_message(struct watch *watch, const struct nlmsghdr *nlh);
/* Takes all devices as they are; whatever is new or gone is told of or not. */
int watch_all(struct watch *watch, bool quiet);
void watch_free(struct watch *watch);

/* print.c */

/* "tap" or "tun". */
const char *print_mode(const struct link *link);
/* The name, or the number where there is none; valid until the next call. */
const char *print_user(uid_t uid);
const char *print_group(gid_t gid);
enum exit_status print_devices(const struct options *opts,
			       const struct device *devices, size_t n);
/* Prints @root, whose reference it takes; NULL means out of memory. */
enum exit_status print_json(const struct options *opts, json_t *root);
json_t *print_json_string(const char *str);
json_t *print_json_queues(long attached, long detached);
json_t *print_json_device(const struct device *device);
/* Pushes stdout out; a full disk is a failure. */
enum exit_status print_finish(void);

/* print_stats.c */
void print_stats_text(const struct stats *stats);
/* With @rates, one for each row, those in their place. */
json_t *print_stats_json(const struct stats *stats, const double *rates);

#endif /* VTUNCTL_H */
