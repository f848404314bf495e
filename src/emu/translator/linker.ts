/** Brings modules together: their functions stand in one table, and each knows by its links where others do. */
import { FunctionTable } from './function-table.js';
import { instantiate, type TranslatedImports } from './instantiate.js';
import type { Batch, Libraries, Library } from './library.js';

export class Linker {
  readonly functions = new FunctionTable();

  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly imports: TranslatedImports,
  ) {}

  /** Makes a module with so many functions a part of a library. */
  load(module: WebAssembly.Module, count: number, library: Library): Omit<Batch, 'translation'> {
    const first = this.functions.take(count);
    return { first, ...this.#instantiated(module, first, library) };
  }

  /** Lets go what is used no more. Not while translated code is executed. */
  tidy(libraries: Libraries): void {
    if (!this.functions.isToBeRenewed) return;
    this.functions.renew();
    for (const [, library] of libraries)
      for (const batch of library.batches) {
        const { module } = batch.translation;
        if (module !== undefined) Object.assign(batch, this.#instantiated(module, batch.first, library));
      }
  }

  #instantiated(module: WebAssembly.Module, first: number, library: Library): ReturnType<typeof instantiate> {
    const { memory, imports, functions } = this;
    const linkTo = (address: number): WebAssembly.Global => library.linkTo(address);
    return instantiate(module, { memory, imports, table: functions.table, first, linkTo });
  }
}
