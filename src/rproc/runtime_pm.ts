import { Errno } from '../kernel/index.js';
import { cString, streq } from './text.js';

const CONTROLS = ['auto', 'on'] as const;

/** `power/control` of a device without runtime power management: docs/reference/kernel-abi.md 1.2. */
export class RuntimePm {
  #control: (typeof CONTROLS)[number] = 'auto';

  showControl(): string {
    return `${this.#control}\n`;
  }

  /** @throws Errno EINVAL */
  storeControl(bytes: Uint8Array): void {
    const control = CONTROLS.find((word) => streq(cString(bytes), word));
    if (control === undefined) throw new Errno('EINVAL');
    this.#control = control;
  }
}
