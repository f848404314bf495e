import { Errno, type DeviceLog } from '../kernel/index.js';
import { checkFit, coherentCarveout, type Carveout } from './carveout.js';
import type { Ids } from './ids.js';
import { pageAlign } from './memory.js';
import type { Subdevice } from './platform.js';
import type { RemoteProc } from './remoteproc.js';
import { ANY_ADDRESS, FIELD, vringSize, vringView, type TableView } from './resource_table.js';

export interface Vring {
  readonly num: number;
  readonly align: number;
  /** Rproc-wide, from 0; what the firmware wrote is replaced. */
  readonly notifyid: number;
  readonly carveout: Carveout;
  /** Set by the virtio device that owns the queue: the other side has news. False when there was none. */
  interrupt?: () => boolean;
}

/** A vdev of a resource table, with its platform device `rproc-virtio.<K>.auto` (kernel-abi.md 5.3, 6.4). */
export interface Vdev {
  readonly rproc: RemoteProc;
  /** Counts from 0 per boot. */
  readonly index: number;
  /** K of the platform device's name. */
  readonly platformId: number;
  /** Virtio device id, such as 7 for rpmsg. */
  readonly id: number;
  readonly vrings: readonly Vring[];
  /** The entry in the table as it is now: the firmware's own memory while the processor runs. */
  resource(): TableView;
}

/** The platform device whose probe failed, or that works. `vdev` is missing when it failed. */
export interface VdevPlatformDevice {
  readonly platformId: number;
  readonly rproc: RemoteProc;
  readonly vdev?: Vdev;
}

/** Makes what drives a vdev: the seam where virtio joins in. */
export type VdevBinder = (vdev: Vdev) => Subdevice;

/** Without virtio a vdev has its memory and its numbers, and nothing uses them. */
export const bindNothing: VdevBinder = () => ({});

export const vdevDeviceName = (platformId: number): string => `rproc-virtio.${platformId}.auto`;

/** @throws Errno EINVAL after its message; the caller has checked that there are `count` vrings. */
export function checkVrings(resource: TableView, count: number, log: DeviceLog): void {
  for (let index = 0; index < count; index++) {
    const ring = vringView(resource, index);
    const [num, align] = [ring.u32(FIELD.vring.num), ring.u32(FIELD.vring.align)];
    if (num !== 0 && align !== 0) continue;
    log.err(`invalid qsz (${num | 0}) or alignment (${align | 0})`);
    throw new Errno('EINVAL');
  }
}

/**
 * One ring: finds or makes its carveout and gives it a number, which goes into the table.
 *
 * @throws Errno ENOMEM when a carveout that the platform registered for it does not fit.
 */
export function makeVring(
  rproc: RemoteProc,
  vdevIndex: number,
  index: number,
  entry: TableView,
  notifyids: Ids,
): Vring {
  const [num, align, asked] = [entry.u32(FIELD.vring.num), entry.u32(FIELD.vring.align), entry.u32(FIELD.vring.da)];
  const size = pageAlign(vringSize(num, align));
  const name = `vdev${vdevIndex}vring${index}`;
  const { platform } = rproc;
  const da = platform.vringAddress?.(asked) ?? asked;
  let carveout = rproc.findCarveout(name);
  if (carveout !== undefined) checkFit(carveout, da, size, rproc.log);
  else {
    const placement = (made: Carveout) => platform.placement?.(rproc, made) ?? {};
    carveout = coherentCarveout(name, size, da, platform.memory, placement, platform.log);
    rproc.addCarveout(carveout);
  }
  const notifyid = notifyids.allocate();
  entry.setU32(FIELD.vring.notifyid, notifyid);
  return { num, align, notifyid, carveout };
}

/** Tells the firmware where a ring is: in its own table while it runs. */
export const publishVring = (vdev: Vdev, index: number): void =>
  vringView(vdev.resource(), index).setU32(FIELD.vring.da, vdev.vrings[index]?.carveout.da ?? 0);

/** After a stop nothing in the cached table may look like a ring that is there. */
export function forgetVring(entry: TableView): void {
  entry.setU32(FIELD.vring.da, 0);
  entry.setU32(FIELD.vring.notifyid, ANY_ADDRESS);
}
