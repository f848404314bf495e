import { Errno, WaitQueue } from '../../kernel/index.js';
import type { Call, CharFile, Readiness } from '../class_device.js';
import type { RpmsgChannel } from './channel.js';
import type { Endpoint } from './endpoint.js';
import type { ChannelInfo } from './message.js';
import type { NumberedDevice, NumberedDevices, Placement } from './numbered.js';

const RPMSG_DESTROY_EPT_IOCTL = 0xb502;

export interface EndpointDeviceOptions extends Pick<Placement, 'parentPath' | 'path'> {
  readonly channel: RpmsgChannel;
  readonly info: ChannelInfo;
  /** Its endpoint is the channel's own; otherwise it has one while a program has it open. */
  readonly isDefault: boolean;
  /** It has gone. */
  onDestroy?(device: EndpointDevice): void;
}

/** `rpmsg<N>`, an endpoint as a file (rpmsg_eptdev): docs/reference/kernel-abi.md 7.6. One program has it open at a time. */
export class EndpointDevice {
  readonly #device: NumberedDevice;
  readonly #messages: Uint8Array[] = [];
  /** A message has come, or the endpoint has gone. */
  readonly #changed = new WaitQueue();
  /** While the file is open, until the device goes. */
  #endpoint: Endpoint | undefined;
  #destroyed = false;

  constructor(
    devices: NumberedDevices,
    private readonly options: EndpointDeviceOptions,
  ) {
    const { info, parentPath, path } = options;
    this.#device = devices.add({
      parentPath,
      path,
      attributes: {
        name: () => `${info.name}\n`,
        src: () => `${info.src | 0}\n`,
        dst: () => `${info.dst | 0}\n`,
      },
      open: () => this.#open(),
    });
  }

  /** It is dropped when too many wait already. */
  receive(payload: Uint8Array): void {
    const waiting = this.options.channel.carrier.allowance.messages;
    if (waiting.full) return;
    waiting.add();
    this.#messages.push(payload);
    this.#changed.wake();
  }

  /** Whoever has the file open finds out: reads and writes give EPIPE. */
  destroy(): void {
    this.#destroyed = true;
    this.#closeEndpoint();
    this.#changed.wake();
    this.#device.remove();
    this.options.onDestroy?.(this);
  }

  /** @throws Errno ENETRESET, EBUSY; EINVAL when its address is not to be had. */
  #open(): CharFile {
    const { channel, info, isDefault } = this.options;
    if (this.#destroyed) throw new Errno('ENETRESET');
    if (this.#endpoint !== undefined) throw new Errno('EBUSY');
    const receive = (payload: Uint8Array): void => this.receive(payload);
    this.#endpoint = isDefault ? channel.endpoint : channel.carrier.createEndpoint(channel, info.src, receive);
    if (this.#endpoint === undefined) {
      this.#device.log.err(`failed to open ${info.name}`);
      throw new Errno('EINVAL');
    }
    this.#device.get();
    return this.#openFile();
  }

  #openFile(): CharFile {
    // the kernel wants to hear of one change, however often it asked
    let polled: (() => void) | undefined;
    const leave = this.#changed.add(() => {
      const wake = polled;
      polled = undefined;
      wake?.();
    });
    return {
      read: (size, call) => this.#read(size, call),
      write: (data, call) => this.#write(data, call),
      readiness: (wake) => {
        polled = wake ?? polled;
        return this.#readiness();
      },
      ioctl: (command) => this.#ioctl(command),
      release: () => {
        leave();
        this.#closeEndpoint();
        this.#device.put();
      },
    };
  }

  /** One message; what the caller has no room for is lost. */
  #read(size: number, { nonblock, signal }: Call): Uint8Array | Promise<Uint8Array> {
    const message = this.#take();
    if (message !== undefined) return message.subarray(0, size);
    if (nonblock) throw new Errno('EAGAIN');
    return this.#changed.until(() => this.#take(), signal).then((late) => late.subarray(0, size));
  }

  #take(): Uint8Array | undefined {
    if (this.#endpoint === undefined) throw new Errno('EPIPE');
    const message = this.#messages.shift();
    if (message !== undefined) this.options.channel.carrier.allowance.messages.remove();
    return message;
  }

  async #write(data: Uint8Array, { nonblock, signal }: Call): Promise<number> {
    if (this.#endpoint === undefined) throw new Errno('EPIPE');
    const { dst } = this.options.info;
    if (nonblock) sendNow(this.#endpoint, dst, data);
    else await this.#endpoint.send(dst, data, signal);
    return data.length;
  }

  /** That a message can be sent is never told. */
  #readiness(): Readiness {
    const error = this.#endpoint === undefined;
    return { readable: !error && this.#messages.length > 0, writable: false, error };
  }

  #ioctl(command: number): undefined {
    if (command !== RPMSG_DESTROY_EPT_IOCTL || this.options.isDefault || this.#destroyed) throw new Errno('EINVAL');
    this.destroy();
  }

  /** A default endpoint is its channel's, and goes on receiving. */
  #closeEndpoint(): void {
    const { channel, isDefault } = this.options;
    if (this.#endpoint !== undefined && !isDefault) channel.carrier.destroyEndpoint(this.#endpoint);
    this.#endpoint = undefined;
    channel.carrier.allowance.messages.remove(this.#messages.length);
    this.#messages.length = 0;
  }
}

/** @throws Errno EAGAIN when there is no buffer, and others as Endpoint.trySend. */
function sendNow(endpoint: Endpoint, destination: number, data: Uint8Array): void {
  try {
    endpoint.trySend(destination, data);
  } catch (error) {
    throw error instanceof Errno && error.code === 'ENOMEM' ? new Errno('EAGAIN') : error;
  }
}
