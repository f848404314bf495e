/** Where a machine gets its interpreters from: built with the program, or made in a thread of their own. */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { defaultMachine } from '../../src/cli/machine-options.js';
import { builtInterpreter } from '../../src/emu/built-interpreter.js';
import { Machine } from '../../src/emu/index.js';
import { Interpreters, targetOf } from '../../src/emu/interpreters.js';
import { interpreterModule } from '../../src/emu/wasm/interpreter.js';

const USUAL = ['le', 'be'].map((endian) => targetOf({ ...defaultMachine(), endian: endian === 'be' ? 'be' : 'le' }));
const [usual] = USUAL;
if (usual === undefined) throw new Error('unreachable: there are two');

const exported = (module: WebAssembly.Module): string[] => WebAssembly.Module.exports(module).map(({ name }) => name);

t.test('what was built with the program is what would be made', async (t) => {
  for (const target of USUAL)
    t.ok((await readFile(builtInterpreter(target))).equals(interpreterModule(target)), target.isa.endian);
});

t.test('another target has another file, and is made', async (t) => {
  const others = [{ ...usual, findsHotPlaces: false }, targetOf({ ...defaultMachine(), endian: 'le', cpu: 'M14Kc' })];
  t.equal(new Set([...USUAL, ...others].map(builtInterpreter)).size, 4);
  const made = await new Interpreters(others).made;
  t.same(
    made.map(exported),
    others.map((target) => exported(new WebAssembly.Module(interpreterModule(target)))),
  );
});

/** How many threads are made while something is done. */
async function threadsOf(action: () => unknown): Promise<number> {
  let threads = 0;
  const count = (): void => {
    threads++;
  };
  process.on('worker', count);
  await action();
  // it is told a little later
  await new Promise(setImmediate);
  process.off('worker', count);
  return threads;
}

t.test('what was built is used', async (t) => {
  t.equal(await threadsOf(() => new Interpreters(USUAL).made), 0);
  t.equal(
    await threadsOf(() => new Interpreters([{ ...usual, findsHotPlaces: false }]).made),
    1,
    'another is not there',
  );
});

t.test('a machine that is prepared has what its first start needs', async (t) => {
  const options = { ...defaultMachine(), cpus: 2, endian: 'le', clock: 'real', uhiRoot: undefined } as const;
  const machine = new Machine(options);
  t.teardown(() => machine.close());
  t.equal(await threadsOf(() => machine.prepare()), 1, 'a thread for cores');
});

t.test('closed before they are made', async (t) => {
  const interpreters = new Interpreters([{ ...usual, findsHotPlaces: false }]);
  await t.rejects(Promise.all([interpreters.made, interpreters.close()]), /has ended before they were made/);
});
