/* What a workload gives, and what it gets. Every engine runs the same sources, and has to come to the same checksums. */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include <stddef.h>
#include <stdint.h>

/* How much of the whole work a pass does, in percent: SCALE of the Makefile. */
#define PORTION(count) ((int)((count) * (long long)SCALE / 100 > 0 ? (count) * (long long)SCALE / 100 : 1))

/* Keeps a function as one, so that compilers that inline differently still measure the same calls. */
#define APART __attribute__((noinline))

/* How often a pass does what it is there to measure. */
extern const uint32_t operations;
void set_up(void);
/* The work, and the checksum of its results. */
uint32_t one_pass(void);

/* main.c: set_up(), then the passes, with a line for each. */
void run_passes(void);

/* memory.c */
void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memset(void *at, int value, size_t length);
int strcmp(const char *a, const char *b);

/* platform/: one write to the host, which stamps what it gets with the time. */
void put_text(const char *text, size_t length);

/* Numbers that look random and are the same everywhere. */
static inline uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* A checksum with one more word in it (FNV-1a over words). */
static inline uint32_t mixed_in(uint32_t sum, uint32_t word)
{
	return (sum ^ word) * 16777619u;
}

#endif
