/* Memory and strings as a small C library does them: by words where both sides allow it. */
#include "workload.h"

typedef uint32_t __attribute__((may_alias)) word;

#define WORD sizeof(word)
#define UNROLLED (8 * WORD)

static int aligned(const void *address)
{
	return ((uintptr_t)address & (WORD - 1)) == 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
	char *t = to;
	const char *f = from;

	if (aligned(t) && aligned(f)) {
		for (; length >= UNROLLED; length -= UNROLLED, t += UNROLLED, f += UNROLLED) {
			const word *w = (const word *)f;
			word *v = (word *)t;
			word a = w[0], b = w[1], c = w[2], d = w[3], e = w[4], g = w[5], h = w[6], i = w[7];

			v[0] = a, v[1] = b, v[2] = c, v[3] = d, v[4] = e, v[5] = g, v[6] = h, v[7] = i;
		}
		for (; length >= WORD; length -= WORD, t += WORD, f += WORD)
			*(word *)t = *(const word *)f;
	}
	while (length-- > 0)
		*t++ = *f++;
	return to;
}

void *memset(void *at, int value, size_t length)
{
	char *p = at;
	word all = (uint8_t)value * 0x01010101u;

	for (; length > 0 && !aligned(p); length--)
		*p++ = (char)value;
	for (; length >= UNROLLED; length -= UNROLLED, p += UNROLLED) {
		word *w = (word *)p;

		w[0] = w[1] = w[2] = w[3] = w[4] = w[5] = w[6] = w[7] = all;
	}
	for (; length >= WORD; length -= WORD, p += WORD)
		*(word *)p = all;
	while (length-- > 0)
		*p++ = (char)value;
	return at;
}

int strcmp(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return (uint8_t)*a - (uint8_t)*b;
}
