// SPDX-License-Identifier: GPL-2.0-only
#include "rules.h"
#include "abi.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const rules_all[] = {
	"F5.1 unattached", "F5.1 detached queue", "F5.3 empty write", "F5.5 plain success",
	"F5.6 packet information short", "F5.7 packet information with flags",
	"F5.8 packet information alone", "F5.9 version nibble", "F5.10 short Ethernet frame",
	"F5.12 large packet", "F5.14 virtio header short", "F5.15 length from checksum",
	"F5.16 header length beyond packet", "F5.17 header length below Ethernet's",
	"F5.19 unknown GSO type", "F5.19 ECN alone", "F5.20 GSO size 0", "F5.20 GSO size 65535",
	"F5.21 checksum beyond packet", "F5.22 checksum start too low", "F5.24 GSO without checksum",
	"F5.26 checksum offset of TCP", "F5.26 GSO size below 8", "F5.26 TCPv4 GSO", "F5.26 TCPv6 GSO",
	"F5.27 UDP GSO", "F5.27 UFO", "F5.27 too many UDP segments", "F5.28 GSO size above payload",
	"F5.29 tunnel, header below 24", "F5.30 tunnel GSO", "F5.30 tunnel of both kinds",
	"F5.30 outer header too low", "F5.31 outer checksum",
	"F5.32 checksum to be completed", "F5.32 other flags", "F5.35 send buffer full",
	"F5.37 payload unreadable", "F5.38 device down", "F5.42 NAPI", "F5.43 NAPI fragments",
	"F5.43 too long for fragments", "F5.43 fragment too long", "ECN with TCP",
	NULL
};

/* TUNGETIFF hardly ever tells of packet information, sysfs does (of devices in n0). */
bool rules_device_flags(const char *name, unsigned int *flags)
{
	char path[64], text[16];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/tun_flags", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = 0;
	return sscanf(text, "%x", flags) == 1;
}

void rules_look(struct rule_state *state, int fd)
{
	unsigned int flags = IFF_NO_PI;
	struct ifreq ifr = {};

	memset(state, 0, sizeof(*state));
	if (ioctl(fd, TUNGETIFF, &ifr))
		return;
	state->attached = true;
	memcpy(state->name, ifr.ifr_name, IFNAMSIZ);
	state->tap = ifr.ifr_flags & IFF_TAP;
	state->vnet = ifr.ifr_flags & IFF_VNET_HDR;
	state->napi = ifr.ifr_flags & IFF_NAPI;
	state->frags = ifr.ifr_flags & IFF_NAPI_FRAGS;
	state->known = rules_device_flags(ifr.ifr_name, &flags);
	state->pi = !(flags & IFF_NO_PI);
	state->mq = ifr.ifr_flags & IFF_MULTI_QUEUE;
	state->detached = ifr.ifr_flags & IFF_DETACH_QUEUE;
	ioctl(fd, TUNGETVNETHDRSZ, &state->vhsz);
}

bool rules_several_queues(const struct rule_state *state)
{
	char path[80];

	if (!state->mq)
		return false;
	snprintf(path, sizeof(path), "/sys/class/net/%s/queues/tx-1", state->name);
	if (!access(path, F_OK))
		return true;
	path[strlen(path) - strlen("/queues/tx-1")] = 0;
	return access(path, F_OK) != 0;
}

void rules_shorter(struct world *world, const char *name, int64_t length)
{
	unsigned int flags;

	if (length <= 0 || length >= 100)
		return;
	if (world->has_large)
		say(world, "parts", "large packets and a shorter fifo");
	else if (rules_device_flags(name, &flags) && flags & IFF_BACKPRESSURE)
		say(world, "parts", "back pressure and a shorter fifo");
}

/*
 * Of an address that is cut off after a byte or two nobody can tell whose it is. And before 7.x
 * in-tree tun leaves the virtio header's bytes from the tenth on as they were in memory.
 */
void rules_clean_read(int fd, uint8_t *data, size_t len)
{
	bool leaves = !kernel_at_least(7, 0);
	struct rule_state state;
	size_t at, end;

	if (len > 120 && !leaves)
		return;
	rules_look(&state, fd);
	at = state.pi ? 4 : 0;
	end = at + (state.vnet ? state.vhsz : 0);
	/* in another namespace it may have packet information, too */
	for (size_t i = at + 10; leaves && i < end + (state.known ? 0 : 4) && i < len; i++)
		if (data[i] == READ_FILL)
			data[i] = 0;
	if (state.tap && len > end && len - end < 12)
		memset(data + len - (len - end) % 6, 0, (len - end) % 6);
}

static unsigned int le16(const uint8_t *at)
{
	return at[0] | at[1] << 8;
}

bool rules_odd_gso(const struct rule_state *state, const uint8_t *data, size_t len)
{
	const uint8_t *vh = data + (state->pi ? 4 : 0);
	unsigned int gso;

	if (!state->vnet || vh + 2 > data + len)
		return false;
	gso = vh[1] & 0x7f;
	return gso && gso != 1 && gso != 4 && gso != 5;
}

static const char *old_rule(const struct rule_state *state, const uint8_t *data, size_t len,
			    size_t there)
{
	size_t at = state->pi ? 4 : 0, all = at + (state->vnet ? state->vhsz : 0);
	const uint8_t *vh = data + at;
	unsigned int gso, length;
	bool needs;

	if (kernel_at_least(7, 0) || !state->vnet || len < all || there < at + 10)
		return NULL;
	if (state->vhsz >= 24 && there < at + 24)
		return "F5.14 the rest of the header";
	gso = vh[1] & 0x7f;
	needs = vh[0] & 1;
	length = le16(vh + 2);
	if (needs && ((le16(vh + 6) + le16(vh + 8) + 2) & 0xffff) > length)
		length = (le16(vh + 6) + le16(vh + 8) + 2) & 0xffff;
	if (length > len - all && length <= len - at - 10)
		return "F5.16 the header's length";
	if (gso & 0x60)
		return "F5.29 tunnel";
	if (gso && !needs)
		return "F5.25 GSO without checksum";
	if (!state->tap && !state->pi && (needs || gso) && there > all && data[all] >> 4 != 4 &&
	    data[all] >> 4 != 6)
		return "F14.7 order";
	if (kernel_at_least(6, 2))
		return NULL;
	return needs && le16(vh + 6) < (gso == 4 ? 40 : 20) ? "F5.22 checksum start" : gso == 5 ? "F5.27 UDP GSO" : NULL;
}

bool rules_may_have_pi(const struct rule_state *state)
{
	return state->pi || !state->known;
}

const char *rules_old(const struct rule_state *state, const uint8_t *data, size_t len,
		      size_t there)
{
	const char *old = old_rule(state, data, len, there);
	struct rule_state with_pi = *state;

	if (old || !rules_may_have_pi(state))
		return old;
	with_pi.pi = true;
	return old_rule(&with_pi, data, len, there);
}

static void count_gso(struct world *world, const uint8_t *vh, const struct rule_state *state,
		      long follows, int err)
{
	unsigned int gso = vh[1] & ~0x80, size = le16(vh + 4), start = le16(vh + 6);
	bool tunnel = gso & 0x60, needs = vh[0] & 1;
	unsigned int inner = gso & 0x1f;

	if (vh[1] == 0x80)
		reach(world, "F5.19 ECN alone", err);
	else if (vh[1] & 0x80 && (inner == 1 || inner == 4))
		reach(world, "ECN with TCP", err);
	if (tunnel)
		reach(world, (gso & 0x60) == 0x60 ? "F5.30 tunnel of both kinds" :
		      state->vhsz < 24 ? "F5.29 tunnel, header below 24" :
		      le16(vh + 20) < 34 ? "F5.30 outer header too low" :
		      "F5.30 tunnel GSO", err);
	else if (gso && gso != 1 && gso != 3 && gso != 4 && gso != 5)
		reach(world, "F5.19 unknown GSO type", err);
	if (tunnel && vh[0] & 8)
		reach(world, "F5.31 outer checksum", err);
	if (!gso)
		return;
	if (!size)
		reach(world, "F5.20 GSO size 0", err);
	if (size == 0xffff)
		reach(world, "F5.20 GSO size 65535", err);
	if (!needs && inner != 0)
		reach(world, "F5.24 GSO without checksum", err);
	if (needs && (inner == 1 || inner == 4) && le16(vh + 8) != 16)
		reach(world, "F5.26 checksum offset of TCP", err);
	if ((inner == 1 || inner == 4) && size && size < 8)
		reach(world, "F5.26 GSO size below 8", err);
	if (inner == 1 || inner == 4 || inner == 3 || inner == 5)
		reach(world, inner == 1 ? "F5.26 TCPv4 GSO" : inner == 4 ? "F5.26 TCPv6 GSO" :
		      inner == 3 ? "F5.27 UFO" : "F5.27 UDP GSO", err);
	if (inner == 5 && size && follows - start - 8 > 128l * size)
		reach(world, "F5.27 too many UDP segments", err);
	if (size && follows - start - (inner == 5 ? 8 : 20) <= (long)size)
		reach(world, "F5.28 GSO size above payload", err);
}

static void count_virtio(struct world *world, const uint8_t *vh, const struct rule_state *state,
			 long follows, int err)
{
	unsigned int length = le16(vh + 2), start = le16(vh + 6), offset = le16(vh + 8);
	bool needs = vh[0] & 1;

	if (needs && ((start + offset + 2) & 0xffff) > length) {
		length = (start + offset + 2) & 0xffff;
		reach(world, "F5.15 length from checksum", err);
	}
	if (length > follows) {
		reach(world, "F5.16 header length beyond packet", err);
		return;
	}
	if (state->tap && length && length < 14)
		reach(world, "F5.17 header length below Ethernet's", err);
	if (needs && start < 20)
		reach(world, "F5.22 checksum start too low", err);
	else if (needs && start + offset + 2 > follows)
		reach(world, "F5.21 checksum beyond packet", err);
	else if (needs)
		reach(world, "F5.32 checksum to be completed", err);
	if (vh[0] & 6)
		reach(world, "F5.32 other flags", err);
	count_gso(world, vh, state, follows, err);
}

static void count_packet(struct world *world, const struct rule_state *state,
			 const struct step *step, size_t at, size_t len, int err)
{
	long follows = len - at;

	if (state->tap && follows < 14)
		reach(world, "F5.10 short Ethernet frame", err);
	if (!state->tap && !state->pi && (follows < 1 || at >= step->size ||
	    (step->bytes[at] >> 4 != 4 && step->bytes[at] >> 4 != 6)))
		reach(world, "F5.9 version nibble", err);
	if (state->napi && !state->frags)
		reach(world, "F5.42 NAPI", err);
	if (state->frags) {
		reach(world, follows > 65471 ? "F5.43 too long for fragments" :
		      "F5.43 NAPI fragments", err);
		if (step->v[2] == 1 && step->v[3] > 4096 && len > 4097)
			reach(world, "F5.43 fragment too long", err);
	}
	if (follows > 65535)
		reach(world, "F5.12 large packet", err);
}

void rules_count(struct world *world, const struct rule_state *state, const struct step *step,
		 size_t len, size_t fault, int err)
{
	size_t at = state->pi ? 4 : 0;

	if (!state->attached) {
		reach(world, "F5.1 unattached", err);
		return;
	}
	if (state->detached)
		reach(world, "F5.1 detached queue", err);
	if (!len)
		reach(world, "F5.3 empty write", err);
	if (state->pi && len < 4) {
		reach(world, "F5.6 packet information short", err);
		return;
	}
	if (state->pi && (step->bytes[0] || step->bytes[1]))
		reach(world, "F5.7 packet information with flags", err);
	if (state->pi && !state->vnet && len == 4)
		reach(world, "F5.8 packet information alone", err);
	if (state->vnet) {
		if ((long)len - (long)at < state->vhsz) {
			reach(world, "F5.14 virtio header short", err);
			return;
		}
		if (at + 10 <= step->size && at + 24 <= STEP_BYTES)
			count_virtio(world, step->bytes + at, state, len - at - state->vhsz, err);
		at += state->vhsz;
	}
	count_packet(world, state, step, at, len, err);
	if (fault && err == EFAULT)
		reach(world, "F5.37 payload unreadable", err);
	if (err == EIO)
		reach(world, "F5.38 device down", err);
	if (err == EAGAIN)
		reach(world, "F5.35 send buffer full", err);
	if (!err && !state->vnet)
		reach(world, "F5.5 plain success", err);
}
