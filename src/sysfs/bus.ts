import { attribute, directory, type Directory, type Entries } from '../fs/index.js';
import { plainDevice, storeBind, storeProbe, storeUnbind, type Linux } from '../rproc/index.js';
import { blindUevent } from './common.js';
import { linkTo } from './place.js';

/** What every bus has. Its links to devices are added as the devices come. */
export const bus = (
  linux: Linux,
  name: string,
  devices: Entries = {},
  drivers: Entries = {},
  probe = (bytes: Uint8Array): void => storeProbe([], bytes),
): Directory =>
  directory(0o755, {
    devices: directory(0o755, devices),
    drivers: directory(0o755, drivers),
    drivers_autoprobe: attribute({ mode: 0o644, show: () => '1\n', store: () => undefined }),
    drivers_probe: attribute({ mode: 0o200, store: probe }),
    uevent: blindUevent(linux, plainDevice(`/bus/${name}`, `bus ${name}`)),
  });

export const cpuBus = (linux: Linux): Directory =>
  bus(
    linux,
    'cpu',
    Object.fromEntries(
      linux.cpus.registered.map((id) => {
        const name = `cpu${id}`;
        return [name, linkTo(`/bus/cpu/devices/${name}`, `/devices/system/cpu/${name}`)];
      }),
    ),
  );

export const platformBus = (linux: Linux): Directory =>
  bus(
    linux,
    'platform',
    {},
    {
      'rproc-virtio': directory(0o755, {
        bind: attribute({ mode: 0o200, store: (bytes) => storeBind(linux.vdevs, bytes) }),
        uevent: blindUevent(linux, plainDevice('/bus/platform/drivers/rproc-virtio', 'drivers rproc-virtio')),
        unbind: attribute({ mode: 0o200, store: (bytes) => storeUnbind(linux.vdevs, bytes) }),
      }),
    },
    (bytes) => storeProbe(linux.vdevs, bytes),
  );
