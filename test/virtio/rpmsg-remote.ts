/** The remote side of rpmsg, in the hands of a test: it sees what Linux sends, and says what it likes, sound or not. */
import type { After } from '../../src/kernel/index.js';
import type { Vring } from '../../src/rproc/index.js';
import type { Call, CharFile, ClassDevice } from '../../src/virtio/index.js';
import { ascii } from '../rproc/bench.js';
import { vdevEntry } from '../rproc/elf-builder.js';
import { DeviceRing } from './device-ring.js';
import { image, Lab } from './lab.js';
import { message, parsed, type Message, type ParsedMessage } from './rpmsg-message.js';

export const NAME_SERVICE = 53;

interface Wish {
  readonly timer?: After;
  readonly features?: number;
  readonly rings?: readonly { readonly num: number }[];
}

export interface Announced {
  readonly name: string;
  readonly address: number;
  readonly flags?: number;
}

/** What the name service is told. */
export function announcement({ name, address, flags = 0 }: Announced): Uint8Array {
  const bytes = new Uint8Array(40);
  bytes.set(ascii(name));
  const view = new DataView(bytes.buffer);
  view.setUint32(32, address, true);
  view.setUint32(36, flags, true);
  return bytes;
}

/** Bits of the features of a remote side with a name service. */
const NAME_SERVICE_FEATURE = 1;

/** A Linux with one remote processor, whose memory a test sees. */
export class RpmsgRemote {
  /** By name, while they are there. */
  readonly files = new Map<string, ClassDevice>();
  input = new DeviceRing(new Uint8Array(4096), 1, 4);
  output = this.input;
  /** Heads of what Linux has sent, and has not got back. */
  readonly held: number[] = [];

  private constructor(
    readonly lab: Lab,
    private readonly wish: Wish,
  ) {
    lab.virtio.classDevices.subscribe(({ type, device }) => {
      if (type === 'removed') this.files.delete(device.name);
      else this.files.set(device.name, device);
    });
  }

  static async boot(t: Parameters<typeof Lab.boot>[0], wish: Wish & Parameters<typeof Lab.boot>[1] = {}) {
    const remote = new RpmsgRemote(await Lab.boot(t, wish), wish);
    await remote.start();
    return remote;
  }

  /** Gives what the start gave; then the rings are those of this run. */
  async start(): Promise<string> {
    const { features = NAME_SERVICE_FEATURE, rings } = this.wish;
    const outcome = await this.lab.start(image(vdevEntry({ id: 7, features, ...(rings && { rings }) })));
    const [input, output] = this.lab.rproc().resources.vrings;
    if (input === undefined || output === undefined) return outcome;
    [this.input, this.output] = [ring(input), ring(output)];
    this.held.length = 0;
    return outcome;
  }

  /** What Linux has sent since the last call; it gets its buffers back unless they are held. */
  heard(keep: 'hold' | 'give back' = 'give back'): ParsedMessage[] {
    const messages = [];
    for (let chain = this.output.take(); chain !== undefined; chain = this.output.take()) {
      const [buffer] = chain.buffers;
      if (buffer === undefined || buffer.writable) throw new Error('Linux sends nothing');
      messages.push(parsed(this.memory(buffer.address, buffer.length).slice(), 'le'));
      if (keep === 'hold') this.held.push(chain.head);
      else this.output.use(chain.head);
    }
    return messages;
  }

  /** Gives back what was held, and rings when Linux wants that. */
  giveBack(count = this.held.length): void {
    for (const head of this.held.splice(0, count)) this.output.use(head);
    if (!this.output.interruptsSuppressed) this.ring(1);
  }

  /** Puts bytes into Linux's next buffer, and says how many they are. False when there is none, or none is to be found. */
  put(bytes: Uint8Array, written = bytes.length): boolean {
    const chain = this.input.take();
    const [buffer] = chain?.buffers ?? [];
    if (chain === undefined || buffer === undefined) return false;
    const memory = this.#find(buffer.address, buffer.length);
    if (memory === undefined || memory.length < bytes.length) return false;
    memory.set(bytes);
    this.input.use(chain.head, written);
    return true;
  }

  /** A sound message. */
  say(sent: Message): void {
    if (!this.put(message(sent, 'le'))) throw new Error('Linux has offered no buffer');
    this.ring(0);
  }

  /** To an address of Linux. */
  tell(destination: number, payload: string | Uint8Array, source = 0x400): void {
    this.say({ source, destination, payload: typeof payload === 'string' ? ascii(payload) : payload });
  }

  announce(announced: Announced): void {
    this.tell(NAME_SERVICE, announcement(announced), announced.address);
  }

  /** The doorbell of a ring. */
  ring(index: 0 | 1): boolean {
    const vring = this.lab.rproc().resources.vrings[index];
    return vring !== undefined && this.lab.rproc().interruptVring(vring.notifyid);
  }

  /** The memory that rings lie in has buffers, too. */
  memory(address: bigint, length: number): Uint8Array {
    const found = this.#find(address, length);
    if (found === undefined) throw new Error(`no memory at ${address}`);
    return found;
  }

  /** Nothing where there is none, as a descriptor says that the remote side has spoilt. */
  #find(address: bigint, length: number): Uint8Array | undefined {
    const { va, dma } = this.lab.rproc().resources.vrings[0]?.carveout ?? {};
    if (va === undefined || dma === undefined) throw new Error('no rings');
    const offset = va.byteOffset + Number(address) - dma;
    return offset < 0 || offset + length > va.buffer.byteLength ? undefined : new Uint8Array(va.buffer, offset, length);
  }

  /** Opens a file of /dev. */
  open(name: string): CharFile {
    const node = this.files.get(name)?.node;
    if (node?.kind !== 'file') throw new Error(`no file ${name}`);
    return node.open();
  }

  channels(): string[] {
    return this.lab.virtio.rpmsg.devices.map(({ name }) => name);
  }
}

function ring({ carveout, num, align }: Vring): DeviceRing {
  if (carveout.va === undefined) throw new Error('a ring without memory');
  return new DeviceRing(carveout.va, num, align);
}

/** A timer whose time a test lets pass. */
export class ManualTimer {
  readonly #pending = new Set<{ readonly at: number; readonly action: () => void }>();
  #now = 0;

  readonly after: After = (milliseconds, action) => {
    const entry = { at: this.#now + milliseconds, action };
    this.#pending.add(entry);
    return () => this.#pending.delete(entry);
  };

  /** How many have not come to an end. */
  get pending(): number {
    return this.#pending.size;
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
    for (const entry of [...this.#pending].filter(({ at }) => at <= this.#now)) {
      this.#pending.delete(entry);
      entry.action();
    }
  }
}

/** How a system call is made: by a process that nobody interrupts. */
export const BLOCKING: Call = { nonblock: false, signal: new AbortController().signal };
export const NONBLOCKING: Call = { ...BLOCKING, nonblock: true };
