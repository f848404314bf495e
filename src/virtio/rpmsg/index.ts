/**
 * rpmsg: messages between Linux and a remote side, over virtio (docs/reference/kernel-abi.md 7).
 *
 * VirtioRpmsg     one remote side: queues, buffers, addresses, channels; made and ended by the driver virtio_rpmsg_bus.
 * Sender          what goes out, and who waits until it can.
 * Endpoint        a local address, with whoever listens there.
 * RpmsgChannel    a service of the remote side, or of ours: a device of the rpmsg bus.
 * rpmsgDriver     what its drivers have in common: rpmsg_ns, rpmsg_ctrl, rpmsg_chrdev, rpmsg_tty, and the module
 *                 rpmsg_client_sample.
 * EndpointDevice  an endpoint as a file, rpmsg<N>.
 *
 * A VirtioRpmsg owns its channels, a channel's driver owns what it makes of the channel, and endpoints close with whoever
 * opened them; a message for a closed one has no recipient.
 */
import { Bus } from '../../kernel/index.js';
import type { VirtioDevice } from '../device.js';
import { MAJOR } from '../majors.js';
import type { RpmsgChannel } from './channel.js';
import { rpmsgChrdev } from './chrdev.js';
import { rpmsgCtrl } from './control.js';
import type { RpmsgHost } from './host.js';
import { nameService } from './name_service.js';
import { NumberedDevices } from './numbered.js';
import { rpmsgTty } from './tty.js';
import { virtioRpmsgBus } from './virtio_rpmsg_bus.js';

export { clientSample } from './client_sample.js';
export type { RpmsgChannel } from './channel.js';
export type { RpmsgHost } from './host.js';

/** The bus with its drivers. */
export function rpmsgBus(host: RpmsgHost, virtio: Bus<VirtioDevice>): Bus<RpmsgChannel> {
  const bus = new Bus<RpmsgChannel>('rpmsg', host.log);
  const controls = new NumberedDevices(host, { prefix: 'rpmsg_ctrl', major: MAJOR.rpmsgCtrl });
  const endpoints = new NumberedDevices(host, { prefix: 'rpmsg', major: MAJOR.rpmsgChar });
  bus.addDriver(nameService());
  bus.addDriver(rpmsgChrdev(endpoints));
  bus.addDriver(rpmsgCtrl(controls, endpoints));
  bus.addDriver(rpmsgTty(host));
  virtio.addDriver(virtioRpmsgBus(host, bus));
  return bus;
}
