/** A child that is to the user what this process is: it gets the signals, and stops and ends as this process does. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** What somebody sends to a process, and means the command. */
const PASSED_ON = ['SIGHUP', 'SIGTERM', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const;
/** What a terminal sends to everybody in the foreground, and so to the child. */
const BY_TERMINAL = ['SIGINT', 'SIGQUIT', 'SIGTSTP'] as const;

const SIGNALLED = 128;

/** Exit status as a shell would show it. */
export const statusOf = (code: number | null, signal: NodeJS.Signals | null): number =>
  signal === null ? (code ?? 0) : SIGNALLED + constants.signals[signal];

/** Waits for the child to end; gives its exit status. `pid` is whom the signals are for, the child itself by default. */
export function accompany(child: ChildProcess): Promise<number> {
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const passUnlessTerminal = (signal: NodeJS.Signals): void => {
    if (!inForeground()) pass(signal);
  };
  /** As the child does: whoever started this process, a shell with job control, sees no other. */
  const stopped = (): void => {
    if (child.pid !== undefined && stat('self').terminal !== 0 && stat(child.pid).state === 'T')
      process.kill(process.pid, 'SIGSTOP');
  };
  const continued = (): void => pass('SIGCONT');
  for (const signal of PASSED_ON) process.on(signal, pass);
  for (const signal of BY_TERMINAL) process.on(signal, passUnlessTerminal);
  process.on('SIGCHLD', stopped).on('SIGCONT', continued);
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      process.off('SIGCHLD', stopped).off('SIGCONT', continued);
      resolve(statusOf(code, signal));
    });
  });
}

/** Whether this process belongs to the foreground of its terminal. */
function inForeground(): boolean {
  const { group, foreground } = stat('self');
  return group === foreground;
}

interface Stat {
  readonly state: string;
  readonly group: number;
  /** Device number of the controlling terminal; 0 without one. */
  readonly terminal: number;
  /** The process group in its foreground. */
  readonly foreground: number;
}

/** proc(5); an empty state for a process that has gone. */
function stat(pid: number | 'self'): Stat {
  const fields = readStat(pid).split(' ');
  const [state = '', , group, , terminal, foreground] = fields;
  return { state, group: Number(group), terminal: Number(terminal), foreground: Number(foreground) };
}

/** What follows the name, which is in parentheses and may hold anything. */
function readStat(pid: number | 'self'): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return text.slice(text.lastIndexOf(')') + 2);
  } catch {
    return '';
  }
}
