/** The one place that knows how an engine of our machine is chosen: a name of `--engine`, and the options that it stands for. */
import type { MachineOptions } from '../../src/emu/index.js';

interface Choice {
  readonly machine: Pick<MachineOptions, 'engine'>;
  /** Arguments of `mips-rprocfs mount`. */
  readonly mount: readonly string[];
}

/** The default first. */
const CHOICES: ReadonlyMap<string, Choice> = new Map(
  (['translator', 'interpreter'] as const).map((engine) => [
    engine,
    { machine: { engine }, mount: ['--engine', engine, '--translation-cache', 'none'] },
  ]),
);

export const machineEngines: readonly string[] = [...CHOICES.keys()];

/** Throws RangeError for a name that the machine does not know. */
export function machineEngine(name = machineEngines[0] ?? ''): Choice {
  const choice = CHOICES.get(name);
  if (choice !== undefined) return choice;
  throw new RangeError(`the machine has no engine "${name}"; it has ${machineEngines.join(', ')}`);
}
