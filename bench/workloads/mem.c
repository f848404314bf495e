/* Memory: blocks of 256 KiB that are filled and copied, and small copies of every length and alignment. */
#include "workload.h"

#define BLOCK (256 << 10)
#define SMALL 64
#define ROUNDS PORTION(240)
#define SMALL_COPIES 4096

const uint32_t operations = ROUNDS;

static uint32_t from[BLOCK / 4 + SMALL], to[BLOCK / 4 + SMALL];

static APART uint32_t sum_of(const uint32_t *words, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i += 16)
		sum = mixed_in(sum, words[i]);
	return sum;
}

static APART void small_copies(uint32_t *seed)
{
	for (int i = 0; i < SMALL_COPIES; i++) {
		uint32_t random = next_random(seed);

		memcpy((char *)to + random % (BLOCK - SMALL), (char *)from + (random >> 6) % (BLOCK - SMALL), random % SMALL);
	}
}

void set_up(void)
{
}

uint32_t one_pass(void)
{
	uint32_t seed = 3, sum = 0;

	for (uint32_t i = 0; i < BLOCK / 4; i++)
		from[i] = next_random(&seed);
	for (int round = 0; round < ROUNDS; round++) {
		memset(to, round, BLOCK);
		small_copies(&seed);
		sum = mixed_in(sum, sum_of(to, BLOCK / 4));
		memcpy(to, from, BLOCK);
		from[seed % (BLOCK / 4)] = sum;
	}
	return sum_of(to, BLOCK / 4) ^ sum;
}
