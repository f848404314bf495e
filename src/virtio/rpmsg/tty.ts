import { Errno, RateLimit, type BusDriver } from '../../kernel/index.js';
import { Ids } from '../../rproc/index.js';
import { classDevicePath, type ClassDevice } from '../class_device.js';
import { MAJOR } from '../majors.js';
import type { Tty } from '../tty.js';
import type { RpmsgChannel } from './channel.js';
import { rpmsgDriver } from './driver.js';
import type { RpmsgHost } from './host.js';
import { LARGEST_PAYLOAD } from './message.js';

/** MAX_TTY_RPMSG */
const MOST = 32;
const TTY_CLASS = 'tty';

/** The driver rpmsg_tty: a channel as a terminal (docs/reference/kernel-abi.md 7.7). */
export function rpmsgTty(host: RpmsgHost): BusDriver<RpmsgChannel> {
  const ids = new Ids();
  const ports = new Map<RpmsgChannel, Port>();
  const truncated = new RateLimit(host.log, 'rpmsg_tty_cb', host.after);
  return rpmsgDriver({
    name: 'rpmsg_tty',
    services: ['rpmsg-tty'],
    receive: (channel, payload) => {
      if (payload.length === 0) return;
      const taken = ports.get(channel)?.receive(payload) ?? 0;
      if (taken < payload.length)
        truncated.print('err', `${channel.log.prefix}: Trunc buffer: available space is ${taken}`);
    },
    probe: (channel) => {
      const id = ids.allocate();
      if (id >= MOST) {
        ids.free(id);
        channel.log.err('error -ENOSPC: Failed to alloc tty port');
        throw new Errno('ENOSPC');
      }
      ports.set(channel, new Port(host, channel, id));
    },
    remove: (channel) => {
      const port = ports.get(channel);
      if (port === undefined) return;
      port.remove();
      ports.delete(channel);
      ids.free(port.id);
    },
  });
}

/** `ttyRPMSG<k>` */
class Port {
  readonly #tty: Tty;
  #device: ClassDevice;
  /** While it waits for a buffer. */
  #stopWaiting: (() => void) | undefined;

  constructor(
    private readonly host: RpmsgHost,
    private readonly channel: RpmsgChannel,
    readonly id: number,
  ) {
    const name = `ttyRPMSG${id}`;
    this.#device = {
      name,
      className: TTY_CLASS,
      path: classDevicePath(channel.path, TTY_CLASS, name),
      parentPath: channel.path,
      major: MAJOR.rpmsgTty,
      minor: id,
      attributes: {},
      node: undefined,
    };
    host.classDevices.notify({ type: 'added', device: this.#device });
    this.#tty = host.ttys.open(name, {
      termios: 'raw',
      whileClosed: 'keep',
      ready: (path) => {
        this.#device = { ...this.#device, node: { kind: 'tty', path } };
        host.classDevices.notify({ type: 'node-ready', device: this.#device });
      },
      write: (bytes) => this.#write(bytes),
    });
  }

  receive(bytes: Uint8Array): number {
    return this.#tty.receive(bytes);
  }

  remove(): void {
    this.#stopWaiting?.();
    this.#tty.hangup();
    this.host.classDevices.notify({ type: 'removed', device: this.#device });
  }

  /** As many messages as there are buffers; when there are more, it waits for room. What can't be sent at all is lost. */
  #write(bytes: Uint8Array): number {
    const { endpoint, dst } = this.channel;
    if (endpoint === undefined) return bytes.length;
    let sent = 0;
    try {
      for (; sent < bytes.length; sent += LARGEST_PAYLOAD)
        endpoint.trySend(dst, bytes.subarray(sent, sent + LARGEST_PAYLOAD));
      return bytes.length;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      if (error.code !== 'ENOMEM') return bytes.length;
      this.#stopWaiting ??= endpoint.onRoom(() => {
        this.#stopWaiting = undefined;
        this.#tty.room();
      });
      return sent;
    }
  }
}
