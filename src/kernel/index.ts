/**
 * What every part of a kernel needs, and nothing that knows a device.
 *
 * Errno      a refused operation, thrown; `src/fs` alone turns it into a number.
 * KernelLog  what dmesg prints. Bounded; writing to it never waits.
 * DeviceLog  the same with a device's prefix, as dev_err() and friends.
 * Mutex      fair, and interruptible through an AbortSignal.
 * Bus        devices and drivers that find each other; its events are the order of the uevents.
 * Notifier   a chain of listeners for one kind of event.
 * Modules    insmod and rmmod, for drivers that are not built in.
 * WaitQueue  who waits for a change, in a system call or in poll(2).
 * RateLimit  what one place of the code may say, and how often.
 * After      a timer, injected; hostTimer is the one of real time.
 */
export { Bus, type BusDevice, type BusDriver, type BusEvent } from './bus.js';
export { Errno, ERRNO, isErrnoName, LARGEST_ERRNO, negative, type ErrnoName } from './errno.js';
export { DeviceLog, FACILITY, KernelLog, LEVEL, LOG_CAPACITY, type LevelName, type LogEntry } from './log.js';
export { Modules, type KernelModule, type LoadedModule, type ModuleParameters } from './modules.js';
export { Mutex } from './mutex.js';
export { Notifier } from './notifier.js';
export { RateLimit } from './rate_limit.js';
export { hostTimer, type After } from './timer.js';
export { WaitQueue } from './wait_queue.js';
