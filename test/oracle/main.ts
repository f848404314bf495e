/** `npm run oracle [-- --scenarios DIR --transcripts DIR --keep DIR] [NAME…]`: compares this program with transcripts of a real kernel. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { reasonFor } from './expected.js';
import { cases, DEFAULT_ORACLE, lacking, runCase, wantedTranscript, withProbe } from './scenario.js';
import { describe, differences, parseTranscript } from './transcript.js';

const { values, positionals } = parseArgs({
  options: {
    scenarios: { type: 'string' },
    transcripts: { type: 'string' },
    keep: { type: 'string' },
    all: { type: 'boolean' },
  },
  allowPositionals: true,
});
const oracle = {
  scenarios: resolve(values.scenarios ?? DEFAULT_ORACLE.scenarios),
  transcripts: resolve(values.transcripts ?? DEFAULT_ORACLE.transcripts),
};
const { keep, all = false } = values;

const missing = await lacking();
if (missing !== undefined) {
  console.error(`the scenarios cannot be run: ${missing}`);
  process.exit(2);
}

const chosen = (await cases(oracle)).filter(
  ({ id, name }) => positionals.length === 0 || positionals.includes(id) || positionals.includes(name),
);
let [equal, total] = [0, 0];
await withProbe(async (probe) => {
  for (const which of chosen) {
    const text = await runCase(oracle, which, probe);
    if (keep !== undefined) {
      await mkdir(keep, { recursive: true });
      await writeFile(join(keep, `${which.id}.txt`), text, 'latin1');
    }
    const wanted = parseTranscript(Buffer.from(await wantedTranscript(oracle, which)).toString('latin1'));
    const found = differences(wanted, parseTranscript(text));
    const [known, others] = [
      found.filter(({ wanted: { number } }) => reasonFor(which.id, number) !== undefined),
      found.filter(({ wanted: { number } }) => reasonFor(which.id, number) === undefined),
    ];
    const counted = wanted.length - known.length;
    console.log(
      `${which.id}: ${counted - others.length}/${counted} steps equal, ${others.length} different` +
        (known.length > 0 ? `, ${known.length} as expected-differences says` : ''),
    );
    for (const difference of all ? others : others.slice(0, 1))
      console.log(describe(difference).join('\n').replace(/^/gm, '    '));
    equal += counted - others.length;
    total += counted;
  }
});
console.log(`${equal}/${total} steps equal`);
process.exitCode = equal === total && total > 0 ? 0 : 1;
