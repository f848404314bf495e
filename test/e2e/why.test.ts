/** `why`: what stood in the way of a start, for the failures that users meet. */
import t from 'tap';
import { Board, mipsRprocfs } from '../support/board.js';
import { SEGMENTS } from './malformed-images.js';

t.test('failures that are known', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '2'] });
  const { root } = board;
  const why = () => mipsRprocfs('why', root, '0');
  t.match(await why(), { status: 0, err: '', out: /nothing: it has not been started/ });

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
  });
  t.equal(out.match(/^ {4}"It used /gm)?.length, 1, 'and one advice');
  t.match(out, /remoteproc remoteproc0: epc {3}: /, 'its registers are there');
});
