// SPDX-License-Identifier: GPL-2.0-only
/* Settings of the whole kernel. */
#include "diff.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void set_system(const char *file, const char *text, char *old, size_t size)
{
	int fd = open(file, O_RDWR | O_CLOEXEC);
	ssize_t n = 0;

	if (fd < 0)
		return;
	if (old)
		n = read(fd, old, size - 1);
	if (old)
		old[n > 0 ? n : 0] = 0;
	if (pwrite(fd, text, strlen(text), 0) < 0)
		perror(file);
	close(fd);
}

/* For the time of a run. */
static struct {
	const char *file, *text;
	char old[256];
} system_settings[] = {
	/* messages that TUNSETDEBUG asks for would flood a console */
	{ "/proc/sys/kernel/printk", "6\n" },
	/* a name that is no device's would start modprobe */
	{ "/proc/sys/kernel/modprobe", "\n" },
	/* answers must not depend on time */
	{ "/proc/sys/net/ipv4/neigh/default/retrans_time_ms", "3600000\n" },
	{ "/proc/sys/net/ipv4/icmp_msgs_per_sec", "1000000\n" },
	{ "/proc/sys/net/ipv4/icmp_msgs_burst", "1000000\n" },
};

void system_change(bool back)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(system_settings); i++) {
		const char *file = system_settings[i].file;
		char *old = system_settings[i].old;

		if (back && *old)
			set_system(file, old, NULL, 0);
		else if (!back)
			set_system(file, system_settings[i].text, old, sizeof(system_settings[i].old));
	}
}
