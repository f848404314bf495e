/** The class devcoredump and its devices: docs/reference/kernel-abi.md 3.8. */
import { attribute, binary, directory, type Directory } from '../fs/index.js';
import {
  dumpDevice,
  dumpName,
  type Devcoredumps,
  type DumpDevice,
  type DumpEvent,
  type Linux,
} from '../rproc/index.js';
import { power, uevent } from './common.js';
import { linkTo, place, unplace, unplaceWithGlue } from './place.js';

export const devcoredumpClass = (dumps: Devcoredumps): Directory =>
  directory(0o755, {
    disabled: attribute({
      mode: 0o644,
      show: () => dumps.showDisabled(),
      store: (bytes) => dumps.storeDisabled(bytes),
    }),
  });

/** `devcd<K>` */
function devcd(linux: Linux, device: DumpDevice): Directory {
  const { dump, rproc } = device;
  const { path } = dumpDevice(device);
  return directory(0o755, {
    data: binary({
      mode: 0o600,
      shownSize: dump.size,
      read: (offset, size) => dump.read(offset, size),
      write: () => linux.dumps.remove(device),
    }),
    failing_device: linkTo(`${path}/failing_device`, rproc.path),
    power: power(),
    subsystem: linkTo(`${path}/subsystem`, '/class/devcoredump'),
    uevent: uevent(linux, dumpDevice(device)),
  });
}

/** In the class, and at the device that failed. */
const linksOf = (device: DumpDevice): string[] => [
  `/class/devcoredump/${dumpName(device)}`,
  `${device.rproc.path}/devcoredump`,
];

export function followDumps(linux: Linux, root: Directory, { type, device }: DumpEvent): void {
  const { path } = dumpDevice(device);
  if (type === 'added') {
    place(root, path, devcd(linux, device));
    for (const link of linksOf(device)) place(root, link, linkTo(link, path));
  } else {
    for (const link of linksOf(device)) unplace(root, link);
    unplaceWithGlue(root, path);
  }
}
