/*
 * Clients of a file system: `channel-client OPERATION DIRECTORY PATH CLIENTS SECONDS` runs the operation on PATH from
 * DIRECTORY in that many processes and prints {"operations", "seconds", "p50", "p99"}, microseconds. With a number of
 * bursts as sixth argument, the clients do it once a burst, all at the same moment, and SECONDS counts for nothing.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST_SAMPLES 100000

struct client {
	uint64_t operations, began, ended;
	uint32_t samples[MOST_SAMPLES]; /* ns, of the first operations */
};

struct shared {
	pthread_barrier_t start;
	struct client clients[];
};

static const char *path;
static int held = -1;
static char written[64];
static size_t length;

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void open_read_close(void)
{
	char buffer[4096];
	int fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, buffer, sizeof buffer) <= 0)
		err(1, "%s", path);
	close(fd);
}

static void read_again(void)
{
	char buffer[4096];
	if (pread(held, buffer, sizeof buffer, 0) <= 0)
		err(1, "%s", path);
}

static void open_write_close(void)
{
	int fd = open(path, O_WRONLY);
	if (fd < 0 || write(fd, written, length) != (ssize_t)length)
		err(1, "%s", path);
	close(fd);
}

static int ascending(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void run(struct shared *shared, struct client *me, void (*operate)(void), double seconds, long bursts)
{
	pthread_barrier_wait(&shared->start);
	me->began = me->ended = now();
	uint64_t end = me->began + seconds * 1e9;
	while (bursts > 0 ? me->operations < (uint64_t)bursts : me->ended < end) {
		if (bursts > 0)
			pthread_barrier_wait(&shared->start);
		uint64_t before = bursts > 0 ? now() : me->ended;
		operate();
		me->ended = now();
		if (me->operations < MOST_SAMPLES)
			me->samples[me->operations] = me->ended - before;
		me->operations++;
	}
}

int main(int argc, char **argv)
{
	if (argc < 6)
		errx(2, "OPERATION DIRECTORY PATH CLIENTS SECONDS [BURSTS]");
	int clients = atoi(argv[4]);
	long bursts = argc > 6 ? atol(argv[6]) : 0;
	void (*operate)(void) = !strcmp(argv[1], "pread") ? read_again :
				!strcmp(argv[1], "write") ? open_write_close : open_read_close;
	path = argv[3];
	if (chdir(argv[2]))
		err(1, "%s", argv[2]);
	if (operate != open_read_close) {
		held = open(path, O_RDONLY);
		ssize_t n = read(held, written, sizeof written);
		if (n <= 0)
			err(1, "%s", path);
		length = n;
	}

	struct shared *shared = mmap(NULL, sizeof *shared + clients * sizeof(struct client), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (shared == MAP_FAILED)
		err(1, "mmap");
	pthread_barrierattr_t between_processes;
	pthread_barrierattr_init(&between_processes);
	pthread_barrierattr_setpshared(&between_processes, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&shared->start, &between_processes, clients);
	for (int i = 0; i < clients; i++) {
		pid_t child = fork();
		if (child < 0)
			err(1, "fork");
		if (child == 0) {
			run(shared, &shared->clients[i], operate, atof(argv[5]), bursts);
			_exit(0);
		}
	}
	int status, failed = 0;
	while (wait(&status) > 0)
		failed |= status;
	if (failed)
		return 1;

	uint64_t operations = 0, began = UINT64_MAX, ended = 0;
	size_t count = 0;
	uint32_t *samples = malloc(sizeof *samples * MOST_SAMPLES * clients);
	if (samples == NULL)
		err(1, "malloc");
	for (int i = 0; i < clients; i++) {
		struct client *c = &shared->clients[i];
		size_t kept = c->operations < MOST_SAMPLES ? c->operations : MOST_SAMPLES;
		memcpy(samples + count, c->samples, kept * sizeof *samples);
		count += kept;
		operations += c->operations;
		began = c->began < began ? c->began : began;
		ended = c->ended > ended ? c->ended : ended;
	}
	qsort(samples, count, sizeof *samples, ascending);
	printf("{\"operations\": %lu, \"seconds\": %f, \"p50\": %.1f, \"p99\": %.1f}\n", operations,
	       (ended - began) / 1e9, samples[count / 2] / 1e3, samples[count * 99 / 100] / 1e3);
	return 0;
}
