/**
 * The comments in a test that GCC's own test driver obeys: `{ dg-options "-fwrapv" { target ilp32 } }`. They are lists of Tcl.
 * Only what can matter to a MIPS program without an operating system is understood; whether a test is expected to fail is not
 * asked, because QEMU tells.
 */
import type { Abi } from './isas.js';

/** A word, or a list in braces. */
export type Tcl = string | readonly Tcl[];

/** The lists in braces that `text`, one line, has in it. */
export function tclLists(text: string): Tcl[][] {
  const stack: Tcl[][] = [];
  const lists: Tcl[][] = [];
  for (const [token, quoted] of text.matchAll(/[{}]|"((?:[^"\\]|\\.)*)"|[^\s{}"]+/g)) {
    const top = stack.at(-1);
    if (token === '{') {
      const list: Tcl[] = [];
      top?.push(list);
      stack.push(list);
    } else if (token === '}') {
      const ended = stack.pop();
      if (ended !== undefined && stack.length === 0) lists.push(ended);
    } else top?.push(quoted ?? token);
  }
  return lists;
}

/** What the target of these tests can do, by the names that GCC's tests use. */
const CAN: Readonly<Record<string, boolean | ((abi: Abi) => boolean)>> = {
  alloca: true,
  c99_runtime: true,
  dfp: false,
  double64plus: true,
  fileio: false,
  fpic: false,
  freestanding: false,
  ilp32: (abi) => abi !== 'n64',
  indirect_jumps: true,
  int128: (abi) => abi !== 'o32',
  int32: true,
  int32plus: true,
  label_values: true,
  longlong64: true,
  lp64: (abi) => abi === 'n64',
  mmap: false,
  newlib_nano_io: false,
  nonlocal_goto: true,
  return_address: true,
  signal: false,
  stdint_types: true,
  trampolines: true,
  untyped_assembly: true,
  unwrapped: true,
};

const TRIPLET = 'mips-unknown-linux-gnu';

function can(name: string, abi: Abi): boolean {
  // a pattern of target triplets
  if (/[-*]/.test(name)) return glob(name).test(TRIPLET);
  const answer = CAN[name];
  return typeof answer === 'function' ? answer(abi) : (answer ?? false);
}

const glob = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+()|^$\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

/** A selector: names with !, && and ||; several names without an operator are alternatives. */
export function selected(selector: Tcl, abi: Abi): boolean {
  if (typeof selector === 'string')
    return selector.includes(' ') ? selected(selector.trim().split(/\s+/), abi) : can(selector, abi);
  const [first, ...rest] = selector;
  if (first === undefined) return false;
  if (first === 'target' || first === 'xfail') return selected(rest, abi);
  const or = selector.indexOf('||');
  if (or >= 0) return selected(selector.slice(0, or), abi) || selected(selector.slice(or + 1), abi);
  const and = selector.indexOf('&&');
  if (and >= 0) return selected(selector.slice(0, and), abi) && selected(selector.slice(and + 1), abi);
  if (first === '!') return !selected(rest, abi);
  return selector.some((alternative) => selected(alternative, abi));
}

export interface Wishes {
  readonly flags: readonly string[];
  /** Why the test is not for this target. */
  readonly skip?: string;
}

const words = (text: Tcl | undefined): string[] =>
  text === undefined
    ? []
    : typeof text === 'string'
      ? text.split(/\s+/).filter((word) => word !== '')
      : text.flatMap(words);

/** dg-skip-if: with any of the flags of the third list, and none of the fourth. */
function skipped(
  [reason, selector, include, exclude]: readonly Tcl[],
  abi: Abi,
  flags: readonly string[],
): string | undefined {
  const has = (patterns: Tcl | undefined) =>
    words(patterns).some((pattern) => pattern === '*' || flags.some((flag) => glob(pattern).test(flag)));
  if (selector === undefined || !selected(selector, abi)) return undefined;
  if (include !== undefined && !has(include)) return undefined;
  return has(exclude) ? undefined : words(reason).join(' ') || 'not for MIPS';
}

/** What the directives of a source say, when it is compiled with `flags`. */
export function wishes(source: string, abi: Abi, flags: readonly string[]): Wishes {
  const more: string[] = [];
  const lines = source.split('\n').filter((line) => line.includes('dg-'));
  for (const [name, ...args] of lines.flatMap(tclLists)) {
    const [first, selector] = args;
    switch (name) {
      case 'dg-options':
      case 'dg-additional-options':
        if (selector === undefined || selected(selector, abi)) more.push(...words(first));
        break;
      case 'dg-require-effective-target':
        if (first === undefined || !selected(first, abi))
          return { flags: more, skip: `needs ${words(first).join(' ')}` };
        break;
      case 'dg-skip-if': {
        const skip = skipped(args, abi, flags);
        if (skip !== undefined) return { flags: more, skip };
        break;
      }
      default:
        break;
    }
  }
  return { flags: more };
}

/** The flags that a script beside a test (.x) adds; what it does inside conditions is for other targets. */
export const scriptFlags = (script: string): string[] =>
  [...script.matchAll(/^(?:lappend|set) additional_flags (.*)$/gm)].flatMap(([, flags = '']) =>
    words(flags.replaceAll('"', ' ')),
  );
