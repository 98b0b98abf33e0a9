// SPDX-License-Identifier: GPL-2.0-only
/*
 * XDP in Ethernet mode: attach a program, run it on what programs write,
 * redirect in and out.
 *
 * A frame is copied into pages of its own, the program runs on them, and only
 * what passes becomes an skb. A frame with segmentation to be done would lose
 * that on its way out, and the length of one above 64 KiB: they become skbs
 * first, and so do those that were begun before a program was attached. On
 * skbs the core runs the program.
 */

#include <linux/bpf_trace.h>
#include <linux/filter.h>
#include <linux/gfp.h>
#include <linux/skbuff.h>

#include "fifo.h"
#include "mem.h"
#include "queue.h"
#include "stats.h"
#include "xdp.h"

#define VTUN_XDP_HEADROOM	(NET_SKB_PAD + NET_IP_ALIGN + XDP_PACKET_HEADROOM)

/**
 * vtun_xdp_attach() - let frames of a queue say where they came from
 * @vq: queue, without a device
 * @dev: the device that it is about to join
 * @index: its number there
 *
 * Context: process, RTNL held, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vtun_xdp_attach(struct vtun_queue *vq, struct net_device *dev, u16 index)
{
	int err;

	err = xdp_rxq_info_reg(&vq->xdp_rxq, dev, index, 0);
	if (err)
		return err;
	err = xdp_rxq_info_reg_mem_model(&vq->xdp_rxq, MEM_TYPE_PAGE_SHARED,
					 NULL);
	if (err)
		xdp_rxq_info_unreg(&vq->xdp_rxq);
	return err;
}

/**
 * vtun_xdp_detach() - undo vtun_xdp_attach()
 * @vq: queue that nobody writes to any more
 *
 * Context: process, may sleep.
 */
void vtun_xdp_detach(struct vtun_queue *vq)
{
	xdp_rxq_info_unreg(&vq->xdp_rxq);
}

/**
 * vtun_xdp_set() - ndo_bpf: attach, replace or detach the program; before a
 *	device goes, the core detaches it
 * @dev: device
 * @bpf: what is asked for
 *
 * Context: RTNL held.
 * Return: 0, or -EINVAL for anything else.
 */
int vtun_xdp_set(struct net_device *dev, struct netdev_bpf *bpf)
{
	struct vtun_dev *vtun = netdev_priv(dev);
	struct bpf_prog *old = rtnl_dereference(vtun->xdp_prog);

	if (bpf->command != XDP_SETUP_PROG)
		return -EINVAL;
	rcu_assign_pointer(vtun->xdp_prog, bpf->prog);
	if (old)
		bpf_prog_put(old);	/* frees it after a grace period */
	return 0;
}

/* A frame that left again, by our own fifo or another device, was received. */
static void vtun_xdp_count(struct vtun_dev *vtun, struct vtun_queue *vq,
			   const struct xdp_buff *xdp, int err)
{
	if (err < 0)
		vtun_stats_drop(vtun, vq, VTUN_RX_DROP_XDP, 1);
	else
		vtun_stats_add_packets(vq, VTUN_RX_PACKETS, 1,
				       xdp->data_end - xdp->data);
}

static int vtun_xdp_tx(struct net_device *dev, struct xdp_buff *xdp)
{
	struct xdp_frame *xdpf = xdp_convert_buff_to_frame(xdp);
	int n;

	if (!xdpf)
		return -EOVERFLOW;
	n = vtun_xdp_xmit(dev, 1, &xdpf, XDP_XMIT_FLUSH);
	if (n == 0)
		xdp_return_frame(xdpf);	/* counted by who had no room */
	return n;
}

/*
 * Do what the program says. Context: BH off, RCU section.
 * Return: whether the frame is still ours and goes on to the stack. If not,
 * its memory was taken, or given back.
 */
static bool vtun_xdp_act(struct vtun_dev *vtun, struct vtun_queue *vq,
			 struct bpf_prog *prog, struct xdp_buff *xdp, u32 act,
			 const struct vtun_mem *mem)
{
	struct net_device *dev = vtun->dev;
	int err;

	switch (act) {
	case XDP_PASS:
		return true;
	case XDP_TX:
		vtun_mem_take(mem);
		err = vtun_xdp_tx(dev, xdp);
		vtun_xdp_count(vtun, vq, xdp, err);
		if (err < 0)
			page_frag_free(vtun_mem_data(mem));
		return false;
	case XDP_REDIRECT:
		vtun_mem_take(mem);
		err = xdp_do_redirect(dev, xdp, prog);
		vtun_xdp_count(vtun, vq, xdp, err);
		if (err)
			page_frag_free(vtun_mem_data(mem));
		else
			xdp_do_flush();
		return false;
	default:
		bpf_warn_invalid_xdp_action(dev, prog, act);
		fallthrough;
	case XDP_ABORTED:
		trace_xdp_exception(dev, prog, act);
		fallthrough;
	case XDP_DROP:
		vtun_stats_drop(vtun, vq, VTUN_RX_DROP_XDP, 1);
		vtun_mem_give_back(mem);
		return false;
	}
}

/*
 * Run the device's program, if it still has one. Context: process.
 * Return: as vtun_xdp_act().
 */
static bool vtun_xdp_run(struct vtun_queue *vq, struct xdp_buff *xdp,
			 const struct vtun_mem *mem)
{
	struct bpf_net_context net_context, *context;
	struct bpf_prog *prog = NULL;
	struct vtun_dev *vtun;
	bool passes = true;

	local_bh_disable();
	rcu_read_lock();
	context = bpf_net_ctx_set(&net_context);
	vtun = rcu_dereference(vq->vtun);
	if (vtun)
		prog = rcu_dereference(vtun->xdp_prog);
	if (prog)
		passes = vtun_xdp_act(vtun, vq, prog, xdp,
				      bpf_prog_run_xdp(prog, xdp), mem);
	bpf_net_ctx_clear(context);
	rcu_read_unlock();
	local_bh_enable();
	return passes;
}

static struct sk_buff *vtun_xdp_build_skb(const struct xdp_buff *xdp)
{
	size_t metasize = xdp->data - xdp->data_meta;
	struct sk_buff *skb;

	skb = build_skb(xdp->data_hard_start, xdp->frame_sz);
	if (!skb)
		return NULL;
	skb_reserve(skb, xdp->data - xdp->data_hard_start);
	skb_put(skb, xdp->data_end - xdp->data);
	if (metasize)
		skb_metadata_set(skb, metasize);
	return skb;
}

/**
 * vtun_xdp_receive() - copy a written frame, and ask the program about it
 * @vq: the file's queue
 * @frame: pulled, its xdp set
 * @from: the frame
 *
 * Context: process, may sleep.
 * Return: skb if the frame goes on to the stack; NULL if it was taken care of
 * and counted; ERR_PTR(): -EFAULT or -ENOMEM.
 */
struct sk_buff *vtun_xdp_receive(struct vtun_queue *vq,
				 const struct vtun_frame *frame,
				 struct iov_iter *from)
{
	struct vtun_mem mem;
	struct xdp_buff xdp;
	struct sk_buff *skb;
	int err;

	if (!vtun_mem_alloc(&mem, vtun_mem_size(VTUN_XDP_HEADROOM, frame->len),
			    GFP_KERNEL))
		return ERR_PTR(-ENOMEM);
	err = vtun_mem_copy(&mem, VTUN_XDP_HEADROOM, frame->len, from);
	if (err)
		goto err_give_back;

	xdp_init_buff(&xdp, mem.size, &vq->xdp_rxq);
	xdp_prepare_buff(&xdp, vtun_mem_data(&mem), VTUN_XDP_HEADROOM,
			 frame->len, true);
	if (!vtun_xdp_run(vq, &xdp, &mem))
		return NULL;
	skb = vtun_xdp_build_skb(&xdp);
	err = -ENOMEM;
	if (!skb)
		goto err_give_back;
	vtun_mem_take(&mem);
	return skb;

err_give_back:
	vtun_mem_give_back(&mem);
	return ERR_PTR(err);
}

/**
 * vtun_xdp_passes() - ask the program about a packet that is an skb already
 * @vtun: device
 * @skb: packet, its Ethernet header pulled; may be replaced
 *
 * What does not pass is not counted: the core does not tell what became of it.
 *
 * Context: RCU section, BH off.
 * Return: true if there is no program or the packet goes on to the stack; false
 * if it is somebody else's or was dropped.
 */
bool vtun_xdp_passes(struct vtun_dev *vtun, struct sk_buff **skb)
{
	struct bpf_prog *prog = rcu_dereference(vtun->xdp_prog);

	return !prog || do_xdp_generic(prog, skb) == XDP_PASS;
}

/**
 * vtun_xdp_xmit() - ndo_xdp_xmit: queue frames for the program
 * @dev: device
 * @n: length of @frames
 * @frames: frames; those that were not taken stay the caller's
 * @flags: XDP_XMIT_FLUSH to wake the program
 *
 * No filter sees them, and they neither stop nor obey a queue.
 *
 * Context: BH off.
 * Return: how many were taken, -EINVAL for unknown flags, -ENXIO without a
 * queue.
 */
int vtun_xdp_xmit(struct net_device *dev, int n, struct xdp_frame **frames,
		  u32 flags)
{
	struct vtun_dev *vtun = netdev_priv(dev);
	struct vtun_queue *vq = NULL;
	unsigned int queues;
	int i = 0;

	if (flags & ~XDP_XMIT_FLAGS_MASK)
		return -EINVAL;
	rcu_read_lock();
	queues = READ_ONCE(vtun->num_queues);
	if (queues)
		vq = rcu_dereference(vtun->queues[smp_processor_id() % queues]);
	if (!vq) {	/* or the last one is just going */
		rcu_read_unlock();
		return -ENXIO;
	}
	spin_lock(&vq->fifo.producer_lock);
	for (i = 0; i < n; i++)
		if (__ptr_ring_produce(&vq->fifo,
				       vtun_fifo_from_frame(frames[i])))
			break;
	spin_unlock(&vq->fifo.producer_lock);
	if (i < n)
		vtun_stats_drop(vtun, vq, VTUN_TX_DROP_FULL, 1);
	if (flags & XDP_XMIT_FLUSH)
		vtun_queue_wake_reader(vq);
	rcu_read_unlock();
	return i;
}
