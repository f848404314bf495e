/**
 * The pipe between a process that serves a machine and the one that started it for that: when its starter goes, however that
 * happens, the pipe closes, and the machine with all that uses it is ended. On request it carries a report back.
 */
import type { ChildProcess, IOType } from 'node:child_process';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Tells the process on which descriptor its starter's end shows, and what its starter wants to know in the end. */
const STARTER = 'MIPS_RPROCFS_STARTER';
const WANTED = 'MIPS_RPROCFS_STARTER_WANTS';
const STARTER_FD = 3;
const REPORT = 'report';

export interface Starter {
  /** Resolves when the starter has gone, which may be at once. */
  readonly gone: Promise<void>;
  /** Gives the starter a text, once; missing when it wants none. */
  readonly tell?: (text: string) => Promise<void>;
}

/** How a process is to be spawned that shall end with this one. `streams` are its standard streams. */
export const endsWithStarter = (streams: readonly IOType[], wants?: typeof REPORT) => ({
  stdio: [...streams, 'pipe' as const],
  env: { ...process.env, [STARTER]: String(STARTER_FD), ...(wants === undefined ? {} : { [WANTED]: wants }) },
});

/** The starter's end of the pipe of such a process. */
export function pipeTo({ stdio }: ChildProcess): Duplex {
  const pipe = stdio[STARTER_FD];
  if (!(pipe instanceof Socket)) throw new Error('no pipe to a child');
  return pipe.on('error', () => undefined);
}

/** In such a process: its starter; undefined anywhere else. */
export function starter(): Starter | undefined {
  const { [STARTER]: descriptor, [WANTED]: wanted } = process.env;
  if (descriptor === undefined) return undefined;
  Reflect.deleteProperty(process.env, STARTER);
  Reflect.deleteProperty(process.env, WANTED);
  const pipe = new Socket({ fd: STARTER_FD, readable: true, writable: true });
  const gone = new Promise<void>((resolve) => pipe.on('error', () => undefined).on('close', () => resolve()));
  pipe.resume();
  pipe.unref();
  if (wanted !== REPORT) return { gone };
  // written in any case: a starter that has gone does not read
  return { gone, tell: (text) => new Promise((resolve) => pipe.end(text, resolve)) };
}
