/** The one place that knows how an engine of our machine is chosen: a name of `--engine`, and the options that it stands for. */
import { ENGINES, type MachineOptions } from '../../src/emu/index.js';

interface Choice {
  readonly machine: Pick<MachineOptions, 'engine'>;
  /** Arguments of `mips-rprocfs mount`. */
  readonly mount: readonly string[];
}

/** What is measured, unless others are asked for. The default first. */
export const machineEngines: readonly string[] = ['translator', 'interpreter'];

/** Throws RangeError for a name that the machine does not know. */
export function machineEngine(name = machineEngines[0]): Choice {
  const engine = ENGINES.find((each) => each === name);
  if (engine !== undefined) return { machine: { engine }, mount: ['--engine', engine, '--translation-cache', 'none'] };
  throw new RangeError(`the machine has no engine "${name}"; it has ${ENGINES.join(', ')}`);
}
