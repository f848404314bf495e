// make-large.mjs FUNCTIONS: prints a program of so many different functions of some 45 instructions each, called in turn: code
// of the size of a kernel, where each function by itself is hardly warm.
const functions = Number(process.argv[2]);
const IN_A_GROUP = 50;
const STEPS = 8;

let seed = 20;
const random = (below) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return (seed >>> 8) % below;
};
const pick = (...choices) => choices[random(choices.length)];
const variable = () => pick('a', 'b', 'c', 'd');
const constant = () => `${1 + random(60000)}u`;

const step = () => {
  const [x, y, z] = [variable(), variable(), variable()];
  return pick(
    `${x} = ${y} + ${z} * ${1 + random(9)};`,
    `${x} ^= ${y} << ${1 + random(15)} | ${z} >> ${17 + random(8)};`,
    `${x} += table[${y} % SIZE] ^ ${constant()};`,
    `table[${x} % SIZE] = ${y} - ${z};`,
    `if (${x} & ${1 << random(8)})\n\t\t${y} += ${constant()};\n\telse\n\t\t${z} ^= ${x} >> ${1 + random(9)};`,
    `for (uint32_t i = 0; i < ${1 + random(3)}; i++)\n\t\t${x} = ${x} * 5 + ${y};`,
  );
};

const body = (n) => `static APART uint32_t function${n}(uint32_t a, uint32_t b)
{
	uint32_t c = a + ${constant()}, d = b ^ ${constant()};

	${Array.from({ length: STEPS }, step).join('\n\t')}
	return a ^ b ^ c ^ d;
}
`;

const group = (n) => `static APART uint32_t group${n}(uint32_t x, uint32_t y)
{
${Array.from({ length: IN_A_GROUP }, (_, i) => n * IN_A_GROUP + i)
  .filter((i) => i < functions)
  .map((i) => `\tx = function${i}(x, y);\n`)
  .join('')}	return x;
}
`;

const groups = Array.from({ length: Math.ceil(functions / IN_A_GROUP) }, (_, n) => n);

console.log(`#include "workload.h"

#define SIZE 1024
#define ROUNDS PORTION(300)

const uint32_t operations = ROUNDS;

static uint32_t table[SIZE];

${Array.from({ length: functions }, (_, n) => body(n)).join('\n')}
${groups.map(group).join('\n')}
void set_up(void)
{
}

uint32_t one_pass(void)
{
	uint32_t x = 1;

	memset(table, 0, sizeof table);
	for (int round = 0; round < ROUNDS; round++) {
${groups.map((n) => `\t\tx = group${n}(x, (uint32_t)round);\n`).join('')}	}
	return x;
}`);
