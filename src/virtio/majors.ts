/** Major numbers of our classes: that of hvc is fixed, the others are what a kernel gives out dynamically. */
export const MAJOR = { hvc: 229, rpmsgTty: 241, rpmsgCtrl: 243, rpmsgChar: 244 } as const;

/** Where Linux looks for a major number, and in which order (find_dynamic_major); those above 244 other drivers have. */
const RANGES = [
  { from: 244, to: 234 },
  { from: 511, to: 384 },
] as const;

/** Major numbers of devices that have one each: the first that is free. */
export class Majors {
  readonly #used = new Set<number>(Object.values(MAJOR));

  /** Undefined when there is none left. */
  allocate(): number | undefined {
    for (const { from, to } of RANGES)
      for (let major = from; major >= to; major--)
        if (!this.#used.has(major)) {
          this.#used.add(major);
          return major;
        }
    return undefined;
  }

  free(major: number): void {
    this.#used.delete(major);
  }
}
