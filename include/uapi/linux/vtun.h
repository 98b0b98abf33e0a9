/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * vtun: what it has beyond the ABI of the in-tree driver
 *
 * A file of /dev/net/vtun is used like one of /dev/net/tun, as linux/if_tun.h
 * has it. What is here is off until a program asks for it. Ask VTUN_IOC_INFO
 * first: where it fails (EBADFD, EINVAL or ENOTTY, as any unknown command
 * does), the file is not one of vtun's.
 */
#ifndef _UAPI_LINUX_VTUN_H
#define _UAPI_LINUX_VTUN_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Grows when something of what is here changes its meaning. */
#define VTUN_ABI	1

/*
 * Modes of a file, VTUN_IOC_SETMODE.
 *
 * VTUN_MODE_BATCH: every read() and write() carries records, see struct
 * vtun_record; readv(), writev() and io_uring likewise.
 *
 * read() waits for the first packet as it does without this mode, then returns
 * as many as wait and fit, whole and in order. EMSGSIZE: the first one does not
 * fit; it stays. No packet is ever cut. EFAULT: memory could not be written,
 * and no record before that could be returned; the packets that were to go
 * there, 64 at most, are lost and counted in tx_dropped. EINVAL: as for a plain
 * read(), no header describes the packet, nor any other that was taken with it;
 * they are lost and counted. Those beside packets that can be described leave
 * the others alone.
 *
 * write() takes records in their order and returns the bytes of those that it
 * took. A record that a plain write() would refuse ends it: what was taken
 * before is returned, or, for the first, the errno of that plain write(), and
 * only then the refusal is counted. Malformed records (cut off, reserved or
 * padding not zero) are EINVAL, and are not counted: nobody knows what they
 * were. What one write() takes goes to the stack together, through GRO. With an
 * XDP program on the device each record is a plain write(), and every refusal is
 * counted.
 *
 * VTUN_MODE_NOTRUNC: a plain read() into a buffer that is too small for the
 * packet and its headers fails with EMSGSIZE, and the packet stays. Batch mode
 * does so anyway.
 */
#define VTUN_MODE_BATCH		0x1
#define VTUN_MODE_NOTRUNC	0x2

/* What a record's length is rounded up to, with zeros, the last one's too. */
#define VTUN_RECORD_ALIGN	8

/**
 * struct vtun_record - what stands in front of each packet in batch mode
 * @len: bytes that follow: packet information and virtio-net header as the
 *	file has them, and the packet, as in a plain read() or write()
 * @reserved: 0
 *
 * In the byte order of the machine. The next record begins at the next multiple
 * of VTUN_RECORD_ALIGN bytes behind it, counted from the start of the buffer.
 */
struct vtun_record {
	__u32 len;
	__u32 reserved;
};

/**
 * struct vtun_info - what this driver is
 * @size: set by the program to the bytes of its struct, by the kernel to those
 *	that it filled; the rest of the program's is 0
 * @abi: VTUN_ABI
 * @modes: VTUN_MODE_* that VTUN_IOC_SETMODE takes
 * @features: none yet
 * @version: the module's version, a string
 */
struct vtun_info {
	__u32 size;
	__u32 abi;
	__u64 modes;
	__u64 features;
	char version[40];
};

#define VTUN_IOC_TYPE	0xbe

/*
 * On any file, attached or not:
 *
 * VTUN_IOC_INFO: takes a struct vtun_info; its number is made of the first
 * member, so that it stays when the struct grows. EINVAL if there is no room for
 * size and abi, E2BIG above a page.
 * VTUN_IOC_SETMODE: VTUN_MODE_* bits to be used from now on, none by default;
 * EINVAL for others. Who reads and writes meanwhile does so in one mode or the
 * other.
 */
#define VTUN_IOC_INFO		_IOWR(VTUN_IOC_TYPE, 0, __u32)
#define VTUN_IOC_SETMODE	_IOW(VTUN_IOC_TYPE, 1, __u32)
#define VTUN_IOC_GETMODE	_IOR(VTUN_IOC_TYPE, 2, __u32)

/*
 * rtnetlink, kind "vtun": RTM_NEWLINK makes and changes devices, RTM_DELLINK
 * deletes them. IFLA_INFO_DATA has the numbers of IFLA_TUN_* for what in-tree
 * tun reports, and those below. Every refusal says why (extended ack).
 *
 * IFLA_TUN_TYPE: u8, IFF_TUN or IFF_TAP, the default; can't be changed.
 * IFLA_TUN_OWNER, IFLA_TUN_GROUP: u32, who may attach, as TUNSETOWNER and
 *	TUNSETGROUP; 0xffffffff for nobody in particular. In the user namespace
 *	of who asks.
 * IFLA_TUN_PI, IFLA_TUN_VNET_HDR: u8, 0 by default; the first program that
 *	attaches says itself what it wants, so EBUSY while one is attached.
 * IFLA_TUN_MULTI_QUEUE: u8, 0 by default; can't be changed.
 * IFLA_TUN_PERSIST: u8, 1 by default; without it the device goes with the last
 *	program that was attached.
 * IFLA_TUN_NUM_QUEUES, IFLA_TUN_NUM_DISABLED_QUEUES: u32, only reported.
 * IFLA_VTUN_BACKPRESSURE: u8; 1: back pressure is on whatever programs say in
 *	TUNSETIFF, 0: as they say, off if one is attached. EBUSY while the
 *	device has more than one queue. Reported: whether it is on.
 * IFLA_VTUN_MAX_QUEUES: u32, how many may attach, 1 to 256; with
 *	IFLA_TUN_MULTI_QUEUE only. EBUSY for fewer than there are. Same thing as
 *	ethtool -L combined.
 * IFLA_VTUN_KEEP_CARRIER: u8, 0 by default; 1: when the last program leaves, the
 *	carrier stays and what was not read waits for the next one, with what
 *	comes meanwhile, as much as the fifo holds. What waits in a queue that
 *	goes before the last one goes to the first of the others. A device that
 *	is not persistent goes all the same.
 */
enum {
	IFLA_VTUN_BACKPRESSURE = 32,
	IFLA_VTUN_MAX_QUEUES,
	IFLA_VTUN_KEEP_CARRIER,
	__IFLA_VTUN_MAX,
};

#define IFLA_VTUN_MAX	(__IFLA_VTUN_MAX - 1)

#endif /* _UAPI_LINUX_VTUN_H */
