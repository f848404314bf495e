import type { SegmentPlace } from '../rproc/index.js';

/** As JSON has it, which knows neither big numbers nor undefined: docs/commands.md. */
export const placeInJson = ({ address, size, carveout }: SegmentPlace) => ({
  address: `0x${address.toString(16)}`,
  size: `0x${size.toString(16)}`,
  carveout: carveout ?? null,
});
