// SPDX-License-Identifier: GPL-2.0-only
/* Whether the module is installed, right for this kernel, and loaded. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libkmod.h>

#include "doctor.h"

#define MODULES_DIR	"/lib/modules"
#define SECURE_BOOT	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SIG_ENFORCE	"/sys/module/module/parameters/sig_enforce"
#define LOCKDOWN	"/sys/kernel/security/lockdown"

static void module_read_info(struct doctor_module *module,
			     const struct kmod_module *mod)
{
	struct kmod_list *info = NULL, *entry;

	kmod_module_get_info(mod, &info);
	kmod_list_foreach(entry, info) {
		const char *key = kmod_module_info_get_key(entry);
		const char *value = kmod_module_info_get_value(entry);

		if (!strcmp(key, "vermagic"))
			snprintf(module->vermagic, sizeof(module->vermagic), "%s", value);
		else if (!strcmp(key, "sig_id"))
			module->is_signed = true;
		else if (!strcmp(key, "signer"))
			snprintf(module->signer, sizeof(module->signer), "%s", value);
	}
	kmod_module_info_free_list(info);
}

/* What modprobe would load for the kernel @release. */
static void module_look_up(struct doctor_module *module, const char *release)
{
	static const char *const no_config[] = { NULL };
	struct kmod_module *mod = NULL;
	struct kmod_ctx *ctx;
	const char *path;
	char dir[512];

	*module = (struct doctor_module){ 0 };
	snprintf(dir, sizeof(dir), MODULES_DIR "/%s", release);
	ctx = kmod_new(dir, no_config);
	if (!ctx)
		return;
	kmod_set_log_fn(ctx, NULL, NULL);
	if (!kmod_module_new_from_name(ctx, VTUN_KIND, &mod)) {
		path = kmod_module_get_path(mod);
		if (path) {
			snprintf(module->path, sizeof(module->path), "%s", path);
			module_read_info(module, mod);
		} else {
			module->builtin = kmod_module_get_initstate(mod) == KMOD_MODULE_BUILTIN;
		}
		kmod_module_unref(mod);
	}
	kmod_unref(ctx);
}

/* A file that depmod has not seen yet. */
static bool module_find_unlisted(const char *release, char *path, size_t size)
{
	static const char *const dirs[] = {
		"updates", "updates/dkms", "extra", "kernel/drivers/net",
	};
	static const char *const ends[] = { "", ".xz", ".zst", ".gz" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(dirs) * ARRAY_SIZE(ends); i++) {
		snprintf(path, size, MODULES_DIR "/%s/%s/" VTUN_KIND ".ko%s", release,
			 dirs[i / ARRAY_SIZE(ends)], ends[i % ARRAY_SIZE(ends)]);
		if (!access(path, F_OK))
			return true;
	}
	return false;
}

/* Puts the first other kernel that has the module into @release. */
static bool module_find_elsewhere(const char *running, char *release, size_t size)
{
	struct doctor_module module;
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir(MODULES_DIR);

	while (dir && !found && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !strcmp(entry->d_name, running))
			continue;
		module_look_up(&module, entry->d_name);
		if (*module.path) {
			snprintf(release, size, "%s", entry->d_name);
			found = true;
		}
	}
	if (dir)
		closedir(dir);
	return found;
}

static void module_mend_build(struct doctor *doctor)
{
	if (!access("/var/lib/dkms/" VTUN_KIND, F_OK))
		doctor_mend(doctor, "apt-get install linux-headers-%s && dkms autoinstall -k %s",
			    doctor->release, doctor->release);
	else
		doctor_mend(doctor, "make modules && make install  # in vtun's sources; needs linux-headers-%s",
			    doctor->release);
}

static void module_report_missing(struct doctor *doctor, enum doctor_level level)
{
	char path[PATH_MAX], release[DOCTOR_TEXT_SIZE];

	if (module_find_unlisted(doctor->release, path, sizeof(path))) {
		doctor_find(doctor, level, "module_not_indexed",
			    "the module is installed, but modprobe does not find it");
		doctor_seen(doctor, "%s exists, and " MODULES_DIR "/%s/modules.dep does not have it",
			    path, doctor->release);
		doctor_mend(doctor, "depmod %s", doctor->release);
	} else if (module_find_elsewhere(doctor->release, release, sizeof(release))) {
		doctor_find(doctor, level, "module_for_other_kernel",
			    "the module is not installed for the running kernel, but for another one");
		doctor_seen(doctor, MODULES_DIR "/%s has it, " MODULES_DIR "/%s has not",
			    release, doctor->release);
		module_mend_build(doctor);
	} else {
		doctor_find(doctor, level, "module_not_installed",
			    "the module is not installed%s", doctor->loaded ?
			    ": it will be missing after the next start" : "");
		doctor_seen(doctor, MODULES_DIR "/%s/modules.dep has no " VTUN_KIND,
			    doctor->release);
		module_mend_build(doctor);
	}
}

/* Without the folder, as in a container, only its host can tell. */
static bool module_has_folder(struct doctor *doctor)
{
	char dir[512];

	snprintf(dir, sizeof(dir), MODULES_DIR "/%s", doctor->release);
	if (!access(dir, X_OK))
		return true;
	doctor_find(doctor, DOCTOR_NOTE, "module_folder_unknown",
		    "whether the module is installed for this kernel can't be checked");
	doctor_seen(doctor, "%s: %s", dir, strerror(errno));
	doctor_mend(doctor, "vtunctl doctor  # where the kernel's modules are: on a container's host");
	return false;
}

/* The kernel's release is the first word of what a module was built for. */
static void module_check_vermagic(struct doctor *doctor, enum doctor_level level)
{
	const struct doctor_module *module = &doctor->module;
	size_t len = strcspn(module->vermagic, " ");

	if (!len) {
		doctor_find(doctor, DOCTOR_NOTE, "module_vermagic_unknown",
			    "which kernel the module was built for can't be checked");
		doctor_seen(doctor, "no vermagic can be read from %s", module->path);
		doctor_mend(doctor, "modinfo %s", module->path);
	} else if (strlen(doctor->release) != len ||
		   memcmp(module->vermagic, doctor->release, len)) {
		doctor_find(doctor, level, "module_wrong_kernel",
			    "the installed module was built for the kernel %.*s, and %s runs",
			    (int)len, module->vermagic, doctor->release);
		doctor_seen(doctor, "vermagic of %s: %s", module->path, module->vermagic);
		module_mend_build(doctor);
	}
}

void doctor_module_installed(struct doctor *doctor)
{
	struct doctor_module *module = &doctor->module;
	unsigned int major_nr, minor_nr;
	enum doctor_level level;

	doctor->loaded = !node_get_number(&major_nr, &minor_nr);
	level = doctor->loaded ? DOCTOR_WARNING : DOCTOR_ERROR;
	module_look_up(module, doctor->release);
	if (module->builtin)
		return;
	if (*module->path)
		module_check_vermagic(doctor, level);
	else if (module_has_folder(doctor))
		module_report_missing(doctor, level);
}

/* What demands signatures; NULL if nothing does, or @unknown says what isn't seen. */
static const char *module_enforced_by(const char **unknown)
{
	char text[DOCTOR_TEXT_SIZE];
	bool secure_boot;
	int err;

	*unknown = NULL;
	/* Four bytes of attributes, then the value. */
	secure_boot = !doctor_read(SECURE_BOOT, text, 6) && text[4] == 1;
	err = doctor_read(LOCKDOWN, text, sizeof(text));
	if (!err && strstr(text, "[integrity]"))
		return secure_boot ? "Secure Boot is on, and " LOCKDOWN " has [integrity]" :
		       LOCKDOWN " has [integrity]";
	if (!err && strstr(text, "[confidentiality]"))
		return LOCKDOWN " has [confidentiality]";
	if (err && secure_boot)
		return "Secure Boot is on, and " LOCKDOWN " can't be read";
	if (err)
		*unknown = LOCKDOWN;
	/* Lockdown often brings this one with it, so it comes last: it tells nobody why. */
	err = doctor_read(SIG_ENFORCE, text, sizeof(text));
	if (!err && text[0] == 'Y')
		return SIG_ENFORCE " is Y";
	if (err && err != -ENOENT && !*unknown)
		*unknown = SIG_ENFORCE;
	return NULL;
}

/* Returns 1: the kernel has a key of that name, 0: it has not, -1: can't be seen. */
static int module_key_is_known(const char *signer)
{
	FILE *file = fopen("/proc/keys", "re");
	int known = -1;
	char *line = NULL;
	size_t size = 0;

	while (file && known < 1 && getline(&line, &size, file) > 0) {
		if (!strstr(line, " asymmetri "))
			continue;
		known = strstr(line, signer) != NULL;
	}
	free(line);
	if (file)
		fclose(file);
	return known;
}

static void module_report_key(struct doctor *doctor, enum doctor_level level, const char *why)
{
	const struct doctor_module *module = &doctor->module;
	int known = *module->signer ? module_key_is_known(module->signer) : -1;

	if (known > 0)
		return;
	if (known < 0) {
		doctor_find(doctor, DOCTOR_NOTE, "module_key_unknown",
			    "whether the kernel knows the key that signed the module can't be checked");
		doctor_seen(doctor, "signed by '%s'; /proc/keys shows none of the kernel's keys",
			    msg_safe(module->signer));
		doctor_mend(doctor, "mokutil --list-enrolled; keyctl show %%:.machine  # as root");
		return;
	}
	doctor_find(doctor, level, "module_key_missing",
		    "the module is signed with a key that the kernel does not know, and it takes no others");
	doctor_seen(doctor, "%s; signed by '%s', whom /proc/keys does not have", why,
		    msg_safe(module->signer));
	doctor_mend(doctor, "mokutil --import KEY.der  # the certificate of that key; then restart and confirm it");
}

void doctor_module_signed(struct doctor *doctor)
{
	enum doctor_level level = doctor->loaded ? DOCTOR_WARNING : DOCTOR_ERROR;
	const struct doctor_module *module = &doctor->module;
	const char *why, *unknown;

	if (!*module->path)
		return;		/* what is not there needs no signature */
	why = module_enforced_by(&unknown);
	if (why && module->is_signed) {
		module_report_key(doctor, level, why);
	} else if (why) {
		doctor_find(doctor, level, "module_unsigned",
			    "the module is not signed, and this kernel takes signed modules only");
		doctor_seen(doctor, "%s; %s has no signature", why, module->path);
		doctor_mend(doctor, MODULES_DIR "/%s/build/scripts/sign-file sha256 KEY.priv KEY.der %s  # a key that 'mokutil --import KEY.der' made known",
			    doctor->release, module->path);
	} else if (unknown && !module->is_signed) {
		doctor_find(doctor, DOCTOR_NOTE, "module_signature_unknown",
			    "whether this kernel takes unsigned modules, as this one is, can't be checked");
		doctor_seen(doctor, "%s can't be read", unknown);
		doctor_mend(doctor, "mount -t securityfs securityfs /sys/kernel/security  # and run it as root");
	}
}

void doctor_module_loaded(struct doctor *doctor)
{
	unsigned int major_nr, minor_nr;
	int err = node_get_number(&major_nr, &minor_nr);

	if (err == -ENODEV) {
		doctor_find(doctor, DOCTOR_ERROR, "module_not_loaded", "the module is not loaded");
		doctor_seen(doctor, "/proc/misc has no " VTUN_KIND);
		doctor_mend(doctor, "modprobe " VTUN_KIND "  # as root; for a container, on its host");
	} else if (err) {
		doctor_find(doctor, DOCTOR_NOTE, "module_loaded_unknown",
			    "whether the module is loaded can't be checked");
		doctor_seen(doctor, "/proc/misc: %s", strerror(-err));
		doctor_mend(doctor, "mount -t proc proc /proc");
	}
}
