/**
 * Unified Hosting Interface (mips-uhi.md 2): calls of the firmware to its host. Operation in $25, arguments in $4…$7,
 * result in $2, errno in $3. There are no files: everything but the three standard streams is refused with EACCES.
 */
import type { Core } from './cpu/core.js';

const V0 = 2;
const V1 = 3;
const A0 = 4;
const A1 = 5;
const A2 = 6;
const T9 = 25;

/** newlib's errno numbers */
const EBADF = 9;
const EACCES = 13;
const EFAULT = 14;
const ESPIPE = 29;
const ENOSYS = 88;

/** A longer write is done in parts: the caller sees how much was taken. */
const LONGEST_WRITE = 65536;
const LONGEST_STRING = 4096;
const STREAMS: ReadonlyMap<string, number> = new Map([
  ['/dev/stdin', 0],
  ['/dev/stdout', 1],
  ['/dev/stderr', 2],
]);
const CHARACTER_DEVICE = 0o020620;
const STAT_BYTES = 104;
const STAT_MODE_AT = 4;

/** Undefined: nothing is returned, because the core has stopped or the call will be made again. */
type Result = { readonly value: number } | { readonly error: number } | undefined;

const ok = (value: number): Result => ({ value });
const fail = (error: number): Result => ({ error });

/** Bytes of the firmware's memory, as many as there are, a page at a time. */
function* pages(core: Core, at: number, length: number): Generator<Uint8Array> {
  for (let done = 0; done < length;) {
    const bytes = core.readPage(at + done, length - done);
    if (bytes === undefined) return;
    done += bytes.length;
    yield bytes;
  }
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

function readString(core: Core, at: number): string {
  let string = '';
  for (const bytes of pages(core, at, LONGEST_STRING)) {
    const end = bytes.indexOf(0);
    string += text(end < 0 ? bytes : bytes.subarray(0, end));
    if (end >= 0) break;
  }
  return string;
}

function write(core: Core, fd: number, at: number, length: number): Result {
  if (fd !== 1 && fd !== 2) return fail(EBADF);
  const count = Math.min(length >>> 0, LONGEST_WRITE);
  const string = [...pages(core, at, count)].map(text).join('');
  return string.length < count ? fail(EFAULT) : output(core, string, count);
}

function output(core: Core, text: string, result: number): Result {
  if (core.events.output(text)) return ok(result);
  core.stall();
  return undefined;
}

/** A character device, as a terminal; all other members are 0. */
function status(core: Core, fd: number, at: number): Result {
  if (fd < 0 || fd > 2) return fail(EBADF);
  const buffer = Buffer.alloc(STAT_BYTES);
  if (core.littleEndian) buffer.writeUInt32LE(CHARACTER_DEVICE, STAT_MODE_AT);
  else buffer.writeUInt32BE(CHARACTER_DEVICE, STAT_MODE_AT);
  const written = [...buffer].every((byte, i) => core.writeByte(at + i, byte));
  return written ? ok(0) : fail(EFAULT);
}

type Operation = (core: Core, a0: number, a1: number, a2: number) => Result;

const refused: Operation = () => fail(EACCES);
const reserved: Operation = () => fail(ENOSYS);
const standard: Operation = (_core, fd) => (fd >= 0 && fd <= 2 ? fail(ESPIPE) : fail(EBADF));

/** By number, section 2.3. */
const OPERATIONS: ReadonlyMap<number, Operation> = new Map<number, Operation>([
  [
    1,
    (core, code) => {
      core.events.exit(code);
      core.stop();
      return undefined;
    },
  ],
  [
    2,
    (core, path) => {
      const fd = STREAMS.get(readString(core, path));
      return fd === undefined ? fail(EACCES) : ok(fd);
    },
  ],
  [3, (_core, fd) => (fd >= 0 && fd <= 2 ? ok(0) : fail(EBADF))],
  [4, (_core, fd) => (fd === 0 ? ok(0) : fail(EBADF))],
  [5, write],
  [6, standard],
  [7, refused],
  [8, (core, fd, buffer) => status(core, fd, buffer)],
  [9, () => ok(0)],
  [10, () => ok(-1)],
  [11, () => ok(-1)],
  [12, () => ok(-1)],
  [
    13,
    (core, format, argument) => {
      const line = readString(core, format).replace('%d', String(argument));
      return output(core, line, line.length);
    },
  ],
  [
    14,
    (core, message, file, line) =>
      output(core, `assertion failed: ${readString(core, message)} (${readString(core, file)}:${line})\n`, 0),
  ],
  [
    15,
    (core) => {
      core.fail('reported by the firmware (UHI exception)');
      return undefined;
    },
  ],
  [16, reserved],
  [17, reserved],
  [18, reserved],
  [19, standard],
  [20, standard],
  [21, () => ok(0)],
  [22, refused],
  [
    23,
    (core, reason) => {
      core.fail(`the firmware's boot code gave up (UHI boot fail, reason ${reason})`);
      return undefined;
    },
  ],
  [24, () => ok(0)],
]);

/** Serves the call that the core has just made; the instruction after it runs next. */
export function uhi(core: Core): undefined {
  const { state } = core;
  core.chargeHostService();
  const operation = OPERATIONS.get(state.gpr(T9)) ?? reserved;
  const result = operation(core, state.gpr(A0), state.gpr(A1), state.gpr(A2));
  if (result === undefined) return undefined;
  state.setGpr(V0, 'error' in result ? -1 : result.value);
  if ('error' in result) state.setGpr(V1, result.error);
  return undefined;
}
