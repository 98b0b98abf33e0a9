// SPDX-License-Identifier: GPL-2.0-only
/*
 * A security module that refuses: here an eBPF program on the hooks that the
 * kernel has for TUN/TAP drivers, which says so in an errno of its own.
 */
#include <kselftest_harness.h>
#include "testlib.h"
#include "testlib_bpf.h"

#include <fcntl.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>

#define NAME	"lsm0"
#define ERRNO	EXDEV			/* nothing else says that */

/* How many bytes follow the struct btf_type of a type, by its kind. */
static size_t btf_more(const struct btf_type *t)
{
	size_t n = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(__u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return n * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return n * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return n * sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return n * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return n * sizeof(struct btf_var_secinfo);
	}
	return 0;
}

static int btf_find(const char *btf, const char *func)
{
	const struct btf_header *head = (const struct btf_header *)btf;
	const char *types = btf + head->hdr_len + head->type_off;
	const char *names = btf + head->hdr_len + head->str_off;
	const char *end = types + head->type_len;
	int id;

	for (id = 1; types < end; id++) {
		const struct btf_type *t = (const struct btf_type *)types;

		if (BTF_INFO_KIND(t->info) == BTF_KIND_FUNC &&
		    !strcmp(names + t->name_off, func))
			return id;
		types += sizeof(*t) + btf_more(t);
	}
	return -ENOENT;
}

/* The number by which the kernel knows one of its functions, or -errno. */
static int kernel_function(const char *func)
{
	size_t size = 64 << 20, len = 0;
	char *btf = malloc(size);
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY), id;
	ssize_t n = 0;

	if (fd < 0) {
		free(btf);
		return -errno;
	}
	while (btf && (n = read(fd, btf + len, size - len)) > 0)
		len += n;
	id = btf && !n ? btf_find(btf, func) : -EIO;
	close(fd);
	free(btf);
	return id;
}

/* Has the hook refuse with ERRNO until the file that this returns is closed. */
static int refuse(const char *hook)
{
	char func[64] = "bpf_lsm_";
	struct bpf_insn insns[] = { BI_SET(BPF_REG_0, -ERRNO), BI_EXIT };
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_LSM,
		.expected_attach_type = BPF_LSM_MAC,
		.insns = (uintptr_t)insns,
		.insn_cnt = 2,
		.license = (uintptr_t)"GPL",
	};
	int prog, link, id;

	strncat(func, hook, sizeof(func) - sizeof("bpf_lsm_"));
	id = kernel_function(func);
	if (id < 0)
		return id;
	attr.attach_btf_id = id;
	prog = bpf_call(BPF_PROG_LOAD, &attr);
	if (prog < 0)
		return prog;
	memset(&attr, 0, sizeof(attr));
	attr.raw_tracepoint.prog_fd = prog;
	link = bpf_call(BPF_RAW_TRACEPOINT_OPEN, &attr);
	close(prog);
	return link;
}

static bool bpf_is_active(void)
{
	char lsm[256] = "";

	return file_read("/sys/kernel/security/lsm", lsm, sizeof(lsm)) > 0 &&
	       strstr(lsm, "bpf");
}

FIXTURE(security_module)
{
	int fd;
	int link;
};

VARIANTS_MODE(security_module);

FIXTURE_SETUP(security_module)
{
	if (!bpf_is_active())
		SKIP(return, "no security module that runs eBPF");
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(security_module)
{
	close(self->fd);
}

/* F2.26 F2.25: creation, told after who may not create */
TEST_F(security_module, creates)
{
	self->link = refuse("tun_dev_create");
	ASSERT_LE(0, self->link);
	EXPECT_EQ(-ERRNO, vt_setiff(self->fd, NAME, variant->flags));
	EXPECT_EQ(-ERRNO, vt_setiff(self->fd, "a/b", variant->flags));
	EXPECT_EQ(1, link_count());
	EXPECT_EQ(-EBADFD, vt_flags(self->fd));
	close(self->link);
	EXPECT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
}

/* F2.13 F2.9: attaching to a device that exists, which stays as it is */
TEST_F(security_module, opens)
{
	static const char *const hooks[] = { "tun_dev_open", "tun_dev_attach" };
	struct link_info info;
	unsigned int i;
	int fd = vt_attach(NAME, variant->flags);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, vt_persist(fd, true));
	close(fd);
	for (i = 0; i < 2; i++) {
		self->link = refuse(hooks[i]);
		ASSERT_LE(0, self->link);
		EXPECT_EQ(-ERRNO, vt_setiff(self->fd, NAME,
					    variant->flags & ~IFF_NO_PI));
		EXPECT_EQ(-EINVAL, vt_setiff(self->fd, NAME, variant->flags ^
					     (IFF_TUN | IFF_TAP)));
		EXPECT_EQ(-EBADFD, vt_flags(self->fd));
		ASSERT_EQ(0, link_get(NAME, &info));
		EXPECT_EQ(0, info.carrier);
		EXPECT_EQ(0, info.tun[IFLA_TUN_PI]);
		close(self->link);
	}
	EXPECT_EQ(0, vt_setiff(self->fd, NAME, variant->flags));
}

/* F3.12.2: a detached queue that wants to come back stays detached */
TEST_F(security_module, attaches_a_queue)
{
	struct link_info info;

	ASSERT_EQ(0, vt_setiff(self->fd, NAME,
			       variant->flags | IFF_MULTI_QUEUE));
	ASSERT_EQ(0, vt_set_queue(self->fd, IFF_DETACH_QUEUE));
	self->link = refuse("tun_dev_attach_queue");
	ASSERT_LE(0, self->link);
	EXPECT_EQ(-ERRNO, vt_set_queue(self->fd, IFF_ATTACH_QUEUE));
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(0, info.tun[IFLA_TUN_NUM_QUEUES]);
	EXPECT_EQ(1, info.tun[IFLA_TUN_NUM_DISABLED_QUEUES]);
	close(self->link);
	EXPECT_EQ(0, vt_set_queue(self->fd, IFF_ATTACH_QUEUE));
}

TEST_HARNESS_MAIN
