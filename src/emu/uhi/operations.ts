/** The operations by number: docs/reference/mips-uhi.md 2.3. */
import { contextAt } from './context.js';
import { errnoNumber, UhiError } from './errno.js';
import { FILE_OPERATIONS, type Arguments } from './files.js';
import type { UhiHost } from './host.js';
import { messageAt } from './memory.js';

const V0 = 2;
const V1 = 3;
/** $4 and $25 keep what $27 and $26 had, where an exception is reported without a context. */
const [A0, T9, K0, K1] = [4, 25, 26, 27];

/** Sets the registers of the result, unless the core stops or makes the call again. Throws UhiError, or the host's error. */
type Operation = (host: UhiHost, ...args: Arguments) => void;

const FAILED = -1n;

const int = (register: bigint): number => Number(BigInt.asIntN(32, register));

/** $2 only: errno stays as it is. */
const answer = (host: UhiHost, value: bigint | number): void => host.setRegister(V0, BigInt(value));

/** For what sets errno, also to 0. */
const file =
  (operation: (host: UhiHost, ...args: Arguments) => number | undefined): Operation =>
  (host, ...args) => {
    const value = operation(host, ...args);
    if (value === undefined) return;
    answer(host, value);
    host.setRegister(V1, 0n);
  };

const constant =
  (value: number): Operation =>
  (host) =>
    answer(host, value);

const reserved: Operation = () => {
  throw new UhiError('ENOSYS');
};

function print(host: UhiHost, text: string, result: number): void {
  if (host.output(text)) answer(host, result);
  else host.stall();
}

const exit: Operation = (host, code) => host.exit(int(code));

/** There is no command line: the boot protocol of a coprocessor has none (2.1). */
const NO_ARGUMENTS = 0;

const ramrange: Operation = (host) => {
  const { memory } = host.session;
  answer(host, memory?.start ?? FAILED);
  if (memory !== undefined) host.setRegister(V1, memory.end);
};

const plog: Operation = (host, format, argument) => {
  const line = messageAt(host, format).replace('%d', String(int(argument)));
  print(host, line, line.length);
};

const assert: Operation = (host, message, source, line) =>
  print(host, `assertion failed: ${messageAt(host, message)} (${messageAt(host, source)}:${int(line)})\n`, 0);

const REPORTED = 'reported by the firmware (UHI exception)';

/** A firmware that has no handler for its exception does not go on. */
const exception: Operation = (host, at, abi) => {
  if (at === 0n) {
    host.setRegister(T9, host.register(K0));
    host.setRegister(A0, host.register(K1));
    host.crash(REPORTED);
    return;
  }
  const context = contextAt(host, at, int(abi));
  if (context === undefined) throw new UhiError('EINVAL');
  host.crash(`${context.summary}: ${REPORTED}`, context);
};

const BOOT_FAILURES: ReadonlyMap<number, string> = new Map([
  [1, 'configuration of a cache'],
  [2, 'the configuration that was asked for is not there'],
]);

const bootFail: Operation = (host, reason) => {
  const code = int(reason);
  host.crash(`the firmware's boot code gave up (UHI boot fail): ${BOOT_FAILURES.get(code) ?? `reason ${code}`}`);
};

/** There is no debugger that could handle a breakpoint. */
const NOT_HANDLED = 0;

const { open, close, read, write, lseek, unlink, fstat, pread, pwrite, link } = FILE_OPERATIONS;

const OPERATIONS: readonly (Operation | undefined)[] = [
  undefined,
  exit,
  file(open),
  file(close),
  file(read),
  file(write),
  file(lseek),
  file(unlink),
  file(fstat),
  constant(NO_ARGUMENTS), // argc
  constant(-1), // argnlen
  constant(-1), // argn
  ramrange,
  plog,
  assert,
  exception,
  reserved, // findfirst
  reserved, // findnext
  reserved, // findclose
  file(pread),
  file(pwrite),
  constant(0), // yield
  file(link),
  bootFail,
  constant(NOT_HANDLED), // break
];

/** Serves the call in $25 with the arguments in $4…$7. */
export function serve(host: UhiHost): void {
  const operation = OPERATIONS[Number(BigInt.asUintN(32, host.register(T9)))] ?? reserved;
  const argument = (index: number): bigint => host.register(A0 + index);
  try {
    operation(host, argument(0), argument(1), argument(2), argument(3));
  } catch (error) {
    const number = errnoNumber(error);
    answer(host, FAILED);
    host.setRegister(V1, BigInt(number));
  }
}
