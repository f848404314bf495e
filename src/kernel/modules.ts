import { Errno, negative } from './errno.js';
import type { KernelLog } from './log.js';
import { Notifier } from './notifier.js';

/** Parameters of type int, by name, as they are now. */
export type ModuleParameters = Map<string, number>;

/** What is not built in. */
export interface KernelModule {
  readonly name: string;
  /** With the values that they have when nobody says otherwise. */
  readonly parameters: Readonly<Record<string, number>>;
  /** Gives what undoes it. Parameters may change later. */
  init(parameters: ModuleParameters): () => void;
}

export interface LoadedModule {
  readonly name: string;
  readonly parameters: ModuleParameters;
}

export interface ModuleEvent {
  readonly type: 'loaded' | 'unloaded';
  readonly module: LoadedModule;
}

/** insmod(8) and rmmod(8), for modules that are there already. */
export class Modules extends Notifier<ModuleEvent> {
  readonly #loaded = new Map<string, LoadedModule & { readonly exit: () => void }>();

  constructor(
    readonly available: readonly KernelModule[],
    private readonly log: KernelLog,
    /** @throws Errno EINVAL, ERANGE */
    private readonly parse: (value: string) => number,
  ) {
    super();
  }

  /** @param words The module's name, then `parameter=value`. @throws Errno ENOENT, EEXIST, EINVAL, ERANGE */
  insmod([name = '', ...values]: readonly string[]): void {
    const module = this.available.find((known) => known.name === name);
    if (module === undefined) throw new Errno('ENOENT');
    if (this.#loaded.has(name)) throw new Errno('EEXIST');
    const parameters: ModuleParameters = new Map(Object.entries(module.parameters));
    for (const word of values) this.#set(name, parameters, word);
    const loaded = { name, parameters, exit: module.init(parameters) };
    this.#loaded.set(name, loaded);
    this.notify({ type: 'loaded', module: loaded });
  }

  /** @throws Errno ENOENT */
  rmmod(name: string): void {
    const module = this.#loaded.get(name);
    if (module === undefined) throw new Errno('ENOENT');
    module.exit();
    this.#loaded.delete(name);
    this.notify({ type: 'unloaded', module });
  }

  #set(module: string, parameters: ModuleParameters, word: string): void {
    const [name = '', value = ''] = word.split('=', 2);
    if (!parameters.has(name)) {
      this.log.print('warn', `${module}: unknown parameter '${name}' ignored`);
      return;
    }
    try {
      parameters.set(name, this.parse(value));
    } catch (error) {
      negative(error);
      this.log.print('err', `${module}: \`${value}' invalid for parameter \`${name}'`);
      throw error;
    }
  }
}
