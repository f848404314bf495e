/**
 * The native adapter: fuse-native 2.2.6 over libfuse 2, for a user who may not call mount(2) but has fusermount.
 * It follows docs/reference/fuse.md 9; what it cannot carry is in docs/differences.md.
 *
 * binding     the untyped package, checked at run time; owns the loading of libfuse.
 * fusermount  mounts for an ordinary user; libfuse runs it, here it is asked what it would refuse.
 * operations  the tree as fuse-native's callbacks; every one answers once, and within a time limit.
 * watchdog    nothing tells fuse-native of a foreign unmount: the mount table is read once a second.
 */
import debug from 'debug';
import type { Adapter, CloseReason, MountSettings } from '../adapter.js';
import { checkDevice } from '../device.js';
import { MountError, mountRefused } from '../mount-error.js';
import { detach, mountOn, runApart } from '../mountpoint.js';
import { OpenFiles } from '../open-files.js';
import { installed, mayMount } from '../privilege.js';
import { loadFuse, type FuseSession } from './binding.js';
import { checkAllowOther, FUSERMOUNT } from './fusermount.js';
import { LONGEST_WAIT, nativeOperations } from './operations.js';

const log = debug('mips-rprocfs:fs');

const WATCH_PERIOD = 1000;

const finished = (start: (done: (error?: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => start((error) => (error instanceof Error ? reject(error) : resolve())));

export const mountNative: Adapter = async (root, mountpoint, settings) => {
  const { name, allowOther } = settings;
  checkDevice();
  await checkPermission(mountpoint, settings);
  const { Fuse } = loadFuse();
  // the package would run fusermount whether it is there or not
  Reflect.set(Fuse, 'unmount', (_path: string, done: (error?: Error) => void) => done());
  const others = `${allowOther ? 'allow_other,' : ''}default_permissions`;
  const options = `-ofsname=${name},direct_io,attr_timeout=0,entry_timeout=0,use_ino,${others}`;
  class Mount extends Fuse {
    _fuseOptions(): string {
      return options;
    }
  }
  const files = new OpenFiles();
  const session: FuseSession = new Mount(mountpoint, nativeOperations(root, files), { timeout: LONGEST_WAIT + 5000 });
  try {
    await finished((done) => session.mount(done));
  } catch (error) {
    throw await refusal(mountpoint, error instanceof Error ? error.message : String(error));
  }
  const mounted = await mountOn(mountpoint);

  let end: (reason: CloseReason) => void = () => undefined;
  let ending = false;
  const closed = new Promise<CloseReason>((resolve) => {
    end = (reason) => {
      if (ending) return;
      ending = true;
      clearInterval(watchdog);
      void finished((done) => session.unmount(done))
        .then(() => files.releaseAll())
        .then(() => resolve(reason));
    };
  });
  const watchdog = setInterval(() => {
    void mountOn(mountpoint).then(
      (present) => {
        if (present?.id !== mounted?.id) end('foreign');
      },
      // as when there are no descriptors left: the next look may tell
      (error: unknown) => log('the mount table could not be read: %s', error),
    );
  }, WATCH_PERIOD);
  return {
    adapter: 'native',
    mountpoint,
    closed,
    unmount: async () => {
      if (!ending) {
        // libfuse cancels its threads then: one that has SIGCHLD to handle in that moment would never end
        await detach(mountpoint, runApart).finally(() => end('unmount'));
      }
      await closed;
    },
  };
};

/** Asked before libfuse tries, which would say it on stderr in words of its own. @throws MountError */
async function checkPermission(mountpoint: string, { allowOther }: MountSettings): Promise<void> {
  if (await mayMount()) return;
  if (!(await installed(FUSERMOUNT)))
    throw new MountError(
      'no-permission',
      `${mountpoint}: mounting needs CAP_SYS_ADMIN or the program ${FUSERMOUNT}: run as root, inside \`unshare -Urm\`, or install the package fuse3`,
    );
  if (allowOther) await checkAllowOther(mountpoint);
}

/** libfuse gives no reason; who may not mount had asked fusermount, which has no more rights than the system leaves it. */
async function refusal(mountpoint: string, complaint: string): Promise<MountError> {
  if (await mayMount()) return mountRefused(mountpoint, complaint);
  return new MountError(
    'no-permission',
    `${mountpoint}: mounting needs CAP_SYS_ADMIN, and fusermount could not mount it either (${complaint}): run as root, inside \`unshare -Urm\`, or give the container \`--cap-add SYS_ADMIN\``,
  );
}
