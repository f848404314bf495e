/* Branches: a sieve, an interpreter of byte code with one switch, and quicksort that compares through function pointers. */
#include "workload.h"

#define SIEVE (64 << 10)
#define NUMBERS 4096
#define ROUNDS PORTION(60)

const uint32_t operations = ROUNDS;

static uint8_t composite[SIEVE];
static uint32_t numbers[NUMBERS];

static APART uint32_t primes(void)
{
	uint32_t count = 0;

	memset(composite, 0, sizeof composite);
	for (uint32_t i = 2; i < SIEVE; i++)
		if (!composite[i]) {
			count++;
			for (uint32_t k = i * 2; k < SIEVE; k += i)
				composite[k] = 1;
		}
	return count;
}

/* A stack machine: the operand of an instruction, where it has one, is the next byte. */
enum code { PUSH, LOAD, STORE, ADD, MULTIPLY, SHIFT_RIGHT, AND, IF_ZERO, IF_NOT_ZERO, JUMP, HALT };

/* The length of the Collatz sequence of variable 0, added up in variable 1. */
static const uint8_t collatz[] = {
	/*  0 */ LOAD, 0, PUSH, 1, AND, IF_ZERO, 19,
	/*  7 */ LOAD, 0, PUSH, 3, MULTIPLY, PUSH, 1, ADD, STORE, 0, JUMP, 19,
	/* 19 */ LOAD, 0, SHIFT_RIGHT, STORE, 0,
	/* 24 */ LOAD, 1, PUSH, 1, ADD, STORE, 1,
	/* 31 */ LOAD, 0, SHIFT_RIGHT, IF_NOT_ZERO, 0, HALT,
};

static APART uint32_t interpret(const uint8_t *code, uint32_t argument)
{
	uint32_t stack[16] = {0}, variables[4] = {argument};
	uint32_t *top = stack;

	for (const uint8_t *at = code;;)
		switch (*at++) {
		case PUSH:
			*++top = *at++;
			break;
		case LOAD:
			*++top = variables[*at++];
			break;
		case STORE:
			variables[*at++] = *top--;
			break;
		case ADD:
			top--;
			*top += top[1];
			break;
		case MULTIPLY:
			top--;
			*top *= top[1];
			break;
		case SHIFT_RIGHT:
			*top >>= 1;
			break;
		case AND:
			top--;
			*top &= top[1];
			break;
		case IF_ZERO:
			at = *top-- == 0 ? code + *at : at + 1;
			break;
		case IF_NOT_ZERO:
			at = *top-- != 0 ? code + *at : at + 1;
			break;
		case JUMP:
			at = code + *at;
			break;
		default:
			return variables[1];
		}
}

typedef int (*order)(uint32_t, uint32_t);

static int ascending(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int by_low_bits(uint32_t a, uint32_t b)
{
	return ascending(a << 16 | a >> 16, b << 16 | b >> 16);
}

static APART void sort(uint32_t *low, uint32_t *high, order compare)
{
	while (low < high) {
		uint32_t pivot = low[(high - low) / 2], *left = low, *right = high;

		while (left <= right) {
			while (compare(*left, pivot) < 0)
				left++;
			while (compare(*right, pivot) > 0)
				right--;
			if (left <= right) {
				uint32_t kept = *left;

				*left++ = *right;
				*right-- = kept;
			}
		}
		sort(low, right, compare);
		low = left;
	}
}

static order orders[2];

void set_up(void)
{
	orders[0] = ascending;
	orders[1] = by_low_bits;
}

uint32_t one_pass(void)
{
	uint32_t seed = 9, sum = 0;

	for (int round = 0; round < ROUNDS; round++) {
		sum = mixed_in(sum, primes());
		for (uint32_t n = 2; n < 260; n++)
			sum = mixed_in(sum, interpret(collatz, n + (uint32_t)round));
		for (int i = 0; i < NUMBERS; i++)
			numbers[i] = next_random(&seed);
		sort(numbers, numbers + NUMBERS - 1, orders[round & 1]);
		for (int i = 0; i < NUMBERS; i += 64)
			sum = mixed_in(sum, numbers[i]);
	}
	return sum;
}
