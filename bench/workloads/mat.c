/* Double precision: a product of matrices, and a chain of divisions and additions that wait for each other. */
#include "workload.h"

#define SIDE 64
#define CHAIN 4000
#define ROUNDS PORTION(20)

const uint32_t operations = ROUNDS;

static double a[SIDE][SIDE], b[SIDE][SIDE], product[SIDE][SIDE];

static APART void multiply(void)
{
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			double cell = 0;

			for (int k = 0; k < SIDE; k++)
				cell += a[i][k] * b[k][j];
			product[i][j] = cell;
		}
}

static APART double chain(double x)
{
	for (int i = 0; i < CHAIN; i++)
		x = (x + 2.0) / (x + 1.0) + 0.125;
	return x;
}

static uint32_t bits_of(double value)
{
	union {
		double value;
		uint32_t words[2];
	} both = {value};

	return both.words[0] ^ both.words[1];
}

void set_up(void)
{
}

uint32_t one_pass(void)
{
	uint32_t seed = 1, sum = 0;

	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			a[i][j] = (double)(int32_t)next_random(&seed) / 4096.0;
			b[i][j] = (double)(int32_t)next_random(&seed) / 65536.0;
		}
	for (int round = 0; round < ROUNDS; round++) {
		multiply();
		a[round % SIDE][0] = chain(product[0][round % SIDE]);
		for (int i = 0; i < SIDE; i++)
			sum = mixed_in(sum, bits_of(product[i][SIDE - 1 - i]));
	}
	return sum;
}
