import type { Isa } from '../isa/isa.js';
import { HOT } from '../layout.js';
import type { FunctionBody } from './module.js';

/** Leaves on the stack how far in the table of hot places the entry of an address stands (../layout.ts, hotEntryOf). */
export function hotEntry(body: FunctionBody, { compressed }: Isa, address: () => void): void {
  address();
  // words at even addresses have nothing in these bits
  if (compressed !== 'none') {
    address();
    body.i32(HOT.halfShift).op('i32.shl').op('i32.xor');
  }
  body
    .i32((HOT.entries - 1) << 2)
    .op('i32.and')
    .i32(Math.log2(HOT.entryBytes) - 2)
    .op('i32.shl');
}
