/**
 * The cores that firmware can run on, by name: data only. `model.ts` says what a model is made of, the other files give
 * one family each. What a core does with a value is the business of ../ (cp0, mmu, exceptions).
 */
import { INTERAPTIV } from './interaptiv.js';
import { M14KC } from './m14k.js';
import { MIPS_24KF, MIPS_34KF, MIPS_74KF } from './mips32r2.js';
import { MIPS64R2_GENERIC, MIPS_5KEF } from './mips64r2.js';
import type { CoreModel } from './model.js';
import { P5600 } from './p5600.js';
import { I6400, MIPS32R6_GENERIC } from './release6.js';

export type { CoreModel, RegisterBits } from './model.js';

const MODELS: readonly CoreModel[] = [
  INTERAPTIV,
  MIPS_24KF,
  MIPS_34KF,
  MIPS_74KF,
  P5600,
  M14KC,
  I6400,
  MIPS32R6_GENERIC,
  MIPS_5KEF,
  MIPS64R2_GENERIC,
];

/** The default first. */
export const modelNames: readonly string[] = MODELS.map(({ name }) => name);

export const DEFAULT_MODEL = INTERAPTIV.name;

/** Throws RangeError for a name that there is not. */
export function coreModel(name: string): CoreModel {
  const model = MODELS.find((each) => each.name === name);
  if (model === undefined) throw new RangeError(`there is no core model ${name}; known are ${modelNames.join(', ')}`);
  return model;
}
