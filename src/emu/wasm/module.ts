/** Writes WebAssembly modules: a function body with structured labels, and the few sections that this program needs. */
import { MEMORY, operator, type MemoryOperator, type Type } from './opcodes.js';

const TYPE_CODE: Readonly<Record<Type, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const EMPTY_BLOCK = 0x40;

/** Unsigned LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** Signed LEB128. */
function signed(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
}

const littleEndian = (value: bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));

/** Bytes one after another. Code is long: it is copied as a block, not element by element. */
function join(parts: readonly ArrayLike<number>[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

const vector = (items: readonly ArrayLike<number>[]): Uint8Array => join([unsigned(items.length), ...items]);
const text = (value: string): number[] => {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
};

export interface Signature {
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}

/** A place that `br` can go to: the start of a loop or the end of a block. */
export interface Label {
  readonly depth: number;
}

export interface Local {
  readonly index: number;
  readonly type: Type;
}

/** One function body under construction. Parameters are the first locals. */
export class FunctionBody {
  readonly #bytes: number[] = [];
  readonly #locals: Type[] = [];
  #depth = 0;

  constructor(readonly signature: Signature) {}

  param(index: number): Local {
    const type = this.signature.params[index];
    if (type === undefined) throw new RangeError(`the function has no parameter ${index}`);
    return { index, type };
  }

  local(type: Type): Local {
    this.#locals.push(type);
    return { index: this.signature.params.length + this.#locals.length - 1, type };
  }

  const(type: Type, value: number | bigint): this {
    switch (type) {
      case 'i32':
        return this.#emit(0x41, ...signed(BigInt.asIntN(32, BigInt(value))));
      case 'i64':
        return this.#emit(0x42, ...signed(BigInt.asIntN(64, BigInt(value))));
      case 'f32':
        return this.#emit(0x43, ...new Uint8Array(new Float32Array([Number(value)]).buffer));
      case 'f64':
        return this.#emit(0x44, ...new Uint8Array(new Float64Array([Number(value)]).buffer));
      case 'v128':
        return this.#emit(0xfd, 0x0c, ...littleEndian(BigInt(value), 16));
    }
  }

  i32(value: number): this {
    return this.const('i32', value);
  }

  get(local: Local): this {
    return this.#emit(0x20, ...unsigned(local.index));
  }

  set(local: Local): this {
    return this.#emit(0x21, ...unsigned(local.index));
  }

  tee(local: Local): this {
    return this.#emit(0x22, ...unsigned(local.index));
  }

  op(name: string): this {
    return this.#emit(...operator(name).code);
  }

  memory(name: MemoryOperator, offset = 0): this {
    const { code, align } = MEMORY[name];
    return this.#emit(...code, ...unsigned(align), ...unsigned(offset));
  }

  fence(): this {
    return this.#emit(0xfe, 0x03, 0x00);
  }

  select(): this {
    return this.#emit(0x1b);
  }

  drop(): this {
    return this.#emit(0x1a);
  }

  call(index: number): this {
    return this.#emit(0x10, ...unsigned(index));
  }

  /** Calls an entry of the module's table, by an index on the stack, that has the signature of function `like`. */
  callIndirect(like: number): this {
    return this.#emit(0x11, ...unsigned(like), 0x00);
  }

  return(): this {
    return this.#emit(0x0f);
  }

  block(inside: (end: Label) => void): this {
    return this.#structure(0x02, inside);
  }

  loop(inside: (start: Label) => void): this {
    return this.#structure(0x03, inside);
  }

  /** Takes an i32 from the stack. */
  if(then: () => void, otherwise?: () => void): this {
    this.#emit(0x04, EMPTY_BLOCK);
    this.#depth++;
    then();
    if (otherwise !== undefined) {
      this.#emit(0x05);
      otherwise();
    }
    this.#depth--;
    return this.#emit(0x0b);
  }

  br(label: Label): this {
    return this.#emit(0x0c, ...unsigned(this.#depth - label.depth));
  }

  brIf(label: Label): this {
    return this.#emit(0x0d, ...unsigned(this.#depth - label.depth));
  }

  brTable(labels: readonly Label[], otherwise: Label): this {
    const relative = (label: Label) => unsigned(this.#depth - label.depth);
    return this.#emit(0x0e, ...unsigned(labels.length), ...labels.flatMap(relative), ...relative(otherwise));
  }

  unreachable(): this {
    return this.#emit(0x00);
  }

  encode(): Uint8Array {
    const locals = vector(this.#locals.map((type) => [1, TYPE_CODE[type]]));
    const END = 0x0b;
    const length = locals.length + this.#bytes.length + 1;
    return join([unsigned(length), locals, this.#bytes, [END]]);
  }

  #structure(code: number, inside: (label: Label) => void): this {
    this.#emit(code, EMPTY_BLOCK);
    this.#depth++;
    inside({ depth: this.#depth });
    this.#depth--;
    return this.#emit(0x0b);
  }

  #emit(...bytes: readonly number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }
}

export interface Import {
  readonly name: string;
  readonly signature: Signature;
}

/** A module that imports one shared memory and some functions (module "env") and exports its own functions. */
export interface ModuleParts {
  readonly memory: { readonly initial: number; readonly maximum: number };
  readonly imports: readonly Import[];
  readonly functions: readonly { readonly name: string; readonly body: FunctionBody }[];
  /** Indices of the functions in its table. */
  readonly table?: readonly number[];
}

export function encodeModule({ memory, imports, functions, table }: ModuleParts): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: Uint8Array) => join([[id], unsigned(content.length), content]);
  const signatures = [...imports.map((each) => each.signature), ...functions.map((each) => each.body.signature)];
  const types = (list: readonly Type[]) => vector(list.map((type) => [TYPE_CODE[type]]));
  const imported = (name: string, kind: number, description: number[]) =>
    join([text('env'), text(name), [kind], description]);
  const SHARED_WITH_MAXIMUM = 0x03;
  const FUNCTION_REFERENCE = 0x70;
  const FROM_ZERO = [0x00, 0x41, 0x00, 0x0b];
  const elements = (indices: readonly number[]) => join([FROM_ZERO, vector(indices.map(unsigned))]);
  return join([
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(1, vector(signatures.map(({ params, results }) => join([[0x60], types(params), types(results)])))),
    section(
      2,
      vector([
        imported('memory', 0x02, [SHARED_WITH_MAXIMUM, ...unsigned(memory.initial), ...unsigned(memory.maximum)]),
        ...imports.map(({ name }, i) => imported(name, 0x00, unsigned(i))),
      ]),
    ),
    section(3, vector(functions.map((_, i) => unsigned(imports.length + i)))),
    ...(table === undefined ? [] : [section(4, vector([[FUNCTION_REFERENCE, 0x00, ...unsigned(table.length)]]))]),
    section(7, vector(functions.map(({ name }, i) => join([text(name), [0x00], unsigned(imports.length + i)])))),
    ...(table === undefined ? [] : [section(9, vector([elements(table)]))]),
    section(10, vector(functions.map(({ body }) => body.encode()))),
  ]);
}
