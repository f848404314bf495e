const COUNT = 16;
const LAST = 0x3f;

/** MAAR and MAARI: memory accessibility registers, of which the index chooses one. They hold what they are given. */
export class AccessibilityRegisters {
  readonly #words = new Int32Array(2 * COUNT);
  #index = 0;

  constructor(private readonly wide: boolean) {}

  get index(): number {
    return this.#index;
  }

  /** All ones select the last one; what there is not is ignored. */
  select(index: number): void {
    if (index === LAST) this.#index = COUNT - 1;
    else if (index < COUNT) this.#index = index;
  }

  get low(): number {
    return this.#words[2 * this.#index] ?? 0;
  }

  get high(): number {
    return this.#words[2 * this.#index + 1] ?? 0;
  }

  write(low: number, high: number): void {
    this.#words[2 * this.#index] = low & (this.wide ? 0xfffff003 : 0x0ffff003);
    this.#words[2 * this.#index + 1] = this.wide ? high & 0x80000000 : 0;
  }
}
