import { CommandError } from './command-error.js';

/** A value of a file that a user wrote, with where it stands in it, for messages such as `board.yaml: devices[0].name: …`. */
export class CheckedValue {
  constructor(
    private readonly file: string,
    private readonly path: string,
    private readonly value: unknown,
  ) {}

  /** Throws CommandError: one line that says where and what. */
  refuse(what: string): never {
    throw new CommandError(`${this.file}: ${this.path === '' ? 'the file' : this.path}: ${what}`);
  }

  get given(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  /** The members of an object, by name; a name that is not in `known` is refused, as it would do nothing. */
  members<Name extends string>(known: readonly Name[]): Readonly<Record<Name, CheckedValue>> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.refuse('it must have named values');
    const names: readonly string[] = known;
    const unknown = Object.keys(value).find((name) => !names.includes(name));
    if (unknown !== undefined) this.refuse(`there is no ${unknown}; known are ${known.join(', ')}`);
    const named: Record<string, CheckedValue> = {};
    for (const name of known) named[name] = this.#below(this.path === '' ? name : `.${name}`, Reflect.get(value, name));
    return hasEvery(named, known) ? named : this.refuse('it must have named values');
  }

  /** The elements of a list; none when it is not given. */
  elements(): CheckedValue[] {
    const { value } = this;
    if (!this.given) return [];
    if (!Array.isArray(value)) this.refuse('it must be a list');
    return value.map((element: unknown, index) => this.#below(`[${index}]`, element));
  }

  /** @param fallback What it is when it is not given; without it, it must be. */
  text(fallback?: string): string {
    const value = this.#or(fallback);
    if (typeof value !== 'string' || value === '') this.refuse('it must be a text');
    return value;
  }

  /** A list of numbers, as a text such as "0-2,5" or as one number; it may be empty. */
  list(): string {
    const { value } = this;
    if (typeof value !== 'string' && typeof value !== 'number') this.refuse('it must be a text such as "0-2,5"');
    return String(value);
  }

  flag(fallback: boolean): boolean {
    const value = this.#or(fallback);
    if (typeof value !== 'boolean') this.refuse('it must be true or false');
    return value;
  }

  oneOf<Word extends string>(words: readonly Word[], fallback?: Word): Word {
    const value = this.#or(fallback);
    return words.find((word) => word === value) ?? this.refuse(`it must be ${words.join(' or ')}`);
  }

  /** A whole number from `least` to `most`; JSON, which has no hexadecimal numbers, has them as "0x…". */
  number(least: number, most: number, fallback?: number): number {
    const value = this.#or(fallback);
    const digits = typeof value === 'string' && /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : value;
    if (typeof digits !== 'number' || !Number.isInteger(digits) || digits < least || digits > most)
      this.refuse(`it must be a whole number from ${least} to ${most} (0x${most.toString(16)})`);
    return digits;
  }

  #or(fallback: unknown): unknown {
    if (this.given) return this.value;
    return fallback === undefined ? this.refuse('it is missing') : fallback;
  }

  #below(step: string, value: unknown): CheckedValue {
    return new CheckedValue(this.file, this.path + step, value);
  }
}

const hasEvery = <Name extends string>(
  members: Readonly<Record<string, CheckedValue>>,
  names: readonly Name[],
): members is Readonly<Record<Name, CheckedValue>> => names.every((name) => name in members);
