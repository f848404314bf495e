/* Memory and strings. No function calls another: some programs bring their own, which must not be called from here. */
#include <string.h>

#define BYTE(block, i) (((unsigned char *)(block))[i])
#define CONST_BYTE(block, i) (((const unsigned char *)(block))[i])

void *memchr(const void *block, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (CONST_BYTE(block, i) == (unsigned char)byte)
			return &BYTE(block, i);
	return NULL;
}

int memcmp(const void *a, const void *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (CONST_BYTE(a, i) != CONST_BYTE(b, i))
			return CONST_BYTE(a, i) - CONST_BYTE(b, i);
	return 0;
}

void *memcpy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		BYTE(to, i) = CONST_BYTE(from, i);
	return to;
}

void *mempcpy(void *to, const void *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		BYTE(to, i) = CONST_BYTE(from, i);
	return &BYTE(to, size);
}

void *memmove(void *to, const void *from, size_t size)
{
	if (to <= from)
		for (size_t i = 0; i < size; i++)
			BYTE(to, i) = CONST_BYTE(from, i);
	else
		while (size-- > 0)
			BYTE(to, size) = CONST_BYTE(from, size);
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		BYTE(to, i) = (unsigned char)byte;
	return to;
}

char *stpcpy(char *to, const char *from)
{
	while ((*to = *from++) != '\0')
		to++;
	return to;
}

char *strcpy(char *to, const char *from)
{
	for (char *end = to; (*end = *from++) != '\0'; end++)
		;
	return to;
}

/* At the end of the copy, or `to + size`; the rest is filled with zeros. */
static char *copy_bounded(char *to, const char *from, size_t size)
{
	size_t i = 0;

	for (; i < size && from[i] != '\0'; i++)
		to[i] = from[i];
	for (size_t rest = i; rest < size; rest++)
		to[rest] = '\0';
	return to + i;
}

char *stpncpy(char *to, const char *from, size_t size)
{
	return copy_bounded(to, from, size);
}

char *strncpy(char *to, const char *from, size_t size)
{
	copy_bounded(to, from, size);
	return to;
}

char *strcat(char *to, const char *from)
{
	char *end = to;

	while (*end != '\0')
		end++;
	while ((*end++ = *from++) != '\0')
		;
	return to;
}

char *strncat(char *to, const char *from, size_t size)
{
	char *end = to;

	while (*end != '\0')
		end++;
	while (size-- > 0 && *from != '\0')
		*end++ = *from++;
	*end = '\0';
	return to;
}

char *strchr(const char *text, int c)
{
	for (;; text++) {
		if (*text == (char)c)
			return (char *)text;
		if (*text == '\0')
			return NULL;
	}
}

char *strrchr(const char *text, int c)
{
	const char *last = NULL;

	for (;; text++) {
		if (*text == (char)c)
			last = text;
		if (*text == '\0')
			return (char *)last;
	}
}

int strcmp(const char *a, const char *b)
{
	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (a[i] != b[i] || a[i] == '\0')
			return (unsigned char)a[i] - (unsigned char)b[i];
	return 0;
}

size_t strlen(const char *text)
{
	size_t length = 0;

	while (text[length] != '\0')
		length++;
	return length;
}

size_t strnlen(const char *text, size_t size)
{
	size_t length = 0;

	while (length < size && text[length] != '\0')
		length++;
	return length;
}

static int in_set(char c, const char *set)
{
	while (*set != '\0')
		if (*set++ == c)
			return 1;
	return 0;
}

size_t strspn(const char *text, const char *set)
{
	size_t length = 0;

	while (text[length] != '\0' && in_set(text[length], set))
		length++;
	return length;
}

size_t strcspn(const char *text, const char *set)
{
	size_t length = 0;

	while (text[length] != '\0' && !in_set(text[length], set))
		length++;
	return length;
}

char *strpbrk(const char *text, const char *set)
{
	for (; *text != '\0'; text++)
		if (in_set(*text, set))
			return (char *)text;
	return NULL;
}

char *strstr(const char *text, const char *part)
{
	for (;; text++) {
		size_t i = 0;

		while (part[i] != '\0' && part[i] == text[i])
			i++;
		if (part[i] == '\0')
			return (char *)text;
		if (*text == '\0')
			return NULL;
	}
}
