/** The instructions around the one that a firmware died of, as its image has them. */
import { disassemble, type Isa } from '../emu/isa/index.js';
import { ElfImage } from '../rproc/index.js';

/** Names of members are keys of `why --json` (docs/commands.md). */
export interface CodeLine {
  readonly address: string;
  /** In hexadecimal, as the core reads it. */
  readonly word: string;
  readonly text: string;
  readonly faulting: boolean;
}

/** What the register dump says of it: its address, and what it was in memory. */
export interface Faulting {
  readonly pc: bigint;
  readonly text: string;
  /** Where it would have returned to. */
  readonly ra: bigint | undefined;
}

/** The last one in these lines of the log: each crash has a dump of its own. */
export function faultingIn(log: readonly string[]): Faulting | undefined {
  const found = log.map((line) => /: pc {4}: ([0-9a-f]{8,16}) (.*)$/.exec(line)).findLast((match) => match !== null);
  const ra = log.map((line) => /: ra {4}: ([0-9a-f]{8,16})$/.exec(line)?.[1]).findLast((value) => value !== undefined);
  if (!found) return undefined;
  return { pc: BigInt(`0x${found[1]}`), text: found[2] ?? '', ra: ra === undefined ? undefined : BigInt(`0x${ra}`) };
}

const BEFORE = 5;
const AFTER = 4;
/** Of the compressed sets; also the bit of an address that says so. */
const HALF = 2;

/** Empty when no segment of the image holds that address. */
export function codeAround(pc: bigint, bytes: Uint8Array, isa: Isa): CodeLine[] {
  const segment = segmentAt(pc & ~1n, new ElfImage(bytes, isa.endian));
  if (segment === undefined) return [];
  const decode = decoder(segment, isa, (pc & 1n) === 1n);
  const at = Number((pc & ~1n) - segment.start);
  const lines = [...instructionsBefore(at, decode, (pc & 1n) === 1n), at];
  for (let next = at, n = 0; n < AFTER; n++) {
    const length = decode(next)?.length;
    if (length === undefined) break;
    lines.push((next += length));
  }
  const width = Math.max(8, pc.toString(16).length);
  return lines.flatMap((offset) => {
    const found = decode(offset);
    if (found === undefined) return [];
    const address = (segment.start + BigInt(offset)).toString(16).padStart(width, '0');
    return [{ address, word: found.word, text: found.text, faulting: offset === at }];
  });
}

interface Segment {
  /** Virtual address of its first byte. */
  readonly start: bigint;
  readonly view: DataView;
}

/** Images of 32 bits are linked at addresses that a core of 64 sign-extends. */
function segmentAt(pc: bigint, image: ElfImage): Segment | undefined {
  for (const { vaddr, offset, filesz } of image.programHeaders()) {
    const same = BigInt.asUintN(32, vaddr) === vaddr ? BigInt.asUintN(32, pc) : pc;
    if (same < vaddr || same >= vaddr + filesz || offset + filesz > image.size) continue;
    const { buffer, byteOffset, byteLength } = image.slice(offset, filesz);
    return { start: pc - (same - vaddr), view: new DataView(buffer, byteOffset, byteLength) };
  }
  return undefined;
}

interface Decoded {
  readonly length: number;
  readonly word: string;
  readonly text: string;
}

type Decode = (offset: number) => Decoded | undefined;

const UNKNOWN = /^\.word /;

/** One instruction of the segment; undefined outside it. */
function decoder({ start, view }: Segment, isa: Isa, compressed: boolean): Decode {
  const little = isa.endian === 'le';
  const inside = (offset: number, length: number): boolean => offset >= 0 && offset + length <= view.byteLength;
  const address = (offset: number): number => Number(BigInt.asUintN(32, start + BigInt(offset)));
  const hex = (value: number, length: number): string => (value >>> 0).toString(16).padStart(2 * length, '0');
  const half = (offset: number): number => view.getUint16(offset, little);
  const whole = (word: number, pc: number): Decoded => ({
    ...{ length: 4, word: hex(word, 4), text: disassemble(word, pc, isa) },
  });
  if (!compressed)
    return (offset) => (inside(offset, 4) ? whole(view.getUint32(offset, little), address(offset)) : undefined);
  return (offset) => {
    if (!inside(offset, HALF)) return undefined;
    const pc = address(offset) | 1;
    const short = disassemble(half(offset), pc, isa, HALF);
    // a first half of zeros belongs to instructions of 32 bits
    if ((UNKNOWN.test(short) || half(offset) === 0) && inside(offset, 4)) {
      const long = whole(((half(offset) << 16) | half(offset + HALF)) >>> 0, pc);
      if (!UNKNOWN.test(long.text)) return long;
    }
    return { length: HALF, word: hex(half(offset), HALF), text: short };
  };
}

/** Offsets, in order. Where lengths differ, from the farthest address from which instructions lead to it. */
function instructionsBefore(at: number, decode: Decode, compressed: boolean): number[] {
  if (!compressed) return Array.from({ length: BEFORE }, (_, n) => at - 4 * (BEFORE - n));
  for (let first = at - 4 * BEFORE; first < at; first += HALF) {
    const offsets: number[] = [];
    let next = first;
    while (next < at) {
      const length = decode(next)?.length;
      if (length === undefined) break;
      offsets.push(next);
      next += length;
    }
    if (next === at) return offsets.slice(-BEFORE);
  }
  return [];
}
