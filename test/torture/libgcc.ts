/**
 * libgcc, the functions that compiled code calls for what the instruction set has no instruction for, out of the same sources
 * as the tests. Made for every ISA of the matrix: Debian's own are for one ISA a compiler, position independent, and never for
 * soft float, which would not link, or not with code of the ISA in question.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Isa } from './isas.js';
import type { Sources } from './sources.js';

/** A source file, and the flags that choose the functions in it. */
export interface Member {
  readonly name: string;
  readonly file: string;
  readonly flags: readonly string[];
}

/** Parts of libgcc2.c, as libgcc/Makefile.in lists them. */
const INTEGER = [
  ...['muldi3', 'negdi2', 'lshrdi3', 'ashldi3', 'ashrdi3', 'cmpdi2', 'ucmpdi2', 'clear_cache'],
  ...['absvsi2', 'absvdi2', 'addvsi3', 'addvdi3', 'subvsi3', 'subvdi3', 'mulvsi3', 'mulvdi3', 'negvsi2', 'negvdi2'],
  ...['ffssi2', 'ffsdi2', 'clz', 'clzsi2', 'clzdi2', 'ctzsi2', 'ctzdi2', 'clrsbsi2', 'clrsbdi2'],
  ...['popcount_tab', 'popcountsi2', 'popcountdi2', 'paritysi2', 'paritydi2', 'bswapsi2', 'bswapdi2'],
  ...['divdi3', 'moddi3', 'divmoddi4', 'udivdi3', 'umoddi3', 'udivmoddi4', 'udiv_w_sdiv'],
];
const COMPLEX = ['powisf2', 'powidf2', 'powitf2', 'mulsc3', 'muldc3', 'multc3', 'divsc3', 'divdc3', 'divtc3'];
/** Between doubles and integers of two words, and unsigned ones of one. */
const CONVERSIONS = [
  ...['fixunssfsi', 'fixunsdfsi', 'fixunssfdi', 'fixsfdi', 'fixunsdfdi', 'fixdfdi'],
  ...['floatdisf', 'floatdidf', 'floatundisf', 'floatundidf'],
];

/** Floating-point modes that soft-fp has to do: single (sf), double (df), quad (tf). */
const softModes = ({ abi, flags }: Isa): string[] => [
  ...(flags.includes('-msoft-float') ? ['sf', 'df'] : []),
  ...(abi === 'o32' ? [] : ['tf']),
];

/** A function's name without the modes in it is its operation: adddf3, floatsidf, extendsftf2. */
function modesOf(name: string): string[] {
  const modes = /^[a-z]*?((?:hf|sf|df|tf|xf|si|di|ti)+)[23]?$/.exec(name)?.[1] ?? '';
  return modes.match(/../g) ?? [];
}

const FLOATS = ['hf', 'sf', 'df', 'tf', 'xf'];

/** Those of soft-fp/*.c in which every floating-point mode is one that is there, and one is done by software. */
async function softFloat(sources: Sources, isa: Isa): Promise<Member[]> {
  const soft = softModes(isa);
  if (soft.length === 0) return [];
  const directory = sources.path('libgcc', 'soft-fp');
  const there = ['sf', 'df', ...soft];
  return (await readdir(directory))
    .filter((file) => file.endsWith('.c'))
    .map((file) => file.slice(0, -'.c'.length))
    .filter((name) => {
      const modes = modesOf(name);
      const floats = modes.filter((mode) => FLOATS.includes(mode));
      if (modes.includes('ti') && isa.abi === 'o32') return false;
      return floats.every((mode) => there.includes(mode)) && floats.some((mode) => soft.includes(mode));
    })
    .map((name) => ({ name, file: join(directory, `${name}.c`), flags: [] }));
}

/** MIPS16 code has no floating-point instructions: it calls these. */
const mips16 = (sources: Sources): Member[] => [
  {
    name: 'mips16',
    file: sources.path('libgcc/config/mips/mips16.S'),
    flags: MIPS16_PARTS.map((part) => `-DL_m16${part}`),
  },
];

const MIPS16_PARTS = [
  ...['sf', 'df'].flatMap((mode) => [
    ...['add', 'sub', 'mul', 'div'].map((operation) => `${operation}${mode}3`),
    ...['eq', 'ne', 'gt', 'ge', 'le', 'lt', 'unord'].map((relation) => `${relation}${mode}2`),
    ...[`fltsi${mode}`, `fix_trunc${mode}si`, `fltunsi${mode}`, `ret${mode}`],
    ...['0', '1', '2', '5', '6', '9', '10'].map((argument) => `stub${mode}${argument}`),
  ]),
  ...['extsfdf2', 'trdfsf2', 'retsc', 'retdc'],
  ...['1', '2', '5', '6', '9', '10'].map((argument) => `stub${argument}`),
  ...['sc', 'dc'].flatMap((mode) => ['0', '1', '2', '5', '6', '9', '10'].map((argument) => `stub${mode}${argument}`)),
];

/** Everything that this ISA's libgcc is made of. */
export async function members(sources: Sources, isa: Isa): Promise<Member[]> {
  const soft = isa.flags.includes('-msoft-float');
  const file = sources.path('libgcc', 'libgcc2.c');
  const part = (name: string, suffix = '', flags: readonly string[] = []): Member => ({
    name: `_${name}${suffix}`,
    file,
    flags: [`-DL_${name}`, ...flags],
  });
  const word = isa.abi === 'o32' ? 4 : 8;
  return [
    ...INTEGER.map((name) => part(name)),
    ...COMPLEX.map((name) => part(name)),
    ...(soft ? [] : CONVERSIONS.map((name) => part(name))),
    // a 64-bit core converts its words by instructions, but there are names for it with which only this makes them
    ...(soft || word === 4 ? [] : CONVERSIONS.map((name) => part(name, '_32', ['-DLIBGCC2_UNITS_PER_WORD=4']))),
    ...(await softFloat(sources, isa)),
    ...(isa.flags.includes('-mips16') && !soft ? mips16(sources) : []),
  ];
}

/** Flags that all of libgcc is compiled with; `headers` is the directory that stands in for GCC's generated headers. */
export function libgccFlags(sources: Sources, isa: Isa, headers: string): string[] {
  const directories = [headers, sources.path('libgcc'), sources.path('libgcc/config/mips'), sources.path('include')];
  for (const directory of directories) if (!existsSync(directory)) throw new Error(`${directory} is missing`);
  return [
    ...['-O2', '-w', '-fbuilding-libgcc', '-DIN_GCC', '-DIN_LIBGCC2', '-DCROSS_DIRECTORY_STRUCTURE'],
    ...['-DBITS_PER_UNIT=8', `-DMIN_UNITS_PER_WORD=${isa.abi === 'o32' ? 4 : 8}`],
    ...directories.flatMap((directory) => ['-I', directory]),
  ];
}
