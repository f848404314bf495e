import { Errno, negative } from '../kernel/index.js';
import {
  carveoutName,
  checkFit,
  coherentCarveout,
  hashedPointer,
  patchEntry,
  translateIn,
  type Carveout,
} from './carveout.js';
import { Ids } from './ids.js';
import type { Subdevice } from './platform.js';
import type { RemoteProc } from './remoteproc.js';
import {
  entryOffsets,
  FIELD,
  TABLE_HEADER_LENGTH,
  RESOURCE,
  tableText,
  TableView,
  VENDOR,
  VRING_SIZE,
  vringView,
} from './resource_table.js';
import { bytesOf, signed } from './text.js';
import {
  checkVrings,
  forgetVring,
  makeVring,
  vdevDeviceName,
  type Vdev,
  type VdevPlatformDevice,
  type Vring,
} from './vdev.js';

/** What a table may ask for: each entry costs Linux memory and time, and all of them may be one and the same. */
const MOST_ENTRIES = 256;

/** A buffer that the firmware writes text to; where it is, is found out at each read. */
export interface Trace {
  readonly da: number;
  readonly length: number;
}

/** Part of the processor's memory that a platform wants in a core dump. */
export interface DumpSegment {
  readonly da: bigint;
  readonly size: bigint;
  /** Of its section, where the dump has sections. */
  readonly name?: string;
}

/** One entry of a table while it is handled. */
interface Entry {
  /** The payload, up to the end of the table. */
  readonly payload: TableView;
  /** Of the payload, in the table. */
  readonly offset: number;
}

/** What a powered processor has: made from its resource table, given back when it is stopped (kernel-abi.md 5). */
export class Resources {
  /** The copy that is patched, and that stands in for the live one while the processor is stopped. */
  cachedTable: Uint8Array | undefined;
  /** What debugfs shows and virtio uses: the firmware's own table, or the cached copy. */
  table: Uint8Array | undefined;
  /** The table of an attached processor as it was found: it gets it back when it is let go. */
  pristineTable: Uint8Array | undefined;
  readonly carveouts: Carveout[] = [];
  readonly traces: Trace[] = [];
  readonly vdevs: Vdev[] = [];
  readonly subdevices: Subdevice[] = [];
  readonly dumpSegments: DumpSegment[] = [];
  readonly #notifyids = new Ids();
  #vdevCount = 0;
  #orphans: VdevPlatformDevice[] = [];

  constructor(private readonly rproc: RemoteProc) {}

  get view(): TableView | undefined {
    return this.table && new TableView(this.table, this.rproc.endian);
  }

  get vrings(): Vring[] {
    return this.vdevs.flatMap(({ vrings }) => vrings);
  }

  translate(da: bigint, length: bigint): Uint8Array | undefined {
    return this.rproc.ops.translate?.(this.rproc, da, length) ?? translateIn(this.carveouts)(da, length);
  }

  /** debugfs `resource_table`. */
  tableText(): Uint8Array {
    if (this.view === undefined) return bytesOf('No resource table found\n');
    return bytesOf(tableText(this.view, (offset) => hashedPointer(offset)));
  }

  /** debugfs `trace<index>`: up to the first NUL. */
  traceText(index: number): Uint8Array {
    const { da, length } = this.traces[index] ?? { da: 0, length: 0 };
    const memory = this.translate(BigInt(da), BigInt(length));
    if (memory === undefined) return bytesOf('Trace  not available\n');
    const end = memory.indexOf(0);
    return Uint8Array.from(end < 0 ? memory : memory.subarray(0, end));
  }

  /**
   * Walks the table in its order; the first entry that can't be had ends it (kernel-abi.md 5.2).
   *
   * @throws Errno
   */
  async handle(): Promise<void> {
    this.#vdevCount = 0;
    const table = this.view;
    if (table === undefined) return;
    try {
      for (const [index, offset] of entryOffsets(table).entries()) {
        if (index >= MOST_ENTRIES) this.#refuse(`more than ${MOST_ENTRIES} resources`);
        if (offset < TABLE_HEADER_LENGTH || offset + 4 > table.length) this.#refuse('rsc table is truncated');
        await this.#handleEntry(table.u32(offset), { payload: table.from(offset + 4), offset: offset + 4 });
      }
    } catch (error) {
      this.rproc.log.err(`Failed to process resources: ${negative(error)}`);
      throw error;
    }
  }

  /** @throws Errno ENOMEM */
  allocateCarveouts(): void {
    const { log } = this.rproc;
    for (const carveout of this.carveouts) {
      try {
        carveout.allocate?.();
      } catch (error) {
        log.err(`Unable to allocate carveout ${carveout.name}: ${negative(error)}`);
        log.err(`Failed to allocate associated carveouts: ${negative(error)}`);
        throw error;
      }
      if (carveout.resourceOffset !== undefined && this.view !== undefined)
        patchEntry(this.view, carveout.resourceOffset, carveout);
    }
  }

  /** All memory that the processor was given, for a core dump; `addressOf` says what a device address is to the firmware. */
  dumpCarveouts(addressOf: (da: number) => bigint = BigInt): void {
    const segments = this.carveouts
      .filter(({ va }) => va !== undefined)
      .map(({ da, length, name }) => ({ da: addressOf(da), size: BigInt(length), name }));
    this.dumpSegments.splice(0, Infinity, ...segments);
  }

  /** Gives an attached processor its own table back, and keeps a copy of what it has become. */
  restoreTable(): void {
    if (this.table === undefined || this.pristineTable === undefined) return;
    this.cachedTable = this.table.slice();
    this.table.set(this.pristineTable);
    this.table = this.cachedTable;
  }

  /** Gives everything back, and forgets the table. */
  release(): void {
    const { notifier } = this.rproc;
    for (const index of this.traces.keys()) notifier.notify({ type: 'trace-removed', rproc: this.rproc, index });
    for (const carveout of this.carveouts) carveout.release?.();
    for (const vdev of this.vdevs.toReversed()) this.#removeVdev(vdev);
    for (const list of [this.traces, this.carveouts, this.vdevs, this.subdevices, this.dumpSegments]) list.length = 0;
    this.table = this.cachedTable = this.pristineTable = undefined;
  }

  /** The platform devices whose probe failed stay until the processor itself goes (kernel-abi.md 5.3). */
  releaseOrphans(): void {
    for (const device of this.#orphans) this.#unregister(device);
    this.#orphans = [];
  }

  readonly #handlers = new Map<number, (entry: Entry) => void | Promise<void>>([
    [RESOURCE.carveout, (entry) => this.#handleCarveout(entry)],
    // without an IOMMU there is nothing to map, and the kernel has no words for it
    [RESOURCE.devmem, () => this.#refuse()],
    [RESOURCE.trace, (entry) => this.#handleTrace(entry)],
    [RESOURCE.vdev, (entry) => this.#handleVdev(entry)],
  ]);

  async #handleEntry(type: number, entry: Entry): Promise<void> {
    const { log, ops } = this.rproc;
    const handler = this.#handlers.get(type);
    if (handler !== undefined) return handler(entry);
    const vendor = type >= VENDOR.first && type <= VENDOR.last;
    if (vendor && ops.handleResource?.(this.rproc, type, entry.payload, entry.offset)) return;
    log.warn(`unsupported ${vendor ? 'vendor ' : ''}resource ${signed(type)}`);
  }

  #refuse(message?: string): never {
    if (message !== undefined) this.rproc.log.err(message);
    throw new Errno('EINVAL');
  }

  #handleCarveout({ payload, offset }: Entry): void {
    if (payload.length < FIELD.carveout.size) this.#refuse('carveout rsc is truncated');
    if (payload.u32(FIELD.carveout.reserved) !== 0) this.#refuse('carveout rsc has non zero reserved bytes');
    const { platform, log } = this.rproc;
    const [da, length] = [payload.u32(FIELD.carveout.da), payload.u32(FIELD.carveout.len)];
    const name = carveoutName(payload.name(FIELD.carveout.name));
    const registered = this.rproc.findCarveout(name);
    if (registered === undefined) {
      const placement = (made: Carveout) => platform.placement?.(this.rproc, made) ?? {};
      const made = coherentCarveout(name, length, da, platform.memory, placement, platform.log);
      made.resourceOffset = offset;
      this.carveouts.push(made);
      return;
    }
    if (registered.resourceOffset !== undefined) {
      log.err('Carveout already associated to resource table');
      throw new Errno('ENOMEM');
    }
    checkFit(registered, da, length, log);
    registered.resourceOffset = offset;
  }

  #handleTrace({ payload }: Entry): void {
    if (payload.length < FIELD.trace.size) this.#refuse('trace rsc is truncated');
    if (payload.u32(FIELD.trace.reserved) !== 0) this.#refuse('trace rsc has non zero reserved bytes');
    const index = this.traces.push({ da: payload.u32(FIELD.trace.da), length: payload.u32(FIELD.trace.len) }) - 1;
    this.rproc.notifier.notify({ type: 'trace-added', rproc: this.rproc, index });
  }

  #handleVdev({ payload, offset }: Entry): void {
    const count = payload.u8(FIELD.vdev.vrings);
    const needed = FIELD.vdev.size + VRING_SIZE * count + payload.u32(FIELD.vdev.configLen);
    if (needed > payload.length) this.#refuse('vdev rsc is truncated');
    if (payload.u8(FIELD.vdev.reserved) !== 0 || payload.u8(FIELD.vdev.reserved + 1) !== 0)
      this.#refuse('vdev rsc has non zero reserved bytes');
    if (count > 2) this.#refuse(`too many vrings: ${count}`);
    this.#registerVdev(payload, offset, count, this.#vdevCount++);
  }

  /** The platform device and its probe. A probe that fails does not fail the boot (kernel-abi.md 5.3). */
  #registerVdev(payload: TableView, offset: number, count: number, index: number): void {
    const { rproc } = this;
    const platformId = rproc.host.platformIds.allocate();
    const made: Vring[] = [];
    try {
      checkVrings(payload, count, rproc.log);
      for (let ring = 0; ring < count; ring++)
        made.push(makeVring(rproc, index, ring, vringView(payload, ring), this.#notifyids));
    } catch (error) {
      const name = vdevDeviceName(platformId);
      rproc.host.log.print('warn', `rproc-virtio: probe of ${name} failed with error ${negative(error)}`);
      this.#freeVrings(made, payload);
      const orphan = { platformId, rproc };
      this.#orphans.push(orphan);
      rproc.notifier.notify({ type: 'vdev-added', device: orphan });
      return;
    }
    const resource = () => this.view?.from(offset) ?? payload;
    const vdev: Vdev = { rproc, index, platformId, id: payload.u32(FIELD.vdev.id), vrings: made, resource };
    this.vdevs.push(vdev);
    this.subdevices.push(rproc.host.bindVdev(vdev));
    rproc.notifier.notify({ type: 'vdev-added', device: { platformId, rproc, vdev } });
  }

  #removeVdev(vdev: Vdev): void {
    this.#freeVrings(vdev.vrings, vdev.resource());
    this.#unregister({ platformId: vdev.platformId, rproc: this.rproc, vdev });
  }

  #unregister(device: VdevPlatformDevice): void {
    this.rproc.notifier.notify({ type: 'vdev-removed', device });
    this.rproc.host.platformIds.free(device.platformId);
  }

  #freeVrings(vrings: readonly Vring[], resource: TableView): void {
    for (const [index, { notifyid }] of vrings.entries()) {
      this.#notifyids.free(notifyid);
      forgetVring(vringView(resource, index));
    }
  }
}
