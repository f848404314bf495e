import type { After, KernelLog, Notifier } from '../../kernel/index.js';
import type { ClassDeviceEvent } from '../class_device.js';
import type { TtyHost } from '../tty.js';

/** What the drivers need of the rest of the kernel. */
export interface RpmsgHost {
  readonly log: KernelLog;
  readonly classDevices: Notifier<ClassDeviceEvent>;
  readonly ttys: TtyHost;
  readonly after: After;
}
