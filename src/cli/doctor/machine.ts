/** Node, terminals, and in the end the machine itself: mounted, and run in. */
import { closeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadPty } from '../../devfs/pty_binding.js';
import { healthOf, mountedMachines, remedyOf } from '../mounted-machines.js';
import { failureOf, limited, notOk, ok, program, reasonOf, WRITABLE, type Finding, type Probe } from './finding.js';

const OLDEST_NODE = 20;

export const node: Probe = () => {
  const { version, platform, arch } = process;
  const found = `${version} on ${platform}, ${arch}`;
  const isRecent = Number.parseInt(version.slice(1), 10) >= OLDEST_NODE;
  if (platform !== 'linux') return Promise.resolve(notOk('node', found, 'use Linux: FUSE and /proc are needed'));
  return Promise.resolve(isRecent ? ok('node', found) : notOk('node', found, `install Node ${OLDEST_NODE} or later`));
};

export const terminals: Probe = () => {
  const name = 'terminals';
  try {
    const { master, slave, path } = loadPty()(80, 25);
    closeSync(master);
    closeSync(slave);
    return Promise.resolve(ok(name, `${path} could be made, and goes again`));
  } catch (error) {
    const found = `no pty could be made (${reasonOf(error)}): ttyRPMSG and hvc nodes will be missing`;
    const remedy = 'mount devpts on /dev/pts, and install the optional package @lydell/node-pty';
    return Promise.resolve(limited(name, found, remedy));
  }
};

export const staleMounts: Probe = async () => {
  const name = 'mounts of ours';
  const problems: string[] = [];
  let open = 0;
  for (const machine of await mountedMachines()) {
    const health = await healthOf(machine);
    // what belongs to others is theirs to look after
    if (health === 'closed') continue;
    open++;
    if (health !== 'alive') problems.push(`${machine.root} ${remedyOf(machine, health)}`);
  }
  if (problems.length > 0) return limited(name, `${problems.length} of ${open} answer no more`, problems.join('; '));
  return ok(name, `${open}, and none that answers no more`);
};

const A_PROCESSOR = 'sys/class/remoteproc/remoteproc0/state';
const SEE_ABOVE = 'see what is not ok above';

/** Without the name of the program in front. */
const said = (failure: string): string => failure.replace(/^mips-rprocfs: /, '');

export const mount: Probe = async () => {
  let root: string;
  try {
    root = await mkdtemp(join(tmpdir(), 'mips-rprocfs-doctor-'));
  } catch (error) {
    return notOk('mount', `it could not be tried (${reasonOf(error)})`, WRITABLE);
  }
  const failure = await failureOf(...program('mount', root, '--daemon', '--cpus', '2'));
  if (failure !== undefined) {
    await rm(root, { recursive: true });
    return notOk('mount', `it failed: ${said(failure)}`, SEE_ABOVE);
  }
  const unread = await failureOf('cat', join(root, A_PROCESSOR));
  const left = await failureOf(...program('umount', root));
  if (left !== undefined)
    return notOk('mount', `${root} stays mounted: ${said(left)}`, `end it by \`umount -l ${root}/sys ${root}/dev\``);
  await rm(root, { recursive: true });
  return verdict('mount', unread, 'a machine could be mounted, read and unmounted');
};

export const run: Probe = async () =>
  verdict(
    'run',
    await failureOf(...program('run', '--cpus', '2', '--', 'cat', `/${A_PROCESSOR}`)),
    'a command found a machine at the real paths',
  );

const verdict = (name: string, failure: string | undefined, success: string): Finding =>
  failure === undefined ? ok(name, success) : notOk(name, `it failed: ${said(failure)}`, SEE_ABOVE);
