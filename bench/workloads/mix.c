/* Small jobs of an embedded program in turn: a linked list that is searched and sorted, integer matrices, a state machine
   that reads numbers, and a CRC-16 bit by bit over what came out of each. */
#include "workload.h"

#define ITEMS 220
#define SIDE 20
#define TEXT 1200
#define ROUNDS PORTION(1200)

const uint32_t operations = ROUNDS;

struct item {
	struct item *next;
	int16_t key, value;
};

typedef int (*order)(const struct item *a, const struct item *b);

static struct item items[ITEMS];
static int16_t left[SIDE][SIDE], right[SIDE][SIDE];
static int32_t product[SIDE][SIDE];
static char text[TEXT];

static APART uint16_t crc16(uint16_t crc, uint32_t word, int bits)
{
	for (int i = 0; i < bits; i++, word >>= 1)
		crc = (uint16_t)((crc ^ word) & 1 ? crc >> 1 ^ 0xa001 : crc >> 1);
	return crc;
}

static int by_key(const struct item *a, const struct item *b)
{
	return a->key - b->key;
}

static int by_value(const struct item *a, const struct item *b)
{
	return (a->value & 0x7f) != (b->value & 0x7f) ? (a->value & 0x7f) - (b->value & 0x7f) : a->key - b->key;
}

static struct item *merged(struct item *a, struct item *b, order compare)
{
	struct item *first = NULL, **last = &first;

	while (a != NULL && b != NULL) {
		struct item **smaller = compare(a, b) <= 0 ? &a : &b;

		*last = *smaller;
		last = &(*last)->next;
		*smaller = *last;
	}
	*last = a != NULL ? a : b;
	return first;
}

/* Bin n holds a sorted list of 2^n items, or none: a counter in binary whose carry is a merge. */
static APART struct item *sorted(struct item *list, order compare)
{
	struct item *bins[16] = {NULL};
	struct item *all = NULL;

	while (list != NULL) {
		struct item *carry = list;
		int n = 0;

		list = list->next;
		carry->next = NULL;
		for (; bins[n] != NULL; bins[n++] = NULL)
			carry = merged(bins[n], carry, compare);
		bins[n] = carry;
	}
	for (int n = 0; n < 16; n++)
		all = merged(bins[n], all, compare);
	return all;
}

/* Finds an item, and brings it to the front. */
static APART struct item *found(struct item **list, int16_t key)
{
	for (struct item **at = list; *at != NULL; at = &(*at)->next)
		if ((*at)->key == key) {
			struct item *item = *at;

			*at = item->next;
			item->next = *list;
			*list = item;
			return item;
		}
	return NULL;
}

static APART struct item *reversed(struct item *list)
{
	struct item *turned = NULL;

	while (list != NULL) {
		struct item *rest = list->next;

		list->next = turned;
		turned = list;
		list = rest;
	}
	return turned;
}

static uint16_t list_job(uint32_t *seed, uint16_t crc)
{
	struct item *list = NULL;

	for (int i = 0; i < ITEMS; i++) {
		items[i] = (struct item){.next = list, .key = (int16_t)i, .value = (int16_t)next_random(seed)};
		list = &items[i];
	}
	for (int i = 0; i < 12; i++) {
		struct item *item = found(&list, (int16_t)(next_random(seed) % (ITEMS + 20)));

		crc = crc16(crc, item != NULL ? (uint16_t)item->value : 0xffff, 16);
		list = i % 4 == 3 ? reversed(list) : list;
	}
	list = sorted(list, by_value);
	for (int i = 0; i < ITEMS / 8; i++, list = list->next)
		crc = crc16(crc, (uint16_t)list->key, 16);
	return crc16(crc, (uint16_t)sorted(list, by_key)->key, 16);
}

static APART int32_t multiply(void)
{
	int32_t sum = 0;

	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			int32_t cell = 0;

			for (int k = 0; k < SIDE; k++)
				cell += left[i][k] * right[k][j];
			product[i][j] = cell;
			sum += (cell >> 2 & 0xf) * (cell >> 5 & 0x7f);
		}
	return sum;
}

static APART void add_to(int16_t matrix[SIDE][SIDE], int16_t value)
{
	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++)
			matrix[i][j] = (int16_t)(matrix[i][j] + value);
}

static uint16_t matrix_job(uint32_t *seed, uint16_t crc)
{
	int16_t value = (int16_t)(next_random(seed) & 0xff);

	add_to(left, value);
	crc = crc16(crc, (uint32_t)multiply(), 32);
	add_to(left, (int16_t)-value);
	crc = crc16(crc, (uint32_t)product[value % SIDE][value / SIDE % SIDE], 32);
	return crc;
}

enum state { START, SIGN, DECIMAL, FRACTION, EXPONENT, SCALE_SIGN, POWER, NAME, BAD, STATES };

static APART enum state step(enum state state, char c)
{
	int is_digit = c >= '0' && c <= '9';

	switch (state) {
	case START:
		if (c == '+' || c == '-')
			return SIGN;
		if (c == '_')
			return NAME;
		return is_digit ? DECIMAL : c == '.' ? FRACTION : BAD;
	case SIGN:
		return is_digit ? DECIMAL : c == '.' ? FRACTION : BAD;
	case DECIMAL:
		if (c == '.')
			return FRACTION;
		return is_digit ? DECIMAL : c == 'e' ? EXPONENT : BAD;
	case FRACTION:
		return is_digit ? FRACTION : c == 'e' ? EXPONENT : BAD;
	case EXPONENT:
		return c == '+' || c == '-' ? SCALE_SIGN : is_digit ? POWER : BAD;
	case SCALE_SIGN:
	case POWER:
		return is_digit ? POWER : BAD;
	case NAME:
		return is_digit || c == '_' || c == 'e' ? NAME : BAD;
	default:
		return BAD;
	}
}

static uint16_t text_job(uint32_t *seed, uint16_t crc)
{
	uint16_t ends[STATES] = {0}, passed[STATES] = {0};
	enum state state = START;

	text[next_random(seed) % TEXT] = "0123.,+-e_"[next_random(seed) % 10];
	for (int i = 0; i < TEXT; i++) {
		if (text[i] == ',') {
			ends[state]++;
			state = START;
			continue;
		}
		state = step(state, text[i]);
		passed[state]++;
	}
	for (int i = 0; i < STATES; i++)
		crc = crc16(crc, (uint32_t)ends[i] << 16 | passed[i], 32);
	return crc;
}

void set_up(void)
{
	uint32_t seed = 11;

	for (int i = 0; i < SIDE; i++)
		for (int j = 0; j < SIDE; j++) {
			left[i][j] = (int16_t)(next_random(&seed) & 0x3ff);
			right[i][j] = (int16_t)(next_random(&seed) & 0x3ff);
		}
}

uint32_t one_pass(void)
{
	static const char sample[] = "5012,-874,+122,.125,35.54400,.1234500,-110.700,5.500e+3,-.123e-2,-87e+832,_e01,0x1f,";
	uint32_t seed = 7;
	uint16_t crc = 0;

	for (int i = 0; i < TEXT; i++)
		text[i] = sample[i % (sizeof sample - 1)];
	for (int round = 0; round < ROUNDS; round++) {
		crc = list_job(&seed, crc);
		crc = matrix_job(&seed, crc);
		crc = text_job(&seed, crc);
	}
	return crc;
}
