// Runs the compiled tests (or those whose path contains one of the arguments), and ends with `N passed, N failed, N skipped`.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

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

const { bin } = createRequire(import.meta.url)('tap/package.json');
const tap = join(dirname(createRequire(import.meta.url).resolve('tap/package.json')), bin.tap);
const child = spawn(process.execPath, [tap, '--reporter=tap', ...files], { stdio: ['ignore', 'pipe', 'inherit'] });

let summary;
let lines = [];

// one line a file; of a failed one also what is not plainly good, of every one what was skipped
createInterface({ input: child.stdout }).on('line', (line) => {
  if (/^# \{ total: /.test(line)) summary = line;
  const result = /^(ok|not ok) \d+ - (?:dist\/)?(\S+)(?: # time=(.*))?/.exec(line);
  if (result === null) {
    lines.push(line);
    return;
  }
  const [, verdict, file, time = ''] = result;
  console.log(`${verdict.padEnd(6)} ${file} ${time}`);
  const telling = (each) => (verdict === 'not ok' ? !/^\s*ok \d+ - [^#]*(# time.*)?$/.test(each) : /# SKIP/.test(each));
  for (const each of lines.filter(telling)) console.log(`       ${each}`);
  lines = [];
});

child.on('close', (status) => {
  const count = (word) => Number(new RegExp(`${word}: (\\d+)`).exec(summary ?? '')?.[1] ?? 0);
  // a run that could not even count has failed, whatever its exit status
  const failed = summary === undefined ? Math.max(1, count('fail')) : count('fail');
  console.log(`${count('pass')} passed, ${failed} failed, ${count('skip') + count('todo')} skipped`);
  process.exitCode = status === 0 && failed === 0 ? 0 : 1;
});
