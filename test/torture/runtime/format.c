/* What printf and its relatives do with a format: that of C99 without %a, wide characters and long double. */
#include <stdarg.h>
#include <stdint.h>

#include "format.h"

enum { LEFT = 1, PLUS = 2, SPACE = 4, ALTERNATE = 8, ZERO = 16 };

struct conversion {
	unsigned flags;
	int width;
	/* negative: none was given */
	int precision;
};

static void repeat(struct sink *sink, char c, int times)
{
	while (times-- > 0)
		sink_put(sink, c);
}

/* `prefix` (a sign, 0x), then `zeros` zeros, then `text`, in a field of the width. */
static void put_field(struct sink *sink, const struct conversion *as, const char *prefix, int zeros, const char *text, int length)
{
	int taken = length + (zeros > 0 ? zeros : 0), fill;

	for (const char *c = prefix; *c != '\0'; c++)
		taken++;
	fill = as->width - taken;
	if (!(as->flags & (LEFT | ZERO)))
		repeat(sink, ' ', fill);
	for (const char *c = prefix; *c != '\0'; c++)
		sink_put(sink, *c);
	if ((as->flags & (LEFT | ZERO)) == ZERO)
		repeat(sink, '0', fill);
	repeat(sink, '0', zeros);
	for (int i = 0; i < length; i++)
		sink_put(sink, text[i]);
	if (as->flags & LEFT)
		repeat(sink, ' ', fill);
}

static const char *sign_of(int negative, const struct conversion *as)
{
	return negative ? "-" : as->flags & PLUS ? "+" : as->flags & SPACE ? " " : "";
}

static void put_integer(struct sink *sink, struct conversion as, const char *prefix, uint64_t value, unsigned base, char ten)
{
	char digits[24];
	int length = 0, zeros;

	for (; value != 0; value /= base) {
		unsigned digit = (unsigned)(value % base);

		digits[sizeof digits - ++length] = (char)(digit < 10 ? '0' + digit : ten + digit - 10);
	}
	if (as.precision >= 0)
		as.flags &= ~(unsigned)ZERO;
	zeros = (as.precision >= 0 ? as.precision : 1) - length;
	if (base == 8 && (as.flags & ALTERNATE) && zeros < 1)
		zeros = 1;
	put_field(sink, &as, prefix, zeros, digits + sizeof digits - length, length);
}

static double power_of_ten(int exponent)
{
	double power = 1;

	for (; exponent > 0; exponent--)
		power *= 10;
	return power;
}

/* Decimal exponent of a positive value. */
static int exponent_of(double value)
{
	int exponent = 0;

	for (; value >= 10; value /= 10)
		exponent++;
	for (; value < 1; value *= 10)
		exponent--;
	return exponent;
}

static int decimal(char *to, uint64_t value, int least)
{
	char digits[20];
	int length = 0;

	for (; value != 0 || length < least; value /= 10)
		digits[length++] = (char)('0' + value % 10);
	for (int i = 0; i < length; i++)
		to[i] = digits[length - 1 - i];
	return length;
}

/* As many digits as a double of moderate size has; `value` is positive and below 10^18. */
static int fixed(char *to, double value, int places, int trim, int point)
{
	double scale = power_of_ten(places);
	uint64_t whole = (uint64_t)value;
	double rest = (value - (double)whole) * scale;
	uint64_t part = (uint64_t)rest;
	int length;

	rest -= (double)part;
	if (rest > 0.5 || (rest == 0.5 && ((places > 0 ? part : whole) & 1)))
		part++;
	if ((double)part >= scale) {
		part = 0;
		whole++;
	}
	length = decimal(to, whole, 1);
	if (places == 0 && !point)
		return length;
	to[length++] = '.';
	if (places > 0)
		length += decimal(to + length, part, places);
	while (trim && to[length - 1] == '0')
		length--;
	return length - (trim && to[length - 1] == '.');
}

static int scientific(char *to, double value, int exponent, int places, int trim, int point, char letter)
{
	double mantissa = exponent < 0 ? value * power_of_ten(-exponent) : value / power_of_ten(exponent);
	int length = fixed(to, mantissa, places, trim, point);

	if (length > 1 && to[1] != '.') {
		/* it was rounded up to 10 */
		exponent++;
		length = fixed(to, 1, places, trim, point);
	}
	to[length++] = letter;
	to[length++] = exponent < 0 ? '-' : '+';
	return length + decimal(to + length, (uint64_t)(exponent < 0 ? -exponent : exponent), 2);
}

#define MOST_PLACES 17

static void put_double(struct sink *sink, struct conversion as, double value, char letter)
{
	char text[64];
	int negative = __builtin_signbit(value) != 0, length, point = (as.flags & ALTERNATE) != 0;
	int places = as.precision < 0 ? 6 : as.precision > MOST_PLACES ? MOST_PLACES : as.precision;
	int upper = letter < 'a';
	char lower = (char)(upper ? letter - 'A' + 'a' : letter);
	int exponent;

	if (negative)
		value = -value;
	if (value != value || value > __DBL_MAX__) {
		const char *name = value != value ? (upper ? "NAN" : "nan") : upper ? "INF" : "inf";

		as.flags &= ~(unsigned)ZERO;
		put_field(sink, &as, sign_of(negative, &as), 0, name, 3);
		return;
	}
	exponent = value == 0 ? 0 : exponent_of(value);
	if (lower == 'g') {
		places = places == 0 ? 1 : places;
		if (exponent < -4 || exponent >= places)
			length = scientific(text, value, exponent, places - 1, !point, point, (char)(letter - 2));
		else
			length = fixed(text, value, places - 1 - exponent, !point, point);
	} else if (lower == 'e' || exponent >= 18) {
		length = scientific(text, value, exponent, places, 0, point, (char)(upper ? 'E' : 'e'));
	} else {
		length = fixed(text, value, places, 0, point);
	}
	put_field(sink, &as, sign_of(negative, &as), 0, text, length);
}

static void put_string(struct sink *sink, struct conversion as, const char *text)
{
	int length = 0;

	if (text == NULL)
		text = "(null)";
	while ((as.precision < 0 || length < as.precision) && text[length] != '\0')
		length++;
	as.flags &= ~(unsigned)ZERO;
	put_field(sink, &as, "", 0, text, length);
}

static unsigned flag(char c)
{
	switch (c) {
	case '-':
		return LEFT;
	case '+':
		return PLUS;
	case ' ':
		return SPACE;
	case '#':
		return ALTERNATE;
	case '0':
		return ZERO;
	default:
		return 0;
	}
}

/* Bytes of the integer that a length modifier announces; moves past it. */
static int integer_size(const char **format)
{
	int size = sizeof(int);

	for (;; (*format)++)
		switch (**format) {
		case 'h':
			size /= 2;
			break;
		case 'l':
			size = size == sizeof(int) ? sizeof(long) : sizeof(long long);
			if ((*format)[1] == 'l')
				size = sizeof(long long);
			break;
		case 'q':
		case 'j':
			size = sizeof(long long);
			break;
		case 'z':
		case 't':
			size = sizeof(size_t);
			break;
		default:
			return size;
		}
}

static int64_t signed_of(int64_t value, int size)
{
	return size == 1 ? (signed char)value : size == 2 ? (short)value : size == 4 ? (int32_t)value : value;
}

static uint64_t unsigned_of(uint64_t value, int size)
{
	return size == 1 ? (unsigned char)value : size == 2 ? (unsigned short)value : size == 4 ? (uint32_t)value : value;
}

static int64_t next_integer(struct arguments *arguments, int size)
{
	return size == sizeof(long long) ? va_arg(arguments->list, long long) : va_arg(arguments->list, int);
}

static void store_count(void *to, size_t count, int size)
{
	if (size == 1)
		*(signed char *)to = (signed char)count;
	else if (size == 2)
		*(short *)to = (short)count;
	else if (size == 4)
		*(int *)to = (int)count;
	else
		*(long long *)to = (long long)count;
}

static void convert(struct sink *sink, struct conversion as, int size, char letter, struct arguments *arguments)
{
	switch (letter) {
	case 'd':
	case 'i': {
		int64_t value = signed_of(next_integer(arguments, size), size);

		put_integer(sink, as, sign_of(value < 0, &as), value < 0 ? -(uint64_t)value : (uint64_t)value, 10, 'a');
		break;
	}
	case 'u':
		put_integer(sink, as, "", unsigned_of((uint64_t)next_integer(arguments, size), size), 10, 'a');
		break;
	case 'o':
		put_integer(sink, as, "", unsigned_of((uint64_t)next_integer(arguments, size), size), 8, 'a');
		break;
	case 'x':
	case 'X': {
		uint64_t value = unsigned_of((uint64_t)next_integer(arguments, size), size);
		const char *prefix = letter == 'x' ? "0x" : "0X";

		put_integer(sink, as, (as.flags & ALTERNATE) && value != 0 ? prefix : "", value, 16, letter == 'x' ? 'a' : 'A');
		break;
	}
	case 'p':
		put_integer(sink, as, "0x", (uintptr_t)va_arg(arguments->list, void *), 16, 'a');
		break;
	case 'c': {
		char c = (char)va_arg(arguments->list, int);

		as.flags &= ~(unsigned)ZERO;
		put_field(sink, &as, "", 0, &c, 1);
		break;
	}
	case 's':
		put_string(sink, as, va_arg(arguments->list, const char *));
		break;
	case 'n':
		store_count(va_arg(arguments->list, void *), sink->count, size);
		break;
	case 'e':
	case 'E':
	case 'f':
	case 'F':
	case 'g':
	case 'G':
		put_double(sink, as, va_arg(arguments->list, double), letter);
		break;
	default:
		sink_put(sink, letter);
	}
}

static int number(const char **format)
{
	int value = 0;

	while (**format >= '0' && **format <= '9')
		value = value * 10 + *(*format)++ - '0';
	return value;
}

void format_text(struct sink *sink, const char *format, struct arguments *arguments)
{
	while (*format != '\0') {
		struct conversion as = { 0, 0, -1 };
		int size;

		if (*format != '%') {
			sink_put(sink, *format++);
			continue;
		}
		while (flag(*++format) != 0)
			as.flags |= flag(*format);
		if (*format == '*') {
			as.width = va_arg(arguments->list, int);
			format++;
		} else {
			as.width = number(&format);
		}
		if (as.width < 0) {
			as.width = -as.width;
			as.flags |= LEFT;
		}
		if (*format == '.') {
			format++;
			if (*format == '*') {
				as.precision = va_arg(arguments->list, int);
				format++;
			} else {
				as.precision = number(&format);
			}
		}
		size = integer_size(&format);
		if (*format == '\0')
			return;
		convert(sink, as, size, *format++, arguments);
	}
}

