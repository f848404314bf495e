/** What `run` builds upon: namespaces and overlayfs. */
import { readFile } from 'node:fs/promises';
import { failureOf, notOk, ok, type Finding, type Probe } from './finding.js';

/** What may keep ordinary users from making a user namespace, and when it does. */
const SWITCHES: readonly (readonly [name: string, forbids: string, without: string])[] = [
  ['user.max_user_namespaces', '0', 'sysctl -w user.max_user_namespaces=10000'],
  ['kernel.unprivileged_userns_clone', '0', 'sysctl -w kernel.unprivileged_userns_clone=1'],
  ['kernel.apparmor_restrict_unprivileged_userns', '1', 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'],
];

const NEW_USER = ['--user', '--map-root-user'];
const PRIVATE_MOUNTS = ['--mount', '--propagation', 'private'];

/** Needed by ordinary users; to root it tells what those will meet. */
const forOthers = (finding: Finding, privileged: boolean): Finding =>
  privileged && finding.result === 'not ok'
    ? { ...finding, result: 'limited', found: `${finding.found}; only ordinary users need it` }
    : finding;

export const utilLinux: Probe = async () => {
  const name = 'util-linux';
  const failures = await Promise.all(
    ['mount', 'umount', 'flock', 'unshare'].map(async (one) => ({ one, failure: await failureOf(one, '--version') })),
  );
  const missing = failures.filter(({ failure }) => failure !== undefined);
  return missing.length === 0
    ? ok(name, 'mount, umount, flock and unshare can be run')
    : notOk(
        name,
        missing.map(({ one, failure }) => `${one} cannot be run (${failure})`).join('; '),
        'install util-linux',
      );
};

export const userNamespaces: Probe = async ({ privileged }) => {
  const name = 'user namespaces';
  const values = await Promise.all(SWITCHES.map(([key]) => sysctl(key)));
  const shown = SWITCHES.map(([key], index) => `${key} ${values[index] ?? 'not there'}`).join(', ');
  const failure = await failureOf('unshare', ...NEW_USER, '--', 'true');
  if (failure === undefined) return ok(name, `one could be made; ${shown}`);
  const culprit = SWITCHES.find(([, forbids], index) => values[index] === forbids);
  const remedy =
    culprit === undefined
      ? 'in a container, give it `--cap-add SYS_ADMIN`, or look at its seccomp profile; elsewhere, at the security modules'
      : `as root: \`${culprit[2]}\``;
  return forOthers(notOk(name, `none could be made (${failure}); ${shown}`, remedy), privileged);
};

const sysctl = (key: string): Promise<string | undefined> =>
  readFile(`/proc/sys/${key.replaceAll('.', '/')}`, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );

export const mountNamespaces: Probe = async ({ privileged }) => {
  const name = 'mount namespaces';
  const failure = await inNamespace(privileged, 'mount -t tmpfs mips-rprocfs /dev');
  return failure === undefined
    ? ok(name, `one could be made, and mounted in${privileged ? '' : ', in a user namespace'}`)
    : notOk(name, `mounting in one failed (${failure})`, CONTAINER);
};

const CONTAINER =
  'in a container, give it `--cap-add SYS_ADMIN --security-opt apparmor=unconfined`; elsewhere, look at the security modules';

/** As /lib/firmware is made: docs/run.md. Nothing of it is seen by others. */
const OVERLAY = `set -e
mount -t tmpfs mips-rprocfs /dev
mkdir /dev/lower /dev/upper /dev/work /dev/merged
mount -t overlay -o lowerdir=/dev/lower,upperdir=/dev/upper,workdir=/dev/work mips-rprocfs /dev/merged
: > /dev/merged/file`;

const LOAD = 'as root: `modprobe overlay`; in user namespaces it takes Linux 5.11';

/** What to do when one could not be mounted: it may be the namespace that could not be made. */
const overlayRemedy = (failure: string): string => (failure.startsWith('unshare: ') ? CONTAINER : LOAD);

export const overlayfs: Probe = async ({ privileged }) => {
  const name = 'overlayfs';
  const failure = await inNamespace(privileged, OVERLAY);
  return failure === undefined
    ? ok(name, `one could be mounted and written to${privileged ? '' : ', in a user namespace'}`)
    : notOk(name, `none could be mounted (${failure})`, overlayRemedy(failure));
};

/** For root: what ordinary users will meet. */
export const overlayfsOfUsers: Probe = async ({ privileged }) => {
  const name = 'overlayfs of users';
  const failure = await inNamespace(false, OVERLAY);
  return failure === undefined
    ? ok(name, 'one could be mounted and written to in a user namespace')
    : forOthers(
        notOk(name, `none could be mounted in a user namespace (${failure})`, overlayRemedy(failure)),
        privileged,
      );
};

const inNamespace = (privileged: boolean, script: string): Promise<string | undefined> =>
  failureOf('unshare', ...(privileged ? [] : NEW_USER), ...PRIVATE_MOUNTS, '--', 'sh', '-c', script);
