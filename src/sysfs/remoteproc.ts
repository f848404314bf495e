/** `remoteproc<N>` and what is below it: docs/reference/kernel-abi.md 1.1 and 6.4. */
import { attribute, directory, type Directory } from '../fs/index.js';
import {
  attributes,
  cdev,
  DriverOverride,
  rprocDevice,
  vdevDevice,
  vdevPath,
  type Linux,
  type RemoteProc,
  type VdevPlatformDevice,
} from '../rproc/index.js';
import { power, uevent } from './common.js';
import { linkTo } from './place.js';

export function remoteproc(linux: Linux, rproc: RemoteProc): Directory {
  const mode = rproc.options.readOnly === true ? 0o444 : 0o644;
  const { path, platform } = rproc;
  return directory(0o755, {
    coredump: attribute({
      mode,
      show: () => attributes.showCoredump(rproc),
      store: (bytes) => attributes.storeCoredump(rproc, bytes),
    }),
    dev: attribute({ mode: 0o444, show: () => `${cdev.deviceNumber(rproc)}\n` }),
    device: linkTo(`${path}/device`, platform.path),
    firmware: attribute({
      mode,
      show: () => attributes.showFirmware(rproc),
      store: (bytes, { signal }) => attributes.storeFirmware(rproc, bytes, signal),
    }),
    name: attribute({ mode: 0o444, show: () => attributes.showName(rproc) }),
    power: power(),
    recovery: attribute({
      mode,
      show: () => attributes.showRecovery(rproc),
      store: (bytes, { signal }) => attributes.storeRecovery(rproc, bytes, signal),
    }),
    state: attribute({
      mode,
      show: () => attributes.showState(rproc),
      store: (bytes, { signal }) => attributes.storeState(rproc, bytes, signal),
    }),
    subsystem: linkTo(`${path}/subsystem`, '/class/remoteproc'),
    uevent: uevent(linux, rprocDevice(rproc)),
  });
}

/** `rproc-virtio.<K>.auto` */
export function vdev(linux: Linux, device: VdevPlatformDevice): Directory {
  const path = vdevPath(device);
  const override = new DriverOverride();
  return directory(0o755, {
    ...(device.vdev === undefined ? {} : { driver: linkTo(`${path}/driver`, '/bus/platform/drivers/rproc-virtio') }),
    driver_override: attribute({
      mode: 0o644,
      show: () => override.show(),
      store: (bytes) => override.store(bytes),
    }),
    modalias: attribute({ mode: 0o444, show: () => 'platform:rproc-virtio\n' }),
    power: power(),
    subsystem: linkTo(`${path}/subsystem`, '/bus/platform'),
    uevent: uevent(linux, vdevDevice(device)),
  });
}
