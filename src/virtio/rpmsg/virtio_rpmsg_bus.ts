import { Errno, negative, RateLimit, type Bus, type BusDriver, type DeviceLog } from '../../kernel/index.js';
import type { Block } from '../../rproc/index.js';
import { virtioDriver, type VirtioDevice } from '../device.js';
import type { Used, Virtqueue } from '../virtqueue.js';
import { Allowance } from './allowance.js';
import { Addresses, ANY_ADDRESS } from './addresses.js';
import { channelFor, RpmsgChannel, type Carrier, type ChannelOptions } from './channel.js';
import { Endpoint, type Receive } from './endpoint.js';
import type { RpmsgHost } from './host.js';
import {
  BUFFER_SIZE,
  decodeAnnouncement,
  decodeHeader,
  encodeAnnouncement,
  HEADER_SIZE,
  largestPayload,
  NAME_SERVICE_ADDRESS,
  type Announcement,
  type ChannelInfo,
} from './message.js';
import { Sender } from './sender.js';

const VIRTIO_ID_RPMSG = 7;
/** VIRTIO_RPMSG_F_NS */
const NAME_SERVICE = 0;
/** Of each direction. */
const MOST_BUFFERS = 256;

/** The driver virtio_rpmsg_bus: docs/reference/kernel-abi.md 7. */
export function virtioRpmsgBus(host: RpmsgHost, bus: Bus<RpmsgChannel>): BusDriver<VirtioDevice> {
  const bound = new Map<VirtioDevice, VirtioRpmsg>();
  const allowances = new WeakMap<object, Allowance>();
  const noRecipient = new RateLimit(host.log, 'rpmsg_recv_single', host.after);
  return virtioDriver({
    name: 'virtio_rpmsg_bus',
    ids: [VIRTIO_ID_RPMSG],
    features: 1 << NAME_SERVICE,
    probe: (device) => {
      const { remote } = device.transport;
      const allowance = allowances.get(remote) ?? new Allowance();
      allowances.set(remote, allowance);
      const virtproc = new VirtioRpmsg(host, bus, device, allowance, noRecipient);
      bound.set(device, virtproc);
      virtproc.begin();
    },
    remove: (device) => {
      bound.get(device)?.end();
      bound.delete(device);
    },
  });
}

/**
 * One remote side (virtproc_info): its queues, their buffers, and the channels that it carries.
 *
 * What a buffer holds is the remote side's at any time: a message is copied first, and the copy is checked.
 */
class VirtioRpmsg implements Carrier {
  readonly name: string;
  readonly path: string;
  readonly #channels = new Set<RpmsgChannel>();
  readonly #endpoints = new Addresses<Endpoint>();
  readonly #input: Virtqueue<number>;
  readonly #sender: Sender;
  readonly #block: Block;

  constructor(
    host: RpmsgHost,
    private readonly bus: Bus<RpmsgChannel>,
    private readonly device: VirtioDevice,
    readonly allowance: Allowance,
    private readonly noRecipient: RateLimit,
  ) {
    [this.name, this.path] = [device.name, device.path];
    this.#input = device.findQueue<number>(0, { name: 'input', callback: () => this.#receive() });
    const output = device.findQueue<number>(1, { name: 'output', callback: () => this.#sender.wake() });
    const count = Math.min(this.#input.num, MOST_BUFFERS);
    this.#block = device.memory.allocate(2 * count * BUFFER_SIZE);
    this.#sender = new Sender(device, output, { block: this.#block, first: count, count }, host.after);
    for (let slot = 0; slot < count; slot++) this.#offer(slot);
  }

  get log(): DeviceLog {
    return this.device.log;
  }

  begin(): void {
    const { device } = this;
    this.#add(channelFor('rpmsg_ctrl', 0));
    if (device.hasFeature(NAME_SERVICE)) this.#add(channelFor('rpmsg_ns', NAME_SERVICE_ADDRESS));
    device.ready();
    this.#input.kick();
    this.log.info('rpmsg host is online');
  }

  end(): void {
    const { device } = this;
    device.reset();
    for (const channel of [...this.#channels]) this.#remove(channel);
    device.deleteQueues();
    device.memory.free(this.#block);
  }

  createEndpoint(channel: RpmsgChannel, address: number, receive: Receive): Endpoint | undefined {
    try {
      return this.#endpoints.allocate(address, (local) => new Endpoint(channel, local, receive, this.#sender));
    } catch (error) {
      channel.log.err(`idr_alloc failed: ${negative(error)}`);
      return undefined;
    }
  }

  destroyEndpoint(endpoint: Endpoint): void {
    endpoint.closed = true;
    this.#endpoints.free(endpoint.address);
    // whoever sends from there is to look
    this.#sender.wake();
  }

  createChannel(info: ChannelInfo): RpmsgChannel | undefined {
    const { name, src, dst } = info;
    if (this.#find(info) !== undefined) {
      this.log.err(`channel ${name}:${src.toString(16)}:${dst.toString(16)} already exist`);
      return undefined;
    }
    if (this.allowance.channels.full) return undefined;
    return this.#add({ ...info, announce: src !== ANY_ADDRESS });
  }

  releaseChannel(info: ChannelInfo): void {
    const channel = this.#find(info);
    if (channel === undefined) throw new Errno('EINVAL');
    this.#remove(channel);
  }

  decodeAnnouncement(payload: Uint8Array): Announcement | undefined {
    return decodeAnnouncement(payload, this.device.endian);
  }

  announce(endpoint: Endpoint, destroy: boolean): void {
    if (!this.device.hasFeature(NAME_SERVICE)) return;
    const { address, channel } = endpoint;
    const announcement = encodeAnnouncement({ name: channel.service, address, destroy }, this.device.endian);
    endpoint.trySend(NAME_SERVICE_ADDRESS, announcement);
  }

  /** Any address is as good as each other one when none is asked for. */
  #find({ name, src, dst }: ChannelInfo): RpmsgChannel | undefined {
    return [...this.#channels].find(
      (channel) =>
        channel.service === name &&
        (src === ANY_ADDRESS || src === channel.src) &&
        (dst === ANY_ADDRESS || dst === channel.dst),
    );
  }

  #add(options: ChannelOptions): RpmsgChannel | undefined {
    const channel = new RpmsgChannel(this.bus, this, options);
    this.#channels.add(channel);
    this.allowance.channels.add();
    try {
      this.bus.add(channel);
      return channel;
    } catch (error) {
      this.#forget(channel);
      channel.log.err(`device_add failed: ${negative(error)}`);
      return undefined;
    }
  }

  #remove(channel: RpmsgChannel): void {
    this.#forget(channel);
    this.bus.remove(channel);
  }

  #forget(channel: RpmsgChannel): void {
    this.#channels.delete(channel);
    this.allowance.channels.remove();
  }

  /** rpmsg_recv_done() */
  #receive(): void {
    let [received, any] = [0, false];
    this.#input.drain((used) => {
      any = true;
      const sound = this.#receiveOne(used);
      if (sound) received++;
      return sound;
    });
    if (!any) this.log.err('uhm, incoming signal, but no used buffer ?');
    if (received > 0) this.#input.kick();
  }

  /** rpmsg_recv_single(): when it fails, the buffer stays with us, and the others wait for the next interrupt. */
  #receiveOne({ token: slot, length: written }: Used<number>): boolean {
    const message = this.#block.bytes.slice(slot * BUFFER_SIZE, (slot + 1) * BUFFER_SIZE);
    const { source, destination, length } = decodeHeader(message, this.device.endian);
    if (length > largestPayload(written)) {
      this.log.warn(`inbound msg too big: (${written | 0}, ${length})`);
      return false;
    }
    const endpoint = this.#endpoints.get(destination);
    if (endpoint === undefined) this.noRecipient.print('warn', `${this.log.prefix}: msg received with no recipient`);
    else endpoint.receive(message.subarray(HEADER_SIZE, HEADER_SIZE + length), source);
    return this.#offer(slot);
  }

  /** Lets the remote side have a buffer. */
  #offer(slot: number): boolean {
    const { address } = this.#block;
    try {
      this.#input.add([{ address: address + slot * BUFFER_SIZE, length: BUFFER_SIZE, writable: true }], slot);
      return true;
    } catch (error) {
      this.log.err(`failed to add a virtqueue buffer: ${negative(error)}`);
      return false;
    }
  }
}
