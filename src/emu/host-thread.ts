/**
 * A host thread that carries cores: runs each for a slice in turn, sleeps while all of them wait, and never returns to
 * its event loop. Requests come through its port, announced by its doorbell; reports go back through the same port.
 */
import { setPriority } from 'node:os';
import { isMainThread, parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { hostClock, InstructionClock } from './clock.js';
import { Core } from './cpu/core.js';
import { coreModel, type CoreModel } from './cpu/models/index.js';
import { Bus } from './devices/bus.js';
import { Gic } from './devices/gic.js';
import { layoutOf } from './layout.js';
import { NICENESS } from './niceness.js';
import type { Report, Request, ThreadData } from './protocol.js';
import { sharedBuffer } from './shared-buffer.js';
import { Activity } from './translator/activity.js';
import { RemoteTranslation } from './translator/remote.js';
import { UhiSession } from './uhi/index.js';

/** Firmware output that may be on its way to Linux before a writer has to wait, bytes. */
const OUTPUT_LIMIT = 1 << 20;
/** How often a core that waits for Linux to take its output looks again, ms. */
const STALL_INTERVAL = 1;

class HostThread {
  readonly #cores = new Map<number, Core>();
  /** Of cores whose time is virtual. */
  readonly #clocks = new Map<number, InstructionClock>();
  readonly #model: CoreModel;
  readonly #words: Int32Array;
  readonly #clock;
  readonly #gic: Gic;
  readonly #bus: Bus;
  readonly #activity: Activity;
  readonly #translation: RemoteTranslation | undefined;

  constructor(
    private readonly port: MessagePort,
    private readonly data: ThreadData,
  ) {
    const buffer = sharedBuffer(data.memory);
    this.#words = new Int32Array(buffer);
    this.#clock = hostClock(data.epoch);
    this.#model = coreModel(data.model);
    this.#activity = new Activity(() => this.#clock.now());
    this.#translation = this.translation();
    this.#gic = new Gic(
      buffer,
      data.layout.gic,
      data.cpus,
      (vp) => this.#clocks.get(vp) ?? this.#clock,
      (vp) => this.notify(vp),
    );
    this.#bus = new Bus(this.#gic, {
      cpus: data.cpus,
      coherenceManager: this.#model.coherenceManager,
      power: (vp, what) => this.#cores.get(vp)?.power(what),
    });
  }

  run(): never {
    const doorbell = this.data.layout.doorbells / 4 + this.data.index;
    let seen = -1;
    for (;;) {
      const rung = Atomics.load(this.#words, doorbell);
      // whoever sends something rings afterwards
      if (rung !== seen) {
        seen = rung;
        this.receive();
        this.#translation?.receive();
      }
      const wakeAt = this.runCores();
      if (wakeAt === undefined) continue;
      const delay = wakeAt - this.#clock.now();
      if (delay > 0) Atomics.wait(this.#words, doorbell, rung, delay);
    }
  }

  /** Undefined while a core has more to do; else when one will, ms of the clock, or Infinity. */
  private runCores(): number | undefined {
    let busy = false;
    let wakeAt = Infinity;
    for (const [cpu, core] of this.#cores) {
      const before = core.retired;
      core.slice();
      this.#activity.add(core.retired - before);
      if (core.stopped) this.remove(cpu, core);
      else if (core.waiting) wakeAt = Math.min(wakeAt, core.due);
      else if (core.stalled) wakeAt = Math.min(wakeAt, this.#clock.now() + STALL_INTERVAL);
      else busy = true;
    }
    return busy ? undefined : wakeAt;
  }

  private receive(): void {
    for (;;) {
      const received: { message: Request } | undefined = receiveMessageOnPort(this.port);
      if (received === undefined) return;
      const { message } = received;
      if (message.kind === 'start') this.start(message);
      else if (message.kind === 'translator') this.#translation?.connect(message.port);
      else {
        const core = this.#cores.get(message.cpu);
        core?.stop();
        if (core !== undefined) this.remove(message.cpu, core);
        this.report({ kind: 'halted', cpu: message.cpu });
      }
    }
  }

  private translation(): RemoteTranslation | undefined {
    const { translation } = this.data;
    if (translation === 'never') return undefined;
    const remote = new RemoteTranslation(
      this.data.cpus,
      () => this.report({ kind: 'translatorWanted' }),
      () => translation === 'always' || this.#activity.isMuch,
    );
    // it takes its time to come up
    if (translation === 'always') remote.wake();
    return remote;
  }

  /** A core that has stopped. */
  private remove(cpu: number, core: Core): void {
    this.#cores.delete(cpu);
    this.#clocks.delete(cpu);
    core.uhi.close();
  }

  private start({ cpu, entry, interpreter, verifying }: Extract<Request, { kind: 'start' }>): void {
    const { data } = this;
    const virtual = data.clock === 'virtual' ? new InstructionClock() : undefined;
    if (virtual !== undefined) this.#clocks.set(cpu, virtual);
    try {
      const core = new Core(
        {
          cpu,
          model: this.#model,
          isa: { ...this.#model.isa, endian: data.endian },
          ramBytes: data.ramBytes,
          memory: data.memory,
          stateBase: layoutOf({ memory: data.ramBytes }).coreState(cpu),
          interpreter,
          layout: data.layout,
          translation: this.#translation,
          verifying,
          clock: virtual ?? this.#clock,
          gic: this.#gic,
          bus: this.#bus,
          vectors: data.vectors,
          uhi: new UhiSession({ root: data.uhiRoot, memory: entry.memory }),
          events: {
            fault: (reason, registers) => this.report({ kind: 'fault', cpu, reason, registers }),
            exit: (code) => this.report({ kind: 'exit', cpu, code }),
            output: (text) => this.output(cpu, text),
          },
        },
        entry,
      );
      this.#cores.set(cpu, core);
      core.slice(); // who starts a firmware finds its first words written
      this.report({ kind: 'started', cpu, error: undefined });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.report({ kind: 'started', cpu, error: error.message });
    }
  }

  private output(cpu: number, text: string): boolean {
    const backlog = this.data.layout.outputBacklog / 4;
    if (Atomics.load(this.#words, backlog) > OUTPUT_LIMIT) return false;
    Atomics.add(this.#words, backlog, text.length);
    this.report({ kind: 'output', cpu, text });
    return true;
  }

  /** Interrupt lines of a processor may have changed: wake its host thread, or tell Linux, once until it has looked. */
  private notify(vp: number): void {
    const { layout } = this.data;
    if (vp === 0) {
      if (this.#gic.lines(0) === 0) return;
      if (Atomics.exchange(this.#words, layout.interruptReported / 4, 1) === 0) this.report({ kind: 'interrupt' });
      return;
    }
    const host = Atomics.load(this.#words, layout.hosts / 4 + vp);
    if (host === 0) return;
    const doorbell = layout.doorbells / 4 + host - 1;
    Atomics.add(this.#words, doorbell, 1);
    Atomics.notify(this.#words, doorbell);
  }

  private report(report: Report): void {
    this.port.postMessage(report);
  }
}

const isThreadData = (value: unknown): value is ThreadData =>
  typeof value === 'object' && value !== null && 'memory' in value && 'layout' in value;

if (!isMainThread && parentPort !== null) {
  const data: unknown = workerData;
  if (!isThreadData(data)) throw new TypeError('a host thread is started by the machine');
  setPriority(NICENESS);
  new HostThread(parentPort, data).run();
}
