/**
 * What stands beside the files of this program in every Linux. This machine has nothing in there; programs that walk a
 * sysfs, or look a class up before they use it, find it as they know it.
 */
import { directory, type Entries } from '../fs/index.js';

const CLASSES = ['bdi', 'block', 'dma', 'firmware', 'input', 'mem', 'misc', 'net', 'rtc', 'tty', 'vc', 'wakeup'];
const BUSES = ['clockevents', 'clocksource', 'container', 'event_source', 'gpio', 'i2c', 'workqueue'];

const named = (names: readonly string[], make: () => Entries): Entries =>
  Object.fromEntries(names.map((name) => [name, directory(0o755, make())]));

/** Of /sys/class. */
export const emptyClasses = (): Entries => named(CLASSES, () => ({}));
/** Of /sys/bus. */
export const emptyBuses = (): Entries => named(BUSES, () => ({ devices: directory(0o755), drivers: directory(0o755) }));
