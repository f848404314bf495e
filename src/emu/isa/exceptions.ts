/** Cause.ExcCode values that instructions of this machine raise (mips-uhi.md 4). */
export const EXCEPTION = {
  Int: 0,
  Mod: 1,
  TLBL: 2,
  TLBS: 3,
  AdEL: 4,
  AdES: 5,
  IBE: 6,
  DBE: 7,
  Sys: 8,
  Bp: 9,
  RI: 10,
  CpU: 11,
  Ov: 12,
  Tr: 13,
  MSAFPE: 14,
  FPE: 15,
  TLBRI: 19,
  TLBXI: 20,
  MSADis: 21,
  Watch: 23,
  MCheck: 24,
  Thread: 25,
  DSPDis: 26,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map([
  [EXCEPTION.Int, 'interrupt'],
  [EXCEPTION.Mod, 'store to a read-only page'],
  [EXCEPTION.TLBL, 'TLB miss on a load'],
  [EXCEPTION.TLBS, 'TLB miss on a store'],
  [EXCEPTION.AdEL, 'address error on a load'],
  [EXCEPTION.AdES, 'address error on a store'],
  [EXCEPTION.IBE, 'bus error on a fetch'],
  [EXCEPTION.DBE, 'bus error on a load or store'],
  [EXCEPTION.Sys, 'system call'],
  [EXCEPTION.Bp, 'breakpoint'],
  [EXCEPTION.RI, 'reserved instruction'],
  [EXCEPTION.CpU, 'coprocessor unusable'],
  [EXCEPTION.Ov, 'integer overflow'],
  [EXCEPTION.Tr, 'trap'],
  [EXCEPTION.FPE, 'floating point exception'],
  [EXCEPTION.MSAFPE, 'MSA floating point exception'],
  [EXCEPTION.TLBRI, 'load from a page that may not be read'],
  [EXCEPTION.TLBXI, 'fetch from a page that may not be executed'],
  [EXCEPTION.MSADis, 'MSA instruction while Config5.MSAEn is clear'],
  [EXCEPTION.Watch, 'watchpoint'],
  [EXCEPTION.MCheck, 'machine check'],
  [EXCEPTION.Thread, 'thread exception'],
  [EXCEPTION.DSPDis, 'DSP instruction while Status.MX is clear'],
]);

/** In words; the codes that loads and fetches share are told apart by `fetch`. */
export function exceptionName(code: number, fetch = false): string {
  const name = NAMES.get(code) ?? `exception ${code}`;
  return fetch ? name.replace('a load', 'a fetch') : name;
}
