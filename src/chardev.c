// SPDX-License-Identifier: GPL-2.0-only
/* The device node: thin, forwards to rx, tx and ioctl. */

#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/poll.h>
#include <linux/seq_file.h>

#include "batch.h"
#include "chardev.h"
#include "ioctl.h"
#include "napi.h"
#include "queue.h"
#include "rx.h"
#include "tx.h"

static int vtun_chardev_open(struct inode *inode, struct file *file)
{
	struct vtun_queue *vq = vtun_queue_alloc(current->nsproxy->net_ns);

	if (!vq)
		return -ENOMEM;
	file->private_data = vq;
	/* io_uring may try inline: nothing sleeps that was asked not to. */
	file->f_mode |= FMODE_NOWAIT;
	return 0;
}

static int vtun_chardev_release(struct inode *inode, struct file *file)
{
	vtun_queue_close(file->private_data);
	return 0;
}

static enum vtun_wait vtun_chardev_wait(const struct file *file,
					unsigned int iocb_flags)
{
	return file->f_flags & O_NONBLOCK || iocb_flags & IOCB_NOWAIT ?
	       VTUN_NOWAIT : VTUN_WAIT;
}

static ssize_t vtun_chardev_read_to(struct file *file, struct iov_iter *to,
				    enum vtun_wait wait, loff_t *pos)
{
	struct vtun_queue *vq = file->private_data;
	ssize_t ret;

	if (unlikely(READ_ONCE(vq->modes) & VTUN_MODE_BATCH))
		ret = vtun_batch_read(vq, to, wait);
	else
		ret = vtun_tx_read(vq, to, wait);
	/* A file position that is no position: in-tree tun shows it, too. */
	if (ret > 0)
		*pos = ret;
	return ret;
}

/* read() needs nothing of an I/O control block, and is shorter without. The kernel
 * itself does not read files that have this.
 */
static ssize_t vtun_chardev_read(struct file *file, char __user *buf,
				 size_t count, loff_t *pos)
{
	struct iov_iter to;

	iov_iter_ubuf(&to, ITER_DEST, buf, count);
	return vtun_chardev_read_to(file, &to, vtun_chardev_wait(file, 0), pos);
}

static ssize_t vtun_chardev_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct file *file = iocb->ki_filp;

	return vtun_chardev_read_to(file, to,
				    vtun_chardev_wait(file, iocb->ki_flags),
				    &iocb->ki_pos);
}

static ssize_t vtun_chardev_write(struct kiocb *iocb, struct iov_iter *from)
{
	struct vtun_queue *vq = iocb->ki_filp->private_data;
	enum vtun_wait wait = vtun_chardev_wait(iocb->ki_filp, iocb->ki_flags);

	if (unlikely(READ_ONCE(vq->modes) & VTUN_MODE_BATCH))
		return vtun_batch_write(vq, from, wait);
	return vtun_rx_write(vq, from, wait);
}

static bool vtun_chardev_writable(struct vtun_queue *vq,
				  const struct net_device *dev)
{
	return READ_ONCE(dev->flags) & IFF_UP && sock_writeable(&vq->sk) &&
	       !vtun_napi_is_behind(vq);
}

static bool vtun_chardev_is_going(const struct net_device *dev)
{
	/* A bit-field in some kernels: READ_ONCE() can't take it. */
	return data_race(dev->reg_state) != NETREG_REGISTERED;
}

static __poll_t vtun_chardev_poll(struct file *file, poll_table *wait)
{
	struct vtun_queue *vq = file->private_data;
	struct vtun_dev *vtun;
	__poll_t mask = 0;

	poll_wait(file, &vq->socket.wq.wait, wait);
	vtun_napi_flush(vq);

	rcu_read_lock();
	vtun = rcu_dereference(vq->vtun);
	if (!vtun || vtun_chardev_is_going(vtun->dev)) {
		mask = EPOLLERR;
		goto unlock;
	}
	if (!ptr_ring_empty(&vq->fifo))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (!vtun_chardev_writable(vq, vtun->dev)) {
		set_bit(VTUN_POLL_NOSPACE, &vq->poll_flags);
		/* Who makes it writable looks at the bit after that. */
		smp_mb__after_atomic();
	}
	if (vtun_chardev_writable(vq, vtun->dev))
		mask |= EPOLLOUT | EPOLLWRNORM;
unlock:
	rcu_read_unlock();
	return mask;
}

static int vtun_chardev_fasync(int fd, struct file *file, int on)
{
	struct vtun_queue *vq = file->private_data;
	int err;

	/* Whoever switches it on gets the signals, unless told otherwise. */
	if (on) {
		err = f_setown(file, task_tgid_vnr(current), 0);
		if (err)
			return err;
	}
	return fasync_helper(fd, file, on, &vq->fasync);
}

#ifdef CONFIG_PROC_FS
static void vtun_chardev_show_fdinfo(struct seq_file *m, struct file *file)
{
	struct vtun_queue *vq = file->private_data;
	char name[IFNAMSIZ] = "";
	struct vtun_dev *vtun;

	rtnl_lock();	/* keeps the name, and the device */
	vtun = rtnl_dereference(vq->vtun);
	if (vtun)
		strscpy(name, vtun->dev->name, sizeof(name));
	rtnl_unlock();
	seq_printf(m, "iff:\t%s\n", name);
}
#endif

static const struct file_operations vtun_chardev_fops = {
	.owner		= THIS_MODULE,
	.open		= vtun_chardev_open,
	.release	= vtun_chardev_release,
	.read		= vtun_chardev_read,
	.read_iter	= vtun_chardev_read_iter,
	.write_iter	= vtun_chardev_write,
	.poll		= vtun_chardev_poll,
	.fasync		= vtun_chardev_fasync,
	.unlocked_ioctl	= vtun_ioctl,
#ifdef CONFIG_COMPAT
	.compat_ioctl	= vtun_ioctl_compat,
#endif
#ifdef CONFIG_PROC_FS
	.show_fdinfo	= vtun_chardev_show_fdinfo,
#endif
};

static struct miscdevice vtun_chardev = {
	.name		= VTUN_NAME,
	.nodename	= "net/" VTUN_NAME,
	.fops		= &vtun_chardev_fops,
};

/**
 * vtun_chardev_init() - make the node
 * @minor: minor number of the misc device, MISC_DYNAMIC_MINOR for any
 *
 * Return: 0, -EBUSY if the number is taken, -ENOMEM.
 */
int vtun_chardev_init(int minor)
{
	vtun_chardev.minor = minor;
	return misc_register(&vtun_chardev);
}

/**
 * vtun_chardev_exit() - take the node away; nobody has it open
 */
void vtun_chardev_exit(void)
{
	misc_deregister(&vtun_chardev);
}
