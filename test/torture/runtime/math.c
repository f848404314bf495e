/* The few functions of <math.h> that some programs call. */
#include <float.h>
#include <math.h>

double floor(double x)
{
	long long whole;

	if (!(x > -0x1p53 && x < 0x1p53))
		return x;
	whole = (long long)x;
	return (double)(whole > x ? whole - 1 : whole);
}

#define FMAX(type, name)                             \
	type name(type x, type y)                    \
	{                                            \
		return x >= y || y != y ? x : y;     \
	}
FMAX(double, fmax)
FMAX(float, fmaxf)
FMAX(long double, fmaxl)

/* x is neither zero nor infinite */
#define ILOGB(type, name)                            \
	int name(type x)                             \
	{                                            \
		int exponent = 0;                    \
		if (x < 0)                           \
			x = -x;                      \
		for (; x >= 2; x /= 2)               \
			exponent++;                  \
		for (; x < 1; x *= 2)                \
			exponent--;                  \
		return exponent;                     \
	}
ILOGB(double, ilogb)
ILOGB(float, ilogbf)
ILOGB(long double, ilogbl)

double sqrt(double x)
{
#if defined(__mips_hard_float) && !defined(__mips16)
	__asm__("sqrt.d %0, %1" : "=f"(x) : "f"(x));
	return x;
#else
	double root = x > 1 ? x : 1;

	if (!(x > 0) || x > DBL_MAX)
		return x < 0 ? __builtin_nan("") : x;
	/* Newton's method, from above: it stops where rounding does not let it fall any more */
	for (;;) {
		double next = (root + x / root) / 2;

		if (next >= root)
			return root;
		root = next;
	}
#endif
}

/* Of a positive x: the whole part of y by multiplication, its fraction by square roots, a bit each. */
double pow(double x, double y)
{
	double whole = floor(y < 0 ? -y : y), fraction = (y < 0 ? -y : y) - whole, result = 1;

	for (double power = x; whole > 0; power *= power) {
		double half = floor(whole / 2);

		if (whole - 2 * half != 0)
			result *= power;
		whole = half;
	}
	while (fraction > 0) {
		x = sqrt(x);
		fraction *= 2;
		if (fraction >= 1) {
			result *= x;
			fraction -= 1;
		}
	}
	return y < 0 ? 1 / result : result;
}
