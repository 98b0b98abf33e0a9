// SPDX-License-Identifier: GPL-2.0-only
/*
 * vtunctl doctor: why something doesn't work. Checks only look; they go from
 * the module by the node and the caller to the device and what is behind it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "doctor.h"

static const struct {
	void (*run)(struct doctor *doctor);
	bool needs_device;
} doctor_checks[] = {
	{ doctor_module_installed, false },
	{ doctor_module_signed, false },
	{ doctor_module_loaded, false },
	{ doctor_node_there, false },
	{ doctor_node_opens, false },
	{ doctor_device_exists, false },
	{ doctor_caller_capability, false },
	{ doctor_caller_user_namespace, false },
	{ doctor_security_selinux, false },
	{ doctor_security_apparmor, false },
	{ doctor_device_permission, true },
	{ doctor_device_reader, true },
	{ doctor_device_up, true },
	{ doctor_device_carrier, true },
	{ doctor_queue_length, true },
	{ doctor_queue_full, true },
	{ doctor_device_offloads, true },
	{ doctor_path_rp_filter, true },
	{ doctor_path_forwarding, true },
	{ doctor_path_mtu, true },
};

static const char *const doctor_level_names[] = {
	[DOCTOR_NOTE] = "note",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_ERROR] = "error",
};

static char *doctor_format(struct doctor *doctor, const char *fmt, va_list args)
{
	char *text;

	if (vasprintf(&text, fmt, args) >= 0)
		return text;
	doctor->no_memory = true;
	return NULL;
}

void doctor_find(struct doctor *doctor, enum doctor_level level, const char *id,
		 const char *fmt, ...)
{
	struct doctor_finding *findings;
	va_list args;

	findings = realloc(doctor->findings,
			   (doctor->n + 1) * sizeof(*findings));
	if (!findings) {
		doctor->no_memory = true;
		return;
	}
	doctor->findings = findings;
	va_start(args, fmt);
	findings[doctor->n++] = (struct doctor_finding){
		.level = level,
		.id = id,
		.what = doctor_format(doctor, fmt, args),
	};
	va_end(args);
}

void doctor_seen(struct doctor *doctor, const char *fmt, ...)
{
	va_list args;

	if (doctor->no_memory)
		return;
	va_start(args, fmt);
	doctor->findings[doctor->n - 1].seen = doctor_format(doctor, fmt, args);
	va_end(args);
}

void doctor_mend(struct doctor *doctor, const char *fmt, ...)
{
	va_list args;

	if (doctor->no_memory)
		return;
	va_start(args, fmt);
	doctor->findings[doctor->n - 1].mend = doctor_format(doctor, fmt, args);
	va_end(args);
}

void doctor_mend_inside(struct doctor *doctor, const char *fmt, ...)
{
	char *command;
	va_list args;

	va_start(args, fmt);
	command = doctor_format(doctor, fmt, args);
	va_end(args);
	if (!command)
		return;
	if (!doctor->netns)
		doctor_mend(doctor, "%s", command);
	else if (strchr(doctor->netns, '/'))
		doctor_mend(doctor, "nsenter --net=%s %s", doctor_word(doctor->netns), command);
	else
		doctor_mend(doctor, "ip netns exec %s %s", doctor_word(doctor->netns), command);
	free(command);
}

/* Whoever copies a command runs what is in it, and a name may hold any byte. */
const char *doctor_word(const char *name)
{
	static char word[4 * NAME_SIZE * 4 + 3];
	const char *c = msg_safe(name);
	char *end = word;

	if (!c[strspn(c, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		      "0123456789._-+@%/")])
		return strcpy(word, c);
	*end++ = '\'';
	for (; *c; c++)
		end = *c == '\'' ? stpcpy(end, "'\\''") :
		      (*end = *c, end + 1);
	*end++ = '\'';
	*end = '\0';
	return word;
}

int doctor_read(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;
	int err = 0;

	buf[0] = '\0';
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	if (len < 0)
		err = -errno;
	close(fd);
	buf[len > 0 ? len : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return err;
}

static enum doctor_level doctor_worst(const struct doctor *doctor)
{
	enum doctor_level worst = DOCTOR_NOTE;
	size_t i;

	for (i = 0; i < doctor->n; i++)
		if (doctor->findings[i].level > worst)
			worst = doctor->findings[i].level;
	return worst;
}

static enum exit_status doctor_print_json(const struct options *opts,
					  const struct doctor *doctor)
{
	json_t *root = json_array();
	size_t i;

	for (i = 0; i < doctor->n; i++) {
		const struct doctor_finding *finding = &doctor->findings[i];

		json_array_append_new(root, json_pack("{s:s, s:s, s:o, s:o, s:o}",
			"id", finding->id,
			"level", doctor_level_names[finding->level],
			"what", print_json_string(finding->what),
			"seen", print_json_string(finding->seen),
			"mend", print_json_string(finding->mend)));
	}
	return print_json(opts, root);
}

static void doctor_print_count(const struct doctor *doctor)
{
	unsigned int count[ARRAY_SIZE(doctor_level_names)] = { 0 };
	size_t i;

	for (i = 0; i < doctor->n; i++)
		count[doctor->findings[i].level]++;
	printf("%u error%s, %u warning%s, %u note%s\n",
	       count[DOCTOR_ERROR], count[DOCTOR_ERROR] == 1 ? "" : "s",
	       count[DOCTOR_WARNING], count[DOCTOR_WARNING] == 1 ? "" : "s",
	       count[DOCTOR_NOTE], count[DOCTOR_NOTE] == 1 ? "" : "s");
}

static enum exit_status doctor_print(const struct options *opts,
				     const struct doctor *doctor)
{
	size_t i;

	if (opts->json)
		return doctor_print_json(opts, doctor);
	for (i = 0; i < doctor->n; i++) {
		const struct doctor_finding *finding = &doctor->findings[i];

		printf("%s: %s [%s]\n    seen: %s\n    mend: %s\n",
		       doctor_level_names[finding->level], finding->what,
		       finding->id, finding->seen, finding->mend);
	}
	doctor_print_count(doctor);
	return print_finish();
}

static enum exit_status doctor_examine(const struct options *opts,
				       struct doctor *doctor)
{
	static const enum exit_status statuses[] = {
		[DOCTOR_NOTE] = DONE,
		[DOCTOR_WARNING] = WARNED,
		[DOCTOR_ERROR] = ERRORS,
	};
	enum exit_status err;
	struct utsname host;
	size_t i;

	uname(&host);
	snprintf(doctor->release, sizeof(doctor->release), "%s", host.release);
	for (i = 0; i < ARRAY_SIZE(doctor_checks) && !doctor->no_memory; i++)
		if (doctor->has_device || !doctor_checks[i].needs_device)
			doctor_checks[i].run(doctor);
	if (doctor->no_memory) {
		msg_why("%s", strerror(ENOMEM));
		return FAILED;
	}
	err = doctor_print(opts, doctor);
	return err ? err : statuses[doctor_worst(doctor)];
}

static void doctor_free(struct doctor *doctor)
{
	size_t i;

	for (i = 0; i < doctor->n; i++) {
		free(doctor->findings[i].what);
		free(doctor->findings[i].seen);
		free(doctor->findings[i].mend);
	}
	free(doctor->findings);
	if (doctor->has_device)
		device_free(&doctor->device);
}

static enum exit_status doctor_run(const struct options *opts, int argc,
				   char **argv)
{
	struct doctor doctor = { .netns = opts->netns };
	enum exit_status status;
	const char *bad;

	args_skip_keyword(&argc, &argv);
	if (argc > 1)
		return msg_usage("'%s' is one word too many", msg_safe(argv[1]));
	if (argc) {
		doctor.name = argv[0];
		bad = args_bad_name(doctor.name, NAME_LOOK_UP);
		if (bad)
			return msg_usage("'%s' is no device's name: %s",
					 msg_safe(doctor.name), bad);
	}
	msg_task("examine %s", argc ? msg_safe(argv[0]) : "the system");
	status = doctor_examine(opts, &doctor);
	doctor_free(&doctor);
	return status;
}

const struct command cmd_doctor = {
	.name = "doctor",
	.synopsis = "[NAME]",
	.summary = "tell why something doesn't work, and what mends it",
	.run = doctor_run,
};
