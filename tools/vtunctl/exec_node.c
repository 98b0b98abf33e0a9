// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other driver's node becomes ours, in a mount namespace of our own.
 *
 * Everything is named by file descriptors and moved by the mount calls that
 * take them: what is covered on the way can still be reached.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vtunctl.h"

#define EXEC_DIR	"/dev/net"
#define EXEC_NAME	"tun"

/*
 * What will be mounted at @path, which has no links in it, must not be seen
 * outside. Only the one mount that will carry it stops telling others, so
 * whatever else the program mounts, as "ip netns add" does, goes where it would
 * have gone without us.
 */
static int exec_keep_inside(const char *path)
{
	char at[PATH_MAX];
	char *slash;

	snprintf(at, sizeof(at), "%s", path);
	for (;;) {
		if (!mount(NULL, at, NULL, MS_SLAVE, NULL))
			return 0;
		/* EINVAL: nothing is mounted just there, so look further up. */
		if (errno != EINVAL || !at[1])
			return -errno;
		slash = strrchr(at, '/');
		slash[slash == at] = '\0';
	}
}

/* A mount of @name in @dir_fd and all below it, which is nowhere yet. */
static int exec_clone(int dir_fd, const char *name)
{
	int fd = open_tree(dir_fd, name,
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);

	return fd < 0 ? -errno : fd;
}

/* Takes @tree, whatever comes of it. */
static int exec_place(int tree, int dir_fd, const char *name)
{
	int err = 0;

	if (tree < 0)
		return tree;
	if (move_mount(tree, "", dir_fd, name, MOVE_MOUNT_F_EMPTY_PATH))
		err = -errno;
	close(tree);
	return err;
}

static int exec_make_file(int dir_fd, const char *name)
{
	int fd = openat(dir_fd, name,
			O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0444);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/* An entry of the covered folder @old appears in the new one under its name. */
static int exec_copy_entry(int old, int new, const char *name)
{
	char target[PATH_MAX] = "";
	struct stat st;
	int err;

	if (fstatat(old, name, &st, AT_SYMLINK_NOFOLLOW))
		return -errno;
	if (S_ISLNK(st.st_mode)) {
		if (readlinkat(old, name, target, sizeof(target) - 1) < 0 ||
		    symlinkat(target, new, name))
			return -errno;
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		err = mkdirat(new, name, 0755) ? -errno : 0;
	else
		err = exec_make_file(new, name);
	return err ? err : exec_place(exec_clone(old, name), new, name);
}

/* A link without a target is all that can have the name, see below. */
static int exec_copy_entries(int old, int new)
{
	int list_fd = openat(old, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	int err = 0;
	DIR *list;

	list = list_fd < 0 ? NULL : fdopendir(list_fd);
	if (!list) {
		err = -errno;
		if (list_fd >= 0)
			close(list_fd);
		return err;
	}
	while (!err && (entry = readdir(list))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    strcmp(entry->d_name, EXEC_NAME))
			err = exec_copy_entry(old, new, entry->d_name);
	}
	closedir(list);
	return err;
}

/* An empty file system of our own, which is nowhere yet. */
static int exec_tmpfs(void)
{
	int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int new = -1, err = 0;

	if (fs < 0)
		return -errno;
	if (fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0) ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		err = -errno;
	if (!err) {
		new = fsmount(fs, FSMOUNT_CLOEXEC, 0);
		err = new < 0 ? -errno : 0;
	}
	close(fs);
	return err ? err : new;
}

/* The folder has no such name, and making it would change the system's. */
static int exec_cover_dir(int node)
{
	int old, new, err;

	old = open(EXEC_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0)
		return -errno;
	new = exec_tmpfs();
	if (new < 0) {
		close(old);
		return new;
	}
	err = exec_keep_inside(EXEC_DIR);
	if (!err && move_mount(new, "", AT_FDCWD, EXEC_DIR,
			       MOVE_MOUNT_F_EMPTY_PATH))
		err = -errno;
	if (!err)
		err = exec_copy_entries(old, new);
	if (!err)
		err = exec_make_file(new, EXEC_NAME);
	if (!err) {
		err = exec_place(node, new, EXEC_NAME);
		node = -1;
	}
	if (node >= 0)
		close(node);
	close(new);
	close(old);
	return err;
}

int exec_cover_node(void)
{
	int node = exec_clone(AT_FDCWD, VTUN_NODE);
	char path[PATH_MAX];
	int err;

	if (node < 0)
		return node;
	/* A link stays and its target is covered: one cannot mount over links. */
	if (!realpath(EXEC_NODE, path)) {
		if (errno == ENOENT)
			return exec_cover_dir(node);
		err = -errno;
	} else {
		err = exec_keep_inside(path);
	}
	if (!err)
		return exec_place(node, AT_FDCWD, path);
	close(node);
	return err;
}
