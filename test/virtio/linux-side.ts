/** A virtio driver without a subsystem: it keeps what comes in, and sends what it is told to. */
import { once, EventEmitter } from 'node:events';
import { virtioDriver, type VirtioDevice } from '../../src/virtio/device.js';
import type { Virtio } from '../../src/virtio/index.js';
import type { Virtqueue } from '../../src/virtio/virtqueue.js';
import type { Block } from '../../src/rproc/index.js';
import { within } from '../support/board.js';

const IDS = [3, 7, 11];
const KNOWN_FEATURES = 1;

export interface LinuxSideOptions {
  /** Bytes of a buffer. */
  readonly size?: number;
  /** Whether used buffers are offered again. */
  readonly refill?: boolean;
  /** Buffers are offered so long after the driver is ready, ms, and nobody is told: kicks are dropped while a processor is started. */
  readonly offersLate?: number;
}

export class LinuxSide {
  readonly received: Uint8Array[] = [];
  device: VirtioDevice | undefined;
  #input: Virtqueue<number> | undefined;
  #output: Virtqueue<number> | undefined;
  #block: Block | undefined;
  readonly #size: number;
  readonly #news = new EventEmitter();

  constructor(
    { bus }: Virtio,
    private readonly options: LinuxSideOptions = {},
  ) {
    this.#size = options.size ?? 512;
    for (const driver of bus.drivers) bus.removeDriver(driver);
    bus.addDriver(
      virtioDriver({
        name: 'linux-side',
        ids: IDS,
        features: KNOWN_FEATURES,
        probe: (device) => this.#probe(device),
        remove: (device) => {
          device.reset();
          device.deleteQueues();
          if (this.#block !== undefined) device.memory.free(this.#block);
          this.device = this.#input = this.#output = this.#block = undefined;
        },
      }),
    );
  }

  /** Sends a buffer; false when the ring is full, or broken. */
  send(bytes: Uint8Array): boolean {
    const [output, slot] = [this.#output, this.#freeSlot()];
    if (output === undefined || output.broken || slot === undefined) return false;
    this.#memory(slot).set(bytes);
    output.add([{ address: this.#address(slot), length: bytes.length, writable: false }], slot);
    output.kick();
    return true;
  }

  /** The first `count` buffers that came, when they have. */
  async until(count: number): Promise<readonly Uint8Array[]> {
    while (this.received.length < count)
      await within(once(this.#news, 'received'), () => `${count} buffers; ${this.received.length} came`);
    return this.received;
  }

  /** Buffers of the output queue come back when they are asked for. */
  #free: number[] = [];
  #freeSlot(): number | undefined {
    for (let used = this.#output?.take(); used !== undefined; used = this.#output?.take()) this.#free.push(used.token);
    return this.#free.pop();
  }

  #probe(device: VirtioDevice): void {
    const input = device.findQueue<number>(0, { name: 'input', callback: () => this.#receive() });
    const output = device.findQueue<number>(1, { name: 'output' });
    output.disableCallbacks();
    [this.device, this.#input, this.#output] = [device, input, output];
    this.#block = device.memory.allocate(this.#size * (input.num + output.num));
    this.#free = Array.from({ length: output.num }, (_, index) => input.num + index);
    const offer = (): void => {
      for (let slot = 0; slot < input.num; slot++) this.#offer(slot);
    };
    const { offersLate } = this.options;
    if (offersLate !== undefined) {
      device.ready();
      setTimeout(offer, offersLate);
      return;
    }
    offer();
    device.ready();
    input.kick();
  }

  #receive(): void {
    for (let used = this.#input?.take(); used !== undefined; used = this.#input?.take()) {
      this.received.push(this.#memory(used.token).slice(0, used.length));
      if (this.options.refill !== false) this.#offer(used.token);
    }
    this.#input?.kick();
    this.#news.emit('received');
  }

  #offer(slot: number): void {
    this.#input?.add([{ address: this.#address(slot), length: this.#size, writable: true }], slot);
  }

  #address(slot: number): number {
    return (this.#block?.address ?? 0) + slot * this.#size;
  }

  #memory(slot: number): Uint8Array {
    return this.#block?.bytes.subarray(slot * this.#size, (slot + 1) * this.#size) ?? new Uint8Array();
  }
}
