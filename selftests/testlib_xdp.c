// SPDX-License-Identifier: GPL-2.0-only
/* Attaching XDP programs, and the program that most tests use. */
#include "testlib_xdp.h"
#include "testlib_req.h"

#include <string.h>

static int xdp_set(const char *name, int prog_fd, const int *expected,
		   uint32_t flags, char *extack)
{
	int index = link_index(name), err;
	struct nlattr *nest;
	struct req r;

	if (index < 0)
		return index;
	req_start(&r, RTM_SETLINK, 0, index);
	nest = mnl_attr_nest_start(r.nlh, IFLA_XDP);
	mnl_attr_put_u32(r.nlh, IFLA_XDP_FD, prog_fd);
	mnl_attr_put_u32(r.nlh, IFLA_XDP_FLAGS, flags);
	if (expected)
		mnl_attr_put_u32(r.nlh, IFLA_XDP_EXPECTED_FD, *expected);
	mnl_attr_nest_end(r.nlh, nest);
	err = req_send(&r);
	if (extack)
		strcpy(extack, r.extack);
	return err;
}

int xdp_attach_extack(const char *name, int prog_fd, uint32_t flags,
		      char *extack)
{
	return xdp_set(name, prog_fd, NULL, flags, extack);
}

int xdp_attach(const char *name, int prog_fd, uint32_t flags)
{
	return xdp_set(name, prog_fd, NULL, flags, NULL);
}

int xdp_replace(const char *name, int prog_fd, int expected, uint32_t flags)
{
	return xdp_set(name, prog_fd, &expected, flags | XDP_FLAGS_REPLACE,
		       NULL);
}

int xdp_attach_const(const char *name, int action, uint32_t flags)
{
	int prog = bpf_load_const(BPF_PROG_TYPE_XDP, action), err;

	if (prog < 0)
		return prog;
	err = xdp_attach(name, prog, flags);
	close(prog);
	return err;
}

int xdp_attached(const char *name)
{
	const struct nlattr *mode;
	struct req r;
	int err = req_get_link(&r, name);

	if (err)
		return err;
	mode = req_nested(req_attr(&r, IFLA_XDP), IFLA_XDP_ATTACHED);
	return mode ? mnl_attr_get_u8(mode) : -ENOENT;
}

int xdp_devmap(int ifindex)
{
	int fd = bpf_map(BPF_MAP_TYPE_DEVMAP, sizeof(uint32_t),
			 sizeof(uint32_t), 1);
	int err;

	if (fd < 0)
		return fd;
	err = bpf_map_set(fd, 0, &ifindex);
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* ---- the program: r6 is the context, r7 the control ---------------------- */

#define CTL(field)	((int)offsetof(struct xdp_control, field))
#define CTX(field)	((int)offsetof(struct xdp_md, field))

/* Note a word of the context. */
static void probe_note(struct bpf_code *c, int ctx, int ctl)
{
	bpf_add(c, BI_LOAD(BPF_W, BPF_REG_1, BPF_REG_6, ctx));
	bpf_add(c, BI_STORE(BPF_DW, BPF_REG_7, ctl, BPF_REG_1));
}

/* r2 = start of the frame, r3 = its end; note the length. */
static void probe_note_len(struct bpf_code *c, int ctl)
{
	bpf_add(c, BI_LOAD(BPF_W, BPF_REG_2, BPF_REG_6, CTX(data)));
	bpf_add(c, BI_LOAD(BPF_W, BPF_REG_3, BPF_REG_6, CTX(data_end)));
	bpf_add(c, BI_MOV(BPF_REG_1, BPF_REG_3));
	bpf_add(c, BI_SUB_REG(BPF_REG_1, BPF_REG_2));
	bpf_add(c, BI_STORE(BPF_DW, BPF_REG_7, ctl, BPF_REG_1));
}

/* Call @helper(context, delta) if the control has a delta. */
static void probe_adjust(struct bpf_code *c, int helper, int delta, int ret)
{
	int skip;

	bpf_add(c, BI_LOAD(BPF_DW, BPF_REG_2, BPF_REG_7, delta));
	skip = bpf_jump_imm(c, BPF_JEQ, BPF_REG_2, 0);
	bpf_add(c, BI_MOV(BPF_REG_1, BPF_REG_6));
	bpf_add(c, BI_CALL(helper));
	bpf_add(c, BI_STORE(BPF_DW, BPF_REG_7, ret, BPF_REG_0));
	bpf_land(c, skip);
}

/* Write the control's Ethernet header if it says so and there is room. */
static void probe_fill(struct bpf_code *c)
{
	int skip, room, i;

	bpf_add(c, BI_LOAD(BPF_DW, BPF_REG_1, BPF_REG_7, CTL(fill)));
	skip = bpf_jump_imm(c, BPF_JEQ, BPF_REG_1, 0);
	bpf_add(c, BI_MOV(BPF_REG_1, BPF_REG_2));
	bpf_add(c, BI_ADD(BPF_REG_1, ETH_HLEN));
	room = bpf_jump_reg(c, BPF_JGT, BPF_REG_1, BPF_REG_3);
	for (i = 0; i < ETH_HLEN; i++) {
		bpf_add(c, BI_LOAD(BPF_B, BPF_REG_1, BPF_REG_7, CTL(eth) + i));
		bpf_add(c, BI_STORE(BPF_B, BPF_REG_2, i, BPF_REG_1));
	}
	bpf_land(c, room);
	bpf_land(c, skip);
}

/* If there is room for it now, store the mark as metadata. */
static void probe_mark(struct bpf_code *c)
{
	int room;

	bpf_add(c, BI_LOAD(BPF_W, BPF_REG_2, BPF_REG_6, CTX(data_meta)));
	bpf_add(c, BI_LOAD(BPF_W, BPF_REG_3, BPF_REG_6, CTX(data)));
	bpf_add(c, BI_MOV(BPF_REG_1, BPF_REG_2));
	bpf_add(c, BI_ADD(BPF_REG_1, 4));
	room = bpf_jump_reg(c, BPF_JGT, BPF_REG_1, BPF_REG_3);
	bpf_add(c, BI_STORE_IMM(BPF_W, BPF_REG_2, 0, XDP_MARK));
	bpf_land(c, room);
}

static int probe_load(int control, int map)
{
	struct bpf_code c = {};
	int other;

	bpf_add(&c, BI_MOV(BPF_REG_6, BPF_REG_1));
	bpf_add_value(&c, BPF_REG_7, control, 0);
	bpf_add(&c, BI_LOAD(BPF_DW, BPF_REG_1, BPF_REG_7, CTL(runs)));
	bpf_add(&c, BI_ADD(BPF_REG_1, 1));
	bpf_add(&c, BI_STORE(BPF_DW, BPF_REG_7, CTL(runs), BPF_REG_1));
	probe_note(&c, CTX(rx_queue_index), CTL(queue));
	probe_note(&c, CTX(ingress_ifindex), CTL(ifindex));
	probe_note_len(&c, CTL(len));
	probe_adjust(&c, BPF_FUNC_xdp_adjust_head, CTL(head), CTL(head_ret));
	probe_adjust(&c, BPF_FUNC_xdp_adjust_meta, CTL(meta), CTL(meta_ret));
	probe_adjust(&c, BPF_FUNC_xdp_adjust_tail, CTL(tail), CTL(tail_ret));
	probe_note_len(&c, CTL(len_out));
	probe_fill(&c);
	probe_mark(&c);
	bpf_add(&c, BI_LOAD(BPF_DW, BPF_REG_0, BPF_REG_7, CTL(action)));
	if (map >= 0) {
		other = bpf_jump_imm(&c, BPF_JNE, BPF_REG_0, XDP_REDIRECT);
		bpf_add_map(&c, BPF_REG_1, map);
		bpf_add(&c, BI_LOAD(BPF_DW, BPF_REG_2, BPF_REG_7, CTL(key)));
		bpf_add(&c, BI_SET(BPF_REG_3, 0));
		bpf_add(&c, BI_CALL(BPF_FUNC_redirect_map));
		bpf_land(&c, other);
	}
	bpf_add(&c, BI_EXIT);
	return bpf_load(BPF_PROG_TYPE_XDP, &c);
}

int xdp_probe_open(struct xdp_probe *probe, int map)
{
	probe->map = map;
	probe->control = bpf_array(sizeof(struct xdp_control));
	if (probe->control < 0)
		return probe->control;
	probe->prog = probe_load(probe->control, map);
	if (probe->prog >= 0)
		return xdp_probe_action(probe, XDP_PASS);
	close(probe->control);
	return probe->prog;
}

int xdp_probe_set(const struct xdp_probe *probe, struct xdp_control control)
{
	return bpf_map_set(probe->control, 0, &control);
}

struct xdp_control xdp_probe_get(const struct xdp_probe *probe)
{
	struct xdp_control control = {};

	bpf_map_get(probe->control, 0, &control);
	return control;
}

int xdp_probe_action(const struct xdp_probe *probe, unsigned int action)
{
	return xdp_probe_set(probe, (struct xdp_control){ .action = action });
}
