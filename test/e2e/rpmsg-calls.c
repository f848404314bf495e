/*
 * rpmsg-calls DEV STATE: the system calls of a program that talks to a remote side which sends every message back, on
 * DEV/rpmsg0 (a channel's own endpoint) and DEV/rpmsg_ctrl0. STATE is the processor's file, through which it is stopped
 * at the end. Prints a line for each result that is not as on a real kernel, and then how many were.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/rpmsg.h>

/* older headers have the first two only */
#ifndef RPMSG_CREATE_DEV_IOCTL
#define RPMSG_CREATE_DEV_IOCTL _IOW(0xb5, 0x3, struct rpmsg_endpoint_info)
#define RPMSG_RELEASE_DEV_IOCTL _IOW(0xb5, 0x4, struct rpmsg_endpoint_info)
#endif

static const char *dev, *state;
static int checks, wrong;

static const char *name(long result, int error)
{
	static char text[64];

	if (result < 0) snprintf(text, sizeof(text), "-1 %s", strerrorname_np(error));
	else snprintf(text, sizeof(text), "%ld", result);
	return text;
}

static void is(int line, const char *what, const char *wanted, const char *found)
{
	checks++;
	if (!strcmp(wanted, found)) return;
	wrong++;
	printf("line %d: %s: %s, not %s\n", line, what, found, wanted);
}

#define GIVES(wanted, call) do { errno = 0; long r_ = (call); is(__LINE__, #call, wanted, name(r_, errno)); } while (0)

static char path[256], data[1024];

static int device(const char *file, int flags)
{
	snprintf(path, sizeof(path), "%s/%s", dev, file);
	return open(path, flags);
}

static long control(int fd, unsigned long command, const char *service, unsigned src, unsigned dst)
{
	struct rpmsg_endpoint_info info = { .src = src, .dst = dst };

	strncpy(info.name, service, sizeof(info.name) - 1);
	return ioctl(fd, command, &info);
}

static long polled(int fd, int milliseconds)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI };
	int n = poll(&p, 1, milliseconds);

	return n <= 0 ? n : p.revents;
}

static void handler(int signal) { (void)signal; }

static void alarm_in(int milliseconds)
{
	struct itimerval t = { .it_value = { .tv_usec = milliseconds * 1000 } };

	setitimer(ITIMER_REAL, &t, NULL);
}

static void messages(void)
{
	int fd = device("rpmsg0", O_RDWR);
	struct timeval none = { 0 }, second = { .tv_sec = 5 };
	struct epoll_event event = { .events = EPOLLIN };
	fd_set set;
	int e;

	GIVES("-1 EBUSY", device("rpmsg0", O_RDWR));
	GIVES("0", polled(fd, 0));
	GIVES("5", write(fd, "hello", 5));
	GIVES("1", polled(fd, 5000));
	GIVES("2", read(fd, data, 2));
	GIVES("0", polled(fd, 0));
	FD_ZERO(&set); FD_SET(fd, &set);
	GIVES("0", select(fd + 1, NULL, &set, NULL, &none));
	GIVES("3", write(fd, "two", 3));
	FD_ZERO(&set); FD_SET(fd, &set);
	GIVES("1", select(fd + 1, &set, NULL, NULL, &second));
	GIVES("3", read(fd, data, sizeof(data)));
	is(__LINE__, "message", "two", (data[3] = 0, data));
	e = epoll_create1(0);
	epoll_ctl(e, EPOLL_CTL_ADD, fd, &event);
	GIVES("0", epoll_wait(e, &event, 1, 0));
	GIVES("5", write(fd, "epoll", 5));
	GIVES("1", epoll_wait(e, &event, 1, 5000));
	close(e);
	GIVES("5", read(fd, data, sizeof(data)));
	GIVES("496", write(fd, data, 496));
	GIVES("496", read(fd, data, sizeof(data)));
	GIVES("-1 EMSGSIZE", write(fd, data, 497));
	GIVES("-1 ESPIPE", lseek(fd, 0, SEEK_SET));
	GIVES("-1 EFAULT", write(fd, NULL, 1));

	fcntl(fd, F_SETFL, O_NONBLOCK);
	GIVES("-1 EAGAIN", read(fd, data, 1));
	fcntl(fd, F_SETFL, 0);
	alarm_in(50);
	GIVES("-1 EINTR", read(fd, data, 1));
	GIVES("1", write(fd, "x", 1));
	GIVES("1", read(fd, data, 1));

	GIVES("-1 EINVAL", ioctl(fd, RPMSG_DESTROY_EPT_IOCTL));
	GIVES("-1 EINVAL", ioctl(fd, _IO(0xb5, 9)));
	GIVES("0", close(fd));
	for (int n = 0; n < 100; n++) {
		fd = device("rpmsg0", O_RDWR | O_NONBLOCK);
		if (fd < 0 || close(fd)) is(__LINE__, "open again", "0", name(fd, errno));
	}
}

static void endpoints(void)
{
	int ctrl = device("rpmsg_ctrl0", O_RDWR), fd, again;

	GIVES("-1 EINVAL", read(ctrl, data, 1));
	GIVES("-1 EINVAL", write(ctrl, data, 1));
	GIVES("-1 EFAULT", ioctl(ctrl, RPMSG_CREATE_EPT_IOCTL, 8));
	GIVES("-1 EINVAL", control(ctrl, _IOW(0xb5, 0x9, struct rpmsg_endpoint_info), "x", 1, 1));
	GIVES("0", control(ctrl, RPMSG_CREATE_EPT_IOCTL, "mine", RPMSG_ADDR_ANY, 0x900));
	fd = device("rpmsg1", O_RDWR);
	GIVES("4", write(fd, "ping", 4));
	GIVES("4", read(fd, data, sizeof(data)));
	GIVES("0", control(ctrl, RPMSG_CREATE_EPT_IOCTL, "taken", 0x401, 1));
	GIVES("-1 EINVAL", device("rpmsg2", O_RDWR));
	GIVES("0", control(ctrl, RPMSG_CREATE_EPT_IOCTL, "nowhere", 0x900, RPMSG_ADDR_ANY));
	again = device("rpmsg3", O_RDWR);
	GIVES("-1 EINVAL", write(again, "x", 1));
	GIVES("0", ioctl(again, RPMSG_DESTROY_EPT_IOCTL));
	close(again);
	GIVES("0", ioctl(fd, RPMSG_DESTROY_EPT_IOCTL));
	GIVES("-1 EPIPE", read(fd, data, 1));
	GIVES("-1 EPIPE", write(fd, "x", 1));
	GIVES("8", polled(fd, 0));	/* POLLERR */
	close(fd);
	GIVES("-1 ENOENT", device("rpmsg1", O_RDWR));
	GIVES("0", control(ctrl, RPMSG_CREATE_DEV_IOCTL, "own", 0x700, 0x800));
	GIVES("-1 ENXIO", control(ctrl, RPMSG_CREATE_DEV_IOCTL, "own", 0x700, 0x800));
	GIVES("0", control(ctrl, RPMSG_RELEASE_DEV_IOCTL, "own", 0x700, 0x800));
	GIVES("-1 EINVAL", control(ctrl, RPMSG_RELEASE_DEV_IOCTL, "own", 0x700, 0x800));
	close(ctrl);
}

/* Whoever waits is woken when the processor stops; the descriptor stays useless, and the node goes. */
static void stop(void)
{
	int fd = device("rpmsg0", O_RDWR), ctrl = device("rpmsg_ctrl0", O_RDWR), status;
	pid_t reader = fork(), poller, stopper;

	if (reader == 0) _exit(read(fd, data, 1) < 0 && errno == EPIPE ? 0 : 1);
	poller = fork();
	if (poller == 0) _exit(polled(fd, 10000) == POLLERR ? 0 : 1);
	stopper = fork();
	if (stopper == 0) {
		int s = open(state, O_WRONLY);

		usleep(200000);
		_exit(write(s, "stop", 4) == 4 ? 0 : 1);
	}
	waitpid(stopper, &status, 0); GIVES("0", status);
	waitpid(reader, &status, 0); GIVES("0", status);
	waitpid(poller, &status, 0); GIVES("0", status);
	GIVES("-1 EPIPE", write(fd, "x", 1));
	GIVES("8", polled(fd, 0));
	GIVES("-1 ENOENT", device("rpmsg0", O_RDWR));
	GIVES("-1 ENODEV", control(ctrl, RPMSG_CREATE_EPT_IOCTL, "late", 1, 1));
	close(fd);
	close(ctrl);
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler };

	if (argc != 3) return 2;
	dev = argv[1];
	state = argv[2];
	sigaction(SIGALRM, &action, NULL);
	messages();
	endpoints();
	stop();
	printf("%d of %d as on a real kernel\n", checks - wrong, checks);
	return wrong != 0;
}
