/** The DSP ASE by revision, for words and for double words. */
import { DSP_ACCUMULATE } from './dsp-accumulate.js';
import { DSP_ACCUMULATE_64 } from './dsp-accumulate-64.js';
import { DSP_ADD } from './dsp-add.js';
import { DSP_BITS } from './dsp-bits.js';
import { DSP_COMPARE } from './dsp-compare.js';
import { DSP_CONVERT } from './dsp-convert.js';
import { DSP_EXTRACT } from './dsp-extract.js';
import { DSP_EXTRACT_64 } from './dsp-extract-64.js';
import type { DspRow } from './dsp-lanes.js';
import { DSP_MULTIPLY } from './dsp-multiply.js';
import { DSP_SHIFT } from './dsp-shift.js';
import { group, type Group } from './encoding.js';

const ROWS: readonly DspRow[] = [
  ...DSP_ADD,
  ...DSP_SHIFT,
  ...DSP_MULTIPLY,
  ...DSP_COMPARE,
  ...DSP_CONVERT,
  ...DSP_ACCUMULATE,
  ...DSP_ACCUMULATE_64,
  ...DSP_EXTRACT,
  ...DSP_EXTRACT_64,
  ...DSP_BITS,
];

export const DSP: readonly Group[] = ([1, 2] as const).flatMap((revision) =>
  [false, true].map((wide) =>
    group(
      ({ dsp, bits }) => dsp >= revision && (bits === 64 || !wide),
      ROWS.filter((row) => row.revision === revision && row.wide === wide),
    ),
  ),
);
