#include <stdarg.h>
#include <stddef.h>

/* Where text goes: memory for `size` bytes, or, when `to` is NULL, the host, in pieces of a line's length. */
struct sink {
	char *to;
	size_t size;
	size_t count;
	char line[128];
	size_t pending;
};

/* va_list may be an array, which can only be passed on within a structure. */
struct arguments {
	va_list list;
};

void sink_put(struct sink *sink, char c);
void format_text(struct sink *sink, const char *format, struct arguments *arguments);
