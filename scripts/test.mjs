// Runs the compiled tests (or those whose path contains one of the arguments), and ends with `N passed, N failed, N skipped`.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runFile } from './test-file.mjs';

/** At a time. */
const JOBS = 2;

const wanted = process.argv.slice(2);
const files = readdirSync('dist/test', { recursive: true })
  .map((name) => join('dist/test', String(name)))
  .filter((name) => name.endsWith('.test.js'))
  // what an earlier build made of a source that is gone is no test any more
  .filter((name) => existsSync(name.replace(/^dist\/(.*)\.js$/, '$1.ts')))
  .filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)))
  .sort();

if (files.length === 0) {
  console.error(`no test is called ${wanted.join(' or ')}`);
  process.exit(2);
}

const sum = { passed: 0, failed: 0, skipped: 0 };

// one line a file; of a failed one also what is not plainly good, of every one what was skipped
function report(file, { ok, lines, seconds, passed, failed, skipped }) {
  console.log(`${(ok ? 'ok' : 'not ok').padEnd(6)} ${file.replace(/^dist\//, '')} ${seconds.toFixed(1)} s`);
  const telling = (line) => (ok ? /# SKIP/.test(line) : !/^\s*ok \d+ - [^#]*(# time=.*)?$/.test(line));
  for (const line of lines.filter(telling)) console.log(`       ${line}`);
  sum.passed += passed;
  sum.failed += ok ? 0 : Math.max(1, failed);
  sum.skipped += skipped;
}

const waiting = files.values();
const work = async () => {
  for (const file of waiting) report(file, await runFile(file));
};
await Promise.all(Array.from({ length: JOBS }, work));
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed === 0 ? 0 : 1;
