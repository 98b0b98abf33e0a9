// SPDX-License-Identifier: GPL-2.0-only
/* Queues: how they get their file, and what is known of it. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/vtun.h>

#define QUEUE_FLAGS	(VTUN_QUEUE_TAP | VTUN_QUEUE_MULTI | \
			 VTUN_QUEUE_NONBLOCK | VTUN_QUEUE_PLAIN)

#define NO_DRIVER	"there is no driver"
#define LOAD_DRIVER	"load one: modprobe vtun, or modprobe tun"

static const struct vtun_words words_open[] = {
	{ ENOENT, NO_DRIVER, LOAD_DRIVER },
	{ ENODEV, NO_DRIVER, LOAD_DRIVER },
	{ ENXIO, NO_DRIVER, LOAD_DRIVER },
	{ EACCES, "no permission to read and write it",
	  "run the program as root, or let its user do that" },
	{ EPERM, "this container may use no such device", "allow it there" },
	{}
};

static const struct vtun_words words_attach[] = {
	{ EPERM, "no permission",
	  "be root, or have the device made for the user: vtunctl add NAME user USER" },
	{ EBUSY, "another program has the device's only queue",
	  "end it, or let both ask for many queues" },
	{ E2BIG, "all queues of the device are in use", "end a program that has one" },
	{ EINVAL, "this is no name, or the device is of another kind",
	  "compare tun or tap, and one queue or many: ip -d link show" },
	{ ENAMETOOLONG, "the name is too long", "15 characters are the most" },
	{ EBADFD, "the file is no queue of tun or vtun", "give it the path of their node" },
	{ ENOTTY, "the file is no queue of tun or vtun", "give it the path of their node" },
	{}
};

static const struct vtun_words words_adopt[] = {
	{ EBADF, "it is not open", NULL },
	{ EBADFD, "it is attached to no device", "TUNSETIFF comes first" },
	{ EMSGSIZE, "its virtio-net header has more than 64 bytes", NULL },
	{ ENOTTY, "it is no file of tun or vtun", NULL },
	{ EINVAL, "it is no file of tun or vtun, or flags are unknown", NULL },
	{}
};

static const struct vtun_words words_setup[] = {
	{ EINVAL, "the driver refuses its value", NULL },
	{}
};

static const struct vtun_words words_call[] = {
	{ EALREADY, "the queue has a file", "open another queue" },
	{ EINVAL, "flags or size of the virtio-net header are unknown",
	  "the header has 10 to 64 bytes, or 0 for none" },
	{}
};

struct vtun_queue *vtun_queue_alloc(void)
{
	struct vtun_queue *vq = calloc(1, sizeof(*vq));

	if (vq)
		vq->fd = -1;
	return vq;
}

/* Without its file the queue can be opened again. */
static void queue_reset(struct vtun_queue *vq)
{
	vq->fd = -1;
	vq->is_vtun = false;
	vq->batch = false;
	vq->vnet_hdr = 0;
	vq->kept = 0;
	free(vq->spare);
	vq->spare = NULL;
	memset(vq->name, 0, sizeof(vq->name));
}

void vtun_queue_free(struct vtun_queue *vq)
{
	if (!vq)
		return;
	if (vq->fd >= 0)
		close(vq->fd);
	queue_reset(vq);
	free(vq);
}

static int queue_check(struct vtun_queue *vq,
		       const struct vtun_queue_options *options)
{
	unsigned int header = options->vnet_hdr;
	bool known = !(options->flags & ~QUEUE_FLAGS) &&
		     (!header || (header >= VTUN_VNET_HDR_MIN &&
				  header <= VTUN_VNET_HDR_MAX));
	int err = vq->fd >= 0 ? -EALREADY : known ? 0 : -EINVAL;

	return err ? vtun_error_set(vq, err, words_call, "cannot open a queue") : 0;
}

static int queue_open_path(struct vtun_queue *vq, const char *node,
			   unsigned int flags)
{
	vq->fd = open(node, O_RDWR | O_CLOEXEC |
		      (flags & VTUN_QUEUE_NONBLOCK ? O_NONBLOCK : 0));
	return vq->fd < 0 ? -errno : 0;
}

/* A node can be there without its driver. */
static int queue_open_node(struct vtun_queue *vq,
			   const struct vtun_queue_options *options)
{
	const char *node = options->node ? options->node : "/dev/net/vtun";
	int err = queue_open_path(vq, node, options->flags);

	if (!options->node && (err == -ENOENT || err == -ENODEV || err == -ENXIO)) {
		err = queue_open_path(vq, "/dev/net/tun", options->flags);
		node = "/dev/net/vtun, nor /dev/net/tun";
	}
	return err ? vtun_error_set(vq, err, words_open, "cannot open %s", node) : 0;
}

static int queue_attach(struct vtun_queue *vq,
			const struct vtun_queue_options *options)
{
	const char *name = options->name ? options->name : "";
	struct ifreq ifr = { .ifr_flags = IFF_NO_PI };
	int err = 0;

	ifr.ifr_flags |= options->flags & VTUN_QUEUE_TAP ? IFF_TAP : IFF_TUN;
	if (options->flags & VTUN_QUEUE_MULTI)
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	if (options->vnet_hdr)
		ifr.ifr_flags |= IFF_VNET_HDR;
	if (strlen(name) >= sizeof(ifr.ifr_name))
		err = -ENAMETOOLONG;
	else
		memcpy(ifr.ifr_name, name, strlen(name));
	if (!err && ioctl(vq->fd, TUNSETIFF, &ifr))
		err = -errno;
	if (err)
		return vtun_error_set(vq, err, words_attach,
				      "cannot attach to device '%.64s'", name);
	memcpy(vq->name, ifr.ifr_name, sizeof(vq->name));
	return 0;
}

/* It is the device's, so another program may have set it. */
static int queue_set_header(struct vtun_queue *vq, unsigned int size)
{
	int value = size;

	if (size && ioctl(vq->fd, TUNSETVNETHDRSZ, &value))
		return vtun_error_set(vq, -errno, words_setup,
				      "cannot set the header's size of %s", vq->name);
	vq->vnet_hdr = size;
	return 0;
}

static int queue_set_mode(struct vtun_queue *vq, unsigned int flags)
{
	struct vtun_info info = { .size = sizeof(info) };
	__u32 mode = 0;

	vq->is_vtun = !ioctl(vq->fd, VTUN_IOC_INFO, &info);
	if (vq->is_vtun) {
		if (!(flags & VTUN_QUEUE_PLAIN))
			mode = info.modes & VTUN_MODE_BATCH;
		if (ioctl(vq->fd, VTUN_IOC_SETMODE, &mode))
			return vtun_error_set(vq, -errno, words_setup,
					      "cannot set the mode of %s", vq->name);
	}
	vq->batch = mode;
	if (vq->batch)
		return 0;
	vq->spare = malloc(VTUN_PACKET_MAX);
	return vq->spare ? 0 : vtun_error_set(vq, -ENOMEM, words_setup,
					      "cannot use %s", vq->name);
}

int vtun_queue_open(struct vtun_queue *vq,
		    const struct vtun_queue_options *options)
{
	int err = queue_check(vq, options);

	if (err)
		return err;
	err = queue_open_node(vq, options);
	if (err)
		return err;
	err = queue_attach(vq, options);
	if (!err)
		err = queue_set_header(vq, options->vnet_hdr);
	if (!err)
		err = queue_set_mode(vq, options->flags);
	if (err) {
		close(vq->fd);
		queue_reset(vq);
	}
	return err;
}

/* What is not a file of tun or vtun does not know TUNGETIFF. Its bit IFF_NO_PI
 * is of no use: it is set if there is no filter, too.
 */
static int queue_look_at(struct vtun_queue *vq, unsigned int flags)
{
	struct ifreq ifr = {};
	int size = 0;

	if (flags & ~VTUN_QUEUE_PLAIN)
		return -EINVAL;
	if (ioctl(vq->fd, TUNGETIFF, &ifr))
		return -errno;
	if (ifr.ifr_flags & IFF_VNET_HDR && ioctl(vq->fd, TUNGETVNETHDRSZ, &size))
		return -errno;
	if (size > VTUN_VNET_HDR_MAX)
		return -EMSGSIZE;
	vq->vnet_hdr = size;
	memcpy(vq->name, ifr.ifr_name, sizeof(vq->name));
	return 0;
}

int vtun_queue_adopt(struct vtun_queue *vq, int fd, unsigned int flags)
{
	int err;

	if (vq->fd >= 0)
		return vtun_error_set(vq, -EALREADY, words_call,
				      "cannot adopt file %d", fd);
	vq->fd = fd;
	err = queue_look_at(vq, flags);
	if (err)
		vtun_error_set(vq, err, words_adopt, "cannot adopt file %d", fd);
	else
		err = queue_set_mode(vq, flags);
	if (err)
		queue_reset(vq);
	return err;
}

int vtun_queue_fd(const struct vtun_queue *vq)
{
	return vq->fd;
}

const char *vtun_queue_name(const struct vtun_queue *vq)
{
	return vq->name;
}

const char *vtun_queue_driver(const struct vtun_queue *vq)
{
	return vq->is_vtun ? "vtun" : "tun";
}

bool vtun_queue_has_batch(const struct vtun_queue *vq)
{
	return vq->batch;
}
