// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gives a cgroup a device rule, as systemd and container managers do where cgroups are those of version 2, until the
 * cgroup is removed:
 *
 *	device_rule CGROUP NODE
 *
 * Nobody in it may open that device; all others may be opened. Exits 4, as a test that is skipped, where the kernel
 * has no such programs.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "testlib_bpf.h"

/* 0 refuses. */
static int load(dev_t device)
{
	struct bpf_code code = {};
	int other[2];

	bpf_add(&code, BI_SET(BPF_REG_0, 1));
	bpf_add(&code, BI_LOAD(BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, major)));
	other[0] = bpf_jump_imm(&code, BPF_JNE, BPF_REG_2, major(device));
	bpf_add(&code, BI_LOAD(BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct bpf_cgroup_dev_ctx, minor)));
	other[1] = bpf_jump_imm(&code, BPF_JNE, BPF_REG_2, minor(device));
	bpf_add(&code, BI_SET(BPF_REG_0, 0));
	bpf_land(&code, other[0]);
	bpf_land(&code, other[1]);
	bpf_add(&code, BI_EXIT);
	return bpf_load(BPF_PROG_TYPE_CGROUP_DEVICE, &code);
}

int main(int argc, char **argv)
{
	union bpf_attr attr = { .attach_type = BPF_CGROUP_DEVICE };
	struct stat st;
	int fd, ret;

	if (argc != 3)
		errx(2, "usage: device_rule CGROUP NODE");
	if (stat(argv[2], &st))
		err(1, "%s", argv[2]);
	fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err(1, "%s", argv[1]);
	ret = load(st.st_rdev);
	if (ret == -EINVAL || ret == -ENOSYS)
		return 4;
	if (ret >= 0) {
		attr.target_fd = fd;
		attr.attach_bpf_fd = ret;
		ret = bpf_call(BPF_PROG_ATTACH, &attr);
	}
	if (ret < 0)
		errx(1, "%s: %s", argv[1], strerror(-ret));
	return 0;
}
