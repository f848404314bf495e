/** The registers that a firmware reports of an exception: struct gpctx, docs/reference/mips-uhi.md 2.3. */
import { EXCEPTION, exceptionName } from '../isa/exceptions.js';
import type { UhiHost } from './host.js';
import { bytesAt } from './memory.js';

/** o32, n32, n64, by number: bytes of a register, and of the pointer that stands before Status. */
const ABIS = [
  { register: 4, pointer: 4 },
  { register: 8, pointer: 4 },
  { register: 8, pointer: 8 },
] as const;

/** $1…$31 stand first, then these registers, the pointer, and these words. */
const GENERAL = 31;
const REGISTERS = ['epc', 'badVAddr', 'hi', 'lo'] as const;
const WORDS = ['status', 'cause', 'badInstr', 'badInstrP'] as const;

const ROWS = 8;
const ROW = 4;

export interface Context {
  /** One line: what happened, and where. */
  readonly summary: string;
  /** A line each, in the layout of a MIPS kernel's oops. */
  readonly lines: readonly string[];
  /** $0…$31, sign-extended from the width of the ABI, as the others. */
  readonly general: readonly bigint[];
  readonly named: Readonly<Record<(typeof REGISTERS)[number], bigint>>;
  readonly status: number;
  readonly cause: number;
}

/** Undefined for an ABI that there is not. Throws EFAULT. */
export function contextAt(host: UhiHost, at: bigint, abi: number): Context | undefined {
  const layout = ABIS[abi];
  if (layout === undefined) return undefined;
  const wordsAt = (GENERAL + REGISTERS.length) * layout.register + layout.pointer;
  const bytes = bytesAt(host, at, wordsAt + 4 * WORDS.length);
  const hex = (offset: number, width: number): string => {
    const field = Buffer.from(bytes.subarray(offset, offset + width));
    return (host.littleEndian ? field.reverse() : field).toString('hex');
  };
  const register = (index: number): string => hex(index * layout.register, layout.register);
  const general = (number: number): string =>
    number === 0 ? ''.padEnd(2 * layout.register, '0') : register(number - 1);
  const named = (name: (typeof REGISTERS)[number]): string => register(GENERAL + REGISTERS.indexOf(name));
  const word = (name: (typeof WORDS)[number]): string => hex(wordsAt + 4 * WORDS.indexOf(name), 4);

  const valueOf = (digits: string): bigint => BigInt.asIntN(4 * digits.length, BigInt(`0x${digits}`));
  const cause = Number(valueOf(word('cause')));
  const code = (cause >>> 2) & 31;
  const [epc, address] = [named('epc'), named('badVAddr')];
  const hasAddress = code >= EXCEPTION.Mod && code <= EXCEPTION.AdES;
  const name = exceptionName(code, hasAddress && address === epc);
  return {
    summary: `${name} at 0x${epc}${hasAddress ? `, address 0x${address}` : ''}`,
    lines: [
      ...Array.from({ length: ROWS }, (_, row) => {
        const values = Array.from({ length: ROW }, (_, column) => general(row * ROW + column));
        return `$${String(row * ROW).padStart(2)}   : ${values.join(' ')}`;
      }),
      `Hi    : ${named('hi')}`,
      `Lo    : ${named('lo')}`,
      `epc   : ${epc}`,
      `Status: ${word('status')}`,
      `Cause : ${word('cause')} (ExcCode ${code.toString(16).padStart(2, '0')}, ${name})`,
      `BadVA : ${address}`,
      `BadIns: ${word('badInstr')} ${word('badInstrP')}`,
    ],
    general: Array.from({ length: GENERAL + 1 }, (_, number) => valueOf(general(number))),
    named: {
      epc: valueOf(epc),
      badVAddr: valueOf(address),
      hi: valueOf(named('hi')),
      lo: valueOf(named('lo')),
    },
    status: Number(valueOf(word('status'))),
    cause,
  };
}
