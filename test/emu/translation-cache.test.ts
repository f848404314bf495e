/** Translations from one run to the next: whatever is found in the directory, it fits, or it is not used. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CacheDirectory } from '../../src/emu/translator/cache-directory.js';
import { TranslationCache } from '../../src/emu/translator/translation-cache.js';
import { decodeTranslation, encodeTranslation, KEY_BYTES } from '../../src/emu/translator/translation-file.js';
import type { Translation } from '../../src/emu/translator/translator.js';
import { entryOf, TranslationBench } from './translation-bench.js';
import { scratchDirectory } from './uhi-bench.js';

const PA = 0x100000;
const OTHER_PA = 0x200000;
const KEY = Buffer.alloc(KEY_BYTES, 7);
const SUMMED = 40;

const never = (line: string): void => {
  throw new Error(line);
};

/** As another process has it. */
function bench(directory: string, functions = [0, 1, 2], pa = PA): TranslationBench {
  const made = new TranslationBench(new TranslationCache(new CacheDirectory(directory, never)));
  for (const number of functions) made.put(pa, number);
  return made;
}

const place = (t: Test): string => join(scratchDirectory(t), 'cache/translations');

const code = (...numbers: number[]) => ({
  addresses: Int32Array.from(numbers, (_, index) => 4 * index - 0x80000000),
  words: Int32Array.from(numbers),
});

const TRANSLATION: Translation = {
  entries: [-0x80000000, 0x1000],
  functions: [-0x80000000, 5],
  refused: [8, 12],
  deferred: [16],
  elsewhere: [-0x80000000],
  code: [code(1, 2, -3), code(4)],
  refusedCode: [code(), code(9)],
  bytes: Uint8Array.of(0, 97, 115, 109),
};

t.test('a file says what it was made of', (t) => {
  t.same(decodeTranslation(KEY, encodeTranslation(KEY, TRANSLATION)), TRANSLATION);
  t.equal(decodeTranslation(Buffer.alloc(KEY_BYTES), encodeTranslation(KEY, TRANSLATION)), undefined, 'of another key');
  t.end();
});

t.test('a file that was cut or changed anywhere is refused', (t) => {
  const file = encodeTranslation(KEY, TRANSLATION);
  const accepted: string[] = [];
  for (let length = 0; length < file.length; length++)
    if (decodeTranslation(KEY, file.subarray(0, length)) !== undefined) accepted.push(`cut to ${length}`);
  for (let at = 0; at < file.length; at++)
    for (let change = 1; change < 256; change++) {
      const changed = Buffer.from(file);
      changed.writeUInt8(file.readUInt8(at) ^ change, at);
      if (decodeTranslation(KEY, changed) !== undefined) accepted.push(`byte ${at} ^ ${change}`);
    }
  if (decodeTranslation(KEY, Buffer.concat([file, Buffer.alloc(1)])) !== undefined) accepted.push('longer');
  t.same(accepted, []);
  t.end();
});

t.test('a file with a right checksum and wrong numbers is refused, or says something consistent', (t) => {
  const file = encodeTranslation(KEY, TRANSLATION);
  for (let at = SUMMED + KEY_BYTES; at < file.length; at++)
    for (let change = 1; change < 256; change++) {
      const changed = Buffer.from(file);
      changed.writeUInt8(file.readUInt8(at) ^ change, at);
      createHash('sha256')
        .update(changed.subarray(SUMMED))
        .digest()
        .copy(changed, SUMMED - 32);
      const decoded = decodeTranslation(KEY, changed);
      if (decoded === undefined) continue;
      const { entries, code, refused, refusedCode } = decoded;
      const isSound =
        code.length === entries.length &&
        refusedCode.length === refused.length &&
        [...code, ...refusedCode].every(({ addresses, words }) => addresses.length === words.length);
      if (!isSound) t.fail(`byte ${at} ^ ${change}`);
    }
  t.pass('nothing was thrown');
  t.end();
});

t.test('a second process does not translate', async (t) => {
  const directory = place(t);
  const made = await bench(directory).ask(PA, [0, 1, 2]);
  for (const wanted of [[], [1], [0, 1, 2]]) {
    const second = bench(directory, undefined, OTHER_PA);
    const { module, entries, code: found } = await second.ask(OTHER_PA, wanted);
    t.ok(module instanceof WebAssembly.Module);
    t.same(entries, made.entries);
    t.equal(found[0]?.addresses[0], OTHER_PA);
    t.equal(second.translated, 0);
  }
});

t.test('other code: translated, and both are kept', async (t) => {
  const directory = place(t);
  await bench(directory).ask(PA, [0, 1, 2]);
  const second = bench(directory);
  second.put(PA, 1, 99);
  t.equal((await second.ask(PA, [])).module, undefined);
  await second.ask(PA, [0, 1, 2]);
  t.equal(second.translated, 1);
  t.equal(readdirSync(directory).length, 2);
});

t.test('what has become a part of something larger is removed', async (t) => {
  const directory = place(t);
  const first = bench(directory);
  await first.ask(PA, [0]);
  await first.ask(PA, [0, 1, 2], [0]);
  t.equal(readdirSync(directory).length, 1);
  t.same((await bench(directory).ask(PA, [])).entries, [0, 1, 2].map(entryOf));
});

t.test('damaged files are removed, and the code is translated', async (t) => {
  const damages: Record<string, (file: Buffer) => Buffer> = {
    empty: () => Buffer.alloc(0),
    cut: (file) => file.subarray(0, -1),
    changed: (file) => Buffer.concat([file.subarray(0, -1), Buffer.of(~(file.at(-1) ?? 0) & 0xff)]),
    'no WebAssembly': (file) => {
      const { length } = file;
      const broken = Buffer.from(file).fill(0xee, length - 20);
      createHash('sha256')
        .update(broken.subarray(SUMMED))
        .digest()
        .copy(broken, SUMMED - 32);
      return broken;
    },
  };
  for (const [what, damage] of Object.entries(damages)) {
    const directory = place(t);
    await bench(directory).ask(PA, [0, 1, 2]);
    const [name = ''] = readdirSync(directory);
    const path = join(directory, name);
    const whole = readFileSync(path);
    writeFileSync(path, damage(whole));
    const second = bench(directory);
    t.equal((await second.ask(PA, [])).module, undefined, what);
    t.same(readdirSync(directory), [], 'it is gone');
    t.ok((await second.ask(PA, [0, 1, 2])).module instanceof WebAssembly.Module);
    t.same(readFileSync(path), whole, 'and made again');
  }
});

t.test('the directory is the user’s alone', async (t) => {
  const directory = place(t);
  const mask = process.umask(0);
  t.teardown(() => process.umask(mask));
  await bench(directory).ask(PA, [0]);
  t.equal(statSync(directory).mode & 0o777, 0o700);
  t.same(
    readdirSync(directory).map((name) => statSync(join(directory, name)).mode & 0o777),
    [0o600],
  );
  chmodSync(directory, 0o777);
  await bench(directory).ask(PA, [0]);
  t.equal(statSync(directory).mode & 0o777, 0o700, 'made so where it was not');
});

t.test('a place that cannot be used is said once, and the rest works', async (t) => {
  const top = scratchDirectory(t);
  writeFileSync(join(top, 'file'), '');
  mkdirSync(join(top, 'elsewhere'));
  symlinkSync('elsewhere', join(top, 'link'));
  const places = ['file', 'file/below', 'link'].map((path) => join(top, path));
  for (const path of [...places, '/proc/none', '/proc/none/below']) {
    const said: string[] = [];
    const cache = new TranslationCache(new CacheDirectory(path, (line) => said.push(line)));
    const all = new TranslationBench(cache);
    for (const number of [0, 1]) {
      all.put(PA, number);
      t.ok((await all.ask(PA, [number])).module instanceof WebAssembly.Module);
    }
    t.match(said, [/^translations are neither kept nor looked for in /]);
    t.equal(said.length, 1, path);
  }
  t.same(readdirSync(join(top, 'elsewhere')), [], 'nothing goes by way of a link');
});

t.test('when there is too much, what was not used for the longest time is removed', (t) => {
  const path = place(t);
  const MOST_BYTES = 1000;
  const directory = new CacheDirectory(path, never, MOST_BYTES, 4);
  const age = (name: string, seconds: number): void => {
    const time = Date.now() / 1000 - seconds;
    utimesSync(join(path, name), time, time);
  };
  directory.write('a', Buffer.alloc(300));
  age('a', 50);
  directory.write('b', Buffer.alloc(300));
  age('b', 40);
  t.equal(directory.read('a')?.length, 300, 'a use of it');
  directory.write('c', Buffer.alloc(300));
  directory.write('d', Buffer.alloc(300));
  t.same([...directory.names].sort(), ['a', 'c', 'd']);
  writeFileSync(join(path, '.new-abandoned'), '');
  age('.new-abandoned', 2 * 60 * 60);
  writeFileSync(join(path, '.new-others'), '');
  directory.write('e', Buffer.alloc(1));
  t.notOk(directory.names.includes('.new-abandoned'));
  t.ok(directory.names.includes('.new-others'), 'which is being written');
  for (let n = 0; n < 20; n++) directory.write(`small-${n}`, Buffer.alloc(1));
  t.equal(directory.names.length, 4);
  t.equal(directory.read('gone'), undefined);
  t.end();
});
