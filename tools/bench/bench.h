/* SPDX-License-Identifier: GPL-2.0-only */
/* What the benchmark's scenarios share. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The device's address and the one of the machine that a program plays. */
#define BENCH_ADDRESS	0x0a010001u
#define BENCH_PEER	0x0a010002u
#define BENCH_PORT	7000
/* For both as text, and the Ethernet address of the latter. */
#define BENCH_PEER_TEXT	"10.1.0.2"
#define BENCH_PEER_MAC	"02:00:00:00:00:01"

#define BENCH_PACKET_MAX	65536
#define BENCH_HEADERS		28	/* of IP and UDP */
/* Packets between two looks at the clock; a new device's fifo holds them. */
#define BENCH_CHUNK	256

struct driver {
	const char *name;
	const char *node;
};

/* How a program moves packets. */
struct method {
	const char *name;
	unsigned int batch;	/* packets a system call; 0: one, without records */
	bool vectored;		/* readv and writev, headers apart */
	bool uring;		/* io_uring, 64 at a time */
	unsigned int hold;	/* µs that written packets wait, if they can */
	bool pressure;		/* a full queue stops its qdisc, drops nothing */
	const char *qdisc;	/* NULL: the kernel's default */
	unsigned int fifo;	/* packets that a queue holds; 0: the driver's default */
};

struct figure;
typedef void figure_run(const struct figure *fig, const struct driver *driver);

/* One line of the table. */
struct figure {
	char name[64];
	figure_run *run;
	const struct method *method;
	unsigned int size;	/* bytes of a packet, IP header included */
	unsigned int n;		/* streams, queues, devices, flows */
	bool vnet;		/* with a virtio-net header */
	bool no_driver;		/* measures something that is neither tun nor vtun */
	bool wanted;		/* by who called */
};

/* main.c */
struct figure *figure_add(figure_run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
__attribute__((noreturn, format(printf, 1, 2))) void die(const char *format, ...);
__attribute__((noreturn, format(printf, 1, 2))) void skip(const char *format, ...);
__attribute__((format(printf, 1, 2))) int shell(const char *format, ...);
int checked(int ret, const char *what);
void tell_modules(const char *which);
pid_t start_process(void);
void end_process(pid_t pid);
void *shared_memory(size_t size);
void put_file(const char *path, const char *text);

/* meter.c */
extern bool meter_counts;	/* QEMU counts instructions, and its clock is exact */
extern double meter_seconds;
void meter_begin(const char *name, const char *driver, int round,
		 unsigned int number);
bool meter_more(unsigned int n);
void meter_start(void);
void meter_stop(void);
void meter_stop_at(uint64_t n, const char *unit);
void meter_value(double value, const char *unit);
void meter_named(const char *what, double value, const char *unit);
void meter_times(double *took, unsigned int n, double scale, const char *unit);
double meter_now(void);

/* port.c: an open file, and its device */
struct port {
	int fd;
	char name[16];
	const struct method *method;
	bool vnet;
	void *io;		/* what the method needs */
	void *batch;
};

enum { PORT_TUN, PORT_TAP };

extern const struct method method_plain;
void port_open(struct port *port, const struct driver *driver, int kind,
	       const struct figure *fig);
void port_open_flags(struct port *port, const struct driver *driver,
		     const char *name, int flags);
void port_up(const char *name, uint32_t address);
int port_flags(const struct figure *fig, int kind);
void port_hold(const struct driver *driver, const char *name,
	       unsigned int usecs);
void port_length(const char *name, unsigned int packets);
void port_close(struct port *port);
void net_quiet(void);

/* io.c */
void io_init(struct port *port, size_t len);
void io_exit(struct port *port);
void io_write(struct port *port, const void *packet, size_t len,
	      unsigned int n);
void io_read(struct port *port, unsigned int n);

/* batch.c */
void batch_switch_on(int fd);
void *batch_init(struct port *port, size_t len);
void batch_exit(void *batch);
unsigned int batch_write(struct port *port, void *batch, const void *packet,
			 size_t len, unsigned int n);
unsigned int batch_read(struct port *port, void *batch);

/* packet.c */
struct sockaddr_in;
struct sockaddr_in packet_address(uint32_t address, uint16_t port);
size_t packet_udp(void *packet, size_t len, uint32_t from, uint32_t to,
		  uint16_t port);
int packet_sink(void);
int packet_source(void);
void packet_send(int source, void *data, size_t len, unsigned int n);

/* forward.c: a program between two devices, each in its network namespace */
struct forward {
	int here;		/* the receiver's, where the figure's process is */
	int there;		/* the sender's */
	pid_t program;
	uint64_t *calls;	/* system calls of the program */
	struct forward_use {
		uint64_t calls;
		uint64_t wakeups;
		uint64_t packets;
	} before;
};

void forward_start(struct forward *forward, const struct figure *fig,
		   const struct driver *driver, bool slow);
void forward_go_there(const struct forward *forward);
void forward_come_back(const struct forward *forward);
pid_t forward_start_sender(const struct forward *forward);
void forward_count(struct forward *forward);
void forward_tell(struct forward *forward);
void forward_end(struct forward *forward);

/* stream.c: TCP streams */
#define STREAMS_MAX	64

struct pollfd;
int stream_listen(void);
__attribute__((noreturn)) void stream_send(unsigned int streams);
void stream_accept(int listener, struct pollfd *pfd, unsigned int n);
uint64_t stream_receive(struct pollfd *pfd, unsigned int n, double seconds);

/* bpf.c */
int bpf_attach_drop(const char *name);
int bpf_attach_redirect(const char *name, int xsk);

void figure_each_io(figure_run *run, const char *family);

/* One for each family of figures. */
void write_figures(void);
void read_figures(void);
void stream_figures(void);
void datagram_figures(void);
void slow_figures(void);
void delay_figures(void);
void cost_figures(void);
void scale_figures(void);
void other_figures(void);
void vhost_figures(void);

#endif
