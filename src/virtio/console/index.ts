/**
 * Drivers of the virtio console (id 3) and of rproc serial lines (id 11): docs/reference/kernel-abi.md 8.
 *
 * Port        port 0 of a device, as Linux counts and shows it. PortInput and PortOutput are its two rings with their
 *             memory: byte streams in buffers.
 * PortFile    `/dev/vport<M>p0` while it is open.
 * Hvc         the terminal of a console port, over a TtyHost; HvcClass has the nodes `hvc0` to `hvc7`.
 *
 * The remote side may write what it likes to the rings, and at any time: lengths are clamped, bytes are copied before they
 * are looked at, and no turn of the event loop takes more than a few buffers.
 */
export { consoleDrivers, type ConsoleOptions } from './driver.js';
