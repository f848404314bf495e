/** Core models by name, as the command line lists them. */
import { coreModel } from './index.js';

export { DEFAULT_MODEL, modelNames } from './index.js';

/** Throws RangeError for a name that there is not. */
export const modelBits = (name: string): 32 | 64 => coreModel(name).isa.bits;
