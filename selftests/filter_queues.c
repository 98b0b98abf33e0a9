// SPDX-License-Identifier: GPL-2.0-only
/*
 * The classic filter of a device with several queues, and of one that is left
 * and attached again. The in-tree driver keeps the program's address and reads
 * it again in whichever process attaches; vtun keeps the program.
 */
#include <kselftest_harness.h>
#include "testlib_bpf.h"
#include "testlib_flow.h"

#include <string.h>
#include <sys/mman.h>

#define NAME	"flt0"
#define TAP	(IFF_TAP | IFF_NO_PI)
#define KEEP	50			/* what the filter keeps of a packet */

FIXTURE(filter_queues)
{
	struct flow_path path;
	int fd[2];
	struct sock_filter *code;	/* returns KEEP; in memory of its own */
};

FIXTURE_SETUP(filter_queues)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd[0] = vt_attach_nb(NAME, TAP | IFF_MULTI_QUEUE);
	ASSERT_LE(0, self->fd[0]);
	self->fd[1] = -1;
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, flow_open(&self->path, NAME, true));
	self->code = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->code);
	*self->code = *CBPF_CONST(KEEP);
}

FIXTURE_TEARDOWN(filter_queues)
{
}

static int attach(int fd, struct sock_filter *code)
{
	struct sock_fprog prog = { 1, code };

	return vt_ioctl(fd, TUNATTACHFILTER, (unsigned long)&prog);
}

static int detach(int fd)
{
	return vt_ioctl(fd, TUNDETACHFILTER, 0);
}

/*
 * The length of the next packet that comes out of @fd once the stack has sent
 * enough different flows for each queue to get one; 0 if none does.
 */
static ssize_t passes(FIXTURE_DATA(filter_queues) *self, int fd)
{
	uint8_t buf[PKT_MAX];
	unsigned int flow;
	ssize_t n;

	while (read(fd, buf, sizeof(buf)) > 0)
		;
	for (flow = 0; flow < 20; flow++)
		if (flow_send(&self->path, flow, 0))
			return -EIO;
	n = read(fd, buf, sizeof(buf));
	return n > 0 ? n : 0;
}

static bool filtered(FIXTURE_DATA(filter_queues) *self, int fd)
{
	return passes(self, fd) == KEEP;
}

static bool whole(FIXTURE_DATA(filter_queues) *self, int fd)
{
	return passes(self, fd) > KEEP;
}

static bool nofilter(int fd)
{
	return vt_flags(fd) & IFF_NOFILTER;
}

static int second(int flags)
{
	return vt_attach_nb(NAME, flags | IFF_MULTI_QUEUE);
}

/* F3.14.3 F3.14.4 F3.0.5: every enabled queue gets it and loses it */
TEST_F(filter_queues, all_enabled_queues)
{
	int other;

	self->fd[1] = second(TAP);
	ASSERT_LE(0, self->fd[1]);
	other = second(TAP);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, attach(self->fd[1], self->code));
	EXPECT_TRUE(filtered(self, self->fd[0]));
	EXPECT_TRUE(filtered(self, self->fd[1]));
	EXPECT_TRUE(filtered(self, other));
	ASSERT_EQ(0, detach(other));
	EXPECT_TRUE(whole(self, self->fd[0]));
	EXPECT_TRUE(whole(self, self->fd[1]));
	EXPECT_TRUE(whole(self, other));
}

/* F3.14.5 F3.0.5: what is stored belongs to the device */
TEST_F(filter_queues, get_through_any_file)
{
	struct sock_fprog prog = {};

	self->fd[1] = second(TAP);
	ASSERT_LE(0, self->fd[1]);
	ASSERT_EQ(0, attach(self->fd[0], self->code));
	ASSERT_EQ(0, vt_ioctl(self->fd[1], TUNGETFILTER,
			      (unsigned long)&prog));
	EXPECT_EQ(1, prog.len);
	EXPECT_EQ(self->code, prog.filter);
}

/* F2.18 F3.1.4: a later queue, with the bit that tun takes for "no filter" */
TEST_F(filter_queues, later_queue_with_no_pi)
{
	ASSERT_EQ(0, attach(self->fd[0], self->code));
	self->fd[1] = second(TAP);
	ASSERT_LE(0, self->fd[1]);
	EXPECT_TRUE(filtered(self, self->fd[0]));
	if (vt_intree()) {
		EXPECT_TRUE(whole(self, self->fd[1]));
		EXPECT_TRUE(nofilter(self->fd[1]));
	} else {
		EXPECT_TRUE(filtered(self, self->fd[1]));
	}
}

/* F2.17 F3.14.6: without that bit; the program can be read in this process */
TEST_F(filter_queues, later_queue_without_no_pi)
{
	int fd = vt_open(O_RDWR | O_NONBLOCK);
	uint8_t byte;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, attach(self->fd[0], self->code));
	EXPECT_EQ(0, vt_setiff(fd, NAME, IFF_TAP | IFF_MULTI_QUEUE));
	if (vt_intree()) {
		/* it says that it worked, but has attached nothing */
		EXPECT_EQ(-EBADFD, vt_flags(fd));
		EXPECT_EQ(-1, read(fd, &byte, 1));
		EXPECT_EQ(EBADFD, errno);
		EXPECT_EQ(-1, write(fd, &byte, 1));
		EXPECT_EQ(EBADFD, errno);
		return;
	}
	EXPECT_LE(0, vt_flags(fd));
	EXPECT_TRUE(filtered(self, fd));
	EXPECT_TRUE(filtered(self, self->fd[0]));
}

/* F2.17: the address that was stored is nobody's any more */
TEST_F(filter_queues, later_queue_without_the_program)
{
	ASSERT_EQ(0, attach(self->fd[0], self->code));
	ASSERT_EQ(0, munmap(self->code, 4096));
	self->fd[1] = second(IFF_TAP);
	ASSERT_LE(0, self->fd[1]);
	ASSERT_LE(0, vt_flags(self->fd[1]));
	if (vt_intree()) {
		EXPECT_TRUE(whole(self, self->fd[1]));
		EXPECT_TRUE(nofilter(self->fd[1]));
	} else {
		EXPECT_TRUE(filtered(self, self->fd[1]));
	}
}

/* F2.17: what is there now does not matter to vtun */
TEST_F(filter_queues, later_queue_after_the_program_changed)
{
	ASSERT_EQ(0, attach(self->fd[0], self->code));
	*self->code = *CBPF_CONST(KEEP + 7);
	self->fd[1] = vt_open(O_RDWR | O_NONBLOCK);
	ASSERT_EQ(0, vt_setiff(self->fd[1], NAME, IFF_TAP | IFF_MULTI_QUEUE));
	if (vt_intree())
		SKIP(return, "the in-tree driver attaches nothing here (F2.17)");
	EXPECT_TRUE(filtered(self, self->fd[1]));
}

/*
 * F2.19: the attach that in-tree did not do changes the flags of the queue
 * that is there; vtun has attached a second queue, which changes nothing
 */
TEST_F(filter_queues, flags_of_the_first_queue)
{
	int fd = vt_open(O_RDWR);
	struct link_info info;
	char flags[32];

	ASSERT_EQ(0, attach(self->fd[0], self->code));
	ASSERT_EQ(0, vt_setiff(fd, NAME, IFF_TAP | IFF_MULTI_QUEUE |
			       IFF_ONE_QUEUE | IFF_NO_CARRIER));
	ASSERT_LT(0, sysfs_read(NAME, "tun_flags", flags, sizeof(flags)));
	ASSERT_EQ(0, link_get(NAME, &info));
	EXPECT_EQ(vt_intree() ? 0 : 1, info.carrier);
	if (vt_intree()) {
		EXPECT_STREQ("0x2102\n", flags);
		EXPECT_EQ(1, info.tun[IFLA_TUN_NUM_QUEUES]);
	} else {
		EXPECT_STREQ("0x1102\n", flags);
		EXPECT_EQ(2, info.tun[IFLA_TUN_NUM_QUEUES]);
	}
}

/* F3.14.4 F2.17: once it was detached, later queues have none */
TEST_F(filter_queues, later_queue_after_detach)
{
	ASSERT_EQ(0, attach(self->fd[0], self->code));
	ASSERT_EQ(0, detach(self->fd[0]));
	self->fd[1] = second(IFF_TAP);
	ASSERT_LE(0, self->fd[1]);
	EXPECT_TRUE(whole(self, self->fd[1]));
	EXPECT_TRUE(whole(self, self->fd[0]));
}

/*
 * F3.14.3: a refused one takes in-tree's mark away, but no queue's older
 * filter; with vtun it changes nothing
 */
TEST_F(filter_queues, later_queue_after_a_refusal)
{
	ASSERT_EQ(0, attach(self->fd[0], self->code));
	EXPECT_EQ(-EINVAL, attach(self->fd[0], NULL));
	EXPECT_TRUE(filtered(self, self->fd[0]));
	self->fd[1] = second(IFF_TAP);
	ASSERT_LE(0, self->fd[1]);
	EXPECT_EQ(vt_intree(), whole(self, self->fd[1]));
	EXPECT_EQ(!vt_intree(), filtered(self, self->fd[1]));
	EXPECT_TRUE(filtered(self, self->fd[0]));
}

/* F3.12.4: a queue that comes back, while the program can be read */
TEST_F(filter_queues, reattached)
{
	self->fd[1] = second(TAP);
	ASSERT_LE(0, self->fd[1]);
	ASSERT_EQ(0, attach(self->fd[0], self->code));
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	EXPECT_EQ(0, vt_set_queue(self->fd[1], IFF_ATTACH_QUEUE));
	if (vt_intree()) {
		/* it says so, but is detached still */
		EXPECT_TRUE(vt_flags(self->fd[1]) & IFF_DETACH_QUEUE);
		EXPECT_EQ(0, passes(self, self->fd[1]));
	} else {
		EXPECT_FALSE(vt_flags(self->fd[1]) & IFF_DETACH_QUEUE);
		EXPECT_TRUE(filtered(self, self->fd[1]));
	}
}

/* F3.12.4: the same where nothing is at the program's address */
TEST_F(filter_queues, reattached_without_the_program)
{
	int mon;

	self->fd[1] = second(TAP);
	ASSERT_LE(0, self->fd[1]);
	ASSERT_EQ(0, attach(self->fd[0], self->code));
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, munmap(self->code, 4096));
	mon = mon_open();
	ASSERT_LE(0, mon);
	EXPECT_EQ(vt_intree() ? -EFAULT : 0,
		  vt_set_queue(self->fd[1], IFF_ATTACH_QUEUE));
	/* attached either way, with the filter */
	EXPECT_EQ(vt_intree() ? 0 : 1, mon_count(mon, RTM_NEWLINK, NAME));
	EXPECT_FALSE(vt_flags(self->fd[1]) & IFF_DETACH_QUEUE);
	EXPECT_TRUE(filtered(self, self->fd[1]));
}

/* F3.12.4 F3.14.3: one that was away when the filter came */
TEST_F(filter_queues, reattached_to_a_new_filter)
{
	self->fd[1] = second(TAP);
	ASSERT_LE(0, self->fd[1]);
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, attach(self->fd[0], self->code));
	ASSERT_EQ(0, munmap(self->code, 4096));
	EXPECT_EQ(vt_intree() ? -EFAULT : 0,
		  vt_set_queue(self->fd[1], IFF_ATTACH_QUEUE));
	EXPECT_EQ(vt_intree(), whole(self, self->fd[1]));
	EXPECT_EQ(!vt_intree(), filtered(self, self->fd[1]));
	EXPECT_TRUE(filtered(self, self->fd[0]));
}

/* F3.14.4: a detached queue keeps what the others lose; tun gives it back */
TEST_F(filter_queues, reattached_after_the_filter_went)
{
	self->fd[1] = second(TAP);
	ASSERT_LE(0, self->fd[1]);
	ASSERT_EQ(0, attach(self->fd[0], self->code));
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_DETACH_QUEUE));
	ASSERT_EQ(0, detach(self->fd[0]));
	ASSERT_EQ(0, vt_set_queue(self->fd[1], IFF_ATTACH_QUEUE));
	EXPECT_TRUE(whole(self, self->fd[0]));
	EXPECT_EQ(vt_intree(), filtered(self, self->fd[1]));
	EXPECT_EQ(!vt_intree(), whole(self, self->fd[1]));
}

/* F3.14.3: with no queue enabled it is taken, for those to come */
TEST_F(filter_queues, while_all_are_detached)
{
	ASSERT_EQ(0, vt_set_queue(self->fd[0], IFF_DETACH_QUEUE));
	/* a program that is never looked at */
	EXPECT_EQ(0, attach(self->fd[0], self->code));
	ASSERT_EQ(0, munmap(self->code, 4096));
	EXPECT_EQ(vt_intree() ? -EFAULT : 0,
		  vt_set_queue(self->fd[0], IFF_ATTACH_QUEUE));
	EXPECT_EQ(vt_intree(), whole(self, self->fd[0]));
	EXPECT_EQ(!vt_intree(), filtered(self, self->fd[0]));
}

/* F10.2 F2.17 F2.18: a persistent device that was left and is attached again */
TEST_F(filter_queues, persistent)
{
	struct sock_fprog prog = {};

	ASSERT_EQ(0, attach(self->fd[0], self->code));
	ASSERT_EQ(0, vt_persist(self->fd[0], true));
	close(self->fd[0]);
	ASSERT_EQ(0, munmap(self->code, 4096));
	self->fd[0] = second(TAP);
	ASSERT_LE(0, self->fd[0]);
	ASSERT_TRUE(link_operates(NAME, IF_OPER_UP));
	/* what TUNGETFILTER shows outlives the process that gave it */
	ASSERT_EQ(0, vt_ioctl(self->fd[0], TUNGETFILTER,
			      (unsigned long)&prog));
	EXPECT_EQ(1, prog.len);
	EXPECT_EQ(self->code, prog.filter);
	EXPECT_EQ(vt_intree(), whole(self, self->fd[0]));
	EXPECT_EQ(!vt_intree(), filtered(self, self->fd[0]));
	ASSERT_EQ(0, detach(self->fd[0]));
	EXPECT_TRUE(whole(self, self->fd[0]));
}

TEST_HARNESS_MAIN
