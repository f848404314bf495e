/** Writes WebAssembly modules: a function body with structured labels, and the few sections that this program needs. */
import { Bytes } from './bytes.js';
import { MEMORY, operator, type MemoryOperator, type Type } from './opcodes.js';

const TYPE_CODE: Readonly<Record<Type, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const EMPTY_BLOCK = 0x40;

/** Unsigned LEB128. */
function unsigned(value: number): Uint8Array {
  const bytes = new Bytes();
  bytes.unsigned(value);
  return bytes.written;
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
  readonly #bytes = new Bytes();
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
        return this.i32(Number(BigInt.asIntN(32, BigInt(value))));
      case 'i64':
        this.#bytes.byte(0x42);
        this.#bytes.signed(BigInt.asIntN(64, BigInt(value)));
        return this;
      case 'f32':
        return this.#emit(0x43, new Uint8Array(new Float32Array([Number(value)]).buffer));
      case 'f64':
        return this.#emit(0x44, new Uint8Array(new Float64Array([Number(value)]).buffer));
      case 'v128':
        return this.#emit(0xfd, [0x0c, ...littleEndian(BigInt(value), 16)]);
    }
  }

  /** Of any other number the low 32 bits count. */
  i32(value: number): this {
    this.#bytes.byte(0x41);
    this.#bytes.signed(value | 0);
    return this;
  }

  get(local: Local): this {
    return this.#with(0x20, local.index);
  }

  set(local: Local): this {
    return this.#with(0x21, local.index);
  }

  tee(local: Local): this {
    return this.#with(0x22, local.index);
  }

  op(name: string): this {
    this.#bytes.all(operator(name).code);
    return this;
  }

  memory(name: MemoryOperator, offset = 0): this {
    const { code, align } = MEMORY[name];
    this.#bytes.all(code);
    this.#bytes.unsigned(align);
    this.#bytes.unsigned(offset);
    return this;
  }

  fence(): this {
    return this.#emit(0xfe, [0x03, 0x00]);
  }

  select(): this {
    return this.#emit(0x1b);
  }

  drop(): this {
    return this.#emit(0x1a);
  }

  call(index: number): this {
    return this.#with(0x10, index);
  }

  global(index: number): this {
    return this.#with(0x23, index);
  }

  /** Calls an entry of the module's table, by an index on the stack, that has the signature of function `like`. */
  callIndirect(like: number): this {
    return this.#with(0x11, like).#emit(0x00);
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
    this.#with(0x04, EMPTY_BLOCK);
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
    return this.#with(0x0c, this.#depth - label.depth);
  }

  brIf(label: Label): this {
    return this.#with(0x0d, this.#depth - label.depth);
  }

  brTable(labels: readonly Label[], otherwise: Label): this {
    this.#with(0x0e, labels.length);
    for (const { depth } of [...labels, otherwise]) this.#bytes.unsigned(this.#depth - depth);
    return this;
  }

  unreachable(): this {
    return this.#emit(0x00);
  }

  encode(): Uint8Array {
    const locals = vector(this.#locals.map((type) => [1, TYPE_CODE[type]]));
    const END = 0x0b;
    const length = locals.length + this.#bytes.length + 1;
    return join([unsigned(length), locals, this.#bytes.written, [END]]);
  }

  #structure(code: number, inside: (label: Label) => void): this {
    this.#with(code, EMPTY_BLOCK);
    this.#depth++;
    inside({ depth: this.#depth });
    this.#depth--;
    return this.#emit(0x0b);
  }

  /** An opcode, and bytes as they are. */
  #emit(code: number, bytes: ArrayLike<number> = []): this {
    this.#bytes.byte(code);
    this.#bytes.all(bytes);
    return this;
  }

  /** An opcode and its immediate, an unsigned number. */
  #with(code: number, immediate: number): this {
    this.#bytes.byte(code);
    this.#bytes.unsigned(immediate);
    return this;
  }
}

export interface Import {
  readonly name: string;
  readonly signature: Signature;
}

/** Functions that a module puts into a table. */
export interface Elements {
  /** Names of the imports: the table; where in it the first one goes, which becomes global 0; further globals, which change. */
  readonly table: string;
  readonly first: string;
  readonly globals: readonly string[];
  /** Indices of the functions. */
  readonly functions: readonly number[];
}

/** A module that imports one shared memory of any size and some functions (module "env") and exports those of its own that have names. */
export interface ModuleParts {
  readonly imports: readonly Import[];
  readonly functions: readonly { readonly name?: string; readonly body: FunctionBody }[];
  readonly elements?: Elements;
}

export function encodeModule({ imports, functions, elements }: ModuleParts): Uint8Array<ArrayBuffer> {
  const section = (id: number, content: Uint8Array) => join([[id], unsigned(content.length), content]);
  const signatures = [...imports.map((each) => each.signature), ...functions.map((each) => each.body.signature)];
  const types = (list: readonly Type[]) => vector(list.map((type) => [TYPE_CODE[type]]));
  const imported = (name: string, kind: number, description: ArrayLike<number>) =>
    join([text('env'), text(name), [kind], description]);
  const SHARED_WITH_MAXIMUM = 0x03;
  const MOST_PAGES = 0x10000;
  const [TABLE, MEMORY, GLOBAL] = [0x01, 0x02, 0x03];
  const ANY_FUNCTIONS = [0x70, 0x00, 0x00];
  const [CONSTANT, VARIABLE] = [0x00, 0x01];
  const I32 = TYPE_CODE.i32;
  const FROM_FIRST_GLOBAL = [0x00, 0x23, 0x00, 0x0b];
  const exported = functions.flatMap(({ name }, i) =>
    name === undefined ? [] : [join([text(name), [0x00], unsigned(imports.length + i)])],
  );
  const forTable =
    elements === undefined
      ? []
      : [
          imported(elements.table, TABLE, ANY_FUNCTIONS),
          imported(elements.first, GLOBAL, [I32, CONSTANT]),
          ...elements.globals.map((name) => imported(name, GLOBAL, [I32, VARIABLE])),
        ];
  return join([
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(1, vector(signatures.map(({ params, results }) => join([[0x60], types(params), types(results)])))),
    section(
      2,
      vector([
        imported('memory', MEMORY, [SHARED_WITH_MAXIMUM, ...unsigned(0), ...unsigned(MOST_PAGES)]),
        ...forTable,
        ...imports.map(({ name }, i) => imported(name, 0x00, unsigned(i))),
      ]),
    ),
    section(3, vector(functions.map((_, i) => unsigned(imports.length + i)))),
    section(7, vector(exported)),
    ...(elements === undefined
      ? []
      : [section(9, vector([join([FROM_FIRST_GLOBAL, vector(elements.functions.map(unsigned))])]))]),
    section(10, vector(functions.map(({ body }) => body.encode()))),
  ]);
}
