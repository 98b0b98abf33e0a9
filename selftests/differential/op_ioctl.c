// SPDX-License-Identifier: GPL-2.0-only
/* The driver's ioctls, with sane and insane arguments. */
#include "abi.h"
#include "gen.h"
#include "names.h"
#include "ops.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the argument lies: in memory, in memory that ends within it, nowhere. */
static const char *const pointer_kinds[] = { "ok", "short", "bad", "null", NULL };

static int64_t gen_pointer(struct gen *gen)
{
	return percent(gen, 94) ? 0 : 1 + below(gen, 3);
}

/* The argument for an ioctl of @size bytes, and how many of them at @memory can be used. */
static void *pointer(int kind, size_t size, uint8_t **memory, size_t *room)
{
	*room = kind == 0 ? size : kind == 1 ? size - 1 : 0;
	*memory = edge_memory(size, size - *room);
	if (kind == 2)
		return bad_pointer();
	return kind == 3 ? NULL : *memory;
}

static void reach_flags(struct world *world, const char *what, unsigned int flags, int err)
{
	char key[56];

	for (unsigned int bit = 1; bit < 0x10000; bit <<= 1) {
		if (!(flags & bit) || !iff_name(bit))
			continue;
		snprintf(key, sizeof(key), "%s %s", what, iff_name(bit));
		reach(world, key, err);
	}
}

/* ---- TUNSETIFF ---- */

static unsigned int gen_iff(struct gen *gen)
{
	static const unsigned int bits[] = {
		IFF_NO_PI, IFF_NO_PI, IFF_VNET_HDR, IFF_MULTI_QUEUE, IFF_NAPI, IFF_NAPI_FRAGS,
		IFF_NO_CARRIER, IFF_ONE_QUEUE, IFF_TUN_EXCL, IFF_PERSIST, IFF_ATTACH_QUEUE,
		IFF_DETACH_QUEUE, 0x0004, 0x0008, IFF_BACKPRESSURE,
	};
	unsigned int flags;

	if (percent(gen, 4))
		return below(gen, 0x10000) & gen_known_flags;
	flags = PICK(gen, IFF_TUN, IFF_TAP, IFF_TAP, IFF_TAP, IFF_TUN | IFF_TAP, 0);
	for (int n = below(gen, 4); n; n--)
		flags |= bits[below(gen, ARRAY_SIZE(bits))];
	return flags & gen_known_flags;
}

static void gen_odd_name(struct gen *gen, char *name)
{
	static const char *const names[] = {
		"", "x%d", "%d", "a%db", "%s", "%d%d", "x%", "lo", ".", "..", "a/b", "a:b", "a b",
		"tap%d", "0123456789abcde", "0123456789abcdef", "d\xa0", "d%%", "alt0", "\x01",
		"a%dbcdefghijklmn",
	};

	strcpy(name, names[below(gen, ARRAY_SIZE(names))]);
}

/* What the guess of the state becomes if it works. */
static void guess_setiff(struct gen *gen, int slot, int name, unsigned int flags)
{
	struct gen_device *device = &gen->device[name];
	struct gen_file *file = &gen->file[slot];

	if (!file->open || file->attached || gen->user || !(flags & (IFF_TUN | IFF_TAP)))
		return;
	if (!device->exists) {
		*device = (struct gen_device){
			.exists = true, .tap = !(flags & IFF_TUN), .mq = flags & IFF_MULTI_QUEUE,
			.pi = !(flags & IFF_NO_PI), .vnet = flags & IFF_VNET_HDR, .vhsz = 10,
			.frags = flags & IFF_NAPI_FRAGS,
		};
		gen->taps += device->tap;
	}
	file->attached = true;
	file->detached = false;
	file->name = name;
}

static void generate_setiff(struct gen *gen, struct step *step)
{
	int name = below(gen, NAMES), slot = gen_any_file(gen);

	for (int i = 0; i < 4 && gen->file[slot].attached; i++)
		slot = gen_any_file(gen);
	step->v[0] = slot;
	step->v[1] = gen_iff(gen);
	step->v[2] = gen_pointer(gen);
	if (percent(gen, 12)) {
		gen_odd_name(gen, step->name[0]);
		return;
	}
	strcpy(step->name[0], gen_names[name]);
	if (gen->device[name].exists && percent(gen, 75)) {
		struct gen_device *device = &gen->device[name];

		step->v[1] &= ~(IFF_MULTI_QUEUE | IFF_TUN | IFF_TAP);
		step->v[1] |= device->tap ? IFF_TAP : IFF_TUN;
		step->v[1] |= device->mq ? IFF_MULTI_QUEUE : 0;
	}
	if (!step->v[2])
		guess_setiff(gen, slot, name, step->v[1]);
}

static void run_setiff(struct world *world, const struct step *step)
{
	struct ifreq ifr;
	void *argument;
	uint8_t *memory;
	size_t room;
	int ret;

	memset(&ifr, 0xa5, sizeof(ifr));
	/* 16 bytes without a NUL can be asked for, too */
	memset(ifr.ifr_name, 0, IFNAMSIZ);
	memcpy(ifr.ifr_name, step->name[0], strnlen(step->name[0], IFNAMSIZ));
	ifr.ifr_flags = step->v[1];
	argument = pointer(step->v[2], sizeof(ifr), &memory, &room);
	memcpy(memory, &ifr, room);
	ret = ioctl(world->file[step->v[0]], TUNSETIFF, argument);
	if (world->has_filter && !ret)
		say(world, "parts", "a filter may be attached");
	say_result(world, "TUNSETIFF", ret);
	reach_flags(world, "TUNSETIFF", step->v[1], ret ? errno : 0);
	say_bytes(world, "ifreq", memory, room);
	/* it may be attached though it failed: the answer can't be written */
	mac_learn(world, world->file[step->v[0]]);
}

const struct op op_setiff = {
	"TUNSETIFF", "fnxk", 40, generate_setiff, run_setiff, pointer_kinds, OP_CARRIER,
};

static void generate_setqueue(struct gen *gen, struct step *step)
{
	struct gen_file *file;

	step->v[0] = gen_attached_file(gen);
	file = &gen->file[step->v[0]];
	step->v[1] = file->detached ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE;
	file->detached = !file->detached;
	if (percent(gen, 25))
		step->v[1] = PICK(gen, 0, IFF_ATTACH_QUEUE, IFF_DETACH_QUEUE, IFF_TAP,
				  IFF_ATTACH_QUEUE | IFF_DETACH_QUEUE, 0xffff, 0xf9ff);
	step->v[2] = gen_pointer(gen);
}

static void run_setqueue(struct world *world, const struct step *step)
{
	struct ifreq ifr;
	void *argument;
	uint8_t *memory;
	size_t room;
	int ret;

	memset(&ifr, 0xa5, sizeof(ifr));
	ifr.ifr_flags = step->v[1];
	argument = pointer(step->v[2], sizeof(ifr), &memory, &room);
	memcpy(memory, &ifr, room);
	world_lose_queue(world, world->file[step->v[0]]);
	ret = ioctl(world->file[step->v[0]], TUNSETQUEUE, argument);
	if (ret)
		world->lost_queue = false;
	if (world->has_filter && step->v[1] & IFF_ATTACH_QUEUE)
		say(world, "parts", "a filter may be attached");
	say_result(world, "TUNSETQUEUE", ret);
	reach_flags(world, "TUNSETQUEUE", step->v[1], ret ? errno : 0);
	say_bytes(world, "ifreq", memory, room);
}

const struct op op_setqueue = {
	"TUNSETQUEUE", "fxk", 22, generate_setqueue, run_setqueue, pointer_kinds,
};

/* ---- those that take a number ---- */

static int64_t gen_offload(struct gen *gen)
{
	int64_t known = kernel_at_least(7, 0) ? 0x1ff : kernel_at_least(6, 2) ? 0x7f : 0x1f;
	int64_t v = percent(gen, 60) ? (int64_t)below(gen, 0x200) | 1 : (int64_t)below(gen, 0x400);

	return percent(gen, 97) ? v & known : v;
}

static void generate_ioctl(struct gen *gen, struct step *step)
{
	static const int64_t commands[] = {
		TUNSETNOCSUM, TUNSETDEBUG, TUNSETPERSIST, TUNSETPERSIST, TUNSETOWNER, TUNSETLINK,
		TUNSETLINK, TUNSETGROUP, TUNSETOFFLOAD, TUNSETOFFLOAD, TUNSETOFFLOAD,
		TUNDETACHFILTER, TUNGETDEVNETNS, SIOCGSKNS,
	};
	struct gen_device *device;
	int64_t *v = &step->v[2];

	step->v[0] = gen_attached_file(gen);
	step->v[1] = gen_pick(gen, commands, ARRAY_SIZE(commands));
	gen_number(gen, v);
	if (percent(gen, 10)) {
		/* any other: what it doesn't know, or takes a pointer */
		step->v[1] = percent(gen, 50) ? (int64_t)ioctl_known[below(gen, ioctl_known_count)].number :
			     (int64_t)(PICK(gen, 0x40045400, 0x80045400, 0x5400, 0x8900) | below(gen, 256));
		*v = below(gen, 4096);
		return;
	}
	if (percent(gen, 12))
		return;
	switch (step->v[1]) {
	case TUNSETDEBUG:
		*v = PICK(gen, 0, 0, 4, 0x2000);
		break;
	case TUNSETPERSIST:
		*v = percent(gen, 65);
		device = gen_device_of(gen, step->v[0]);
		if (device)
			device->persist = *v;
		break;
	case TUNSETOWNER:
	case TUNSETGROUP:
		*v = PICK(gen, 0, 1000, 1000, 1001, 0xffffffff, 65534);
		break;
	case TUNSETLINK:
		*v = PICK(gen, 1, 1, 65534, 65534, 0, 270, 512, 768, 769, 773, 774, 776, 778, 780,
			  804, 805, 821, 823, 825, 6, 772, 0x10001);
		break;
	case TUNSETOFFLOAD:
		*v = gen_offload(gen);
		/* reads would fail for ever */
		device = gen_device_of(gen, step->v[0]);
		if (device && device->vhsz < 24 && percent(gen, 95))
			*v &= ~0x180;
		break;
	}
}

/* What a namespace's file is called. */
static void say_namespace(struct world *world, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return;
	for (int i = 0; i < NETS; i++)
		if (world->net[i].inode == st.st_ino)
			say(world, "namespace", "n%d%s", i,
			    fcntl(fd, F_GETFD) & FD_CLOEXEC ? "" : ", open in children");
}

static void run_ioctl(struct world *world, const struct step *step)
{
	unsigned long cmd = step->v[1];
	const char *name = ioctl_name(cmd);
	int fd = world->file[step->v[0]], ret, err;
	bool gives_file;
	char key[56];

	if (cmd == TUNSETLINK)
		mac_settle(world, fd);
	ret = ioctl(fd, cmd, step->v[2]);
	err = ret < 0 ? errno : 0;
	gives_file = (cmd == TUNGETDEVNETNS || cmd == SIOCGSKNS) && ret >= 0;
	if (gives_file) {
		say_namespace(world, ret);
		close(ret);
		ret = 0;
	}
	errno = err;
	say_result(world, name ? name : "unknown ioctl", ret);
	if (cmd != TUNSETOFFLOAD)
		return;
	for (int bit = 0; bit < 10; bit++) {
		if (!(step->v[2] & 1 << bit))
			continue;
		snprintf(key, sizeof(key), "TUNSETOFFLOAD 0x%03x", 1 << bit);
		reach(world, key, err);
	}
}

const struct op op_ioctl = {
	"ioctl", "fcx", 60, generate_ioctl, run_ioctl,
};

/* ---- those that take a pointer to an int ---- */

static void generate_ioctl_int(struct gen *gen, struct step *step)
{
	static const int64_t commands[] = {
		TUNSETSNDBUF, TUNSETSNDBUF, TUNSETVNETHDRSZ, TUNSETVNETHDRSZ, TUNSETVNETHDRSZ,
		TUNSETVNETLE, TUNSETVNETBE, TUNSETCARRIER, TUNSETIFINDEX, TUNSETIFINDEX,
	};
	struct gen_device *device;

	step->v[0] = gen_attached_file(gen);
	step->v[1] = gen_pick(gen, commands, ARRAY_SIZE(commands));
	step->v[3] = gen_pointer(gen);
	switch (step->v[1]) {
	case TUNSETSNDBUF:
		step->v[2] = PICK(gen, INT32_MAX, 0, -1, 1, 3, 4, 2000, 100000, INT32_MIN);
		break;
	case TUNSETVNETHDRSZ:
		step->v[2] = PICK(gen, 10, 12, 24, 20, 9, 0, -1, 11, 13, 25, 100, INT32_MAX);
		device = gen_device_of(gen, step->v[0]);
		if (device && step->v[2] >= 10 && !step->v[3])
			device->vhsz = step->v[2];
		break;
	case TUNSETIFINDEX:
		step->v[2] = percent(gen, 65) ? 5000 + below(gen, 4) : PICK(gen, 0, -1, -1, -1, 1, INT32_MIN);
		if (percent(gen, 70))
			step->v[0] = gen_free_file(gen);
		break;
	default:
		step->v[2] = PICK(gen, 0, 1, 1, 2, -1);
	}
}

static void run_ioctl_int(struct world *world, const struct step *step)
{
	const char *name = ioctl_name(step->v[1]);
	int value = step->v[2], ret;
	void *argument;
	uint8_t *memory;
	size_t room;

	argument = pointer(step->v[3], sizeof(value), &memory, &room);
	memcpy(memory, &value, room);
	ret = ioctl(world->file[step->v[0]], step->v[1], argument);
	say_result(world, name ? name : "unknown ioctl", ret);
	say_bytes(world, "int", memory, room);
}

const struct op op_ioctl_int = {
	"ioctl_int", "fcik", 40, generate_ioctl_int, run_ioctl_int, pointer_kinds, OP_CARRIER,
};

/* ---- those that answer ---- */

static void generate_ioctl_out(struct gen *gen, struct step *step)
{
	static const int64_t commands[] = {
		TUNGETFEATURES, TUNGETIFF, TUNGETIFF, TUNGETIFF, TUNGETSNDBUF, TUNGETVNETHDRSZ,
		TUNGETVNETLE, TUNGETVNETBE, TUNGETFILTER, SIOCGIFHWADDR, SIOCGIFHWADDR, TCGETS,
		FIONREAD, SIOCGIFNAME,
	};

	step->v[0] = gen_attached_file(gen);
	step->v[1] = gen_pick(gen, commands, ARRAY_SIZE(commands));
	step->v[2] = gen_pointer(gen);
}

static void run_ioctl_out(struct world *world, const struct step *step)
{
	size_t size = step->v[1] == TUNGETFEATURES || step->v[1] == TUNGETSNDBUF ||
		      step->v[1] == TUNGETVNETHDRSZ || step->v[1] == TUNGETVNETLE ||
		      step->v[1] == TUNGETVNETBE ? 4 : step->v[1] == TUNGETFILTER ? 16 : 40;
	const char *name = ioctl_name(step->v[1]);
	uint8_t *memory;
	size_t room;
	void *argument = pointer(step->v[2], size, &memory, &room);

	memset(memory, 0xa5, room);
	say_result(world, name ? name : "unknown ioctl",
		   ioctl(world->file[step->v[0]], step->v[1], argument));
	say_bytes(world, "answer", memory, room);
}

const struct op op_ioctl_out = {
	"ioctl_out", "fck", 40, generate_ioctl_out, run_ioctl_out, pointer_kinds,
};

/* ---- the address ---- */

static void generate_hwaddr(struct gen *gen, struct step *step)
{
	step->v[0] = gen_attached_file(gen);
	step->v[1] = PICK(gen, ARPHRD_ETHER, ARPHRD_ETHER, ARPHRD_ETHER, ARPHRD_NONE, 0, 512);
	step->v[2] = PICK(gen, 0x021122000001, 0x021122000002, 0x021122000003, 0, 0x01005e000001,
			  0xffffffffffff);
	step->v[3] = gen_pointer(gen);
}

static void run_hwaddr(struct world *world, const struct step *step)
{
	struct ifreq ifr = { .ifr_hwaddr.sa_family = step->v[1] };
	void *argument;
	uint8_t *memory;
	size_t room;

	for (int i = 0; i < 6; i++)
		ifr.ifr_hwaddr.sa_data[i] = step->v[2] >> (40 - 8 * i);
	argument = pointer(step->v[3], sizeof(ifr), &memory, &room);
	memcpy(memory, &ifr, room);
	say_result(world, "SIOCSIFHWADDR", ioctl(world->file[step->v[0]], SIOCSIFHWADDR, argument));
}

const struct op op_hwaddr = {
	"SIOCSIFHWADDR", "fixk", 8, generate_hwaddr, run_hwaddr, pointer_kinds,
};
