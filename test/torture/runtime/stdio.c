/* Text output; nothing of it waits. No function calls another of C, as in string.c. */
#include <stdint.h>
#include <stdio.h>

#include "format.h"
#include "host.h"

FILE *stdin, *stdout, *stderr;

static void flush(struct sink *sink)
{
	if (sink->pending > 0)
		host_write(sink->line, sink->pending);
	sink->pending = 0;
}

void sink_put(struct sink *sink, char c)
{
	if (sink->to != NULL) {
		if (sink->count + 1 < sink->size)
			sink->to[sink->count] = c;
	} else {
		sink->line[sink->pending++] = c;
		if (sink->pending == sizeof sink->line)
			flush(sink);
	}
	sink->count++;
}

/* No initializer, for which the compiler may call memset: see string.c. */
static void start(struct sink *sink, char *to, size_t size)
{
	sink->to = to;
	sink->size = size;
	sink->count = 0;
	sink->pending = 0;
}

static int to_memory(char *to, size_t size, const char *format, va_list list)
{
	char nothing[1];
	struct sink sink;
	struct arguments arguments;

	start(&sink, size > 0 ? to : nothing, size);
	va_copy(arguments.list, list);
	format_text(&sink, format, &arguments);
	if (size > 0)
		to[sink.count < size ? sink.count : size - 1] = '\0';
	va_end(arguments.list);
	return (int)sink.count;
}

static int to_host(const char *format, va_list list)
{
	struct sink sink;
	struct arguments arguments;

	start(&sink, NULL, 0);
	va_copy(arguments.list, list);
	format_text(&sink, format, &arguments);
	flush(&sink);
	va_end(arguments.list);
	return (int)sink.count;
}

#define UNBOUNDED ((size_t)INT32_MAX)

int vprintf(const char *format, va_list list)
{
	return to_host(format, list);
}

int vfprintf(FILE *stream, const char *format, va_list list)
{
	(void)stream;
	return to_host(format, list);
}

int vsprintf(char *to, const char *format, va_list list)
{
	return to_memory(to, UNBOUNDED, format, list);
}

int vsnprintf(char *to, size_t size, const char *format, va_list list)
{
	return to_memory(to, size, format, list);
}

#define WITH_ARGUMENTS(call)           \
	va_list list;                  \
	int count;                     \
	va_start(list, format);        \
	count = call;                  \
	va_end(list);                  \
	return count

int printf(const char *format, ...)
{
	WITH_ARGUMENTS(to_host(format, list));
}

int fprintf(FILE *stream, const char *format, ...)
{
	(void)stream;
	WITH_ARGUMENTS(to_host(format, list));
}

int sprintf(char *to, const char *format, ...)
{
	WITH_ARGUMENTS(to_memory(to, UNBOUNDED, format, list));
}

int snprintf(char *to, size_t size, const char *format, ...)
{
	WITH_ARGUMENTS(to_memory(to, size, format, list));
}

static int put_char(int c)
{
	char byte = (char)c;

	host_write(&byte, 1);
	return (unsigned char)byte;
}

static void put_text(const char *text)
{
	size_t length = 0;

	while (text[length] != '\0')
		length++;
	host_write(text, length);
}

int putchar(int c)
{
	return put_char(c);
}

int fputc(int c, FILE *stream)
{
	(void)stream;
	return put_char(c);
}

int putc(int c, FILE *stream)
{
	(void)stream;
	return put_char(c);
}

int fputs(const char *text, FILE *stream)
{
	(void)stream;
	put_text(text);
	return 1;
}

int puts(const char *text)
{
	put_text(text);
	put_char('\n');
	return 1;
}

size_t fwrite(const void *from, size_t size, size_t count, FILE *stream)
{
	(void)stream;
	host_write(from, size * count);
	return count;
}

int fflush(FILE *stream)
{
	(void)stream;
	return 0;
}
