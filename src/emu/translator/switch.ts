/** The code of a jump among several blocks of a region. */
import type { FunctionBody, Label, Local } from '../wasm/module.js';
import { unitOf } from './jump-table.js';
import type { Place } from './block.js';

/** Goes on by the address in `target`: a table of all instructions from the lowest to the highest place. Any other falls through. */
export function emitSwitch(
  body: FunctionBody,
  target: Local,
  places: readonly Place[],
  go: (index: number) => void,
): void {
  const { type: width } = target;
  const addresses = places.map(({ address }) => address);
  const lowest = Math.min(...addresses);
  const unit = unitOf(lowest);
  const entries = (Math.max(...addresses) - lowest) / unit + 1;
  body.block((otherwise) => {
    const among = (index: number, labels: readonly Label[]): void => {
      if (index < places.length) {
        body.block((label) => among(index + 1, [...labels, label]));
        go(index);
        return;
      }
      const table = new Array<Label>(entries).fill(otherwise);
      for (const [at, label] of labels.entries()) table[((addresses[at] ?? lowest) - lowest) / unit] = label;
      body.get(target).const(width, lowest).op(`${width}.sub`).const(width, Math.log2(unit)).op(`${width}.rotr`);
      if (width === 'i64') {
        const distance = body.local(width);
        body.tee(distance).const(width, entries).op('i64.ge_u').brIf(otherwise).get(distance).op('i32.wrap_i64');
      }
      body.brTable(table, otherwise);
    };
    among(0, []);
  });
}

/** Goes on by a number in `selector`, one of so many. */
export function emitSelection(body: FunctionBody, selector: Local, count: number, go: (index: number) => void): void {
  const among = (index: number): void => {
    if (index + 1 >= count) {
      go(index);
      return;
    }
    body.get(selector).i32(index).op('i32.eq');
    body.if(
      () => go(index),
      () => among(index + 1),
    );
    body.unreachable();
  };
  among(0);
}
