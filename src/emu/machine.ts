/** The machine, from Linux's side: RAM, host threads on demand, interrupts. Implements the interface of hardware.ts. */
import { closeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { MessageChannel, Worker } from 'node:worker_threads';
import createDebug from 'debug';
import { Errno } from '../kernel/index.js';
import { hostClock, hostEpoch } from './clock.js';
import { Gic } from './devices/gic.js';
import {
  LINUX_REGION_BYTES,
  MAX_CPUS,
  type CoreRegisters,
  type EngineName,
  type Entry,
  type Hardware,
  type MachineEvents,
  type MachineOptions,
} from './hardware.js';
import { rawText } from './cpu/dump-line.js';
import { coreModel } from './cpu/models/index.js';
import { CoreState } from './cpu/state.js';
import { layoutOf, PAGE, STATE } from './layout.js';
import { Interpreters, targetOf } from './interpreters.js';
import type { Report, Request, ThreadData } from './protocol.js';
import { sharedBuffer } from './shared-buffer.js';
import { TranslatorThread } from './translator-thread.js';
import type { Connection } from './translator/remote.js';
import { openDirectory } from './uhi/index.js';
import type { Target } from './wasm/interface.js';

const debug = createDebug('mips-rprocfs:emu');

const MAX_MEMORY = 256 << 20;

/** A core thread's heap: the cores themselves live in shared memory. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 };

interface Thread {
  readonly index: number;
  readonly worker: Worker;
  /** CPUs that it runs. */
  readonly cpus: Set<number>;
}

/** What goes to a host thread with the start of a core. */
type StartModules = Pick<Extract<Request, { kind: 'start' }>, 'interpreter' | 'verifying'>;

/** When hot code is translated. */
const TRANSLATION = {
  auto: 'later',
  interpreter: 'never',
  translator: 'always',
  verify: 'always',
} as const satisfies Readonly<Record<EngineName, ThreadData['translation']>>;

/** A request that its thread has not answered yet. */
interface Waiting {
  readonly answered: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

function check({ cpus, memory }: MachineOptions): void {
  if (!Number.isInteger(cpus) || cpus < 1 || cpus > MAX_CPUS)
    throw new RangeError(`1 to ${MAX_CPUS} CPUs, not ${cpus}`);
  if (memory % PAGE !== 0 || memory < 2 * LINUX_REGION_BYTES || memory > MAX_MEMORY)
    throw new RangeError(`2 MiB to 256 MiB of memory in steps of 64 KiB, not ${memory} bytes`);
}

function promised(): Waiting {
  let settle: Omit<Waiting, 'answered'> = { resolve: () => undefined, reject: () => undefined };
  const answered = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
  return { answered, ...settle };
}

export class Machine implements Hardware {
  readonly ram: Uint8Array;
  readonly bits: 32 | 64;
  readonly #memory: WebAssembly.Memory;
  readonly #shared: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #gic: Gic;
  readonly #layout;
  readonly #epoch = hostEpoch();
  readonly #threads: Thread[] = [];
  readonly #threadOf = new Map<number, Thread>();
  readonly #waiting = new Map<string, Waiting>();
  #interpreters: Interpreters | undefined;
  /** Made when the first host thread wants it, for all of them. */
  #translator: TranslatorThread | undefined;
  /** Held open, so that what is mounted on it later, perhaps by ourselves, is not what firmware gets. */
  readonly #uhiRoot: number | undefined;
  #prepared: Promise<void> | undefined;
  #events: MachineEvents | undefined;
  #closing = false;

  constructor(readonly options: MachineOptions) {
    check(options);
    this.bits = coreModel(options.cpu).isa.bits;
    this.#layout = layoutOf(options);
    const { pages } = this.#layout;
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const buffer = sharedBuffer(this.#memory);
    this.#shared = buffer;
    this.ram = new Uint8Array(buffer, 0, options.memory);
    this.#words = new Int32Array(buffer);
    const clock = hostClock(this.#epoch);
    this.#gic = new Gic(
      buffer,
      this.#layout.gic,
      options.cpus,
      () => clock,
      (vp) => this.#notify(vp),
    );
    this.#gic.reset();
    this.#uhiRoot = options.uhiRoot === undefined ? undefined : openDirectory(options.uhiRoot);
  }

  connect(events: MachineEvents): void {
    this.#events = events;
  }

  routeInterrupt(irq: number, cpu: number): void {
    this.#gic.route(irq, cpu);
  }

  raise(irq: number): void {
    this.#gic.raise(irq);
  }

  /** Begins with what the first start needs, and would have to wait for. Resolves when all of that is there, or the first start will say why not. */
  async prepare(): Promise<void> {
    await (this.#prepared ??= this.#prepare());
  }

  async start(cpu: number, entry: Entry): Promise<void> {
    if (cpu < 1 || cpu >= this.options.cpus) throw new RangeError(`CPU ${cpu} can't be started`);
    // it takes its time to come up, as the interpreter does to be made
    if (this.#threads.length === 0) this.#spawn();
    const interpreters = await this.#compiled();
    if (this.#closing) throw new Error('the machine has been closed');
    if (this.#threadOf.has(cpu)) throw new RangeError(`CPU ${cpu} runs already`);
    const thread = this.#leastLoaded();
    thread.cpus.add(cpu);
    this.#threadOf.set(cpu, thread);
    Atomics.store(this.#words, this.#layout.hosts / 4 + cpu, thread.index + 1);
    try {
      await this.#ask(thread, 'started', { kind: 'start', cpu, entry, ...interpreters });
    } catch (error) {
      this.#release(cpu);
      throw error;
    }
  }

  async halt(cpu: number): Promise<void> {
    const thread = this.#threadOf.get(cpu);
    if (thread === undefined) return;
    await this.#ask(thread, 'halted', { kind: 'halt', cpu });
  }

  registers(cpu: number): CoreRegisters {
    const state = new CoreState(this.#shared, this.#layout.coreState(cpu));
    const register = (offset: number): bigint => BigInt.asIntN(this.bits, state.get64(offset));
    return {
      general: Array.from({ length: 32 }, (_, number) => register(STATE.gpr + 8 * number)),
      lo: register(STATE.lo),
      hi: register(STATE.hi),
      pc: register(STATE.pc),
      badVAddr: register(STATE.badVAddr),
      status: state.get(STATE.status),
      cause: state.get(STATE.cause),
    };
  }

  instructions(cpu: number): number {
    return new CoreState(this.#shared, this.#layout.coreState(cpu)).published(STATE.retired);
  }

  /** The translator has been started. */
  get isTranslating(): boolean {
    return this.#translator !== undefined;
  }

  async close(): Promise<void> {
    this.#closing = true;
    const threads = this.#threads.map(({ worker }) => worker.terminate());
    await Promise.all([this.#interpreters?.close(), this.#translator?.close(), ...threads]);
    for (const [request, { resolve, reject }] of this.#waiting)
      if (request.startsWith('halted')) resolve();
      else reject(new Error('the machine has been closed'));
    this.#waiting.clear();
    if (this.#uhiRoot !== undefined) closeSync(this.#uhiRoot);
  }

  async #prepare(): Promise<void> {
    if (this.#threads.length === 0) this.#spawn();
    const translator = TRANSLATION[this.options.engine] === 'always' ? this.#translating() : undefined;
    await Promise.allSettled([this.#compiled(), translator?.prepared]);
  }

  #release(cpu: number): void {
    this.#threadOf.get(cpu)?.cpus.delete(cpu);
    this.#threadOf.delete(cpu);
    Atomics.store(this.#words, this.#layout.hosts / 4 + cpu, 0);
  }

  /** The same request made twice is sent once and answered once. */
  #ask(thread: Thread, answer: 'started' | 'halted', request: Exclude<Request, { kind: 'translator' }>): Promise<void> {
    const key = `${answer} ${request.cpu}`;
    const known = this.#waiting.get(key);
    if (known !== undefined) return known.answered;
    const waiting = promised();
    this.#waiting.set(key, waiting);
    thread.worker.postMessage(request);
    this.#ring(thread.index);
    return waiting.answered;
  }

  /** As many threads as the host has processors; beyond that cores share. */
  #leastLoaded(): Thread {
    const idle = this.#threads.find((thread) => thread.cpus.size === 0);
    if (idle !== undefined) return idle;
    if (this.#threads.length < availableParallelism()) return this.#spawn();
    return this.#threads.reduce((least, thread) => (thread.cpus.size < least.cpus.size ? thread : least));
  }

  #spawn(): Thread {
    const { cpus, endian, memory, cpu, clock } = this.options;
    const { gic, doorbells, hosts, interruptReported, outputBacklog, codeMap, codeChanges, pages } = this.#layout;
    const index = this.#freeIndex();
    const data: ThreadData = {
      index,
      translation: TRANSLATION[this.options.engine],
      memory: this.#memory,
      model: cpu,
      endian,
      clock,
      cpus,
      ramBytes: memory,
      layout: { gic, doorbells, hosts, interruptReported, outputBacklog, codeMap, codeChanges, pages },
      vectors: memory - LINUX_REGION_BYTES,
      epoch: this.#epoch,
      uhiRoot: this.#uhiRoot,
    };
    const worker = new Worker(new URL('./host-thread.js', import.meta.url), {
      workerData: data,
      resourceLimits: THREAD_LIMITS,
      name: `cores-${data.index}`,
    });
    const thread: Thread = { index: data.index, worker, cpus: new Set() };
    worker.on('message', (report: Report) => this.#receive(report, thread));
    worker.on('error', (error) => this.#threadFailed(thread, error));
    this.#threads.push(thread);
    return thread;
  }

  /** Made once; when that fails, the next start tries again. */
  async #compiled(): Promise<StartModules> {
    const reading: Target = { ...targetOf(this.options), findsHotPlaces: false, accessLog: 'read' };
    const interpreters = (this.#interpreters ??= new Interpreters([
      targetOf(this.options),
      ...(this.#isVerified ? [reading] : []),
    ]));
    try {
      const [interpreter, verifying] = await interpreters.made;
      if (interpreter === undefined) throw new Error('no interpreter was made');
      return { interpreter, verifying };
    } catch (error) {
      if (this.#interpreters === interpreters) this.#interpreters = undefined;
      throw error;
    }
  }

  /** Gives a host thread a way to the translator. */
  #connectTranslator({ index, worker }: Thread): void {
    const { port1, port2 } = new MessageChannel();
    const connection: Connection = { port: port1, doorbell: this.#layout.doorbells / 4 + index };
    this.#translating().connect(connection);
    const request: Request = { kind: 'translator', port: port2 };
    worker.postMessage(request, [port2]);
    this.#ring(index);
  }

  #translating(): TranslatorThread {
    return (this.#translator ??= new TranslatorThread({
      target: { ...targetOf(this.options), accessLog: this.#isVerified ? 'written' : undefined },
      memory: this.#memory,
      cache: this.options.translationCache,
      isAlwaysUsed: TRANSLATION[this.options.engine] === 'always',
    }));
  }

  get #isVerified(): boolean {
    return this.options.engine === 'verify';
  }

  /** A failed thread leaves its number, and with it its doorbell, to the next one. */
  #freeIndex(): number {
    const taken = new Set(this.#threads.map(({ index }) => index));
    let index = 0;
    while (taken.has(index)) index++;
    return index;
  }

  #receive(report: Report, thread: Thread): void {
    debug('%o', report);
    switch (report.kind) {
      case 'translatorWanted':
        if (!this.#closing) this.#connectTranslator(thread);
        return;
      case 'started':
      case 'halted': {
        const key = `${report.kind} ${report.cpu}`;
        const waiting = this.#waiting.get(key);
        this.#waiting.delete(key);
        if (report.kind === 'halted') this.#release(report.cpu);
        if (report.kind === 'started' && report.error !== undefined) waiting?.reject(new RangeError(report.error));
        else waiting?.resolve();
        return;
      }
      case 'interrupt':
        // once a turn of the event loop: a firmware that rings without end must not keep the messages coming
        setImmediate(() => {
          Atomics.store(this.#words, this.#layout.interruptReported / 4, 0);
          this.#deliver();
        });
        return;
      case 'fault':
        void this.#report(report);
        return;
      case 'exit':
        this.#events?.exit(report.cpu, report.code);
        return;
      case 'output':
        Atomics.sub(this.#words, this.#layout.outputBacklog / 4, report.text.length);
        this.#events?.output(report.cpu, report.text);
        return;
    }
  }

  async #report({ cpu, reason, registers }: Extract<Report, { kind: 'fault' }>): Promise<void> {
    const isa = targetOf(this.options).isa;
    // a host that has no descriptor left cannot load the table: the crash is told all the same
    const text = await import('./dump-text.js').then(
      ({ dumpText }) => dumpText(registers, isa),
      () => rawText(registers),
    );
    this.#events?.fault({ cpu, reason, registers: text });
  }

  /** A defect of the emulator itself took the thread: its cores are gone, and everyone who waits for it must know. */
  #threadFailed(thread: Thread, error: Error): void {
    if (this.#closing) return;
    debug('host thread %d failed: %s', thread.index, error.stack);
    for (const cpu of thread.cpus) {
      for (const answer of ['started', 'halted']) {
        this.#waiting.get(`${answer} ${cpu}`)?.reject(new Errno('EIO', { cause: error }));
        this.#waiting.delete(`${answer} ${cpu}`);
      }
      this.#release(cpu);
      this.#events?.fault({ cpu, reason: `the emulator failed: ${error.message}`, registers: [] });
    }
    this.#threads.splice(this.#threads.indexOf(thread), 1);
  }

  /** CPU 0's interrupt entry. */
  #deliver(): void {
    for (const irq of this.#gic.takeForLinux()) this.#events?.interrupt(irq);
  }

  #notify(vp: number): void {
    if (vp === 0) {
      setImmediate(() => this.#deliver());
      return;
    }
    const host = Atomics.load(this.#words, this.#layout.hosts / 4 + vp);
    if (host !== 0) this.#ring(host - 1);
  }

  #ring(thread: number): void {
    const doorbell = this.#layout.doorbells / 4 + thread;
    Atomics.add(this.#words, doorbell, 1);
    Atomics.notify(this.#words, doorbell);
  }
}
