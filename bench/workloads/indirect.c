/* Calls through a table of functions that do next to nothing, each time another one. */
#include "workload.h"

#define CALLS PORTION(8000000)
#define FUNCTIONS 8

const uint32_t operations = CALLS;

typedef uint32_t (*step)(uint32_t);

static uint32_t step0(uint32_t x)
{
	return x + 0x9e3779b9u;
}
static uint32_t step1(uint32_t x)
{
	return x ^ x >> 7;
}
static uint32_t step2(uint32_t x)
{
	return x * 5;
}
static uint32_t step3(uint32_t x)
{
	return x ^ x << 3;
}
static uint32_t step4(uint32_t x)
{
	return x - 12345;
}
static uint32_t step5(uint32_t x)
{
	return ~x;
}
static uint32_t step6(uint32_t x)
{
	return x >> 1 | x << 31;
}
static uint32_t step7(uint32_t x)
{
	return x + 1;
}

static step volatile steps[FUNCTIONS];

void set_up(void)
{
	static const step all[FUNCTIONS] = {step0, step1, step2, step3, step4, step5, step6, step7};

	for (int i = 0; i < FUNCTIONS; i++)
		steps[i] = all[i];
}

uint32_t one_pass(void)
{
	uint32_t x = 1;

	for (uint32_t i = 0; i < CALLS; i++)
		x = steps[i % FUNCTIONS](x);
	return x;
}
