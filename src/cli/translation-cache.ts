/** Where translations of firmware are kept from one run to the next (docs/engines.md). */
import { isAbsolute, join, resolve } from 'node:path';

/** What the user says to have none. */
export const NO_CACHE = 'none';

const BELOW = 'mips-rprocfs/translations';

/** Undefined when there is to be none, or no place for it is known. A relative XDG_CACHE_HOME is to be ignored (XDG Base Directory Specification). */
export function translationCache(chosen: string | undefined, environment = process.env): string | undefined {
  if (chosen !== undefined) return chosen === NO_CACHE ? undefined : join(chosen, 'translations');
  const { XDG_CACHE_HOME: cache = '', HOME: home = '' } = environment;
  if (isAbsolute(cache)) return join(cache, BELOW);
  return isAbsolute(home) ? join(home, '.cache', BELOW) : undefined;
}

/** The value of the option, for a process that may run in another directory. */
export const cacheChoice = (text: string): string => (text === NO_CACHE ? text : resolve(text));
