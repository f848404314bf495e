/** The mount namespace in which CMD runs: made by a shell that becomes CMD when everything is in place. */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Duplex, Readable } from 'node:stream';
import { codeOf, mountOptions } from '../../fs/index.js';
import { CommandError } from '../command-error.js';
import { FIRMWARE } from './firmware.js';
import { DEV, FSTAB, STAGING, SYS } from './staging.js';

/**
 * Descriptors of the shell: 2 says why it fails; 3 and 5 are /dev/fuse; on 4 it tells how far it is, and waits for a line
 * before it goes on; 6 is CMD's standard error; 8 is the host's /dev. CMD inherits 0, 1, and 6 as 2.
 * It closes its /dev/fuse as soon as it can: whoever has it open keeps the mount alive.
 */
const SCRIPT = `set -e
name=$1; shift
mount() { LC_ALL=C command mount -i -n "$@"; }
exec 8< /dev
mount -t tmpfs -o mode=755 mips-rprocfs ${STAGING}
mount -t fuse -o "$1,X-mount.mkdir" "$name" ${SYS}; shift; exec 3<&-
mount -t fuse -o "$1,X-mount.mkdir" "$name" ${DEV}; shift; exec 5<&-
echo mounted >&4; read -r go <&4
mount -c -a -T ${FSTAB}
mount -c --move ${DEV} ${STAGING}
echo ready >&4; read -r go <&4
cd "$PWD" || :
exec "$@" 2>&6 6>&- 4>&- 8<&-`;

const DESCRIPTORS = { stderr: 2, sys: 3, control: 4, dev: 5 } as const;

export interface Entering {
  /** Becomes CMD. */
  readonly child: ChildProcess;
  /** Waits until it has come to `word`. Throws CommandError when it ended before. */
  reached(word: 'mounted' | 'ready'): Promise<void>;
  /**
   * Another name of a directory of the namespace, which it keeps when it is covered, or nobody is left in there: then the
   * same path may be one of the host. Throws as `reached` does.
   */
  hold(path: '/' | typeof STAGING): Promise<string>;
  /** Lets it go on. */
  go(): void;
}

export interface EnterOptions {
  /** The source of all mounts. */
  readonly name: string;
  /** /dev/fuse, opened twice. */
  readonly sys: number;
  readonly dev: number;
}

export function enterNamespace(command: readonly string[], { name, sys, dev }: EnterOptions): Entering {
  const shell = ['sh', '-c', SCRIPT, 'mips-rprocfs'];
  // nobody outside sees them; inside, as on a board, a user whom CMD becomes finds what the modes let him
  const settings = { allowOther: true };
  const options = [mountOptions(DESCRIPTORS.sys, settings), mountOptions(DESCRIPTORS.dev, settings)];
  const parameters = [name, ...options, ...command];
  const child = spawn('unshare', ['--mount', '--propagation', 'private', '--', ...shell, ...parameters], {
    stdio: ['inherit', 'inherit', 'pipe', sys, 'pipe', dev, 2],
  });
  const ended = new Promise<never>((_, reject) => {
    child.once('error', (error) =>
      reject(new CommandError(`unshare(1) cannot be run (${error.message}): install util-linux`, { cause: error })),
    );
    child.once('close', () => reject(failure(complaint)));
  });
  ended.catch(() => undefined);
  let complaint = '';
  const pipe = child.stdio[DESCRIPTORS.stderr];
  const control = child.stdio[DESCRIPTORS.control];
  if (!isReadable(pipe) || !isDuplex(control)) throw new Error('no pipes to a child');
  pipe.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  // a child that has ended does not read
  control.on('error', () => undefined);
  const words = createInterface({ input: control })[Symbol.asyncIterator]();
  return {
    child,
    reached: async (word) => {
      const said = await Promise.race([words.next().then(({ value, done }) => (done === true ? ended : value)), ended]);
      if (said !== word) throw new Error(`the shell said ${said} instead of ${word}`);
    },
    hold: async (path) => {
      try {
        return held(`/proc/${child.pid}/root${path}`);
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return ended;
        throw error;
      }
    },
    go: () => control.write('go\n'),
  };
}

const held = (path: string): string => `/proc/self/fd/${openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)}`;

const isReadable = (stream: unknown): stream is Readable =>
  typeof stream === 'object' && stream !== null && 'read' in stream;
const isDuplex = (stream: unknown): stream is Duplex => isReadable(stream) && 'write' in stream;

/** One line of what unshare(1) or mount(8) said, and what can be done. */
function failure(complaint: string): CommandError {
  const line = complaint.trim().replace(/\s*\n\s*/g, '; ') || 'no reason given';
  return new CommandError(`the namespace for the command could not be made (${line})${remedyOf(line)}`);
}

function remedyOf(line: string): string {
  if (/not permitted|permission denied/i.test(line))
    return ': run it as root; in a container, with `--cap-add SYS_ADMIN --security-opt apparmor=unconfined`';
  // of what the kernel says to a third overlay
  if (line.startsWith(`mount: ${FIRMWARE}: wrong fs type`))
    return `: it may be on an overlay of an overlay already, where the kernel allows no more; a container that runs \`run\` within \`run\` wants \`--tmpfs ${FIRMWARE}\``;
  return '';
}
