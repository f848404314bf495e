/** What translated code and the interpreter left behind, compared, in words for the kernel log. */
import { CP0 } from '../cpu/registers.js';
import { LOG, STATE, STRIDE } from '../layout.js';

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: 4 | 8 | 16;
}

const GENERAL = 32;
const ACCUMULATORS = [0, 1, 2, 3];
const numbered = Array.from({ length: GENERAL }, (_, number) => number);

/** All that translated code may change, but memory. Registers of 32 bits are compared with what lies above them: that is nobody's. */
const FIELDS: readonly Field[] = [
  ...numbered.map((n): Field => ({ name: `$${n}`, offset: STATE.gpr + (n << STRIDE.gpr), bytes: 8 })),
  ...ACCUMULATORS.flatMap((n): Field[] => [
    { name: n === 0 ? 'hi' : `hi of ac${n}`, offset: STATE.hi + (n << STRIDE.accumulator), bytes: 8 },
    { name: n === 0 ? 'lo' : `lo of ac${n}`, offset: STATE.lo + (n << STRIDE.accumulator), bytes: 8 },
  ]),
  { name: 'pc', offset: STATE.pc, bytes: 8 },
  { name: 'Status', offset: STATE.status, bytes: 4 },
  { name: 'Cause', offset: STATE.cp0 + (CP0.cause << STRIDE.cp0), bytes: 4 },
  { name: 'EPC', offset: STATE.cp0 + (CP0.epc << STRIDE.cp0), bytes: 8 },
  { name: 'exceptions within exceptions', offset: STATE.nested, bytes: 4 },
  { name: 'FCSR', offset: STATE.fcsr, bytes: 4 },
  { name: 'MSACSR', offset: STATE.msacsr, bytes: 4 },
  { name: 'DSPControl', offset: STATE.dspControl, bytes: 4 },
  { name: 'the physical address linked by LL', offset: STATE.linkAddress, bytes: 4 },
  ...numbered.map((n): Field => ({ name: `$f${n}`, offset: STATE.fpr + (n << STRIDE.fpr), bytes: 16 })),
];

const BITS_OF_WORD = 32;
const wordsOf = (view: DataView, offset: number, bytes: number): number[] =>
  Array.from({ length: Math.ceil(bytes / 4) }, (_, i) => view.getUint32(offset + 4 * i, true));

/** Of words, the low one first. */
const hex = (words: readonly number[], bytes: number): string =>
  words
    .map((word) => word.toString(16).padStart(8, '0'))
    .reverse()
    .join('')
    .slice(-2 * bytes);

const WORDS = FIELDS.flatMap(({ offset, bytes }) => Array.from({ length: bytes / 4 }, (_, i) => offset / 4 + i));

/** Of state blocks. */
export function haveSameRegisters(a: Int32Array, b: Int32Array): boolean {
  for (const word of WORDS) if (a[word] !== b[word]) return false;
  return true;
}

/** A line for each register that differs. */
export function registerDifferences(translated: DataView, interpreted: DataView, bits: 32 | 64): string[] {
  return FIELDS.flatMap(({ name, offset, bytes }) => {
    const [a, b] = [translated, interpreted].map((view) => wordsOf(view, offset, bytes));
    if (a === undefined || b === undefined || a.every((word, i) => word === b[i])) return [];
    const shown = bytes === 8 && bits === BITS_OF_WORD ? 4 : bytes;
    return [`${name}: translated ${hex(a, shown)}, interpreted ${hex(b, shown)}`];
  });
}

const VERBS: Readonly<Record<number, string>> = {
  [LOG.load]: 'loads',
  [LOG.store]: 'stores',
  [LOG.changeByte]: 'changes bits of',
  [LOG.storeConditional]: 'stores conditionally',
};

/** The access in an entry of the log. */
export function accessText(state: DataView, entry: number): string {
  const kind = state.getUint32(entry + LOG.kind, true);
  const size = kind % LOG.kindUnit;
  const code = Math.floor(kind / LOG.kindUnit);
  const address = `physical 0x${hex([state.getUint32(entry + LOG.host, true)], 4)}`;
  const data = code === LOG.load ? '' : ` with ${hex(wordsOf(state, entry + LOG.value, size), size)}`;
  return `${VERBS[code] ?? 'uses'} ${size} byte${size === 1 ? '' : 's'} at ${address}${data}`;
}
