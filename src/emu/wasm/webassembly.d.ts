/** The part of the host's WebAssembly interface that this program uses; Node's own types do not declare it. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum: number; shared: true });
    readonly buffer: ArrayBufferLike;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  namespace Module {
    function exports(module: Module): { readonly name: string }[];
    function imports(module: Module): { readonly name: string }[];
  }
  class Table {
    constructor(descriptor: { initial: number; element: 'anyfunc' });
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value: null): void;
    grow(by: number): number;
  }
  class Global {
    constructor(descriptor: { value: 'i32'; mutable: true }, value: number);
    value: number;
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>;
}
