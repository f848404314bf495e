/**
 * `npm run oracle [-- [--all] [--scenarios DIR] [--transcripts DIR] [--keep DIR] [NAME…]]`: compares this program with
 * transcripts of a real kernel. `--all` shows every difference and not the first one of a scenario; `--keep` writes our
 * own transcripts.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { knownDifferences } from './expected.js';
import { judge } from './judge.js';
import { cases, DEFAULT_ORACLE, lacking, withProbe } from './scenario.js';
import { describe } from './transcript.js';

const { values, positionals } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    keep: { type: 'string' },
    scenarios: { type: 'string', default: DEFAULT_ORACLE.scenarios },
    transcripts: { type: 'string', default: DEFAULT_ORACLE.transcripts },
  },
  allowPositionals: true,
});
const { all, keep } = values;
const oracle = { scenarios: resolve(values.scenarios), transcripts: resolve(values.transcripts) };

const missing = await lacking();
if (missing !== undefined) {
  console.error(`the scenarios cannot be run: ${missing}`);
  process.exit(2);
}

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => ending.abort());

const chosen = (await cases(oracle)).filter(
  ({ id, name }) => positionals.length === 0 || positionals.includes(id) || positionals.includes(name),
);
if (keep !== undefined) await mkdir(keep, { recursive: true });
const known = knownDifferences();
let [equal, total] = [0, 0];
await withProbe(async (probe) => {
  for (const which of chosen) {
    const verdict = await judge(oracle, which, known, probe, ending.signal);
    if (keep !== undefined) await writeFile(join(keep, `${which.id}.txt`), verdict.transcript, 'latin1');
    const alike = verdict.total - verdict.unexpected.length;
    const more = verdict.expected.length === 0 ? '' : `; ${verdict.expected.length} more differ as expected`;
    console.log(`${which.id}: ${alike} equal, ${verdict.unexpected.length} different${more}`);
    for (const difference of all ? verdict.unexpected : verdict.unexpected.slice(0, 1))
      console.log(describe(difference).join('\n').replace(/^/gm, '    '));
    if (verdict.stale.length > 0) console.log(`    expected to differ, but equal: ${verdict.stale.join(', ')}`);
    equal += alike;
    total += verdict.total;
  }
});
console.log(`${equal}/${total} steps equal`);
process.exitCode = equal === total && total > 0 ? 0 : 1;
