/** /dev/fuse, and the two ways of mounting. */
import { statSync } from 'node:fs';
import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  attribute,
  checkDevice,
  directory,
  installed,
  loadFuse,
  MountError,
  mountOn,
  mountTree,
  type AdapterName,
} from '../../fs/index.js';
import { mountSource } from '../mount-source.js';
import { failureOf, limited, notOk, ok, reasonOf, WRITABLE, type Finding, type Probe } from './finding.js';

const DEVICE = '/dev/fuse';
const FOR_ALL = 0o666;

export const device: Probe = () => {
  try {
    checkDevice();
  } catch (error) {
    return Promise.resolve(refused(DEVICE, error));
  }
  const mode = statSync(DEVICE).mode & 0o777;
  const found = `it can be opened; its mode is ${mode.toString(8).padStart(4, '0')}`;
  return Promise.resolve(
    mode === FOR_ALL
      ? ok(DEVICE, found)
      : limited(
          DEVICE,
          `${found}: others than its owner and group cannot`,
          `for ordinary users, as root: \`chmod 666 ${DEVICE}\``,
        ),
  );
};

/** A MountError says what happened before a colon, and what to do behind it. */
function refused(name: string, error: unknown): Finding {
  if (!(error instanceof MountError)) throw error;
  const at = error.message.lastIndexOf(': ');
  return notOk(name, error.message.slice(0, at), error.message.slice(at + 2));
}

const isRoot = (): boolean => process.getuid?.() === 0;

export const privileges: Probe = async ({ privileged }) =>
  privileged
    ? tried(
        'mount privileges',
        'this process has CAP_SYS_ADMIN, and a tree that it mounted over /dev/fuse could be read',
        'direct',
      )
    : limited(
        'mount privileges',
        `this process ${isRoot() ? 'has no CAP_SYS_ADMIN' : 'is not root'}: \`mount\` needs fusermount, and \`run\` a user namespace`,
        isRoot()
          ? 'give the container `--cap-add SYS_ADMIN`, and it needs neither'
          : 'run it as root, and it needs neither',
      );

export const libfuse: Probe = async ({ privileged }) => {
  const name = 'libfuse';
  const finding = await byLibrary(name, privileged || (await installed(ASKED_BY_LIBFUSE)));
  return privileged && finding.result === 'not ok'
    ? { ...finding, result: 'limited', found: `${finding.found}; only \`--fuse native\` needs it` }
    : finding;
};

/** `able`: a mount has a chance; without one libfuse would complain by itself. */
async function byLibrary(name: string, able: boolean): Promise<Finding> {
  try {
    const { library } = loadFuse();
    const whose = library === 'system' ? "the system's libfuse 2" : 'the libfuse 2 that is packaged with it';
    if (!able)
      return notOk(name, `fuse-native can be loaded, with ${whose}, but cannot mount without fusermount`, FUSE3);
    return await tried(name, `a tree that fuse-native mounted could be read; it uses ${whose}`, 'native');
  } catch (error) {
    return refused(name, error);
  }
}

const ASKED_BY_LIBFUSE = 'fusermount';
const FUSE3 = 'install the package fuse3, which has both fusermount3 and fusermount';

/** Ordinary users mount by it; the packaged libfuse asks for it by its older name. */
export const fusermount: Probe = async ({ privileged }) => {
  const name = 'fusermount';
  const there: string[] = [];
  for (const one of ['fusermount3', 'fusermount']) if (await installed(one)) there.push(one);
  const failures = await Promise.all(there.map((one) => failureOf(one, '--version')));
  const found = there.map((one, index) => `${one}: ${failures[index] ?? 'is there'}`).join('; ') || 'there is none';
  if (there.includes(ASKED_BY_LIBFUSE) && failures.every((failure) => failure === undefined)) return ok(name, found);
  return privileged ? limited(name, `${found}; only ordinary users need it`, FUSE3) : notOk(name, found, FUSE3);
};

/** Mounts a small tree on a directory of its own, and has another process read it. */
async function tried(name: string, success: string, adapter: AdapterName): Promise<Finding> {
  let mountpoint: string;
  try {
    mountpoint = await mkdtemp(join(tmpdir(), 'mips-rprocfs-doctor-'));
  } catch (error) {
    return notOk(name, `it could not be tried (${reasonOf(error)})`, WRITABLE);
  }
  try {
    const tree = directory(0o755, { file: attribute({ mode: 0o444, show: () => 'read\n' }) });
    const mount = await mountTree(tree, mountpoint, { adapter, name: mountSource(process.pid) });
    const failure = await failureOf('cat', join(mountpoint, 'file')).finally(() => mount.unmount());
    return failure === undefined
      ? ok(name, success)
      : notOk(
          name,
          `a tree could be mounted, but not be read (${failure})`,
          'look whether a security module forbids it: `dmesg`',
        );
  } catch (error) {
    return refused(name, error);
  } finally {
    // else it could not be unmounted: that is what is found
    if ((await mountOn(mountpoint)) === undefined) await rmdir(mountpoint);
  }
}
