/** `why`: what stood in the way of a start, for the failures that users meet. */
import t from 'tap';
import { run } from '../fs/mounted.js';
import { Board, mipsRprocfs, PROGRAM } from '../support/board.js';
import { fixture, installed } from '../support/fixtures.js';
import { OBJDUMP } from '../support/objdump.js';
import { SEGMENTS } from './malformed-images.js';

t.test('failures that are known', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '2'] });
  const { root } = board;
  const why = () => mipsRprocfs('why', root, '0');
  t.match(await why(), { status: 0, err: '', out: /nothing: it has not been started/ });
  const inside = 'cd "$(dirname "$ROOT")" && node "$1" why "$(basename "$ROOT")" 0';
  t.match(await board.out(inside, PROGRAM), /nothing: it has not been started/, 'ROOT by its name alone');

  await mipsRprocfs('start', root, '0', 'missing.elf');
  const missing = await why();
  t.match(missing.out, `${root}/lib/firmware/updates/missing.elf: not there`);
  t.match(missing.out, `${root}/lib/firmware/missing.elf: not there`);
  t.match(missing.out, /request_firmware failed: -2\n/);
  t.match(missing.out, /Advice:\n {2}The image is in none of the directories searched/);

  const bad = SEGMENTS.find(({ lines }) => lines.some((line) => line.includes('bad phdr da')));
  if (bad === undefined) throw new Error('no image with a segment outside');
  await board.installAs('outside.elf', bad.file);
  await mipsRprocfs('start', root, '0', 'outside.elf');
  const outside = await why();
  t.match(outside.out, `${root}/lib/firmware/outside.elf: found`);
  t.match(outside.out, /in no carveout of its table/);
  t.match(outside.out, /A segment is linked at an address that no carveout covers/);
  t.notMatch(outside.out, /request_firmware failed/, 'only the last start is told');

  await board.out('echo disabled > $C/remoteproc0/recovery');
  await board.start(0, 'crash-null');
  await board.until('grep -q crashed $C/remoteproc0/state');
  const { out } = await mipsRprocfs('why', '--json', root, '0');
  const crashed: unknown = JSON.parse(out);
  t.match(crashed, {
    ...{ n: 0, name: 'mips-cpu1', state: 'crashed', firmware: 'crash-null.elf' },
    image: Array,
    segments: [{ address: /^0x1000/, size: /^0x/, carveout: String }],
    advice: ['It used a null pointer, or a small offset from one.'],
    codeNote: null,
    trace: ['crash-null: loads from address 0'],
  });
  const { out: shown } = await mipsRprocfs('why', root, '0');
  const died = /^ {2}=> ([0-9a-f]{8}): 8c000000 {2}lw zero,0\(zero\)$/m.exec(shown)?.[1];
  t.match(shown, `epc   : ${died}`, 'the instruction that it died of is marked');
  if (!installed(OBJDUMP)) t.comment(`${OBJDUMP} is not installed: the code was not compared`);
  else {
    const listing = await run(OBJDUMP, '-d', '-M', 'gpr-names=o32,no-aliases', fixture('le', 'crash-null'));
    const dump = [...listing.out.matchAll(/^\s*([0-9a-f]{8}):\s+([0-9a-f]{8}) /gm)].map(
      ([, at, word]) => `${at} ${word}`,
    );
    const code = /What it executed[^\n]*\n((?: {2}(?:=>| {2}) [^\n]*\n)+)/.exec(shown)?.[1] ?? '';
    const lines = [...code.matchAll(/([0-9a-f]{8}): ([0-9a-f]{8})/g)].map(([, address, word]) => `${address} ${word}`);
    t.ok(lines.length >= 8, 'with what stands around it');
    for (const line of lines) t.ok(dump.includes(line), line);
  }

  await board.out('echo stop > $C/remoteproc0/state');
  await board.start(0, 'crash-jump');
  await board.until('grep -q crashed $C/remoteproc0/state');
  const jumped = await mipsRprocfs('why', root, '0');
  t.match(
    jumped.out,
    /What it executed[^\n]*\n(?:[^\n]*\n)*[^\n]* jal [^\n]*\n(?:[^\n]*\n)* {2}0x0 is in no segment of the image/,
  );
  t.equal(out.match(/^ {4}"It used /gm)?.length, 1, 'and one advice');
  t.match(out, /remoteproc remoteproc0: epc {3}: /, 'its registers are there');
});
