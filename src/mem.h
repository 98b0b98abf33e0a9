/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for written packets: pieces of pages, which cost less than slab's, and
 * which XDP wants anyway. Room for struct skb_shared_info is behind the packet.
 *
 * Pieces are cut from the page that each task has for what it sends. A packet
 * that is dropped before an skb has it costs nothing: the next one is put there.
 */
#ifndef VTUN_MEM_H
#define VTUN_MEM_H

#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/uio.h>

/**
 * struct vtun_mem - memory for one packet
 * @page: page of it, the first if it has several of its own
 * @offset: where it begins there
 * @size: bytes of all of it, for build_skb(); above PAGE_SIZE its pages are its
 *	own
 */
struct vtun_mem {
	struct page *page;
	size_t offset;
	size_t size;
};

static inline size_t vtun_mem_size(size_t room, size_t len)
{
	return SKB_DATA_ALIGN(room + len) +
	       SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
}

/**
 * vtun_mem_alloc() - find memory for a packet
 * @mem: set
 * @size: what vtun_mem_size() says
 * @gfp: GFP_KERNEL, or GFP_NOWAIT for who can do without
 *
 * It is the caller's until it sends anything else, and then must have been
 * taken or given back.
 *
 * Context: process; sleeps if @gfp lets it.
 * Return: whether there was some.
 */
static inline bool vtun_mem_alloc(struct vtun_mem *mem, size_t size, gfp_t gfp)
{
	struct page_frag *frag = &current->task_frag;

	mem->size = size;
	if (unlikely(size > PAGE_SIZE)) {
		mem->offset = 0;
		mem->page = alloc_pages(gfp | __GFP_COMP | __GFP_NOWARN,
					get_order(size));
		return mem->page;
	}
	frag->offset = ALIGN(frag->offset, SMP_CACHE_BYTES);
	if (!skb_page_frag_refill(size, frag, gfp))
		return false;
	mem->page = frag->page;
	mem->offset = frag->offset;
	return true;
}

/**
 * vtun_mem_take() - give memory to somebody, who frees it by page_frag_free()
 * @mem: memory
 *
 * Context: the task that has it.
 */
static inline void vtun_mem_take(const struct vtun_mem *mem)
{
	if (unlikely(mem->size > PAGE_SIZE))
		return;
	get_page(mem->page);
	current->task_frag.offset = mem->offset + mem->size;
}

/**
 * vtun_mem_give_back() - undo vtun_mem_alloc()
 * @mem: memory that was not taken
 *
 * Context: the task that has it.
 */
static inline void vtun_mem_give_back(const struct vtun_mem *mem)
{
	if (unlikely(mem->size > PAGE_SIZE))
		put_page(mem->page);
}

static inline void *vtun_mem_data(const struct vtun_mem *mem)
{
	return page_address(mem->page) + mem->offset;
}

/**
 * vtun_mem_copy() - copy a packet from a program
 * @mem: memory
 * @room: bytes in front of the packet
 * @len: bytes of the packet
 * @from: the packet
 *
 * Context: process, may sleep.
 * Return: 0 or -EFAULT.
 */
static inline int vtun_mem_copy(const struct vtun_mem *mem, size_t room,
				size_t len, struct iov_iter *from)
{
	size_t n = copy_page_from_iter(mem->page, mem->offset + room, len, from);

	return n == len ? 0 : -EFAULT;
}

#endif /* VTUN_MEM_H */
