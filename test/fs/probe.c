/* What Node has no system call for: `probe poll|wait|ioctl|seek|fill|mmap PATH`, one line a call. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int fd;

static void print_poll(const char *label, int timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT | POLLPRI };
	int n = poll(&p, 1, timeout);
	printf("%s = %d%s%s%s%s\n", label, n, p.revents & POLLIN ? " IN" : "", p.revents & POLLOUT ? " OUT" : "",
	       p.revents & POLLPRI ? " PRI" : "", p.revents & POLLERR ? " ERR" : "");
}

static void result(const char *label, long r)
{
	if (r < 0)
		printf("%s = %s\n", label, strerror(errno));
	else
		printf("%s = %ld\n", label, r);
}

int main(int argc, char **argv)
{
	char buffer[64];
	unsigned char value[4] = { 1, 2, 3, 4 };

	if (argc < 3 || (fd = open(argv[2], !strcmp(argv[1], "wait") ? O_RDWR : !strcmp(argv[1], "fill") ? O_WRONLY : O_RDONLY)) < 0) {
		perror(argv[0]);
		return 1;
	}
	if (!strcmp(argv[1], "poll")) {
		print_poll("unread", 0);
		result("read", read(fd, buffer, sizeof buffer));
		print_poll("read", 0);
	} else if (!strcmp(argv[1], "wait")) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		result("empty", poll(&p, 1, 0));
		result("write", write(fd, "ping", 4));
		result("woken", poll(&p, 1, 5000));
		result("read", read(fd, buffer, sizeof buffer));
		result("seek", lseek(fd, 0, SEEK_SET));
		result("ioctl", ioctl(fd, _IOWR('t', 1, int), value));
		printf("value = %d %d %d %d\n", value[0], value[1], value[2], value[3]);
		result("unknown", ioctl(fd, _IOWR('t', 2, int), value));
	} else if (!strcmp(argv[1], "seek")) {
		result("end", lseek(fd, 0, SEEK_END));
		result("read", read(fd, buffer, sizeof buffer));
		result("set", lseek(fd, 3, SEEK_SET));
		result("read", read(fd, buffer, sizeof buffer));
	} else if (!strcmp(argv[1], "ioctl")) {
		result("ioctl", ioctl(fd, _IOR('t', 1, int), value));
	} else if (!strcmp(argv[1], "fill")) {
		static char long_command[5000];
		result("write", write(fd, long_command, sizeof long_command));
	} else if (!strcmp(argv[1], "mmap")) {
		result("shared", mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -1 : 0);
	}
	return 0;
}
