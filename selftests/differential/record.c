// SPDX-License-Identifier: GPL-2.0-only
/* What a step leaves for the comparison: lines "key: value", free of what may differ. */
#include "names.h"
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <net/if_arp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define SHOWN		128		/* bytes of a long packet; the rest is a checksum */
#define HEADERS		512		/* where addresses can be */

void say(struct world *world, const char *key, const char *format, ...)
{
	char *to = world->shared->record + world->used;
	size_t room = RECORD_ROOM - world->used, n;
	va_list args;

	if (world->used > RECORD_FULL)
		return;
	n = snprintf(to, room, "%s: ", key);
	va_start(args, format);
	n += vsnprintf(to + n, room - n, format, args);
	va_end(args);
	if (n + 2 > room)
		n = room - 2;
	to[n] = '\n';
	to[n + 1] = 0;
	world->used += n + 1;
}

void say_ret(struct world *world, long ret)
{
	if (ret < 0)
		say(world, "ret", "%ld %s", ret, error_name(errno));
	else
		say(world, "ret", "%ld", ret);
}

/* The result, and it counts for the reach of @name. */
void say_result(struct world *world, const char *name, long ret)
{
	int err = ret < 0 ? errno : 0;

	say_ret(world, ret);
	reach(world, name, err);
	errno = err;
}

static uint32_t checksum(const uint8_t *data, size_t len)
{
	uint64_t sum = len, word = 0;

	for (; len >= sizeof(word); data += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		sum = (sum ^ word) * 0x100000001b3ull;
		sum ^= sum >> 29;
	}
	word = 0;
	memcpy(&word, data, len);
	sum = (sum ^ word) * 0x100000001b3ull;
	return sum ^ sum >> 32;
}

static void say_hex(struct world *world, const char *key, const uint8_t *data, size_t len)
{
	size_t shown = len > SHOWN + 32 ? SHOWN : len;
	static const char digits[] = "0123456789abcdef";
	char text[2 * (SHOWN + 32) + 64];
	size_t n = 0;

	for (size_t i = 0; i < shown; i++) {
		text[n++] = digits[data[i] >> 4];
		text[n++] = digits[data[i] & 15];
	}
	text[n] = 0;
	if (shown < len)
		sprintf(text + n, "... sum %08x", checksum(data, len));
	say(world, key, "%zu bytes %s", len, text);
}

static uint8_t *copy_of(const void *data, size_t len)
{
	uint8_t *copy = malloc(len + 1);

	if (!copy)
		abort();
	return memcpy(copy, data, len);
}

void say_bytes(struct world *world, const char *key, const void *data, size_t len)
{
	uint8_t *copy = copy_of(data, len);

	mac_to_record(world, copy, len);
	say_hex(world, key, copy, len);
	free(copy);
}

/*
 * The stack chooses the number of an IPv4 packet at random. Ours have another TTL. A packet may
 * have been cut off anywhere.
 */
static void forget_ip_id(uint8_t *data, size_t len)
{
	for (size_t at = 0; at + 4 < len && at <= 128; at++) {
		uint8_t *ip = data + at, *end = data + len;

		if (ip[0] != 0x45 || (ip[2] << 8 | ip[3]) < 20 || (ip + 8 < end && ip[8] != 64))
			continue;
		memset(ip + 4, 0, end - ip < 6 ? end - ip - 4 : 2);
		if (ip + 10 < end)
			memset(ip + 10, 0, end - ip < 12 ? end - ip - 10 : 2);
		return;
	}
}

void say_packet(struct world *world, const char *key, const void *data, size_t len)
{
	say_read_packet(world, key, data, len, SIZE_MAX);
}

void say_read_packet(struct world *world, const char *key, const void *data, size_t len, size_t room)
{
	uint8_t *copy = copy_of(data, len);
	bool named = mac_to_record(world, copy, len);

	forget_ip_id(copy, len);
	/* it was cut: of two bytes of an address nobody can tell whose they are */
	if (len == room && !named && len >= 2)
		memset(copy + len - 2, 0, 2);
	say_hex(world, key, copy, len);
	free(copy);
}

/* ---- addresses ---- */

const uint8_t mac_prefix[5] = { 0x02, 0x00, 0x5e, 0xaa, 0xbb };

/* After an attach: remember the address if the kernel has made it up. */
void mac_learn(struct world *world, int fd)
{
	struct ifreq ifr = {};
	uint8_t *mac = (uint8_t *)ifr.ifr_hwaddr.sa_data;

	if (ioctl(fd, SIOCGIFHWADDR, &ifr) || ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return;
	if (!memcmp(mac, "\0\0\0\0\0", 6) || !memcmp(mac, mac_prefix, 5) || mac[0] != (mac[0] | 2) ||
	    !memcmp(mac, "\x02\x11\x22", 3))
		return;
	for (unsigned int i = 0; i < world->macs; i++)
		if (!memcmp(world->mac[i], mac, 6))
			return;
	if (world->macs < MACS)
		memcpy(world->mac[world->macs++], mac, 6);
}

/* Before a type whose addresses are shorter: of a part nobody could tell whose it is. */
void mac_settle(struct world *world, int fd)
{
	struct ifreq ifr = {};
	uint8_t *mac = (uint8_t *)ifr.ifr_hwaddr.sa_data;

	if (ioctl(fd, SIOCGIFHWADDR, &ifr))
		return;
	mac_to_record(world, mac, 6);
	if (!memcmp(mac, mac_prefix, 5))
		ioctl(fd, SIOCSIFHWADDR, &ifr);
}

/* Not in the bytes from @keep to @end. */
static void replace(uint8_t *data, size_t len, const uint8_t *from, const uint8_t *to, size_t keep,
		    size_t end)
{
	uint8_t *at = data;

	while ((at = memmem(at, data + len - at, from, 6))) {
		if ((size_t)(at - data) + 6 <= keep || (size_t)(at - data) >= end)
			memcpy(at, to, 6);
		at += 6;
	}
}

/*
 * From what scripts call the nth address to what it is here. Where headers are shifted, the type
 * of a frame may be a part of an address: that stays, since it must be the same everywhere.
 */
void mac_to_world(struct world *world, uint8_t *data, size_t len)
{
	uint8_t name[6];

	memcpy(name, mac_prefix, 5);
	for (unsigned int i = 0; i < world->macs; i++) {
		name[5] = i;
		replace(data, len, name, world->mac[i], 12, 14);
	}
}

/* Whether @data ends with three bytes of an address or more; they get its name. */
static bool name_end(uint8_t *data, size_t len, const uint8_t *mac, const uint8_t *name)
{
	for (size_t n = 6; n >= 3; n--) {
		if (len < n || (memcmp(data + len - n, mac, n) && memcmp(data + len - n, name, n)))
			continue;
		memcpy(data + len - n, name, n);
		return true;
	}
	return false;
}

bool mac_to_record(struct world *world, uint8_t *data, size_t len)
{
	bool named = false;
	uint8_t name[6];

	memcpy(name, mac_prefix, 5);
	for (unsigned int i = 0; i < world->macs; i++) {
		name[5] = i;
		replace(data, len < HEADERS ? len : HEADERS, world->mac[i], name, 0, 0);
		named |= name_end(data, len, world->mac[i], name);
	}
	return named;
}
