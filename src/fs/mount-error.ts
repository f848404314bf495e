import { codeOf } from './node-error.js';

/** Why a tree could not be mounted; the message is one line that says what to do. */
export type MountFailure =
  'no-device' | 'no-permission' | 'bad-mountpoint' | 'busy' | 'stale' | 'hung' | 'no-library' | 'refused';

export class MountError extends Error {
  constructor(
    readonly failure: MountFailure,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'MountError';
  }
}

/** /dev/fuse could not be opened. */
export function deviceError(error: unknown): MountError {
  const code = codeOf(error);
  if (code === 'ENOENT' || code === 'ENXIO' || code === 'ENODEV')
    return new MountError(
      'no-device',
      '/dev/fuse is missing: run `modprobe fuse` as root; in a container, start it with `--device /dev/fuse`',
      { cause: error },
    );
  return new MountError(
    'no-permission',
    `/dev/fuse cannot be opened (${String(code)}): run as root, or have root run \`chmod 666 /dev/fuse\`; in a container, start it with \`--device /dev/fuse\``,
    { cause: error },
  );
}

/** mount(8) or libfuse gave up. */
export function mountRefused(mountpoint: string, complaint: string): MountError {
  const line = complaint.replace(/\s+/g, ' ');
  if (/permission denied|only root|superuser|not permitted/i.test(line))
    return new MountError(
      'no-permission',
      `${mountpoint}: mounting needs CAP_SYS_ADMIN (${line}): run as root, inside \`unshare -Urm\`, or give the container \`--cap-add SYS_ADMIN\``,
    );
  return new MountError('refused', `${mountpoint}: could not be mounted: ${line || 'no reason given'}`);
}
