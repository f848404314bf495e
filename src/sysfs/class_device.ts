/** Devices of a class that have a number: docs/reference/kernel-abi.md 7.6, 7.7 and 8. */
import { attribute, directory, type Directory } from '../fs/index.js';
import type { Notifier } from '../kernel/index.js';
import type { Linux, UeventDevice } from '../rproc/index.js';
import type { ClassDevice, ClassDeviceEvent } from '../virtio/index.js';
import { power, uevent } from './common.js';
import { linkTo, place, unplace, unplaceWithGlue } from './place.js';

const identity = ({ path, className, name, major, minor }: ClassDevice): UeventDevice => ({
  path,
  subsystem: className,
  logPrefix: `${className} ${name}`,
  keys: () => ({ MAJOR: major, MINOR: minor, DEVNAME: name }),
});

function shown(linux: Linux, device: ClassDevice): Directory {
  const { path, parentPath, className, major, minor, attributes } = device;
  return directory(0o755, {
    ...Object.fromEntries(Object.entries(attributes).map(([name, show]) => [name, attribute({ mode: 0o444, show })])),
    dev: attribute({ mode: 0o444, show: () => `${major}:${minor}\n` }),
    ...(parentPath === undefined ? {} : { device: linkTo(`${path}/device`, parentPath) }),
    power: power(),
    subsystem: linkTo(`${path}/subsystem`, `/class/${className}`),
    uevent: uevent(linux, identity(device)),
  });
}

/** In the class, and where devices are found by their number. */
const linksOf = ({ className, name, major, minor }: ClassDevice): string[] => [
  `/class/${className}/${name}`,
  `/dev/char/${major}:${minor}`,
];

export function followClassDevices(linux: Linux, root: Directory, devices: Notifier<ClassDeviceEvent>): void {
  devices.subscribe(({ type, device }) => {
    const { path } = device;
    if (type === 'added') {
      place(root, path, shown(linux, device));
      for (const link of linksOf(device)) place(root, link, linkTo(link, path));
      linux.uevents.emit('add', identity(device));
    } else if (type === 'removed') {
      for (const link of linksOf(device)) unplace(root, link);
      unplaceWithGlue(root, path);
      linux.uevents.emit('remove', identity(device));
    }
  });
}
