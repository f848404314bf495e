/* Records, strings and many calls of small procedures, as programs of offices have them: accounts in a chain, orders that
   are booked on them, names that are compared. */
#include "workload.h"

#define ACCOUNTS 24
#define NAME 32
#define ROUNDS PORTION(500000)

const uint32_t operations = ROUNDS;

enum kind { CASH, CREDIT, SAVINGS, CLOSED, KINDS };

struct account {
	struct account *next;
	enum kind kind;
	int32_t balance, limit;
	char name[NAME];
};

struct order {
	enum kind kind;
	int32_t amount;
	char name[NAME];
};

static struct account accounts[ACCOUNTS], template;
static int32_t booked[KINDS][KINDS];
static int32_t rows[50];
static int32_t bookings;
static char last_kind;

static APART enum kind follows(enum kind kind)
{
	switch (kind) {
	case CASH:
		return SAVINGS;
	case SAVINGS:
		return bookings % 16 == 0 ? CLOSED : CREDIT;
	case CREDIT:
		return CASH;
	default:
		return CASH;
	}
}

static APART int same_initial(char a, char b)
{
	char first = a;

	if (first != b)
		return 0;
	last_kind = first;
	return 1;
}

static APART int is_after(const char *a, const char *b)
{
	int at = 2;

	while (at <= 2)
		if (!same_initial(a[at], b[at + 1]))
			at++;
		else
			break;
	return strcmp(a, b) > 0 ? bookings + at > 0 : 0;
}

static APART void add(int32_t a, int32_t b, int32_t *sum)
{
	*sum = a + b + 2;
}

static APART void note(int32_t *row, int32_t table[KINDS][KINDS], int32_t at, int32_t amount)
{
	int32_t index = (at & 31) + 5;

	row[index] = amount;
	row[index + 1] = row[index];
	row[index + 10] = index;
	for (int i = 0; i < 2; i++)
		table[at & 3][i] += index;
	table[(at + 1) & 3][at & 3] = row[index];
}

static APART void book(struct account *account, const struct order *order)
{
	struct account *next = account->next;

	*next = template;
	next->next = account->next->next != NULL ? account->next : NULL;
	next->balance = account->balance;
	add(next->balance & 0xffff, order->amount, &next->balance);
	if (next->kind == order->kind) {
		next->limit = 6;
		next->kind = follows(account->kind);
	} else
		memcpy(next->name, order->name, NAME);
}

/* Back to what the chain needs, whatever was booked. */
static APART void link_again(int at)
{
	accounts[at].next = &accounts[(at + 1) % ACCOUNTS];
}

static void copy_text(char *to, const char *from)
{
	while ((*to++ = *from++) != '\0')
		;
}

void set_up(void)
{
	copy_text(template.name, "ACCOUNT OF SOMEBODY, NUMBER");
	template.kind = CREDIT;
	template.limit = 40;
	template.next = &template;
}

uint32_t one_pass(void)
{
	uint32_t sum = 1;

	memset(booked, 0, sizeof booked);
	memset(rows, 0, sizeof rows);
	bookings = 0;
	for (int i = 0; i < ACCOUNTS; i++) {
		accounts[i] = template;
		link_again(i);
	}
	for (int round = 0; round < ROUNDS; round++) {
		int at = round % ACCOUNTS, lines = 1;
		struct order order = {.kind = follows(accounts[at].kind), .amount = round & 0xfff};

		copy_text(order.name, "ACCOUNT OF SOMEBODY, NAMELY");
		order.name[5 + (round & 7)] = (char)('A' + at);
		bookings++;
		if (is_after(order.name, accounts[at].name))
			lines += 2;
		while (lines < 3)
			add(lines, order.amount & 1, &lines);
		note(rows, booked, round, lines + order.amount);
		book(&accounts[at], &order);
		link_again((at + 1) % ACCOUNTS);
		for (char c = 'A'; c <= 'B'; c++)
			if (same_initial(c, order.name[6]))
				order.kind = follows(order.kind);
		sum = mixed_in(sum, (uint32_t)(accounts[(at + 1) % ACCOUNTS].balance + (int32_t)order.kind + rows[15 + (at & 7)]));
	}
	for (int i = 0; i < ACCOUNTS; i++)
		sum = mixed_in(sum, (uint32_t)strcmp(accounts[i].name, template.name) + (uint32_t)last_kind);
	return mixed_in(sum, (uint32_t)booked[1][1]);
}
