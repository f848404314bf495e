/** What is taken of the package @lydell/node-pty: its addon, without the streams around it, which read what clients should. */
import { createRequire } from 'node:module';

export interface PtyPair {
  /** Descriptors. Neither is closed in a child process: whoever starts a lasting one gives it others in their place. */
  readonly master: number;
  readonly slave: number;
  /** Of the slave. */
  readonly path: string;
}

/** A new pair; throws when there is none to be had. Both ends are O_NONBLOCK. */
export type OpenPty = (columns: number, rows: number) => PtyPair;

const PACKAGE = '@lydell/node-pty';

const property = (value: unknown, name: string): unknown =>
  (typeof value === 'object' && value !== null) || typeof value === 'function' ? Reflect.get(value, name) : undefined;

function isFunction(value: unknown): value is (...parameters: readonly unknown[]) => unknown {
  return typeof value === 'function';
}

function pairOf(value: unknown): PtyPair {
  const [master, slave, path] = ['master', 'slave', 'pty'].map((name) => property(value, name));
  if (typeof master !== 'number' || typeof slave !== 'number' || typeof path !== 'string')
    throw new Error(`the package ${PACKAGE} has another shape than version 1.1.0`);
  return { master, slave, path };
}

/** @throws Error when the package is missing, or has no binary for this platform. */
export function loadPty(): OpenPty {
  const fromHere = createRequire(import.meta.url);
  // its binaries are packages that it depends on
  const fromThere = createRequire(fromHere.resolve(PACKAGE));
  const open = property(fromThere(`${PACKAGE}-${process.platform}-${process.arch}/pty.node`), 'open');
  if (!isFunction(open)) throw new Error(`the package ${PACKAGE} has another shape than version 1.1.0`);
  return (columns, rows) => pairOf(open(columns, rows));
}
