/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for written packets: pieces of pages, which cost less than slab's, and
 * which XDP wants anyway. Room for struct skb_shared_info is behind the packet.
 */
#ifndef VTUN_MEM_H
#define VTUN_MEM_H

#include <linux/skbuff.h>
#include <linux/uio.h>

/**
 * struct vtun_mem - memory for one packet
 * @data: its begin; freed by page_frag_free(), if not by an skb
 * @size: bytes of all of it, for build_skb()
 */
struct vtun_mem {
	void *data;
	size_t size;
};

static inline size_t vtun_mem_size(size_t room, size_t len)
{
	return SKB_DATA_ALIGN(room + len) +
	       SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
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
	struct page *page = virt_to_head_page(mem->data);
	size_t offset = mem->data - page_address(page) + room;

	return copy_page_from_iter(page, offset, len, from) == len ? 0 :
								     -EFAULT;
}

#endif /* VTUN_MEM_H */
