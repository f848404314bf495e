import { InvalidArgumentError } from 'commander';

/** A byte of the terminal's input; `none` when all of them go to the port. */
export interface EscapeKey {
  readonly byte: number | undefined;
  /** As a user reads it. */
  readonly label: string;
  toString(): string;
}

const FIRST = 0x40;
const LAST = 0x5f;

/** `^X` is Ctrl-X. @throws InvalidArgumentError */
export function escapeKey(text: string): EscapeKey {
  if (text === 'none') return { byte: undefined, label: 'nothing', toString: () => text };
  const [first = '', second] = text;
  const code = (second ?? first).toUpperCase().charCodeAt(0);
  if (text.length === 2 && first === '^' && second !== undefined && code >= FIRST && code <= LAST)
    return { byte: code - FIRST, label: `Ctrl-${second.toUpperCase()}`, toString: () => text };
  if (text.length === 1 && text.charCodeAt(0) < 0x80)
    return { byte: text.charCodeAt(0), label: text, toString: () => text };
  throw new InvalidArgumentError('give a key as ^X for Ctrl-X, or one character, or none');
}
