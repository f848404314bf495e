/**
 * The tree below /sys, as data: which node, which mode, which function shows and stores. What the functions do is in
 * src/rproc. Devices that come and go are added and removed by `follow`, in the order of the events.
 */
import { attribute, directory, type Directory } from '../fs/index.js';
import {
  cdev,
  plainDevice,
  vdevDeviceName,
  vdevPath,
  type Linux,
  type RemoteProc,
  type RemoteProcEvent,
} from '../rproc/index.js';
import type { Virtio } from '../virtio/index.js';
import { cpuBus, platformBus } from './bus.js';
import { power, uevent } from './common.js';
import { cpus } from './cpu.js';
import { devcoredumpClass, followDumps } from './devcoredump.js';
import { busDirectory } from './driver_core.js';
import { followModules } from './module.js';
import { linkTo, place, unplace, unplaceWithGlue } from './place.js';
import { addPlatform } from './platform.js';
import { remoteproc, vdev } from './remoteproc.js';
import { emptyBuses, emptyClasses } from './skeleton.js';
import { followVirtio } from './virtio.js';

/** @param debug The tree that stands at kernel/debug. */
export function sysfsTree(linux: Linux, virtio: Virtio, debug: Directory): Directory {
  const { firmware, mips } = linux;
  const root = directory(0o755, {
    bus: directory(0o755, {
      ...emptyBuses(),
      cpu: cpuBus(linux),
      platform: platformBus(linux),
      rpmsg: busDirectory(linux, virtio.rpmsg),
      virtio: busDirectory(linux, virtio.bus),
    }),
    class: directory(0o755, {
      ...emptyClasses(),
      devcoredump: devcoredumpClass(linux.dumps),
      remoteproc: directory(0o755),
      rpmsg: directory(0o755),
      'virtio-ports': directory(0o755),
    }),
    dev: directory(0o755, { char: directory(0o755) }),
    devices: directory(0o755, {
      'mips-rproc': directory(0o755, {
        cpus: attribute({
          mode: 0o644,
          show: () => mips.showCpus(),
          store: (bytes, { signal }) => mips.storeCpus(bytes, signal),
        }),
        power: power(),
        uevent: uevent(linux, plainDevice(mips.platform.path, mips.platform.log.prefix)),
      }),
      platform: directory(0o755, {
        power: power(),
        uevent: uevent(linux, plainDevice('/devices/platform', 'platform platform')),
      }),
      system: directory(0o755, { cpu: cpus(linux) }),
      virtual: directory(0o755),
    }),
    kernel: directory(0o755, { debug }),
    module: directory(0o755, {
      firmware_class: directory(0o755, {
        parameters: directory(0o755, {
          path: attribute({
            mode: 0o644,
            show: () => firmware.showPath(),
            store: (bytes) => firmware.storePath(bytes),
          }),
        }),
      }),
    }),
  });
  addPlatform(linux, root);
  followVirtio(linux, virtio, root);
  followModules(linux, root, virtio.modules);
  for (const rproc of linux.rprocs) add(linux, root, rproc);
  linux.notifier.subscribe((event) => follow(linux, root, event));
  linux.dumps.subscribe((event) => followDumps(linux, root, event));
  return root;
}

/** In the class, and where devices are found by their number. */
const rprocLinks = (rproc: RemoteProc): string[] => [
  `/class/remoteproc/${rproc.deviceName}`,
  `/dev/char/${cdev.deviceNumber(rproc)}`,
];

function add(linux: Linux, root: Directory, rproc: RemoteProc): void {
  place(root, rproc.path, remoteproc(linux, rproc));
  for (const link of rprocLinks(rproc)) place(root, link, linkTo(link, rproc.path));
}

function follow(linux: Linux, root: Directory, event: RemoteProcEvent): void {
  switch (event.type) {
    case 'added':
      add(linux, root, event.rproc);
      break;
    case 'removed':
      for (const link of rprocLinks(event.rproc)) unplace(root, link);
      unplaceWithGlue(root, event.rproc.path);
      break;
    case 'vdev-added':
      place(root, vdevPath(event.device), vdev(linux, event.device));
      for (const link of vdevLinks(event.device)) place(root, link, linkTo(link, vdevPath(event.device)));
      break;
    case 'vdev-removed':
      for (const link of vdevLinks(event.device)) unplace(root, link);
      unplace(root, vdevPath(event.device));
      break;
    case 'trace-added':
    case 'trace-removed':
      break;
  }
}

/** On the bus, and at the driver when it is bound. */
function vdevLinks({ platformId, vdev }: Extract<RemoteProcEvent, { device: unknown }>['device']): string[] {
  const name = vdevDeviceName(platformId);
  const onBus = `/bus/platform/devices/${name}`;
  return vdev === undefined ? [onBus] : [onBus, `/bus/platform/drivers/rproc-virtio/${name}`];
}
