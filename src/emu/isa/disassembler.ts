/** A word as GNU objdump writes it (registers by their o32 names), made from the instruction table. */
import { isWordOf, type FieldName, type Instruction } from './encoding.js';
import { fieldValue, signedFieldValue } from './field.js';
import type { Encoding, Isa } from './isa.js';
import { instructions } from './table.js';

const REGISTERS =
  'zero at v0 v1 a0 a1 a2 a3 t0 t1 t2 t3 t4 t5 t6 t7 s0 s1 s2 s3 s4 s5 s6 s7 t8 t9 k0 k1 gp sp s8 ra'.split(' ');

/** Jumps stay in the region of 2^27 or 2^28 bytes that their delay slot stands in. */
const JUMP_REGION = 27;
const JALX_REGION = 28;

/** The hint of JR and JALR. */
const HAZARD_BARRIER = 16;
const S8 = 30;
const RA = 31;

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;
const register = (number: number): string => REGISTERS[number] ?? `$${number}`;

type Read = (name: FieldName) => number;

/** @param next address after the instruction. Undefined: the operand has its default value and is left out. */
type Format = (get: Read, pc: number, signed: Read, next: number) => string | undefined;

const unlessZero = (value: number, text: string): string | undefined => (value === 0 ? undefined : text);

/** The registers of a list, runs of them as `s0-s2`. */
function registerList(numbers: readonly number[], name = register): string {
  const runs: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run !== undefined && number === run.last + 1) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.map(({ first, last }) => (first === last ? name(first) : `${name(first)}-${name(last)}`)).join();
}

/** LWM and SWM: s0 up to s7, then s8; ra. */
const LISTED = [16, 17, 18, 19, 20, 21, 22, 23, 30];
const WITH_RA = 16;

const PAIRS = ['a1,a2', 'a1,a3', 'a2,a3', 'a0,s5', 'a0,s6', 'a0,a1', 'a0,a2', 'a0,a3'];

/** SAVE and RESTORE: arguments, size of the frame, registers, static arguments. */
function frame(get: Read, isShort: boolean): string {
  const args = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 0, 3, 3, 4, 0][get('args')] ?? 0;
  const statics = [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 4, 0, 1, 0, 0][get('args')] ?? 0;
  const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);
  const saved = [...(get('s0') === 1 ? [16] : []), ...(get('s1') === 1 ? [17] : []), ...range(18, get('statics'))];
  return [
    registerList(range(4, args)),
    String(8 * (get('frame') === 0 && isShort ? 16 : get('frame'))),
    get('ra') === 1 ? register(RA) : '',
    registerList(saved, (number) => register(number === 24 ? S8 : number)),
    registerList(range(8 - statics, statics)),
  ]
    .filter((part) => part !== '')
    .join();
}

/** Of the compressed sets, in which branches count from the next instruction and fields hold offsets in bytes. */
const COMPRESSED_OPERANDS: Readonly<Record<string, Format>> = {
  near: (_get, _pc, signed, next) => hex(next + signed('offset')),
  jump: (get, _pc, _signed, next) => hex((next & -(2 ** JUMP_REGION)) | get('target') | 1),
  jump28: (get, _pc, _signed, next) => hex((next & -(2 ** JALX_REGION)) | get('target') | 1),
  jalx: (get, _pc, _signed, next) => hex((next & -(2 ** JALX_REGION)) | get('target')),
  $pc: () => '$pc',
  offset: (_get, _pc, signed) => String(signed('offset')),
  'offset($pc)': (_get, _pc, signed) => `${signed('offset')}($pc)`,
  list: (get) =>
    [registerList(LISTED.slice(0, get('list') % WITH_RA)), get('list') >= WITH_RA ? register(RA) : '']
      .filter((part) => part !== '')
      .join(),
  pair: (get) => PAIRS[get('pair')],
  frame: (get, pc, _signed, next) => frame(get, next - pc === 2),
  li16: (get) => String(get('imm') === 127 ? -1 : get('imm')),
  addiusp: (_get, _pc, signed) => {
    const words = signed('imm');
    return String(4 * (words >= -2 && words <= 1 ? words ^ 256 : words));
  },
};

const MSA_CONTROL = 'msa_ir msa_csr msa_access msa_save msa_modify msa_request msa_map msa_unmap'.split(' ');
const msaControl = (number: number): string => MSA_CONTROL[number] ?? `$${number}`;

/** How each operand of the table is written. */
const OPERANDS: Readonly<Record<string, Format>> = {
  rs: (get) => register(get('rs')),
  rt: (get) => register(get('rt')),
  rd: (get) => register(get('rd')),
  'index(base)': (get) => `${register(get('index'))}(${register(get('base'))})`,
  'offset(base)': (get, _, signed) => `${signed('offset')}(${register(get('base'))})`,
  base: (get) => register(get('base')),
  zero: () => 'zero',
  fs: (get) => `$f${get('fs')}`,
  ft: (get) => `$f${get('ft')}`,
  fd: (get) => `$f${get('fd')}`,
  fr: (get) => `$f${get('fr')}`,
  cc: (get) => `$fcc${get('cc')}`,
  sa: (get) => hex(get('sa')),
  'sa+1': (get) => hex(get('sa') + 1),
  shift: (_get, _pc, signed) => String(signed('sa')),
  op: (get) => hex(get('op')),
  imm: (_get, _pc, signed) => String(signed('imm')),
  'pc+offset*4': (_, pc, signed) => hex((pc & -4) + signed('offset') * 4),
  'pc+offset*8': (_, pc, signed) => hex((pc & -8) + signed('offset') * 8),
  uimm: (get) => hex(get('imm')),
  lsb: (get) => hex(get('lsb')),
  'msb+1': (get) => hex(get('msb') + 1),
  'lsb+32': (get) => hex(get('lsb') + 32),
  'msb+33': (get) => hex(get('msb') + 33),
  'msb+33-lsb': (get) => hex(get('msb') + 33 - get('lsb')),
  'msb+1-lsb': (get) => hex(get('msb') + 1 - get('lsb')),
  code10: (get) => hex(get('code10')),
  code20: (get) => hex(get('code20')),
  'code20?': (get) => unlessZero(get('code20'), hex(get('code20'))),
  'code10?': (get) => unlessZero(get('code10'), hex(get('code10'))),
  'code19?': (get) => unlessZero(get('code19'), hex(get('code19'))),
  break: (get) =>
    [get('code20') >>> 10, get('code20') & 0x3ff]
      .filter((code, i) => i === 0 || code !== 0)
      .map(hex)
      .join(),
  'stype?': (get) => unlessZero(get('sa'), hex(get('sa'))),
  'sel?': (get) => unlessZero(get('sel'), String(get('sel'))),
  'link?': (get) => (get('rd') === RA ? undefined : register(get('rd'))),
  'yielded?': (get) => unlessZero(get('rd'), register(get('rd'))),
  'rt?': (get) => unlessZero(get('rt'), register(get('rt'))),
  'cc?': (get) => unlessZero(get('cc'), `$fcc${get('cc')}`),
  wd: (get) => `$w${get('wd')}`,
  ws: (get) => `$w${get('ws')}`,
  wt: (get) => `$w${get('wt')}`,
  'ws[0]': (get) => `$w${get('ws')}[0]`,
  'ws[n]': (get) => `$w${get('ws')}[${get('n')}]`,
  'wd[n]': (get) => `$w${get('wd')}[${get('n')}]`,
  'ws[rt]': (get) => `$w${get('ws')}[${register(get('rt'))}]`,
  msacs: (get) => msaControl(get('cs')),
  msacd: (get) => msaControl(get('cd')),
  ac: (get) => `$ac${get('ac')}`,
  'ac?': (get) => unlessZero(get('ac'), `$ac${get('ac')}`),
  c0: (get) => `$${get('rd')}`,
  c1: (get) => `$${get('fs')}`,
  hwr: (get) => `$${get('rd')}`,
  branch: (_, pc, signed) => hex(pc + 4 + signed('offset') * 4),
  target: (get, pc) => hex(((pc + 4) & 0xf0000000) | (get('target') << 2)),
  ...COMPRESSED_OPERANDS,
};

/** Bits and relations that decide. */
const specificity = ({ mask, where }: Instruction): number =>
  mask.toString(2).replaceAll('0', '').length + where.length;

/** By what the instruction set is: it may be described anew for each crash. */
const tables = new Map<string, Readonly<Record<Encoding, readonly Instruction[]>>>();

function tableOf(isa: Isa, encoding: Encoding): readonly Instruction[] {
  const sorted = (which: Encoding): readonly Instruction[] =>
    [...instructions(isa, which)].sort((a, b) => specificity(b) - specificity(a));
  const key = JSON.stringify(isa);
  const known = tables.get(key) ?? { classic: sorted('classic'), compressed: sorted('compressed') };
  tables.set(key, known);
  return known[encoding];
}

/**
 * One instruction; `.word` when there is none with this encoding. Bit 0 of `pc` is the ISA mode; a compressed instruction of
 * 32 bits has its first half word on top.
 */
export function disassemble(word: number, pc: number, isa: Isa, bytes: 2 | 4 = 4): string {
  const table = tableOf(isa, (pc & 1) === 1 ? 'compressed' : 'classic');
  const found = table.find((each) => each.bytes === bytes && isWordOf(each, word));
  if (found === undefined) return `.word ${hex(word)}`;
  if (word === 0) return 'nop';
  const get = (name: FieldName): number => fieldValue(word, found.fields[name]);
  const signed = (name: FieldName): number => signedFieldValue(word, found.fields[name]);
  const operands = found.operands === '' ? [] : found.operands.split(',');
  const texts = operands.flatMap((operand) => {
    const format = OPERANDS[operand];
    if (format === undefined) throw new Error(`${found.name} has an operand '${operand}' that cannot be written`);
    return format(get, pc, signed, pc + bytes) ?? [];
  });
  const name =
    /^j(al)?r$/.test(found.name) && found.fieldNames.has('sa') && get('sa') === HAZARD_BARRIER
      ? `${found.name}.hb`
      : found.name;
  return texts.length === 0 ? name : `${name} ${texts.join(',')}`;
}
