/**
 * A remote side for processors without a CPU: it answers on the first vdev of their firmware, whatever the firmware is.
 * Of rpmsg, it announces a few services and sends every message back; of anything else, it is a line that echoes once.
 */
import { bytesOf } from '../text.js';
import type { RemoteProc } from '../remoteproc.js';
import type { Vdev, Vring } from '../vdev.js';
import { vringSize } from '../resource_table.js';
import { RemoteRing, type Offer, type RemoteRingOptions } from './remote_ring.js';

const VIRTIO_ID_RPMSG = 7;
const SERVICES = [
  ['rpmsg-tty', 0x400],
  ['rpmsg-raw', 0x401],
  ['rpmsg-client-sample', 0x402],
  ['some-other-service', 0x403],
] as const;
const NAME_SERVICE = 53;
/** Offsets and lengths of a message (kernel-abi.md 7.2), and of what the name service is told (7.3). */
const MESSAGE = { source: 0, destination: 4, length: 12, header: 16, payload: 496 } as const;
const ANNOUNCEMENT = { name: 16, address: 48, size: 56 } as const;
const LONGEST_LINE = 4096;

type MemoryAt = RemoteRingOptions['memoryAt'];

/** One run of the processor, from its start to its stop. */
interface Run {
  readonly vdev: Vdev;
  /** To Linux, which offers buffers to fill. */
  readonly input: Queue;
  readonly output: Queue;
  announced: boolean;
  /** What a line sends back: the first thing that it hears, as whoever reads it may echo, too. */
  echo: Uint8Array | 'not yet' | 'done';
}

/** Rings a vring's interrupt when its driver wants that. */
class Queue {
  readonly ring: RemoteRing;
  readonly size: number;

  constructor(
    private readonly rproc: RemoteProc,
    private readonly vring: Vring,
    memory: Uint8Array,
    memoryAt: MemoryAt,
  ) {
    const { num, align } = vring;
    this.size = num;
    const ring = memory.subarray(0, vringSize(num, align));
    this.ring = new RemoteRing({ memory: ring, num, endian: rproc.endian, memoryAt });
  }

  interrupt(): void {
    if (this.ring.interruptWanted) this.rproc.interruptVring(this.vring.notifyid);
  }
}

export class Loopback {
  #run: Run | undefined;
  #up = false;
  #scheduled: NodeJS.Immediate | undefined;

  constructor(private readonly memoryAt: MemoryAt) {}

  start(): void {
    this.#up = true;
  }

  /** Nothing is answered any more. */
  stop(): void {
    this.#up = false;
    this.#run = undefined;
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
  }

  kick(rproc: RemoteProc): void {
    if (!this.#up) return;
    this.#run ??= this.#begin(rproc);
    // who writes to a console waits until its buffer is taken
    if (this.#run !== undefined && this.#run.vdev.id !== VIRTIO_ID_RPMSG) takeLines(this.#run);
    this.#later();
  }

  #begin(rproc: RemoteProc): Run | undefined {
    const [vdev] = rproc.resources.vdevs;
    const [input, output] = vdev?.vrings ?? [];
    const [inputMemory, outputMemory] = [input?.carveout.va, output?.carveout.va];
    if (!vdev || !input || !output || !inputMemory || !outputMemory) return undefined;
    return {
      vdev,
      input: new Queue(rproc, input, inputMemory, this.memoryAt),
      output: new Queue(rproc, output, outputMemory, this.memoryAt),
      announced: false,
      echo: 'not yet',
    };
  }

  /** Linux is not answered from within its own call. */
  #later(): void {
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      const run = this.#run;
      if (run === undefined) return;
      if (run.vdev.id !== VIRTIO_ID_RPMSG) answerLine(run);
      else if (answerMessages(run) === 'more') this.#later();
    });
  }
}

/** As many as a ring holds; then others have their turn. */
function answerMessages(run: Run): 'all' | 'more' {
  const { vdev, input, output } = run;
  const { endian } = vdev.rproc;
  if (!run.announced) for (const [name, address] of SERVICES) send(input, announcement(name, address, endian === 'le'));
  run.announced = true;
  let taken = 0;
  for (; taken < output.size; taken++) {
    const offer = output.ring.take();
    if (offer === undefined) break;
    const message = copy(offer, MESSAGE.header + MESSAGE.payload);
    output.ring.use(offer.head, 0);
    const answer = returned(message, endian === 'le');
    if (answer !== undefined) send(input, answer);
  }
  if (taken > 0) output.interrupt();
  return taken < output.size ? 'all' : 'more';
}

/** The same message with its addresses swapped; what is for the name service gets no answer. */
function returned(message: Uint8Array, little: boolean): Uint8Array | undefined {
  if (message.length < MESSAGE.header) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  const [source, destination] = [view.getUint32(MESSAGE.source, little), view.getUint32(MESSAGE.destination, little)];
  if (destination === NAME_SERVICE) return undefined;
  view.setUint32(MESSAGE.source, destination, little);
  view.setUint32(MESSAGE.destination, source, little);
  return message.subarray(0, MESSAGE.header + view.getUint16(MESSAGE.length, little));
}

function announcement(name: string, address: number, little: boolean): Uint8Array {
  const message = new Uint8Array(ANNOUNCEMENT.size);
  const view = new DataView(message.buffer);
  view.setUint32(MESSAGE.source, address, little);
  view.setUint32(MESSAGE.destination, NAME_SERVICE, little);
  view.setUint16(MESSAGE.length, ANNOUNCEMENT.size - MESSAGE.header, little);
  message.set(bytesOf(name), ANNOUNCEMENT.name);
  view.setUint32(ANNOUNCEMENT.address, address, little);
  return message;
}

function takeLines(run: Run): void {
  const { output } = run;
  for (let left = output.size; left > 0; left--) {
    const offer = output.ring.take();
    if (offer === undefined) break;
    if (run.echo === 'not yet') run.echo = copy(offer, LONGEST_LINE);
    output.ring.use(offer.head, 0);
  }
}

function answerLine(run: Run): void {
  if (!(run.echo instanceof Uint8Array)) return;
  send(run.input, run.echo);
  run.echo = 'done';
}

/** What does not fit is lost, and so is a message for which Linux has no buffer. */
function send(queue: Queue, message: Uint8Array): void {
  const offer = queue.ring.take();
  if (offer === undefined) return;
  let written = 0;
  for (const buffer of offer.writable) {
    const part = message.subarray(written, written + buffer.length);
    buffer.set(part);
    written += part.length;
  }
  queue.ring.use(offer.head, written);
  queue.interrupt();
}

/** What can be read of an offer, at most `limit` bytes. */
function copy({ readable }: Offer, limit: number): Uint8Array {
  return Uint8Array.from(Buffer.concat(readable).subarray(0, limit));
}
