/* Messages through an rpmsg device, each with its number in 8 digits and dots behind it, and every one of them checked.

     rpmsg-client DEVICE echo COUNT LENGTH [WINDOW]   for a remote side that sends back what it gets; at most WINDOW are under way
     rpmsg-client DEVICE receive COUNT LENGTH         for fixtures/src/rpmsg-flood.c: it sends
     rpmsg-client DEVICE send COUNT LENGTH            the same: it counts, and says at the end what was wrong

   Prints a line of JSON: messages, seconds, and for echo the 50th and 99th percentile of the round trips in microseconds. Exit
   status 1, with a word about it, when a message is lost, comes twice, or is not what was sent. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LONGEST 496
#define DIGITS 8
#define PART 8192

static int device;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fill(char *message, unsigned long number, size_t length)
{
	char digits[DIGITS + 1];

	memset(message, '.', length);
	snprintf(digits, sizeof digits, "%08lu", number % 100000000);
	memcpy(message, digits, length < DIGITS ? length : DIGITS);
}

static void put(const char *message, size_t length)
{
	ssize_t written = write(device, message, length);

	if (written != (ssize_t)length)
		fail("write gave %zd of %zu: %s", written, length, strerror(errno));
}

static void put_number(unsigned long number, size_t length)
{
	char message[LONGEST];

	fill(message, number, length);
	put(message, length);
}

static void take_number(unsigned long number, size_t length)
{
	char message[LONGEST + 1], wanted[LONGEST];
	ssize_t got = read(device, message, sizeof message);

	fill(wanted, number, length);
	if (got != (ssize_t)length || memcmp(message, wanted, length) != 0)
		fail("message %lu: read gave %zd of %zu bytes: %.*s", number, got, length, got < 0 ? LONGEST : (int)got,
		     got < 0 ? strerror(errno) : message);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void echo(unsigned long count, size_t length, unsigned long window)
{
	double *began = malloc(count * sizeof *began);
	unsigned long sent = 0;
	double start = now();

	if (!began)
		fail("no memory");
	for (unsigned long received = 0; received < count; received++) {
		for (; sent < count && sent < received + window; sent++) {
			began[sent] = now();
			put_number(sent, length);
		}
		take_number(received, length);
		began[received] = now() - began[received];
	}
	double seconds = now() - start;

	qsort(began, count, sizeof *began, by_value);
	printf("{\"messages\":%lu,\"seconds\":%.6f,\"p50\":%.1f,\"p99\":%.1f}\n", count, seconds, began[count / 2] * 1e6,
	       began[count * 99 / 100] * 1e6);
	free(began);
}

static void receive(unsigned long count, size_t length)
{
	char request[64];
	double start = now();

	/* not more at a time than wait for a reader without loss */
	for (unsigned long done = 0, part; done < count; done += part) {
		part = count - done < PART ? count - done : PART;
		put(request, (size_t)snprintf(request, sizeof request, "send %lu %zu", part, length));
		for (unsigned long n = 0; n < part; n++)
			take_number(n, length);
	}
	printf("{\"messages\":%lu,\"seconds\":%.6f}\n", count, now() - start);
}

static void flood(unsigned long count, size_t length)
{
	char report[LONGEST + 1] = "", wanted[64];
	double start = now();

	for (unsigned long n = 0; n < count; n++)
		put_number(n, length);
	put("report", 6);
	if (read(device, report, sizeof report - 1) < 0)
		fail("no report: %s", strerror(errno));
	double seconds = now() - start;

	snprintf(wanted, sizeof wanted, "received %08lu wrong %08d", count, 0);
	if (strcmp(report, wanted) != 0)
		fail("the remote side says '%s'", report);
	printf("{\"messages\":%lu,\"seconds\":%.6f}\n", count, seconds);
}

int main(int argc, char **argv)
{
	if (argc < 5)
		fail("usage: rpmsg-client DEVICE echo|receive|send COUNT LENGTH [WINDOW]");
	unsigned long count = strtoul(argv[3], NULL, 10), length = strtoul(argv[4], NULL, 10);

	if (count == 0 || length < DIGITS || length > LONGEST)
		fail("COUNT is at least 1, LENGTH from %d to %d", DIGITS, LONGEST);
	device = open(argv[1], O_RDWR);
	if (device < 0)
		fail("%s: %s", argv[1], strerror(errno));
	if (strcmp(argv[2], "echo") == 0)
		echo(count, length, argc > 5 ? strtoul(argv[5], NULL, 10) : 1);
	else if (strcmp(argv[2], "receive") == 0)
		receive(count, length);
	else if (strcmp(argv[2], "send") == 0)
		flood(count, length);
	else
		fail("no such exercise: %s", argv[2]);
	return 0;
}
