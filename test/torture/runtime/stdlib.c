/* The end of a program, the heap, and a few numbers. */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

#include "host.h"

void exit(int status)
{
	host_exit(status);
}

/* What a shell calls a program that SIGABRT ended. */
void abort(void)
{
	host_exit(128 + 6);
}

int abs(int value)
{
	return value < 0 ? -value : value;
}

long labs(long value)
{
	return value < 0 ? -value : value;
}

int isprint(int c)
{
	return c >= ' ' && c <= '~';
}

/* A block is a power of two of bytes, of which its header takes the first ones; free ones wait in a list for their size. */
union header {
	unsigned power;
	union header *next;
	char alignment[16];
};

#define SMALLEST 5
#define LARGEST 22

extern char heap_start[], heap_end[];
static char *heap_top = heap_start;
static union header *unused[LARGEST + 1];

void *malloc(size_t size)
{
	unsigned power = SMALLEST;
	union header *block;

	while (power <= LARGEST && ((size_t)1 << power) - sizeof *block < size)
		power++;
	if (power > LARGEST)
		return NULL;
	block = unused[power];
	if (block != NULL) {
		unused[power] = block->next;
	} else {
		if ((size_t)(heap_end - heap_top) < (size_t)1 << power)
			return NULL;
		block = (union header *)heap_top;
		heap_top += (size_t)1 << power;
	}
	block->power = power;
	return block + 1;
}

void free(void *memory)
{
	union header *block = memory;
	unsigned power;

	if (memory == NULL)
		return;
	block--;
	power = block->power;
	block->next = unused[power];
	unused[power] = block;
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	char *block;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	block = malloc(bytes);
	if (block != NULL)
		for (size_t i = 0; i < bytes; i++)
			block[i] = 0;
	return block;
}

void *realloc(void *memory, size_t size)
{
	char *block = malloc(size);

	if (memory != NULL && block != NULL) {
		size_t held = ((size_t)1 << ((union header *)memory - 1)->power) - sizeof(union header);

		for (size_t i = 0; i < held && i < size; i++)
			block[i] = ((char *)memory)[i];
		free(memory);
	}
	return block;
}

/* By insertion: what is sorted here is small. */
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	char *bytes = base;

	for (size_t end = 1; end < count; end++)
		for (size_t at = end; at > 0 && compare(bytes + (at - 1) * size, bytes + at * size) > 0; at--)
			for (size_t i = 0; i < size; i++) {
				char swapped = bytes[at * size + i];

				bytes[at * size + i] = bytes[(at - 1) * size + i];
				bytes[(at - 1) * size + i] = swapped;
			}
}
