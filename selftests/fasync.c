// SPDX-License-Identifier: GPL-2.0-only
/* Signal-driven I/O: who gets SIGIO, when, and what it says. */
#include <kselftest_harness.h>
#include "testlib_hook.h"
#include "testlib_io.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define SIG	(SIGRTMIN + 1)		/* queued, so each one is counted */

FIXTURE(fasync)
{
	struct io io;
};

FIXTURE_VARIANT(fasync)
{
	int flags;
};

IO_VARIANTS_NO_PI(fasync);

FIXTURE_SETUP(fasync)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIG);
	sigaddset(&set, SIGIO);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	ASSERT_EQ(0, io_open(&self->io, variant->flags));
}

FIXTURE_TEARDOWN(fasync)
{
}

/* O_ASYNC on or off; the file stays non-blocking. */
static int set_async(int fd, bool on)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK | (on ? O_ASYNC : 0)) ? -errno : 0;
}

/* Signals that say what happened to which file, instead of SIGIO. */
static int async_start(int fd)
{
	return fcntl(fd, F_SETSIG, SIG) ? -errno : set_async(fd, true);
}

/* Take one signal: its si_code, or -EAGAIN. */
static int take_signal(int sig, siginfo_t *info, int ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return sigtimedwait(&set, info, &ts) < 0 ? -errno : info->si_code;
}

/* F8.8: one for each packet that is queued, with POLL_IN and the fd */
TEST_F(fasync, each_packet)
{
	struct io *io = &self->io;
	siginfo_t info;
	int i;

	ASSERT_EQ(0, io_send(io, 0, 10));
	ASSERT_EQ(0, async_start(io->fd));
	/* what was there before is not told */
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 0));
	for (i = 1; i <= 5; i++)
		ASSERT_EQ(0, io_send(io, i, 10));
	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(POLL_IN, take_signal(SIG, &info, WAIT_MS));
		EXPECT_EQ(io->fd, info.si_fd);
		EXPECT_EQ(POLLIN | POLLRDNORM, info.si_band);
	}
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 0));
	for (i = 0; i <= 5; i++)
		ASSERT_EQ(0, io_recv(io, io->fd, i, 10));
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 0));
}

/* F8.8: SIGIO unless another was asked for; FIOASYNC is the same switch */
TEST_F(fasync, sigio_by_fioasync)
{
	struct io *io = &self->io;
	int on = 1, off = 0;
	siginfo_t info;

	ASSERT_EQ(0, vt_ioctl(io->fd, FIOASYNC, (unsigned long)&on));
	EXPECT_EQ(O_ASYNC, fcntl(io->fd, F_GETFL) & O_ASYNC);
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_LT(0, take_signal(SIGIO, &info, WAIT_MS));
	EXPECT_EQ(SIGIO, info.si_signo);
	ASSERT_EQ(0, vt_ioctl(io->fd, FIOASYNC, (unsigned long)&off));
	ASSERT_EQ(0, io_send(io, 2, 10));
	EXPECT_EQ(-EAGAIN, take_signal(SIGIO, &info, 20));
}

/* F8.8: switched off, and on again */
TEST_F(fasync, off_and_on)
{
	struct io *io = &self->io;
	siginfo_t info;

	ASSERT_EQ(0, async_start(io->fd));
	ASSERT_EQ(0, set_async(io->fd, false));
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 20));
	ASSERT_EQ(0, set_async(io->fd, true));
	ASSERT_EQ(0, io_send(io, 2, 10));
	EXPECT_EQ(POLL_IN, take_signal(SIG, &info, WAIT_MS));
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 0));
}

/* F8.8: the caller becomes the owner */
TEST_F(fasync, owner_is_the_caller)
{
	struct io *io = &self->io;

	EXPECT_EQ(0, fcntl(io->fd, F_GETOWN));
	ASSERT_EQ(0, set_async(io->fd, true));
	EXPECT_EQ(getpid(), fcntl(io->fd, F_GETOWN));
	/* switching it off changes nothing */
	ASSERT_EQ(0, set_async(io->fd, false));
	EXPECT_EQ(getpid(), fcntl(io->fd, F_GETOWN));
}

/* F8.8: … unless one was set, who then gets the signals */
TEST_F(fasync, owner_set_before_stays)
{
	struct io *io = &self->io;
	siginfo_t info;
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(take_signal(SIG, &info, WAIT_MS) != POLL_IN ||
		      info.si_fd != io->fd);
	ASSERT_EQ(0, fcntl(io->fd, F_SETOWN, pid));
	ASSERT_EQ(0, async_start(io->fd));
	EXPECT_EQ(pid, fcntl(io->fd, F_GETOWN));
	ASSERT_EQ(0, io_send(io, 1, 10));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 20));
}

/* F8.8: it may be switched on before TUNSETIFF, and survives a deletion */
TEST_F(fasync, unattached)
{
	struct io *io = &self->io;
	siginfo_t info;
	int fd = vt_open(O_RDWR | O_NONBLOCK);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, async_start(fd));
	close(io->fd);
	close(io->ps);
	ASSERT_EQ(0, vt_setiff(fd, IO_NAME, variant->flags));
	ASSERT_EQ(0, link_up(IO_NAME));
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(POLL_IN, take_signal(SIG, &info, WAIT_MS));
	EXPECT_EQ(fd, info.si_fd);
	ASSERT_EQ(0, link_del(IO_NAME));
	ASSERT_EQ(0, vt_setiff(fd, IO_NAME, variant->flags));
	ASSERT_EQ(0, link_up(IO_NAME));
	while (take_signal(SIG, &info, 0) >= 0)
		;
	close(io->ps);
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(POLL_IN, take_signal(SIG, &info, WAIT_MS));
}

/* F8.8 F7.2: a packet that is dropped is not told */
TEST_F(fasync, drop_is_not_told)
{
	struct io *io = &self->io;
	siginfo_t info;

	ASSERT_EQ(0, link_set_txqlen(IO_NAME, 1));
	ASSERT_EQ(0, async_start(io->fd));
	ASSERT_EQ(0, io_send(io, 1, 10));
	ASSERT_EQ(0, io_send(io, 2, 10));
	EXPECT_EQ(POLL_IN, take_signal(SIG, &info, WAIT_MS));
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 20));
}

/* F8.8 F8.3: going up is told to who saw that it was not writable */
TEST_F(fasync, up)
{
	struct io *io = &self->io;
	siginfo_t info;

	ASSERT_EQ(0, async_start(io->fd));
	ASSERT_EQ(0, link_down(IO_NAME));
	EXPECT_EQ(0, fd_poll(io->fd, POLLOUT, 0));
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 0));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(POLL_OUT, take_signal(SIG, &info, WAIT_MS));
	EXPECT_EQ(io->fd, info.si_fd);
	EXPECT_EQ(POLLOUT | POLLWRNORM | POLLWRBAND, info.si_band);
	/* nobody looked this time */
	ASSERT_EQ(0, link_down(IO_NAME));
	ASSERT_EQ(0, link_up(IO_NAME));
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 20));
}

/* F8.8 F8.2: so is the end of a full send buffer */
TEST_F(fasync, writable_again)
{
	struct io *io = &self->io;
	uint8_t frame[PKT_MAX];
	size_t total = io_frame(io, frame, 1, 1000);
	int err = hook_hold_by(link_index(IO_NAME), "hold0", variant->flags);
	siginfo_t info;

	if (hook_missing(err))
		SKIP(return, "no tc ingress or netem here (error %d)", -err);
	ASSERT_EQ(0, err);
	ASSERT_EQ(0, vt_ioctl_int(io->fd, TUNSETSNDBUF, 20000));
	ASSERT_EQ(0, async_start(io->fd));
	while (io_write(io->fd, frame, total) > 0)
		;
	EXPECT_EQ(0, fd_poll(io->fd, POLLOUT, 0));
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 0));
	ASSERT_EQ(0, hook_release(link_index("hold0")));
	EXPECT_EQ(POLL_OUT, take_signal(SIG, &info, WAIT_MS));
	/* once */
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 20));
}

/* F8.8: each queue tells of its own packets; closing ends it */
TEST_F(fasync, queues)
{
	const int flags = variant->flags | IFF_MULTI_QUEUE;
	struct io *io = &self->io;
	siginfo_t info;
	int other;

	close(io->fd);
	close(io->ps);
	io->fd = vt_attach_nb(IO_NAME, flags);
	ASSERT_LE(0, io->fd);
	other = vt_attach_nb(IO_NAME, flags);
	ASSERT_LE(0, other);
	ASSERT_EQ(0, link_up(IO_NAME));
	io->ps = psock_open(IO_NAME, SOCK_RAW, ETH_P_ALL);
	ASSERT_EQ(0, vt_set_queue(other, IFF_DETACH_QUEUE));
	ASSERT_EQ(0, async_start(io->fd));
	ASSERT_EQ(0, async_start(other));
	ASSERT_EQ(0, io_send(io, 1, 10));
	EXPECT_EQ(POLL_IN, take_signal(SIG, &info, WAIT_MS));
	EXPECT_EQ(io->fd, info.si_fd);
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 0));
	ASSERT_EQ(0, vt_set_queue(other, IFF_ATTACH_QUEUE));
	close(io->fd);
	ASSERT_EQ(0, io_send(io, 2, 10));
	EXPECT_EQ(POLL_IN, take_signal(SIG, &info, WAIT_MS));
	EXPECT_EQ(other, info.si_fd);
	close(other);
	EXPECT_EQ(-EAGAIN, take_signal(SIG, &info, 0));
}

TEST_HARNESS_MAIN
