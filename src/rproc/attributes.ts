/**
 * What a write to an attribute of a remote processor does, as functions of the bytes: docs/reference/kernel-abi.md 1.3
 * to 1.6 (sysfs) and 2 (debugfs). Returning means that all bytes were taken; a refusal is an Errno.
 */
import { Errno, negative } from '../kernel/index.js';
import { ignoreRefusal } from './crash.js';
import { COREDUMP_MODES, type CoredumpMode, type RemoteProc } from './remoteproc.js';
import { bytesOf, cString, matchPrefix, parseUnsigned, streq } from './text.js';

export const showName = (rproc: RemoteProc): Uint8Array => bytesOf(`${rproc.name}\n`);
export const showState = (rproc: RemoteProc): string => `${rproc.state}\n`;
export const showRecovery = (rproc: RemoteProc): string => (rproc.recoveryEnabled ? 'enabled\n' : 'disabled\n');
export const showCoredump = (rproc: RemoteProc): string => `${rproc.coredump}\n`;

/** The file that an attached processor runs is not ours to know. */
export const showFirmware = (rproc: RemoteProc): Uint8Array =>
  bytesOf(`${rproc.state === 'attached' ? 'unknown' : rproc.firmware}\n`);

const LONGEST_DEBUGFS_NAME = 98;
export const showDebugName = (rproc: RemoteProc): Uint8Array =>
  bytesOf(`${rproc.name.slice(0, LONGEST_DEBUGFS_NAME)}\n`);

/** sysfs `state`. @throws Errno of the operation; EINVAL for an unknown verb. */
export async function storeState(rproc: RemoteProc, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  const verb = cString(bytes);
  if (streq(verb, 'start')) await start(rproc, signal);
  else if (streq(verb, 'stop')) await rproc.shutdown(signal);
  else if (streq(verb, 'detach')) await rproc.detach(signal);
  else {
    rproc.log.err(`Unrecognised option: ${verb}`);
    throw new Errno('EINVAL');
  }
}

async function start(rproc: RemoteProc, signal?: AbortSignal): Promise<void> {
  try {
    await rproc.boot(signal);
  } catch (error) {
    rproc.log.err(`Boot failed: ${negative(error)}`);
    throw error;
  }
}

/** sysfs `firmware`. @throws Errno EBUSY unless offline, EINVAL for an empty name or when interrupted. */
export async function storeFirmware(rproc: RemoteProc, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  const { log } = rproc.platform;
  const critical = () => {
    if (rproc.state !== 'offline') {
      log.err("can't change firmware while running");
      throw new Errno('EBUSY');
    }
    const [name = ''] = cString(bytes).split('\n', 1);
    if (name === '') {
      log.err("can't provide empty string for firmware name");
      throw new Errno('EINVAL');
    }
    rproc.firmware = name;
  };
  try {
    await rproc.locked(critical, signal, log);
  } catch (error) {
    if (error instanceof Errno && error.code === 'EINTR') throw new Errno('EINVAL', { cause: error });
    throw error;
  }
}

const RECOVERY_VERBS = ['enabled', 'disabled', 'recover'] as const;

/** sysfs `recovery`. A recovery that fails is nobody's error (kernel-abi.md 1.5). @throws Errno EINVAL */
export async function storeRecovery(rproc: RemoteProc, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  await applyRecovery(
    rproc,
    RECOVERY_VERBS.find((verb) => streq(cString(bytes), verb)),
    signal,
  );
}

const LONGEST_RECOVERY = 10;

/** debugfs `recovery`. @throws Errno EINVAL */
export async function storeDebugRecovery(rproc: RemoteProc, bytes: Uint8Array, signal?: AbortSignal): Promise<void> {
  await applyRecovery(rproc, matchPrefix(bytes, LONGEST_RECOVERY, RECOVERY_VERBS), signal);
}

async function applyRecovery(
  rproc: RemoteProc,
  verb: (typeof RECOVERY_VERBS)[number] | undefined,
  signal?: AbortSignal,
): Promise<void> {
  if (verb === undefined) throw new Errno('EINVAL');
  if (verb !== 'recover') rproc.recoveryEnabled = verb === 'enabled';
  if (verb !== 'disabled') await rproc.recover(signal).catch(ignoreRefusal);
}

/** sysfs `coredump`. @throws Errno EBUSY while crashed, EINVAL */
export function storeCoredump(rproc: RemoteProc, bytes: Uint8Array): void {
  applyCoredump(rproc, () => COREDUMP_MODES.find((mode) => streq(cString(bytes), mode)));
}

const LONGEST_COREDUMP = 20;

/** debugfs `coredump`. @throws Errno EBUSY while crashed, EINVAL */
export function storeDebugCoredump(rproc: RemoteProc, bytes: Uint8Array): void {
  if (bytes.length < 1 || bytes.length > LONGEST_COREDUMP) throw new Errno('EINVAL');
  applyCoredump(rproc, () => matchPrefix(bytes, LONGEST_COREDUMP, COREDUMP_MODES));
}

function applyCoredump(rproc: RemoteProc, find: () => CoredumpMode | undefined): void {
  if (rproc.state === 'crashed') {
    rproc.log.err("can't change coredump configuration");
    throw new Errno('EBUSY');
  }
  const mode = find();
  if (mode === undefined) {
    rproc.log.err('Invalid coredump configuration');
    throw new Errno('EINVAL');
  }
  rproc.coredump = mode;
}

/** debugfs `crash`: the number of a crash type. @throws Errno EINVAL, ERANGE */
export function storeCrash(rproc: RemoteProc, bytes: Uint8Array): void {
  rproc.crash.report(parseUnsigned(bytes));
}

/** `freeze` of the fault injection: 1 makes the processor hang. @throws Errno EINVAL, EOPNOTSUPP where that can't be done */
export async function storeFreeze(rproc: RemoteProc, bytes: Uint8Array): Promise<void> {
  if (parseUnsigned(bytes) !== 1) throw new Errno('EINVAL');
  if (rproc.ops.freeze === undefined) throw new Errno('EOPNOTSUPP');
  await rproc.ops.freeze(rproc);
}
