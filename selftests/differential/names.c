// SPDX-License-Identifier: GPL-2.0-only
#include "names.h"
#include "abi.h"
#include "diff.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <asm/ioctls.h>

#define KNOWN(name, arg)	{ #name, name, arg }
const struct ioctl_known ioctl_known[] = {
	KNOWN(TUNSETNOCSUM, ARG_VALUE),
	KNOWN(TUNSETDEBUG, ARG_VALUE),
	KNOWN(TUNSETIFF, ARG_IFREQ),
	KNOWN(TUNSETPERSIST, ARG_VALUE),
	KNOWN(TUNSETOWNER, ARG_VALUE),
	KNOWN(TUNSETLINK, ARG_VALUE),
	KNOWN(TUNSETGROUP, ARG_VALUE),
	KNOWN(TUNGETFEATURES, ARG_OUT),
	KNOWN(TUNSETOFFLOAD, ARG_VALUE),
	KNOWN(TUNSETTXFILTER, ARG_BYTES),
	KNOWN(TUNGETIFF, ARG_OUT),
	KNOWN(TUNGETSNDBUF, ARG_OUT),
	KNOWN(TUNSETSNDBUF, ARG_INT),
	KNOWN(TUNATTACHFILTER, ARG_BYTES),
	KNOWN(TUNDETACHFILTER, ARG_NONE),
	KNOWN(TUNGETVNETHDRSZ, ARG_OUT),
	KNOWN(TUNSETVNETHDRSZ, ARG_INT),
	KNOWN(TUNSETQUEUE, ARG_IFREQ),
	KNOWN(TUNSETIFINDEX, ARG_INT),
	KNOWN(TUNGETFILTER, ARG_OUT),
	KNOWN(TUNSETVNETLE, ARG_INT),
	KNOWN(TUNGETVNETLE, ARG_OUT),
	KNOWN(TUNSETVNETBE, ARG_INT),
	KNOWN(TUNGETVNETBE, ARG_OUT),
	KNOWN(TUNSETSTEERINGEBPF, ARG_INT),
	KNOWN(TUNSETFILTEREBPF, ARG_INT),
	KNOWN(TUNSETCARRIER, ARG_INT),
	KNOWN(TUNGETDEVNETNS, ARG_NONE),
	KNOWN(SIOCGSKNS, ARG_NONE),
	KNOWN(SIOCGIFHWADDR, ARG_IFREQ),
	KNOWN(SIOCSIFHWADDR, ARG_IFREQ),
	/* those that it doesn't know */
	KNOWN(SIOCGIFNAME, ARG_IFREQ),
	KNOWN(SIOCGIFFLAGS, ARG_IFREQ),
	KNOWN(TCGETS, ARG_OUT),
	KNOWN(FIONREAD, ARG_OUT),
};
const unsigned int ioctl_known_count = ARRAY_SIZE(ioctl_known);

const char *ioctl_name(int64_t number)
{
	for (unsigned int i = 0; i < ioctl_known_count; i++)
		if (ioctl_known[i].number == (unsigned long)number)
			return ioctl_known[i].name;
	return NULL;
}

int ioctl_number(const char *name, int64_t *number)
{
	for (unsigned int i = 0; i < ioctl_known_count; i++) {
		if (!strcmp(ioctl_known[i].name, name)) {
			*number = ioctl_known[i].number;
			return 0;
		}
	}
	return -1;
}

const char *error_name(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : "E???";
}

const char *iff_name(unsigned int bit)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} known[] = {
		{ IFF_TUN, "IFF_TUN" }, { IFF_TAP, "IFF_TAP" }, { IFF_NAPI, "IFF_NAPI" },
		{ IFF_NAPI_FRAGS, "IFF_NAPI_FRAGS" }, { IFF_NO_CARRIER, "IFF_NO_CARRIER" },
		{ IFF_BACKPRESSURE, "IFF_BACKPRESSURE" }, { IFF_MULTI_QUEUE, "IFF_MULTI_QUEUE" },
		{ IFF_ATTACH_QUEUE, "IFF_ATTACH_QUEUE" }, { IFF_DETACH_QUEUE, "IFF_DETACH_QUEUE" },
		{ IFF_PERSIST, "IFF_PERSIST" }, { IFF_NO_PI, "IFF_NO_PI" },
		{ IFF_ONE_QUEUE, "IFF_ONE_QUEUE" }, { IFF_VNET_HDR, "IFF_VNET_HDR" },
		{ IFF_TUN_EXCL, "IFF_TUN_EXCL" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].bit == bit)
			return known[i].name;
	return NULL;
}
