// SPDX-License-Identifier: GPL-2.0-only
/* What one does to a file as such: open, close, share, poll. */
#include "gen.h"
#include "ops.h"
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Puts @fd into a slot; what was there is closed. */
static void slot_set(struct world *world, int slot, int fd)
{
	if (world->file[slot] >= 0) {
		world_lose_queue(world, world->file[slot]);
		close(world->file[slot]);
	}
	world->file[slot] = fd;
}

static void generate_open(struct gen *gen, struct step *step)
{
	int slot = gen_free_file(gen);

	step->v[0] = slot;
	step->v[1] = O_NONBLOCK | (percent(gen, 90) ? O_RDWR : PICK(gen, O_RDONLY, O_WRONLY));
	if (percent(gen, 8))
		step->v[1] |= PICK(gen, O_APPEND, O_CLOEXEC, O_DIRECT, O_NOCTTY, O_TRUNC, O_CREAT,
				   O_DIRECTORY, O_PATH, O_ASYNC, O_SYNC, O_EXCL);
	gen->file[slot] = (struct gen_file){ .open = true };
}

static void run_open(struct world *world, const struct step *step)
{
	int fd;

	slot_set(world, step->v[0], -1);
	fd = open(world->node, step->v[1] | O_CLOEXEC, 0);
	say_result(world, "open", fd < 0 ? -1 : 0);
	slot_set(world, step->v[0], fd);
}

const struct op op_open = {
	"open", "fx", 30, generate_open, run_open,
};

static void generate_close(struct gen *gen, struct step *step)
{
	int slot = gen_any_file(gen), others = 0;
	struct gen_device *device = gen_device_of(gen, slot);

	step->v[0] = slot;
	for (int i = 0; i < SLOTS; i++)
		others += i != slot && gen_device_of(gen, i) == device;
	if (device && !others && !device->persist)
		device->exists = false;
	gen->file[slot].open = false;
}

static void run_close(struct world *world, const struct step *step)
{
	int slot = step->v[0];

	world_lose_queue(world, world->file[slot]);
	say_result(world, "close", close(world->file[slot]));
	world->file[slot] = -1;
}

const struct op op_close = {
	"close", "f", 22, generate_close, run_close, .flags = OP_CARRIER,
};

static const char *const share_kinds[] = { "dup", "dup2", "scm_rights", NULL };

static void generate_share(struct gen *gen, struct step *step)
{
	int from = gen_attached_file(gen), to = gen_free_file(gen);

	step->v[0] = to;
	step->v[1] = from;
	step->v[2] = below(gen, 3);
	if (from != to)
		gen->file[to] = gen->file[from];
}

static int pass_file(int fd)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {};
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int pair[2], got = -1;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	if (sendmsg(pair[0], &msg, 0) == 1 && recvmsg(pair[1], &msg, MSG_CMSG_CLOEXEC) == 1)
		memcpy(&got, CMSG_DATA(&control.head), sizeof(got));
	close(pair[0]);
	close(pair[1]);
	return got;
}

static void run_share(struct world *world, const struct step *step)
{
	int from = world->file[step->v[1]], to = step->v[0], fd;

	if (to == step->v[1]) {
		say(world, "ret", "the same");
		return;
	}
	switch (step->v[2]) {
	case 0:
		fd = fcntl(from, F_DUPFD_CLOEXEC, 0);
		break;
	case 1:
		world_lose_queue(world, world->file[to]);
		fd = world->file[to] >= 0 ? dup3(from, world->file[to], O_CLOEXEC) :
					    fcntl(from, F_DUPFD_CLOEXEC, 0);
		if (fd >= 0)
			world->file[to] = -1;
		break;
	default:
		fd = pass_file(from);
	}
	say_result(world, share_kinds[step->v[2]], fd < 0 ? -1 : 0);
	slot_set(world, to, fd);
}

const struct op op_share = {
	"share", "ffk", 6, generate_share, run_share, share_kinds, OP_CARRIER,
};

/* A child inherits all files, closes some or not, and ends. */
static void generate_fork(struct gen *gen, struct step *step)
{
	step->v[0] = gen_attached_file(gen);
	step->v[1] = below(gen, 2);
}

static void run_fork(struct world *world, const struct step *step)
{
	int fd = world->file[step->v[0]], status = 0;
	pid_t pid = fork();
	char byte[200];

	if (!pid) {
		if (step->v[1])
			close(fd);
		_exit(read(fd, byte, sizeof(byte)) < 0 ? errno : 0);
	}
	waitpid(pid, &status, 0);
	say(world, "child", "%s", error_name(WEXITSTATUS(status)));
	reach(world, "fork", 0);
}

const struct op op_fork = {
	"fork", "fi", 1, generate_fork, run_fork,
};

static const char *const poll_kinds[] = { "poll", "epoll", "select", NULL };

static void generate_poll(struct gen *gen, struct step *step)
{
	step->v[0] = gen_any_file(gen);
	step->v[1] = percent(gen, 70) ? 0x1fff : (int64_t)below(gen, 0x2000);
	step->v[2] = percent(gen, 60) ? 0 : below(gen, 3);
}

static int ask_epoll(int fd, int events, uint32_t *got)
{
	int set = epoll_create1(EPOLL_CLOEXEC), ret;
	struct epoll_event event = { .events = events };

	ret = epoll_ctl(set, EPOLL_CTL_ADD, fd, &event);
	if (!ret) {
		event.events = 0;
		ret = epoll_wait(set, &event, 1, 0);
		*got = event.events;
	}
	close(set);
	return ret;
}

static int ask_select(int fd, uint32_t *got)
{
	struct timeval none = {};
	fd_set in, out, except;
	int ret;

	FD_ZERO(&in);
	FD_SET(fd, &in);
	out = except = in;
	ret = select(fd + 1, &in, &out, &except, &none);
	*got = FD_ISSET(fd, &in) | FD_ISSET(fd, &out) << 1 | FD_ISSET(fd, &except) << 2;
	return ret;
}

static void run_poll(struct world *world, const struct step *step)
{
	int fd = world->file[step->v[0]], ret;
	struct pollfd p = { fd, step->v[1] };
	uint32_t got = 0;

	if (step->v[2] == 1) {
		ret = ask_epoll(fd, step->v[1] & 0x1fff, &got);
	} else if (step->v[2] == 2 && fd >= 0) {
		ret = ask_select(fd, &got);
	} else {
		ret = poll(&p, 1, 0);
		got = (uint16_t)p.revents;
	}
	say_result(world, poll_kinds[step->v[2]], ret);
	say(world, "events", "%x", got);
}

const struct op op_poll = {
	"poll", "fxk", 30, generate_poll, run_poll, poll_kinds,
};

static const char *const odd_kinds[] = {
	"getfl", "setfl", "lseek", "mmap", "fsync", "splice_in", "splice_out", "fionbio", "fioasync",
	"fstat", "fallocate", "getown", NULL,
};

static void generate_odd(struct gen *gen, struct step *step)
{
	step->v[0] = gen_any_file(gen);
	step->v[1] = below(gen, ARRAY_SIZE(odd_kinds) - 1);
	step->v[2] = below(gen, 2);
}

static long run_splice(int fd, bool in)
{
	int pipes[2];
	long ret = pipe2(pipes, O_CLOEXEC | O_NONBLOCK);

	if (ret)
		return ret;
	if (write(pipes[1], "0123456789012345678901234567890123456789", 40) == 40)
		ret = in ? splice(fd, NULL, pipes[1], NULL, 4096, SPLICE_F_NONBLOCK) :
			   splice(pipes[0], NULL, fd, NULL, 40, SPLICE_F_NONBLOCK);
	int err = errno;

	close(pipes[0]);
	close(pipes[1]);
	errno = err;
	return ret;
}

/* Files stay non-blocking: sleeping is the business of an op of its own. */
static void run_odd(struct world *world, const struct step *step)
{
	int fd = world->file[step->v[0]], on = 1, flag = step->v[2];
	long ret = -1;

	switch (step->v[1]) {
	case 0:
		ret = fcntl(fd, F_GETFL);
		break;
	case 1:
		ret = fcntl(fd, F_SETFL, O_NONBLOCK | (flag ? O_ASYNC : O_APPEND));
		break;
	case 2:
		ret = lseek(fd, 1, flag ? SEEK_SET : SEEK_END);
		break;
	case 3:
		ret = mmap(NULL, 4096, PROT_READ, flag ? MAP_SHARED : MAP_PRIVATE, fd, 0) ==
		      MAP_FAILED ? -1 : 0;
		break;
	case 4:
		ret = flag ? fsync(fd) : fdatasync(fd);
		break;
	case 5:
	case 6:
		ret = run_splice(fd, step->v[1] == 5);
		break;
	case 7:
		ret = ioctl(fd, FIONBIO, &on);
		break;
	case 8:
		ret = ioctl(fd, FIOASYNC, &flag);
		break;
	case 9: {
		struct stat st;

		ret = fstat(fd, &st);
		if (!ret)
			say(world, "mode", "%o %d", st.st_mode & S_IFMT, st.st_nlink > 0);
		break;
	}
	case 10:
		ret = posix_fallocate(fd, 0, 10);
		break;
	case 11:
		ret = fcntl(fd, F_GETOWN) != 0;
		break;
	}
	say_result(world, odd_kinds[step->v[1]], ret);
}

const struct op op_odd = {
	"odd", "fki", 14, generate_odd, run_odd, odd_kinds,
};

static void generate_info(struct gen *gen, struct step *step)
{
	step->v[0] = gen_any_file(gen);
}

static void run_info(struct world *world, const struct step *step)
{
	look_at_file(world, step->v[0]);
}

const struct op op_info = {
	"fdinfo", "f", 8, generate_info, run_info,
};
