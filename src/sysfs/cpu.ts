/** `/sys/devices/system/cpu`: docs/reference/kernel-abi.md 10. */
import { attribute, directory, type Directory, type Entries } from '../fs/index.js';
import { cpuDevice, maskText, NO_FAILURE, plainDevice, type Linux } from '../rproc/index.js';
import { power, uevent } from './common.js';
import { linkTo } from './place.js';

export function cpus(linux: Linux): Directory {
  const masks = linux.cpus;
  return directory(0o755, {
    ...Object.fromEntries(masks.registered.map((id) => [`cpu${id}`, cpu(linux, id)])),
    isolated: attribute({ mode: 0o444, show: () => maskText([]) }),
    kernel_max: attribute({ mode: 0o444, show: () => `${masks.kernelMax}\n` }),
    offline: attribute({ mode: 0o444, show: () => maskText(masks.offline) }),
    online: attribute({ mode: 0o444, show: () => maskText(masks.online) }),
    possible: attribute({ mode: 0o444, show: () => maskText(masks.possible) }),
    power: power(),
    present: attribute({ mode: 0o444, show: () => maskText(masks.present) }),
    uevent: uevent(linux, plainDevice('/devices/system/cpu', 'cpu cpu')),
  });
}

function cpu(linux: Linux, id: number): Directory {
  const device = cpuDevice(id);
  return directory(0o755, {
    hotplug: hotplug(linux, id),
    ...online(linux, id),
    power: power(),
    subsystem: linkTo(`${device.path}/subsystem`, '/bus/cpu'),
    uevent: uevent(linux, device),
  });
}

const hotplug = ({ cpus }: Linux, id: number): Directory => {
  const state = () => `${cpus.hotplugState(id)}\n`;
  return directory(0o755, {
    fail: attribute({ mode: 0o644, show: () => `${NO_FAILURE}\n`, store: (bytes) => cpus.storeFail(bytes) }),
    state: attribute({ mode: 0o444, show: state }),
    target: attribute({
      mode: 0o644,
      show: state,
      store: (bytes, { signal }) => cpus.storeTarget(id, bytes, signal),
    }),
  });
};

const online = (linux: Linux, id: number): Entries =>
  linux.cpus.isHotpluggable(id)
    ? {
        online: attribute({
          mode: 0o644,
          show: () => (linux.cpus.isDeviceOnline(id) ? '1\n' : '0\n'),
          store: (bytes, { signal }) => linux.storeCpuOnline(id, bytes, signal),
        }),
      }
    : {};
