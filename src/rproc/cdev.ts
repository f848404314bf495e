/** What /dev/remoteproc<N> does, without the file: docs/reference/kernel-abi.md 1.7. */
import { Errno } from '../kernel/index.js';
import { ignoreRefusal } from './crash.js';
import type { RemoteProc } from './remoteproc.js';
import { matchWord, textOf } from './text.js';

/** The dynamic major number of `remoteproc`. The minor is the processor's index. */
export const CDEV_MAJOR = 245;

export const deviceNumber = ({ index }: RemoteProc): string => `${CDEV_MAJOR}:${index}`;

const LONGEST_VERB = 10;
const VERBS = ['start', 'stop', 'detach'] as const;

/** One write. @throws Errno of the operation; EINVAL for what is no verb, or no length of one. */
export async function writeVerb(rproc: RemoteProc, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  if (bytes.length < 1 || bytes.length > LONGEST_VERB) throw new Errno('EINVAL');
  const verb = matchWord(textOf(bytes), VERBS);
  if (verb === undefined) {
    rproc.log.err('Unrecognized option');
    throw new Errno('EINVAL');
  }
  const operations = {
    start: () => rproc.boot(signal),
    stop: () => rproc.shutdown(signal),
    detach: () => rproc.detach(signal),
  };
  await operations[verb]();
}

const RPROC_SET_SHUTDOWN_ON_RELEASE = 0x4004b701;
const RPROC_GET_SHUTDOWN_ON_RELEASE = 0x8004b702;

/**
 * One ioctl(2): `input` is the int that the caller's pointer leads to; gives what is written there, if anything.
 * The numbers are those of asm-generic, as every host of this program has them.
 *
 * @throws Errno EINVAL for another command.
 */
export function ioctl(rproc: RemoteProc, command: number, input: Uint8Array): Uint8Array | undefined {
  switch (command) {
    case RPROC_SET_SHUTDOWN_ON_RELEASE:
      rproc.shutdownOnRelease = input.some((byte) => byte !== 0);
      return undefined;
    case RPROC_GET_SHUTDOWN_ON_RELEASE:
      return Uint8Array.of(rproc.shutdownOnRelease ? 1 : 0, 0, 0, 0);
    default:
      rproc.log.err('Unsupported ioctl');
      throw new Errno('EINVAL');
  }
}

/** The last descriptor of an open file is closed. The flag is the processor's, whoever set it. */
export async function release(rproc: RemoteProc): Promise<void> {
  if (!rproc.shutdownOnRelease) return;
  if (rproc.state === 'running') await rproc.shutdown().catch(ignoreRefusal);
  else if (rproc.state === 'attached') await rproc.detach().catch(ignoreRefusal);
}
