// SPDX-License-Identifier: GPL-2.0-only
/* One open file seen through several descriptors, and O_NONBLOCK on it. */
#include <kselftest_harness.h>
#include <signal.h>
#include <sys/socket.h>
#include "testlib.h"

#define NAME "tst0"
#define FLAGS (IFF_TUN | IFF_NO_PI)

FIXTURE(shared)
{
	int fd;
	uint8_t buf[256];
};

FIXTURE_SETUP(shared)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_open(O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(shared)
{
}

/* F1.9: what one descriptor attaches is attached for the other */
TEST_F(shared, dup_shares_the_attachment)
{
	int copy = dup(self->fd);
	ssize_t len;

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, FLAGS));
	EXPECT_EQ(FLAGS, vt_flags(copy));
	EXPECT_EQ(-EEXIST, vt_setiff(copy, "tst1", FLAGS));
	ASSERT_EQ(0, link_up(NAME));
	len = psock_feed(NAME, false, 1, 20);
	EXPECT_EQ(len, read(copy, self->buf, sizeof(self->buf)));
	len = psock_feed(NAME, false, 2, 30);
	EXPECT_EQ(len, read(self->fd, self->buf, sizeof(self->buf)));
}

/* F1.9: the device lives until the last descriptor is closed */
TEST_F(shared, dup_last_close)
{
	int copy = dup(self->fd);

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, FLAGS));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_TRUE(link_exists(NAME));
	EXPECT_EQ(FLAGS, vt_flags(copy));
	ASSERT_EQ(0, close(copy));
	EXPECT_FALSE(link_exists(NAME));
}

static int attach_and_exit(void *arg)
{
	return vt_setiff(*(int *)arg, NAME, FLAGS);
}

/* F1.9: a child attaches, and its death closes nothing that others hold */
TEST_F(shared, fork_shares_the_attachment)
{
	ASSERT_EQ(0, run_child(attach_and_exit, &self->fd));
	EXPECT_EQ(FLAGS, vt_flags(self->fd));
	EXPECT_TRUE(link_exists(NAME));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_FALSE(link_exists(NAME));
}

/* F1.9: a child that holds the file keeps the device after the parent's close */
TEST_F(shared, fork_last_close)
{
	int go[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, FLAGS));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(go[1]);
		_exit(read(go[0], &c, 1));
	}
	close(go[0]);
	ASSERT_EQ(0, close(self->fd));
	EXPECT_TRUE(link_exists(NAME));
	/* the pipe's end lets the child go */
	close(go[1]);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_FALSE(link_exists(NAME));
}

/* F1.9: also while it is under way, and for who gets it */
TEST_F(shared, scm_rights)
{
	int pair[2], got;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(0, vt_setiff(self->fd, NAME, FLAGS));
	ASSERT_EQ(0, fd_send(pair[0], self->fd));
	ASSERT_EQ(0, close(self->fd));
	EXPECT_TRUE(link_exists(NAME));
	got = fd_recv(pair[1]);
	ASSERT_LE(0, got);
	EXPECT_EQ(FLAGS, vt_flags(got));
	ASSERT_EQ(0, close(got));
	EXPECT_FALSE(link_exists(NAME));
}

static volatile sig_atomic_t sigio;

static void on_sigio(int sig __attribute__((unused)))
{
	sigio++;
}

/* F1.9: O_NONBLOCK and O_ASYNC belong to the file, not to the descriptor */
TEST_F(shared, dup_shares_status_flags)
{
	int copy = dup(self->fd);

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, FLAGS));
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, fcntl(copy, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-1, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(EAGAIN, errno);

	signal(SIGIO, on_sigio);
	ASSERT_EQ(0, fcntl(copy, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(copy, F_SETFL, O_NONBLOCK | O_ASYNC));
	ASSERT_EQ(0, close(copy));
	ASSERT_LT(0, psock_feed(NAME, false, 1, 20));
	EXPECT_TRUE(wait_for(sigio, WAIT_MS));
	EXPECT_EQ(getpid(), fcntl(self->fd, F_GETOWN));
}

/* F1.9: the fifo is one, so a packet goes to one of the readers */
TEST_F(shared, dup_shares_the_fifo)
{
	int copy = dup(self->fd);

	ASSERT_EQ(0, vt_setiff(self->fd, NAME, FLAGS));
	ASSERT_EQ(0, link_up(NAME));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	ASSERT_LT(0, psock_feed(NAME, false, 1, 20));
	EXPECT_LT(0, read(copy, self->buf, sizeof(self->buf)));
	EXPECT_EQ(-1, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(EAGAIN, errno);
}

FIXTURE(nonblock)
{
	int fd;
	uint8_t buf[256];
};

FIXTURE_VARIANT(nonblock)
{
	bool fionbio;			/* else fcntl(F_SETFL) */
};

FIXTURE_VARIANT_ADD(nonblock, setfl) { false };
FIXTURE_VARIANT_ADD(nonblock, fionbio) { true };

FIXTURE_SETUP(nonblock)
{
	ASSERT_EQ(0, ns_fresh());
	self->fd = vt_attach(NAME, FLAGS);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, link_up(NAME));
}

FIXTURE_TEARDOWN(nonblock)
{
	close(self->fd);
}

static int set_nonblock(int fd, bool fionbio, int on)
{
	if (fionbio)
		return ioctl(fd, FIONBIO, &on);
	return fcntl(fd, F_SETFL, on ? O_NONBLOCK : 0);
}

/* F1.10 F3.0.6: changed between calls, it holds for the next one */
TEST_F(nonblock, next_call)
{
	struct sleeper s;
	ssize_t len;

	ASSERT_EQ(0, set_nonblock(self->fd, variant->fionbio, 1));
	EXPECT_EQ(O_NONBLOCK, fcntl(self->fd, F_GETFL) & O_NONBLOCK);
	EXPECT_EQ(-1, read(self->fd, self->buf, sizeof(self->buf)));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, set_nonblock(self->fd, variant->fionbio, 0));
	ASSERT_EQ(0, sleeper_start(&s, self->fd, self->buf,
				   sizeof(self->buf)));
	len = psock_feed(NAME, false, 1, 20);
	ASSERT_EQ(0, sleeper_wait(&s, WAIT_MS));
	EXPECT_EQ(len, s.ret);
}

/* F1.10: a call that is asleep sleeps on */
TEST_F(nonblock, sleeping_call)
{
	uint8_t other[256];
	struct sleeper s;
	ssize_t len;

	ASSERT_EQ(0, sleeper_start(&s, self->fd, self->buf,
				   sizeof(self->buf)));
	ASSERT_EQ(0, set_nonblock(self->fd, variant->fionbio, 1));
	/* the second reader is refused while the first still waits */
	EXPECT_EQ(-1, read(self->fd, other, sizeof(other)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(-ETIMEDOUT, sleeper_wait(&s, 100));
	EXPECT_TRUE(sleeper_asleep(&s));
	len = psock_feed(NAME, false, 1, 20);
	ASSERT_EQ(0, sleeper_wait(&s, WAIT_MS));
	EXPECT_EQ(len, s.ret);
}

TEST_HARNESS_MAIN
