/** What many devices have: docs/reference/kernel-abi.md 1.2 and 11. */
import { attribute, directory, type Attribute, type Directory } from '../fs/index.js';
import { Errno } from '../kernel/index.js';
import { RuntimePm, showUevent, type Linux, type UeventDevice } from '../rproc/index.js';

const refuse = (): never => {
  throw new Errno('EIO');
};

export function power(): Directory {
  const pm = new RuntimePm();
  return directory(0o755, {
    autosuspend_delay_ms: attribute({ mode: 0o644, show: refuse, store: refuse }),
    control: attribute({ mode: 0o644, show: () => pm.showControl(), store: (bytes) => pm.storeControl(bytes) }),
    runtime_active_time: attribute({ mode: 0o444, show: () => '0\n' }),
    runtime_status: attribute({ mode: 0o444, show: () => 'unsupported\n' }),
    runtime_suspended_time: attribute({ mode: 0o444, show: () => '0\n' }),
  });
}

export const uevent = ({ uevents }: Linux, device: UeventDevice): Attribute =>
  attribute({
    mode: 0o644,
    show: () => showUevent(device),
    store: (bytes) => uevents.store(device, bytes),
  });

/** The `uevent` of a bus or a driver, which shows nothing. */
export const blindUevent = ({ uevents }: Linux, device: UeventDevice): Attribute =>
  attribute({ mode: 0o200, store: (bytes) => uevents.store(device, bytes) });
