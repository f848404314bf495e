import type { FunctionBody, Local } from './module.js';
import type { Type } from './opcodes.js';

/** Locals of one function for the temporaries of many instructions: each instruction uses them anew. */
export class Temporaries {
  readonly #pool: Local[] = [];
  #named = new Map<number, Local>();
  #free: Local[] = [];

  constructor(private readonly body: FunctionBody) {}

  /** Begins an instruction: nothing of the one before is needed any more. */
  reset(): void {
    this.#named = new Map();
    this.#free = [...this.#pool];
  }

  /** The local that holds temporary number `id` of this instruction. */
  named(id: number, type: Type): Local {
    const known = this.#named.get(id);
    if (known !== undefined) return known;
    const local = this.scratch(type);
    this.#named.set(id, local);
    return local;
  }

  /** A local for the rest of the instruction. */
  scratch(type: Type): Local {
    const index = this.#free.findIndex((local) => local.type === type);
    const [reused] = index < 0 ? [] : this.#free.splice(index, 1);
    if (reused !== undefined) return reused;
    const local = this.body.local(type);
    this.#pool.push(local);
    return local;
  }
}
