import { CORE_STATE_BYTES, STATE, TABLE } from '../layout.js';

const PAGE = 4096;
const FEW_PAGES = 32;

/** A core's state block in shared memory (../layout.ts): what the generated code and the core's own code both use. */
export class CoreState {
  readonly #view: DataView;
  readonly #counts: BigInt64Array;

  constructor(
    readonly memory: SharedArrayBuffer,
    /** Offset of the block. */
    readonly base: number,
  ) {
    this.#view = new DataView(memory, base, CORE_STATE_BYTES);
    this.#counts = new BigInt64Array(memory);
  }

  /** Counts how often remembered translations were dropped. */
  mapping = 0;

  /** A signed word. */
  get(offset: number): number {
    return this.#view.getInt32(offset, true);
  }

  set(offset: number, value: number): void {
    this.#view.setInt32(offset, value, true);
  }

  get64(offset: number): bigint {
    return this.#view.getBigUint64(offset, true);
  }

  set64(offset: number, value: bigint): void {
    this.#view.setBigUint64(offset, value, true);
  }

  /** A count up to 2^53 that other threads read, whole at every instant. */
  publish(offset: number, count: number): void {
    Atomics.store(this.#counts, (this.base + offset) / 8, BigInt(count));
  }

  published(offset: number): number {
    return Number(Atomics.load(this.#counts, (this.base + offset) / 8));
  }

  /** The low word of an address. */
  address(offset: number): number {
    return this.get(offset);
  }

  /** Sets an address of 64 bits; without `high`, a sign-extended one. */
  setAddress(offset: number, low: number, high = low >> 31): void {
    this.set(offset, low);
    this.set(offset + 4, high);
  }

  copyAddress(from: number, to: number): void {
    this.set(to, this.get(from));
    this.set(to + 4, this.get(from + 4));
  }

  gpr(number: number): number {
    return this.get(STATE.gpr + number * 8);
  }

  /** A register of a 64-bit core becomes the sign-extended word. */
  setGpr(number: number, value: number): void {
    if (number !== 0) this.setAddress(STATE.gpr + number * 8, value);
  }

  clear(): void {
    new Uint8Array(this.memory, this.base, CORE_STATE_BYTES).fill(0);
    this.set(STATE.linkAddress, -1);
    this.forgetPages();
  }

  /** Drops every remembered translation. */
  forgetPages(): void {
    this.mapping++;
    new Int32Array(this.memory, this.base + STATE.accessTables, (TABLE.modeBytes * TABLE.modes) / 4).fill(TABLE.empty);
  }

  /** Remembers that the page of a 64-bit address lies at host address `host` for one use in one mode (0 kernel, 1 user). */
  rememberPage(mode: 0 | 1, use: 'fetch' | 'load' | 'store', low: number, high: number, host: number): void {
    const entry =
      STATE.accessTables + mode * TABLE.modeBytes + TABLE[use] + ((low >>> 12) % TABLE.entries) * TABLE.entryBytes;
    const page = low & -4096;
    this.setAddress(entry, page, high);
    this.set(entry + 8, ((host & -4096) - page) | 0);
  }

  /** Drops the remembered translations of the pages in `[low, low + bytes)`; many pages are forgotten with all others. */
  forgetRange(low: number, bytes: number): void {
    this.mapping++;
    const pages = bytes / PAGE;
    if (pages > FEW_PAGES) {
      this.forgetPages();
      return;
    }
    for (let i = 0; i < pages; i++) {
      const entry = STATE.accessTables + (((low >>> 12) + i) % TABLE.entries) * TABLE.entryBytes;
      for (let table = 0; table < TABLE.modeBytes * TABLE.modes; table += TABLE.load - TABLE.fetch)
        this.setAddress(entry + table, TABLE.empty);
    }
  }

  /** Chooses the tables of a mode for the generated code. */
  selectMode(mode: 0 | 1): void {
    this.set(STATE.tables, this.base + STATE.accessTables + mode * TABLE.modeBytes);
  }
}
